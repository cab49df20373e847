//! Thresholds: beyond `above` or `below` is failing, beyond `warn_above` or `warn_below` degraded.

use crate::domain::health::{FeedState, Limit};
use crate::domain::node::{Fields, Node, Problems};
use std::cmp::Ordering;

#[derive(Debug, Default)]
pub struct Limits {
    above: Option<f64>,
    below: Option<f64>,
    warn_above: Option<f64>,
    warn_below: Option<f64>,
}

/// What one value is. Ordered by how bad it is: first by state, then by how far it is beyond its limit.
#[derive(Debug)]
pub struct Verdict {
    pub state: FeedState,
    /// ` above 0.9`; empty when nothing is wrong.
    pub why: String,
    excess: f64,
}

impl Verdict {
    pub fn cmp(&self, other: &Self) -> Ordering {
        self.state.cmp(&other.state).then(self.excess.total_cmp(&other.excess))
    }
}

impl Limits {
    pub fn parse(node: &Node, fields: &Fields, problems: &mut Problems) -> Option<Self> {
        let mut limit = |name| match fields.get(name) {
            Some(node) => node.read("a number", problems, finite).map(Some),
            None => Some(None),
        };
        let (above, below) = (limit("above"), limit("below"));
        let (warn_above, warn_below) = (limit("warn_above"), limit("warn_below"));
        let limits = Self { above: above?, below: below?, warn_above: warn_above?, warn_below: warn_below? };
        if [limits.above, limits.below, limits.warn_above, limits.warn_below] == [None; 4] {
            // It would be healthy whatever happens.
            problems.error(node.span, "a threshold is missing: one of above, below, warn_above, warn_below");
            return None;
        }
        Some(limits)
    }

    pub fn judge(&self, value: f64) -> Verdict {
        let broken = [
            (FeedState::Failing, "above", self.above.filter(|limit| value > *limit)),
            (FeedState::Failing, "below", self.below.filter(|limit| value < *limit)),
            (FeedState::Degraded, "above", self.warn_above.filter(|limit| value > *limit)),
            (FeedState::Degraded, "below", self.warn_below.filter(|limit| value < *limit)),
        ];
        let found = broken.into_iter().find_map(|(state, word, limit)| Some((state, format!(" {word} {}", figure(limit?)))));
        let (state, why) = match found {
            Some(found) => found,
            None if value.is_nan() => (FeedState::Unknown, ": no number (a division by zero?)".to_owned()),
            None => (FeedState::Healthy, String::new()),
        };
        Verdict { state, why, excess: self.excess(value) }
    }

    /// The limit that this value may come to: where it fails, or is degraded where nothing fails.
    pub fn ahead(&self, value: f64) -> Option<Limit> {
        let fails = Limit::nearer(self.above, self.below, value);
        fails.or_else(|| Limit::nearer(self.warn_above, self.warn_below, value))
    }

    /// How far beyond the nearer limit; negative while it is within both.
    fn excess(&self, value: f64) -> f64 {
        let over = self.above.or(self.warn_above).map(|limit| value - limit);
        let under = self.below.or(self.warn_below).map(|limit| limit - value);
        over.into_iter().chain(under).fold(f64::NEG_INFINITY, f64::max)
    }
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A value with about four digits that matter: `0.9713`, `81.25`, `1234567`.
pub fn figure(value: f64) -> String {
    if !value.is_finite() || value.fract() == 0.0 && value.abs() < 1e15 {
        return value.to_string();
    }
    let size = value.abs().log10().floor() as i32;
    if !(-6..15).contains(&size) {
        return format!("{value:.3e}");
    }
    let decimals = (3 - size).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_still_good_and_failing_comes_before_degraded() {
        let limits = Limits { above: Some(0.9), warn_above: Some(0.8), below: Some(0.1), warn_below: None };
        let judge = |value| {
            let verdict = limits.judge(value);
            (verdict.state, verdict.why)
        };
        assert_eq!(judge(0.9), (FeedState::Degraded, " above 0.8".into()));
        assert_eq!(judge(0.91), (FeedState::Failing, " above 0.9".into()));
        assert_eq!(judge(0.1), (FeedState::Healthy, String::new()));
        assert_eq!(judge(0.0), (FeedState::Failing, " below 0.1".into()));
        assert_eq!(judge(f64::INFINITY).0, FeedState::Failing);
        assert_eq!(judge(f64::NAN).0, FeedState::Unknown);
    }

    #[test]
    fn figures_are_short_and_true() {
        let figures = [0.97134567, 81.25, 1234567.8, 3.0, 0.5, 0.00012345, 1e-9, -2.5, 99.999, f64::INFINITY];
        let wanted = ["0.9713", "81.25", "1234568", "3", "0.5", "0.0001234", "1.000e-9", "-2.5", "100", "inf"];
        assert_eq!(figures.map(figure), wanted);
    }
}

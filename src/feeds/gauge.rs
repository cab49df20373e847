//! Series with values, judged by thresholds: the worst one counts.

use super::judged;
use super::limits::{Limits, Verdict, figure};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use std::collections::BTreeMap;

/// One series, or a scalar.
#[derive(Debug)]
pub struct Point {
    /// `up{instance="db-1"}`; empty for a scalar.
    pub labels: String,
    pub value: f64,
}

/// The keys `above`, `below` and so on of a feed whose target gives numbers.
pub struct Gauge {
    limits: Limits,
    unit: Option<String>,
    /// What it means that nothing was found.
    empty: FeedState,
}

impl Gauge {
    #[rustfmt::skip]
    pub const KEYS: &[FieldSpec] = &[
        FieldSpec::new("above", "a value above it is failing", "one of the four is needed"),
        FieldSpec::new("below", "a value below it is failing", "one of the four is needed"),
        FieldSpec::new("warn_above", "a value above it is degraded", "one of the four is needed"),
        FieldSpec::new("warn_below", "a value below it is degraded", "one of the four is needed"),
        FieldSpec::new("unit", "unit of the value, for people", "none"),
        FieldSpec::new("empty", "what it means when nothing is found: `healthy`, `failing` or `unknown`", "`unknown`"),
    ];

    pub fn parse(node: &Node, fields: &Fields, problems: &mut Problems) -> Option<Self> {
        let unit = fields.get("unit").map_or(Some(None), |node| node.text(problems).map(Some));
        let empty = fields.get("empty").map_or(Some(FeedState::Unknown), |node| empty(node, problems));
        let limits = Limits::parse(node, fields, problems);
        Some(Self { limits: limits?, unit: unit?.map(str::to_owned), empty: empty? })
    }

    /// `nothing` is the message when there are no series.
    pub fn judge(&self, points: &[Point], nothing: &str) -> Reading {
        let judged_points = points.iter().map(|point| (self.limits.judge(point.value), point));
        let Some((verdict, worst)) = judged_points.max_by(|(a, _), (b, _)| a.cmp(b)) else {
            return judged(self.empty, nothing, None);
        };
        let (value, unit) = (worst.value, self.unit.clone());
        let message = self.message(&verdict, worst, points);
        let limit = self.limits.ahead(value);
        Reading { value: value.is_finite().then_some(value), unit, limit, ..judged(verdict.state, message, None) }
    }

    /// `0.97 above 0.9 on {device="sda"}; 2 of 14 series`
    fn message(&self, verdict: &Verdict, worst: &Point, points: &[Point]) -> String {
        let unit = self.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
        let mut message = format!("{}{unit}{}", figure(worst.value), verdict.why);
        if !worst.labels.is_empty() && (points.len() > 1 || verdict.state != FeedState::Healthy) {
            message += &format!(" on {}", worst.labels);
        }
        if points.len() > 1 && verdict.state != FeedState::Healthy {
            let same = points.iter().filter(|point| self.limits.judge(point.value).state == verdict.state).count();
            message += &format!("; {same} of {} series", points.len());
        }
        message
    }
}

fn empty(node: &Node, problems: &mut Problems) -> Option<FeedState> {
    node.read("healthy, failing or unknown", problems, |text| match text {
        "healthy" => Some(FeedState::Healthy),
        "failing" => Some(FeedState::Failing),
        "unknown" => Some(FeedState::Unknown),
        _ => None,
    })
}

/// A series as Prometheus writes it; its name is the label `__name__`.
pub fn series(metric: &BTreeMap<String, String>) -> String {
    let name = metric.get("__name__").map_or("", String::as_str);
    let pairs: Vec<_> =
        metric.iter().filter(|(key, _)| *key != "__name__").map(|(key, value)| format!("{key}={value:?}")).collect();
    if pairs.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", pairs.join(", ")) }
}

//! What an export is handed: one incident, its measured times and its entries, ready to be written.

mod storms;

use super::entry::{Entry, Head, Kind, Visibility};
use super::incident::Incident;
use super::patterns::Patterns;
use chrono::{DateTime, Utc};
use std::sync::Arc;
pub use storms::{Folded, Lines, Told, is_turn};

/// The seven raw times. `None`: it never happened, or nobody recorded it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// t0: the first bad signal.
    pub impact: Option<DateTime<Utc>>,
    /// t1: the first alert.
    pub alerted: Option<DateTime<Utc>>,
    /// t2: the first acknowledgement.
    pub acknowledged: Option<DateTime<Utc>>,
    /// t3.
    pub declared: Option<DateTime<Utc>>,
    /// t4.
    pub mitigated: Option<DateTime<Utc>>,
    /// t5.
    pub resolved: Option<DateTime<Utc>>,
    /// When the incident was closed.
    pub closed: Option<DateTime<Utc>>,
}

/// One duration of the metrics with its formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    pub name: &'static str,
    pub formula: &'static str,
    /// Milliseconds. `None` also where the later time stands first: how long it took nobody knows.
    pub ms: Option<i64>,
}

impl Times {
    pub fn metrics(&self) -> [Metric; 5] {
        let span =
            |from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>| Some((to? - from?).num_milliseconds()).filter(|ms| *ms >= 0);
        let metric = |name, formula, ms| Metric { name, formula, ms };
        [
            metric("detect", "t1 - t0", span(self.impact, self.alerted)),
            metric("acknowledge", "t2 - t1", span(self.alerted, self.acknowledged)),
            metric("declare", "t3 - t1", span(self.alerted, self.declared)),
            metric("mitigate", "t4 - t0", span(self.impact, self.mitigated)),
            metric("resolve", "t5 - t0", span(self.impact, self.resolved)),
        ]
    }
}

/// One line of the timeline: the entry as it was recorded, and what corrections made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub entry: Arc<Entry>,
    /// `at` after corrections; the order of the timeline.
    pub at: DateTime<Utc>,
    /// The same of what it says, what it is, and who may see it.
    pub text: String,
    pub kind: Kind,
    pub visibility: Visibility,
    pub important: bool,
    pub corrected: bool,
}

/// How people stand in an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum People {
    Names,
    Roles,
}

#[derive(Debug, Clone)]
pub struct Timeline {
    pub incident: Incident,
    pub times: Times,
    /// Sorted by `at`, then by the fold's order.
    pub lines: Vec<Line>,
    /// Where the chains stood.
    pub heads: Vec<Head>,
    pub people: People,
    /// The zone that times are printed in, by its name.
    pub zone: chrono_tz::Tz,
    /// How many lines were not wanted.
    pub left_out: usize,
    /// What is struck in every text.
    pub patterns: Arc<Patterns>,
}

/// Which lines of a timeline are wanted. Its times are those of all of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cut {
    pub since: Option<DateTime<Utc>>,
    /// Up to and without it.
    pub until: Option<DateTime<Utc>>,
    /// Every kind, where none is named.
    pub kinds: Vec<Kind>,
    pub important: bool,
    /// What may be seen by these, and by everybody who sees more.
    pub visibility: Visibility,
}

impl Cut {
    fn keeps(&self, line: &Line) -> bool {
        self.since.is_none_or(|since| line.at >= since)
            && self.until.is_none_or(|until| line.at < until)
            && (self.kinds.is_empty() || self.kinds.contains(&line.kind))
            && (line.important || !self.important)
            && line.visibility <= self.visibility
    }
}

impl Timeline {
    /// When it begins. A source may have been silent for days before: that makes nothing begin.
    pub fn begins(&self) -> Option<DateTime<Utc>> {
        let first = self.lines.iter().find(|line| line.kind != Kind::Console).or(self.lines.first());
        first.map(|line| line.at)
    }

    #[must_use]
    pub fn cut(mut self, cut: &Cut) -> Self {
        let all = self.lines.len();
        self.lines.retain(|line| cut.keeps(line));
        self.left_out += all - self.lines.len();
        self
    }
}

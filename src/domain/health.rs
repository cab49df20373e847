//! What a feed says about a service.

use super::change::Told;
use super::ids::{FeedName, ServiceName};
use super::text::Outside;
use super::trouble::Reason;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::time::Duration;

/// The state of a feed. `Stale` and `Unknown` are never healthy: nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedState {
    Healthy,
    /// A planned window: alerting is held back, measuring is not.
    Maintenance,
    /// Never asked yet, or an answer that can't be judged.
    Unknown,
    /// The last answer is older than its deadline, or there never was one because asking failed.
    Stale,
    Degraded,
    Failing,
}

impl FeedState {
    pub const ALL: [Self; 6] = [Self::Healthy, Self::Maintenance, Self::Unknown, Self::Stale, Self::Degraded, Self::Failing];

    pub fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Maintenance => "maintenance",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
            Self::Degraded => "degraded",
            Self::Failing => "failing",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Somebody has looked, and what was seen could be judged.
    pub fn is_known(self) -> bool {
        !matches!(self, Self::Unknown | Self::Stale)
    }
}

/// One judged answer. A feed that could not ask at all gives a `Trouble` instead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    pub state: FeedState,
    /// One line: `503 Service Unavailable`, `connected in 3 ms`, a plugin's first line.
    pub message: Outside,
    pub value: Option<f64>,
    /// Unit of `value` as the source names it: `ms`, `%`, `bytes`.
    pub unit: Option<String>,
    pub latency: Option<Duration>,
    /// Where `value` would be failing.
    pub limit: Option<Limit>,
    /// What was changed of late, of a feed that tells of such things.
    pub changes: Vec<Told>,
    /// It is failing because the target gave no answer, for this reason.
    #[serde(default)]
    pub unanswered: Option<Reason>,
}

impl Reading {
    /// An answer that measured nothing.
    pub fn new(state: FeedState, message: impl Into<Outside>) -> Self {
        let changes = Vec::new();
        Self { state, message: message.into(), value: None, unit: None, latency: None, limit: None, changes, unanswered: None }
    }
}

/// A value beyond which something fails.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Limit {
    Above(f64),
    Below(f64),
}

impl Limit {
    pub fn is_beyond(self, value: f64) -> bool {
        match self {
            Self::Above(limit) => value > limit,
            Self::Below(limit) => value < limit,
        }
    }

    /// `above` or `below`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Above(_) => "above",
            Self::Below(_) => "below",
        }
    }

    pub fn value(self) -> f64 {
        match self {
            Self::Above(limit) | Self::Below(limit) => limit,
        }
    }

    /// The one of two that this value is nearer to.
    pub fn nearer(above: Option<f64>, below: Option<f64>, value: f64) -> Option<Self> {
        match (above, below) {
            (Some(above), Some(below)) if value - below < above - value => Some(Self::Below(below)),
            (Some(above), _) => Some(Self::Above(above)),
            (None, below) => below.map(Self::Below),
        }
    }
}

/// A feed as the core needs to know it: everything but how it asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedSpec {
    pub name: FeedName,
    /// Name of the kind, e.g. `http`.
    pub kind: String,
    pub service: Option<ServiceName>,
    /// How often it is asked.
    pub every: Duration,
    /// How long one answer may take.
    pub timeout: Duration,
    pub confirm: Confirm,
}

/// How many answers have to agree before a feed changes its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Confirm {
    pub worse: Votes,
    pub better: Votes,
}

impl Confirm {
    /// How many answers have to be kept for it.
    pub fn most(self) -> usize {
        self.worse.of.max(self.better.of).into()
    }
}

/// `needed` of the last `of` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Votes {
    pub needed: u8,
    pub of: u8,
}

impl Default for Votes {
    /// Every answer is believed.
    fn default() -> Self {
        Self { needed: 1, of: 1 }
    }
}

impl Votes {
    /// The most answers that a feed can be told to look back on.
    pub const MOST: u8 = 20;

    /// `3` in a row, or `2 of 3`.
    pub fn parse(text: &str) -> Option<Self> {
        let (needed, of) = text.split_once(" of ").unwrap_or((text, text));
        let (needed, of) = (needed.trim().parse().ok()?, of.trim().parse().ok()?);
        (1 <= needed && needed <= of && of <= Self::MOST).then_some(Self { needed, of })
    }

    /// The state that `needed` of these are at, or beyond in this order.
    pub fn agreed(
        self,
        states: impl Iterator<Item = FeedState>,
        order: fn(&FeedState, &FeedState) -> Ordering,
    ) -> Option<FeedState> {
        let mut states: Vec<FeedState> = states.collect();
        states.sort_by(order);
        states.get(usize::from(self.needed) - 1).copied()
    }
}

impl FeedSpec {
    /// A feed of no service whose every answer is believed.
    pub fn new(name: impl Into<FeedName>, kind: &str, every: Duration, timeout: Duration) -> Self {
        let (name, kind) = (name.into(), kind.to_owned());
        Self { name, kind, service: None, every, timeout, confirm: Confirm::default() }
    }

    /// Age past which a reading is stale: two missed answers and the time one may take.
    pub fn deadline(&self) -> Duration {
        self.every * 2 + self.timeout
    }
}

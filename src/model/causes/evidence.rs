//! What a cause is judged by: what is wrong with which service since when, what was changed, and how the others are.

use crate::domain::alert::Severity;
use crate::domain::catalogue::Catalogue;
use crate::domain::ids::ServiceName;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::fmt;

/// What is wrong with one service.
#[derive(Debug, Clone, PartialEq)]
pub struct Sign {
    /// Since when it is as bad as it is.
    pub since: DateTime<Utc>,
    /// Since when anything is wrong with it.
    pub begun: DateTime<Utc>,
    pub severity: Severity,
    /// Feeds of our own say so.
    pub measured: bool,
    /// Alerts say so.
    pub told: bool,
    /// The vendor's page says so.
    pub page: bool,
    /// The page alone says so, and what we measure ourselves is well.
    pub contradicted: bool,
    /// It comes and goes.
    pub flaps: bool,
    /// Labels of its alerts that say where it runs.
    pub shares: Vec<(String, String)>,
}

impl Sign {
    /// The vendor's page alone says so: pages are late.
    pub fn is_page_alone(&self) -> bool {
        self.page && !self.measured && !self.told
    }

    /// Both of them: as bad as the worse one, for as long as that.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let (mut worse, mild) = if other.severity > self.severity { (other, self) } else { (self, other) };
        if worse.severity == mild.severity {
            worse.since = worse.since.min(mild.since);
        }
        worse.begun = worse.begun.min(mild.begun);
        (worse.measured, worse.told) = (worse.measured || mild.measured, worse.told || mild.told);
        worse.page |= mild.page;
        worse.contradicted &= mild.contradicted;
        worse.flaps &= mild.flaps;
        worse.shares.extend(mild.shares);
        worse
    }
}

/// How a service is with which nothing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    /// No feed watches it: nobody knows.
    No,
    /// It is watched, and has not answered of late.
    Unknown,
    Well,
}

/// Something that somebody changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    pub service: ServiceName,
    pub at: DateTime<Utc>,
    /// `deploy of checkout: 4.2`
    pub words: String,
}

/// All of it, at one moment.
pub struct Evidence<'a> {
    pub map: &'a Catalogue,
    /// By the service's place in the map.
    pub signs: BTreeMap<usize, Sign>,
    /// Of the services without a sign.
    pub watched: &'a dyn Fn(usize) -> Watched,
    /// The oldest first.
    pub changes: Vec<Changed>,
    /// A person has said that this is not why.
    pub denied: &'a dyn Fn(&ServiceName, &Cause) -> bool,
}

/// What is taken to be why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    Service(ServiceName),
    /// A change of this service.
    Change(ServiceName, String),
    /// Something that several services share.
    Domain(String),
    /// The same: a label of their alerts and its value.
    Label(String, String),
}

impl Cause {
    /// The service that it lies in.
    pub fn service(&self) -> Option<&ServiceName> {
        match self {
            Self::Service(name) | Self::Change(name, _) => Some(name),
            Self::Domain(_) | Self::Label(..) => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(name) => f.write_str(name.as_str()),
            Self::Change(_, words) => f.write_str(words),
            Self::Domain(name) => f.write_str(name),
            Self::Label(name, value) => write!(f, "{name} {value}"),
        }
    }
}

/// A cause that the evidence is strong enough for.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspicion {
    pub cause: Cause,
    /// How likely it is, of 1.
    pub confidence: f64,
    /// In words, what speaks for it most first; what speaks against it begins with `but`.
    pub reasons: Vec<String>,
}

impl Suspicion {
    /// `84 %`: never certain.
    pub fn percent(&self) -> String {
        percent(self.confidence)
    }
}

pub fn percent(confidence: f64) -> String {
    format!("{:.0} %", (confidence * 100.0).min(99.0))
}

//! Updates of an incident: what people elsewhere are told, where, and when they were promised the next.

use super::ids::{IncidentId, SourceName};
use super::incident::{Incident, Sev, Status};
use super::text::inert;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The longest text of an update, in characters: as much as every destination takes, and as is kept of one line.
pub const LONGEST: usize = 2_000;

/// One update, as it is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    pub incident: IncidentId,
    pub number: u64,
    pub title: String,
    pub severity: Sev,
    pub status: Status,
    pub text: String,
    pub by: String,
    #[serde(with = "super::millis")]
    pub at: DateTime<Utc>,
    /// When the next one was promised.
    pub next: Option<DateTime<Utc>>,
}

impl Update {
    /// Harmless wherever it is shown: a title and a text may hold what came from outside.
    pub fn of(incident: &Incident, text: &str, by: &str, at: DateTime<Utc>, next: Option<DateTime<Utc>>) -> Self {
        let lines: Vec<_> = text.lines().map(inert).collect();
        Self {
            incident: incident.id,
            number: incident.number,
            title: inert(&incident.title).into_owned(),
            severity: incident.severity,
            status: incident.status,
            text: lines.join("\n"),
            by: by.to_owned(),
            at,
            next,
        }
    }
}

impl Update {
    /// Where nothing but a text is taken.
    pub fn whole(&self) -> String {
        let next = self.next.map(|at| format!("\nNext update at {}", at.format("%H:%M UTC"))).unwrap_or_default();
        format!("INC-{} is {}: {}{next}", self.number, self.status.word(), self.text)
    }
}

/// When the next update is promised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// As the configuration says for this severity.
    #[default]
    Usual,
    In(Duration),
    /// Nobody is promised any.
    Never,
}

/// `20m`, or `none`.
impl std::str::FromStr for Next {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self::Never);
        }
        match humantime::parse_duration(text) {
            Ok(after) if after >= Duration::from_secs(60) && after <= Duration::from_secs(7 * 86_400) => Ok(Self::In(after)),
            _ => Err(format!("`{text}` is no time until the next update: 1m to 7days, as in 30m, or none")),
        }
    }
}

/// How often an update is promised unless somebody says otherwise, by how bad the incident is; `None`: never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Every([Option<Duration>; Sev::ALL.len()]);

impl Default for Every {
    fn default() -> Self {
        Self::always(Some(Duration::from_secs(20 * 60)))
    }
}

impl Every {
    pub fn always(every: Option<Duration>) -> Self {
        Self([every; Sev::ALL.len()])
    }

    /// The same, but for incidents of this severity.
    #[must_use]
    pub fn but(mut self, severity: Sev, every: Option<Duration>) -> Self {
        self.0[severity.place()] = every;
        self
    }

    pub fn of(self, severity: Sev) -> Option<Duration> {
        self.0[severity.place()]
    }
}

/// Where updates go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    pub name: SourceName,
    /// Name of the kind, e.g. `slack`.
    pub kind: String,
    /// It is written beside the alerts of this source, as a comment of its own system.
    pub beside: Option<SourceName>,
}

/// What the configuration says of updates.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updates {
    pub every: Every,
    pub to: Vec<Destination>,
}

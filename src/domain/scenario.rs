//! What happens in a drill, and what is expected of the people: alerts, changes of feeds and the game master's notes over time. Pure
//! data; a drill keeps the whole of it, so that a file which is changed later changes no drill.
//!
//! Times count from the beginning of the drill, and stand still while it is paused.

mod example;
mod past;
mod score;

pub use score::{Outcome, Score, Scored};

use super::alert::{Labels, Severity};
use super::health::FeedState;
use super::ids::{AlertId, Fingerprint, PlaybookId, ServiceName, SourceName};
use super::playbook::{Playbook, Selector, words};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The source that the alerts of drills come from; no configuration can name it.
pub const SOURCE: &str = "drill";

/// Nothing happens later.
pub const LATEST: Duration = Duration::from_secs(7 * 86_400);

/// More happens in no drill.
pub const MOST: usize = 5_000;

/// The longest name of an alert, in bytes.
pub const NAME: usize = 100;

words! {
    /// How a drill is held.
    Kind {
        /// In a sandbox that the playbook builds.
        Live = "live",
        /// On services that are declared drillable, broken on purpose.
        GameDay = "game-day",
        /// Told over time; steps are walked without anything being done.
        Tabletop = "tabletop",
        /// A past incident, whose ending nobody is told.
        Replay = "replay",
    }
}

/// One script.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    pub id: String,
    pub title: String,
    pub kind: Kind,
    /// The one that is practised.
    pub playbook: Option<PlaybookId>,
    pub services: Vec<ServiceName>,
    /// In the order of their times.
    pub beats: Vec<Beat>,
    pub expects: Vec<Expected>,
    /// When one of these holds of the real feeds, the drill is called off.
    pub abort: Vec<Selector>,
    /// What it was in truth: told when the drill is over.
    pub ending: Option<String>,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beat {
    pub at: Duration,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    Fires(Fires),
    /// The alert of this name is over.
    Resolves {
        name: String,
    },
    Feed(Turn),
    /// The game master says this.
    Note {
        text: String,
    },
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fires {
    /// What the script calls it; the label `alertname` too, unless `labels` say otherwise.
    pub name: String,
    pub severity: Severity,
    pub service: Option<ServiceName>,
    pub summary: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}

/// A feed that is told to be otherwise. It is one of the script, not of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    pub feed: String,
    pub service: Option<ServiceName>,
    pub state: FeedState,
    pub text: String,
}

words! {
    /// What a person is expected to do.
    Act {
        /// The alert that is named, or any.
        Ack = "ack",
        /// A step, by its id, done.
        Step = "step",
        /// A run, of the playbook that is named, or of any.
        Playbook = "playbook",
        /// The incident is said to be this bad, or worse.
        Severity = "severity",
        /// The incident is said to be mitigated, resolved.
        Status = "status",
        /// Somebody has this role.
        Role = "role",
        /// People elsewhere are told, in these words among others.
        Update = "update",
        /// Something is written down, with these words in it: a note, a hypothesis, a decision or a to-do.
        Note = "note",
        Decision = "decision",
    }
}

/// One thing that is expected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    pub act: Act,
    /// `None`: any will do.
    pub about: Option<String>,
    /// From the first firing of this alert on; `None`: of the first alert of all.
    pub after: Option<String>,
    pub within: Duration,
    pub points: u32,
}

impl Scenario {
    /// The alert by which a playbook is practised without a script of its own: one that it is meant for, at once.
    pub fn for_playbook(book: &Playbook) -> Self {
        let labels = book.meta.alerts.iter().find_map(example::labels);
        let severity = book.meta.severity.iter().find_map(|word| severity(word)).unwrap_or(Severity::Critical);
        let name = labels.as_ref().and_then(|labels| labels.get("alertname"));
        let service = book.meta.services.first().map(|name| ServiceName::from(name.as_str()));
        // What no label leads to is named by the alert itself.
        let named = [("runbook_url".to_owned(), book.id.to_string())];
        let annotations = if labels.is_none() { named.into_iter().collect() } else { BTreeMap::new() };
        let alert = Fires {
            name: name.cloned().unwrap_or_else(|| book.id.to_string()),
            severity,
            service: service.clone(),
            summary: Some(book.title.clone()),
            labels: labels.unwrap_or_default(),
            annotations,
        };
        Self {
            id: book.id.to_string(),
            title: book.title.clone(),
            kind: Kind::Live,
            playbook: Some(book.id.clone()),
            services: service.into_iter().collect(),
            beats: vec![Beat { at: Duration::ZERO, what: What::Fires(alert) }],
            expects: Vec::new(),
            abort: Vec::new(),
            ending: None,
        }
    }

    /// What has happened by then, in order.
    pub fn due(&self, elapsed: Duration) -> &[Beat] {
        &self.beats[..self.beats.partition_point(|beat| beat.at <= elapsed)]
    }

    /// When the last thing happens.
    pub fn ends(&self) -> Duration {
        self.beats.last().map_or(Duration::ZERO, |beat| beat.at)
    }

    pub fn alerts(&self) -> impl Iterator<Item = (Duration, &Fires)> {
        self.beats.iter().filter_map(|beat| match &beat.what {
            What::Fires(alert) => Some((beat.at, alert)),
            _ => None,
        })
    }

    /// Who an alert of the script is in the queue.
    pub fn alert(drill: &str, name: &str) -> AlertId {
        AlertId { source: SourceName::from(SOURCE), fingerprint: Fingerprint::new(format!("{drill}:{name}")) }
    }
}

impl Fires {
    /// As they stand in the queue.
    pub fn labels(&self, drill: &str) -> Labels {
        let own = self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let service = self.service.as_ref().map(|service| ("service", service.as_str()));
        // Those of the script before ours, but for the one that says that it is none of reality.
        let all = [("alertname", self.name.as_str()), ("severity", self.severity.word())].into_iter().chain(service);
        Labels::new(all.chain(own).chain([("drill", drill)]).map(|(name, value)| (name.into(), value.into())).collect())
    }

    pub fn annotations(&self) -> Labels {
        let summary = self.summary.as_deref().map(|summary| ("summary", summary));
        let own = self.annotations.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Labels::new(summary.into_iter().chain(own).map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// A word of the format for how bad an alert is.
pub fn severity(word: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|severity| severity.word() == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(name: &str) -> Fires {
        Fires {
            name: name.to_owned(),
            severity: Severity::Warning,
            service: None,
            summary: None,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        }
    }

    #[test]
    fn no_script_takes_the_mark_of_the_drill_from_its_alerts() {
        let mut fires = alert("Down");
        fires.labels = [("drill", ""), ("alertname", "NodeDown"), ("severity", "page")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let labels = fires.labels("d-1");
        assert_eq!(
            ["drill", "alertname", "severity"].map(|name| labels.get(name)),
            [Some("d-1"), Some("NodeDown"), Some("page")]
        );
    }
}

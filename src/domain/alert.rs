//! Alerts and silences as their sources tell them. What the console makes of them (episode, state,
//! service, who has acknowledged) is `model::alerts`.

mod covering;
mod labels;

pub use covering::covering;
pub use labels::Labels;

use super::act::ActKind;
use super::entry::Entry;
use super::ids::{AlertId, Fingerprint};
use super::matcher::Matcher;
use super::pushed::Pushed;
use super::text::Outside;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How bad an alert says it is. The configuration maps the words of labels to these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    /// No severity label, or a word that the configuration doesn't know: sorted above info, so that it is read.
    Unknown,
    Warning,
    Critical,
}

impl Severity {
    /// The worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::Warning, Self::Info, Self::Unknown];

    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What the source itself says of an alert that it lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Upstream {
    /// The rule holds, but not for long enough yet.
    Pending,
    Firing,
    /// The source says itself that it is over: its word counts, absence would have to be judged.
    Resolved {
        /// When it ended, by the source.
        at: DateTime<Utc>,
    },
}

/// Somebody holds an alert in its own system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    pub by: Outside,
    /// `None`: until somebody gives it up, or longer than the system tells.
    pub until: Option<DateTime<Utc>>,
    pub comment: Outside,
}

/// What a system with acts of its own says of an alert.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Held {
    pub acknowledged: Option<Hold>,
    pub snoozed: Option<Hold>,
    /// Who is asked to look at it.
    pub assigned: Vec<Outside>,
    /// Who took the last acknowledgement back, where nobody holds it since and the system tells.
    #[serde(default)]
    pub given_up_by: Option<Outside>,
    /// What its system does not allow for this alert, though it has such acts.
    #[serde(default)]
    pub cannot: Vec<ActKind>,
}

/// One time that an alert fired, by the record of somebody else than the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    pub from: DateTime<Utc>,
    /// `None` while it fires.
    pub to: Option<DateTime<Utc>>,
}

/// One way on which a source tells people of an alert.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Route {
    /// Who is told, by the name that the source has for them.
    pub to: Outside,
    /// Alerts that have these labels in common are told of together. Sorted by name.
    pub together_by: Vec<Outside>,
    /// Names of time intervals in which nobody is told on this way, and that are now.
    pub muted_by: Vec<Outside>,
}

/// One of those that a source groups into one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub name: Outside,
    /// By which its sender knows it.
    pub key: Option<Outside>,
    /// The source's own word.
    pub severity: Option<Outside>,
    pub open: bool,
    /// Somebody decided that it calls nobody.
    pub suppressed: bool,
    pub since: Option<DateTime<Utc>>,
    /// What its sender said of it, by name; of those alone that are told first, and not without an end.
    #[serde(default)]
    pub details: Vec<(Outside, Outside)>,
}

/// What an alert was made of when its source was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inside {
    pub at: DateTime<Utc>,
    /// Those that are open first, and of both the newest first.
    pub parts: Vec<Part>,
    /// What somebody wrote down of the whole, by name.
    #[serde(default)]
    pub details: Vec<(Outside, Outside)>,
    /// Why there may be more.
    pub cut: Option<Outside>,
}

/// One alert in one snapshot of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    pub id: AlertId,
    pub labels: Labels,
    pub annotations: Labels,
    pub upstream: Upstream,
    /// When this firing began, by the source. It moves when a server restarts.
    pub starts_at: DateTime<Utc>,
    /// The page that explains the alert, where the source gives one.
    pub url: Option<Outside>,
    /// Shared: there are few lists of them.
    pub receivers: Arc<[Outside]>,
    /// Ids of silences in force on it.
    pub silenced_by: Vec<Outside>,
    pub inhibited_by: Vec<Fingerprint>,
    /// Names of time intervals that mute it.
    pub muted_by: Vec<Outside>,
    /// Boxed: most alerts of a storm are held by nobody.
    pub held: Option<Box<Held>>,
}

/// The label that tells an alert from others of its name; empty without one.
pub fn target<'a>(label: impl Fn(&str) -> Option<&'a str>) -> &'a str {
    let names = ["instance", "host", "hostname", "node", "pod", "container", "device", "mountpoint", "cluster"];
    names.into_iter().find_map(label).unwrap_or("")
}

impl Alert {
    /// What the entry of its beginning still tells of it.
    pub fn recorded(fired: &Entry) -> Option<Self> {
        let labels: BTreeMap<String, String> = fired.data_of("labels")?;
        let pair = |(name, value): (String, String)| (Outside::from(name), Outside::from(value));
        let summary = fired.text_of("summary").map(|summary| ("summary".into(), summary.into()));
        Some(Self {
            id: fired.alert.clone()?,
            labels: Labels::new(labels.into_iter().map(pair).collect()),
            annotations: Labels::new(summary.into_iter().collect()),
            upstream: Upstream::Firing,
            starts_at: fired.data_of("starts_at")?,
            url: None,
            receivers: [].into(),
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            muted_by: Vec::new(),
            held: None,
        })
    }

    /// The label `alertname`, or the fingerprint of an alert without one.
    pub fn name(&self) -> &str {
        self.labels.get("alertname").unwrap_or(self.id.fingerprint.as_str())
    }

    /// The label that tells it from others of its name; empty without one.
    pub fn target(&self) -> &str {
        target(|name| self.labels.get(name))
    }

    /// The first label that tells it from another one of its name that is about the same. How bad each is stands beside them anyway.
    pub fn unlike<'a>(&'a self, other: &Self) -> Option<(&'a str, &'a str)> {
        let own = self.labels.iter().map(|(name, value)| (name.raw(), value.raw()));
        own.filter(|(name, _)| *name != "severity")
            .find(|(name, value)| !value.is_empty() && other.labels.get(name) != Some(value))
    }

    /// Its own system's acknowledgement.
    pub fn acknowledged(&self) -> Option<&Hold> {
        self.held.as_ref()?.acknowledged.as_ref()
    }

    /// Who took its own system's last acknowledgement back, where that is told.
    pub fn given_up_by(&self) -> Option<&Outside> {
        self.held.as_ref()?.given_up_by.as_ref()
    }

    /// Whether its system allows this for it, as far as it tells.
    pub fn allows(&self, kind: ActKind) -> bool {
        !self.held.as_ref().is_some_and(|held| held.cannot.contains(&kind))
    }

    pub fn snoozed(&self) -> Option<&Hold> {
        self.held.as_ref()?.snoozed.as_ref()
    }

    /// One line for people: the annotation `summary`, else `description`, else `message`.
    pub fn summary(&self) -> Option<&str> {
        ["summary", "description", "message"].iter().find_map(|name| self.annotations.get(name))
    }
}

/// One condition of a silence, with Alertmanager's meaning: expressions are anchored, `equal: false` negates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SilenceMatcher {
    pub name: Outside,
    pub value: Outside,
    pub regex: bool,
    pub equal: bool,
}

/// What a silence covers: its matchers, ready to be held against many alerts.
#[derive(Debug, Clone)]
pub struct Cover(Vec<(Outside, Matcher, bool)>);

impl Cover {
    /// The error says which expression can't be read.
    pub fn of(matchers: &[SilenceMatcher]) -> Result<Self, String> {
        let ready = |matcher: &SilenceMatcher| {
            let text = matcher.value.raw();
            let value = if matcher.regex { Matcher::like(text)? } else { Matcher::Equal(text.to_owned()) };
            Ok((matcher.name.clone(), value, matcher.equal))
        };
        matchers.iter().map(ready).collect::<Result<_, _>>().map(Self)
    }

    /// All matchers hold; a label that is missing counts as empty. No matchers cover nothing.
    pub fn covers(&self, labels: &Labels) -> bool {
        let holds =
            |(name, value, equal): &(Outside, Matcher, bool)| value.matches(labels.get(name.raw()).unwrap_or("")) == *equal;
        !self.0.is_empty() && self.0.iter().all(holds)
    }
}

impl SilenceMatcher {
    pub fn sign(&self) -> &'static str {
        match (self.equal, self.regex) {
            (true, false) => "=",
            (true, true) => "=~",
            (false, false) => "!=",
            (false, true) => "!~",
        }
    }

    /// Whether it holds for these labels; an expression that can't be read never does. For many alerts use `Cover`.
    pub fn matches(&self, labels: &Labels) -> bool {
        Cover::of(std::slice::from_ref(self)).is_ok_and(|cover| cover.covers(labels))
    }
}

/// A silence as a source lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    pub id: Outside,
    pub matchers: Vec<SilenceMatcher>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub created_by: Outside,
    pub comment: Outside,
    pub state: SilenceState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SilenceState {
    Pending,
    Active,
    Expired,
}

/// Everything that one good answer of a source holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// Sorted by fingerprint, unique.
    pub alerts: Vec<Arc<Alert>>,
    pub silences: Vec<Silence>,
    /// Every reachable part answered whole: only then may absence mean anything.
    pub complete: bool,
    /// When the youngest answering instance started: an alert that is absent shortly after is not resolved.
    pub started_at: Option<DateTime<Utc>>,
    /// An instance, or where no start is told the system, moves the beginning of what it lists only where that was over in between.
    pub beginnings_tell: bool,
    /// Of these the system itself does not know how they are, as after a restart that forgot all: that they are not listed says nothing.
    pub unsure: Vec<Fingerprint>,
    /// These were pending and fire now, which another source tells of.
    pub began: Vec<Fingerprint>,
    /// These it lists no more only because nobody has told it of them, and since when: nobody has ended them.
    pub untold: Vec<(Fingerprint, DateTime<Utc>)>,
    /// These it lists only as they were: the part that would know how they are now does not answer.
    pub unheard: Vec<Fingerprint>,
    /// Parts that did not answer (a peer, a page), each in one sentence.
    pub missing: Vec<Outside>,
    /// How far the remote's `Date` is ahead of our wall clock, in milliseconds.
    pub skew_ms: Option<i64>,
    /// Of a source that is pushed to.
    pub pushed: Option<Pushed>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(operator: &str, value: &str, labels: &[(&str, &str)]) -> bool {
        let labels = Labels::new(labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect());
        let (regex, equal) = (operator.contains('~'), operator.starts_with('='));
        SilenceMatcher { name: "job".into(), value: value.into(), regex, equal }.matches(&labels)
    }

    #[test]
    fn matchers_mean_what_alertmanager_means() {
        let db = [("job", "db")];
        assert!(holds("=", "db", &db) && !holds("!=", "db", &db));
        assert!(holds("=~", "d.", &db) && !holds("!~", "d.", &db));
        assert!(!holds("=~", "d", &db), "an expression is anchored");
        assert!(!holds("=~", "db|x(", &db), "an expression that can't be read");
    }

    #[test]
    fn a_missing_label_is_an_empty_one() {
        assert!(holds("=", "", &[]) && holds("!=", "db", &[]) && holds("=~", ".*", &[]) && !holds("=~", ".+", &[]));
    }

    #[test]
    fn no_matchers_cover_nothing() {
        assert!(!Cover::of(&[]).expect("no expressions").covers(&Labels::default()));
    }
}

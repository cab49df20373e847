//! Acts on the outside: what may be asked of a source, and how it can end.

use super::alert::SilenceMatcher;
use super::ids::Fingerprint;
use super::text::Outside;
use super::trouble::Trouble;
use super::update::Update;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One act on a source. Everything that is needed to do it, and to find out later whether it was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Act {
    /// Creates a silence, or changes the one named by `id`. `comment` carries the marker `[mw:<intent id>]`.
    Silence {
        id: Option<Outside>,
        matchers: Vec<SilenceMatcher>,
        #[serde(with = "super::millis")]
        starts_at: DateTime<Utc>,
        #[serde(with = "super::millis")]
        ends_at: DateTime<Utc>,
        by: String,
        comment: String,
    },
    /// Ends a silence now.
    Expire { id: Outside },
    /// Raises a new alert there, so that somebody is called: `to` is a name of the configuration.
    Page { to: String, text: String, by: String },
    /// Does something to one alert in a system that has such acts of its own.
    On { alert: Fingerprint, what: What, by: String, comment: String },
    /// Tells people elsewhere how an incident stands.
    Tell(Update),
}

/// What is done to one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum What {
    /// Somebody looks at it. A system whose acknowledgements can't end by themselves ignores `until`.
    Acknowledge {
        #[serde(with = "super::millis")]
        until: DateTime<Utc>,
        /// Who had it when it was asked for: from them it is taken over knowingly, and from nobody else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    Unacknowledge,
    /// It is quiet until then, and comes back.
    Snooze {
        #[serde(with = "super::millis")]
        until: DateTime<Utc>,
    },
    Unsnooze,
    /// It is over.
    Resolve,
    /// Somebody else is to look at it.
    Assign {
        to: String,
    },
    /// The next level of its escalation policy is asked now, or the named one.
    Escalate {
        level: Option<u32>,
    },
    /// The comment is written down beside it.
    Comment,
    /// What it stands for is under repair until then: nobody is paged for it.
    Downtime {
        #[serde(with = "super::millis")]
        until: DateTime<Utc>,
    },
    /// Its check runs now.
    Recheck,
    /// It becomes a part of another one.
    Merge {
        into: Fingerprint,
    },
    /// Its priority is the one of this name.
    Prioritise {
        to: String,
    },
}

/// The acts that a source may have; a source names the ones that its system really has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActKind {
    Silence,
    Expire,
    Page,
    Acknowledge,
    Unacknowledge,
    Snooze,
    Unsnooze,
    Resolve,
    Assign,
    Escalate,
    Comment,
    Downtime,
    Recheck,
    Merge,
    Prioritise,
    Tell,
}

impl Act {
    pub fn kind(&self) -> ActKind {
        match self {
            Self::Silence { .. } => ActKind::Silence,
            Self::Expire { .. } => ActKind::Expire,
            Self::Page { .. } => ActKind::Page,
            Self::On { what, .. } => what.kind(),
            Self::Tell(_) => ActKind::Tell,
        }
    }

    /// It can be told for good whether it was done: what it made, or how it left things, stays there until somebody changes it.
    /// A page is forgotten, and so is that a check ran.
    pub fn leaves_a_trace(&self) -> bool {
        !matches!(self, Self::Page { .. } | Self::Tell(_) | Self::On { what: What::Recheck | What::Escalate { .. }, .. })
    }

    /// It can carry an acknowledgement, and does so until then.
    pub fn carries_until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Silence { ends_at: until, .. } | Self::On { what: What::Acknowledge { until, .. }, .. } => Some(*until),
            _ => None,
        }
    }
}

impl What {
    pub fn kind(&self) -> ActKind {
        match self {
            Self::Acknowledge { .. } => ActKind::Acknowledge,
            Self::Unacknowledge => ActKind::Unacknowledge,
            Self::Snooze { .. } => ActKind::Snooze,
            Self::Unsnooze => ActKind::Unsnooze,
            Self::Resolve => ActKind::Resolve,
            Self::Assign { .. } => ActKind::Assign,
            Self::Escalate { .. } => ActKind::Escalate,
            Self::Comment => ActKind::Comment,
            Self::Downtime { .. } => ActKind::Downtime,
            Self::Recheck => ActKind::Recheck,
            Self::Merge { .. } => ActKind::Merge,
            Self::Prioritise { .. } => ActKind::Prioritise,
        }
    }
}

impl ActKind {
    pub const ALL: [Self; 16] = [
        Self::Silence,
        Self::Expire,
        Self::Page,
        Self::Acknowledge,
        Self::Unacknowledge,
        Self::Snooze,
        Self::Unsnooze,
        Self::Resolve,
        Self::Assign,
        Self::Escalate,
        Self::Comment,
        Self::Downtime,
        Self::Recheck,
        Self::Merge,
        Self::Prioritise,
        Self::Tell,
    ];

    /// For people, in the infinitive: `can't snooze`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Expire => "end a silence",
            Self::Page => "page somebody",
            Self::Acknowledge => "acknowledge",
            Self::Unacknowledge => "take an acknowledgement back",
            Self::Snooze => "snooze",
            Self::Unsnooze => "end a snooze",
            Self::Resolve => "resolve",
            Self::Assign => "assign",
            Self::Escalate => "escalate",
            Self::Comment => "comment",
            Self::Downtime => "put in downtime",
            Self::Recheck => "check again",
            Self::Merge => "merge",
            Self::Prioritise => "set a priority",
            Self::Tell => "tell of an incident",
        }
    }
}

/// How an act ended. Never guessed: `Unknown` where the remote can't say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Confirmed by reading it back.
    Done,
    /// The remote refused, in its own words; nothing changed there.
    Failed,
    /// It may have taken effect; the remote can't be asked.
    Unknown,
    /// Accepted, but the remote's state says otherwise: somebody else did something at the same time.
    Contradicted,
    /// Found too old to be still sensible, and not sent.
    Expired,
    /// The remote could not be reached, or had no time for it, and nothing was done: kept, and sent again when it answers.
    Unsent,
}

impl Outcome {
    /// Something may still come of it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Unknown | Self::Unsent)
    }

    /// It was not done, and nothing will come of it by itself.
    pub fn is_undone(self) -> bool {
        matches!(self, Self::Failed | Self::Expired | Self::Contradicted)
    }
}

/// The end of one act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActEnd {
    pub outcome: Outcome,
    /// The remote's own words, or ours where it said nothing.
    pub detail: Outside,
    /// What the remote calls the thing that was made: a silence's id.
    pub made: Option<Outside>,
}

impl ActEnd {
    /// An end that made nothing.
    pub fn new(outcome: Outcome, detail: impl Into<Outside>) -> Self {
        Self { outcome, detail: detail.into(), made: None }
    }

    /// Nothing was sent. Where nobody could be reached it may be sent later; where somebody said no, it is over.
    pub fn unsent(troubles: &[Trouble]) -> Self {
        let unreached = troubles.iter().all(|trouble| trouble.reason.is_unreached());
        let texts: Vec<&str> = troubles.iter().map(|trouble| trouble.text.raw()).collect();
        Self::new(if unreached { Outcome::Unsent } else { Outcome::Failed }, format!("not sent: {}", texts.join("; ")))
    }
}

/// The answer to "is the act that carried this marker there?".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found {
    /// It is there; what the remote calls it.
    There(Outside),
    NotThere,
}

/// The text that an act carries so that it can be found again after a crash.
pub fn marker(intent: super::ids::EntryId) -> String {
    format!("[mw:{intent}]")
}

/// A comment as somebody wrote it: without the marker of the act that brought it.
pub fn unmarked(comment: &str) -> &str {
    let marked = comment.strip_suffix(']').and_then(|text| text.rsplit_once("[mw:"));
    marked.map_or(comment, |(text, _)| text.trim_end())
}

//! Acts on the outside: what may be asked of a source, and how it can end.

use super::alert::SilenceMatcher;
use super::text::Outside;
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
}

/// The acts that a source may have; a source names the ones that its system really has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActKind {
    Silence,
    Expire,
}

impl Act {
    pub fn kind(&self) -> ActKind {
        match self {
            Self::Silence { .. } => ActKind::Silence,
            Self::Expire { .. } => ActKind::Expire,
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
    /// The remote could not be reached and nothing was sent: kept, and sent again when it answers.
    Unsent,
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

/// The answer to "is the act that carried this marker there?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is there; what the remote calls it.
    There(Outside),
    NotThere,
}

/// The text that an act carries so that it can be found again after a crash.
pub fn marker(intent: super::ids::EntryId) -> String {
    format!("[mw:{intent}]")
}

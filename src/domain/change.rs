//! What somebody changed: a deploy, a configuration, a flag, a migration. After trouble begins, what changed shortly before is
//! what everybody asks first.

pub mod json;

use super::entry::{Draft, Entry, Kind};
use super::ids::{EntryId, ServiceName};
use super::text::{Outside, inert};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// Another version runs.
    Deploy,
    Config,
    /// A feature was switched.
    Flag,
    /// A database has another schema.
    Migration,
    Other,
}

impl What {
    pub const ALL: [Self; 5] = [Self::Deploy, Self::Config, Self::Flag, Self::Migration, Self::Other];

    pub fn word(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Config => "config",
            Self::Flag => "flag",
            Self::Migration => "migration",
            Self::Other => "other",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.word() == word)
    }

    /// For sentences.
    pub fn noun(self) -> &'static str {
        if self == Self::Other { "change" } else { self.word() }
    }

    /// `deploy of checkout: 1.42`
    fn line(self, service: Option<&ServiceName>, words: &str) -> String {
        let noun = self.noun();
        let of = service.map(|service| format!(" of {service}")).unwrap_or_default();
        format!("{noun}{of}: {words}")
    }
}

/// A change as somebody tells it, before it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What its origin calls it: told twice, it stands in the log once.
    pub id: Option<Outside>,
    pub what: What,
    pub service: Option<ServiceName>,
    pub at: DateTime<Utc>,
    /// One line: `1.42.0, canary first`.
    pub words: Outside,
    /// Who made it, where that is known.
    pub by: Option<Outside>,
    /// Where it can be read.
    pub link: Option<Outside>,
}

impl Told {
    /// Fills in what an entry about it holds.
    pub fn onto(&self, draft: Draft) -> Draft {
        let mut draft = draft.with("change", self.what).with("id", &self.id).with("author", &self.by).with("link", &self.link);
        draft.text = self.what.line(self.service.as_ref(), &inert(self.words.raw()));
        (draft.at, draft.service) = (self.at, self.service.clone());
        draft.links = self.link.iter().map(|link| link.raw().to_owned()).collect();
        draft
    }
}

/// A change that the journal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub entry: EntryId,
    pub what: What,
    /// `None`: it may touch everything.
    pub service: Option<ServiceName>,
    pub at: DateTime<Utc>,
    pub words: Outside,
    /// Who made it.
    pub by: Outside,
    pub link: Option<Outside>,
}

impl Change {
    /// The change that an entry, with its corrections, tells of; `None` for an entry of another kind.
    pub fn of(entry: &Entry) -> Option<Self> {
        if entry.kind != Kind::Change {
            return None;
        }
        let what: What = entry.data_of("change").unwrap_or(What::Other);
        let head = what.line(entry.service.as_ref(), "");
        let by = entry.text_of("author").unwrap_or(&entry.actor.name);
        Some(Self {
            entry: entry.id,
            what,
            service: entry.service.clone(),
            at: entry.at,
            words: entry.text.strip_prefix(&head).unwrap_or(&entry.text).into(),
            by: by.into(),
            link: entry.text_of("link").map(Outside::from),
        })
    }

    /// `deploy of checkout: 1.42`
    pub fn line(&self) -> String {
        self.what.line(self.service.as_ref(), &self.words.inert())
    }
}

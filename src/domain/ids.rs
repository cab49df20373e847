//! Identities. Each is its own type, so that a step can't be mistaken for a run.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }
    )*};
}

names! {
    /// An alert source as the configuration names it.
    SourceName;
    /// A health feed as the configuration names it.
    FeedName;
    /// A service of the catalogue.
    ServiceName;
    /// A playbook's `id`, unique in the library.
    PlaybookId;
    /// A step's slug, unique in its playbook.
    StepId;
    /// What the source calls one alert for as long as its labels stay the same: printable ASCII without
    /// spaces (an adapter that is handed anything else computes one from the labels).
    Fingerprint;
}

impl StepId {
    /// The step that undoes this one. A step of a document has no dot in its id.
    #[must_use]
    pub fn undo(&self) -> Self {
        Self::new(format!("{self}.undo"))
    }

    /// The step that this one undoes.
    pub fn undoes(&self) -> Option<Self> {
        self.as_str().strip_suffix(".undo").map(Self::from)
    }
}

macro_rules! uuids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

uuids! {
    /// One entry of the journal (UUIDv7). An intent is known by the entry that recorded it.
    EntryId;
    /// One incident: the id of the entry that declared it.
    IncidentId;
    /// One run of a playbook: the id of the entry that prepared it.
    RunId;
    /// One data folder: random, made with it.
    OriginId;
}

/// One asked-for thing in flight between the core and the journal; lives as long as the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

/// One question about feeds that somebody waits for; lives as long as the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QuestionId(pub u64);

/// `<source>/<fingerprint>`: stable for as long as the source keeps the alert's labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AlertId {
    pub source: SourceName,
    pub fingerprint: Fingerprint,
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.source, self.fingerprint)
    }
}

impl From<AlertId> for String {
    fn from(id: AlertId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for AlertId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.rsplit_once('/') {
            Some((source, fingerprint)) => Ok(Self { source: source.into(), fingerprint: fingerprint.into() }),
            None => Err(format!("`{text}` is not <source>/<fingerprint>")),
        }
    }
}

//! Identities. Each is its own type, so that a step can't be mistaken for a run.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
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

            #[inline]
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

        /// Found in maps by its text.
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
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

impl EntryId {
    /// When it was made, as its UUIDv7 tells; `None` for one of another version.
    pub fn made_at(self) -> Option<DateTime<Utc>> {
        let (seconds, nanos) = self.0.get_timestamp().filter(|_| self.0.get_version_num() == 7)?.to_unix();
        DateTime::from_timestamp(seconds.try_into().ok()?, nanos)
    }
}

/// One asked-for thing in flight between the core and the journal; lives as long as the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

impl RequestId {
    const DUTY: u64 = 1 << 62;

    /// The same, of what only the watcher may record.
    #[must_use]
    pub fn duty(self) -> Self {
        Self(self.0 | Self::DUTY)
    }

    pub fn is_duty(self) -> bool {
        self.0 & Self::DUTY != 0
    }
}

/// One question about feeds that somebody waits for; lives as long as the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct QuestionId(pub u64);

/// What the source calls one alert for as long as its labels stay the same: printable ASCII without
/// spaces (an adapter that is handed anything else computes one from the labels).
///
/// Sixteen bytes, which is what nearly all have, lie in the value itself: a storm is looked up and sorted by it all the time.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint(Name);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Name {
    Usual([u8; 16]),
    Other(Arc<str>),
}

impl Fingerprint {
    pub fn new(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        Self(text.as_bytes().try_into().map_or_else(|_| Name::Other(text.into()), Name::Usual))
    }

    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // Made of text, so it is text.
            Name::Usual(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            Name::Other(text) => text,
        }
    }
}

impl From<&str> for Fingerprint {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl Ord for Fingerprint {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Name::Usual(a), Name::Usual(b)) => a.cmp(b),
            _ => self.as_str().cmp(other.as_str()),
        }
    }
}

impl PartialOrd for Fingerprint {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// `<source>/<fingerprint>`: stable for as long as the source keeps the alert's labels.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct AlertId {
    pub source: SourceName,
    pub fingerprint: Fingerprint,
}

impl Ord for AlertId {
    /// Most are of one source, which is seen without reading its name.
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match self.source == other.source {
            true => self.fingerprint.cmp(&other.fingerprint),
            false => self.source.cmp(&other.source),
        }
    }
}

impl PartialOrd for AlertId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.source, self.fingerprint)
    }
}

impl Serialize for AlertId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_sorted_as_text_whatever_their_length() {
        let mut texts =
            ["ffffffffffffffff", "", "e94c744ae3d44df8", "e94c744ae3d44df", "z", "e94c744ae3d44df80", "0123456789abcdeé"];
        let mut names = texts.map(Fingerprint::from);
        texts.sort_unstable();
        names.sort_unstable();
        assert_eq!(names.each_ref().map(Fingerprint::as_str), texts);
        let back: Vec<Fingerprint> = serde_json::from_str(&serde_json::to_string(&names).expect("writable")).expect("readable");
        assert_eq!(back, names);
    }

    #[test]
    fn alerts_are_sorted_by_source_first() {
        let id = |text: &str| AlertId::try_from(text.to_owned()).expect("an id");
        assert!(id("a/2") < id("b/1") && id("a/1") < id("a/2"));
    }
}

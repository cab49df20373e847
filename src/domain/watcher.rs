//! Who watched a data folder, and until when: what the watcher leaves behind each time that it has shown that it lives.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The last sign of life of a process that watched. Two of them are compared for being the same, never by their clocks: those may be
/// set, and the machine may have slept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watcher {
    pub process: u32,
    pub seen: DateTime<Utc>,
}

impl fmt::Display for Watcher {
    /// As long for each sign of one process: the next is written over it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.process, self.seen.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Watcher {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (process, seen) = text.trim().split_once(' ').ok_or(())?;
        Ok(Self { process: process.parse().map_err(drop)?, seen: seen.parse().map_err(drop)? })
    }
}

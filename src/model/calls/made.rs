//! Calls that act outside, from their recorded beginning to their recorded end. One whose process was gone before that has none: that is
//! told, and the call made once more, unless somebody has looked since.
//!
//! Invariant: what is kept is a set of what entries say, so that every order of theirs gives the same. One call that was made anew and
//! cut off, too, is not made a third time.

use crate::domain::attention::Way;
use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::EntryId;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// More than anybody makes within minutes; the oldest are forgotten.
const KEPT: usize = 64;
/// What is older is not made anew: whoever was to be called has heard of it by other ways, or it is over.
const SENSIBLE: TimeDelta = TimeDelta::minutes(10);

/// What one process began at one moment by one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Name {
    pub mark: u64,
    pub way: Way,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Made(BTreeMap<Name, One>);

#[derive(Debug, Clone, Default, PartialEq)]
struct One {
    /// Of each alert one; the first is the intent.
    begun: BTreeMap<EntryId, Arc<Entry>>,
    ended: bool,
    cut_off: bool,
    anew: bool,
    at: DateTime<Utc>,
}

impl One {
    fn intent(&self) -> Option<&Arc<Entry>> {
        self.begun.values().next()
    }

    /// By then it has ended, or its process is gone.
    fn until(&self) -> Option<DateTime<Utc>> {
        self.intent()?.data_of("until").filter(|_| !self.ended)
    }
}

/// A call that was cut off.
#[derive(Debug, Clone, PartialEq)]
pub struct CutOff<'a> {
    pub name: Name,
    pub intent: &'a Arc<Entry>,
    pub of: Vec<&'a Arc<Entry>>,
}

impl Made {
    /// Whether the entry is of any call.
    pub fn fold(&mut self, entry: &Arc<Entry>) -> bool {
        let Some((event, name)) = of_call(entry) else { return false };
        let one = self.0.entry(name).or_default();
        one.at = one.at.max(entry.recorded_at);
        match event {
            "called" => drop(one.begun.insert(entry.id, entry.clone())),
            "call-cut-off" => (one.ended, one.cut_off) = (true, true),
            _ => one.ended = true,
        }
        if let Some(first) = entry.data_of::<Name>("again") {
            let first = self.0.entry(first).or_default();
            (first.anew, first.at) = (true, first.at.max(entry.recorded_at));
        }
        while self.0.len() > KEPT {
            let oldest = self.0.iter().min_by_key(|(name, one)| (one.at, **name)).map(|(name, _)| *name);
            oldest.map(|name| self.0.remove(&name));
        }
        true
    }

    pub fn begun(&self, intent: EntryId) -> Option<&Arc<Entry>> {
        self.0.values().find_map(|one| one.begun.get(&intent))
    }

    /// When the next of them counts as cut off that has not ended, but for those that are ours and under way.
    pub fn due(&self, ours: impl Fn(Name) -> bool) -> Option<DateTime<Utc>> {
        self.0.iter().filter(|(name, _)| !ours(**name)).filter_map(|(_, one)| one.until()).min()
    }

    /// Those that will not end any more and of which that is not told yet.
    pub fn untold(&self, now: DateTime<Utc>, ours: impl Fn(Name) -> bool) -> Vec<CutOff<'_>> {
        let left = self.0.iter().filter(|(name, one)| !ours(**name) && one.until().is_some_and(|until| until <= now));
        left.filter_map(|(name, one)| one.named(*name)).collect()
    }

    /// Those that are to be made anew.
    pub fn to_repeat(&self, now: DateTime<Utc>) -> impl Iterator<Item = CutOff<'_>> {
        let cut_off = self.0.iter().filter(|(_, one)| one.cut_off && !one.anew);
        let first = cut_off.filter_map(|(name, one)| one.named(*name)).filter(|call| call.intent.data.get("again").is_none());
        first.filter(move |call| now - call.intent.recorded_at <= SENSIBLE)
    }
}

impl One {
    fn named(&self, name: Name) -> Option<CutOff<'_>> {
        Some(CutOff { name, intent: self.intent()?, of: self.begun.values().collect() })
    }
}

fn of_call(entry: &Entry) -> Option<(&str, Name)> {
    let event = entry.text_of("event").filter(|_| entry.kind == Kind::Console)?;
    let counts = match event {
        // Where somebody saw it come nothing was begun; and a terminal rings at once.
        "called" => entry.data.contains_key("until"),
        "call-ended" | "call-cut-off" => true,
        _ => false,
    };
    let name = || Some(Name { mark: entry.data_of("mark")?, way: entry.data_of("medium")? });
    Some((event, name().filter(|_| counts)?))
}

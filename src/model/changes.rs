//! What was changed of late, as the journal holds it: what trouble is compared with first.
//!
//! Invariant: a pure function of the entries folded, in whatever order they came.

use super::fold::Corrections;
use crate::domain::change::Change;
use crate::domain::entry::{Clock, Entry, Kind};
use crate::domain::ids::{EntryId, OriginId, ServiceName};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many are kept; older ones are in the journal.
const KEPT: usize = 1_000;

type Order = (Clock, OriginId, u64);

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    entries: BTreeMap<Order, Arc<Entry>>,
    /// By time; what was told twice at the same moment stays two.
    by_time: BTreeMap<(DateTime<Utc>, Order), Change>,
    /// Those that are held, by the key of their entry.
    keys: BTreeSet<String>,
}

impl Changes {
    /// The newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Change> {
        self.by_time.values().rev()
    }

    /// Those made after `since` and not after `until`, the newest first.
    pub fn between(&self, since: DateTime<Utc>, until: DateTime<Utc>) -> impl Iterator<Item = &Change> {
        self.iter().skip_while(move |change| change.at > until).take_while(move |change| change.at > since)
    }

    /// The newest first.
    pub fn of_service<'a>(&'a self, service: &'a ServiceName) -> impl Iterator<Item = &'a Change> {
        self.iter().filter(move |change| change.service.as_ref() == Some(service))
    }

    /// An entry of this key is held.
    pub fn knows(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    pub(super) fn fold(&mut self, entry: &Arc<Entry>, corrections: &Corrections) {
        if entry.kind != Kind::Change || self.entries.contains_key(&entry.order()) {
            return;
        }
        self.entries.insert(entry.order(), entry.clone());
        self.keys.extend(entry.key.clone());
        self.place(entry, corrections);
        while self.entries.len() > KEPT {
            self.forget_oldest();
        }
    }

    /// An entry was corrected: whatever it tells of is told anew.
    pub(super) fn corrected(&mut self, original: EntryId, corrections: &Corrections) {
        if let Some(entry) = self.entries.values().find(|entry| entry.id == original).cloned() {
            self.by_time.retain(|_, change| change.entry != original);
            self.place(&entry, corrections);
        }
    }

    fn place(&mut self, entry: &Arc<Entry>, corrections: &Corrections) {
        if let Some(change) = Change::of(&corrections.applied(entry)) {
            self.by_time.insert((change.at, entry.order()), change);
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, entry)) = self.entries.pop_first() {
            self.by_time.retain(|_, change| change.entry != entry.id);
            entry.key.as_ref().map(|key| self.keys.remove(key));
        }
    }
}

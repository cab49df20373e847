//! The newest entries of the journal, as the log pane shows them.

use super::fold::Corrections;
use crate::domain::entry::{ActorKind, Clock, Entry, Kind};
use crate::domain::ids::{EntryId, OriginId};
use crate::domain::timeline::is_turn;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many are kept; older ones are in the journal.
const KEPT: usize = 1_000;

type Entries = BTreeMap<(Clock, OriginId, u64), Arc<Entry>>;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    entries: Entries,
    /// The newest of what was said and done in incidents, of what they took in, and by people who may give it to one. No storm of signals pushes it out.
    lasting: Entries,
    /// What links have named, be it known already or not: they may come in any order.
    linked: BTreeSet<EntryId>,
    /// Those that a person has named, of whatever age.
    named: BTreeMap<EntryId, Arc<Entry>>,
    revision: u64,
}

impl Log {
    /// Changes with every entry: whoever keeps a view of the log compares this.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn insert(&mut self, entry: &Arc<Entry>) {
        self.revision += u64::from(!self.entries.contains_key(&entry.order()));
        self.entries.entry(entry.order()).or_insert_with(|| entry.clone());
        if lasts(entry) {
            self.lasting.entry(entry.order()).or_insert_with(|| entry.clone());
        }
        if self.linked.contains(&entry.id) {
            self.take_in(entry);
        }
        if entry.kind == Kind::Link {
            let named: BTreeSet<EntryId> = entry.data_of("entries").unwrap_or_default();
            let taken: Vec<_> = self.entries.values().filter(|known| named.contains(&known.id)).cloned().collect();
            taken.iter().for_each(|known| self.take_in(known));
            self.linked.extend(named);
        }
        for entries in [&mut self.entries, &mut self.lasting] {
            while entries.len() > KEPT {
                entries.pop_first();
            }
        }
    }

    /// An incident takes it in: it is as much a part of it as what was said and done there.
    pub(super) fn take_in(&mut self, entry: &Arc<Entry>) {
        if !Kind::LEGION.contains(&entry.kind) {
            self.lasting.entry(entry.order()).or_insert_with(|| entry.clone());
        }
        while self.lasting.len() > KEPT {
            self.lasting.pop_first();
        }
    }

    /// Entries were looked up for a person, who is about to say something of them.
    pub(super) fn name(&mut self, entries: Vec<Arc<Entry>>) {
        self.named.extend(entries.into_iter().map(|entry| (entry.id, entry)));
    }

    /// One of the newest, or of those that were named.
    pub(super) fn get(&self, id: EntryId) -> Option<&Arc<Entry>> {
        self.named.get(&id).or_else(|| self.of_incidents().rev().find(|entry| entry.id == id))
    }

    /// As they were recorded, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        self.entries.values()
    }

    /// For whoever looks for what belongs to an incident: the newest, and before them what was said and done in one.
    pub fn of_incidents(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        let oldest = self.entries.first_key_value().map(|(order, _)| order);
        let before = oldest.map(|oldest| self.lasting.range(..oldest).map(|(_, entry)| entry));
        before.into_iter().flatten().chain(self.entries.values())
    }

    /// With corrections applied; corrections themselves are no lines of their own.
    pub fn lines<'a>(&'a self, corrections: &'a Corrections) -> impl DoubleEndedIterator<Item = Arc<Entry>> + 'a {
        lines(self.entries(), corrections)
    }

    /// As `lines`, for whoever looks for what belongs to an incident.
    pub fn lines_of_incidents<'a>(&'a self, corrections: &'a Corrections) -> impl DoubleEndedIterator<Item = Arc<Entry>> + 'a {
        lines(self.of_incidents(), corrections)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn lines<'a>(
    entries: impl DoubleEndedIterator<Item = &'a Arc<Entry>>,
    corrections: &'a Corrections,
) -> impl DoubleEndedIterator<Item = Arc<Entry>> {
    entries.filter(|entry| entry.corrects.is_none()).map(|entry| corrections.applied(entry))
}

/// A note stays in view whatever comes in after it, also one that an incident takes in only later. Signals, and acts on many of them, come
/// by the thousand: of a storm its beginning and its end stay.
fn lasts(entry: &Entry) -> bool {
    (is_turn(entry) || entry.incident.is_some() || entry.actor.kind == ActorKind::Person) && !Kind::LEGION.contains(&entry.kind)
}

//! The newest entries of the journal, as the log pane shows them.

use super::fold::Corrections;
use crate::domain::entry::{Clock, Entry};
use crate::domain::ids::{EntryId, OriginId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many are kept; older ones are in the journal.
const KEPT: usize = 1_000;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    entries: BTreeMap<(Clock, OriginId, u64), Arc<Entry>>,
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
        let known = self.entries.insert(entry.order(), entry.clone()).is_some();
        self.revision += u64::from(!known);
        while self.entries.len() > KEPT {
            self.entries.pop_first();
        }
    }

    /// Entries were looked up for a person, who is about to say something of them.
    pub(super) fn name(&mut self, entries: Vec<Arc<Entry>>) {
        self.named.extend(entries.into_iter().map(|entry| (entry.id, entry)));
    }

    /// One of the newest, or of those that were named.
    pub(super) fn get(&self, id: EntryId) -> Option<&Arc<Entry>> {
        self.named.get(&id).or_else(|| self.entries.values().rev().find(|entry| entry.id == id))
    }

    /// As they were recorded, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        self.entries.values()
    }

    /// With corrections applied; corrections themselves are no lines of their own.
    pub fn lines<'a>(&'a self, corrections: &'a Corrections) -> impl DoubleEndedIterator<Item = Arc<Entry>> + 'a {
        self.entries.values().filter(|entry| entry.corrects.is_none()).map(|entry| corrections.applied(entry))
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

//! Recorded state is a fold over entries in the order (clock, origin, sequence). An entry that arrives in order is
//! applied; one that arrives late, or a correction, makes its entity anew. So every order of arrival gives the same state.

use crate::domain::entry::{AtSource, Entry, Kind};
use crate::domain::ids::EntryId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// State made of entries.
pub trait Entity: Default + PartialEq {
    fn apply(&mut self, entry: &Entry);
}

/// One entity with the entries that it is made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Folded<E> {
    entries: Vec<Arc<Entry>>,
    state: E,
}

impl<E: Entity> Folded<E> {
    pub fn state(&self) -> &E {
        &self.state
    }

    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// Takes an entry in; one that is there already changes nothing.
    pub fn insert(&mut self, entry: Arc<Entry>, corrections: &Corrections) {
        let place = self.entries.partition_point(|other| other.order() < entry.order());
        if self.entries.get(place).is_some_and(|other| other.id == entry.id) {
            return;
        }
        let last = place == self.entries.len();
        self.entries.insert(place, entry.clone());
        if last {
            self.state.apply(&corrections.applied(&entry));
        } else {
            self.rebuild(corrections);
        }
    }

    /// Makes the state anew: a correction of one of its entries has arrived.
    pub fn rebuild(&mut self, corrections: &Corrections) {
        self.state = E::default();
        for entry in &self.entries {
            self.state.apply(&corrections.applied(entry));
        }
    }

    pub fn holds(&self, id: EntryId) -> bool {
        self.entries.iter().any(|entry| entry.id == id)
    }
}

/// All corrections known, by the entry that they correct.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Corrections {
    by_target: BTreeMap<EntryId, Vec<Arc<Entry>>>,
    /// What each correction itself corrects: a correction of a correction counts for the original.
    targets: BTreeMap<EntryId, EntryId>,
}

impl Corrections {
    /// Remembers a correction and says which original entry it changes.
    pub fn insert(&mut self, correction: &Arc<Entry>) -> Option<EntryId> {
        let named = correction.corrects?;
        self.targets.insert(correction.id, named);
        let original = self.original(named);
        let list = self.by_target.entry(named).or_default();
        if !list.iter().any(|other| other.id == correction.id) {
            list.push(correction.clone());
        }
        // Corrections of this correction may have come before it.
        let early = self.by_target.remove(&correction.id).unwrap_or_default();
        let moved = self.by_target.remove(&named).unwrap_or_default();
        let list = self.by_target.entry(original).or_default();
        for entry in early.into_iter().chain(moved) {
            if !list.iter().any(|other| other.id == entry.id) {
                list.push(entry);
            }
        }
        list.sort_by_key(|entry| entry.order());
        Some(original)
    }

    fn original(&self, mut id: EntryId) -> EntryId {
        for _ in 0..self.targets.len() {
            match self.targets.get(&id) {
                Some(next) => id = *next,
                None => break,
            }
        }
        id
    }

    /// What was recorded to correct this entry, the earliest first.
    pub fn of(&self, id: EntryId) -> &[Arc<Entry>] {
        self.by_target.get(&id).map_or(&[], Vec::as_slice)
    }

    pub fn corrected(&self, id: EntryId) -> bool {
        self.by_target.contains_key(&id)
    }

    /// What stands behind an entry's text: that it is not as it was recorded, or not when it happened.
    pub fn mark(&self, entry: &Entry) -> &'static str {
        let late = entry.at_source == AtSource::Operator && (entry.recorded_at - entry.at).num_seconds() >= 60;
        match (self.corrected(entry.id), late) {
            (true, _) => "  (corrected)",
            (_, true) => "  (noted later)",
            _ => "",
        }
    }

    /// The entry with its corrections applied: of each field the latest by clock wins.
    pub fn applied(&self, entry: &Arc<Entry>) -> Arc<Entry> {
        let Some(corrections) = self.by_target.get(&entry.id) else { return entry.clone() };
        let mut entry = Entry::clone(entry);
        for correction in corrections {
            correct(&mut entry, correction);
        }
        Arc::new(entry)
    }
}

fn correct(entry: &mut Entry, correction: &Entry) {
    let draft = &mut entry.draft;
    draft.at = correction.data_of("at").unwrap_or(draft.at);
    draft.visibility = correction.data_of("visibility").unwrap_or(draft.visibility);
    draft.important = correction.data_of("important").unwrap_or(draft.important);
    draft.incident = correction.data_of("incident").or(draft.incident);
    if let Some(text) = correction.text_of("text") {
        draft.text = text.to_owned();
    }
    if let Some(kind) = correction.data_of::<Kind>("kind") {
        draft.kind = kind;
    }
}

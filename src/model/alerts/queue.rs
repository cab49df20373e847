//! Every alert, where it stands in the order of the queue. A storm has a hundred thousand, and most of what is asked of
//! them is the queue from its top: so they lie in that order, and by name only their place is kept.

use super::{State, Tracked};
use crate::domain::alert::Severity;
use crate::domain::ids::AlertId;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What needs somebody first, the worst of it, the most important service, the newest.
pub(super) type Rank = (u8, Reverse<Severity>, u8, u8, Reverse<i64>);

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Queue {
    /// Boxed: what is put between others moves them.
    standing: BTreeMap<(Rank, AlertId), Box<Tracked>>,
    places: BTreeMap<AlertId, Rank>,
    /// By state and severity.
    counts: [[usize; 4]; State::ALL.len()],
}

impl Queue {
    pub fn iter(&self) -> impl Iterator<Item = &Tracked> {
        self.standing.values().map(Box::as_ref)
    }

    /// What an alert is counted and sorted by must not be changed here: take it out for that.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Tracked> {
        self.standing.values_mut().map(Box::as_mut)
    }

    pub fn get(&self, id: &AlertId) -> Option<&Tracked> {
        let rank = *self.places.get(id)?;
        self.standing.get(&(rank, id.clone())).map(Box::as_ref)
    }

    /// As `iter_mut`.
    pub fn get_mut(&mut self, id: &AlertId) -> Option<&mut Tracked> {
        let rank = *self.places.get(id)?;
        self.standing.get_mut(&(rank, id.clone())).map(Box::as_mut)
    }

    pub fn holds(&self, id: &AlertId) -> bool {
        self.places.contains_key(id)
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// How many alerts are in this state, of each severity.
    pub fn counts(&self, state: State) -> [usize; 4] {
        self.counts[state as usize]
    }

    pub fn take(&mut self, id: &AlertId) -> Option<Box<Tracked>> {
        let rank = self.places.remove(id)?;
        let tracked = self.standing.remove(&(rank, id.clone()))?;
        self.counts[tracked.state as usize][tracked.severity as usize] -= 1;
        Some(tracked)
    }

    /// Puts an alert that stands nowhere where it belongs.
    pub fn put(&mut self, rank: Rank, tracked: Box<Tracked>) {
        self.counts[tracked.state as usize][tracked.severity as usize] += 1;
        self.places.insert(tracked.alert.id.clone(), rank);
        self.standing.insert((rank, tracked.alert.id.clone()), tracked);
    }
}

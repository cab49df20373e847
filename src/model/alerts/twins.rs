//! One problem that several sources tell of. Which labels say so is the configuration's; the alerts stay what they are, each
//! with its own source, state and acts.
//!
//! Invariant: a set holds every alert that is not over and has its labels' values. It counts as one problem only while each
//! of its alerts is another source's: where one source has two of them, the labels don't tell its problems apart.

use super::{State, Tracked};
use crate::domain::ids::AlertId;
use crate::domain::text::Outside;
use std::collections::{BTreeMap, BTreeSet};

type Key = Box<[Outside]>;

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Twins {
    labels: Vec<String>,
    sets: BTreeMap<Key, BTreeSet<AlertId>>,
}

impl Twins {
    pub fn by(labels: &[String]) -> Self {
        Self { labels: labels.to_vec(), sets: BTreeMap::new() }
    }

    pub fn is_by(&self, labels: &[String]) -> bool {
        self.labels == labels
    }

    /// `None` for an alert that lacks one of the labels: what nobody says can't be the same. What is over stands for itself,
    /// so that a resolution is never hidden; and a drill tells of nothing real.
    fn key(&self, tracked: &Tracked) -> Option<Key> {
        if self.labels.is_empty() || tracked.state == State::Resolved || tracked.is_drill() {
            return None;
        }
        let value =
            |label: &String| tracked.alert.labels.iter().find(|(name, _)| name.raw() == label).map(|(_, value)| value.clone());
        self.labels.iter().map(value).collect()
    }

    pub fn insert(&mut self, tracked: &Tracked) {
        if let Some(key) = self.key(tracked) {
            self.sets.entry(key).or_default().insert(tracked.alert.id.clone());
        }
    }

    pub fn remove(&mut self, tracked: &Tracked) {
        let Some(key) = self.key(tracked) else { return };
        if let Some(set) = self.sets.get_mut(&key) {
            set.remove(&tracked.alert.id);
            if set.is_empty() {
                self.sets.remove(&key);
            }
        }
    }

    /// Everything with the values of its labels, itself too; nothing where that is itself alone.
    pub fn alike(&self, tracked: &Tracked) -> Option<&BTreeSet<AlertId>> {
        self.sets.get(&self.key(tracked)?).filter(|set| set.len() > 1)
    }

    /// Everything that tells of the same problem, itself too.
    pub fn of(&self, tracked: &Tracked) -> Option<&BTreeSet<AlertId>> {
        // By name they stand source by source.
        let apart = |set: &&BTreeSet<AlertId>| set.iter().zip(set.iter().skip(1)).all(|(one, next)| one.source != next.source);
        self.alike(tracked).filter(apart)
    }
}

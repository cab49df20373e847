//! What an entry of the journal means for everything that is kept of it.

use super::World;
use crate::domain::entry::{Entry, Kind};
use std::sync::Arc;

impl World {
    /// Folds one entry, live, at start-up and in a replay alike.
    pub(super) fn fold(&mut self, entry: &Arc<Entry>) {
        self.log.insert(entry);
        if let Some(original) = self.corrections.insert(entry) {
            self.incidents.corrected(original, &self.corrections);
            self.changes.corrected(original, &self.corrections);
            self.drills.corrected(original, &self.corrections);
        }
        self.alerts.fold(&self.settings, entry, self.now);
        self.incidents.fold(entry, &self.corrections);
        self.drills.fold(entry, &self.corrections);
        if entry.drill.is_none() {
            self.fold_real(entry);
        }
    }

    /// What is of a drill is no part of any of these.
    fn fold_real(&mut self, entry: &Arc<Entry>) {
        self.health.fold(entry);
        self.shift.fold(entry, &self.corrections);
        self.changes.fold(entry, &self.corrections);
        self.maintenance.fold(entry);
        self.soon.fold(entry);
        self.blind.fold(entry);
        self.storm.fold(entry);
        if self.calls.fold(entry) {
            self.duties = None;
        }
        if let Some(key) = &entry.key {
            self.telling.remove(key);
            self.watched.recorded(key);
        }
        self.outbox.fold(entry);
        self.forget_acts();
        self.suspicions.fold(entry);
        use Kind::{Ack, Act, ActEnded, Declare, Link, Status, Unack};
        if matches!(entry.kind, Ack | Unack | Act | ActEnded | Declare | Link | Status) {
            self.duties = None;
        }
    }
}

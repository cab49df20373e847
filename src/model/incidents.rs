//! Incidents that somebody works on, each folded from the entries that carry its id.

use super::fold::{Corrections, Entity, Folded};
use crate::domain::drill::{is_alert, is_of};
use crate::domain::entry::Entry;
use crate::domain::ids::{AlertId, EntryId, IncidentId, ServiceName};
use crate::domain::incident::Incident;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An incident whose declaration may not have arrived yet.
#[derive(Debug, Clone, Default, PartialEq)]
struct Case(Option<Incident>);

impl Entity for Case {
    fn apply(&mut self, entry: &Entry) {
        match &mut self.0 {
            Some(incident) => incident.apply(entry),
            None => self.0 = Incident::declared(entry),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Incidents(BTreeMap<IncidentId, Folded<Case>>);

impl Incidents {
    pub fn get(&self, id: IncidentId) -> Option<&Incident> {
        self.0.get(&id)?.state().0.as_ref()
    }

    /// All that are loaded, newest first; those of drills too.
    pub fn with_drills(&self) -> impl Iterator<Item = &Incident> {
        self.0.values().rev().filter_map(|folded| folded.state().0.as_ref())
    }

    /// All real ones that are loaded, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Incident> {
        self.with_drills().filter(|incident| incident.drill.is_none())
    }

    /// Those that somebody works on, newest first.
    pub fn open(&self) -> impl Iterator<Item = &Incident> {
        self.iter().filter(|incident| !incident.status.is_over())
    }

    /// What people here work on: what is real before any drill, and of both the newest first.
    pub fn worked_on(&self) -> impl Iterator<Item = &Incident> {
        let drills = self.with_drills().filter(|incident| incident.drill.is_some() && !incident.status.is_over());
        self.open().chain(drills)
    }

    /// The entries that carry the incident's id, in the order of the fold.
    pub fn entries(&self, id: IncidentId) -> &[Arc<Entry>] {
        self.0.get(&id).map_or(&[], Folded::entries)
    }

    /// An entry of any that is loaded.
    pub fn entry(&self, id: EntryId) -> Option<&Arc<Entry>> {
        self.0.values().flat_map(Folded::entries).find(|entry| entry.id == id)
    }

    pub fn declaration(&self, id: IncidentId) -> Option<&Arc<Entry>> {
        self.entries(id).iter().find(|entry| entry.id.0 == id.0)
    }

    pub fn declared_by(&self, id: IncidentId, person: &str) -> bool {
        self.declaration(id).is_some_and(|entry| entry.actor.name == person)
    }

    /// The open incident that an alert or a service belongs to: by the alert itself before its service, and at last by what it took in
    /// of the alert. Of a drill's alert it is the drill, and of nothing else.
    pub fn covering(&self, alert: Option<&AlertId>, service: Option<&ServiceName>) -> Option<IncidentId> {
        if let Some(id) = alert.filter(|id| is_alert(id)) {
            let mut drills = self.with_drills().filter(|incident| incident.drill.as_ref().is_some_and(|drill| is_of(id, drill)));
            return drills.next().map(|incident| incident.id);
        }
        let by_alert = || self.open().find(|incident| alert.is_some_and(|id| incident.alerts.contains(id)));
        let by_service = || self.open().find(|incident| service.is_some_and(|name| incident.services.contains(name)));
        let by_past = || self.open().find(|incident| alert.is_some_and(|id| incident.follows.contains(id)));
        by_alert().or_else(by_service).or_else(by_past).map(|incident| incident.id)
    }

    /// Takes in entries that were read for this purpose, corrections among them.
    pub fn load(&mut self, entries: &[Arc<Entry>]) {
        let mut corrections = Corrections::default();
        for entry in entries {
            corrections.insert(entry);
        }
        for entry in entries {
            self.fold(entry, &corrections);
        }
    }

    pub(super) fn fold(&mut self, entry: &Arc<Entry>, corrections: &Corrections) {
        if let Some(id) = entry.incident {
            self.0.entry(id).or_default().insert(entry.clone(), corrections);
        }
    }

    /// An entry was corrected: whoever holds it is made anew.
    pub(super) fn corrected(&mut self, original: EntryId, corrections: &Corrections) {
        for folded in self.0.values_mut().filter(|folded| folded.holds(original)) {
            folded.rebuild(corrections);
        }
    }
}

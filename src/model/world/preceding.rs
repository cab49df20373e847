//! What came before an incident: the last hour of its alerts, of its services and of what those depend on becomes part of it by one entry.
//! The journal is asked for it, for a storm leaves of an hour only minutes in memory. Whose service suffers along is affected, too.

use super::World;
use crate::domain::entry::{Entry, Kind};
use crate::domain::health::FeedState;
use crate::domain::ids::{AlertId, EntryId, IncidentId, ServiceName};
use crate::domain::incident::Incident;
use crate::model::Effect;
use crate::model::fold::Corrections;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How far back an incident that opens looks for what belongs to it.
pub(super) const BEFORE: chrono::Duration = chrono::Duration::hours(1);

/// So many entries are asked for at most: of a storm in its own services those that came first.
pub const MOST: usize = 2_000;

impl World {
    /// An incident was declared here: its past is looked up.
    pub(super) fn look_back(&mut self, declared: &Arc<Entry>) -> Vec<Effect> {
        let id = IncidentId(declared.id.0);
        let Some(incident) = self.incidents.get(id) else { return Vec::new() };
        let (alerts, services) = (incident.alerts.clone(), self.with_dependencies(&incident.services));
        if alerts.is_empty() && services.is_empty() {
            return Vec::new();
        }
        let since = since(incident);
        self.looking_back.insert(id);
        vec![Effect::LookBack { incident: id, since, alerts, services }]
    }

    /// The journal has answered. Where it can't be read, what is in memory has to do.
    pub(super) fn looked_back(&mut self, id: IncidentId, found: Result<Vec<Arc<Entry>>, String>) -> Vec<Effect> {
        self.looking_back.remove(&id);
        let Some(incident) = self.incidents.get(id).cloned() else { return Vec::new() };
        let services = self.with_dependencies(&incident.services);
        let mut corrections = Corrections::default();
        let found = match found {
            Ok(found) => {
                found.iter().for_each(|entry| _ = corrections.insert(entry));
                found.iter().filter(|entry| entry.corrects.is_none()).for_each(|entry| self.log.insert(entry));
                found
            }
            Err(_) => {
                corrections.clone_from(&self.corrections);
                self.log.of_incidents().cloned().collect()
            }
        };
        let belongs = |entry: &Entry| {
            entry.id.0 != id.0
                && entry.drill.is_none()
                && entry.at >= since(&incident)
                && entry.incident.is_none()
                && (before_kind(&entry.kind) || diagnosed(entry))
                && touches(entry, &incident.alerts, &services)
        };
        let entries: Vec<EntryId> =
            found.iter().map(|entry| corrections.applied(entry)).filter(|entry| belongs(entry)).map(|entry| entry.id).collect();
        if entries.is_empty() {
            return Vec::new();
        }
        let more = if entries.len() >= MOST { ", and left out more" } else { "" };
        let text = format!("took in {} earlier entries of the last hour{more}", entries.len());
        let mut draft = self.context().seen("incident", Kind::Link, text).with("entries", entries);
        draft.incident = Some(id);
        self.record(vec![draft])
    }

    /// Services and everything that they depend on.
    pub(super) fn with_dependencies(&self, services: &BTreeSet<ServiceName>) -> BTreeSet<ServiceName> {
        let mut all = services.clone();
        let mut left: Vec<ServiceName> = services.iter().cloned().collect();
        while let Some(name) = left.pop() {
            let known = self.settings.services.named(name.as_str());
            let new = known.into_iter().flat_map(|service| &service.depends_on).filter(|name| all.insert((*name).clone()));
            left.extend(new.cloned());
        }
        all
    }

    /// What needs these services itself and is not well either, in the order of the configuration, unless somebody has said that it is
    /// for another reason. Who suffers by way of others is left to whoever declares: else half the company is affected by everything.
    pub(super) fn suffering_from(&self, services: &[ServiceName]) -> Vec<ServiceName> {
        let due_to = |name: &ServiceName| {
            let map = &self.settings.services;
            let needs = map.named(name.as_str()).map(|service| service.depends_on.as_slice()).unwrap_or_default();
            needs.iter().any(|needed| services.contains(needed) && !self.suspicions.is_denied(name, needed))
        };
        let fires = |name: &ServiceName| self.alerts.worst_in(name).is_some();
        let fails = |name: &ServiceName| matches!(self.health.service(name), Some(FeedState::Failing | FeedState::Degraded));
        let all = self.settings.services.iter().map(|service| &service.name);
        all.filter(|name| !services.contains(name) && due_to(name) && (fires(name) || fails(name))).cloned().collect()
    }
}

fn since(incident: &Incident) -> DateTime<Utc> {
    incident.opened_at - BEFORE
}

fn before_kind(kind: &Kind) -> bool {
    use Kind::{Ack, Act, ActEnded, AlertFired, AlertResolved, Change, FeedChanged, Note, Unack};
    matches!(kind, AlertFired | AlertResolved | FeedChanged | Change | Ack | Unack | Act | ActEnded | Note)
}

/// What a check has seen by itself: the evidence was there before the incident had a name.
fn diagnosed(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::StepEnded | Kind::Run) && entry.data_of("diagnosis").unwrap_or(false)
}

fn touches(entry: &Entry, alerts: &BTreeSet<AlertId>, services: &BTreeSet<ServiceName>) -> bool {
    entry.alert.as_ref().is_some_and(|id| alerts.contains(id))
        || entry.service.as_ref().is_some_and(|name| services.contains(name))
}

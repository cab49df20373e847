//! What came before an incident: the hour before it of its alerts, of its services and of what those with alerts depend on becomes part
//! of it by one entry, and where it is declared later what has happened since, for a day.
//! The journal is asked for it, for a storm leaves of an hour only minutes in memory. Whose service suffers along is affected, too.

use super::World;
use crate::domain::alert::Severity;
use crate::domain::entry::{Entry, Kind};
use crate::domain::health::FeedState;
use crate::domain::ids::{AlertId, EntryId, IncidentId, ServiceName};
use crate::domain::incident::Incident;
use crate::model::Effect;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How far back an incident that opens looks for what belongs to it.
pub(super) const BEFORE: chrono::Duration = chrono::Duration::hours(1);

/// From there on so much is looked at: an incident that began days ago does not hold the journal up for all that has happened since.
pub const LOOKED_AT: chrono::Duration = chrono::Duration::hours(25);

/// More entries than this are not taken in: of a storm in its own services those that came first. One more is asked for, which tells that
/// there are more.
pub const MOST: usize = 2_000;

impl World {
    /// An incident was declared here: its past is looked up.
    pub(super) fn look_back(&mut self, declared: &Arc<Entry>) -> Vec<Effect> {
        let id = IncidentId(declared.id.0);
        let Some(incident) = self.incidents.get(id) else { return Vec::new() };
        let (alerts, services) = (incident.alerts.clone(), self.reach(incident));
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
        let services = self.reach(&incident);
        let found: Vec<Arc<Entry>> = match found {
            Ok(found) => {
                // What is shown from now on is shown as it was corrected.
                let (corrections, found): (Vec<_>, Vec<_>) = found.into_iter().partition(|entry| entry.corrects.is_some());
                corrections.iter().for_each(|entry| _ = self.corrections.insert(entry));
                found.iter().for_each(|entry| self.log.insert(entry));
                found
            }
            Err(_) => self.log.of_incidents().cloned().collect(),
        };
        let belongs = |entry: &Entry| {
            entry.id.0 != id.0
                && entry.drill.is_none()
                && (since(&incident)..since(&incident) + LOOKED_AT).contains(&entry.at)
                && entry.incident.is_none()
                && (Kind::PRECEDING.contains(&entry.kind) || diagnosed(entry))
                && touches(entry, &incident.alerts, &services)
        };
        let taken: Vec<&Arc<Entry>> = found.iter().filter(|entry| belongs(&self.corrections.applied(entry))).collect();
        if taken.is_empty() {
            return Vec::new();
        }
        taken.iter().for_each(|entry| self.log.take_in(entry));
        let entries: Vec<EntryId> = taken.iter().map(|entry| entry.id).collect();
        let more = if found.len() > MOST { ", and left out more" } else { "" };
        let when = match self.now.wall - incident.opened_at {
            ago if ago < chrono::Duration::minutes(1) => "earlier entries of the last hour",
            ago if ago < LOOKED_AT - BEFORE => "entries of the hour before it and since",
            _ => "entries of the hour before it and the day after",
        };
        let text = format!("took in {} {when}{more}", entries.len());
        let mut draft = self.context().seen("incident", Kind::Link, text).with("entries", entries);
        draft.incident = Some(id);
        self.record(vec![draft])
    }

    /// Of what services its past is looked up: whoever only suffers with it has other needs, which say nothing of it.
    fn reach(&self, incident: &Incident) -> BTreeSet<ServiceName> {
        let ill = incident.alerts.iter().filter_map(|id| self.alerts.get(id)?.service.clone()).collect();
        self.with_dependencies(&ill).into_iter().chain(incident.services.iter().cloned()).collect()
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
        let fires = |name: &ServiceName| self.alerts.worst_in(name).is_some_and(|(severity, _)| severity > Severity::Info);
        let fails = |name: &ServiceName| matches!(self.health.service(name), Some(FeedState::Failing | FeedState::Degraded));
        let all = self.settings.services.iter().map(|service| &service.name);
        all.filter(|name| !services.contains(name) && due_to(name) && (fires(name) || fails(name))).cloned().collect()
    }
}

fn since(incident: &Incident) -> DateTime<Utc> {
    incident.opened_at - BEFORE
}

/// What a check has seen by itself: the evidence was there before the incident had a name.
fn diagnosed(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::StepEnded | Kind::Run) && entry.data_of("diagnosis").unwrap_or(false)
}

fn touches(entry: &Entry, alerts: &BTreeSet<AlertId>, services: &BTreeSet<ServiceName>) -> bool {
    entry.alert.as_ref().is_some_and(|id| alerts.contains(id))
        || entry.service.as_ref().is_some_and(|name| services.contains(name))
}

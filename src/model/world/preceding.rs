//! What came before an incident: the hour before it of its alerts, of its services and of what those with alerts depend on becomes part
//! of it by one entry, and where it is declared later what has happened since, for a day.
//! The journal is asked for it, for a storm leaves of an hour only minutes in memory. Whose service suffers along is affected, too.
//! Invariant: of one incident there is one such entry, whoever looked and when: what was recorded after the declaration is no part of it.
//! Where whoever declared it died before that, the watcher looks.

use super::World;
use super::watch::to_chrono;
use crate::domain::alert::Severity;
use crate::domain::entry::{Entry, Kind, SIGHTS, STORMS, UNWATCHED};
use crate::domain::health::FeedState;
use crate::domain::ids::{AlertId, EntryId, IncidentId, ServiceName};
use crate::domain::incident::{Incident, Past, past_of};
use crate::model::Effect;
use crate::model::outbox::IN_HANDS;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How far back an incident that opens looks for what belongs to it.
pub(super) const BEFORE: chrono::Duration = chrono::Duration::hours(1);

/// From there on so much is looked at: an incident that began days ago does not hold the journal up for all that has happened since.
pub const LOOKED_AT: chrono::Duration = chrono::Duration::hours(25);

/// More entries than this are not taken in: of a storm in its own services those that came last. How many more there were is told.
pub const MOST: usize = 2_000;

impl World {
    /// An incident was declared here: its past is looked up.
    pub(super) fn look_back(&mut self, id: IncidentId) -> Vec<Effect> {
        let Some(incident) = self.incidents.get(id) else { return Vec::new() };
        let Some(services) = incident.reach.clone() else { return Vec::new() };
        let (alerts, since) = (incident.alerts.clone(), since(incident));
        self.looking_back.insert(id);
        vec![Effect::LookBack { incident: id, since, alerts, services }]
    }

    /// Whoever declared them may have died before their past was a part of them, and when nobody has that in hand any more.
    fn left_without_past(&self) -> impl Iterator<Item = (IncidentId, DateTime<Utc>)> {
        let known = |id| self.looking_back.contains(&id) || self.looked_back.contains(&id);
        let left = self.incidents.open().filter(move |it| it.reach.is_some() && !it.took_in && !known(it.id));
        left.filter_map(|it| Some((it.id, self.incidents.declaration(it.id)?.recorded_at + to_chrono(IN_HANDS))))
    }

    pub(super) fn look_back_next(&self) -> Option<DateTime<Utc>> {
        self.left_without_past().map(|(_, at)| at).min()
    }

    pub(super) fn look_back_late(&mut self) -> Vec<Effect> {
        let now = self.now.wall;
        let late: Vec<IncidentId> = self.left_without_past().filter(|(_, at)| *at <= now).map(|(id, _)| id).collect();
        late.into_iter().flat_map(|id| self.look_back(id)).collect()
    }

    /// The journal has answered. Where it can't be read, what is in memory has to do.
    pub(super) fn looked_back(&mut self, id: IncidentId, found: Result<Past, String>) -> Vec<Effect> {
        self.looking_back.remove(&id);
        self.looked_back.insert(id);
        self.duties = None;
        let Some(incident) = self.incidents.get(id).cloned() else { return Vec::new() };
        let Some(declared) = self.incidents.declaration(id).cloned() else { return Vec::new() };
        let services = incident.reach.clone().unwrap_or_default();
        let left_out = found.as_ref().ok().and_then(|found| found.left_out);
        let found: Vec<Arc<Entry>> = match found {
            Ok(Past { entries: found, .. }) => {
                // What is shown from now on is shown as it was corrected.
                let (corrections, found): (Vec<_>, Vec<_>) = found.into_iter().partition(|entry| entry.corrects.is_some());
                corrections.iter().for_each(|entry| _ = self.corrections.insert(entry));
                found.iter().for_each(|entry| self.log.insert(entry));
                found
            }
            Err(_) => self.log.of_incidents().cloned().collect(),
        };
        let belongs = |entry: &Entry| {
            entry.order() < declared.order()
                && entry.drill.is_none()
                && (since(&incident)..since(&incident) + LOOKED_AT).contains(&entry.at)
                && entry.incident.is_none()
                && ((Kind::PRECEDING.contains(&entry.kind) || diagnosed(entry)) && touches(entry, &incident.alerts, &services)
                    || sighted(entry, &incident.alerts))
        };
        let taken: Vec<&Arc<Entry>> = found.iter().filter(|entry| belongs(&self.corrections.applied(entry))).collect();
        if taken.is_empty() {
            return Vec::new();
        }
        taken.iter().for_each(|entry| self.log.take_in(entry));
        let entries: Vec<EntryId> = taken.iter().map(|entry| entry.id).collect();
        // What it took in of others has to end in it, too.
        let own = |entry: &Entry| entry.service.as_ref().is_some_and(|service| incident.services.contains(service));
        let follows: BTreeSet<&AlertId> =
            taken.iter().filter(|entry| !own(entry)).filter_map(|entry| entry.alert.as_ref()).collect();
        let follows: Vec<AlertId> = follows.into_iter().filter(|id| !incident.alerts.contains(id)).cloned().collect();
        let more = left_out.map(|left_out| format!(", and left out {left_out}")).unwrap_or_default();
        let (lately, since_then) = (chrono::Duration::minutes(1), declared.recorded_at - incident.opened_at);
        let when = match self.now.wall - incident.opened_at {
            ago if ago < lately => "earlier entries of the last hour",
            _ if since_then < lately => "entries of the hour before it",
            _ if since_then < LOOKED_AT - BEFORE => "entries of the hour before it and since",
            _ => "entries of the hour before it and the day after",
        };
        let text = format!("took in {} {when}{more}", entries.len());
        let draft = self.context().seen("incident", Kind::Link, text).with("entries", entries);
        let draft = if follows.is_empty() { draft } else { draft.with("follows", follows) };
        let mut draft = left_out.map_or(draft.clone(), |left_out| draft.with("left_out", left_out));
        (draft.incident, draft.key) = (Some(id), Some(past_of(id)));
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
        let fires = |name: &ServiceName| self.alerts.worst_in(name).is_some_and(|(severity, _)| severity > Severity::Info);
        let fails = |name: &ServiceName| matches!(self.health.service(name), Some(FeedState::Failing | FeedState::Degraded));
        let all = self.settings.services.iter().map(|service| &service.name);
        all.filter(|name| !services.contains(name) && due_to(name) && (fires(name) || fails(name))).cloned().collect()
    }
}

fn since(incident: &Incident) -> DateTime<Utc> {
    incident.opened_at - BEFORE
}

/// That a source of these alerts could not be seen, that nobody watched, and that there was a storm.
fn sighted(entry: &Entry, alerts: &BTreeSet<AlertId>) -> bool {
    let event = entry.text_of("event").filter(|_| entry.kind == Kind::Console).unwrap_or_default();
    let source = entry.text_of("source").filter(|_| SIGHTS.contains(&event));
    STORMS.contains(&event)
        || event == UNWATCHED
        || source.is_some_and(|name| alerts.iter().any(|alert| alert.source.as_str() == name))
}

/// What a check has seen by itself: the evidence was there before the incident had a name.
fn diagnosed(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::StepEnded | Kind::Run) && entry.data_of("diagnosis").unwrap_or(false)
}

fn touches(entry: &Entry, alerts: &BTreeSet<AlertId>, services: &BTreeSet<ServiceName>) -> bool {
    entry.alert.as_ref().is_some_and(|id| alerts.contains(id))
        || entry.service.as_ref().is_some_and(|name| services.contains(name))
}

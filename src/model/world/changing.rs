//! Changes that people and programs tell of: recorded once each, and part of the incident in whose time they fall.

use super::World;
use super::commands::Refusal;
use super::preceding::BEFORE;
use crate::domain::change::{Change, Told};
use crate::domain::entry::{AtSource, Draft, Kind};
use crate::domain::ids::{FeedName, IncidentId, ServiceName, SourceName};
use crate::domain::text::inert;
use crate::model::Effect;
use chrono::{DateTime, Utc};

/// The longest description of a change, in characters.
const LONGEST: usize = 1_024;

impl World {
    pub(super) fn change(&mut self, told: &Told) -> Result<Vec<Draft>, Refusal> {
        match told.words.raw().trim().chars().count() {
            0 => return Err("a change needs a word on what was changed".into()),
            long if long > LONGEST => return Err(format!("a change may have at most {LONGEST} characters; this one has {long}")),
            _ => {}
        }
        if let Some(service) = &told.service {
            self.known_service(service)?;
        }
        let draft = self.context().by_me(Kind::Change, "");
        let mut draft = self.change_draft(told, draft, "said");
        if told.at != self.now.wall {
            draft.at_source = AtSource::Operator;
        }
        Ok(vec![draft])
    }

    /// Changes between two times of a service and of what it depends on, and those that may touch everything; the newest first.
    pub fn changes_for<'a>(
        &'a self,
        service: &ServiceName,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> impl Iterator<Item = &'a Change> + use<'a> {
        let services = self.with_dependencies(&[service.clone()].into());
        let touches = move |change: &&Change| change.service.as_ref().is_none_or(|name| services.contains(name));
        self.changes.between(since, until).filter(touches)
    }

    pub(super) fn known_service(&self, name: &ServiceName) -> Result<(), Refusal> {
        let services = &self.settings.services;
        if services.iter().any(|service| service.name == *name) {
            return Ok(());
        }
        let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
        let there =
            if names.is_empty() { "the configuration has none".into() } else { format!("there are {}", names.join(", ")) };
        Err(format!("no service is named `{}`; {there}", inert(name.as_str())))
    }

    /// Records what a feed tells of for the first time; it tells the newest first.
    pub(super) fn note_changes(&mut self, feed: &FeedName, told: Vec<Told>) -> Vec<Effect> {
        if !self.watching {
            return Vec::new();
        }
        let service = self.health.get(feed).and_then(|feed| feed.spec.service.clone());
        let of_feed = |told: Told| Told { service: told.service.or_else(|| service.clone()), ..told };
        self.record_told(feed.as_str(), told.into_iter().rev().map(of_feed).collect())
    }

    /// Whoever was told records it, watcher or not: nobody else has heard it.
    pub(super) fn changes_told(&mut self, source: &SourceName, told: Vec<Told>) -> Vec<Effect> {
        self.record_told(source.as_str(), told)
    }

    /// What the journal is being asked to hold is not asked for again: the key would make one of both, but only
    /// after as many questions as polls.
    fn record_told(&mut self, origin: &str, told: Vec<Told>) -> Vec<Effect> {
        let drafts: Vec<Draft> = told.iter().map(|told| self.told_draft(origin, told)).collect();
        let new = |draft: &Draft| draft.key.as_ref().is_none_or(|key| !self.changes.knows(key) && !self.telling.contains(key));
        let drafts: Vec<Draft> = drafts.into_iter().filter(new).collect();
        self.telling.extend(drafts.iter().filter_map(|draft| draft.key.clone()));
        self.record(drafts)
    }

    fn told_draft(&mut self, origin: &str, told: &Told) -> Draft {
        // A service that the catalogue doesn't have is nobody's.
        let service = told.service.clone().filter(|service| self.known_service(service).is_ok());
        // A clock that is ahead changes nothing in the future.
        let told = Told { service, at: told.at.min(self.now.wall), ..told.clone() };
        let draft = self.context().seen("changes", Kind::Change, "");
        let mut draft = self.change_draft(&told, draft, origin);
        draft.at_source = AtSource::Provider;
        draft
    }

    /// `origin` tells changes of one name apart that have nothing to do with each other.
    fn change_draft(&self, told: &Told, draft: Draft, origin: &str) -> Draft {
        let mut draft = told.onto(draft);
        draft.key = told.id.as_ref().map(|id| format!("change/{origin}/{}", id.raw()));
        draft.incident = told.service.as_ref().and_then(|service| self.incident_around(service, told.at));
        draft
    }

    /// The open incident that a change of a service belongs to: it is about the service or about one that depends on it, and began
    /// at most an hour after the change.
    fn incident_around(&self, service: &ServiceName, at: DateTime<Utc>) -> Option<IncidentId> {
        let mut open = self.incidents.open().filter(|incident| at >= incident.opened_at - BEFORE);
        open.find(|incident| self.with_dependencies(&incident.services).contains(service)).map(|incident| incident.id)
    }
}

//! Changes that people and programs tell of: recorded once each, and part of the incident in whose time they fall.

use super::World;
use super::commands::Refusal;
use super::recorded::BEFORE;
use crate::domain::change::Told;
use crate::domain::entry::{AtSource, Draft, Kind};
use crate::domain::ids::{IncidentId, ServiceName};
use crate::domain::text::inert;
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

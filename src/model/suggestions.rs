//! Which playbooks are suggested for what is looked at, best first, and for which alert each of them is: a run takes its
//! parameters from that one, whatever else is under the cursor.

use super::World;
use super::alerts::Tracked;
use crate::domain::ids::AlertId;
use crate::domain::incident::Incident;
use crate::domain::playbook::{Fit, Playbook, matching};
use std::sync::Arc;

/// Playbooks that are suggested at most.
pub const SUGGESTED: usize = 3;

/// Of a storm's incident so many alerts are looked at: those that fired first are nearest to the cause.
const LOOKED_AT: usize = 50;

#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    pub book: Arc<Playbook>,
    pub fit: Fit,
    /// The alert that it fits; none where it is for a service of the incident.
    pub alert: Option<AlertId>,
    /// It fits the incident, not the alert that is selected.
    pub of_incident: bool,
}

impl World {
    /// What fits the selected alert, and then what fits the incident besides.
    pub fn suggestions(&self, alert: Option<&AlertId>, incident: Option<&Incident>) -> Vec<Suggestion> {
        let mut all = alert.and_then(|id| self.alerts.get(id)).map(|tracked| self.fitting(tracked)).unwrap_or_default();
        let more = incident.map(|incident| self.fitting_incident(incident)).unwrap_or_default();
        for suggestion in more {
            if !all.iter().any(|known| known.book.id == suggestion.book.id) {
                all.push(suggestion);
            }
        }
        all
    }

    fn fitting(&self, tracked: &Tracked) -> Vec<Suggestion> {
        let alert = &tracked.alert;
        let found = matching(self.runs.playbooks(), &alert.labels, &alert.annotations, tracked.service.as_ref());
        let suggestion = |(book, fit): (&Arc<Playbook>, Fit)| Suggestion {
            book: Arc::clone(book),
            fit,
            alert: Some(alert.id.clone()),
            of_incident: false,
        };
        let mut all: Vec<Suggestion> = found.into_iter().map(suggestion).collect();
        let service = tracked.service.as_ref().and_then(|name| self.settings.services.named(name.as_str()));
        for book in service.into_iter().flat_map(|service| &service.playbooks).filter_map(|id| self.runs.playbook(id)) {
            if !all.iter().any(|known| known.book.id == book.id) {
                all.push(suggestion((book, Fit::Service)));
            }
        }
        all
    }

    fn fitting_incident(&self, incident: &Incident) -> Vec<Suggestion> {
        let mut alerts: Vec<&Tracked> = incident.alerts.iter().filter_map(|id| self.alerts.get(id)).collect();
        alerts.sort_by_key(|tracked| (tracked.resolved_at.is_some(), tracked.episode));
        let of_alerts = alerts.into_iter().take(LOOKED_AT).flat_map(|tracked| self.fitting(tracked));
        let serves = |book: &&Arc<Playbook>| {
            incident.services.iter().any(|name| book.meta.services.iter().any(|own| own == name.as_str()))
        };
        let of_services = self.runs.playbooks().iter().filter(serves);
        let of_services =
            of_services.map(|book| Suggestion { book: Arc::clone(book), fit: Fit::Service, alert: None, of_incident: true });
        let mut found: Vec<Suggestion> = Vec::new();
        for suggestion in of_alerts.chain(of_services) {
            let suggestion = Suggestion { of_incident: true, ..suggestion };
            match found.iter_mut().find(|known| known.book.id == suggestion.book.id) {
                Some(known) if suggestion.fit < known.fit => *known = suggestion,
                Some(_) => {}
                None => found.push(suggestion),
            }
        }
        found.sort_by(|a, b| a.fit.cmp(&b.fit).then_with(|| a.book.id.cmp(&b.book.id)));
        found
    }
}

//! Which service is why another one's alerts fire, as far as the catalogue of services and the alerts that fire tell. A guess
//! that is told with its reason, and that hides nothing for longer than it holds.
//!
//! Invariants: a cause is an alert that fires now and that nothing keeps quiet, at least as bad as the symptom; what has
//! resolved is neither cause nor symptom. So a critical alert is never put down to a warning, a resolution is always shown,
//! and with the cause its symptoms come back by themselves.

use super::World;
use super::alerts::{State, Tracked};
use crate::domain::alert::Severity;
use crate::domain::ids::ServiceName;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const SEVERITIES: [Severity; 4] = [Severity::Info, Severity::Unknown, Severity::Warning, Severity::Critical];

/// Of each service that has one, by severity: the nearest service of those that it depends on in which something as bad fires.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Causes(BTreeMap<ServiceName, [Option<ServiceName>; 4]>);

impl Causes {
    /// The service that is why this alert fires.
    pub fn of(&self, tracked: &Tracked) -> Option<&ServiceName> {
        let service = tracked.service.as_ref().filter(|_| OPEN.contains(&tracked.state))?;
        self.by(service, tracked.severity)
    }

    /// The service that is why alerts of this severity fire in that service.
    pub fn by(&self, service: &ServiceName, severity: Severity) -> Option<&ServiceName> {
        self.0.get(service)?[severity as usize].as_ref()
    }

    /// Those of them that explain what others explain too.
    #[must_use]
    pub fn shared_with(&self, others: &Self) -> Self {
        let both = |(name, found): (&ServiceName, &[Option<ServiceName>; 4])| {
            let found = SEVERITIES.map(|severity| others.by(name, severity).and(found[severity as usize].clone()));
            found.iter().any(Option::is_some).then(|| (name.clone(), found))
        };
        Self(self.0.iter().filter_map(both).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What needs somebody, or has somebody: what a system keeps quiet is no symptom of anything.
pub const OPEN: [State; 3] = [State::Firing, State::Pending, State::Acknowledged];
const BAD: [State; 2] = [State::Firing, State::Acknowledged];

/// Why an alert fires, as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Why<'a> {
    /// From the alert's own service to the one that is the cause.
    pub path: Vec<ServiceName>,
    /// What needs somebody most of what fires there.
    pub first: &'a Tracked,
    /// How many alerts fire there.
    pub count: usize,
}

impl World {
    pub fn causes(&self) -> Causes {
        let of = |name: &ServiceName| {
            let counts = self.alerts.counts_of(name);
            let symptoms = |severity: &Severity| OPEN.iter().any(|state| counts[*state as usize][*severity as usize] > 0);
            let found =
                SEVERITIES.map(|severity| Some(severity).filter(symptoms).and_then(|severity| self.path(name, severity)?.pop()));
            found.iter().any(Option::is_some).then(|| (name.clone(), found))
        };
        let dependent = self.settings.services.iter().filter(|service| !service.depends_on.is_empty());
        Causes(dependent.filter_map(|service| of(&service.name)).collect())
    }

    /// Why an alert fires; `None` where nothing that its service depends on explains it.
    pub fn why(&self, tracked: &Tracked) -> Option<Why<'_>> {
        let service = tracked.service.as_ref().filter(|_| OPEN.contains(&tracked.state))?;
        let path = self.path(service, tracked.severity)?;
        let cause = path.last()?;
        let fires = |tracked: &&Tracked| tracked.service.as_ref() == Some(cause) && BAD.contains(&tracked.state);
        let first = self.alerts.queue().find(fires)?;
        let counts = self.alerts.counts_of(cause);
        let count = BAD.iter().flat_map(|state| counts[*state as usize]).sum();
        Some(Why { first, count, path })
    }

    /// The way to the nearest service in which something at least as bad fires.
    fn path(&self, from: &ServiceName, severity: Severity) -> Option<Vec<ServiceName>> {
        let mut known = BTreeSet::from([from]);
        let mut next = VecDeque::from([vec![from]]);
        while let Some(path) = next.pop_front() {
            let Some(service) = path.last().and_then(|name| self.settings.services.named(name.as_str())) else {
                continue;
            };
            if service.name != *from && self.worst_of(&service.name) >= Some(severity) {
                return Some(path.into_iter().cloned().collect());
            }
            for name in service.depends_on.iter().filter(|name| known.insert(name)) {
                next.push_back(path.iter().copied().chain([name]).collect());
            }
        }
        None
    }

    /// The worst that fires in a service.
    fn worst_of(&self, service: &ServiceName) -> Option<Severity> {
        let counts = self.alerts.counts_of(service);
        let fires = |severity: &Severity| BAD.iter().any(|state| counts[*state as usize][*severity as usize] > 0);
        SEVERITIES.into_iter().rev().find(fires)
    }
}

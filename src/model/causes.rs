//! Which service is why another one's alerts fire: the nearest of those that it needs that is as bad, by its alerts or its feeds. A
//! guess that is told with its reason, and that hides nothing for longer than it holds. What began it all is the matter of
//! `suspicions`, by more evidence than the map.
//!
//! Invariants: a cause fires now, and nothing keeps it quiet, or is measured now; it is at least as bad as the symptom; what has
//! resolved is neither cause nor symptom. So a critical alert is never put down to a warning, a resolution is always shown,
//! and with the cause its symptoms come back by themselves.

pub mod evidence;
pub mod judge;
mod reach;
pub(super) mod signs;
mod weigh;

pub use evidence::{Cause, Suspicion};
pub use weigh::BACK;

use super::World;
use super::alerts::{State, Tracked};
use crate::domain::alert::Severity;
use crate::domain::health::FeedState;
use crate::domain::ids::ServiceName;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

const SEVERITIES: [Severity; 4] = [Severity::Info, Severity::Unknown, Severity::Warning, Severity::Critical];

/// Of each service that has one, by severity: the nearest service of those that it depends on in which something as bad fires.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Causes(BTreeMap<ServiceName, [Option<ServiceName>; 4]>);

impl Causes {
    /// The service that is why this alert fires.
    pub fn of(&self, tracked: &Tracked) -> Option<&ServiceName> {
        let service = tracked.service.as_ref().filter(|_| OPEN.contains(&tracked.state) && !tracked.is_drill())?;
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
/// What fires.
pub const BAD: [State; 2] = [State::Firing, State::Acknowledged];

/// Why an alert fires, as it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Why<'a> {
    /// From the alert's own service to the one that is the cause.
    pub path: Vec<ServiceName>,
    /// The worst of what fires there, the oldest of that; none where a feed alone says that it is bad.
    pub first: Option<&'a Tracked>,
    /// How many problems fire there.
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
        let first = Severity::ALL.iter().find_map(|severity| self.alerts.firing_in(cause, *severity).next());
        let counts = self.alerts.problems_of(cause);
        let count = BAD.iter().flat_map(|state| counts[*state as usize]).sum();
        Some(Why { first, count, path })
    }

    /// The way to the nearest service that is at least as bad, unless somebody has said that this is not why.
    fn path(&self, from: &ServiceName, severity: Severity) -> Option<Vec<ServiceName>> {
        let map = &self.settings.services;
        let start = map.place(from.as_str())?;
        // That a feed is bad is reason enough where more speaks for it than the map.
        let measured = self.suspicions().of(from).is_some();
        let mut came: BTreeMap<usize, usize> = BTreeMap::from([(start, start)]);
        let mut next = VecDeque::from([start]);
        while let Some(at) = next.pop_front() {
            let name = &map[at].name;
            if at != start && self.is_as_bad(name, severity, measured) && !self.suspicions().is_denied(from, name) {
                let way = std::iter::successors(Some(at), |at| Some(came[at]).filter(|before| before != at));
                let mut path: Vec<ServiceName> = way.map(|at| map[at].name.clone()).collect();
                path.reverse();
                return Some(path);
            }
            for below in map.needs(at) {
                if let Entry::Vacant(entry) = came.entry(*below) {
                    entry.insert(at);
                    next.push_back(*below);
                }
            }
        }
        None
    }

    /// By its alerts, or by its feeds where those count.
    fn is_as_bad(&self, service: &ServiceName, severity: Severity, measured: bool) -> bool {
        let fires = self.alerts.worst_in(service).is_some_and(|(worst, _)| worst >= severity);
        let fails = || match self.health.service(service) {
            Some(FeedState::Failing) => true,
            Some(FeedState::Degraded) => severity <= Severity::Warning,
            _ => false,
        };
        fires || measured && fails()
    }
}

//! What whoever shows a long queue asks of it: what has changed, where an alert stands, and which of them are one problem.

use super::queue::Counts;
use super::{Alerts, Rank, SourceHealth, State, Tracked};
use crate::domain::alert::Severity;
use crate::domain::ids::{AlertId, ServiceName, SourceName};
use chrono::{DateTime, Utc};

/// How many problems fire in a service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bad {
    /// Critical ones that nobody has.
    pub critical: usize,
    /// The others that nobody has.
    pub others: usize,
    /// Those that somebody has.
    pub acknowledged: usize,
    /// Those that are taken for over though nobody has said that they are.
    pub untold: usize,
    /// None of the sources that tell of what fires answers: it was so when they did.
    pub stale: bool,
}

impl Bad {
    /// Nothing fires as far as is known, and nobody knows whether that is so.
    pub fn is_only_untold(self) -> bool {
        self.untold > 0 && self.firing() + self.acknowledged == 0
    }

    /// That nobody has.
    pub fn firing(self) -> usize {
        self.critical + self.others
    }

    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl Alerts {
    /// How many changes there have been: whoever remembers it can ask for those after it.
    pub fn change_count(&self) -> u64 {
        self.queue.changes().count()
    }

    /// What has changed, come or gone after the first `seen` changes; `None` where that is not known any more.
    pub fn changes_since(&self, seen: u64) -> Option<impl Iterator<Item = &AlertId>> {
        self.queue.changes().since(seen)
    }

    /// Where an alert stands in the queue.
    pub fn rank(&self, id: &AlertId) -> Option<Rank> {
        self.queue.rank(id)
    }

    /// All alerts in the order of the queue, each with its place.
    pub fn ranked(&self) -> impl Iterator<Item = (Rank, &Tracked)> {
        self.queue.ranked()
    }

    /// Every name, and how many alerts have it, in whatever state.
    pub fn names(&self) -> impl Iterator<Item = (&str, usize)> {
        self.queue.names()
    }

    /// How many alerts have this name, in whatever state.
    pub fn of_name(&self, name: &str) -> usize {
        self.queue.of_name(name)
    }

    /// The label that tells it from another alert of its name that is about the same.
    pub fn apart<'a>(&self, tracked: &'a Tracked) -> Option<(&'a str, &'a str)> {
        tracked.alert.unlike(&self.queue.sibling(tracked)?.alert)
    }

    /// How many alerts are of a severity, in whatever state.
    pub fn of_severity(&self, severity: Severity) -> usize {
        State::ALL.into_iter().map(|state| self.queue.counts(state)[severity as usize]).sum()
    }

    /// How many alerts a service has, by state and severity.
    pub fn counts_of(&self, service: &ServiceName) -> Counts {
        self.queue.counts_of(service)
    }

    /// How many alerts are in this state, each for itself.
    pub fn each(&self, state: State) -> usize {
        self.queue.counts(state).iter().sum()
    }

    /// How many problems a service has, by state and severity: what several sources tell of is one.
    pub fn problems_of(&self, service: &ServiceName) -> Counts {
        self.queue.problems_of(service)
    }

    /// What fires in a service that somebody has to look at, or looks at: feeds that are well say nothing for it meanwhile. What does
    /// not say how bad it is somebody has to look at, too.
    pub fn bad_in(&self, service: &ServiceName) -> Bad {
        let counts = self.problems_of(service);
        let of = |state: State, severities: &[Severity]| severities.iter().map(|one| counts[state as usize][*one as usize]).sum();
        let silent = |name: &SourceName| self.source(name).is_none_or(|source| source.health != SourceHealth::Fresh);
        let mut tellers = self.queue.tellers_of(service).peekable();
        let others = [Severity::Warning, Severity::Unknown];
        Bad {
            critical: of(State::Firing, &[Severity::Critical]),
            others: of(State::Firing, &others),
            acknowledged: of(State::Acknowledged, &[Severity::Critical]) + of(State::Acknowledged, &others),
            untold: self.queue.untold_of(service) + self.left.untold.of(service),
            stale: tellers.peek().is_some() && tellers.all(silent),
        }
    }

    /// Changes whenever in a service the first alert of a severity begins to fire, or the last one ends.
    pub fn stirred(&self) -> u64 {
        self.queue.stirred()
    }

    /// The services in which something fires, by name.
    pub fn in_trouble(&self) -> impl Iterator<Item = &ServiceName> {
        self.queue.in_trouble()
    }

    /// What of a severity fires in a service, the oldest first.
    pub fn firing_in(&self, service: &ServiceName, severity: Severity) -> impl Iterator<Item = &Tracked> {
        self.queue.firing_in(service, severity)
    }

    /// The worst that fires in a service, and since when.
    pub fn worst_in(&self, service: &ServiceName) -> Option<(Severity, DateTime<Utc>)> {
        let first = |severity| Some((severity, self.firing_in(service, severity).next()?.episode));
        [Severity::Critical, Severity::Warning, Severity::Unknown, Severity::Info].into_iter().find_map(first)
    }

    /// The others that tell of the same problem, by source.
    pub fn twins<'a>(&'a self, tracked: &'a Tracked) -> impl Iterator<Item = &'a Tracked> {
        let all = self.queue.twins(tracked).into_iter().flatten();
        all.filter(|id| **id != tracked.alert.id).filter_map(|id| self.get(id))
    }

    /// The alert whose row tells of this one too; `None` for one that has its own.
    pub fn told_by(&self, tracked: &Tracked) -> Option<&AlertId> {
        self.queue.lead(tracked).filter(|lead| **lead != tracked.alert.id)
    }

    /// These, and with each of them those that tell of the same problem.
    pub fn with_twins(&self, ids: Vec<AlertId>) -> Vec<AlertId> {
        let mut all: Vec<AlertId> = Vec::with_capacity(ids.len());
        let mut known = std::collections::BTreeSet::new();
        for id in ids {
            let twins = self.get(&id).into_iter().flat_map(|tracked| self.twins(tracked)).map(|tracked| tracked.alert.id.clone());
            let twins: Vec<AlertId> = twins.collect();
            all.extend([id].into_iter().chain(twins).filter(|id| known.insert(id.clone())));
        }
        all
    }
}

//! Health: the last reading of every feed, how old it is, and what that makes of it. Knows nothing of how feeds ask.
//!
//! Invariant: a feed whose reading is past its deadline is `Stale`, never what it was; `deadlines` holds exactly the
//! feeds that are not stale yet.

mod feed;
mod trend;

use crate::domain::entry::{Entry, Kind};
use crate::domain::health::{FeedState, Reading};
use crate::domain::ids::{FeedName, ServiceName};
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
pub use feed::{Change, FeedHealth, HISTORY, Sample, Unsettled};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
pub use trend::{Ahead, Past, Proven};

/// All feeds, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Health {
    feeds: BTreeMap<FeedName, FeedHealth>,
    /// The feeds of each service, by name.
    services: BTreeMap<ServiceName, Vec<FeedName>>,
    /// `Stamp::mono` at which each fresh reading turns stale.
    deadlines: BTreeSet<(Duration, FeedName)>,
    /// Services of which a feed says that they are bad.
    troubled: BTreeSet<ServiceName>,
    /// Changes whenever a feed enters another state.
    stirred: u64,
}

impl Health {
    pub fn new(settings: &Settings) -> Self {
        let mut health = Self::default();
        health.configure(settings);
        health
    }

    /// Takes another configuration; feeds that it leaves as they were keep what is known of them, those that ask otherwise their past.
    pub fn configure(&mut self, settings: &Settings) {
        let mut before = std::mem::take(&mut self.feeds);
        for spec in &settings.feeds {
            let feed = match before.remove(&spec.name) {
                Some(feed) if feed.spec == *spec => feed,
                Some(feed) if feed.spec.kind == spec.kind => feed.anew(spec),
                _ => FeedHealth::new(spec),
            };
            self.feeds.insert(spec.name.clone(), feed);
        }
        self.services.clear();
        for feed in self.feeds.values() {
            if let Some(service) = &feed.spec.service {
                self.services.entry(service.clone()).or_default().push(feed.spec.name.clone());
            }
        }
        self.deadlines = self.feeds.values().filter_map(FeedHealth::deadline).collect();
        let names = self.services.keys();
        self.troubled = names.filter(|name| self.service(name) >= Some(FeedState::Degraded)).cloned().collect();
        self.stirred += 1;
    }

    /// Feeds have entered other states.
    fn stir<'c>(&mut self, changes: impl IntoIterator<Item = &'c Change>) {
        for service in changes.into_iter().map(|change| &change.service) {
            self.stirred += 1;
            let Some(name) = service else { continue };
            if self.service(name) >= Some(FeedState::Degraded) {
                self.troubled.insert(name.clone());
            } else {
                self.troubled.remove(name);
            }
        }
    }

    /// Changes whenever a feed enters another state.
    pub fn stirred(&self) -> u64 {
        self.stirred
    }

    /// The services of which a feed says that they are bad.
    pub fn in_trouble(&self) -> impl Iterator<Item = &ServiceName> {
        self.troubled.iter()
    }

    pub fn get(&self, feed: &FeedName) -> Option<&FeedHealth> {
        self.feeds.get(feed)
    }

    /// By name.
    pub fn iter(&self) -> impl Iterator<Item = &FeedHealth> {
        self.feeds.values()
    }

    pub fn of_service<'a>(&'a self, service: &ServiceName) -> impl Iterator<Item = &'a FeedHealth> {
        self.services.get(service).into_iter().flatten().filter_map(|name| self.feeds.get(name))
    }

    /// The worst state among the service's feeds; `None` for a service without feeds.
    pub fn service(&self, service: &ServiceName) -> Option<FeedState> {
        self.of_service(service).map(|feed| feed.state).max()
    }

    pub fn len(&self) -> usize {
        self.feeds.len()
    }

    pub fn is_empty(&self) -> bool {
        self.feeds.is_empty()
    }

    /// How many are in this state: the "3" of "3 of 41 feeds failing".
    pub fn count(&self, state: FeedState) -> usize {
        self.iter().filter(|feed| feed.state == state).count()
    }

    /// Takes an answer in. A feed that could not be asked keeps its last reading until the deadline; one that has none
    /// is stale at once.
    pub fn read(&mut self, feed: &FeedName, answer: Result<Reading, Trouble>, now: Stamp) -> Option<Change> {
        let found = self.feeds.get_mut(feed)?;
        let deadline = found.deadline();
        let change = match answer {
            Ok(reading) => found.judged(reading, now),
            Err(trouble) => found.failed(trouble, now),
        };
        let moved = found.deadline();
        if moved != deadline {
            deadline.map(|old| self.deadlines.remove(&old));
            self.deadlines.extend(moved);
        }
        self.stir(&change);
        change
    }

    /// What an earlier session knew of a feed.
    pub fn remember(&mut self, feed: &FeedName, past: &Past, now: Stamp) {
        if let Some(feed) = self.feeds.get_mut(feed) {
            feed.remember(past, now);
        }
    }

    /// What the journal says of a feed.
    pub fn fold(&mut self, entry: &Entry) {
        if entry.kind == Kind::FeedChanged
            && let (Some(feed), Some(to)) = (entry.data_of::<FeedName>("feed"), entry.data_of("to"))
            && let Some(feed) = self.feeds.get_mut(&feed)
        {
            feed.recorded(entry.order(), to, entry.at);
        }
    }

    /// Turns stale what has passed its deadline.
    pub fn tick(&mut self, now: Stamp) -> Vec<Change> {
        let mut changes = Vec::new();
        while self.next_deadline().is_some_and(|at| at <= now.mono) {
            let due = self.deadlines.pop_first().and_then(|(_, name)| self.feeds.get_mut(&name));
            changes.extend(due.and_then(|feed| feed.expired(now)));
        }
        self.stir(&changes);
        changes
    }

    /// When `tick` is needed next, as `Stamp::mono`.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// What these feeds have said is no longer known to be so, for a reason of our own.
    pub fn doubt(&mut self, feeds: &BTreeSet<FeedName>, now: Stamp, why: &str) {
        let mut changes = Vec::new();
        for name in feeds {
            let Some(feed) = self.feeds.get_mut(name).filter(|feed| feed.reading.is_some()) else { continue };
            if let Some(deadline) = feed.deadline() {
                self.deadlines.remove(&deadline);
            }
            changes.extend(feed.doubt(Outside::from(why), now));
        }
        self.stir(&changes);
    }

    /// Nothing known can be trusted until it is asked again: the machine slept, or a clock was set.
    pub fn all_stale(&mut self, now: Stamp, why: &str) -> Vec<Change> {
        self.deadlines.clear();
        let asked = self.feeds.values_mut().filter(|feed| feed.reading.is_some());
        let changes: Vec<Change> = asked.filter_map(|feed| feed.doubt(Outside::from(why), now)).collect();
        self.stir(&changes);
        changes
    }
}

#[cfg(test)]
mod tests;

//! What has ended untold by the journal alone: who saw that may be gone, and the queue does not have it. It is remembered for a day.
//! Invariant: how many each service has is known without going through all of them, which are thousands after a storm.

use super::UNTOLD_FOR;
use crate::domain::alert::Severity;
use crate::domain::ids::{AlertId, ServiceName};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An episode that has ended untold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    pub at: DateTime<Utc>,
    pub episode: DateTime<Utc>,
    /// What it is called, with what tells it from others.
    pub name: Box<str>,
    pub service: Option<ServiceName>,
    pub severity: Severity,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Before {
    all: BTreeMap<AlertId, Untold>,
    services: HashMap<ServiceName, usize>,
    /// When each is remembered no longer.
    until: BTreeSet<(DateTime<Utc>, AlertId)>,
}

impl Before {
    pub fn get(&self, id: &AlertId) -> Option<&Untold> {
        self.all.get(id)
    }

    /// Those that are remembered still.
    pub fn iter(&self, now: DateTime<Utc>) -> impl Iterator<Item = (&AlertId, &Untold)> {
        self.all.iter().filter(move |(_, untold)| now < untold.at + UNTOLD_FOR)
    }

    pub fn of(&self, service: &ServiceName) -> usize {
        self.services.get(service).copied().unwrap_or(0)
    }

    pub fn insert(&mut self, id: &AlertId, untold: Untold) {
        self.remove(id);
        if let Some(service) = &untold.service {
            *self.services.entry(service.clone()).or_default() += 1;
        }
        self.until.insert((untold.at + UNTOLD_FOR, id.clone()));
        self.all.insert(id.clone(), untold);
    }

    pub fn remove(&mut self, id: &AlertId) -> Option<Untold> {
        let untold = self.all.remove(id)?;
        self.until.remove(&(untold.at + UNTOLD_FOR, id.clone()));
        if let Some(service) = &untold.service
            && let Some(count) = self.services.get_mut(service)
        {
            *count -= 1;
            if *count == 0 {
                self.services.remove(service);
            }
        }
        Some(untold)
    }

    /// Forgets those whose time is over; whether there were any.
    pub fn forget(&mut self, now: DateTime<Utc>) -> bool {
        let mut over = false;
        while let Some((_, id)) = self.until.first().filter(|(at, _)| *at <= now).cloned() {
            self.remove(&id);
            over = true;
        }
        over
    }

    /// The next time at which one is forgotten.
    pub fn next(&self) -> Option<DateTime<Utc>> {
        self.until.first().map(|(at, _)| *at)
    }
}

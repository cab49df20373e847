//! Planned work: declared and ended by people, begun and ended by the clock. What is bad when it ends is news.

use super::World;
use super::commands::{Refusal, lasting};
use super::watch::to_chrono;
use crate::domain::alert::Severity;
use crate::domain::entry::{Draft, Kind};
use crate::domain::health::FeedState;
use crate::domain::ids::{FeedName, ServiceName};
use crate::domain::maintenance::Subjects;
use crate::domain::text::inert;
use crate::model::Effect;
use crate::model::alerts::{State, Tracked};
use crate::model::maintenance::{On, Turn, Work};
use chrono::{DateTime, Utc};
use std::time::Duration;

impl World {
    pub(super) fn maintain(&mut self, subjects: &Subjects, hold: Duration, reason: &str) -> Result<Vec<Draft>, Refusal> {
        lasting(hold)?;
        self.known_subjects(subjects)?;
        let until = self.now.wall + to_chrono(hold);
        let why = if reason.is_empty() { String::new() } else { format!(": {}", inert(reason)) };
        let text = format!("maintenance of {} for {}{why}", subjects.names(), humantime::format_duration(hold));
        let draft = self.context().by_me(Kind::Maintenance, text);
        let draft = draft.with("subjects", subjects).with("until", until).with("reason", reason);
        Ok(vec![self.about_subjects(draft, subjects)])
    }

    pub(super) fn end_maintenance(&mut self, subjects: &Subjects) -> Result<Vec<Draft>, Refusal> {
        self.known_subjects(subjects)?;
        let found: Vec<On> = self.maintenance.touching(subjects).cloned().collect();
        match found.as_slice() {
            [] => Err(format!("{} is not in maintenance", subjects.names())),
            found => Ok(found.iter().map(|on| self.ended_draft(on)).collect()),
        }
    }

    fn ended_draft(&mut self, on: &On) -> Draft {
        let draft = self.context().by_me(Kind::MaintenanceEnded, format!("ended the maintenance of {}", on.subjects.names()));
        // A window is on until then for whoever does not know that it was ended.
        let until = on.entry.is_none().then_some(on.work.until);
        let mut draft = draft.with("of", &on.key).with("subjects", &on.subjects).with("until", until);
        draft.key = Some(format!("maintenance/{}/ended", on.key));
        self.about_subjects(draft, &on.subjects)
    }

    fn known_subjects(&self, subjects: &Subjects) -> Result<(), Refusal> {
        subjects.services.iter().try_for_each(|service| self.known_service(service))?;
        match subjects.feeds.iter().find(|feed| self.health.get(feed).is_none()) {
            Some(feed) => Err(format!("no feed is named `{}`", inert(feed.as_str()))),
            None if subjects.is_empty() => Err("name a service or a feed".into()),
            None => Ok(()),
        }
    }

    /// What people mean by these names: a service first, else a feed.
    ///
    /// # Errors
    /// Nothing has one of these names; the words name those that there are.
    pub fn subjects(&self, names: &[String]) -> Result<Subjects, Refusal> {
        let mut subjects = Subjects::default();
        for name in names {
            let (service, feed) = (ServiceName::from(name.as_str()), FeedName::from(name.as_str()));
            match self.known_service(&service) {
                Ok(()) => drop(subjects.services.insert(service)),
                Err(_) if self.health.get(&feed).is_some() => drop(subjects.feeds.insert(feed)),
                Err(why) => return Err(format!("{why}, and no feed has that name")),
            }
        }
        Ok(subjects)
    }

    fn about_subjects(&self, mut draft: Draft, subjects: &Subjects) -> Draft {
        let of_feed = || self.health.get(subjects.feeds.first()?)?.spec.service.clone();
        draft.service = subjects.services.first().cloned().or_else(of_feed);
        draft.incident = self.incidents.covering(None, draft.service.as_ref());
        draft
    }

    /// Why, and until when, nobody is woken by an alert, or by any alert of its service.
    pub fn worked_on(&self, alert: &Tracked) -> Option<&Work> {
        self.maintenance.of_service(alert.service.as_ref()?)
    }

    /// How many critical alerts fire, are nobody's, and are of nothing that is worked on.
    pub fn urgent(&self) -> usize {
        let worked_on = |service| self.alerts.problems_of(service)[State::Firing as usize][Severity::Critical as usize];
        self.alerts.urgent().saturating_sub(self.maintenance.services().map(worked_on).sum())
    }

    /// Judges what is worked on, when that may have changed.
    pub(super) fn work(&mut self) -> Vec<Effect> {
        if !self.maintenance.is_due(self.now.wall) {
            return Vec::new();
        }
        let settings = self.settings.clone();
        let Turn { begun, over } = self.maintenance.judge(&settings, self.now.wall);
        if !begun.is_empty() || !over.is_empty() {
            let free = |(name, _): &(ServiceName, DateTime<Utc>)| self.maintenance.of_service(name).is_none();
            let end = |on: &On| self.maintenance.end_of(on, self.now.wall);
            let services = over.iter().flat_map(|on| on.subjects.services.iter().map(move |name| (name.clone(), end(on))));
            let freed = services.filter(free).collect();
            self.alerts.freed(&settings, &freed, self.now);
        }
        if !self.watching {
            return Vec::new();
        }
        let now = self.now.wall;
        let begun = begun.iter().filter(|on| on.entry.is_none()).map(|on| self.begun_draft(on)).collect::<Vec<_>>();
        let over = over.iter().filter(|on| on.work.until <= now).map(|on| self.over_draft(on)).collect::<Vec<_>>();
        self.record(begun.into_iter().chain(over).collect())
    }

    /// Begun by the configuration.
    fn begun_draft(&mut self, on: &On) -> Draft {
        let why = on.work.why.as_ref().map(|why| format!(": {}", inert(why))).unwrap_or_default();
        let draft =
            self.context().seen("maintenance", Kind::Maintenance, format!("maintenance of {} began{why}", on.subjects.names()));
        let draft = draft.with("subjects", &on.subjects).with("until", on.work.until).with("window", true);
        let mut draft = self.about_subjects(draft, &on.subjects);
        draft.key = Some(format!("maintenance/{}/began", on.key));
        draft
    }

    /// Over by the clock, with what is bad then.
    fn over_draft(&mut self, on: &On) -> Draft {
        let feeds = on.subjects.services.iter().flat_map(|service| self.health.of_service(service));
        let own = on.subjects.feeds.iter().filter_map(|feed| self.health.get(feed));
        let bad = feeds.chain(own).filter(|feed| feed.state > FeedState::Unknown);
        let bad: Vec<String> = bad.map(|feed| format!("{} is {}", feed.spec.name, feed.state.word())).collect();
        let bad = if bad.is_empty() { String::new() } else { format!("; {}", bad.join(", ")) };
        let draft = self.context().seen(
            "maintenance",
            Kind::MaintenanceEnded,
            format!("maintenance of {} is over{bad}", on.subjects.names()),
        );
        let mut draft = self.about_subjects(draft.with("of", on.entry).with("subjects", &on.subjects), &on.subjects);
        draft.key = Some(format!("maintenance/{}/ended", on.key));
        draft
    }
}

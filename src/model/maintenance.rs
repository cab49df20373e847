//! What is worked on now: by the configuration's schedule, and by what people said at once, which the journal holds.
//!
//! Nothing is hidden by it and measuring goes on: it says only that nobody is to be woken, and until when.

use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::{EntryId, FeedName, ServiceName};
use crate::domain::maintenance::Subjects;
use crate::domain::settings::Settings;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why something is quiet, and for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    pub until: DateTime<Utc>,
    pub why: Option<String>,
    /// Who said so; `None`: the configuration.
    pub by: Option<String>,
}

/// One time of work that is on.
#[derive(Debug, Clone, PartialEq)]
pub struct On {
    pub subjects: Subjects,
    pub work: Work,
    /// Names it: an entry, or a window of the configuration and its beginning.
    pub key: String,
    /// The entry that declared it; `None`: the configuration.
    pub entry: Option<EntryId>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Maintenance {
    declared: BTreeMap<EntryId, (DateTime<Utc>, On)>,
    /// Keys of what people have ended, and when: the first who did counts.
    ended: BTreeMap<String, DateTime<Utc>>,
    /// All that is on, and of each subject the one that lasts longest.
    on: Vec<On>,
    services: BTreeMap<ServiceName, Work>,
    feeds: BTreeMap<FeedName, Work>,
    /// When that has to be judged anew; `None`: now.
    due: Option<DateTime<Utc>>,
    /// When it was judged.
    judged: Option<DateTime<Utc>>,
}

/// What has begun, and what is over.
#[derive(Debug, Default, PartialEq)]
pub struct Turn {
    pub begun: Vec<On>,
    pub over: Vec<On>,
}

impl Maintenance {
    pub fn of_service(&self, service: &ServiceName) -> Option<&Work> {
        self.services.get(service)
    }

    /// A feed's own, or that of its service.
    pub fn of_feed(&self, feed: &FeedName, service: Option<&ServiceName>) -> Option<&Work> {
        self.feeds.get(feed).or_else(|| self.services.get(service?))
    }

    /// A feed that is worked on for itself.
    pub fn of_own_feed(&self, feed: &FeedName) -> Option<&Work> {
        self.feeds.get(feed)
    }

    /// Everything that is on, the longest last.
    pub fn on(&self) -> &[On] {
        &self.on
    }

    /// What of it is on any of these.
    pub fn touching<'a>(&'a self, subjects: &'a Subjects) -> impl Iterator<Item = &'a On> {
        self.on.iter().filter(|on| on.subjects.touches(subjects))
    }

    /// When work that is over ended: every process says the same, whenever it looks.
    pub(super) fn end_of(&self, on: &On, now: DateTime<Utc>) -> DateTime<Utc> {
        on.work.until.min(self.ended.get(&on.key).copied().unwrap_or(now))
    }

    pub fn services(&self) -> impl Iterator<Item = &ServiceName> {
        self.services.keys()
    }

    pub(super) fn fold(&mut self, entry: &Arc<Entry>) {
        match entry.kind {
            Kind::Maintenance if entry.data_of("window") != Some(true) => {
                let (Some(subjects), Some(until)) = (entry.data_of("subjects"), entry.data_of("until")) else { return };
                let why = entry.text_of("reason").filter(|why| !why.is_empty()).map(str::to_owned);
                let work = Work { until, why, by: Some(entry.actor.name.clone()) };
                let on = On { subjects, work, key: entry.id.to_string(), entry: Some(entry.id) };
                self.declared.insert(entry.id, (entry.at, on));
                self.due = None;
            }
            Kind::MaintenanceEnded => {
                if let Some(of) = entry.text_of("of") {
                    let at = self.ended.entry(of.to_owned()).or_insert(entry.at);
                    *at = entry.at.min(*at);
                }
                self.due = None;
            }
            _ => {}
        }
    }

    /// The configuration is another one.
    pub(super) fn doubt(&mut self) {
        self.due = None;
    }

    /// Whoever watches from now on has told nothing of what is on.
    pub(super) fn tell_anew(&mut self) {
        self.on.clear();
        self.due = None;
    }

    /// When `judge` next has something to say.
    pub(super) fn due(&self) -> Option<DateTime<Utc>> {
        self.due.filter(|due| *due < DateTime::<Utc>::MAX_UTC)
    }

    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        // A clock that was set back may lead into a window again.
        self.due.is_none_or(|due| due <= now) || self.judged.is_some_and(|judged| now < judged)
    }

    /// Says what is on now, and what has changed.
    pub(super) fn judge(&mut self, settings: &Settings, now: DateTime<Utc>) -> Turn {
        let before = std::mem::take(&mut self.on);
        let ended = &self.ended;
        self.declared.retain(|_, (_, on)| !ended.contains_key(&on.key) && now < on.work.until);
        let declared = self.declared.values().filter(|(from, _)| *from <= now).map(|(_, on)| on.clone());
        self.on = declared.chain(scheduled(settings, now).filter(|on| !ended.contains_key(&on.key))).collect();
        self.on.sort_by_key(|on| on.work.until);
        let works = || self.on.iter();
        let services = works().flat_map(|on| on.subjects.services.iter().map(|name| (name.clone(), on.work.clone())));
        self.services = services.collect();
        self.feeds = works().flat_map(|on| on.subjects.feeds.iter().map(|name| (name.clone(), on.work.clone()))).collect();
        let ends = self.declared.values().flat_map(|(from, on)| [*from, on.work.until]);
        let edges = settings.maintenance.iter().filter_map(|window| window.next_edge(now));
        self.due = Some(ends.chain(edges).filter(|edge| *edge > now).min().unwrap_or(DateTime::<Utc>::MAX_UTC));
        self.judged = Some(now);
        let not_in = |all: &[On], on: &&On| !all.iter().any(|other| other.key == on.key);
        Turn {
            begun: self.on.iter().filter(|on| not_in(&before, on)).cloned().collect(),
            over: before.iter().filter(|on| not_in(&self.on, on)).cloned().collect(),
        }
    }
}

fn scheduled(settings: &Settings, now: DateTime<Utc>) -> impl Iterator<Item = On> {
    settings.maintenance.iter().filter_map(move |window| {
        let span = window.around(now)?;
        let work = Work { until: span.until, why: window.why.clone(), by: None };
        let key = format!("{}/{}", window.subjects.names(), span.from.timestamp());
        Some(On { subjects: window.subjects.clone(), work, key, entry: None })
    })
}

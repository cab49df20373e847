//! An incident as it can be played: its record as the events that the world saw then, and what whoever watches asks of the player.

use super::event::{Body, Fact, SourceAnswer};
use crate::domain::alert::{Alert, Upstream};
use crate::domain::catalogue::{Catalogue, Service};
use crate::domain::entry::{Actor, Draft, Entry, Kind};
use crate::domain::health::{FeedSpec, FeedState, Reading};
use crate::domain::ids::{AlertId, FeedName, ServiceName, SourceName};
use crate::domain::settings::{Environment, Settings, SourceSpec};
use crate::domain::stamp::Stamp;
use crate::domain::timeline::{Line, Timeline};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What can be played.
#[derive(Debug, Clone)]
pub struct Reel {
    pub settings: Arc<Settings>,
    pub me: Actor,
    /// By time; the first one stands where it begins.
    pub events: Vec<(Stamp, Body)>,
    /// These are all the events that there were: the player adds no ticks of its own.
    pub whole: bool,
}

/// What whoever watches asks of the player.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Play {
    /// Stop, or go on.
    Toggle,
    Stop,
    Faster,
    Slower,
    /// So many seconds on, or back.
    By(i64),
    To(DateTime<Utc>),
}

/// Nobody is asked any more, so nothing is ever too old.
const NEVER: Duration = Duration::from_secs(100 * 365 * 86_400);

impl Reel {
    /// What an incident's record tells of alerts, feeds and people, each when it became known. `settings`: what is known today of
    /// the services; sources and feeds are those of the record. `None` for a record without an entry.
    pub fn of(timeline: &Timeline, settings: &Settings, me: Actor) -> Option<Self> {
        let mut entries: Vec<(DateTime<Utc>, Arc<Entry>)> = timeline.lines.iter().map(|line| known(line, timeline)).collect();
        entries.sort_by_key(|(at, entry)| (*at, entry.order()));
        // A source may have been silent for days before: nobody watches that.
        let begin = entries.iter().find(|(_, entry)| entry.kind != Kind::Console).or(entries.first())?.0;
        let stamp = |at: DateTime<Utc>| Stamp { wall: at.max(begin), mono: (at - begin).to_std().unwrap_or_default() };
        let mut signals = Signals::default();
        let mut events: Vec<(Stamp, Body)> = Vec::new();
        for (at, entry) in entries {
            let recorded = Fact::Recorded { entry: entry.clone(), request: None };
            events.extend([recorded].into_iter().chain(signals.of(&entry)).map(|fact| (stamp(at), Body::Fact(fact))));
        }
        let first = signals.first().map(|fact| (stamp(begin), Body::Fact(fact)));
        let events = first.chain(events).collect();
        Some(Self { settings: Arc::new(signals.settings(timeline, settings)), me, events, whole: false })
    }
}

/// When it became known, as it stands now. What was told after the end comes where it belongs: nobody waits for the day on which the
/// postmortem was written.
fn known(line: &Line, timeline: &Timeline) -> (DateTime<Utc>, Arc<Entry>) {
    let entry = line.entry.as_ref();
    let end = timeline.times.closed.or(timeline.times.resolved);
    let at = if end.is_some_and(|end| entry.recorded_at.signed_duration_since(end) > AFTERWARDS) {
        line.at
    } else {
        entry.recorded_at
    };
    let draft = Draft {
        at: line.at,
        text: line.text.clone(),
        kind: line.kind.clone(),
        visibility: line.visibility,
        important: line.important,
        ..entry.draft.clone()
    };
    // It bears no seal: nothing may be done for it.
    (at, Arc::new(Entry::stamped(entry.id, entry.origin, entry.seq, entry.clock, entry.recorded_at, draft)))
}

/// The last words of an incident are said a moment after its end.
const AFTERWARDS: chrono::Duration = chrono::Duration::minutes(1);

/// What sources and feeds said, as far as entries tell.
#[derive(Default)]
struct Signals {
    firing: BTreeMap<AlertId, Arc<Alert>>,
    sources: BTreeSet<SourceName>,
    /// How each feed was before its first change.
    feeds: BTreeMap<FeedName, (Option<ServiceName>, FeedState)>,
}

impl Signals {
    fn of(&mut self, entry: &Entry) -> Vec<Fact> {
        match entry.kind {
            Kind::AlertFired => Alert::recorded(entry).map(|alert| self.fired(alert)).unwrap_or_default(),
            Kind::AlertResolved => self.resolved(entry),
            Kind::FeedChanged => self.feed(entry).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn fired(&mut self, alert: Alert) -> Vec<Fact> {
        let alert = Arc::new(alert);
        self.sources.insert(alert.id.source.clone());
        self.firing.insert(alert.id.clone(), alert.clone());
        said(&alert)
    }

    fn resolved(&mut self, entry: &Entry) -> Vec<Fact> {
        let known = entry.alert.as_ref().and_then(|id| self.firing.remove(id));
        let over = known.map(|alert| Arc::new(Alert { upstream: Upstream::Resolved { at: entry.at }, ..Alert::clone(&alert) }));
        over.map(|alert| said(&alert)).unwrap_or_default()
    }

    fn feed(&mut self, entry: &Entry) -> Option<Fact> {
        let feed = FeedName::new(entry.text_of("feed")?);
        let (from, to) = (entry.data_of("from").unwrap_or(FeedState::Unknown), entry.data_of("to")?);
        self.feeds.entry(feed.clone()).or_insert_with(|| (entry.service.clone(), from));
        let message = entry.text_of("message").unwrap_or_default();
        Some(Fact::FeedRead { feed, reading: Reading::new(to, message) })
    }

    /// How all of it was before anything happened.
    fn first(&self) -> impl Iterator<Item = Fact> {
        let source = |name: &SourceName| Fact::SourceAnswered {
            source: name.clone(),
            answer: SourceAnswer { complete: true, ..SourceAnswer::default() },
        };
        let feed = |(name, (_, state)): (&FeedName, &(_, FeedState))| {
            let reading = Reading::new(*state, "before the incident");
            Fact::FeedRead { feed: name.clone(), reading }
        };
        let all: Vec<Fact> = self.sources.iter().map(source).chain(self.feeds.iter().map(feed)).collect();
        all.into_iter()
    }

    fn settings(&self, timeline: &Timeline, today: &Settings) -> Settings {
        let source = |name: &SourceName| SourceSpec {
            name: name.clone(),
            kind: "record".into(),
            every: NEVER,
            timeout: Duration::ZERO,
            acts: Vec::new(),
            carry: None,
        };
        let feed = |(name, (service, _)): (&FeedName, &(Option<ServiceName>, FeedState))| FeedSpec {
            service: service.clone(),
            ..FeedSpec::new(name.as_str(), "record", NEVER, Duration::ZERO)
        };
        Settings {
            environment: Environment::Replay,
            services: self.services(timeline, today),
            maintenance: Vec::new(),
            feeds: self.feeds.iter().map(feed).collect(),
            sources: self.sources.iter().map(source).collect(),
            diagnose: false,
            read_only: true,
            ..today.clone()
        }
    }

    /// Those of today, and those that only the record knows.
    fn services(&self, timeline: &Timeline, today: &Settings) -> Catalogue {
        let told = timeline.lines.iter().filter_map(|line| line.entry.service.as_ref());
        let feeds = self.feeds.values().filter_map(|(service, _)| service.as_ref());
        let all: BTreeSet<&ServiceName> = told.chain(feeds).chain(&timeline.incident.services).collect();
        let new = all.into_iter().filter(|name| today.services.named(name.as_str()).is_none());
        let new: Vec<Service> = new.map(|name| Service::new(name.as_str())).collect();
        if new.is_empty() { today.services.clone() } else { today.services.iter().cloned().chain(new).collect::<Vec<_>>().into() }
    }
}

/// A source tells of an alert, and has said everything.
fn said(alert: &Arc<Alert>) -> Vec<Fact> {
    let source = alert.id.source.clone();
    let answer = SourceAnswer { complete: true, ..SourceAnswer::default() };
    vec![
        Fact::AlertsChanged { source: source.clone(), upserts: vec![alert.clone()], gone: Vec::new() },
        Fact::SourceAnswered { source, answer },
    ]
}

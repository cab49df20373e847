//! A world, a journal in memory and a clock that moves when it is told: scenarios read as given, then, expect.

use chrono::{DateTime, Utc};
use midwatch::domain::act::ActKind;
use midwatch::domain::alert::{Alert, Labels, Upstream};
use midwatch::domain::catalogue::Service;
use midwatch::domain::entry::{Actor, Clock, Draft, Entry, Kind, Seal};
use midwatch::domain::ids::{AlertId, EntryId, Fingerprint, IncidentId, OriginId, RequestId, ServiceName, SourceName};
use midwatch::domain::incident::{LeftOut, Past};
use midwatch::domain::matcher::{LabelSet, Matcher};
use midwatch::domain::settings::{Carry, Operator, Settings, SourceSpec};
use midwatch::domain::stamp::Stamp;
use midwatch::model::event::SourceAnswer;
use midwatch::model::world::TAKEN_IN;
use midwatch::model::{Body, Command, Effect, Event, Fact, World};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub const SOURCE: &str = "prod";

pub struct Story {
    pub world: World,
    pub now: Stamp,
    /// Everything that was recorded, in order.
    pub journal: Vec<Arc<Entry>>,
    /// Effects that nobody has performed: acts, questions, runs.
    pub effects: Vec<Effect>,
    /// The journal refuses everything, with these words.
    pub broken: Option<String>,
    /// The journal is slow: what it was asked waits here until `answer`.
    pub slow: Option<Vec<(RequestId, Vec<Draft>)>>,
    /// How often the journal was asked what came before an incident.
    pub looked_back: usize,
    /// What the source listed last.
    pub listed: BTreeMap<Fingerprint, Arc<Alert>>,
    seq: u64,
    requests: u64,
    head: Clock,
}

pub fn settings(carry: bool) -> Settings {
    let service = |name: &str, depends_on: &[&str]| Service {
        tier: Some(1),
        depends_on: depends_on.iter().map(|name| (*name).into()).collect(),
        alerts: LabelSet(vec![("service".into(), Matcher::Equal(name.into()))]),
        ..Service::new(name)
    };
    Settings {
        operator: Operator { name: "ana".into(), email: None, role: Some("on-call".into()) },
        services: [service("checkout", &["postgres"]), service("postgres", &[])].into(),
        sources: vec![SourceSpec {
            name: SOURCE.into(),
            kind: "alertmanager".into(),
            every: Duration::from_secs(15),
            timeout: Duration::from_secs(10),
            acts: vec![ActKind::Silence, ActKind::Expire],
            carry: carry.then(|| Carry::Silence { prefix: "ACK!".into() }),
        }],
        ..Settings::default()
    }
}

pub fn alert(name: &str, service: &str, starts_at: DateTime<Utc>) -> Arc<Alert> {
    let labels = [("alertname", name), ("service", service), ("severity", "critical")];
    let pairs = labels.map(|(name, value)| (name.into(), value.into()));
    Arc::new(Alert {
        id: id(name),
        labels: Labels::new(pairs.to_vec()),
        annotations: Labels::default(),
        upstream: Upstream::Firing,
        starts_at,
        url: None,
        receivers: Arc::default(),
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
        held: None,
    })
}

/// In a story the fingerprint is the alert's name.
pub fn id(name: &str) -> AlertId {
    AlertId { source: SOURCE.into(), fingerprint: name.into() }
}

impl Story {
    /// A watching console with one source and nothing in the journal.
    pub fn new() -> Self {
        Self::with(settings(false))
    }

    pub fn with(settings: Settings) -> Self {
        let now = Stamp { wall: "2026-03-01T03:00:00Z".parse().expect("a time"), mono: Duration::from_secs(1_000) };
        let world = World::new(Arc::new(settings), Actor::person("ana", Some("on-call".into())), now);
        let mut story = Self {
            world,
            now,
            journal: Vec::new(),
            effects: Vec::new(),
            broken: None,
            slow: None,
            looked_back: 0,
            listed: BTreeMap::new(),
            seq: 0,
            requests: 0,
            head: Clock::default(),
        };
        story.fact(Fact::Watching(true));
        story
    }

    /// This process has died: another one begins with what the journal holds.
    pub fn begins_anew(&mut self) {
        let world = World::new(self.world.settings.clone(), self.world.me.clone(), self.now);
        self.world = world;
        self.effects.clear();
        self.listed.clear();
        for entry in self.journal.clone() {
            self.fact(Fact::Recorded { entry, request: None });
        }
        self.fact(Fact::Watching(true));
    }

    /// Whether the source listed it in the last answer.
    pub fn lists(&self, name: &str) -> bool {
        self.listed.contains_key(&id(name).fingerprint)
    }

    /// Time passes on both clocks, with a tick at its end.
    pub fn wait(&mut self, seconds: u64) {
        self.pass(seconds);
        self.event(Body::Tick);
    }

    /// Time passes and nobody is told.
    pub fn pass(&mut self, seconds: u64) {
        self.now.mono += Duration::from_secs(seconds);
        self.now.wall += chrono::Duration::seconds(seconds as i64);
    }

    /// Asks, and records what follows.
    pub fn ask(&mut self, command: Command) -> RequestId {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.event(Body::Command(request, command));
        request
    }

    pub fn fact(&mut self, fact: Fact) {
        self.event(Body::Fact(fact));
    }

    pub fn event(&mut self, body: Body) {
        self.seq += 1;
        let effects = self.world.update(Event { seq: self.seq, stamp: self.now, body });
        for effect in effects {
            match effect {
                Effect::Record { request, drafts } => self.record(request, drafts),
                Effect::WakeAt(_) => {}
                Effect::LookBack { incident, since, alerts, services } => self.look_back(incident, since, &alerts, &services),
                other => self.effects.push(other),
            }
        }
    }

    fn record(&mut self, request: RequestId, drafts: Vec<Draft>) {
        if let Some(waiting) = &mut self.slow {
            return waiting.push((request, drafts));
        }
        if let Some(why) = self.broken.clone() {
            return self.fact(Fact::RecordFailed { request, why });
        }
        for draft in drafts {
            let entry = self.append(draft);
            self.fact(Fact::Recorded { entry, request: Some(request) });
        }
    }

    /// What the journal answers to that.
    fn look_back(
        &mut self,
        incident: IncidentId,
        since: DateTime<Utc>,
        alerts: &BTreeSet<AlertId>,
        services: &BTreeSet<ServiceName>,
    ) {
        self.looked_back += 1;
        let own = |entry: &Entry| entry.alert.as_ref().is_some_and(|alert| alerts.contains(alert));
        let theirs = |entry: &Entry| entry.service.as_ref().is_some_and(|service| services.contains(service));
        let before = |entry: &Entry| entry.incident.is_none() && entry.at >= since && (own(entry) || theirs(entry));
        let (corrections, found): (Vec<_>, Vec<_>) = self.journal.iter().cloned().partition(|entry| entry.corrects.is_some());
        let found: Vec<_> = found.into_iter().filter(|entry| before(entry)).collect();
        let (rest, kept) = found.split_at(found.len().saturating_sub(TAKEN_IN));
        let times = rest.iter().map(|entry| entry.at);
        let left_out = times.clone().min().zip(times.max());
        let left_out = left_out.map(|(from, until)| LeftOut { entries: rest.len(), from, until });
        let past = Past { entries: [corrections.as_slice(), kept].concat(), left_out };
        let found = self.broken.clone().map_or(Ok(past), Err);
        self.fact(Fact::LookedBack { incident, found });
    }

    /// The slow journal answers everything that it was asked.
    pub fn answer(&mut self) {
        for (request, drafts) in self.slow.take().unwrap_or_default() {
            self.record(request, drafts);
        }
    }

    /// What the journal does: one entry for a key, ids, clock and seal.
    pub fn append(&mut self, draft: Draft) -> Arc<Entry> {
        let names = || draft.key.iter().chain(&draft.also);
        let known = self.journal.iter().find(|entry| names().any(|name| entry.key.as_ref() == Some(name)));
        if let Some(entry) = known {
            return entry.clone();
        }
        let seq = self.journal.len() as u64 + 1;
        self.head = self.head.next(self.now.wall);
        let id = EntryId(uuid::Uuid::from_u128(u128::from(seq)));
        let origin = OriginId(uuid::Uuid::from_u128(7));
        let seal = Seal { prev: "".into(), hash: "".into() };
        let entry = Arc::new(Entry::stamped(id, origin, seq, self.head, self.now.wall, draft).sealed(seal));
        self.journal.push(entry.clone());
        entry
    }

    /// Another process has recorded this.
    pub fn append_known(&mut self, entry: Arc<Entry>) {
        self.head = self.head.max(entry.clock);
        self.journal.push(entry.clone());
        self.fact(Fact::Recorded { entry, request: None });
    }

    /// A good, complete poll that lists exactly these alerts.
    pub fn poll(&mut self, alerts: &[Arc<Alert>]) {
        self.poll_with(alerts, SourceAnswer { complete: true, ..SourceAnswer::default() });
    }

    pub fn poll_with(&mut self, alerts: &[Arc<Alert>], answer: SourceAnswer) {
        let source: SourceName = SOURCE.into();
        let new: BTreeMap<Fingerprint, Arc<Alert>> =
            alerts.iter().map(|alert| (alert.id.fingerprint.clone(), alert.clone())).collect();
        let upserts = new.values().filter(|alert| self.listed.get(&alert.id.fingerprint) != Some(alert)).cloned().collect();
        let gone = self.listed.keys().filter(|fingerprint| !new.contains_key(fingerprint)).cloned().collect();
        self.listed = new;
        self.fact(Fact::AlertsChanged { source: source.clone(), upserts, gone });
        self.fact(Fact::SourceAnswered { source, answer });
    }

    /// The kinds of everything recorded, in order.
    pub fn kinds(&self) -> Vec<Kind> {
        self.journal.iter().map(|entry| entry.kind.clone()).collect()
    }

    pub fn last(&self, kind: Kind) -> &Arc<Entry> {
        self.journal.iter().rev().find(|entry| entry.kind == kind).expect("such an entry was recorded")
    }

    /// The effects since the last call.
    pub fn taken(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }
}

//! Bell, notifications and the terminal's title: what reaches an operator who looks elsewhere.

use crate::domain::attention::{Attention, Way};
use crate::domain::settings::Environment;
use crate::domain::text::inert;
use crate::model::World;
use crate::model::alerts::{State, Tracked};
use chrono::NaiveTime;
use chrono_tz::Tz;
use std::collections::BTreeSet;
use std::time::Duration;

/// Who has pressed a key so lately looks at the screen, unless the terminal says otherwise.
const LOOKS: Duration = Duration::from_secs(10);

/// Tells somebody who looks elsewhere of new alerts, each of them once.
pub struct Crier {
    attention: Attention,
    zone: Tz,
    /// When the operator pressed a key last, as far as the terminal has their attention since.
    looked: Option<Duration>,
    revision: Option<u64>,
    /// Arrivals up to here have been cried.
    cried: Option<Duration>,
    title: Option<usize>,
    /// The storm that rages has been cried.
    stormed: bool,
}

impl Crier {
    pub fn new(attention: Attention, zone: Tz) -> Self {
        Self { attention, zone, looked: None, revision: None, cried: None, title: None, stormed: false }
    }

    /// The operator is here.
    pub fn looked(&mut self, world: &World) {
        self.looked = Some(world.now.mono);
    }

    /// The operator works in another window.
    pub fn looked_away(&mut self) {
        self.looked = None;
    }

    /// Bell, notification and title; empty when there is no news.
    pub fn cry(&mut self, world: &World) -> Vec<u8> {
        if self.revision == Some(world.alerts.revision()) {
            return Vec::new();
        }
        self.revision = Some(world.alerts.revision());
        let mut out = Vec::new();
        let critical = world.urgent();
        if self.title != Some(critical) {
            self.title = Some(critical);
            out.extend_from_slice(title(critical, world).as_bytes());
        }
        let news = match world.storm.raging() {
            // What is played has been: it calls nobody.
            _ if world.settings.environment == Environment::Replay => None,
            Some(_) => self.storm(world),
            None => {
                self.stormed = false;
                self.news(world)
            }
        };
        let looks = self.looked.is_some_and(|at| world.now.mono.saturating_sub(at) <= LOOKS);
        if let Some(News { newest, text, by }) = news {
            self.cried = Some(newest);
            // Whoever sees it come need not be called.
            by.into_iter().filter(|_| !looks).for_each(|way| out.extend_from_slice(&called(way, &text)));
        }
        out
    }

    /// The time of day where the operator is.
    fn time(&self, world: &World) -> NaiveTime {
        world.now.wall.with_timezone(&self.zone).time()
    }

    /// A storm is cried once, and nothing that arrives in it.
    fn storm(&mut self, world: &World) -> Option<News> {
        let began = !std::mem::replace(&mut self.stormed, true);
        let lately = self.cried.is_some_and(|at| world.now.mono.saturating_sub(at) <= world.settings.storm.within);
        self.cried = Some(world.now.mono);
        let text = || format!("midwatch: a storm, {} new alerts", world.storm.lately());
        let by = || self.attention.at(self.time(world)).to_vec();
        (began && !lately).then(|| News { newest: world.now.mono, text: text(), by: by() })
    }

    /// Another source has said so before.
    fn told(&self, world: &World, tracked: &Tracked) -> bool {
        let before = |twin: &Tracked| twin.arrived.is_none_or(|stamp| self.cried.is_some_and(|cried| stamp.mono <= cried));
        let says_so = |twin: &Tracked| twin.state == State::Firing && twin.severity >= tracked.severity && before(twin);
        world.alerts.twins(tracked).any(says_so)
    }

    /// What arrived and was not cried yet: the newest of it, and in which ways it calls together.
    fn news(&self, world: &World) -> Option<News> {
        let (least, time) = (self.attention.least()?, self.time(world));
        // What fires and is nobody's is the beginning of the queue, the worst first.
        let bad = world.alerts.queue().take_while(|tracked| tracked.severity >= least);
        // A drill calls nobody.
        let bad = bad.filter(|tracked| !tracked.is_drill());
        let mut by = BTreeSet::new();
        let mut new: Vec<(Duration, &Tracked)> = Vec::new();
        for tracked in bad {
            let Some(at) = tracked.arrived.map(|stamp| stamp.mono).filter(|at| self.cried.is_none_or(|cried| *at > cried)) else {
                continue;
            };
            let wakes = tracked.state == State::Firing && world.worked_on(tracked).is_none() && !self.told(world, tracked);
            let ways = self.attention.ways(tracked.severity, tracked.service.as_ref(), time);
            if wakes && !ways.is_empty() {
                by.extend(ways);
                new.push((at, tracked));
            }
        }
        let (newest, tracked) = new.iter().max_by_key(|(at, _)| *at)?;
        let more = if new.len() > 1 { format!(" and {} more", new.len() - 1) } else { String::new() };
        let text = format!("midwatch: {} is {}{more}", inert(tracked.alert.name()), tracked.severity.word());
        Some(News { newest: *newest, text, by: by.into_iter().collect() })
    }
}

struct News {
    newest: Duration,
    text: String,
    by: Vec<Way>,
}

/// What makes the terminal call. The text is inert, so it ends none of these.
fn called(way: Way, text: &str) -> Vec<u8> {
    match way {
        Way::Bell => b"\x07".to_vec(),
        Way::Osc9 => format!("\x1b]9;{text}\x1b\\").into_bytes(),
        Way::Osc777 => format!("\x1b]777;notify;midwatch;{text}\x1b\\").into_bytes(),
        Way::Osc99 => format!("\x1b]99;;{text}\x1b\\").into_bytes(),
    }
}

fn title(critical: usize, world: &World) -> String {
    let count = if critical > 0 { format!("({critical}) ") } else { String::new() };
    format!("\x1b]2;{count}midwatch {}\x1b\\", world.settings.environment.word())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alert::{Alert, Labels, Severity, Upstream};
    use crate::domain::attention::Rule;
    use crate::domain::entry::{Actor, Clock, Entry};
    use crate::domain::ids::{AlertId, EntryId, OriginId, RequestId};
    use crate::domain::run::Auto;
    use crate::domain::scenario::{Beat, Fires, Kind, Scenario, What};
    use crate::domain::settings::{Settings, SourceSpec};
    use crate::domain::stamp::Stamp;
    use crate::model::drills::Drilling;
    use crate::model::runs::Typed;
    use crate::model::{Body, Command, Effect, Event, Fact};
    use chrono::{DateTime, Utc};
    use std::sync::Arc;

    fn alert(number: usize, starts_at: DateTime<Utc>) -> Arc<Alert> {
        let labels = vec![("alertname".into(), "Down".into()), ("severity".into(), "critical".into())];
        Arc::new(Alert {
            id: AlertId { source: "prod".into(), fingerprint: number.to_string().as_str().into() },
            labels: Labels::new(labels),
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

    fn crier() -> Crier {
        Crier::new(Attention::default(), Tz::UTC)
    }

    /// How often the bell rings when so many critical alerts arrive in each second, after each of which a frame is drawn.
    fn bells(arrivals: &[usize]) -> Vec<usize> {
        let mut stamp = Stamp { wall: DateTime::UNIX_EPOCH, mono: Duration::from_secs(1_000) };
        let (mut world, mut crier) = (World::new(Arc::new(Settings::default()), Actor::person("ana", None), stamp), crier());
        let mut number = 0;
        let mut second = |count: &usize| {
            stamp = Stamp { wall: stamp.wall + chrono::Duration::seconds(1), mono: stamp.mono + Duration::from_secs(1) };
            let upserts = (number..number + count).map(|number| alert(number, stamp.wall)).collect();
            number += count;
            let fact = Fact::AlertsChanged { source: "prod".into(), upserts, gone: Vec::new() };
            let body = if *count == 0 { Body::Tick } else { Body::Fact(fact) };
            drop(world.update(Event { seq: 1, stamp, body }));
            crier.cry(&world).iter().filter(|byte| **byte == 7).count()
        };
        arrivals.iter().map(&mut second).collect()
    }

    #[test]
    fn each_arrival_rings_and_a_storm_rings_once() {
        assert_eq!(bells(&[1, 0, 2, 0]), [1, 0, 1, 0]);
        assert_eq!(bells(&[300, 500, 1, 500]), [1, 0, 0, 0]);
        assert_eq!(bells(&[5, 300, 500]), [1, 0, 0], "it has rung a moment ago");
        // Over, and a new alert rings again; nothing that came in the storm does.
        let mut all = vec![300, 100];
        all.extend([0; 70]);
        all.extend([1, 0]);
        let rung = bells(&all);
        assert_eq!((rung.iter().sum::<usize>(), rung[0], rung[72]), (2, 1, 1), "{rung:?}");
    }

    /// What is cried of one alert, so many seconds after the operator was here.
    fn cries(crier: &mut Crier, labels: &[(&str, &str)], seconds: u64) -> String {
        let stamp = |seconds: u64| Stamp { wall: DateTime::UNIX_EPOCH, mono: Duration::from_secs(1_000 + seconds) };
        let mut world = World::new(Arc::new(Settings::default()), Actor::person("ana", None), stamp(0));
        crier.looked(&world);
        let labels = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let alert = Arc::new(Alert { labels: Labels::new(labels), ..Alert::clone(&alert(1, DateTime::UNIX_EPOCH)) });
        let fact = Fact::AlertsChanged { source: "prod".into(), upserts: vec![alert], gone: Vec::new() };
        world.update(Event { seq: 1, stamp: stamp(seconds), body: Body::Fact(fact) });
        let bytes = crier.cry(&world);
        assert_eq!(crier.cry(&world), b"", "never twice");
        String::from_utf8(bytes).expect("text").replace("\x1b]2;midwatch PROD\x1b\\", "")
    }

    #[test]
    fn whoever_looks_is_not_called_and_whoever_looked_away_is() {
        let down = [("alertname", "Down"), ("severity", "critical")];
        assert!(!cries(&mut crier(), &down, 10).contains('\x07'));
        assert!(cries(&mut crier(), &down, 11).contains('\x07'));
        let mut away = crier();
        away.attention.0[0].by = vec![Way::Osc777];
        away.looked = Some(Duration::from_secs(1_000));
        away.looked_away();
        assert_eq!(away.looked, None);
    }

    #[test]
    fn each_way_says_it_in_its_own_words_and_what_is_less_bad_calls_where_a_rule_says_so() {
        let rule = |severity, by: &[Way]| Attention(vec![Rule { severity, services: Vec::new(), hours: None, by: by.to_vec() }]);
        let slow = [("alertname", "Slow\x1b]0;x"), ("severity", "warning")];
        assert_eq!(cries(&mut crier(), &slow, 60), "");
        let told = cries(&mut Crier::new(rule(Severity::Warning, Way::ALL), Tz::UTC), &slow, 60);
        let text = "midwatch: Slow␛]0;x is warning";
        assert_eq!(told, format!("\x07\x1b]9;{text}\x1b\\\x1b]777;notify;midwatch;{text}\x1b\\\x1b]99;;{text}\x1b\\"));
        assert_eq!(cries(&mut Crier::new(rule(Severity::Info, &[]), Tz::UTC), &slow, 60), "");
    }

    #[test]
    fn a_drill_calls_nobody() {
        let fires = |severity| {
            let labels = [("alertname".to_owned(), "Down".to_owned())].into();
            let (name, service, summary, annotations) = ("Down".to_owned(), None, None, Default::default());
            What::Fires(Fires { name, severity, service, summary, labels, annotations })
        };
        let scenario = Scenario {
            id: "night".to_owned(),
            title: "A bad night".to_owned(),
            kind: Kind::Tabletop,
            playbook: None,
            services: Vec::new(),
            beats: vec![Beat { at: Duration::ZERO, what: fires(Severity::Critical) }],
            expects: Vec::new(),
            abort: Vec::new(),
            ending: None,
        };
        let stamp = Stamp { wall: DateTime::UNIX_EPOCH, mono: Duration::from_secs(1_000) };
        let mut world = World::new(Arc::new(Settings::default()), Actor::person("ana", None), stamp);
        let (params, auto) = (Typed::default(), Auto::No);
        let start = Command::Drill(Drilling::Start { scenario: Box::new(scenario), params, auto, anyway: false });
        let asked = world.update(Event { seq: 1, stamp, body: Body::Command(RequestId(1), start) });
        let Some(Effect::Record { drafts, request }) = asked.into_iter().find(|effect| matches!(effect, Effect::Record { .. }))
        else {
            panic!("a drill is declared")
        };
        let (id, origin) = (EntryId(uuid::Uuid::nil()), OriginId(uuid::Uuid::nil()));
        let draft = drafts.into_iter().next().expect("one");
        let entry = Arc::new(Entry::stamped(id, origin, 1, Clock::default(), stamp.wall, draft));
        world.update(Event { seq: 2, stamp, body: Body::Fact(Fact::Recorded { entry, request: Some(request) }) });
        assert!(world.alerts.queue().any(|tracked| tracked.severity == Severity::Critical && tracked.arrived.is_some()));
        assert!(!crier().cry(&world).contains(&7));
    }

    #[test]
    fn what_another_source_tells_too_calls_once() {
        let named = |name: &str| SourceSpec {
            name: name.into(),
            kind: "alertmanager".into(),
            every: Duration::from_secs(15),
            timeout: Duration::from_secs(10),
            acts: Vec::new(),
            carry: None,
        };
        let settings =
            Settings { same: vec!["alertname".into()], sources: vec![named("prod"), named("pager")], ..Settings::default() };
        let stamp = |seconds: u64| Stamp { wall: DateTime::UNIX_EPOCH, mono: Duration::from_secs(1_000 + seconds) };
        let mut world = World::new(Arc::new(settings), Actor::person("ana", None), stamp(0));
        let mut crier = crier();
        let mut comes = |source: &str, number: usize, seconds: u64| {
            let id = AlertId { source: source.into(), ..alert(number, DateTime::UNIX_EPOCH).id.clone() };
            let upserts = vec![Arc::new(Alert { id, ..Alert::clone(&alert(number, DateTime::UNIX_EPOCH)) })];
            let fact = Fact::AlertsChanged { source: source.into(), upserts, gone: Vec::new() };
            world.update(Event { seq: 1, stamp: stamp(seconds), body: Body::Fact(fact) });
            crier.cry(&world).contains(&7)
        };
        assert_eq!([comes("prod", 1, 1), comes("pager", 2, 2)], [true, false]);
        assert!(comes("prod", 3, 3), "where one source has two, they are two problems");
    }
}

//! What is to reach an operator who looks elsewhere: new alerts, each of them once, by the rules of the configuration. It judges;
//! `Calls` sees to it that nobody is called twice for the same thing, whoever else watches.

use super::World;
use super::alerts::{State, Tracked};
use super::calls::{Again, Call, CutOff, said};
use crate::domain::alert::Severity;
use crate::domain::attention::Way;
use crate::domain::ids::{AlertId, EntryId};
use crate::domain::settings::Environment;
use crate::domain::text::inert;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::time::Duration;

/// Who has pressed a key so lately looks at the screen, unless the terminal says otherwise.
pub const LOOKS: Duration = Duration::from_secs(10);

/// Of one process.
#[derive(Default)]
pub struct Crier {
    revision: Option<(u64, usize)>,
    /// Arrivals up to here have been cried.
    cried: Option<Duration>,
    /// The same of watchdogs that have ended.
    mourned: Option<Duration>,
    /// The storm that rages has been cried.
    stormed: bool,
    /// Calls that were cut off and have been made anew from here.
    repeated: BTreeSet<EntryId>,
}

impl Crier {
    /// Whom to call of what has come since this was asked last, in the ways that are ours. `looked`: when the operator looked last at
    /// this console, or at another one; asked only where there is somebody to call.
    pub fn cry(&mut self, world: &World, looked: impl Fn() -> Option<DateTime<Utc>>, ours: impl Fn(Way) -> bool) -> Option<Call> {
        let revision = (world.alerts.revision(), world.calls.to_repeat(world.now.wall).count());
        // What is played has been: it calls nobody.
        if self.revision == Some(revision) || world.settings.environment == Environment::Replay {
            return None;
        }
        // Whoever sees it come need not be called.
        let looks = || looked().is_some_and(|at| world.now.wall - at <= TimeDelta::from_std(LOOKS).unwrap_or_default());
        let call = self.fresh(world).map(|call| Call { seen: looks(), ..call });
        let call = call.or_else(|| self.anew(world, &looked, &ours));
        self.revision = call.is_none().then_some(revision);
        let Call { by, .. } = call.as_ref()?;
        let by: Vec<Way> = by.iter().copied().filter(|way| ours(*way)).collect();
        call.filter(|_| !by.is_empty()).map(|call| Call { by, ..call })
    }

    fn fresh(&mut self, world: &World) -> Option<Call> {
        let dead = self.dead(world);
        self.mourned = dead.newest().or(self.mourned);
        if world.storm.raging().is_some() {
            // That alerting is broken is none of what a storm is made of.
            return dead.call(world).or_else(|| self.storm(world));
        }
        self.stormed = false;
        let news = self.news(world);
        self.cried = news.newest().or(self.cried);
        news.and(dead).call(world)
    }

    /// A call that was cut off is made once more, as long as something of it is nobody's and nobody has looked since.
    fn anew(&mut self, world: &World, looked: impl Fn() -> Option<DateTime<Utc>>, ours: impl Fn(Way) -> bool) -> Option<Call> {
        let cut_off = world.calls.to_repeat(world.now.wall).filter(|call| ours(call.name.way));
        let mut cut_off = cut_off.filter(|call| !self.repeated.contains(&call.intent.id));
        let call = cut_off.find_map(|CutOff { name, intent, of }| {
            let loud = |tracked: &Tracked| tracked.state == State::Firing || world.alerts.is_dead_watchdog(tracked);
            let wakes = |tracked: &Tracked| loud(tracked) && world.worked_on(tracked).is_none();
            let alerts = of.iter().filter_map(|entry| world.alerts.get(entry.alert.as_ref()?)).filter(|tracked| wakes(tracked));
            let alerts: Vec<AlertId> = alerts.map(|tracked| tracked.alert.id.clone()).collect();
            let storm = intent.alert.is_none() && world.alerts.count(State::Firing) > 0;
            if alerts.is_empty() && !storm || looked().is_some_and(|at| at >= intent.recorded_at) {
                return None;
            }
            let what = if storm { inert(intent.text_of("what").unwrap_or_default()).into_owned() } else { said(world, &alerts) };
            let text = format!("{what} (an earlier call of it was cut off)");
            let again = Some(Again { first: name, intent: intent.id });
            Some(Call { alerts, text, by: vec![name.way], seen: false, again })
        })?;
        // The journal has not answered yet when this is asked again.
        self.repeated.extend(call.again.as_ref().map(|again| again.intent));
        Some(call)
    }

    /// A storm is cried once, and nothing that arrives in it.
    fn storm(&mut self, world: &World) -> Option<Call> {
        let now = world.now.mono;
        let lately = self.cried.is_some_and(|at| now.saturating_sub(at) <= world.settings.storm.within);
        if self.stormed {
            self.cried = Some(now);
            return None;
        }
        // By what one of it would call alone: a storm of what calls nobody calls nobody.
        let by = self.news(world).call(world)?.by;
        (self.stormed, self.cried) = (true, Some(now));
        let text = format!("a storm, {} new alerts", world.storm.lately());
        (!lately).then_some(Call { alerts: Vec::new(), text, by, seen: false, again: None })
    }

    /// Another source has said so before.
    fn told(&self, world: &World, tracked: &Tracked) -> bool {
        let before = |twin: &Tracked| twin.arrived.is_none_or(|stamp| self.cried.is_some_and(|cried| stamp.mono <= cried));
        let says_so = |twin: &Tracked| twin.state == State::Firing && twin.severity >= tracked.severity && before(twin);
        world.alerts.twins(tracked).any(says_so)
    }

    /// What arrived and was not cried yet.
    fn news<'w>(&self, world: &'w World) -> Cries<'w> {
        let attention = &world.settings.attention;
        let mut cries = Cries::default();
        let Some(least) = attention.least() else { return cries };
        // What fires and is nobody's is the beginning of the queue, the worst first.
        let bad = world.alerts.queue().take_while(|tracked| tracked.severity >= least);
        // A drill calls nobody.
        for tracked in bad.filter(|tracked| !tracked.is_drill()) {
            let Some(at) = tracked.arrived.map(|stamp| stamp.mono).filter(|at| self.cried.is_none_or(|cried| *at > cried)) else {
                continue;
            };
            if tracked.state == State::Firing && world.worked_on(tracked).is_none() && !self.told(world, tracked) {
                cries.add(at, tracked, attention.ways(tracked.severity, tracked.service.as_ref(), world.now.wall));
            }
        }
        cries
    }

    /// What fires to say that alerting works has ended: nothing that should call may do so any more.
    fn dead<'w>(&self, world: &'w World) -> Cries<'w> {
        let mut cries = Cries::default();
        for (tracked, at) in world.alerts.dead_watchdogs() {
            if self.mourned.is_none_or(|mourned| at.mono > mourned) && world.worked_on(tracked).is_none() {
                let ways = world.settings.attention.ways(Severity::Critical, tracked.service.as_ref(), world.now.wall);
                cries.add(at.mono, tracked, ways);
            }
        }
        cries
    }
}

/// What is to be cried together: since when each is news, and in which ways they call.
#[derive(Default)]
struct Cries<'w> {
    of: Vec<(Duration, &'w AlertId)>,
    by: BTreeSet<Way>,
}

impl<'w> Cries<'w> {
    fn add(&mut self, at: Duration, tracked: &'w Tracked, ways: &[Way]) {
        if !ways.is_empty() {
            self.by.extend(ways.iter().copied());
            self.of.push((at, &tracked.alert.id));
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.of.splice(0..0, other.of);
        self.by.extend(other.by);
        self
    }

    fn newest(&self) -> Option<Duration> {
        self.of.iter().map(|(at, _)| *at).max()
    }

    fn call(mut self, world: &World) -> Option<Call> {
        // The worst of the newest comes first.
        self.of.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let alerts: Vec<AlertId> = self.of.into_iter().map(|(_, id)| id.clone()).collect();
        let text = said(world, &alerts);
        (!alerts.is_empty()).then(|| Call { text, alerts, by: self.by.into_iter().collect(), seen: false, again: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alert::{Alert, Labels, Upstream};
    use crate::domain::attention::{Attention, Rule};
    use crate::domain::entry::{Actor, Clock, Entry};
    use crate::domain::ids::{AlertId, EntryId, OriginId, RequestId};
    use crate::domain::run::Auto;
    use crate::domain::scenario::{Beat, Fires, Kind, Scenario, What};
    use crate::domain::settings::{Settings, SourceSpec};
    use crate::domain::stamp::Stamp;
    use crate::model::drills::Drilling;
    use crate::model::runs::Typed;
    use crate::model::{Body, Command, Effect, Event, Fact};
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

    /// What this crier, of a console that can do all, makes of it.
    fn calls(crier: &mut Crier, world: &World) -> Option<Call> {
        crier.cry(world, || None, |_| true)
    }

    fn rings(crier: &mut Crier, world: &World) -> bool {
        calls(crier, world).is_some_and(|call| !call.seen)
    }

    /// How often the bell rings when so many critical alerts arrive in each second, after each of which a frame is drawn.
    fn bells(arrivals: &[usize]) -> Vec<usize> {
        let mut stamp = Stamp { wall: DateTime::UNIX_EPOCH, mono: Duration::from_secs(1_000) };
        let (mut world, mut crier) =
            (World::new(Arc::new(Settings::default()), Actor::person("ana", None), stamp), Crier::default());
        let mut number = 0;
        let mut second = |count: &usize| {
            stamp = Stamp { wall: stamp.wall + chrono::Duration::seconds(1), mono: stamp.mono + Duration::from_secs(1) };
            let upserts = (number..number + count).map(|number| alert(number, stamp.wall)).collect();
            number += count;
            let fact = Fact::AlertsChanged { source: "prod".into(), upserts, gone: Vec::new() };
            let body = if *count == 0 { Body::Tick } else { Body::Fact(fact) };
            drop(world.update(Event { seq: 1, stamp, body }));
            usize::from(rings(&mut crier, &world))
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

    #[test]
    fn a_storm_of_what_calls_nobody_calls_nobody_until_something_in_it_does() {
        let mut stamp = Stamp { wall: DateTime::UNIX_EPOCH, mono: Duration::from_secs(1_000) };
        let (mut world, mut crier) =
            (World::new(Arc::new(Settings::default()), Actor::person("ana", None), stamp), Crier::default());
        let mut second = |numbers: std::ops::Range<usize>, severity: &str| {
            stamp = Stamp { wall: stamp.wall + chrono::Duration::seconds(1), mono: stamp.mono + Duration::from_secs(1) };
            let labels = || Labels::new(vec![("alertname".into(), "Down".into()), ("severity".into(), severity.into())]);
            let one = |number| Arc::new(Alert { labels: labels(), ..Alert::clone(&alert(number, stamp.wall)) });
            let fact = Fact::AlertsChanged { source: "prod".into(), upserts: numbers.map(one).collect(), gone: Vec::new() };
            drop(world.update(Event { seq: 1, stamp, body: Body::Fact(fact) }));
            assert!(world.storm.raging().is_some());
            usize::from(rings(&mut crier, &world))
        };
        let rung = [second(0..300, "info"), second(300..400, "info"), second(400..401, "critical"), second(401..402, "critical")];
        assert_eq!(rung, [0, 0, 1, 0]);
    }

    /// What is cried of one alert.
    fn cries(attention: Attention, labels: &[(&str, &str)], looks: bool) -> Option<Call> {
        let stamp = |seconds: u64| Stamp { wall: DateTime::UNIX_EPOCH, mono: Duration::from_secs(1_000 + seconds) };
        let settings = Settings { attention, ..Settings::default() };
        let mut world = World::new(Arc::new(settings), Actor::person("ana", None), stamp(0));
        let mut crier = Crier::default();
        let labels = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let alert = Arc::new(Alert { labels: Labels::new(labels), ..Alert::clone(&alert(1, DateTime::UNIX_EPOCH)) });
        let fact = Fact::AlertsChanged { source: "prod".into(), upserts: vec![alert], gone: Vec::new() };
        world.update(Event { seq: 1, stamp: stamp(60), body: Body::Fact(fact) });
        let call = crier.cry(&world, || looks.then_some(world.now.wall), |_| true);
        assert_eq!(calls(&mut crier, &world), None, "never twice");
        call
    }

    #[test]
    fn whoever_looks_sees_it_come_and_is_not_called_of_it_later_either() {
        let down = [("alertname", "Down"), ("severity", "critical")];
        let seen = |looks| cries(Attention::default(), &down, looks).expect("news").seen;
        assert!(seen(true) && !seen(false));
    }

    #[test]
    fn what_is_less_bad_calls_where_a_rule_says_so_and_by_what_is_ours() {
        let rule = |severity, by: &[Way]| {
            let rule = Rule { severity, services: Vec::new(), hours: None, by: by.to_vec() };
            Attention { rules: vec![rule], zone: None }
        };
        let slow = [("alertname", "Slow\x1b]0;x"), ("severity", "warning")];
        assert_eq!(cries(Attention::default(), &slow, false), None);
        let call = cries(rule(Severity::Warning, Way::ALL), &slow, false).expect("news");
        assert_eq!((call.text.as_str(), call.by.as_slice()), ("Slow␛]0;x is warning", Way::ALL));
        assert_eq!(cries(rule(Severity::Info, &[]), &slow, false), None);
    }

    #[test]
    fn whoever_is_woken_hears_where_it_is_though_nothing_else_has_that_name() {
        let text = |labels: &[(&str, &str)]| cries(Attention::default(), labels, false).expect("news").text;
        let down = [("alertname", "host down"), ("severity", "critical"), ("host", "web2")];
        assert_eq!(text(&down), "host down web2 is critical");
        let told = [("alertname", "CPU busy on app-1"), ("severity", "critical"), ("host", "app-1")];
        assert_eq!(text(&told), "CPU busy on app-1 is critical");
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
        assert_eq!(calls(&mut Crier::default(), &world), None);
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
        let mut crier = Crier::default();
        let mut comes = |source: &str, number: usize, seconds: u64| {
            let id = AlertId { source: source.into(), ..alert(number, DateTime::UNIX_EPOCH).id.clone() };
            let upserts = vec![Arc::new(Alert { id, ..Alert::clone(&alert(number, DateTime::UNIX_EPOCH)) })];
            let fact = Fact::AlertsChanged { source: source.into(), upserts, gone: Vec::new() };
            world.update(Event { seq: 1, stamp: stamp(seconds), body: Body::Fact(fact) });
            rings(&mut crier, &world)
        };
        assert_eq!([comes("prod", 1, 1), comes("pager", 2, 2)], [true, false]);
        assert!(comes("prod", 3, 3), "where one source has two, they are two problems");
    }
}

//! One contract for every source, whatever its system: trouble is told and never an empty queue, nothing that was known ends
//! because of it, and nothing is sent twice. A new source stands in the list at the end and in a file that says what its fake can.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

#[path = "sources/alertmanager.rs"]
mod alertmanager;
#[path = "sources/goalert.rs"]
mod goalert;
#[path = "sources/grafana.rs"]
mod grafana;
#[path = "sources/grafana_irm.rs"]
mod grafana_irm;
#[path = "sources/icinga2.rs"]
mod icinga2;
#[path = "sources/listing.rs"]
mod listing;
#[path = "sources/pagerduty.rs"]
mod pagerduty;
mod support;
#[path = "sources/zabbix.rs"]
mod zabbix;

use midwatch::domain::act::{Act, ActKind, Found, Outcome, What};
use midwatch::domain::alert::{Alert, SilenceMatcher, Snapshot, Upstream};
use midwatch::domain::entry::Actor;
use midwatch::domain::ids::{AlertId, IncidentId};
use midwatch::domain::incident::{Sev, Status};
use midwatch::domain::node::{Node, Problems};
use midwatch::domain::settings::{Settings, SourceSpec};
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::domain::update::Update;
use midwatch::journal::{Options, SqliteJournal};
use midwatch::model::alerts::{SourceHealth, State};
use midwatch::model::progress::Stage;
use midwatch::model::{Command, World};
use midwatch::ports::Ports;
use midwatch::runtime::ports::telling;
use midwatch::runtime::{Polling, Setup, Shell};
use midwatch::sources::{KINDS, Source};
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::fake::{Contract, Fake, Mood};
use support::{intent, until};

/// A system that keeps its contract or breaks it, and what is done to it from outside.
trait Subject: Deref<Target = Fake<Self::System>> + Sized {
    type System: Contract;
    const KIND: &'static str;
    /// How requests begin that change something.
    const WRITES: &'static [&'static str] = &["POST", "PUT", "DELETE", "PATCH"];
    /// It says what is not firing, too: what it does not list is absent.
    const COMPLETE: bool = true;
    /// The most requests of a poll of one page.
    const REQUESTS: usize;
    /// How many alerts a page holds, and how many requests each further page costs. `None`: everything is listed at once.
    const PAGES: Option<(usize, usize)> = None;

    fn start() -> Self;
    /// The configuration of a source that asks it.
    fn yaml(&self) -> String;
    /// Something begins. Its fingerprint.
    fn fire(&self, name: &str) -> String;
    /// It ends.
    fn end(&self, id: &str);
    /// What is listed is gone for now, although nothing has ended: a restart.
    fn forget(&self);
    /// Where lists have pages: this one ends once the next page was read.
    fn end_between_pages(&self, id: &str);
    fn source(&self) -> Arc<dyn Source> {
        let mut problems = Problems::default();
        let node = Node::parse(&self.yaml(), &mut problems).expect("is YAML");
        let kind = KINDS.iter().find(|kind| kind.name == Self::KIND).expect("there is one");
        let source = (kind.parse)(&"it".into(), &node, &mut problems);
        source.unwrap_or_else(|| panic!("{:?}", problems.list)).into()
    }

    /// How often something was to be changed.
    fn written(&self) -> usize {
        Self::WRITES.iter().map(|write| self.count(write)).sum()
    }

    /// All writes are answered so.
    fn writes_are(&self, mood: &Mood) {
        Self::WRITES.iter().for_each(|write| self.mood_of(write, mood.clone()));
    }
}

/// A system that can be acted on, too.
trait Acting: Subject {
    /// Acts that it has, the first of them one that `done` counts.
    fn acts(&self, id: &str) -> Vec<Act>;
    /// How often the first of its acts has taken effect.
    fn done(&self, id: &str) -> usize;
    /// An act, and somebody who undoes it before it can be read back.
    fn overtaken(&self, id: &str) -> Act;
}

const LIMIT: Duration = Duration::from_secs(30);
/// For servers that never answer.
const SHORT: Duration = Duration::from_millis(700);
const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that a server may do wrong, what that is called, and a word that must be told.
const TROUBLES: [(Mood, Reason, &str); 14] = [
    (Mood::Silent, Reason::Timeout, "no complete answer within"),
    (Mood::HeadersOnly, Reason::Timeout, "no complete answer within"),
    (Mood::Reset, Reason::Network, ": "),
    (Mood::Html, Reason::Nonsense, "a page titled \"Sign in\" instead of a"),
    (Mood::Truncated, Reason::Nonsense, "cut short after"),
    (Mood::WrongSchema, Reason::Nonsense, "something else than a"),
    (Mood::Huge, Reason::TooLarge, "nothing of it is used"),
    (Mood::Status(401, "who are you"), Reason::Denied, "401 Unauthorized: who are you; check the credentials"),
    (Mood::Status(403, "no"), Reason::Denied, "403 Forbidden: no; these credentials may not do this"),
    (Mood::Status(404, "nothing here"), Reason::Status, "404 Not Found: nothing here"),
    (Mood::Status(429, ""), Reason::Limited, "429 Too Many Requests"),
    (Mood::Limited(30), Reason::Limited, "429 Too Many Requests: slow down"),
    (Mood::Status(500, "oops"), Reason::Status, "500 Internal Server Error: oops"),
    (Mood::Status(503, "<html><title>Back soon</title></html>"), Reason::Status, "a page titled \"Back soon\""),
];

async fn poll(source: &dyn Source, before: &[Arc<Alert>]) -> Result<Snapshot, Trouble> {
    source.fetch(before, &Ports::real(), LIMIT).await
}

fn firing(snapshot: &Snapshot) -> Vec<&str> {
    let firing = snapshot.alerts.iter().filter(|alert| alert.upstream == Upstream::Firing);
    firing.map(|alert| alert.id.fingerprint.as_str()).collect()
}

async fn trouble_is_told_and_is_no_empty_queue<S: Subject>() {
    for (mood, reason, words) in TROUBLES {
        let subject = S::start();
        subject.fire("DiskFull");
        subject.mood(mood.clone());
        let limit = if reason == Reason::Timeout { SHORT } else { LIMIT };
        let trouble = subject.source().fetch(&[], &Ports::real(), limit).await.expect_err("misbehaves");
        let address = subject.url.authority().to_owned();
        let told = trouble.to_string();
        assert!(trouble.reason == reason && told.contains(words) && told.contains(&address), "{mood:?}: {trouble:?}");
        let back = (mood == Mood::Limited(30)).then_some(Duration::from_secs(30));
        assert_eq!(trouble.retry_after, back, "{mood:?}");
    }
}

/// Nobody listens at an address that was free a moment ago.
fn dead<S: Subject>() -> Arc<dyn Source> {
    let subject = S::start();
    let (source, address) = (subject.source(), subject.url.authority().to_owned());
    drop(subject);
    until("the end of the server", || std::net::TcpStream::connect(&address).is_err().then_some(()));
    source
}

async fn a_dead_server_is_told<S: Subject>() {
    let trouble = poll(&*dead::<S>(), &[]).await.expect_err("dead");
    assert!(matches!(trouble.reason, Reason::Refused | Reason::Network), "{trouble:?}");
}

async fn acts_wait_for_a_dead_server<S: Acting>() {
    let subject = S::start();
    let (act, source) = (subject.acts(&subject.fire("DiskFull")).remove(0), dead::<S>());
    let end = source.act(&act, intent(), &Ports::real()).await;
    assert_eq!(end.outcome, Outcome::Unsent, "{end:?}");
    assert!(source.find(&act, intent(), &Ports::real()).await.is_err());
}

/// A console that asks the source again and again.
fn console(subject: &impl Subject, kind: &str) -> Shell {
    let source = subject.source();
    let spec = SourceSpec {
        name: "it".into(),
        kind: kind.into(),
        every: Duration::from_millis(50),
        timeout: SHORT,
        acts: source.acts().to_vec(),
        carry: source.carry(),
    };
    let settings = Arc::new(Settings { sources: vec![spec.clone()], ..Settings::default() });
    let (ports, me) = (Ports::real(), Actor::person("ana", None));
    let setup = Setup {
        settings,
        me,
        sources: vec![(spec, source)],
        feeds: Vec::new(),
        tellers: Vec::new(),
        ports,
        journal: None,
        polling: Polling::All,
        watch: false,
    };
    Shell::start(setup).expect("begins")
}

#[tokio::test]
async fn an_act_whose_source_the_configuration_has_lost_meanwhile_fails_and_says_so() {
    let spec = SourceSpec {
        name: "it".into(),
        kind: "alertmanager".into(),
        every: SHORT,
        timeout: SHORT,
        acts: vec![ActKind::Expire],
        carry: None,
    };
    let data = tempfile::tempdir().expect("a folder");
    let journal = SqliteJournal::open(data.path(), Options::default()).expect("a journal");
    let setup = Setup {
        settings: Arc::new(Settings { sources: vec![spec], ..Settings::default() }),
        me: Actor::person("ana", None),
        sources: Vec::new(),
        feeds: Vec::new(),
        tellers: Vec::new(),
        ports: Ports::real(),
        journal: Some((Box::new(journal), data.path().to_owned())),
        polling: Polling::Nothing,
        watch: false,
    };
    let mut shell = Shell::new(&setup);
    shell.begin(setup);
    let request = shell.ask(Command::Expire { source: "it".into(), id: "s-1".into() });
    assert!(shell.until_quiet(PATIENCE).await, "the act has no end");
    let Stage::Ended(end) = &shell.world.requests.get(request).expect("remembered").items[0].stage else { panic!("no end") };
    assert_eq!(end.outcome, Outcome::Failed);
    assert_eq!(end.detail.raw(), "not sent: no source is named it in the configuration any more");
}

fn state(world: &World, id: &str) -> Option<State> {
    world.alerts.get(&AlertId { source: "it".into(), fingerprint: id.into() }).map(|tracked| tracked.state)
}

fn health(world: &World) -> SourceHealth {
    world.alerts.source(&"it".into()).expect("there is one").health
}

async fn what_was_known_does_not_end_because_of_trouble<S: Subject>() {
    for (mood, ..) in TROUBLES {
        let subject = S::start();
        let id = subject.fire("DiskFull");
        let mut shell = console(&subject, S::KIND);
        assert!(shell.until(PATIENCE, |world| state(world, &id) == Some(State::Firing)).await, "{mood:?}");
        subject.mood(mood.clone());
        for _ in 0..3 {
            shell.ask(Command::Refresh);
            assert!(shell.until(PATIENCE, |world| health(world) == SourceHealth::Failed).await, "{mood:?}");
            assert_eq!(state(&shell.world, &id), Some(State::Firing), "{mood:?}");
        }
    }
}

async fn a_list_that_is_empty_after_a_restart_ends_nothing_and_an_end_does<S: Subject>() {
    let subject = S::start();
    let id = subject.fire("DiskFull");
    let mut shell = console(&subject, S::KIND);
    assert!(shell.until(PATIENCE, |world| state(world, &id) == Some(State::Firing)).await);
    subject.forget();
    let asked = subject.hits().len();
    assert!(shell.until(PATIENCE, |world| health(world) == SourceHealth::Fresh && subject.hits().len() > asked + 20).await);
    assert_eq!(state(&shell.world, &id), Some(State::Firing));

    let subject = S::start();
    let id = subject.fire("DiskFull");
    let mut shell = console(&subject, S::KIND);
    assert!(shell.until(PATIENCE, |world| state(world, &id) == Some(State::Firing)).await);
    subject.end(&id);
    assert!(shell.until(PATIENCE, |world| state(world, &id) == Some(State::Resolved)).await);
}

async fn pages_that_move_lose_nothing_and_double_nothing<S: Subject>() {
    let subject = S::start();
    let mut ids: Vec<String> = (0..250).map(|n| subject.fire(&format!("Disk{n:03}"))).collect();
    let source = subject.source();
    let before = poll(&*source, &[]).await.expect("an answer");
    // The one that was listed first: all others come one place nearer.
    let gone = ids.remove(249);
    subject.end_between_pages(&gone);
    let after = poll(&*source, &before.alerts).await.expect("an answer");
    assert_eq!(after.complete, S::COMPLETE, "{:?}", after.missing);
    let still: Vec<&str> = firing(&after).into_iter().filter(|id| *id != gone).collect();
    ids.sort();
    assert_eq!(still, ids);
}

/// How many of those that are lost are asked for one by one in one poll.
const ONE_BY_ONE: usize = 20;

/// Requests go by pages and never by alerts: not when there are many, not when all of them end, and not when all are lost.
async fn a_poll_of_many_alerts_makes_no_more_requests_than_their_pages<S: Subject>() {
    let subject = S::start();
    let source = subject.source();
    let mut known = Vec::new();
    let mut cost = async |most: usize, when: &str| {
        let asked = subject.hits().len();
        known = poll(&*source, &known).await.expect("an answer").alerts;
        let made = subject.hits().split_off(asked);
        assert!(made.len() <= most, "{when}: {} requests and not {most}: {made:?}", made.len());
        known.len()
    };
    let mut ids = vec![subject.fire("Disk0")];
    // What is asked once and for all, the version for example.
    cost(S::REQUESTS + 1, "the first one").await;
    cost(S::REQUESTS, "one").await;
    ids.extend((1..1_100).map(|n| subject.fire(&format!("Disk{n}"))));
    let pages = |count: usize| S::PAGES.map_or(0, |(size, each)| (count.div_ceil(size) - 1) * each);
    let most = S::REQUESTS + pages(ids.len());
    assert_eq!(cost(most, "many that are new").await, ids.len());
    assert_eq!(cost(most, "many that are known").await, ids.len());
    ids.split_off(550).iter().for_each(|id| subject.end(id));
    cost(most + ONE_BY_ONE, "half of them have ended").await;
    subject.forget();
    cost(most + ONE_BY_ONE, "all of them are lost").await;
}

async fn an_act_is_found_again_before_it_would_be_repeated<S: Acting>() {
    let subject = S::start();
    let id = subject.fire("DiskFull");
    for act in subject.acts(&id) {
        let (source, intent) = (subject.source(), intent());
        assert_eq!(source.find(&act, intent, &Ports::real()).await, Ok(Found::NotThere), "{act:?}");
        let end = source.act(&act, intent, &Ports::real()).await;
        assert_eq!((end.outcome, end.made.is_some()), (Outcome::Done, true), "{act:?}: {end:?}");
        assert!(matches!(source.find(&act, intent, &Ports::real()).await, Ok(Found::There(_))), "{act:?}");
    }
    assert_eq!((subject.done(&id), subject.written()), (1, subject.acts(&id).len()));
    subject.mood(Mood::Status(500, ""));
    let act = subject.acts(&id).remove(0);
    assert!(subject.source().find(&act, intent(), &Ports::real()).await.is_err(), "what can't be asked is not absent");
}

async fn an_act_whose_answer_is_lost_is_sent_once<S: Acting>() {
    for mood in [Mood::DeafAfterwards, Mood::Reset, Mood::FailedAfterwards(500), Mood::FailedAfterwards(502)] {
        let subject = S::start();
        let id = subject.fire("DiskFull");
        subject.writes_are(&mood);
        let act = subject.acts(&id).remove(0);
        let end = subject.source().act(&act, intent(), &Ports::real()).await;
        assert_eq!((end.outcome, subject.written(), subject.done(&id)), (Outcome::Done, 1, 1), "{mood:?}: {end:?}");
    }
}

async fn an_act_that_was_not_done_is_never_called_done<S: Acting>() {
    for mood in [
        Mood::Silent,
        Mood::Status(400, "\"bad\""),
        Mood::Status(401, "who are you"),
        Mood::Status(403, "no"),
        Mood::Status(429, ""),
        Mood::Limited(30),
        Mood::Status(500, "oops"),
        Mood::Status(504, ""),
    ] {
        let subject = S::start();
        let id = subject.fire("DiskFull");
        subject.writes_are(&mood);
        let act = subject.acts(&id).remove(0);
        let end = subject.source().act(&act, intent(), &Ports::real()).await;
        let open = matches!(mood, Mood::Silent | Mood::Status(504, _));
        assert_eq!((end.outcome == Outcome::Unknown, subject.written(), subject.done(&id)), (open, 1, 0), "{mood:?}: {end:?}");
        assert!(matches!(end.outcome, Outcome::Unknown | Outcome::Failed | Outcome::Unsent), "{mood:?}: {end:?}");
    }
}

async fn what_ends_while_somebody_acts_stays_over<S: Acting>() {
    for place in 0.. {
        let subject = S::start();
        let id = subject.fire("DiskFull");
        let mut acts = subject.acts(&id);
        if place == acts.len() {
            return;
        }
        let act = acts.remove(place);
        subject.end(&id);
        let end = subject.source().act(&act, intent(), &Ports::real()).await;
        assert!(matches!(end.outcome, Outcome::Done | Outcome::Contradicted), "{act:?}: {end:?}");
        assert!(firing(&poll(&*subject.source(), &[]).await.expect("an answer")).is_empty(), "{act:?}");
    }
}

async fn what_somebody_else_undoes_meanwhile_is_a_contradiction<S: Acting>() {
    let subject = S::start();
    let id = subject.fire("DiskFull");
    let act = subject.overtaken(&id);
    let end = subject.source().act(&act, intent(), &Ports::real()).await;
    assert_eq!((end.outcome, subject.written()), (Outcome::Contradicted, 1), "{end:?}");
    assert!(!end.detail.is_empty());
}

/// Any act of this kind.
fn some(kind: ActKind, id: &str) -> Act {
    let (until, now) = (chrono::Utc::now() + chrono::TimeDelta::hours(1), chrono::Utc::now());
    let what = match kind {
        ActKind::Silence => {
            let matchers = vec![SilenceMatcher { name: "a".into(), value: "b".into(), regex: false, equal: true }];
            let (by, comment) = ("ana".into(), "as agreed".into());
            return Act::Silence { id: None, matchers, starts_at: now, ends_at: until, by, comment };
        }
        ActKind::Expire => return Act::Expire { id: "s-1".into() },
        ActKind::Page => return Act::Page { to: "dba".into(), text: "help".into(), by: "ana".into() },
        ActKind::Tell => {
            let (incident, title, text, by) = (IncidentId(uuid::Uuid::from_u128(1)), "down".into(), "help".into(), "ana".into());
            let (severity, status) = (Sev::ALL[0], Status::Open);
            return Act::Tell(Update { incident, number: 1, title, severity, status, text, by, at: now, next: None });
        }
        ActKind::Acknowledge => What::Acknowledge { until, from: None },
        ActKind::Unacknowledge => What::Unacknowledge,
        ActKind::Snooze => What::Snooze { until },
        ActKind::Unsnooze => What::Unsnooze,
        ActKind::Resolve => What::Resolve,
        ActKind::Assign => What::Assign { to: "Maria".into() },
        ActKind::Escalate => What::Escalate { level: None },
        ActKind::Comment => What::Comment,
        ActKind::Downtime => What::Downtime { until },
        ActKind::Recheck => What::Recheck,
        ActKind::Merge => What::Merge { into: id.into() },
        ActKind::Prioritise => What::Prioritise { to: "P1".into() },
    };
    Act::On { alert: id.into(), what, by: "ana".into(), comment: "as agreed".into() }
}

async fn what_its_system_has_not_is_refused_and_nothing_is_sent<S: Subject>() {
    let subject = S::start();
    let (id, source) = (subject.fire("DiskFull"), subject.source());
    for kind in ActKind::ALL.into_iter().filter(|kind| !source.acts().contains(kind)) {
        let end = source.act(&some(kind, &id), intent(), &Ports::real()).await;
        assert!(end.outcome == Outcome::Failed && !end.detail.is_empty(), "{kind:?}: {end:?}");
    }
    assert_eq!(subject.written(), 0);
    assert_eq!(firing(&poll(&*source, &[]).await.expect("an answer")), [id]);
}

async fn what_was_taken_is_told_before_it_is_read_back<S: Acting>() {
    let told = |subject: S| async move {
        let (taken, intent) = (Arc::new(Mutex::new(Vec::new())), intent());
        let ports = telling(&Ports::real(), {
            let taken = taken.clone();
            move |intent| taken.lock().expect("not poisoned").push(intent)
        });
        let act = subject.acts(&subject.fire("DiskFull")).remove(0);
        subject.source().act(&act, intent, &ports).await;
        let taken = taken.lock().expect("not poisoned").clone();
        (taken, intent.id())
    };
    let (taken, intent) = told(S::start()).await;
    assert_eq!(taken, [intent]);
    let subject = S::start();
    subject.writes_are(&Mood::Status(403, "no"));
    assert_eq!(told(subject).await.0, []);
}

macro_rules! cases {
    ($subject:ty: $($test:ident)*) => {
        $(#[tokio::test]
        async fn $test() {
            super::$test::<$subject>().await;
        })*
    };
}

macro_rules! listing {
    ($subject:ty) => {
        cases! { $subject:
            trouble_is_told_and_is_no_empty_queue
            a_dead_server_is_told
            what_was_known_does_not_end_because_of_trouble
            a_list_that_is_empty_after_a_restart_ends_nothing_and_an_end_does
            pages_that_move_lose_nothing_and_double_nothing
            a_poll_of_many_alerts_makes_no_more_requests_than_their_pages
            what_its_system_has_not_is_refused_and_nothing_is_sent
        }
    };
}

macro_rules! acting {
    ($subject:ty) => {
        cases! { $subject:
            acts_wait_for_a_dead_server
            an_act_is_found_again_before_it_would_be_repeated
            an_act_whose_answer_is_lost_is_sent_once
            an_act_that_was_not_done_is_never_called_done
            what_ends_while_somebody_acts_stays_over
            what_somebody_else_undoes_meanwhile_is_a_contradiction
            what_was_taken_is_told_before_it_is_read_back
        }
    };
}

macro_rules! contract {
    ($($source:ident: $subject:ty { $listing:ident $($acting:ident)? },)*) => {
        $(mod $source {
            $listing!($subject);
            $($acting!($subject);)?
        })*

        /// Every kind of source is above, and only those that have acts are asked for any.
        #[test]
        fn every_source_keeps_the_contract() {
            let mut kept = Vec::new();
            $({
                let acts: &[&str] = &[$(stringify!($acting))?];
                let source = <$subject>::start().source();
                assert_eq!(acts.is_empty(), source.acts().is_empty(), "{}", <$subject as Subject>::KIND);
                kept.push(<$subject as Subject>::KIND);
            })*
            kept.sort_unstable();
            assert_eq!(kept, KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>());
        }
    };
}

// What does not stand here can't be: a Prometheus and what is pushed to a webhook have nothing that acts on them, so nobody can
// be faster there, and no answer to an act can be lost. Pages move only where there are pages: all others list everything at
// once, and then the case shows that an end in between is no loss of others. A webhook is asked as one console asks another.
contract! {
    the_alertmanager: crate::support::fake_alertmanager::FakeAlertmanager { listing acting },
    the_goalert: crate::support::fake_goalert::FakeGoAlert { listing acting },
    the_grafana: crate::support::fake_grafana::FakeGrafana { listing acting },
    the_grafana_irm: crate::support::fake_irm::FakeIrm { listing acting },
    the_icinga: crate::support::fake_icinga::FakeIcinga { listing acting },
    the_pagerduty: crate::support::fake_pagerduty::FakePagerDuty { listing acting },
    the_prometheus: crate::support::fake_prometheus::FakePrometheus { listing },
    the_webhook: crate::support::fake_listener::FakeListener { listing },
    the_zabbix: crate::support::fake_zabbix::FakeZabbix { listing acting },
}

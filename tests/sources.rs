//! One contract for every source, whatever its system: trouble is told and never an empty queue, nothing that was known ends
//! because of it, and nothing is sent twice. A new source stands in the list at the end and in a file that says what its fake can.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

#[path = "sources/alertmanager.rs"]
mod alertmanager;
#[path = "sources/pagerduty.rs"]
mod pagerduty;
mod support;

use midwatch::domain::act::{Act, Found, Outcome};
use midwatch::domain::alert::{Alert, Snapshot, Upstream};
use midwatch::domain::entry::Actor;
use midwatch::domain::ids::AlertId;
use midwatch::domain::node::{Node, Problems};
use midwatch::domain::settings::{Settings, SourceSpec};
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::model::alerts::{SourceHealth, State};
use midwatch::model::{Command, World};
use midwatch::ports::Ports;
use midwatch::runtime::{Polling, Setup, Shell};
use midwatch::sources::{KINDS, Source};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use support::fake::{Contract, Fake, Mood};
use support::intent;

/// A system that keeps its contract or breaks it, and what is done to it from outside.
trait Subject: Deref<Target = Fake<Self::System>> + Sized {
    type System: Contract;
    const KIND: &'static str;

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
    /// Acts that it has, the first of them one that `done` counts.
    fn acts(&self, id: &str) -> Vec<Act>;
    /// How often the first of its acts has taken effect.
    fn done(&self, id: &str) -> usize;
    /// An act, and somebody who undoes it before it can be read back.
    fn overtaken(&self, id: &str) -> Act;

    fn source(&self) -> Arc<dyn Source> {
        let mut problems = Problems::default();
        let node = Node::parse(&self.yaml(), &mut problems).expect("is YAML");
        let kind = KINDS.iter().find(|kind| kind.name == Self::KIND).expect("there is one");
        let source = (kind.parse)(&"it".into(), &node, &mut problems);
        source.unwrap_or_else(|| panic!("{:?}", problems.list)).into()
    }
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
    (Mood::Html, Reason::Nonsense, "a page titled \"Sign in\" instead of a list of "),
    (Mood::Truncated, Reason::Nonsense, "cut short after"),
    (Mood::WrongSchema, Reason::Nonsense, "something else than a list of "),
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

/// A mood in which all writes are answered.
fn writes_are(subject: &impl Subject, mood: &Mood) {
    ["POST", "PUT", "DELETE", "PATCH"].iter().for_each(|method| subject.mood_of(method, mood.clone()));
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

async fn a_dead_server_is_told_and_acts_wait_for_it<S: Subject>() {
    let subject = S::start();
    let act = subject.acts(&subject.fire("DiskFull")).remove(0);
    let source = subject.source();
    // Nobody listens at an address that was free a moment ago.
    drop(subject);
    let gone = |reason: Reason| matches!(reason, Reason::Refused | Reason::Network);
    let trouble = poll(&*source, &[]).await.expect_err("dead");
    assert!(gone(trouble.reason), "{trouble:?}");
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
        ports,
        journal: None,
        polling: Polling::All,
        watch: false,
    };
    Shell::start(setup).expect("begins")
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
    assert!(after.complete, "{:?}", after.missing);
    let still: Vec<&str> = firing(&after).into_iter().filter(|id| *id != gone).collect();
    ids.sort();
    assert_eq!(still, ids);
}

async fn an_act_is_found_again_before_it_would_be_repeated<S: Subject>() {
    let subject = S::start();
    let id = subject.fire("DiskFull");
    for act in subject.acts(&id) {
        let (source, intent) = (subject.source(), intent());
        assert_eq!(source.find(&act, intent, &Ports::real()).await, Ok(Found::NotThere), "{act:?}");
        let end = source.act(&act, intent, &Ports::real()).await;
        assert_eq!((end.outcome, end.made.is_some()), (Outcome::Done, true), "{act:?}: {end:?}");
        assert!(matches!(source.find(&act, intent, &Ports::real()).await, Ok(Found::There(_))), "{act:?}");
    }
    assert_eq!((subject.done(&id), subject.writes()), (1, subject.acts(&id).len()));
    subject.mood(Mood::Status(500, ""));
    let act = subject.acts(&id).remove(0);
    assert!(subject.source().find(&act, intent(), &Ports::real()).await.is_err(), "what can't be asked is not absent");
}

async fn an_act_whose_answer_is_lost_is_sent_once<S: Subject>() {
    for mood in [Mood::DeafAfterwards, Mood::Reset, Mood::FailedAfterwards(500), Mood::FailedAfterwards(502)] {
        let subject = S::start();
        let id = subject.fire("DiskFull");
        writes_are(&subject, &mood);
        let act = subject.acts(&id).remove(0);
        let end = subject.source().act(&act, intent(), &Ports::real()).await;
        assert_eq!((end.outcome, subject.writes(), subject.done(&id)), (Outcome::Done, 1, 1), "{mood:?}: {end:?}");
    }
}

async fn an_act_that_was_not_done_is_never_called_done<S: Subject>() {
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
        writes_are(&subject, &mood);
        let act = subject.acts(&id).remove(0);
        let end = subject.source().act(&act, intent(), &Ports::real()).await;
        let open = matches!(mood, Mood::Silent | Mood::Status(504, _));
        assert_eq!((end.outcome == Outcome::Unknown, subject.writes(), subject.done(&id)), (open, 1, 0), "{mood:?}: {end:?}");
        assert!(matches!(end.outcome, Outcome::Unknown | Outcome::Failed | Outcome::Unsent), "{mood:?}: {end:?}");
    }
}

async fn what_ends_while_somebody_acts_stays_over<S: Subject>() {
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

async fn what_somebody_else_undoes_meanwhile_is_a_contradiction<S: Subject>() {
    let subject = S::start();
    let id = subject.fire("DiskFull");
    let act = subject.overtaken(&id);
    let end = subject.source().act(&act, intent(), &Ports::real()).await;
    assert_eq!((end.outcome, subject.writes()), (Outcome::Contradicted, 1), "{end:?}");
    assert!(!end.detail.is_empty());
}

macro_rules! contract {
    (@one $subject:ty: $($test:ident)*) => {
        $(#[tokio::test]
        async fn $test() {
            super::$test::<$subject>().await;
        })*
    };
    ($($source:ident: $subject:ty,)*) => {
        $(mod $source {
            contract! { @one $subject:
                trouble_is_told_and_is_no_empty_queue
                a_dead_server_is_told_and_acts_wait_for_it
                what_was_known_does_not_end_because_of_trouble
                a_list_that_is_empty_after_a_restart_ends_nothing_and_an_end_does
                pages_that_move_lose_nothing_and_double_nothing
                an_act_is_found_again_before_it_would_be_repeated
                an_act_whose_answer_is_lost_is_sent_once
                an_act_that_was_not_done_is_never_called_done
                what_ends_while_somebody_acts_stays_over
                what_somebody_else_undoes_meanwhile_is_a_contradiction
            }
        })*
    };
}

// Every source that lists alerts.
contract! {
    the_alertmanager: crate::support::fake_alertmanager::FakeAlertmanager,
    the_pagerduty: crate::support::fake_pagerduty::FakePagerDuty,
}

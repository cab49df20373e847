//! Calling somebody: by PagerDuty's events against a fake account, by Alertmanager against a fake and the real one.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use midwatch::domain::act::{Act, ActEnd, Found, Outcome};
use midwatch::domain::entry::Intent;
use midwatch::domain::node::{Node, Problems};
use midwatch::ports::Ports;
use midwatch::sources::{KINDS, Source};
use serde_json::{Value, json};
use support::fake::Mood;
use support::fake_alertmanager::FakeAlertmanager;
use support::fake_pagerduty::{FROM, FakePagerDuty, ROUTING_KEY, TOKEN};
use support::intent;
use support::servers::Alertmanager;

const EVENTS: &str = "POST /v2/enqueue";

fn source(kind: &str, config: &Value) -> Box<dyn Source> {
    let mut problems = Problems::default();
    let node = Node::parse(&config.to_string(), &mut problems).expect("is YAML");
    let kind = KINDS.iter().find(|known| known.name == kind).expect("there is one");
    let source = (kind.parse)(&"it".into(), &node, &mut problems);
    source.unwrap_or_else(|| panic!("{:?}", problems.list))
}

fn pager(account: &FakePagerDuty, key: &str) -> Box<dyn Source> {
    source("pagerduty", &json!({"url": account.url, "token": TOKEN, "from": FROM, "page": {"dba": key}}))
}

fn routed(urls: &[String]) -> Box<dyn Source> {
    source("alertmanager", &json!({"urls": urls, "page": {"dba": {"team": "dba", "severity": "critical"}}}))
}

fn of(peers: &[&FakeAlertmanager]) -> Box<dyn Source> {
    routed(&peers.iter().map(|peer| peer.url.to_string()).collect::<Vec<_>>())
}

fn page(to: &str) -> Act {
    Act::Page { to: to.into(), text: "db-1 does not answer".into(), by: "ana".into() }
}

async fn sent(source: &dyn Source, intent: Intent) -> ActEnd {
    source.act(&page("dba"), intent, &Ports::real()).await
}

async fn found(source: &dyn Source, intent: Intent) -> Found {
    source.find(&page("dba"), intent, &Ports::real()).await.expect("an answer")
}

#[tokio::test]
async fn an_event_becomes_an_incident_and_is_confirmed_by_it() {
    let account = FakePagerDuty::start();
    account.trigger("something else");
    let (pager, intent) = (pager(&account, ROUTING_KEY), intent());
    assert_eq!((pager.pages(), found(&*pager, intent).await), (vec!["dba".to_owned()], Found::NotThere));
    let end = sent(&*pager, intent).await;
    assert_eq!((end.outcome, end.detail.raw()), (Outcome::Done, "incident Q00002 is triggered; Ana is called"), "{end:?}");
    assert_eq!(found(&*pager, intent).await, Found::There("Q00002".into()));
    let event = account.with(|account| account.events[0].clone());
    assert_eq!(
        (&event["payload"]["summary"], &event["payload"]["severity"]),
        (&json!("db-1 does not answer"), &json!("critical"))
    );
    assert_eq!(event["dedup_key"], format!("midwatch-{}", intent.id()));
    assert_eq!(account.incident("Q00002")["title"], "db-1 does not answer");
}

#[tokio::test]
async fn the_same_page_that_is_sent_again_is_one_and_another_one_is_another() {
    let account = FakePagerDuty::start();
    let (pager, first) = (pager(&account, ROUTING_KEY), intent());
    for intent in [first, first, intent()] {
        assert_eq!(sent(&*pager, intent).await.outcome, Outcome::Done);
    }
    assert_eq!(account.with(|account| (account.events.len(), account.incidents.len())), (3, 2));
}

#[tokio::test]
async fn an_event_is_worked_off_later_and_one_that_never_is_stays_unknown() {
    let account = FakePagerDuty::start();
    account.with(|account| account.lag = 2);
    let pager = pager(&account, ROUTING_KEY);
    assert_eq!(sent(&*pager, intent()).await.outcome, Outcome::Done);
    account.with(|account| account.lag = 1_000);
    let end = sent(&*pager, intent()).await;
    assert_eq!(end.outcome, Outcome::Unknown);
    assert!(end.detail.raw().contains("PagerDuty took it, but no incident of it is to be seen yet"), "{end:?}");
}

#[tokio::test]
async fn a_refusal_comes_in_pagerdutys_words_without_the_key() {
    let account = FakePagerDuty::start();
    let end = sent(&*pager(&account, "not-the-key-of-anything"), intent()).await;
    assert_eq!(end.outcome, Outcome::Failed);
    let told = end.detail.raw();
    assert!(told.contains("400 Bad Request: Event object is invalid: 'routing_key' is invalid"), "{told}");
    assert!(!told.contains("not-the-key"), "{told}");
    assert_eq!(account.count(EVENTS), 1, "what is wrong is not sent again");
    let nobody = pager(&account, ROUTING_KEY).act(&page("bo"), intent(), &Ports::real()).await;
    assert_eq!((nobody.outcome, nobody.detail.raw()), (Outcome::Failed, "not sent: `page` of it names nobody `bo`"));
}

#[tokio::test]
async fn too_many_events_make_it_wait() {
    let account = FakePagerDuty::start();
    account.with(|account| account.full = true);
    let end = sent(&*pager(&account, ROUTING_KEY), intent()).await;
    assert_eq!(end.outcome, Outcome::Unsent);
    assert!(end.detail.raw().contains("429 Too Many Requests: Requests have been throttled"), "{end:?}");
    assert_eq!(account.count(EVENTS), 1);
}

#[tokio::test]
async fn an_event_whose_answer_is_lost_is_sent_once_more_and_calls_once() {
    for mood in [Mood::FailedAfterwards(500), Mood::FailedAfterwards(503), Mood::Reset] {
        let account = FakePagerDuty::start();
        account.mood_of(EVENTS, mood.clone());
        let end = sent(&*pager(&account, ROUTING_KEY), intent()).await;
        assert_eq!((end.outcome, account.count(EVENTS)), (Outcome::Done, 2), "{mood:?}: {end:?}");
        assert_eq!(account.with(|account| account.incidents.len()), 1, "{mood:?}");
    }
}

#[tokio::test]
async fn an_event_that_was_not_taken_is_never_called_done() {
    for (mood, outcome) in [(Mood::Status(500, "oops"), Outcome::Unknown), (Mood::Status(403, "no"), Outcome::Failed)] {
        let account = FakePagerDuty::start();
        account.mood_of(EVENTS, mood.clone());
        let end = sent(&*pager(&account, ROUTING_KEY), intent()).await;
        assert_eq!((end.outcome, account.with(|account| account.incidents.len())), (outcome, 0), "{mood:?}: {end:?}");
    }
}

#[tokio::test]
async fn every_peer_is_told_and_one_that_calls_is_enough() {
    let (one, two) = (FakeAlertmanager::start(), FakeAlertmanager::start());
    let (both, intent) = (of(&[&one, &two]), intent());
    assert_eq!(found(&*both, intent).await, Found::NotThere);
    let end = sent(&*both, intent).await;
    assert_eq!(end.outcome, Outcome::Done, "{end:?}");
    assert!(end.detail.raw().ends_with(" tells ops"), "{end:?}");
    assert!(matches!(found(&*both, intent).await, Found::There(_)));
    for peer in [&one, &two] {
        let [alert] = &peer.alerts()[..] else { panic!("one alert") };
        let labels = json!({"alertname": "Page", "team": "dba", "severity": "critical", "page_id": intent.id().to_string()});
        assert_eq!((&alert["labels"], &alert["annotations"]["summary"]), (&labels, &json!("db-1 does not answer")));
    }
    assert_eq!(sent(&*both, intent).await.outcome, Outcome::Done);
    assert_eq!((one.alerts().len(), two.alerts().len()), (1, 1), "the same page is one");
    one.mood_of("POST", Mood::Status(500, "disk full"));
    assert_eq!(sent(&*both, support::intent()).await.outcome, Outcome::Done);
    two.mood_of("POST", Mood::Status(400, "\"bad\""));
    assert_eq!(sent(&*both, support::intent()).await.outcome, Outcome::Failed);
}

#[tokio::test]
async fn a_page_that_a_silence_keeps_quiet_calls_nobody_and_says_so() {
    let am = FakeAlertmanager::start();
    am.silence("Page");
    let end = sent(&*of(&[&am]), intent()).await;
    assert_eq!(end.outcome, Outcome::Contradicted);
    assert!(
        end.detail.raw().contains("but silence 00000000-0000-4000-8000-000000000001 keeps it quiet: nobody is called"),
        "{end:?}"
    );
}

#[tokio::test]
async fn a_page_on_a_way_that_is_muted_calls_nobody_and_says_so() {
    let am = FakeAlertmanager::start();
    am.mute("weekends");
    let end = sent(&*of(&[&am]), intent()).await;
    assert_eq!(end.outcome, Outcome::Contradicted, "{end:?}");
    assert!(end.detail.raw().ends_with(" has it, but it is muted by weekends: nobody is called"), "{end:?}");
    // A server that does not say so, or not yet, has the times in its configuration.
    let am = FakeAlertmanager::start();
    am.configured("route: {receiver: ops, routes: [{mute_time_intervals: [nights]}]}");
    let end = sent(&*of(&[&am]), intent()).await;
    assert_eq!(end.outcome, Outcome::Done);
    assert!(end.detail.raw().ends_with(" tells ops unless muted by nights now"), "{end:?}");
}

#[tokio::test]
async fn a_page_whose_answer_is_lost_is_looked_for_and_one_that_nobody_takes_waits() {
    for (mood, outcome) in [
        (Mood::Reset, Outcome::Done),
        (Mood::FailedAfterwards(502), Outcome::Done),
        (Mood::Status(504, ""), Outcome::Unknown),
        (Mood::Status(500, "\"oops\""), Outcome::Failed),
    ] {
        let am = FakeAlertmanager::start();
        am.mood_of("POST", mood.clone());
        let end = sent(&*of(&[&am]), intent()).await;
        assert_eq!((end.outcome, am.count("POST")), (outcome, 1), "{mood:?}: {end:?}");
    }
    let nobody = support::program::free_address();
    assert_eq!(sent(&*routed(&[format!("http://{nobody}")]), intent()).await.outcome, Outcome::Unsent);
}

#[tokio::test]
async fn a_real_alertmanager_has_the_page_by_its_own_tool() {
    if ["prometheus-alertmanager", "amtool"].into_iter().any(support::missing) {
        return;
    }
    let am = Alertmanager::start(2);
    let (both, intent) = (routed(&am.urls()), intent());
    let end = sent(&*both, intent).await;
    assert_eq!(end.outcome, Outcome::Done, "{end:?}");
    assert!(end.detail.raw().ends_with(" tells ops"), "{end:?}");
    assert!(matches!(found(&*both, intent).await, Found::There(_)));
    for url in am.urls() {
        let asked = format!("page_id={}", intent.id());
        let tool = std::process::Command::new("amtool")
            .args(["alert", "query", "--output=json", "--alertmanager.url", &url, &asked])
            .output()
            .expect("amtool runs");
        let alerts: Value = serde_json::from_slice(&tool.stdout).unwrap_or_else(|error| panic!("{error}: {tool:?}"));
        assert_eq!(alerts[0]["annotations"]["summary"], "db-1 does not answer", "{alerts}");
        assert_eq!((&alerts[0]["labels"]["team"], &alerts[0]["receivers"][0]["name"]), (&json!("dba"), &json!("ops")));
    }
}

#[tokio::test]
async fn a_real_alertmanager_whose_route_is_muted_is_no_promise() {
    if support::missing("prometheus-alertmanager") {
        return;
    }
    let am = Alertmanager::routing();
    let pages = json!({"dba": {"team": "db"}});
    let end = sent(&*source("alertmanager", &json!({"urls": am.urls(), "page": pages})), intent()).await;
    assert!(end.detail.raw().contains("team-db unless muted by always now"), "0.25 does not tell that it is: {end:?}");
    assert!(end.detail.raw().contains("audit") && end.outcome == Outcome::Done, "{end:?}");
}

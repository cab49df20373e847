//! Grafana-managed alerting against a fake that keeps the contract: what differs from an Alertmanager.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use chrono::{TimeDelta, Utc};
use midwatch::domain::act::{Act, Found, Outcome};
use midwatch::domain::alert::{SilenceMatcher, Snapshot};
use midwatch::domain::node::{Node, Problems};
use midwatch::ports::Ports;
use midwatch::sources::{KINDS, Source};
use serde_json::json;
use std::time::Duration;
use support::fake::Mood;
use support::fake_grafana::{FakeGrafana, TOKEN};
use support::intent;

const LIMIT: Duration = Duration::from_secs(30);

fn source(yaml: &str) -> Box<dyn Source> {
    let mut problems = Problems::default();
    let node = Node::parse(yaml, &mut problems).expect("is YAML");
    let kind = KINDS.iter().find(|kind| kind.name == "grafana").expect("there is one");
    let source = (kind.parse)(&"graf".into(), &node, &mut problems);
    source.unwrap_or_else(|| panic!("{:?}", problems.list))
}

async fn poll(grafana: &FakeGrafana, before: &Snapshot) -> Snapshot {
    source(&grafana.yaml()).fetch(&before.alerts, &Ports::real(), LIMIT).await.expect("an answer")
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    let mut names: Vec<_> = snapshot.alerts.iter().map(|alert| alert.name()).collect();
    names.sort_unstable();
    names
}

fn silence(equal: bool) -> Act {
    let matcher = |name: &str, equal| SilenceMatcher { name: name.into(), value: "DiskFull".into(), regex: false, equal };
    Act::Silence {
        id: None,
        matchers: vec![matcher("alertname", true), matcher("env", equal)],
        starts_at: Utc::now(),
        ends_at: Utc::now() + TimeDelta::hours(1),
        by: "ana".into(),
        comment: "as agreed".into(),
    }
}

#[tokio::test]
async fn what_is_listed_needs_no_right_but_that_of_instances() {
    let grafana = FakeGrafana::start();
    grafana.fire("DiskFull");
    let snapshot = poll(&grafana, &Snapshot::default()).await;
    assert_eq!((names(&snapshot), snapshot.complete, snapshot.missing.len()), (vec!["DiskFull"], true, 0));
    assert_eq!(grafana.count("GET /api/alertmanager/grafana/api/v2/status"), 0);
    assert_eq!(grafana.count("GET /api/prometheus"), 0, "nothing is gone");
}

#[tokio::test]
async fn a_restart_ends_nothing_while_rules_still_alert_and_ends_what_they_do_not() {
    let grafana = FakeGrafana::start();
    let ids = ["Ended", "NoData", "Still"].map(|name| grafana.fire(name));
    let before = poll(&grafana, &Snapshot::default()).await;
    grafana.restart();
    grafana.with(|org| {
        org.instances.get_mut(&ids[0]).expect("there is one").1 = "Normal (NoData)";
        org.instances.get_mut(&ids[1]).expect("there is one").1 = "NoData";
    });
    let after = poll(&grafana, &before).await;
    assert_eq!((names(&after), after.complete), (vec!["Still"], true), "without data another alert is raised");
}

#[tokio::test]
async fn while_rules_cannot_be_asked_nothing_that_is_gone_has_ended() {
    let grafana = FakeGrafana::start();
    let id = grafana.fire("DiskFull");
    let before = poll(&grafana, &Snapshot::default()).await;
    grafana.end(&id);
    grafana.mood_of("GET /api/prometheus", Mood::Status(503, "{\"message\":\"later\"}"));
    let after = poll(&grafana, &before).await;
    assert_eq!((after.alerts.len(), after.complete), (0, false));
    assert!(after.missing[0].raw().contains("503 Service Unavailable: later"), "{:?}", after.missing);
}

#[tokio::test]
async fn who_may_only_read_is_told_what_is_needed() {
    let grafana = FakeGrafana::start();
    grafana.with(|org| org.may = ["alert.instances:read"].into());
    let end = source(&grafana.yaml()).act(&silence(true), intent(), &Ports::real()).await;
    assert_eq!(end.outcome, Outcome::Failed);
    assert!(end.detail.raw().contains("Permissions needed: alert.instances:create"), "{end:?}");
    grafana.with(|org| org.may.clear());
    let trouble = source(&grafana.yaml()).fetch(&[], &Ports::real(), LIMIT).await.expect_err("may not");
    assert!(trouble.to_string().contains("Permissions needed: alert.instances:read; these credentials may not"), "{trouble}");
}

#[tokio::test]
async fn an_organisation_is_named_in_everything_that_is_asked_and_done() {
    let grafana = FakeGrafana::start();
    let id = grafana.fire("DiskFull");
    grafana.with(|org| org.id = "3");
    let of = |org: u32| source(&json!({"url": grafana.url, "bearer": TOKEN, "org": org}).to_string());
    let (source, ports, intent) = (of(3), Ports::real(), intent());
    let before = source.fetch(&[], &ports, LIMIT).await.expect("an answer");
    grafana.end(&id);
    assert!(source.fetch(&before.alerts, &ports, LIMIT).await.is_ok_and(|after| after.complete && after.alerts.is_empty()));
    assert_eq!(source.act(&silence(true), intent, &ports).await.outcome, Outcome::Done);
    assert!(matches!(source.find(&silence(true), intent, &ports).await, Ok(Found::There(_))));
    let other = of(4).fetch(&[], &ports, LIMIT).await.expect_err("another organisation");
    assert!(other.to_string().contains("You are not a member of this organization"), "{other}");
}

#[tokio::test]
async fn while_its_alertmanager_begins_a_silence_waits() {
    let grafana = FakeGrafana::start();
    grafana.with(|org| org.begins = true);
    let end = source(&grafana.yaml()).act(&silence(true), intent(), &Ports::real()).await;
    assert_eq!(end.outcome, Outcome::Unsent, "{end:?}");
    assert!(end.detail.raw().contains("409 Conflict: alertmanager is not ready"), "{end:?}");
}

#[tokio::test]
async fn silences_are_made_negated_extended_and_ended_as_there() {
    let grafana = FakeGrafana::start();
    let (source, ports) = (source(&grafana.yaml()), Ports::real());
    let made = source.act(&silence(false), intent(), &ports).await;
    assert_eq!(made.outcome, Outcome::Done, "no version is told, and none is asked for: {made:?}");
    assert_eq!(grafana.silences()[0]["matchers"][1]["isEqual"], false);
    let id = made.made.expect("made");
    let Act::Silence { matchers, starts_at, ends_at, by, comment, .. } = silence(false) else { panic!("a silence") };
    let longer = Act::Silence { id: Some(id.clone()), matchers, starts_at, ends_at: ends_at + TimeDelta::hours(1), by, comment };
    let extended = source.act(&longer, intent(), &ports).await;
    assert_eq!((extended.outcome, extended.made.as_ref()), (Outcome::Done, Some(&id)), "{extended:?}");
    assert_eq!(source.act(&Act::Expire { id: id.clone() }, intent(), &ports).await.outcome, Outcome::Done);
    assert_eq!(grafana.silences()[0]["status"]["state"], "expired");
    let gone = Act::Expire { id: "11111111-1111-4111-8111-111111111111".into() };
    assert_eq!(source.act(&gone, intent(), &ports).await.outcome, Outcome::Done);
}

//! GoAlert against a fake that keeps the contract: sessions and keys, its errors, and what it can't do.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use chrono::{TimeDelta, Utc};
use midwatch::domain::act::{Act, ActEnd, Found, Outcome, What};
use midwatch::domain::alert::{Alert, Snapshot, Upstream};
use midwatch::domain::node::{Node, Problems};
use midwatch::domain::trouble::Reason;
use midwatch::ports::Ports;
use midwatch::sources::{KINDS, Source};
use std::sync::Arc;
use std::time::Duration;
use support::fake_goalert::{FakeGoAlert, PASSWORD};
use support::intent;

const LIMIT: Duration = Duration::from_secs(30);

fn source(yaml: &str) -> Box<dyn Source> {
    let mut problems = Problems::default();
    let node = Node::parse(yaml, &mut problems).expect("is YAML");
    let kind = KINDS.iter().find(|kind| kind.name == "goalert").expect("there is one");
    let source = (kind.parse)(&"go".into(), &node, &mut problems);
    source.unwrap_or_else(|| panic!("{:?}", problems.list))
}

async fn poll(source: &dyn Source, before: &[Arc<Alert>]) -> Snapshot {
    source.fetch(before, &Ports::real(), LIMIT).await.expect("an answer")
}

async fn act(source: &dyn Source, id: &str, what: What) -> ActEnd {
    let act = Act::On { alert: id.into(), what, by: "ana".into(), comment: "as agreed".into() };
    source.act(&act, intent(), &Ports::real()).await
}

fn acknowledge() -> What {
    What::Acknowledge { until: Utc::now() + TimeDelta::hours(1), from: None }
}

#[tokio::test]
async fn a_user_logs_in_once_and_again_when_the_session_has_ended() {
    let site = FakeGoAlert::start();
    let id = site.raise("DiskFull");
    let source = source(&site.login_yaml());
    for _ in 0..3 {
        assert_eq!(poll(&*source, &[]).await.alerts[0].name(), "DiskFull");
    }
    assert_eq!(site.count("POST /api/v2/identity"), 1);
    site.log_everybody_out();
    assert_eq!(act(&*source, &id, acknowledge()).await.outcome, Outcome::Done, "the act looks first, and logs in for that");
    assert_eq!((site.count("POST /api/v2/identity"), site.status(&id).as_str()), (2, "StatusAcknowledged"));
}

#[tokio::test]
async fn who_is_not_known_there_is_told_without_the_password() {
    let site = FakeGoAlert::start();
    let wrong = source(&site.login_yaml().replace(PASSWORD, "another-password"));
    let trouble = wrong.fetch(&[], &Ports::real(), LIMIT).await.expect_err("is refused");
    assert_eq!(trouble.reason, Reason::Denied);
    assert!(trouble.to_string().contains("401 Unauthorized: unknown username/password; check the credentials"), "{trouble}");
    assert!(!trouble.to_string().contains("another-password"), "{trouble}");
    let key = source(&site.yaml().replace("key-list", "key-unknown"));
    let trouble = key.fetch(&[], &Ports::real(), LIMIT).await.expect_err("is refused");
    assert!(
        trouble.to_string().contains("alerts by POST ") && trouble.to_string().contains("401 Unauthorized: unauthorized"),
        "{trouble}"
    );
}

#[tokio::test]
async fn what_there_is_comes_with_who_holds_it_and_where_it_escalates() {
    let site = FakeGoAlert::start();
    let id = site.raise("DiskFull");
    site.elsewhere("Maria", &id, "StatusAcknowledged");
    let source = source(&site.yaml());
    let snapshot = poll(&*source, &[]).await;
    let alert = &snapshot.alerts[0];
    assert_eq!((alert.acknowledged().map(|hold| hold.by.raw()), alert.labels.get("service")), (Some("Maria"), Some("Database")));
    assert_eq!(alert.url.as_ref().map(|url| url.raw().to_owned()), Some(format!("{}alerts/{id}", site.url)));
    assert!(alert.annotations.get("escalation").is_some_and(|text| text.starts_with("step 1 since ")), "{alert:?}");
    let again = poll(&*source, &snapshot.alerts).await;
    assert!(Arc::ptr_eq(alert, &again.alerts[0]), "it is the one that is known");
}

#[tokio::test]
async fn what_was_closed_has_ended_then_and_what_was_deleted_is_not_there() {
    let site = FakeGoAlert::start();
    let ids: Vec<String> = (0..30).map(|n| site.raise(&format!("Disk{n}"))).collect();
    let source = source(&site.yaml());
    let before = poll(&*source, &[]).await.alerts;
    ids[..28].iter().for_each(|id| site.elsewhere("Maria", id, "StatusClosed"));
    site.delete(&ids[28]);
    let after = poll(&*source, &before).await;
    let over = after.alerts.iter().filter(|alert| matches!(alert.upstream, Upstream::Resolved { .. })).count();
    assert_eq!((over, after.alerts.len(), after.complete), (28, 29, true), "{:?}", after.missing);
    assert!(site.count("POST /api/graphql alert") < 10, "most of them stand in one list");
    let later = poll(&*source, &after.alerts).await;
    assert_eq!(later.alerts.len(), 1, "what was told as over is not told again");
}

#[tokio::test]
async fn what_somebody_else_did_first_is_told_and_nothing_is_sent() {
    let site = FakeGoAlert::start();
    let (held, closed) = (site.raise("Held"), site.raise("Closed"));
    site.elsewhere("Maria", &held, "StatusAcknowledged");
    site.elsewhere("Bo", &closed, "StatusClosed");
    let source = source(&site.yaml());
    let end = act(&*source, &held, acknowledge()).await;
    assert_eq!(
        (end.outcome, end.detail.raw()),
        (Outcome::Contradicted, "Maria has acknowledged it there already; nothing was sent")
    );
    for what in [acknowledge(), What::Escalate { level: None }] {
        let end = act(&*source, &closed, what).await;
        assert_eq!((end.outcome, end.detail.raw()), (Outcome::Contradicted, "Bo closed it; nothing was sent"));
    }
    assert_eq!(site.count("POST /api/graphql updateAlerts") + site.count("POST /api/graphql escalateAlerts"), 0);
}

#[tokio::test]
async fn an_acknowledgement_of_somebody_else_does_not_prove_that_ours_arrived() {
    let site = FakeGoAlert::start();
    let source = source(&site.yaml());
    let find = async |id: &str, by: &str| {
        let act = Act::On { alert: id.into(), what: acknowledge(), by: by.into(), comment: String::new() };
        source.find(&act, intent(), &Ports::real()).await.map_err(|trouble| trouble.to_string())
    };
    let id = site.raise("DiskFull");
    assert_eq!(find(&id, "ana").await, Ok(Found::NotThere));
    site.elsewhere("Maria", &id, "StatusAcknowledged");
    let unknown = find(&id, "ana").await.expect_err("nobody knows");
    assert!(unknown.contains("Maria has acknowledged it there: whether that was this act can't be told"), "{unknown}");
    let id = site.raise("DiskFuller");
    site.elsewhere("Ana", &id, "StatusAcknowledged");
    assert!(matches!(find(&id, "ana").await, Ok(Found::There(_))));
    assert!(find(&id, "bo").await.is_err(), "how we are called there is not known");
    // Once something of ours was read back it is.
    let other = site.raise("Other");
    let ours = Act::On { alert: other.as_str().into(), what: acknowledge(), by: "bo".into(), comment: String::new() };
    assert_eq!(source.act(&ours, intent(), &Ports::real()).await.outcome, Outcome::Done);
    assert!(matches!(find(&id, "bo").await, Ok(Found::There(_))));
}

#[tokio::test]
async fn an_answer_that_is_lost_is_no_reason_to_take_somebody_elses_for_ours() {
    let site = FakeGoAlert::start();
    let id = site.raise("DiskFull");
    let source = source(&site.yaml());
    // While ours is on its way Maria is faster, and ours is lost.
    site.overtake("Maria", &id, "StatusAcknowledged");
    let end = act(&*source, &id, acknowledge()).await;
    assert!(
        end.outcome == Outcome::Unknown && end.detail.raw().starts_with("Maria has acknowledged it there: whether"),
        "{end:?}"
    );
}

#[tokio::test]
async fn the_next_step_is_asked_and_what_it_has_not_is_refused_in_words() {
    let site = FakeGoAlert::start();
    let id = site.raise("DiskFull");
    let source = source(&site.yaml());
    assert_eq!(act(&*source, &id, acknowledge()).await.outcome, Outcome::Done);
    let end = act(&*source, &id, What::Escalate { level: None }).await;
    assert_eq!((end.outcome, site.status(&id).as_str()), (Outcome::Done, "StatusUnacknowledged"), "{end:?}");
    for (what, words) in [
        (What::Escalate { level: Some(3) }, "GoAlert escalates to the next step alone"),
        (What::Unacknowledge, "GoAlert can't take an acknowledgement back"),
    ] {
        let end = act(&*source, &id, what).await;
        assert!(end.outcome == Outcome::Failed && end.detail.raw().contains(words), "{end:?}");
    }
    let end = act(&*source, "99", acknowledge()).await;
    assert!(end.outcome == Outcome::Failed && end.detail.raw().contains("GoAlert has no alert 99"), "{end:?}");
    let end = act(&*source, "../x", acknowledge()).await;
    assert!(end.outcome == Outcome::Failed && end.detail.raw().contains("is no alert of a GoAlert"), "{end:?}");
}

#[tokio::test]
async fn a_key_for_another_query_is_told_as_that() {
    let site = FakeGoAlert::start();
    site.raise("DiskFull");
    // The key of one thing answers another thing.
    let swapped = source(&site.yaml().replace("list: key-list", "list: key-escalate"));
    let trouble = swapped.fetch(&[], &Ports::real(), LIMIT).await.expect_err("is no list");
    assert!(trouble.to_string().contains("something else than a GraphQL answer"), "{trouble}");
}

//! The Icinga 2 source against the real one, and against answers that the real one here never gives.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

#[path = "icinga2/acting.rs"]
mod acting;
#[path = "icinga2/answers.rs"]
mod answers;
#[path = "icinga2/living.rs"]
mod living;
#[path = "icinga2/reading.rs"]
mod reading;
mod support;
#[path = "icinga2/telling.rs"]
mod telling;

use chrono::{DateTime, TimeDelta, Utc};
use midwatch::domain::act::{Act, ActEnd, Found, Outcome, What, marker};
use midwatch::domain::alert::{Alert, Snapshot, Upstream};
use midwatch::domain::ids::Fingerprint;
use midwatch::domain::node::{Node, Problems};
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::ports::Ports;
use midwatch::runtime::ports::refusing;
use midwatch::sources::{KINDS, Source};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use support::icinga::{Icinga, missing};
use support::intent;

/// A busy machine makes a server slow: only what hangs is late.
const LIMIT: Duration = Duration::from_secs(30);

fn source(config: &Value) -> Box<dyn Source> {
    let mut problems = Problems::default();
    let node = Node::parse(&config.to_string(), &mut problems).expect("is YAML");
    let kind = KINDS.iter().find(|kind| kind.name == "icinga2").expect("there is one");
    let source = (kind.parse)(&"ic".into(), &node, &mut problems);
    source.unwrap_or_else(|| panic!("{:?}", problems.list))
}

/// A source that lists nothing but what is of this host: others share the server.
fn only(icinga: &Icinga, host: &str, more: &Value) -> Box<dyn Source> {
    let filter = format!("match(\"{host}*\", host.name)");
    let mut config = icinga.source(&json!({"hosts": filter, "services": filter}));
    config.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
    source(&config)
}

async fn poll(source: &dyn Source, before: &[Arc<Alert>]) -> Snapshot {
    let snapshot = source.fetch(before, &Ports::real(), LIMIT).await.expect("an answer");
    assert_eq!((snapshot.complete, &snapshot.missing), (true, &Vec::new()));
    snapshot
}

async fn trouble(source: &dyn Source) -> Trouble {
    source.fetch(&[], &Ports::real(), LIMIT).await.expect_err("a trouble")
}

fn ids(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.alerts.iter().map(|alert| alert.id.fingerprint.as_str()).collect()
}

fn label<'a>(alert: &'a Alert, name: &str) -> &'a str {
    alert.labels.get(name).unwrap_or("-")
}

fn on(alert: &str, what: What) -> Act {
    Act::On { alert: Fingerprint::from(alert), what, by: "ana".into(), comment: "as agreed".into() }
}

fn in_minutes(minutes: i64) -> DateTime<Utc> {
    Utc::now() + TimeDelta::minutes(minutes)
}

fn ack() -> What {
    What::Acknowledge { until: in_minutes(60), from: None }
}

async fn act(source: &dyn Source, act: &Act) -> ActEnd {
    source.act(act, intent(), &Ports::real()).await
}

#[track_caller]
fn ended(end: &ActEnd, outcome: Outcome, words: &str) {
    assert_eq!(end.outcome, outcome, "{end:?}");
    assert!(end.detail.raw().contains(words), "{end:?}");
}

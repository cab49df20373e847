//! The Zabbix source against the real one that Debian has, and against answers of versions that it has not.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

#[path = "zabbix/real.rs"]
mod real;
mod support;
#[path = "zabbix/versions.rs"]
mod versions;

use chrono::{DateTime, TimeDelta, Utc};
use midwatch::domain::act::{Act, ActEnd, Found, Outcome, What, marker};
use midwatch::domain::alert::{Alert, Snapshot, Upstream};
use midwatch::domain::ids::Fingerprint;
use midwatch::domain::node::{Node, Problems};
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::ports::Ports;
use midwatch::sources::{KINDS, Source};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use support::intent;

/// A busy machine makes a server slow: only what hangs is late.
const LIMIT: Duration = Duration::from_secs(30);

fn source(config: &Value) -> Box<dyn Source> {
    let mut problems = Problems::default();
    let node = Node::parse(&config.to_string(), &mut problems).expect("is YAML");
    let kind = KINDS.iter().find(|kind| kind.name == "zabbix").expect("there is one");
    let source = (kind.parse)(&"zbx".into(), &node, &mut problems);
    source.unwrap_or_else(|| panic!("{:?}", problems.list))
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

fn on(alert: &str, what: What, comment: &str) -> Act {
    Act::On { alert: Fingerprint::from(alert), what, by: "ana".into(), comment: comment.into() }
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

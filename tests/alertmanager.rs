//! The Alertmanager source against a fake that keeps the contract or breaks it, and against the real one.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

#[path = "alertmanager/acting.rs"]
mod acting;
#[path = "alertmanager/misbehaving.rs"]
mod misbehaving;
#[path = "alertmanager/peers.rs"]
mod peers;
#[path = "alertmanager/reading.rs"]
mod reading;
#[path = "alertmanager/real.rs"]
mod real;
mod support;

use chrono::{DateTime, TimeDelta, Utc};
use midwatch::domain::act::{Act, ActEnd, Found, Outcome, marker};
use midwatch::domain::alert::{Alert, Route, SilenceMatcher, SilenceState, Snapshot};
use midwatch::domain::entry::Intent;
use midwatch::domain::node::{Node, Problems};
use midwatch::domain::stamp::Stamp;
use midwatch::domain::text::Outside;
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::ports::{Clock, Ports};
use midwatch::runtime::ports::refusing;
use midwatch::sources::{KINDS, Source};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::fake::Mood;
use support::fake_alertmanager::FakeAlertmanager;
use support::{intent, servers};

const LIMIT: Duration = Duration::from_secs(10);

fn source(yaml: &str) -> Box<dyn Source> {
    let mut problems = Problems::default();
    let node = Node::parse(yaml, &mut problems).expect("is YAML");
    let kind = KINDS.iter().find(|kind| kind.name == "alertmanager").expect("there is one");
    let source = (kind.parse)(&"prod".into(), &node, &mut problems);
    source.unwrap_or_else(|| panic!("{:?}", problems.list))
}

fn of(peers: &[&FakeAlertmanager]) -> Box<dyn Source> {
    source(&json!({"urls": peers.iter().map(|peer| peer.url.to_string()).collect::<Vec<_>>()}).to_string())
}

async fn fetch(peers: &[&FakeAlertmanager]) -> Result<Snapshot, Trouble> {
    of(peers).fetch(&[], &Ports::real(), LIMIT).await
}

async fn good(peers: &[&FakeAlertmanager]) -> Snapshot {
    fetch(peers).await.expect("an answer")
}

/// The trouble that a misbehaving server is.
async fn trouble(mood: Mood) -> Trouble {
    let am = FakeAlertmanager::start();
    am.fire(&[("alertname", "DiskFull")]);
    am.mood(mood);
    of(&[&am]).fetch(&[], &Ports::real(), Duration::from_millis(500)).await.expect_err("misbehaves")
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    let mut names: Vec<_> = snapshot.alerts.iter().map(|alert| alert.name()).collect();
    names.sort_unstable();
    names
}

fn matcher(name: &str, value: &str) -> SilenceMatcher {
    SilenceMatcher { name: name.into(), value: value.into(), regex: false, equal: true }
}

fn silence_until(minutes: i64) -> Act {
    Act::Silence {
        id: None,
        matchers: vec![matcher("alertname", "DiskFull")],
        starts_at: Utc::now(),
        ends_at: Utc::now() + TimeDelta::minutes(minutes),
        by: "ana".into(),
        comment: "ACK! ana: looking".into(),
    }
}

fn with_matchers(of: Vec<SilenceMatcher>) -> Act {
    match silence_until(60) {
        Act::Silence { id, starts_at, ends_at, by, comment, .. } => {
            Act::Silence { id, matchers: of, starts_at, ends_at, by, comment }
        }
        other => other,
    }
}

async fn act(peers: &[&FakeAlertmanager], act: &Act, intent: Intent) -> ActEnd {
    of(peers).act(act, intent, &Ports::real()).await
}

async fn found(peers: &[&FakeAlertmanager], act: &Act, intent: Intent) -> Result<Found, Trouble> {
    of(peers).find(act, intent, &Ports::real()).await
}

//! The PagerDuty source against a fake account that keeps the contract or breaks it.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

#[path = "pagerduty/acting.rs"]
mod acting;
#[path = "pagerduty/inside.rs"]
mod inside;
#[path = "pagerduty/limits.rs"]
mod limits;
#[path = "pagerduty/listing.rs"]
mod listing;
#[path = "pagerduty/reading.rs"]
mod reading;
mod support;

use chrono::{TimeDelta, Utc};
use midwatch::domain::act::{Act, ActEnd, Found, Outcome, What, marker};
use midwatch::domain::alert::{Alert, Snapshot, Upstream};
use midwatch::domain::entry::Intent;
use midwatch::domain::node::{Node, Problems};
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::ports::Ports;
use midwatch::sources::{KINDS, Source};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use support::fake::Mood;
use support::fake_pagerduty::FakePagerDuty;
use support::intent;

const LIMIT: Duration = Duration::from_secs(30);

fn source(yaml: &str) -> Box<dyn Source> {
    let mut problems = Problems::default();
    let node = Node::parse(yaml, &mut problems).expect("is YAML");
    let kind = KINDS.iter().find(|kind| kind.name == "pagerduty").expect("there is one");
    let source = (kind.parse)(&"pager".into(), &node, &mut problems);
    source.unwrap_or_else(|| panic!("{:?}", problems.list))
}

fn on(account: &FakePagerDuty) -> Box<dyn Source> {
    source(&account.yaml())
}

async fn poll(source: &dyn Source, before: &[Arc<Alert>]) -> Snapshot {
    source.fetch(before, &Ports::real(), LIMIT).await.expect("an answer")
}

async fn trouble(source: &dyn Source) -> Trouble {
    source.fetch(&[], &Ports::real(), LIMIT).await.expect_err("no answer")
}

fn ids(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.alerts.iter().map(|alert| alert.id.fingerprint.as_str()).collect()
}

fn on_one(id: &str, what: What) -> Act {
    Act::On { alert: id.into(), what, by: "ana".into(), comment: "as agreed".into() }
}

async fn act(account: &FakePagerDuty, id: &str, what: What) -> ActEnd {
    on(account).act(&on_one(id, what), intent(), &Ports::real()).await
}

async fn found(account: &FakePagerDuty, act: &Act, intent: Intent) -> Result<Found, Trouble> {
    on(account).find(act, intent, &Ports::real()).await
}

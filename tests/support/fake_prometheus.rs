//! A Prometheus that lists alerts of its rules, or breaks its contract as `fake` can.

use super::fake::{Asked, Contract, Fake, Honest};
use super::fake_alertmanager::fingerprint;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Deref;

pub struct FakePrometheus(Fake<Rules>);

impl Deref for FakePrometheus {
    type Target = Fake<Rules>;

    fn deref(&self) -> &Fake<Rules> {
        &self.0
    }
}

pub struct Rules {
    alerts: BTreeMap<String, Value>,
    started: DateTime<Utc>,
    /// What it says of its rules.
    pub rules: Vec<Value>,
}

fn at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl FakePrometheus {
    pub fn start() -> Self {
        Self(Fake::start(Rules { alerts: BTreeMap::new(), started: Utc::now() - TimeDelta::hours(3), rules: Vec::new() }))
    }

    /// An alert of this name fires, since ten minutes ago. Its fingerprint.
    pub fn fire(&self, name: &str) -> String {
        let alert = json!({"labels": {"alertname": name}, "annotations": {}, "state": "firing", "value": "1e+00",
            "activeAt": at(Utc::now() - TimeDelta::minutes(10))});
        let id = fingerprint(&BTreeMap::from([("alertname", name)]));
        self.with(|rules| rules.alerts.insert(id.clone(), alert));
        id
    }

    pub fn end(&self, id: &str) {
        self.with(|rules| rules.alerts.remove(id));
    }

    /// It starts anew, and no rule has been looked at yet.
    pub fn restart(&self) {
        self.with(|rules| (rules.started, rules.alerts) = (Utc::now(), BTreeMap::new()));
    }
}

impl Contract for Rules {
    fn obey(&mut self, asked: &Asked) -> Honest {
        let data = match (asked.method.as_str(), asked.path()) {
            // In no order that anybody may rely on.
            ("GET", "/api/v1/alerts") => json!({"alerts": self.alerts.values().rev().collect::<Vec<_>>()}),
            ("GET", "/api/v1/rules") => json!({"groups": [{"name": "a", "rules": self.rules}]}),
            ("GET", "/api/v1/status/runtimeinfo") => json!({"startTime": at(self.started)}),
            _ => return Honest::of(404, "page not found"),
        };
        Honest::ok(&json!({"status": "success", "data": data}))
    }
}

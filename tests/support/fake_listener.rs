//! The process that listens for what is pushed to a webhook, as another one of ours asks it; or something else on its port,
//! as `fake` can.

use super::fake::{Asked, Contract, Fake, Honest};
use chrono::{TimeDelta, Utc};
use midwatch::domain::alert::{Alert, Labels, Upstream};
use midwatch::domain::ids::AlertId;
use serde_json::json;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

pub struct FakeListener(Fake<Heard>);

impl Deref for FakeListener {
    type Target = Fake<Heard>;

    fn deref(&self) -> &Fake<Heard> {
        &self.0
    }
}

#[derive(Default)]
pub struct Heard(BTreeMap<String, Alert>);

impl FakeListener {
    pub fn start() -> Self {
        Self(Fake::start(Heard::default()))
    }

    /// It was told that this fires, since ten minutes ago. Its fingerprint.
    pub fn hear(&self, name: &str) -> String {
        let alert = Alert {
            id: AlertId { source: "it".into(), fingerprint: name.into() },
            labels: Labels::new(vec![("alertname".into(), name.into())]),
            annotations: Labels::default(),
            upstream: Upstream::Firing,
            starts_at: Utc::now() - TimeDelta::minutes(10),
            url: None,
            receivers: Arc::default(),
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            muted_by: Vec::new(),
            held: None,
        };
        self.with(|heard| heard.0.insert(name.into(), alert));
        name.into()
    }

    /// It was told that this is over.
    pub fn end(&self, id: &str) {
        self.with(|heard| heard.0.get_mut(id).expect("there is one").upstream = Upstream::Resolved { at: Utc::now() });
    }

    /// Another process listens now, and has heard nothing yet.
    pub fn restart(&self) {
        self.with(|heard| heard.0.clear());
    }
}

impl Contract for Heard {
    fn obey(&mut self, asked: &Asked) -> Honest {
        match (asked.method.as_str(), asked.path()) {
            ("GET", "/it") => Honest::ok(&json!({"schema": 1, "alerts": self.0.values().collect::<Vec<_>>(), "missing": []})),
            _ => Honest::of(404, "nothing here"),
        }
    }
}

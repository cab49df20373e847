//! A Grafana that keeps the contract of its managed alerting, or breaks it as `fake` can: one organisation, its Alertmanager and
//! the states of its rules, behind tokens with permissions.

use super::fake::{Asked, Contract, Fake, Honest};
use super::fake_alertmanager::World;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

pub const TOKEN: &str = "glsa_of_the_tests";
const ALERTMANAGER: &str = "/api/alertmanager/grafana";

pub struct FakeGrafana(Fake<Org>);

impl Deref for FakeGrafana {
    type Target = Fake<Org>;

    fn deref(&self) -> &Fake<Org> {
        &self.0
    }
}

pub struct Org {
    pub speaks: World,
    /// Labels and state of every instance of a rule, by the fingerprint of its alert.
    pub instances: BTreeMap<String, (BTreeMap<String, String>, &'static str)>,
    pub id: &'static str,
    /// What the token may do.
    pub may: BTreeSet<&'static str>,
    /// Its Alertmanager has not begun yet.
    pub begins: bool,
}

/// What a service account needs for everything that the console does. It may not see how notifications are configured.
const MAY: [&str; 3] = ["alert.instances:read", "alert.instances:create", "alert.instances:write"];

impl FakeGrafana {
    pub fn start() -> Self {
        let may = MAY.into_iter().collect();
        Self(Fake::start(Org { speaks: World::default(), instances: BTreeMap::new(), id: "1", may, begins: false }))
    }

    /// The configuration of a source that asks it.
    pub fn yaml(&self) -> String {
        format!("{{url: '{}', bearer: {TOKEN}}}", self.url)
    }

    /// A rule of this name begins to alert. Its fingerprint.
    pub fn fire(&self, name: &str) -> String {
        let labels = [("alertname", name), ("grafana_folder", "prod"), ("__alert_rule_uid__", "r-1")];
        self.with(|org| {
            let id = org.speaks.fire(&labels);
            // What is its own is not told of instances.
            let told = labels.iter().filter(|(name, _)| !name.starts_with("__"));
            let told = told.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            org.instances.insert(id.clone(), (told, "Alerting"));
            id
        })
    }

    pub fn end(&self, id: &str) {
        self.with(|org| {
            org.speaks.resolve(id);
            org.instances.get_mut(id).expect("there is one").1 = "Normal";
        });
    }

    /// The process starts anew: no alerts until the rules are evaluated, whose states are in the database.
    pub fn restart(&self) {
        self.with(|org| org.speaks.restart());
    }

    pub fn silences(&self) -> Vec<Value> {
        self.with(|org| org.speaks.silences())
    }
}

fn said(status: u16, message: &str) -> Honest {
    Honest::of(status, json!({"message": message, "traceID": ""}).to_string())
}

impl Contract for Org {
    fn obey(&mut self, asked: &Asked) -> Honest {
        if asked.header("authorization") != format!("Bearer {TOKEN}") {
            return said(401, "Invalid API key");
        }
        if ![self.id, ""].contains(&asked.header("x-grafana-org-id")) {
            return said(401, "You are not a member of this organization");
        }
        let needed = permission(asked);
        if !self.may.contains(needed) {
            let words = format!("You'll need additional permissions to perform this action. Permissions needed: {needed}");
            return said(403, &words);
        }
        match asked.path().strip_prefix(ALERTMANAGER) {
            Some(_) if self.begins => said(409, "alertmanager is not ready"),
            Some(path) => self.speak(asked, path),
            None if asked.path() == "/api/prometheus/grafana/api/v1/alerts" => Honest::ok(&self.instances()),
            None => said(404, "Not found"),
        }
    }
}

fn permission(asked: &Asked) -> &'static str {
    match asked.method.as_str() {
        "GET" if asked.path().ends_with("/status") => "alert.notifications:read",
        "GET" => "alert.instances:read",
        "POST" if asked.json()["id"].is_null() => "alert.instances:create",
        _ => "alert.instances:write",
    }
}

impl Org {
    /// As an Alertmanager does, in Grafana's own words.
    fn speak(&mut self, asked: &Asked, path: &str) -> Honest {
        let uri = path.parse().expect("a path");
        let (method, headers, body) = (asked.method.clone(), asked.headers.clone(), asked.body.clone());
        let plain = self.speaks.obey(&Asked { method, uri, headers, body });
        match (asked.method.as_str(), plain.status) {
            ("POST", 200) => Honest { status: 202, ..plain },
            ("DELETE", 200) => said(200, "silence deleted"),
            (_, 200) => plain,
            (_, status) => {
                let words = serde_json::from_str::<Value>(&plain.text).unwrap_or_default();
                said(status, words.as_str().or(words["message"].as_str()).unwrap_or("silence not found"))
            }
        }
    }

    fn instances(&self) -> Value {
        let one = |(labels, state): &(BTreeMap<String, String>, &str)| json!({"labels": labels, "annotations": {}, "state": state, "activeAt": "2026-03-01T10:00:00Z", "value": "1e+00"});
        json!({"status": "success", "data": {"alerts": self.instances.values().map(one).collect::<Vec<_>>()}})
    }
}

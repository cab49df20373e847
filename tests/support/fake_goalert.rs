//! A GoAlert that keeps the contract of its GraphQL API, or breaks it as `fake` can: one service, a user who logs in, and keys
//! that may ask one thing each.

use super::fake::{Asked, Contract, Fake, Honest};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Deref;

pub const PASSWORD: &str = "password-of-the-tests";
/// What each key may ask.
const KEYS: [(&str, &str); 4] =
    [("key-list", "alerts"), ("key-one", "alert"), ("key-update", "updateAlerts"), ("key-escalate", "escalateAlerts")];

pub struct FakeGoAlert(Fake<Site>);

impl Deref for FakeGoAlert {
    type Target = Fake<Site>;

    fn deref(&self) -> &Fake<Site> {
        &self.0
    }
}

type Then = Box<dyn FnOnce(&mut Site) + Send>;

#[derive(Default)]
pub struct Site {
    pub alerts: BTreeMap<i64, Value>,
    /// The token of the only session.
    session: Option<String>,
    logins: u32,
    /// Lists are empty for a while, whatever there is.
    pub forgetful: bool,
    /// Happens after the next page of a list, or the next alert.
    then: Option<Then>,
}

impl FakeGoAlert {
    pub fn start() -> Self {
        Self(Fake::start(Site::default()))
    }

    /// The configuration of a source that has all keys.
    pub fn yaml(&self) -> String {
        let keys = "{list: key-list, one: key-one, update: key-update, escalate: key-escalate}";
        format!("{{url: '{}', keys: {keys}}}", self.url)
    }

    /// The same of one that logs in.
    pub fn login_yaml(&self) -> String {
        format!("{{url: '{}', login: {{user: ana, password: {PASSWORD}}}}}", self.url)
    }

    /// An alert with this summary is raised, since ten minutes ago. Its number.
    pub fn raise(&self, summary: &str) -> String {
        self.with(|site| site.raise(summary)).to_string()
    }

    /// Somebody sets a status in the app.
    pub fn elsewhere(&self, who: &str, id: &str, status: &str) {
        self.with(|site| site.stand(number(id), status, who));
    }

    /// Somebody closes it once the next page was read.
    pub fn closed_between_pages(&self, id: &str) {
        let id = number(id);
        self.with(|site| site.then = Some(Box::new(move |site| site.stand(id, "StatusClosed", "Maria"))));
    }

    /// Somebody sets a status in the app once the next list or alert was read, and our next change is lost on its way.
    pub fn overtake(&self, who: &'static str, id: &str, status: &'static str) {
        let id = number(id);
        self.with(|site| site.then = Some(Box::new(move |site| site.stand(id, status, who))));
        self.mood_of("POST /api/graphql updateAlerts", super::fake::Mood::Status(502, "bad gateway"));
    }

    pub fn delete(&self, id: &str) {
        self.with(|site| site.alerts.remove(&number(id)));
    }

    pub fn status(&self, id: &str) -> String {
        self.with(|site| site.alerts[&number(id)]["status"].as_str().expect("a status").to_owned())
    }

    /// How often something happened that begins so.
    pub fn happened(&self, id: &str, word: &str) -> usize {
        let events = self.with(|site| site.alerts[&number(id)]["recentEvents"]["nodes"].clone());
        let begins = |event: &&Value| event["message"].as_str().expect("a text").starts_with(word);
        events.as_array().expect("a list").iter().filter(begins).count()
    }

    /// Every session ends.
    pub fn log_everybody_out(&self) {
        self.with(|site| site.session = None);
    }
}

fn number(id: &str) -> i64 {
    id.parse().expect("a number")
}

fn at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A no of GraphQL: it comes with 200.
fn no(path: &str, message: &str, code: &str) -> Honest {
    let error = json!({"message": message, "path": [path], "extensions": {"code": code}});
    Honest::ok(&json!({"data": null, "errors": [error]}))
}

impl Contract for Site {
    fn obey(&mut self, asked: &Asked) -> Honest {
        match (asked.method.as_str(), asked.path()) {
            ("POST", "/api/v2/identity/providers/basic") => self.log_in(asked),
            ("POST", "/api/graphql") => match self.operation(asked) {
                Some("wrong") => no("", "wrong query for API key", "invalid_query"),
                Some(operation) => self.answer(operation, &asked.json()["variables"]),
                None => Honest::of(401, "unauthorized\n"),
            },
            _ => Honest::of(404, "404 page not found\n"),
        }
    }

    /// What is done stands in no address.
    fn line(&self, asked: &Asked) -> String {
        let operation = self.operation(asked).unwrap_or("");
        format!("{} {} {operation}", asked.method, asked.path())
    }
}

impl Site {
    /// What whoever asks may and wants to ask.
    fn operation(&self, asked: &Asked) -> Option<&'static str> {
        let token = asked.header("authorization").strip_prefix("Bearer ")?.to_owned();
        let query = asked.json()["query"].as_str().unwrap_or("").to_owned();
        if let Some((_, operation)) = KEYS.iter().find(|(key, _)| *key == token) {
            return Some(if query.is_empty() { operation } else { "wrong" });
        }
        (self.session.as_ref() == Some(&token)).then_some(())?;
        KEYS.iter().map(|(_, operation)| *operation).find(|operation| query.contains(&format!("{operation}(")))
    }

    fn log_in(&mut self, asked: &Asked) -> Honest {
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(&asked.body).into_owned().collect();
        let said = |name: &str| form.get(name).map_or("", String::as_str);
        if asked.header("referer").is_empty() || asked.query("noRedirect") != ["1"] {
            return Honest::of(403, "invalid referer\n");
        }
        if (said("username"), said("password")) != ("ana", PASSWORD) {
            return Honest::of(401, "unknown username/password\n");
        }
        self.logins += 1;
        let token = format!("session-{}.of-the_tests=", self.logins);
        self.session = Some(token.clone());
        Honest::of(200, token)
    }

    fn answer(&mut self, operation: &str, variables: &Value) -> Honest {
        match operation {
            "alerts" => self.list(&variables["in"]),
            "alert" => match self.alerts.get(&variables["id"].as_i64().unwrap_or(-1)) {
                Some(alert) => {
                    let answer = Honest::ok(&json!({"data": {"alert": alert}}));
                    if let Some(then) = self.then.take() {
                        then(self);
                    }
                    answer
                }
                None => no("alert", "not found", "NOT_FOUND"),
            },
            "updateAlerts" => {
                let status = variables["in"]["newStatus"].as_str().unwrap_or("");
                if !["StatusAcknowledged", "StatusClosed"].contains(&status) {
                    return no("updateAlerts", "Status must be one of StatusAcknowledged, StatusClosed", "INVALID_INPUT_VALUE");
                }
                self.change("updateAlerts", &variables["in"]["alertIDs"], |site, id| site.stand(id, status, "Ana"))
            }
            _ => self.change("escalateAlerts", &variables["ids"], |site, id| {
                site.stand(id, "StatusUnacknowledged", "Ana");
                let step = site.alerts[&id]["state"]["stepNumber"].as_i64().expect("a number") + 1;
                site.alerts.get_mut(&id).expect("there is one")["state"] =
                    json!({"stepNumber": step, "lastEscalation": at(Utc::now())});
            }),
        }
    }

    /// Changes those that are not closed, and lists them.
    fn change(&mut self, operation: &str, ids: &Value, change: impl Fn(&mut Self, i64)) -> Honest {
        let ids: Vec<i64> = ids.as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
        let open = |site: &Self, id: &i64| site.alerts.get(id).is_some_and(|alert| alert["status"] != "StatusClosed");
        let changed: Vec<i64> = ids.into_iter().filter(|id| open(self, id)).collect();
        changed.iter().for_each(|id| change(self, *id));
        let all: Vec<Value> = changed.iter().map(|id| json!({"alertID": id, "status": self.alerts[id]["status"]})).collect();
        Honest::ok(&json!({"data": {operation: all}}))
    }

    /// The newest first; the cursor is the number of the last one.
    fn list(&mut self, options: &Value) -> Honest {
        let first = options["first"].as_u64().unwrap_or(15) as usize;
        if !(1..=100).contains(&first) {
            return no("alerts", "First must be between 1 and 100", "INVALID_INPUT_VALUE");
        }
        let wanted = options["filterByStatus"].as_array().cloned().unwrap_or_default();
        let after = options["after"].as_str().map_or(i64::MAX, number);
        let closed_since = options["notClosedBefore"].as_str().unwrap_or("");
        let holds = |(id, alert): &(&i64, &Value)| {
            !self.forgetful
                && **id < after
                && wanted.contains(&alert["status"])
                && alert["closedAt"].as_str().unwrap_or("9").to_owned().as_str() >= closed_since
        };
        let mut all: Vec<(&i64, &Value)> = self.alerts.iter().rev().filter(holds).collect();
        let more = all.len() > first;
        all.truncate(first);
        let cursor = all.last().map(|(id, _)| id.to_string());
        let nodes: Vec<Value> = all.into_iter().map(|(_, alert)| alert.clone()).collect();
        if let Some(then) = self.then.take() {
            then(self);
        }
        let page = json!({"endCursor": cursor, "hasNextPage": more});
        Honest::ok(&json!({"data": {"alerts": {"nodes": nodes, "pageInfo": page}}}))
    }

    fn raise(&mut self, summary: &str) -> i64 {
        let id = self.alerts.len() as i64 + 1;
        let since = Utc::now() - TimeDelta::minutes(10);
        let alert = json!({
            "alertID": id, "status": "StatusUnacknowledged", "summary": summary, "details": "it is broken", "createdAt": at(since),
            "service": {"name": "Database"}, "state": {"stepNumber": 0, "lastEscalation": at(since)}, "meta": [],
            "recentEvents": {"nodes": [{"timestamp": at(since), "message": "Created by integration: Generic"}]},
        });
        self.alerts.insert(id, alert);
        id
    }

    fn stand(&mut self, id: i64, status: &str, who: &str) {
        let alert = self.alerts.get_mut(&id).expect("there is one");
        if alert["status"] == status {
            return;
        }
        let (word, now) = match status {
            "StatusClosed" => ("Closed", Utc::now()),
            "StatusAcknowledged" => ("Acknowledged", Utc::now()),
            _ => ("Escalation requested", Utc::now()),
        };
        alert["status"] = status.into();
        if status == "StatusClosed" {
            alert["closedAt"] = at(now).into();
        }
        let event = json!({"timestamp": at(now), "message": format!("{word} by {who} (Web)")});
        alert["recentEvents"]["nodes"].as_array_mut().expect("a list").insert(0, event);
    }
}

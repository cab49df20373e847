//! A PagerDuty account that keeps the REST API's contract, or breaks it as `fake` can: users, an escalation policy with three
//! levels, priorities, and incidents that can be acted on.

use super::fake::{Asked, Contract, Fake, Honest};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::{Deref, RangeInclusive};

/// The key of an integration of the only service.
pub const ROUTING_KEY: &str = "r0123456789abcdef0123456789abcde";
pub const TOKEN: &str = "pd-token-of-the-tests";
/// The user in whose name the tests write.
pub const FROM: &str = "ana@example.org";
/// Seconds after which the service's acknowledgements end by themselves.
const ACKNOWLEDGED_FOR: i64 = 1800;

pub struct FakePagerDuty(Fake<Account>);

impl Deref for FakePagerDuty {
    type Target = Fake<Account>;

    fn deref(&self) -> &Fake<Account> {
        &self.0
    }
}

type Then = Box<dyn FnOnce(&mut Account) + Send>;

#[derive(Default)]
pub struct Account {
    pub incidents: BTreeMap<String, Value>,
    notes: BTreeMap<String, Vec<Value>>,
    /// What an incident holds, the newest first.
    alerts: BTreeMap<String, Vec<Value>>,
    /// Requests that are left, of how many, and seconds until there are more; counts down.
    pub rate: Option<(u64, u64, u64)>,
    /// How many questions for what an event has become find nothing yet.
    pub lag: usize,
    /// Events that were taken, with those that joined an earlier one.
    pub events: Vec<Value>,
    /// No more events are taken for a while.
    pub full: bool,
    /// People may not be looked up.
    pub no_users: bool,
    /// Lists can't be made.
    pub no_lists: bool,
    /// Lists are empty for a while, whatever there is.
    pub forgetful: bool,
    /// Happens after the next page of a list.
    then: Option<Then>,
    made: u32,
}

type Answer = Result<Value, Honest>;

impl FakePagerDuty {
    pub fn start() -> Self {
        Self(Fake::start(Account::default()))
    }

    /// The configuration of a source that asks it.
    pub fn yaml(&self) -> String {
        format!("{{url: '{}', token: {TOKEN}, from: {FROM}}}", self.url)
    }

    /// An incident with this title is triggered, since ten minutes ago. Its id.
    pub fn trigger(&self, title: &str) -> String {
        self.with(|account| account.trigger(title, Utc::now() - TimeDelta::minutes(10)))
    }

    /// One of the users does something in the app.
    pub fn elsewhere(&self, user: &str, id: &str, change: Value) {
        let done = self.with(|account| account.change(id, &change, user_named(user)));
        assert!(done.is_ok(), "{change}");
    }

    pub fn change(&self, id: &str, fields: Value) {
        self.with(|account| merge(account.incidents.get_mut(id).expect("there is one"), fields));
    }

    pub fn incident(&self, id: &str) -> Value {
        self.with(|account| account.incidents[id].clone())
    }

    pub fn status(&self, id: &str) -> String {
        self.incident(id)["status"].as_str().expect("a status").to_owned()
    }

    pub fn notes(&self, id: &str) -> Vec<String> {
        let text = |note: &Value| note["content"].as_str().expect("a text").to_owned();
        self.with(|account| account.notes.get(id).into_iter().flatten().map(text).collect())
    }

    /// Something happens between the next page of a list and the one after.
    pub fn between_pages(&self, then: impl FnOnce(&mut Account) + Send + 'static) {
        self.with(|account| account.then = Some(Box::new(then)));
    }
}

fn merge(into: &mut Value, fields: Value) {
    for (name, value) in fields.as_object().expect("an object") {
        into[name] = value.clone();
    }
}

fn reference(kind: &str, id: &str, summary: &str) -> Value {
    json!({"id": id, "type": format!("{kind}_reference"), "summary": summary, "self": format!("https://api.test/{id}"), "html_url": null})
}

/// Name and mail of every user, by id.
const USERS: [(&str, &str, &str); 3] =
    [("U1", "Ana", FROM), ("U2", "Maria", "maria@example.org"), ("U3", "Bo", "bo@example.org")];
const PRIORITIES: [(&str, &str); 3] = [("PR1", "P1"), ("PR2", "P2"), ("PR3", "P3")];
/// Who is asked at each level of the policy `E1`.
const LEVELS: [&str; 3] = ["U1", "U2", "U3"];

fn user(id: &str) -> Option<Value> {
    USERS.iter().find(|(known, ..)| *known == id).map(|(id, name, _)| reference("user", id, name))
}

fn user_named(name: &str) -> Value {
    USERS.iter().find(|(_, known, _)| *known == name).map(|(id, name, _)| reference("user", id, name)).expect("a user")
}

fn no(status: u16, code: u32, message: &str) -> Honest {
    Honest::of(status, json!({"error": {"message": message, "code": code}}).to_string())
}

fn bad(error: &str) -> Honest {
    let body = json!({"error": {"message": "Invalid Input Provided", "code": 2001, "errors": [error]}});
    Honest::of(400, body.to_string())
}

fn at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn time(value: &Value) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(value.as_str().expect("a time")).expect("a time").to_utc()
}

impl Contract for Account {
    fn obey(&mut self, asked: &Asked) -> Honest {
        if (asked.method.as_str(), asked.path()) == ("POST", "/v2/enqueue") {
            return self.enqueue(&asked.json());
        }
        let answer = self.checked(asked).and_then(|()| self.route(asked));
        let mut honest = match answer {
            Ok(value) if asked.path().ends_with("/snooze") => Honest::of(201, value.to_string()),
            Ok(value) => Honest::ok(&value),
            Err(no) => no,
        };
        if let Some((left, limit, reset)) = self.rate {
            let headers = [("ratelimit-limit", limit), ("ratelimit-remaining", left), ("ratelimit-reset", reset)];
            honest.headers.extend(headers.map(|(name, value)| (name, value.to_string())));
        }
        honest
    }
}

impl Account {
    /// The Events API: no login, the key is all. An event that comes again joins what is open.
    fn enqueue(&mut self, event: &Value) -> Honest {
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let (key, summary) = (text(&event["dedup_key"]), text(&event["payload"]["summary"]));
        if self.full {
            return Honest::of(
                429,
                json!({"status": "throttle exceeded", "message": "Requests have been throttled"}).to_string(),
            );
        }
        let wrong = match () {
            () if event["routing_key"] != ROUTING_KEY => "'routing_key' is invalid",
            () if summary.is_empty() || summary.chars().count() > 1024 => "'payload.summary' is missing or too long",
            () if text(&event["payload"]["source"]).is_empty() => "'payload.source' is missing or blank",
            () if !["critical", "error", "warning", "info"].contains(&text(&event["payload"]["severity"]).as_str()) => {
                "'payload.severity' is invalid"
            }
            () => "",
        };
        if !wrong.is_empty() {
            let body = json!({"status": "invalid event", "message": "Event object is invalid", "errors": [wrong]});
            return Honest::of(400, body.to_string());
        }
        self.events.push(event.clone());
        let open = |incident: &&Value| incident["incident_key"] == key.as_str() && incident["status"] != "resolved";
        if !self.incidents.values().any(|incident| open(&incident)) {
            let id = self.trigger(&summary, Utc::now());
            merge(self.incidents.get_mut(&id).expect("there is one"), json!({"incident_key": key}));
        }
        Honest::of(202, json!({"status": "success", "message": "Event processed", "dedup_key": key}).to_string())
    }

    fn checked(&mut self, asked: &Asked) -> Result<(), Honest> {
        if asked.header("authorization") != format!("Token token={TOKEN}") {
            return Err(no(401, 2006, "Authentication failed"));
        }
        if asked.header("accept") != "application/vnd.pagerduty+json;version=2" {
            return Err(no(406, 2015, "Invalid operation"));
        }
        if let Some((left, ..)) = &mut self.rate {
            *left = left.checked_sub(1).ok_or_else(|| no(429, 2020, "Rate Limit Exceeded"))?;
        }
        let written = asked.method != "GET";
        if written && asked.header("content-type") != "application/json" {
            return Err(bad("the body is no JSON"));
        }
        if written && sender(asked).is_none() {
            return Err(no(400, 1008, "Requester User Not Found"));
        }
        Ok(())
    }

    fn route(&mut self, asked: &Asked) -> Answer {
        let path: Vec<&str> = asked.path().split('/').skip(1).collect();
        match (asked.method.as_str(), path.as_slice()) {
            ("GET", ["incidents"]) => self.list(asked),
            ("GET", ["incidents", id]) => Ok(json!({"incident": self.shown(id, asked)?})),
            ("PUT", ["incidents", id]) => {
                let incident = self.change(id, &asked.json()["incident"], by(asked))?;
                Ok(json!({"incident": incident}))
            }
            ("PUT", ["incidents"]) => self.bulk(asked),
            ("POST", ["incidents", id, "snooze"]) => self.snooze(id, asked),
            ("PUT", ["incidents", id, "merge"]) => self.merge(id, asked),
            ("GET", ["incidents", id, "notes"]) => {
                self.known(id)?;
                Ok(json!({"notes": self.notes.get(*id).cloned().unwrap_or_default()}))
            }
            ("POST", ["incidents", id, "notes"]) => self.note(id, asked),
            ("GET", ["incidents", id, "alerts"]) => self.contents(id, asked),
            ("GET", ["users"]) if self.no_users => Err(no(403, 2010, "Access Denied")),
            ("GET", ["users"]) => Ok(json!({"users": found(&USERS, asked), "more": false})),
            ("GET", ["escalation_policies"]) => {
                let all = [("E1", "DB on-call", ""), ("E2", "Pages nobody", "")];
                Ok(json!({"escalation_policies": found(&all, asked), "more": false}))
            }
            ("GET", ["priorities"]) => {
                let one = |(id, name): &(&str, &str)| json!({"id": id, "type": "priority", "summary": name, "name": name});
                Ok(json!({"priorities": PRIORITIES.iter().map(one).collect::<Vec<_>>()}))
            }
            ("GET", ["oncalls"]) => Ok(json!({"oncalls": oncalls(asked), "more": false})),
            _ => Err(no(404, 2100, "Not Found")),
        }
    }

    pub fn trigger(&mut self, title: &str, since: DateTime<Utc>) -> String {
        self.made += 1;
        let (number, id) = (self.made, format!("Q{:05}", self.made));
        let incident = json!({
            "id": id, "type": "incident", "summary": format!("[#{number}] {title}"), "self": format!("https://api.test/incidents/{id}"),
            "html_url": format!("https://acme.test/incidents/{id}"), "incident_number": number, "title": title, "created_at": at(since),
            "updated_at": at(since), "status": "triggered", "incident_key": format!("key-{number}"), "urgency": "high", "priority": null,
            "service": reference("service", "S1", "Database"), "escalation_policy": reference("escalation_policy", "E1", "DB on-call"),
            "teams": [reference("team", "T1", "Storage")], "assigned_via": "escalation_policy",
            "assignments": [{"at": at(since), "assignee": user("U1")}], "acknowledgements": [], "last_status_change_at": at(since),
            "last_status_change_by": reference("service", "S1", "Database"), "resolved_at": null,
            "first_trigger_log_entry": {"id": "L1", "type": "trigger_log_entry_reference"},
            "alert_counts": {"all": 2, "triggered": 1, "resolved": 1}, "is_mergeable": true, "alert_grouping": null,
            "incident_type": {"name": "incident_default"}, "conference_bridge": null, "incidents_responders": [], "responder_requests": [],
            "pending_actions": [{"type": "escalate", "at": at(since + TimeDelta::minutes(30))}], "resolve_reason": null,
        });
        self.incidents.insert(id.clone(), incident);
        id
    }

    fn known(&mut self, id: &str) -> Result<&mut Value, Honest> {
        self.incidents.get_mut(id).ok_or_else(|| no(404, 2100, "Not Found"))
    }

    fn shown(&mut self, id: &str, asked: &Asked) -> Answer {
        let mut incident = self.known(id)?.clone();
        if asked.query("include[]").contains(&"services".to_owned()) {
            merge(
                &mut incident["service"],
                json!({"type": "service", "name": "Database", "acknowledgement_timeout": ACKNOWLEDGED_FOR}),
            );
        }
        // What somebody wrote down is told only to who asks for it.
        if !asked.query("include[]").contains(&"body".to_owned())
            && let Some(fields) = incident.as_object_mut()
        {
            fields.remove("body");
        }
        Ok(incident)
    }

    /// What an incident holds.
    pub fn alerts_of(&mut self, incident: &str) -> impl Iterator<Item = &mut Value> {
        self.alerts.get_mut(incident).into_iter().flatten()
    }

    /// Fields of an incident are others.
    pub fn rewrite(&mut self, incident: &str, fields: Value) {
        merge(self.incidents.get_mut(incident).expect("there is one"), fields);
    }

    fn list(&mut self, asked: &Asked) -> Answer {
        if self.no_lists {
            return Err(no(500, 2000, "An internal error has occurred"));
        }
        let one = |name: &str| asked.query(name).pop();
        let number = |name: &str, other: usize| one(name).and_then(|text| text.parse().ok()).unwrap_or(other);
        let (limit, offset) = (number("limit", 25).min(100), number("offset", 0));
        if limit + offset > 10_000 {
            return Err(no(400, 2002, "Arguments Caused Error"));
        }
        let sort = one("sort_by").unwrap_or_default();
        let (field, order) = sort.split_once(':').unwrap_or((&sort, "asc"));
        let (wanted, mut forgetful) = (Wanted::of(asked), self.forgetful);
        if wanted.key.is_some() && self.lag > 0 {
            (self.lag, forgetful) = (self.lag - 1, true);
        }
        let mut all: Vec<&Value> = self.incidents.values().filter(|incident| !forgetful && wanted.holds(incident)).collect();
        all.sort_by(|a, b| a[field].as_str().cmp(&b[field].as_str()));
        if order == "desc" {
            all.reverse();
        }
        let ids: Vec<String> =
            all.iter().skip(offset).take(limit).map(|incident| incident["id"].as_str().expect("an id").into()).collect();
        let more = offset + ids.len() < all.len();
        let shown = ids.iter().map(|id| self.shown(id, asked)).collect::<Result<Vec<_>, _>>()?;
        if let Some(then) = self.then.take() {
            then(self);
        }
        Ok(json!({"incidents": shown, "limit": limit, "offset": offset, "total": null, "more": more}))
    }

    fn contents(&mut self, id: &str, asked: &Asked) -> Answer {
        self.known(id)?;
        let number = |name: &str, other: usize| asked.query(name).pop().and_then(|text| text.parse().ok()).unwrap_or(other);
        let (limit, offset) = (number("limit", 25).min(100), number("offset", 0));
        let all = self.alerts.get(id).cloned().unwrap_or_default();
        let shown: Vec<Value> = all.iter().skip(offset).take(limit).cloned().collect();
        let more = offset + shown.len() < all.len();
        if let Some(then) = self.then.take() {
            then(self);
        }
        Ok(json!({"alerts": shown, "limit": limit, "offset": offset, "total": null, "more": more}))
    }

    /// Another alert joins an incident, on top of those that it holds.
    pub fn join(&mut self, incident: &str, fields: Value) {
        let since = time(&self.incidents[incident]["created_at"]);
        let all = self.alerts.entry(incident.to_owned()).or_default();
        let count = all.len();
        let mut alert = json!({
            "id": format!("A{count:04}"), "type": "alert", "status": "triggered", "severity": "critical",
            "alert_key": format!("key/{count}"), "summary": format!("alert {count}"), "suppressed": false,
            "created_at": at(since + TimeDelta::seconds(count as i64)), "service": reference("service", "S1", "Database"),
            "incident": reference("incident", incident, ""), "body": {"type": "alert_body", "details": {}, "contexts": []},
        });
        merge(&mut alert, fields);
        all.insert(0, alert);
    }

    fn bulk(&mut self, asked: &Asked) -> Answer {
        let all = asked.json()["incidents"].as_array().cloned().unwrap_or_default();
        if all.len() > 250 {
            return Err(no(413, 2001, "Request Entity Too Large"));
        }
        let one = |one: &Value| self.change(one["id"].as_str().unwrap_or(""), one, by(asked));
        let changed = all.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({"incidents": changed}))
    }

    /// What may be changed, as the API changes it: what is resolved is opened again by another status.
    pub fn change(&mut self, id: &str, change: &Value, who: Value) -> Answer {
        let now = Utc::now();
        let incident = self.known(id)?;
        let was = incident["status"].clone();
        match change["status"].as_str() {
            None => {}
            Some("resolved") if was == "resolved" => return Err(no(400, 1001, "Incident Already Resolved")),
            Some("triggered") if was == "triggered" => return Err(no(400, 1012, "Incident is not Acknowledged")),
            Some(status @ ("resolved" | "triggered" | "acknowledged")) => stand(incident, status, &who, now, ACKNOWLEDGED_FOR),
            Some(_) => return Err(no(400, 1003, "Invalid Status Provided")),
        }
        if let Some(all) = change["assignments"].as_array() {
            let one = |one: &Value| user_of(&one["assignee"]).map(|user| json!({"at": at(now), "assignee": user}));
            incident["assignments"] = all
                .iter()
                .map(one)
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| no(400, 1007, "Assigned To User Not Found"))?
                .into();
            incident["assigned_via"] = "direct_assignment".into();
        }
        if let Some(level) = change["escalation_level"].as_u64() {
            let asked = LEVELS.get(level as usize - 1).ok_or_else(|| no(400, 1006, "Cannot Escalate"))?;
            incident["assignments"] = json!([{"at": at(now), "assignee": user(asked)}]);
        }
        if let Some(id) = change["escalation_policy"]["id"].as_str() {
            let name = if id == "E2" { "Pages nobody" } else { "DB on-call" };
            incident["escalation_policy"] = reference("escalation_policy", id, name);
        }
        if let Some(id) = change["priority"]["id"].as_str() {
            let (id, name) =
                PRIORITIES.iter().find(|(known, _)| *known == id).ok_or_else(|| no(400, 1020, "Invalid Priority"))?;
            incident["priority"] = reference("priority", id, name);
        }
        Ok(incident.clone())
    }

    fn snooze(&mut self, id: &str, asked: &Asked) -> Answer {
        let duration = asked.json()["duration"].as_i64().filter(|seconds| (1..=604_800).contains(seconds));
        let duration = duration.ok_or_else(|| no(400, 1013, "Snooze Duration is Invalid"))?;
        let user = by(asked);
        let incident = self.known(id)?;
        if incident["status"] == "resolved" {
            return Err(no(400, 1001, "Incident Already Resolved"));
        }
        stand(incident, "acknowledged", &user, Utc::now(), duration);
        Ok(json!({"incident": incident}))
    }

    fn merge(&mut self, into: &str, asked: &Asked) -> Answer {
        if self.known(into)?["status"] == "resolved" {
            return Err(no(400, 1001, "Incident Already Resolved"));
        }
        for source in asked.json()["source_incidents"].as_array().into_iter().flatten() {
            let incident = self.known(source["id"].as_str().unwrap_or(""))?;
            stand(incident, "resolved", &by(asked), Utc::now(), 0);
            incident["resolve_reason"] = json!({"type": "merge_resolve_reason", "incident": reference("incident", into, "")});
        }
        Ok(json!({"incident": self.known(into)?}))
    }

    fn note(&mut self, id: &str, asked: &Asked) -> Answer {
        self.known(id)?;
        let content = asked.json()["note"]["content"].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let content = content.ok_or_else(|| bad("Content can't be blank"))?;
        let notes = self.notes.entry(id.to_owned()).or_default();
        let note =
            json!({"id": format!("N{}", notes.len() + 1), "user": by(asked), "content": content, "created_at": at(Utc::now())});
        notes.push(note.clone());
        Ok(json!({"note": note}))
    }
}

/// An incident takes a status, and what goes with it.
fn stand(incident: &mut Value, status: &str, user: &Value, now: DateTime<Utc>, seconds: i64) {
    let acknowledged = json!({"at": at(now), "acknowledger": user});
    let fields = match status {
        "resolved" => json!({"assignments": [], "acknowledgements": [], "pending_actions": [], "resolved_at": at(now)}),
        "triggered" => json!({
            "acknowledgements": [], "resolved_at": null,
            "pending_actions": [{"type": "escalate", "at": at(now + TimeDelta::minutes(30))}],
        }),
        _ => json!({
            "acknowledgements": [acknowledged], "resolved_at": null,
            "pending_actions": [{"type": "unacknowledge", "at": at(now + TimeDelta::seconds(seconds))}],
        }),
    };
    merge(incident, fields);
    merge(
        incident,
        json!({"status": status, "last_status_change_at": at(now), "last_status_change_by": user, "updated_at": at(now)}),
    );
}

fn user_of(reference: &Value) -> Option<Value> {
    user(reference["id"].as_str()?)
}

fn sender(asked: &Asked) -> Option<Value> {
    USERS.iter().find(|(.., mail)| *mail == asked.header("from")).and_then(|(id, ..)| user(id))
}

fn by(asked: &Asked) -> Value {
    sender(asked).expect("checked before")
}

/// The filters of a list.
struct Wanted {
    statuses: Vec<String>,
    services: Vec<String>,
    teams: Vec<String>,
    users: Vec<String>,
    urgencies: Vec<String>,
    key: Option<String>,
    /// When they began; at any time where it is none.
    span: Option<RangeInclusive<DateTime<Utc>>>,
}

impl Wanted {
    fn of(asked: &Asked) -> Self {
        let bound = |name: &str| asked.query(name).pop().map(|text| time(&text.into()));
        let until = bound("until").unwrap_or_else(Utc::now);
        let since = bound("since").unwrap_or(until - TimeDelta::days(30));
        Self {
            statuses: asked.query("statuses[]"),
            services: asked.query("service_ids[]"),
            teams: asked.query("team_ids[]"),
            users: asked.query("user_ids[]"),
            urgencies: asked.query("urgencies[]"),
            key: asked.query("incident_key").pop(),
            span: (asked.query("date_range") != ["all"]).then_some(since..=until),
        }
    }

    fn holds(&self, incident: &Value) -> bool {
        let one = |wanted: &[String], value: &Value| wanted.is_empty() || wanted.iter().any(|word| value == word);
        let any = |wanted: &[String], list: &Value, field: &dyn Fn(&Value) -> Value| {
            wanted.is_empty() || list.as_array().into_iter().flatten().any(|item| one(wanted, &field(item)))
        };
        one(&self.statuses, &incident["status"])
            && one(&self.services, &incident["service"]["id"])
            && any(&self.teams, &incident["teams"], &|team| team["id"].clone())
            && any(&self.users, &incident["assignments"], &|assignment| assignment["assignee"]["id"].clone())
            && one(&self.urgencies, &incident["urgency"])
            && self.key.as_ref().is_none_or(|key| incident["incident_key"] == key.as_str())
            && self.span.as_ref().is_none_or(|span| span.contains(&time(&incident["created_at"])))
    }
}

fn found(all: &[(&str, &str, &str)], asked: &Asked) -> Vec<Value> {
    let query = asked.query("query").pop().unwrap_or_default().to_lowercase();
    let fits = |(_, name, mail): &&(&str, &str, &str)| name.to_lowercase().contains(&query) || mail.contains(&query);
    let one = |(id, name, mail): &(&str, &str, &str)| json!({"id": id, "summary": name, "name": name, "email": mail});
    all.iter().filter(fits).map(one).collect()
}

fn oncalls(asked: &Asked) -> Vec<Value> {
    let one = |(level, id): (usize, &&str)| json!({"escalation_level": level + 1, "user": user(id), "schedule": null});
    let known = asked.query("escalation_policy_ids[]") == ["E1"];
    LEVELS.iter().enumerate().filter(|_| known).map(one).collect()
}

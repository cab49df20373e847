//! A Grafana IRM that keeps the contract of its public API, or breaks it as `fake` can: groups, notes and people.

use super::fake::{Asked, Contract, Fake, Honest};
use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Deref;

pub const TOKEN: &str = "irm-token-of-the-tests";
const PAGE: usize = 50;

pub struct FakeIrm(Fake<Team>);

impl Deref for FakeIrm {
    type Target = Fake<Team>;

    fn deref(&self) -> &Fake<Team> {
        &self.0
    }
}

type Then = Box<dyn FnOnce(&mut Team) + Send>;

#[derive(Default)]
pub struct Team {
    pub groups: BTreeMap<String, Value>,
    notes: Vec<Value>,
    /// The token belongs to a service account: it may read alone.
    pub service_account: bool,
    /// People may not be looked up.
    pub no_users: bool,
    /// Whose stack has to be named.
    pub stack: Option<String>,
    /// Lists are empty for a while, whatever there is.
    pub forgetful: bool,
    /// Happens after the next page of a list.
    then: Option<Then>,
}

impl FakeIrm {
    pub fn start() -> Self {
        Self(Fake::start(Team::default()))
    }

    /// The configuration of a source that asks it.
    pub fn yaml(&self) -> String {
        format!("{{url: '{}', token: {TOKEN}}}", self.url)
    }

    /// A group with this title begins, since ten minutes ago. Its id.
    pub fn begin(&self, title: &str) -> String {
        self.with(|team| {
            let id = format!("I{:05}", team.groups.len() + 1);
            let since = at(Utc::now() - TimeDelta::minutes(10));
            let payload = json!({"commonLabels": {"severity": "critical"}, "commonAnnotations": {"summary": "it is broken"}});
            let group = json!({
                "id": id, "integration_id": "C1", "route_id": "R1", "team_id": null, "alerts_count": 2, "state": "new", "created_at": since,
                "resolved_at": null, "resolved_by": null, "acknowledged_at": null, "acknowledged_by": null, "silenced_at": null, "title": title,
                "permalinks": {"slack": null, "telegram": null, "web": format!("https://grafana.test/irm/{id}")}, "labels": [],
                "last_alert": {"id": "A1", "alert_group_id": id, "created_at": since, "payload": payload},
            });
            team.groups.insert(id.clone(), group);
            id
        })
    }

    /// Somebody does something in the app.
    pub fn elsewhere(&self, who: &str, id: &str, word: &str) {
        let done = self.with(|team| team.act(id, word, who, &Value::Null));
        assert_eq!(done.status, 200, "{}", done.text);
    }

    pub fn resolved_between_pages(&self, id: &str) {
        let id = id.to_owned();
        self.with(|team| team.then = Some(Box::new(move |team| drop(team.act(&id, "resolve", "U2", &Value::Null)))));
    }

    pub fn state(&self, id: &str) -> String {
        self.with(|team| team.groups[id]["state"].as_str().expect("a state").to_owned())
    }

    pub fn notes(&self, id: &str) -> Vec<String> {
        let text = |note: &&Value| note["alert_group_id"] == id;
        self.with(|team| team.notes.iter().filter(text).map(|note| note["text"].as_str().expect("a text").to_owned()).collect())
    }
}

fn at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A time as a filter takes it: without its zone, which is UTC.
fn time(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()
}

fn no(status: u16, detail: &str) -> Honest {
    Honest::of(status, json!({"detail": detail}).to_string())
}

impl Contract for Team {
    fn obey(&mut self, asked: &Asked) -> Honest {
        if asked.header("authorization") != TOKEN {
            return no(403, "Invalid token");
        }
        if self.stack.as_ref().is_some_and(|stack| asked.header("x-grafana-url") != stack) {
            return no(403, "Invalid Grafana URL");
        }
        let path: Vec<&str> = asked.path().trim_matches('/').split('/').skip(2).collect();
        match (asked.method.as_str(), path.as_slice()) {
            ("GET", ["alert_groups"]) => self.list(asked),
            ("GET", ["alert_groups", id]) => self.groups.get(*id).map_or_else(|| no(404, "Not found."), Honest::ok),
            ("POST", ["alert_groups", ..] | ["resolution_notes"]) if self.service_account => {
                no(403, "Service accounts are not allowed to do this")
            }
            ("POST", ["alert_groups", id, word]) => self.act(id, word, "U1", &asked.json()),
            ("GET", ["resolution_notes"]) => {
                let wanted = asked.query("alert_group_id");
                let notes = self.notes.iter().rev().filter(|note| wanted.iter().any(|id| note["alert_group_id"] == id.as_str()));
                paged(notes.cloned().collect(), 1)
            }
            ("POST", ["resolution_notes"]) => self.note(&asked.json()),
            ("GET", ["users", _]) if self.no_users => no(403, "You do not have permission to perform this action."),
            ("GET", ["users", id]) => match [("U1", "ana"), ("U2", "maria")].iter().find(|(known, _)| known == id) {
                Some((id, name)) => Honest::ok(&json!({"id": id, "username": name, "email": format!("{name}@example.org")})),
                None => no(404, "Not found."),
            },
            _ => no(404, "Not found."),
        }
    }
}

/// One page of this. What comes next is named by an address at which nobody listens.
fn paged(all: Vec<Value>, number: usize) -> Honest {
    let (count, from) = (all.len(), (number - 1) * PAGE);
    if from > 0 && from >= count {
        return no(404, "Invalid page.");
    }
    let results: Vec<Value> = all.into_iter().skip(from).take(PAGE).collect();
    let next = (from + PAGE < count).then(|| format!("http://elsewhere.invalid/api/v1/?page={}", number + 1));
    Honest::ok(&json!({"count": count, "next": next, "previous": null, "results": results, "current_page_number": number,
        "page_size": PAGE, "total_pages": count.div_ceil(PAGE)}))
}

impl Team {
    fn list(&mut self, asked: &Asked) -> Honest {
        let state = asked.query("state").pop().unwrap_or_default();
        if !["new", "acknowledged", "resolved", "silenced"].contains(&state.as_str()) {
            return Honest::of(400, json!({"state": ["Select a valid choice."]}).to_string());
        }
        let span = asked.query("started_at").pop();
        let bounds = match span.as_deref().map(|span| span.split_once('_').and_then(|(from, to)| Some((time(from)?, time(to)?))))
        {
            Some(None) => return Honest::of(400, json!({"started_at": ["Enter a valid range."]}).to_string()),
            bounds => bounds.flatten(),
        };
        let number = asked.query("page").pop().and_then(|text| text.parse().ok()).unwrap_or(1);
        let within = |group: &Value| {
            let began = group["created_at"].as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
            bounds.zip(began).is_none_or(|((from, to), at)| (from..=to).contains(&at.naive_utc()))
        };
        let holds = |group: &&Value| group["state"] == state.as_str() && within(group) && !self.forgetful;
        // The newest first.
        let page = paged(self.groups.values().rev().filter(holds).cloned().collect(), number);
        if let Some(then) = self.then.take_if(|_| state == "new") {
            then(self);
        }
        page
    }

    fn act(&mut self, id: &str, word: &str, who: &str, body: &Value) -> Honest {
        let Some(group) = self.groups.get_mut(id) else { return no(404, "Not found.") };
        let state = group["state"].as_str().expect("a state").to_owned();
        let refusal = match (word, state.as_str()) {
            ("acknowledge", "acknowledged") => "Can't acknowledge an acknowledged alert group",
            ("acknowledge" | "unacknowledge" | "silence" | "unsilence" | "resolve", "resolved") => {
                "Can't do this to a resolved alert group"
            }
            ("unacknowledge", "new" | "silenced") => "Can't unacknowledge an unacknowledged alert group",
            ("silence", "acknowledged") => "Can't silence an acknowledged alert group",
            ("silence", _) if body["delay"].as_i64().is_none() => "Invalid delay",
            ("unsilence", "new" | "acknowledged") => "Can't unsilence an unsilenced alert group",
            _ => "",
        };
        if !refusal.is_empty() {
            return no(400, refusal);
        }
        let now = at(Utc::now());
        group["state"] = match word {
            "acknowledge" => "acknowledged",
            "silence" => "silenced",
            "resolve" => "resolved",
            _ => "new",
        }
        .into();
        group["acknowledged_by"] = if word == "acknowledge" { who.into() } else { Value::Null };
        group["resolved_at"] = if word == "resolve" { now.into() } else { Value::Null };
        Honest::of(200, "")
    }

    fn note(&mut self, body: &Value) -> Honest {
        let (id, text) = (body["alert_group_id"].as_str().unwrap_or(""), body["text"].as_str().unwrap_or(""));
        if !self.groups.contains_key(id) || text.is_empty() {
            return Honest::of(400, json!({"text": ["This field may not be blank."]}).to_string());
        }
        let note = json!({"id": format!("M{}", self.notes.len() + 1), "alert_group_id": id, "author": "U1", "source": "web", "text": text,
            "created_at": at(Utc::now())});
        self.notes.push(note.clone());
        Honest::of(201, note.to_string())
    }
}

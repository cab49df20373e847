//! An Icinga 2 that keeps its API's contract as far as it is asked, or breaks it as `fake` can. That the real one does the same
//! is for `tests/icinga2` to show.

use super::fake::{Asked, Contract, Fake, Honest};
use chrono::Utc;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Deref;

pub struct FakeIcinga(Fake<Monitor>);

impl Deref for FakeIcinga {
    type Target = Fake<Monitor>;

    fn deref(&self) -> &Fake<Monitor> {
        &self.0
    }
}

#[derive(Default)]
pub struct Monitor {
    /// Services by their full name.
    services: BTreeMap<String, Value>,
    comments: BTreeMap<String, Value>,
    downtimes: BTreeMap<String, Value>,
    started: f64,
    made: u32,
}

fn now() -> f64 {
    Utc::now().timestamp_millis() as f64 / 1e3
}

impl FakeIcinga {
    pub fn start() -> Self {
        Self(Fake::start(Monitor { started: now() - 86_400.0, ..Monitor::default() }))
    }

    pub fn yaml(&self) -> String {
        format!("{{url: '{}', basic: {{user: console, password: pw}}}}", self.url)
    }

    /// A service of `web1` is critical, since ten minutes ago. Its full name.
    pub fn fail(&self, name: &str) -> String {
        let (full, since) = (format!("web1!{name}"), now() - 600.0);
        let service = json!({
            "display_name": name, "state": 2.0, "state_type": 1.0, "acknowledgement": 0.0, "acknowledgement_expiry": 0.0,
            "downtime_depth": 0.0, "last_check_result": {"output": "CRITICAL"}, "last_check": since, "next_check": now() + 60.0,
            "last_state_change": since, "last_hard_state_change": since, "flapping": false, "last_reachable": true,
            "notes": "", "notes_url": "", "action_url": "", "vars": null, "groups": [],
        });
        self.with(|monitor| monitor.services.insert(full.clone(), service));
        full
    }

    pub fn change(&self, full: &str, fields: Value) {
        self.with(|monitor| merge(monitor.services.get_mut(full).expect("there is one"), fields));
    }

    /// Its problem becomes another one: an acknowledgement that is not sticky ends with that, and so does its comment.
    pub fn worsen(&self, full: &str) {
        self.change(
            full,
            json!({"state": 3.0, "acknowledgement": 0.0, "last_state_change": now(), "last_hard_state_change": now()}),
        );
        self.with(|monitor| monitor.comments.retain(|_, comment| comment["entry_type"] != 4.0));
    }

    pub fn recover(&self, full: &str) {
        self.change(
            full,
            json!({"state": 0.0, "acknowledgement": 0.0, "last_state_change": now(), "last_hard_state_change": now()}),
        );
    }

    /// There is no such service any more.
    pub fn delete(&self, full: &str) {
        self.with(|monitor| monitor.services.remove(full));
    }

    /// The process starts anew without what it knew: nothing has been checked yet.
    pub fn restart(&self) {
        self.with(|monitor| {
            monitor.started = now();
            let fresh = json!({"state": 3.0, "state_type": 1.0, "last_check_result": null, "last_check": -1.0});
            monitor.services.values_mut().for_each(|service| merge(service, fresh.clone()));
        });
    }

    /// What has been written beside anything, acknowledgements left out.
    pub fn comments(&self) -> Vec<String> {
        let text = |comment: &Value| comment["text"].as_str().expect("a text").to_owned();
        self.with(|monitor| monitor.comments.values().filter(|comment| comment["entry_type"] == 1.0).map(text).collect())
    }
}

fn merge(into: &mut Value, fields: Value) {
    for (name, value) in fields.as_object().expect("an object") {
        into[name] = value.clone();
    }
}

fn results(items: Vec<Value>) -> Honest {
    Honest::ok(&json!({"results": items}))
}

fn nothing() -> Honest {
    Honest::of(404, json!({"error": 404, "status": "No objects found."}).to_string())
}

fn done(code: u16, words: &str, name: Option<&str>) -> Honest {
    let mut result = json!({"code": f64::from(code), "status": words});
    if let Some(name) = name {
        result["name"] = name.into();
    }
    Honest::of(code, json!({"results": [result]}).to_string())
}

impl Contract for Monitor {
    fn obey(&mut self, asked: &Asked) -> Honest {
        let body = asked.json();
        if asked.method != "POST" || asked.header("accept") != "application/json" || body.is_null() {
            return Honest::of(400, json!({"error": 400, "status": "Invalid request body"}).to_string());
        }
        let path = asked.path().trim_start_matches("/v1/").to_owned();
        match (path.split_once('/'), asked.header("x-http-method-override")) {
            (Some(("objects", list)), "GET") => self.list(list, &body),
            (Some(("status", _)), "GET") => {
                let app = json!({"icingaapplication": {"app": {"program_start": self.started}}});
                results(vec![json!({"name": "IcingaApplication", "status": app})])
            }
            (Some(("actions", action)), "") => self.act(action, &body),
            _ => nothing(),
        }
    }
}

impl Monitor {
    fn list(&self, list: &str, body: &Value) -> Honest {
        let (objects, key) = match list {
            "services" => (&self.services, "service"),
            "comments" => (&self.comments, "comment"),
            "downtimes" => (&self.downtimes, "downtime"),
            _ => return results(Vec::new()),
        };
        if let Some(name) = body[key].as_str() {
            return objects.get(name).map_or_else(nothing, |attrs| results(vec![json!({"name": name, "attrs": attrs})]));
        }
        let holds = |(name, attrs): &(&String, &Value)| fits(name, attrs, body);
        results(objects.iter().filter(holds).map(|(name, attrs)| json!({"name": name, "attrs": attrs})).collect())
    }

    fn act(&mut self, action: &str, body: &Value) -> Honest {
        if let Some(name) = body["downtime"].as_str() {
            return self.downtimes.remove(name).map_or_else(nothing, |_| done(200, "Successfully removed downtime", None));
        }
        let full = body["service"].as_str().unwrap_or("").to_owned();
        let Some(service) = self.services.get_mut(&full) else { return nothing() };
        match action {
            "acknowledge-problem" if service["state"] == 0.0 => return done(409, &format!("Service '{full}' is OK."), None),
            "acknowledge-problem" if service["acknowledgement"] != 0.0 => {
                return done(409, &format!("Problem for object '{full}' already acknowledged."), None);
            }
            "acknowledge-problem" => {
                merge(service, json!({"acknowledgement": 1.0, "acknowledgement_expiry": body["expiry"]}));
                self.write_down(&full, body, 4.0);
            }
            "remove-acknowledgement" => {
                merge(service, json!({"acknowledgement": 0.0}));
                self.comments.retain(|name, comment| comment["entry_type"] != 4.0 || !name.starts_with(&format!("{full}!")));
            }
            "add-comment" => {
                let name = self.write_down(&full, body, 1.0);
                return done(200, "Successfully added comment", Some(&name));
            }
            "schedule-downtime" => return self.begin_downtime(&full, body),
            "reschedule-check" => merge(service, json!({"last_check": now()})),
            _ => return nothing(),
        }
        done(200, &format!("Successfully did {action}"), None)
    }

    fn named(&mut self, full: &str) -> String {
        self.made += 1;
        format!("{full}!{:08}", self.made)
    }

    fn write_down(&mut self, full: &str, body: &Value, kind: f64) -> String {
        let name = self.named(full);
        let (host, service) = full.split_once('!').expect("a service");
        let comment = json!({"host_name": host, "service_name": service, "author": body["author"], "text": body["comment"],
            "entry_type": kind, "entry_time": now()});
        self.comments.insert(name.clone(), comment);
        name
    }

    fn begin_downtime(&mut self, full: &str, body: &Value) -> Honest {
        let name = self.named(full);
        let (host, service) = full.split_once('!').expect("a service");
        let downtime = json!({"host_name": host, "service_name": service, "author": body["author"], "comment": body["comment"],
            "start_time": body["start_time"], "end_time": body["end_time"], "fixed": body["fixed"], "duration": 0.0, "trigger_time": 0.0});
        self.downtimes.insert(name.clone(), downtime);
        merge(self.services.get_mut(full).expect("there is one"), json!({"downtime_depth": 1.0}));
        done(200, "Successfully scheduled downtime", Some(&name))
    }
}

/// Whether a filter holds: those that are asked for, and no others.
fn fits(name: &str, attrs: &Value, body: &Value) -> bool {
    let (filter, vars) = (body["filter"].as_str().unwrap_or(""), &body["filter_vars"]);
    let has = |text: &Value| text.as_str().is_some_and(|text| text.contains(vars["marker"].as_str().unwrap_or("nowhere")));
    let part = |part: &str| match part {
        "" => true,
        "service.state != 0" => attrs["state"] != 0.0,
        "!service.last_check_result" => attrs["last_check_result"].is_null(),
        "service.last_check_result" => !attrs["last_check_result"].is_null(),
        "service.state_type == 1" => attrs["state_type"] == 1.0,
        "service.__name in names" => vars["names"].as_array().is_some_and(|names| names.iter().any(|wanted| wanted == name)),
        "comment.entry_type == 4" => attrs["entry_type"] == 4.0,
        "comment.host_name == on_host" => attrs["host_name"] == vars["on_host"],
        "comment.service_name == on_service" => attrs["service_name"] == vars["on_service"],
        "comment.text.contains(marker)" => has(&attrs["text"]),
        "downtime.comment.contains(marker)" => has(&attrs["comment"]),
        other => panic!("no filter of ours: {other}"),
    };
    filter.split(" && ").all(part)
}

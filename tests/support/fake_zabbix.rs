//! A Zabbix that keeps its API's contract as far as it is asked, or breaks it as `fake` can. That the real one does the same is
//! for `tests/zabbix` to show, of the version that Debian has; of newer ones the documentation says so.

use super::fake::{Asked, Contract, Fake, Honest};
use chrono::Utc;
use serde_json::{Value, json};
use std::ops::Deref;

pub struct FakeZabbix(Fake<Frontend>);

impl Deref for FakeZabbix {
    type Target = Fake<Frontend>;

    fn deref(&self) -> &Fake<Frontend> {
        &self.0
    }
}

pub const TOKEN: &str = "0424bd59b807674191e7d77572075f33";

pub struct Frontend {
    pub version: &'static str,
    /// Events that began a problem, the oldest first.
    pub events: Vec<Value>,
    /// Lists without ids are empty for now.
    pub forgetful: bool,
    /// Ends once the next list was read.
    ending: Option<String>,
    closing: Option<String>,
    /// How often a problem is read before the process behind the API closes it.
    pub closes_after: usize,
    /// What the process behind it says of itself.
    pub server: Value,
    /// 1: each trigger may have several problems.
    pub multiple: &'static str,
    /// 0: problems of its triggers can't be closed by hand.
    pub closable: &'static str,
    /// Of whoever logs in; every login ends the session before.
    pub sessions: u32,
    made: u32,
}

impl FakeZabbix {
    pub fn start() -> Self {
        Self::of("7.0.2")
    }

    pub fn of(version: &'static str) -> Self {
        let server = json!({"lastaccess": Utc::now().timestamp().to_string(), "status": "3"});
        let (events, ending, closing) = Default::default();
        Self(Fake::start(Frontend {
            version,
            events,
            forgetful: false,
            ending,
            closing,
            closes_after: 0,
            server,
            multiple: "0",
            closable: "1",
            sessions: 0,
            made: 0,
        }))
    }

    pub fn yaml(&self) -> String {
        format!("{{url: '{}', token: {TOKEN}}}", self.url)
    }

    /// A trigger of its own has a problem, since ten minutes ago. The trigger.
    pub fn trigger(&self, name: &str) -> String {
        self.with(|frontend| {
            let trigger = (23_000 + frontend.events.len()).to_string();
            frontend.begin(&trigger, name, Utc::now().timestamp() - 600);
            trigger
        })
    }

    pub fn recover(&self, trigger: &str) {
        self.with(|frontend| frontend.end(trigger));
    }

    pub fn between_pages(&self, trigger: &str) {
        self.with(|frontend| frontend.ending = Some(trigger.to_owned()));
    }

    /// Somebody else does something to the newest problem of a trigger.
    pub fn elsewhere(&self, trigger: &str, action: u64, message: &str) {
        self.with(|frontend| frontend.update(trigger, "7", &json!({"action": action, "message": message})));
    }

    /// The newest problem of a trigger.
    pub fn newest(&self, trigger: &str) -> Value {
        self.with(|frontend| frontend.newest(trigger).clone())
    }
}

fn failure(code: i64, data: &str) -> Honest {
    Honest::ok(&json!({"jsonrpc": "2.0", "error": {"code": code, "message": "Invalid params.", "data": data}, "id": 1}))
}

fn ids(value: &Value) -> Option<Vec<String>> {
    Some(value.as_array()?.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect())
}

impl Contract for Frontend {
    fn line(&self, asked: &Asked) -> String {
        format!("{} {} {}", asked.method, asked.path(), asked.json()["method"].as_str().unwrap_or(""))
    }

    fn obey(&mut self, asked: &Asked) -> Honest {
        let body = asked.json();
        let method = body["method"].as_str().unwrap_or("").to_owned();
        if asked.path() != "/api_jsonrpc.php" || asked.header("content-type") != "application/json-rpc" {
            return Honest::of(412, "");
        }
        if let Some(no) = self.refused(&method, asked, &body) {
            return no;
        }
        match self.answer(&method, &body["params"]) {
            Ok(result) => Honest::ok(&json!({"jsonrpc": "2.0", "result": result, "id": 1})),
            Err((code, data)) => failure(code, &data),
        }
    }
}

impl Frontend {
    /// Since 6.4 who asks stands in a header, and since 7.2 nowhere else.
    fn refused(&self, method: &str, asked: &Asked, body: &Value) -> Option<Honest> {
        if ["apiinfo.version", "user.login"].contains(&method) {
            let known = !body["auth"].is_null() || !asked.header("authorization").is_empty();
            return known.then(|| failure(-32602, "it must be asked without authorization"));
        }
        let header = asked.header("authorization").strip_prefix("Bearer ").unwrap_or("");
        let (old, newest) = (self.version.starts_with("6.0"), self.version.starts_with("7.2"));
        if newest && !body["auth"].is_null() {
            return Some(failure(-32600, "Invalid parameter \"/\": unexpected parameter \"auth\"."));
        }
        let given = if old { body["auth"].as_str().unwrap_or("") } else { header };
        match given {
            "" => Some(failure(-32602, "Not authorized.")),
            TOKEN => None,
            session if self.sessions > 0 && session == format!("session-{}", self.sessions) => None,
            _ => Some(failure(-32602, "Session terminated, re-login, please.")),
        }
    }

    fn answer(&mut self, method: &str, params: &Value) -> Result<Value, (i64, String)> {
        Ok(match method {
            "apiinfo.version" => self.version.into(),
            "user.login" if params["password"] == "right" => {
                self.sessions += 1;
                format!("session-{}", self.sessions).into()
            }
            "user.login" => {
                let words = "Incorrect user name or password or account is temporarily blocked.";
                return Err((-32500, words.into()));
            }
            "problem.get" => self.problems(params),
            "event.get" => self.history(params),
            "trigger.get" => self.triggers(params),
            "user.get" => json!([{"userid": "7", "username": "bo", "name": "Bo", "surname": ""}]),
            // Null: none has ever run.
            "hanode.get" if self.server.is_null() => json!([]),
            "hanode.get" => json!([self.server]),
            "event.acknowledge" => return self.acknowledge(params),
            other => return Err((-32601, format!("Incorrect API \"{other}\"."))),
        })
    }

    fn begin(&mut self, trigger: &str, name: &str, clock: i64) {
        let event = (self.events.len() + 1).to_string();
        self.events.push(json!({
            "eventid": event, "source": "0", "object": "0", "objectid": trigger, "clock": clock.to_string(), "ns": "5",
            "r_eventid": "0", "r_clock": "0", "cause_eventid": "0", "name": name, "acknowledged": "0", "severity": "4",
            "suppressed": "0", "opdata": "", "urls": [], "tags": [], "acknowledges": [], "suppression_data": [],
        }));
    }

    pub fn end(&mut self, trigger: &str) {
        let event = self.newest(trigger);
        (event["r_eventid"], event["r_clock"]) = (json!("999999"), Utc::now().timestamp().to_string().into());
    }

    /// It began anew.
    pub fn again(&mut self, trigger: &str) {
        let name = self.newest(trigger)["name"].as_str().expect("a name").to_owned();
        self.begin(trigger, &name, Utc::now().timestamp());
    }

    pub fn newest(&mut self, trigger: &str) -> &mut Value {
        self.events.iter_mut().rev().find(|event| event["objectid"] == trigger).expect("there is one")
    }

    fn problems(&mut self, params: &Value) -> Value {
        let (objects, till) = (ids(&params["objectids"]), params["eventid_till"].as_str().and_then(|id| id.parse::<u64>().ok()));
        let limit = params["limit"].as_u64().expect("a limit");
        let wanted = |event: &&Value| {
            let id: u64 = event["eventid"].as_str().and_then(|id| id.parse().ok()).expect("an id");
            let severity: u64 = event["severity"].as_str().and_then(|text| text.parse().ok()).expect("a number");
            let severe = params["severities"].as_array().is_none_or(|list| list.contains(&severity.into()));
            let named = objects.as_ref().map_or(!self.forgetful, |ids| ids.iter().any(|id| *id == event["objectid"]));
            named && severe && till.is_none_or(|till| id <= till) && (params["recent"] == true || event["r_eventid"] == "0")
        };
        let list = self.events.iter().rev().filter(wanted).take(usize::try_from(limit).expect("fits")).cloned().collect();
        if let Some(trigger) = self.ending.take() {
            self.end(&trigger);
        }
        list
    }

    fn history(&mut self, params: &Value) -> Value {
        self.closes_after = self.closes_after.saturating_sub(1);
        if let Some(trigger) = (self.closes_after == 0).then(|| self.closing.take()).flatten() {
            self.end(&trigger);
        }
        let (objects, events) = (ids(&params["objectids"]), ids(&params["eventids"]));
        let wanted = |event: &&Value| {
            objects.iter().flatten().any(|id| *id == event["objectid"])
                && events.as_ref().is_none_or(|ids| ids.iter().any(|id| *id == event["eventid"]))
        };
        let key = if self.version.starts_with('6') { "select_acknowledges" } else { "selectAcknowledges" };
        let told = |event: &Value| {
            let mut event = event.clone();
            if params[key].is_null() {
                event.as_object_mut().expect("a map").remove("acknowledges");
            }
            event
        };
        self.events.iter().rev().filter(wanted).map(told).collect()
    }

    fn triggers(&self, params: &Value) -> Value {
        let host = json!([{"host": "db1", "name": "Database 1"}]);
        let ids = ids(&params["triggerids"]).unwrap_or_default().into_iter();
        let one = |id: String| json!({"triggerid": id, "type": self.multiple, "url": "", "comments": "", "hosts": host, "manual_close": self.closable});
        ids.map(one).collect()
    }

    /// All or nothing.
    fn acknowledge(&mut self, params: &Value) -> Result<Value, (i64, String)> {
        let (events, action) = (ids(&params["eventids"]).unwrap_or_default(), params["action"].as_u64().expect("a number"));
        let old = self.version.starts_with("6.0");
        if old && action & 0b110_0000 != 0 {
            return Err((-32602, format!("Incorrect value for field \"action\": unexpected value \"{}\".", action & 0b110_0000)));
        }
        let known = |id: &String| self.events.iter().find(|event| event["eventid"] == **id);
        let Some(triggers) =
            events.iter().map(|id| Some(known(id)?["objectid"].as_str()?.to_owned())).collect::<Option<Vec<_>>>()
        else {
            return Err((-32500, "No permissions to referred object or it does not exist!".into()));
        };
        if action & 1 != 0 && self.closable == "0" {
            return Err((-32500, "Cannot close problem: trigger does not allow manual closing.".into()));
        }
        triggers.iter().for_each(|trigger| self.update(trigger, "1", params));
        Ok(json!({"eventids": [1]}))
    }

    /// What is already so is left out without a word.
    fn update(&mut self, trigger: &str, user: &str, params: &Value) {
        self.made += 1;
        let (made, mut action) = (self.made.to_string(), params["action"].as_u64().expect("a number"));
        let event = self.newest(trigger);
        if action & 2 != 0 && event["acknowledged"] == "1" {
            action &= !2;
        }
        for (bit, field, value) in
            [(2, "acknowledged", "1"), (16, "acknowledged", "0"), (32, "suppressed", "1"), (64, "suppressed", "0")]
        {
            if action & bit != 0 {
                event[field] = value.into();
            }
        }
        if action & 8 != 0 {
            event["severity"] = params["severity"].to_string().into();
        }
        let update = json!({"acknowledgeid": made, "userid": user, "clock": Utc::now().timestamp().to_string(),
            "message": params["message"], "action": action.to_string()});
        event["acknowledges"].as_array_mut().expect("a list").push(update);
        if action & 1 != 0 && event["r_eventid"] == "0" {
            match self.closes_after {
                0 => self.end(trigger),
                _ => self.closing = Some(trigger.to_owned()),
            }
        }
    }
}

//! An Alertmanager that keeps the API's contract, or breaks it as `fake` can.

use super::fake::{Asked, Contract, Fake, Honest};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use regex::Regex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::Deref;

pub struct FakeAlertmanager(Fake<World>);

impl Deref for FakeAlertmanager {
    type Target = Fake<World>;

    fn deref(&self) -> &Fake<World> {
        &self.0
    }
}

#[derive(Default)]
pub struct World {
    alerts: BTreeMap<String, Value>,
    silences: BTreeMap<String, Silence>,
    uptime: DateTime<Utc>,
    version: String,
    login: Option<String>,
    tenant: Option<String>,
    /// What it runs with, as YAML.
    config: String,
    /// Time intervals that mute everything now.
    muted_by: Vec<&'static str>,
    made: u32,
    /// Happens when a silence is made, before the answer.
    then: Option<Box<dyn FnMut() + Send>>,
}

#[derive(Clone)]
struct Silence {
    matchers: Value,
    starts: DateTime<Utc>,
    ends: DateTime<Utc>,
    updated: DateTime<Utc>,
    by: String,
    comment: String,
}

impl FakeAlertmanager {
    pub fn start() -> Self {
        let uptime = Utc::now() - TimeDelta::hours(1);
        Self(Fake::start(World { uptime, version: "0.27.0".into(), config: "route: {}".into(), ..World::default() }))
    }

    /// An alert with these labels fires, since ten minutes ago unless it did already. Its fingerprint.
    pub fn fire(&self, labels: &[(&str, &str)]) -> String {
        self.with(|world| world.fire(labels))
    }

    /// Changes fields of an alert.
    pub fn change(&self, fingerprint: &str, fields: Value) {
        self.with(|world| {
            let alert = world.alerts.get_mut(fingerprint).expect("it fires");
            for (name, value) in fields.as_object().expect("an object") {
                alert[name] = value.clone();
            }
        });
    }

    pub fn resolve(&self, fingerprint: &str) {
        self.with(|world| world.resolve(fingerprint));
    }

    /// The process starts anew: no alerts until somebody sends them again. Silences stay.
    pub fn restart(&self) {
        self.with(World::restart);
    }

    pub fn version(&self, version: &str) {
        self.with(|world| world.version = version.into());
    }

    /// Whoever does not name this tenant is refused, as a Mimir does.
    pub fn tenant(&self, name: &str) {
        self.with(|world| world.tenant = Some(name.into()));
    }

    /// Demands this `Authorization`.
    pub fn login(&self, value: &str) {
        self.with(|world| world.login = Some(value.into()));
    }

    /// A time interval begins in which nobody is told of anything.
    pub fn mute(&self, interval: &'static str) {
        self.with(|world| world.muted_by.push(interval));
    }

    /// It runs with this configuration.
    pub fn configured(&self, config: &str) {
        self.with(|world| world.config = config.into());
    }

    /// All silences as the API shows them, those that have ended too.
    pub fn silences(&self) -> Vec<Value> {
        self.with(|world| world.silences())
    }

    /// Somebody silences everything of this name.
    pub fn silence(&self, alertname: &str) {
        let (starts, ends) = (at(Utc::now()), at(Utc::now() + TimeDelta::hours(1)));
        let matcher = json!({"name": "alertname", "value": alertname, "isRegex": false, "isEqual": true});
        let silence = json!({"matchers": [matcher], "startsAt": starts, "endsAt": ends, "createdBy": "bo", "comment": "quiet"});
        self.with(|world| world.post(silence.to_string().as_bytes()));
    }

    /// Labels and annotations of every alert.
    pub fn alerts(&self) -> Vec<Value> {
        self.with(|world| world.alerts.values().cloned().collect())
    }

    /// From now on this happens whenever a silence is made, before the answer.
    pub fn whenever_silenced(&self, then: impl FnMut() + Send + 'static) {
        self.with(|world| world.then = Some(Box::new(then)));
    }

    /// Somebody else ends a silence.
    pub fn expire(&self, id: &str) {
        self.with(|world| world.silences.get_mut(id).expect("there is one").end(Utc::now()));
    }

    /// Takes over what another peer knows of silences.
    pub fn gossip(&self, other: &Self) {
        let theirs = other.with(|world| world.silences.clone());
        self.with(|world| world.silences.extend(theirs));
    }
}

impl Contract for World {
    fn obey(&mut self, asked: &Asked) -> Honest {
        if self.login.as_ref().is_some_and(|login| asked.header("authorization") != login) {
            return Honest::of(401, "Unauthorized\n");
        }
        if self.tenant.as_ref().is_some_and(|tenant| asked.header("x-scope-orgid") != tenant) {
            return Honest::of(401, "no org id\n");
        }
        let method = asked.method.as_str();
        match (method, asked.path().strip_prefix("/api/v2/").unwrap_or("")) {
            ("GET", "status") => Honest::ok(&self.status()),
            ("GET", "alerts") => Honest::ok(&self.list(&asked.query("filter"))),
            ("GET", "alerts/groups") => Honest::ok(&self.groups(&asked.query("filter"))),
            ("POST", "alerts") => self.push(&asked.json()),
            ("GET", "silences") => Honest::ok(&self.silences().into()),
            ("POST", "silences") => {
                self.then.iter_mut().for_each(|then| then());
                self.post(&asked.body)
            }
            (method, path) => match path.strip_prefix("silence/") {
                Some(id) => self.one(method, id),
                None => nothing(404),
            },
        }
    }
}

fn bad(status: u16, words: &str) -> Honest {
    Honest::of(status, json!(words).to_string())
}

fn nothing(status: u16) -> Honest {
    Honest::of(status, "")
}

impl World {
    /// An alert with these labels fires, since ten minutes ago unless it did already. Its fingerprint.
    pub fn fire(&mut self, labels: &[(&str, &str)]) -> String {
        let labels: BTreeMap<&str, &str> = labels.iter().copied().collect();
        let fingerprint = fingerprint(&labels);
        let now = Utc::now();
        let alert = json!({
            "fingerprint": fingerprint, "labels": labels, "annotations": {"summary": "it is broken"},
            "startsAt": at(now - TimeDelta::minutes(10)), "updatedAt": at(now), "endsAt": at(now + TimeDelta::minutes(4)),
            "generatorURL": "http://prom.test/graph", "receivers": [{"name": "ops"}],
        });
        self.alerts.entry(fingerprint.clone()).or_insert(alert);
        fingerprint
    }

    pub fn resolve(&mut self, fingerprint: &str) {
        self.alerts.remove(fingerprint);
    }

    pub fn restart(&mut self) {
        self.alerts.clear();
        self.uptime = Utc::now();
    }

    pub fn silences(&self) -> Vec<Value> {
        self.silences.iter().map(|(id, silence)| silence.json(id, Utc::now())).collect()
    }

    fn status(&self) -> Value {
        json!({
            "cluster": {"status": "disabled"}, "config": {"original": self.config}, "uptime": at(self.uptime),
            "versionInfo": {"version": self.version, "revision": "abc"},
        })
    }

    /// Alerts that somebody sends, for the only receiver.
    fn push(&mut self, alerts: &Value) -> Honest {
        for alert in alerts.as_array().into_iter().flatten() {
            let pairs = alert["labels"].as_object().into_iter().flatten();
            let labels: Vec<(&str, &str)> = pairs.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect();
            if labels.is_empty() {
                return bad(400, "at least one label pair required");
            }
            let fingerprint = self.fire(&labels);
            let stored = self.alerts.get_mut(&fingerprint).expect("it fires");
            for name in ["annotations", "startsAt", "endsAt"] {
                stored[name] = alert[name].clone();
            }
        }
        nothing(200)
    }

    /// Everything for which matchers of the kind `name="value"` hold.
    fn list(&self, filters: &[String]) -> Value {
        let now = Utc::now();
        let shown = |alert: &Value| {
            let covering = self.silences.iter().filter(|(_, silence)| silence.state(now) == "active" && silence.covers(alert));
            let by: Vec<_> = covering.map(|(id, _)| id).collect();
            let state = if by.is_empty() { "active" } else { "suppressed" };
            let mut alert = alert.clone();
            let inhibited = alert.get("inhibitedBy").cloned().unwrap_or(json!([]));
            alert["status"] = json!({"state": state, "silencedBy": by, "inhibitedBy": inhibited, "mutedBy": []});
            alert
        };
        let holds = |alert: &Value, filter: &String| {
            let (name, value) = filter.split_once("=\"").expect("a matcher");
            alert["labels"][name] == value.trim_end_matches('"')
        };
        let kept = |alert: &&Value| filters.iter().all(|filter| holds(alert, filter));
        self.alerts.values().filter(kept).map(shown).collect()
    }

    /// By receiver and name, and nowhere but there it stands what mutes them.
    fn groups(&self, filters: &[String]) -> Value {
        let mut groups: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
        for alert in self.list(filters).as_array().expect("a list") {
            let mut alert = alert.clone();
            alert["status"]["mutedBy"] = json!(self.muted_by);
            for receiver in alert["receivers"].as_array().expect("a list") {
                let names = [&receiver["name"], &alert["labels"]["alertname"]].map(|name| name.as_str().unwrap_or("").to_owned());
                groups.entry(names.into()).or_default().push(alert.clone());
            }
        }
        let one = |((to, name), alerts)| json!({"labels": {"alertname": name}, "receiver": {"name": to}, "alerts": alerts});
        groups.into_iter().map(one).collect()
    }

    fn post(&mut self, body: &[u8]) -> Honest {
        let Some((id, new)) = serde_json::from_slice(body).ok().and_then(|value: Value| Silence::read(&value)) else {
            return Honest::of(422, json!({"code": 602, "message": "a field in body is required"}).to_string());
        };
        let now = Utc::now();
        if let Some(words) = new.wrong(now) {
            return bad(400, words);
        }
        let mut names = new.matchers.as_array().expect("a list").iter().map(|matcher| matcher["name"].as_str().unwrap_or(""));
        if let Some(name) = names.rfind(|name| !self.takes(name)) {
            return bad(400, &format!("silence invalid: invalid label matcher 0: invalid label name \"{name}\""));
        }
        match id {
            None => self.store(Silence { starts: new.starts.max(now), ..new }),
            Some(id) => self.replace(id, new, now),
        }
    }

    /// Since 0.27 every text is the name of a label.
    fn takes(&self, name: &str) -> bool {
        let word = Regex::new("^[a-zA-Z_][a-zA-Z0-9_]*$").expect("an expression").is_match(name);
        word || (!name.is_empty() && self.version.as_str() >= "0.27")
    }

    /// In place where the contract allows it; else the old one ends and another begins.
    fn replace(&mut self, id: String, new: Silence, now: DateTime<Utc>) -> Honest {
        let Some(old) = self.silences.get_mut(&id) else { return bad(404, "silence not found") };
        let same = old.matchers == new.matchers;
        let in_place = match old.state(now) {
            "active" => same && old.starts.timestamp() == new.starts.timestamp(),
            "pending" => same && new.starts >= now,
            _ => false,
        };
        if in_place {
            *old = Silence { updated: now, ..new };
            return Honest::ok(&json!({"silenceID": id}));
        }
        if old.state(now) != "expired" {
            old.end(now);
        }
        self.store(Silence { starts: new.starts.max(now), ..new })
    }

    fn store(&mut self, silence: Silence) -> Honest {
        self.made += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.made);
        self.silences.insert(id.clone(), silence);
        Honest::ok(&json!({"silenceID": id}))
    }

    fn one(&mut self, method: &str, id: &str) -> Honest {
        if uuid::Uuid::parse_str(id).is_err() {
            return Honest::of(422, json!({"code": 601, "message": "silenceID must be of type uuid"}).to_string());
        }
        let old = self.version.as_str() < "0.26";
        let now = Utc::now();
        match (method, self.silences.get_mut(id)) {
            ("GET", Some(silence)) => Honest::ok(&silence.json(id, now)),
            ("DELETE", Some(silence)) => {
                if silence.state(now) != "expired" {
                    silence.end(now);
                }
                nothing(200)
            }
            ("DELETE", None) if old => bad(500, "silence not found"),
            _ => nothing(404),
        }
    }
}

impl Silence {
    fn read(value: &Value) -> Option<(Option<String>, Self)> {
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let time = |name: &str| Some(DateTime::parse_from_rfc3339(value[name].as_str()?).ok()?.to_utc());
        let matchers = value["matchers"].clone();
        matchers.as_array().filter(|list| !list.is_empty())?;
        let silence = Self {
            matchers,
            starts: time("startsAt")?,
            ends: time("endsAt")?,
            updated: Utc::now(),
            by: text("createdBy")?,
            comment: text("comment")?,
        };
        Some((text("id"), silence))
    }

    fn wrong(&self, now: DateTime<Utc>) -> Option<&'static str> {
        let empty = self.matchers.as_array().expect("a list").iter().all(|matcher| holds(matcher, ""));
        match () {
            () if self.ends <= self.starts => Some("Failed to create silence: start time must be before end time"),
            () if self.ends < now => Some("Failed to create silence: end time can't be in the past"),
            () if empty => Some("invalid silence: at least one matcher must not match the empty string"),
            () => None,
        }
    }

    fn state(&self, now: DateTime<Utc>) -> &'static str {
        match () {
            () if self.ends <= now => "expired",
            () if self.starts > now => "pending",
            () => "active",
        }
    }

    fn end(&mut self, now: DateTime<Utc>) {
        (self.ends, self.updated) = (now, now);
    }

    fn covers(&self, alert: &Value) -> bool {
        let label = |matcher: &Value| alert["labels"][matcher["name"].as_str().unwrap_or("")].as_str().unwrap_or("").to_owned();
        self.matchers.as_array().expect("a list").iter().all(|matcher| holds(matcher, &label(matcher)))
    }

    fn json(&self, id: &str, now: DateTime<Utc>) -> Value {
        json!({
            "id": id, "matchers": self.matchers, "startsAt": at(self.starts), "endsAt": at(self.ends), "updatedAt": at(self.updated),
            "createdBy": self.by, "comment": self.comment, "status": {"state": self.state(now)},
        })
    }
}

fn holds(matcher: &Value, label: &str) -> bool {
    let value = matcher["value"].as_str().unwrap_or("");
    let matches = match matcher["isRegex"] == true {
        true => Regex::new(&format!("^(?:{value})$")).is_ok_and(|regex| regex.is_match(label)),
        false => value == label,
    };
    matches == (matcher["isEqual"] != false)
}

fn at(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// FNV-1a over the sorted pairs, written once more so that the product's own is checked against something.
pub fn fingerprint(labels: &BTreeMap<&str, &str>) -> String {
    let bytes = labels.iter().flat_map(|(name, value)| [name.as_bytes(), b"\xff", value.as_bytes(), b"\xff"].concat());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

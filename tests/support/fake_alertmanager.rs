//! An Alertmanager that keeps the API's contract and breaks it on demand. It runs on a thread of its own, so that tests
//! without a runtime can use it too.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures_util::stream;
use regex::Regex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::oneshot;
use url::Url;

/// How the next answers are.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Mood {
    #[default]
    Fine,
    /// Never a word.
    Silent,
    /// Headers, and then nothing.
    HeadersOnly,
    /// The first half of the body as if it were all of it.
    Truncated,
    /// The connection breaks in the middle of the body.
    Reset,
    /// A login page with 200.
    Html,
    /// Another system's JSON with 200.
    WrongSchema,
    /// Says that the body has 200 MB, and sends them.
    Huge,
    /// A status with this body; 429 comes with `Retry-After: 30`.
    Status(u16, &'static str),
    /// Compressed, as newer servers do.
    Gzip,
    /// Does what is asked and never answers.
    DeafAfterwards,
}

#[derive(Default)]
struct World {
    alerts: BTreeMap<String, Value>,
    silences: BTreeMap<String, Silence>,
    uptime: DateTime<Utc>,
    version: String,
    /// Moods by the beginning of `METHOD path`; the longest that fits counts.
    moods: BTreeMap<String, Mood>,
    hits: Vec<String>,
    login: Option<String>,
    made: u32,
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

type Shared = Arc<Mutex<World>>;

pub struct FakeAlertmanager {
    pub url: Url,
    world: Shared,
    _stop: oneshot::Sender<()>,
}

impl FakeAlertmanager {
    pub fn start() -> Self {
        let world = World { uptime: Utc::now() - TimeDelta::hours(1), version: "0.27.0".into(), ..World::default() };
        let world: Shared = Arc::new(Mutex::new(world));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("nonblocking");
        let url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let router = Router::new().fallback(answer).with_state(world.clone());
        std::thread::spawn(move || serve(listener, router, stopped));
        Self { url, world, _stop: stop }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("not poisoned")
    }

    /// An alert with these labels fires, since ten minutes ago unless it did already. Its fingerprint.
    pub fn fire(&self, labels: &[(&str, &str)]) -> String {
        let labels: BTreeMap<&str, &str> = labels.iter().copied().collect();
        let fingerprint = fingerprint(&labels);
        let now = Utc::now();
        let alert = json!({
            "fingerprint": fingerprint, "labels": labels, "annotations": {"summary": "it is broken"},
            "startsAt": at(now - TimeDelta::minutes(10)), "updatedAt": at(now), "endsAt": at(now + TimeDelta::minutes(4)),
            "generatorURL": "http://prom.test/graph", "receivers": [{"name": "ops"}],
        });
        self.world().alerts.entry(fingerprint.clone()).or_insert(alert);
        fingerprint
    }

    /// Changes fields of an alert.
    pub fn change(&self, fingerprint: &str, fields: Value) {
        let mut world = self.world();
        let alert = world.alerts.get_mut(fingerprint).expect("it fires");
        for (name, value) in fields.as_object().expect("an object") {
            alert[name] = value.clone();
        }
    }

    pub fn resolve(&self, fingerprint: &str) {
        self.world().alerts.remove(fingerprint);
    }

    /// The process starts anew: no alerts until somebody sends them again. Silences stay.
    pub fn restart(&self) {
        let mut world = self.world();
        world.alerts.clear();
        world.uptime = Utc::now();
    }

    pub fn version(&self, version: &str) {
        self.world().version = version.into();
    }

    /// From now on every answer is like this.
    pub fn mood(&self, mood: Mood) {
        self.mood_of("", mood);
    }

    /// From now on answers to `METHOD /path…` are like this.
    pub fn mood_of(&self, request: &str, mood: Mood) {
        self.world().moods.insert(request.into(), mood);
    }

    /// Demands this `Authorization`.
    pub fn login(&self, value: &str) {
        self.world().login = Some(value.into());
    }

    /// `METHOD /path?query` of every request so far.
    pub fn hits(&self) -> Vec<String> {
        self.world().hits.clone()
    }

    /// All silences as the API shows them, those that have ended too.
    pub fn silences(&self) -> Vec<Value> {
        let world = self.world();
        world.silences.iter().map(|(id, silence)| silence.json(id, Utc::now())).collect()
    }

    /// Somebody else ends a silence.
    pub fn expire(&self, id: &str) {
        let now = Utc::now();
        self.world().silences.get_mut(id).expect("there is one").end(now);
    }

    /// Takes over what another peer knows of silences.
    pub fn gossip(&self, other: &Self) {
        let theirs = other.world().silences.clone();
        self.world().silences.extend(theirs);
    }
}

fn serve(listener: std::net::TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        tokio::select! {
            served = std::future::IntoFuture::into_future(axum::serve(listener, router)) => served.expect("serves"),
            _ = stopped => {}
        }
    });
}

async fn answer(State(world): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let asked = format!("{} {}", parts.method, parts.uri);
    let given = parts.headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (mood, honest) = world.lock().expect("not poisoned").hear(&asked, given, &body);
    match mood {
        Mood::Silent | Mood::DeafAfterwards => std::future::pending().await,
        Mood::Fine => honest.response(),
        Mood::HeadersOnly => Body::from_stream(stream::pending::<Result<Bytes, Infallible>>()).into_response(),
        Mood::Truncated => honest.text[..honest.text.len() / 2].to_owned().into_response(),
        Mood::Reset => broken(honest.text),
        Mood::Html => page(),
        Mood::WrongSchema => r#"{"status":"success","data":[]}"#.into_response(),
        Mood::Huge => Body::from_stream(stream::iter((0..200).map(|_| Ok::<_, Infallible>(Bytes::from(vec![b' '; 1 << 20])))))
            .into_response(),
        Mood::Status(status, text) => said(status, text),
        Mood::Gzip => ([(header::CONTENT_ENCODING, "gzip")], gzip(honest.text.as_bytes())).into_response(),
    }
}

/// What the contract demands.
struct Honest {
    status: u16,
    text: String,
}

impl Honest {
    fn ok(value: &Value) -> Self {
        Self { status: 200, text: value.to_string() }
    }

    fn bad(status: u16, words: &str) -> Self {
        Self { status, text: json!(words).to_string() }
    }

    fn nothing(status: u16) -> Self {
        Self { status, text: String::new() }
    }

    fn response(self) -> Response {
        (status(self.status), [(header::CONTENT_TYPE, "application/json")], self.text).into_response()
    }
}

fn status(number: u16) -> StatusCode {
    StatusCode::from_u16(number).expect("a status")
}

fn page() -> Response {
    let page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>please</body></html>";
    ([(header::CONTENT_TYPE, "text/html")], page).into_response()
}

fn said(number: u16, text: &'static str) -> Response {
    match number {
        429 => (status(number), [(header::RETRY_AFTER, "30")], text).into_response(),
        _ => (status(number), text).into_response(),
    }
}

fn broken(text: String) -> Response {
    let half = Bytes::from(text[..text.len() / 2].to_owned());
    Body::from_stream(stream::iter([Ok(half), Err(std::io::Error::other("reset"))])).into_response()
}

impl World {
    fn hear(&mut self, asked: &str, login: Option<String>, body: &[u8]) -> (Mood, Honest) {
        self.hits.push(asked.to_owned());
        let fitting = self.moods.iter().filter(|(beginning, _)| asked.starts_with(beginning.as_str()));
        let mood = fitting.max_by_key(|(beginning, _)| beginning.len()).map(|(_, mood)| mood.clone()).unwrap_or_default();
        if self.login.is_some() && self.login != login {
            return (mood, Honest { status: 401, text: "Unauthorized\n".into() });
        }
        let ignored = matches!(mood, Mood::Silent | Mood::Status(..) | Mood::Html);
        let honest = if ignored { Honest::nothing(200) } else { self.obey(asked, body) };
        (mood, honest)
    }

    fn obey(&mut self, asked: &str, body: &[u8]) -> Honest {
        let (method, uri) = asked.split_once(' ').expect("a request");
        let path = uri.split('?').next().unwrap_or(uri);
        match (method, path.strip_prefix("/api/v2/").unwrap_or("")) {
            ("GET", "status") => Honest::ok(&self.status()),
            ("GET", "alerts") => Honest::ok(&self.list()),
            ("GET", "silences") => Honest::ok(&self.silences.iter().map(|(id, silence)| silence.json(id, Utc::now())).collect()),
            ("POST", "silences") => self.post(body),
            (method, path) => match path.strip_prefix("silence/") {
                Some(id) => self.one(method, id),
                None => Honest::nothing(404),
            },
        }
    }

    fn status(&self) -> Value {
        json!({
            "cluster": {"status": "disabled"}, "config": {"original": "route: {}"}, "uptime": at(self.uptime),
            "versionInfo": {"version": self.version, "revision": "abc"},
        })
    }

    fn list(&self) -> Value {
        let now = Utc::now();
        let shown = |alert: &Value| {
            let covering = self.silences.iter().filter(|(_, silence)| silence.state(now) == "active" && silence.covers(alert));
            let by: Vec<_> = covering.map(|(id, _)| id).collect();
            let state = if by.is_empty() { "active" } else { "suppressed" };
            let mut alert = alert.clone();
            alert["status"] = json!({"state": state, "silencedBy": by, "inhibitedBy": [], "mutedBy": []});
            alert
        };
        self.alerts.values().map(shown).collect()
    }

    fn post(&mut self, body: &[u8]) -> Honest {
        let Some((id, new)) = serde_json::from_slice(body).ok().and_then(|value: Value| Silence::read(&value)) else {
            return Honest { status: 422, text: json!({"code": 602, "message": "a field in body is required"}).to_string() };
        };
        let now = Utc::now();
        if let Some(words) = new.wrong(now) {
            return Honest::bad(400, words);
        }
        match id {
            None => self.store(Silence { starts: new.starts.max(now), ..new }),
            Some(id) => self.replace(id, new, now),
        }
    }

    /// In place where the contract allows it; else the old one ends and another begins.
    fn replace(&mut self, id: String, new: Silence, now: DateTime<Utc>) -> Honest {
        let Some(old) = self.silences.get_mut(&id) else { return Honest::bad(404, "silence not found") };
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
            return Honest { status: 422, text: json!({"code": 601, "message": "silenceID must be of type uuid"}).to_string() };
        }
        let old = self.version.as_str() < "0.26";
        let now = Utc::now();
        match (method, self.silences.get_mut(id)) {
            ("GET", Some(silence)) => Honest::ok(&silence.json(id, now)),
            ("DELETE", Some(silence)) => {
                if silence.state(now) != "expired" {
                    silence.end(now);
                }
                Honest::nothing(200)
            }
            ("DELETE", None) if old => Honest::bad(500, "silence not found"),
            _ => Honest::nothing(404),
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
fn fingerprint(labels: &BTreeMap<&str, &str>) -> String {
    let bytes = labels.iter().flat_map(|(name, value)| [name.as_bytes(), b"\xff", value.as_bytes(), b"\xff"].concat());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// Gzip without compressing: stored blocks.
fn gzip(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut blocks = data.chunks(65_535).peekable();
    while let Some(block) = blocks.next() {
        let len = u16::try_from(block.len()).expect("fits");
        out.push(u8::from(blocks.peek().is_none()));
        out.extend([len.to_le_bytes(), (!len).to_le_bytes()].concat());
        out.extend(block);
    }
    out.extend(crc32(data).to_le_bytes());
    out.extend(u32::try_from(data.len()).expect("fits").to_le_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !data.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

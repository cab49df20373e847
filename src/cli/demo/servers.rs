//! The demo's servers on one loopback port: Alertmanager's API, and whatever the scenario has. They speak real HTTP, so
//! everything that the demo shows goes the way that it goes in production.

use super::scenario::{Facts, Scenario};
use super::sim::{Firing, Sim};
use crate::domain::alert::{Cover, Labels, SilenceMatcher};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

struct World {
    sim: Sim,
    silences: Vec<Value>,
    began: Instant,
    began_at: DateTime<Utc>,
    /// Where the servers listen, for the annotation that the playbook reads.
    url: String,
}

type Shared = Arc<Mutex<World>>;
type Reply = (StatusCode, Json<Value>);

/// Listens on a free loopback port; gives the address. Serves until the runtime ends.
///
/// # Errors
/// No port can be had.
pub async fn start(scenario: Scenario) -> std::io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let (began, began_at) = (Instant::now(), Utc::now());
    let sim = Sim::new(scenario);
    let world = World { sim, silences: Vec::new(), began, began_at, url: format!("http://{address}") };
    let router = routes().with_state(Arc::new(Mutex::new(world)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/v2/status", get(status))
        .route("/api/v2/alerts", get(alerts))
        .route("/api/v2/alerts/groups", get(groups))
        .route("/api/v2/silences", get(silences).post(silence))
        .route("/api/v2/silence/{id}", get(one_silence).delete(expire))
        .fallback(simulated)
}

fn ok(value: Value) -> Reply {
    (StatusCode::OK, Json(value))
}

/// The world as it is now.
fn lock(world: &Shared) -> MutexGuard<'_, World> {
    let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
    let now = world.began.elapsed();
    world.sim.settle(now);
    world
}

impl World {
    fn at(&self, seconds: f64) -> String {
        let ms = chrono::Duration::milliseconds((seconds * 1000.0) as i64);
        time(self.began_at + ms)
    }

    fn alert(&self, firing: &Firing) -> Value {
        let planned = firing.planned;
        let labels = json!({"alertname": planned.name, "severity": planned.severity, "service": planned.service,
            "instance": firing.instance, "env": "demo"});
        let silenced: Vec<Value> =
            self.silences.iter().filter(|silence| covers(silence, &labels)).map(|silence| silence["id"].clone()).collect();
        let state = if silenced.is_empty() { "active" } else { "suppressed" };
        json!({
            "fingerprint": fingerprint(&labels),
            "labels": labels,
            "annotations": {"summary": planned.summary, "demo_url": self.url},
            "startsAt": self.at(firing.since),
            "updatedAt": time(Utc::now()),
            "endsAt": time(Utc::now() + chrono::Duration::minutes(5)),
            "generatorURL": format!("{}/graph", self.url),
            "receivers": [{"name": "demo"}],
            "status": {"state": state, "silencedBy": silenced, "inhibitedBy": [], "mutedBy": []},
        })
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn pairs(object: &Value) -> Vec<(String, String)> {
    object.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.as_str().unwrap_or("").to_owned())).collect()
}

/// Alertmanager's own: 64-bit FNV-1a over the sorted labels.
fn fingerprint(labels: &Value) -> String {
    let mut sorted = pairs(labels);
    sorted.sort();
    let bytes = sorted.iter().flat_map(|(name, value)| name.bytes().chain([0xff]).chain(value.bytes()).chain([0xff]));
    let hash = bytes.fold(14_695_981_039_346_656_037_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211));
    format!("{hash:016x}")
}

fn covers(silence: &Value, labels: &Value) -> bool {
    let matchers: Vec<SilenceMatcher> = silence["matchers"].as_array().into_iter().flatten().map(matcher).collect();
    let over = silence["endsAt"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok()).is_none_or(|at| at <= Utc::now());
    let labels = Labels::new(pairs(labels).into_iter().map(|(name, value)| (name.into(), value.into())).collect());
    !over && Cover::of(&matchers).is_ok_and(|cover| cover.covers(&labels))
}

fn matcher(of: &Value) -> SilenceMatcher {
    let text = |key: &str| of[key].as_str().unwrap_or_default().to_owned();
    SilenceMatcher {
        name: text("name").into(),
        value: text("value").into(),
        regex: of["isRegex"].as_bool().unwrap_or(false),
        equal: of["isEqual"].as_bool().unwrap_or(true),
    }
}

async fn status(State(world): State<Shared>) -> Reply {
    let world = lock(&world);
    ok(json!({
        "cluster": {"status": "disabled"},
        "versionInfo": {"version": "0.27.0", "revision": "demo", "branch": "demo", "buildUser": "demo", "buildDate": "", "goVersion": ""},
        "config": {"original": ""},
        // Long enough ago for a missing alert to mean something.
        "uptime": time(world.began_at - chrono::Duration::hours(1)),
    }))
}

async fn alerts(State(world): State<Shared>) -> Reply {
    let world = lock(&world);
    ok(world.sim.firing().map(|firing| world.alert(&firing)).collect())
}

/// By name, as its configuration would group them.
async fn groups(State(world): State<Shared>) -> Reply {
    let world = lock(&world);
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for alert in world.sim.firing().map(|firing| world.alert(&firing)) {
        groups.entry(alert["labels"]["alertname"].as_str().unwrap_or_default().to_owned()).or_default().push(alert);
    }
    let group = |(name, alerts)| json!({"labels": {"alertname": name}, "receiver": {"name": "on-call"}, "alerts": alerts});
    ok(groups.into_iter().map(group).collect())
}

async fn silences(State(world): State<Shared>) -> Reply {
    ok(lock(&world).silences.clone().into())
}

/// Creates a silence, or changes the end of the one that is named.
async fn silence(State(world): State<Shared>, Json(mut wanted): Json<Value>) -> Reply {
    let mut world = lock(&world);
    wanted["status"] = json!({"state": "active"});
    wanted["updatedAt"] = time(Utc::now()).into();
    let id = wanted["id"].as_str().map(str::to_owned);
    let known = id.and_then(|id| world.silences.iter().position(|silence| silence["id"] == id.as_str()));
    if let Some(index) = known {
        world.silences[index] = wanted.clone();
    } else {
        wanted["id"] = uuid::Uuid::now_v7().to_string().into();
        world.silences.push(wanted.clone());
    }
    ok(json!({"silenceID": wanted["id"]}))
}

async fn one_silence(State(world): State<Shared>, Path(id): Path<String>) -> Reply {
    match lock(&world).silences.iter().find(|silence| silence["id"] == id.as_str()) {
        Some(silence) => ok(silence.clone()),
        None => (StatusCode::NOT_FOUND, Json(Value::Null)),
    }
}

async fn expire(State(world): State<Shared>, Path(id): Path<String>) -> Reply {
    let mut world = lock(&world);
    match world.silences.iter_mut().find(|silence| silence["id"] == id.as_str()) {
        Some(silence) => {
            silence["endsAt"] = time(Utc::now()).into();
            silence["status"] = json!({"state": "expired"});
            ok(Value::Null)
        }
        None => (StatusCode::NOT_FOUND, Json(Value::Null)),
    }
}

/// Whatever the scenario answers.
async fn simulated(State(world): State<Shared>, method: Method, uri: Uri, body: Bytes) -> Response {
    let sent: Facts = match serde_json::from_slice(&body) {
        Ok(object) => pairs(&object).into_iter().map(|(name, value)| (format!("sent.{name}"), value)).collect(),
        Err(_) => Facts::new(),
    };
    let said = lock(&world).sim.ask(&format!("{method} {}", uri.path()), &sent);
    let Some(said) = said else { return (StatusCode::NOT_FOUND, Json(Value::Null)).into_response() };
    let status = StatusCode::from_u16(said.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = said.body.starts_with(['{', '[']);
    let kind = if json { "application/json" } else { "text/plain; version=0.0.4" };
    (status, [(header::CONTENT_TYPE, kind)], said.body).into_response()
}

//! The demo's servers on one loopback port: Alertmanager's API, the health endpoints, the database and the shop. They
//! speak real HTTP, so everything that the demo shows goes the way that it goes in production.

use super::outage::{Outage, Planned, Scenario};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

struct World {
    scenario: Scenario,
    outage: Outage,
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
    let outage = Outage::new(&scenario);
    let (began, began_at) = (Instant::now(), Utc::now());
    let world = World { scenario, outage, silences: Vec::new(), began, began_at, url: format!("http://{address}") };
    let router = routes().with_state(Arc::new(Mutex::new(world)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/v2/status", get(status))
        .route("/api/v2/alerts", get(alerts))
        .route("/api/v2/silences", get(silences).post(silence))
        .route("/api/v2/silence/{id}", get(one_silence).delete(expire))
        .route("/database/health", get(database))
        .route("/primary/health", get(primary))
        .route("/primary/fence", post(fence))
        .route("/replica/health", get(replica))
        .route("/replica/promote", post(promote))
        .route("/shop/pay", get(pay))
        .route("/shop/health", get(|| async { ok(json!({"up": true})) }))
        .route("/shop/point-to", post(point_to))
        .route(
            "/vendor/status.json",
            get(|| async {
                ok(json!({"page": {"name": "Stripe"}, "status": {"indicator": "none", "description": "All Systems Operational"}}))
            }),
        )
}

fn ok(value: Value) -> Reply {
    (StatusCode::OK, Json(value))
}

fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn at(&self, seconds: f64) -> String {
        let ms = chrono::Duration::milliseconds((seconds * 1000.0) as i64);
        time(self.began_at + ms)
    }

    fn alert(&self, planned: &Planned) -> Option<Value> {
        let since = self.outage.firing(planned, self.now())?;
        let labels = json!({"alertname": planned.name, "severity": planned.severity, "service": planned.service,
            "instance": planned.instance, "env": "demo"});
        let silenced: Vec<Value> =
            self.silences.iter().filter(|silence| covers(silence, &labels)).map(|silence| silence["id"].clone()).collect();
        let state = if silenced.is_empty() { "active" } else { "suppressed" };
        Some(json!({
            "fingerprint": fingerprint(&labels),
            "labels": labels,
            "annotations": {"summary": planned.summary, "demo_url": self.url},
            "startsAt": self.at(since),
            "updatedAt": time(Utc::now()),
            "endsAt": time(Utc::now() + chrono::Duration::minutes(5)),
            "generatorURL": format!("{}/graph", self.url),
            "receivers": [{"name": "demo"}],
            "status": {"state": state, "silencedBy": silenced, "inhibitedBy": [], "mutedBy": []},
        }))
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Alertmanager's own: 64-bit FNV-1a over the sorted labels.
fn fingerprint(labels: &Value) -> String {
    let mut sorted: Vec<(String, String)> =
        labels.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.as_str().unwrap_or("").to_owned())).collect();
    sorted.sort();
    let bytes = sorted.iter().flat_map(|(name, value)| name.bytes().chain([0xff]).chain(value.bytes()).chain([0xff]));
    let hash = bytes.fold(14_695_981_039_346_656_037_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211));
    format!("{hash:016x}")
}

/// The demo's silences are exact: that is what the console sends for one alert.
fn covers(silence: &Value, labels: &Value) -> bool {
    let matchers = silence["matchers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let over = silence["endsAt"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok()).is_none_or(|at| at <= Utc::now());
    !over && matchers.iter().all(|matcher| matcher["name"].as_str().is_some_and(|name| labels[name] == matcher["value"]))
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
    ok(world.scenario.alerts.iter().filter_map(|planned| world.alert(planned)).collect())
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

/// Whether anybody takes writes, whoever it is.
async fn database(State(world): State<Shared>) -> Reply {
    let world = lock(&world);
    let writable = world.outage.writable(world.now());
    let status = if writable { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({"writable": writable})))
}

async fn primary(State(world): State<Shared>) -> Reply {
    let world = lock(&world);
    let up = world.outage.primary_up(world.now());
    let status = if up { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({"role": "primary", "up": up})))
}

async fn replica(State(world): State<Shared>) -> Reply {
    let role = if lock(&world).outage.promoted() { "primary" } else { "standby" };
    ok(json!({"role": role, "up": true, "lag_bytes": 0}))
}

async fn pay(State(world): State<Shared>) -> Reply {
    let world = lock(&world);
    match world.outage.pays(world.now()) {
        true => ok(json!({"paid": true})),
        false => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"error": "no database takes writes"}))),
    }
}

async fn fence(State(world): State<Shared>) -> Reply {
    lock(&world).outage.fence();
    ok(json!({"fenced": true}))
}

async fn promote(State(world): State<Shared>) -> Reply {
    match lock(&world).outage.promote() {
        Ok(()) => ok(json!({"role": "primary"})),
        Err(why) => (StatusCode::CONFLICT, Json(json!({"error": why}))),
    }
}

async fn point_to(State(world): State<Shared>, Json(wanted): Json<Value>) -> Reply {
    match lock(&world).outage.point_to(wanted["db"].as_str().unwrap_or("")) {
        Ok(()) => ok(json!({"db": wanted["db"]})),
        Err(why) => (StatusCode::BAD_REQUEST, Json(json!({"error": why}))),
    }
}

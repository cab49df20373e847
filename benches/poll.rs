//! A poll of 50,000 alerts of which 1 % changed: read on a worker, then taken into the world in portions.

#![allow(clippy::disallowed_methods, reason = "measures on the real clock")]

mod figures;
mod storm;

use bytes::Bytes;
use chrono::Utc;
use figures::{ms, row, timed, title};
use midwatch::domain::alert::Alert;
use midwatch::domain::entry::{Actor, Intent};
use midwatch::domain::ids::SourceName;
use midwatch::domain::node::{Node, Problems};
use midwatch::domain::settings::{Settings, SourceSpec};
use midwatch::domain::stamp::Stamp;
use midwatch::domain::trouble::Trouble;
use midwatch::model::{Body, Event, Fact, World};
use midwatch::ports::{Answer, Http, Piece, Ports, Request, Response};
use midwatch::sources::{Source, alertmanager};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ALERTS: usize = 50_000;
/// As the poller hands them to the core.
const PORTION: usize = midwatch::runtime::poller::CHUNK;
/// As the client's buffer takes them off a connection.
const PIECE: usize = 256 << 10;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let wire = Arc::new(Wire(Mutex::new(Bytes::new())));
    let ports = Ports { http: wire.clone(), ..Ports::real() };
    let source = source();
    let mut world = world();

    title(&format!("A poll of {ALERTS} alerts, 1 % of them changed"));
    let mut before = Vec::new();
    for round in 0..4 {
        let body = Bytes::from(storm::alerts(ALERTS, round));
        let size = body.len() as f64 / 1e6;
        let peer = peer(&body);
        *wire.0.lock().expect("not poisoned") = body;
        let (snapshot, read) =
            timed(|| runtime.block_on(source.fetch(&before, &ports, Duration::from_secs(60))).expect("an answer"));
        let changed = changed(&before, &snapshot.alerts);
        let slowest = changed.chunks(PORTION).map(|portion| timed(|| tell(&mut world, portion)).1).max().expect("some changed");
        if round == 0 {
            row(&format!("all new: the slowest update of {PORTION}"), ms(slowest), "2 ms");
        } else {
            row(
                &format!("read {size:.0} MB, {} changed", changed.len()),
                format!("{:.0} MB/s", size / read.as_secs_f64()),
                "400 MB/s",
            );
            row("  serde_json alone, into owned maps", format!("{:.0} MB/s", size / peer.as_secs_f64()), "");
            row("    share of its speed", format!("{:.2}", peer.as_secs_f64() / read.as_secs_f64()), "at least 0.85");
            row("  the update with the changed ones", ms(slowest), "2 ms");
        }
        before = snapshot.alerts;
    }
    assert_eq!(world.alerts.len(), ALERTS);
}

/// What reading the same body costs whoever keeps no alerts from one poll to the next.
fn peer(body: &[u8]) -> Duration {
    timed(|| serde_json::from_slice::<Vec<Owned>>(body).expect("alerts").len()).1
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "only read")]
struct Owned {
    annotations: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    fingerprint: String,
    starts_at: chrono::DateTime<Utc>,
    ends_at: chrono::DateTime<Utc>,
    updated_at: chrono::DateTime<Utc>,
}

/// The alerts of a snapshot that the one before it had not, or had otherwise. Both have the same fingerprints in the same order.
fn changed(before: &[Arc<Alert>], after: &[Arc<Alert>]) -> Vec<Arc<Alert>> {
    let same = |n: usize| before.get(n) == Some(&after[n]);
    (0..after.len()).filter(|n| !same(*n)).map(|n| after[n].clone()).collect()
}

fn tell(world: &mut World, upserts: &[Arc<Alert>]) {
    let fact = Fact::AlertsChanged { source: name(), upserts: upserts.to_vec(), gone: Vec::new() };
    world.update(Event { seq: 0, stamp: now(), body: Body::Fact(fact) });
}

fn world() -> World {
    let source = SourceSpec {
        name: name(),
        kind: "alertmanager".into(),
        every: Duration::from_secs(15),
        timeout: Duration::from_secs(10),
        acts: Vec::new(),
        carry: None,
    };
    let settings = Settings { sources: vec![source], ..Settings::default() };
    World::new(Arc::new(settings), Actor::person("ana", None), now())
}

fn source() -> Box<dyn Source> {
    let mut problems = Problems::default();
    let node = Node::parse("urls: http://alertmanager.example:9093", &mut problems).expect("YAML");
    (alertmanager::KIND.parse)(&name(), &node, &mut problems).expect("a source")
}

fn name() -> SourceName {
    SourceName::new("prod")
}

fn now() -> Stamp {
    Stamp { wall: Utc::now(), mono: Duration::from_secs(1) }
}

/// Answers at once from memory: what is measured is the reading.
struct Wire(Mutex<Bytes>);

impl Http for Wire {
    fn observe(&self, request: Request) -> Answer<'_, Result<Response, Trouble>> {
        let body = match request.url.path() {
            "/api/v2/alerts" => self.0.lock().expect("not poisoned").clone(),
            "/api/v2/status" => Bytes::from_static(storm::STATUS.as_bytes()),
            _ => Bytes::from_static(b"[]"),
        };
        let headers = BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
        Box::pin(async move { Ok(Response { status: 200, headers, body, took: Duration::ZERO, date: None }) })
    }

    /// In pieces such as a connection gives.
    fn stream<'a>(&'a self, request: Request, piece: Piece<'a>) -> Answer<'a, Result<Response, Trouble>> {
        Box::pin(async move {
            let answer = self.observe(request).await?;
            answer.body.chunks(PIECE).for_each(piece);
            Ok(answer)
        })
    }

    fn act(&self, _request: Request, _intent: Intent) -> Answer<'_, Result<Response, Trouble>> {
        unreachable!("nothing acts here")
    }
}

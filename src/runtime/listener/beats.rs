//! Calls of heartbeats: who may call, what counts as a call, and that we notice when we could not be called.

use super::{Refusal, Shared, allowed, body};
use crate::domain::ids::FeedName;
use crate::feeds::{Called, Feed};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// How often we say that we are awake.
const PULSE: Duration = Duration::from_secs(2);

/// The feeds that are called.
pub type Feeds = BTreeMap<FeedName, Arc<dyn Feed>>;

/// Each of them, as the one that is called.
pub fn each(feeds: &Feeds) -> impl Iterator<Item = (&FeedName, &dyn Called)> {
    feeds.iter().filter_map(|(name, feed)| Some((name, feed.called()?)))
}

pub async fn call(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    request: Request,
) -> Response {
    match called(&shared, &name, query.get("token"), request).await {
        Ok(words) => words.into_response(),
        Err((status, why)) => (status, why + "\n").into_response(),
    }
}

async fn called(shared: &Shared, name: &str, token: Option<&String>, request: Request) -> Result<&'static str, Refusal> {
    let feed = entitled(shared, name, token, request.headers()).await?;
    let body = body(request.into_body()).await?;
    if is_over(&body) {
        return Ok("not counted: an alert that is over is no sign of life\n");
    }
    feed.call(shared.ports.clock.now());
    keep(shared).await;
    shared.poller.ask(Vec::new(), vec![name.into()]);
    Ok("called\n")
}

/// What another process asks that shows the same feed.
pub async fn heard(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    request: Request,
) -> Response {
    match entitled(&shared, &name, query.get("token"), request.headers()).await {
        Ok(feed) => ([(header::CONTENT_TYPE, "application/json")], feed.tell(shared.ports.clock.now())).into_response(),
        Err((status, why)) => (status, why + "\n").into_response(),
    }
}

/// The feed of this name, to whoever may call it.
async fn entitled<'a>(
    shared: &'a Shared,
    name: &str,
    token: Option<&String>,
    headers: &HeaderMap,
) -> Result<&'a dyn Called, Refusal> {
    let Some(feed) = shared.feeds.get(name).and_then(|feed| feed.called()) else {
        return Err((StatusCode::NOT_FOUND, "no heartbeat of midwatch has this name".into()));
    };
    allowed(shared, feed.listen(), headers, token).await?;
    Ok(feed)
}

/// An Alertmanager that says that its watchdog does not fire any more: the last thing to take for a sign of life.
fn is_over(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body["status"] == "resolved" && body["alerts"].is_array())
}

async fn keep(shared: &Shared) {
    if let Some(ledger) = &shared.ledger {
        let now = shared.ports.clock.now();
        ledger.keep(each(&shared.feeds).filter_map(|(name, feed)| Some((name.clone(), feed.kept(now)?))).collect()).await;
    }
}

/// Says again and again that we are awake, and keeps what was missed. Ends with the socket.
pub async fn pulse(shared: &Shared) {
    if shared.feeds.is_empty() {
        return std::future::pending().await;
    }
    loop {
        let now = shared.ports.clock.now();
        each(&shared.feeds).for_each(|(_, feed)| feed.awake(now));
        keep(shared).await;
        sleep(PULSE).await;
    }
}

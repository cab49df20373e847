//! The sockets on which alerts are pushed. It owns who may push, how much and for how long; what was pushed is the source's
//! business. Several sources may share an address: `/<name of the source>` says which one is meant.
//!
//! The first process that gets the address listens; the others try again now and then, for the day when it ends.

use super::poller::Asker;
use crate::domain::change::json;
use crate::domain::ids::SourceName;
use crate::model::Fact;
use crate::ports::Ports;
use crate::sources::{Hears, Source};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The largest message that is read.
const LARGEST: usize = 4 << 20;
/// How long a sender may take to send one.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long after another process was found listening this one tries again.
const AGAIN: Duration = Duration::from_secs(2);

pub type Sources = BTreeMap<SourceName, Arc<dyn Source>>;

struct Shared {
    sources: Sources,
    ports: Ports,
    poller: Asker,
    facts: UnboundedSender<Fact>,
}

/// Everything that listens; dropping it closes the sockets.
pub struct Listener {
    _tasks: JoinSet<()>,
}

/// Listens for every source that hears, all of them on `instead` where that is given. Needs a runtime around it.
pub fn start(
    sources: &Sources,
    ports: &Ports,
    poller: &Asker,
    facts: &UnboundedSender<Fact>,
    instead: Option<SocketAddr>,
) -> Listener {
    let mut by_address: BTreeMap<SocketAddr, Sources> = BTreeMap::new();
    for (name, source) in sources {
        if let Some(hears) = source.hears() {
            let address = instead.unwrap_or(hears.listen().address);
            by_address.entry(address).or_default().insert(name.clone(), source.clone());
        }
    }
    let mut tasks = JoinSet::new();
    for (address, sources) in by_address {
        let shared = Shared { sources, ports: ports.clone(), poller: poller.clone(), facts: facts.clone() };
        tasks.spawn(listen(address, Arc::new(shared)));
    }
    Listener { _tasks: tasks }
}

/// Tells the sources whether they receive; also when the task is dropped.
struct Open(Arc<Shared>);

impl Open {
    fn new(shared: &Arc<Shared>) -> Self {
        each(shared, |hears| hears.opened(true));
        Self(shared.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        each(&self.0, |hears| hears.opened(false));
    }
}

fn each(shared: &Shared, tell: impl Fn(&dyn Hears)) {
    shared.sources.values().filter_map(|source| source.hears()).for_each(tell);
}

async fn listen(address: SocketAddr, shared: Arc<Shared>) {
    loop {
        if let Ok(socket) = TcpListener::bind(address).await {
            let _open = Open::new(&shared);
            shared.poller.ask(shared.sources.keys().cloned().collect());
            let router = Router::new().route("/{source}", axum::routing::any(answer));
            let router = router.route("/{source}/changes", axum::routing::post(changed)).with_state(shared.clone());
            // It ends only with the task.
            let _ = axum::serve(socket, router).await;
        }
        sleep(AGAIN).await;
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    request: Request,
) -> Response {
    match heard(&shared, &name, query.get("token"), request).await {
        Ok(body) => body,
        Err((status, why)) => (status, why + "\n").into_response(),
    }
}

/// What was changed, from whoever may push alerts here.
async fn changed(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    request: Request,
) -> Response {
    match told(&shared, &name, query.get("token"), request).await {
        Ok(count) => format!("{count} changes\n").into_response(),
        Err((status, why)) => (status, why + "\n").into_response(),
    }
}

async fn told(shared: &Shared, name: &str, token: Option<&String>, request: Request) -> Result<usize, (StatusCode, String)> {
    let (source, _) = entitled(shared, name, request.headers(), token).await?;
    let unfit = |why| (StatusCode::UNPROCESSABLE_ENTITY, why);
    let body = body(request.into_body()).await?;
    let text = std::str::from_utf8(&body).map_err(|_| unfit("not UTF-8".to_owned()))?;
    let changes: Vec<_> =
        json::read(text, shared.ports.clock.now().wall).map_err(unfit)?.into_iter().map(|item| item.told).collect();
    let count = changes.len();
    // Whoever listened is shutting down.
    let gone = |_| (StatusCode::SERVICE_UNAVAILABLE, "midwatch is ending".to_owned());
    shared.facts.send(Fact::ChangesTold { source, changes }).map_err(gone)?;
    Ok(count)
}

/// The source of this name, to whom it may be pushed to.
async fn entitled<'a>(
    shared: &'a Shared,
    name: &str,
    headers: &HeaderMap,
    token: Option<&String>,
) -> Result<(SourceName, &'a dyn Hears), (StatusCode, String)> {
    let named = shared.sources.get(&SourceName::new(name));
    let Some((source, hears)) = named.and_then(|source| Some((SourceName::new(name), source.hears()?))) else {
        return Err((StatusCode::NOT_FOUND, "no webhook source of midwatch has this name".into()));
    };
    match allowed(shared, hears, headers, token).await? {
        true => Ok((source, hears)),
        false => Err((StatusCode::UNAUTHORIZED, "the token is missing or wrong: send `Authorization: Bearer TOKEN`".into())),
    }
}

async fn heard(shared: &Shared, name: &str, token: Option<&String>, request: Request) -> Result<Response, (StatusCode, String)> {
    let (source, hears) = entitled(shared, name, request.headers(), token).await?;
    let now = || shared.ports.clock.now().wall;
    match *request.method() {
        Method::GET => Ok(([(header::CONTENT_TYPE, "application/json")], hears.tell(now())).into_response()),
        Method::POST => {
            let body = body(request.into_body()).await?;
            let count = hears.hear(&body, now()).map_err(|why| (StatusCode::UNPROCESSABLE_ENTITY, why))?;
            shared.poller.ask(vec![source]);
            Ok(format!("{count} alerts\n").into_response())
        }
        _ => Err((StatusCode::METHOD_NOT_ALLOWED, "POST alerts here".into())),
    }
}

async fn body(body: Body) -> Result<axum::body::Bytes, (StatusCode, String)> {
    match timeout(PATIENCE, to_bytes(body, LARGEST)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err((StatusCode::PAYLOAD_TOO_LARGE, format!("a message may have at most {} MiB", LARGEST >> 20))),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the message did not arrive in time".into())),
    }
}

/// The token as a bearer, or in the address for senders that can set no header.
async fn allowed(
    shared: &Shared,
    hears: &dyn Hears,
    headers: &HeaderMap,
    in_address: Option<&String>,
) -> Result<bool, (StatusCode, String)> {
    let Some(token) = &hears.listen().token else { return Ok(true) };
    let token = shared.ports.secrets.reveal(token).await;
    let token = token.map_err(|_| (StatusCode::SERVICE_UNAVAILABLE, "midwatch can't read its own token now".to_owned()))?;
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let given = [bearer.map(|(_, token)| token.trim()), in_address.map(String::as_str)];
    Ok(given.into_iter().flatten().any(|given| same(given, token.expose())))
}

/// Compares digests, so that the time that it takes tells nothing of the token.
fn same(given: &str, wanted: &str) -> bool {
    !wanted.is_empty() && Sha256::digest(given) == Sha256::digest(wanted)
}

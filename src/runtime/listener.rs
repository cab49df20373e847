//! The sockets on which alerts are pushed and heartbeats called. It owns who may push, how much and for how long; what was pushed
//! is the source's business. Several of them may share an address: `/<name of the source>` or `/heartbeat/<name of the feed>` says
//! which one is meant.
//!
//! The first process that gets the address listens; the others try again now and then, for the day when it ends. Whoever was started
//! with an address of its own goes before them, and says in the data folder where that is: the others ask there. It listens on the
//! addresses of the configuration as well: who pushes there knows of no other.

mod beats;
mod doors;

use super::cache::Ledger;
use super::poller::Asker;
use crate::domain::change::json;
use crate::domain::ids::SourceName;
use crate::feeds::heartbeat;
use crate::journal::listened_elsewhere;
use crate::model::Fact;
use crate::ports::{Listen, Ports};
use crate::sources::{Hears, Source};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing;
pub use beats::{Feeds, each as called};
use doors::Door;
pub use doors::{Doors, covers};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{self, PathBuf};
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

/// Why nothing was taken in.
type Refusal = (StatusCode, String);

/// What can be pushed to and called.
#[derive(Default, Clone)]
pub struct Reached {
    pub sources: Sources,
    pub feeds: Feeds,
}

struct Shared {
    sources: Sources,
    feeds: Feeds,
    /// Where it is kept when heartbeats were called.
    ledger: Option<Ledger>,
    ports: Ports,
    poller: Asker,
    facts: UnboundedSender<Fact>,
    folder: Option<PathBuf>,
    doors: Option<Doors>,
}

/// Everything that listens; dropping it closes the sockets.
pub struct Listener {
    _tasks: JoinSet<()>,
}

impl Reached {
    /// What shares an address, all of it `instead` where that is given.
    fn by_address(&self, instead: Option<SocketAddr>) -> BTreeMap<SocketAddr, Self> {
        let mut all: BTreeMap<SocketAddr, Self> = BTreeMap::new();
        let at = |listen: &Listen| instead.unwrap_or(listen.address);
        for (name, source) in &self.sources {
            if let Some(hears) = source.hears() {
                all.entry(at(hears.listen())).or_default().sources.insert(name.clone(), source.clone());
            }
        }
        for (name, feed) in &self.feeds {
            if let Some(called) = feed.called() {
                all.entry(at(called.listen())).or_default().feeds.insert(name.clone(), feed.clone());
            }
        }
        all
    }
}

/// Whether a process listens, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listens {
    /// It follows where others do.
    Nowhere,
    /// On the addresses of the configuration.
    Configured,
    /// On this one first, and on those of the configuration.
    At(SocketAddr),
}

/// What sockets are opened with.
pub struct With<'a> {
    pub ledger: Option<&'a Ledger>,
    pub ports: &'a Ports,
    pub poller: Asker,
    pub facts: &'a UnboundedSender<Fact>,
    /// The data folder.
    pub folder: Option<&'a path::Path>,
    /// Who is told on which addresses it listens.
    pub doors: Option<&'a Doors>,
}

impl With<'_> {
    fn shared(&self, Reached { sources, feeds }: Reached) -> Arc<Shared> {
        let (ledger, ports, facts) = (self.ledger.cloned(), self.ports.clone(), self.facts.clone());
        let (poller, folder) = (self.poller.clone(), self.folder.map(path::Path::to_owned));
        Arc::new(Shared { sources, feeds, ledger, ports, poller, facts, folder, doors: self.doors.cloned() })
    }
}

/// Listens for everything that can be reached. Needs a runtime around it.
pub fn start(reached: &Reached, with: &With, listens: Listens) -> Listener {
    let mut tasks = JoinSet::new();
    let instead = if let Listens::At(address) = listens { Some(address) } else { None };
    for (address, reached_there) in reached.by_address(instead) {
        let shared = with.shared(reached_there);
        match listens {
            Listens::At(given) => {
                let others = reached.by_address(None).into_iter().filter(|(other, _)| !covers(given, *other));
                let others = others.map(|(other, reached)| (other, with.shared(reached))).collect();
                drop(tasks.spawn(doors::instead(address, shared, others)));
            }
            Listens::Configured => drop(tasks.spawn(listen(address, shared))),
            Listens::Nowhere => drop(tasks.spawn(async move { gave_way(&shared, false).await })),
        }
    }
    Listener { _tasks: tasks }
}

fn found(sources: &Sources, feeds: &Feeds, at: Option<SocketAddr>) {
    sources.values().filter_map(|source| source.hears()).for_each(|hears| hears.listen().find(at));
    called(feeds).for_each(|(_, feed)| feed.listen().find(at));
}

/// Tells the sources and the feeds whether they receive; also when the task is dropped.
struct Open(Arc<Shared>);

impl Open {
    fn new(shared: &Arc<Shared>) -> Self {
        tell(shared, true);
        Self(shared.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        tell(&self.0, false);
    }
}

fn tell(shared: &Shared, open: bool) {
    let now = shared.ports.clock.now();
    shared.sources.values().filter_map(|source| source.hears()).for_each(|hears| hears.opened(open, now.wall));
    called(&shared.feeds).for_each(|(_, feed)| feed.opened(open, now));
}

/// Until another process listens elsewhere for this data folder: two that listen would each know half of what was pushed.
async fn listen(address: SocketAddr, shared: Arc<Shared>) {
    let mut door = Door::new(address, &shared);
    loop {
        gave_way(&shared, true).await;
        match door.open().await {
            Some(socket) => {
                let _open = Open::new(&shared);
                shared.ask();
                tokio::select! {
                    () = serve(socket, &shared) => {}
                    () = shared.ousted() => {}
                }
            }
            None => {
                tell(&shared, false);
                sleep(AGAIN).await;
            }
        }
    }
}

/// As long as another process listens elsewhere that one is asked; for ever, where this one is not to be `next`.
async fn gave_way(shared: &Shared, next: bool) {
    let mut known = None;
    loop {
        let at = shared.elsewhere();
        shared.found(at);
        if at.is_some() && at != known {
            tell(shared, false);
            shared.ask();
        }
        if at.is_none() && next {
            return;
        }
        known = at;
        sleep(AGAIN).await;
    }
}

async fn serve(socket: TcpListener, shared: &Arc<Shared>) {
    tokio::select! {
        () = answered(socket, shared) => {}
        () = beats::pulse(shared) => {}
    }
    sleep(AGAIN).await;
}

async fn answered(socket: TcpListener, shared: &Arc<Shared>) {
    // It ends only with its task.
    let _ = axum::serve(socket, router(shared).into_make_service_with_connect_info::<SocketAddr>()).await;
}

impl Shared {
    fn elsewhere(&self) -> Option<SocketAddr> {
        self.folder.as_deref().and_then(listened_elsewhere)
    }

    fn found(&self, at: Option<SocketAddr>) {
        found(&self.sources, &self.feeds, at);
    }

    /// An address of its own can't be listened on, and why; or it can again.
    fn barred(&self, why: Option<&str>) {
        self.sources.values().filter_map(|source| source.hears()).for_each(|hears| hears.barred(why));
        self.ask();
    }

    async fn ousted(&self) {
        while self.elsewhere().is_none() {
            sleep(AGAIN).await;
        }
    }

    fn ask(&self) {
        self.poller.ask(self.sources.keys().cloned().collect(), self.feeds.keys().cloned().collect());
    }
}

fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/{source}", routing::any(answer))
        .route("/{source}/changes", routing::post(changed))
        .route(&format!("/{}/{{feed}}", heartbeat::FOLDER), routing::get(beats::call).post(beats::call))
        .route(&format!("/{}/{{feed}}/heard", heartbeat::FOLDER), routing::get(beats::heard))
        .with_state(shared.clone())
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let asks = request.method() == Method::GET;
    let heard = heard(&shared, &name, query.get("token"), request).await;
    if !asks {
        note(&shared, &name, from, heard.as_ref().map(drop));
    }
    heard.unwrap_or_else(|(status, why)| (status, why + "\n").into_response())
}

/// What became of a message is told where its source is, and at once: who sends may not see it, or not look.
fn note(shared: &Shared, name: &str, from: SocketAddr, taken: Result<(), &Refusal>) {
    let source = SourceName::new(name);
    let Some(hears) = shared.sources.get(&source).and_then(|source| source.hears()) else { return };
    let why = taken.err().map(|(status, why)| format!("{} {why}", status.as_u16()));
    let from = from.ip().to_canonical().to_string();
    hears.pushed(&from, why.as_deref().map_or(Ok(()), Err), shared.ports.clock.now().wall);
    shared.poller.ask(vec![source], Vec::new());
}

/// What was changed, from whoever may push alerts here.
async fn changed(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let told = told(&shared, &name, query.get("token"), request).await;
    note(&shared, &name, from, told.as_ref().map(drop));
    match told {
        Ok(count) => format!("{count} changes\n").into_response(),
        Err((status, why)) => (status, why + "\n").into_response(),
    }
}

async fn told(shared: &Shared, name: &str, token: Option<&String>, request: Request) -> Result<usize, Refusal> {
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
) -> Result<(SourceName, &'a dyn Hears), Refusal> {
    let named = shared.sources.get(&SourceName::new(name));
    let Some((source, hears)) = named.and_then(|source| Some((SourceName::new(name), source.hears()?))) else {
        return Err((StatusCode::NOT_FOUND, "no webhook source of midwatch has this name".into()));
    };
    allowed(shared, hears.listen(), headers, token).await?;
    Ok((source, hears))
}

async fn heard(shared: &Shared, name: &str, token: Option<&String>, request: Request) -> Result<Response, Refusal> {
    let (_, hears) = entitled(shared, name, request.headers(), token).await?;
    let now = || shared.ports.clock.now().wall;
    match *request.method() {
        Method::GET => Ok(([(header::CONTENT_TYPE, "application/json")], hears.tell(now())).into_response()),
        Method::POST => {
            let body = body(request.into_body()).await?;
            let count = hears.hear(&body, now()).map_err(|why| (StatusCode::UNPROCESSABLE_ENTITY, why))?;
            Ok(format!("{count} alerts\n").into_response())
        }
        _ => Err((StatusCode::METHOD_NOT_ALLOWED, "POST alerts here".into())),
    }
}

async fn body(body: Body) -> Result<axum::body::Bytes, Refusal> {
    match timeout(PATIENCE, to_bytes(body, LARGEST)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => Err((StatusCode::PAYLOAD_TOO_LARGE, format!("a message may have at most {} MiB", LARGEST >> 20))),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the message did not arrive in time".into())),
    }
}

/// The token as a bearer, or in the address for senders that can set no header.
async fn allowed(shared: &Shared, listen: &Listen, headers: &HeaderMap, in_address: Option<&String>) -> Result<(), Refusal> {
    let Some(token) = &listen.token else { return Ok(()) };
    let token = shared.ports.secrets.reveal(token).await;
    let token = token.map_err(|_| (StatusCode::SERVICE_UNAVAILABLE, "midwatch can't read its own token now".to_owned()))?;
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let given = [bearer.map(|(_, token)| token.trim()), in_address.map(String::as_str)];
    match given.into_iter().flatten().any(|given| same(given, token.expose())) {
        true => Ok(()),
        false => Err((StatusCode::UNAUTHORIZED, "the token is missing or wrong: send `Authorization: Bearer TOKEN`".into())),
    }
}

/// Compares digests, so that the time that it takes tells nothing of the token.
fn same(given: &str, wanted: &str) -> bool {
    !wanted.is_empty() && Sha256::digest(given) == Sha256::digest(wanted)
}

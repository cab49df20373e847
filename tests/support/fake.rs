//! A web server that keeps a system's contract or breaks it on demand. It runs on a thread of its own, so that tests
//! without a runtime can use it too. What the contract demands stands beside it, one file for each system.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;
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
    /// A status with this body.
    Status(u16, &'static str),
    /// 429, to come back after so many seconds.
    Limited(u32),
    /// Compressed, as newer servers do.
    Gzip,
    /// Does what is asked and never answers.
    DeafAfterwards,
    /// Does what is asked and answers as if it had failed.
    FailedAfterwards(u16),
}

/// What a system does with a request when it is well.
pub trait Contract: Send + 'static {
    fn obey(&mut self, asked: &Asked) -> Honest;

    /// What a request is called where moods are set and requests are counted.
    fn line(&self, asked: &Asked) -> String {
        format!("{} {}", asked.method, asked.uri)
    }
}

/// One request.
pub struct Asked {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// Every value of a parameter of the query.
    pub fn query(&self, name: &str) -> Vec<String> {
        let pairs = url::form_urlencoded::parse(self.uri.query().unwrap_or("").as_bytes());
        pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What the contract demands.
pub struct Honest {
    pub status: u16,
    pub text: String,
    pub headers: Vec<(&'static str, String)>,
}

impl Honest {
    pub fn of(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), headers: Vec::new() }
    }

    pub fn ok(value: &Value) -> Self {
        Self::of(200, value.to_string())
    }

    fn response(self) -> Response {
        let mut response = (status(self.status), [("content-type", "application/json")], self.text).into_response();
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value.parse().expect("a header"));
        }
        response
    }
}

struct Desk<C> {
    contract: C,
    /// Moods by the beginning of `METHOD path`; the longest that fits counts.
    moods: BTreeMap<String, Mood>,
    hits: Vec<String>,
}

pub struct Fake<C> {
    pub url: Url,
    desk: Arc<Mutex<Desk<C>>>,
    _stop: oneshot::Sender<()>,
}

impl<C: Contract> Fake<C> {
    pub fn start(contract: C) -> Self {
        let desk = Arc::new(Mutex::new(Desk { contract, moods: BTreeMap::new(), hits: Vec::new() }));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("nonblocking");
        let url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let router = Router::new().fallback(answer::<C>).with_state(desk.clone());
        std::thread::spawn(move || serve(listener, router, stopped));
        Self { url, desk, _stop: stop }
    }

    fn desk(&self) -> MutexGuard<'_, Desk<C>> {
        self.desk.lock().expect("not poisoned")
    }

    /// Looks at what is behind it, or changes that.
    pub fn with<T>(&self, look: impl FnOnce(&mut C) -> T) -> T {
        look(&mut self.desk().contract)
    }

    /// From now on every answer is like this.
    pub fn mood(&self, mood: Mood) {
        self.mood_of("", mood);
    }

    /// From now on answers to `METHOD /path…` are like this.
    pub fn mood_of(&self, request: &str, mood: Mood) {
        self.desk().moods.insert(request.into(), mood);
    }

    /// `METHOD /path?query` of every request so far.
    pub fn hits(&self) -> Vec<String> {
        self.desk().hits.clone()
    }

    /// How often something was to be changed.
    pub fn writes(&self) -> usize {
        self.desk().hits.iter().filter(|hit| !hit.starts_with("GET ")).count()
    }

    /// How many requests so far began so.
    pub fn count(&self, request: &str) -> usize {
        self.desk().hits.iter().filter(|hit| hit.starts_with(request)).count()
    }
}

impl<C: Contract> Desk<C> {
    fn hear(&mut self, asked: &Asked) -> (Mood, Honest) {
        let line = self.contract.line(asked);
        let fitting = self.moods.iter().filter(|(beginning, _)| line.starts_with(beginning.as_str()));
        let mood = fitting.max_by_key(|(beginning, _)| beginning.len()).map(|(_, mood)| mood.clone()).unwrap_or_default();
        self.hits.push(line);
        let ignored = matches!(mood, Mood::Silent | Mood::Status(..) | Mood::Limited(_) | Mood::Html);
        let honest = if ignored { Honest::of(200, "") } else { self.contract.obey(asked) };
        (mood, honest)
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

async fn answer<C: Contract>(State(desk): State<Arc<Mutex<Desk<C>>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let asked = Asked { method: parts.method, uri: parts.uri, headers: parts.headers, body };
    let (mood, honest) = desk.lock().expect("not poisoned").hear(&asked);
    match mood {
        Mood::Silent | Mood::DeafAfterwards => std::future::pending().await,
        Mood::Fine => honest.response(),
        Mood::HeadersOnly => Body::from_stream(stream::pending::<Result<Bytes, Infallible>>()).into_response(),
        Mood::Truncated => honest.text[..honest.text.len() / 2].to_owned().into_response(),
        Mood::Reset => broken(honest.text),
        Mood::Html => page(),
        Mood::WrongSchema => r#"{"status":"success","data":[]}"#.into_response(),
        Mood::Huge => huge(),
        Mood::Status(number, text) => (status(number), text).into_response(),
        Mood::Limited(seconds) => (status(429), [("retry-after", seconds.to_string())], "slow down").into_response(),
        Mood::Gzip => ([("content-encoding", "gzip")], gzip(honest.text.as_bytes())).into_response(),
        Mood::FailedAfterwards(number) => status(number).into_response(),
    }
}

fn status(number: u16) -> StatusCode {
    StatusCode::from_u16(number).expect("a status")
}

fn page() -> Response {
    let page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>please</body></html>";
    ([("content-type", "text/html")], page).into_response()
}

fn huge() -> Response {
    let megabytes = stream::iter((0..200).map(|_| Ok::<_, Infallible>(Bytes::from(vec![b' '; 1 << 20]))));
    Body::from_stream(megabytes).into_response()
}

fn broken(text: String) -> Response {
    let half = Bytes::from(text[..text.len() / 2].to_owned());
    Body::from_stream(stream::iter([Ok(half), Err(std::io::Error::other("reset"))])).into_response()
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

//! Every kind of feed against everything that can be wrong at the other end. Nothing of it is ever taken for health, each says why, what
//! is read of it is bounded, and no other feed is later for it. A kind without a line in `LINES` fails.

use super::support::raw::{Raw, until_gone};
use super::{Sources, feed_of};
use midwatch::domain::health::{FeedSpec, FeedState, Reading};
use midwatch::domain::trouble::Trouble;
use midwatch::feeds::{Feed, KINDS};
use midwatch::model::Fact;
use midwatch::ports::Ports;
use midwatch::runtime::poller;
use std::collections::BTreeSet;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How a feed reaches what it asks, which is where something can go wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Web,
    /// Another protocol over TCP.
    Wire,
    Datagrams,
    Program,
    /// Nothing is said: whoever takes the connection up is well.
    Connection,
    /// Nothing but a name.
    Name,
    /// A program of this machine that is not ours to replace.
    Ours,
}

/// A kind, how it reaches its target, and what it is told; `AT` is an address, `RUN` the words of a program.
const LINES: &[(&str, Way, &str)] = &[
    ("backup", Way::Program, "{command: RUN, rpo: 1day}"),
    ("changes", Way::Web, "{url: 'http://AT/'}"),
    ("changes", Way::Program, "{command: RUN}"),
    ("dns", Way::Datagrams, "{server: 'AT', name: a.test}"),
    ("gatus", Way::Web, "{url: 'http://AT/'}"),
    ("haproxy", Way::Web, "{url: 'http://AT/', backend: pgs}"),
    ("haproxy", Way::Wire, "{socket: 'AT', backend: pgs}"),
    ("headroom", Way::Web, "{url: 'http://AT/', load: up, limit: 9}"),
    ("headroom", Way::Web, "{page: 'http://AT/', load: load, limit: 9}"),
    ("heartbeat", Way::Web, "{every: 1h, token: none, listen: 'AT'}"),
    ("host", Way::Program, "{on: db-1, via: RUN}"),
    ("http", Way::Web, "{url: 'http://AT/', redirects: 3, expect: {json: {/status: ok}}}"),
    ("metrics", Way::Web, "{url: 'http://AT/', metric: load, above: 1}"),
    ("nginx", Way::Web, "{url: 'http://AT/'}"),
    ("ping", Way::Name, "{host: NAME}"),
    ("plugin", Way::Program, "{command: RUN}"),
    ("postgres", Way::Wire, "{address: 'AT', user: watch}"),
    ("promql", Way::Web, "{url: 'http://AT/', query: up, below: 1}"),
    ("redis", Way::Wire, "{address: 'AT'}"),
    ("statuspage", Way::Web, "{url: 'http://AT/'}"),
    ("systemd", Way::Ours, "{unit: no-such-unit-anywhere}"),
    ("tcp", Way::Connection, "{address: 'AT'}"),
    ("tls", Way::Wire, "{address: 'AT'}"),
    ("tls", Way::Wire, "{address: 'AT', starttls: smtp}"),
    ("tls", Way::Wire, "{address: 'AT', starttls: imap}"),
    ("tls", Way::Wire, "{address: 'AT', starttls: postgres}"),
    ("uptime-kuma", Way::Web, "{url: 'http://AT/'}"),
];

/// As long as what hangs may take.
const LIMIT: Duration = Duration::from_secs(3);
/// More than this is read of no flood: the longest answer that any kind takes, and what lies in buffers.
const MOST_READ: usize = 64 << 20;
/// What a flood has to say in all.
const FLOOD: usize = 1 << 30;

/// Says this again and again until the other side has had enough, and counts.
fn flood(stream: &mut TcpStream, bytes: &[u8], said: &AtomicUsize) {
    let block = bytes.repeat((64 << 10) / bytes.len() + 1);
    while said.load(Ordering::Relaxed) < FLOOD && stream.write_all(&block).is_ok() {
        said.fetch_add(block.len(), Ordering::Relaxed);
    }
}

/// A server of bytes that has this to say to everybody, after they have said something where they speak first.
struct Bad {
    address: String,
    said: Arc<AtomicUsize>,
    _web: Option<Raw>,
    /// A port at which nobody answers, as long as it is ours.
    _silent: Option<(socket2::Socket, UdpSocket)>,
}

impl Bad {
    fn web(answer: impl Fn(&mut TcpStream, &AtomicUsize) + Send + Sync + 'static) -> Self {
        let said = Arc::<AtomicUsize>::default();
        let count = said.clone();
        let server = Raw::start(move |_, stream| answer(stream, &count));
        Self { address: server.address.to_string(), said, _web: Some(server), _silent: None }
    }

    fn wire(answer: impl Fn(&mut TcpStream, &AtomicUsize) + Send + Sync + 'static) -> Self {
        let (listener, said) = (TcpListener::bind("127.0.0.1:0").expect("a port"), Arc::<AtomicUsize>::default());
        let (address, count) = (listener.local_addr().expect("an address").to_string(), said.clone());
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let (answer, count) = (answer.clone(), count.clone());
                std::thread::spawn(move || answer(&mut stream, &count));
            }
        });
        Self { address, said, _web: None, _silent: None }
    }

    fn datagrams(answers: &'static [&'static [u8]]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let address = socket.local_addr().expect("an address").to_string();
        std::thread::spawn(move || {
            while let Ok((_, peer)) = socket.recv_from(&mut [0; 512]) {
                answers.iter().for_each(|answer| drop(socket.send_to(answer, peer)));
            }
        });
        Self { address, said: Arc::default(), _web: None, _silent: None }
    }

    /// Bound, so that no other test gets the port, and not listening; the datagrams' socket hears one other address alone.
    fn nobody() -> Self {
        use socket2::{Domain, Socket, Type};
        let any: SocketAddr = "127.0.0.1:0".parse().expect("an address");
        loop {
            let stream = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
            stream.bind(&any.into()).expect("a port");
            let address = stream.local_addr().ok().and_then(|address| address.as_socket()).expect("an address");
            if let Ok(datagrams) = UdpSocket::bind(address) {
                datagrams.connect("127.0.0.1:9").expect("nothing is sent");
                let said = Arc::default();
                return Self { address: address.to_string(), said, _web: None, _silent: Some((stream, datagrams)) };
            }
        }
    }
}

fn say(bytes: &'static [u8]) -> impl Fn(&mut TcpStream, &AtomicUsize) + Send + Sync {
    move |stream, _| {
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        until_gone(stream);
    }
}

fn page(body: &'static str) -> impl Fn(&mut TcpStream, &AtomicUsize) + Send + Sync {
    move |stream, _| {
        let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        let _ = stream.write_all((head + body).as_bytes());
    }
}

/// What is wrong, and words of which one has to be in what is told.
type Wrong = (&'static str, Bad, &'static [&'static str]);

const NOBODY: &[&str] = &["nothing listens there", "nobody listens"];
const LATE: &[&str] = &["within 3s", "timed out after 3s"];
const CUT: &[&str] =
    &["broke", "hung up", "closed", "cut short", "does not speak", "instead of", "reset by", "something else than"];
const LONG: &[&str] = &["larger than", "does not speak", "without an end", "without end"];
const LARGE: &[&str] = &["larger than"];
const AROUND: &[&str] = &["redirect", "302 Found"];
const ODD: &[&str] = &[
    "instead of",
    "something else than",
    "something that is not",
    "is not JSON",
    "cut short",
    "does not speak",
    "a page titled",
    "nothing there is called",
    "nothing was measured",
    "is missing, expected",
    "has no label",
    "not known",
    "there are no monitors",
    "there is no backend",
    "none would be left",
    "NaN",
    "begin TLS",
];

fn web() -> Vec<Wrong> {
    let endless = |bytes: &'static [u8]| {
        Bad::web(move |stream, said| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            flood(stream, bytes, said);
        })
    };
    let around = b"HTTP/1.1 302 Found\r\nLocation: /again\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    vec![
        ("nobody is there", Bad::nobody(), NOBODY),
        ("it hangs", Bad::web(|stream, _| until_gone(stream)), LATE),
        (
            "it hangs in its answer",
            Bad::web(|stream, _| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
                until_gone(stream);
            }),
            LATE,
        ),
        ("it hangs up", Bad::web(|_, _| {}), CUT),
        ("it promises a gigabyte", Bad::web(say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n{}")), LARGE),
        ("it says less than it promised", Bad::web(say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}")), CUT),
        ("a gigabyte without a line", endless(b"x"), LONG),
        ("lines without end", endless(b"load 2\n"), LONG),
        ("it leads around for ever", Bad::web(say(around)), AROUND),
        ("a page for people", Bad::web(page("<html><head><title>Sign in</title></head></html>")), ODD),
        ("another type", Bad::web(page("[[{\"status\": [1]}]]")), ODD),
        ("nothing", Bad::web(page("")), ODD),
        ("a number that is none", Bad::web(page("load NaN\nmonitor_status{monitor_name=\"a\"} NaN\n")), ODD),
        (
            "bytes that are no text",
            Bad::web(say(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\n\xff\xfe\x00\x01")),
            ODD,
        ),
    ]
}

fn wire() -> Vec<Wrong> {
    vec![
        ("nobody is there", Bad::nobody(), NOBODY),
        ("it hangs", Bad::wire(|stream, _| until_gone(stream)), LATE),
        ("it hangs up", Bad::wire(|_, _| {}), CUT),
        ("a gigabyte without a line", Bad::wire(|stream, said| flood(stream, b"2", said)), LONG),
        ("lines without end", Bad::wire(|stream, said| flood(stream, b"220-\r\n", said)), LONG),
        ("zeros without end", Bad::wire(|stream, said| flood(stream, b"\0", said)), LONG),
        ("another protocol", Bad::wire(say(b"HTTP/1.1 400 Bad Request\r\n\r\n")), ODD),
        ("bytes that are no text", Bad::wire(say(b"\xff\xfe\x00\x01\xff\xff\xff\xff\n")), ODD),
    ]
}

fn datagrams() -> Vec<Wrong> {
    vec![
        ("nobody is there", Bad::nobody(), NOBODY),
        ("it hangs", Bad::datagrams(&[]), LATE),
        ("it answers what nobody asked", Bad::datagrams(&[b"", b"\0", &[0xff; 500]]), LATE),
    ]
}

fn programs() -> Vec<(&'static str, &'static str, &'static [&'static str])> {
    vec![
        ("it is missing", "[/nowhere/at/all, HOST]", &["/nowhere/at/all"]),
        ("it hangs", "[sh, -c, 'exec sleep 1000', HOST]", &["within 3s", "timed out after 3s", "no answer within"]),
        ("it floods", "[sh, -c, 'exec yes load 2', HOST]", &["within 3s", "timed out after 3s", "no answer within", "larger"]),
        ("it says nothing", "[sh, -c, 'exit 3', HOST]", &["no ", "not ", "nothing", "3", "instead"]),
        ("it is killed", "[sh, -c, 'kill -9 $$', HOST]", &["signal"]),
        (
            "bytes that are no text",
            "[sh, -c, 'printf \"\\377\\376\\000\\n\"; exit 3', HOST]",
            &["it said nothing", "exit code 3", "␀"],
        ),
    ]
}

/// What nobody can be asked at.
fn nameless() -> String {
    format!("{}.test", "a".repeat(64))
}

/// One feed, and what is wrong with its target.
struct Case {
    what: String,
    yaml: String,
    target: Option<Bad>,
    /// One of them has to be told.
    words: &'static [&'static str],
}

/// Every line with everything that can be wrong with its target.
fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for (kind, way, config) in LINES {
        let mut add = |what: &str, config: String, words, target| {
            cases.push(Case { what: format!("{kind} {config}: {what}"), yaml: format!("{kind}: {config}"), words, target });
        };
        let wrongs = match way {
            Way::Web => web(),
            Way::Wire => wire(),
            Way::Datagrams => datagrams(),
            Way::Connection => vec![("nobody is there", Bad::nobody(), NOBODY)],
            Way::Program | Way::Name | Way::Ours => Vec::new(),
        };
        for (what, bad, words) in wrongs {
            add(what, config.replace("AT", &bad.address), words, Some(bad));
        }
        match way {
            Way::Program => {
                programs().into_iter().for_each(|(what, run, words)| add(what, config.replace("RUN", run), words, None));
            }
            Way::Ours => add("it is not there", (*config).to_owned(), &["no systemd", "no such", "not "], None),
            Way::Name => add("the name leads nowhere", config.replace("NAME", &nameless()), &["does not resolve"], None),
            Way::Datagrams => {}
            // Its own listener is an address and never a name.
            _ if *kind == "heartbeat" => {}
            _ => {
                let name = format!("{}:80", nameless());
                add("the name leads nowhere", config.replace("AT", &name), &["does not resolve"], None);
            }
        }
    }
    cases
}

/// State and reason; what could not be asked has none of the target's states.
fn told(answer: &Result<Reading, Trouble>) -> (FeedState, String) {
    match answer {
        Ok(reading) => (reading.state, reading.message.inert().into_owned()),
        Err(trouble) => (FeedState::Stale, trouble.to_string()),
    }
}

#[test]
fn every_kind_has_a_line() {
    let lines: BTreeSet<&str> = LINES.iter().map(|(kind, _, _)| *kind).collect();
    let kinds: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
    assert_eq!(lines, kinds, "what is bad for a new kind stands in LINES");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_is_told_and_never_taken_for_health() {
    let mut wrong = Vec::new();
    let mut running = tokio::task::JoinSet::new();
    for Case { what, yaml, target, words } in all() {
        running.spawn(async move {
            // What does not hang has all the time that a busy machine needs.
            let limit = if words.contains(&LATE[0]) { LIMIT } else { super::PATIENCE };
            let answer = feed_of(&yaml, &Sources::new()).check(&Ports::real(), limit).await;
            let (state, reason) = told(&answer);
            let read = target.map_or(0, |target| target.said.load(Ordering::Relaxed));
            let good = state != FeedState::Healthy && words.iter().any(|word| reason.contains(word)) && read < MOST_READ;
            (good, format!("{what}\n    {}: {reason} ({} MiB)", state.word(), read >> 20))
        });
        // So few at a time that none is late for the others' sake.
        while running.len() > 8 {
            wrong.extend(running.join_next().await.map(|done| done.expect("no panic")));
        }
    }
    while let Some(done) = running.join_next().await {
        wrong.push(done.expect("no panic"));
    }
    let told: Vec<String> = wrong.into_iter().filter(|(good, _)| !good).map(|(_, told)| told).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[tokio::test]
async fn no_other_feed_waits_for_what_is_wrong() {
    let server = Raw::saying(super::ok("fine"));
    let good = feed_of(&format!("http: {{url: '{}'}}", server.url("/")), &Sources::new());
    let spec = |name: String, every, timeout| FeedSpec::new(name.as_str(), "any", every, timeout);
    // Whatever hangs does so until the end of the test.
    let slow = Duration::from_secs(600);
    let mut feeds: Vec<(FeedSpec, Arc<dyn Feed>)> = Vec::new();
    let cases = all();
    for (index, case) in cases.iter().enumerate() {
        feeds.push((spec(format!("bad-{index}"), slow, slow), feed_of(&case.yaml, &Sources::new()).into()));
    }
    feeds.push((spec("good".into(), Duration::from_millis(100), super::PATIENCE), good.into()));
    let (sender, mut facts) = tokio::sync::mpsc::unbounded_channel();
    let items = poller::Items { feeds, sources: Vec::new() };
    let _poller = poller::start(items, Ports::real(), sender, poller::nothing());
    let mut rounds = 0;
    while rounds < 20 {
        match tokio::time::timeout(super::PATIENCE, facts.recv()).await.expect("the good one is asked").expect("it runs") {
            Fact::FeedRead { feed, reading } if feed.as_str() == "good" => {
                assert_eq!(reading.state, FeedState::Healthy, "{reading:?}");
                rounds += 1;
            }
            _ => {}
        }
    }
}

//! Health feeds against real and misbehaving targets: what is the target's fault is a reading that says so, what is ours
//! is a trouble.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

#[path = "feeds/backup.rs"]
mod backup;
#[path = "feeds/badly.rs"]
mod badly;
#[path = "feeds/balancers.rs"]
mod balancers;
#[path = "feeds/changes.rs"]
mod changes;
#[path = "feeds/crowd.rs"]
mod crowd;
#[path = "feeds/dns.rs"]
mod dns;
#[path = "feeds/headroom.rs"]
mod headroom;
#[path = "feeds/heartbeat.rs"]
mod heartbeat;
#[path = "feeds/host.rs"]
mod host;
#[path = "feeds/metrics.rs"]
mod metrics;
#[path = "feeds/ping.rs"]
mod ping;
#[path = "feeds/postgres.rs"]
mod postgres;
#[path = "feeds/redis.rs"]
mod redis;
#[path = "feeds/statuspage.rs"]
mod statuspage;
#[path = "feeds/stuck.rs"]
mod stuck;
#[path = "feeds/systemd.rs"]
mod systemd;
#[path = "feeds/tls.rs"]
mod tls;
#[path = "feeds/watchers.rs"]
mod watchers;

use midwatch::domain::health::{FeedState, Limit, Reading};
use midwatch::domain::ids::SourceName;
use midwatch::domain::node::{Node, Problems, Value};
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::feeds::{Feed, KINDS, Known};
use midwatch::ports::{Endpoint, Ports};
use midwatch::sources;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::home::Home;
use support::prometheus::Prometheus;
use support::raw::{Raw, ok, until_gone};
use support::tls::{Authority, serve};
use support::{PATIENCE, missing};

const SHORT: Duration = Duration::from_millis(300);

/// What a feed may name.
type Sources = BTreeMap<SourceName, Endpoint>;

/// A feed as the configuration names it: `http: {url: …}`.
fn feed_of(yaml: &str, sources: &Sources) -> Box<dyn Feed> {
    let mut problems = Problems::default();
    let node = Node::parse(yaml, &mut problems).expect("is YAML");
    let Value::Map(pairs) = &node.value else { panic!("{yaml} is not a map") };
    let kind = KINDS.iter().find(|kind| kind.name == pairs[0].0.text).expect("a kind");
    let feed = (kind.parse)(&pairs[0].1, &Known { feed: "feed", sources }, &mut problems);
    feed.unwrap_or_else(|| panic!("{yaml}: {:?}", problems.list))
}

async fn ask(yaml: &str) -> Result<Reading, Trouble> {
    feed_of(yaml, &Sources::new()).check(&Ports::real(), PATIENCE).await
}

async fn ask_shortly(yaml: &str) -> Result<Reading, Trouble> {
    feed_of(yaml, &Sources::new()).check(&Ports::real(), SHORT).await
}

/// State and message of an answer.
fn told(answer: Result<Reading, Trouble>) -> (FeedState, String) {
    let reading = answer.expect("the target was judged");
    (reading.state, reading.message.inert().into_owned())
}

fn failing(message: &str) -> (FeedState, String) {
    (FeedState::Failing, message.to_owned())
}

/// Bound, so that nobody else gets it, and not listening.
struct Closed {
    address: String,
    _socket: socket2::Socket,
}

fn closed_port() -> Closed {
    use socket2::{Domain, Socket, Type};
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&any.into()).expect("a port");
    let address = socket.local_addr().ok().and_then(|address| address.as_socket()).expect("an address");
    Closed { address: address.to_string(), _socket: socket }
}

#[tokio::test]
async fn an_answer_as_expected_is_healthy_and_timed() {
    let server = Raw::saying(ok(r#"{"status": "ok", "version": 3}"#));
    let url = server.url("/health");
    let expect = r#"{status: 200, body: version, json: {"/status": ok, "/version": 3}, within: 20s}"#;
    let reading = ask(&format!("http: {{url: '{url}', headers: {{X-Tenant: a}}, expect: {expect}}}")).await.expect("answers");
    assert_eq!((reading.state, reading.message.raw()), (FeedState::Healthy, "200 OK"));
    assert!(reading.latency.is_some_and(|latency| latency < PATIENCE));
    assert!(server.heads()[0].contains("x-tenant: a"));
}

#[tokio::test]
async fn another_status_fails_in_the_servers_words_and_a_slow_one_is_degraded() {
    let server = Raw::saying("HTTP/1.1 503 Busy\r\nContent-Length: 16\r\n\r\ndatabase is down");
    let answer = ask(&format!("http: {{url: '{}'}}", server.url("/"))).await;
    assert_eq!(told(answer), failing("503 Service Unavailable: database is down"));
    let server = Raw::saying(ok("fine"));
    let (state, message) = told(ask(&format!("http: {{url: '{}', expect: {{within: 1ns}}}}", server.url("/"))).await);
    assert_eq!(state, FeedState::Degraded);
    assert!(message.starts_with("200 OK after ") && message.ends_with(" ms, expected within 1ns"), "{message}");
}

#[tokio::test]
async fn a_target_that_hangs_is_failing_in_time() {
    let silent = Raw::start(|_, stream| until_gone(stream));
    let halfway = Raw::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[");
        until_gone(stream);
    });
    for server in [silent, halfway] {
        let began = Instant::now();
        let answer = ask_shortly(&format!("http: {{url: '{}'}}", server.url("/"))).await;
        assert_eq!(told(answer), failing("no complete answer within 300ms"));
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn a_flood_is_cut_off() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    let server = Raw::start(move |_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let megabyte = vec![b'x'; 1 << 20];
        for _ in 0..1_000 {
            if stream.write_all(&megabyte).is_err() {
                return;
            }
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let answer = ask(&format!("http: {{url: '{}'}}", server.url("/"))).await;
    assert_eq!(told(answer), failing("the answer is larger than 4 MiB; nothing of it is used"));
    assert!(sent.load(Ordering::Relaxed) < 50, "{} MB were read", sent.load(Ordering::Relaxed));
}

#[tokio::test]
async fn redirects_are_told_unless_they_are_to_be_followed() {
    let server = Raw::start(|head, stream| {
        let answer = match head.split(' ').nth(1) {
            Some("/old") => "HTTP/1.1 301 Moved\r\nLocation: /new\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_owned(),
            Some("/loop") => "HTTP/1.1 302 Found\r\nLocation: /loop\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_owned(),
            _ => ok("here"),
        };
        let _ = stream.write_all(answer.as_bytes());
    });
    let (old, round) = (server.url("/old"), server.url("/loop"));
    let moved = told(ask(&format!("http: {{url: '{old}'}}")).await);
    assert_eq!(moved, failing("301 Moved Permanently: leads to /new; follow with `redirects`, or name that address"));
    assert_eq!(told(ask(&format!("http: {{url: '{old}', redirects: 1}}")).await).0, FeedState::Healthy);
    let (state, message) = told(ask(&format!("http: {{url: '{round}', redirects: 3}}")).await);
    assert_eq!(state, FeedState::Failing);
    assert!(message.contains("after 3 redirects"), "{message}");
}

#[tokio::test]
async fn a_kept_connection_that_breaks_is_no_failure_but_a_server_that_always_hangs_up_is() {
    let asked = AtomicUsize::new(0);
    let once = Raw::start(move |_, stream| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => {}
        _ => stream.write_all(ok("fine").as_bytes()).unwrap_or_default(),
    });
    assert_eq!(told(ask(&format!("http: {{url: '{}'}}", once.url("/"))).await), (FeedState::Healthy, "200 OK".into()));
    let always = Raw::start(|_, _| {});
    assert_eq!(told(ask(&format!("http: {{url: '{}'}}", always.url("/"))).await).0, FeedState::Failing);
    assert_eq!(always.heads().len(), 2);
}

#[tokio::test]
async fn a_port_and_a_name_are_told_apart() {
    let refused = told(ask(&format!("http: {{url: 'http://{}/'}}", closed_port().address)).await);
    assert_eq!(refused, failing("connection refused: nothing listens there"));
    let label = "a".repeat(64);
    let (state, message) = told(ask(&format!("http: {{url: 'http://{label}.test/'}}")).await);
    assert_eq!(state, FeedState::Failing);
    assert!(message.contains("does not resolve"), "{message}");
}

#[tokio::test]
async fn certificates_are_told_apart_and_our_own_files_are_our_own_trouble() {
    if missing("openssl") {
        return;
    }
    let authority = Authority::new();
    let ca = authority.ca();
    let localhost = "DNS:localhost,IP:127.0.0.1";
    let good = serve(&authority.good(), None);
    let expired = serve(&authority.leaf("expired", localhost, (-90, -1)), None);
    let early = serve(&authority.leaf("early", localhost, (30, 90)), None);
    let other = serve(&authority.leaf("other", "DNS:other.test", (-1, 90)), None);
    let trusting = |address| format!("http: {{url: 'https://{address}/', tls: {{ca: '{}'}}}}", ca.display());
    assert_eq!(told(ask(&trusting(good)).await), (FeedState::Healthy, "200 OK".into()));
    for (address, words) in [(expired, "expired on"), (early, "not valid before"), (other, "not for the name")] {
        let (state, message) = told(ask(&trusting(address)).await);
        assert_eq!(state, FeedState::Failing);
        assert!(message.contains(words), "{message}");
    }
    let stranger = told(ask(&format!("http: {{url: 'https://{good}/'}}")).await);
    assert!(stranger.0 == FeedState::Failing && stranger.1.contains("not trusted here"), "{stranger:?}");
    let blind = ask(&format!("http: {{url: 'https://{expired}/', tls: {{insecure: true}}}}")).await;
    assert_eq!(told(blind).0, FeedState::Healthy);
    let ours = ask(&format!("http: {{url: 'https://{good}/', tls: {{ca: /nowhere/ca.pem}}}}")).await;
    assert_eq!(ours.expect_err("no verdict on the target").reason, Reason::Local);
}

#[tokio::test]
async fn a_tcp_port_is_open_slow_or_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let reading = ask(&format!("tcp: {{address: '{address}'}}")).await.expect("connects");
    assert_eq!((reading.state, reading.message.raw()), (FeedState::Healthy, "connected"));
    assert!(reading.latency.is_some());
    assert_eq!(told(ask(&format!("tcp: {{address: '{address}', within: 1ns}}")).await).0, FeedState::Degraded);
    let closed = told(ask(&format!("tcp: {{address: '{}'}}", closed_port().address)).await);
    assert_eq!(closed, failing("connection refused: nothing listens there"));
}

#[tokio::test]
async fn real_nagios_plugins_are_understood() {
    const FOLDER: &str = "/usr/lib/nagios/plugins";
    if missing("/usr/lib/nagios/plugins/check_tcp") {
        return;
    }
    let states = [FeedState::Healthy, FeedState::Degraded, FeedState::Failing, FeedState::Unknown];
    for (code, (state, word)) in states.into_iter().zip(["OK", "WARNING", "CRITICAL", "UNKNOWN"]).enumerate() {
        let answer = ask(&format!("plugin: {{command: [{FOLDER}/check_dummy, '{code}', 'so it is']}}")).await;
        assert_eq!(told(answer), (state, format!("{word}: so it is")));
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let reading = ask(&format!("plugin: {{command: [{FOLDER}/check_tcp, -H, 127.0.0.1, -p, '{port}']}}")).await.expect("runs");
    assert_eq!((reading.state, reading.unit.as_deref()), (FeedState::Healthy, Some("s")));
    assert!(reading.message.raw().starts_with("TCP OK - ") && !reading.message.raw().contains('|'), "{:?}", reading.message);
    assert!(reading.value.is_some_and(|seconds| (0.0..10.0).contains(&seconds)));
}

#[tokio::test]
async fn a_plugin_that_judges_nothing_is_unknown_and_a_missing_one_our_trouble() {
    let late = ask_shortly("plugin: {command: [/bin/sh, -c, 'sleep 1000']}").await;
    assert_eq!(told(late), (FeedState::Unknown, "timed out after 300ms".into()));
    let killed = ask("plugin: {command: [/bin/sh, -c, 'kill -9 $$']}").await;
    assert_eq!(told(killed), (FeedState::Unknown, "ended by a signal".into()));
    let absent = ask("plugin: {command: [/nowhere/check_raid]}").await.expect_err("nothing ran");
    assert_eq!(absent.reason, Reason::Local);
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "public\n").expect("written");
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("kept private");
    let script = "echo $GREETING $COMMUNITY";
    let env = format!("{{GREETING: hello, COMMUNITY: {{file: '{}'}}}}", secret.display());
    let answer = ask(&format!("plugin: {{command: [/bin/sh, -c, '{script}'], env: {env}}}")).await;
    assert_eq!(told(answer), (FeedState::Healthy, "hello public".into()));
}

#[tokio::test]
async fn output_of_a_plugin_cannot_reach_the_terminal() {
    let answer = ask(r#"plugin: {command: [/bin/sh, -c, 'printf "\033[2Jgone\007 | a=1"; exit 2']}"#).await;
    assert_eq!(told(answer), failing("␛[2Jgone␇"));
}

/// Known sources with the address of this server under the name `prom`, as the configuration makes them.
fn known(url: &str) -> Sources {
    let mut problems = Problems::default();
    let node = Node::parse(&format!("{{url: '{url}'}}"), &mut problems).expect("is YAML");
    let kind = sources::KINDS.iter().find(|kind| kind.name == "prometheus").expect("a kind");
    let name = SourceName::from("prom");
    let source = (kind.parse)(&name, &node, &mut problems).expect("parses");
    Sources::from([(name, source.queries().expect("answers queries"))])
}

#[tokio::test]
async fn a_real_prometheus_is_asked_and_judged() {
    if missing("prometheus") {
        return;
    }
    let server = Prometheus::start();
    let (known, ports) = (known(&server.url), Ports::real());
    let ask = async |query: &str, rest: &str| {
        let yaml = format!("promql: {{source: prom, query: '{query}', {rest}}}");
        feed_of(&yaml, &known).check(&ports, PATIENCE).await
    };
    assert_eq!(told(ask("vector(0.95)", "above: 0.9, unit: ratio").await), failing("0.95 ratio above 0.9"));
    assert_eq!(told(ask("scalar(vector(3))", "above: 0.9, below: 0").await), failing("3 above 0.9"));
    assert_eq!(told(ask("vector(0)/0", "above: 1").await).0, FeedState::Unknown);
    assert_eq!(told(ask("no_such_metric", "above: 1, empty: failing").await), failing("the query found nothing"));
    let two = r#"label_replace(vector(5), "d", "sda", "", "") or label_replace(vector(7), "d", "sdb", "", "")"#;
    assert_eq!(told(ask(two, "warn_above: 4").await), (FeedState::Degraded, "7 above 4 on {d=\"sdb\"}; 2 of 2 series".into()));
    let long = format!("vector(1){}", " + 0 * vector(1)".repeat(200));
    assert_eq!(told(ask(&long, "above: 1").await), (FeedState::Healthy, "1".into()));
    let wrong = ask("sum(", "above: 1").await.expect_err("no verdict");
    assert!(wrong.to_string().contains("400 Bad Request") && wrong.to_string().contains("parse error"), "{wrong}");
    drop(server);
    assert!(ask("vector(1)", "above: 1").await.is_err(), "it is gone");
}

#[tokio::test]
async fn a_proxys_page_is_no_verdict() {
    let server = Raw::saying(ok("<html><head><title>Sign in</title></head></html>"));
    let trouble = ask(&format!("promql: {{url: '{}', query: up, below: 1}}", server.url("/prom"))).await.expect_err("a page");
    assert_eq!(trouble.reason, Reason::Nonsense);
    assert!(trouble.to_string().contains("a page titled \"Sign in\""), "{trouble}");
    assert!(server.heads()[0].starts_with("get /prom/api/v1/query?query=up&timeout="), "{:?}", server.heads());
}

#[tokio::test]
async fn a_long_query_travels_in_the_body() {
    let server = Raw::saying(ok(r#"{"data":{"resultType":"scalar","result":[1,"1"]}}"#));
    let query = "up + ".repeat(400);
    let answer = ask(&format!("promql: {{url: '{}', query: '{query}', below: 1}}", server.url("/"))).await;
    assert_eq!(told(answer), (FeedState::Healthy, "1".into()));
    assert!(server.heads()[0].starts_with("post /api/v1/query http/1.1"), "{:?}", server.heads());
}

#[tokio::test]
async fn a_prometheus_of_which_no_alerts_are_wanted_tells_whether_it_answers() {
    let server = Raw::saying(ok(r#"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#));
    let mut problems = Problems::default();
    let node = Node::parse(&format!("{{url: '{}', alerts: none}}", server.url("/")), &mut problems).expect("is YAML");
    let kind = sources::KINDS.iter().find(|kind| kind.name == "prometheus").expect("a kind");
    let source = (kind.parse)(&"prom".into(), &node, &mut problems).expect("parses");
    let snapshot = source.fetch(&[], &Ports::real(), PATIENCE).await.expect("answers");
    assert!(snapshot.alerts.is_empty() && snapshot.complete && source.acts().is_empty());
    drop(server);
    assert!(source.fetch(&[], &Ports::real(), PATIENCE).await.is_err());
}

#[test]
fn the_command_prints_every_feed_and_its_exit_code_is_the_answer() {
    let server = Raw::saying(ok("fine"));
    let (url, nobody) = (server.url("/"), closed_port());
    let closed = &nobody.address;
    let prom = format!("sources: [{{name: prom, prometheus: {{url: 'http://{closed}'}}}}]");
    let good = format!("{{name: shop, service: checkout, http: {{url: '{url}', bearer: {{env: SHOP_TOKEN}}}}}}");
    let bad = format!(
        "{{name: db, tcp: {{address: '{closed}'}}}}, {{name: disk, promql: {{source: prom, query: up, below: 1}}}}, \
         {{name: load, plugin: {{command: [/bin/echo, 'LOAD OK | load=0.5;1;2']}}}}"
    );
    let services = "services: [{name: checkout}]";
    let home = Home::with(&format!("{services}\n{prom}\nfeeds: [{good}, {bad}]")).env("SHOP_TOKEN", "hunter2");
    let output = home.run(&["feeds", "--once", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    let feeds = document["feeds"].as_array().expect("a list");
    let states: Vec<_> =
        feeds.iter().map(|feed| [&feed["name"], &feed["kind"], &feed["state"]].map(|v| v.as_str().unwrap_or("?"))).collect();
    let wanted =
        [["db", "tcp", "failing"], ["disk", "promql", "stale"], ["load", "plugin", "healthy"], ["shop", "http", "healthy"]];
    assert_eq!(states, wanted);
    assert_eq!((feeds[2]["value"].as_f64(), feeds[2]["message"].as_str()), (Some(0.5), Some("LOAD OK")));
    assert!(feeds[1]["message"].as_str().is_some_and(|why| why.contains("connection refused")), "{}", feeds[1]);
    assert_eq!(feeds[3]["service"], "checkout");
    assert!(server.heads()[0].contains("authorization: bearer hunter2"));
    assert_eq!(server.heads().len(), 1, "asked once");
    assert!(!String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).contains("hunter2"));

    home.write("config.yaml", &format!("{services}\nfeeds: [{good}]"));
    let output = home.run(&["feeds", "--once"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("200 OK"));
}

//! The HTTP port against servers that misbehave: each failure is told apart, in time, and says whether the request may
//! have arrived.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use midwatch::domain::secret::Secret;
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::ports::{Auth, Ports, Request, Response, Tls};
use std::io::Write;
use std::time::{Duration, Instant};
use support::raw::{Raw, ok, until_gone};
use support::tls::{Authority, serve};

const SHORT: Duration = Duration::from_millis(300);

async fn get(request: Request) -> Result<Response, Trouble> {
    Ports::real().http.observe(request).await
}

async fn trouble(server: &Raw) -> Trouble {
    get(Request { timeout: SHORT, ..Request::get(server.url("/x")) }).await.expect_err("misbehaves")
}

#[tokio::test]
async fn an_answer_comes_with_its_headers_and_date() {
    let date = "Date: Sun, 01 Mar 2026 10:00:00 GMT";
    let server = Raw::saying(format!("HTTP/1.1 503 Busy\r\n{date}\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy"));
    let answer = get(Request::get(server.url("/x"))).await.expect("any status is an answer");
    assert_eq!((answer.status, &answer.body[..]), (503, &b"busy"[..]));
    assert_eq!(answer.date.map(|date| date.timestamp()), Some(1_772_359_200));
    assert_eq!(answer.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn headers_and_then_nothing_ends_at_the_deadline() {
    let server = Raw::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[");
        until_gone(stream);
    });
    let began = Instant::now();
    let trouble = trouble(&server).await;
    assert_eq!((trouble.reason, trouble.sent), (Reason::Timeout, true));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(trouble.to_string(), format!("GET {}: no complete answer within 300ms", server.url("/x")));
}

#[tokio::test]
async fn nothing_at_all_ends_at_the_deadline() {
    let server = Raw::start(|_, stream| until_gone(stream));
    assert_eq!(trouble(&server).await.reason, Reason::Timeout);
}

#[tokio::test]
async fn a_closed_port_refuses_and_nothing_was_sent() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let url = format!("http://user:hunter2@{closed}/x?token=abc").parse().expect("an address");
    let trouble = get(Request::get(url)).await.expect_err("closed");
    assert_eq!((trouble.reason, trouble.sent), (Reason::Refused, false));
    assert_eq!(trouble.to_string(), format!("GET http://{closed}/x: connection refused: nothing listens there"));
}

#[tokio::test]
async fn a_name_that_cannot_exist_is_told_apart() {
    let url = format!("http://{}.test/", "a".repeat(64)).parse().expect("an address");
    let trouble = get(Request::get(url)).await.expect_err("no such name");
    assert_eq!((trouble.reason, trouble.sent), (Reason::Dns, false), "{trouble}");
}

#[tokio::test]
async fn a_connection_that_breaks_off_is_the_network() {
    let hangs_up = Raw::start(|_, _| ());
    let early = trouble(&hangs_up).await;
    assert_eq!((early.reason, early.sent), (Reason::Network, true), "{early}");
    let cut = Raw::saying("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{\"labels\":");
    let late = trouble(&cut).await;
    assert_eq!(late.reason, Reason::Network);
    assert!(late.to_string().contains("broke off after 11 bytes"), "{late}");
}

#[tokio::test]
async fn a_damaged_compressed_body_is_nonsense() {
    let server = Raw::saying("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\nnotgzip");
    let trouble = trouble(&server).await;
    assert_eq!(trouble.reason, Reason::Nonsense, "{trouble}");
    assert!(server.heads()[0].contains("accept-encoding: gzip"), "{}", server.heads()[0]);
}

#[tokio::test]
async fn a_server_of_another_protocol_is_nonsense() {
    let ssh = Raw::saying("SSH-2.0-OpenSSH_9.2p1\r\n");
    let trouble = trouble(&ssh).await;
    assert_eq!(trouble.reason, Reason::Nonsense, "{trouble}");
    assert!(trouble.to_string().contains("does not speak HTTP"), "{trouble}");
}

#[tokio::test]
async fn a_body_is_never_longer_than_allowed_whether_told_or_not() {
    let told = Raw::saying("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n");
    let endless = Raw::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 65536]).is_ok() {}
    });
    for server in [told, endless] {
        let request = Request { longest: 1 << 20, ..Request::get(server.url("/x")) };
        let trouble = get(request).await.expect_err("too long");
        assert_eq!(trouble.reason, Reason::TooLarge);
        assert!(trouble.to_string().ends_with("the answer is larger than 1 MiB; nothing of it is used"), "{trouble}");
    }
}

#[tokio::test]
async fn secrets_do_not_follow_a_redirect_to_another_place() {
    let other = Raw::saying(ok("there"));
    let away = other.url("/there");
    let first = Raw::start(move |head, stream| {
        let to = if head.starts_with("GET /start") { "/same-host" } else { away.as_str() };
        let _ = stream.write_all(
            format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").as_bytes(),
        );
    });
    let request = Request {
        redirects: 2,
        headers: vec![("X-Token".into(), Secret::new("hunter2".into()))],
        auth: Some(Auth::Bearer(Secret::new("hunter2".into()))),
        ..Request::get(first.url("/start"))
    };
    assert_eq!(&get(request.clone()).await.expect("arrives").body[..], b"there");
    assert_eq!(first.heads().iter().map(|head| head.matches("hunter2").count()).collect::<Vec<_>>(), [2, 2]);
    assert!(!other.heads()[0].contains("hunter2"), "{}", other.heads()[0]);

    let stays = get(Request { redirects: 0, ..request.clone() }).await.expect("an answer");
    assert_eq!(stays.status, 302);
    let lost = get(Request { redirects: 1, ..request }).await.expect_err("one is not enough");
    assert_eq!(lost.reason, Reason::Status);
}

#[tokio::test]
async fn only_acts_may_use_methods_that_change_things() {
    let server = Raw::saying(ok(""));
    let trouble = get(Request { method: "DELETE", ..Request::get(server.url("/x")) }).await.expect_err("refused");
    assert_eq!(trouble.reason, Reason::Local);
    assert!(server.heads().is_empty());
}

#[tokio::test]
async fn certificates_are_judged_and_the_fault_is_named() {
    if support::missing("openssl") {
        return;
    }
    let authority = Authority::new();
    let ca = || Tls { ca: Some(authority.ca()), ..Tls::default() };
    let good = serve(&authority.good(), None);
    let cases = [
        ("expired on ", serve(&authority.leaf("old", "DNS:localhost", (-90, -1)), None), ca()),
        ("is not valid before ", serve(&authority.leaf("new", "DNS:localhost", (30, 90)), None), ca()),
        ("is not for the name localhost", serve(&authority.leaf("other", "DNS:other.test", (-1, 90)), None), ca()),
        ("an authority that is not trusted here", good, Tls::default()),
    ];
    for (words, address, tls) in cases {
        let trouble = over(address, tls).await.expect_err(words);
        assert_eq!((trouble.reason, trouble.sent), (Reason::Tls, false), "{trouble}");
        assert!(trouble.to_string().contains(words), "{trouble}");
    }
    assert_eq!(&over(good, ca()).await.expect("trusted").body[..], b"secret");
    assert!(over(good, Tls { insecure: true, ..Tls::default() }).await.is_ok());
}

#[tokio::test]
async fn a_server_may_demand_to_know_who_asks() {
    if support::missing("openssl") {
        return;
    }
    let authority = Authority::new();
    let address = serve(&authority.good(), Some(&authority.ca()));
    let tls = Tls { ca: Some(authority.ca()), ..Tls::default() };
    let stranger = over(address, tls.clone()).await.expect_err("a stranger");
    assert_eq!(stranger.reason, Reason::Tls, "{stranger}");
    assert!(stranger.to_string().contains("demands a client certificate"), "{stranger}");
    let known = Tls { identity: Some(authority.leaf("client", "DNS:me", (-1, 90))), ..tls };
    assert!(over(address, known).await.is_ok());
}

#[tokio::test]
async fn a_plain_server_behind_https_is_named() {
    let server = Raw::start(|_, _| ());
    let trouble = over(server.address, Tls::default()).await.expect_err("no TLS");
    assert!(matches!(trouble.reason, Reason::Tls | Reason::Network), "{trouble}");
}

async fn over(address: std::net::SocketAddr, tls: Tls) -> Result<Response, Trouble> {
    let url = format!("https://localhost:{}/", address.port()).parse().expect("an address");
    get(Request { tls, ..Request::get(url) }).await
}

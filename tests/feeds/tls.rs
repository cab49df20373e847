//! Certificates of every sort, shown by a server.

use super::support::missing;
use super::support::raw::until_gone;
use super::support::tls::{Authority, serve};
use super::{ask, ask_shortly, closed_port, failing, told};
use midwatch::domain::health::FeedState;
use midwatch::domain::trouble::Reason;
use std::net::{SocketAddr, TcpListener};

const LOCALHOST: &str = "DNS:localhost,IP:127.0.0.1";

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_told_apart() {
    if missing("openssl") {
        return;
    }
    let authority = Authority::new();
    let (ca, port) = (authority.ca(), |address: SocketAddr| address.port());
    let shown = async |address: SocketAddr| {
        told(ask(&format!("tls: {{address: 'localhost:{}', tls: {{ca: '{}'}}}}", port(address), ca.display())).await)
    };
    let good = serve(&authority.good(), None);
    let (state, message) = shown(good).await;
    assert_eq!(state, FeedState::Healthy, "{message}");
    assert!(message.starts_with("valid until ") && message.ends_with(", for 364 days still"), "{message}");
    let soon = serve(&authority.leaf("soon", LOCALHOST, (-80, 5)), None);
    assert_eq!(shown(soon).await.0, FeedState::Degraded);
    let last = serve(&authority.leaf("last", LOCALHOST, (-80, 2)), None);
    let (state, message) = shown(last).await;
    assert!(state == FeedState::Failing && message.ends_with(", for 47 h still"), "{message}");
    let expired = serve(&authority.leaf("expired", LOCALHOST, (-90, -1)), None);
    let early = serve(&authority.leaf("early", LOCALHOST, (30, 90)), None);
    let other = serve(&authority.leaf("other", "DNS:other.test", (-1, 90)), None);
    let own = serve(&authority.own(), None);
    for (address, words) in [
        (expired, "expired on "),
        (early, "not valid before "),
        (other, "not for the name localhost but for"),
        (own, "self-signed: no authority vouches for it"),
    ] {
        let (state, message) = shown(address).await;
        assert_eq!(state, FeedState::Failing);
        assert!(message.contains(words), "{message}");
    }
    let stranger = told(ask(&format!("tls: {{address: '{good}'}}")).await);
    assert!(stranger.0 == FeedState::Failing && stranger.1.contains("not trusted here"), "{stranger:?}");
}

#[tokio::test]
async fn the_days_that_are_left_are_measured_whoever_vouches_and_whomever_the_server_lets_in() {
    if missing("openssl") {
        return;
    }
    let authority = Authority::new();
    let good = authority.leaf("good", LOCALHOST, (-1, 50));
    let address = serve(&good, Some(&authority.ca()));
    let blind = format!("tls: {{address: '{address}', tls: {{insecure: true}}, warn: 60days}}");
    let reading = ask(&blind).await.expect("judged");
    assert_eq!((reading.state, reading.unit.as_deref()), (FeedState::Degraded, Some("days")), "{reading:?}");
    assert!(reading.value.is_some_and(|days| (49.9..=50.0).contains(&days)), "{reading:?}");
    let named = format!("tls: {{address: '{address}', name: db.test, tls: {{ca: '{}'}}}}", authority.ca().display());
    assert!(told(ask(&named).await).1.contains("not for the name db.test"));
    let expired = serve(&authority.leaf("expired", LOCALHOST, (-90, -1)), None);
    let (state, _) = told(ask(&format!("tls: {{address: '{expired}', tls: {{insecure: true}}}}")).await);
    assert_eq!(state, FeedState::Failing, "an end is an end");
    let ours = ask(&format!("tls: {{address: '{address}', tls: {{ca: /nowhere/ca.pem}}}}")).await;
    assert_eq!(ours.expect_err("no verdict on the target").reason, Reason::Local);
}

#[tokio::test]
async fn who_speaks_no_tls_hangs_or_is_not_there_is_failing_with_the_reason() {
    // Nobody takes the connection up.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address");
    let (state, message) = told(ask_shortly(&format!("tls: {{address: '{address}'}}")).await);
    assert_eq!((state, message.as_str()), (FeedState::Failing, "no handshake within 300ms"));
    let plain = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = plain.local_addr().expect("an address");
    std::thread::spawn(move || {
        let (mut stream, _) = plain.accept().expect("a client");
        std::io::Write::write_all(&mut stream, b"220 mail.test ESMTP\r\n").expect("written");
        until_gone(&mut stream);
    });
    let (state, message) = told(ask(&format!("tls: {{address: '{address}'}}")).await);
    assert!(state == FeedState::Failing && message.contains("does not speak TLS"), "{message}");
    let closed = told(ask(&format!("tls: {{address: '{}'}}", closed_port())).await);
    assert_eq!(closed, failing("connection refused: nothing listens there"));
}

//! Certificates of every sort, shown by a server.

use super::support::raw::until_gone;
use super::support::tls::{Authority, serve, serve_after};
use super::support::{missing, postgres};
use super::{PATIENCE, Ports, Sources, ask, ask_shortly, closed_port, failing, feed_of, told};
use midwatch::domain::health::FeedState;
use midwatch::domain::trouble::Reason;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

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
    assert!(message.starts_with("valid until ") && message.ends_with(", for 365 days still"), "{message}");
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
async fn an_authority_is_read_once_and_again_when_what_it_signed_is_not_trusted() {
    if missing("openssl") {
        return;
    }
    let (old, new) = (Authority::new(), Authority::new());
    let folder = tempfile::tempdir().expect("a folder");
    let ca = folder.path().join("ca.pem");
    let servers = [&old, &new].map(|authority| serve(&authority.good(), None));
    let ports = Ports::real();
    let shown = async |address: SocketAddr| {
        let yaml = format!("tls: {{address: 'localhost:{}', tls: {{ca: '{}'}}}}", address.port(), ca.display());
        told(feed_of(&yaml, &Sources::new()).check(&ports, PATIENCE).await).0
    };
    std::fs::copy(old.ca(), &ca).expect("copied");
    assert_eq!([shown(servers[0]).await, shown(servers[1]).await], [FeedState::Healthy, FeedState::Failing]);
    // It is renewed on the disk.
    std::fs::copy(new.ca(), &ca).expect("copied");
    assert_eq!(shown(servers[1]).await, FeedState::Healthy);
    std::fs::remove_file(&ca).expect("is there");
    assert_eq!(shown(servers[1]).await, FeedState::Healthy, "it is not read for each connection");
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
    let closed = told(ask(&format!("tls: {{address: '{}'}}", closed_port().address)).await);
    assert_eq!(closed, failing("connection refused: nothing listens there"));
}

/// Says the first of these lines, and each of the others when it has heard what stands before it.
fn dialogue(
    first: &'static str,
    turns: &'static [(&'static str, &'static str)],
) -> impl Fn(&mut TcpStream) + Send + Sync + 'static {
    move |stream| {
        let _ = stream.write_all(first.as_bytes());
        for (wanted, answer) in turns {
            // Nothing may be read that belongs to the handshake: the other side waits for the answer.
            let mut heard = String::new();
            let _ = BufReader::new(&*stream).read_line(&mut heard);
            assert_eq!(heard, format!("{wanted}\r\n"));
            let _ = stream.write_all(answer.as_bytes());
        }
    }
}

#[tokio::test]
async fn mail_servers_show_their_certificate_after_a_word_in_plain_text() {
    if missing("openssl") {
        return;
    }
    let authority = Authority::new();
    let (good, ca) = (authority.good(), authority.ca());
    let smtp = dialogue(
        "220-mail.test ESMTP\r\n220 at your service\r\n",
        &[
            ("EHLO midwatch", "250-mail.test\r\n250-PIPELINING\r\n250-starttls\r\n250 8BITMIME\r\n"),
            ("STARTTLS", "220 go on\r\n"),
        ],
    );
    let imap = dialogue("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n", &[("a STARTTLS", "* OK a word\r\na OK begin\r\n")]);
    for (protocol, address) in [("smtp", serve_after(&good, None, smtp)), ("imap", serve_after(&good, None, imap))] {
        let yaml =
            format!("tls: {{address: 'localhost:{}', starttls: {protocol}, tls: {{ca: '{}'}}}}", address.port(), ca.display());
        let (state, message) = told(ask(&yaml).await);
        assert_eq!(state, FeedState::Healthy, "{protocol}: {message}");
    }
}

#[tokio::test]
async fn a_real_postgresql_shows_its_certificate_and_one_without_says_so() {
    if postgres::missing() || missing("openssl") {
        return;
    }
    let (cluster, authority) = (postgres::Cluster::new(), Authority::new());
    let server = cluster.primary("one", "");
    let asked = async || {
        let ca = authority.ca();
        told(
            ask(&format!("tls: {{address: 'localhost:{}', starttls: postgres, tls: {{ca: '{}'}}}}", server.port, ca.display()))
                .await,
        )
    };
    assert_eq!(asked().await, failing("the server does not begin TLS: N"));
    let (cert, key) = authority.good();
    for (file, name) in [(&cert, "server.crt"), (&key, "server.key")] {
        let copy = server.data.join(name);
        std::fs::copy(file, &copy).expect("copied");
        std::fs::set_permissions(&copy, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("it is ours");
        postgres::hand_over(&copy);
    }
    server.sql("alter system set ssl = on");
    server.stop();
    server.start();
    let (state, message) = asked().await;
    assert!(state == FeedState::Healthy && message.ends_with(", for 365 days still"), "{message}");
}

#[tokio::test]
async fn what_does_not_begin_tls_hangs_up_or_never_ends_a_line_is_failing_with_the_reason() {
    fn saying(lines: &'static [&'static [u8]]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            for line in lines {
                let _ = stream.write_all(line);
            }
            let _ = stream.shutdown(std::net::Shutdown::Write);
            until_gone(&mut stream);
        });
        address
    }
    let of =
        async |protocol: &str, lines| told(ask(&format!("tls: {{address: '{}', starttls: {protocol}}}", saying(lines))).await);
    let hung_up = failing("it hung up before the handshake");
    assert_eq!(of("smtp", &[]).await, hung_up);
    assert_eq!(of("imap", &[b"* OK"]).await, hung_up);
    assert_eq!(of("postgres", &[]).await, hung_up);
    let busy = of("smtp", &[b"554 no service here\r\n"]).await;
    assert_eq!(busy, failing("the server does not begin TLS: 554 no service here"));
    let without = of("smtp", &[b"220 hello\r\n250-mail\r\n250 XSTARTTLS\r\n"]).await;
    assert_eq!(without, failing("the server does not begin TLS: it is not among what it can do"));
    let denied = of("imap", &[b"* OK hello\r\na BAD what?\r\n"]).await;
    assert_eq!(denied, failing("the server does not begin TLS: BAD what?"));
    assert_eq!(of("smtp", &[b"SSH-2.0-OpenSSH_9.2\r\n"]).await, failing("what answers there does not speak SMTP"));
    assert_eq!(of("imap", &[b"220 mail\r\n"]).await, failing("what answers there does not speak IMAP"));
    assert_eq!(of("postgres", &[b"HTTP"]).await, failing("what answers there does not speak PostgreSQL's protocol"));
    assert_eq!(of("smtp", &[&[b'2'; 9_000]]).await, failing("it says lines without an end"));
}

//! A real pair of PostgreSQL servers, and what else may answer.

use super::support::postgres::{Cluster, hand_over, missing};
use super::support::servers::until;
use super::support::tls::Authority;
use super::{ask, ask_shortly, closed_port, failing, told};
use midwatch::domain::health::FeedState;
use midwatch::domain::trouble::Reason;
use std::fs::Permissions;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn a_real_pair_is_told_apart_by_its_roles_its_lag_and_its_connections() {
    if missing() {
        return;
    }
    let cluster = Cluster::new();
    let primary = cluster.primary("one", "");
    let standby = cluster.standby(&primary, "two");
    primary.sql("create role watch login");
    let blind = ask(&format!("postgres: {{address: '127.0.0.1:{}', user: watch}}", primary.port)).await.expect_err("no verdict");
    assert!(blind.to_string().ends_with("may not see replication: grant pg_monitor to it"), "{blind}");
    primary.sql("grant pg_monitor to watch");
    let of = async |port: u16, rest: &str| {
        let answer = ask(&format!("postgres: {{address: '127.0.0.1:{port}', user: watch{rest}}}")).await;
        // The standby may not have heard of the role yet.
        answer.map_or_else(|trouble| (FeedState::Unknown, trouble.to_string()), |reading| told(Ok(reading)))
    };
    let well = until(async || of(standby.port, ", role: standby").await, |(state, _)| *state == FeedState::Healthy).await;
    assert_eq!(well, (FeedState::Healthy, "standby".into()));
    let first = of(primary.port, ", role: primary, standbys: 1").await;
    assert_eq!(first, (FeedState::Healthy, "primary of 1 standby".into()));
    assert_eq!(of(primary.port, ", standbys: 2").await, (FeedState::Degraded, "primary of 1 standby, 2 expected".into()));
    assert_eq!(of(primary.port, ", role: standby").await, failing("primary of 1 standby, expected a standby"));
    let (state, message) = of(primary.port, ", connections: 0").await;
    assert!(state == FeedState::Degraded && message.ends_with(" of 27 connections taken"), "{message}");

    standby.sql("select pg_wal_replay_pause()");
    primary.sql("create table t as select repeat('x', 100) from generate_series(1, 50000)");
    let late = until(async || of(standby.port, ", lag: 1ms").await, |(_, message)| message.contains("MiB behind")).await;
    assert_eq!(late.0, FeedState::Degraded);
    assert!(late.1.starts_with("standby, ") && late.1.ends_with(" behind, expected at most 1ms"), "{late:?}");
    assert_eq!(of(standby.port, ", lag: 1h, lag_bytes: 1e6").await.0, FeedState::Degraded);
    standby.sql("select pg_wal_replay_resume()");

    primary.kill();
    assert_eq!(of(primary.port, "").await, failing("connection refused: nothing listens there"));
    let alone = until(async || of(standby.port, "").await, |(state, _)| *state == FeedState::Failing).await;
    assert_eq!(alone, failing("standby, nobody streams to it"));
    standby.sql("select pg_promote()");
    assert_eq!(of(standby.port, ", role: primary").await, (FeedState::Healthy, "primary of 0 standbys".into()));
}

#[tokio::test]
async fn passwords_and_certificates_are_checked_on_both_sides() {
    if missing() || super::missing("openssl") {
        return;
    }
    let cluster = Cluster::new();
    let server = cluster.primary("one", "");
    let authority = Authority::new();
    let (cert, key) = authority.good();
    for (file, name) in [(&cert, "server.crt"), (&key, "server.key")] {
        let copy = server.data.join(name);
        std::fs::copy(file, &copy).expect("copied");
        std::fs::set_permissions(&copy, Permissions::from_mode(0o600)).expect("it is ours");
        hand_over(&copy);
    }
    server.sql("set password_encryption = 'md5'; create role old login password 'hunter2' in role pg_monitor");
    server.sql("create role watch login password 'hunter2' in role pg_monitor");
    let rules = "hostssl all watch 127.0.0.1/32 scram-sha-256\nhostssl all old 127.0.0.1/32 md5\n\
         hostssl all plain 127.0.0.1/32 password\nhost all postgres 127.0.0.1/32 trust\n";
    std::fs::write(server.data.join("pg_hba.conf"), rules).expect("written");
    server.sql("alter system set ssl = on");
    server.sql("create role plain login password 'hunter2' in role pg_monitor");
    server.stop();
    server.start();

    let secret = |text: &str| {
        let path = cluster.path().join("secret");
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("it is ours");
        format!("password: {{file: '{}'}}", path.display())
    };
    let trusted = format!("tls: {{ca: '{}'}}", authority.ca().display());
    let of = async |rest: &str| ask(&format!("postgres: {{address: 'localhost:{}', {rest}}}", server.port)).await;
    for user in ["watch", "old", "plain"] {
        let (state, message) = told(of(&format!("user: {user}, {trusted}, {}", secret("hunter2"))).await);
        assert_eq!(state, FeedState::Healthy, "{user}: {message}");
        let wrong = of(&format!("user: {user}, {trusted}, {}", secret("hunter3"))).await.expect_err("no verdict");
        assert_eq!(wrong.reason, Reason::Denied, "{wrong}");
        assert!(!wrong.to_string().contains("hunter3"), "{wrong}");
    }
    assert_eq!(of(&format!("user: watch, {trusted}")).await.expect_err("no verdict").reason, Reason::Denied);
    let unencrypted = of(&format!("user: watch, {}", secret("hunter2"))).await.expect_err("no verdict");
    assert!(unencrypted.to_string().contains("pg_hba.conf"), "{unencrypted}");
    let (state, stranger) = told(of(&format!("user: watch, tls: {{}}, {}", secret("hunter2"))).await);
    assert!(state == FeedState::Failing && stranger.contains("not trusted here"), "{stranger}");
    let blind = of(&format!("user: watch, tls: {{insecure: true}}, {}", secret("hunter2"))).await;
    assert_eq!(told(blind).0, FeedState::Healthy);
    assert_eq!(of("user: postgres, database: nope").await.expect_err("no verdict").reason, Reason::Status);
}

/// Every connection is read once and answered with this, as often as it takes it.
fn saying(bytes: impl Into<Vec<u8>>, times: usize) -> SocketAddr {
    let bytes = bytes.into();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 512]);
            say(&mut stream, &bytes, times);
        }
    });
    address
}

/// A message as PostgreSQL frames it.
fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("short").to_be_bytes();
    [&[tag], &length[..], body].concat()
}

fn say(stream: &mut TcpStream, bytes: &[u8], times: usize) {
    for _ in 0..times {
        if stream.write_all(bytes).is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn what_is_no_postgresql_hangs_up_or_never_ends_is_told_apart() {
    let of = async |address: SocketAddr| ask(&format!("postgres: {{address: '{address}', user: watch}}")).await;
    let reason = async |bytes: Vec<u8>, times| of(saying(bytes, times)).await.expect_err("no verdict").reason;
    assert_eq!(reason(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), 1).await, Reason::Nonsense);
    assert_eq!(reason(message(b'N', b"\0"), 10_000_000).await, Reason::Nonsense, "notices without end");
    assert_eq!(reason(b"R\x7f\xff\xff\xff".to_vec(), 10_000_000).await, Reason::Nonsense, "2 GB in one message");
    let other_login = [&message(b'R', b"\0\0\0\x07")[..]].concat();
    assert_eq!(reason(other_login, 1).await, Reason::Denied);
    let starting = message(b'E', b"SFATAL\0C57P03\0Mthe database system is starting up\0\0");
    assert_eq!(told(of(saying(starting, 1)).await), failing("the database system is starting up"));
    let cut = told(of(saying(&b"R\0\0\0\x08\0"[..], 1)).await);
    assert_eq!(cut, failing("it hung up before its answer was whole"));
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address");
    let hung = told(ask_shortly(&format!("postgres: {{address: '{address}', user: watch}}")).await);
    assert_eq!(hung, failing("no complete answer within 300ms"));
    let closed = closed_port();
    assert_eq!(told(of(closed.address.parse().expect("an address")).await), failing("connection refused: nothing listens there"));
    let no_tls = ask(&format!("postgres: {{address: '{}', user: watch, tls: {{}}}}", saying(&b"N"[..], 1))).await;
    assert_eq!(told(no_tls), failing("the server does not offer TLS"));
}

//! A real pair of Redis servers, and what else may answer.

use super::support::program::{Program, free_address};
use super::support::servers::until;
use super::support::tls::Authority;
use super::support::{find, missing};
use super::{ask, ask_shortly, closed_port, failing, told};
use midwatch::domain::health::FeedState;
use midwatch::domain::trouble::Reason;
use std::fs::Permissions;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// A server without files, which knows the password `hunter2` where it is asked for one.
fn server(folder: &Path, more: &[&str]) -> (String, Program) {
    let address = free_address();
    let port = address.rsplit(':').next().expect("a port");
    let mut command = Command::new(find("redis-server").expect("redis-server"));
    command.args(["--bind", "127.0.0.1", "--port", port, "--save", "", "--repl-diskless-sync-delay", "0", "--dir"]);
    command.arg(folder).args(more);
    let ready = || TcpStream::connect(&address).is_ok();
    let program = Program::start_until(&mut command, &folder.join(format!("log-{port}")), ready);
    (address, program)
}

#[tokio::test]
async fn a_real_pair_is_told_apart_by_its_roles_and_its_link() {
    if missing("redis-server") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (first, primary) = server(folder.path(), &[]);
    let (host, port) = first.split_once(':').expect("host and port");
    let (second, _replica) = server(folder.path(), &["--replicaof", host, port]);
    let of = async |address: &str, rest: &str| told(ask(&format!("redis: {{address: '{address}'{rest}}}")).await);
    let both = until(async || of(&first, ", role: primary, replicas: 1").await, |(state, _)| *state == FeedState::Healthy).await;
    assert_eq!(both, (FeedState::Healthy, "primary of 1 replica".into()));
    assert_eq!(of(&first, ", replicas: 2").await, (FeedState::Degraded, "primary of 1 replica, 2 expected".into()));
    assert_eq!(of(&first, ", role: replica").await, failing("primary of 1 replica, expected a replica"));
    let linked = until(async || of(&second, ", role: replica").await, |(state, _)| *state == FeedState::Healthy).await;
    assert_eq!(linked, (FeedState::Healthy, format!("replica of {first}")));
    drop(primary);
    assert_eq!(of(&first, "").await, failing("connection refused: nothing listens there"));
    let alone = until(async || of(&second, "").await, |(state, _)| *state == FeedState::Failing).await;
    assert!(alone.0 == FeedState::Failing && alone.1.contains(", the link is down"), "{alone:?}");
}

#[tokio::test]
async fn a_password_that_is_missing_or_wrong_is_our_affair() {
    if missing("redis-server") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (address, _program) = server(folder.path(), &["--requirepass", "hunter2"]);
    let of = async |rest: &str| ask(&format!("redis: {{address: '{address}'{rest}}}")).await;
    let file = |text: &str| {
        let path = folder.path().join("secret");
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("it is ours");
        format!(", password: {{file: '{}'}}", path.display())
    };
    assert_eq!(told(of(&file("hunter2")).await), (FeedState::Healthy, "primary of 0 replicas".into()));
    assert_eq!(told(of(&format!(", user: default{}", file("hunter2"))).await).0, FeedState::Healthy);
    let wrong = of(&file("hunter3")).await.expect_err("no verdict");
    assert_eq!(wrong.reason, Reason::Denied, "{wrong}");
    assert!(!wrong.to_string().contains("hunter3"), "{wrong}");
    assert_eq!(of("").await.expect_err("no verdict").reason, Reason::Denied);
}

#[tokio::test]
async fn a_real_server_is_asked_over_tls_and_told_no_password_where_it_is_not_trusted() {
    if missing("redis-server") || missing("openssl") {
        return;
    }
    let (folder, authority) = (tempfile::tempdir().expect("a folder"), Authority::new());
    let (cert, key) = authority.good();
    let address = free_address();
    let port = address.rsplit(':').next().expect("a port");
    let mut command = Command::new(find("redis-server").expect("redis-server"));
    command.args(["--bind", "127.0.0.1", "--port", "0", "--tls-port", port, "--tls-auth-clients", "no", "--save", "", "--dir"]);
    command.arg(folder.path()).arg("--tls-cert-file").arg(cert).arg("--tls-key-file").arg(key);
    command.arg("--tls-ca-cert-file").arg(authority.ca());
    let ready = || TcpStream::connect(&address).is_ok();
    let _program = Program::start_until(&mut command, &folder.path().join("log"), ready);
    let of = async |tls: &str| told(ask(&format!("redis: {{address: 'localhost:{port}', tls: {tls}}}")).await);
    let trusted = of(&format!("{{ca: '{}'}}", authority.ca().display())).await;
    assert_eq!(trusted, (FeedState::Healthy, "primary of 0 replicas".into()));
    let (state, message) = of("{}").await;
    assert!(state == FeedState::Failing && message.contains("not trusted here"), "{message}");
    assert_eq!(of("{insecure: true}").await.0, FeedState::Healthy);
}

#[tokio::test]
async fn what_is_no_redis_hangs_up_or_never_ends_is_told_apart() {
    /// One connection, which is answered with this.
    fn saying(bytes: &'static [u8], times: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let _ = stream.read(&mut [0; 512]);
            for _ in 0..times {
                if stream.write_all(bytes).is_err() {
                    return;
                }
            }
        });
        address
    }
    let of = async |address: String| ask(&format!("redis: {{address: '{address}'}}")).await;
    let reason = async |bytes, times| of(saying(bytes, times)).await.expect_err("no verdict").reason;
    assert_eq!(reason(b"HTTP/1.1 400 Bad Request\r\n\r\n", 1).await, Reason::Nonsense);
    assert_eq!(reason(b"-ERR unknown command\r\n", 1).await, Reason::Status);
    assert_eq!(reason(b"+OK\r\n", 1).await, Reason::Nonsense);
    assert_eq!(told(of(saying(b"-LOADING Redis is loading\r\n", 1)).await).0, FeedState::Degraded);
    let flood = told(of(saying(b"$999999999\r\n", 100_000)).await);
    assert_eq!(flood, failing("the answer is larger than 256 KiB; nothing of it is used"));
    let cut = of(saying(b"$10\r\nrole", 1)).await.expect_err("no verdict");
    assert!(cut.to_string().ends_with("it hung up before its answer was whole"), "{cut}");
    // Nobody takes the connection up.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address");
    let hung = told(ask_shortly(&format!("redis: {{address: '{address}'}}")).await);
    assert_eq!(hung, failing("no complete answer within 300ms"));
    assert_eq!(told(of(closed_port().address).await), failing("connection refused: nothing listens there"));
}

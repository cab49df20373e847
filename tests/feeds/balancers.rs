//! A real HAProxy and a real nginx, with servers behind them that come and go.

use super::support::haproxy::Haproxy;
use super::support::program::{Program, free_address};
use super::support::raw::{Raw, ok};
use super::support::servers::until;
use super::support::{find, missing};
use super::{ask, ask_shortly, failing, told};
use midwatch::domain::health::FeedState;
use midwatch::domain::trouble::Reason;
use std::net::{TcpListener, TcpStream};
use std::process::Command;

#[tokio::test]
async fn the_servers_of_a_real_haproxy_are_counted_as_they_go_down_and_are_taken_out() {
    if missing("haproxy") {
        return;
    }
    let (one, page) = (TcpListener::bind("127.0.0.1:0").expect("a port"), free_address());
    let (up, down) = (one.local_addr().expect("an address"), free_address());
    let checks = "default-server inter 100ms fall 1 rise 1";
    let servers = format!("backend pgs\n    {checks}\n    server a {up} check\n    server b {down} check\n    server c {up}\n");
    let stats = format!("frontend stats\n    mode http\n    bind {page}\n    stats enable\n    stats uri /stats\n");
    let haproxy = Haproxy::start(&format!("{servers}{stats}"));
    let asked = async |backend: &str, needed: usize| {
        ask(&format!("haproxy: {{url: 'http://{page}/stats', backend: {backend}, needed: {needed}}}")).await
    };
    let seen = async || told(asked("pgs", 1).await);
    let (state, message) = until(seen, |(state, _)| *state == FeedState::Degraded).await;
    assert_eq!(state, FeedState::Degraded);
    assert!(message.starts_with("2 of 3 servers up; b: DOWN"), "{message}");
    let few = asked("pgs", 3).await.expect("judged");
    assert_eq!((few.state, few.value), (FeedState::Failing, Some(2.0)));
    assert_eq!(haproxy.ask("set server pgs/b state maint"), "");
    let kept = until(seen, |(state, _)| *state == FeedState::Healthy).await;
    assert_eq!(kept, (FeedState::Healthy, "2 of 3 servers up; b: MAINT".into()));
    let none = (FeedState::Unknown, "there is no backend `pgz` with servers".to_owned());
    assert_eq!(told(asked("pgz", 1).await), none);
    drop(haproxy);
    assert_eq!(asked("pgs", 1).await.expect_err("no verdict on the servers").reason, Reason::Refused);
}

#[tokio::test]
async fn the_stats_socket_of_a_real_haproxy_says_the_same_by_its_path_and_over_tcp() {
    if missing("haproxy") {
        return;
    }
    let haproxy = Haproxy::start("backend pgs\n    server a 127.0.0.1:9\n    server b 127.0.0.1:9 disabled\n");
    let (path, api) = (haproxy.socket.display().to_string(), haproxy.api.clone());
    let asked = async |socket: &str| ask(&format!("haproxy: {{socket: '{socket}', backend: pgs}}")).await;
    for socket in [&path, &api] {
        let reading = asked(socket).await.expect("judged");
        assert!(reading.latency.is_some());
        assert_eq!(told(Ok(reading)), (FeedState::Healthy, "1 of 2 servers up; b: MAINT".into()));
    }
    drop(haproxy);
    let gone = asked(&path).await.expect_err("no verdict on the servers");
    assert_eq!((gone.reason, gone.to_string()), (Reason::Refused, format!("{path}: there is no such socket")));
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address").to_string();
    let late = ask_shortly(&format!("haproxy: {{socket: '{address}', backend: pgs}}")).await.expect_err("no verdict");
    assert_eq!((late.reason, late.to_string()), (Reason::Timeout, format!("{address}: no complete answer within 300ms")));
}

#[tokio::test]
async fn a_page_that_is_not_haproxys_csv_is_no_verdict() {
    for body in ["<html><head><title>Statistics</title></head></html>", "pgs,a,UP\n", ""] {
        let server = Raw::saying(ok(body));
        let answer = ask(&format!("haproxy: {{url: '{}', backend: pgs}}", server.url("/stats"))).await;
        assert_eq!(answer.expect_err("no verdict").reason, Reason::Nonsense, "{body}");
        assert!(server.heads()[0].starts_with("get /stats;csv "), "{:?}", server.heads());
    }
}

#[tokio::test]
async fn a_real_nginx_tells_its_connections_and_is_failing_when_it_is_gone() {
    if missing("nginx") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (address, path) = (free_address(), folder.path().display());
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {path}/{name};"));
    let server = format!("server {{ listen {address}; location = /status {{ stub_status; }} }}");
    let config = format!(
        "daemon off; master_process off; pid {path}/pid; error_log {path}/err;\nevents {{ worker_connections 64; }}\n\
         http {{ access_log off; {}\n{server} }}\n",
        temporary.concat()
    );
    let file = folder.path().join("nginx.conf");
    std::fs::write(&file, config).expect("written");
    let mut command = Command::new(find("nginx").expect("nginx"));
    command.arg("-p").arg(folder.path()).arg("-c").arg(&file);
    let ready = || TcpStream::connect(&address).is_ok();
    let nginx = Program::start_until(&mut command, &folder.path().join("log"), ready);
    let asked = async |path: &str, rest: &str| ask(&format!("nginx: {{url: 'http://{address}{path}'{rest}}}")).await;
    let reading = asked("/status", "").await.expect("answers");
    assert_eq!((reading.state, reading.unit.as_deref()), (FeedState::Healthy, Some("connections")));
    assert!(reading.value.is_some_and(|open| open >= 1.0), "{reading:?}");
    let (state, message) = told(asked("/status", ", above: 0").await);
    assert!(state == FeedState::Failing && message.contains(" open connections above 0, "), "{message}");
    assert_eq!(asked("/", "").await.expect_err("another page").reason, Reason::Status);
    drop(nginx);
    assert_eq!(told(asked("/status", "").await), failing("connection refused: nothing listens there"));
}

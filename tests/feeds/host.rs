//! This machine, and what may stand between us and another one.

use super::support::missing;
use super::support::sshd::sshd;
use super::{ask, ask_shortly, told};
use midwatch::domain::health::FeedState;
use midwatch::domain::trouble::Reason;

#[tokio::test]
async fn this_machine_tells_its_load_its_memory_and_its_disks() {
    let reading = ask("host: {load: 1e6, memory: 100, disks: [/, /tmp], warn_disk: 100, disk: 100}").await.expect("it is asked");
    let message = reading.message.raw();
    assert_eq!(reading.state, FeedState::Healthy, "{message}");
    assert!(message.starts_with("load ") && message.contains(" per processor, memory "), "{message}");
    assert!(reading.value.is_some_and(|percent| (0.0..=100.0).contains(&percent)), "{reading:?}");
    let (state, message) = told(ask("host: {load: 1e6, memory: 1e-9}").await);
    assert!(state >= FeedState::Degraded && message.contains(" used in % "), "{message}");
    let (state, message) = told(ask("host: {load: 1e6, memory: 100, disks: [/nowhere/at all], disk: 100}").await);
    assert_eq!((state, message.as_str()), (FeedState::Unknown, "/nowhere/at all used in %: it does not tell"));
}

#[tokio::test]
async fn another_machine_is_reached_by_a_program_and_one_that_is_not_is_no_verdict() {
    let here = told(ask("host: {on: db-1, via: [/bin/sh, -c], load: 1e6, memory: 100, warn_disk: 100, disk: 100}").await);
    assert_eq!(here.0, FeedState::Healthy, "{here:?}");
    let named = ask("host: {on: db-1, via: [/bin/sh, -c, 'echo \"ssh: connect to $0: no route\" >&2; exit 255', HOST]}").await;
    let named = named.expect_err("no verdict");
    assert_eq!((named.reason, named.to_string().as_str()), (Reason::Network, "/bin/sh: ssh: connect to db-1: no route"));
    let hung = ask_shortly("host: {on: db-1, via: [/bin/sh, -c, 'sleep 1000', HOST]}").await.expect_err("no verdict");
    assert_eq!(hung.reason, Reason::Timeout);
    let flood = ask("host: {on: db-1, via: [/bin/sh, -c, 'head -c 300000000 /dev/zero', HOST]}").await;
    assert_eq!(told(flood).0, FeedState::Unknown);
    let absent = ask("host: {on: db-1, via: [/nowhere/ssh, HOST]}").await.expect_err("no verdict");
    assert_eq!(absent.reason, Reason::Local);
}

#[tokio::test]
async fn another_machine_is_asked_through_a_real_sshd_and_a_key_that_it_does_not_know_is_no_verdict() {
    if missing("sshd") || missing("ssh") {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("sshd");
    let server = sshd(&place);
    let via = server.words(&place).join(", ");
    let asked =
        async || ask(&format!("host: {{on: 127.0.0.1, via: [{via}], load: 1e6, memory: 100, warn_disk: 100, disk: 100}}")).await;
    let (state, message) = told(asked().await);
    assert!(state == FeedState::Healthy && message.contains(" per processor, memory "), "{message}");
    std::fs::write(place.join("authorized"), "").expect("written");
    let stranger = asked().await.expect_err("no verdict");
    assert_eq!(stranger.reason, Reason::Network);
    assert!(stranger.to_string().contains("Permission denied"), "{stranger}");
    drop(server);
    assert!(asked().await.expect_err("no verdict").to_string().contains("Connection refused"));
}

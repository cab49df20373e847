//! Echo requests in a network of our own, where the kernel allows them, and where it refuses.

use super::support::home::Home;
use super::support::missing;
use std::process::Command;

const FEEDS: &str = "feeds:
  - {name: four, ping: {host: 127.0.0.1}}
  - {name: six, ping: {host: '::1', count: 1}}
  - {name: slow, ping: {host: 127.0.0.1, within: 1ns}}
  - {name: silent, timeout: 300ms, ping: {host: 10.231.0.2}}
  - {name: routeless, ping: {host: 10.99.0.1}}
  - {name: nameless, ping: {host: NOWHERE.test}}
";

/// Loopback, and a wire with nobody at its other end; what is started there may send echo requests, or not, which is how a new network begins.
fn started(allowed: bool) -> Vec<String> {
    let network = "set -e; ip link set lo up; ip link add va type veth peer name vb; ip addr add 10.231.0.1/30 dev va; \
        ip link set va up; ip link set vb up; ip neigh add 10.231.0.2 lladdr 02:00:00:00:00:09 dev va";
    let allow = if allowed { "echo 0 0 > /proc/sys/net/ipv4/ping_group_range; " } else { "" };
    let script = format!("{network}; {allow}exec \"$@\"");
    let argv = ["unshare", "--map-root-user", "--net", "sh", "-c", &script, "sh", env!("CARGO_BIN_EXE_midwatch")];
    argv.map(str::to_owned).into()
}

/// Whether this machine lets us have a network of our own.
fn alone() -> bool {
    if missing("unshare") || missing("ip") {
        return false;
    }
    let made = Command::new("unshare").args(["--map-root-user", "--net", "true"]).output().expect("unshare runs");
    assert!(made.status.success(), "no network of our own: {}", String::from_utf8_lossy(&made.stderr));
    true
}

/// State and message of each feed, by name.
fn told(allowed: bool) -> Vec<(String, String, String)> {
    let home = Home::with(&FEEDS.replace("NOWHERE", &"a".repeat(64))).started_by(started(allowed));
    let document = home.json(&["feeds", "--once"]);
    let text = |feed: &serde_json::Value, key: &str| feed[key].as_str().unwrap_or_default().to_owned();
    let feeds = document["feeds"].as_array().expect("a list").iter();
    feeds.map(|feed| (text(feed, "name"), text(feed, "state"), text(feed, "message"))).collect()
}

#[test]
fn what_answers_what_is_silent_and_what_has_no_way_there_are_told_apart() {
    if !alone() {
        return;
    }
    let told = told(true);
    let of =
        |name: &str| told.iter().find(|(found, _, _)| found == name).map(|(_, state, words)| (state.as_str(), words.as_str()));
    for (name, count) in [("four", 3), ("six", 1)] {
        let (state, words) = of(name).expect("it is there");
        assert!(
            state == "healthy" && words.starts_with(&format!("{count} of {count} answered, in ")),
            "{name}: {state}: {words}"
        );
    }
    let (state, words) = of("slow").expect("it is there");
    assert!(state == "degraded" && words.ends_with(" ms, expected within 1ns"), "{state}: {words}");
    assert_eq!(of("silent"), Some(("failing", "none of 3 requests was answered within 300ms")));
    assert_eq!(of("routeless"), Some(("failing", "no route to it")));
    let (state, words) = of("nameless").expect("it is there");
    assert!(state == "failing" && words.contains("the name does not resolve"), "{state}: {words}");
}

#[test]
fn what_the_kernel_refuses_is_unknown_and_says_what_to_do() {
    if !alone() {
        return;
    }
    for (name, state, words) in told(false).iter().filter(|(name, _, _)| name != "nameless") {
        assert_eq!(state, "unknown", "{name}: {words}");
        assert!(words.contains("net.ipv4.ping_group_range="), "{name}: {words}");
    }
}

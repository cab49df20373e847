//! A game day: services that people use, broken on purpose by the playbook's own Drill setup, and given up when a real feed says that it
//! goes too far.

use super::*;
use crate::support::find;
use crate::support::haproxy::Haproxy;
use crate::support::missing;
use crate::support::program::free_address;
use std::process::Command;

const FRONT: &str =
    "owner: team\nreviewed: 2026-11-01\nreview-every: 365d\npractice: failover\npurpose: recovery\nrto: 5m\n---\n\n";

/// One step of a playbook.
fn step(title: &str, block: &str) -> String {
    format!("### {title}\n\n- **risk:** change\n- **timeout:** 2m\n\n```sh\n{block}\n```\n\n")
}

fn port(address: &str) -> &str {
    address.rsplit(':').next().expect("a port")
}

/// Runs a line of shell in the home and returns what it prints.
fn sh(home: &Home, line: &str) -> String {
    let done = Command::new("sh").args(["-c", line]).env("HOME", home.path()).output().expect("a shell");
    String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
}

/// A daemon of the home, ended with the test.
struct Daemon<'a>(&'a Home, &'static str);

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        sh(self.0, &format!("kill -CONT $(cat $HOME/{0}/pid); kill -9 $(cat $HOME/{0}/pid)", self.1));
    }
}

#[test]
fn on_a_game_day_a_declared_service_is_broken_and_what_people_do_is_scored() {
    if missing("redis-server") || missing("redis-cli") {
        return;
    }
    let address = free_address();
    // The neighbour, which nobody breaks.
    let neighbour = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let orders = neighbour.local_addr().expect("bound");
    let (port, services) = (port(&address), "services:\n  - {name: cache, tier: 1DRILL}\n  - {name: orders, tier: 1}\n");
    let config = |drill: &str| {
        let feed = format!(
            "feeds:\n  - {{name: cache-up, service: cache, every: 1s, redis: {{address: \"{address}\", role: primary}}}}\n  \
             - {{name: orders-up, service: orders, every: 1s, tcp: {{address: \"{orders}\"}}}}\n"
        );
        format!("operator: {{name: ana}}\nenvironment: prod\nplaybooks: [books]\n{}{feed}", services.replace("DRILL", drill))
    };
    let home = Home::with(&config(""));
    let start = "redis-server \"$HOME/cache/redis.conf\"";
    let book = [
        format!(
            "---\nplaybook: 1\nid: cache-down\ntitle: The cache is gone\nservices: [cache]\nalerts:\n  - {{alertname: CacheDown}}\n{FRONT}"
        ),
        "# The cache is gone\n\n## Steps\n\n".to_owned(),
        step("Start it again", start),
        "## Verify\n\n".to_owned(),
        step("It has what it had", &format!("until redis-cli -p {port} get order | grep placed; do sleep 0.1; done")),
        "## Drill setup\n\n".to_owned(),
        step("Kill it", "kill -9 \"$(cat \"$HOME/cache/pid\")\""),
        "## Drill cleanup\n\n".to_owned(),
        step("It runs again", &format!("redis-cli -p {port} ping || {start}")),
    ];
    home.write("books/cache-down.md", &book.concat());
    home.write(
        "game.yaml",
        "scenario: 1\nid: no-cache\ntitle: The cache is killed\nkind: game-day\nplaybook: cache-down\nservices: [cache]\nbeats:\n  - at: 0s\n    \
         fires: {name: CacheDown, severity: critical, service: cache, summary: It is gone}\n  - at: 1h\n    resolves: CacheDown\n\
         expects:\n  - {playbook: cache-down, within: 3m, points: 2}\n  - {step: start-it-again, within: 3m}\n\
         abort:\n  - \"service = orders and state = failing for 1s\"\n",
    );
    home.write(
        "cache/redis.conf",
        &format!(
            "port {port}\nbind 127.0.0.1\ndaemonize yes\npidfile {0}/cache/pid\ndir {0}/cache\nappendonly yes\nappendfsync always\n",
            home.path().display()
        ),
    );
    let _daemon = Daemon(&home, "cache");
    sh(&home, start);
    until("the cache", || (sh(&home, &format!("redis-cli -p {port} set order placed")) == "OK").then_some(()));
    let pid = sh(&home, "cat $HOME/cache/pid");

    let refused = home.run(&[&["drill", "start", "game.yaml", "--auto", "change"], DATA].concat());
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && why.contains("cache may not be drilled"), "{why}");
    assert_eq!(sh(&home, &format!("kill -0 {pid} && redis-cli -p {port} get order")), "placed", "nothing was broken");

    home.write("config.yaml", &config(", drill: true"));
    let done = json(&home, &["drill", "start", "game.yaml", "--auto", "change"]);
    let results = &done["drill"]["results"];
    assert_eq!(
        (&results["verdict"], &results["points"], &results["points_of"]),
        (&"pass".into(), &3.into(), &3.into()),
        "{done:#}"
    );
    assert!(results["recovered_ms"].as_u64().is_some_and(|took| took < 180_000), "{done:#}");
    assert_eq!(sh(&home, &format!("redis-cli -p {port} get order")), "placed");
    assert_ne!(sh(&home, "cat $HOME/cache/pid"), pid, "it was really killed");
    let list = json(&home, &["drill", "list"]);
    assert_eq!((&list["held"], &list["left"]), (&Value::Null, &Value::Array(Vec::new())), "{list:#}");
    let board = json(&home, &["readiness"]);
    let row = board["playbooks"].as_array().expect("rows").iter().find(|row| row["playbook"] == "cache-down");
    assert_eq!(row.expect("a row")["state"], "fresh");
}

#[test]
fn a_game_day_that_goes_too_far_is_called_off_by_a_real_feed_and_cleared_away() {
    if missing("nginx") || missing("haproxy") || missing("curl") {
        return;
    }
    let (front, one, two) = (free_address(), free_address(), free_address());
    let servers = [("one", &one), ("two", &two)]
        .map(|(name, address)| format!("    server {name} {address} check inter 200ms fall 2 rise 1\n"));
    let _balancer = Haproxy::start(&format!(
        "listen shop\n    mode http\n    option httpchk GET /\n    bind {front}\n    timeout connect 500ms\n    timeout server 1s\n    timeout check 300ms\n{}",
        servers.concat()
    ));
    let home = Home::with(&format!(
        "operator: {{name: ana}}\nenvironment: prod\nplaybooks: [books]\nservices:\n  - {{name: shop, tier: 1, drill: true}}\nfeeds:\n  \
         - {{name: users, service: shop, every: 1s, timeout: 900ms, http: {{url: \"http://{front}/\"}}}}\n"
    ));
    let book = [
        format!(
            "---\nplaybook: 1\nid: node-hangs\ntitle: A node hangs\nservices: [shop]\nalerts:\n  - {{alertname: NodeHangs}}\n{FRONT}"
        ),
        "# A node hangs\n\n## Steps\n\n".to_owned(),
        step("Look for it", "touch \"$HOME/looking\"\nsleep 100"),
        "## Verify\n\n".to_owned(),
        step("It answers", "true"),
        "## Drill setup\n\n".to_owned(),
        step("Stop it", "kill -STOP \"$(cat \"$HOME/one/pid\")\""),
        "## Drill cleanup\n\n".to_owned(),
        step("Let it go on", "kill -CONT \"$(cat \"$HOME/one/pid\")\""),
    ];
    home.write("books/node-hangs.md", &book.concat());
    home.write(
        "game.yaml",
        "scenario: 1\nid: one-node\ntitle: One of two nodes hangs\nkind: game-day\nplaybook: node-hangs\nservices: [shop]\nbeats:\n  - at: 0s\n    \
         fires: {name: NodeHangs, severity: warning, service: shop, summary: One of two}\n  - at: 1h\n    resolves: NodeHangs\n\
         expects:\n  - {step: look-for-it, within: 3m}\nabort:\n  - \"name = users and state = failing for 8s\"\n",
    );
    let nginx = find("nginx").expect("installed").display().to_string();
    for (name, address) in [("one", &one), ("two", &two)] {
        home.write(
            &format!("{name}/nginx.conf"),
            &format!(
                "daemon on; master_process off; pid pid; error_log log; events {{}}\nhttp {{ access_log off; client_body_temp_path t1; \
                 proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;\n\
                 server {{ listen {address}; location / {{ return 200 \"{name}\\n\"; }} }} }}\n"
            ),
        );
        sh(&home, &format!("{nginx} -p \"$HOME/{name}\" -c nginx.conf"));
    }
    let _daemons = (Daemon(&home, "one"), Daemon(&home, "two"));
    let served = || sh(&home, &format!("curl -s -m 2 http://{front}/"));
    until("both nodes", || (served() != served()).then_some(()));

    let drill = home.command(&[&["drill", "start", "game.yaml", "--auto", "change", "--json"], DATA].concat());
    let drill = { drill }.spawn().expect("it starts");
    until("the step", || home.path().join("looking").exists().then_some(()));
    until("one node alone", || (served() == "two" && served() == "two").then_some(()));
    assert_eq!(json(&home, &["drill", "list"])["held"]["aborted"], Value::Null, "the users are served");
    // It goes too far: the other one is gone, too.
    sh(&home, "kill -9 $(cat $HOME/two/pid)");
    let done = drill.wait_with_output().expect("it ends");
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    let done: Value = serde_json::from_slice(&done.stdout).expect("one document");
    let (why, verdict) = (&done["drill"]["aborted"], &done["drill"]["results"]["verdict"]);
    assert_eq!((why, verdict), (&"users is failing".into(), &"aborted".into()), "{done:#}");
    until("the users", || (served() == "one").then_some(()));
    let list = json(&home, &["drill", "list"]);
    assert_eq!((&list["held"], &list["left"]), (&Value::Null, &Value::Array(Vec::new())), "{list:#}");
    let log = json(&home, &["log", "--lines", "100"]);
    let cancelled = log["entries"].as_array().expect("entries").iter().find(|entry| entry["data"]["answer"] == "cancel");
    assert_eq!(cancelled.expect("what ran was ended")["actor"]["name"], "drill", "nobody did that");
}

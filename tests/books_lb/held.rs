//! A drill of the program itself, from nothing: what was measured is what we count.

use crate::support::home::Home;
use crate::support::{find, missing};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn redis_sentinel_failover() {
    if missing("redis-server") || missing("redis-sentinel") || missing("redis-cli") {
        return;
    }
    // Whoever measures the loss is looked over the shoulder: what was there, and what had been acknowledged.
    let home = Home::with("operator: {name: ana}\nenvironment: lab\n");
    let redis = find("redis-cli").expect("installed");
    let kept = home.path().display().to_string();
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *'keys mark:'*) cp noted lost-at {kept}/; {0} \"$@\" | tee {kept}/there ;; *) exec {0} \"$@\" ;; esac\n",
        redis.display()
    );
    let file = home.write("bin/redis-cli", &script);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let path = format!("{kept}/bin:{}", std::env::var("PATH").unwrap_or_default());
    let home = home.env("PATH", &path);
    let done = home.json(&["drill", "start", "redis-sentinel-failover", "--auto", "change", "--data", "data"]);
    let results = &done["drill"]["results"];
    assert!(results["recovered_ms"].as_u64().is_some_and(|took| took > 0), "{done:#}");
    assert!(["pass", "pass-with-findings"].contains(&results["verdict"].as_str().expect("judged")), "{done:#}");

    let read = |name: &str| fs::read_to_string(home.path().join(name)).expect(name);
    let number = |text: &str| text.trim().parse::<f64>().expect("a number");
    let there: BTreeSet<u64> = read("there").lines().filter_map(|line| line.trim().strip_prefix("mark:")?.parse().ok()).collect();
    let crash = number(&read("lost-at"));
    let noted = read("noted");
    let noted =
        noted.lines().filter_map(|line| line.split_once(' ')).map(|(n, at)| (n.parse::<u64>().expect("a key"), number(at)));
    let lost = noted.clone().filter(|(n, _)| !there.contains(n)).map(|(_, at)| crash - at).fold(0.0, f64::max);
    assert!((results["lost_ms"].as_f64().expect("measured") - lost * 1000.0).abs() <= 100.0, "{lost} s: {done:#}");
    // Sentinel waits for three seconds before it takes a primary for dead: nobody recovers sooner.
    let back = noted.map(|(_, at)| at).find(|at| *at > crash + 0.3).expect("accepted again");
    assert!(back - crash >= 2.0, "{}", back - crash);
    let board = home.json(&["readiness", "--data", "data"]);
    let row = board["playbooks"].as_array().expect("rows").iter().find(|row| row["playbook"] == "redis-sentinel-failover");
    assert_eq!(row.expect("a row")["state"], "fresh");
}

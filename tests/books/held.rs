//! Drills of the program itself, from nothing: the servers are built, broken and brought back, and what was measured is what we count.

use crate::stage::Stage;
use crate::support::postgres::{Cluster, PROGRAMS, hand_over, missing};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn program(folder: &Path, name: &str, script: &str) {
    let file = folder.join(name);
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

#[track_caller]
fn row<'a>(board: &'a Value, name: &str) -> &'a Value {
    board["playbooks"].as_array().expect("rows").iter().find(|row| row["playbook"] == name).expect("a row")
}

/// The outputs of a drill's one run, by the log.
fn output(stage: &Stage, name: &str) -> String {
    let log = stage.json(&["log", "--lines", "500"]);
    let found = log["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .filter_map(|entry| entry["data"]["outputs"][name].as_str())
        .next_back();
    found.unwrap_or_else(|| panic!("{name} in {log:#}")).to_owned()
}

#[test]
fn restore_drill_postgres() {
    if missing() {
        return;
    }
    let (stage, cluster) = (Stage::new(), Cluster::new());
    // What dumps everything under Verify is asked what is there, too.
    let (tools, seen) = (cluster.folder("tools"), cluster.path().join("seen"));
    for tool in fs::read_dir(PROGRAMS).expect("programs").map(|tool| tool.expect("one").path()) {
        std::os::unix::fs::symlink(&tool, tools.join(tool.file_name().expect("a name"))).expect("linked");
    }
    fs::remove_file(tools.join("pg_dumpall")).expect("ours");
    let ask = "select count(*), max(id), extract(epoch from max(at)) from orders";
    let script =
        format!("psql -h 127.0.0.1 -p \"$RESTORE_PORT\" -XAtc '{ask}' > {}\nexec {PROGRAMS}/pg_dumpall \"$@\"", seen.display());
    program(&tools, "pg_dumpall", &script);
    hand_over(cluster.path());
    let folder = cluster.path().join("drill").display().to_string();
    let (folder, tools) = (format!("DRILL_DIR={folder}"), format!("PG_BIN={}", tools.display()));
    let done =
        stage.json(&["drill", "start", "restore-drill-postgres", "--auto", "change", "--param", &folder, "--param", &tools]);
    let results = &done["drill"]["results"];
    assert_eq!(results["verdict"], "pass", "{done:#}");
    let seen = fs::read_to_string(seen).expect("it was asked");
    let seen: Vec<&str> = seen.trim().split('|').collect();
    assert_eq!((seen[0], seen[1]), ("2000", "2000"), "2100 were written, and the last hundred are lost");
    let newest: f64 = seen[2].parse().expect("a time");
    let began: f64 = output(&stage, "BEGAN").parse().expect("a time");
    let lost = (began - newest).ceil();
    assert!(lost >= 2.0, "{lost}");
    assert_eq!(results["lost_ms"].as_f64(), Some(lost * 1000.0), "{done:#}");
    // It lies between what the playbook measured of its own and the whole drill.
    let took: u64 = output(&stage, "RECOVERY_SECONDS").parse().expect("seconds");
    let recovered = results["recovered_ms"].as_u64().expect("measured");
    assert!(
        recovered + 1000 >= took * 1000 && recovered <= done["drill"]["elapsed_ms"].as_u64().expect("its clock"),
        "{took} s: {done:#}"
    );
    assert!(!cluster.path().join("drill").exists(), "cleared away");
    assert_eq!(row(&stage.json(&["readiness"]), "restore-drill-postgres")["state"], "fresh");
}

#[test]
fn a_drill_that_is_called_off_before_anything_was_built_is_over() {
    let stage = Stage::new();
    for book in ["restore-drill-postgres", "pg-primary-failover", "redis-sentinel-failover"] {
        stage.json(
            &["drill", "start", book, "--auto", "read", "--param", "DRILL_DIR=/tmp/midwatch-nothing-here"]
                [..if book.starts_with("redis") { 5 } else { 7 }],
        );
        let off = stage.json(&["drill", "abort", "--reason", "not today"]);
        assert_ne!(off["drill"]["ended_at"], Value::Null, "{book}: {off:#}");
    }
}

#[test]
fn pg_primary_failover() {
    if missing() || crate::support::missing("haproxy") {
        return;
    }
    // Whoever measures the loss is looked over the shoulder: what was there, and what had been acknowledged. The answer comes
    // when more has been acknowledged since: that isn't lost.
    let kept = tempfile::tempdir().expect("a folder");
    fs::set_permissions(kept.path(), fs::Permissions::from_mode(0o777)).expect("it is ours");
    let psql = crate::support::find("psql").expect("installed");
    let script = format!(
        "case \"$*\" in *'select n from marks'*) cp acknowledged lost-at {0}/; {1} \"$@\" > {0}/there; \
         while cmp -s acknowledged {0}/acknowledged; do :; done; cat {0}/there ;; *) exec {1} \"$@\" ;; esac",
        kept.path().display(),
        psql.display()
    );
    let (stage, cluster) = (Stage::with_program("psql", &script), Cluster::new());
    let folder = format!("DRILL_DIR={}", cluster.path().join("drill").display());
    let waits = stage.json(&["drill", "start", "pg-primary-failover", "--auto", "change", "--param", &folder]);
    assert_eq!(waits["drill"]["ended_at"], Value::Null, "a person has to decide: {waits:#}");
    let list = stage.json(&["drill", "list"]);
    let run = list["left"][0]["run"].as_str().expect("its run").to_owned();
    stage.json(&["playbook", "answer", &run, "choose", "Accept"]);
    stage.json(&[&["playbook", "approve", &run][..], crate::site::APPROVAL].concat());
    let over = stage.json(&["playbook", "resume", &run]);
    assert_eq!(over["run"]["state"], "completed", "{over:#}");
    let done = stage.json(&["drill", "finish", "--lucky", "the balancer was well"]);
    let results = &done["drill"]["results"];
    assert_eq!(results["verdict"], "pass", "{done:#}");

    let read = |name: &str| fs::read_to_string(kept.path().join(name)).expect(name);
    let number = |text: &str| text.trim().parse::<f64>().expect("a number");
    let there: BTreeSet<u64> = read("there").lines().filter_map(|line| line.trim().parse().ok()).collect();
    let crash = number(&read("lost-at"));
    let acknowledged: Vec<(u64, f64)> = read("acknowledged")
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(n, at)| (n.parse().expect("a row"), number(at)))
        .collect();
    let lost: Vec<f64> = acknowledged.iter().filter(|(n, _)| !there.contains(n)).map(|(_, at)| crash - at).collect();
    assert_eq!(output(&stage, "LOST_ROWS"), lost.len().to_string());
    let most = lost.iter().copied().fold(0.0, f64::max);
    assert!((results["lost_ms"].as_f64().expect("measured") - most * 1000.0).abs() <= 100.0, "{most} s: {done:#}");
    // The recovery that was measured begins when the scene stood and ends when writes were accepted again and seen to be.
    let back = acknowledged.iter().map(|(_, at)| *at).find(|at| *at > crash + 0.5).expect("accepted again");
    assert!(results["recovered_ms"].as_f64().expect("measured") >= (back - crash - 2.0) * 1000.0, "{done:#}");
    assert!(!cluster.path().join("drill").exists(), "cleared away");
    assert_eq!(row(&stage.json(&["readiness"]), "pg-primary-failover")["state"], "fresh");
}

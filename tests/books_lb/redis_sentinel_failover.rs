//! Three sentinels move the primary, by themselves when it is dead and when they are asked to.

use crate::lab::Lab;
use crate::support::{missing, until};

fn lab(way: &str) -> Option<Lab> {
    let there = !missing("redis-server") && !missing("redis-sentinel") && !missing("redis-cli");
    there.then(|| Lab::set_up("redis-sentinel-failover", &[("WAY", way), ("MASTER", "orders")]))
}

/// What the first sentinel names.
fn primary(lab: &Lab) -> String {
    lab.sh("redis-cli -h \"$SENTINEL_HOST\" -p \"$SENTINEL_PORT\" sentinel get-master-addr-by-name \"$MASTER\" | tail -n 1")
}

fn replica(lab: &Lab) -> String {
    (lab.get("OLD_PORT").parse::<u16>().expect("a port") + 1).to_string()
}

/// The numbers of the orders that the replica has.
fn orders(lab: &Lab) -> Vec<u32> {
    let keys = lab.sh("redis-cli -h \"$OLD_HOST\" -p \"$((OLD_PORT + 1))\" keys 'order:*'");
    let mut numbers: Vec<u32> = keys.lines().filter_map(|key| key.strip_prefix("order:")?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

/// Writes five hundred of them to the primary.
const ORDERS: &str = "seq 500 | sed 's/.*/set order:& placed/' | redis-cli -h \"$OLD_HOST\" -p \"$OLD_PORT\" >&2";

#[test]
fn a_planned_failover_loses_nothing_that_was_acknowledged() {
    let Some(lab) = lab("planned") else { return };
    lab.sh(&format!("{ORDERS}; redis-cli -h \"$OLD_HOST\" -p \"$OLD_PORT\" wait 1 5000"));
    let ran = lab.run();
    lab.assert_completed(&ran);
    assert_eq!(primary(&lab), replica(&lab));
    assert_eq!(orders(&lab).len(), 500);
    lab.measured(&ran, "0 of 500 acknowledged writes lost");
    assert_eq!((ran.step("nothing-was-lost"), ran.step("bring-the-dead-one-back")), ("succeeded", "skipped"));
}

#[test]
fn a_dead_primary_is_replaced_by_the_sentinels_alone() {
    let Some(mut lab) = lab("planned") else { return };
    lab.set("WAY", "hands-off");
    // Killed right behind its last answer: what it had not passed on by then is lost.
    lab.sh(&format!("{ORDERS}; kill -9 \"$(cat \"$SCRATCH/$OLD_PORT/pid\")\""));
    let ran = lab.run();
    let ran = lab.done(&ran, "bring-the-dead-one-back");
    lab.assert_completed(&ran);
    assert_eq!(primary(&lab), replica(&lab));
    let kept = orders(&lab);
    assert_eq!(kept, (1..=kept.len() as u32).collect::<Vec<_>>(), "only the newest can be missing");
    lab.measured(&ran, &format!("{} of 500 acknowledged writes lost", 500 - kept.len()));
    assert_eq!((ran.step("ask-sentinel-to-fail-over"), ran.step("fence-the-old-primary")), ("skipped", "skipped"));
}

#[test]
fn an_old_primary_that_comes_back_and_takes_writes_is_fenced() {
    let Some(lab) = lab("hands-off") else { return };
    until("the failover", || (primary(&lab) == replica(&lab)).then_some(()));
    // Sentinel can't make a replica of one that doesn't know the command: the split brain lasts.
    lab.sh("redis-server \"$SCRATCH/$OLD_PORT/redis.conf\" --rename-command SLAVEOF '' --rename-command REPLICAOF ''");
    let old = "redis-cli -h \"$OLD_HOST\" -p \"$OLD_PORT\"";
    until("the old primary", || lab.sh(&format!("{old} role || true")).starts_with("master").then_some(()));
    let ran = lab.run();
    assert_eq!(ran.step("nobody-else-takes-writes"), "failed", "{}", ran.failure());
    assert_eq!(ran.step("fence-the-old-primary"), "succeeded", "{}", ran.failure());
    assert!(lab.sh(&format!("{old} set order:9 lost")).starts_with("NOREPLICAS"));
    lab.assert_completed(&lab.done(&ran, "bring-the-dead-one-back"));
}

#[test]
fn one_that_the_sentinels_name_again_is_not_fenced() {
    let Some(mut lab) = lab("planned") else { return };
    let (host, port) = (lab.get("OLD_HOST").to_owned(), replica(&lab));
    // As if they had named the replica when the run asked, and have come back to the old one since.
    lab.set("NEW_HOST", &host);
    lab.set("NEW_PORT", &port);
    let fenced = lab.only("fence-the-old-primary");
    let words = String::from_utf8_lossy(&fenced.stderr).into_owned();
    assert!(!fenced.status.success() && words.contains("again: nothing was fenced"), "{fenced:?}");
    let demand = lab.sh("redis-cli -h \"$OLD_HOST\" -p \"$OLD_PORT\" config get min-replicas-to-write | tail -n 1");
    assert_eq!(demand, "0");
}

#[test]
fn one_that_still_answers_is_not_a_case_for_hands_off() {
    let Some(mut lab) = lab("planned") else { return };
    lab.set("WAY", "hands-off");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("the-primary-is-gone")), ("blocked", "failed"), "{}", ran.failure());
    assert_eq!(primary(&lab), lab.get("OLD_PORT"));
}

#[test]
fn without_a_quorum_nobody_is_promoted_and_the_run_says_so_first() {
    let Some(lab) = lab("planned") else { return };
    lab.sh("for n in 1 2; do redis-cli -h \"$SENTINEL_HOST\" -p \"$((SENTINEL_PORT + n))\" shutdown nosave || true; done");
    until("the first sentinel misses them", || {
        let answer = lab.sh("redis-cli -h \"$SENTINEL_HOST\" -p \"$SENTINEL_PORT\" sentinel ckquorum \"$MASTER\" || true");
        answer.contains("NOQUORUM").then_some(())
    });
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("the-sentinels-have-a-quorum")), ("blocked", "failed"), "{}", ran.failure());
}

#[test]
fn another_than_the_primary_is_not_left() {
    let Some(mut lab) = lab("planned") else { return };
    let port = replica(&lab);
    lab.set("OLD_PORT", &port);
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("ask-sentinel-to-fail-over")), ("blocked", "pending"), "{}", ran.failure());
}

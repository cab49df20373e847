//! A dead replica is replaced while its primary serves.

use crate::lab::Lab;
use crate::support::missing;

fn lab() -> Option<Lab> {
    (!missing("redis-server") && !missing("redis-cli")).then(|| Lab::set_up("redis-replica-replace", &[]))
}

fn at(lab: &Lab, name: &str, command: &str) -> String {
    lab.sh(&format!("redis-cli -h \"${name}_HOST\" -p \"${name}_PORT\" {command}"))
}

#[test]
fn the_new_replica_has_every_key_and_acknowledges_writes() {
    let Some(lab) = lab() else { return };
    let ran = lab.run();
    let ran = lab.done(&ran, "make-it-the-one-to-be-found");
    let ran = lab.done(&ran, "forget-the-old-one");
    lab.assert_completed(&ran);
    let orders = at(&lab, "NEW", "eval \"return #redis.call('keys', 'order:*')\" 0");
    assert_eq!(orders, "1000");
    lab.measured(&ran, "0 of 1000 keys lost");
    assert_eq!(at(&lab, "NEW", "get midwatch:replica-mark"), ran.id());
    assert_eq!(at(&lab, "NEW", "role").lines().next(), Some("slave"));
}

#[test]
fn a_replica_that_is_only_sick_is_stopped_and_never_comes_back_as_a_primary() {
    let Some(lab) = lab() else { return };
    lab.sh("redis-server \"$SCRATCH/$OLD_PORT/redis.conf\" --replicaof \"$PRIMARY_HOST\" \"$PRIMARY_PORT\"");
    crate::support::until("the old one follows", || at(&lab, "OLD", "role || true").starts_with("slave").then_some(()));
    let ran = lab.run();
    let ran = lab.done(&ran, "make-it-the-one-to-be-found");
    assert_eq!(ran.step("stop-the-old-one"), "succeeded", "{}", ran.failure());
    assert!(at(&lab, "OLD", "ping 2>&1 || true").contains("refused"));
    lab.assert_completed(&lab.done(&ran, "forget-the-old-one"));
}

#[test]
fn an_old_one_that_calls_itself_a_primary_is_not_stopped() {
    let Some(lab) = lab() else { return };
    lab.sh("redis-server \"$SCRATCH/$OLD_PORT/redis.conf\"");
    crate::support::until("the old one answers", || at(&lab, "OLD", "role || true").starts_with("master").then_some(()));
    let ran = lab.done(&lab.run(), "make-it-the-one-to-be-found");
    assert_eq!((ran.state(), ran.step("stop-the-old-one")), ("waiting", "failed"), "{}", ran.failure());
    assert_eq!(at(&lab, "OLD", "ping"), "PONG");
}

#[test]
fn one_that_holds_data_is_never_overwritten() {
    let Some(lab) = lab() else { return };
    at(&lab, "NEW", "set precious 1");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("the-new-one-is-empty-and-nobodys-primary")), ("blocked", "failed"), "{}", ran.failure());
    assert_eq!(at(&lab, "NEW", "get precious"), "1");
}

#[test]
fn a_replica_is_not_taken_for_the_primary() {
    let Some(mut lab) = lab() else { return };
    at(&lab, "NEW", "replicaof \"$PRIMARY_HOST\" \"$PRIMARY_PORT\"");
    let port = lab.get("NEW_PORT").to_owned();
    lab.set("PRIMARY_PORT", &port);
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("the-primary-is-one")), ("blocked", "failed"), "{}", ran.failure());
}

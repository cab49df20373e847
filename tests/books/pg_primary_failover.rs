//! A killed primary behind HAProxy: the standby takes over, and clients write again through the balancer; where that would make
//! two primaries, or none, it stops before.

use crate::site::Site;
use crate::support::postgres::{free_port, missing, run as execute};
use std::process::Command;

fn cannot() -> bool {
    missing() || crate::support::missing("haproxy")
}

#[test]
fn writes_are_accepted_again_and_every_step_is_in_the_timeline() {
    if cannot() {
        return;
    }
    let site = Site::new();
    site.stage.json(&["incident", "open", "the primary is gone", "--severity", "SEV1"]);
    let client = site.client();
    let lost_at = site.lose_the_primary(&client);

    let mut run = site.fail_over(&[("incident", "INC-1")]);
    assert_eq!(run.state_of("fence-the-machine"), "awaiting-input", "{}", run.story());
    assert_eq!(site.new.sql("select pg_is_in_recovery()"), "t", "nothing is promoted before somebody has fenced");
    site.decide(&mut run);
    run.is("completed");
    let (outage, lost, acknowledged) = client.measure(lost_at, &site.new);
    assert_eq!(site.new.sql("select pg_is_in_recovery()"), "f");
    assert_eq!(
        (site.proxy.status("pg_write", "old").as_str(), site.proxy.status("pg_write", "new").as_str()),
        ("MAINT", "no check")
    );
    println!(
        "pg-primary-failover: {:.1} s until verified; no write accepted for {outage:.1} s; {lost} of {acknowledged} acknowledged rows lost",
        run.seconds_to_verified()
    );
    site.told(&run);
}

#[test]
fn what_the_standby_never_got_is_what_is_lost() {
    if cannot() {
        return;
    }
    let site = Site::new();
    let client = site.client();
    client.until_written(5);
    site.cut_replication();
    let lost_at = site.lose_the_primary(&client);
    let before = site.new.sql("select count(*) from marks").parse::<usize>().expect("a number");
    let mut run = site.fail_over(&[]);
    site.decide(&mut run);
    run.is("completed");
    let (_, lost, _) = client.measure(lost_at, &site.new);
    assert_eq!(lost, client.acknowledged_before(lost_at) - before, "exactly the rows that were never sent");
    assert!(lost >= 20, "{lost}");
}

#[test]
fn a_primary_that_lives_is_not_failed_over() {
    if cannot() {
        return;
    }
    let site = Site::new();
    site.fail_over(&[]).stopped_at("primary-does-not-answer", "blocked", "accepting connections");
    // The console can't reach it, but the standby can: a network that is cut between them and us.
    let nowhere = free_port().to_string();
    let run = site.fail_over(&[("OLD_PORT", &nowhere)]);
    run.stopped_at("standby-has-lost-the-primary-too", "blocked", "1");
    assert_eq!(
        (site.new.sql("select pg_is_in_recovery()").as_str(), site.proxy.status("pg_write", "old").as_str()),
        ("t", "no check")
    );
}

#[test]
fn without_a_standby_or_a_balancer_nothing_begins() {
    if cannot() {
        return;
    }
    let site = Site::new();
    site.old.kill();
    let nowhere = free_port().to_string();
    site.fail_over(&[("NEW_PORT", &nowhere)]).stopped_at("standby-answers-and-is-a-standby", "blocked", "refused");
    site.fail_over(&[("NEW_SERVER", "other")]).stopped_at("the-balancer-knows-both", "blocked", "old 127.0.0.1");
    site.fail_over(&[("LB_PORT", &nowhere)]).stopped_at("the-balancer-knows-both", "blocked", "refused");
    site.new.sql("select pg_promote(true, 60)");
    site.fail_over(&[]).stopped_at("standby-answers-and-is-a-standby", "blocked", "f");
    assert_eq!(site.proxy.status("pg_write", "old"), "no check", "nothing was taken out of rotation");
}

#[test]
fn a_balancer_that_dies_is_got_past_and_its_part_is_said_to_have_failed() {
    if cannot() {
        return;
    }
    let site = Site::new();
    site.old.kill();
    let mut run = site.fail_over(&[]);
    assert_eq!(run.state_of("stop-sending-writes-to-the-old-primary"), "succeeded");
    execute(Command::new("kill").args(["-KILL", &site.proxy.id().to_string()]));
    site.decide(&mut run);
    run.stopped_at("send-writes-to-the-new-primary", "waiting", "refused");
    assert_eq!(site.new.sql("select pg_is_in_recovery()"), "f", "promoted, and known to be");
    assert_eq!(run.state_of("writes-are-accepted"), "pending");
}

//! A killed primary behind HAProxy: the standby takes over, and clients write again through the balancer; where that would make
//! two primaries, or none, it stops before.

use crate::site::{APPROVAL, Site};
use crate::stage::{Run, Stage};
use crate::support::postgres::{free_port, missing, run as execute};
use crate::support::until;
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
    site.decide(&mut run);
    site.approve(&mut run);
    assert_eq!(run.state_of("the-old-primary-has-not-come-back"), "succeeded", "{}", run.story());
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

    // Its last step is the other playbook: the old primary becomes a standby.
    let rebuilding = site.rebuilding();
    let part = site.stage.json(&["playbook", "tick", &rebuilding, "clear-away", "1", "2", "3"]);
    assert_eq!(part["run"]["state"], "completed", "{part:#}");
    assert_eq!(site.old.sql("select pg_is_in_recovery(), count(*) > 0 from marks"), "t|t");
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
    site.approve(&mut run);
    assert_eq!(run.state_of("they-arrive-at-the-new-primary"), "succeeded", "{}", run.story());
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
    site.approve(&mut run);
    run.stopped_at("send-writes-to-the-new-primary", "waiting", "refused");
    assert_eq!(site.new.sql("select pg_is_in_recovery()"), "f", "promoted, and known to be");
    assert_eq!(run.state_of("writes-are-accepted"), "pending");
}

#[test]
fn what_is_too_much_to_lose_is_rolled_back() {
    if cannot() {
        return;
    }
    let site = Site::new();
    site.old.kill();
    let mut run = site.fail_over(&[]);
    run.say("tick", &["fence-the-machine", "1", "2"]).say("answer", &["fence-the-machine", "its power is off"]);
    assert_eq!(site.proxy.status("pg_write", "old"), "MAINT");
    run.say("answer", &["choose", "Too much"]).say("rollback", &["--yes"]).is("rolled-back");
    assert_eq!(
        (site.proxy.status("pg_write", "old").as_str(), site.new.sql("select pg_is_in_recovery()").as_str()),
        ("no check", "t")
    );
    site.old.start();
    assert_eq!(crate::support::postgres::psql(site.write, "insert into marks values (-1) returning n").as_deref(), Ok("-1"));
}

/// Begins the promotion and kills everything that knows of it: the console, the supervisor of its command, the command.
fn die_while_promoting(site: &Site, run: &mut Run<'_>, begun: impl Fn() -> bool) {
    run.say("approve", APPROVAL);
    let console = site.stage.spawn(&["playbook", "resume", run.id()]);
    let folder = run.folder("promote-the-standby");
    let started = until("the command", || {
        std::fs::read_to_string(folder.join("started.json")).ok().filter(|text| text.trim_end().ends_with('}'))
    });
    until("the promotion", || begun().then_some(()));
    let started: serde_json::Value = serde_json::from_str(&started).expect("JSON");
    let supervisor = started["pid"].as_i64().expect("a process id");
    // `started` is written before the command is there, and the command is there before it leads a group of its own.
    let children = format!("/proc/{supervisor}/task/{supervisor}/children");
    let command = until("the command's group", || {
        let children = std::fs::read_to_string(&children).expect("the supervisor runs");
        let child = children.split_whitespace().next()?;
        let leads = nix::unistd::getpgid(Some(nix::unistd::Pid::from_raw(child.parse().expect("a process id"))));
        leads.is_ok_and(|group| group.to_string() == child).then(|| child.to_owned())
    });
    for victim in [console.id().to_string(), supervisor.to_string(), format!("-{command}")] {
        execute(Command::new("kill").args(["-KILL", "--", &victim]));
    }
    until("the command to be gone", || (!std::path::Path::new(&format!("/proc/{command}")).exists()).then_some(()));
    drop(console.wait_with_output());
}

#[test]
fn killed_during_promotion_the_next_console_asks_the_server_and_goes_on() {
    if cannot() {
        return;
    }
    let site = Site::new();
    site.old.kill();
    let mut run = site.fail_over(&[]);
    site.decide(&mut run);
    // The process that would promote stands still, so that the promotion is asked for and takes its time.
    let startup = site.new.sql("select pid from pg_stat_activity where backend_type = 'startup'");
    execute(Command::new("kill").args(["-STOP", &startup]));
    die_while_promoting(&site, &mut run, || {
        site.new.sql("select count(*) from pg_stat_activity where query like 'select pg_promote%' and state = 'active'") == "1"
    });
    execute(Command::new("kill").args(["-CONT", &startup]));
    until("the promotion to end without anybody", || (site.new.sql("select pg_is_in_recovery()") == "f").then_some(()));

    run.say("resume", &[]);
    assert_eq!(run.state_of("the-old-primary-has-not-come-back"), "succeeded", "{}", run.story());
    let promotion = run.step("promote-the-standby");
    assert_eq!(
        (promotion["state"].as_str(), promotion["attempts"].as_array().map(Vec::len)),
        (Some("succeeded"), Some(1)),
        "{promotion}"
    );
    let log = String::from_utf8_lossy(&site.stage.midwatch(&["log"]).stdout).into_owned();
    assert!(log.contains("console is gone"), "{log}");
    assert_eq!(site.new.log().matches("received promote request").count(), 1, "it was asked once");
}

#[test]
fn killed_before_the_server_heard_of_it_the_promotion_is_known_not_to_have_happened() {
    if cannot() {
        return;
    }
    let site = Site::on(Stage::with_program(
        "psql",
        "case \"$*\" in *pg_promote*) test ! -e \"$HOME/slow\" || sleep 1000 ;; esac\nexec /usr/bin/psql \"$@\"",
    ));
    site.old.kill();
    let mut run = site.fail_over(&[]);
    site.decide(&mut run);
    let slow = site.stage.path().join("slow");
    std::fs::write(&slow, "").expect("written");
    die_while_promoting(&site, &mut run, || true);
    std::fs::remove_file(slow).expect("removed");

    run.say("resume", &[]);
    assert_eq!(run.state_of("promote-the-standby"), "failed", "{}", run.story());
    assert_eq!(site.new.sql("select pg_is_in_recovery()"), "t");
    run.say("retry", &["promote-the-standby=127.0.0.1"]);
    assert_eq!(run.state_of("the-old-primary-has-not-come-back"), "succeeded", "{}", run.story());
}

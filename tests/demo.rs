//! `midwatch demo` as a newcomer meets it: in a terminal, led by the lines at the bottom, from the first quiet seconds to
//! the end. Every line must be true when it stands there, so each is followed to the letter.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;
use support::home::Home;
use support::pty::{DOWN, ENTER, Pty};

/// From the death of the primary to the alerts: seven seconds and two polls on an idle machine.
const OUTAGE: Duration = Duration::from_secs(60);

/// A home whose temporary folder is its own, so that what is left behind can be seen.
fn newcomer() -> Home {
    let home = Home::new();
    let temp = home.path().join("tmp");
    std::fs::create_dir(&temp).expect("a folder");
    home.env("TMPDIR", &temp.display().to_string())
}

fn left_behind(home: &Home) -> Vec<String> {
    let names = |folder: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("reads");
        entries.map(|entry| entry.expect("reads").file_name().to_string_lossy().into_owned()).collect()
    };
    let beside = names(home.path()).into_iter().filter(|name| name != "tmp");
    names(&home.path().join("tmp")).into_iter().chain(beside).collect()
}

/// What the lines below the panes say.
fn guide(screen: &str) -> String {
    let below = screen.lines().rev().take_while(|line| !line.contains('╰')).collect::<Vec<_>>();
    below.into_iter().rev().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Waits until the guide says this.
#[track_caller]
fn told(demo: &mut Pty, words: &str) {
    demo.wait_within(OUTAGE, &format!("the guide to say `{words}`"), |screen| guide(screen).contains(words));
}

/// Moves the cursor of the queue to this alert; all of them have come by then.
#[track_caller]
fn select(demo: &mut Pty, alert: &str) {
    // Whoever goes to the top has seen what is new: only then everything stands in its order.
    demo.keys("2gg");
    let top = |screen: &str| screen.lines().nth(2).is_some_and(|line| line.contains("▌CRIT"));
    demo.wait_within(support::PATIENCE, "the cursor at the top", top);
    let row = demo.screen().lines().position(|line| line.contains(alert)).expect("it is in the queue");
    demo.keys(&"j".repeat(row - 2));
    let on = |screen: &str| screen.lines().any(|line| line.contains('▌') && line.contains(alert));
    demo.wait_within(support::PATIENCE, &format!("the cursor on {alert}"), on);
}

/// `r`, the dialog that it opens, and `enter`; with what must be typed in between.
#[track_caller]
fn confirm(demo: &mut Pty, step: &str, typed: &str) {
    demo.wait_for(&format!("▶ {step}"));
    told(demo, "r shows what the step would do");
    demo.keys("r");
    demo.wait_for(if typed.is_empty() { "enter run it" } else { "to go on." });
    demo.keys(&format!("{typed}{ENTER}"));
}

#[track_caller]
fn tick(demo: &mut Pty, step: &str, items: usize) {
    for left in (0..items).rev() {
        told(demo, "This step is a person's");
        demo.wait_for(&format!("▶ {step}"));
        demo.keys("r");
        demo.wait_for("Which item is done?");
        demo.keys(ENTER);
        demo.wait_gone("Which item is done?");
        demo.wait_within(support::PATIENCE, "the tick", |screen| screen.matches("○ ").count() <= left + 1);
    }
}

#[track_caller]
fn look(demo: &mut Pty, step: &str) {
    demo.wait_for(&format!("▶ {step}"));
    told(demo, "r starts the step");
    demo.keys("r");
}

#[track_caller]
fn own(demo: &mut Pty, shown: &str, alert: &str) {
    select(demo, shown);
    demo.keys("a");
    demo.wait_for(&format!("Acknowledge {alert}"));
    demo.keys(&format!("on it{ENTER}"));
    demo.wait_for(&format!("acknowledged {alert} db-1: on it"));
}

#[track_caller]
fn declare(demo: &mut Pty, alert: &str) {
    told(demo, "Press i, then enter, to declare");
    demo.keys("i");
    demo.wait_for(&format!("From {alert} db-1."));
    demo.keys(ENTER);
    demo.wait_for("INC-1 SEV2");
}

#[track_caller]
fn prepare(demo: &mut Pty, playbook: &str) {
    told(demo, "Press p for the playbook that fits");
    demo.keys("p");
    demo.wait_for(&format!("▌{playbook}"));
    demo.keys("r");
    demo.wait_for("enter prepare the run");
    demo.keys(ENTER);
}

/// From the resolved incident to the shell.
#[track_caller]
fn finish(demo: &mut Pty, what: &str) {
    demo.keys("E");
    demo.wait_for("INC-1 is mitigated");
    demo.keys(DOWN);
    demo.wait_for("INC-1 is mitigated, resolved");
    demo.keys(&format!("{what}{ENTER}"));
    told(demo, "Press E and enter once more");
    demo.keys("E");
    demo.wait_for("INC-1 is closed");
    demo.keys(ENTER);
    told(demo, "That was it");
    demo.wait_for(&format!("INC-1 mitigated: {what}"));
    demo.keys("q");
    // What is still owned or silent is told before.
    demo.wait_within(support::PATIENCE, "the end or a question", |screen| screen.is_empty() || screen.contains("enter leave"));
}

#[test]
fn a_newcomer_who_follows_the_guide_resolves_the_outage() {
    let home = newcomer();
    let mut demo = home.console(&["demo"], 120, 40);
    told(&mut demo, "1/9  All is quiet");
    demo.wait_for("5 feeds ok");
    told(&mut demo, "2/9  Critical!");
    demo.wait_for("CRIT CheckoutErro");
    demo.wait_for("CRIT PostgresDown");
    demo.wait_for("▲ pay");
    own(&mut demo, "PostgresDown", "PostgresDown");
    demo.wait_for("✓ you");
    demo.wait_for("confirmed (PostgresDown db-1): silence");
    declare(&mut demo, "PostgresDown");
    prepare(&mut demo, "Database fail");

    look(&mut demo, "1  Primary does not");
    look(&mut demo, "2  Replica answers");
    tick(&mut demo, "3  Accept the", 2);
    confirm(&mut demo, "4  Fence th", "");
    told(&mut demo, "some want a word typed first");
    demo.wait_for("▶ 5  Promote");
    demo.keys("r");
    demo.wait_for("Type promote to go on.");
    demo.keys(&format!("replica{ENTER}"));
    demo.wait_for("`replica` is not promote");
    demo.keys(&format!("\x15promote{ENTER}"));
    demo.wait_for("PostgresDown resolved");
    confirm(&mut demo, "6  Point th", "");
    look(&mut demo, "7  The new primary");
    look(&mut demo, "8  Payments");
    look(&mut demo, "9  The shop");
    tick(&mut demo, "10 Rebuild", 3);
    demo.wait_for("· completed");
    demo.wait_for("5 feeds ok");

    told(&mut demo, "7/9  Payments work again and the alerts have resolved");
    let screen = demo.screen();
    assert!(screen.contains("● pay") && screen.contains("3 firing"), "so it is\n{screen}");
    finish(&mut demo, "failed over to db-2");
    assert_eq!(demo.wait_exit().exit_code(), 0);
    demo.assert_restored();
    assert_eq!(left_behind(&home), [""; 0], "nothing outside the temporary folder, and that is gone");
}

#[test]
fn one_silence_clears_the_storm_and_the_volume_behind_it_is_saved() {
    let home = newcomer();
    let mut demo = home.console(&["demo", "storm"], 120, 40);
    told(&mut demo, "2/10  A storm!");
    demo.wait_for("STORM");
    demo.wait_for("×36 UploadFailed");
    select(&mut demo, "×36");
    demo.keys("s");
    demo.wait_for("It hides 36 alerts now");
    demo.keys(&format!("cloudstore is down{ENTER}"));
    demo.wait_for("Type 36 to go on");
    demo.keys(&format!("36{ENTER}"));
    told(&mut demo, "3/10  Behind it stood WalVolumeFilling");
    own(&mut demo, "WalVolumeFil", "WalVolumeFilling");
    declare(&mut demo, "WalVolumeFilling");
    prepare(&mut demo, "The WAL vol");

    look(&mut demo, "1  The archive is");
    tick(&mut demo, "2  It is the", 2);
    confirm(&mut demo, "3  Archive into", "");
    look(&mut demo, "4  Nothing waits");
    confirm(&mut demo, "5  Remove what", "archived");
    look(&mut demo, "6  The volume has");
    look(&mut demo, "7  The archive takes");
    tick(&mut demo, "8  Return to", 2);
    demo.wait_for("· completed");
    told(&mut demo, "8/10  The volume has room again");
    finish(&mut demo, "archived elsewhere");
    assert!(demo.screen().is_empty() || demo.screen().contains("leave"), "{}", demo.screen());
}

#[test]
fn orders_are_restored_from_a_backup_that_is_whole_and_the_time_it_took_is_told() {
    let home = newcomer();
    let mut demo = home.console(&["demo", "--scenario", "restore"], 120, 40);
    told(&mut demo, "2/9  Critical!");
    demo.wait_for("drop the table of legacy orders");
    own(&mut demo, "OrdersTableM", "OrdersTableMissing");
    declare(&mut demo, "OrdersTableMissing");
    prepare(&mut demo, "Restore a lost");

    look(&mut demo, "1  The table is");
    confirm(&mut demo, "2  Stop writing", "");
    look(&mut demo, "3  See which");
    told(&mut demo, "A decision is a person's");
    demo.wait_for("▶ 4  Choose");
    demo.keys("r");
    demo.wait_for("Take orders-0245");
    demo.keys(ENTER);
    confirm(&mut demo, "5  Restore it", "");
    look(&mut demo, "6  It has been");
    look(&mut demo, "7  Count what");
    confirm(&mut demo, "8  Swap it in", "orders");
    confirm(&mut demo, "9  Write again", "");
    look(&mut demo, "10 Orders are");
    tick(&mut demo, "11 Bring back", 2);
    demo.wait_for("· completed");
    told(&mut demo, "Orders are read and written again");
    demo.keys("B");
    demo.wait_for("Restore a lost table");
    demo.keys("q");
    finish(&mut demo, "restored from 02:45");
}

#[test]
fn the_tour_is_left_and_taken_up_where_the_world_is_and_covers_nothing() {
    let home = newcomer();
    let mut demo = home.console(&["demo"], 40, 12);
    told(&mut demo, "1/9  All is quiet");
    let screen = demo.screen();
    assert!(
        screen.lines().filter(|line| line.starts_with('╭') || line.starts_with('╰')).count() == 2,
        "the whole pane is there\n{screen}"
    );
    demo.keys("\x1bOQ");
    demo.wait_for("left at 1 of 9");
    demo.keys("k");
    demo.wait_gone("left at");
    demo.wait_for("? help");
    demo.wait_within(OUTAGE, "the outage", |screen| screen.contains("PostgresDown"));
    assert!(!guide(&demo.screen()).contains("/9"), "it stays away\n{}", demo.screen());
    demo.keys("\x1bOQ");
    told(&mut demo, "2/9  Critical!");
    demo.resize(120, 40);
    told(&mut demo, "Others see who has it");
    // Another run than the tour's is told to be one.
    demo.wait_for("CRIT CheckoutErro");
    select(&mut demo, "BackupLate");
    demo.keys("3");
    demo.wait_for("▌Alert pipeline");
    demo.keys("r");
    demo.wait_for("enter prepare the run");
    demo.keys(ENTER);
    demo.wait_for("prepared playbook");
    own(&mut demo, "PostgresDown", "PostgresDown");
    declare(&mut demo, "PostgresDown");
    told(&mut demo, "This run is of another playbook");
}

#[test]
fn every_scenario_is_listed_with_its_playbook() {
    let home = newcomer();
    let document = home.json(&["demo", "--list"]);
    let scenarios = document["scenarios"].as_array().expect("a list");
    let names: Vec<&str> = scenarios.iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["database", "storm", "restore"]);
    let text = String::from_utf8(home.run(&["demo", "--list"]).stdout).expect("text");
    for scenario in scenarios {
        let (about, book) = (scenario["about"].as_str().expect("text"), scenario["playbook"].as_str().expect("text"));
        assert!(text.contains(about) && text.contains(book), "{text}");
    }
    let refused = home.run(&["demo", "strom"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("storm"));
}

#[test]
fn the_demo_is_spoken_too_and_what_is_typed_reaches_its_world() {
    let home = newcomer();
    let mut demo = home.console(&["demo", "--plain"], 120, 40);
    demo.wait_for("Tour 1 of 9: In a moment");
    demo.wait_within(OUTAGE, "the outage", |screen| screen.contains("Tour 2 of 9: Say who has it"));
    demo.wait_for("critical, PostgresDown of postgres on db-1");
    let screen = demo.screen();
    let line = screen.lines().find(|line| line.contains("critical, PostgresDown")).expect("said");
    let number = line.split('.').next().expect("a number").trim();
    demo.keys(&format!("ack {number} --note 'on it'{ENTER}"));
    demo.wait_within(OUTAGE, "the next step", |screen| screen.contains("Tour 3 of 9: Declare it"));
    demo.keys(&format!("incident open 'no payments' --severity SEV2{ENTER}"));
    demo.wait_within(OUTAGE, "the next step", |screen| screen.contains("Tour 4 of 9: Do what is written"));
    demo.keys(&format!("quit{ENTER}"));
    demo.wait_within(OUTAGE, "what is lost", |screen| screen.contains("quit again leaves") || screen.contains("$"));
    demo.keys(&format!("quit{ENTER}"));
    assert_eq!(demo.wait_exit().exit_code(), 0);
    assert_eq!(left_behind(&home), [""; 0], "its configuration is gone, too");
}

#[test]
fn the_simulated_world_can_be_had_without_the_console() {
    let home = newcomer();
    let mut demo = home.command(&["demo", "--serve"]).spawn().expect("starts");
    let lines = BufReader::new(demo.stdout.take().expect("a pipe")).lines();
    let config: Vec<String> = lines.map(|line| line.expect("text")).take_while(|line| !line.starts_with("console:")).collect();
    home.write("config.yaml", &config.join("\n"));
    let feeds = home.run(&["feeds", "--once", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&feeds.stdout).expect("JSON");
    assert_eq!(document["feeds"].as_array().map(Vec::len), Some(5), "{document}");
    let pid = nix::unistd::Pid::from_raw(demo.id().try_into().expect("an id"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it runs");
    assert!(demo.wait().expect("ends").success());
}

//! `midwatch demo` as a newcomer meets it: in a terminal, led by the line at the bottom, from the first quiet seconds to
//! the end. Every line must be true when it stands there, so each is followed to the letter.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;
use support::home::Home;
use support::pty::{ENTER, Pty};

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

/// What the last line of the screen says.
fn guide(screen: &str) -> &str {
    screen.lines().last().unwrap_or("").trim()
}

/// Waits until the guide says this.
#[track_caller]
fn told(demo: &mut Pty, words: &str) {
    demo.wait_within(OUTAGE, &format!("the guide to say `{words}`"), |screen| guide(screen).contains(words));
}

/// `r`, the dialog that it opens, and `enter`; with what must be typed in between.
#[track_caller]
fn confirm(demo: &mut Pty, step: &str, typed: &str) {
    told(demo, "r shows what the step would do");
    demo.wait_for(&format!("▶ {step}"));
    demo.keys("r");
    demo.wait_for("enter run it");
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
    told(demo, "r starts it");
    demo.keys("r");
}

#[test]
fn a_newcomer_who_follows_the_guide_resolves_the_outage() {
    let home = newcomer();
    let mut demo = home.console(&["demo"], 120, 40);
    told(&mut demo, "All is quiet");
    demo.wait_for("5 feeds ok");
    told(&mut demo, "Critical!");
    demo.wait_for("CRIT CheckoutErro");
    demo.wait_for("▲ pay");

    demo.keys("gg");
    demo.wait_for("▌CRIT");
    if !demo.screen().contains("▌CRIT PostgresDown") {
        demo.keys("j");
    }
    demo.wait_for("▌CRIT PostgresDown");
    demo.keys("a");
    demo.wait_for("Acknowledge PostgresDown");
    demo.keys(&format!("on it{ENTER}"));
    demo.wait_for("✓ you");
    demo.wait_for("acknowledged PostgresDown: on it");
    demo.wait_for("confirmed (PostgresDown): silence");

    told(&mut demo, "Press i, then enter, to declare");
    demo.keys("i");
    demo.wait_for("From PostgresDown.");
    demo.keys(ENTER);
    demo.wait_for("INC-1 SEV2");
    told(&mut demo, "Press p for the playbook that fits");
    demo.keys("p");
    demo.wait_for("▌Database failover");
    demo.keys("r");
    demo.wait_for("enter prepare the run");
    demo.keys(ENTER);

    look(&mut demo, "1  Primary does not");
    look(&mut demo, "2  Replica answers");
    tick(&mut demo, "3  Accept the", 2);
    confirm(&mut demo, "4  Fence th", "");
    told(&mut demo, "wants a word typed first");
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

    told(&mut demo, "Payments work again and the alerts have resolved");
    let screen = demo.screen();
    assert!(screen.contains("● pay") && screen.contains("3 firing"), "so it is\n{screen}");
    demo.keys("i");
    demo.wait_for("resolve    ");
    demo.keys(&format!("resolve{ENTER}"));
    demo.wait_for("INC-1 is resolved");
    demo.keys(&format!("failed over to db-2{ENTER}"));
    told(&mut demo, "choose close-incident");
    demo.keys("i");
    demo.wait_for("close-incident   ");
    demo.keys(&format!("close-incident{ENTER}"));
    demo.wait_for("INC-1 is closed");
    demo.keys(ENTER);
    told(&mut demo, "That was it");
    demo.wait_for("INC-1 resolved: failed over to db-2");

    demo.keys("q");
    assert_eq!(demo.wait_exit().exit_code(), 0);
    demo.assert_restored();
    assert_eq!(left_behind(&home), [""; 0], "nothing outside the temporary folder, and that is gone");
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

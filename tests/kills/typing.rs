//! A console that is killed while somebody types into it.

use super::*;
use crate::support::PATIENCE;
use crate::support::fake_alertmanager::FakeAlertmanager;
use crate::support::pty::ENTER;
use regex::Regex;
use std::cell::Cell;
use std::collections::BTreeSet;

/// Consoles that are killed, each after one more entry than the one before.
const ROUNDS: usize = 20;

/// The marks of the entries that a screen shows as recorded: lines of the log, which begin with a time and a name. What is
/// still being typed, and what is pending, look different.
fn shown(screen: &str) -> BTreeSet<String> {
    let line = Regex::new(r"\d\d:\d\d:\d\d ana +(?:acknowledged \w+: )?(mark-\d+-\d+)\b").expect("a pattern");
    line.captures_iter(screen).map(|found| found[1].to_owned()).collect()
}

/// Types notes and acknowledgements, each as soon as the console has written anything since the last, and kills it in the
/// middle of that, or at the instant at which it shows the last one as recorded; tells which of them it had shown.
fn killed_in(home: &Home, round: usize) -> BTreeSet<String> {
    let mut console = home.console(DATA, 140, 160);
    console.wait_for("CRIT PostgresDown");
    let mark = |number: usize| format!("mark-{round}-{number}");
    for number in 0..=round {
        let way = if number % 3 == 0 { "2gga" } else { "n" };
        console.keys(&format!("{way}{}{ENTER}", mark(number)));
        let looks = Cell::new(0);
        console.wait_within(PATIENCE, "anything to be written", |_| looks.replace(looks.get() + 1) > 0);
    }
    if round % 2 == 1 {
        console.wait_within(PATIENCE, "the last one to be recorded", |screen| shown(screen).contains(&mark(round)));
    }
    console.kill9();
    let shown = shown(&console.screen());
    (0..=round).map(mark).filter(|mark| shown.contains(mark)).collect()
}

#[test]
fn what_a_console_showed_as_recorded_outlives_its_kill() {
    let fake = FakeAlertmanager::start();
    fake.fire(&[("alertname", "PostgresDown"), ("severity", "critical")]);
    let home = home(fake.url.as_str(), "");
    let told: Vec<String> = (0..ROUNDS).flat_map(|round| killed_in(&home, round)).collect();
    let entries = entries(&home);
    let times =
        |mark: &&String| entries.iter().filter(|entry| entry["text"].as_str().expect("a text").ends_with(mark.as_str())).count();
    let (lost, doubled): (Vec<_>, Vec<_>) = told.iter().filter(|mark| times(mark) != 1).partition(|mark| times(mark) == 0);
    assert_eq!((lost, doubled), (Vec::new(), Vec::new()), "lost, and recorded twice");
    assert!(told.len() > ROUNDS, "{} were shown: that proves little", told.len());
    assert_sound(&home);
}

#[test]
fn what_was_being_typed_outlives_a_kill() {
    let home = home("http://127.0.0.1:9", "");
    let mut console = home.console(DATA, 80, 24);
    console.wait_for("n writes a note");
    console.keys("n-7m ?replica lags behi");
    console.wait_for("replica lags behi");
    console.kill9();
    let mut console = home.console(DATA, 80, 24);
    console.wait_for("n writes a note");
    console.keys("n");
    console.wait_for("replica lags behi");
    console.keys(&format!("nd{ENTER}"));
    console.wait_for("? replica lags behind");
    console.kill9();
    // It is recorded, and no draft any more.
    let mut console = home.console(DATA, 80, 24);
    console.wait_for("? replica lags behind");
    console.keys("n");
    console.wait_for("Note into");
    console.wait_for("note at now");
    // Nor is what was noted before a matter of the console that died.
    console.keys("\x1b[A");
    console.wait_for("hypothesis at now");
    let entries = entries(&home);
    let notes: Vec<_> = of_kind(&entries, "hypothesis").iter().map(|entry| entry["text"].clone()).collect();
    assert_eq!(notes, ["replica lags behind"]);
}

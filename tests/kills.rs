//! Processes that die at the worst moment, and many at once on one data folder: what was shown as recorded is there, and
//! what was asked of a source happens once.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

#[path = "kills/acting.rs"]
mod acting;
#[path = "kills/away.rs"]
mod away;
#[path = "kills/crowd.rs"]
mod crowd;
mod support;
#[path = "kills/typing.rs"]
mod typing;

use serde_json::Value;
use support::home::Home;

/// Where a home's consoles and commands keep their journal.
const DATA: &[&str] = &["--data", "data"];

/// A home that watches one Alertmanager. `acks` is what becomes of acknowledgements there.
fn home(url: &str, acks: &str) -> Home {
    Home::with(&format!(
        "operator: {{name: ana}}\nsources:\n  - {{name: prod, every: 1s, alertmanager: {{urls: ['{url}']{acks}}}}}\n"
    ))
}

/// `midwatch ARGS --data data`.
fn with_data<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, DATA].concat()
}

/// Everything that the journal holds, as the command line tells it.
fn entries(home: &Home) -> Vec<Value> {
    let document = home.json(&with_data(&["log", "-n", "100000"]));
    document["entries"].as_array().expect("a list").clone()
}

fn of_kind<'a>(entries: &'a [Value], kind: &str) -> Vec<&'a Value> {
    entries.iter().filter(|entry| entry["kind"] == kind).collect()
}

#[track_caller]
fn assert_sound(home: &Home) {
    let report = home.json(&with_data(&["journal", "verify"]));
    assert_eq!(report["sound"], true, "{report}");
}

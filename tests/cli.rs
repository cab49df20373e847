//! The command line as scripts rely on it: exit codes, JSON names, what goes to which stream, and what is refused.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

#[path = "cli/acts.rs"]
mod acts;
#[path = "cli/calling.rs"]
mod calling;
#[path = "cli/change.rs"]
mod change;
#[path = "cli/export.rs"]
mod export;
#[path = "cli/full.rs"]
mod full;
#[path = "cli/handing.rs"]
mod handing;
#[path = "cli/history.rs"]
mod history;
#[path = "cli/incident.rs"]
mod incident;
#[path = "cli/maintenance.rs"]
mod maintenance;
#[path = "cli/manners.rs"]
mod manners;
#[path = "cli/native.rs"]
mod native;
#[path = "cli/page.rs"]
mod page;
#[path = "cli/queue.rs"]
mod queue;
#[path = "cli/record.rs"]
mod record;
#[path = "cli/refusals.rs"]
mod refusals;
#[path = "cli/replay.rs"]
mod replay;
#[path = "cli/services.rs"]
mod services;
#[path = "cli/silences.rs"]
mod silences;
mod support;
#[path = "cli/updates.rs"]
mod updates;

use serde_json::Value;
use std::process::Output;
use support::fake_alertmanager::FakeAlertmanager;
use support::home::Home;

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

/// The one document on standard output.
#[track_caller]
fn document(output: &Output) -> Value {
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert_eq!(document["schema"], 1);
    document
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Everything has each of these names, whatever it knows of them.
#[track_caller]
fn assert_names(value: &Value, names_of_it: &str) {
    let mut wanted: Vec<&str> = names_of_it.split_whitespace().collect();
    let mut found = names(value);
    wanted.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, wanted);
}

/// A home that watches this Alertmanager; `more` is added to the source.
fn watching(fake: &FakeAlertmanager, more: &str) -> Home {
    Home::with(&format!(
        "operator: {{name: ana, role: on-call}}\nservices: [{{name: postgres, alerts: {{job: postgres}}}}]\n\
         sources: [{{name: prod, alertmanager: {{urls: ['{}']{more}}}}}]\n",
        fake.url
    ))
}

/// An Alertmanager with one alert; and the alert's fingerprint.
fn outage() -> (FakeAlertmanager, String) {
    let fake = FakeAlertmanager::start();
    let fingerprint = fake.fire(&[("alertname", "PostgresDown"), ("job", "postgres"), ("severity", "critical")]);
    (fake, fingerprint)
}

/// Texts of the log, oldest first.
fn log(home: &Home) -> Vec<String> {
    let log = home.json(&["log"]);
    let entries = log["entries"].as_array().expect("a list");
    entries.iter().map(|entry| entry["text"].as_str().expect("a text").to_owned()).collect()
}

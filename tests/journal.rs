//! The journal on a real disk: what was recorded stays, whole and in order, whatever happens around it.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "these tests work on the real disk and processes")]

#[path = "journal/command.rs"]
mod command;
#[path = "journal/copies.rs"]
mod copies;
#[path = "journal/crashes.rs"]
mod crashes;
#[path = "journal/full.rs"]
mod full;
#[path = "journal/loads.rs"]
mod loads;
#[cfg(target_os = "linux")]
#[path = "journal/outages.rs"]
mod outages;
#[path = "journal/refusals.rs"]
mod refusals;
#[path = "journal/sharing.rs"]
mod sharing;
mod support;
#[path = "journal/tampering.rs"]
mod tampering;

use chrono::{DateTime, Utc};
use midwatch::domain::entry::{Actor, Draft, Entry, Kind};
use midwatch::domain::incident::LeftOut;
use midwatch::journal::{self, Journal, Options, SqliteJournal};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// Seconds after the night's beginning.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_423_688 + seconds, 0).expect("a time")
}

fn note(text: &str) -> Draft {
    Draft::new(Kind::Note, at(0), Actor::person("ana", None), text)
}

fn home() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn open(folder: &Path) -> SqliteJournal {
    open_on(folder, "this machine")
}

/// As if the folder were on that machine.
fn open_on(folder: &Path, machine: &str) -> SqliteJournal {
    SqliteJournal::open(folder, Options { machine: Some(machine.into()), ..Options::default() }).expect("opens")
}

/// Records one draft at a time of the night.
fn record(journal: &mut SqliteJournal, draft: Draft, seconds: i64) -> Arc<Entry> {
    journal.append(vec![draft], at(seconds)).expect("appends").entries.remove(0)
}

/// What a process starts with.
fn open_state(journal: &mut SqliteJournal, seconds: i64) -> Vec<Arc<Entry>> {
    let mut entries = Vec::new();
    journal.open_state(at(seconds), &mut |entry| entries.push(entry)).expect("loads");
    entries
}

/// A journal with this many notes: `note 1` and so on, a second apart.
fn written(folder: &Path, count: i64) -> SqliteJournal {
    let mut journal = open(folder);
    for second in 1..=count {
        record(&mut journal, note(&format!("note {second}")), second);
    }
    journal
}

fn texts(entries: &[Arc<Entry>]) -> Vec<&str> {
    entries.iter().map(|entry| entry.text.as_str()).collect()
}

/// What no program of ours does to a journal.
fn tamper(folder: &Path, sql: &str) {
    let db = Connection::open(folder.join("journal.db")).expect("opens");
    db.execute_batch("DROP TRIGGER IF EXISTS entries_stay; DROP TRIGGER IF EXISTS entries_stay_as_they_are").expect("drops");
    db.execute_batch(sql).expect(sql);
}

/// The problems that verification tells.
fn problems(folder: &Path, against: Option<&Path>) -> Vec<String> {
    let report = journal::verify(folder, against).expect("verifies");
    report.problems.into_iter().map(|problem| problem.text).collect()
}

//! The journal on a real disk: what was recorded stays, whole and in order, whatever happens around it.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "these tests work on the real disk and processes")]

use chrono::{DateTime, Utc};
use midwatch::domain::entry::{Actor, Draft, Entry, Kind};
use midwatch::domain::ids::IncidentId;
use midwatch::journal::{Journal, Options, SqliteJournal};
use std::path::Path;

/// Seconds after the night's beginning.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_423_688 + seconds, 0).expect("a time")
}

fn note(text: &str, seconds: i64) -> Draft {
    Draft::new(Kind::Note, at(seconds), Actor::person("ana", None), text)
}

fn open(folder: &Path) -> SqliteJournal {
    SqliteJournal::open(folder, Options::default()).expect("opens")
}

fn texts<E: AsRef<Entry>>(entries: &[E]) -> Vec<&str> {
    entries.iter().map(|entry| entry.as_ref().text.as_str()).collect()
}

#[test]
fn what_was_appended_is_read_back_as_it_was_returned() {
    let home = tempfile::tempdir().expect("a folder");
    let drafts = vec![
        note("first", 0),
        Draft::new(Kind::Declare, at(1), Actor::system("midwatch"), "declared").with("title", "t"),
        note("third", 2),
    ];
    let appended = open(home.path()).append(drafts, Utc::now()).expect("appends").entries;
    assert_eq!(texts(&appended), ["first", "declared", "third"]);
    let mut again = open(home.path());
    assert_eq!(again.open_state(at(3)).expect("loads"), appended);
    let incident = IncidentId(appended[1].id.0);
    assert_eq!(again.of_incident(incident).expect("loads"), appended[1..2]);
    assert_eq!(again.declared("INC-1").expect("loads"), appended[1..2]);
}

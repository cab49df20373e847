//! Durable appends, beside what SQLite alone does on the same disk with the same settings.

#![allow(clippy::disallowed_methods, reason = "measures on the real clock and disk")]

mod figures;

use chrono::{DateTime, Utc};
use figures::{per_second, percentile, row, timed, title};
use midwatch::domain::entry::{Actor, Draft, Kind};
use midwatch::journal::{Journal, Options, SqliteJournal};
use rusqlite::{Connection, params};
use std::path::Path;
use std::time::Duration;

const SINGLE: usize = 3_000;
const BATCH: usize = 1_000;
const BATCHES: usize = 50;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut journal = SqliteJournal::open(&folder.path().join("data"), Options::default()).expect("a journal opens");
    let sqlite = plain(&folder.path().join("plain.db"));
    let body = "x".repeat(700);

    title("Durable appends");
    // One of ours, one of SQLite's, in turn: whatever else the machine does hits both.
    let (mut ours, mut own): (Vec<_>, Vec<_>) =
        (0..SINGLE).map(|n| (timed(|| append(&mut journal, n, 1)).1, timed(|| insert(&sqlite, &body, 1)).1)).unzip();
    row("one by one", per_second(SINGLE, ours.iter().sum()), "");
    row("  p50, p99 in µs", format!("{}, {}", percentile(&mut ours, 50).as_micros(), percentile(&mut ours, 99).as_micros()), "");
    row("  SQLite alone", per_second(SINGLE, own.iter().sum()), "");
    row("  share of SQLite's own, by p50", share(percentile(&mut own, 50), percentile(&mut ours, 50)), "80 %");

    let (ours, own): (Vec<_>, Vec<_>) =
        (0..BATCHES).map(|n| (timed(|| append(&mut journal, n, BATCH)).1, timed(|| insert(&sqlite, &body, BATCH)).1)).unzip();
    row("a thousand together", per_second(BATCH * BATCHES, ours.iter().sum()), "100000 /s");
    row("  SQLite alone", per_second(BATCH * BATCHES, own.iter().sum()), "");

    let (entries, took) = timed(|| {
        let mut count = 0;
        journal.open_state(now(), &mut |_| count += 1).expect("readable");
        count
    });
    row(&format!("start-up state of {} entries ({entries} loaded)", SINGLE + BATCH * BATCHES), figures::ms(took), "");
}

fn share(own: Duration, ours: Duration) -> String {
    format!("{:.0} %", 100.0 * own.as_secs_f64() / ours.as_secs_f64())
}

fn append(journal: &mut SqliteJournal, n: usize, count: usize) {
    let draft =
        |i| Draft::new(Kind::Note, now(), Actor::person("ana", None), format!("note {n}.{i}: the queue is still growing"));
    let kept = journal.append((0..count).map(draft).collect(), now()).expect("recorded");
    assert_eq!(kept.entries.len(), count);
}

/// The least that a durable, indexed log needs.
fn plain(file: &Path) -> Connection {
    let db = Connection::open(file).expect("a data base opens");
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE log (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;",
    )
    .expect("a table is made");
    db
}

fn insert(db: &Connection, body: &str, count: usize) {
    let transaction = db.unchecked_transaction().expect("a transaction");
    for _ in 0..count {
        let id = uuid::Uuid::now_v7().to_string();
        db.prepare_cached("INSERT INTO log (id, body) VALUES (?, ?)")
            .and_then(|mut insert| insert.execute(params![id, body]))
            .expect("inserted");
    }
    transaction.commit().expect("committed");
}

fn now() -> DateTime<Utc> {
    Utc::now()
}

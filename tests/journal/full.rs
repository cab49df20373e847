//! A disk that is full, and one that is read-only: real ones, mounted for the test alone.
#![cfg(target_os = "linux")]

use super::*;
use midwatch::journal::JournalError;
use support::disk::{fill, own, read_only};

fn disk(test: &str) -> Option<std::path::PathBuf> {
    own(&format!("full::{test}"), "3m")
}

fn small() -> Options {
    Options { reserve: 1 << 20, ..Options::default() }
}

#[test]
fn the_reserve_takes_the_entries_of_the_night_and_then_nothing_is_half_done() {
    let Some(disk) = disk("the_reserve_takes_the_entries_of_the_night_and_then_nothing_is_half_done") else { return };
    let mut journal = SqliteJournal::open(&disk, small()).expect("opens");
    assert_eq!(std::os::unix::fs::MetadataExt::blocks(&disk.join("reserve").metadata().expect("is kept")) * 512, 1 << 20);
    fill(&disk, 200 << 10);

    let (mut recorded, mut freed_at) = (Vec::new(), None);
    let error = loop {
        let text = format!("{} {}", recorded.len(), "x".repeat(4_000));
        match journal.append(vec![note(&text), note("beside it")], at(1)) {
            Ok(appended) => {
                recorded.extend(appended.entries);
                if appended.reserve_freed {
                    assert_eq!(freed_at.replace(recorded.len()), None, "it is told once");
                }
            }
            Err(error) => break error,
        }
    };
    let freed_at = freed_at.expect("the reserve was given up");
    assert!(freed_at > 10 && recorded.len() > freed_at + 50, "{freed_at} of {}", recorded.len());
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    assert!(!disk.join("reserve").exists());

    std::fs::remove_file(disk.join("filler")).expect("frees");
    let after = journal.append(vec![note("room again")], at(2)).expect("appends");
    recorded.extend(after.entries);
    assert_eq!(journal.recent(10_000).expect("loads"), recorded, "what was recorded and nothing else");
    assert_eq!(problems(&disk, None), [""; 0]);
}

#[test]
fn a_full_disk_can_still_be_opened_with_the_reserve() {
    let Some(disk) = disk("a_full_disk_can_still_be_opened_with_the_reserve") else { return };
    drop(SqliteJournal::open(&disk, small()).expect("opens").append(vec![note("before")], at(1)).expect("appends"));
    fill(&disk, 0);
    let mut journal = SqliteJournal::open(&disk, small()).expect("opens");
    assert!(journal.append(vec![note("acknowledged")], at(2)).expect("appends").reserve_freed);
    drop(journal);
    fill(&disk, 3 << 19);
    let mut journal = SqliteJournal::open(&disk, small()).expect("opens");
    assert_eq!(texts(&journal.recent(9).expect("loads")), ["before", "acknowledged"]);
    assert!(!disk.join("reserve").exists(), "the reserve is not what fills the disk");
    std::fs::remove_file(disk.join("filler")).expect("frees");
    drop(SqliteJournal::open(&disk, small()).expect("opens"));
    assert!(disk.join("reserve").exists(), "with room there is a reserve again");
}

#[test]
fn what_was_recorded_is_read_on_a_full_disk_without_a_reserve() {
    let Some(disk) = disk("what_was_recorded_is_read_on_a_full_disk_without_a_reserve") else { return };
    let copy = home();
    let none = || Options { reserve: 1 << 30, ..Options::default() };
    let mut journal = SqliteJournal::open(&disk, none()).expect("opens");
    assert!(journal.unreserved(), "the disk has no room for it");
    journal.append(vec![note("before")], at(1)).expect("appends");
    // As a console leaves it that was killed: what it shared is gone, its log is there.
    for file in ["journal.db", "journal.db-wal"] {
        std::fs::copy(disk.join(file), copy.path().join(file)).expect("copies");
    }
    drop(journal);
    for log in [false, true] {
        if log {
            std::fs::copy(copy.path().join("journal.db"), disk.join("journal.db")).expect("copies");
            std::fs::copy(copy.path().join("journal.db-wal"), disk.join("journal.db-wal")).expect("copies");
        }
        fill(&disk, 0);
        for read_only in [true, false] {
            let mut journal = SqliteJournal::open(&disk, Options { read_only, ..none() }).expect("opens");
            assert_eq!(texts(&journal.recent(9).expect("reads")), ["before"], "log: {log}");
        }
        assert_eq!(problems(&disk, None), [""; 0]);
        journal::backup(&disk, &copy.path().join(format!("backup-{log}"))).expect("backs up");
        let mut journal = SqliteJournal::open(&disk, none()).expect("opens");
        let error = journal.append(vec![note("too much")], at(2)).expect_err("full");
        assert!(matches!(error, JournalError::Full { .. }), "{error}");
        std::fs::remove_file(disk.join("filler")).expect("frees");
        if log {
            journal.append(vec![note("room again")], at(3)).expect("appends without being opened anew");
        }
    }
}

#[test]
fn a_full_disk_without_a_journal_gets_none() {
    let Some(disk) = disk("a_full_disk_without_a_journal_gets_none") else { return };
    fill(&disk, 0);
    let error = SqliteJournal::open(&disk, small()).map(|_| ()).expect_err("full");
    assert!(matches!(error, JournalError::Full { .. }), "{error}");
    let left: Vec<_> = std::fs::read_dir(&disk).expect("lists").map(|file| file.expect("a file").file_name()).collect();
    assert_eq!(left, ["filler"]);
}

#[test]
fn a_read_only_disk_is_told() {
    let Some(disk) = disk("a_read_only_disk_is_told") else { return };
    let mut journal = SqliteJournal::open(&disk, small()).expect("opens");
    record(&mut journal, note("before"), 1);
    drop(journal);
    read_only(&disk);
    let error = SqliteJournal::open(&disk, small()).map(|_| ()).expect_err("read-only");
    assert!(matches!(error, JournalError::ReadOnly { .. }), "{error}");
    let reading = Options { read_only: true, ..small() };
    assert_eq!(texts(&SqliteJournal::open(&disk, reading).expect("opens").recent(9).expect("reads")), ["before"]);
    assert_eq!(problems(&disk, None), [""; 0]);
}

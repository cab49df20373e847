//! A journal that can't be used says so, says what to do, and stays as it is.

use super::*;
use midwatch::journal::JournalError;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

fn refusal(folder: &Path) -> JournalError {
    match SqliteJournal::open(folder, Options::default()) {
        Ok(_) => panic!("{} was opened", folder.display()),
        Err(error) => error,
    }
}

fn bytes(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("journal.db")).expect("reads")
}

#[test]
fn the_folder_is_made_for_its_owner_alone() {
    let home = home();
    let data = home.path().join("share/midwatch");
    open(&data);
    assert_eq!(data.metadata().expect("is there").permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_folder_that_others_can_write_to_is_refused() {
    let home = home();
    for mode in [0o770, 0o707, 0o1777] {
        std::fs::set_permissions(home.path(), Permissions::from_mode(mode)).expect("sets");
        let text = refusal(home.path()).to_string();
        assert!(text.contains("can be written by others") && text.contains("chmod go-w"), "{text}");
        assert!(!home.path().join("journal.db").exists());
    }
}

#[test]
fn a_folder_that_is_a_file_is_refused() {
    let home = home();
    let file = home.path().join("file");
    std::fs::write(&file, "").expect("writes");
    assert!(matches!(refusal(&file), JournalError::Folder { .. }));
}

#[test]
fn a_newer_format_is_left_as_it_is() {
    let home = home();
    drop(written(home.path(), 1));
    tamper(home.path(), "PRAGMA user_version = 99");
    let before = bytes(home.path());
    let error = refusal(home.path());
    assert!(matches!(error, JournalError::Newer { found: 99, known: 2, .. }), "{error}");
    assert_eq!(bytes(home.path()), before);
}

#[test]
fn damage_is_told_and_left_as_it_is() {
    for (name, damage) in [("empty", Vec::new()), ("text", b"not a database at all, but long enough to be looked at".repeat(100))]
    {
        let home = home();
        std::fs::write(home.path().join("journal.db"), &damage).expect("writes");
        let error = refusal(home.path());
        assert!(matches!(error, JournalError::Damaged { .. }), "{name}: {error}");
        assert!(error.to_string().contains("midwatch --data NEW journal restore BACKUP"));
        assert_eq!(bytes(home.path()), damage);
    }
}

#[test]
fn damage_in_the_middle_is_found_by_reading_and_by_verification() {
    let home = home();
    drop(written(home.path(), 400));
    let mut damaged = bytes(home.path());
    let middle = damaged.len() / 2;
    damaged[middle - 20_000..middle + 20_000].fill(0xaa);
    std::fs::write(home.path().join("journal.db"), damaged).expect("writes");
    let read =
        SqliteJournal::open(home.path(), Options::default()).and_then(|mut journal| journal.open_state(at(0), &mut |_| {}));
    assert!(matches!(read, Err(JournalError::Damaged { .. })), "{read:?}");
    assert!(!problems(home.path(), None).is_empty());
}

#[test]
fn nothing_is_written_when_it_is_only_to_be_read() {
    let home = home();
    let options = || Options { read_only: true, ..Options::default() };
    let elsewhere = home.path().join("nothing/here");
    let mut nothing = SqliteJournal::open(&elsewhere, options()).expect("opens");
    assert_eq!(open_state(&mut nothing, 0), []);
    assert!(matches!(nothing.append(vec![note("n")], at(0)), Err(JournalError::ReadOnly { .. })));
    assert!(!elsewhere.exists());

    let mut writer = written(home.path(), 2);
    let mut reader = SqliteJournal::open(home.path(), options()).expect("opens");
    assert_eq!(open_state(&mut reader, 9).len(), 2);
    assert!(matches!(reader.append(vec![note("n")], at(9)), Err(JournalError::ReadOnly { .. })));
    record(&mut writer, note("third"), 3);
    assert!(reader.changed().expect("looks"));
    assert_eq!(texts(&reader.news().expect("reads")), ["third"]);
}

#[test]
fn a_journal_that_another_keeps_busy_is_not_waited_for_forever() {
    let home = home();
    let mut journal = written(home.path(), 1);
    let other = Connection::open(home.path().join("journal.db")).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("begins");
    let error = journal.append(vec![note("n")], at(2)).expect_err("busy");
    assert!(matches!(error, JournalError::Busy { .. }), "{error}");
    other.execute_batch("ROLLBACK").expect("ends");
    assert_eq!(record(&mut journal, note("n"), 3).seq, 2);
}

#[test]
fn tables_of_another_making_are_told_apart_and_never_met_by_a_statement() {
    for (sql, named) in [
        ("ALTER TABLE entries ADD COLUMN extra TEXT", "`entries` is another"),
        ("DROP TABLE open", "`open` is missing"),
        ("DROP INDEX by_key", "`by_key` is missing"),
    ] {
        let home = home();
        drop(written(home.path(), 1));
        tamper(home.path(), sql);
        for read_only in [false, true] {
            let error = SqliteJournal::open(home.path(), Options { read_only, ..Options::default() }).map(|_| ()).expect_err(sql);
            assert!(matches!(error, JournalError::Shape { .. }), "{sql}: {error}");
            let text = error.to_string();
            assert!(text.contains(named) && text.contains("set --data to another folder"), "{text}");
        }
        assert_eq!(problems(home.path(), None), [format!("The file has other tables than were made: {named}.")]);
    }
}

#[test]
fn an_entry_that_is_none_and_a_journal_that_is_no_file_are_told_in_words() {
    let home = home();
    drop(written(home.path(), 1));
    tamper(home.path(), "UPDATE entries SET body = '{}'");
    let mut journal = SqliteJournal::open(home.path(), Options::default()).expect("opens");
    let text = journal.recent(9).expect_err("no entry").to_string();
    assert!(text.contains("what stands in place of an entry is none (missing field `v`"), "{text}");
    assert!(!text.contains("index"), "{text}");

    let other = super::home();
    std::fs::create_dir(other.path().join("journal.db")).expect("makes");
    for read_only in [false, true] {
        let error =
            SqliteJournal::open(other.path(), Options { read_only, ..Options::default() }).map(|_| ()).expect_err("refused");
        assert!(error.to_string().contains("it is not a file"), "{error}");
    }
}

#[test]
fn what_is_damaged_is_told_by_verification_itself() {
    let home = home();
    std::fs::write(home.path().join("journal.db"), b"not a database at all, but long enough to be looked at".repeat(100))
        .expect("writes");
    let found = problems(home.path(), None);
    assert!(matches!(&found[..], [one] if one.starts_with("The file can't be read: ")), "{found:?}");
}

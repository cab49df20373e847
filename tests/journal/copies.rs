//! Backup while in use, and the way back.

use super::*;
use midwatch::journal::{JournalError, restore};
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_backup_is_whole_and_private_while_others_write() {
    let home = home();
    let mut journal = written(home.path(), 3);
    let to = home.path().join("backup.db");
    let heads = journal::backup(home.path(), &to).expect("backs up");
    record(&mut journal, note("after it"), 4);
    assert_eq!((heads.len(), heads[0].seq), (1, 3));
    assert_eq!(to.metadata().expect("is there").permissions().mode() & 0o077, 0);
    assert!(matches!(journal::backup(home.path(), &to), Err(JournalError::Exists { .. })), "a backup is never overwritten");
    let left: Vec<_> = std::fs::read_dir(home.path()).expect("lists").map(|file| file.expect("a file").file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".new")), "{left:?}");
}

#[test]
fn a_restored_journal_has_everything_and_begins_an_origin() {
    let (home, empty) = (home(), home());
    let mut journal = written(home.path(), 2);
    let act = record(&mut journal, Draft::new(Kind::Act, at(3), Actor::system("test"), "act"), 3);
    let backup = home.path().join("backup.db");
    let heads = journal::backup(home.path(), &backup).expect("backs up");

    let data = empty.path().join("data");
    assert_eq!(restore(&backup, &data).expect("restores"), heads);
    let mut restored = open(&data);
    assert_eq!(open_state(&mut restored, 9).last(), Some(&act));
    let begun = restored.append(vec![note("on")], at(9)).expect("appends").begun.expect("a beginning");
    assert_eq!(begun.data_of("old_head"), Some(heads[0].clone()));
    assert_eq!(problems(&data, Some(&backup)), [""; 0]);
    assert!(matches!(restore(&backup, &data), Err(JournalError::Exists { .. })), "a journal is never overwritten");
}

#[test]
fn a_backup_that_returns_to_its_own_folder_does_not_continue_its_chain() {
    let home = home();
    let backup = home.path().join("backup.db");
    let mut journal = written(home.path(), 2);
    let heads = journal::backup(home.path(), &backup).expect("backs up");
    record(&mut journal, note("lost with the disk"), 3);
    drop(journal);
    for file in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        let _ = std::fs::remove_file(home.path().join(file));
    }
    std::fs::copy(&backup, home.path().join("journal.db")).expect("copies");
    let mut by_hand = open(home.path());
    assert_ne!(record(&mut by_hand, note("another third entry"), 4).origin, heads[0].origin);
    assert!(home.path().join("journal.db-wal").exists(), "readers and a writer don't wait for each other");
}

#[test]
fn what_is_not_a_journal_is_not_restored() {
    let home = home();
    let (file, data) = (home.path().join("some.db"), home.path().join("data"));
    Connection::open(&file).expect("opens").execute_batch("CREATE TABLE t (a)").expect("makes");
    assert!(matches!(restore(&file, &data), Err(JournalError::Unsound { .. })));
    assert!(!data.join("journal.db").exists());
    open(&data);
}

#[test]
fn what_has_begun_and_not_ended_is_known_again_after_a_restore() {
    let (home, empty) = (home(), home());
    let mut journal = written(home.path(), 1);
    record(&mut journal, Draft::new(Kind::Act, at(2), Actor::system("test"), "open"), 2);
    let ended = record(&mut journal, Draft::new(Kind::Act, at(2), Actor::system("test"), "ended"), 2);
    record(&mut journal, Draft::new(Kind::ActEnded, at(2), Actor::system("test"), "end").with("intent", ended.id), 2);
    let cached = |folder: &Path| -> Vec<String> {
        let db = Connection::open(folder.join("journal.db")).expect("opens");
        let mut rows = db.prepare("SELECT what || ' ' || entry FROM open ORDER BY what").expect("prepares");
        rows.query_map([], |row| row.get(0)).expect("reads").collect::<Result<_, _>>().expect("reads")
    };
    let known = cached(home.path());
    assert_eq!(known.len(), 1);
    tamper(home.path(), "DELETE FROM open");
    journal::backup(home.path(), &home.path().join("b")).expect("backs up");
    restore(&home.path().join("b"), empty.path()).expect("restores");
    assert_eq!(cached(empty.path()), known);
}

#[test]
fn a_backup_that_somebody_has_changed_is_not_restored_and_the_entry_is_named() {
    let (home, empty) = (home(), home());
    let third = open_state(&mut written(home.path(), 4), 9)[2].id;
    let backup = home.path().join("backup.db");
    journal::backup(home.path(), &backup).expect("backs up");
    let db = Connection::open(&backup).expect("opens");
    db.execute_batch("DROP TRIGGER entries_stay_as_they_are; UPDATE entries SET body = replace(body, 'note 3', 'note 9')")
        .expect("changes");
    drop(db);
    let data = empty.path().join("data");
    let text = restore(&backup, &data).expect_err("refused").to_string();
    assert!(text.contains("Entry 3 is not what was recorded") && text.contains(&third.to_string()), "{text}");
    assert!(text.contains("Nothing was restored") && !data.join("journal.db").exists());

    std::fs::write(&backup, "no database at all").expect("writes");
    let text = restore(&backup, &data).expect_err("refused").to_string();
    assert!(text.contains("is not sound") && !text.contains("journal restore"), "its advice leads elsewhere: {text}");
}

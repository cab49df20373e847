//! Verification names what was changed, taken out or put elsewhere, and an older copy finds a cut end.

use super::*;

/// A journal of six notes after somebody has been at it.
fn after(sql: &str) -> Vec<String> {
    let home = home();
    drop(written(home.path(), 6));
    assert_eq!(problems(home.path(), None), [""; 0]);
    tamper(home.path(), sql);
    problems(home.path(), None)
}

#[test]
fn a_changed_text_is_found() {
    let found = after("UPDATE entries SET body = replace(body, 'note 3', 'note 8') WHERE seq = 3");
    assert_eq!(found, ["Entry 3 is not what was recorded: its text or its hash was changed."]);
}

#[test]
fn a_changed_text_with_a_new_hash_is_found_by_the_entry_after_it() {
    let found = after("UPDATE entries SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE seq = 3");
    assert_eq!(found.len(), 2);
    assert_eq!(found[1], "Entry 4 does not continue entry 3: one of them was changed or put elsewhere.");
}

#[test]
fn an_entry_that_was_taken_out_is_found() {
    assert_eq!(
        after("DELETE FROM entries WHERE seq = 3"),
        ["Before entry 4, the entries from 3 on are missing: they were taken out."]
    );
    let closed_up = after("DELETE FROM entries WHERE seq = 3; UPDATE entries SET n = n - 1 WHERE seq > 3");
    assert!(closed_up.len() >= 3, "{closed_up:?}");
}

#[test]
fn entries_that_changed_places_are_found() {
    let found = after(
        "UPDATE entries SET n = n + 98 WHERE seq = 2; UPDATE entries SET n = n - 2 WHERE seq = 4; UPDATE entries SET n = n - 96 WHERE seq = 100",
    );
    assert!(found.iter().any(|text| text.starts_with("Entry 2 does not continue entry 1")), "{found:?}");
}

#[test]
fn an_entry_that_is_filed_elsewhere_is_found() {
    for column in ["kind = 'console'", "incident = id", "at = at + 1", "key = 'k'", "until = 1", "clock_count = clock_count + 1"]
    {
        let found = after(&format!("UPDATE entries SET {column} WHERE seq = 3"));
        assert_eq!(
            found,
            ["Entry 3 is filed under what it does not say: a column was changed, or it was put elsewhere."],
            "{column}"
        );
    }
}

#[test]
fn nothing_of_ours_can_change_or_delete_an_entry() {
    let home = home();
    drop(written(home.path(), 1));
    let db = Connection::open(home.path().join("journal.db")).expect("opens");
    assert!(db.execute_batch("UPDATE entries SET body = '{}'").is_err());
    assert!(db.execute_batch("DELETE FROM entries").is_err());
}

#[test]
fn a_cut_end_is_found_against_a_backup_and_against_an_export() {
    let home = home();
    let mut journal = written(home.path(), 6);
    let (backup, export) = (home.path().join("copy.db"), home.path().join("export.json"));
    let heads = journal::backup(home.path(), &backup).expect("backs up");
    let json = serde_json::json!({"schema": 1, "entries": [], "heads": heads});
    std::fs::write(&export, serde_json::to_vec(&json).expect("writes")).expect("writes");
    record(&mut journal, note("later"), 7);
    assert_eq!((problems(home.path(), Some(&backup)), problems(home.path(), Some(&export))), (vec![], vec![]));
    drop(journal);
    tamper(home.path(), "DELETE FROM entries WHERE seq > 4");
    assert_eq!(problems(home.path(), None), [""; 0], "it can't be seen from within");
    let cut =
        |seq| format!("Entry {seq} of origin {} is missing, and the older copy knows it: the end was cut off.", heads[0].origin);
    assert_eq!(problems(home.path(), Some(&backup)), [cut(5)]);
    assert_eq!(problems(home.path(), Some(&export)), [cut(6)]);
}

#[test]
fn a_chain_that_was_written_anew_is_found_against_an_older_copy() {
    let (real, forged) = (home(), home());
    drop(written(real.path(), 4));
    let origin = open(real.path()).heads().expect("reads")[0].origin;
    // Forged with the program itself: the same origin, one note left out, every hash right.
    drop(open(forged.path()));
    let place = Connection::open(real.path().join("journal.db")).expect("opens");
    let place: String = place.query_row("SELECT place FROM origins", [], |row| row.get(0)).expect("reads");
    tamper(forged.path(), &format!("INSERT INTO origins (id, place) VALUES ('{origin}', '{place}')"));
    let lines = real.path().join("lines.jsonl");
    let all = open(real.path()).recent(9).expect("loads");
    let line = |entry: &Arc<Entry>| {
        serde_json::json!({"origin": origin, "seq": entry.seq, "hash": entry.seal().map(|seal| &*seal.hash)}).to_string()
    };
    std::fs::write(&lines, all.iter().map(|entry| line(entry) + "\n").collect::<String>()).expect("writes");
    std::fs::rename(forged.path().join("journal.db"), real.path().join("journal.db")).expect("renames");
    for text in ["note 1", "note 3", "note 4", "note 5"] {
        assert_eq!(record(&mut open(real.path()), note(text), 9).origin, origin);
    }
    assert_eq!(problems(real.path(), None), [""; 0]);
    let found = problems(real.path(), Some(&lines));
    assert_eq!(found, [format!("Entry 1 of origin {origin} is not the one that the older copy knows: the chain was rewritten.")]);
}

#[test]
fn an_older_copy_that_says_nothing_is_an_error_and_not_a_clean_bill() {
    let home = home();
    drop(written(home.path(), 1));
    let file = home.path().join("other.json");
    for text in ["{}", "[]", "not json", ""] {
        std::fs::write(&file, text).expect("writes");
        assert!(journal::verify(home.path(), Some(&file)).is_err(), "{text:?}");
    }
    assert!(journal::verify(&home.path().join("elsewhere"), None).is_err());
}

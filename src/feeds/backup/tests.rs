use super::reports::READERS;
use super::*;

fn read(key: &str, text: &str, only: Option<&str>) -> Result<Vec<String>, String> {
    let reader = READERS.iter().find(|reader| reader.key == key).expect("a reader");
    let line = |backup: &Backup| {
        let Backup { name, at, bytes, took, sort, broken } = backup;
        let of = |value: &Option<f64>| value.map_or("-".to_owned(), |value| value.to_string());
        format!("{name} {} {} {} {} {broken}", at.format("%F %H:%M"), of(bytes), of(took), sort.as_deref().unwrap_or("-"))
    };
    (reader.read)(text, only).map(|found| found.iter().map(line).collect())
}

#[test]
fn restic_of_both_versions_is_read() {
    let old = r#"[{"time":"2026-03-01T03:00:00.123456789+01:00","tree":"d","paths":["/d"],"hostname":"db-1","username":"root","id":"d353"}]"#;
    assert_eq!(read("restic", old, None), Ok(vec!["d353 2026-03-01 02:00 - - - false".into()]));
    let new = r#"[{"time":"2026-03-01T02:00:00Z","hostname":"db-1","id":"a","summary":{"backup_start":"2026-03-01T02:00:00Z",
        "backup_end":"2026-03-01T02:10:00Z","total_bytes_processed":5000}}, {"time":"2026-03-01T02:00:00Z","hostname":"db-2","id":"b"}]"#;
    assert_eq!(read("restic", new, Some("db-1")), Ok(vec!["a 2026-03-01 02:00 5000 600 - false".into()]));
    assert_eq!(read("restic", "null", None), Ok(vec![]), "what it prints of an empty repository");
}

#[test]
fn pgbackrest_tells_its_sorts_what_is_broken_and_that_it_does_not_know() {
    let text = |code| {
        format!(
            r#"[{{"name": "main", "status": {{"code": {code}, "message": "no valid backups"}}, "backup": [
            {{"label": "20260301-020000F", "type": "full", "timestamp": {{"start": 1772330400, "stop": 1772331000}},
              "info": {{"size": 900, "delta": 900, "repository": {{"size": 90, "delta": 90}}}}, "error": false}},
            {{"label": "20260301-020000F_20260302-020000I", "type": "incr", "timestamp": {{"start": 1772416800, "stop": 1772416810}},
              "info": {{"size": 900, "delta": 9}}, "error": true}}]}}]"#
        )
    };
    let sets = [
        "20260301-020000F 2026-03-01 02:10 900 600 full false",
        "20260301-020000F_20260302-020000I 2026-03-02 02:00 9 10 incr true",
    ];
    assert_eq!(read("pgbackrest", &text(0), Some("main")), Ok(sets.map(str::to_owned).to_vec()));
    let both = text(0).replacen(
        '[',
        r#"[{"name": "other", "backup": [{"label": "x", "type": "full", "timestamp": {"start": 1, "stop": 2},
        "info": {"delta": 1}}]}, "#,
        1,
    );
    assert_eq!(
        read("pgbackrest", &both, Some("main")),
        Ok(sets.map(str::to_owned).to_vec()),
        "of the other stanza nothing is taken"
    );
    assert_eq!(read("pgbackrest", &both, None).map(|all| all.len()), Ok(3));
    assert_eq!(read("pgbackrest", &text(0), Some("other")), Err("it has no stanza `other`".into()));
    assert_eq!(read("pgbackrest", &text(3), None), Err("stanza `main`: no valid backups".into()));
}

#[test]
fn borg_with_and_without_sizes_and_our_own_form_are_read() {
    let info = r#"{"archives": [{"name": "db-1", "start": "2026-03-01T02:00:00.000000", "end": "2026-03-01T02:10:00.000000", "duration": 600.5,
        "stats": {"original_size": 77}}]}"#;
    assert_eq!(read("borg", info, None), Ok(vec!["db-1 2026-03-01 02:10 77 600.5 - false".into()]));
    let list = r#"{"archives": [{"name": "db-1", "start": "2026-03-01T02:00:00.000000"}, {"name": "web", "start": "2026-03-01T02:00:00.0"}]}"#;
    assert_eq!(read("borg", list, Some("db-")), Ok(vec!["db-1 2026-03-01 02:00 - - - false".into()]));
    let own = r#"[{"at": "2026-03-01T02:00:00Z", "bytes": 5, "sort": "full"}]"#;
    assert_eq!(read("command", own, None), Ok(vec![" 2026-03-01 02:00 5 - full false".into()]));
    assert!(read("command", "{}", None).is_err() && read("borg", "<html>", None).is_err());
}

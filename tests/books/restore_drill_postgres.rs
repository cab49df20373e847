//! A backup is restored beside its server and measured by marker rows; damage of any kind is found and named.

use crate::archive::Archive;
use crate::stage::Run;
use crate::support::postgres::{free_port, missing, psql};

/// A backup, rows after it, and an archive that has them all.
fn damaged(script: &str) -> Archive {
    let archive = Archive::new();
    archive.backup("20200101T000000Z");
    for round in 1..4 {
        archive.orders(round * 10_000, round * 10_000 + 999);
        archive.archived();
    }
    archive.server.stop();
    archive.sh(script);
    archive
}

fn restore<'a>(archive: &'a Archive, port: u16, more: &[(&str, &str)]) -> Run<'a> {
    let (folder, port) = (archive.path("restored").display().to_string(), port.to_string());
    let usual = [("RESTORE_DIR", folder.as_str()), ("RESTORE_PORT", port.as_str()), ("MARKER_SQL", "select max(at) from orders")];
    archive.run("restore-drill-postgres", &[&usual, more].concat())
}

#[test]
fn what_the_backup_playbook_made_comes_back_to_the_last_row() {
    if missing() {
        return;
    }
    let archive = Archive::new();
    let source = archive.server.port.to_string();
    let made = archive.run("backup-full-and-wal", &[("PGPORT", source.as_str())]);
    assert_eq!(made.state_of("the-wal-has-no-gap"), "succeeded");
    archive.orders(1001, 1500);
    archive.archived();
    archive.server.kill();

    let mut run = restore(&archive, free_port(), &[]);
    assert_eq!(run.state_of("remove-the-copy"), "succeeded", "{}", run.wrote("replay-the-wal"));
    assert!(run.wrote("replay-the-wal").contains("archive recovery complete"));
    assert!(!archive.path("restored").exists());
    println!("restore-drill-postgres: {}", run.wrote("the-newest-row-is-young-enough").lines().last().unwrap_or(""));
    run.say("tick", &["write-down-what-was-learnt", "1"]).is("completed");
}

#[test]
fn the_copy_has_every_row_and_leaves_the_live_server_and_the_archive_alone() {
    if missing() {
        return;
    }
    let archive = damaged("true");
    archive.server.start();
    let (port, before) = (free_port(), archive.names("wal"));
    // It stops before the copy is removed: the newest row is older than nothing at all.
    let run =
        restore(&archive, port, &[("MAX_LOSS_SECONDS", "0"), ("MARKER_SQL", "select max(at) - interval '1 hour' from orders")]);
    run.stopped_at("the-newest-row-is-young-enough", "waiting", "a disaster would have cost the last 36");
    let count = "select count(*), max(id) from orders";
    assert_eq!(psql(port, count), archive.server.try_sql(count));
    assert_eq!(psql(port, "show archive_mode").as_deref(), Ok("off"));
    assert_eq!(archive.names("wal"), before);
    let copy = archive.cluster.path().join("restored/data");
    crate::support::postgres::run(crate::support::postgres::program("pg_ctl").args(["-s", "-w", "stop", "-D"]).arg(copy));
}

#[test]
fn damage_is_named_before_anything_is_restored() {
    if missing() {
        return;
    }
    let last = "$(ls wal | grep -E '^[0-9A-F]{24}$' | tail -n 1)";
    let middle = "$(ls wal | grep -E '^[0-9A-F]{24}$' | tail -n 2 | head -n 1)";
    for (damage, step, why) in [
        (format!("truncate -s 5M wal/{last}"), "the-wal-has-no-gap", "is not whole: 5242880 of 16777216 bytes"),
        (format!("rm wal/{middle}"), "the-wal-has-no-gap", "segments are missing before"),
        (
            "sed -i 's/\"Size\": [0-9]*/\"Size\": 7/' backups/*/backup_manifest".into(),
            "the-backup-is-what-was-written",
            "manifest",
        ),
        (
            "printf x | dd of=backups/20200101T000000Z/base/1/1259 seek=9 bs=1 conv=notrunc".into(),
            "the-backup-is-what-was-written",
            "checksum mismatch",
        ),
        ("rm -r backups/*".into(), "choose-the-backup", "there is no backup in"),
    ] {
        let archive = damaged(&damage);
        restore(&archive, free_port(), &[]).stopped_at(step, "blocked", why);
        assert!(!archive.path("restored").exists(), "{damage}");
    }
}

#[test]
fn wal_that_is_whole_but_unreadable_is_found_by_the_marker() {
    if missing() {
        return;
    }
    // PostgreSQL takes the first record that it can't read for the end: it comes up without an error.
    let middle = "$(ls wal | grep -E '^[0-9A-F]{24}$' | tail -n 2 | head -n 1)";
    let archive = damaged(&format!("dd if=/dev/zero of=wal/{middle} bs=8192 count=100 conv=notrunc"));
    let marker = "select case when max(id) = 30999 then now() else now() - interval '1 day' end from orders";
    let run = restore(&archive, free_port(), &[("MARKER_SQL", marker)]);
    assert_eq!((run.state_of("replay-the-wal"), run.state_of("it-is-a-server-of-its-own")), ("succeeded", "succeeded"));
    run.stopped_at("the-newest-row-is-young-enough", "waiting", "newest row:");
}

#[test]
fn what_is_there_already_is_not_touched() {
    if missing() {
        return;
    }
    let archive = Archive::new();
    archive.backup("20200101T000000Z");
    archive.cluster.folder("restored");
    restore(&archive, free_port(), &[]).stopped_at("the-place-is-free", "blocked", "is there already");
    archive.sh("rmdir restored");
    restore(&archive, archive.server.port, &[]).stopped_at("the-place-is-free", "blocked", "somebody listens on port");
}

//! A full backup is taken, proved and put among the others, of which the right ones go; an unproved one puts nothing at risk.

use crate::archive::Archive;
use crate::stage::Run;
use crate::support::postgres::missing;
use chrono::{Days, NaiveDate, Utc};

fn back_up<'a>(archive: &'a Archive, more: &[(&str, &str)]) -> Run<'a> {
    let port = archive.server.port.to_string();
    archive.run("backup-full-and-wal", &[&[("PGPORT", port.as_str())], more].concat())
}

#[test]
fn a_backup_is_proved_and_old_ones_go_by_generation() {
    if missing() {
        return;
    }
    let archive = Archive::new();
    archive.backup("model");
    archive.orders(1001, 2000);
    archive.archived();
    // One for each of the last 60 days, the youngest of them yesterday's.
    let today = Utc::now().date_naive();
    let past: Vec<NaiveDate> = (1..=60).map(|days| today - Days::new(days)).collect();
    for day in &past {
        archive.sh(&format!("cp -al backups/model backups/{}T030000Z", day.format("%Y%m%d")));
    }
    archive.sh("rm -r backups/model");
    let wanted = [("KEEP_DAILY", "3"), ("KEEP_WEEKLY", "2"), ("KEEP_MONTHLY", "3")];
    let mut run = back_up(&archive, &wanted);
    run.say("tick", &["see-to-the-other-copy", "1", "2"]).is("completed");

    let all: Vec<NaiveDate> = [vec![today], past].concat();
    let mut stay = all[..3].to_vec();
    stay.extend(newest_of(&all, "%G-W%V", 2));
    stay.extend(newest_of(&all, "%Y%m", 3));
    stay.sort();
    stay.dedup();
    let left: Vec<String> = archive.names("backups").iter().map(|name| name[..8].to_owned()).collect();
    assert_eq!(
        left,
        stay.iter().map(|day| day.format("%Y%m%d").to_string()).collect::<Vec<_>>(),
        "{}",
        run.wrote("decide-what-may-go")
    );
    println!("backup-full-and-wal: {:.1} s until verified, {} of 61 backups stay", run.seconds_to_verified(), left.len());
}

/// The newest day of each of the newest so many weeks or months.
fn newest_of(days: &[NaiveDate], format: &str, count: usize) -> Vec<NaiveDate> {
    let name = |day: &NaiveDate| day.format(format).to_string();
    let mut newest: Vec<NaiveDate> = Vec::new();
    for day in days {
        if newest.last().is_none_or(|last| name(last) != name(day)) {
            newest.push(*day);
        }
    }
    newest.truncate(count);
    newest
}

#[test]
fn wal_that_no_backup_needs_goes_and_all_other_stays() {
    if missing() {
        return;
    }
    let archive = Archive::new();
    for round in 1..4 {
        archive.orders(round * 10_000, round * 10_000 + 10);
        archive.archived();
    }
    let before = archive.names("wal");
    let run = back_up(&archive, &[]);
    assert_eq!(
        (run.state_of("the-wal-has-no-gap"), run.state_of("let-old-backups-go")),
        ("succeeded", "skipped"),
        "{}",
        run.wrote("the-wal-has-no-gap")
    );
    let (backup, after) = (archive.names("backups").remove(0), archive.names("wal"));
    let label = std::fs::read_to_string(archive.path("backups").join(&backup).join("backup_label")).expect("a label");
    let first = label.split("(file ").nth(1).and_then(|rest| rest.split(')').next()).expect("a segment");
    assert!(before.iter().any(|name| name.as_str() < first), "there was something to remove: {before:?}");
    assert!(after.iter().all(|name| name.as_str() >= first) && after.contains(&first.to_owned()), "{first}: {after:?}");
}

#[test]
fn a_backup_that_can_not_be_proved_puts_nothing_at_risk() {
    if missing() {
        return;
    }
    let archive = Archive::new();
    // The disk lies: what pg_basebackup has written is not what is read back.
    archive.backup("20200101T000000Z");
    archive.archived();
    archive.sh("mkdir bin; cd bin; ln -s /usr/lib/postgresql/15/bin/* .; rm pg_basebackup");
    let lying = "#!/bin/sh\n/usr/lib/postgresql/15/bin/pg_basebackup \"$@\"\nprintf x | dd of=\"$2/base/1/1259\" seek=100 bs=1 conv=notrunc 2>/dev/null\n";
    std::fs::write(archive.path("bin/pg_basebackup"), lying).expect("written");
    archive.sh("chmod 755 bin/pg_basebackup");
    let bin = archive.path("bin").display().to_string();
    let run = back_up(&archive, &[("PG_BIN", &bin), ("KEEP_DAILY", "1"), ("KEEP_WEEKLY", "1"), ("KEEP_MONTHLY", "1")]);
    run.stopped_at("prove-that-it-is-whole", "failed", "checksum mismatch for file \"base/1/1259\"");
    let names = archive.names("backups");
    assert!(names.len() == 2 && names[0] == "20200101T000000Z" && names[1].ends_with(".partial"), "{names:?}");
}

#[test]
fn without_a_working_archive_no_backup_is_begun() {
    if missing() {
        return;
    }
    let archive = Archive::new();
    archive.server.sql("alter system set archive_command = 'false'");
    archive.server.sql("select pg_reload_conf()");
    archive.server.sql("select pg_switch_wal()");
    crate::support::until("the archive to fail", || {
        (archive.server.sql("select failed_count > 0 from pg_stat_archiver") == "t").then_some(())
    });
    back_up(&archive, &[]).stopped_at("archiving-has-not-failed-lately", "blocked", "t");
    let off = archive.cluster.primary("off", "");
    let port = off.port.to_string();
    archive.run("backup-full-and-wal", &[("PGPORT", port.as_str())]).stopped_at(
        "the-server-is-a-primary-that-archives",
        "blocked",
        "f|f",
    );
    assert_eq!(archive.names("backups"), Vec::<String>::new());
}

#[test]
fn a_gap_in_the_wal_is_named() {
    if missing() {
        return;
    }
    let archive = Archive::new();
    archive.backup("20200101T000000Z");
    let mut segments = Vec::new();
    for round in 1..4 {
        archive.orders(round * 10_000, round * 10_000 + 10);
        segments.push(archive.archived());
    }
    archive.sh(&format!("rm wal/{}", segments[1]));
    let run = back_up(&archive, &[]);
    run.stopped_at("the-wal-has-no-gap", "waiting", &format!("segments are missing before {}", segments[2]));
}

//! A table that was dropped comes back as it was just before; a moment that can't be reached changes nothing.

use crate::archive::Archive;
use crate::stage::Run;
use crate::support::postgres::{free_port, missing};
use crate::support::until;

/// The live server has lost its table; what it had at the returned moment is in backup and archive.
fn dropped() -> (Archive, String) {
    let archive = Archive::new();
    archive.backup("20200101T000000Z");
    // The end of a backup counts by whole seconds.
    let began = archive.server.sql("select extract(epoch from clock_timestamp())::bigint");
    until("the next second", || {
        (archive.server.sql(&format!("select clock_timestamp() > to_timestamp({began} + 2)")) == "t").then_some(())
    });
    archive.orders(2001, 2500);
    archive.server.sql("create index orders_at on orders (at)");
    let moment = archive.server.sql("select clock_timestamp()");
    archive.orders(9001, 9100);
    archive.server.sql("create table other (id int)");
    archive.server.sql("drop table orders");
    archive.server.sql("insert into other select generate_series(1, 50)");
    (archive, moment)
}

fn recover<'a>(archive: &'a Archive, moment: &str, more: &[(&str, &str)]) -> Run<'a> {
    let (live, folder, port) =
        (archive.server.port.to_string(), archive.path("restored").display().to_string(), free_port().to_string());
    let usual = [
        ("PGPORT", live.as_str()),
        ("PGDATABASE", "postgres"),
        ("TABLE", "orders"),
        ("TARGET_TIME", moment),
        ("RESTORE_DIR", folder.as_str()),
        ("RESTORE_PORT", port.as_str()),
    ];
    archive.run("point-in-time-recovery", &[&usual, more].concat())
}

#[test]
fn the_table_comes_back_as_it_was_at_the_moment_and_nothing_else_changes() {
    if missing() {
        return;
    }
    let (archive, moment) = dropped();
    let mut run = recover(&archive, &moment, &[]);
    assert_eq!(run.state_of("look-at-it"), "awaiting-input", "{}", run.wrote("wind-it-forward"));
    assert!(run.wrote("see-what-was-dropped-when").contains("removed"), "{}", run.wrote("see-what-was-dropped-when"));
    archive.orders_are_gone();
    run.say("tick", &["look-at-it", "1", "2"]).say("tick", &["make-it-less-likely", "1", "2"]).is("completed");
    assert_eq!(archive.server.sql("select count(*), max(id), (select count(*) from other) from orders"), "1500|2500|50");
    assert_eq!(archive.server.sql("select count(*) from pg_index where indrelid = 'orders'::regclass"), "2");
    assert!(!archive.path("restored").exists());
    println!("point-in-time-recovery: {:.1} s until verified, the 100 rows after the moment are lost", run.seconds_to_verified());
}

#[test]
fn a_moment_that_is_wrong_is_found_before_anything_is_carried_over() {
    if missing() {
        return;
    }
    let (archive, moment) = dropped();
    let run = recover(&archive, "2019-01-01 00:00:00+00", &[]);
    run.stopped_at("a-backup-was-finished-before-that-moment", "blocked", "no backup in");
    let late = archive.server.sql("select clock_timestamp()");
    archive.server.sql("insert into other values (1)");
    let mut run = recover(&archive, &late, &[]);
    assert_eq!(run.state_of("count-what-is-there"), "failed");
    assert!(run.wrote("count-what-is-there").contains("relation \"orders\" does not exist"));
    run.say("rollback", &["--yes"]).is("rolled-back");
    assert!(!archive.path("restored").exists());
    archive.orders_are_gone();
    let future = archive.server.sql("select clock_timestamp() + interval '1 day'");
    let run = recover(&archive, &future, &[]);
    run.stopped_at("wind-it-forward", "failed", "recovery ended before configured recovery target was reached");
    archive.sh("rm -r restored");
    archive.server.sql("create table orders (id int)");
    recover(&archive, &moment, &[]).stopped_at("the-table-is-gone", "blocked", "f");
}

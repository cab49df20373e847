//! A former primary becomes a standby again: by rewinding, by copying, by copying after a rewind that failed; and is left alone
//! where that would do harm.

use crate::stage::{Run, Stage};
use crate::support::postgres::{Cluster, Server, missing, program, run};

/// A pair that has parted: each has rows that the other lacks, and the new one is the primary.
struct Parted {
    stage: Stage,
    cluster: Cluster,
    old: Server,
    new: Server,
}

impl Parted {
    fn new() -> Self {
        let (stage, cluster) = (Stage::new(), Cluster::new());
        let old = cluster.primary("old", "");
        old.sql("create table orders (id int primary key)");
        let new = cluster.standby(&old, "new");
        old.sql("insert into orders select generate_series(1, 1000)");
        crate::support::until("the rows to arrive", || {
            (new.try_sql("select count(*) from orders").as_deref() == Ok("1000")).then_some(())
        });
        new.stop();
        old.sql("insert into orders select generate_series(1001, 1100)");
        old.kill();
        new.start();
        new.sql("select pg_promote(true, 60)");
        new.sql("insert into orders select generate_series(2001, 2200)");
        Self { stage, cluster, old, new }
    }

    fn rebuild(&self, more: &[(&str, &str)]) -> Run<'_> {
        let (old, new, data) = (self.old.port.to_string(), self.new.port.to_string(), self.old.data.display().to_string());
        let usual = [
            ("OLD_HOST", "127.0.0.1"),
            ("OLD_PORT", old.as_str()),
            ("NEW_HOST", "127.0.0.1"),
            ("NEW_PORT", new.as_str()),
            ("DATA_DIR", data.as_str()),
            ("SLOT", "old"),
            ("REPL_USER", "repl"),
        ];
        self.stage.run("pg-rebuild-standby", &[&usual, more].concat())
    }

    /// The old server has exactly the new one's rows, follows it, and is still itself.
    #[track_caller]
    fn follows(&self, run: &mut Run<'_>) {
        run.say("tick", &["clear-away", "1", "2", "3"]).is("completed");
        let rows = "select count(*), max(id), count(*) filter (where id between 1001 and 1100) from orders";
        assert_eq!(self.old.sql(rows), "1200|2200|0");
        assert_eq!(self.old.sql("select pg_is_in_recovery(), current_setting('cluster_name')"), "t|old");
        assert_eq!(self.new.sql("select active from pg_replication_slots where slot_name = 'old'"), "t");
        self.new.sql("insert into orders values (9999)");
        crate::support::until("a new row to arrive", || (self.old.sql("select max(id) from orders") == "9999").then_some(()));
    }
}

#[test]
fn a_crashed_primary_is_rewound_and_keeps_its_port_and_name() {
    if missing() {
        return;
    }
    let pair = Parted::new();
    let mut run = pair.rebuild(&[]);
    let states = (run.state_of("rewind-the-data"), run.state_of("copy-everything-afresh"));
    assert_eq!(states, ("succeeded", "skipped"), "{}", run.story());
    pair.follows(&mut run);
    println!(
        "pg-rebuild-standby by rewinding: {:.1} s until verified; 0 of the new primary's 1200 rows lost",
        run.seconds_to_verified()
    );
}

#[test]
fn without_checksums_everything_is_copied_and_the_old_data_is_kept_aside() {
    if missing() {
        return;
    }
    let pair = Parted::new();
    pair.old.start();
    pair.old.stop();
    run(program("pg_checksums").args(["--disable", "--no-sync", "-D"]).arg(&pair.old.data));
    let mut run = pair.rebuild(&[]);
    assert!(run.wrote("choose-the-method").contains("neither page checksums"), "{}", run.wrote("choose-the-method"));
    assert_eq!((run.state_of("rewind-the-data"), run.state_of("copy-everything-afresh")), ("skipped", "succeeded"));
    pair.follows(&mut run);
    let aside = pair.cluster.path().join(format!("old.before-{}", run.id()));
    assert!(aside.join("PG_VERSION").exists());
    println!(
        "pg-rebuild-standby by copying: {:.1} s until verified; 0 of the new primary's 1200 rows lost",
        run.seconds_to_verified()
    );
}

#[test]
fn after_a_rewind_that_failed_everything_is_copied() {
    if missing() {
        return;
    }
    let pair = Parted::new();
    // Without its own WAL it can neither be brought to a clean end nor be compared.
    for file in std::fs::read_dir(pair.old.data.join("pg_wal")).expect("a folder").flatten().filter(|file| file.path().is_file())
    {
        std::fs::remove_file(file.path()).expect("removed");
    }
    let mut run = pair.rebuild(&[]);
    assert!(run.wrote("choose-the-method").contains("copy: the rewind did not succeed"), "{}", run.wrote("choose-the-method"));
    pair.follows(&mut run);
}

#[test]
fn a_server_of_its_own_that_lost_its_folder_is_built_anew() {
    if missing() {
        return;
    }
    let pair = Parted::new();
    std::fs::remove_dir_all(&pair.old.data).expect("removed");
    let mut run = pair.rebuild(&[]);
    run.say("tick", &["clear-away", "1", "2", "3"]).is("completed");
    assert_eq!(pair.old.sql("select count(*), pg_is_in_recovery() from orders"), "1200|t");
}

#[test]
fn nothing_is_touched_where_it_would_do_harm() {
    if missing() {
        return;
    }
    let pair = Parted::new();
    let stranger = pair.cluster.primary("stranger", "");
    let port = stranger.port.to_string();
    pair.rebuild(&[("NEW_PORT", &port)]).stopped_at("both-are-of-one-family", "blocked", "ours");
    pair.rebuild(&[("REPL_USER", "nobody")]).stopped_at(
        "the-replication-role-is-let-in",
        "blocked",
        "role \"nobody\" does not exist",
    );
    let third = pair.cluster.standby(&pair.new, "third");
    let port = third.port.to_string();
    pair.rebuild(&[("NEW_PORT", &port)]).stopped_at("the-new-one-is-a-primary", "blocked", "t");
    pair.old.start();
    let (run, slots) = (pair.rebuild(&[]), "select string_agg(slot_name, ' ') from pg_replication_slots");
    run.stopped_at("the-old-server-is-down", "blocked", "server is running");
    assert_eq!(pair.old.sql("select count(*) from orders"), "1100", "its own rows are still there");
    assert_eq!(pair.new.sql(slots), "third", "no slot was left behind");
}

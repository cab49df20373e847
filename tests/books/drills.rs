//! Each playbook as a drill: the program itself builds the servers, runs the playbook on them, and clears everything away.

use crate::stage::{Run, Stage};
use crate::support::postgres::{Cluster, free_port, missing};

/// What a drill has to itself: the folder that the playbook builds in does not exist yet.
struct Scene {
    stage: Stage,
    cluster: Cluster,
}

impl Scene {
    fn new() -> Self {
        Self { stage: Stage::new(), cluster: Cluster::new() }
    }

    fn path(&self, name: &str) -> String {
        self.cluster.path().join("drill").join(name).display().to_string()
    }

    fn drill(&self, book: &str, params: &[(&str, String)]) -> Run<'_> {
        let folder = self.cluster.path().join("drill").display().to_string();
        let params = params.iter().map(|(name, value)| (*name, value.as_str()));
        self.stage.drill(book, &params.chain([("DRILL_DIR", folder.as_str())]).collect::<Vec<_>>())
    }

    /// It went through, and its folder is gone.
    #[track_caller]
    fn is_over(&self, run: &Run<'_>) {
        run.is("completed");
        assert!(!self.cluster.path().join("drill").exists(), "its folder is left");
    }
}

fn port() -> String {
    free_port().to_string()
}

#[test]
fn pg_primary_failover() {
    if missing() || crate::support::missing("haproxy") {
        return;
    }
    let scene = Scene::new();
    let loopback = || "127.0.0.1".to_owned();
    let mut run = scene.drill(
        "pg-primary-failover",
        &[
            ("OLD_HOST", loopback()),
            ("NEW_HOST", loopback()),
            ("OLD_PORT", port()),
            ("NEW_PORT", port()),
            ("LB_PORT", port()),
            ("WRITE_PORT", port()),
        ],
    );
    assert_eq!((run.state_of("fence-the-machine"), run.state_of("choose")), ("skipped", "awaiting-input"), "{}", run.story());
    run.say("answer", &["choose", "Accept"]).say("approve", crate::site::APPROVAL).say("resume", &[]);
    scene.is_over(&run);
    println!("drill of pg-primary-failover: {}", run.wrote("measure").trim());
}

#[test]
fn pg_rebuild_standby() {
    if missing() {
        return;
    }
    let scene = Scene::new();
    let loopback = || "127.0.0.1".to_owned();
    let places = [("OLD_HOST", loopback()), ("NEW_HOST", loopback()), ("OLD_PORT", port()), ("NEW_PORT", port())];
    let mut run = scene.drill("pg-rebuild-standby", &[&places[..], &[("DATA_DIR", scene.path("old"))]].concat());
    assert_eq!(run.state_of("rewind-the-data"), "succeeded", "{}", run.story());
    run.say("tick", &["clear-away", "1", "2", "3"]);
    scene.is_over(&run);
}

#[test]
fn backup_full_and_wal() {
    if missing() {
        return;
    }
    let scene = Scene::new();
    let places = [("BACKUP_DIR", scene.path("backups")), ("WAL_DIR", scene.path("wal")), ("PGPORT", port())];
    let mut run = scene.drill("backup-full-and-wal", &places);
    run.say("tick", &["see-to-the-other-copy", "1", "2"]);
    scene.is_over(&run);
}

#[test]
fn restore_drill_postgres() {
    if missing() {
        return;
    }
    let scene = Scene::new();
    let places = [("BACKUP_DIR", scene.path("backups")), ("WAL_DIR", scene.path("wal")), ("RESTORE_DIR", scene.path("restored"))];
    let more = [("RESTORE_PORT", port()), ("MARKER_SQL", "select max(at) from orders".to_owned())];
    let run = scene.drill("restore-drill-postgres", &[&places[..], &more].concat());
    scene.is_over(&run);
}

#[test]
fn point_in_time_recovery() {
    if missing() {
        return;
    }
    let scene = Scene::new();
    let soon = (chrono::Utc::now() + chrono::TimeDelta::seconds(15)).format("%F %T+00").to_string();
    let places = [("BACKUP_DIR", scene.path("backups")), ("WAL_DIR", scene.path("wal")), ("RESTORE_DIR", scene.path("restored"))];
    let more = [
        ("PGPORT", port()),
        ("RESTORE_PORT", port()),
        ("PGDATABASE", "shop".to_owned()),
        ("TABLE", "orders".to_owned()),
        ("TARGET_TIME", soon),
    ];
    let mut run = scene.drill("point-in-time-recovery", &[&places[..], &more].concat());
    assert!(run.wrote("count-what-is-there").starts_with("1000 rows"), "{}", run.story());
    run.say("tick", &["look-at-it", "1", "2"]).say("tick", &["make-it-less-likely", "1", "2"]);
    scene.is_over(&run);
}

#[test]
fn schema_rollback() {
    if missing() {
        return;
    }
    let scene = Scene::new();
    let places = [("KEEP_DIR", scene.path("")), ("DOWN_SCRIPT", scene.path("down.sql")), ("PGPORT", port())];
    let names = [("PGDATABASE", "shop"), ("MIGRATION", "0002_discount"), ("TABLES", "customers orders")];
    let names = names.map(|(name, value)| (name, value.to_owned()));
    let mut run = scene.drill("schema-rollback", &[&places[..], &names].concat());
    run.say("tick", &["keep-both-sides-together", "1", "2", "3"]);
    scene.is_over(&run);
}

#[test]
fn a_drill_touches_no_server_but_its_own() {
    if missing() {
        return;
    }
    let scene = Scene::new();
    let server = scene.cluster.primary("live", "");
    let places = [("BACKUP_DIR", scene.path("backups")), ("WAL_DIR", scene.path("wal"))];
    let taken = scene.drill("backup-full-and-wal", &[&places[..], &[("PGPORT", server.port.to_string())]].concat());
    assert!(taken.wrote("build-a-server-that-archives").contains("somebody listens on port"), "{}", taken.story());
    assert_ne!(taken.state_of("take-it"), "succeeded");
    assert_eq!(server.sql("select 1"), "1", "it was not ended either");
}

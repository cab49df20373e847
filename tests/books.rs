//! The bundled playbooks for PostgreSQL, run end to end by the program itself against real servers on loopback.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a test on the real clock, disk and processes")]

mod support;

#[path = "books/archive.rs"]
mod archive;
#[path = "books/backup_full_and_wal.rs"]
mod backup_full_and_wal;
#[path = "books/drills.rs"]
mod drills;
#[path = "books/held.rs"]
mod held;
#[path = "books/pg_primary_failover.rs"]
mod pg_primary_failover;
#[path = "books/pg_rebuild_standby.rs"]
mod pg_rebuild_standby;
#[path = "books/point_in_time_recovery.rs"]
mod point_in_time_recovery;
#[path = "books/restore_drill_postgres.rs"]
mod restore_drill_postgres;
#[path = "books/rig.rs"]
mod rig;
#[path = "books/schema_rollback.rs"]
mod schema_rollback;
#[path = "books/site.rs"]
mod site;
#[path = "books/stage.rs"]
mod stage;

//! The playbooks that come with the program.

macro_rules! bundled {
    ($($name:literal,)*) => {
        /// File names and texts, sorted by name; a test compares the list with the folder `playbooks`.
        pub const BUNDLED: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../playbooks/", $name))),)*];
    };
}

bundled! {
    "alert-pipeline-check.md",
    "backup-differential-files.md",
    "backup-full-and-wal.md",
    "blue-green-switch.md",
    "command-handoff.md",
    "config-rollback.md",
    "db-failover.md",
    "disk-filling.md",
    "isolate-noisy-tenant.md",
    "lb-drain-node.md",
    "pg-primary-failover.md",
    "pg-rebuild-standby.md",
    "point-in-time-recovery.md",
    "redis-replica-replace.md",
    "redis-sentinel-failover.md",
    "restore-drill-postgres.md",
    "rolling-deploy-nginx.md",
    "schema-rollback.md",
    "table-restore.md",
    "wal-volume-filling.md",
    "weekly-practice.md",
}

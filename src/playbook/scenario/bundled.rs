//! The scenarios that come with the program.

macro_rules! bundled {
    ($($name:literal,)*) => {
        /// File names and texts, sorted by name; a test compares the list with the folder `playbooks/scenarios`.
        pub const BUNDLED: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../playbooks/scenarios/", $name))),)*];
    };
}

bundled! {
    "alert-storm.yaml",
    "backup-silently-missing.yaml",
    "bad-configuration-deployed.yaml",
    "certificate-expiring.yaml",
    "disk-fills.yaml",
    "everything-offline.yaml",
    "load-balancer-node-sick.yaml",
    "noisy-tenant.yaml",
    "primary-database-dies.yaml",
    "redis-primary-dies.yaml",
    "replication-lag-then-failover.yaml",
    "table-dropped.yaml",
    "vendor-outage.yaml",
}

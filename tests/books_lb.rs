//! The bundled playbooks that deploy, balance, isolate, replicate and back up: run from end to end by the program itself
//! against the real software on loopback, each also where it must stop or fail.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests use real folders, processes and servers")]

mod support;

#[path = "books_lb/lab.rs"]
mod lab;

#[path = "books_lb/alert_pipeline_check.rs"]
mod alert_pipeline_check;
#[path = "books_lb/backup_differential_files.rs"]
mod backup_differential_files;
#[path = "books_lb/blue_green_switch.rs"]
mod blue_green_switch;
#[path = "books_lb/command_handoff.rs"]
mod command_handoff;
#[path = "books_lb/config_rollback.rs"]
mod config_rollback;
#[path = "books_lb/disk_filling.rs"]
mod disk_filling;
#[path = "books_lb/drills.rs"]
mod drills;
#[path = "books_lb/held.rs"]
mod held;
#[path = "books_lb/isolate_noisy_tenant.rs"]
mod isolate_noisy_tenant;
#[path = "books_lb/lb_drain_node.rs"]
mod lb_drain_node;
#[path = "books_lb/redis_replica_replace.rs"]
mod redis_replica_replace;
#[path = "books_lb/redis_sentinel_failover.rs"]
mod redis_sentinel_failover;
#[path = "books_lb/rolling_deploy_nginx.rs"]
mod rolling_deploy_nginx;
#[path = "books_lb/users.rs"]
mod users;
#[path = "books_lb/weekly_practice.rs"]
mod weekly_practice;

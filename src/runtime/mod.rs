//! Under construction.

#[expect(clippy::disallowed_methods, reason = "asks in the background: it spawns the tasks that wait, and measures intervals")]
pub mod poller;
#[expect(
    clippy::disallowed_methods,
    reason = "implements the ports: the one place that touches clock, disk, sockets and processes for adapters"
)]
pub mod ports;
#[expect(clippy::disallowed_methods, reason = "a detached process of its own: it owns its files, threads, clock and child")]
pub mod supervisor;

//! Under construction.

#[expect(
    clippy::disallowed_methods,
    reason = "implements the ports: the one place that touches clock, disk, sockets and processes for adapters"
)]
pub mod ports;

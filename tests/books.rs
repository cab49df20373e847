//! The bundled playbooks for PostgreSQL, run end to end against real servers on loopback.

#![allow(clippy::disallowed_methods, reason = "a test on the real clock, disk and processes")]

mod support;

#[path = "books/rig.rs"]
mod rig;

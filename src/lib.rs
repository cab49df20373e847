//! midwatch: live health, the alert queue, playbooks and the incident log on one screen.
//!
//! ```text
//!  keys ─► tui::keymap ─► Action ─► Screen::update(&World) ─► Command | Ui request
//!  cli subcommand ──────────────────────────────────────────► Command
//!  feeds/sources/steps/journal/timers ─► runtime ───────────► Fact
//!                     Event = Stamp + (Command | Fact | Tick), numbered by one sequencer
//!                     World::update(Event) -> Vec<Effect>      pure: no clock, no I/O, no async
//!       render(&World, &Screen, &Theme) ◄──┴──► runtime::perform ─► every result returns as a Fact
//! ```
//!
//! A `Command` changes nothing by itself: it asks the journal to record. What the journal has
//! recorded is folded into the `World` and only then acted upon. `docs/architecture.md` has the
//! rules, who may import whom, and where a new kind of anything goes.

#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests use the real clock, disk and processes")
)]

pub mod domain;
pub mod model;
pub mod ports;

pub mod exports;
pub mod feeds;
#[expect(clippy::disallowed_methods, reason = "owns the data folder, its locks, and the ids and times of entries")]
pub mod journal;
pub mod playbook;
pub mod sources;
pub mod steps;
pub mod tellers;

pub mod config;
pub mod runtime;
pub mod tui;

pub mod cli;

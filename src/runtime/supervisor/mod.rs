//! Commands outlive the console: each attempt of a command is run by a small detached process of this same binary.
//!
//! Owns the folder of an attempt and its protocol: who writes which file, when, and what a later console may conclude from
//! what it finds there. Knows nothing of playbooks, runs or the journal. Invariant: an attempt's block is started at most once,
//! whatever is killed and whoever looks, and how it ended is either known from the kernel's own word or said to be unknown. A block
//! that is given the terminal stays in the console's session and ends with it; its record is written all the same.
//!
//! ```text
//! runs/<run>/<step>.<attempt>/
//!   intent.json   what was ordered                         the console, before anything else
//!   block         the text to run                          the console, last before it spawns
//!   lock          held (flock) while the block is watched   the supervisor
//!   started.json  who supervises, since when                the supervisor, before it starts the block
//!   out err       what the block wrote                     the supervisor
//!   index         `offset stream wall_ms`, the interleaving  the supervisor
//!   outputs       `NAME=value` for later steps             the block; without its secrets, the supervisor
//!   control       a line `cancel <who>` asks for the end     any console
//!   exit.json     how it ended; complete or not there       the supervisor
//!   fenced        nobody may start this any more            a console that found it never started
//!   log           the supervisor's own words
//! ```

mod capture;
mod folder;
mod launch;
mod processes;
mod send;
mod stop;
mod terminal;
mod verdict;
mod watch;

pub use folder::{Exit, Folder, Order, Refusal, Started, VERSION};
pub use launch::{Attempt, launch, own_binary};
pub use processes::{Process, boot_id};
pub use verdict::{Evidence, Verdict, Why, adopt, observe, verdict};
pub use watch::supervise;

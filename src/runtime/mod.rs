//! The shell: the only place that touches clocks, the network, the disk, processes and threads. It numbers events, hands
//! them to the `World` one by one, performs the effects that come back, and draws through a `Frontend` that `cli` fills.

#[expect(clippy::disallowed_methods, reason = "owns the files of the cache, and the threads that read and write them")]
pub mod cache;
#[expect(clippy::disallowed_methods, reason = "each attempt has a thread that starts its supervisor and reads its files")]
pub mod driver;
mod listener;
mod loose;
#[expect(clippy::disallowed_methods, reason = "notice of changes comes to a thread of its own, which looks which file is there")]
pub mod notice;
#[expect(clippy::disallowed_methods, reason = "the clock of a replay runs by the real one")]
pub mod player;
#[expect(clippy::disallowed_methods, reason = "asks in the background: it spawns the tasks that wait, and measures intervals")]
pub mod poller;
#[expect(
    clippy::disallowed_methods,
    reason = "implements the ports: the one place that touches clock, disk, sockets and processes for adapters"
)]
pub mod ports;
#[expect(clippy::disallowed_methods, reason = "owns the file of a recording and the thread that writes it")]
pub mod recording;
#[expect(clippy::disallowed_methods, reason = "the one owner of the journal is a thread of its own")]
pub mod scribe;
#[expect(clippy::disallowed_methods, reason = "the loop has the timer and starts the acts that it waits for")]
pub mod shell;
#[expect(clippy::disallowed_methods, reason = "a detached process of its own: it owns its files, threads, clock and child")]
pub mod supervisor;
pub mod upstream;
#[expect(clippy::disallowed_methods, reason = "waiting for a lock needs a thread that may block")]
mod watcher;

pub use listener::{Doors, Listens, covers};
pub use shell::{Ask, Frontend, Polling, Setup, Shell};
pub use watcher::Turn;

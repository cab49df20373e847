//! The durable log of this machine: what is in it has happened, and nothing is acted upon before it is in it.
//!
//! Owns the data folder's `journal.db`, `watch.lock`, `listening` and `reserve`. Knows entries, but not what they mean to the
//! world. Invariants: an append is one transaction or nothing; nothing of the chain is kept in memory, so any number
//! of processes may share a folder; no read transaction outlives the call that made it.

mod against;
mod append;
mod copy;
mod decode;
mod disk;
mod error;
pub mod evidence;
mod file;
mod folder;
mod listening;
mod load;
mod open;
mod origin;
mod reserve;
mod shape;
pub mod sqlite;
mod verify;
mod watch;

pub use copy::{backup, restore};
pub use error::JournalError;
pub use listening::{Elsewhere, listen_elsewhere, listened_elsewhere};
pub use sqlite::{Options, SqliteJournal};
pub use verify::{Problem, Report, verify};
pub use watch::{FILE as WATCH_LOCK, Hold, WatchLock, Whose, last_sign, take_over, try_watch, wait_to_watch};

use crate::domain::entry::{Draft, Entry, Head};
use crate::domain::ids::{AlertId, EntryId, IncidentId, PlaybookId, RunId, ServiceName};
use crate::domain::incident::Past;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an append has made durable.
#[derive(Debug, Clone, PartialEq)]
pub struct Appended {
    /// One for each draft, in their order. For a draft whose `key` was there already, the entry that has it.
    pub entries: Vec<Arc<Entry>>,
    /// The folder was copied, moved or restored: the entry with which its new origin began.
    pub begun: Option<Arc<Entry>>,
    /// The disk was full, and the reserve was given up for this append. Tell the operator: there is no second one.
    pub reserve_freed: bool,
}

/// Entries come sorted in the order of the fold (clock, origin, seq), each with the corrections that name it.
pub trait Journal: Send {
    /// Makes these drafts durable, all of them or none. `wall` is now; ids and clocks are made of it.
    ///
    /// # Errors
    /// Nothing was recorded, but for `JournalError::Doubtful`: then nobody can say.
    fn append(&mut self, drafts: Vec<Draft>, wall: DateTime<Utc>) -> Result<Appended, JournalError> {
        self.append_if(&|| true, drafts, wall)
    }

    /// The same, if whoever asks still `may` when nobody else can write: `JournalError::Ousted`, if not.
    ///
    /// # Errors
    /// As those of `append`.
    fn append_if(&mut self, may: &dyn Fn() -> bool, drafts: Vec<Draft>, wall: DateTime<Utc>) -> Result<Appended, JournalError>;

    /// What a process needs to know at its start: everything about open incidents, unexpired acknowledgements, open
    /// episodes, acts and runs that have not ended, and the newest 1,000 entries. Handed out one by one.
    ///
    /// # Errors
    /// The journal can't be read; what was handed out before stands in it.
    fn open_state(&mut self, now: DateTime<Utc>, each: &mut dyn FnMut(Arc<Entry>)) -> Result<(), JournalError>;

    /// Whether another process has written since `open_state` or `news` was last called. Takes microseconds.
    ///
    /// # Errors
    /// The journal can't be read.
    fn changed(&mut self) -> Result<bool, JournalError>;

    /// What has been written since `open_state` or `news` was last called. Entries of our own may be among it.
    ///
    /// # Errors
    /// The journal can't be read.
    fn news(&mut self) -> Result<Vec<Arc<Entry>>, JournalError>;

    /// The entries of an incident: its own, and those linked to it and not unlinked since. What a correction moved to
    /// another incident is still there: apply the corrections before looking at `incident`.
    ///
    /// # Errors
    /// The journal can't be read.
    fn of_incident(&mut self, incident: IncidentId) -> Result<Vec<Arc<Entry>>, JournalError>;

    /// What is on record of times at which a source did not answer, or there was a storm, whatever incident it is of.
    ///
    /// # Errors
    /// The journal can't be read.
    fn gaps(&mut self) -> Result<Vec<Arc<Entry>>, JournalError>;

    /// All entries of a run.
    ///
    /// # Errors
    /// The journal can't be read.
    fn of_run(&mut self, run: RunId) -> Result<Vec<Arc<Entry>>, JournalError>;

    /// The entries of all runs of one playbook.
    ///
    /// # Errors
    /// The journal can't be read.
    fn of_playbook(&mut self, playbook: &PlaybookId) -> Result<Vec<Arc<Entry>>, JournalError>;

    /// The entries of all runs that people began, and what was said of practice, since then.
    ///
    /// # Errors
    /// The journal can't be read.
    fn practice(&mut self, since: DateTime<Utc>) -> Result<Vec<Arc<Entry>>, JournalError>;

    /// The entries that make all incidents what they are: declarations, statuses, severities, titles, roles, links.
    ///
    /// # Errors
    /// The journal can't be read.
    fn incidents(&mut self) -> Result<Vec<Arc<Entry>>, JournalError>;

    /// The declarations that `target` may mean: `INC-7`, `7`, or an id's beginning. One for each origin that has such a number.
    ///
    /// # Errors
    /// The journal can't be read.
    fn declared(&mut self, target: &str) -> Result<Vec<Arc<Entry>>, JournalError>;

    /// One entry, as it was recorded.
    ///
    /// # Errors
    /// The journal can't be read.
    fn by_id(&mut self, id: EntryId) -> Result<Option<Arc<Entry>>, JournalError>;

    /// Entries whose id begins so; at most 20.
    ///
    /// # Errors
    /// The journal can't be read.
    fn by_prefix(&mut self, prefix: &str) -> Result<Vec<Arc<Entry>>, JournalError>;

    /// The newest entries in the order of the fold.
    ///
    /// # Errors
    /// The journal can't be read.
    fn recent(&mut self, limit: usize) -> Result<Vec<Arc<Entry>>, JournalError>;

    /// What happened (`at`, as it was recorded) from the one time up to and without the other.
    ///
    /// # Errors
    /// The journal can't be read.
    fn between(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Arc<Entry>>, JournalError>;

    /// What the journal knows of alerts that fired, ended, were acknowledged or had a playbook run for them since then: of one, or of
    /// all; the newest `limit` entries, with their corrections.
    ///
    /// # Errors
    /// The journal can't be read.
    fn past(&mut self, alert: Option<&AlertId>, since: DateTime<Utc>, limit: usize) -> Result<Vec<Arc<Entry>>, JournalError>;

    /// What an incident takes in of what happened between these times to one of these alerts or services and was recorded as part of no
    /// incident, with its corrections. Of more than `limit` what stands alone comes first, then what is about these alerts, then what somebody
    /// did, and of each what happened last. The sights of their sources and storms stand alone.
    ///
    /// # Errors
    /// The journal can't be read.
    fn preceding(
        &mut self,
        times: (DateTime<Utc>, DateTime<Utc>),
        alerts: &BTreeSet<AlertId>,
        services: &BTreeSet<ServiceName>,
        limit: usize,
    ) -> Result<Past, JournalError>;

    /// Where each chain stands, sorted by origin.
    ///
    /// # Errors
    /// The journal can't be read.
    fn heads(&mut self) -> Result<Vec<Head>, JournalError>;

    /// Hands every entry out in the order of arrival, a thousand in memory at a time.
    ///
    /// # Errors
    /// The journal can't be read, or `each` says so.
    fn for_each(&mut self, each: &mut dyn FnMut(Arc<Entry>) -> std::io::Result<()>) -> Result<(), JournalError>;
}

//! The journal in one SQLite file: write-ahead log, a sync for every commit, any number of processes.

use super::append::{self, Ids};
use super::{Appended, Journal, JournalError, file, folder, load, origin, reserve};
use crate::domain::entry::{Draft, Entry, Head};
use crate::domain::ids::{AlertId, EntryId, IncidentId, PlaybookId, RunId, ServiceName};
use crate::domain::incident::Past;
use chrono::{DateTime, Utc};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a journal is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Nothing is written.
    pub read_only: bool,
    /// What tells this machine from others; by default the system's machine id.
    pub machine: Option<String>,
    /// Size of the reserve for a full disk, in bytes.
    pub reserve: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { read_only: false, machine: None, reserve: reserve::SIZE }
    }
}

pub struct SqliteJournal {
    folder: PathBuf,
    place: String,
    options: Options,
    /// `None` once a reopening has failed; the next call tries again.
    db: Option<Connection>,
    /// All entries up to this place have been handed out by `open_state` or `news`.
    cursor: i64,
    /// `PRAGMA data_version` when other processes' writes were last looked for.
    version: i64,
    /// The reserve was given up, and nobody has been told yet.
    freed: bool,
    /// The disk has no room for a reserve.
    unreserved: bool,
    /// The disk was too full even to open the journal for writing: it is read until there is room.
    only_read: bool,
}

/// When it is, and whether whoever appends still may.
type Leave<'a> = (DateTime<Utc>, &'a dyn Fn() -> bool);

/// A `data_version` that no connection has: a new connection counts from another number.
const NEVER: i64 = -1;

impl SqliteJournal {
    /// Opens the journal of a data folder; makes both where they are missing, unless it is only to be read.
    ///
    /// # Errors
    /// The folder is not ours alone or not on a disk of this machine; the file is damaged, read-only or of a newer format.
    pub fn open(folder: &Path, options: Options) -> Result<Self, JournalError> {
        let folder = folder::ready(folder, options.read_only)?;
        let machine = options.machine.clone().unwrap_or_else(origin::machine);
        let place = origin::place(&machine, &folder);
        let mut journal = Self {
            folder,
            place,
            options,
            db: None,
            cursor: 0,
            version: NEVER,
            freed: false,
            unreserved: false,
            only_read: false,
        };
        journal.connect()?;
        if journal.only_read && !journal.options.read_only && journal.give_up_reserve() {
            // Even opening needs some room: for what SQLite shares between processes.
            journal.db = None;
            journal.connect()?;
        }
        if !journal.options.read_only && !journal.freed {
            journal.unreserved = !reserve::keep(&journal.folder, journal.options.reserve);
        }
        Ok(journal)
    }

    /// When the disk is full, nothing will keep room for the entries of the night: there is too little to set any aside.
    pub fn unreserved(&self) -> bool {
        self.unreserved
    }

    /// The data folder by its real path.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn file(&self) -> PathBuf {
        file::path(&self.folder)
    }

    fn connect(&mut self) -> Result<(), JournalError> {
        self.connection().map(|_| ())
    }

    fn connection(&mut self) -> Result<&mut Connection, JournalError> {
        let db = match self.db.take() {
            Some(db) => db,
            None => {
                self.version = NEVER;
                self.open_file()?
            }
        };
        Ok(self.db.insert(db))
    }

    /// What was recorded can be read on a full disk too.
    fn open_file(&mut self) -> Result<Connection, JournalError> {
        let file = self.file();
        self.only_read = self.options.read_only;
        match if self.only_read { file::read(&file) } else { file::open(&file) } {
            Err(error) if error.is_full() && !self.only_read && file.exists() => {
                self.only_read = true;
                file::read(&file).map_err(|_| error)
            }
            opened => opened,
        }
    }

    /// Reads; what goes wrong is told in the operator's words.
    pub(super) fn read<T>(&mut self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, JournalError> {
        let file = self.file();
        read(self.connection()?).map_err(|error| JournalError::of(&error, &file))
    }

    fn give_up_reserve(&mut self) -> bool {
        let freed = reserve::give_up(&self.folder);
        self.freed |= freed;
        freed
    }

    fn attempt(&mut self, ids: &Ids, drafts: &[Draft], leave: Leave) -> Result<Appended, JournalError> {
        let (file, place) = (self.file(), self.place.clone());
        let appended = append::append(self.connection()?, &place, ids, drafts, leave);
        let appended = appended.map_err(|error| JournalError::of(&error, &file))?;
        let (appended, stored) = appended.ok_or(JournalError::Ousted)?;
        if stored.start == self.cursor + 1 {
            // Nobody came between: `news` needn't read them.
            self.cursor = stored.end - 1;
        }
        Ok(appended)
    }

    /// A commit that reported failure may be there all the same: it is looked for before anything is said or tried again.
    fn settle(&mut self, error: JournalError, ids: &Ids, drafts: &[Draft], leave: Leave) -> Result<Appended, JournalError> {
        let freed = error.is_full() && self.give_up_reserve();
        match self.look(ids, drafts) {
            Ok(Some(found)) => Ok(found),
            Ok(None) if freed => self.attempt(ids, drafts, leave).or_else(|error| self.settle(error, ids, drafts, leave)),
            Ok(None) => Err(error),
            Err(unreadable) => Err(JournalError::Doubtful { file: self.file(), detail: format!("{error} {unreadable}") }),
        }
    }

    /// Reopens, so that only what is in the files counts, and looks for what was to be appended.
    fn look(&mut self, ids: &Ids, drafts: &[Draft]) -> Result<Option<Appended>, JournalError> {
        self.db = None;
        let found = self.read(|db| append::found(db, ids, drafts))?;
        if found.is_some() {
            // What was written may have been dropped by the system when the sync failed: now it is written anew.
            self.read(|db| db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)))?;
        }
        Ok(found)
    }
}

impl Journal for SqliteJournal {
    fn append_if(&mut self, may: &dyn Fn() -> bool, drafts: Vec<Draft>, wall: DateTime<Utc>) -> Result<Appended, JournalError> {
        if self.options.read_only {
            return Err(JournalError::ReadOnly { file: self.file(), why: "midwatch was started with --read-only".into() });
        }
        if self.only_read {
            self.db = None;
        }
        self.connect()?;
        if self.only_read {
            return Err(JournalError::Full { file: self.file() });
        }
        let ids = Ids::new(drafts.len(), wall);
        let appended = self.attempt(&ids, &drafts, (wall, may)).or_else(|error| match error {
            // It never began.
            JournalError::Busy { .. } | JournalError::ReadOnly { .. } | JournalError::Ousted => Err(error),
            _ => self.settle(error, &ids, &drafts, (wall, may)),
        })?;
        Ok(Appended { reserve_freed: std::mem::take(&mut self.freed), ..appended })
    }

    fn open_state(&mut self, now: DateTime<Utc>, each: &mut dyn FnMut(Arc<Entry>)) -> Result<(), JournalError> {
        let (cursor, version) = self.read(|db| {
            let tx = db.unchecked_transaction()?;
            load::open_state(&tx, now, each)?;
            Ok((load::last(&tx)?, data_version(&tx)?))
        })?;
        (self.cursor, self.version) = (cursor, version);
        Ok(())
    }

    fn changed(&mut self) -> Result<bool, JournalError> {
        Ok(self.read(data_version)? != self.version)
    }

    fn news(&mut self) -> Result<Vec<Arc<Entry>>, JournalError> {
        let cursor = self.cursor;
        let (found, version) = self.read(|db| {
            let tx = db.unchecked_transaction()?;
            Ok((load::after(&tx, cursor, usize::MAX >> 1)?, data_version(&tx)?))
        })?;
        self.cursor = found.last().map_or(cursor, |(n, _)| *n);
        self.version = version;
        let mut entries: Vec<_> = found.into_iter().map(|(_, entry)| entry).collect();
        entries.sort_by_key(|entry| entry.order());
        Ok(entries)
    }

    fn of_incident(&mut self, incident: IncidentId) -> Result<Vec<Arc<Entry>>, JournalError> {
        self.read(|db| load::of_incident(db, incident))
    }

    fn gaps(&mut self) -> Result<Vec<Arc<Entry>>, JournalError> {
        self.read(load::gaps)
    }

    fn of_run(&mut self, run: RunId) -> Result<Vec<Arc<Entry>>, JournalError> {
        self.read(|db| load::of_run(db, &run.to_string()))
    }

    fn of_playbook(&mut self, playbook: &PlaybookId) -> Result<Vec<Arc<Entry>>, JournalError> {
        self.read(|db| load::of_playbook(db, playbook.as_str()))
    }

    fn practice(&mut self, since: DateTime<Utc>) -> Result<Vec<Arc<Entry>>, JournalError> {
        self.read(|db| load::practice(db, since))
    }

    fn incidents(&mut self) -> Result<Vec<Arc<Entry>>, JournalError> {
        self.read(load::incidents)
    }

    fn declared(&mut self, target: &str) -> Result<Vec<Arc<Entry>>, JournalError> {
        self.read(|db| load::declared(db, target))
    }

    fn by_id(&mut self, id: EntryId) -> Result<Option<Arc<Entry>>, JournalError> {
        self.read(|db| load::by_id(db, &id.to_string()))
    }

    fn by_prefix(&mut self, prefix: &str) -> Result<Vec<Arc<Entry>>, JournalError> {
        self.read(|db| load::by_prefix(db, prefix, 20))
    }

    fn recent(&mut self, limit: usize) -> Result<Vec<Arc<Entry>>, JournalError> {
        self.read(|db| load::recent(db, limit))
    }

    fn between(&mut self, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Arc<Entry>>, JournalError> {
        self.read(|db| load::between(db, from, to))
    }

    fn past(&mut self, alert: Option<&AlertId>, since: DateTime<Utc>, limit: usize) -> Result<Vec<Arc<Entry>>, JournalError> {
        self.read(|db| load::past(db, alert, since, limit))
    }

    fn preceding(
        &mut self,
        times: (DateTime<Utc>, DateTime<Utc>),
        alerts: &BTreeSet<AlertId>,
        services: &BTreeSet<ServiceName>,
        limit: usize,
    ) -> Result<Past, JournalError> {
        self.read(|db| load::preceding(db, times, (alerts, services), limit))
    }

    fn heads(&mut self) -> Result<Vec<Head>, JournalError> {
        self.read(load::heads)
    }

    fn for_each(&mut self, each: &mut dyn FnMut(Arc<Entry>) -> std::io::Result<()>) -> Result<(), JournalError> {
        let mut cursor = 0;
        loop {
            let page = self.read(|db| load::after(db, cursor, 1_000))?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            cursor = *last;
            for (_, entry) in page {
                each(entry).map_err(|error| JournalError::Failed { file: self.file(), detail: error.to_string() })?;
            }
        }
    }
}

/// Differs after another connection has committed.
fn data_version(db: &Connection) -> rusqlite::Result<i64> {
    db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}

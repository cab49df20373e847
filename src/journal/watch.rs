//! Which process of a data folder records what happens outside: the one that holds the lock of the file `watch.lock`, for as long as it is
//! that file which has this name. What stands in it is the last sign of life of its holder, and below it that of whoever watched before, until it is on
//! record that nobody did in between: a holder that ends before that does not take the beginning of that time along.
//!
//! Whoever takes the watch from a process that gives none puts another file in its place, in the journal's write transaction. An append
//! of the watcher looks in its own transaction whether it still is (`Hold::whose`): so nothing is recorded by two.

use super::{JournalError, file};
use crate::domain::watcher::Watcher;
use chrono::{DateTime, Utc};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use rusqlite::TransactionBehavior;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const FILE: &str = "watch.lock";
/// More than two signs of life have.
const LONGEST: u64 = 100;

/// While this lives, this process is the watcher. The system lets go of it even if the process is killed.
#[derive(Debug)]
pub struct WatchLock {
    // Gives the lock back by itself, whoever holds the file beside it.
    _held: Flock<File>,
    hold: Hold,
    /// Who watched before, and until when; of several the one since whom nothing is known to be on record.
    pub before: Option<Watcher>,
}

impl WatchLock {
    pub fn hold(&self) -> Hold {
        self.hold.clone()
    }
}

/// What a watcher holds, for whoever writes: writing may take its time, and nobody waits for that who gives the watch up.
#[derive(Debug, Clone)]
pub struct Hold {
    path: PathBuf,
    file: Arc<File>,
}

/// Whose the watch is that somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Ours,
    /// Another process has taken it over.
    Anothers,
    /// Nobody can say: there is no lock file, or it can't be looked at.
    Unknown,
}

impl Hold {
    /// Whether nobody has taken the watch over.
    pub fn whose(&self) -> Whose {
        match same(&self.file, &self.path) {
            Ok(true) => Whose::Ours,
            Ok(false) => Whose::Anothers,
            Err(_) => Whose::Unknown,
        }
    }

    /// Whether it is this very one: whoever lost the watch and has got it again holds another.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file)
    }

    /// Leaves a sign of life, and that of whoever watched `before` where nobody has recorded yet that nobody did since.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn beat(&self, now: DateTime<Utc>, before: Option<Watcher>) -> std::io::Result<()> {
        let mut told = Watcher { process: std::process::id(), seen: now }.to_string();
        if let Some(before) = before {
            told = format!("{told}\n{before}");
        }
        self.file.write_all_at(told.as_bytes(), 0)?;
        // What another process left may have been longer.
        if self.file.metadata()?.len() == told.len() as u64 { Ok(()) } else { self.file.set_len(told.len() as u64) }
    }
}

/// Whether it is this file that has the name.
fn same(file: &File, path: &Path) -> std::io::Result<bool> {
    let (ours, there) = (file.metadata()?, std::fs::metadata(path)?);
    Ok((ours.dev(), ours.ino()) == (there.dev(), there.ino()))
}

/// Becomes the watcher of a data folder; `None` while another process is.
///
/// # Errors
/// The lock file can't be made or locked.
pub fn try_watch(folder: &Path) -> Result<Option<WatchLock>, JournalError> {
    lock(folder, FlockArg::LockExclusiveNonblock)
}

/// Waits, for as long as it takes, until this process is the watcher of a data folder. `None`: whoever held what was waited for has let
/// it go, and meanwhile the watch is another's.
///
/// # Errors
/// The lock file can't be made or locked.
pub fn wait_to_watch(folder: &Path) -> Result<Option<WatchLock>, JournalError> {
    lock(folder, FlockArg::LockExclusive)
}

/// The last sign of life of whoever watches a data folder, or watched it last.
pub fn last_sign(folder: &Path) -> Option<Watcher> {
    read(&File::open(folder.join(FILE)).ok()?).first().copied()
}

fn read(file: &File) -> Vec<Watcher> {
    let mut text = String::new();
    // What can't be read says nothing.
    let _ = file.take(LONGEST).read_to_string(&mut text);
    text.lines().map_while(|line| line.parse().ok()).collect()
}

fn lock(folder: &Path, how: FlockArg) -> Result<Option<WatchLock>, JournalError> {
    let path = folder.join(FILE);
    let failed = |detail: String| JournalError::Failed { file: path.clone(), detail };
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    match Flock::lock(file.map_err(|error| failed(error.to_string()))?, how) {
        Ok(held) if same(&held, &path).unwrap_or(false) => own(held, path).map(Some),
        Ok(_) | Err((_, Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, error)) => Err(failed(error.to_string())),
    }
}

fn own(held: Flock<File>, path: PathBuf) -> Result<WatchLock, JournalError> {
    let file = held.try_clone().map_err(|error| JournalError::Failed { file: path.clone(), detail: error.to_string() })?;
    let before = read(&held).last().copied();
    Ok(WatchLock { _held: held, hold: Hold { path, file: Arc::new(file) }, before })
}

/// Takes the watch from the process that left this sign of life and no other since. `None`: it has left one, or another process was faster.
///
/// # Errors
/// The journal is being written by somebody who does not end that, or the disk does not take another lock file.
pub fn take_over(folder: &Path, from: Watcher, now: DateTime<Utc>) -> Result<Option<WatchLock>, JournalError> {
    let journal = file::path(folder);
    let (path, next) = (folder.join(FILE), folder.join(format!("{FILE}.new")));
    let mut db = file::open(&journal)?;
    let alone = db.transaction_with_behavior(TransactionBehavior::Immediate);
    let _alone = alone.map_err(|error| JournalError::of(&error, &journal))?;
    if last_sign(folder) != Some(from) {
        return Ok(None);
    }
    let failed = |error: std::io::Error| JournalError::Failed { file: path.clone(), detail: error.to_string() };
    // Another one of this name is what a process left that died here.
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&next).map_err(failed)?;
    let held = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(held) => held,
        Err((_, error)) => return Err(failed(error.into())),
    };
    let lock = WatchLock { before: Some(from), ..own(held, path.clone())? };
    // Whoever can leave no sign would be taken for dead by the next.
    lock.hold.beat(now, Some(from)).and_then(|()| std::fs::rename(&next, &path)).map_err(failed)?;
    Ok(Some(lock))
}

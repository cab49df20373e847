//! Which process of a data folder records what happens outside: the one that holds `watch.lock`.

use super::JournalError;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// While this lives, this process is the watcher. The system lets go of it even if the process is killed.
#[derive(Debug)]
pub struct WatchLock {
    _held: Flock<File>,
}

/// Becomes the watcher of a data folder; `None` while another process is.
///
/// # Errors
/// The lock file can't be made or locked.
pub fn try_watch(folder: &Path) -> Result<Option<WatchLock>, JournalError> {
    lock(folder, FlockArg::LockExclusiveNonblock)
}

/// Waits, for as long as it takes, until this process is the watcher of a data folder.
///
/// # Errors
/// The lock file can't be made or locked.
pub fn wait_to_watch(folder: &Path) -> Result<Option<WatchLock>, JournalError> {
    lock(folder, FlockArg::LockExclusive)
}

fn lock(folder: &Path, how: FlockArg) -> Result<Option<WatchLock>, JournalError> {
    let path = folder.join("watch.lock");
    let failed = |detail: String| JournalError::Failed { file: path.clone(), detail };
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    match Flock::lock(file.map_err(|error| failed(error.to_string()))?, how) {
        Ok(held) => Ok(Some(WatchLock { _held: held })),
        Err((_, Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, error)) => Err(failed(error.to_string())),
    }
}

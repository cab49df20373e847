//! The folder of a run, held by one process at a time, and the text of its playbook as it was when it began.

use crate::domain::playbook::{Place, Playbook};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The right to drive a run; given up when dropped, or by death.
pub(super) struct Holding {
    folder: PathBuf,
    _lock: File,
}

pub(super) enum NotHeld {
    /// Another process drives the run.
    Elsewhere,
    /// The folder can't be made or locked.
    Broken(String),
}

impl Holding {
    pub fn take(folder: &Path) -> Result<Self, NotHeld> {
        let broken = |error: io::Error| NotHeld::Broken(format!("{}: {error}", folder.display()));
        DirBuilder::new().mode(0o700).recursive(true).create(folder).map_err(broken)?;
        let path = folder.join("driver.lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(broken)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(NotHeld::Elsewhere),
            Err(TryLockError::Error(error)) => Err(broken(error)),
        }
    }

    /// Keeps the playbook's text, and where its steps work. A snapshot that can't be written is missed only by a resume, which says so.
    pub fn keep(&self, playbook: &Playbook) {
        let place = playbook.place.folder().map(|_| playbook.place.to_string()).unwrap_or_default();
        // The text comes last: with it the snapshot is whole.
        let _ = write(&self.folder.join("place"), &place);
        let _ = write(&self.folder.join("playbook.md"), &playbook.text);
    }

    pub fn place(&self) -> PathBuf {
        self.folder.clone()
    }
}

/// The kept playbook of a run's folder, read again.
pub(super) fn kept(folder: &Path, digest: &str, read: &super::Reader) -> Result<Playbook, String> {
    let path = folder.join("playbook.md");
    let text = fs::read_to_string(&path).map_err(|error| format!("the run's playbook is lost: {}: {error}", path.display()))?;
    let place = fs::read_to_string(folder.join("place")).unwrap_or_default();
    let place = if place.is_empty() { path.clone() } else { place.into() };
    let playbook = read(&text, Place::File(place));
    match playbook.digest == digest {
        true => Ok(playbook),
        false => Err(format!("{} is not the playbook that this run was prepared with", path.display())),
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(temporary, path)
}

//! The data folder: ours alone, and on a disk of this machine.

use super::{JournalError, disk};
use std::fs::{DirBuilder, Metadata};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Makes the folder where it is missing (unless it is only to be read), judges it, and gives back its real path.
pub fn ready(folder: &Path, read_only: bool) -> Result<PathBuf, JournalError> {
    if read_only && !folder.exists() {
        return Ok(folder.to_owned());
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| unusable(folder, "can't be made", &error))?;
    let real = folder.canonicalize().map_err(|error| unusable(folder, "can't be reached", &error))?;
    let meta = real.metadata().map_err(|error| unusable(folder, "can't be looked at", &error))?;
    ours(&real, &meta)?;
    disk::local(&real)?;
    Ok(real)
}

fn unusable(folder: &Path, what: &str, error: &std::io::Error) -> JournalError {
    JournalError::folder(folder, format!("{what}: {error}"), "Set --data to a folder that you may write to.")
}

/// Whoever can write here could change what is recorded, or what is run.
fn ours(folder: &Path, meta: &Metadata) -> Result<(), JournalError> {
    let me = nix::unistd::geteuid().as_raw();
    if meta.uid() != me && meta.uid() != 0 {
        let why = format!("belongs to another user (id {}, you are {me})", meta.uid());
        return Err(JournalError::folder(folder, why, "Run midwatch as that user, or set --data to a folder of your own."));
    }
    if meta.mode() & 0o022 != 0 {
        let why = format!("can be written by others (mode {:03o})", meta.mode() & 0o777);
        return Err(JournalError::folder(folder, why, format!("Take that away: chmod go-w {}", folder.display())));
    }
    Ok(())
}

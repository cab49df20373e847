//! Files that show what an entry says: copied into the data folder before the entry names them, each under its own digest. So one
//! that is attached twice is kept once, and one that is changed later is found out.

use super::session::data_folder;
use super::{Failure, Globals};
use crate::domain::entry::Evidence;
use crate::journal::evidence::FOLDER;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The longest that is taken.
const LONGEST: u64 = 1 << 30;

/// Keeps a file, and says what the entry is to say of it.
///
/// # Errors
/// It is no file, too long, can't be read, or can't be kept: then nothing is recorded either.
pub fn file(path: &Path, globals: &Globals) -> anyhow::Result<Evidence> {
    if globals.read_only {
        return Err(Failure::usage("--read-only: nothing is attached").into());
    }
    let unread = |error: io::Error| Failure::usage(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(unread)?;
    let about = file.metadata().map_err(unread)?;
    if !about.is_file() || about.len() > LONGEST {
        return Err(Failure::usage(format!("{}: not a file of at most 1 GiB", path.display())).into());
    }
    let folder = data_folder(globals)?.join(FOLDER);
    let (sha256, size) = kept(file, &folder).map_err(|error| {
        Failure::journal(format!("{}: the file could not be kept, and nothing was recorded: {error}", folder.display()))
    })?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(Evidence { name, sha256: Some(sha256), size: Some(size), url: None })
}

/// The digest is of the very bytes that are written: the file may change meanwhile.
fn kept(mut from: File, folder: &Path) -> io::Result<(String, u64)> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let draft = Draft(folder.join(format!(".{}", std::process::id())));
    let mut to = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft.0)?;
    let (mut digest, mut size, mut part) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let read = from.read(&mut part)?;
        if read == 0 {
            break;
        }
        digest.update(&part[..read]);
        to.write_all(&part[..read])?;
        size += read as u64;
    }
    to.sync_all()?;
    let name: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    fs::rename(&draft.0, folder.join(&name))?;
    File::open(folder)?.sync_all()?;
    Ok((name, size))
}

/// Gone with whoever gives up half-way; once it has its name there is nothing to remove.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

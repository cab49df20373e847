//! The files that entries name, each in the folder `evidence` under its own digest: they are checked, backed up and brought back with
//! the journal. A file is copied there before an entry names it: one that is attached twice is kept once, and one that is changed later is
//! found out.

use super::{JournalError, Problem, origin};
use crate::domain::entry::Evidence;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use rusqlite::{Connection, Result};
use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The folder of the data folder that they lie in.
pub const FOLDER: &str = "evidence";

/// Beside a backup: `copy.db.evidence`.
pub fn beside(backup: &Path) -> PathBuf {
    let mut name = backup.to_owned().into_os_string();
    name.push(".evidence");
    name.into()
}

/// The longest that is taken, in bytes.
const LONGEST: u64 = 1 << 30;

/// Why a file was not kept.
#[derive(Debug, thiserror::Error)]
pub enum Unkept {
    /// It is no file, too long, or can't be read.
    #[error("{0}")]
    Unread(String),
    /// There is no room for it, or its place can't be written.
    #[error("{0}")]
    Unwritten(String),
}

/// Keeps a copy of a file in the data folder, and says what an entry is to say of it.
///
/// # Errors
/// There is no copy; also if `stopped` says so before it is whole.
pub fn keep(file: &Path, data: &Path, stopped: &dyn Fn() -> bool) -> std::result::Result<Evidence, Unkept> {
    let unread = |why: String| Unkept::Unread(format!("{}: {why}", file.display()));
    let told = |error: io::Error| unread(error.to_string());
    // Looked at before it is opened: a pipe would hold us up until somebody writes into it.
    let about = fs::metadata(file).map_err(told)?;
    if !about.is_file() || about.len() > LONGEST {
        return Err(unread("not a file of at most 1 GiB".to_owned()));
    }
    let (from, folder) = (File::open(file).map_err(told)?, data.join(FOLDER));
    let (sha256, size) = copied(from, &folder, stopped).map_err(|error| {
        Unkept::Unwritten(format!("{}: the file could not be kept, and nothing was recorded: {error}", folder.display()))
    })?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(Evidence { name, sha256: Some(sha256), size: Some(size), url: None })
}

/// The digest is of the very bytes that are written: the file may change meanwhile.
fn copied(mut from: File, folder: &Path, stopped: &dyn Fn() -> bool) -> io::Result<(String, u64)> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let copy = Copy::in_folder(folder);
    let mut to = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&copy.0)?;
    let (mut digest, mut size, mut part) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let read = from.read(&mut part)?;
        if read == 0 {
            break;
        }
        if stopped() {
            return Err(io::Error::other("it was stopped"));
        }
        digest.update(&part[..read]);
        to.write_all(&part[..read])?;
        size += read as u64;
    }
    to.sync_all()?;
    let name: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    fs::rename(&copy.0, folder.join(&name))?;
    File::open(folder)?.sync_all()?;
    Ok((name, size))
}

/// Gone with whoever gives up half-way; once it has its name there is nothing to remove.
struct Copy(PathBuf);

impl Copy {
    /// Of several that are made at once, each has a place of its own.
    fn in_folder(folder: &Path) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        Self(folder.join(format!(".{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Copies that nobody finishes any more, for whoever made them is gone: they are taken away, and what is to be said of that.
pub fn left_over(data: &Path) -> Option<String> {
    let files = fs::read_dir(data.join(FOLDER)).ok()?;
    let names = files.filter_map(|file| Some((file.as_ref().ok()?.path(), file.ok()?.file_name().into_string().ok()?)));
    let maker = |name: &str| name.strip_prefix('.')?.split_once('-')?.0.parse().ok().map(Pid::from_raw);
    let left: Vec<PathBuf> = names
        .filter(|(_, name)| maker(name).is_some_and(|maker| kill(maker, None) == Err(Errno::ESRCH)))
        .map(|(path, _)| path)
        .collect();
    left.iter().for_each(|path| _ = fs::remove_file(path));
    match left.len() {
        0 => None,
        1 => Some("a file was being copied when a console ended: nothing of it is kept, and no entry names it".to_owned()),
        many => {
            Some(format!("{many} files were being copied when a console ended: nothing of them is kept, and no entry names them"))
        }
    }
}

/// What an entry says of one.
struct Named {
    entry: Problem,
    name: String,
    sha256: String,
}

fn named(db: &Connection) -> Result<Vec<Named>> {
    // Of a long journal few entries name a file: those alone are taken apart.
    let mut rows = db.prepare(
        r#"SELECT o.id, e.seq, e.id, json_extract(file.value, '$.name'), json_extract(file.value, '$.sha256')
           FROM entries e JOIN origins o ON o.n = e.n >> 40, json_each(e.body, '$.evidence') file
           WHERE instr(e.body, '"evidence":[{') > 0 AND json_extract(file.value, '$.sha256') IS NOT NULL ORDER BY e.n"#,
    )?;
    let read = rows.query_map([], |row| {
        let (of, name): (String, Option<String>) = (row.get(0)?, row.get(3)?);
        let sha256: String = row.get(4)?;
        let entry = Problem { id: Some(row.get(2)?), ..Problem::at(origin::parse(&of)?, row.get(1)?, "") };
        Ok(Named { entry, name: name.unwrap_or_else(|| sha256.clone()), sha256 })
    })?;
    read.collect()
}

impl Named {
    /// `None` for what is no digest: what a journal says is no path.
    fn path(&self, folder: &Path) -> Option<PathBuf> {
        let digest = self.sha256.len() == 64 && self.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        digest.then(|| folder.join(&self.sha256))
    }

    fn fault(&self, folder: &Path) -> Option<Problem> {
        let (name, seq) = (&self.name, self.entry.seq.unwrap_or_default());
        let what = match self.path(folder).map(|path| digest(&path)) {
            Some(Ok(found)) if found == self.sha256 => return None,
            Some(Ok(_)) => "is not what was attached: it was changed".to_owned(),
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => "is missing".to_owned(),
            Some(Err(error)) => format!("can't be read: {error}"),
            None => "has a digest that is none".to_owned(),
        };
        let place = folder.join(&self.sha256);
        let text = format!("The file `{name}` of entry {seq} {what} ({}).", place.display());
        Some(Problem { text, ..self.entry.clone() })
    }
}

fn digest(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut digest = Sha256::new();
    io::copy(&mut File::open(path)?, &mut digest)?;
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Every file that is named and is not there as it was attached.
pub fn faults(db: &Connection, folder: &Path) -> Result<Vec<Problem>> {
    Ok(named(db)?.iter().filter_map(|named| named.fault(folder)).collect())
}

/// Those that are there, and others than were attached.
pub fn changed(db: &Connection, folder: &Path) -> Result<Vec<Problem>> {
    let there = |named: &&Named| named.path(folder).is_some_and(|path| path.exists());
    Ok(named(db)?.iter().filter(there).filter_map(|named| named.fault(folder)).collect())
}

/// Brings those that are named and there from one folder into another; nothing of what is there already is written anew.
pub fn copy(db: &Connection, from: &Path, to: &Path) -> std::result::Result<(), JournalError> {
    let failed = |error: io::Error| JournalError::Failed { file: to.to_owned(), detail: error.to_string() };
    let all = named(db).map_err(|error| JournalError::of(&error, from))?;
    // What is not what was attached is left: one such file would hold the whole copy back on the day on which it is needed.
    let there: Vec<&Named> = all.iter().filter(|named| named.fault(from).is_none()).collect();
    if there.is_empty() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(to).map_err(failed)?;
    for named in there {
        if let (Some(source), Some(target)) = (named.path(from), named.path(to)) {
            whole(&source, &target).map_err(failed)?;
        }
    }
    File::open(to).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// Under its name it is whole or not there at all.
fn whole(source: &Path, target: &Path) -> io::Result<()> {
    if target.exists() {
        return Ok(());
    }
    let draft = target.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    io::copy(&mut File::open(source)?, &mut file)?;
    file.sync_all()?;
    fs::rename(&draft, target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_is_stopped_leaves_nothing_and_one_that_was_left_is_taken_away_and_told() {
        let data = tempfile::tempdir().expect("a folder");
        let file = data.path().join("graph.png");
        fs::write(&file, vec![7; 300_000]).expect("written");
        let there = || fs::read_dir(data.path().join(FOLDER)).map_or(0, Iterator::count);
        let stopped = keep(&file, data.path(), &|| true).expect_err("stopped");
        assert!(stopped.to_string().ends_with("it was stopped") && there() == 0, "{stopped}");
        assert_eq!(left_over(data.path()), None);
        // No process has so high a number; ours has one.
        fs::write(data.path().join(FOLDER).join(".999999999-0"), "half").expect("written");
        fs::write(data.path().join(FOLDER).join(format!(".{}-0", std::process::id())), "half").expect("written");
        assert!(left_over(data.path()).is_some_and(|why| why.starts_with("a file was being copied")));
        assert_eq!((left_over(data.path()), there()), (None, 1));
        assert!(keep(&file, data.path(), &|| false).is_ok());
    }
}

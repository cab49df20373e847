//! Copies: a backup while the journal is in use, and the way back into an empty folder.

use super::{JournalError, evidence, file, folder, load, open, origin, verify};
use crate::domain::entry::Head;
use rusqlite::Connection;
use std::path::Path;

/// Writes the journal of a data folder as it stands into one new file, while others use it. Says where the copied chains
/// stand: with that, or with the copy, it can be checked later whether the journal still continues them.
///
/// # Errors
/// There is no journal, or the file exists already or can't be written.
pub fn backup(data: &Path, to: &Path) -> Result<Vec<Head>, JournalError> {
    let beside = evidence::beside(to);
    if let Some(there) = [to, beside.as_path()].into_iter().find(|path| path.exists()) {
        return Err(exists(there));
    }
    let from = file::path(data);
    let source = file::existing(&from)?;
    let mut heads = Vec::new();
    let placed = file::place(to, |draft| {
        copy(&source, draft).map_err(|error| JournalError::of(&error, &from))?;
        let copied = Connection::open(draft).map_err(|error| JournalError::of(&error, to))?;
        heads = load::heads(&copied).map_err(|error| JournalError::of(&error, to))?;
        // After the copy: a file is there before the entry that names it.
        evidence::copy(&copied, &data.join(evidence::FOLDER), &beside)
    });
    if !matches!(placed, Ok(true)) {
        // It was not there before: nothing stands in the way of the next try.
        let _ = std::fs::remove_dir_all(&beside);
    }
    if placed.map_err(|error| uncopied(to, error))? { Ok(heads) } else { Err(exists(to)) }
}

/// What is wrong with the file that a backup was to be is nothing that is wrong with the journal.
fn uncopied(to: &Path, error: JournalError) -> JournalError {
    let (file, detail) = match error {
        JournalError::Failed { file, detail } | JournalError::ReadOnly { file, why: detail } if file == to => (file, detail),
        JournalError::Full { file } if file == to => (file, "the disk is full".to_owned()),
        error => return error,
    };
    JournalError::Copy { file, detail }
}

/// Brings a backup back into a data folder that has no journal. Appends there begin a new origin that names the old head.
///
/// # Errors
/// There is a journal already, `from` is not a sound journal of a known format, or the folder is not fit.
pub fn restore(from: &Path, data: &Path) -> Result<Vec<Head>, JournalError> {
    let target = file::path(&folder::ready(data, false)?);
    if target.exists() {
        return Err(kept(&target));
    }
    let source = file::existing(from).map_err(|error| match error {
        JournalError::Damaged { file, detail } => JournalError::Unsound { file, first: format!("{detail}."), more: 0 },
        error => error,
    })?;
    verify::sound(&source, from)?;
    let beside = evidence::beside(from);
    // What the backup didn't find can't be brought back; what is another file than was attached must not be.
    let changed = evidence::changed(&source, &beside).map_err(|error| JournalError::of(&error, from))?;
    if let Some((first, more)) = changed.split_first() {
        return Err(JournalError::Unsound { file: beside, first: first.text.clone(), more: more.len() });
    }
    let placed = file::place(&target, |draft| {
        copy(&source, draft).and_then(|()| renew(draft)).map_err(|error| JournalError::of(&error, from))?;
        evidence::copy(&source, &beside, &data.join(evidence::FOLDER))
    })?;
    if !placed {
        return Err(kept(&target));
    }
    load::heads(&source).map_err(|error| JournalError::of(&error, from))
}

/// One read transaction long; others may write meanwhile. The copy's chain is not continued, even if somebody puts it
/// into the folder that it came from by hand.
fn copy(db: &Connection, to: &Path) -> rusqlite::Result<()> {
    let name = to.to_str().ok_or_else(|| rusqlite::Error::InvalidPath(to.to_owned()))?;
    db.execute("VACUUM INTO ?1", [name])?;
    origin::retire(&Connection::open(to)?)
}

/// Fit for use again; what the copy caches is not taken on trust.
fn renew(draft: &Path) -> rusqlite::Result<()> {
    let db = Connection::open(draft)?;
    file::tune(&db)?;
    file::write_ahead(&db)?;
    let tx = db.unchecked_transaction()?;
    open::rebuild(&tx)?;
    tx.commit()
}

fn exists(file: &Path) -> JournalError {
    JournalError::Exists { file: file.to_owned(), next: "Name another file for the backup.".into() }
}

fn kept(file: &Path) -> JournalError {
    JournalError::Exists {
        file: file.to_owned(),
        next: "A backup is brought back into a folder without a journal: set --data to one.".into(),
    }
}

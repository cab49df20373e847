//! The journal that a command works on: to write into, or only to read from.

use super::data_folder;
use crate::cli::{Globals, out};
use crate::journal::{self, Journal, JournalError, SqliteJournal};
use std::path::PathBuf;

/// # Errors
/// The journal can't be opened: exit code 4.
pub fn open_journal(globals: &Globals) -> anyhow::Result<(Box<dyn Journal>, PathBuf)> {
    let journal = opened(globals).inspect_err(|error| {
        if takes_nothing(error) {
            out::warn("midwatch: `--read-only` opens what was recorded before");
        }
    })?;
    let folder = journal.folder().to_owned();
    Ok((Box::new(journal), folder))
}

/// The journal itself, for questions that the world does not answer; also where nothing more can be written.
///
/// # Errors
/// The journal can't be opened: exit code 4.
pub fn reader(globals: &Globals) -> anyhow::Result<SqliteJournal> {
    let error = match opened(globals) {
        Err(error) if takes_nothing(&error) && !globals.read_only => error,
        opened => return opened,
    };
    let Ok(journal) = opened(&Globals { read_only: true, ..globals.clone() }) else { return Err(error) };
    out::warn(&format!("midwatch: only read: {error}"));
    Ok(journal)
}

fn takes_nothing(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(JournalError::ReadOnly { .. }))
}

fn opened(globals: &Globals) -> anyhow::Result<SqliteJournal> {
    let folder = data_folder(globals)?;
    out::more(globals, &format!("data folder {}", out::inert(&folder.display().to_string())));
    let options = journal::Options { read_only: globals.read_only, ..journal::Options::default() };
    let journal = SqliteJournal::open(&folder, options)?;
    if journal.unreserved() {
        let folder = out::inert(&folder.display().to_string()).into_owned();
        out::warn(&format!(
            "midwatch: the disk of {folder} has too little room to keep a reserve: when it is full, nothing more can be recorded. Free some space."
        ));
    }
    Ok(journal)
}

/// The journal to read from, where there is one: nothing is made for that.
///
/// # Errors
/// It can't be opened.
pub fn known(globals: &Globals) -> anyhow::Result<Option<SqliteJournal>> {
    let there = data_folder(globals)?.join("journal.db").exists();
    there.then(|| reader(&Globals { read_only: true, ..globals.clone() })).transpose()
}

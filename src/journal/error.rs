//! Why the journal could not do something, in words that tell the operator what to do next. Exit code 4, all of them.

use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The data folder is not fit for a journal.
    #[error("The data folder {} {why}. {next}", folder.display())]
    Folder { folder: PathBuf, why: String, next: String },
    #[error("The journal {} can't be written: {why}. Nothing was recorded.", file.display())]
    ReadOnly { file: PathBuf, why: String },
    #[error(
        "The journal {} was written by a newer midwatch (its format is {found}, this program knows {known}). \
         Nothing was changed. Start the newer version, or set --data to another folder.", file.display()
    )]
    Newer { file: PathBuf, found: i64, known: i64 },
    #[error(
        "The journal {} has other tables than this program knows ({detail}): it was made by a midwatch from before the first \
         release, or somebody changed it. Nothing was changed. Keep the file, and set --data to another folder: a new journal \
         begins there.", file.display()
    )]
    Shape { file: PathBuf, detail: String },
    /// What was to be brought back is not what was recorded.
    #[error(
        "The backup {} is not sound: {first}{} Nothing was restored. Restore an older backup.", file.display(),
        if *more == 0 { String::new() } else { format!(" ({more} more)") }
    )]
    Unsound { file: PathBuf, first: String, more: usize },
    #[error(
        "The journal {} is damaged: {detail}. Nothing was changed. Keep the file; `midwatch journal verify` says how far it is \
         sound. `midwatch --data NEW journal restore BACKUP` brings a backup back into a new folder; without a backup, --data NEW \
         begins an empty journal there.", file.display()
    )]
    Damaged { file: PathBuf, detail: String },
    #[error(
        "The disk with the journal {} is full, and the reserve is used up. Nothing was recorded: free some space.", file.display()
    )]
    Full { file: PathBuf },
    #[error(
        "Another process has kept the journal {} busy for more than 2 seconds. Nothing was recorded; it may be free in a moment.", file.display()
    )]
    Busy { file: PathBuf },
    /// Who asked for it as the watcher is none any more.
    #[error("Another process watches this folder now: nothing was recorded here.")]
    Ousted,
    /// The commit failed and the journal could not be read afterwards.
    #[error(
        "Writing to the journal {} failed ({detail}), and it can't be read to see whether the entry is there. \
         Check the disk; `midwatch log` shows what was recorded.", file.display()
    )]
    Doubtful { file: PathBuf, detail: String },
    #[error("The journal {} could not be used: {detail}. Nothing was recorded.", file.display())]
    Failed { file: PathBuf, detail: String },
    /// The file of a backup, not the journal.
    #[error("The backup {} can't be written: {detail}. Nothing was copied.", file.display())]
    Copy { file: PathBuf, detail: String },
    /// What a journal was to be compared with.
    #[error("{} can't be compared with: {detail}. Name a backup, or an export in JSON.", file.display())]
    Older { file: PathBuf, detail: String },
    /// Backup and restore never replace anything.
    #[error("{} exists already and was left as it is. {next}", file.display())]
    Exists { file: PathBuf, next: String },
}

impl JournalError {
    /// What an error of SQLite means for the operator.
    pub(super) fn of(error: &rusqlite::Error, file: &Path) -> Self {
        let (file, detail) = (file.to_owned(), error.to_string());
        match error {
            rusqlite::Error::FromSqlConversionFailure(_, _, why) => {
                return Self::Damaged { file, detail: format!("what stands in place of an entry is none ({why})") };
            }
            rusqlite::Error::InvalidColumnType(..) => return Self::Damaged { file, detail },
            _ => {}
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { file },
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) if crowded(&file) => Self::Full { file },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { file },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly { file, why: detail },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { file, detail },
            _ => Self::Failed { file, detail },
        }
    }

    /// Room may help.
    pub(super) fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }

    pub(super) fn folder(folder: &Path, why: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Folder { folder: folder.to_owned(), why: why.into(), next: next.into() }
    }
}

/// SQLite reports a full disk as any failure where it shares memory or makes files.
fn crowded(file: &Path) -> bool {
    file.parent().and_then(super::reserve::free).is_some_and(|free| free < 64 << 10)
}

//! An older copy of the journal, which knows entries that a cut tail or a rewritten chain no longer has.

use super::verify::Problem;
use super::{JournalError, file, load};
use crate::domain::entry::Head;
use rusqlite::{Connection, OptionalExtension, Result};
use serde::Deserialize;
use std::path::Path;

/// What an older copy knows: heads, and the entries where it has them.
#[derive(Debug, Default, Deserialize)]
pub struct Older {
    #[serde(default)]
    heads: Vec<Head>,
    #[serde(default)]
    entries: Vec<Head>,
}

/// Reads a backup, an export in JSON, or one in JSON lines.
pub fn read(path: &Path) -> Result<Older, JournalError> {
    let failed = |detail: String| JournalError::Older { file: path.to_owned(), detail };
    let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    if bytes.starts_with(b"SQLite format 3\0") {
        let db = file::existing(path)?;
        return Older::of_backup(&db).map_err(|error| JournalError::of(&error, path));
    }
    let older = serde_json::from_slice::<Older>(&bytes).or_else(|_| lines(&bytes));
    match older.map_err(|error| failed(format!("it is neither a backup nor an export: {error}")))? {
        older if older.heads.is_empty() && older.entries.is_empty() => {
            Err(failed("it says nothing of any chain: `heads` is missing".into()))
        }
        older => Ok(older),
    }
}

fn lines(bytes: &[u8]) -> serde_json::Result<Older> {
    let mut older = Older::default();
    for line in serde_json::Deserializer::from_slice(bytes).into_iter::<serde_json::Value>() {
        let line = line?;
        older.heads.extend(Vec::<Head>::deserialize(&line["heads"]).unwrap_or_default());
        older.entries.extend(Head::deserialize(&line).ok());
    }
    Ok(older)
}

impl Older {
    fn of_backup(db: &Connection) -> Result<Self> {
        let mut entries = Vec::new();
        let mut rows = db.prepare("SELECT o.id, seq, hash FROM entries e JOIN origins o ON o.n = e.n >> 40")?;
        for head in rows.query_map([], load::head)? {
            entries.push(head?);
        }
        Ok(Self { heads: Vec::new(), entries })
    }

    /// What this copy knows and the journal does not hold as it was: of each origin the first such thing.
    pub fn missing_in(&self, db: &Connection) -> Result<Vec<Problem>> {
        let mut known: Vec<_> = self.entries.iter().chain(&self.heads).collect();
        known.sort_by_key(|head| (head.origin, head.seq));
        let mut problems: Vec<Problem> = Vec::new();
        for head in known {
            if problems.last().is_some_and(|last| last.origin == Some(head.origin)) {
                continue;
            }
            problems.extend(missing(db, head)?.map(|text| Problem::at(head.origin, head.seq, text)));
        }
        Ok(problems)
    }
}

/// Why the journal does not hold this entry as it was.
pub fn missing(db: &Connection, head: &Head) -> Result<Option<String>> {
    let mut stored =
        db.prepare_cached("SELECT hash FROM origins o JOIN entries e ON e.n = (o.n << 40) + ?2 WHERE o.id = ?1 AND e.seq = ?2")?;
    let Head { origin, seq, hash } = head;
    Ok(match stored.query_row((origin.to_string(), seq), |row| row.get::<_, String>(0)).optional()? {
        Some(stored) if stored == *hash => None,
        Some(_) => {
            Some(format!("Entry {seq} of origin {origin} is not the one that the older copy knows: the chain was rewritten."))
        }
        None => Some(format!("Entry {seq} of origin {origin} is missing, and the older copy knows it: the end was cut off.")),
    })
}

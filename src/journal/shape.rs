//! The tables and indexes that a journal of this format has. The format's number says what the program promised; this says
//! what the file really holds, so that no statement meets a table that it doesn't know.

use super::file;
use rusqlite::{Connection, Result};
use std::collections::BTreeMap;

/// What a file has other than this program would make it; `None` where nothing is.
pub fn difference(db: &Connection) -> Result<Option<String>> {
    let (ours, theirs) = (shape(&file::empty()?)?, shape(db)?);
    let told = |name: &String, sql: &String| match theirs.get(name) {
        None => Some(format!("`{name}` is missing")),
        Some(found) if found != sql => Some(format!("`{name}` is another")),
        Some(_) => None,
    };
    let differences: Vec<String> = ours.iter().filter_map(|(name, sql)| told(name, sql)).collect();
    Ok((!differences.is_empty()).then(|| differences.join(", ")))
}

/// Tables and indexes by name, as they were made. What a newer program has added besides does no harm.
fn shape(db: &Connection) -> Result<BTreeMap<String, String>> {
    let sql = "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL";
    db.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

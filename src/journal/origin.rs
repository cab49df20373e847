//! Which chain a data folder continues. A folder that was copied, moved or restored begins a new one whose first entry
//! names the head of the old: so no two machines ever continue one chain.

use super::chain;
use crate::domain::entry::{Clock, Head};
use crate::domain::ids::OriginId;
use rusqlite::{Connection, OptionalExtension, Result, params};
use std::path::Path;
use uuid::Uuid;

/// Machine and path, as a digest: says whether a folder still lies where its chain was begun.
pub fn place(machine: &str, folder: &Path) -> String {
    chain::hash(machine, &format!("\n{}", folder.display()))
}

/// The machine's id, or its name where it has none.
pub fn machine() -> String {
    let files = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
    let id = files.iter().find_map(|file| std::fs::read_to_string(file).ok().filter(|id| !id.trim().is_empty()));
    let name = || nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    id.map_or_else(name, |id| id.trim().to_owned())
}

/// The chain that appends continue.
pub enum Current {
    /// Begun here.
    Here(OriginId),
    /// To be begun; the one that this file holds, if there is one, must not be continued.
    New { old: Option<OriginId> },
}

pub fn current(db: &Connection, place: &str) -> Result<Current> {
    let mut last = db.prepare_cached("SELECT id, place FROM origins ORDER BY n DESC LIMIT 1")?;
    let last =
        last.query_row([], |row| Ok((parse(row.get_ref(0)?.as_str()?)?, row.get_ref(1)?.as_str()? == place))).optional()?;
    Ok(match last {
        Some((id, true)) => Current::Here(id),
        other => Current::New { old: other.map(|(id, _)| id) },
    })
}

pub fn begin(db: &Connection, place: &str) -> Result<OriginId> {
    let id = OriginId(Uuid::new_v4());
    db.execute("INSERT INTO origins (id, place) VALUES (?1, ?2)", params![id.to_string(), place])?;
    Ok(id)
}

/// From now on nobody continues this file's chain, wherever it lies.
pub fn retire(db: &Connection) -> Result<()> {
    db.execute("UPDATE origins SET place = ''", []).map(|_| ())
}

/// Where the chain of an origin stands; sequence 0 and the genesis for one without entries.
pub fn head(db: &Connection, origin: OriginId) -> Result<(Head, Clock)> {
    let mut last =
        db.prepare_cached("SELECT seq, hash, clock_ms, clock_count FROM entries WHERE origin = ?1 ORDER BY seq DESC LIMIT 1")?;
    let found = last.query_row([origin.to_string()], |row| {
        Ok((Head { origin, seq: row.get(0)?, hash: row.get(1)? }, Clock { ms: row.get(2)?, count: row.get(3)? }))
    });
    let empty = || (Head { origin, seq: 0, hash: chain::genesis(origin) }, Clock::default());
    Ok(found.optional()?.unwrap_or_else(empty))
}

pub fn parse(text: &str) -> Result<OriginId> {
    let wrong = |error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error));
    Uuid::parse_str(text).map(OriginId).map_err(wrong)
}

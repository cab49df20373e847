//! Which chain a data folder continues. A folder that was copied, moved or restored begins a new one whose first entry
//! names the head of the old: so no two machines ever continue one chain.

use crate::domain::chain;
use crate::domain::entry::{Clock, Head};
use crate::domain::ids::OriginId;
use rusqlite::{Connection, OptionalExtension, Result, params};
use std::ops::Range;
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

/// One chain and its number in this file.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    pub id: OriginId,
    n: i64,
}

impl Origin {
    /// The number of the row with this sequence.
    pub fn row(self, seq: u64) -> i64 {
        // 2^40 entries are not written in a lifetime.
        (self.n << 40) + seq.cast_signed()
    }

    /// The numbers of its rows.
    pub fn rows(self) -> Range<i64> {
        self.row(0)..self.row(1 << 40)
    }
}

/// The chain that appends continue.
pub enum Current {
    /// Begun here.
    Here(Origin),
    /// To be begun; the one that this file holds, if there is one, must not be continued.
    New { old: Option<Origin> },
}

pub fn current(db: &Connection, place: &str) -> Result<Current> {
    let mut last = db.prepare_cached("SELECT n, id, place FROM origins WHERE place IS NOT NULL ORDER BY n DESC LIMIT 1")?;
    let last = last.query_row([], |row| {
        let origin = Origin { n: row.get(0)?, id: parse(row.get_ref(1)?.as_str()?)? };
        Ok((origin, row.get_ref(2)?.as_str()? == place))
    });
    Ok(match last.optional()? {
        Some((origin, true)) => Current::Here(origin),
        other => Current::New { old: other.map(|(origin, _)| origin) },
    })
}

pub fn begin(db: &Connection, place: &str) -> Result<Origin> {
    let id = OriginId(Uuid::new_v4());
    db.execute("INSERT INTO origins (id, place) VALUES (?1, ?2)", params![id.to_string(), place])?;
    Ok(Origin { id, n: db.last_insert_rowid() })
}

/// From now on nobody continues this file's chain, wherever it lies.
pub fn retire(db: &Connection) -> Result<()> {
    db.execute("UPDATE origins SET place = '' WHERE place IS NOT NULL", []).map(|_| ())
}

/// Where the chain of an origin stands; sequence 0 and the genesis for one without entries.
pub fn head(db: &Connection, origin: Origin) -> Result<(Head, Clock)> {
    let sql = "SELECT seq, hash, clock_ms, clock_count FROM entries WHERE n >= ?1 AND n < ?2 ORDER BY n DESC LIMIT 1";
    let (id, Range { start, end }) = (origin.id, origin.rows());
    let found = db.prepare_cached(sql)?.query_row((start, end), |row| {
        Ok((Head { origin: id, seq: row.get(0)?, hash: row.get(1)? }, Clock { ms: row.get(2)?, count: row.get(3)? }))
    });
    let empty = || (Head { origin: id, seq: 0, hash: chain::genesis(id) }, Clock::default());
    Ok(found.optional()?.unwrap_or_else(empty))
}

pub fn parse(text: &str) -> Result<OriginId> {
    let wrong = |error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error));
    Uuid::parse_str(text).map(OriginId).map_err(wrong)
}

//! What has begun and not ended, kept while entries are stored so that a start needn't read years of them.
//! A cache: made from the entries alone.

use super::load;
use crate::domain::entry::{Entry, Kind, SIGHTS, STORMS};
use rusqlite::{Connection, Result, params};

pub fn track(db: &Connection, n: i64, entry: &Entry) -> Result<()> {
    // An act that repeats one that could not be sent takes its place.
    if let (Kind::Act, Some(repeated)) = (&entry.kind, entry.text_of("again")) {
        db.prepare_cached("DELETE FROM open WHERE what = ?1")?.execute([format!("act/{repeated}")])?;
    }
    match change(entry) {
        Some((true, what)) if matches!(entry.kind, Kind::Console | Kind::FeedChanged) => {
            db.prepare_cached("INSERT OR REPLACE INTO open (what, entry) VALUES (?1, ?2)")?.execute(params![what, n])
        }
        Some((true, what)) => {
            db.prepare_cached("INSERT OR IGNORE INTO open (what, entry) VALUES (?1, ?2)")?.execute(params![what, n])
        }
        Some((false, what)) => db.prepare_cached("DELETE FROM open WHERE what = ?1")?.execute([what]),
        None => Ok(0),
    }
    .map(|_| ())
}

/// Makes the cache anew.
pub fn rebuild(db: &Connection) -> Result<()> {
    db.execute("DELETE FROM open", [])?;
    let mut cursor = 0;
    loop {
        let page = load::after(db, cursor, 1_000)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        cursor = *last;
        page.iter().try_for_each(|(n, entry)| track(db, *n, entry))?;
    }
}

/// What an entry begins (`true`) or ends.
fn change(entry: &Entry) -> Option<(bool, String)> {
    let begins = match entry.kind {
        Kind::Console => entry.text_of("event") != Some("storm-ended"),
        Kind::FeedChanged => entry.text_of("to") != Some("healthy"),
        _ => matches!(entry.kind, Kind::AlertFired | Kind::Act | Kind::Run | Kind::Maintenance),
    };
    let what = match entry.kind {
        // The first firing since the last resolution counts, as it does in the fold.
        Kind::AlertFired | Kind::AlertResolved => format!("alert/{}", entry.alert.as_ref()?),
        Kind::Act => format!("act/{}", entry.id),
        // One that could not be sent is still wanted, and one that nobody knows of is still asked about.
        Kind::ActEnded if matches!(entry.text_of("outcome"), Some("unsent" | "unknown")) => return None,
        Kind::ActEnded => format!("act/{}", entry.text_of("intent")?),
        // What the configuration says needs nobody to remember it.
        Kind::Maintenance if entry.data_of("window") == Some(true) => return None,
        Kind::Maintenance => format!("maintenance/{}", entry.id),
        Kind::MaintenanceEnded => format!("maintenance/{}", entry.text_of("of")?),
        // How a feed is that is not well, and since when: whoever begins needn't take it for new.
        Kind::FeedChanged if entry.drill.is_none() => format!("feed/{}", entry.text_of("feed")?),
        Kind::Run | Kind::RunEnded => format!("run/{}", entry.run?),
        // Whoever recorded its beginning may die before its end.
        Kind::Console if entry.text_of("event").is_some_and(|event| STORMS.contains(&event)) => "storm".to_owned(),
        // The next loss is named by the return before it, so that has no end either.
        Kind::Console => {
            let place = SIGHTS.iter().position(|event| entry.text_of("event") == Some(event))?;
            let what = if place < 2 { "source" } else { "part" };
            format!("{what}/{}", entry.text_of("source")?)
        }
        _ => return None,
    };
    Some((begins, what))
}

//! What has ended of late only because nobody told of it any more, by the journal: only a process that lasts can see that, and who asks once
//! finds nothing of it in the queue.

use super::super::{Globals, out, session};
use super::time;
use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::AlertId;
use crate::journal::Journal;
use crate::model::World;
use crate::model::alerts::UNTOLD_FOR;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// So many of the newest entries are read at most.
const MOST: usize = 2_000;
/// So many are named.
const SHOWN: usize = 3;

pub struct Untold {
    id: AlertId,
    name: String,
    target: String,
    since: DateTime<Utc>,
    ended_at: DateTime<Utc>,
}

/// For as long as a console shows it.
pub fn recorded(globals: &Globals, world: &World) -> anyhow::Result<Vec<Untold>> {
    let Some(mut journal) = session::known(globals)? else { return Ok(Vec::new()) };
    let entries = journal.past(None, world.now.wall - UNTOLD_FOR, MOST)?;
    let mut newest: BTreeMap<&AlertId, &Arc<Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| matches!(entry.kind, Kind::AlertFired | Kind::AlertResolved)) {
        newest.extend(entry.alert.as_ref().filter(|_| entry.drill.is_none()).map(|id| (id, entry)));
    }
    let untold = |(id, entry): (&AlertId, &Arc<Entry>)| {
        Some(Untold {
            id: id.clone(),
            name: entry.text_of("name")?.to_owned(),
            target: entry.text_of("target").unwrap_or_default().to_owned(),
            since: entry.data_of("untold_since")?,
            ended_at: entry.at,
        })
    };
    Ok(newest.into_iter().filter(|(id, _)| world.alerts.get(id).is_none()).filter_map(untold).collect())
}

impl Untold {
    pub fn document(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "target": self.target, "untold_since": time(self.since), "ended_at": time(self.ended_at),
        })
    }
}

/// `? untold 03:12: PostgresDown db-1`, as the console's row says it.
pub fn told(all: &[Untold], zone: Tz) -> Option<String> {
    let since = all.iter().map(|one| one.since).min()?.with_timezone(&zone).format("%H:%M");
    let named = |one: &Untold| out::inert(format!("{} {}", one.name, one.target).trim_end()).into_owned();
    let names: Vec<String> = all.iter().take(SHOWN).map(named).collect();
    let more = if all.len() > SHOWN { format!(" and {} more", all.len() - SHOWN) } else { String::new() };
    let (names, whose) = (names.join(", "), "whoever should tell of it may be silent");
    Some(format!("? untold since {since}, and so taken for over by its server: {names}{more}; {whose}"))
}

//! What has ended of late only because nobody told of it any more, by the journal: only a process that lasts can see that, and who asks once
//! finds nothing of it in the queue.

use super::super::{Globals, out, session};
use super::time;
use crate::domain::alert::{Alert, Severity};
use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::AlertId;
use crate::journal::Journal;
use crate::model::World;
use crate::model::alerts::ended::{FORGOTTEN, UNTOLD};
use crate::model::alerts::{Tracked, UNTOLD_FOR};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};
use std::cmp::Reverse;
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
    /// `None` of what a source that was restarted has not listed again.
    since: Option<DateTime<Utc>>,
    why: String,
    ended_at: DateTime<Utc>,
    severity: Severity,
}

/// For as long as a console shows it; of it what is `wanted`, where that can be told.
pub fn recorded(globals: &Globals, world: &World, wanted: impl Fn(&Tracked) -> bool) -> anyhow::Result<Vec<Untold>> {
    let Some(mut journal) = session::known(globals)? else { return Ok(Vec::new()) };
    let entries = journal.past(None, world.now.wall - UNTOLD_FOR, MOST)?;
    let (mut newest, mut known): (BTreeMap<&AlertId, &Arc<Entry>>, BTreeMap<AlertId, Alert>) = Default::default();
    for entry in entries.iter().filter(|entry| matches!(entry.kind, Kind::AlertFired | Kind::AlertResolved | Kind::KnownOver)) {
        newest.extend(entry.alert.as_ref().filter(|_| entry.drill.is_none()).map(|id| (id, entry)));
        known.extend(Alert::recorded(entry).map(|alert| (alert.id.clone(), alert)));
    }
    let once = |id: &AlertId| known.get(id).map(|alert| world.alerts.once(&world.settings, alert.clone(), world.now));
    let untold = |(id, entry): (&AlertId, &Arc<Entry>)| {
        let why = entry.text_of("why").filter(|why| matches!(*why, UNTOLD | FORGOTTEN))?;
        Some(Untold {
            id: id.clone(),
            name: entry.text_of("name").unwrap_or(id.fingerprint.as_str()).to_owned(),
            target: entry.text_of("target").unwrap_or_default().to_owned(),
            since: entry.data_of("untold_since"),
            why: why.to_owned(),
            ended_at: entry.at,
            severity: entry.data_of("severity").unwrap_or(Severity::Unknown),
        })
    };
    let gone = newest.into_iter().filter(|(id, _)| world.alerts.get(id).is_none());
    let untold = gone.filter_map(untold);
    let mut untold: Vec<Untold> = untold.filter(|one| once(&one.id).is_none_or(|tracked| wanted(&tracked))).collect();
    // Of many a few are named: the worst.
    untold.sort_by_key(|one| Reverse(one.severity));
    Ok(untold)
}

impl Untold {
    pub fn document(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "target": self.target, "untold_since": self.since.map(time), "why": self.why,
            "ended_at": time(self.ended_at),
        })
    }
}

/// `? untold since 03:12, …: PostgresDown db-1`, as the console's rows say it.
pub fn told(all: &[Untold], zone: Tz) -> Vec<String> {
    let (untold, forgotten): (Vec<&Untold>, Vec<&Untold>) = all.iter().partition(|one| one.since.is_some());
    let since = untold.iter().filter_map(|one| one.since).min().map(|since| since.with_timezone(&zone).format("%H:%M"));
    let silent = "whoever should tell of it may be silent";
    let untold =
        since.map(|since| format!("? untold since {since}, and so taken for over by its server: {}; {silent}", names(&untold)));
    let restarted = "its server was restarted and has not listed it since, and nobody has said that it ended";
    let forgotten = (!forgotten.is_empty()).then(|| format!("? taken for over: {}; {restarted}", names(&forgotten)));
    let known = (!all.is_empty()).then(|| "`midwatch resolve ID` records that one is known to be over".to_owned());
    untold.into_iter().chain(forgotten).chain(known).collect()
}

fn names(all: &[&Untold]) -> String {
    let named = |one: &&Untold| {
        let name = format!("{} {}", one.name, one.target);
        out::inert(&format!("{} ({})", name.trim_end(), one.id)).into_owned()
    };
    let names: Vec<String> = all.iter().take(SHOWN).map(named).collect();
    let more = if all.len() > SHOWN { format!(" and {} more", all.len() - SHOWN) } else { String::new() };
    format!("{}{more}", names.join(", "))
}

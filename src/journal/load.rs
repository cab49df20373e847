//! Reading: every load is a set of entries, found by index, with the corrections that name them, in the order of the fold.

mod past;
mod preceding;

pub use past::past;
pub use preceding::preceding;

use super::decode::{self, Batch};
use super::origin;
use crate::domain::entry::{Clock, Entry, Head, Kind, Seal};
use crate::domain::ids::{EntryId, IncidentId};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, Params, Result, Row, named_params};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::sync::Arc;

/// How many of the newest entries a process starts with.
const NEWEST: usize = 1_000;

/// Among how many of the newest entries of incidents that are not over it looks for what people have said.
const AMONG: usize = 5_000;

/// Incidents that are not over. One whose last status was corrected counts as open: what it is now only the fold knows.
const OPEN_INCIDENTS: &str = "
    SELECT d.id FROM entries d WHERE d.kind = 'declare' AND NOT coalesce((
        SELECT json_extract(s.body, '$.data.status') IN ('closed', 'cancelled', 'merged')
            AND NOT EXISTS (SELECT 1 FROM entries c WHERE c.corrects = s.id)
        FROM entries s WHERE s.kind = 'status' AND s.incident = d.id
        ORDER BY s.clock_ms DESC, s.clock_count DESC LIMIT 1), 0)";

/// Which entries have the index `shaping`, in its own words: SQLite takes it for no others.
macro_rules! shaping {
    ($entry:literal) => {
        concat!(
            $entry,
            ".incident IS NOT NULL AND (",
            $entry,
            ".run IS NOT NULL OR ",
            $entry,
            ".kind IN ('declare', 'status', 'severity', 'title', 'role', 'link', 'unlink', 'handoff', 'comms'))"
        )
    };
}

/// Entries that others gave to the incidents of the table `these`: moved to them, and linked to them. `CROSS JOIN` and `INDEXED BY` keep
/// SQLite from going through everything to find whose it is.
const GIVEN: &str = concat!(
    "SELECT e.n FROM entries c INDEXED BY moved CROSS JOIN entries e ON e.id = c.corrects
        WHERE c.kind = 'correction' AND json_extract(c.body, '$.data.incident') IN (SELECT id FROM these)
     UNION SELECT e.n FROM these CROSS JOIN entries k ON k.incident = these.id AND ",
    shaping!("k"),
    " AND k.kind = 'link'
        JOIN json_each(k.body, '$.data.entries') named JOIN entries e ON e.id = named.value"
);

/// An incident and all that were merged into it, and into those.
const WITH_MERGED: &str = concat!(
    "SELECT :id UNION SELECT named.value FROM these CROSS JOIN entries k ON k.incident = these.id AND ",
    shaping!("k"),
    " AND k.kind = 'link' JOIN json_each(k.body, '$.data.merged') named"
);

/// What makes incidents what they are, and their runs. The rest of a long night stays in the journal until somebody reads it.
const SHAPING: &str = concat!("SELECT s.n FROM these CROSS JOIN entries s ON s.incident = these.id AND ", shaping!("s"));

/// The newest of what was said and done in an incident: what a person wrote before a storm is on the screen after it, and after a restart.
/// Looked for among as many of its entries as a storm may have added.
fn lasting() -> String {
    let legion = legion();
    format!(
        "SELECT n FROM (SELECT e.n, e.kind FROM these CROSS JOIN entries e ON e.incident = these.id ORDER BY e.n DESC LIMIT {AMONG})
         WHERE kind NOT IN ({legion})"
    )
}

fn legion() -> String {
    words(&Kind::LEGION)
}

fn words(kinds: &[impl Display]) -> String {
    kinds.iter().map(|kind| format!("'{kind}'")).collect::<Vec<_>>().join(", ")
}

/// All of a drill that is held: what has happened in it is known by its own entries alone.
const DRILLED: &str =
    "SELECT e.n FROM these CROSS JOIN entries d ON d.id = these.id AND json_extract(d.body, '$.drill') IS NOT NULL
    CROSS JOIN entries e ON e.incident = these.id";

/// What was done for acknowledgements that may be in force or still have to be taken back, and how that ended: those of an episode
/// that has not ended, and those whose time has not come. The plus keeps SQLite from comparing as texts: by the index of an expression,
/// which is of no type, it finds nothing so.
const CARRYING: &str = "
    held(id) AS (SELECT a.id FROM open JOIN entries a ON a.alert = substr(open.what, 7) AND a.kind IN ('ack', 'unack')
            WHERE open.what >= 'alert/' AND open.what < 'alert0' AND a.kind = 'ack' AND a.n > open.entry
        UNION SELECT id FROM entries INDEXED BY ack_ends WHERE until > :now AND kind = 'ack'),
    acts(n, id) AS MATERIALIZED (SELECT x.n, x.id FROM held CROSS JOIN entries x INDEXED BY serving
        ON json_extract(x.body, '$.data.for') = +held.id AND x.kind = 'act'),
    carrying(n) AS (SELECT n FROM acts
        UNION SELECT e.n FROM acts CROSS JOIN entries e INDEXED BY by_key
            ON e.key IN ('act/' || acts.id || '/unsent', 'act/' || acts.id || '/ended', 'act/' || acts.id || '/settled')),";

/// Acts of the last hours on alerts of which one was not done: whether something was done later tells what is still undone. Found by when
/// they were begun, which is how their ids begin; the outcome only the body says.
const UNDONE: &str = "
    answers(n, id, alert, undone) AS MATERIALIZED (SELECT n, substr(key, 5, 36), alert,
            json_extract(body, '$.data.outcome') IN ('failed', 'expired', 'contradicted')
        FROM entries INDEXED BY by_key WHERE key >= :acts AND key < 'act0'),
    undone(n, id) AS MATERIALIZED (SELECT n, id FROM answers WHERE alert IN (SELECT alert FROM answers WHERE undone)),";

/// People are told for six hours after its end, and what its source did not answer to may have begun as long before.
const TOLD: TimeDelta = TimeDelta::hours(12);

/// So far back are calls of somebody that may have been cut off: in a storm thousands of entries follow on them.
const CALLED: TimeDelta = TimeDelta::minutes(15);

/// Everything that has begun and not ended, with what it needs to be understood.
const UNFINISHED: &str = "
    SELECT entry FROM open
    UNION SELECT n FROM carrying
    UNION SELECT n FROM undone
    UNION SELECT e.n FROM undone CROSS JOIN entries e ON e.id = undone.id
    UNION SELECT e.n FROM open JOIN entries e ON e.key IN (open.what || '/unsent', open.what || '/ended')
        WHERE open.what >= 'act/' AND open.what < 'act0'
    UNION SELECT e.n FROM open JOIN entries e ON e.run = substr(open.what, 5) WHERE open.what >= 'run/' AND open.what < 'run0'
    UNION SELECT served.n FROM open JOIN entries e ON e.n = open.entry
        JOIN entries served ON served.id = json_extract(e.body, '$.data.for') WHERE open.what >= 'act/' AND open.what < 'act0'
    UNION SELECT a.n FROM open JOIN entries a ON a.alert = substr(open.what, 7) AND a.kind IN ('ack', 'unack')
        WHERE open.what >= 'alert/' AND open.what < 'alert0'
    UNION SELECT a.n FROM open JOIN entries e ON e.n = open.entry JOIN entries a ON a.alert = e.alert AND a.kind IN ('ack', 'unack')
        WHERE open.what >= 'act/' AND open.what < 'act0'
    UNION SELECT a.n FROM entries a WHERE a.kind IN ('ack', 'unack') AND a.alert IN (SELECT alert FROM entries WHERE until > :now)
    UNION SELECT n FROM entries INDEXED BY ack_ends WHERE until > :now AND kind = 'maintenance-ended'
    UNION SELECT n FROM entries INDEXED BY by_at WHERE at > :lately AND kind = 'console'";

/// Entry by entry: after a storm these are tens of thousands, and whoever folds them keeps few. In the order of their arrival, which is
/// that of the fold unless a clock was far ahead. What is read lies far apart, so each entry is fetched once.
pub fn open_state(db: &Connection, now: DateTime<Utc>, each: &mut dyn FnMut(Arc<Entry>)) -> Result<()> {
    let lately = (now - CALLED).timestamp_millis();
    let acts = format!("act/{}", begun_at(now - TOLD));
    let params = named_params! { ":now": now.timestamp_millis(), ":lately": lately, ":acts": acts };
    let places = db.prepare(&open_state_sql())?.query_map(params, |row| row.get(0))?.collect::<Result<Vec<i64>>>()?;
    let mut places = places.into_iter();
    let mut row = db.prepare("SELECT prev, hash, body FROM entries WHERE n = ?1")?;
    let next = |batch: &mut Batch| match places.next() {
        Some(n) => row.query_row([n], |row| batch.take(row)).map(|()| true),
        None => Ok(false),
    };
    decode::each(next, each)
}

/// How the id of an entry begins that was made then.
fn begun_at(time: DateTime<Utc>) -> String {
    let millis = format!("{:012x}", time.timestamp_millis().max(0));
    format!("{}-{}", &millis[..8], &millis[8..])
}

/// By the corrections, which are few; to find those of each entry it would be fetched for its id.
fn open_state_sql() -> String {
    format!(
        "WITH RECURSIVE {} {CARRYING} {UNDONE}
         known(n) AS MATERIALIZED ({SHAPING} UNION {GIVEN} UNION {DRILLED} UNION {UNFINISHED} UNION {}
             UNION SELECT n FROM (SELECT n FROM entries ORDER BY n DESC LIMIT {NEWEST})),
         corrections(n) AS (SELECT c.n FROM entries c INDEXED BY by_corrects CROSS JOIN entries e ON e.id = c.corrects
                 WHERE c.corrects IS NOT NULL AND e.n IN (SELECT n FROM known)
             UNION SELECT c.n FROM corrections JOIN entries e USING (n) JOIN entries c ON c.corrects = e.id)
         SELECT n FROM known UNION SELECT n FROM corrections ORDER BY n",
        with_these(OPEN_INCIDENTS),
        lasting()
    )
}

fn with_these(set: &str) -> String {
    format!("these(id) AS ({set}),")
}

/// The entries of a set of `n`, their corrections and the corrections of those.
fn load(db: &Connection, tables: &str, set: &str, params: impl Params) -> Result<Vec<Arc<Entry>>> {
    let sql = format!(
        "WITH RECURSIVE {tables}
         wanted(n) AS ({set} UNION SELECT c.n FROM wanted JOIN entries e USING (n) JOIN entries c ON c.corrects = e.id)
         SELECT e.prev, e.hash, e.body FROM wanted JOIN entries e USING (n)"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params)?;
    let next = |batch: &mut Batch| match rows.next()? {
        Some(row) => batch.take(row).map(|()| true),
        None => Ok(false),
    };
    let mut entries = Vec::new();
    decode::each(next, &mut |entry| entries.push(entry))?;
    entries.sort_by_key(|entry| entry.order());
    Ok(entries)
}

/// Reads `prev`, `hash` and `body`.
fn entry(row: &Row) -> Result<Arc<Entry>> {
    let seal = Seal { prev: row.get_ref(0)?.as_str()?.into(), hash: row.get_ref(1)?.as_str()?.into() };
    decode::entry(seal, row.get_ref(2)?.as_str()?)
}

pub fn by_key(db: &Connection, key: &str) -> Result<Option<Arc<Entry>>> {
    let sql = "SELECT prev, hash, body FROM entries WHERE key = ?1 ORDER BY clock_ms, clock_count, n LIMIT 1";
    db.prepare_cached(sql)?.query_row([key], entry).optional()
}

pub fn by_id(db: &Connection, id: &str) -> Result<Option<Arc<Entry>>> {
    db.prepare_cached("SELECT prev, hash, body FROM entries WHERE id = ?1")?.query_row([id], entry).optional()
}

/// Entries whose id begins so.
pub fn by_prefix(db: &Connection, prefix: &str, limit: usize) -> Result<Vec<Arc<Entry>>> {
    let sql = "SELECT prev, hash, body FROM entries WHERE id >= ?1 AND id < ?1 || '~' ORDER BY id LIMIT ?2";
    db.prepare_cached(sql)?.query_map((prefix.to_ascii_lowercase(), limit), entry)?.collect()
}

/// What arrived after `cursor`, at most `limit`, in the order of arrival, each with its place in it.
pub fn after(db: &Connection, cursor: i64, limit: usize) -> Result<Vec<(i64, Arc<Entry>)>> {
    let sql = "SELECT prev, hash, body, n FROM entries WHERE n > ?1 ORDER BY n LIMIT ?2";
    db.prepare_cached(sql)?.query_map((cursor, limit), |row| Ok((row.get(3)?, entry(row)?)))?.collect()
}

pub fn of_incident(db: &Connection, incident: IncidentId) -> Result<Vec<Arc<Entry>>> {
    let set = format!("SELECT e.n FROM these CROSS JOIN entries e ON e.incident = these.id UNION {GIVEN}");
    let mut entries = load(db, &with_these(WITH_MERGED), &set, named_params! { ":id": incident.to_string() })?;
    let own = |entry: &Entry| entry.incident == Some(incident);
    let gone = Gone::of(entries.iter().filter(|entry| own(entry)));
    let out: BTreeSet<EntryId> = entries.iter().filter(|entry| !own(entry) && gone.holds(entry)).map(|entry| entry.id).collect();
    entries.retain(|entry| !out.contains(&entry.id) && !entry.corrects.is_some_and(|id| out.contains(&id)));
    Ok(entries)
}

/// What was linked, and in the end not.
#[derive(Default)]
struct Gone {
    /// By the turn in which it was taken out.
    entries: BTreeMap<EntryId, usize>,
    /// An incident that is merged brings all that it has, whatever was taken out before.
    merged: BTreeMap<IncidentId, usize>,
}

impl Gone {
    fn of<'a>(own: impl Iterator<Item = &'a Arc<Entry>>) -> Self {
        let mut gone = Self::default();
        for (turn, entry) in own.filter(|entry| matches!(entry.kind, Kind::Link | Kind::Unlink)).enumerate() {
            let named = entry.data_of::<Vec<EntryId>>("entries").unwrap_or_default();
            match entry.kind {
                Kind::Unlink => gone.entries.extend(named.into_iter().map(|id| (id, turn))),
                _ => named.iter().for_each(|id| _ = gone.entries.remove(id)),
            }
            let merged = entry.data_of::<Vec<IncidentId>>("merged").unwrap_or_default();
            gone.merged.extend(merged.into_iter().map(|id| (id, turn)));
        }
        gone
    }

    fn holds(&self, entry: &Entry) -> bool {
        let merged = entry.incident.and_then(|id| self.merged.get(&id));
        self.entries.get(&entry.id).is_some_and(|turn| merged.is_none_or(|merged| merged < turn))
    }
}

/// By their keys.
pub fn gaps(db: &Connection) -> Result<Vec<Arc<Entry>>> {
    load(
        db,
        "",
        "SELECT n FROM entries WHERE kind = 'console' AND (key >= 'source/' AND key < 'source0'
            OR key >= 'alerts/storm/' AND key < 'alerts/storm0' OR key >= 'watch/' AND key < 'watch0')",
        [],
    )
}

pub fn of_run(db: &Connection, run: &str) -> Result<Vec<Arc<Entry>>> {
    load(db, "", "SELECT n FROM entries WHERE run = ?1", [run])
}

/// Of the runs of one playbook, however long ago: the entries that name it, by the index of runs.
pub fn of_playbook(db: &Connection, playbook: &str) -> Result<Vec<Arc<Entry>>> {
    load(db, "", "SELECT n FROM entries WHERE run IS NOT NULL AND json_extract(body, '$.playbook') = ?1", [playbook])
}

/// Runs that began since then, whole, without the diagnoses that nobody began; and what has a key of practice, however old. By the index
/// of runs (the plus): by that of times everything since then would be gone through.
pub fn practice(db: &Connection, since: DateTime<Utc>) -> Result<Vec<Arc<Entry>>> {
    let set = "SELECT n FROM entries WHERE run IN (SELECT run FROM entries WHERE run IS NOT NULL AND kind = 'run' AND +at >= ?1
                   AND json_extract(body, '$.data.diagnosis') IS NULL)
               UNION SELECT n FROM entries WHERE key >= 'practice/' AND key < 'practice0'";
    load(db, "", set, [since.timestamp_millis()])
}

/// What makes incidents what they are.
pub fn incidents(db: &Connection) -> Result<Vec<Arc<Entry>>> {
    let set = concat!("SELECT n FROM entries k WHERE ", shaping!("k"), " AND k.run IS NULL");
    load(db, "", set, [])
}

/// Declarations by number (`INC-7`, `DRILL-7`, `7`) or by the beginning of their id.
pub fn declared(db: &Connection, target: &str) -> Result<Vec<Arc<Entry>>> {
    let target = target.to_ascii_lowercase();
    let number = ["inc-", "drill-"].iter().find_map(|word| target.strip_prefix(word));
    let number = number.unwrap_or(&target).parse::<u64>().ok();
    let set = "SELECT n FROM entries WHERE kind = 'declare'
               AND (json_extract(body, '$.data.number') = ?1 OR (id >= ?2 AND id < ?2 || '~' AND length(?2) >= 4))";
    load(db, "", set, (number, target))
}

pub fn recent(db: &Connection, limit: usize) -> Result<Vec<Arc<Entry>>> {
    load(db, "", "SELECT n FROM (SELECT n FROM entries ORDER BY n DESC LIMIT ?1)", [limit])
}

pub fn between(db: &Connection, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<Arc<Entry>>> {
    let times = (from.timestamp_millis(), to.timestamp_millis());
    load(db, "", "SELECT n FROM entries WHERE at >= ?1 AND at < ?2", times)
}

/// The newest entry of each chain.
const HEADS: &str = "origins o JOIN entries e
    ON e.n = (SELECT n FROM entries WHERE n >= o.n << 40 AND n < (o.n + 1) << 40 ORDER BY n DESC LIMIT 1)";

/// The greatest clock at which a chain stands, of those that are not past `limit`.
pub fn greatest_clock(db: &Connection, limit: DateTime<Utc>) -> Result<Clock> {
    let sql = format!(
        "SELECT clock_ms, clock_count FROM {HEADS} WHERE clock_ms <= ?1 ORDER BY clock_ms DESC, clock_count DESC LIMIT 1"
    );
    let found =
        db.prepare_cached(&sql)?.query_row([limit.timestamp_millis()], |row| Ok(Clock { ms: row.get(0)?, count: row.get(1)? }));
    found.optional().map(Option::unwrap_or_default)
}

/// The place of the entry that arrived last.
pub fn last(db: &Connection) -> Result<i64> {
    db.prepare_cached("SELECT coalesce(max(n), 0) FROM entries")?.query_row([], |row| row.get(0))
}

/// Reads `origin`, `seq` and `hash`.
pub fn head(row: &Row) -> Result<Head> {
    Ok(Head { origin: origin::parse(row.get_ref(0)?.as_str()?)?, seq: row.get(1)?, hash: row.get(2)? })
}

pub fn heads(db: &Connection) -> Result<Vec<Head>> {
    db.prepare_cached(&format!("SELECT o.id, e.seq, e.hash FROM {HEADS} ORDER BY o.id"))?.query_map([], head)?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::file;

    /// How SQLite goes about a statement.
    fn plan(db: &Connection, sql: &str) -> Vec<String> {
        let mut steps = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a statement");
        let count = steps.parameter_count();
        let none = vec![rusqlite::types::Null; count];
        let rows = steps.query_map(rusqlite::params_from_iter(none), |row| row.get(3)).expect("a plan");
        rows.collect::<Result<_>>().expect("steps")
    }

    #[test]
    fn what_a_console_begins_with_is_found_without_going_through_the_journal() {
        let steps = plan(&file::empty().expect("a journal"), &open_state_sql());
        // One goes backwards until it has the newest.
        assert_eq!(steps.iter().filter(|step| *step == "SCAN entries").count(), 1, "{steps:#?}");
        assert!(steps.iter().any(|step| step == "SEARCH x USING INDEX serving (<expr>=?)"), "{steps:#?}");
        let made_for_it = steps.iter().find(|step| step.contains("AUTOMATIC"));
        assert_eq!(made_for_it, None, "an index over everything is made each time");
    }
}

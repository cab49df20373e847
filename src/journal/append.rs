//! One append: a transaction that reads where its chain stands, stamps, chains and stores.

use super::load::{self, by_key};
use super::origin::{self, Current, Origin};
use super::{Appended, open};
use crate::domain::chain;
use crate::domain::entry::{Actor, Clock, Draft, Entry, Head, Kind, Seal};
use crate::domain::ids::EntryId;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Result, TransactionBehavior, params};
use std::ops::Range;
use std::sync::Arc;
use uuid::{Builder, Uuid};

/// How far ahead of our wall another's clock may be and still be believed.
const BELIEVED: TimeDelta = TimeDelta::minutes(5);

/// The ids to be given: one for each draft, and before them one for the first entry of a new origin.
pub struct Ids {
    pub begun: EntryId,
    pub drafts: Vec<EntryId>,
}

impl Ids {
    /// Made at `wall` and, but for their number, of chance: sorted as the drafts are.
    pub fn new(count: usize, wall: DateTime<Utc>) -> Self {
        let ms = u64::try_from(wall.timestamp_millis()).unwrap_or(0);
        let chance = Uuid::new_v4().as_u128();
        let id = |number: usize| {
            let [_, _, _, _, _, _, tail @ ..] = chance.wrapping_add(number as u128).to_be_bytes();
            EntryId(Builder::from_unix_timestamp_millis(ms, &tail).into_uuid())
        };
        Self { begun: id(0), drafts: (1..=count).map(id).collect() }
    }
}

/// Stores the drafts, or nothing: `None` if whoever asks may do so no more, which is looked at when nobody else can write. What it
/// returns is durable; with it come the rows that the drafts took.
pub fn append(
    db: &mut Connection,
    place: &str,
    ids: &Ids,
    drafts: &[Draft],
    (wall, may): (DateTime<Utc>, &dyn Fn() -> bool),
) -> Result<Option<(Appended, Range<i64>)>> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if !may() {
        return Ok(None);
    }
    let (mut tip, begun) = Tip::read(&tx, place, ids.begun, wall)?;
    let start = tip.next();
    let entries = ids.drafts.iter().zip(drafts).map(|(id, draft)| tip.once(*id, draft)).collect::<Result<_>>()?;
    let stored = start..tip.next();
    tx.commit()?;
    Ok(Some((Appended { entries, begun, reserve_freed: false }, stored)))
}

/// What an append of these ids has left in the journal: all of it or, for `None`, nothing.
pub fn found(db: &Connection, ids: &Ids, drafts: &[Draft]) -> Result<Option<Appended>> {
    let stored = |id: &EntryId| load::by_id(db, &id.to_string());
    let own = ids.drafts.iter().map(stored).collect::<Result<Vec<_>>>()?;
    if own.iter().all(Option::is_none) {
        return Ok(None);
    }
    let entry = |(own, draft): (Option<_>, &Draft)| match (own, &draft.key) {
        (None, Some(_)) => known(db, draft),
        (own, _) => Ok(own),
    };
    let entries = own.into_iter().zip(drafts).map(entry).collect::<Result<Option<Vec<_>>>>()?;
    let begun = stored(&ids.begun)?;
    Ok(entries.map(|entries| Appended { entries, begun, reserve_freed: false }))
}

/// What has the key of a draft already, or is the same by another name.
fn known(db: &Connection, draft: &Draft) -> Result<Option<Arc<Entry>>> {
    let mut names = draft.key.iter().chain(&draft.also);
    names.find_map(|key| by_key(db, key).transpose()).transpose()
}

/// The end of our chain while it grows.
struct Tip<'a> {
    db: &'a Connection,
    wall: DateTime<Utc>,
    origin: Origin,
    head: Head,
    clock: Clock,
}

impl<'a> Tip<'a> {
    fn read(db: &'a Connection, place: &str, id: EntryId, wall: DateTime<Utc>) -> Result<(Self, Option<Arc<Entry>>)> {
        match origin::current(db, place)? {
            Current::Here(origin) => Ok((Self::at(db, origin, Clock::default(), wall)?, None)),
            Current::New { old: None } => Ok((Self::at(db, origin::begin(db, place)?, Clock::default(), wall)?, None)),
            Current::New { old: Some(old) } => {
                // The old chain's entries are our own past: their clock holds, however far ahead it is.
                let (old, clock) = origin::head(db, old)?;
                let mut tip = Self::at(db, origin::begin(db, place)?, clock, wall)?;
                let begun = tip.add(id, beginning(&old, wall))?;
                Ok((tip, Some(begun)))
            }
        }
    }

    fn at(db: &'a Connection, origin: Origin, known: Clock, wall: DateTime<Utc>) -> Result<Self> {
        let (head, own) = origin::head(db, origin)?;
        let clock = own.max(known).max(load::greatest_clock(db, wall + BELIEVED)?);
        Ok(Self { db, wall, origin, head, clock })
    }

    /// The row of the next entry.
    fn next(&self) -> i64 {
        self.origin.row(self.head.seq + 1)
    }

    /// Adds a draft unless its key is there already: of one outside fact there is one entry.
    fn once(&mut self, id: EntryId, draft: &Draft) -> Result<Arc<Entry>> {
        match known(self.db, draft)? {
            Some(known) => Ok(known),
            None => self.add(id, draft.clone()),
        }
    }

    fn add(&mut self, id: EntryId, mut draft: Draft) -> Result<Arc<Entry>> {
        if draft.kind == Kind::Declare {
            draft = draft.with("number", self.declared()? + 1);
        }
        self.clock = self.clock.next(self.wall);
        let entry = Entry::stamped(id, self.head.origin, self.head.seq + 1, self.clock, self.wall, draft);
        let seal = self.store(&entry)?;
        self.head = Head { origin: entry.origin, seq: entry.seq, hash: seal.hash.to_string() };
        Ok(Arc::new(entry.sealed(seal)))
    }

    fn declared(&self) -> Result<u64> {
        let mut count = self.db.prepare_cached("SELECT count(*) FROM entries WHERE kind = 'declare' AND n >= ?1 AND n < ?2")?;
        let rows = self.origin.rows();
        count.query_row((rows.start, rows.end), |row| row.get(0))
    }

    fn store(&self, entry: &Entry) -> Result<Seal> {
        let body = text(entry)?;
        let hash = chain::hash(&self.head.hash, &body);
        let columns = Columns::of(entry);
        let n = self.origin.row(entry.seq);
        self.db.prepare_cached(INSERT)?.execute(params![
            n,
            columns.id,
            columns.clock_ms,
            columns.clock_count,
            columns.at,
            columns.kind,
            columns.key,
            columns.incident,
            columns.alert,
            columns.run,
            columns.corrects,
            columns.until,
            self.head.hash,
            hash,
            body
        ])?;
        open::track(self.db, n, entry)?;
        Ok(Seal { prev: self.head.hash.as_str().into(), hash: hash.into() })
    }
}

fn text(entry: &Entry) -> Result<String> {
    let mut body = Vec::with_capacity(1024);
    let unfit = |error| rusqlite::Error::ToSqlConversionFailure(error);
    serde_json::to_writer(&mut body, entry).map_err(|error| unfit(error.into()))?;
    String::from_utf8(body).map_err(|error| unfit(error.into()))
}

const INSERT: &str = "INSERT INTO entries (n, id, clock_ms, clock_count, at, kind, key, incident, alert, run, corrects, until, \
     prev, hash, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

/// What the columns repeat of a body.
#[derive(Debug, PartialEq)]
pub struct Columns {
    pub id: String,
    pub origin: String,
    pub seq: u64,
    pub clock_ms: i64,
    pub clock_count: u32,
    pub at: i64,
    pub kind: String,
    pub key: Option<String>,
    pub incident: Option<String>,
    pub alert: Option<String>,
    pub run: Option<String>,
    pub corrects: Option<String>,
    pub until: Option<i64>,
}

impl Columns {
    pub fn of(entry: &Entry) -> Self {
        let lasts = matches!(entry.kind, Kind::Ack | Kind::MaintenanceEnded);
        let until = lasts.then(|| entry.data_of::<DateTime<Utc>>("until")).flatten();
        Self {
            id: entry.id.to_string(),
            origin: entry.origin.to_string(),
            seq: entry.seq,
            clock_ms: entry.clock.ms,
            clock_count: entry.clock.count,
            at: entry.at.timestamp_millis(),
            kind: entry.kind.word().to_owned(),
            key: entry.key.clone(),
            incident: entry.incident.map(|id| id.to_string()),
            alert: entry.alert.as_ref().map(ToString::to_string),
            run: entry.run.map(|id| id.to_string()),
            corrects: entry.corrects.map(|id| id.to_string()),
            until: until.map(|until| until.timestamp_millis()),
        }
    }
}

fn beginning(old: &Head, wall: DateTime<Utc>) -> Draft {
    let text =
        format!("a new journal origin began: this folder was copied, moved or restored at entry {} of the old one", old.seq);
    Draft::new(Kind::Console, wall, Actor::system("midwatch"), text).with("event", "origin-began").with("old_head", old)
}

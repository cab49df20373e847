//! Looks through the whole journal for anything that was changed, taken out or put elsewhere.

use super::append::Columns;
use super::{JournalError, against, evidence, file, load, origin, shape};
use crate::domain::chain;
use crate::domain::entry::{Clock, Entry, Head};
use crate::domain::ids::OriginId;
use rusqlite::{Connection, Result, Row};
use serde::Serialize;
use std::path::Path;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many entries were looked at.
    pub entries: u64,
    /// Where the chains stand. Without an older copy nobody can say what was cut off behind these.
    pub heads: Vec<Head>,
    pub problems: Vec<Problem>,
}

impl Report {
    pub fn sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// One thing that is not as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Of which entry; unknown where the file itself is damaged.
    pub origin: Option<OriginId>,
    pub seq: Option<u64>,
    pub id: Option<String>,
    /// One sentence.
    pub text: String,
}

impl Problem {
    pub(super) fn of_file(text: String) -> Self {
        Self { origin: None, seq: None, id: None, text }
    }

    pub(super) fn at(origin: OriginId, seq: u64, text: impl Into<String>) -> Self {
        Self { origin: Some(origin), seq: Some(seq), id: None, text: text.into() }
    }
}

/// Verifies the journal of a data folder, and that it still holds all that `against` (a backup, or an export with
/// `heads`) knows of it. Changes nothing.
///
/// # Errors
/// There is no journal, it is of a newer format, or `against` can't be read. Damage is not an error but a problem.
pub fn verify(folder: &Path, older: Option<&Path>) -> Result<Report, JournalError> {
    let file = file::path(folder);
    let older = older.map(against::read).transpose()?;
    let db = match file::existing(&file) {
        // That it is damaged is the answer to this question.
        Err(JournalError::Damaged { detail, .. }) => {
            let problems = vec![Problem::of_file(format!("The file can't be read: {detail}."))];
            return Ok(Report { problems, ..Report::default() });
        }
        opened => opened?,
    };
    let mut report = Report::default();
    if let Err(error) = look(&db, &mut report) {
        report.problems.push(Problem::of_file(format!("The file can't be read further: {error}.")));
    }
    if report.sound() {
        let found = evidence::faults(&db, &folder.join(evidence::FOLDER)).map_err(|error| JournalError::of(&error, &file))?;
        report.problems.extend(found);
    }
    if let Some(older) = older {
        let found = older.missing_in(&db).map_err(|error| JournalError::of(&error, &file))?;
        report.problems.extend(found);
    }
    Ok(report)
}

/// Refuses a file that is to be brought back and holds something else than was recorded.
pub(super) fn sound(db: &Connection, file: &Path) -> Result<(), JournalError> {
    let mut report = Report::default();
    if let Err(error) = look(db, &mut report) {
        report.problems.push(Problem::of_file(format!("It can't be read further: {error}.")));
    }
    match report.problems.split_first() {
        None => Ok(()),
        Some((first, more)) => {
            let id = first.id.as_deref().map(|id| format!(" (entry {id})")).unwrap_or_default();
            Err(JournalError::Unsound { file: file.to_owned(), first: format!("{}{id}", first.text), more: more.len() })
        }
    }
}

fn look(db: &Connection, report: &mut Report) -> Result<()> {
    // All statements see one state of the journal, whoever writes meanwhile.
    let tx = db.unchecked_transaction()?;
    integrity(&tx, report)?;
    if let Some(difference) = shape::difference(&tx)? {
        report.problems.push(Problem::of_file(format!("The file has other tables than were made: {difference}.")));
    }
    let mut rows = tx.prepare(
        "SELECT e.id, o.id, seq, clock_ms, clock_count, at, kind, key, incident, alert, run, corrects, until, prev, hash, body
         FROM entries e LEFT JOIN origins o ON o.n = e.n >> 40 ORDER BY e.n",
    )?;
    let mut rows = rows.query([])?;
    let mut chain: Option<Chain> = None;
    while let Some(row) = rows.next()? {
        let stored = Stored::read(row)?;
        let origin = origin::parse(&stored.columns.origin)?;
        let mut here = chain.take().filter(|chain| chain.head.origin == origin).unwrap_or_else(|| Chain::new(origin));
        here.follow(&tx, &stored, report)?;
        chain = Some(here);
    }
    report.heads = load::heads(&tx)?;
    Ok(())
}

/// SQLite's own look at the file: pages, indexes and rows fit together.
fn integrity(db: &Connection, report: &mut Report) -> Result<()> {
    let mut check = db.prepare("PRAGMA integrity_check(10)")?;
    for text in check.query_map([], |row| row.get::<_, String>(0))? {
        match text? {
            text if text == "ok" => {}
            text => report.problems.push(Problem::of_file(format!("The file is damaged: {text}."))),
        }
    }
    Ok(())
}

/// One row as it stands in the table.
struct Stored {
    columns: Columns,
    prev: String,
    hash: String,
    body: String,
}

impl Stored {
    fn read(row: &Row) -> Result<Self> {
        let columns = Columns {
            id: row.get(0)?,
            origin: row.get(1)?,
            seq: row.get(2)?,
            clock_ms: row.get(3)?,
            clock_count: row.get(4)?,
            at: row.get(5)?,
            kind: row.get(6)?,
            key: row.get(7)?,
            incident: row.get(8)?,
            alert: row.get(9)?,
            run: row.get(10)?,
            corrects: row.get(11)?,
            until: row.get(12)?,
        };
        Ok(Self { columns, prev: row.get(13)?, hash: row.get(14)?, body: row.get(15)? })
    }
}

/// One origin's chain as far as it has been followed.
struct Chain {
    head: Head,
    clock: Clock,
}

impl Chain {
    fn new(origin: OriginId) -> Self {
        Self { head: Head { origin, seq: 0, hash: chain::genesis(origin) }, clock: Clock::default() }
    }

    fn follow(&mut self, db: &Connection, stored: &Stored, report: &mut Report) -> Result<()> {
        let entry = serde_json::from_str::<Entry>(&stored.body).ok();
        let mut found = self.faults(stored, entry.as_ref());
        if let Some(old) = entry.as_ref().and_then(|entry| entry.data_of::<Head>("old_head")).filter(|_| stored.columns.seq == 1)
        {
            found.extend(against::missing(db, &old)?);
        }
        let seq = stored.columns.seq;
        let told = |text| Problem { id: Some(stored.columns.id.clone()), ..Problem::at(self.head.origin, seq, text) };
        report.problems.extend(found.into_iter().map(told));
        report.entries += 1;
        self.clock = Clock { ms: stored.columns.clock_ms, count: stored.columns.clock_count };
        self.head = Head { origin: self.head.origin, seq, hash: stored.hash.clone() };
        Ok(())
    }

    /// What is wrong with the next entry. One cause is told once, by its nearest sign.
    fn faults(&self, stored: &Stored, entry: Option<&Entry>) -> Vec<String> {
        let seq = stored.columns.seq;
        let mut found = Vec::new();
        if seq != self.head.seq + 1 {
            found
                .push(format!("Before entry {seq}, the entries from {} on are missing: they were taken out.", self.head.seq + 1));
        } else if stored.prev != self.head.hash {
            found.push(format!(
                "Entry {seq} does not continue entry {}: one of them was changed or put elsewhere.",
                self.head.seq
            ));
        }
        if chain::hash(&stored.prev, &stored.body) != stored.hash {
            found.push(format!("Entry {seq} is not what was recorded: its text or its hash was changed."));
        }
        match entry.map(Columns::of) {
            None => found.push(format!("Entry {seq} can't be read: its text is not an entry.")),
            Some(columns) if columns != stored.columns => {
                found.push(format!(
                    "Entry {seq} is filed under what it does not say: a column was changed, or it was put elsewhere."
                ));
            }
            Some(_) => {}
        }
        if (stored.columns.clock_ms, stored.columns.clock_count) <= (self.clock.ms, self.clock.count) && seq > 1 {
            found.push(format!("Entry {seq} has a clock that is not after the one before it."));
        }
        found
    }
}

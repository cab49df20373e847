//! Rows become entries beside the thread that reads them: after a storm both take tens of milliseconds, and somebody waits.

use crate::domain::entry::{Entry, Seal};
use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};
use std::sync::Arc;
use std::sync::mpsc::{channel, sync_channel};
use std::thread;

/// So many rows are handed over at once.
const ROWS: usize = 256;
/// So many batches may wait: what is read is not all kept twice.
const AHEAD: usize = 4;

/// Rows as they stand, one behind the other.
#[derive(Default)]
pub struct Batch {
    text: String,
    /// Where `prev`, `hash` and `body` of each end.
    ends: Vec<[usize; 3]>,
}

impl Batch {
    /// Takes `prev`, `hash` and `body`.
    pub fn take(&mut self, row: &Row) -> Result<()> {
        let mut ends = [0; 3];
        for (column, end) in ends.iter_mut().enumerate() {
            self.text.push_str(row.get_ref(column)?.as_str()?);
            *end = self.text.len();
        }
        self.ends.push(ends);
        Ok(())
    }

    /// The next rows, and whether there may be more.
    fn next(fill: &mut impl FnMut(&mut Self) -> Result<bool>) -> Result<(Self, bool)> {
        let mut batch = Self::default();
        while batch.ends.len() < ROWS {
            if !fill(&mut batch)? {
                return Ok((batch, false));
            }
        }
        Ok((batch, true))
    }

    fn entries(&self) -> Result<Vec<Arc<Entry>>> {
        let begins = std::iter::once(0).chain(self.ends.iter().map(|[.., end]| *end));
        let read = |(begin, [prev, hash, body]): (usize, &[usize; 3])| {
            let seal = Seal { prev: self.text[begin..*prev].into(), hash: self.text[*prev..*hash].into() };
            entry(seal, &self.text[*hash..*body])
        };
        begins.zip(&self.ends).map(read).collect()
    }
}

/// # Errors
/// The body is no entry.
pub fn entry(seal: Seal, body: &str) -> Result<Arc<Entry>> {
    let unreadable = |error| Error::FromSqlConversionFailure(2, Type::Text, Box::new(error));
    let entry: Entry = serde_json::from_str(body).map_err(unreadable)?;
    Ok(Arc::new(entry.sealed(seal)))
}

/// Each entry in the order in which `fill` takes rows; it takes one, or says that there is none.
pub fn each(mut fill: impl FnMut(&mut Batch) -> Result<bool>, each: &mut dyn FnMut(Arc<Entry>)) -> Result<()> {
    let (mut batch, mut more) = Batch::next(&mut fill)?;
    if !more {
        batch.entries()?.into_iter().for_each(each);
        return Ok(());
    }
    thread::scope(|scope| {
        let (hand_over, batches) = sync_channel::<Batch>(AHEAD);
        let (tell, told) = channel();
        let work = move || batches.into_iter().all(|batch| tell.send(batch.entries()).is_ok());
        thread::Builder::new().spawn_scoped(scope, work).map_err(|error| Error::ToSqlConversionFailure(error.into()))?;
        while hand_over.send(batch).is_ok() && more {
            (batch, more) = Batch::next(&mut fill)?;
            for entries in told.try_iter() {
                entries?.into_iter().for_each(&mut *each);
            }
        }
        drop(hand_over);
        for entries in told {
            entries?.into_iter().for_each(&mut *each);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::{Actor, Clock, Draft, Kind};
    use crate::domain::ids::{EntryId, OriginId};
    use chrono::DateTime;
    use rusqlite::Connection;
    use uuid::Uuid;

    /// What comes of so many rows, of which the one at `broken` is none.
    fn read(count: usize, broken: Option<usize>) -> (Vec<String>, Result<()>) {
        let db = Connection::open_in_memory().expect("a database");
        let mut row = db.prepare("SELECT 'before ' || ?1, 'hash ' || ?1, ?2").expect("a statement");
        let draft = Draft::new(Kind::Note, DateTime::UNIX_EPOCH, Actor::system("midwatch"), "café");
        let (id, origin) = (EntryId(Uuid::nil()), OriginId(Uuid::nil()));
        let mut numbers = 0..count;
        let next = |batch: &mut Batch| {
            let Some(n) = numbers.next() else { return Ok(false) };
            let entry = Entry::stamped(id, origin, n as u64, Clock::default(), DateTime::UNIX_EPOCH, draft.clone());
            let body = serde_json::to_string(&entry).expect("text");
            let body = if broken == Some(n) { "{" } else { body.as_str() };
            row.query_row((n, body), |row| batch.take(row)).map(|()| true)
        };
        let mut read = Vec::new();
        let result = each(next, &mut |entry| {
            let seal = entry.seal().expect("is sealed");
            read.push(format!("{} {} {}", entry.seq, seal.prev, seal.hash));
        });
        (read, result)
    }

    #[test]
    fn every_row_becomes_its_entry_in_their_order_however_many_there_are() {
        for count in [0, 1, ROWS - 1, ROWS, ROWS + 1, ROWS * (AHEAD + 3) + 7] {
            let (read, result) = read(count, None);
            assert_eq!(result, Ok(()));
            assert_eq!(read, (0..count).map(|n| format!("{n} before {n} hash {n}")).collect::<Vec<_>>());
        }
    }

    #[test]
    fn one_that_is_no_entry_ends_it_and_nothing_after_it_is_told() {
        for broken in [0, ROWS + 1, ROWS * (AHEAD + 2)] {
            let (read, result) = read(ROWS * (AHEAD + 3), Some(broken));
            assert!(matches!(result, Err(Error::FromSqlConversionFailure(2, ..))), "{result:?}");
            assert!(read.len() <= broken, "{} of {broken}", read.len());
        }
    }
}

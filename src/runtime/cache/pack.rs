//! A snapshot with each word written once: a storm of twenty thousand alerts is made of a few thousand words, and is read
//! back with those shared as the source shared them.

use super::{Kept, Snapshot};
use crate::domain::alert::{Alert, Held, Labels, Upstream};
use crate::domain::ids::{AlertId, Fingerprint, SourceName};
use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// A file of an earlier version has no such table and is not read.
#[derive(Serialize, Deserialize)]
pub struct Packed {
    words: Vec<Outside>,
    sources: Vec<(SourceName, DateTime<Utc>, Vec<Row>)>,
}

/// The place of a word in the table.
type Word = u32;
type Pairs = Vec<(Word, Word)>;

#[derive(Serialize, Deserialize)]
struct Row {
    f: Fingerprint,
    l: Pairs,
    a: Pairs,
    u: Upstream,
    s: DateTime<Utc>,
    g: Option<Word>,
    r: Vec<Word>,
    sb: Vec<Word>,
    ib: Vec<Fingerprint>,
    mb: Vec<Word>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    h: Option<Box<Held>>,
}

#[derive(Default)]
struct Words<'a> {
    places: HashMap<&'a str, Word>,
    table: Vec<Outside>,
}

impl<'a> Words<'a> {
    fn place(&mut self, word: &'a Outside) -> Word {
        *self.places.entry(word.raw()).or_insert_with(|| {
            self.table.push(word.clone());
            self.table.len() as Word - 1
        })
    }

    fn all(&mut self, words: &'a [Outside]) -> Vec<Word> {
        words.iter().map(|word| self.place(word)).collect()
    }

    fn pairs(&mut self, labels: &'a Labels) -> Pairs {
        labels.iter().map(|(name, value)| (self.place(name), self.place(value))).collect()
    }

    fn row(&mut self, alert: &'a Alert) -> Row {
        Row {
            f: alert.id.fingerprint.clone(),
            l: self.pairs(&alert.labels),
            a: self.pairs(&alert.annotations),
            u: alert.upstream,
            s: alert.starts_at,
            g: alert.url.as_ref().map(|url| self.place(url)),
            r: self.all(&alert.receivers),
            sb: self.all(&alert.silenced_by),
            ib: alert.inhibited_by.clone(),
            mb: self.all(&alert.muted_by),
            h: alert.held.clone(),
        }
    }
}

pub fn pack(snapshot: &Snapshot) -> Packed {
    let mut words = Words::default();
    let mut sources = Vec::new();
    for (name, kept) in snapshot {
        sources.push((name.clone(), kept.read_at, kept.alerts.iter().map(|alert| words.row(alert)).collect()));
    }
    Packed { sources, words: words.table }
}

/// `None` for a table that lacks a word: somebody else wrote the file.
pub fn unpack(packed: Packed) -> Option<Snapshot> {
    let words = packed.words;
    let kept = |(source, read_at, rows): (SourceName, DateTime<Utc>, Vec<Row>)| {
        let alerts = rows.into_iter().map(|row| alert(&words, &source, row).map(Arc::new)).collect::<Option<_>>()?;
        Some((source.clone(), Kept { read_at, alerts }))
    };
    packed.sources.into_iter().map(kept).collect()
}

fn alert(words: &[Outside], source: &SourceName, row: Row) -> Option<Alert> {
    let word = |place: Word| words.get(place as usize).cloned();
    let all = |places: Vec<Word>| places.into_iter().map(word).collect::<Option<Vec<_>>>();
    let pairs = |pairs: Pairs| {
        let pairs = pairs.into_iter().map(|(name, value)| Some((word(name)?, word(value)?)));
        pairs.collect::<Option<Vec<_>>>().map(Labels::new)
    };
    Some(Alert {
        id: AlertId { source: source.clone(), fingerprint: row.f },
        labels: pairs(row.l)?,
        annotations: pairs(row.a)?,
        upstream: row.u,
        starts_at: row.s,
        url: match row.g {
            Some(place) => Some(word(place)?),
            None => None,
        },
        receivers: all(row.r)?,
        silenced_by: all(row.sb)?,
        inhibited_by: row.ib,
        muted_by: all(row.mb)?,
        held: row.h,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(name: &str) -> Arc<Alert> {
        let labels = Labels::new(vec![("alertname".into(), "Storm".into()), ("instance".into(), name.into())]);
        Arc::new(Alert {
            id: AlertId { source: "prod".into(), fingerprint: name.into() },
            annotations: Labels::new(vec![("summary".into(), name.into())]),
            labels,
            upstream: Upstream::Firing,
            starts_at: "2026-03-01T03:00:00.123456789Z".parse().expect("a time"),
            url: Some("http://h/".into()),
            receivers: vec!["ops".into()],
            silenced_by: vec!["s-1".into()],
            inhibited_by: vec!["f".into()],
            muted_by: vec!["night".into()],
            held: Some(Box::new(Held { assigned: vec!["ana".into()], ..Held::default() })),
        })
    }

    #[test]
    fn what_is_read_back_is_what_was_kept_and_shares_its_words() {
        let kept = Kept { read_at: "2026-03-01T03:00:00Z".parse().expect("a time"), alerts: vec![alert("a"), alert("b")] };
        let snapshot = Snapshot::from([("prod".into(), kept)]);
        let text = serde_json::to_string(&pack(&snapshot)).expect("writable");
        assert_eq!(text.matches("Storm").count(), 1);
        let back = unpack(serde_json::from_str(&text).expect("readable")).expect("whole");
        assert_eq!(back.values().map(|kept| kept.alerts.clone()).collect::<Vec<_>>(), [vec![alert("a"), alert("b")]]);
        let value = |n: usize| back.values().next().and_then(|kept| kept.alerts[n].labels.get("alertname")).map(str::as_ptr);
        assert_eq!(value(0), value(1));
    }

    #[test]
    fn a_table_that_lacks_a_word_is_no_snapshot() {
        let kept = Kept { read_at: DateTime::default(), alerts: vec![alert("a")] };
        let mut packed = pack(&Snapshot::from([("prod".into(), kept)]));
        packed.words.pop();
        assert!(unpack(packed).is_none());
    }
}

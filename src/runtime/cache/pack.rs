//! The file of a snapshot: line by line, each word written once, by the first alert that has it. A storm of twenty thousand
//! alerts is made of a few thousand words; it is written and read back one alert at a time, and shares its words and names
//! then as it did when it came from the source.

use super::{Kept, Snapshot};
use crate::domain::alert::{Alert, Held, Labels, Upstream};
use crate::domain::ids::{AlertId, Fingerprint, SourceName};
use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::sync::Arc;

/// A file of an earlier version has no such lines and is not read.
#[derive(Serialize, Deserialize)]
enum Line {
    /// What follows is of this source, which answered then.
    Source(SourceName, DateTime<Utc>),
    Alert(Box<Row>),
}

/// The place of a word among all words of the lines so far.
type Word = u32;
type Pairs = Vec<(Word, Word)>;

#[derive(Serialize, Deserialize)]
struct Row {
    /// Words that no line before has.
    w: Vec<Outside>,
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
    /// What knows of the last time that it was listed, where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ul: Option<DateTime<Utc>>,
}

#[derive(Default)]
struct Words<'a> {
    places: HashMap<&'a str, Word>,
    new: Vec<Outside>,
}

impl<'a> Words<'a> {
    fn place(&mut self, word: &'a Outside) -> Word {
        let next = self.places.len() as Word;
        *self.places.entry(word.raw()).or_insert_with(|| {
            self.new.push(word.clone());
            next
        })
    }

    fn all(&mut self, words: &'a [Outside]) -> Vec<Word> {
        words.iter().map(|word| self.place(word)).collect()
    }

    fn pairs(&mut self, labels: &'a Labels) -> Pairs {
        labels.iter().map(|(name, value)| (self.place(name), self.place(value))).collect()
    }

    fn row(&mut self, alert: &'a Alert, ul: Option<DateTime<Utc>>) -> Row {
        let row = Row {
            w: Vec::new(),
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
            ul,
        };
        Row { w: std::mem::take(&mut self.new), ..row }
    }
}

/// # Errors
/// Those of the file.
pub fn write(snapshot: &Snapshot, to: &mut impl Write) -> io::Result<()> {
    let mut words = Words::default();
    let mut put = |line: &Line| {
        serde_json::to_writer(&mut *to, line)?;
        to.write_all(b"\n")
    };
    for (name, kept) in snapshot {
        put(&Line::Source(name.clone(), kept.read_at))?;
        let unlisted = |alert: &Alert| kept.unlisted.get(&alert.id.fingerprint).copied();
        kept.alerts.iter().try_for_each(|alert| put(&Line::Alert(Box::new(words.row(alert, unlisted(alert))))))?;
    }
    Ok(())
}

/// What one line brings.
pub enum Read {
    /// What follows is of this source, which answered then.
    Source(SourceName, DateTime<Utc>),
    /// One of its alerts, and the last time that it was listed, where it was not.
    Alert(Arc<Alert>, Option<DateTime<Utc>>),
}

/// Line by line. `None` for a file that somebody else wrote: what was told of it before stands.
pub fn each(mut from: impl BufRead, tell: &mut dyn FnMut(Read)) -> Option<()> {
    let (mut known, mut text) = (Known::default(), String::new());
    let mut current: Option<SourceName> = None;
    while from.read_line(&mut text).ok()? > 0 {
        match serde_json::from_str(&text).ok()? {
            Line::Source(name, read_at) => {
                current = Some(name.clone());
                tell(Read::Source(name, read_at));
            }
            Line::Alert(row) => {
                let unlisted = row.ul;
                tell(Read::Alert(Arc::new(known.alert(current.as_ref()?, *row)?), unlisted));
            }
        }
        text.clear();
    }
    Some(())
}

/// All of it, or nothing.
pub fn read(from: impl BufRead) -> Option<Snapshot> {
    let (mut snapshot, mut current) = (Snapshot::new(), None);
    each(from, &mut |read| match read {
        Read::Source(name, read_at) => {
            snapshot.insert(name.clone(), Kept::at(read_at));
            current = Some(name);
        }
        Read::Alert(alert, unlisted) => {
            let kept = current.as_ref().and_then(|source| snapshot.get_mut(source));
            kept.into_iter().for_each(|kept| kept.take(alert.clone(), unlisted));
        }
    })?;
    Some(snapshot)
}

/// What the lines so far have brought.
#[derive(Default)]
struct Known {
    words: Vec<Outside>,
    last: [Labels; 2],
    receivers: Arc<[Outside]>,
}

impl Known {
    fn alert(&mut self, source: &SourceName, mut row: Row) -> Option<Alert> {
        self.words.append(&mut row.w);
        Some(Alert {
            id: AlertId { source: source.clone(), fingerprint: row.f },
            labels: self.labels(row.l, 0)?,
            annotations: self.labels(row.a, 1)?,
            upstream: row.u,
            starts_at: row.s,
            url: match row.g {
                Some(place) => Some(self.word(place)?),
                None => None,
            },
            receivers: self.receivers(&row.r)?,
            silenced_by: self.all(&row.sb)?,
            inhibited_by: row.ib,
            muted_by: self.all(&row.mb)?,
            held: row.h,
        })
    }

    fn word(&self, place: Word) -> Option<Outside> {
        self.words.get(place as usize).cloned()
    }

    fn all(&self, places: &[Word]) -> Option<Vec<Outside>> {
        places.iter().map(|place| self.word(*place)).collect()
    }

    fn labels(&mut self, pairs: Pairs, which: usize) -> Option<Labels> {
        let pairs = pairs.into_iter().map(|(name, value)| Some((self.word(name)?, self.word(value)?)));
        self.last[which] = Labels::new(pairs.collect::<Option<_>>()?).sharing(&self.last[which]);
        Some(self.last[which].clone())
    }

    fn receivers(&mut self, places: &[Word]) -> Option<Arc<[Outside]>> {
        let words = self.all(places)?;
        if *self.receivers != *words {
            self.receivers = words.into();
        }
        Some(self.receivers.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn alert(name: &str) -> Arc<Alert> {
        let labels = Labels::new(vec![("alertname".into(), "Storm".into()), ("instance".into(), name.into())]);
        Arc::new(Alert {
            id: AlertId { source: "prod".into(), fingerprint: name.into() },
            annotations: Labels::new(vec![("summary".into(), name.into())]),
            labels,
            upstream: Upstream::Firing,
            starts_at: "2026-03-01T03:00:00.123456789Z".parse().expect("a time"),
            url: Some("http://h/".into()),
            receivers: [Outside::from("ops")].into(),
            silenced_by: vec!["s-1".into()],
            inhibited_by: vec!["f".into()],
            muted_by: vec!["night".into()],
            held: Some(Box::new(Held { assigned: vec!["ana".into()], ..Held::default() })),
        })
    }

    fn written(alerts: Vec<Arc<Alert>>) -> String {
        let listed = "2026-03-01T02:00:00Z".parse().expect("a time");
        let unlisted = BTreeMap::from([("b".into(), listed)]);
        let kept = Kept { read_at: "2026-03-01T03:00:00Z".parse().expect("a time"), alerts, unlisted };
        let mut file = Vec::new();
        write(&Snapshot::from([("prod".into(), kept)]), &mut file).expect("writable");
        String::from_utf8(file).expect("text")
    }

    #[test]
    fn what_is_read_back_is_what_was_kept_and_shares_its_words() {
        let alerts = vec![alert("a"), alert("b")];
        let text = written(alerts.clone());
        assert_eq!(text.matches("Storm").count(), 1);
        let back = read(text.as_bytes()).expect("whole");
        let (source, kept) = back.first_key_value().expect("one source");
        assert_eq!((source.as_str(), &kept.alerts), ("prod", &alerts));
        let listed = "2026-03-01T02:00:00Z".parse().expect("a time");
        assert_eq!(kept.unlisted, BTreeMap::from([("b".into(), listed)]), "the other one was listed");
        let value = |n: usize| kept.alerts[n].labels.get("alertname").map(str::as_ptr);
        assert_eq!(value(0), value(1));
        assert!(Arc::ptr_eq(&kept.alerts[0].receivers, &kept.alerts[1].receivers));
    }

    #[test]
    fn a_file_that_lacks_a_word_is_no_snapshot() {
        let text = written(vec![alert("a")]);
        let lacking = text.replace(r#""w":["alertname","#, r#""w":["#);
        assert_ne!(lacking, text);
        assert!(read(lacking.as_bytes()).is_none());
        assert!(read(&b"{}"[..]).is_none());
    }
}

//! When nobody could see what a source says, when nobody watched at all, and when there was a storm. That is of every incident whose time it falls in, while its entries
//! are at most one's.

use crate::domain::entry::{Entry, Kind, SIGHTS, STORMS, UNWATCHED};
use crate::domain::incident::Incident;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One of which no end is on record may be of a source that nobody asks any more: it is of what begins within this time.
const UNENDED: TimeDelta = TimeDelta::days(1);

/// A loss and the return from it, or the beginning and the end of a storm.
type Ends<'a> = [Option<&'a Arc<Entry>>; 2];

/// Of entries as they were corrected those of the gaps that fall in the time of an incident and are not its own. Practice is not touched
/// by what is real.
pub fn of<'a>(
    entries: &'a [Arc<Entry>],
    incident: &'a Incident,
    (began, ended): (DateTime<Utc>, Option<DateTime<Utc>>),
) -> impl Iterator<Item = &'a Arc<Entry>> {
    let mut gaps: BTreeMap<Gap, Ends> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| incident.drill.is_none() && entry.kind == Kind::Console) {
        if let Some((gap, end)) = end(entry) {
            gaps.entry(gap).or_default()[end].get_or_insert(entry);
        }
    }
    let overlaps = move |[lost, back]: &Ends| {
        let until = back.map(|back| back.at).or(lost.map(|lost| lost.data_of("until").unwrap_or(lost.at + UNENDED)));
        let since = lost.or(*back).map(|first| first.at);
        since.is_some_and(|since| ended.is_none_or(|ended| since <= ended)) && until.is_some_and(|until| began <= until)
    };
    // One that somebody has taken out stays out; and a source that was still silent at the end returned in nobody's time.
    let other = move |entry: &&Arc<Entry>| !incident.has_entry(entry) && !incident.taken_out.contains_key(&entry.id);
    let after = move |entry: &&Arc<Entry>| ended.is_some_and(|ended| ended < entry.at);
    gaps.into_values().filter(overlaps).flatten().flatten().filter(move |entry| other(entry) && !after(entry))
}

/// By its source, what every process calls it there, and which of the events it is of.
type Gap<'a> = (&'a str, &'a str, usize);

/// Of which gap it is, and which end.
fn end(entry: &Entry) -> Option<(Gap<'_>, usize)> {
    let of = |events: &[&str]| events.iter().position(|event| entry.text_of("event") == Some(event));
    let (_, gap) = entry.key.as_deref()?.rsplit_once('/')?;
    match of(&STORMS) {
        Some(end) => Some((("", gap, 0), end)),
        None if entry.text_of("event") == Some(UNWATCHED) => Some((("", gap, 1), 0)),
        None => of(&SIGHTS).and_then(|place| Some(((entry.text_of("source")?, gap, place / 2), place % 2))),
    }
}

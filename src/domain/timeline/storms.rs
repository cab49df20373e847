//! A storm in the timeline for people: its alerts are counted by name in one row, not listed.
//! Invariant: what people did, whatever another entry is about, what was marked or corrected, the first of each name that the incident is
//! about and the end of all of them have rows of their own.

use super::{Line, Timeline};
use crate::domain::entry::{ActorKind, Entry, Kind, STORMS};
use crate::domain::ids::AlertId;
use chrono::{DateTime, TimeDelta, Utc};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Fewer are read one by one.
const MANY: usize = 10;
/// So many names stand in the row.
const NAMED: usize = 5;
/// What made it a storm came within so many seconds before it was called one, where its entry does not say.
const WITHIN: i64 = 60;
/// Where no end is on record, whoever would have seen it had died.
const UNENDED: TimeDelta = TimeDelta::hours(1);

/// One row of the timeline for people.
pub enum Told<'a> {
    Line(&'a Line),
    /// What is counted of the storm that begins with this line.
    Storm(&'a Line, Folded<'a>),
}

/// The lines that are counted in one row, and how many of each name fired and are over.
pub struct Folded<'a> {
    pub names: String,
    pub lines: Vec<&'a Line>,
    /// The same for whoever reads an export.
    pub text: String,
}

/// One storm, by the times at which its entries were recorded.
struct Storm<'a> {
    began: &'a Line,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    /// How many fired, and how many of them are over.
    names: BTreeMap<&'a str, [usize; 2]>,
    lines: Vec<&'a Line>,
}

/// In which storm a line is counted, and by which name.
type Counted<'a> = Option<(usize, &'a str)>;

impl Timeline {
    pub fn told(&self) -> Vec<Told<'_>> {
        Lines { lines: &self.lines, own: Some(&self.incident.alerts) }.told()
    }
}

/// Lines in their order, and the alerts that they are about above all: none where they are of everything.
pub struct Lines<'a> {
    pub lines: &'a [Line],
    pub own: Option<&'a BTreeSet<AlertId>>,
}

/// Whether an entry is the beginning or the end of a storm.
pub fn is_turn(entry: &Entry) -> bool {
    entry.kind == Kind::Console && turn(entry).is_some()
}

fn turn(entry: &Entry) -> Option<usize> {
    STORMS.iter().position(|event| entry.text_of("event") == Some(event))
}

impl<'a> Lines<'a> {
    pub fn told(&self) -> Vec<Told<'a>> {
        let mut storms = self.storms();
        let counted = self.counted(&storms);
        for (line, counted) in self.lines.iter().zip(&counted) {
            if let Some((storm, name)) = *counted {
                storms[storm].names.entry(name).or_default()[usize::from(line.kind == Kind::AlertResolved)] += 1;
                storms[storm].lines.push(line);
            }
        }
        storms.iter_mut().filter(|storm| storm.lines.len() < MANY).for_each(|storm| storm.lines.clear());
        let mut told = Vec::with_capacity(self.lines.len());
        for (line, counted) in self.lines.iter().zip(counted) {
            if counted.is_none_or(|(storm, _)| storms[storm].lines.is_empty()) {
                told.push(Told::Line(line));
            }
            let begins = storms.iter().find(|storm| storm.began.entry.id == line.entry.id && !storm.lines.is_empty());
            told.extend(begins.map(|storm| Told::Storm(line, storm.folded())));
        }
        told
    }

    fn storms(&self) -> Vec<Storm<'a>> {
        let turns = self.lines.iter().filter(|line| line.kind == Kind::Console);
        let mut turns: Vec<(&Line, usize)> = turns.filter_map(|line| Some((line, turn(&line.entry)?))).collect();
        turns.sort_by_key(|(line, _)| line.entry.order());
        let (mut storms, mut rages): (Vec<Storm>, bool) = (Vec::new(), false);
        for (line, turn) in turns {
            let at = line.entry.recorded_at;
            match (turn, storms.last_mut().filter(|_| rages)) {
                // Another process has seen it begin, too.
                (0, Some(storm)) if at <= storm.until => {}
                (0, _) => {
                    let within = TimeDelta::seconds(line.entry.data_of("within_s").unwrap_or(WITHIN));
                    let (names, lines) = (BTreeMap::new(), Vec::new());
                    storms.push(Storm { began: line, from: at - within, until: at + UNENDED, names, lines });
                }
                (_, Some(storm)) => storm.until = at,
                (_, None) => {}
            }
            rages = turn == 0;
        }
        storms
    }

    /// How an alert ends that fired in a storm belongs to it, however late.
    fn counted(&self, storms: &[Storm]) -> Vec<Counted<'a>> {
        let is_turn = |line: &Line| matches!(line.kind, Kind::AlertFired | Kind::AlertResolved);
        let about: HashSet<&AlertId> =
            self.lines.iter().filter(|line| !is_turn(line)).filter_map(|line| line.entry.alert.as_ref()).collect();
        let (mut open, mut first): (HashMap<&AlertId, (usize, &str)>, HashSet<&str>) = Default::default();
        let mut counted = |line: &'a Line| {
            let id = line.entry.alert.as_ref()?;
            let own = self.own.is_some_and(|own| own.contains(id));
            let place = match line.kind {
                Kind::AlertFired => {
                    open.remove(id);
                    let at = line.entry.recorded_at;
                    let storm = storms.iter().position(|storm| (storm.from..=storm.until).contains(&at))?;
                    let place = (storm, line.entry.text_of("name")?);
                    open.insert(id, place);
                    Some(place).filter(|(_, name)| !own || !first.insert(name))
                }
                Kind::AlertResolved => open.remove(id).filter(|_| !own),
                _ => None,
            };
            place.filter(|_| is_plain(line) && !about.contains(id))
        };
        self.lines.iter().map(&mut counted).collect()
    }
}

fn is_plain(line: &Line) -> bool {
    line.entry.actor.kind == ActorKind::System && !line.important && !line.corrected && line.entry.evidence.is_empty()
}

impl<'a> Storm<'a> {
    fn folded(&self) -> Folded<'a> {
        let names = self.told();
        let text = format!("{names}: {} entries folded; the JSON has them all", self.lines.len());
        Folded { names, lines: self.lines.clone(), text }
    }

    /// The most frequent names first.
    fn told(&self) -> String {
        let mut names: Vec<(&str, [usize; 2])> = self.names.iter().map(|(name, count)| (*name, *count)).collect();
        names.sort_by_key(|(name, [fired, _])| (Reverse(*fired), *name));
        let told = names.iter().take(NAMED).map(|(name, [fired, over])| match over {
            0 => format!("{name} ×{fired}"),
            over => format!("{name} ×{fired} ({over} over)"),
        });
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            1 => " and 1 more name".to_owned(),
            more => format!(" and {more} more names"),
        };
        format!("{}{more}", told.collect::<Vec<_>>().join(", "))
    }
}

//! Makes of an incident's entries what exports write: corrected, sorted, measured.

mod gaps;

use super::alerts::GIVEN_ELSEWHERE;
use super::fold::Corrections;
use crate::domain::entry::{AtSource, Entry, Head, Kind};
use crate::domain::health::FeedState;
use crate::domain::ids::IncidentId;
use crate::domain::incident::{Incident, Status};
use crate::domain::timeline::{Line, People, Timeline, Times};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How an export is wanted.
#[derive(Debug, Clone, Copy)]
pub struct View {
    pub people: People,
    pub zone: chrono_tz::Tz,
}

/// `entries`: the incident's own, those linked to it, the corrections of both, and of sources that did not answer and of storms whatever is
/// on record.
/// `None` without a declaration.
pub fn timeline(entries: &[Arc<Entry>], id: IncidentId, heads: Vec<Head>, view: View) -> Option<Timeline> {
    let mut sorted: Vec<&Arc<Entry>> = entries.iter().collect();
    sorted.sort_by_key(|entry| entry.order());
    sorted.dedup_by_key(|entry| entry.id);
    let mut corrections = Corrections::default();
    for entry in sorted.iter().filter(|entry| entry.corrects.is_some()) {
        corrections.insert(entry);
    }
    // A merged incident brings a declaration of its own.
    let own = sorted.iter().filter(|entry| entry.incident == Some(id));
    let applied: Vec<Arc<Entry>> = own.map(|entry| corrections.applied(entry)).collect();
    let incident = Incident::project(applied.iter().map(AsRef::as_ref))?;
    let mut lines = lines(&sorted, &corrections, &incident);
    let times = times(&lines, &incident);
    let told: Vec<Arc<Entry>> = sorted.iter().map(|entry| corrections.applied(entry)).collect();
    let unheard: BTreeSet<_> = gaps::of(&told, &incident, span(&lines, &times, &incident)).map(|entry| entry.id).collect();
    lines.extend(sorted.iter().filter(|entry| unheard.contains(&entry.id)).map(|entry| line(entry, &corrections)));
    lines.sort_by_key(|line| (line.at, line.entry.order()));
    Some(Timeline { incident, times, lines, heads, people: view.people, zone: view.zone, left_out: 0, patterns: Arc::default() })
}

fn lines(sorted: &[&Arc<Entry>], corrections: &Corrections, incident: &Incident) -> Vec<Line> {
    let belongs = |entry: &&&Arc<Entry>| {
        let applied = corrections.applied(entry);
        // What was moved to another incident is not this one's any more.
        // Practice is no part of what was real, nor the other way round.
        entry.corrects.is_none() && incident.has_entry(&applied) && applied.drill.is_some() == incident.drill.is_some()
    };
    let mut lines: Vec<Line> = sorted.iter().filter(belongs).map(|entry| line(entry, corrections)).collect();
    // Stable: what happened at the same time stays in the order of the fold.
    lines.sort_by_key(|line| line.at);
    lines
}

fn line(entry: &Arc<Entry>, corrections: &Corrections) -> Line {
    let applied = corrections.applied(entry);
    Line {
        entry: entry.clone(),
        at: applied.at,
        text: applied.text.clone(),
        kind: applied.kind.clone(),
        visibility: applied.visibility,
        important: applied.important,
        corrected: corrections.corrected(entry.id),
    }
}

/// From its first sign to its end; one that is over for another reason has ended with the last that was said of it.
fn span(lines: &[Line], times: &Times, incident: &Incident) -> (DateTime<Utc>, Option<DateTime<Utc>>) {
    let began = times.impact.map_or(incident.opened_at, |impact| impact.min(incident.opened_at));
    let last = || lines.last().map(|line| line.at).filter(|_| incident.status.is_over());
    (began, times.resolved.or(times.closed).or_else(last))
}

fn times(lines: &[Line], incident: &Incident) -> Times {
    let told = |entry: &Entry| turn(entry).is_some_and(|(_, bad)| bad) && is_own(entry, incident) && entry.alert.is_some();
    // Where none of its own began so lately that it was taken in, whatever was is the nearest to it.
    let own = lines.iter().any(|line| told(&line.entry));
    let counts = |entry: &Entry| !own || is_own(entry, incident);
    let alerted = first_bad(lines, incident, |entry| entry.alert.is_some() && counts(entry));
    // Since when somebody had it elsewhere is not always known, only when that was seen.
    let timed =
        |entry: &Entry| entry.text_of("why") != Some(GIVEN_ELSEWHERE) || entry.data_of::<DateTime<Utc>>("since").is_some();
    let acked = |line: &&Line| line.entry.kind == Kind::Ack && timed(&line.entry);
    let acks = || lines.iter().filter(acked).filter(|line| alerted.is_none_or(|alerted| alerted <= line.at));
    // Who took the alert of what it depends on has answered, though nobody took one of its own.
    let acknowledged = acks().find(|line| counts(&line.entry)).or_else(|| acks().next());
    Times {
        impact: [first_bad(lines, incident, counts), said_to_begin(lines, incident)].into_iter().flatten().min(),
        alerted,
        acknowledged: acknowledged.map(|line| line.at),
        declared: Some(incident.opened_at),
        mitigated: incident.mitigated_at.or(incident.resolved_at),
        resolved: incident.resolved_at,
        // What was reopened is not closed until it is so again.
        closed: last_status(lines, incident, Status::Closed).filter(|_| incident.status == Status::Closed),
    }
}

/// Since when something was bad that was bad as the incident was declared; where nothing was, the first that ever was. A warning of the
/// hour before that the incident took in for its service is no sign of it, nor is what had come and gone.
fn first_bad(lines: &[Line], incident: &Incident, counts: impl Fn(&Entry) -> bool) -> Option<DateTime<Utc>> {
    let turns = lines.iter().filter(|line| counts(&line.entry));
    let turns = || turns.clone().filter_map(|line| Some((line.at, turn(&line.entry)?)));
    let mut bad = BTreeMap::new();
    for (at, (what, is_bad)) in turns().filter(|(at, _)| *at <= incident.opened_at) {
        match is_bad {
            true => _ = bad.entry(what).or_insert(at),
            false => _ = bad.remove(&what),
        }
    }
    let ever = || turns().find(|(_, (_, is_bad))| *is_bad).map(|(at, _)| at);
    bad.into_values().min().or_else(ever)
}

/// What an entry tells of, and whether that is bad from then on.
fn turn(entry: &Entry) -> Option<(String, bool)> {
    let alert = || entry.alert.as_ref().map(ToString::to_string);
    match entry.kind {
        Kind::AlertFired => Some((alert()?, true)),
        Kind::AlertResolved => Some((alert()?, false)),
        // Of what nobody knows it is not known that it is well again.
        Kind::FeedChanged => match entry.data_of::<FeedState>("to")? {
            FeedState::Healthy => Some((entry.text_of("feed")?.to_owned(), false)),
            to if to >= FeedState::Degraded => Some((entry.text_of("feed")?.to_owned(), true)),
            _ => None,
        },
        _ => None,
    }
}

/// An incident that has alerts of its own is told by those; one without any by whatever it took in.
fn is_own(entry: &Entry, incident: &Incident) -> bool {
    incident.alerts.is_empty() || entry.alert.as_ref().is_none_or(|id| incident.alerts.contains(id))
}

/// Whoever declares it, or corrects that, may know of an earlier beginning than anything that was measured.
fn said_to_begin(lines: &[Line], incident: &Incident) -> Option<DateTime<Utc>> {
    let declared = lines.iter().find(|line| line.entry.id.0 == incident.id.0)?;
    (declared.corrected || declared.entry.at_source == AtSource::Operator).then_some(declared.at)
}

fn last_status(lines: &[Line], incident: &Incident, status: Status) -> Option<DateTime<Utc>> {
    let own = |line: &&Line| line.entry.kind == Kind::Status && line.entry.incident == Some(incident.id);
    let is = |line: &&Line| own(line) && line.entry.data_of::<Status>("status") == Some(status);
    lines.iter().rev().find(is).map(|line| line.at)
}

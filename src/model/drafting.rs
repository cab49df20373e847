//! The draft of the next update: how an incident stands, what was done since people heard of it last, and what fires. It is drawn from
//! the record and read by a person before it goes anywhere.

use super::World;
use super::alerts::State;
use crate::domain::entry::{Entry, Kind, Visibility};
use crate::domain::ids::IncidentId;
use crate::domain::incident::{Incident, Status};
use crate::domain::text::inert;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

/// So many of the newest things that were done, and so many alerts by name.
const DONE: usize = 4;
const NAMED: usize = 3;
/// The longest that one of them may be, in characters.
const LONGEST: usize = 160;

impl World {
    /// `clock` is how times are told here.
    pub fn update_draft(&self, id: IncidentId, clock: impl Fn(DateTime<Utc>) -> String) -> Option<String> {
        let incident = self.incidents.get(id)?;
        let stands = match incident.status {
            Status::Open => "we are working on it",
            Status::Mitigated => "the impact has ended, the cause may remain",
            Status::Resolved => "the cause is gone",
            over => over.word(),
        };
        let mut text = format!("{}: {stands}.", inert(&incident.title));
        let done = self.done_since_told(incident);
        if !done.is_empty() {
            let since = clock(incident.told_at.unwrap_or(incident.opened_at));
            text.push_str(&format!(" Since {since}: {}.", done.join("; ")));
        }
        text.push_str(&self.still_firing(incident));
        Some(text)
    }

    /// Oldest first. What is for this house alone is no part of it, and neither is what people only think or mean to do.
    fn done_since_told(&self, incident: &Incident) -> Vec<String> {
        let tells = |entry: &Entry| match entry.kind {
            Kind::Declare | Kind::Comms | Kind::Link | Kind::Hypothesis | Kind::Todo => false,
            Kind::Status | Kind::Severity | Kind::Decision => entry.visibility != Visibility::Restricted,
            _ => entry.visibility == Visibility::Public || (entry.important && entry.visibility == Visibility::Internal),
        };
        let ours = |entry: &Arc<Entry>| incident.has_entry(entry);
        let since = incident.told_at.unwrap_or(incident.opened_at);
        let lines = self.log.lines_of_incidents(&self.corrections).rev();
        let new = lines.filter(|entry| ours(entry) && entry.at > since && tells(entry)).take(DONE);
        let mut done: Vec<String> = new.map(|entry| short(&entry.text)).collect();
        done.reverse();
        done
    }

    fn still_firing(&self, incident: &Incident) -> String {
        let known = incident.alerts.iter().filter_map(|id| self.alerts.get(id));
        let fires = known.filter(|tracked| tracked.state != State::Resolved);
        // Machines are nothing to those who read it.
        let names: BTreeSet<String> = fires.map(|tracked| self.name_of(&tracked.alert.id)).collect();
        let names = Vec::from_iter(names);
        match (names.len(), incident.alerts.is_empty()) {
            (0, true) => String::new(),
            (0, false) => " None of its alerts fires any more.".to_owned(),
            (1..=NAMED, _) => format!(" Still firing: {}.", names.join(", ")),
            (all, _) => format!(" Still firing: {} and {} more.", names[..NAMED].join(", "), all - NAMED),
        }
    }
}

fn short(text: &str) -> String {
    let line = inert(text).trim_end_matches('.').to_owned();
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

//! `midwatch log`: the incident log.

use super::session::{Needs, Session};
use super::{Exit, Globals, Kind, incident, out, session};
use crate::domain::entry::Entry;
use crate::domain::millis;
use crate::exports::json::stored;
use crate::journal::Journal;
use crate::model::fold::Corrections;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

pub const KIND: Kind =
    Kind { name: "log", about: "Print the incident log", args: <Arguments as Args>::augment_args, run, hidden: false };

/// How long a new entry may wait before it is printed.
const LOOK: Duration = Duration::from_millis(250);

#[derive(Args)]
struct Arguments {
    /// Only this incident
    incident: Option<String>,
    /// How many of the newest entries
    #[arg(long, short = 'n', value_name = "N", default_value_t = 100)]
    lines: usize,
    /// Go on printing what is recorded, by whomever, until interrupted
    #[arg(long, short)]
    follow: bool,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut journal = session::reader(globals)?;
    let entries = match &arguments.incident {
        Some(name) => {
            let id = incident::find(&mut journal, name)?;
            journal.of_incident(id)?
        }
        None => journal.recent(arguments.lines)?,
    };
    let mut corrections = Corrections::default();
    for entry in &entries {
        corrections.insert(entry);
    }
    let shown = corrected(&entries, &corrections);
    let shown = &shown[shown.len().saturating_sub(arguments.lines)..];
    match globals.json {
        true => {
            let document = |entry: &Arc<Entry>| with_corrections(entry, &entries, &corrections);
            out::json(&json!({"schema": 1, "entries": shown.iter().map(document).collect::<Vec<_>>()}))?;
        }
        false => out::text(&printed(shown, &corrections, session::zone(globals)?))?,
    }
    if arguments.follow { follow(globals, &entries, arguments.incident.as_deref()) } else { Ok(Exit::Done) }
}

fn printed(entries: &[Arc<Entry>], corrections: &Corrections, zone: Tz) -> String {
    let texts: Vec<String> = entries.iter().map(|entry| format!("{}{}", entry.text, corrections.mark(entry))).collect();
    lines(entries.iter().zip(&texts).map(|(entry, text)| (entry.at, entry.as_ref(), text.as_str())), zone)
}

/// An entry as it stands now, with who made it so, when and of what.
fn with_corrections(entry: &Entry, all: &[Arc<Entry>], corrections: &Corrections) -> Value {
    let mut was = all.iter().find(|original| original.id == entry.id).map(|original| original.text.clone());
    let mut told = Vec::new();
    for one in corrections.of(entry.id) {
        let (by, at) = (&one.actor.name, millis::text(one.recorded_at));
        told.push(json!({"id": one.id, "by": by, "recorded_at": at, "data": one.data, "was": was}));
        was = one.text_of("text").map(str::to_owned).or(was);
    }
    let mut document = stored(entry);
    document["corrected"] = told.into();
    document
}

/// One line or one JSON document for each entry that was not there before.
fn follow(globals: &Globals, known: &[Arc<Entry>], incident: Option<&str>) -> anyhow::Result<Exit> {
    let mut session = Session::open(globals, Needs::Journal)?;
    let only = incident.map(|name| incident::take_up(&mut session, globals, name)).transpose()?;
    let mut last = known.iter().map(|entry| entry.order()).max();
    loop {
        let ours = |entry: &&Arc<Entry>| Some(entry.order()) > last && (only.is_none() || entry.incident == only);
        let new: Vec<Arc<Entry>> = session.world().log.entries().filter(ours).cloned().collect();
        last = last.max(new.iter().map(|entry| entry.order()).max());
        match globals.json {
            true => new.iter().try_for_each(|entry| out::json(&stored(entry)))?,
            false => out::text(&printed(&new, &session.world().corrections, session.config.console.zone))?,
        }
        session.until(LOOK, |_| false);
    }
}

/// As they stand now, in the order of what happened.
fn corrected(entries: &[Arc<Entry>], corrections: &Corrections) -> Vec<Arc<Entry>> {
    let originals = entries.iter().filter(|entry| entry.corrects.is_none());
    let mut shown: Vec<Arc<Entry>> = originals.map(|entry| corrections.applied(entry)).collect();
    shown.sort_by_key(|entry| (entry.at, entry.order()));
    shown
}

/// A time for people, with the zone that it is meant in.
pub fn time(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// One line an entry: time, who, what.
pub fn lines<'a>(entries: impl Iterator<Item = (DateTime<Utc>, &'a Entry, &'a str)>, zone: Tz) -> String {
    let line = |(at, entry, text): (DateTime<Utc>, &Entry, &str)| {
        let at = time(at, zone);
        let drill = if entry.drill.is_some() { "DRILL " } else { "" };
        format!("{at}  {:<10}  {:<13}  {drill}{}\n", out::inert(&entry.actor.name), entry.kind, out::inert(text))
    };
    entries.map(line).collect()
}

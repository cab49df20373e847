//! `midwatch export`: an incident's timeline for the postmortem.

use super::{Exit, Failure, Globals, Kind, incident, out, session};
use crate::domain::timeline::{People, Timeline};
use crate::exports::KINDS;
use crate::journal::Journal;
use crate::model::timeline::{View, timeline};
use chrono_tz::Tz;
use clap::builder::PossibleValue;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::path::{Path, PathBuf};

pub const KIND: Kind =
    Kind { name: "export", about: "Export an incident's timeline for the postmortem", args, run, hidden: false };

fn args(command: Command) -> Command {
    let formats: Vec<PossibleValue> = KINDS.iter().map(|kind| PossibleValue::new(kind.name).help(kind.about)).collect();
    command
        .arg(Arg::new("incident").required(true).help("INC-7, its id, or the beginning of the id"))
        .arg(Arg::new("format").long("format").required(true).value_name("F").value_parser(formats).help("What to write"))
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Where, instead of standard output (`-`); never overwrites"),
        )
        .arg(
            Arg::new("tz")
                .long("tz")
                .value_name("ZONE")
                .value_parser(zone)
                .help("Zone of the times that are printed, e.g. Europe/Berlin [default: UTC]"),
        )
        .arg(
            Arg::new("people")
                .long("people")
                .value_name("HOW")
                .value_parser(["roles", "names"])
                .default_value("roles")
                .help("How people are called"),
        )
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| format!("`{text}` is no time zone: write it as in Europe/Berlin"))
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    if globals.json && matches.get_one::<String>("format").is_some_and(|format| format != "json") {
        return Err(Failure::usage("--json prints JSON and nothing else: leave it away, or ask for --format json").into());
    }
    let mut journal = session::reader(globals)?;
    let name: &String = matches.get_one("incident").ok_or_else(|| Failure::usage("which incident?"))?;
    let id = incident::find(&mut journal, name)?;
    let people =
        if matches.get_one::<String>("people").is_some_and(|how| how == "names") { People::Names } else { People::Roles };
    let view = View { people, zone: matches.get_one("tz").copied().unwrap_or(Tz::UTC) };
    let entries = journal.of_incident(id)?;
    let Some(timeline) = timeline(&entries, id, journal.heads()?, view) else {
        return Err(Failure::journal(format!("{name} has no declaration in this journal")).into());
    };
    let bytes = written(matches, &timeline)?;
    match matches.get_one::<PathBuf>("output").filter(|path| path.as_os_str() != "-") {
        Some(path) => save(path, &bytes)?,
        None => out::bytes(&bytes)?,
    }
    out::say(globals, &format!("{} entries exported", timeline.lines.len()));
    Ok(Exit::Done)
}

fn written(matches: &ArgMatches, timeline: &Timeline) -> anyhow::Result<Vec<u8>> {
    let format = matches.get_one::<String>("format").map(String::as_str).unwrap_or_default();
    let kind =
        KINDS.iter().find(|kind| kind.name == format).ok_or_else(|| Failure::usage(format!("no format is named {format}")))?;
    let mut bytes = Vec::new();
    (kind.write)(timeline, &mut bytes)?;
    Ok(bytes)
}

/// Whole or not at all, and never over something that is there.
fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::Write;
    let open = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = open.map_err(|error| Failure::usage(format!("{} can't be written: {error}", path.display())))?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

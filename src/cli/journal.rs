//! `midwatch journal`: the durable log itself.

mod masked;

use super::session::{data_folder, reader};
use super::{Exit, Failure, Globals, Kind, out};
use crate::domain::entry::Head;
use crate::exports::read::{Flaw, read, verifiable};
use crate::journal::{self, JournalError, Problem, Report};
use chrono_tz::UTC;
use clap::{ArgMatches, FromArgMatches, Subcommand};
use masked::Held;
use serde_json::json;
use std::path::{Path, PathBuf};

pub const KIND: Kind = Kind {
    name: "journal",
    about: "Verify, back up and restore the durable log",
    args: |command| Verb::augment_subcommands(command).subcommand_required(true),
    run,
    hidden: false,
};

#[derive(Subcommand)]
enum Verb {
    /// Find out whether anything was changed, taken out or put elsewhere; the exit code is 1 if so
    Verify {
        /// A backup or a JSON export: finds an end that was cut off, and a chain that was written anew
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
    /// Copy the journal into one new file, while it is in use
    Backup { file: PathBuf },
    /// Bring a backup back into a data folder without a journal
    Restore { file: PathBuf },
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let data = data_folder(globals)?;
    match Verb::from_arg_matches(matches)? {
        Verb::Verify { against } => verify(&data, against.as_deref(), globals),
        Verb::Backup { file } => copied(&file, &journal::backup(&data, &file)?, globals),
        Verb::Restore { .. } if globals.read_only => Err(Failure::usage("--read-only: nothing is restored").into()),
        Verb::Restore { file } => copied(&data, &journal::restore(&file, &data)?, globals),
    }
}

fn verify(data: &Path, against: Option<&Path>, globals: &Globals) -> anyhow::Result<Exit> {
    let mut report = journal::verify(data, against).map_err(|error| match error {
        JournalError::Older { .. } => Failure::usage(error.to_string()).into(),
        error => anyhow::Error::from(error),
    })?;
    let export = against.and_then(|older| Some((older, super::subject::text(older).ok()?)));
    let checked = export.and_then(|(older, text)| Some((older, verifiable(&text)?, read(&text, UTC))));
    let mut beyond = String::new();
    match checked {
        Some((older, _, Err(flaw))) => report.problems.push(changed(older, &flaw)),
        Some((_, false, Ok(timeline))) => match masked::against(&mut reader(globals)?, &timeline)? {
            Held::Roles => beyond = "; what is written in it can't be checked, for it is masked".to_owned(),
            Held::Names { entries, masked, changed } => {
                report.problems.extend(changed);
                beyond = format!("; {masked} of its {entries} entries are masked, and but for that as they are here");
            }
        },
        Some((_, true, Ok(_))) | None => {}
    }
    let sound = report.sound();
    match globals.json {
        true => out::json(&json!({
            "schema": 1, "sound": sound, "entries": report.entries, "heads": report.heads, "problems": report.problems
        }))?,
        false => out::text(&told(&report, against, &beyond))?,
    }
    Ok(if sound { Exit::Done } else { Exit::No })
}

/// An older copy vouches for nothing when it was changed itself: its own hashes are checked as whoever shows it does.
fn changed(older: &Path, flaw: &Flaw) -> Problem {
    let text =
        format!("{}:{}: {}; the export is what was changed, and vouches for nothing.", older.display(), flaw.line, flaw.why);
    Problem { origin: None, seq: None, id: None, text }
}

/// `more` is what else was found out about what it was held against.
fn told(report: &Report, against: Option<&Path>, more: &str) -> String {
    let Report { entries, heads, problems } = report;
    if !problems.is_empty() {
        return problems.iter().map(problem).collect::<String>() + &format!("{entries} entries, {} problems\n", problems.len());
    }
    let beyond = match against {
        Some(older) => format!("and everything that {} knows is there{more}", older.display()),
        None => "nothing was changed, taken out or put elsewhere before the heads; --against an older copy checks the end".into(),
    };
    format!("{entries} entries are sound: {beyond}\n{}", table(heads))
}

fn problem(problem: &Problem) -> String {
    let id = problem.id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default();
    format!("{}{id}\n", out::inert(&problem.text))
}

fn copied(to: &Path, heads: &[Head], globals: &Globals) -> anyhow::Result<Exit> {
    match globals.json {
        true => out::json(&json!({"schema": 1, "path": to, "heads": heads}))?,
        false => out::text(&format!("{} holds\n{}", to.display(), table(heads)))?,
    }
    Ok(Exit::Done)
}

fn table(heads: &[Head]) -> String {
    let row = |head: &Head| vec![head.origin.to_string(), head.seq.to_string(), head.hash.clone()];
    out::table(&["ORIGIN", "ENTRIES", "HEAD"], &heads.iter().map(row).collect::<Vec<_>>())
}

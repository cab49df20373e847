//! `midwatch check`: configuration, themes, playbooks and scenarios, every problem in one pass; with `--live` everything that the
//! configuration names is asked once too.

#[expect(clippy::disallowed_methods, reason = "tells a folder from a file, and reads themes")]
mod files;
mod github;
mod live;
mod sarif;
mod surroundings;

use super::{Exit, Failure, Globals, Kind, out};
use clap::{ArgMatches, Args, FromArgMatches, ValueEnum};
use files::Checked;
use live::Asked;
use serde_json::json;
use std::path::PathBuf;
use surroundings::Warning;

pub const KIND: Kind = Kind {
    name: "check",
    about: "Validate configuration, themes, playbooks and scenarios, all problems in one pass",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// Also ask every source and feed once
    #[arg(long)]
    live: bool,
    /// Take warnings for errors
    #[arg(long)]
    strict: bool,
    /// How to tell what was found
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Files and folders to check, instead of the configuration and all that it names
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One document, as with `--json`
    Json,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
}

impl Arguments {
    fn format(&self, globals: &Globals) -> Result<Format, Failure> {
        match (self.format, globals.json) {
            (Some(format), true) if format != Format::Json => Err(Failure::usage("--json and --format ask for two things")),
            (Some(Format::Sarif | Format::Github), _) if self.live => {
                Err(Failure::usage("--live finds nothing that has a place in a file: leave --format out"))
            }
            (_, true) => Ok(Format::Json),
            (format, false) => Ok(format.unwrap_or(Format::Text)),
        }
    }
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let format = arguments.format(globals)?;
    let (files, config) = match arguments.paths.as_slice() {
        [] => files::configured(globals, arguments.live)?,
        paths => files::named(paths)?,
    };
    let folders = config.as_ref().map(|config| config.playbooks.folders.clone()).unwrap_or_default();
    let asked = match config {
        Some(config) if arguments.live => live::ask(globals, &config)?,
        _ => Vec::new(),
    };
    if arguments.live && arguments.paths.is_empty() && asked.is_empty() {
        out::warn("midwatch: nothing was asked: the configuration names no source and no feed, or is not good");
    }
    let surroundings = match arguments.paths.as_slice() {
        [] => surroundings::warnings(globals, &folders)?,
        _ => Vec::new(),
    };
    match format {
        Format::Text => out::text(&report(&files, &asked, &surroundings))?,
        Format::Json => {
            let files: Vec<_> = files.iter().map(Checked::document).collect();
            let live: Vec<_> = asked.iter().map(Asked::document).collect();
            let surroundings: Vec<_> = surroundings.iter().map(Warning::document).collect();
            let live = arguments.live.then_some(live);
            out::json(&json!({"schema": 1, "files": files, "live": live, "surroundings": surroundings}))?;
        }
        Format::Sarif => out::json(&sarif::document(&files))?,
        Format::Github => out::text(&github::text(&files))?,
    }
    Ok(verdict(&files, &asked, arguments.strict))
}

fn report(files: &[Checked], asked: &[Asked], surroundings: &[Warning]) -> String {
    let mut text: String = files.iter().map(Checked::shown).collect();
    text.extend(asked.iter().map(Asked::shown));
    // No file is wrong, so neither the count nor `--strict` minds them.
    text.extend(surroundings.iter().map(Warning::shown));
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let sum = |of: fn(&Checked) -> usize| files.iter().map(of).sum();
    let (errors, warnings) = (sum(Checked::errors), sum(Checked::warnings));
    let names = |of: fn(&Asked) -> bool| asked.iter().filter(|one| of(one)).map(Asked::named).collect::<Vec<_>>().join(", ");
    let told = |names: String, what: &str| if names.is_empty() { names } else { format!("; {what}: {names}") };
    let unreached = told(names(Asked::unreached), "unreachable");
    // Why a script that stops here stops.
    let bad = told(names(Asked::bad), "answered, and is not well");
    let counted = [count(files.len(), "file"), count(errors, "error"), count(warnings, "warning")].join(", ");
    format!("{text}{counted}{unreached}{bad}\n")
}

/// What is wrong in a file comes first: it is ours to mend. What could not be asked weighs more than what answered badly.
fn verdict(files: &[Checked], asked: &[Asked], strict: bool) -> Exit {
    let wrong = |file: &Checked| file.errors() > 0 || strict && file.warnings() > 0;
    match () {
        () if files.iter().any(wrong) => Exit::No,
        () if asked.iter().any(Asked::unreached) => Exit::Remote,
        () if asked.iter().any(Asked::bad) => Exit::No,
        () => Exit::Done,
    }
}

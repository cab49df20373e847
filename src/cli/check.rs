//! `midwatch check`: configuration, themes and playbooks, every problem in one pass; with `--live` everything that the
//! configuration names is asked once too.

#[expect(clippy::disallowed_methods, reason = "tells a folder from a file, and reads themes")]
mod files;
mod live;
mod surroundings;

use super::{Exit, Globals, Kind, out};
use clap::{ArgMatches, Args, FromArgMatches};
use files::Checked;
use live::Asked;
use serde_json::json;
use std::path::PathBuf;
use surroundings::Warning;

pub const KIND: Kind = Kind {
    name: "check",
    about: "Validate configuration, themes and playbooks, all problems in one pass",
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
    /// Files and folders to check, instead of the configuration and all that it names
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let (files, config) = match arguments.paths.as_slice() {
        [] => files::configured(globals)?,
        paths => files::named(paths)?,
    };
    let folders = config.as_ref().map(|config| config.playbooks.folders.clone()).unwrap_or_default();
    let asked = match config {
        Some(config) if arguments.live => live::ask(globals, &config)?,
        _ => Vec::new(),
    };
    let surroundings = match arguments.paths.as_slice() {
        [] => surroundings::warnings(globals, &folders)?,
        _ => Vec::new(),
    };
    if globals.json {
        let files: Vec<_> = files.iter().map(Checked::document).collect();
        let live: Vec<_> = asked.iter().map(Asked::document).collect();
        out::json(
            &json!({"schema": 1, "files": files, "live": arguments.live.then_some(live), "surroundings": surroundings.iter().map(Warning::document).collect::<Vec<_>>()}),
        )?;
    } else {
        out::text(&report(&files, &asked, &surroundings))?;
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
    text + &format!("{}, {}, {}\n", count(files.len(), "file"), count(errors, "error"), count(warnings, "warning"))
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

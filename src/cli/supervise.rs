//! `midwatch __supervise FOLDER`: what `runtime::supervisor::launch` starts. Not for people: shown in no help.

use super::{Exit, Globals, Kind};
use crate::runtime::supervisor;
use clap::{ArgMatches, Args, FromArgMatches};
use std::path::PathBuf;

pub const KIND: Kind =
    Kind { name: "__supervise", about: "Run one attempt of a step", args: <Arguments as Args>::augment_args, run, hidden: true };

#[derive(Args)]
struct Arguments {
    folder: PathBuf,
    /// The block gets the terminal that we were started with
    #[arg(long)]
    terminal: bool,
}

fn run(matches: &ArgMatches, _globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let end = supervisor::supervise(&arguments.folder, arguments.terminal);
    Ok(if end == std::process::ExitCode::SUCCESS { Exit::Done } else { Exit::No })
}

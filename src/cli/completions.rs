//! `midwatch completions SHELL`: made from the tree of commands.

use super::{Exit, Globals, Kind, out};
use clap::{ArgMatches, Args, Command, FromArgMatches};
use clap_complete::Shell;
use serde_json::json;

pub const KIND: Kind = Kind {
    name: "completions",
    about: "Print completions for a shell",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// Which shell
    shell: Shell,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut tree: Command = super::tree();
    // Not straight to standard output: it panics when a reader has seen enough.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut tree, "midwatch", &mut script);
    match globals.json {
        true => out::json(&json!({"schema": 1, "completions": String::from_utf8_lossy(&script)}))?,
        false => out::bytes(&script)?,
    }
    Ok(Exit::Done)
}

//! `midwatch man`: the manual page, made from the tree of commands.

use super::{Exit, Globals, Kind};
use clap::ArgMatches;

pub const KIND: Kind = Kind { name: "man", about: "Print the manual page", args: |command| command, run, hidden: false };

fn run(_matches: &ArgMatches, _globals: &Globals) -> anyhow::Result<Exit> {
    clap_mangen::Man::new(super::tree()).render(&mut std::io::stdout())?;
    Ok(Exit::Done)
}

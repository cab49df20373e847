//! `midwatch man`: the manual page, made from the tree of commands.

use super::{Exit, Globals, Kind, out};
use clap::ArgMatches;
use serde_json::json;

pub const KIND: Kind = Kind { name: "man", about: "Print the manual page", args: |command| command, run, hidden: false };

fn run(_matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(super::tree()).render(&mut page)?;
    match globals.json {
        true => out::json(&json!({"schema": 1, "man": String::from_utf8_lossy(&page)}))?,
        false => out::bytes(&page)?,
    }
    Ok(Exit::Done)
}

//! What one incident takes from another, and what is made part of it entry by entry.

use super::take_up;
use crate::cli::session::{self, Needs, Session};
use crate::cli::{Exit, Globals, ack, correct};
use crate::model::Command;
use clap::Args;

#[derive(Args)]
pub struct Link {
    incident: String,
    /// Ids of entries, or their beginnings: `log --json` has them
    #[arg(required = true, value_name = "ENTRY")]
    entries: Vec<String>,
}

/// Both are taken up: what either has recorded is known then.
pub fn merge(globals: &Globals, name: &str, into: &str) -> anyhow::Result<Exit> {
    let mut session = Session::open(globals, Needs::Journal)?;
    let (incident, into) = (take_up(&mut session, globals, name)?, take_up(&mut session, globals, into)?);
    ack::act(&mut session, globals, Command::Merge { incident, into })
}

pub fn link(globals: &Globals, arguments: &Link, belong: bool) -> anyhow::Result<Exit> {
    let mut session = Session::open(globals, Needs::Journal)?;
    let incident = take_up(&mut session, globals, &arguments.incident)?;
    let mut journal = session::reader(globals)?;
    let entries = arguments.entries.iter().map(|entry| correct::find(&mut journal, entry));
    let named = entries.collect::<anyhow::Result<Vec<_>>>()?;
    let entries = named.iter().map(|entry| entry.id).collect();
    correct::named(&mut session, named);
    ack::act(&mut session, globals, Command::LinkEntries { incident, entries, belong })
}

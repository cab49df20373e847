//! `midwatch serve`: feeds, sources, carried acks and the journal without a screen.

use super::session::{Needs, Session};
use super::{Exit, Globals, Kind, out, reload};
use clap::ArgMatches;

pub const KIND: Kind = Kind {
    name: "serve",
    about: "Watch without a screen: record alerts and feeds, keep carried acknowledgements alive; ends on SIGTERM",
    args: |command| command,
    run,
    hidden: false,
};

fn run(_matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let mut session = Session::open(globals, Needs::Watch)?;
    out::say(globals, "midwatch: watching; SIGTERM ends it");
    let _watched = reload::watch(&session.shell, globals);
    session.serve()?;
    Ok(Exit::Done)
}

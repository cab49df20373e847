//! `midwatch unack`: give the ownership of alerts up.

use super::session::{Needs, Session};
use super::target::Targets;
use super::{Exit, Globals, Kind, ack};
use crate::model::Command;
use clap::{ArgMatches, Args, FromArgMatches};

pub const KIND: Kind =
    Kind { name: "unack", about: "Give acknowledgements up", args: <Targets as Args>::augment_args, run, hidden: false };

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let targets = Targets::from_arg_matches(matches)?;
    let mut session = Session::open(globals, Needs::All)?;
    session.poll();
    let alerts = targets.resolve(session.world())?;
    ack::act(&mut session, globals, Command::Unacknowledge { alerts })
}

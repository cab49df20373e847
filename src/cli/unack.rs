//! `midwatch unack`: give the ownership of alerts up.

use super::session::{Needs, Session};
use super::target::Targets;
use super::{Exit, Globals, Kind, ack, out};
use crate::domain::ids::AlertId;
use crate::model::{Command, World};
use clap::{ArgMatches, Args, FromArgMatches};

pub const KIND: Kind =
    Kind { name: "unack", about: "Give acknowledgements up", args: <Arguments as Args>::augment_args, run, hidden: false };

#[derive(Args)]
struct Arguments {
    #[command(flatten)]
    targets: Targets,
    /// Why; needed to take one from somebody else
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let Arguments { targets, note: reason } = Arguments::from_arg_matches(matches)?;
    let mut session = Session::open(globals, Needs::All)?;
    session.poll();
    let mut alerts = targets.resolve(session.world())?;
    if targets.filter.is_some() {
        alerts = held(session.world(), alerts, &reason);
    }
    if reason.trim().is_empty() && alerts.iter().any(|id| session.world().taken_from(id).is_some()) {
        out::say(globals, "midwatch: --note TEXT says why: what somebody else holds is not taken from them without a reason");
    }
    ack::act_on(&mut session, globals, &targets, Command::Unacknowledge { alerts, reason })
}

/// A filter means those of its alerts that can be given up; where none can, all of them, and the refusal says why.
fn held(world: &World, alerts: Vec<AlertId>, reason: &str) -> Vec<AlertId> {
    let ack = |id: &AlertId| world.alerts.get(id).and_then(|tracked| world.alerts.ack(tracked, world.now.wall));
    let held: Vec<AlertId> =
        alerts.iter().filter(|id| ack(id).is_some_and(|ack| ack.entry.is_some() || !reason.is_empty())).cloned().collect();
    if held.is_empty() { alerts } else { held }
}

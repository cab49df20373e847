//! `midwatch silence`: silence alerts by their labels, each by a silence of its own, for a while.

use super::session::{Needs, Session};
use super::target::Targets;
use super::{Exit, Globals, Kind, ack, duration};
use crate::model::Command;
use clap::{ArgMatches, Args, FromArgMatches};
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "silence",
    about: "Silence alerts at their source, for a while",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    #[command(flatten)]
    targets: Targets,
    /// How long
    #[arg(long = "for", value_name = "DUR", value_parser = duration, allow_hyphen_values = true, default_value = "1h")]
    hold: Duration,
    /// Why: others will ask
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// Yes, this many: asked for where it hides a watchdog or most of what fires
    #[arg(long, value_name = "N")]
    confirm: Option<usize>,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut session = Session::open(globals, Needs::All)?;
    session.poll();
    let alerts = arguments.targets.resolve(session.world())?;
    let Arguments { targets, hold, note: reason, confirm: confirmed } = arguments;
    ack::act_on(&mut session, globals, &targets, Command::SilenceEach { alerts, hold, reason, confirmed })
}

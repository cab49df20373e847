//! `midwatch silence`: silence one alert by its labels, for a while.

use super::session::{Needs, Session};
use super::target::Targets;
use super::{Exit, Globals, Kind, ack};
use crate::model::{Command, World};
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
    #[arg(long = "for", value_name = "DUR", value_parser = humantime::parse_duration, default_value = "1h")]
    hold: Duration,
    /// Why: others will ask
    #[arg(long, value_name = "TEXT")]
    note: String,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut session = Session::open(globals, Needs::All)?;
    session.poll();
    let ids = arguments.targets.resolve(session.world())?;
    let commands: Vec<Command> = ids.iter().filter_map(|id| silence(session.world(), id, &arguments)).collect();
    let mut worst = Exit::Done;
    for command in commands {
        worst = worst.max(ack::act(&mut session, globals, command)?);
    }
    Ok(worst)
}

fn silence(world: &World, id: &crate::domain::ids::AlertId, arguments: &Arguments) -> Option<Command> {
    let matchers = world.alerts.get(id)?.alert.labels.exactly();
    let covers = world.alerts.covered(&id.source, &matchers);
    Some(Command::Silence { source: id.source.clone(), matchers, hold: arguments.hold, reason: arguments.note.clone(), covers })
}

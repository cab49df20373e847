//! `midwatch unsilence` and `midwatch extend`: end silences now, or let them last longer, on every source that they stand on.

use super::session::{Needs, Session};
use super::{Exit, Failure, Globals, Kind, ack, duration, silences};
use crate::model::silences::{On, Standing};
use crate::model::{Command, World};
use clap::{ArgMatches, Args, FromArgMatches};
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "unsilence",
    about: "End silences and downtimes now",
    args: <Targets as Args>::augment_args,
    run: end,
    hidden: false,
};

pub const EXTEND: Kind =
    Kind { name: "extend", about: "Let silences last longer", args: <Extend as Args>::augment_args, run: extend, hidden: false };

#[derive(Args)]
struct Targets {
    /// Ids of silences, or unique beginnings: wherever they stand; SOURCE/ID on that source alone
    #[arg(value_name = "SILENCE", required = true)]
    targets: Vec<String>,
}

#[derive(Args)]
struct Extend {
    #[command(flatten)]
    targets: Targets,
    /// How much longer
    #[arg(long = "for", value_name = "DUR", value_parser = duration, allow_hyphen_values = true, default_value = "1h")]
    by: Duration,
    /// Yes, this many: asked for where it hides a watchdog or most of what fires
    #[arg(long, value_name = "N")]
    confirm: Option<usize>,
}

fn end(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let targets = Targets::from_arg_matches(matches)?;
    let expire = |on: &On| Command::Expire { source: on.source.clone(), id: on.id.clone() };
    each(globals, &targets, |_, one| Ok(one.on.iter().map(expire).collect()))
}

fn extend(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let Extend { targets, by, confirm } = Extend::from_arg_matches(matches)?;
    each(globals, &targets, |world, one| world.longer(one, by, confirm))
}

/// Everything is found before anything is done.
fn each(
    globals: &Globals,
    targets: &Targets,
    commands: impl Fn(&World, &Standing) -> Result<Vec<Command>, String>,
) -> anyhow::Result<Exit> {
    let mut session = Session::open(globals, Needs::All)?;
    session.poll();
    let world = session.world();
    let mut all: Vec<Command> = Vec::new();
    for target in &targets.targets {
        let one = silences::one(world, target)?;
        let commands = commands(world, &one).map_err(Failure::usage)?;
        all.extend(commands.into_iter().filter(|command| !all.contains(command)).collect::<Vec<_>>());
    }
    ack::act_all(&mut session, globals, all.into_iter())
}

//! `midwatch silence`: silence one alert by its labels, for a while.

use super::session::{Needs, Session};
use super::target::Targets;
use super::{Exit, Globals, Kind, ack};
use crate::model::progress::{Item, Progress};
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
    let mut all = Progress { title: format!("silence {} alerts", ids.len()), ..Progress::default() };
    for id in ids {
        let Some(command) = silence(session.world(), &id, &arguments) else { continue };
        let (request, _) = session.ask(command)?;
        session.settle();
        let Some(done) = session.world().requests.get(request).cloned() else { return Ok(Exit::Journal) };
        all.journal_failed |= done.journal_failed;
        all.items.extend(done.items.into_iter().map(|item| Item { alert: Some(id.clone()), ..item }));
    }
    ack::tell(&session, globals, std::slice::from_ref(&all));
    Ok(ack::exit(&all))
}

fn silence(world: &World, id: &crate::domain::ids::AlertId, arguments: &Arguments) -> Option<Command> {
    let matchers = world.alerts.get(id)?.alert.labels.exactly();
    let covers = world.alerts.covered(&id.source, &matchers);
    Some(Command::Silence { source: id.source.clone(), matchers, hold: arguments.hold, reason: arguments.note.clone(), covers })
}

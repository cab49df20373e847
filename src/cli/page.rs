//! `midwatch page`: have somebody called.

use super::session::{Needs, Session};
use super::{Exit, Globals, Kind, ack, incident, target};
use crate::model::{Command, World};
use clap::{ArgMatches, Args, FromArgMatches};

pub const KIND: Kind = Kind {
    name: "page",
    about: "Have somebody called: by PagerDuty, or by whom an Alertmanager tells",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// Whom: a name under `page` of a source in the configuration, or SOURCE/NAME
    #[arg(value_name = "WHOM")]
    whom: String,
    /// What is wrong, in a sentence
    #[arg(value_name = "TEXT", required = true)]
    text: Vec<String>,
    /// The alert that it is about
    #[arg(long, value_name = "TARGET")]
    alert: Option<String>,
    /// The incident, instead of the only open one
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut session = Session::open(globals, Needs::All)?;
    let about = match &arguments.alert {
        Some(alert) => {
            session.poll();
            Some(target::one(session.world(), alert)?)
        }
        // Nobody who has to be called waits for a source that is slow.
        None => None,
    };
    let incident = match &arguments.incident {
        Some(name) => Some(incident::take_up(&mut session, globals, name)?),
        None => only_open(session.world()),
    };
    let command = Command::Page { whom: arguments.whom, text: arguments.text.join(" "), about, incident };
    ack::act(&mut session, globals, command)
}

/// Of several open incidents none is meant: a page is not kept from anybody because of that.
fn only_open(world: &World) -> Option<crate::domain::ids::IncidentId> {
    let mut open = world.incidents.open();
    open.next().filter(|_| open.next().is_none()).map(|incident| incident.id)
}

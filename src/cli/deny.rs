//! `midwatch deny`: what is suspected to be why a service is bad is not why.

use super::session::{Needs, Session};
use super::{Exit, Failure, Globals, Kind, ack};
use crate::domain::ids::ServiceName;
use crate::model::Command;
use clap::{ArgMatches, Args, FromArgMatches};

pub const KIND: Kind = Kind {
    name: "deny",
    about: "Say that the suspected cause of a service's trouble is wrong: it counts, and is not named again until this is over",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// The service for which a cause is suspected, as `midwatch services` tells
    service: String,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let service = ServiceName::new(Arguments::from_arg_matches(matches)?.service);
    let mut session = Session::open(globals, Needs::Journal)?;
    let world = session.world();
    if world.suspicions().written(&service, world.now.wall).is_none() {
        let help = "the log has what a console or `midwatch serve` suspects, once that has held for a minute";
        return Err(Failure::usage(format!("no cause is suspected for `{service}`: {help}")).into());
    }
    ack::act(&mut session, globals, Command::DenyCause { service })
}

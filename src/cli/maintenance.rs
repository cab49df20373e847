//! `midwatch maintenance`: planned work on services and feeds, begun and ended at once; without a name, what is worked on.

use super::session::{Needs, Session};
use super::{Exit, Failure, Globals, Kind, ack, alerts, duration, log, out};
use crate::model::Command;
use crate::model::maintenance::On;
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::json;
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "maintenance",
    about: "Begin or end planned work on services or feeds: measured on, but nobody is woken; without a name, list it",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// Services or feeds; none lists what is in maintenance
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// How long; it ends by itself
    #[arg(long = "for", value_name = "DUR", value_parser = duration, allow_hyphen_values = true)]
    hold: Option<Duration>,
    /// What is being done
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// End it now
    #[arg(long, conflicts_with_all = ["hold", "note"])]
    end: bool,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut session = Session::open(globals, Needs::Journal)?;
    if arguments.names.is_empty() {
        return list(globals, &session);
    }
    let subjects = session.world().subjects(&arguments.names).map_err(Failure::usage)?;
    let command = match (arguments.hold, arguments.end) {
        (_, true) => Command::EndMaintenance { subjects },
        (Some(hold), _) => Command::Maintain { subjects, hold, reason: arguments.note },
        (None, false) => return Err(Failure::usage("say for how long: --for 2h (or --end)").into()),
    };
    ack::act(&mut session, globals, command)
}

fn list(globals: &Globals, session: &Session) -> anyhow::Result<Exit> {
    let on = session.world().maintenance.on();
    if globals.json {
        let one = |on: &On| {
            json!({"services": on.subjects.services, "feeds": on.subjects.feeds, "until": alerts::time(on.work.until), "by": on.work.by,
                "why": on.work.why})
        };
        out::json(&json!({"schema": 1, "maintenance": on.iter().map(one).collect::<Vec<_>>()}))?;
        return Ok(Exit::Done);
    }
    let zone = session.config.console.zone;
    let row = |on: &On| {
        let by = on.work.by.clone().unwrap_or_else(|| "the configuration".into());
        vec![on.subjects.names(), log::time(on.work.until, zone), by, on.work.why.clone().unwrap_or_default()]
    };
    out::text(&out::table(&["WHAT", "UNTIL", "BY", "WHY"], &on.iter().map(row).collect::<Vec<_>>()))?;
    Ok(Exit::Done)
}

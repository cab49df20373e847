//! `midwatch handoff`: what whoever takes over must know, and the two sides of handing over.

use super::session::{Needs, Session};
use super::{Exit, Globals, Kind, ack, alerts, duration, incident, log, out, silences};
use crate::domain::millis;
use crate::domain::text::inert;
use crate::domain::timeline::People;
use crate::exports::json;
use crate::model::shift::Pack;
use crate::model::{Command, World};
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::{Value, json};
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "handoff",
    about: "Print what whoever takes over must know; offer the shift, and take it over",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
pub struct Arguments {
    /// How long the next shift is: silences that end in it are told
    #[arg(long, value_name = "DUR", default_value = "12h", value_parser = duration, allow_hyphen_values = true)]
    within: Duration,
    #[command(flatten)]
    pub sides: Sides,
}

#[derive(Args)]
#[group(multiple = false)]
pub struct Sides {
    /// Ask this person to take over
    #[arg(long, value_name = "PERSON")]
    pub to: Option<String>,
    /// Take over what was offered to you
    #[arg(long)]
    pub accept: bool,
}

impl Sides {
    /// What is meant; nothing where only something is to be shown.
    pub fn command(self, incident: Option<crate::domain::ids::IncidentId>) -> Option<Command> {
        match self {
            Self { to: Some(to), .. } => Some(Command::HandOff { incident, to }),
            Self { accept: true, .. } => Some(Command::TakeOver { incident }),
            _ => None,
        }
    }
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let Arguments { within, sides } = Arguments::from_arg_matches(matches)?;
    if let Some(command) = sides.command(None) {
        let mut session = Session::open(globals, Needs::Journal)?;
        return ack::act(&mut session, globals, command);
    }
    let mut session = Session::open(globals, Needs::Remotes)?;
    session.poll();
    session.poll_feeds(|_| true);
    let (world, zone) = (session.world(), session.config.console.zone);
    let pack = world.pack(within);
    match globals.json {
        true => out::json(&document(world, &pack))?,
        false => out::text(&text(&world.told(&pack, out::age, |at| log::time(at, zone))))?,
    }
    Ok(alerts::report_sources(world))
}

fn text(parts: &[(&str, Vec<String>)]) -> String {
    let part = |(title, lines): &(&str, Vec<String>)| {
        let lines: String = if lines.is_empty() {
            "  none\n".to_owned()
        } else {
            lines.iter().map(|line| format!("  {}\n", inert(line))).collect()
        };
        format!("{title}:\n{lines}")
    };
    parts.iter().map(part).collect::<Vec<_>>().join("\n")
}

fn document(world: &World, pack: &Pack) -> Value {
    let incidents = pack.incidents.iter().filter_map(|id| world.incidents.get(*id));
    let not_carried = |id| Some(world.uncarried(world.alerts.get(id)?)?.end.detail.raw());
    let acks = pack.acks.iter().map(|(id, name, ack)| {
        json!({
            "alert": id, "name": name, "by": ack.by, "reason": ack.reason,
            "since": ack.since.map(millis::text), "until": ack.until.map(millis::text), "not_carried": not_carried(id),
        })
    });
    let untold = pack.untold.iter().map(|(id, at, ack)| {
        json!({"alert": id, "name": world.untold_name(id), "since": millis::text(*at), "by": ack.as_ref().map(|ack| &ack.by)})
    });
    let runs = pack.runs.iter().filter_map(|id| {
        let run = world.runs.get(*id)?;
        Some(json!({"id": id, "playbook": run.playbook, "title": run.title, "incident": run.incident, "state": world.runs.state(*id)}))
    });
    let offer = pack.watch.offer.as_ref();
    let services = pack.unwell.iter().map(|(name, state, fires)| {
        json!({"name": name, "state": state, "firing": fires.firing(), "acknowledged": fires.acknowledged, "untold": fires.untold, "stale": fires.stale})
    });
    json!({
        "schema": 1,
        "at": millis::text(pack.at),
        "holder": pack.watch.holder.as_ref().map(|(person, _)| person),
        "offer": offer.map(|offer| json!({"by": offer.by, "to": offer.to, "at": millis::text(offer.at)})),
        "sources": alerts::sources(world),
        "firing": pack.nobodys.iter().map(|(severity, count, _)| json!({"severity": severity, "count": count})).collect::<Vec<_>>(),
        "services": services.collect::<Vec<_>>(),
        "feeds": pack.alone.iter().map(|(name, state, _)| json!({"name": name, "state": state})).collect::<Vec<_>>(),
        "incidents": incidents.map(|one| json::incident(one, People::Names)).collect::<Vec<_>>(),
        "acks": acks.collect::<Vec<_>>(),
        "untold": untold.collect::<Vec<_>>(),
        "silences": pack.silences.iter().map(silences::document).collect::<Vec<_>>(),
        "runs": runs.collect::<Vec<_>>(),
    })
}

/// `incident handoff`.
///
/// # Errors
/// No such incident, or the journal could not be written.
pub fn of_incident(globals: &Globals, name: &str, sides: Sides) -> anyhow::Result<Exit> {
    let mut session = Session::open(globals, Needs::Journal)?;
    let id = incident::take_up(&mut session, globals, name)?;
    match sides.command(Some(id)) {
        Some(command) => ack::act(&mut session, globals, command),
        None => Err(super::Failure::usage("say who is to take it over (--to PERSON), or take it over (--accept)").into()),
    }
}

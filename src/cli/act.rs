//! Acts that an alert's own system has besides an acknowledgement: `snooze`, `resolve`, `assign` and the others. One row for
//! each; what they print is what became of it, alert by alert.

use super::session::{Needs, Session};
use super::target::{Targets, one};
use super::{Exit, Globals, Kind, ack, duration, out};
use crate::domain::act::{ActKind, What};
use crate::domain::ids::AlertId;
use crate::model::{Command, World};
use clap::{Arg, ArgMatches, Args, FromArgMatches, value_parser};
use std::collections::BTreeSet;
use std::time::Duration;

/// Services that are named before they go in downtime with their host.
const SHOWN: usize = 8;

/// Something that an act needs to be told.
#[derive(Clone, Copy)]
enum Ask {
    /// How long.
    For,
    /// Yes, this many.
    Confirm,
    /// Why, if somebody wants to say.
    Note,
    /// What there is to say: not to be left out.
    Text(&'static str),
    /// A person, or the name of something.
    To(&'static str),
    Level,
    Into,
}

/// One act: what it is in the core, and what it asks for.
struct Verb {
    kind: ActKind,
    asks: &'static [Ask],
    what: fn(&World, &ArgMatches) -> anyhow::Result<What>,
}

const ASSIGN_TO: Verb = Verb {
    kind: ActKind::Assign,
    asks: &[Ask::To("Who: a name, mail or id there, or an escalation policy"), Ask::Note],
    what: |_, matches| Ok(What::Assign { to: text(matches, "to") }),
};
const COMMENT_ON: Verb =
    Verb { kind: ActKind::Comment, asks: &[Ask::Text("What is written down")], what: |_, _| Ok(What::Comment) };
const DOWNTIME_FOR: Verb = Verb {
    kind: ActKind::Downtime,
    asks: &[Ask::For, Ask::Confirm, Ask::Text("Why: others will ask")],
    what: |world, matches| Ok(What::Downtime { until: world.now.after(hold(matches)) }),
};
const ESCALATE_TO: Verb = Verb {
    kind: ActKind::Escalate,
    asks: &[Ask::Level, Ask::Note],
    what: |_, matches| Ok(What::Escalate { level: matches.get_one("level").copied() }),
};
const MERGE_INTO: Verb = Verb {
    kind: ActKind::Merge,
    asks: &[Ask::Into, Ask::Note],
    what: |world, matches| Ok(What::Merge { into: one(world, &text(matches, "into"))?.fingerprint }),
};
const PRIORITISE: Verb = Verb {
    kind: ActKind::Prioritise,
    asks: &[Ask::To("The name of the priority there"), Ask::Note],
    what: |_, matches| Ok(What::Prioritise { to: text(matches, "to") }),
};
const CHECK_AGAIN: Verb = Verb { kind: ActKind::Recheck, asks: &[], what: |_, _| Ok(What::Recheck) };
const RESOLVE_IT: Verb = Verb { kind: ActKind::Resolve, asks: &[Ask::Note], what: |_, _| Ok(What::Resolve) };
const SNOOZE_FOR: Verb = Verb {
    kind: ActKind::Snooze,
    asks: &[Ask::For, Ask::Confirm, Ask::Note],
    what: |world, matches| Ok(What::Snooze { until: world.now.after(hold(matches)) }),
};

/// A subcommand of one row.
macro_rules! subcommand {
    ($name:literal, $about:literal, $verb:ident) => {
        Kind {
            name: $name,
            about: $about,
            args: |command| arguments(command, &$verb),
            run: |matches, globals| run(matches, globals, &$verb),
            hidden: false,
        }
    };
}

pub const ASSIGN: Kind = subcommand!("assign", "Hand alerts to somebody else, in their own system", ASSIGN_TO);
pub const COMMENT: Kind = subcommand!("comment", "Write a comment beside alerts, in their own system", COMMENT_ON);
pub const DOWNTIME: Kind = subcommand!("downtime", "Say that what alerts stand for is under repair for a while", DOWNTIME_FOR);
pub const ESCALATE: Kind = subcommand!("escalate", "Ask the next level of the alerts' escalation policy now", ESCALATE_TO);
pub const MERGE: Kind = subcommand!("merge", "Make alerts a part of another one of the same source", MERGE_INTO);
pub const PRIORITY: Kind = subcommand!("priority", "Set the priority of alerts, in their own system", PRIORITISE);
pub const RECHECK: Kind = subcommand!("recheck", "Have alerts checked again now", CHECK_AGAIN);
pub const RESOLVE: Kind = subcommand!(
    "resolve",
    "Say that alerts are over, in their own system; what is only taken for over is recorded as known to be",
    RESOLVE_IT
);
pub const SNOOZE: Kind = subcommand!("snooze", "Keep alerts quiet for a while; then they come back", SNOOZE_FOR);

fn arguments(command: clap::Command, verb: &Verb) -> clap::Command {
    verb.asks.iter().fold(Targets::augment_args(command), |command, ask| command.arg(argument(*ask)))
}

fn argument(ask: Ask) -> Arg {
    let long = |name: &'static str, value: &'static str| Arg::new(name).long(name).value_name(value);
    match ask {
        Ask::For => long("for", "DUR").help("How long").value_parser(duration).allow_hyphen_values(true).default_value("1h"),
        Ask::Confirm => long("confirm", "N")
            .help("Yes, this many: asked for where it hides a watchdog or most of what fires")
            .value_parser(value_parser!(usize)),
        Ask::Note => long("note", "TEXT").help("Why, or what is being done"),
        Ask::Text(help) => long("note", "TEXT").help(help).required(true),
        Ask::To(help) => long("to", "NAME").help(help).required(true),
        Ask::Level => long("level", "N").help("This level instead of the next one").value_parser(value_parser!(u32).range(1..)),
        Ask::Into => long("into", "TARGET").help("The alert that they become a part of").required(true),
    }
}

fn text(matches: &ArgMatches, name: &str) -> String {
    matches.try_get_one::<String>(name).ok().flatten().cloned().unwrap_or_default()
}

fn hold(matches: &ArgMatches) -> Duration {
    matches.get_one("for").copied().unwrap_or_default()
}

fn run(matches: &ArgMatches, globals: &Globals, verb: &Verb) -> anyhow::Result<Exit> {
    let targets = Targets::from_arg_matches(matches)?;
    let mut session = Session::open(globals, Needs::All)?;
    session.poll();
    let world = session.world();
    let mut alerts = targets.resolve(world)?;
    if targets.filter.is_some() {
        alerts = able(world, globals, alerts, verb.kind);
    }
    if verb.kind == ActKind::Downtime {
        tell_along(world, globals, &alerts);
    }
    let confirmed = matches.try_get_one("confirm").ok().flatten().copied();
    let command = Command::Act { alerts, what: (verb.what)(world, matches)?, reason: text(matches, "note"), confirmed };
    ack::act_on(&mut session, globals, &targets, command)
}

/// What goes in downtime with a host, though nobody has named it.
fn tell_along(world: &World, globals: &Globals, alerts: &[AlertId]) {
    let Some((told, services)) = world.goes_along(alerts) else { return };
    let named: Vec<String> = services.iter().take(SHOWN).map(|id| format!("{} ({id})", world.name_of(id))).collect();
    let more = if services.len() > SHOWN { format!(" and {} more", services.len() - SHOWN) } else { String::new() };
    out::say(globals, out::inert(format!("midwatch: {told} {}{more}", named.join(", ")).trim_end()).as_ref());
}

/// A filter means those of its alerts whose source has the act; where none has it, all of them, and the refusals say why.
fn able(world: &World, globals: &Globals, alerts: Vec<AlertId>, kind: ActKind) -> Vec<AlertId> {
    let (able, others): (Vec<_>, Vec<_>) = alerts.into_iter().partition(|id| world.may(id, kind));
    if able.is_empty() || others.is_empty() {
        return [able, others].concat();
    }
    let sources: BTreeSet<&str> = others.iter().map(|id| id.source.as_str()).collect();
    let sources = sources.into_iter().collect::<Vec<_>>().join(", ");
    out::say(globals, &format!("midwatch: left {} alerts of {sources} out, which can't {}", others.len(), kind.word()));
    able
}

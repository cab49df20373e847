//! `midwatch ack`: own alerts for a while.

use super::session::{Needs, Session};
use super::target::Targets;
use super::{Exit, Failure, Globals, Kind, alerts, duration, out};
use crate::domain::act::Outcome;
use crate::model::progress::{Item, Progress, Stage};
use crate::model::{Command, World};
use clap::{ArgMatches, Args, FromArgMatches};
use serde_json::{Value, json};
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "ack",
    about: "Acknowledge alerts: you own them for a while",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    #[command(flatten)]
    targets: Targets,
    /// How long, instead of the configuration's `console.ack.for`
    #[arg(long = "for", value_name = "DUR", value_parser = duration, allow_hyphen_values = true)]
    hold: Option<Duration>,
    /// Why, or what is being done
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// The ticket that it belongs to
    #[arg(long, value_name = "ID")]
    ticket: Option<String>,
    /// Yes, this many: asked for where the silences that carry it hide a watchdog or most of what fires
    #[arg(long, value_name = "N")]
    confirm: Option<usize>,
}

/// What becomes of an act whose source could not be reached: only the process that watches sends it.
const KEPT: &str = "kept, and sent again when the source answers, if a console or `midwatch serve` is open";

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let mut session = Session::open(globals, Needs::All)?;
    session.poll();
    let Arguments { targets, hold, note: reason, ticket, confirm: confirmed } = arguments;
    let alerts = targets.resolve(session.world())?;
    act_on(&mut session, globals, &targets, Command::Acknowledge { alerts, hold, reason, ticket, confirmed })
}

/// Does a command on alerts, waits for its true outcome and prints it, target by target.
///
/// # Errors
/// Nothing came back in time.
pub fn act(session: &mut Session, globals: &Globals, command: Command) -> anyhow::Result<Exit> {
    act_all(session, globals, std::iter::once(command))
}

/// The same for what was meant. A filter means what no dead source can tell, too: what answered is done, and the failure is partial.
///
/// # Errors
/// Nothing came back in time.
pub fn act_on(session: &mut Session, globals: &Globals, targets: &Targets, command: Command) -> anyhow::Result<Exit> {
    if targets.filter.is_none() {
        return act(session, globals, command);
    }
    // As they were when it was found what the filter holds for.
    let (sources, asked) = (alerts::sources(session.world()), alerts::report_sources(session.world()));
    Ok(done(session, globals, std::iter::once(command), Some(sources))?.max(asked))
}

/// Does one after the other, and tells of all of them at once: one document.
///
/// # Errors
/// Nothing came back in time.
pub fn act_all(session: &mut Session, globals: &Globals, commands: impl Iterator<Item = Command>) -> anyhow::Result<Exit> {
    done(session, globals, commands, None)
}

fn done(
    session: &mut Session,
    globals: &Globals,
    commands: impl Iterator<Item = Command>,
    sources: Option<Vec<Value>>,
) -> anyhow::Result<Exit> {
    let mut all = Vec::new();
    for command in commands {
        let request = session.ask_all(command)?;
        let Some(progress) = session.world().requests.get(request).cloned() else { return Ok(Exit::Journal) };
        all.push(progress);
    }
    tell(session, globals, &all, sources);
    name_the_failed(globals, &all);
    if session.world().unrecorded_ends() > 0 {
        out::warn(
            "midwatch: what became of it could not be recorded; the next console or `midwatch serve` finds that out, once the journal can be written",
        );
    }
    Ok(all.iter().map(exit).max().unwrap_or(Exit::Done))
}

/// What has been done stays done when nobody can be told: that is a warning, and no other exit code.
fn tell(session: &Session, globals: &Globals, all: &[Progress], sources: Option<Vec<Value>>) {
    let told = match globals.json {
        true => out::json(&document(all, sources)),
        false => out::text(&all.iter().map(|progress| lines(session.world(), progress)).collect::<String>()),
    };
    if let Err(error) = told
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        out::warn(&format!("midwatch: standard output can't be written ({error}); what became of it stands in `midwatch log`"));
    }
}

/// For which of several targets nothing was done: to be named in place of all of them.
fn name_the_failed(globals: &Globals, all: &[Progress]) {
    let items = || all.iter().flat_map(|progress| progress.items.iter().map(move |item| (progress, item)));
    let failed: Vec<String> = items()
        .filter(|(_, item)| item.stage.may_be_retried() || matches!(item.stage, Stage::Refused(_)))
        .filter_map(|(progress, item)| Some(out::inert(&named(progress, item)?).into_owned()))
        .collect();
    if items().count() > 1 && !failed.is_empty() {
        out::say(globals, &format!("midwatch: not done for {}: {}", failed.len(), failed.join(" ")));
    }
}

fn document(all: &[Progress], sources: Option<Vec<Value>>) -> Value {
    let target = |(progress, item): (&Progress, &Item)| {
        let (state, detail) = told(&item.stage);
        json!({"target": named(progress, item), "entry": item.entry, "state": state, "detail": detail})
    };
    let titles: Vec<&str> = all.iter().map(|progress| progress.title.as_str()).collect();
    let items = all.iter().flat_map(|progress| progress.items.iter().map(move |item| (progress, item)));
    let targets: Vec<_> = items.map(target).collect();
    let mut document = json!({"schema": 1, "request": titles.join("; "), "targets": targets});
    if let Some(sources) = sources {
        document["sources"] = sources.into();
    }
    document
}

/// What is acted on: an alert, a silence where it is said which, who is paged, or who is told.
fn named(progress: &Progress, item: &Item) -> Option<String> {
    match (&item.alert, &progress.command) {
        (Some(id), _) => Some(id.to_string()),
        (None, Some(Command::Expire { source, id } | Command::Extend { source, id, .. })) => {
            Some(format!("{source}/{}", id.raw()))
        }
        (None, Some(Command::Page { whom, .. })) => Some(whom.clone()),
        _ => item.to.as_ref().map(ToString::to_string),
    }
}

fn lines(world: &World, progress: &Progress) -> String {
    let line = |item: &Item| {
        let tracked = item.alert.as_ref().filter(|id| world.alerts.get(id).is_some());
        let name = tracked.map(|id| world.in_full(id)).or_else(|| named(progress, item));
        let name = name.unwrap_or_else(|| progress.title.clone());
        let (state, detail) = told(&item.stage);
        let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
        format!("{}  {state}{}\n", crate::domain::text::inert(&name), crate::domain::text::inert(&detail))
    };
    progress.items.iter().map(line).collect()
}

/// The true outcome in one word, and the remote's own words.
fn told(stage: &Stage) -> (&'static str, Option<String>) {
    match stage {
        Stage::Recording => ("pending", None),
        Stage::Recorded => ("recorded", None),
        Stage::Sending => ("unknown", Some("no answer came in time".into())),
        Stage::Accepted => ("unknown", Some("it was accepted, and could not be read back in time".into())),
        Stage::Refused(why) => ("refused", Some(why.clone())),
        Stage::Unwritten(why) => ("refused", Some(format!("{why} Nothing was done."))),
        Stage::Ended(end) => {
            let word = match end.outcome {
                Outcome::Done => "confirmed",
                Outcome::Failed => "failed",
                Outcome::Unknown => "unknown",
                Outcome::Contradicted => "contradicted",
                Outcome::Expired => "expired",
                Outcome::Unsent => return ("unsent", Some(format!("{}; {KEPT}", end.detail.raw()))),
            };
            (word, Some(end.detail.raw().to_owned()).filter(|detail| !detail.is_empty()))
        }
    }
}

/// The worst of the targets: not recorded, refused, or not what the remote confirmed.
pub fn exit(progress: &Progress) -> Exit {
    let one = |stage: &Stage| match stage {
        Stage::Unwritten(_) => Exit::Journal,
        Stage::Refused(_) => Exit::Usage,
        Stage::Ended(end) if end.outcome != Outcome::Done => Exit::Remote,
        Stage::Recording => Exit::Journal,
        Stage::Sending | Stage::Accepted => Exit::Remote,
        _ => Exit::Done,
    };
    progress.items.iter().map(|item| one(&item.stage)).max().unwrap_or(Exit::Done)
}

/// What was refused, as an error with its exit code.
///
/// # Errors
/// Always.
pub fn refused(progress: &Progress) -> anyhow::Result<Exit> {
    let whys = progress.items.iter().filter_map(|item| told(&item.stage).1);
    Err(Failure { exit: exit(progress), message: whys.collect::<Vec<_>>().join("; ") }.into())
}

//! `midwatch correct`: what an entry of the log should have said. The entry itself stays as it was recorded.

use super::session::{self, Needs, Session};
use super::{Exit, Failure, Globals, Kind, ack, incident, out};
use crate::domain::entry::{Amendment, Entry, Kind as What, Visibility};
use crate::journal::Journal;
use crate::model::{Body, Command, Fact};
use clap::builder::BoolishValueParser;
use clap::{ArgMatches, Args, FromArgMatches};
use std::sync::Arc;

pub const KIND: Kind = Kind {
    name: "correct",
    about: "Correct an entry of the log: its time, its text, what it is, whose it is, who may see it",
    args: <Arguments as Args>::augment_args,
    run,
    hidden: false,
};

#[derive(Args)]
struct Arguments {
    /// Its id, or the beginning of it: `log --json` has it
    entry: String,
    #[command(flatten)]
    change: Change,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Change {
    /// What it should say
    #[arg(long)]
    text: Option<String>,
    /// When it happened: -7m, 14:02 or RFC 3339
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    at: Option<String>,
    /// note, decision, hypothesis, todo, comms, evidence
    #[arg(long, value_parser = super::note::KINDS)]
    kind: Option<String>,
    /// The incident that it belongs to
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    /// public, internal or restricted
    #[arg(long, value_name = "WHO")]
    visibility: Option<Visibility>,
    /// Whether a short export has it
    #[arg(long, value_name = "YES", value_parser = BoolishValueParser::new(), num_args = 0..=1, default_missing_value = "yes")]
    important: Option<bool>,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let Arguments { entry, change } = Arguments::from_arg_matches(matches)?;
    let entry = find(&mut session::reader(globals)?, &entry)?;
    if entry.corrects.is_some() {
        return Err(Failure::usage("this is a correction itself: correct the entry that it corrects").into());
    }
    let mut session = Session::open(globals, Needs::Journal)?;
    let incident = change.incident.map(|name| incident::take_up(&mut session, globals, &name)).transpose()?;
    named(&mut session, vec![entry.clone()]);
    let at = incident::moment(&session, change.at.as_deref())?;
    let Change { text, visibility, important, .. } = change;
    let change = Amendment { at, text, kind: change.kind.map(What::from), incident, visibility, important };
    ack::act(&mut session, globals, Command::Correct { entry: entry.id, change })
}

/// What is about to be said is about these, which may be older than what is loaded.
pub fn named(session: &mut Session, entries: Vec<Arc<Entry>>) {
    session.shell.event(Body::Fact(Fact::Named(entries)));
}

/// The entry that a person means.
///
/// # Errors
/// None, or several.
pub fn find(journal: &mut dyn Journal, target: &str) -> anyhow::Result<Arc<Entry>> {
    let mut found = journal.by_prefix(target)?;
    match (found.len(), target.len()) {
        (1, _) => Ok(found.remove(0)),
        (0, _) | (_, 0) => Err(Failure::usage(format!("no entry has an id that begins with `{}`", out::inert(target))).into()),
        _ => {
            let line = |entry: &Arc<Entry>| format!("  {}  {}", entry.id, out::inert(&entry.text));
            let lines: Vec<String> = found.iter().map(line).collect();
            Err(Failure::usage(format!("several entries have ids that begin so:\n{}", lines.join("\n"))).into())
        }
    }
}

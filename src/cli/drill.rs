//! `midwatch drill`: the practice of a week, what was found by it, and what was put off.

mod clearing;
mod held;
mod list;
mod new;

use super::readiness::Known;
use super::session::{Needs, Session};
use super::{Exit, Failure, Globals, Kind, ack};
use crate::domain::ids::{EntryId, PlaybookId, RunId};
use crate::domain::node::nearest;
use crate::domain::practice::{Finding, Practised, Week};
use crate::model::Command;
use crate::model::practice::Said;
use chrono::NaiveDate;
use clap::{ArgMatches, FromArgMatches, Subcommand};
use std::path::PathBuf;

pub const KIND: Kind = Kind {
    name: "drill",
    about: "Practise: whose turn it is, what was practised, and what was found",
    args: |command| <Doing as Subcommand>::augment_subcommands(command).subcommand_required(true),
    run,
    hidden: false,
};

#[derive(Subcommand)]
enum Doing {
    /// Begin a drill: an incident that is practice. Without --auto the console is opened on it
    Start(held::Start),
    /// End the drill that is held; what is to be said of it is kept
    Finish(held::Said),
    /// Call the drill off: its runs are ended, and what they made is cleared away; after a console that died too
    Abort {
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        said: held::Said,
    },
    /// Let nothing of the drill go on for a while
    Pause {
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Let a paused drill go on
    Resume,
    /// Print the drill that is held, what was practised, the newest first, and the findings that are open
    List,
    /// Print whose turn it is this week and in the weeks behind it, if each turn is kept
    Schedule {
        /// How many weeks
        #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=520))]
        weeks: u16,
    },
    /// Make a scenario of an incident that was: what happened in it happens again, and what people did is expected
    New {
        /// INC-7, its id, the beginning of the id, or an export of it
        #[arg(long, value_name = "INCIDENT")]
        from_incident: String,
        /// Where, instead of standard output (`-`); never overwrites
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Put this week's turn off; the next one comes up, and the reason stays in view
    Skip {
        /// The playbook, if it is another than the one whose turn it is
        name: Option<String>,
        /// Why: it stands on the board until it was practised
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Keep what practice has found
    Find {
        /// What it is, in a sentence
        #[arg(value_name = "TEXT", required = true)]
        text: Vec<String>,
        /// The run that found it, or its beginning
        #[arg(long, value_name = "RUN", required_unless_present = "playbook")]
        run: Option<String>,
        /// The playbook that it is about, if no run found it
        #[arg(long, value_name = "NAME", conflicts_with = "run")]
        playbook: Option<String>,
        /// Who mends it
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
        /// Until when: 2026-12-24
        #[arg(long, value_name = "DAY")]
        due: Option<NaiveDate>,
    },
    /// Say what became of a finding
    Close {
        /// The id of the finding, or its beginning
        finding: String,
        /// What became of it
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    match Doing::from_arg_matches(matches)? {
        Doing::Start(wanted) => held::start(globals, wanted),
        Doing::Finish(said) => held::finish(globals, said),
        Doing::Abort { reason, said } => held::abort(globals, reason, said),
        Doing::Pause { reason } => held::pause(globals, reason),
        Doing::Resume => held::resume(globals),
        Doing::New { from_incident, to } => new::run(globals, &from_incident, to.as_deref()),
        Doing::List => list::list(globals, &Known::read(globals)?),
        Doing::Schedule { weeks } => list::schedule(globals, &Known::read(globals)?, weeks.into()),
        Doing::Skip { name, reason } => say(globals, |known| put_off(known, name, reason)),
        Doing::Find { text, run, playbook, owner, due } => say(globals, |known| {
            let (playbook, run) = about(known, run.as_deref(), playbook)?;
            Ok(Said::Found { playbook, run, text: text.join(" "), owner, due })
        }),
        Doing::Close { finding, reason } => say(globals, |known| {
            let finding = one(known, &finding)?;
            Ok(Said::Closed { finding: finding.id, playbook: finding.playbook.clone(), how: reason })
        }),
    }
}

/// What is said follows from what is known of practice.
fn say(globals: &Globals, said: impl FnOnce(&Known) -> anyhow::Result<Said>) -> anyhow::Result<Exit> {
    let said = said(&Known::read(globals)?)?;
    let mut session = Session::open(globals, Needs::Journal)?;
    ack::act(&mut session, globals, Command::Practise(said))
}

fn put_off(known: &Known, name: Option<String>, reason: String) -> anyhow::Result<Said> {
    let this = known.grounds().board(known.now).week;
    let playbook = match (name, this.turn) {
        (Some(name), _) => named(known, &name)?,
        (None, Some(turn)) => turn,
        (None, None) => return Err(Failure::usage("nothing is to be practised this week").into()),
    };
    Ok(Said::PutOff { week: Week::of(known.now), playbook, reason })
}

fn named(known: &Known, name: &str) -> anyhow::Result<PlaybookId> {
    let found = known.books.iter().find(|book| book.id.as_str() == name).map(|book| book.id.clone());
    found.ok_or_else(|| {
        let names: Vec<&str> = known.books.iter().map(|book| book.id.as_str()).collect();
        let help = nearest(name, &names).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        Failure::usage(format!("no playbook is named `{name}`{help}")).into()
    })
}

fn about(known: &Known, run: Option<&str>, playbook: Option<String>) -> anyhow::Result<(PlaybookId, Option<RunId>)> {
    let Some(run) = run else { return Ok((named(known, &playbook.unwrap_or_default())?, None)) };
    let fits = |practised: &&Practised| practised.run.to_string().starts_with(&run.to_ascii_lowercase());
    match known.record.practised.iter().filter(fits).collect::<Vec<_>>().as_slice() {
        [practised] => Ok((practised.playbook.clone(), Some(practised.run))),
        [] => Err(Failure::usage(format!("no run that is over is named `{run}`: `midwatch drill list` has them")).into()),
        several => Err(Failure::usage(format!("{} runs begin with `{run}`: name more of it", several.len())).into()),
    }
}

fn one<'a>(known: &'a Known, finding: &str) -> anyhow::Result<&'a Finding> {
    let id = |id: EntryId| id.to_string().starts_with(&finding.to_ascii_lowercase());
    let open = known.record.findings.iter().filter(|known| known.closed.is_none() && id(known.id));
    match open.collect::<Vec<_>>().as_slice() {
        [one] => Ok(one),
        [] => Err(Failure::usage(format!("no open finding is named `{finding}`: `midwatch drill list` has them")).into()),
        several => Err(Failure::usage(format!("{} findings begin with `{finding}`: name more of it", several.len())).into()),
    }
}

//! `midwatch playbook`: playbooks without the console, by the same engine and with the same guards.

mod adopt;
mod answer;
pub(super) mod drive;
mod library;
mod rollback;
mod secret;
mod tell;
mod terminal;
mod typist;
mod verified;

use super::{Exit, Failure, Globals, Kind};
use crate::domain::ids::StepId;
use crate::domain::run::{Auto, RunMode};
use crate::model::runs::{RunCommand, Typed};
use clap::{ArgMatches, Args, FromArgMatches, Subcommand};
use std::collections::BTreeMap;

pub const KIND: Kind = Kind {
    name: "playbook",
    about: "List, show, plan and run playbooks",
    args: |command| Verb::augment_subcommands(command).subcommand_required(true),
    run,
    hidden: false,
};

#[derive(Subcommand)]
enum Verb {
    /// List the playbooks and the runs that are not over
    List,
    /// Show one: what it is for, what is wrong with it, its text
    Show { name: String },
    /// Show what a run would do, without doing any of it
    Plan(Plan),
    /// List the runs that ended with everything under Verify found to hold: proof of a restore, as a `backup` feed takes it
    Verified(Verified),
    /// Make a runbook executable: show what of it would run, and put front matter before it
    Adopt {
        #[arg(value_name = "FILE")]
        file: std::path::PathBuf,
    },
    /// Run one; where a step needs a person and none is at the terminal, the run stays waiting
    Run(Run),
    /// Take up a run that waits or was interrupted
    Resume(Resume),
    /// End the running step and abort the run
    Cancel { run: String },
    /// Close a run that nobody will resume
    Abandon {
        run: String,
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Start the step that the run waits at, or say that a manual one is done: STEP, STEP=yes, STEP=TEXT
    Confirm {
        run: String,
        step: String,
        #[command(flatten)]
        again: Again,
    },
    /// Tick items of a manual step, counted from 1
    Tick {
        run: String,
        step: String,
        /// The numbers of the items
        #[arg(required = true, value_parser = clap::value_parser!(u32).range(1..))]
        items: Vec<u32>,
        /// Take the ticks back
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        again: Again,
    },
    /// Try the step again that has just failed: STEP, STEP=yes, STEP=TEXT
    Retry {
        run: String,
        step: String,
        #[command(flatten)]
        again: Again,
    },
    /// Go on without this step
    Skip(Reasoned),
    /// Go on though this step has failed
    Accept(Reasoned),
    /// Answer what a step asks: an option of a decision, done or not-done of an unknown outcome, over of a wait, alone of an
    /// approval, pass of a step that is done already, or the text that is to be written down
    Answer(answer::Given),
    /// Approve, or refuse, what somebody else asked for
    Approve(answer::Approval),
    /// Ask the `status` block of a step whether it was done
    Probe {
        run: String,
        step: String,
        #[command(flatten)]
        again: Again,
    },
    /// Let nothing start for a while
    Pause {
        run: String,
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        again: Again,
    },
    /// Let a paused run go on
    Unpause {
        run: String,
        #[command(flatten)]
        again: Again,
    },
    /// Show what a rollback would do, and start it with --yes
    Rollback {
        run: String,
        /// Start it
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        again: Again,
    },
}

/// What the journal never holds: whoever takes a run up supplies it again.
#[derive(Args)]
pub struct Again {
    /// A secret parameter that has to be supplied again; at a terminal one that is missing is asked for, unseen
    #[arg(long = "param", value_name = "K=V")]
    params: Vec<String>,
}

impl Again {
    fn typed(&self) -> anyhow::Result<Typed> {
        Ok(Typed(pairs(&self.params)?))
    }
}

#[derive(Args)]
struct Plan {
    name: String,
    #[command(flatten)]
    with: With,
}

#[derive(Args)]
struct With {
    /// A parameter; as often as needed
    #[arg(long = "param", value_name = "K=V")]
    params: Vec<String>,
    /// The alert whose labels fill parameters
    #[arg(long, value_name = "TARGET")]
    alert: Option<String>,
}

#[derive(Args)]
struct Run {
    name: String,
    #[command(flatten)]
    with: With,
    /// The incident that it belongs to
    #[arg(long, value_name = "INCIDENT")]
    incident: Option<String>,
    /// Steps of this risk start without a person; destructive ones only where the environment is a lab
    #[arg(long, value_name = "RISK", num_args = 0..=1, default_missing_value = "read", value_parser = ["read", "change"])]
    auto: Option<String>,
    /// Do and tick everything by hand: nothing is executed
    #[arg(long, conflicts_with_all = ["dry_run", "drill"])]
    manual: bool,
    /// Run what only reads, and `dry-run` blocks in place of the rest
    #[arg(long, conflicts_with = "drill")]
    dry_run: bool,
    /// Practise: the drill's own setup and clean-up too, only where that is allowed
    #[arg(long)]
    drill: bool,
    #[command(flatten)]
    confirm: Confirmed,
}

#[derive(Args)]
struct Confirmed {
    /// Start STEP when the run comes to it; TEXT is what it wants typed, or yes
    #[arg(long, value_name = "STEP=TEXT")]
    confirm: Vec<String>,
}

#[derive(Args)]
struct Verified {
    name: String,
    /// Only runs that had this parameter: which data set was restored; as often as needed
    #[arg(long = "param", value_name = "K=V")]
    params: Vec<String>,
}

#[derive(Args)]
struct Resume {
    run: String,
    #[command(flatten)]
    again: Again,
    #[command(flatten)]
    confirm: Confirmed,
}

#[derive(Args)]
struct Reasoned {
    run: String,
    step: String,
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    again: Again,
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    match Verb::from_arg_matches(matches)? {
        Verb::List => library::list(globals),
        Verb::Show { name } => library::show(globals, &name),
        Verb::Verified(wanted) => verified::run(globals, wanted.name.as_str().into(), &pairs(&wanted.params)?),
        Verb::Adopt { file } => adopt::run(globals, &file),
        Verb::Plan(plan) => library::plan(globals, &plan.name, pairs(&plan.with.params)?, plan.with.alert),
        Verb::Run(wanted) => start(globals, wanted),
        Verb::Resume(wanted) => {
            drive::resume(globals, &wanted.run, wanted.again.typed()?, &confirmations(&wanted.confirm.confirm)?)
        }
        Verb::Cancel { run } => drive::cancel(globals, &run),
        Verb::Abandon { run, reason } => drive::abandon(globals, &run, reason),
        Verb::Confirm { run, step, again } => {
            let (step, text) = confirmed(&step);
            drive::act(globals, &run, again.typed()?, |run| vec![RunCommand::Start { run, step, confirmed: Some(text) }])
        }
        Verb::Tick { run, step, items, undo, again } => drive::act(globals, &run, again.typed()?, |run| {
            let tick = |item: &u32| RunCommand::Tick { run, step: StepId::from(step.as_str()), item: item - 1, done: !undo };
            items.iter().map(tick).collect()
        }),
        Verb::Retry { run, step, again } => {
            let (step, text) = confirmed(&step);
            drive::act(globals, &run, again.typed()?, |run| vec![RunCommand::Retry { run, step, confirmed: Some(text) }])
        }
        Verb::Skip(Reasoned { run, step, reason, again }) => {
            drive::act(globals, &run, again.typed()?, |run| vec![RunCommand::Skip { run, step: step.as_str().into(), reason }])
        }
        Verb::Accept(Reasoned { run, step, reason, again }) => {
            drive::act(globals, &run, again.typed()?, |run| vec![RunCommand::Accept { run, step: step.as_str().into(), reason }])
        }
        Verb::Answer(given) => answer::answer(globals, given),
        Verb::Approve(approval) => answer::approve(globals, approval),
        Verb::Probe { run, step, again } => {
            drive::act(globals, &run, again.typed()?, |run| vec![RunCommand::Probe { run, step: step.as_str().into() }])
        }
        Verb::Pause { run, reason, again } => {
            drive::act(globals, &run, again.typed()?, |run| vec![RunCommand::Pause { run, reason }])
        }
        Verb::Unpause { run, again } => drive::act(globals, &run, again.typed()?, |run| vec![RunCommand::Unpause { run }]),
        Verb::Rollback { run, yes, again } => rollback::rollback(globals, &run, yes, &again.typed()?),
    }
}

fn start(globals: &Globals, wanted: Run) -> anyhow::Result<Exit> {
    let auto = wanted.auto.as_deref().and_then(Auto::parse).unwrap_or(Auto::No);
    let mode = match wanted {
        Run { manual: true, .. } => RunMode::Manual,
        Run { dry_run: true, .. } => RunMode::DryRun,
        Run { drill: true, .. } => RunMode::Drill,
        _ => RunMode::Live,
    };
    let start = drive::Start {
        name: wanted.name,
        params: Typed(pairs(&wanted.with.params)?),
        alert: wanted.with.alert,
        incident: wanted.incident,
        mode,
        auto,
    };
    drive::run(globals, start, &confirmations(&wanted.confirm.confirm)?)
}

/// `K=V`, each key once.
pub(super) fn pairs(given: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut pairs = BTreeMap::new();
    for text in given {
        // What stands there may be a secret: it is not repeated.
        let (name, value) = text.split_once('=').ok_or_else(|| Failure::usage("--param needs NAME=VALUE"))?;
        if pairs.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::usage(format!("--param {name} is given twice")).into());
        }
    }
    Ok(pairs)
}

pub(super) fn confirmations(given: &[String]) -> anyhow::Result<BTreeMap<StepId, String>> {
    Ok(pairs(given)?.into_iter().map(|(step, text)| (step.as_str().into(), text)).collect())
}

/// `STEP`, or `STEP=TEXT`; the word alone is the one key that most steps want.
fn confirmed(text: &str) -> (StepId, String) {
    match text.split_once('=') {
        Some((step, text)) => (step.into(), text.to_owned()),
        None => (text.into(), "yes".to_owned()),
    }
}

//! What a person answers from a shell, and what another one approves.

use super::{Again, drive};
use crate::cli::ack::refused;
use crate::cli::session::Session;
use crate::cli::{Exit, Failure, Globals, attach};
use crate::domain::entry::Evidence;
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::How;
use crate::domain::run::StepState;
use crate::model::Command;
use crate::model::runs::{Person, RunCommand};
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub struct Given {
    run: String,
    step: String,
    /// An option, done, not-done, over, alone, pass, or a text: as the step wants
    answer: Option<String>,
    /// Why, or how you know
    #[arg(long, visible_alias = "reason", value_name = "TEXT")]
    note: Option<String>,
    /// A file that shows it; kept in the data folder, its name, size and digest in the log
    #[arg(long, value_name = "FILE")]
    file: Vec<PathBuf>,
    #[command(flatten)]
    again: Again,
}

#[derive(Args)]
pub struct Approval {
    run: String,
    /// The step; the one that the run is at, if it is left out
    step: Option<String>,
    /// Who approves, if not the operator of this console
    #[arg(long = "as", value_name = "NAME", requires = "role")]
    name: Option<String>,
    /// The role in which they do
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Say no instead, and why
    #[arg(long, value_name = "TEXT")]
    refuse: Option<String>,
}

pub fn answer(globals: &Globals, given: Given) -> anyhow::Result<Exit> {
    let evidence = given.file.iter().map(|path| attach::file(path, globals)).collect::<anyhow::Result<Vec<_>>>()?;
    let (mut session, run) = drive::open(globals, &given.run)?;
    let before = drive::before(&session, globals, run);
    drive::take_up(&mut session, globals, run, &given.again.typed()?)?;
    let command = match meant(&session, run, &given, evidence) {
        Ok(command) => command,
        Err(why) => {
            drive::leave(&mut session, run);
            return Err(why);
        }
    };
    drive::do_all(&mut session, globals, run, vec![command], before)
}

/// What the words mean is decided by the step that they are said to.
fn meant(session: &Session, run: RunId, given: &Given, evidence: Vec<Evidence>) -> anyhow::Result<RunCommand> {
    let step = StepId::from(given.step.as_str());
    let (text, reason) = (given.answer.clone().unwrap_or_default(), given.note.clone().unwrap_or_default());
    let runs = &session.world().runs;
    let known = runs.playbook_of(run).and_then(|book| book.step(&step));
    if runs.state_of(run, &step) == Some(StepState::Unknown) {
        return match text.as_str() {
            "done" | "not-done" => Ok(RunCommand::Assert { run, step, done: text == "done", note: reason }),
            _ => Err(Failure::usage("nobody knows what became of it: answer done or not-done, with --note").into()),
        };
    }
    let wants_record = known.is_some_and(|step| step.asks().is_some());
    Ok(match known.map(|step| &step.how) {
        _ if text == "pass" => RunCommand::Pass { run, step },
        _ if !evidence.is_empty() => RunCommand::Attach { run, step, note: text, evidence },
        Some(How::Choice(_)) if !owes_record(session, run) => RunCommand::Choose { run, step, label: text },
        Some(How::Wait(_)) if text == "over" => RunCommand::EndWait { run, step, reason },
        Some(How::Approval(_)) if text == "alone" => RunCommand::Alone { run, step, reason },
        _ if wants_record => RunCommand::Attach { run, step, note: text, evidence },
        Some(How::Wait(_)) => return Err(Failure::usage("a wait is answered with over, and --note why").into()),
        Some(How::Approval(_)) => {
            let ways = "an approval is answered by somebody else with `playbook approve`, by somebody else here with `playbook approve --as NAME --role ROLE`, or with alone and --note why";
            return Err(Failure::usage(ways).into());
        }
        _ => {
            return Err(
                Failure::usage(format!("`{step}` asks nothing: `playbook confirm` starts it or says that it is done")).into()
            );
        }
    })
}

fn owes_record(session: &Session, run: RunId) -> bool {
    let state = session.world().runs.get(run);
    state.and_then(|run| Some((run, run.at()?.0))).is_some_and(|(run, record)| record.plan.records && !run.visit.recorded)
}

/// Whoever approves doesn't drive: the run stays in the hands that it is in.
pub fn approve(globals: &Globals, given: Approval) -> anyhow::Result<Exit> {
    let (mut session, run) = drive::open(globals, &given.run)?;
    drive::over(session.world(), run)?;
    let at = session.world().runs.get(run).and_then(|run| run.at()).map(|(record, _)| record.plan.id.clone());
    let step = given.step.as_deref().map(StepId::from).or(at);
    let step = step.ok_or_else(|| Failure::usage("the run is past its last step"))?;
    let me = session.world().me.clone();
    let by = given.role.map(|role| Person { name: given.name.unwrap_or(me.name), role: Some(role) });
    let command = match given.refuse {
        Some(reason) => RunCommand::Refuse { run, step, by, reason },
        None => RunCommand::Approve { run, step, by },
    };
    let (_, progress) = session.ask(Command::Run(command))?;
    if drive::failed(&progress) {
        return refused(&progress);
    }
    session.settle();
    drive::told(&session, globals, run)?;
    Ok(Exit::Done)
}

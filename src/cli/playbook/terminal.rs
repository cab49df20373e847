//! Asks the person at the terminal what a waiting run needs.

use crate::domain::ids::RunId;
use crate::domain::playbook::{How, Step, expand};
use crate::domain::run::{Cursor, Run, RunMode, StepRecord, StepState};
use crate::domain::text::inert;
use crate::model::World;
use crate::model::runs::{RunCommand, flow};
use std::io::{self, BufRead, Write};

/// What the person wants next; `None` to leave the run as it is.
pub fn next(world: &World, id: RunId) -> Option<RunCommand> {
    let run = world.runs.get(id)?;
    if matches!(run.cursor, Some(Cursor::Rollback { .. })) || run.paused {
        return None;
    }
    let (record, number) = run.at()?;
    let book = world.runs.playbook_of(id)?;
    let step = book.step(&record.plan.id)?;
    let name = step.id.clone();
    match record.attempt(number).map(|attempt| attempt.state) {
        None if matches!(step.how, How::Choice(_) | How::Wait(_) | How::Approval(_)) => decided(run, step, id),
        None if !flow::runs_first(step, run.mode.unwrap_or(RunMode::Live)) && owed(run, record) => written_down(step, id),
        Some(StepState::Succeeded) if owed(run, record) => written_down(step, id),
        None if flow::by_person(step, run.mode.unwrap_or(RunMode::Live)) => manual(world, id),
        None => match flow::wants_typed(run, step) {
            None => Some(RunCommand::Start { run: id, step: name, confirmed: None }),
            Some(wanted) => {
                let question = format!(
                    "“{}” [{}]: type `{}` to start, `skip`, or `leave`",
                    step.title,
                    step.fields.risk.word(),
                    inert(&wanted)
                );
                match ask(&question)?.as_str() {
                    "skip" => Some(RunCommand::Skip { run: id, step: name, reason: ask("why?")? }),
                    "leave" | "" => None,
                    text => Some(RunCommand::Start { run: id, step: name, confirmed: Some(text.to_owned()) }),
                }
            }
        },
        Some(StepState::Unknown) => {
            let question = format!("nobody knows whether “{}” was done: `done`, `not-done`, or `leave`", step.title);
            let answer = ask(&question)?;
            let done = match answer.as_str() {
                "done" => true,
                "not-done" => false,
                _ => return None,
            };
            Some(RunCommand::Assert { run: id, step: name, done, note: ask("how do you know?")? })
        }
        Some(state) if state.is_failure() => {
            let question = format!("“{}” is {state}: `retry`, `accept`, `skip`, `abort`, or `leave`", step.title);
            match ask(&question)?.as_str() {
                "retry" => {
                    let confirmed = flow::wants_typed(run, step).map(|wanted| ask(&format!("type `{}`", inert(&wanted))));
                    Some(RunCommand::Retry { run: id, step: name, confirmed: confirmed.flatten() })
                }
                "accept" => Some(RunCommand::Accept { run: id, step: name, reason: ask("why?")? }),
                "skip" => Some(RunCommand::Skip { run: id, step: name, reason: ask("why?")? }),
                "abort" => Some(RunCommand::Abort { run: id, reason: ask("why?")? }),
                _ => None,
            }
        }
        Some(_) => None,
    }
}

fn owed(run: &Run, record: &StepRecord) -> bool {
    record.plan.records && !run.visit.recorded && record.ticked.len() >= record.plan.items as usize
}

fn written_down(step: &Step, run: RunId) -> Option<RunCommand> {
    let note = ask(&format!("“{}”: {}", step.title, step.asks().unwrap_or_default()))?;
    (!note.is_empty()).then(|| RunCommand::Attach { run, step: step.id.clone(), note, evidence: Vec::new() })
}

/// A decision is picked; a wait or an approval can only be cut short.
fn decided(run: &Run, step: &Step, id: RunId) -> Option<RunCommand> {
    let name = step.id.clone();
    match &step.how {
        How::Choice(choice) => {
            let question = expand(&choice.question, &|name| flow::value(run, name)).unwrap_or_else(|_| choice.question.clone());
            let options: Vec<&str> = choice.options.iter().map(|option| option.label.as_str()).collect();
            let label = ask(&format!("{question} [{}]", options.join(" / ")))?;
            (!label.is_empty() && label != "leave").then_some(RunCommand::Choose { run: id, step: name, label })
        }
        How::Approval(_) => match ask(&format!("“{}” wants somebody else's approval: `alone`, or `leave`", step.title))?.as_str()
        {
            "alone" => Some(RunCommand::Alone { run: id, step: name, reason: ask("why?")? }),
            _ => None,
        },
        _ => None,
    }
}

/// The next item that isn't ticked, else the step as a whole.
fn manual(world: &World, id: RunId) -> Option<RunCommand> {
    let (record, _) = world.runs.get(id)?.at()?;
    let step = world.runs.playbook_of(id)?.step(&record.plan.id)?;
    let open = (0..record.plan.items).find(|item| !record.ticked.contains(item));
    let text = open.and_then(|item| step.items.get(item as usize)).map_or(step.title.as_str(), |item| item.text.as_str());
    match ask(&format!("“{}”: `done`, `skip`, or `leave`", inert(text)))?.as_str() {
        "done" | "y" | "yes" => Some(match open {
            Some(item) => RunCommand::Tick { run: id, step: step.id.clone(), item, done: true },
            None => RunCommand::Start { run: id, step: step.id.clone(), confirmed: Some("yes".into()) },
        }),
        "skip" => Some(RunCommand::Skip { run: id, step: step.id.clone(), reason: ask("why?")? }),
        _ => None,
    }
}

pub fn ask(question: &str) -> Option<String> {
    let mut error = io::stderr().lock();
    write!(error, "{} > ", inert(question)).and_then(|()| error.flush()).ok()?;
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim().to_owned()),
    }
}

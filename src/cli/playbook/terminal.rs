//! Asks the person at the terminal what a waiting run needs.

use super::typist::Typist;
use crate::cli::out;
use crate::cli::session::Session;
use crate::domain::ids::RunId;
use crate::domain::playbook::{Confirm, How, Playbook, Risk, Step, expand};
use crate::domain::run::{Cursor, Run, RunMode, StepRecord, StepState};
use crate::domain::text::inert;
use crate::model::World;
use crate::model::runs::{Person, RunCommand, flow, shown};
use std::io::{self, Write};

/// Asks about one run, which goes on meanwhile.
struct Asker<'a> {
    typist: &'a mut Typist,
    session: &'a mut Session,
    run: RunId,
}

impl Asker<'_> {
    fn ask(&mut self, question: &str) -> Option<String> {
        self.typist.ask(self.session, self.run, question)
    }

    /// One of these words; `None` to leave it. Any other may be the answer to what was asked before: it is asked again.
    fn pick(&mut self, question: &str, words: &[&'static str]) -> Option<&'static str> {
        loop {
            let said = self.ask(question)?;
            if matches!(said.as_str(), "" | "leave") {
                return None;
            }
            match words.iter().find(|word| **word == said) {
                Some(word) => return Some(word),
                None => out::warn(&format!("midwatch: “{}” is none of these", inert(&said))),
            }
        }
    }
}

/// What the person wants next; `None` to leave the run as it is.
pub fn next(typist: &mut Typist, session: &mut Session, id: RunId) -> Option<RunCommand> {
    // As it stands when it is asked about: what comes meanwhile is judged by the run itself.
    let run = session.world().runs.get(id)?.clone();
    let book = session.world().runs.playbook_of(id)?.clone();
    wanted(&mut Asker { typist, session, run: id }, &run, &book, id)
}

fn wanted(asker: &mut Asker<'_>, run: &Run, book: &Playbook, id: RunId) -> Option<RunCommand> {
    if matches!(run.cursor, Some(Cursor::Rollback { .. })) || run.paused {
        return None;
    }
    let (record, number) = run.at()?;
    let step = book.step(&record.plan.id)?;
    let name = step.id.clone();
    match record.attempt(number).map(|attempt| attempt.state) {
        None if matches!(step.how, How::Choice(_) | How::Wait(_) | How::Approval(_)) => decided(asker, run, step, id),
        None if !flow::runs_first(step, run.mode.unwrap_or(RunMode::Live)) && owed(run, record) => written_down(asker, step, id),
        Some(StepState::Succeeded) if owed(run, record) => written_down(asker, step, id),
        None if flow::by_person(step, run.mode.unwrap_or(RunMode::Live)) => manual(asker, record, step, id),
        None => {
            // What only reads wants a person, too, unless the run was begun with `--auto`.
            let wanted = second_act(run, step).unwrap_or_else(|| "yes".to_owned());
            show(asker.session.world(), run, step);
            let risk = step.fields.risk.word();
            let question = format!("“{}” [{risk}]: type `{}` to start, `skip`, or `leave`", step.title, inert(&wanted));
            match typed(asker, step, &wanted, &question)?.as_str() {
                "skip" => Some(RunCommand::Skip { run: id, step: name, reason: asker.ask("why?")? }),
                text => Some(RunCommand::Start { run: id, step: name, confirmed: Some(text.to_owned()) }),
            }
        }
        Some(StepState::Unknown) => {
            let question = format!("nobody knows whether “{}” was done: `done`, `not-done`, or `leave`", step.title);
            let done = asker.pick(&question, &["done", "not-done"])? == "done";
            Some(RunCommand::Assert { run: id, step: name, done, note: asker.ask("how do you know?")? })
        }
        Some(state) if state.is_failure() => {
            let question = format!("“{}” is {state}: `retry`, `accept`, `skip`, `abort`, or `leave`", step.title);
            match asker.pick(&question, &["retry", "accept", "skip", "abort"])? {
                "retry" => {
                    let Some(wanted) = second_act(run, step) else {
                        return Some(RunCommand::Retry { run: id, step: name, confirmed: None });
                    };
                    show(asker.session.world(), run, step);
                    let confirmed =
                        typed(asker, step, &wanted, &format!("type `{}` to try it again, or `leave`", inert(&wanted)))?;
                    Some(RunCommand::Retry { run: id, step: name, confirmed: Some(confirmed) })
                }
                "accept" => Some(RunCommand::Accept { run: id, step: name, reason: asker.ask("why?")? }),
                "skip" => Some(RunCommand::Skip { run: id, step: name, reason: asker.ask("why?")? }),
                "abort" => Some(RunCommand::Abort { run: id, reason: asker.ask("why?")? }),
                _ => None,
            }
        }
        Some(_) => None,
    }
}

/// What has to be typed before it is started. The command that carried the run on showed nothing: so what changes something is asked for
/// even where its author wants no confirmation.
fn second_act(run: &Run, step: &Step) -> Option<String> {
    let unseen = step.how == How::Launch && step.fields.risk != Risk::Read;
    flow::wants_typed(run, step).or_else(|| unseen.then(|| "yes".to_owned()))
}

/// What was typed; `None` to leave it. What the run itself would take any word for, it takes none but the wanted one for.
fn typed(asker: &mut Asker<'_>, step: &Step, wanted: &str, question: &str) -> Option<String> {
    let text = asker.ask(question)?;
    let leaves =
        matches!(text.as_str(), "" | "leave") || (step.fields.confirm == Confirm::No && text != wanted && text != "skip");
    (!leaves).then_some(text)
}

/// The same as the console shows before it asks.
fn show(world: &World, run: &Run, step: &Step) {
    let facts: String = shown::step(world, run, step).iter().map(|fact| format!("  {}\n", inert(fact))).collect();
    // Whoever can't be shown it can't answer either.
    let _ = write!(io::stderr().lock(), "“{}”\n{facts}", inert(&step.title));
}

fn owed(run: &Run, record: &StepRecord) -> bool {
    record.plan.records && !run.visit.recorded && record.ticked.len() >= record.plan.items as usize
}

fn written_down(asker: &mut Asker<'_>, step: &Step, run: RunId) -> Option<RunCommand> {
    let note = asker.ask(&format!("“{}”: {}", step.title, step.asks().unwrap_or_default()))?;
    (!note.is_empty()).then(|| RunCommand::Attach { run, step: step.id.clone(), note, evidence: Vec::new() })
}

/// A decision is picked; a wait or an approval can only be cut short.
fn decided(asker: &mut Asker<'_>, run: &Run, step: &Step, id: RunId) -> Option<RunCommand> {
    let name = step.id.clone();
    match &step.how {
        How::Choice(choice) => {
            let question = expand(&choice.question, &|name| flow::value(run, name)).unwrap_or_else(|_| choice.question.clone());
            let options: Vec<&str> = choice.options.iter().map(|option| option.label.as_str()).collect();
            let label = asker.ask(&format!("{question} [{}]", options.join(" / ")))?;
            (!label.is_empty() && label != "leave").then_some(RunCommand::Choose { run: id, step: name, label })
        }
        How::Approval(wanted) => {
            let (count, roles) = (flow::missing(run, wanted), wanted.roles.join(" or "));
            let question = format!(
                "“{}” wants {count} of {roles} to approve, and not {}, who asks: `here` if somebody who may is beside you, `alone` if nobody is there, or `leave`: then they say `midwatch playbook approve {id}`",
                step.title, run.visit.requester
            );
            match asker.pick(&question, &["here", "alone"])? {
                "here" => {
                    let (person, role) = (asker.ask("who approves?")?, asker.ask("in which role?")?);
                    let by = Some(Person { name: person, role: Some(role) });
                    Some(RunCommand::Approve { run: id, step: name, by })
                }
                "alone" => Some(RunCommand::Alone { run: id, step: name, reason: asker.ask("why?")? }),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The next item that isn't ticked, else the step as a whole.
fn manual(asker: &mut Asker<'_>, record: &StepRecord, step: &Step, id: RunId) -> Option<RunCommand> {
    let open = (0..record.plan.items).find(|item| !record.ticked.contains(item));
    let text = open.and_then(|item| step.items.get(item as usize)).map_or(step.title.as_str(), |item| item.text.as_str());
    match asker.pick(&format!("“{}”: `done`, `skip`, or `leave`", inert(text)), &["done", "y", "yes", "skip"])? {
        "done" | "y" | "yes" => Some(match open {
            Some(item) => RunCommand::Tick { run: id, step: step.id.clone(), item, done: true },
            None => RunCommand::Start { run: id, step: step.id.clone(), confirmed: Some("yes".into()) },
        }),
        "skip" => Some(RunCommand::Skip { run: id, step: step.id.clone(), reason: asker.ask("why?")? }),
        _ => None,
    }
}

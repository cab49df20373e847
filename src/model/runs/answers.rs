//! What people answer at decisions, waits and approvals, and what they write down.

use super::commands::{Answer, Here, about, needed};
use super::{Person, RunCommand, Runs, flow};
use crate::domain::entry::{Draft, Evidence, Kind};
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::{Approval, How};
use crate::domain::run::{Probe, Run, StepState};
use crate::model::context::Context;

impl Runs {
    pub(super) fn answered(&mut self, context: &Context<'_>, command: RunCommand) -> Answer {
        match command {
            RunCommand::Choose { run, step, label } => self.choose(context, run, &step, &label),
            RunCommand::EndWait { run, step, reason } => self.end_wait(context, run, &step, &reason),
            RunCommand::Approve { run, step, by } => self.approve(context, run, &step, by),
            RunCommand::Refuse { run, step, by, reason } => self.refuse(context, run, &step, by, &reason),
            RunCommand::Alone { run, step, reason } => self.alone(context, run, &step, &reason),
            RunCommand::Attach { run, step, note, evidence } => self.attach(context, run, &step, &note, evidence),
            RunCommand::Pass { run, step } => self.pass(context, run, &step),
            _ => Ok(Vec::new()),
        }
    }

    fn choose(&self, context: &Context<'_>, id: RunId, step: &StepId, label: &str) -> Answer {
        let here = self.open_here(context, id, step)?;
        let How::Choice(choice) = &here.step.how else { return Err(format!("“{}” is no decision", here.title())) };
        if let Some(why) = flow::owes(here.run, here.record) {
            return Err(why);
        }
        let known: Vec<&str> = choice.options.iter().map(|option| option.label.as_str()).collect();
        let found = choice.options.iter().find(|option| option.label.eq_ignore_ascii_case(label.trim()));
        let option = found.ok_or_else(|| format!("“{}” has no option `{label}`: {}", here.title(), known.join(", ")))?;
        let goto = flow::follow(here.run, step, &option.to);
        let goto =
            goto.ok_or_else(|| format!("that would be jump back number {}: the run goes in circles", flow::JUMPS_BACK + 1))?;
        let draft = here.answer(context, "choose", format!("chose {} at “{}”", option.label, here.title()));
        Ok(vec![here.going(draft.with("label", &option.label), &goto)])
    }

    fn end_wait(&self, context: &Context<'_>, id: RunId, step: &StepId, reason: &str) -> Answer {
        let here = self.open_here(context, id, step)?;
        let reason = needed(reason, "a wait is ended with a reason")?;
        match (&here.step.how, flow::owes(here.run, here.record)) {
            (How::Wait(_), None) => {
                let draft = here.answer(context, "waited", format!("ended “{}” before its time: {reason}", here.title()));
                Ok(vec![here.onward(draft.with("reason", reason))])
            }
            (How::Wait(_), Some(why)) => Err(why),
            _ => Err(format!("“{}” is no wait", here.title())),
        }
    }

    /// Any console may approve, whoever drives the run; the driver goes on when there are enough.
    fn approve(&self, context: &Context<'_>, id: RunId, step: &StepId, by: Option<Person>) -> Answer {
        let (run, number, approval) = self.asked_for(context, id, step)?;
        let draft = named(context.by_me(Kind::StepAnswer, ""), by);
        let (name, role) = (draft.actor.name.clone(), draft.actor.role.clone());
        if name.is_empty() {
            return Err("whoever approves has a name".into());
        }
        if same(&name, &run.visit.requester) {
            return Err(format!("{name} asked for it, and so can't approve it"));
        }
        if run.visit.approvals.iter().any(|given| same(&given.name, &name)) {
            return Err(format!("{name} has approved it already"));
        }
        if !role.as_ref().is_some_and(|role| approval.roles.contains(role)) {
            let has = role.map_or("has no role".to_owned(), |role| format!("is {role}"));
            return Err(format!("{name} {has}, and approval is wanted of: {}", approval.roles.join(", ")));
        }
        let mut draft = about(draft.with("answer", "approve"), id, run, step, number);
        draft.text = format!("approved “{}”", title(run, step));
        draft.important = true;
        Ok(vec![draft])
    }

    fn refuse(&self, context: &Context<'_>, id: RunId, step: &StepId, by: Option<Person>, reason: &str) -> Answer {
        let (run, number, _) = self.asked_for(context, id, step)?;
        let reason = needed(reason, "an approval is refused with a reason")?;
        let draft = named(context.by_me(Kind::StepAnswer, ""), by).with("answer", "refuse").with("reason", reason);
        let mut draft = about(draft, id, run, step, number);
        draft.text = format!("refused “{}”: {reason}", title(run, step));
        draft.important = true;
        Ok(vec![draft])
    }

    /// The approval that the run is at, still wanted and not too late.
    fn asked_for(&self, context: &Context<'_>, id: RunId, step: &StepId) -> Result<(&Run, u32, Approval), String> {
        let run = self.known(id)?;
        let (record, number) = run.at().filter(|(record, _)| record.plan.id == *step).ok_or("the run is not at this step")?;
        if let Some(attempt) = record.attempt(number) {
            return Err(format!("“{}” is {}", record.plan.title, attempt.state));
        }
        let step = self.playbook_of(id).and_then(|book| book.step(step)).ok_or("the playbook's text of this run is lost")?;
        let How::Approval(approval) = &step.how else { return Err(format!("“{}” wants no approval", record.plan.title)) };
        match flow::due(run, step) {
            Some(at) if at <= context.now.wall => Err(format!("the time to approve “{}” is over: ask again", record.plan.title)),
            _ => Ok((run, number, approval.clone())),
        }
    }

    fn alone(&self, context: &Context<'_>, id: RunId, step: &StepId, reason: &str) -> Answer {
        let here = self.open_here(context, id, step)?;
        let reason = needed(reason, "whoever goes on alone says why")?;
        match (&here.step.how, flow::owes(here.run, here.record)) {
            (How::Approval(_), None) => {
                let text = format!("went on with “{}” alone, without approval: {reason}", here.title());
                let mut draft = here.onward(here.answer(context, "alone", text).with("reason", reason));
                draft.important = true;
                Ok(vec![draft])
            }
            (How::Approval(_), Some(why)) => Err(why),
            _ => Err(format!("“{}” wants no approval", here.title())),
        }
    }

    /// With the last thing that is owed, a step that a person does is complete; one that has ended and waited for it goes on.
    fn attach(&self, context: &Context<'_>, id: RunId, step: &StepId, note: &str, evidence: Vec<Evidence>) -> Answer {
        let here = self.here(id, step)?;
        if here.state().is_none() {
            here.wanted()?;
        }
        let prompt = here.step.asks().ok_or_else(|| format!("“{}” asks for no record", here.title()))?;
        if note.trim().is_empty() && evidence.is_empty() {
            return Err(format!("“{}” wants: {prompt}", here.title()));
        }
        if here.state().is_none() && flow::sits(here.step, here.mode()) {
            return Err(format!("“{}” has not run yet: what came of it is written down then", here.title()));
        }
        let names: Vec<&str> = evidence.iter().filter_map(|file| file.name.as_deref()).collect();
        let said = if note.trim().is_empty() { names.join(", ") } else { note.trim().to_owned() };
        let mut draft = here.answer(context, "record", format!("{prompt}: {said}")).with("note", &said);
        draft.evidence = evidence;
        let ticked = here.record.ticked.len() >= here.record.plan.items as usize;
        match here.state() {
            Some(state) if state.is_open() => Ok(vec![draft]),
            Some(state) if state.lets_pass() => Ok(vec![here.onward(draft)]),
            None if ticked && here.completes_by_itself() => {
                let done = here.onward(here.answer(context, "done", format!("did “{}”", here.title())));
                Ok(vec![draft, done])
            }
            _ => Ok(vec![draft]),
        }
    }

    fn pass(&self, context: &Context<'_>, id: RunId, step: &StepId) -> Answer {
        let here = self.open_here(context, id, step)?;
        match here.run.visit.probe {
            Some(Probe::Done) => Ok(vec![passed(here.answer(context, "pass", String::new()), &here)]),
            _ => Err(format!("nothing says that “{}” is done already: skip it with a reason", here.title())),
        }
    }

    /// The run at this step, whose attempt has not begun.
    pub(super) fn open_here(&self, context: &Context<'_>, id: RunId, step: &StepId) -> Result<Here<'_>, String> {
        let here = self.going_on(context, id, step)?;
        match here.state() {
            Some(StepState::Refused) => Err(format!("“{}” is refused: ask again, or go another way", here.title())),
            Some(state) => Err(format!("“{}” is {state}", here.title())),
            None => here.wanted().map(|()| here),
        }
    }
}

/// There is nothing to do: the run goes on.
pub(super) fn passed(mut draft: Draft, here: &Here<'_>) -> Draft {
    draft.text = format!("left “{}” as it is: it is done already", here.title());
    here.onward(draft)
}

fn title(run: &Run, step: &StepId) -> String {
    run.record(step).map_or_else(|| step.to_string(), |record| record.plan.title.clone())
}

/// Somebody else at this console: the account and the terminal stay those of its operator.
fn named(mut draft: Draft, by: Option<Person>) -> Draft {
    if let Some(person) = by {
        (draft.actor.name, draft.actor.role) = (person.name.trim().to_owned(), person.role);
    }
    draft
}

/// `Ana ` is no second person beside `ana`.
fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

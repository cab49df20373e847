//! A step that is a run of another playbook: begun with what `with` hands over, and ended when that run ends.

use super::commands::of_run;
use super::{Runs, Typed, flow};
use crate::domain::entry::Draft;
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::{Child, How, ParamValue};
use crate::domain::run::{Auto, Parent, Run, RunMode, RunState, StepEnd, StepState};
use crate::model::Effect;
use crate::model::context::Context;

impl Runs {
    /// The run that the open attempt of a run is.
    pub fn child_of(&self, id: RunId) -> Option<RunId> {
        let (step, attempt) = self.get(id)?.open_attempt()?;
        let is_it = |parent: &Parent| parent.run == id && parent.step == *step && parent.attempt == attempt.number;
        self.iter().find(|(_, run)| run.parent.as_ref().is_some_and(is_it)).map(|(child, _)| child)
    }

    /// The entry of the child's run.
    pub(super) fn child(&mut self, context: &mut Context<'_>, id: RunId, step: &StepId, attempt: u32) -> Result<Draft, String> {
        let lost = || "the playbook's text of this run is lost: it can only be abandoned".to_owned();
        let (live, run) = self.live.get(&id).zip(self.get(id)).ok_or_else(lost)?;
        let book = live.playbook.clone().ok_or_else(lost)?;
        let Some(How::Child(child)) = book.step(step).map(|step| step.how.clone()) else { return Err(lost()) };
        let (mode, auto) = (run.mode.unwrap_or(RunMode::Live), run.auto.unwrap_or(Auto::No));
        let (typed, alert, run) = (self.passed(id, run, &child)?, live.alert.clone(), run.clone());
        let other = self.book_of_child(&book, &child)?;
        let draft = self.draft(context, &other, &typed, alert, (mode, auto))?;
        let mut draft = Draft { playbook: draft.playbook.clone(), ..of_run(draft, id, &run) };
        draft.playbook = Some(other.id.clone());
        draft.run = None;
        Ok(draft.with("parent", Parent { run: id, step: step.clone(), attempt }))
    }

    /// What a step hands over: the values of ours, secrets too. Nothing else is passed.
    fn passed(&self, id: RunId, run: &Run, child: &Child) -> Result<Typed, String> {
        let secret = |name: &str| Some(self.live.get(&id)?.params.get(name)?.expose().to_owned());
        let value = |name: &str| flow::value(run, name).or_else(|| secret(name));
        let pairs = child.with.iter().map(|(theirs, ours)| {
            let found = value(ours).map(|found| (theirs.clone(), found));
            found.ok_or_else(|| format!("`with` passes `{ours}`, which has no value"))
        });
        Ok(Typed(pairs.collect::<Result<_, _>>()?))
    }

    /// What was typed for a part that is taken up again, and the secrets that its whole hands it once more.
    pub(super) fn handed_down(&self, run: &Run, typed: &Typed) -> Typed {
        let passed = || {
            let parent = run.parent.as_ref()?;
            let live = self.live.get(&parent.run).filter(|live| live.engaged)?;
            let How::Child(child) = &live.playbook.as_ref()?.step(&parent.step)?.how else { return None };
            let hidden = |name: &str| matches!(live.params.get(name), Some(ParamValue::Hidden(_)));
            let secrets = child.with.iter().filter(|(_, ours)| hidden(ours));
            let value = |name: &str| Some(live.params.get(name)?.expose().to_owned());
            Some(secrets.filter_map(|(theirs, ours)| Some((theirs.clone(), value(ours)?))).collect::<Vec<_>>())
        };
        let mut all = typed.clone();
        for (name, value) in passed().unwrap_or_default() {
            all.0.entry(name).or_insert(value);
        }
        all
    }

    /// The part that a run waits for is over: so is the step.
    pub(super) fn child_ended(&mut self, context: &mut Context<'_>, id: RunId) -> Vec<Effect> {
        let Some(child) = self.child_of(id).and_then(|child| self.get(child)) else { return Vec::new() };
        let Some(((state, at, reason), title)) = child.ended.clone().zip(Some(child.title.clone())) else { return Vec::new() };
        let Some((step, number)) = self.get(id).and_then(Run::open_attempt).map(|(step, attempt)| (step.clone(), attempt.number))
        else {
            return Vec::new();
        };
        let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        let detail = if state == RunState::Completed { String::new() } else { format!("“{title}” is {state}{why}") };
        self.ended(context, id, &step, number, StepEnd::without_process(outcome(state), at, detail))
    }

    /// The entry of the part was never written: its console died between the two.
    pub(super) fn never_begun(&self, id: RunId, at: chrono::DateTime<chrono::Utc>) -> Option<(StepId, u32, StepEnd)> {
        let run = self.get(id)?;
        let (step, attempt) = run.open_attempt().filter(|(step, _)| run.is_child(step))?;
        let detail = "nothing was executed: its console died before";
        self.child_of(id)
            .is_none()
            .then(|| (step.clone(), attempt.number, StepEnd::without_process(StepState::Failed, at, detail)))
    }
}

/// What the end of a part means for the whole.
fn outcome(state: RunState) -> StepState {
    match state {
        RunState::Completed | RunState::CompletedWithExceptions => StepState::Succeeded,
        RunState::Aborted => StepState::Cancelled,
        // Nobody went on with it, so nobody knows.
        RunState::Abandoned | RunState::RollbackFailed => StepState::Unknown,
        _ => StepState::Failed,
    }
}

//! `status` blocks: asked of an attempt that nobody knows about, and before a step that would be done twice.

use super::commands::about;
use super::{Look, RunEffect, Runs, flow};
use crate::domain::entry::Kind;
use crate::domain::ids::{EntryId, RunId, StepId};
use crate::domain::playbook::How;
use crate::domain::run::{Auto, Probe, Run, RunMode, StepState};
use crate::model::Effect;
use crate::model::context::Context;

impl Runs {
    /// Whether the step at hand should be asked about before anything else is decided.
    pub(super) fn wants_probe(&self, id: RunId, run: &Run) -> Option<(StepId, u32)> {
        let live = self.live.get(&id).filter(|live| !live.probing)?;
        let (record, number) = run.at()?;
        let before = record.attempt(number).is_none();
        let asked = (record.plan.id.clone(), number, before);
        let wanted = match record.attempt(number) {
            // While something of it lives on, "not done" would not be the last word.
            Some(attempt) => {
                let alive = attempt.end.as_ref().is_some_and(|end| !end.survivors.is_empty());
                attempt.state == StepState::Unknown && !alive
            }
            None => run.visit.probe.is_none() && (run.begun || run.auto != Some(Auto::No)),
        };
        let step = live.playbook.as_ref()?.step(&record.plan.id)?;
        let runs = matches!(run.mode, Some(RunMode::Live | RunMode::Drill)) && step.how == How::Launch && step.status.is_some();
        let here = runs && flow::acting(step, run.mode?).is_some() && !(before && flow::wanted(run, step) != Ok(true));
        (wanted && here && !live.asked.contains(&asked)).then_some((asked.0, number))
    }

    pub(super) fn probe(&mut self, id: RunId, step: &StepId, number: u32) -> Option<Effect> {
        let run = self.get(id)?;
        let attempt = run.record(step)?.attempt(number);
        let (before, intent) = (attempt.is_none(), attempt.map_or(EntryId(id.0), |attempt| attempt.intent));
        let setup = self.setup(id, run);
        let live = self.live.get_mut(&id)?;
        let playbook = live.playbook.clone()?;
        live.asked.insert((step.clone(), number, before));
        live.probing = true;
        Some(Effect::Run(RunEffect::Probe(Box::new(Look {
            step: step.clone(),
            attempt: number,
            playbook,
            setup,
            about: intent,
        }))))
    }

    /// A person wants to know.
    pub(super) fn asks(&mut self, context: &Context<'_>, id: RunId, step: &StepId) -> Result<Vec<Effect>, String> {
        let here = self.here(id, step)?;
        if here.step.status.is_none() {
            return Err(format!("“{}” has no `status` block", here.title()));
        }
        let (number, state) = (here.number, here.state());
        if !matches!(state, None | Some(StepState::Unknown)) {
            return Err(format!("what became of “{}” is known", here.title()));
        }
        if context.settings.read_only {
            return Err("nothing is run in read-only mode".into());
        }
        if self.live.get(&id).is_some_and(|live| live.probing) {
            return Err("it is being asked already".into());
        }
        Ok(self.probe(id, step, number).into_iter().collect())
    }

    /// The answer is recorded; where it settles an attempt, with where that leads.
    pub(super) fn probed(
        &mut self,
        context: &mut Context<'_>,
        id: RunId,
        (step, number): (&StepId, u32),
        probe: Probe,
        exit_code: Option<i32>,
        detail: &str,
    ) -> Vec<Effect> {
        let mut about_it = true;
        if let Some(live) = self.live.get_mut(&id) {
            live.probing = false;
            about_it = live.asked.contains(&(step.clone(), number, false));
        }
        // Asked before a person started it all the same: that says nothing about what became of the attempt.
        if !about_it && self.get(id).and_then(|run| run.record(step)?.attempt(number)).is_some() {
            return self.advance(context, id);
        }
        let Some(run) = self.get(id).filter(|run| run.at().is_some_and(|(at, attempt)| at.plan.id == *step && attempt == number))
        else {
            return Vec::new();
        };
        let title = run.record(step).map_or(step.as_str(), |record| record.plan.title.as_str());
        let said = match probe {
            Probe::Done => "says that it was done",
            Probe::NotDone => "says that it was not done",
            Probe::Unclear => "can't tell",
        };
        let why = if detail.is_empty() { String::new() } else { format!(": {detail}") };
        let draft = context.seen("playbook", Kind::StepProbed, format!("the status of “{title}” {said}{why}"));
        let draft = draft.with("probe", probe).with("exit_code", exit_code).with("detail", detail);
        let mut draft = about(draft.with("note", "its status block"), id, run, step, number);
        let unknown = run.record(step).and_then(|record| record.attempt(number)).is_some();
        if unknown && probe == Probe::Done {
            draft = super::advance::going(draft, run, step, &flow::next(run, step));
        }
        if !self.drives(id) {
            return Vec::new();
        }
        self.ask(context, vec![draft])
    }
}

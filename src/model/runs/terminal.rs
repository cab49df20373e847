//! Steps that want the terminal of the console: nothing of one is started before the terminal has been handed over, and nothing
//! else has the terminal until it has ended.

use super::{Launch, LiveAttempt, RunEffect, Runs};
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::Step;
use crate::domain::run::{RunMode, StepEnd, StepState};
use crate::model::Effect;
use crate::model::context::Context;
use serde::{Deserialize, Serialize};

/// The attempt that has the terminal, or is waiting for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sitting {
    pub run: RunId,
    pub step: StepId,
    pub attempt: u32,
}

impl Runs {
    /// Who has the terminal, or gets it next. Whoever shows this world lends it, says so, and takes it back when this changes.
    pub fn sitting(&self) -> Option<Sitting> {
        let sits = |(run, live): (&RunId, &super::Live)| {
            let attempt = live.attempt.as_ref().filter(|attempt| attempt.sits)?;
            Some(Sitting { run: *run, step: attempt.step.clone(), attempt: attempt.number })
        };
        self.live.iter().find_map(sits)
    }

    /// Why a step that wants a terminal can't be started here.
    pub(super) fn seated(&self, step: &Step, mode: RunMode) -> Result<(), String> {
        match self.at_terminal || !super::flow::sits(step, mode) {
            true => Ok(()),
            false => Err(format!(
                "“{}” wants a terminal, and there is none here: start it in a console, or from a shell at one",
                step.title
            )),
        }
    }

    /// Starts an attempt, or lets it wait for the terminal.
    pub(super) fn when_seated(live: &mut LiveAttempt, launch: Launch, sits: bool) -> Vec<Effect> {
        let launch = Box::new(launch);
        if !sits {
            return vec![Effect::Run(RunEffect::Launch(launch))];
        }
        (live.sits, live.waiting) = (true, Some(launch));
        Vec::new()
    }

    /// The terminal was handed over, or could not be.
    pub(super) fn lent(&mut self, context: &mut Context<'_>, sitting: &Sitting, refused: Option<String>) -> Vec<Effect> {
        let Sitting { run, step, attempt } = sitting;
        let live = self.attempt_of(*run, step, *attempt);
        let Some((launch, stopping)) = live.and_then(|live| Some((live.waiting.take()?, live.stopping))) else {
            return Vec::new();
        };
        let at = context.now.wall;
        let end = match (refused, stopping) {
            (Some(why), _) => StepEnd::without_process(StepState::Failed, at, format!("nothing was executed: {why}")),
            (None, true) => StepEnd::without_process(StepState::Cancelled, at, "nothing was executed"),
            (None, false) => return vec![Effect::Run(RunEffect::Launch(launch))],
        };
        self.ended(context, *run, step, *attempt, end)
    }
}

//! What can be known of runs without changing anything: the recorded and what this process knows besides, in one answer.

use super::{Live, Runs};
use crate::domain::ids::{PlaybookId, RunId, StepId};
use crate::domain::playbook::{How, Playbook};
use crate::domain::run::{Run, RunState, StepState};
use crate::domain::text::Outside;
use crate::model::fold::Folded;
use std::sync::Arc;

impl Live {
    /// A person at this console works with it.
    pub fn engaged(&self) -> bool {
        self.driving && self.engaged
    }
}

impl Runs {
    pub fn playbooks(&self) -> &Arc<Vec<Arc<Playbook>>> {
        &self.books
    }

    pub fn playbook(&self, id: &PlaybookId) -> Option<&Arc<Playbook>> {
        self.books.iter().find(|book| book.id == *id)
    }

    pub fn get(&self, run: RunId) -> Option<&Run> {
        self.runs.get(&run).map(Folded::state)
    }

    pub fn live(&self, run: RunId) -> Option<&Live> {
        self.live.get(&run)
    }

    /// Another process holds it; one that has let it go since does not.
    pub fn is_elsewhere(&self, run: RunId) -> bool {
        self.live(run).is_some_and(|live| live.elsewhere) && self.get(run).is_some_and(|run| run.driver.is_some())
    }

    /// All that people have begun, newest first.
    pub fn iter(&self) -> impl Iterator<Item = (RunId, &Run)> {
        self.every().filter(|(_, run)| !run.is_diagnosis())
    }

    /// Those of them that are not over, newest first.
    /// The library has been read.
    pub fn is_ready(&self) -> bool {
        self.ready
    }

    pub fn open(&self) -> impl Iterator<Item = (RunId, &Run)> {
        self.unended().filter(|(_, run)| !run.is_diagnosis())
    }

    /// What tells it from other runs of its playbook that are not over: the first parameter that differs, `HOST=w8`.
    pub fn told_apart(&self, id: RunId) -> Option<String> {
        let run = self.get(id)?;
        let others = || self.open().filter(|(other, it)| *other != id && it.playbook == run.playbook);
        let differs = |name: &str, value: &str| others().any(|(_, it)| it.params.get(name).is_none_or(|other| other != value));
        let (name, value) = run.params.iter().find(|(name, value)| differs(name, value))?;
        Some(format!("{name}={value}"))
    }

    pub(super) fn every(&self) -> impl Iterator<Item = (RunId, &Run)> {
        self.runs.iter().rev().map(|(id, run)| (*id, run.state()))
    }

    pub(super) fn unended(&self) -> impl Iterator<Item = (RunId, &Run)> {
        self.every().filter(|(_, run)| run.id.is_some() && run.ended.is_none())
    }

    /// The library has been read, and runs may begin.
    pub fn ready(&self) -> bool {
        self.ready
    }

    /// The playbook that a run was prepared with, where it is at hand.
    pub fn playbook_of(&self, run: RunId) -> Option<&Arc<Playbook>> {
        let kept = self.live.get(&run).and_then(|live| live.playbook.as_ref());
        kept.or_else(|| self.books.iter().find(|book| Some(&book.digest) == self.get(run).map(|run| &run.digest)))
    }

    /// How a run stands; one whose part waits for a person waits itself.
    pub fn state(&self, run: RunId) -> Option<RunState> {
        let own = self.get(run)?.state();
        match self.child_of(run).and_then(|child| self.state(child)) {
            Some(RunState::Waiting | RunState::Prepared | RunState::Blocked | RunState::Paused | RunState::Interrupted)
                if own != RunState::Interrupted =>
            {
                Some(RunState::Waiting)
            }
            _ => Some(own),
        }
    }

    /// How a step stands; what was reported but is never recorded (running, stopping) counts too.
    pub fn state_of(&self, run: RunId, step: &StepId) -> Option<StepState> {
        let recorded = self.get(run)?.state_of(step)?;
        let live = self.live.get(&run).and_then(|live| live.attempt.as_ref()).filter(|live| live.step == *step);
        match live {
            Some(live) if recorded.is_open() && live.stopping => Some(StepState::Stopping),
            Some(live) if recorded.is_open() && live.running => Some(StepState::Running),
            _ => Some(recorded),
        }
    }

    /// The newest lines that an attempt wrote; empty where it wrote none, or another process followed it.
    pub fn output_of(&self, run: RunId, step: &StepId, attempt: u32) -> &[Outside] {
        let live = self.live.get(&run);
        live.and_then(|live| live.outputs.get(&(step.clone(), attempt))).map_or(&[], |lines| lines)
    }

    /// Something of ours is executing or on its way to be.
    pub fn busy(&self) -> bool {
        self.live.values().any(|live| live.attempt.is_some() || live.probing)
    }

    /// A run of ours, or a part of it, stands at a wait that ends by itself.
    pub fn waits_for_time(&self, run: RunId) -> bool {
        let here = |id: RunId| {
            let state = self.get(id)?;
            let (record, _) = state.at()?;
            let step = self.live.get(&id)?.playbook.as_ref()?.step(&record.plan.id)?;
            Some(matches!(step.how, How::Wait(_)) && self.due(id, state).is_some())
        };
        here(run).unwrap_or(false) || self.child_of(run).is_some_and(|child| self.waits_for_time(child))
    }

    /// The part of a run that is at work: the run itself where it has none.
    pub fn innermost(&self, run: RunId) -> RunId {
        self.child_of(run).map_or(run, |child| self.innermost(child))
    }

    /// The run that this one is a part of, and that one of: the run itself where it is no part.
    pub fn outermost(&self, run: RunId) -> RunId {
        let parent = self.get(run).and_then(|run| run.parent.as_ref());
        parent.map_or(run, |parent| self.outermost(parent.run))
    }

    /// Runs that this process holds.
    pub fn driven(&self) -> impl Iterator<Item = RunId> {
        self.live.iter().filter(|(_, live)| live.driving).map(|(run, _)| *run)
    }
}

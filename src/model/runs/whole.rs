//! What a human asks of a run as a whole: to take it up, to let it rest, to go back and to end it; and what its end is in the journal.

use super::commands::{Answer, about, needed, of_run};
use super::{Runs, Typed, flow};
use crate::domain::entry::{Draft, Kind};
use crate::domain::ids::RunId;
use crate::domain::playbook::{Origin, ParamType, ParamValue, Playbook, Resolved, Section};
use crate::domain::run::{Run, RunMode, RunState};
use crate::model::context::Context;
use std::sync::Arc;

impl Runs {
    /// Any console may ask for the end: the supervisor hears it, whoever drives the run.
    pub(super) fn cancel(&self, context: &Context<'_>, id: RunId) -> Answer {
        self.cancelled(id, &|kind, text| context.by_me(kind, text))
    }

    fn cancelled(&self, id: RunId, draft: Drafts<'_>) -> Answer {
        let run = self.known(id)?;
        let (step, attempt) = run.open_attempt().ok_or("nothing is running")?;
        if let Some(child) = self.child_of(id).filter(|_| run.is_child(step)) {
            return match self.known(child)?.open_attempt() {
                Some(_) => self.cancelled(child, draft),
                None => self.aborted(child, "cancelled", draft),
            };
        }
        let title = run.record(step).map_or(step.as_str(), |record| record.plan.title.as_str());
        let draft = draft(Kind::StepAnswer, format!("cancels “{title}”")).with("answer", "cancel");
        Ok(vec![about(draft, id, run, step, attempt.number)])
    }

    pub(super) fn abort(&self, context: &Context<'_>, id: RunId, reason: &str) -> Answer {
        match self.is_elsewhere(id) {
            true => self.ask_for_end(context, id, reason),
            false => self.aborted(id, reason, &|kind, text| context.by_me(kind, text)),
        }
    }

    /// Only the console that drives a run ends it, with what belongs to its end: it is told by the journal. What is running is ended first.
    pub(super) fn ask_for_end(&self, context: &Context<'_>, id: RunId, reason: &str) -> Answer {
        let run = self.known(id)?;
        let reason = needed(reason, "a run is aborted with a reason")?;
        let part = self.child_of(id).map(|part| self.ask_for_end(context, part, reason)).transpose()?;
        let mut drafts = match run.open_attempt() {
            Some((step, _)) if !run.is_child(step) => self.cancel(context, id)?,
            _ => part.unwrap_or_default(),
        };
        let draft = context.by_me(Kind::StepAnswer, format!("calls off playbook “{}”: {reason}", run.title));
        let mut draft = of_run(draft.with("answer", "call-off").with("reason", reason), id, run);
        draft.important = true;
        drafts.push(draft);
        Ok(drafts)
    }

    /// What a run of ours needs that somebody at another console has called off: the end of what runs, else its own.
    pub(super) fn heed(&self, context: &Context<'_>, id: RunId, run: &Run) -> Option<Vec<Draft>> {
        let (who, reason) = run.called_off.as_ref()?;
        let seen = |kind, text| context.seen("playbook", kind, text);
        let stopping = self.live.get(&id).and_then(|live| live.attempt.as_ref()).is_some_and(|attempt| attempt.stopping);
        let asked = match run.open_attempt() {
            Some(_) if stopping => return None,
            Some(_) => self.cancelled(id, &seen),
            None => self.aborted(id, &format!("{who}: {reason}"), &seen),
        };
        asked.ok()
    }

    fn aborted(&self, id: RunId, reason: &str, draft: Drafts<'_>) -> Answer {
        let run = self.ours(id)?;
        let reason = needed(reason, "a run is aborted with a reason")?;
        nothing_runs(run)?;
        let (state, reason) = aborted(run, reason);
        Ok(vec![over(|kind| draft(kind, String::new()), id, run, state, &reason)])
    }

    /// Of a run that we hold: what a take-over records is made in `adopted`.
    pub(super) fn resume(&mut self, context: &Context<'_>, id: RunId, params: &Typed) -> Answer {
        let run = self.ours(id)?;
        if !run.interrupted && self.live.get(&id).is_some_and(|live| live.engaged) {
            return Err("the run is in your hands already".into());
        }
        let over = self.live.get(&id).is_some_and(|live| live.interrupting);
        let run = Run { interrupted: run.interrupted || over, ..run.clone() };
        self.engage(context, id, params)?;
        let takes = context.by_me(Kind::RunDriver, format!("took up playbook “{}”", run.title)).with("driver", &context.me.name);
        Ok(std::iter::once(of_run(takes, id, &run)).chain(resumed(context, id, &run)).collect())
    }

    /// The parameters that are not written are supplied again, and the run may go on by itself where it may.
    pub(super) fn engage(&mut self, context: &Context<'_>, id: RunId, typed: &Typed) -> Result<(), String> {
        let run = self.known(id)?;
        let book = self.live.get(&id).and_then(|live| live.playbook.clone());
        let params = match &book {
            Some(book) => self.supplied(context, run, book, &self.handed_down(run, typed))?,
            None => plain(run),
        };
        let live = self.live.entry(id).or_default();
        (live.params, live.engaged, live.elsewhere) = (params, true, false);
        Ok(())
    }

    fn supplied(&self, context: &Context<'_>, run: &Run, book: &Arc<Playbook>, typed: &Typed) -> Result<Resolved, String> {
        let frozen = |name: &str| run.params.contains_key(name);
        if let Some(name) = typed.0.keys().find(|name| frozen(name)) {
            return Err(format!("parameter {name} was frozen when the run was prepared"));
        }
        let secret = |name: &String| book.params.iter().any(|param| param.name == *name && param.kind == ParamType::Secret);
        let all = run.params.iter().chain(typed.0.iter().filter(|(name, _)| secret(name) || !frozen(name)));
        let all = Typed(all.map(|(name, value)| (name.clone(), value.clone())).collect());
        let resolved = self.resolve((context.settings, context.me), book, &all, None);
        let resolved = super::prepare::excused(resolved, book, run.mode.unwrap_or(RunMode::Live));
        accepted(&resolved)?;
        Ok(resolved)
    }

    pub(super) fn abandon(&self, context: &Context<'_>, id: RunId, reason: &str) -> Answer {
        let run = self.known(id)?;
        let reason = needed(reason, "a run is abandoned with a reason")?;
        nothing_runs(run)?;
        let held = run.driver.as_ref().filter(|_| !run.interrupted && !self.drives(id));
        match held {
            Some(who) => Err(format!("{who}'s console holds the run: resume it first, or abort it there")),
            None => Ok(vec![end(context.by_me(Kind::RunEnded, ""), id, run, RunState::Abandoned, reason)]),
        }
    }

    pub(super) fn pause(&self, context: &Context<'_>, id: RunId, reason: &str) -> Answer {
        let run = self.ours(id)?;
        let reason = needed(reason, "a run is paused with a reason")?;
        if run.paused {
            return Err("the run is paused already".into());
        }
        let draft = context.by_me(Kind::RunPaused, format!("paused playbook “{}”: {reason}", run.title));
        Ok(vec![of_run(draft, id, run).with("paused", true).with("reason", reason)])
    }

    pub(super) fn unpause(&self, context: &Context<'_>, id: RunId) -> Answer {
        let run = self.ours(id)?;
        if !run.paused {
            return Err("the run is not paused".into());
        }
        let draft = context.by_me(Kind::RunPaused, format!("let playbook “{}” go on", run.title));
        Ok(vec![of_run(draft, id, run).with("paused", false)])
    }

    /// The run stands still with its drill, or goes on with it.
    pub(in crate::model) fn stands_still(&self, context: &Context<'_>, id: RunId, paused: bool) -> Option<Draft> {
        // What a person has paused is hers to let go on.
        let may = |run: &&Run| if paused { !run.paused } else { run.paused && run.stands_still };
        let run = self.ours(id).ok().filter(may).filter(|run| run.outcome.is_none())?;
        let word = if paused { "stands still" } else { "goes on" };
        let draft = context.seen("drill", Kind::RunPaused, format!("playbook “{}” {word} with the drill", run.title));
        Some(of_run(draft, id, run).with("paused", paused).with("reason", "with the drill"))
    }

    /// What has to be asked next to end a run of ours, its drill being called off: the end of what runs, else that of the run.
    /// Nobody who holds it has asked for that.
    pub(in crate::model) fn call_off(&self, context: &Context<'_>, id: RunId, reason: &str) -> Vec<Draft> {
        let seen = |kind, text| context.seen("drill", kind, text);
        let asked = match self.known(id).map(Run::open_attempt) {
            Ok(Some(_)) => self.cancelled(id, &seen),
            Ok(None) => self.aborted(id, reason, &seen),
            Err(_) => return Vec::new(),
        };
        asked.unwrap_or_default()
    }

    /// What a rollback of the run would do now: shown before anybody starts it.
    pub fn rollback(&self, id: RunId) -> Result<flow::Rollback, String> {
        let run = self.known(id)?;
        let book = self.playbook_of(id).ok_or("the playbook's text of this run is lost")?;
        match run.rolling_back {
            true => Err("the rollback has been started already".into()),
            false => flow::rollback(run, book),
        }
    }

    pub(super) fn roll_back(&self, context: &Context<'_>, id: RunId) -> Answer {
        let run = self.ours(id)?;
        if run.interrupted {
            return Err("the run was interrupted: resume it first".into());
        }
        if run.outcome.is_some() {
            return Err("the drill is being cleared away".into());
        }
        nothing_runs(run)?;
        let plan = self.rollback(id)?;
        let text = format!("started the rollback of “{}”: {} steps", run.title, plan.undo.len() + plan.section.len());
        let mut draft = of_run(context.by_me(Kind::RunRollback, text), id, run);
        draft = draft.with("undo", &plan.undo).with("unwanted", &plan.unwanted);
        draft.important = true;
        Ok(vec![draft])
    }

    pub(super) fn leave(&self, context: &Context<'_>, id: RunId) -> Answer {
        let run = self.ours(id)?;
        if let Some(draft) = self.given_up(context, id, run, "its console was left") {
            return Ok(vec![draft]);
        }
        let draft = context.by_me(Kind::RunDriver, "left the run").with("driver", None::<String>);
        Ok(vec![of_run(draft, id, run)])
    }
}

/// The run is over; a drill clears away first what it made.
pub(super) fn over(draft: impl FnOnce(Kind) -> Draft, id: RunId, run: &Run, state: RunState, reason: &str) -> Draft {
    let clears = run.outcome.is_none() && run.steps.iter().any(|record| record.plan.section == Section::DrillCleanup.word());
    if !clears {
        return end(draft(Kind::RunEnded), id, run, state, reason);
    }
    let mut draft = of_run(draft(Kind::RunCleanup), id, run).with("state", state).with("reason", reason);
    draft.key = Some(format!("run/{id}/{}/cleanup", begun(run)));
    draft.text = format!("drill of “{}” is {state}: clearing away", run.title);
    draft
}

/// How many attempts there have been: what was asked before one more began is not what is asked after it.
fn begun(run: &Run) -> usize {
    run.steps.iter().map(|record| record.attempts.len()).sum()
}

pub(super) fn end(draft: Draft, id: RunId, run: &Run, state: RunState, reason: &str) -> Draft {
    let mut draft = of_run(draft, id, run).with("state", state).with("reason", reason);
    draft.key = Some(format!("run/{id}/{}/ended", begun(run)));
    draft.important = true;
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    draft.text = format!("playbook “{}” is {state}{why}", run.title);
    draft
}

/// A named person takes up a run whose console died.
pub(super) fn resumed(context: &Context<'_>, id: RunId, run: &Run) -> Option<Draft> {
    let gap = run.last_at.map(|at| (context.now.wall - at).num_milliseconds().max(0));
    let text = format!("resumed playbook “{}”", run.title);
    run.interrupted.then(|| of_run(context.by_me(Kind::RunResumed, text), id, run).with("gap_ms", gap))
}

/// A draft by whoever does it.
type Drafts<'a> = &'a dyn Fn(Kind, String) -> Draft;

/// How a run ends that a person aborts. A drill that was not cleared away keeps how it went, and says what was left.
fn aborted(run: &Run, reason: &str) -> (RunState, String) {
    let left = format!("clearing away was aborted: {reason}");
    match &run.outcome {
        Some((RunState::Completed | RunState::CompletedWithExceptions, _)) => (RunState::CompletedWithExceptions, left),
        Some((state, why)) if why.is_empty() => (*state, left),
        Some((state, why)) => (*state, format!("{why}; {left}")),
        None if run.rolling_back => (RunState::RollbackFailed, reason.to_owned()),
        None => (RunState::Aborted, reason.to_owned()),
    }
}

/// What a run's entry knows of its parameters.
pub(super) fn plain(run: &Run) -> Resolved {
    let values = run.params.iter().map(|(name, value)| (name.clone(), ParamValue::Plain(value.clone()), Origin::Operator));
    Resolved { values: values.collect(), refused: Vec::new() }
}

pub(super) fn accepted(resolved: &Resolved) -> Result<(), String> {
    let refused: Vec<String> = resolved.refused.iter().map(ToString::to_string).collect();
    if refused.is_empty() { Ok(()) } else { Err(refused.join("; ")) }
}

pub(super) fn nothing_runs(run: &Run) -> Result<(), String> {
    match run.open_attempt() {
        Some((step, _)) => Err(format!("`{step}` may still be running: cancel it first")),
        None => Ok(()),
    }
}

//! What a human asks of a step: the guards, and the drafts that the journal is asked to hold. Nothing is changed here, but for
//! the parameters of a run that is being prepared, which are too secret for the journal.

use super::{RunCommand, Runs, flow};
use crate::domain::entry::{Draft, Kind};
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::{Confirm, How, Step};
use crate::domain::run::{Auto, Run, RunMode, StepRecord, StepState};
use crate::model::alerts::Alerts;
use crate::model::context::Context;

pub(super) type Answer = Result<Vec<Draft>, String>;

/// A step at which the run is, with everything that a guard asks about.
pub(super) struct Here<'a> {
    pub id: RunId,
    pub run: &'a Run,
    pub record: &'a StepRecord,
    pub number: u32,
    pub step: &'a Step,
}

impl Here<'_> {
    /// How the current attempt stands; `None` before it has begun.
    pub fn state(&self) -> Option<StepState> {
        self.record.attempt(self.number).map(|attempt| attempt.state)
    }

    pub fn title(&self) -> &str {
        &self.record.plan.title
    }

    pub fn answer(&self, context: &Context<'_>, answer: &str, text: String) -> Draft {
        let draft = context.by_me(Kind::StepAnswer, text).with("answer", answer);
        let draft = match &self.step.fields.role {
            Some(role) => draft.with("role", role),
            None => draft,
        };
        about(draft, self.id, self.run, &self.step.id, self.number)
    }

    pub fn going(&self, draft: Draft, to: &crate::domain::run::Goto) -> Draft {
        super::advance::going(draft, self.run, &self.step.id, to)
    }

    pub fn mode(&self) -> RunMode {
        self.run.mode.unwrap_or(RunMode::Live)
    }

    /// Once everything is given, a person has nothing more to say about it.
    pub fn completes_by_itself(&self) -> bool {
        flow::by_person(self.step, self.mode()) && !matches!(self.step.fields.confirm, Confirm::Type(_))
    }

    /// Whatever is said to a step, its condition decides first: what can't be evaluated stops the run.
    pub fn wanted(&self) -> Result<(), String> {
        match flow::wanted(self.run, self.step)? {
            true => Ok(()),
            false => Err(format!("“{}” is not wanted here: its condition does not hold", self.title())),
        }
    }

    pub fn onward(&self, draft: Draft) -> Draft {
        self.going(draft, &flow::next(self.run, &self.step.id))
    }
}

/// Puts a draft where it belongs.
pub(super) fn of_run(mut draft: Draft, id: RunId, run: &Run) -> Draft {
    draft.run = Some(id);
    draft.drill = run.drill.clone();
    (draft.playbook, draft.incident, draft.alert) = (run.playbook.clone(), run.incident, run.alert.clone());
    draft
}

pub(super) fn about(draft: Draft, id: RunId, run: &Run, step: &StepId, attempt: u32) -> Draft {
    let mut draft = of_run(draft, id, run);
    (draft.step, draft.attempt) = (Some(step.clone()), Some(attempt));
    draft
}

impl Runs {
    pub(super) fn drafts(&mut self, context: &mut Context<'_>, alerts: &Alerts, command: RunCommand) -> Answer {
        match command {
            RunCommand::Prepare { .. } => self.prepare(context, alerts, command),
            RunCommand::Start { run, step, confirmed } => self.start(context, run, &step, confirmed.as_deref()),
            RunCommand::Tick { run, step, item, done } => self.tick_item(context, run, &step, item, done),
            RunCommand::Skip { run, step, reason } => self.skip(context, run, &step, &reason),
            RunCommand::Retry { run, step, confirmed } => self.retry(context, run, &step, confirmed.as_deref()),
            RunCommand::Accept { run, step, reason } => self.accept(context, run, &step, &reason),
            RunCommand::Assert { run, step, done, note } => self.assert(context, run, &step, done, &note),
            RunCommand::Cancel { run } => self.cancel(context, run),
            RunCommand::Abort { run, reason } => self.abort(context, run, &reason),
            RunCommand::CallOff { run, reason } => self.ask_for_end(context, run, &reason),
            RunCommand::Resume { run, params } => self.resume(context, run, &params),
            RunCommand::Abandon { run, reason } => self.abandon(context, run, &reason),
            RunCommand::Leave { run } => self.leave(context, run),
            RunCommand::Look { .. } | RunCommand::LookAway => Ok(Vec::new()),
            RunCommand::Pause { run, reason } => self.pause(context, run, &reason),
            RunCommand::Unpause { run } => self.unpause(context, run),
            RunCommand::Rollback { run } => self.roll_back(context, run),
            answer => self.answered(context, answer),
        }
    }

    /// The run at this step, driven by us and not interrupted.
    pub(super) fn here(&self, id: RunId, step: &StepId) -> Result<Here<'_>, String> {
        let run = self.ours(id)?;
        if run.interrupted {
            return Err("the run was interrupted: resume it first".into());
        }
        let (record, number) = run.at().ok_or("the run is past its last step")?;
        if record.plan.id != *step {
            return match run.record(step) {
                Some(_) => Err(format!("the run is at “{}” ({}), not at `{step}`", record.plan.title, record.plan.id)),
                None => Err(format!("the run has no step `{step}`; it is at `{}`", record.plan.id)),
            };
        }
        let step = self.live.get(&id).and_then(|live| live.playbook.as_ref()).and_then(|book| book.step(step));
        let step = step.ok_or("the playbook's text of this run is lost: it can only be abandoned")?;
        Ok(Here { id, run, record, number, step })
    }

    pub(super) fn ours(&self, id: RunId) -> Result<&Run, String> {
        let run = self.known(id)?;
        match self.drives(id) {
            true => Ok(run),
            false => Err("this console doesn't hold the run: resume it first".into()),
        }
    }

    pub(super) fn known(&self, id: RunId) -> Result<&Run, String> {
        let run = self.get(id).filter(|run| run.id.is_some()).ok_or("there is no such run")?;
        match &run.ended {
            Some((over, ..)) => Err(format!("the run is over: {over}")),
            None => Ok(run),
        }
    }

    fn start(&mut self, context: &mut Context<'_>, id: RunId, step: &StepId, confirmed: Option<&str>) -> Answer {
        let here = self.going_on(context, id, step)?;
        if let Some(state) = here.state() {
            return Err(format!("“{}” is {state}", here.title()));
        }
        here.wanted()?;
        match &here.step.how {
            _ if flow::by_person(here.step, here.mode()) => did(context, &here, confirmed),
            How::Launch => self.launched(context, &here, confirmed),
            How::Child(_) => {
                flow::confirm(here.run, here.step, confirmed)?;
                let (number, intent) = (here.number, self.intent(context, &here, confirmed));
                Ok(vec![intent, self.child(context, id, step, number)?])
            }
            How::Choice(_) => Err(format!("“{}” wants one of its options picked", here.title())),
            How::Wait(_) => Err(format!("“{}” ends by itself, or with a reason", here.title())),
            How::Approval(_) => Err(format!("“{}” wants to be approved by somebody else", here.title())),
            How::Person | How::Unsupported => Err(format!("“{}” can't be run", here.title())),
        }
    }

    /// The run at this step, fresh enough and let go on.
    pub(super) fn going_on(&self, context: &Context<'_>, id: RunId, step: &StepId) -> Result<Here<'_>, String> {
        let here = self.here(id, step)?;
        if here.run.paused {
            return Err("the run is paused: let it go on first".into());
        }
        let book = self.live.get(&id).and_then(|live| live.playbook.as_ref());
        match book.and_then(|book| flow::stale(here.run, book, context.now.wall)) {
            Some(why) => Err(why),
            None => Ok(here),
        }
    }

    fn launched(&self, context: &Context<'_>, here: &Here<'_>, confirmed: Option<&str>) -> Answer {
        let ticked = here.record.ticked.len() >= here.record.plan.items as usize;
        match flow::owes(here.run, here.record).filter(|_| !ticked) {
            Some(why) => return Err(why),
            None => flow::confirm(here.run, here.step, confirmed)?,
        }
        self.seated(here.step, here.mode())?;
        if flow::acting(here.step, here.mode()).is_none() {
            return Err(format!("“{}” is not run in mode `{}`", here.title(), here.mode()));
        }
        Ok(vec![self.intent(context, here, confirmed)])
    }

    pub(super) fn intent(&self, context: &Context<'_>, here: &Here<'_>, confirmed: Option<&str>) -> Draft {
        intent(context.by_me(Kind::StepIntent, ""), here.id, here.run, here.step, here.number).with("confirmed", confirmed)
    }

    fn tick_item(&self, context: &Context<'_>, id: RunId, step: &StepId, item: u32, done: bool) -> Answer {
        let here = self.going_on(context, id, step)?;
        here.wanted()?;
        let text = here.step.items.get(item as usize).map(|item| item.text.clone());
        let text = text.ok_or_else(|| format!("“{}” has no item {item}; it has {}", here.title(), here.step.items.len()))?;
        if here.state().is_some() {
            return Err(format!("“{}” is done", here.title()));
        }
        let said = format!("{} “{text}”", if done { "ticked" } else { "took back the tick of" });
        let mut drafts = vec![here.answer(context, "tick", said).with("item", item).with("done", done)];
        let all = done && (0..here.record.plan.items).all(|other| other == item || here.record.ticked.contains(&other));
        let given = here.run.visit.recorded || !here.record.plan.records;
        if all && given && here.completes_by_itself() {
            drafts.push(here.onward(here.answer(context, "done", format!("did “{}”", here.title()))));
        }
        Ok(drafts)
    }

    fn skip(&self, context: &Context<'_>, id: RunId, step: &StepId, reason: &str) -> Answer {
        let here = self.here(id, step)?;
        let reason = needed(reason, "a step is skipped with a reason")?;
        match here.state() {
            Some(state) if state.is_open() => Err(format!("“{}” is {state}: cancel it first", here.title())),
            Some(StepState::Unknown) => Err(unknown(&here)),
            _ if matches!(here.step.how, How::Approval(_)) => {
                Err("an approval is not skipped: whoever is alone says so, with a reason".into())
            }
            _ => {
                let draft = here.answer(context, "skip", format!("skipped “{}”: {reason}", here.title())).with("reason", reason);
                Ok(vec![here.onward(draft)])
            }
        }
    }

    fn retry(&mut self, context: &mut Context<'_>, id: RunId, step: &StepId, confirmed: Option<&str>) -> Answer {
        let here = self.going_on(context, id, step)?;
        match here.state() {
            Some(state) if state.may_be_retried() => {}
            Some(StepState::Unknown) if here.step.fields.idempotent => {}
            Some(StepState::Unknown) => return Err(unknown(&here)),
            Some(state) => return Err(format!("“{}” is {state}", here.title())),
            None => return Err(format!("“{}” has not been tried: start it", here.title())),
        }
        let again = here.answer(context, "retry", format!("tries “{}” again", here.title()));
        let launches = matches!(here.step.how, How::Launch | How::Child(_));
        if !launches || (flow::by_person(here.step, here.mode()) && !matches!(here.step.how, How::Child(_))) {
            // Asked again from the start.
            return Ok(vec![again]);
        }
        self.seated(here.step, here.mode())?;
        flow::confirm(here.run, here.step, confirmed)?;
        let auto = here.run.auto.unwrap_or(Auto::No);
        let again_by_itself = flow::unattended(here.step, here.mode(), auto, context.settings.environment);
        if again_by_itself || !here.step.items.is_empty() {
            // It starts by itself as soon as this is recorded, or after its items.
            return Ok(vec![again]);
        }
        let next = Here { number: here.number + 1, ..here };
        let (number, intent) = (next.number, self.intent(context, &next, confirmed));
        match matches!(next.step.how, How::Child(_)) {
            true => Ok(vec![again, intent, self.child(context, id, step, number)?]),
            false => Ok(vec![again, intent]),
        }
    }

    fn accept(&self, context: &Context<'_>, id: RunId, step: &StepId, reason: &str) -> Answer {
        let here = self.here(id, step)?;
        let reason = needed(reason, "a failure is accepted with a reason")?;
        match here.state() {
            Some(state) if state.is_failure() => {
                let text = format!("accepted “{}” as it is: {reason}", here.title());
                Ok(vec![here.onward(here.answer(context, "accept", text).with("reason", reason))])
            }
            Some(StepState::Unknown) => Err(unknown(&here)),
            _ => Err(format!("“{}” has not failed", here.title())),
        }
    }

    fn assert(&self, context: &Context<'_>, id: RunId, step: &StepId, done: bool, note: &str) -> Answer {
        let here = self.here(id, step)?;
        let note = needed(note, "say how you know")?;
        if here.state() != Some(StepState::Unknown) {
            return Err(format!("what became of “{}” is known", here.title()));
        }
        let said = if done { "was done" } else { "was not done" };
        let text = format!("asserts that “{}” {said}: {note}", here.title());
        let draft = here.answer(context, "assert", text).with("done", done).with("note", note);
        Ok(vec![if done { here.onward(draft) } else { draft }])
    }
}

/// The entry that allows an attempt.
pub(super) fn intent(draft: Draft, id: RunId, run: &Run, step: &Step, number: u32) -> Draft {
    let again = if number > 1 { format!(" (attempt {number})") } else { String::new() };
    let digest = step.body.as_ref().map(|body| sha256(&body.text));
    let mut draft = about(draft, id, run, &step.id, number).with("digest", digest).with("risk", step.fields.risk.word());
    draft.text = format!("started “{}”{again}", step.title);
    draft
}

/// A person did it and says so: nothing of it may be owed.
fn did(context: &Context<'_>, here: &Here<'_>, confirmed: Option<&str>) -> Answer {
    confirm_manual(here, confirmed)?;
    match flow::owes(here.run, here.record) {
        None => Ok(vec![here.onward(here.answer(context, "done", format!("did “{}”", here.title())))]),
        Some(why) => Err(why),
    }
}

/// A manual step is its own confirmation, unless it wants something typed.
fn confirm_manual(here: &Here<'_>, confirmed: Option<&str>) -> Result<(), String> {
    match &here.step.fields.confirm {
        Confirm::Type(_) => flow::confirm(here.run, here.step, confirmed),
        _ => Ok(()),
    }
}

fn unknown(here: &Here<'_>) -> String {
    format!("nobody knows whether “{}” was done: look, and say so first", here.title())
}

pub(super) fn needed<'a>(text: &'a str, why: &str) -> Result<&'a str, String> {
    let text = text.trim();
    if text.is_empty() { Err(why.to_owned()) } else { Ok(text) }
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

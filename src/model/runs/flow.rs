//! Where a run goes next: top to bottom, by links, never past a gate that can't be evaluated. Pure functions of the run and
//! its playbook.

use crate::domain::ids::StepId;
use crate::domain::playbook::{Approval, Confirm, How, InDrill, OnFail, Playbook, Risk, Section, Step, Target, When, expand};
use crate::domain::run::{Attempt, Auto, Cursor, Goto, Planned, Run, RunMode, RunState, StepRecord, StepState, UNDO};
use crate::domain::settings::Environment;
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::time::Duration;

/// Jumps back in one run: more is a loop that nobody watches.
pub const JUMPS_BACK: u32 = 20;

/// The order of a run: its sections, each from top to bottom; the rollback is entered by a jump alone.
const ORDER: [Section; 5] = [Section::Before, Section::Steps, Section::Verify, Section::Afterwards, Section::Rollback];

/// The plan of a run, kept with it. A drill makes its scene first, and clears it away whatever came of it.
pub fn plan(book: &Playbook, mode: RunMode) -> Vec<Planned> {
    if mode == RunMode::Diagnosis {
        return super::checks(book).into_iter().map(|step| planned(step, mode)).collect();
    }
    let scene = |section| (mode == RunMode::Drill).then_some(section);
    let sections = scene(Section::DrillSetup).into_iter().chain(ORDER).chain(scene(Section::DrillCleanup));
    sections.flat_map(|section| book.section(section)).map(|step| planned(step, mode)).collect()
}

pub fn planned(step: &Step, mode: RunMode) -> Planned {
    Planned {
        id: step.id.clone(),
        title: step.title.clone(),
        kind: step.kind.to_owned(),
        section: if step.id.undoes().is_some() { UNDO } else { step.section.word() }.to_owned(),
        arrives: arrives(step, mode),
        items: step.items.len() as u32,
        records: acting(step, mode).is_some_and(|step| step.asks().is_some()),
    }
}

fn arrives(step: &Step, mode: RunMode) -> StepState {
    match (&step.how, &step.fields.confirm) {
        _ if by_person(step, mode) => StepState::AwaitingInput,
        (How::Choice(_), _) => StepState::AwaitingInput,
        (How::Approval(_), _) => StepState::AwaitingApproval,
        (How::Wait(_), _) | (_, Confirm::No) => StepState::Ready,
        (_, Confirm::Yes | Confirm::Type(_)) => StepState::AwaitingConfirm,
    }
}

/// A person does this step and says so.
pub fn by_person(step: &Step, mode: RunMode) -> bool {
    step.how == How::Person || (mode == RunMode::Manual && step.how == How::Launch)
}

/// The step as this mode carries it out; `None` where it is passed over.
pub fn acting(step: &Step, mode: RunMode) -> Option<Cow<'_, Step>> {
    let child = matches!(step.how, How::Child(_));
    match (mode, step.fields.drill) {
        (RunMode::DryRun, _) if child || (step.how == How::Launch && step.fields.risk == Risk::Read) => Some(Cow::Borrowed(step)),
        (RunMode::DryRun, _) | (RunMode::Drill, InDrill::DryRun) => step.rehearsed().map(Cow::Owned),
        (RunMode::Drill, InDrill::Skip) => None,
        _ => Some(Cow::Borrowed(step)),
    }
}

/// A command is run first, and then what it showed is written down.
pub fn runs_first(step: &Step, mode: RunMode) -> bool {
    step.how == How::Launch && !by_person(step, mode)
}

/// As this mode carries it out, the step gets the terminal.
pub fn sits(step: &Step, mode: RunMode) -> bool {
    !by_person(step, mode) && acting(step, mode).is_some_and(|step| step.fields.tty)
}

/// The step after this one.
pub fn next(run: &Run, step: &StepId) -> Goto {
    let here = run.steps.iter().position(|record| record.plan.id == *step);
    let Some((here, record)) = here.and_then(|here| Some((here, run.steps.get(here)?))) else { return Goto::End };
    let dropped = |other: &StepRecord| run.rolling_back && other.plan.in_rollback() && other.skipped.is_some();
    let same_way = |other: &&StepRecord| way(&other.plan) == way(&record.plan) && !dropped(other);
    run.steps.iter().skip(here + 1).find(same_way).map_or(Goto::End, |record| Goto::Step(record.plan.id.clone()))
}

/// A run goes forward, or back, or clears away; it changes from one to another only when told to.
fn way(plan: &Planned) -> u8 {
    match plan.section.as_str() {
        _ if plan.in_rollback() => 1,
        "drill-cleanup" => 2,
        _ => 0,
    }
}

/// What a person still has to do here before the step can be complete: items to tick, something to write down.
pub fn owes(run: &Run, record: &StepRecord) -> Option<String> {
    let open = (record.plan.items as usize).saturating_sub(record.ticked.len());
    match open {
        0 if record.plan.records && !run.visit.recorded => {
            Some(format!("“{}” wants something written down or attached", record.plan.title))
        }
        0 => None,
        1 => Some(format!("“{}” has an item that is not ticked", record.plan.title)),
        open => Some(format!("“{}” has {open} items that are not ticked", record.plan.title)),
    }
}

/// When a wait is over, or the time for an approval.
pub fn due(run: &Run, step: &Step) -> Option<DateTime<Utc>> {
    let after = match &step.how {
        How::Wait(time) => Some(*time),
        How::Approval(approval) => approval.expires,
        _ => None,
    }?;
    run.visit.since.checked_add_signed(chrono::Duration::from_std(after).ok()?)
}

/// How many people still have to approve.
pub fn missing(run: &Run, approval: &Approval) -> u32 {
    approval.count.saturating_sub(run.visit.approvals.len() as u32)
}

/// The run was prepared so long ago that what it was prepared for may not be true any more. The way back and the clearing away
/// of a drill stay open all the same.
pub fn stale(run: &Run, book: &Playbook, now: DateTime<Utc>) -> Option<String> {
    let most = book.meta.max_age.filter(|_| run.at().is_none_or(|(record, _)| way(&record.plan) == 0))?;
    let age = (now - run.prepared_at?).to_std().ok().filter(|age| *age > most)?;
    let (age, most) = (Duration::from_secs(age.as_secs()), humantime::format_duration(most));
    Some(format!("the run was prepared {} ago, and `max-age` is {most}: it needs a fresh start", humantime::format_duration(age)))
}

/// Where a step that has ended leads, and whether its failure is accepted; `None` where a person has to say.
pub fn after(run: &Run, step: &Step, state: StepState) -> Option<(Goto, bool)> {
    match (state, &step.fields.on_fail) {
        // What a diagnosis sees decides nothing: the next check is looked at all the same.
        _ if run.is_diagnosis() => Some((next(run, &step.id), false)),
        (state, _) if state.lets_pass() => {
            let asks = acting(step, run.mode.unwrap_or(RunMode::Live)).is_some_and(|step| step.asks().is_some());
            (!asks || run.visit.recorded).then(|| (next(run, &step.id), false))
        }
        // A rehearsal that fails has told what it had to tell.
        (StepState::Failed | StepState::TimedOut, _) if run.mode == Some(RunMode::DryRun) => Some((next(run, &step.id), true)),
        (StepState::Failed | StepState::TimedOut, OnFail::Stop) => Some((Goto::Stop, false)),
        (StepState::Failed | StepState::TimedOut, OnFail::Continue) => Some((next(run, &step.id), true)),
        (StepState::Failed | StepState::TimedOut, OnFail::Goto(target)) => Some((follow(run, &step.id, target)?, false)),
        _ => None,
    }
}

/// Where a link leads; `None` where that would be one jump back too many.
pub fn follow(run: &Run, from: &StepId, target: &Target) -> Option<Goto> {
    let place = |id: &StepId| run.steps.iter().position(|record| record.plan.id == *id);
    let to = match target {
        Target::Section(Section::Rollback) => return Some(Goto::Rollback),
        Target::Step(id) => id.clone(),
        Target::Section(section) => run.steps.iter().find(|record| record.plan.section == section.word())?.plan.id.clone(),
    };
    let back = place(&to)? <= place(from)?;
    (!back || run.jumps_back < JUMPS_BACK).then_some(Goto::Step(to))
}

/// The last success criterion has just held.
pub fn verifies(run: &Run, step: &StepId, goto: &Goto) -> bool {
    let verify = |id: &StepId| run.record(id).is_some_and(|record| record.plan.section == Section::Verify.word());
    verify(step) && !matches!(goto, Goto::Step(next) if verify(next))
}

/// Whether `when` holds; the error says why that can't be told, and then the step must not start.
pub fn wanted(run: &Run, step: &Step) -> Result<bool, String> {
    if run.rolling_back && run.record(&step.id).is_some_and(|record| record.plan.in_rollback()) {
        // The plan that was shown is what is done.
        return Ok(true);
    }
    filtered(run, step)
}

fn filtered(run: &Run, step: &Step) -> Result<bool, String> {
    for condition in &step.fields.when {
        if !holds(run, condition)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn holds(run: &Run, condition: &When) -> Result<bool, String> {
    match condition {
        When::Step { step, state } => {
            let record = run.record(step).ok_or_else(|| format!("`when` names `{step}`, which is no step of this run"))?;
            let now = run.state_of(step).unwrap_or(StepState::Pending);
            match (state.as_str(), StepState::parse(state)) {
                ("not-started", _) => Ok(record.not_started()),
                (_, Some(state)) => Ok(now == state),
                (_, None) => Err(format!("`when` wants `{step}` to be `{state}`, which is no state")),
            }
        }
        When::Value { name, equal, value } => match self::value(run, name) {
            Some(found) => Ok((found == *value) == *equal),
            None => Err(format!("`when` wants `{name}`, which has no value")),
        },
    }
}

/// A parameter that isn't secret, or an output.
pub fn value(run: &Run, name: &str) -> Option<String> {
    run.outputs().get(name).or_else(|| run.params.get(name)).cloned()
}

/// The second act: `yes` where one key is enough, the very text where one has to be typed.
pub fn confirm(run: &Run, step: &Step, given: Option<&str>) -> Result<(), String> {
    match &step.fields.confirm {
        Confirm::No => Ok(()),
        Confirm::Yes => match given {
            Some(text) if text.eq_ignore_ascii_case("yes") || text.eq_ignore_ascii_case("y") => Ok(()),
            _ => Err(format!("“{}” changes something: confirm it with `yes`", step.title)),
        },
        Confirm::Type(wanted) => {
            let wanted = expand(wanted, &|name| value(run, name))?;
            match given {
                Some(text) if text == wanted => Ok(()),
                _ => Err(format!("“{}” is confirmed by typing `{}`", step.title, crate::domain::text::inert(&wanted))),
            }
        }
    }
}

/// What has to be typed before a step starts; `None` where nothing has to.
pub fn wants_typed(run: &Run, step: &Step) -> Option<String> {
    match &step.fields.confirm {
        Confirm::No => None,
        Confirm::Yes => Some("yes".into()),
        Confirm::Type(wanted) => Some(expand(wanted, &|name| value(run, name)).unwrap_or_else(|_| wanted.clone())),
    }
}

/// Whether a step may start without a person.
pub fn unattended(step: &Step, mode: RunMode, auto: Auto, environment: Environment) -> bool {
    let allowed = match step.fields.risk {
        Risk::Read => auto != Auto::No,
        Risk::Change => auto == Auto::Change,
        Risk::Destructive => auto == Auto::Change && environment == Environment::Lab,
    };
    let starts = matches!(step.how, How::Launch | How::Child(_)) && !by_person(step, mode) && step.items.is_empty();
    let rehearsal = mode == RunMode::DryRun;
    // A child has gates of its own.
    let child = matches!(step.how, How::Child(_)) && auto != Auto::No;
    // What a drill has made is cleared away whoever is there, and by whatever it was ended.
    let clears = mode == RunMode::Drill && step.section == Section::DrillCleanup;
    let clears = clears && step.fields.risk != Risk::Destructive && !matches!(step.fields.confirm, Confirm::Type(_));
    starts && (allowed || rehearsal || child || clears) && !step.fields.tty
}

/// What a rollback would do now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rollback {
    /// The steps that undo what was done, newest first.
    pub undo: Vec<Planned>,
    /// Then these of the section Rollback.
    pub section: Vec<Planned>,
    /// Steps of that section whose condition does not hold.
    pub unwanted: Vec<StepId>,
    /// What was done, or may have been, and states no undo: a person has to know.
    pub without_undo: Vec<StepId>,
}

/// Computes the rollback. Nothing is undone of steps that were never started; what only reads needs no undo.
pub fn rollback(run: &Run, book: &Playbook) -> Result<Rollback, String> {
    let mode = run.mode.unwrap_or(RunMode::Live);
    let mut done: Vec<(&StepRecord, &Attempt)> =
        run.steps.iter().filter_map(|record| Some((record, undoable(record)?))).collect();
    done.sort_by_key(|(_, attempt)| std::cmp::Reverse((attempt.started_at, attempt.intent)));
    let mut plan = Rollback::default();
    for (record, _) in done {
        let changes = book.step(&record.plan.id).is_some_and(|step| step.how == How::Launch && step.fields.risk != Risk::Read);
        match book.step(&record.plan.id.undo()) {
            Some(undo) => plan.undo.push(planned(undo, mode)),
            None if changes => plan.without_undo.push(record.plan.id.clone()),
            None => {}
        }
    }
    for step in book.section(Section::Rollback) {
        match filtered(run, step).map_err(|why| format!("“{}” can't be planned: {why}", step.title))? {
            true => plan.section.push(planned(step, mode)),
            false => plan.unwanted.push(step.id.clone()),
        }
    }
    Ok(plan)
}

/// The newest attempt that did something, or may have.
fn undoable(record: &StepRecord) -> Option<&Attempt> {
    let forward = way(&record.plan) == 0;
    record.attempts.iter().rev().find(|attempt| forward && attempt.state.may_be_undone())
}

/// How a run ends whose cursor has nowhere to go; `None` while it has.
pub fn ending(run: &Run) -> Option<(RunState, String)> {
    let end = proper_ending(run)?;
    Some(match &run.outcome {
        None => end,
        Some((RunState::Completed, reason)) if run.exceptions => (RunState::CompletedWithExceptions, reason.clone()),
        Some((RunState::Completed, _)) if matches!(run.cursor, Some(Cursor::Stopped { .. })) => {
            (RunState::CompletedWithExceptions, end.1)
        }
        Some(outcome) => outcome.clone(),
    })
}

fn proper_ending(run: &Run) -> Option<(RunState, String)> {
    let back = |step: &StepId| run.record(step).is_some_and(|record| record.plan.in_rollback());
    let before = |step: &StepId| run.record(step).is_some_and(|record| record.plan.section == Section::Before.word());
    let touched = |record: &&StepRecord| record.plan.in_rollback() && (record.skipped.is_some() || !record.not_started());
    let rolled_back =
        run.rolling_back || run.steps.iter().any(|record| touched(&record) && record.skipped.as_deref() != Some("not taken"));
    match run.cursor.as_ref()? {
        Cursor::At { .. } | Cursor::Rollback { .. } => None,
        Cursor::Stopped { step, why } if back(step) => Some((RunState::RollbackFailed, why.clone())),
        Cursor::Stopped { step, why } if before(step) => Some((RunState::Blocked, why.clone())),
        Cursor::Stopped { why, .. } => Some((RunState::Failed, why.clone())),
        Cursor::End if rolled_back && run.flawed => Some((RunState::RollbackFailed, "a step of it failed or was skipped".into())),
        Cursor::End if rolled_back => Some((RunState::RolledBack, String::new())),
        Cursor::End if run.exceptions => Some((RunState::CompletedWithExceptions, String::new())),
        Cursor::End => Some((RunState::Completed, String::new())),
    }
}

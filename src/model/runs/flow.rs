//! Where a run goes next: top to bottom, by links, never past a gate that can't be evaluated. Pure functions of the run and
//! its playbook.

use crate::domain::ids::StepId;
use crate::domain::playbook::{Confirm, How, OnFail, Playbook, Risk, Section, Step, Target, When, expand};
use crate::domain::run::{Auto, Cursor, Goto, Planned, Run, RunMode, RunState, StepRecord, StepState};
use crate::domain::settings::Environment;

/// Jumps back in one run: more is a loop that nobody watches.
pub const JUMPS_BACK: u32 = 20;

/// The order of a run: its sections, each from top to bottom; the rollback is entered by a jump alone.
const ORDER: [Section; 5] = [Section::Before, Section::Steps, Section::Verify, Section::Afterwards, Section::Rollback];

/// The plan of a run, kept with it.
pub fn plan(book: &Playbook, mode: RunMode) -> Vec<Planned> {
    ORDER.iter().flat_map(|section| book.section(*section)).map(|step| planned(step, mode)).collect()
}

fn planned(step: &Step, mode: RunMode) -> Planned {
    Planned {
        id: step.id.clone(),
        title: step.title.clone(),
        kind: step.kind.to_owned(),
        section: step.section.word().to_owned(),
        arrives: arrives(step, mode),
        items: step.items.len() as u32,
    }
}

fn arrives(step: &Step, mode: RunMode) -> StepState {
    match (by_person(step, mode), &step.fields.confirm) {
        (true, _) => StepState::AwaitingInput,
        (false, Confirm::No) => StepState::Ready,
        (false, Confirm::Yes | Confirm::Type(_)) => StepState::AwaitingConfirm,
    }
}

/// A person does this step and says so.
pub fn by_person(step: &Step, mode: RunMode) -> bool {
    mode == RunMode::Manual || step.how == How::Person
}

/// The step after this one.
pub fn next(run: &Run, step: &StepId) -> Goto {
    let here = run.steps.iter().position(|record| record.plan.id == *step);
    let Some((here, record)) = here.and_then(|here| Some((here, run.steps.get(here)?))) else { return Goto::End };
    let rollback = Section::Rollback.word();
    let same_way = |other: &&StepRecord| (other.plan.section == rollback) == (record.plan.section == rollback);
    run.steps.iter().skip(here + 1).find(same_way).map_or(Goto::End, |record| Goto::Step(record.plan.id.clone()))
}

/// Where a step that has ended leads, and whether its failure is accepted; `None` where a person has to say.
pub fn after(run: &Run, step: &Step, state: StepState) -> Option<(Goto, bool)> {
    match (state, &step.fields.on_fail) {
        (state, _) if state.lets_pass() => Some((next(run, &step.id), false)),
        (StepState::Failed | StepState::TimedOut, OnFail::Stop) => Some((Goto::Stop, false)),
        (StepState::Failed | StepState::TimedOut, OnFail::Continue) => Some((next(run, &step.id), true)),
        (StepState::Failed | StepState::TimedOut, OnFail::Goto(target)) => Some((follow(run, step, target)?, false)),
        _ => None,
    }
}

fn follow(run: &Run, from: &Step, target: &Target) -> Option<Goto> {
    let place = |id: &StepId| run.steps.iter().position(|record| record.plan.id == *id);
    let to = match target {
        Target::Step(id) => id.clone(),
        Target::Section(section) => run.steps.iter().find(|record| record.plan.section == section.word())?.plan.id.clone(),
    };
    let back = place(&to)? <= place(&from.id)?;
    (!back || run.jumps_back < JUMPS_BACK).then_some(Goto::Step(to))
}

/// The last success criterion has just held.
pub fn verifies(run: &Run, step: &StepId, goto: &Goto) -> bool {
    let verify = |id: &StepId| run.record(id).is_some_and(|record| record.plan.section == Section::Verify.word());
    verify(step) && !matches!(goto, Goto::Step(next) if verify(next))
}

/// Whether `when` holds; the error says why that can't be told, and then the step must not start.
pub fn wanted(run: &Run, step: &Step) -> Result<bool, String> {
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
    allowed && !by_person(step, mode)
}

/// How a run ends whose cursor has nowhere to go; `None` while it has.
pub fn ending(run: &Run) -> Option<(RunState, String)> {
    let rollback = |step: &StepId| run.record(step).is_some_and(|record| record.plan.section == Section::Rollback.word());
    let before = |step: &StepId| run.record(step).is_some_and(|record| record.plan.section == Section::Before.word());
    let rolled_back =
        run.steps.iter().any(|record| rollback(&record.plan.id) && (record.skipped.is_some() || !record.not_started()));
    match run.cursor.as_ref()? {
        Cursor::At { .. } => None,
        Cursor::Stopped { step, why } if rollback(step) => Some((RunState::RollbackFailed, why.clone())),
        Cursor::Stopped { step, why } if before(step) => Some((RunState::Blocked, why.clone())),
        Cursor::Stopped { why, .. } => Some((RunState::Failed, why.clone())),
        Cursor::End if rolled_back => Some((RunState::RolledBack, String::new())),
        Cursor::End if run.exceptions => Some((RunState::CompletedWithExceptions, String::new())),
        Cursor::End => Some((RunState::Completed, String::new())),
    }
}

//! The tour: what a newcomer may do next and why, step after step. What has been done is seen by how the world is, never by a
//! clock. Invariant: whatever has been done so far, and in whatever order, what is said is true.

use crate::cli::console::{Guide, Told};
use crate::domain::alert::Severity;
use crate::domain::ids::RunId;
use crate::domain::incident::Status;
use crate::domain::run::{Run, StepState};
use crate::model::World;
use crate::model::alerts::{State, Tracked};
use crate::tui::Hint;
use serde::Deserialize;

/// One step of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// It is over once this is so; the last one never is.
    until: Option<Until>,
    /// Which keys to press.
    press: String,
    /// Why.
    #[serde(default)]
    why: String,
    /// What to type where there are no keys.
    #[serde(rename = "type")]
    typed: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Until {
    /// This alert has come.
    Fired(String),
    /// Somebody has it, or it is over.
    Owned(String),
    /// All of this name are quiet, or over.
    Silenced(String),
    Declared,
    /// A run of this playbook was begun.
    Prepared(String),
    /// One did all that it was to do.
    Completed(String),
    /// Nothing critical fires that nobody keeps quiet.
    Over,
    Resolved,
    Closed,
}

/// What a run at work waits for, the same in every scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    ready: Pair,
    confirm: Pair,
    tick: Pair,
    choose: Pair,
    running: Pair,
    failed: Pair,
    other: Pair,
    again: Pair,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    press: String,
    #[serde(default)]
    why: String,
}

/// # Errors
/// The words of a run are not what they should be.
pub fn guide(stages: Vec<Stage>) -> anyhow::Result<Guide> {
    let words: Words = serde_yaml::from_str(include_str!("scenarios/run.yaml"))?;
    Ok(Box::new(move |world| told(&stages, &words, world)))
}

fn told(stages: &[Stage], words: &Words, world: &World) -> Option<Told> {
    let open = |stage: &Stage| stage.until.as_ref().is_none_or(|until| !until.holds(world));
    let at = stages.iter().position(open)?;
    let stage = stages.get(at)?;
    let pair = match (&stage.until, world.runs.open().next()) {
        (Some(Until::Prepared(book) | Until::Completed(book)), Some((_, run))) if !is_of(run, book) => Some(&words.other),
        (Some(Until::Completed(_)), Some((id, run))) => Some(of_run(words, world, id, run)),
        // It was begun, and left without its end.
        (Some(Until::Completed(_)), None) => Some(&words.again),
        _ => None,
    };
    let (press, why) = pair.map_or((&stage.press, &stage.why), |pair| (&pair.press, &pair.why));
    let hint = Hint { step: Some((at + 1, stages.len())), text: press.clone(), why: why.clone() };
    Some(Told { hint, typed: stage.typed.clone() })
}

/// What the step at hand waits for.
fn of_run<'w>(words: &'w Words, world: &World, id: RunId, run: &Run) -> &'w Pair {
    let at = run.at();
    let state = at.and_then(|(record, _)| world.runs.state_of(id, &record.plan.id));
    match state {
        Some(StepState::Pending | StepState::Ready) => &words.ready,
        Some(StepState::AwaitingConfirm | StepState::AwaitingApproval) => &words.confirm,
        Some(StepState::AwaitingInput) if at.is_some_and(|(record, _)| record.plan.kind == "decision") => &words.choose,
        Some(StepState::AwaitingInput) => &words.tick,
        Some(state) if state.is_failure() || state == StepState::Unknown => &words.failed,
        _ => &words.running,
    }
}

fn is_of(run: &Run, book: &str) -> bool {
    run.playbook.as_ref().is_some_and(|id| id.as_str() == book)
}

impl Until {
    fn holds(&self, world: &World) -> bool {
        let named = |name: &str| {
            let name = name.to_owned();
            world.alerts.queue().filter(move |tracked| tracked.alert.name() == name)
        };
        let over = |tracked: &Tracked| tracked.resolved_at.is_some();
        let firing = || world.alerts.queue().any(|one| one.severity == Severity::Critical && one.state == State::Firing);
        let status = world.incidents.iter().next().map(|incident| incident.status);
        match self {
            Self::Fired(name) => named(name).next().is_some(),
            Self::Owned(name) => named(name).any(|one| over(one) || one.state == State::Acknowledged),
            Self::Silenced(name) => named(name).all(|one| !matches!(one.state, State::Firing | State::Pending)),
            Self::Declared => status.is_some(),
            Self::Prepared(book) => world.runs.iter().any(|(_, run)| is_of(run, book)),
            Self::Completed(book) => world.runs.iter().any(|(_, run)| is_of(run, book) && run.state().is_success()),
            Self::Over => !firing(),
            Self::Resolved => status.is_some_and(|status| status == Status::Resolved || status.is_over()),
            Self::Closed => status.is_some_and(Status::is_over),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scenario::{named, names};
    use super::*;

    #[test]
    fn every_line_fits_its_place_at_every_size() {
        let words: Words = serde_yaml::from_str(include_str!("scenarios/run.yaml")).expect("words");
        let Words { ready, confirm, tick, choose, running, failed, other, again } = words;
        let of_runs = [ready, confirm, tick, choose, running, failed, other, again].map(|pair| (pair.press, pair.why));
        let stages = names().flat_map(|name| named(name).expect("a scenario").tour);
        let all = stages.map(|stage| (stage.press, stage.why)).chain(of_runs);
        for (text, why) in all {
            let hint = Hint { step: Some((10, 10)), text, why };
            let small = hint.lines(40, "");
            assert!(
                small.concat().contains(hint.text.split(' ').next_back().expect("a word")),
                "too long for 40 columns: {hint:?}"
            );
            let wide = hint.lines(100, "").join(" ");
            assert!(wide.contains(hint.why.split(' ').next_back().unwrap_or_default()), "too long for 100 columns: {hint:?}");
        }
    }

    #[test]
    fn only_the_last_step_has_no_end() {
        for name in names() {
            let tour = named(name).expect("a scenario").tour;
            let ends: Vec<bool> = tour.iter().map(|stage| stage.until.is_none()).collect();
            assert_eq!(ends.iter().position(|end| *end), Some(ends.len() - 1), "{name}");
        }
    }
}

//! One line that leads a newcomer through the outage, by how far they have come. Invariant: whatever has been done so far
//! and in whatever order, what the line says is true.

use crate::cli::console::Guide;
use crate::domain::alert::Severity;
use crate::domain::ids::RunId;
use crate::domain::incident::Status;
use crate::domain::run::{Run, RunState, StepState};
use crate::model::World;
use crate::model::alerts::State;
use serde::Deserialize;

/// What a scenario says, by how far the operator has come.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    quiet: String,
    acknowledge: String,
    declare: String,
    start: String,
    ready: String,
    confirm: String,
    tick: String,
    running: String,
    failed: String,
    wait: String,
    resolve: String,
    close: String,
    missed: String,
    done: String,
}

pub fn of(words: Words) -> Guide {
    Box::new(move |world| Some(stage(&words, world).to_owned()))
}

/// How far the operator has come.
fn stage<'w>(words: &'w Words, world: &World) -> &'w str {
    let critical = || world.alerts.queue().filter(|tracked| tracked.severity == Severity::Critical);
    let firing = critical().any(|tracked| tracked.resolved_at.is_none());
    let status = world.incidents.iter().next().map(|incident| incident.status);
    let run = world.runs.open().next();
    match (status.filter(|status| !(firing && status.is_over())), run) {
        (Some(status), _) if status.is_over() => &words.done,
        (Some(_), Some((id, run))) => of_run(words, world, id, run),
        (Some(_), None) if firing => {
            if through(world) {
                &words.wait
            } else {
                &words.start
            }
        }
        (Some(Status::Resolved), None) => &words.close,
        (Some(_), None) => &words.resolve,
        (None, _) if critical().any(|tracked| tracked.state == State::Acknowledged) => &words.declare,
        (None, _) if firing => &words.acknowledge,
        (None, _) if critical().next().is_some() => &words.missed,
        (None, _) => &words.quiet,
    }
}

/// What the step at hand waits for.
fn of_run<'w>(words: &'w Words, world: &World, id: RunId, run: &Run) -> &'w str {
    let state = run.at().and_then(|(record, _)| world.runs.state_of(id, &record.plan.id));
    match state {
        Some(StepState::Pending | StepState::Ready) => &words.ready,
        Some(StepState::AwaitingConfirm | StepState::AwaitingApproval) => &words.confirm,
        Some(StepState::AwaitingInput) => &words.tick,
        Some(state) if state.is_failure() || state == StepState::Unknown => &words.failed,
        _ => &words.running,
    }
}

/// The last run did all that it was to do.
fn through(world: &World) -> bool {
    world.runs.iter().next().is_some_and(|(_, run)| run.state() == RunState::Completed)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_line_fits_into_a_terminal_of_120_columns() {
        let lines = include_str!("scenario.yaml").lines().skip_while(|line| *line != "guide:").skip(1);
        let words: Vec<&str> = lines.filter_map(|line| line.split_once(": ")).map(|(_, words)| words).collect();
        assert!(words.len() > 10);
        words.iter().for_each(|words| assert!(words.chars().count() <= 120, "{words}"));
    }
}

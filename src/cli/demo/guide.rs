//! One line that leads a newcomer through the outage, by how far they have come.

use super::outage::Scenario;
use crate::cli::console::Guide;
use crate::domain::alert::Severity;
use crate::domain::incident::Status;
use crate::model::World;
use crate::model::alerts::State;

/// The guide of a scenario: its words, by stage.
pub fn of(scenario: &Scenario) -> Guide {
    let words = scenario.guide.clone();
    Box::new(move |world| words.get(stage(world)).cloned())
}

/// How far the operator has come.
fn stage(world: &World) -> &'static str {
    let critical =
        |wanted: State| world.alerts.queue().any(|tracked| tracked.severity == Severity::Critical && tracked.state == wanted);
    let incident = world.incidents.iter().next();
    let firing = critical(State::Firing) || critical(State::Acknowledged);
    match incident.map(|incident| incident.status) {
        Some(Status::Closed | Status::Cancelled | Status::Merged) => "done",
        Some(_) if firing && world.runs.open().next().is_none() => "start",
        Some(_) if firing => "run",
        Some(_) => "resolve",
        None if critical(State::Acknowledged) => "declare",
        None if critical(State::Firing) => "acknowledge",
        None => "quiet",
    }
}

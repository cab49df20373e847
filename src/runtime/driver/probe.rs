//! A step's `status` block: it only looks, so it needs no intent; what it says is one fact.

use super::attempt::{self, Try};
use super::{Setup, Which, block, feeds, request};
use crate::domain::ids::StepId;
use crate::domain::run::{Probe, StepEnd, StepState};
use crate::model::runs::{Look, RunFact};
use crate::steps;
use tokio::sync::watch;

pub(super) fn perform(setup: &Setup, look: &Look) {
    let (probe, exit_code, detail) = match ask(setup, look) {
        Ok(end) => (answer(&end), end.exit_code, end.detail),
        Err(why) => (Probe::Unclear, None, why),
    };
    let detail = if probe == Probe::Unclear { detail } else { String::new() };
    let (run, step, attempt) = (look.setup.run, look.step.clone(), look.attempt);
    setup.say(RunFact::Probed { run, step, attempt, probe, exit_code, detail });
}

fn ask(setup: &Setup, look: &Look) -> Result<StepEnd, String> {
    let step = look.playbook.step(&look.step).and_then(|step| step.probing()).ok_or("the step has no `status` block")?;
    // Named apart from the attempt: nobody may take its processes for those of the step.
    let named = |number: u32| Which { run: look.setup.run, step: StepId::new(format!("{}.status", look.step)), attempt: number };
    let free = (look.attempt..).find(|number| !attempt::folder(setup, &named(*number)).exists()).unwrap_or(look.attempt);
    let which = named(free);
    let (_cancel, wish) = watch::channel(None);
    let this = Try {
        setup,
        which: &which,
        step: &step,
        shared: &look.setup,
        folder: attempt::folder(setup, &which),
        works_in: attempt::works_in(setup, &which, &look.playbook),
        wish,
        left: step.fields.timeout,
    };
    let (body, out) = (step.body.as_ref().ok_or("the step has no `status` block")?, this.outputs_file());
    match steps::launch(&step, body, &this.setting(&out))? {
        steps::Launch::Shell(shell) => Ok(block::run(&this, look.about, shell)),
        steps::Launch::Http { request, reads: true } => Ok(request::run(&this, None, *request, true)),
        steps::Launch::Query(query) => Ok(request::query(&this, &query)),
        steps::Launch::Feeds(selector) => Ok(feeds::ask(&this, selector)),
        steps::Launch::Http { .. } => Err("a `status` block may only look: this request would change something".into()),
    }
}

/// Exit 0 yes, 1 no, anything else unclear. A request with a status of 2xx says yes; no other answer of it says no.
fn answer(end: &StepEnd) -> Probe {
    match (end.state, steps::status(end.exit_code)) {
        (StepState::Succeeded, _) => Probe::Done,
        (StepState::Failed, Some(false)) => Probe::NotDone,
        _ => Probe::Unclear,
    }
}

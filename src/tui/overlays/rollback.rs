//! The way back, shown whole before it is started: what would be undone, in which order, and what nothing can undo.

use super::confirm::{self, Question};
use crate::domain::ids::RunId;
use crate::domain::playbook::Playbook;
use crate::domain::run::{Planned, Run};
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::runs::{RunCommand, flow};
use crate::tui::view::{Reply, View};

/// A plan with everything that is to be said of it.
pub struct Plan {
    run: RunId,
    facts: Vec<String>,
}

/// What a rollback would do now; `None` where it can't be started, or would do nothing.
pub fn plan(run: RunId, view: &View) -> Option<Plan> {
    let plan = view.world.runs.rollback(run).ok()?;
    let empty = plan.undo.is_empty() && plan.section.is_empty();
    (!empty).then(|| Plan { run, facts: told(run, &plan, view) })
}

/// Shows the plan, or why there is none.
pub fn open(run: RunId, view: &View) -> Vec<Reply> {
    match view.world.runs.rollback(run) {
        Ok(plan) => Plan { run, facts: told(run, &plan, view) }.open(),
        Err(why) => vec![Reply::Say(format!("It can't be rolled back: {}", inert(&why)))],
    }
}

impl Plan {
    pub fn open(&self) -> Vec<Reply> {
        let run = self.run;
        vec![Reply::Open(confirm::open(Question {
            title: "Roll back".to_owned(),
            facts: self.facts.clone(),
            verb: "start the rollback",
            typed: Some("roll back".to_owned()),
            yes: Box::new(move |_| vec![Reply::Ask(Command::Run(RunCommand::Rollback { run }))]),
        }))]
    }
}

fn told(run: RunId, plan: &flow::Rollback, view: &View) -> Vec<String> {
    let (book, state) = (view.world.runs.playbook_of(run), view.world.runs.get(run));
    let title = |step: &crate::domain::ids::StepId| {
        let title = state.and_then(|run: &Run| run.record(step)).map(|record| record.plan.title.as_str());
        let title = title.or_else(|| book.and_then(|book| book.step(step)).map(|step| step.title.as_str()));
        inert(title.unwrap_or(step.as_str())).into_owned()
    };
    let steps = plan.undo.iter().chain(&plan.section).enumerate();
    let mut facts: Vec<String> = steps.flat_map(|(number, step)| of_step(number + 1, step, book.map(|book| &**book))).collect();
    match facts.is_empty() {
        true => facts.push("There is nothing to undo.".to_owned()),
        false => facts.insert(0, "In this order, each started by itself:".to_owned()),
    }
    facts.extend(plan.without_undo.iter().map(|step| format!("✗ nothing is stated that undoes “{}”", title(step))));
    facts.extend(plan.unwanted.iter().map(|step| format!("– “{}” is left out: its condition does not hold", title(step))));
    facts
}

fn of_step(number: usize, step: &Planned, book: Option<&Playbook>) -> Vec<String> {
    let body = book.and_then(|book| book.step(&step.id)).and_then(|step| step.body.as_ref());
    let lines = body.map_or("", |body| body.text.as_str()).lines().map(|line| format!("   $ {}", inert(line)));
    std::iter::once(format!("{number}. {}", inert(&step.title))).chain(lines).collect()
}

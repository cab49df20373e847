//! The way back, shown whole before it is started: what would be undone, in which order, and what nothing can undo.

use super::confirm::{self, Question};
use crate::domain::ids::RunId;
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::runs::{RunCommand, shown};
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
    (!empty).then(|| Plan { run, facts: shown::rollback(view.world, run, &plan) })
}

/// Shows the plan, or why there is none.
pub fn open(run: RunId, view: &View) -> Vec<Reply> {
    match view.world.runs.rollback(run) {
        Ok(plan) => Plan { run, facts: shown::rollback(view.world, run, &plan) }.open(),
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

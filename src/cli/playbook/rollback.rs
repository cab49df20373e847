//! The rollback of a run: its plan is shown first, and only a person starts it.

use super::typist::Typist;
use super::{drive, tell};
use crate::cli::{Exit, Failure, Globals, out};
use crate::domain::ids::RunId;
use crate::model::World;
use crate::model::runs::{RunCommand, Typed, flow, shown};
use serde_json::json;

pub fn rollback(globals: &Globals, name: &str, yes: bool, secrets: &Typed) -> anyhow::Result<Exit> {
    let (mut session, run) = drive::open(globals, name)?;
    drive::over(session.world(), run)?;
    let before = drive::before(&session, globals, run);
    drive::take_up(&mut session, globals, run, secrets)?;
    let plan = match session.world().runs.rollback(run) {
        Ok(plan) => plan,
        Err(why) => {
            drive::leave(&mut session, run);
            return Err(Failure::usage(why).into());
        }
    };
    let asked = !yes && out::at_terminal() && !globals.json;
    if !globals.json {
        let text = plan_of(session.world(), run, &plan);
        if yes { out::warn(text.trim_end()) } else { out::text(&text)? }
    }
    let mut typist = if asked { Some(Typist::here(&session, globals)?) } else { None };
    let said = typist.as_mut().and_then(|typist| typist.ask(&mut session, run, "type `roll back` to start it"));
    if yes || said.as_deref() == Some("roll back") {
        return drive::do_all(&mut session, globals, run, vec![RunCommand::Rollback { run }], before);
    }
    drive::leave(&mut session, run);
    if globals.json {
        out::json(&document(session.world(), run, &plan))?;
    }
    Ok(Exit::No)
}

fn plan_of(world: &World, run: RunId, plan: &flow::Rollback) -> String {
    let facts: String = shown::rollback(world, run, plan).into_iter().map(|fact| fact + "\n").collect();
    facts + &format!("Start it with: midwatch playbook rollback {run} --yes\n")
}

fn document(world: &World, run: RunId, plan: &flow::Rollback) -> serde_json::Value {
    let mut document = tell::document(world, run);
    document["rollback"] =
        json!({"undo": plan.undo, "section": plan.section, "unwanted": plan.unwanted, "without_undo": plan.without_undo});
    document
}

//! The rollback of a run: its plan is shown first, and only a person starts it.

use super::{drive, tell};
use crate::cli::{Exit, Failure, Globals, out};
use crate::domain::ids::RunId;
use crate::domain::run::Planned;
use crate::domain::text::inert;
use crate::model::World;
use crate::model::runs::{RunCommand, flow};
use serde_json::json;

pub fn rollback(globals: &Globals, name: &str, yes: bool) -> anyhow::Result<Exit> {
    let (mut session, run) = drive::open(globals, name)?;
    drive::over(session.world(), run)?;
    drive::take_up(&mut session, run)?;
    let plan = match session.world().runs.rollback(run) {
        Ok(plan) => plan,
        Err(why) => {
            drive::leave(&mut session, run);
            return Err(Failure::usage(why).into());
        }
    };
    let asked = !yes && out::at_terminal() && !globals.json;
    if !globals.json {
        let text = shown(session.world(), run, &plan);
        if yes { out::warn(text.trim_end()) } else { out::text(&text)? }
    }
    if yes || (asked && super::terminal::ask("type `roll back` to start it").as_deref() == Some("roll back")) {
        return drive::do_all(&mut session, globals, run, vec![RunCommand::Rollback { run }]);
    }
    drive::leave(&mut session, run);
    if globals.json {
        out::json(&document(session.world(), run, &plan))?;
    }
    Ok(Exit::No)
}

fn shown(world: &World, run: RunId, plan: &flow::Rollback) -> String {
    let book = world.runs.playbook_of(run);
    let line = |planned: &Planned| {
        let body = book.and_then(|book| book.step(&planned.id)).and_then(|step| step.body.as_ref());
        let body: String =
            body.map_or("", |body| body.text.as_str()).lines().map(|line| format!("      {}\n", inert(line))).collect();
        format!("  {}\n{body}", inert(&planned.title))
    };
    let steps: String = plan.undo.iter().chain(&plan.section).map(line).collect();
    let mut text = match steps.is_empty() {
        true => "There is nothing to undo.\n".to_owned(),
        false => format!("A rollback would run, in this order:\n{steps}"),
    };
    if !plan.without_undo.is_empty() {
        let left: Vec<&str> = plan.without_undo.iter().map(|step| step.as_str()).collect();
        text += &format!("Nothing is stated to undo: {}\n", left.join(", "));
    }
    text + &format!("Start it with: midwatch playbook rollback {run} --yes\n")
}

fn document(world: &World, run: RunId, plan: &flow::Rollback) -> serde_json::Value {
    let mut document = tell::document(world, run);
    document["rollback"] =
        json!({"undo": plan.undo, "section": plan.section, "unwanted": plan.unwanted, "without_undo": plan.without_undo});
    document
}

//! What a person is shown before something of a run is started: exactly what will run, with which values, where, as whom, how dangerous
//! that is. The console's dialogs and the command line ask here, so that nobody confirms less than anybody else.

use super::flow;
use crate::domain::ids::RunId;
use crate::domain::playbook::{Child, How, Playbook, Step, expand, names};
use crate::domain::run::{Planned, Run, RunMode};
use crate::domain::text::inert;
use crate::model::World;

/// The text as it was when the run was prepared, and its parameters beside it. Each line is harmless.
pub fn step(world: &World, run: &Run, step: &Step) -> Vec<String> {
    let acting = flow::acting(step, run.mode.unwrap_or(RunMode::Live));
    let Some(step) = acting.as_deref() else { return vec!["In this mode nothing of it is run.".to_owned()] };
    let body = step.body.as_ref().map_or("", |body| body.text.as_str());
    let mut facts: Vec<String> = body.lines().map(|line| format!("$ {}", inert(line))).collect();
    if let How::Child(child) = &step.how {
        facts.extend(handed(child));
    }
    facts.extend(values(run, step).into_iter().map(|(name, value, origin)| format!("{name}={value} {origin}")));
    if step.body.is_some() {
        facts.push(place(world, run, step));
    }
    if step.fields.tty {
        facts.push("It gets this terminal until it ends. Nothing that it shows is kept.".to_owned());
    }
    let timeout = humantime::format_duration(step.fields.timeout);
    facts.push(format!("risk: {} · timeout {timeout} · {}", step.fields.risk.word(), world.settings.environment.word()));
    facts
}

fn handed(child: &Child) -> Vec<String> {
    let with = child.with.iter().map(|(theirs, ours)| format!("{theirs} gets the value of {ours}"));
    std::iter::once(format!("a run of its own: {}", inert(&child.link))).chain(with).collect()
}

/// What a rollback would do, in which order, and what nothing can undo.
pub fn rollback(world: &World, id: RunId, plan: &flow::Rollback) -> Vec<String> {
    let (book, run) = (world.runs.playbook_of(id).map(|book| &**book), world.runs.get(id));
    let title = |step: &crate::domain::ids::StepId| {
        let title = run.and_then(|run| run.record(step)).map(|record| record.plan.title.as_str());
        let title = title.or_else(|| book.and_then(|book| book.step(step)).map(|step| step.title.as_str()));
        inert(title.unwrap_or(step.as_str())).into_owned()
    };
    let steps = plan.undo.iter().chain(&plan.section).enumerate();
    let mut facts: Vec<String> = steps.flat_map(|(number, step)| of_way_back(world, run, book, number + 1, step)).collect();
    match facts.is_empty() {
        true => facts.push("There is nothing to undo.".to_owned()),
        false => facts.insert(0, "In this order, one at a time, each when you start it:".to_owned()),
    }
    facts.extend(plan.without_undo.iter().map(|step| format!("✗ nothing is stated that undoes “{}”", title(step))));
    facts.extend(plan.unwanted.iter().map(|step| format!("– “{}” is left out: its condition does not hold", title(step))));
    facts
}

/// A step of the way back under its number; what a person does, or decides, has nothing that would run.
fn of_way_back(world: &World, run: Option<&Run>, book: Option<&Playbook>, number: usize, planned: &Planned) -> Vec<String> {
    let known = run.zip(book.and_then(|book| book.step(&planned.id)));
    let runs = known.filter(|(run, step)| {
        matches!(step.how, How::Launch | How::Child(_)) && !flow::by_person(step, run.mode.unwrap_or(RunMode::Live))
    });
    let facts = runs.map(|(run, own)| step(world, run, own)).unwrap_or_default();
    std::iter::once(format!("{number}. {}", inert(&planned.title)))
        .chain(facts.into_iter().map(|fact| format!("   {fact}")))
        .collect()
}

/// The names that a step's command uses, each once, with their values and where those came from; a secret has none to show.
pub fn values(run: &Run, step: &Step) -> Vec<(String, String, String)> {
    let outputs = run.outputs();
    let mut found: Vec<(String, String, String)> = Vec::new();
    for (_, name) in names(step.body.as_ref().map_or("", |body| body.text.as_str())) {
        let own = run.origins.contains_key(name) || run.params.contains_key(name) || outputs.contains_key(name);
        if !own || found.iter().any(|(known, ..)| known == name) {
            continue;
        }
        let value = flow::value(run, name).map_or_else(|| "(not shown)".to_owned(), |value| inert(&value).into_owned());
        let origin = match (outputs.contains_key(name), run.origins.get(name)) {
            (true, _) => "(an earlier step)".to_owned(),
            (false, Some(origin)) => format!("({})", inert(origin)),
            (false, None) => String::new(),
        };
        found.push((name.to_owned(), value, origin));
    }
    found
}

/// Where a step's command runs, with the parameters filled in.
pub fn host(run: &Run, step: &Step) -> Option<String> {
    let host = step.fields.host.as_deref()?;
    Some(expand(host, &|name| flow::value(run, name)).unwrap_or_else(|_| host.to_owned()))
}

/// `on db-2 as ana`.
pub fn place(world: &World, run: &Run, step: &Step) -> String {
    let host = host(run, step).unwrap_or_else(|| "this machine".to_owned());
    let user = world.me.os_user.as_deref().unwrap_or(&world.me.name);
    format!("on {} as {}", inert(&host), inert(user))
}

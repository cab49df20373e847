//! What can be asked of playbooks without running one.

use super::tell;
use crate::cli::session::{Needs, Session};
use crate::cli::{Exit, Failure, Globals, library, out, target};
use crate::domain::ids::{AlertId, RunId};
use crate::domain::playbook::Playbook;
use crate::domain::run::{Run, RunMode, RunState};
use crate::model::runs::{Typed, unanswered};
use crate::playbook;
use serde_json::json;
use std::collections::BTreeMap;

pub fn list(globals: &Globals) -> anyhow::Result<Exit> {
    let session = Session::open(globals, Needs::Journal)?;
    let catalogue = library::catalogue(&session.config);
    catalogue.troubles.iter().for_each(|trouble| out::warn(trouble));
    let open: Vec<_> = session.world().runs.open().collect();
    if globals.json {
        let playbooks: Vec<_> = catalogue.all().iter().map(|book| listed(book)).collect();
        let runs: Vec<_> = open.iter().map(|(id, run)| tell::run(*id, run)).collect();
        out::json(&json!({"schema": 1, "playbooks": playbooks, "runs": runs}))?;
        return Ok(Exit::Done);
    }
    let row = |book: &Playbook| {
        let practice = book.meta.practice.map_or("", |practice| practice.word());
        let state = if book.unfit().is_some() { "can't be run" } else { "" };
        vec![book.id.to_string(), practice.to_owned(), book.title.clone(), state.to_owned()]
    };
    let rows: Vec<_> = catalogue.all().iter().map(|book| row(book)).collect();
    let mut text = out::table(&["PLAYBOOK", "PRACTICE", "TITLE", ""], &rows);
    if !open.is_empty() {
        let row = |(id, run): &(RunId, &Run)| {
            let at = run.at().map_or(String::new(), |(record, _)| record.plan.title.clone());
            let name = run.playbook.as_ref().map_or(String::new(), ToString::to_string);
            let dry = if run.mode == Some(RunMode::DryRun) { " (dry run)" } else { "" };
            let by = run.driver.clone().unwrap_or_else(|| "-".to_owned());
            let apart = session.world().runs.told_apart(*id).unwrap_or_else(|| "-".to_owned());
            vec![id.to_string(), name, apart, format!("{}{dry}", run.state()), by, at]
        };
        text += "\n";
        text += &out::table(&["RUN", "PLAYBOOK", "WITH", "STATE", "BY", "AT"], &open.iter().map(row).collect::<Vec<_>>());
        text += &open.iter().filter_map(|(id, run)| next(*id, run)).collect::<String>();
    }
    out::text(&text)?;
    Ok(Exit::Done)
}

/// How a run that nobody drives is taken up.
fn next(id: RunId, run: &Run) -> Option<String> {
    let resume = format!("`midwatch playbook resume {id}` takes it up");
    Some(match run.state() {
        RunState::Interrupted => {
            format!("{id}: its console died. {resume}, `midwatch playbook abandon {id} --reason WHY` closes it\n")
        }
        RunState::Paused => format!("{id}: it is paused. `midwatch playbook unpause {id}` lets it go on\n"),
        _ if run.driver.is_none() => format!("{id}: nobody drives it. {resume}\n"),
        _ => return None,
    })
}

fn listed(book: &Playbook) -> serde_json::Value {
    json!({
        "id": book.id,
        "title": book.title,
        "place": book.place.to_string(),
        "executable": book.executable,
        "practice": book.meta.practice.map(|practice| practice.word()),
        "purpose": book.meta.purpose.map(|purpose| purpose.word()),
        "owner": book.meta.owner,
        "services": book.meta.services,
        "digest": book.digest,
        "unfit": book.unfit(),
        "problems": book.problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>(),
    })
}

pub fn show(globals: &Globals, name: &str) -> anyhow::Result<Exit> {
    let session = Session::open(globals, Needs::Nothing)?;
    let catalogue = library::catalogue(&session.config);
    let book = catalogue.get(name).map_err(Failure::usage)?;
    match globals.json {
        true => {
            let (run, steps, mut document) = (tell::unborn(book), tell::plan(book), listed(book));
            document["text"] = json!(book.text);
            out::json(&json!({"schema": 1, "playbook": document, "run": run, "steps": steps}))?;
        }
        false => out::text(&book.show())?,
    }
    Ok(Exit::Done)
}

pub fn plan(globals: &Globals, name: &str, params: BTreeMap<String, String>, alert: Option<String>) -> anyhow::Result<Exit> {
    let mut session = Session::open(globals, if alert.is_some() { Needs::Remotes } else { Needs::Nothing })?;
    let alert = one_alert(&mut session, alert)?;
    let catalogue = session.playbooks(globals)?;
    let book = catalogue.get(name).map_err(Failure::usage)?;
    let resolved = session.world().resolved(book, &Typed(params), alert.as_ref());
    let mut plan = playbook::plan(book, &resolved, &library::installed);
    plan.obstacles.extend(unanswered(&session.world().settings, book));
    if globals.json {
        let params: Vec<_> =
            plan.params.iter().map(|param| json!({"name": param.name, "value": param.value, "origin": param.origin})).collect();
        let (missing, obstacles) = (&plan.missing, &plan.obstacles);
        let (run, steps) = (tell::unborn(book), tell::plan(book));
        out::json(
            &json!({"schema": 1, "run": run, "steps": steps, "params": params, "missing": missing, "obstacles": obstacles}),
        )?;
    } else {
        out::text(&plan.to_string())?;
    }
    Ok(if plan.obstacles.is_empty() { Exit::Done } else { Exit::No })
}

/// The alert that a person means, once the sources have been asked.
///
/// # Errors
/// None, or several.
pub fn one_alert(session: &mut Session, target: Option<String>) -> anyhow::Result<Option<AlertId>> {
    let Some(target) = target else { return Ok(None) };
    session.poll();
    let targets = target::Targets { targets: vec![target], filter: None, yes: false };
    Ok(targets.resolve(session.world())?.into_iter().next())
}

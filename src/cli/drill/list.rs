//! What was practised, what was found by it, and whose turn it is.

use super::super::readiness::{self, Known};
use super::super::{Exit, Globals, log, out, session};
use super::{clearing, held};
use crate::domain::drill::Held;
use crate::domain::ids::RunId;
use crate::domain::millis;
use crate::domain::practice::{Finding, Practised, Verdict};
use crate::domain::readiness::{This, word};
use crate::domain::run::Run;
use serde_json::{Value, json};

pub fn list(globals: &Globals, known: &Known) -> anyhow::Result<Exit> {
    let board = known.grounds().board(known.now);
    let rated = |practised: &Practised| {
        let row = board.row(&practised.playbook);
        practised.verdict(row.and_then(|row| row.rto), row.and_then(|row| row.rpo))
    };
    let shell = session::remembered(globals, &known.config)?;
    let (world, now) = (&shell.world, shell.world.now);
    let held = world.drills.open();
    let left: Vec<(RunId, &Run)> = world.runs.open().filter(|(_, run)| run.drill.is_some()).collect();
    let newest = || known.record.practised.iter().rev();
    let open: Vec<&Finding> = known.record.findings.iter().filter(|finding| finding.closed.is_none()).collect();
    if globals.json {
        let one = |practised: &Practised| {
            let mut one = readiness::practised(practised);
            one["verdict"] = json!(rated(practised));
            one
        };
        let practised: Vec<Value> = newest().map(one).collect();
        let findings: Vec<Value> = known.record.findings.iter().map(finding).collect();
        let drills: Vec<Value> = known.record.drills.iter().rev().map(finished).collect();
        let left: Vec<Value> = left
            .iter()
            .map(|(id, run)| json!({"run": id, "playbook": run.playbook, "drill": run.drill, "state": run.state().to_string(), "stuck_at": run.stuck_clearing().map(|step| &step.plan.id)}))
            .collect();
        out::json(&json!({
            "schema": 1, "held": held.map(|drill| held::document(world, drill, None)), "left": left, "drills": drills,
            "practised": practised, "findings": findings, "week": readiness::this(&board.week),
        }))?;
        return Ok(Exit::Done);
    }
    let zone = known.config.console.zone;
    let row = |practised: &Practised| {
        let verdict: Verdict = rated(practised);
        vec![
            log::time(practised.ended_at, zone),
            practised.playbook.to_string(),
            word(verdict).to_owned(),
            practised.took.map_or("-".to_owned(), out::age),
            practised.by.clone(),
            match (practised.drill, practised.incident) {
                (true, _) => "drill",
                (false, Some(_)) => "real",
                (false, None) => "live",
            }
            .to_owned(),
            practised.run.to_string(),
        ]
    };
    let rows: Vec<_> = newest().map(row).collect();
    let mut text = String::new();
    if let Some(drill) = held {
        let stands = match (&drill.aborted, &drill.paused) {
            (Some(why), _) => format!("called off: {}", out::inert(why)),
            (None, Some(why)) => format!("paused: {}", out::inert(why)),
            (None, None) => format!("{} on its clock", out::age(world.elapsed_in(drill, now.wall))),
        };
        text += &format!("HELD NOW  {}  by {}  {stands}\n", drill.id, out::inert(&drill.by));
    }
    for (id, run) in &left {
        let book = run.playbook.as_ref().map_or(String::new(), ToString::to_string);
        // Only what is held can be called off.
        let of_held = held.is_some_and(|drill| run.incident == Some(drill.incident));
        let next = match clearing::stuck(*id, run) {
            Some(stuck) => stuck,
            None if of_held => format!("`midwatch drill abort --reason TEXT`, or `midwatch playbook resume {id}`"),
            None => format!("`midwatch playbook resume {id}`, or `midwatch playbook cancel {id}`, which clears it away"),
        };
        text += &format!("NOT CLEARED AWAY  run {id} of {book}, {}: {next}\n", run.state());
    }
    if !text.is_empty() {
        text += "\n";
    }
    text += &match rows.is_empty() {
        true => "Nothing was practised yet.\n".to_owned(),
        false => out::table(&["ENDED", "PLAYBOOK", "", "TOOK", "BY", "", "RUN"], &rows),
    };
    if !known.record.drills.is_empty() {
        let row = |held: &Held| {
            let (results, score) = (&held.measured, &held.measured.score);
            let points = if score.all.is_empty() { "-".to_owned() } else { format!("{} of {}", score.points(), score.most()) };
            vec![
                log::time(held.at, zone),
                held.id.clone(),
                word(results.verdict).to_owned(),
                held.kind.word().to_owned(),
                results.recovered.map_or("-".to_owned(), out::age),
                points,
                held.by.clone(),
            ]
        };
        let rows: Vec<_> = known.record.drills.iter().rev().map(row).collect();
        text += "\n";
        text += &out::table(&["FINISHED", "DRILL", "", "KIND", "RECOVERED", "SCORE", "BY"], &rows);
    }
    if !open.is_empty() {
        let row = |finding: &&Finding| {
            let due = finding.due.map_or("-".to_owned(), |due| due.to_string());
            let owner = finding.owner.clone().unwrap_or_else(|| "nobody".to_owned());
            vec![due, owner, finding.playbook.to_string(), finding.id.to_string(), finding.text.clone()]
        };
        text += "\n";
        text += &out::table(&["DUE", "OWNER", "PLAYBOOK", "ID", "FINDING"], &open.iter().map(row).collect::<Vec<_>>());
    }
    out::text(&format!("{text}\n{}\n", readiness::week(&board.week)))?;
    Ok(Exit::Done)
}

fn finished(held: &Held) -> Value {
    json!({
        "id": held.id, "incident": held.incident, "scenario": held.scenario, "title": held.title, "kind": held.kind,
        "playbook": held.playbook, "at": millis::text(held.at), "by": held.by, "said": held.said,
        "results": held::measures(&held.measured),
    })
}

fn finding(finding: &Finding) -> Value {
    let closed = finding.closed.as_ref();
    json!({
        "id": finding.id, "text": finding.text, "playbook": finding.playbook, "run": finding.run, "at": millis::text(finding.at),
        "by": finding.by, "owner": finding.owner, "due": finding.due,
        "closed": closed.map(|closed| json!({"at": millis::text(closed.at), "by": closed.by, "how": closed.how})),
    })
}

pub fn schedule(globals: &Globals, known: &Known, weeks: usize) -> anyhow::Result<Exit> {
    let ahead = known.grounds().ahead(known.now, weeks);
    if globals.json {
        out::json(&json!({"schema": 1, "weeks": ahead.iter().map(readiness::this).collect::<Vec<_>>()}))?;
        return Ok(Exit::Done);
    }
    let row = |this: &This| {
        let put_off = this.skips.iter().map(|skip| format!("{} put off by {}: {}", skip.playbook, skip.by, skip.reason));
        let done = this.done.then(|| "something was practised".to_owned());
        let held = this.held.as_ref().map(|why| format!("held: {why}"));
        let turn = this.turn.as_ref().filter(|_| this.held.is_none()).map_or("-".to_owned(), ToString::to_string);
        let why = held.into_iter().chain(done).chain(put_off).chain((!this.why.is_empty()).then(|| this.why.join(", ")));
        vec![this.week.to_string(), this.week.monday().to_string(), turn, why.collect::<Vec<_>>().join("; ")]
    };
    out::text(&out::table(&["WEEK", "MONDAY", "PLAYBOOK", ""], &ahead.iter().map(row).collect::<Vec<_>>()))?;
    Ok(Exit::Done)
}

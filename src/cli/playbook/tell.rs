//! A run as JSON with the pinned names, and in lines for people.

use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::{How, OnFail, Picked, Playbook, Step, Target, Times, expand};
use crate::domain::run::{Attempt, Cursor, Probe, Run, RunMode, StepEnd, StepRecord, StepState};
use crate::domain::text::inert;
use crate::model::World;
use crate::model::runs::{flow, shown};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// The whole document of one run.
pub fn document(world: &World, id: RunId) -> Value {
    let Some(state) = world.runs.get(id) else { return Value::Null };
    let steps: Vec<Value> = state.steps.iter().map(|record| step(world, id, record)).collect();
    let mut document = json!({"schema": 1, "run": run(id, state), "steps": steps});
    document["run"]["state"] = json!(world.runs.state(id));
    document["run"]["part"] = json!(world.runs.child_of(id));
    document
}

pub fn run(id: RunId, run: &Run) -> Value {
    json!({
        "id": id,
        "playbook": run.playbook,
        "mode": run.mode,
        "state": run.state(),
        "started_at": time(run.prepared_at),
        "ended_at": time(run.ended.as_ref().map(|(_, at, _)| *at)),
        "digest": run.digest,
        "title": run.title,
        "at": run.at().map(|(record, _)| record.plan.id.clone()),
        "reason": run.ended.as_ref().map(|(.., reason)| reason.clone()),
        "verified_at": time(run.verified_at),
        "incident": run.incident,
        "alert": run.alert,
        "params": run.params,
        "drill": run.drill,
        "parent": run.parent,
    })
}

fn step(world: &World, id: RunId, record: &StepRecord) -> Value {
    let plan = &record.plan;
    let live = |attempt: &Attempt| match attempt.state.is_open() {
        true => world.runs.state_of(id, &plan.id).unwrap_or(attempt.state),
        false => attempt.state,
    };
    let attempts: Vec<Value> = record.attempts.iter().map(|one| attempt(one, live(one))).collect();
    json!({
        "id": plan.id,
        "title": plan.title,
        "kind": plan.kind,
        "state": world.runs.state_of(id, &plan.id),
        "attempts": attempts,
        "section": plan.section,
        "skipped": record.skipped,
        "ticked": record.ticked,
        "notes": record.notes,
    })
}

fn attempt(attempt: &Attempt, state: StepState) -> Value {
    let end = attempt.end.as_ref();
    json!({
        "state": state,
        "exit_code": end.and_then(|end| end.exit_code),
        "started_at": time(Some(attempt.started_at)),
        "ended_at": time(attempt.ended_at),
        "number": attempt.number,
        "signal": end.and_then(|end| end.signal),
        "survivors": end.map(|end| end.survivors.clone()).unwrap_or_default(),
        "truncated": end.is_some_and(|end| end.truncated),
        "detail": end.map(|end| end.detail.clone()).filter(|detail| !detail.is_empty()),
        "resolved": attempt.resolved,
        "tries": end.map(|end| &end.tries).filter(|tries| !tries.is_empty()),
    })
}

/// A run that there is none of.
pub fn unborn(book: &Playbook) -> Value {
    json!({"id": null, "playbook": book.id, "mode": RunMode::Live, "state": null, "started_at": null, "ended_at": null, "digest": book.digest})
}

/// The steps of a run that there is none of.
pub fn plan(book: &Playbook) -> Vec<Value> {
    let step = |plan: &crate::domain::run::Planned| {
        let mut step = json!({"id": plan.id, "title": plan.title, "kind": plan.kind, "state": StepState::Pending, "attempts": [], "section": plan.section});
        if let (Some(step), Some(known)) = (step.as_object_mut(), book.step(&plan.id)) {
            step.extend(wants(known));
        }
        step
    };
    flow::plan(book, RunMode::Live).iter().map(step).collect()
}

/// What a step asks of whoever runs it, and by what it is judged.
fn wants(step: &Step) -> serde_json::Map<String, Value> {
    let (mut question, mut options, mut approval, mut wait) = (None, None, None, None);
    match &step.how {
        How::Choice(choice) => {
            question = Some(&choice.question);
            let option = |option: &Picked| json!({"label": option.label, "to": word(&option.to)});
            options = Some(choice.options.iter().map(option).collect::<Vec<_>>());
        }
        How::Approval(wanted) => {
            let expires = wanted.expires.map(|time| time.as_secs_f64());
            approval = Some(json!({"count": wanted.count, "roles": wanted.roles, "expires_s": expires}));
        }
        How::Wait(time) => wait = Some(time.as_secs_f64()),
        _ => {}
    }
    let runs = step.body.is_some();
    let times = |times: &Times| json!({"times": times.count, "every_s": times.every.as_secs_f64()});
    let fails = runs || matches!(step.how, How::Child(_));
    let on_fail = match &step.fields.on_fail {
        OnFail::Ask => "ask".to_owned(),
        OnFail::Stop => "stop".to_owned(),
        OnFail::Continue => "continue".to_owned(),
        OnFail::Goto(target) => word(target),
    };
    let expects = runs.then(|| step.fields.expect.iter().map(ToString::to_string).collect::<Vec<_>>());
    let timeout = runs.then_some(step.fields.timeout.as_secs_f64());
    let wants = json!({
        "risk": runs.then(|| step.fields.risk.word()),
        "timeout_s": timeout,
        "expects": expects,
        "retry": step.fields.retry.as_ref().map(times),
        "repeat": step.fields.repeat.as_ref().map(times),
        "on_fail": fails.then_some(on_fail),
        "question": question,
        "options": options,
        "approval": approval,
        "wait_s": wait,
        "record": step.asks(),
    });
    match wants {
        Value::Object(wants) => wants,
        _ => serde_json::Map::new(),
    }
}

fn word(target: &Target) -> String {
    match target {
        Target::Step(id) => id.to_string(),
        Target::Section(section) => section.word().to_owned(),
    }
}

fn time(at: Option<DateTime<Utc>>) -> Option<String> {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// One line for each attempt as it stands: what has changed is printed.
pub fn lines(world: &World, id: RunId) -> Vec<String> {
    let Some(run) = world.runs.get(id) else { return Vec::new() };
    run.steps.iter().flat_map(of_step).collect()
}

fn of_step(record: &StepRecord) -> Vec<String> {
    let line = |word: &str, why: &str| {
        let why = if why.is_empty() { String::new() } else { format!(": {}", inert(why)) };
        format!("{word:<10} {}{why}", inert(&record.plan.title))
    };
    let mut lines: Vec<String> = Vec::new();
    for attempt in &record.attempts {
        lines.push(line(if attempt.number > 1 { "again" } else { "started" }, ""));
        if !attempt.state.is_open() {
            let why = attempt.end.as_ref().map(StepEnd::why).unwrap_or_default();
            lines.push(line(attempt.state.word(), &why));
        }
    }
    lines.extend(record.skipped.as_ref().filter(|why| *why != "not taken").map(|why| line("skipped", why)));
    if record.passed {
        lines.push(line("passed", "it is done already"));
    }
    lines
}

/// What a run had behind it before anything was said to it.
pub fn done_before(world: &World, id: RunId) -> String {
    let forward = world.runs.get(id).into_iter().flat_map(|run| &run.steps).filter(|record| !record.plan.in_rollback());
    let (done, skipped, all) = forward.fold((0, 0, 0), |(done, skipped, all), record| {
        let through = record.passed || record.attempts.last().is_some_and(|attempt| attempt.state.lets_pass());
        (done + usize::from(through), skipped + usize::from(record.skipped.is_some()), all + 1)
    });
    let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    format!("done before: {done} of {all} steps{skipped}")
}

/// How it stands, and what may be done about it.
pub fn summary(world: &World, id: RunId) -> String {
    let Some(run) = world.runs.get(id) else { return "there is no such run\n".into() };
    let state = world.runs.state(id).unwrap_or(run.state());
    let reason = run.ended.as_ref().map(|(.., reason)| reason.as_str()).unwrap_or("");
    let mut text = format!("run {id} of {} is {state}", inert(&run.title));
    if !reason.is_empty() {
        text += &format!(": {}", inert(reason));
    }
    text.push('\n');
    if run.ended.is_none() {
        let at = world.runs.innermost(id);
        text += &world.runs.get(at).map(|run| advice(world, at, run)).unwrap_or_default();
    }
    text
}

fn advice(world: &World, id: RunId, run: &Run) -> String {
    if let Some(why) = world.runs.live(id).and_then(|live| live.stuck.as_ref()) {
        return format!("  it can't go on: {}\n", inert(why));
    }
    if run.paused {
        return format!("  it is paused\n  midwatch playbook unpause {id}\n");
    }
    if matches!(run.cursor, Some(Cursor::Rollback { .. })) {
        return format!("  its rollback is to be started by a person\n  midwatch playbook rollback {id}\n");
    }
    let Some((record, number)) = run.at() else { return String::new() };
    let (step, title) = (&record.plan.id, inert(&record.plan.title));
    match record.attempt(number).map(|attempt| attempt.state) {
        None => format!("  at “{title}”\n{}", asked(world, id, run, step)),
        Some(StepState::Unknown) => {
            format!(
                "  nobody knows whether “{title}” was done: look, then\n  midwatch playbook answer {id} {step} done|not-done --note TEXT\n"
            )
        }
        Some(state) if state.is_failure() => {
            let typed = wanted(world, id, run, step);
            let verbs =
                [format!("retry {id} {step}{typed}"), format!("skip|accept {id} {step} --reason WHY"), format!("cancel {id}")];
            let lines: String = verbs.iter().map(|verb| format!("  midwatch playbook {verb}\n")).collect();
            format!("  “{title}” is {state}\n{lines}")
        }
        // Whoever shows it has left it, or never had it.
        Some(state) if state.is_open() => {
            format!(
                "  “{title}” is running, and goes on without this terminal\n  midwatch playbook resume {id}   (follows it to its end)\n  midwatch playbook cancel {id}   (ends it)\n"
            )
        }
        Some(state) => {
            let asks = world.runs.playbook_of(id).and_then(|book| book.step(step)?.asks());
            let owed = asks.filter(|_| state == StepState::Succeeded && record.plan.records && !run.visit.recorded);
            format!("  “{title}” is {state}\n{}", owed.map(|prompt| written_down(id, step, prompt)).unwrap_or_default())
        }
    }
}

/// What the step that has not begun wants to hear.
fn asked(world: &World, id: RunId, run: &Run, step: &StepId) -> String {
    let known = world.runs.playbook_of(id).and_then(|book| book.step(step));
    let say = |words: &str| format!("  midwatch playbook {words}\n");
    if run.visit.probe == Some(Probe::Done) {
        return say(&format!("answer {id} {step} pass   (it is done already), or confirm {id} {step}"));
    }
    match known.map(|step| &step.how) {
        Some(How::Choice(choice)) => {
            let question = expand(&choice.question, &|name| flow::value(run, name)).unwrap_or_else(|_| choice.question.clone());
            let options: String = choice
                .options
                .iter()
                .map(|option| say(&format!("answer {id} {step} {}", quoted(&inert(&option.label)))))
                .collect();
            format!("  {}\n{options}", inert(&question))
        }
        Some(How::Wait(_)) => say(&format!("answer {id} {step} over --note TEXT   (it ends by itself)")),
        Some(How::Approval(wanted)) => {
            let who = wanted.roles.join(" or ");
            match flow::missing(run, wanted) {
                // Whoever approved doesn't drive the run.
                0 => format!("  approved\n{}", say(&format!("resume {id}   (it goes on)"))),
                missing => {
                    let here = wanted
                        .roles
                        .first()
                        .filter(|_| wanted.roles.len() == 1)
                        .map_or("ROLE".into(), |role| quoted(&inert(role)));
                    let ways = [
                        format!("approve {id} {step}   (somebody else, at their own console)"),
                        format!("approve {id} {step} --as NAME --role {here}   (somebody else, here)"),
                        format!("answer {id} {step} alone --note WHY   (nobody else is there: marked in every export)"),
                    ];
                    let (ways, asker): (String, _) = (ways.iter().map(|way| say(way)).collect(), inert(&run.visit.requester));
                    format!("  {missing} more to approve, of {}; {asker} asks, and can't\n{ways}", inert(&who))
                }
            }
        }
        _ => {
            let mode = run.mode.unwrap_or(RunMode::Live);
            let first = known.filter(|step| !flow::runs_first(step, mode) && !run.visit.recorded);
            let sits = known.is_some_and(|step| flow::sits(step, mode));
            let terminal = if sits { "  it wants a terminal: start it in a console, or here at one\n" } else { "" };
            match first.and_then(|step| step.asks()) {
                Some(prompt) => written_down(id, step, prompt),
                None => {
                    let runs =
                        known.filter(|step| matches!(step.how, How::Launch | How::Child(_)) && !flow::by_person(step, mode));
                    let facts = runs.map(|step| shown::step(world, run, step)).unwrap_or_default();
                    let facts: String = facts.iter().map(|fact| format!("    {}\n", inert(fact))).collect();
                    format!("{facts}{terminal}{}", say(&format!("confirm {id} {step}{}", wanted(world, id, run, step))))
                }
            }
        }
    }
}

fn written_down(id: RunId, step: &StepId, prompt: &str) -> String {
    format!("  {}\n  midwatch playbook answer {id} {step} TEXT [--file FILE]\n", inert(prompt))
}

fn wanted(world: &World, id: RunId, run: &Run, step: &StepId) -> String {
    let step = world.runs.playbook_of(id).and_then(|book| book.step(step));
    match step.and_then(|step| flow::wants_typed(run, step)) {
        Some(text) if text != "yes" => format!("={}", quoted(&inert(&text))),
        _ => String::new(),
    }
}

/// One word for a shell, whatever is in it: the line is there to be copied, and the text may come from an alert's label.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_copied_into_a_shell_is_one_word() {
        let words = ["/srv/data", "a b", "$(reboot)", "; rm -rf /", "it's", "", "`x`"].map(quoted);
        assert_eq!(words, ["/srv/data", "'a b'", "'$(reboot)'", "'; rm -rf /'", "'it'\\''s'", "''", "'`x`'"]);
    }
}

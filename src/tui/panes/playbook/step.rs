//! One step of a run: how it stands, what it does and to what, and what came of it.

use super::ticked;
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::{How, Step};
use crate::domain::run::{Run, RunMode, StepRecord, StepState};
use crate::domain::text::inert;
use crate::model::runs::flow;
use crate::model::runs::shown::{host, values};
use crate::tui::canvas::Line;
use crate::tui::markdown::{self, Memo};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;
use std::collections::BTreeSet;

/// The prose of a step, by the digest of its document, the step, what is ticked, and the width.
pub type Made = Memo<(String, StepId, BTreeSet<u32>, usize)>;

/// The step of the playbook that a run was prepared with.
pub fn step_of<'a>(run: RunId, step: &StepId, view: &View<'a>) -> Option<&'a Step> {
    view.world.runs.playbook_of(run)?.step(step)
}

pub fn look(state: StepState, current: bool) -> (&'static str, Role) {
    match state {
        StepState::Succeeded | StepState::AlreadyDone => ("✓", Role::Ok),
        StepState::Failed | StepState::TimedOut | StepState::Cancelled | StepState::UndoFailed => ("✗", Role::Critical),
        StepState::Unknown => ("?", Role::Stale),
        StepState::Skipped | StepState::Accepted | StepState::Undone => ("–", Role::Dim),
        StepState::Starting | StepState::Running | StepState::Stopping => ("▶", Role::Pending),
        _ if current => ("▶", Role::Strong),
        _ => (" ", Role::Text),
    }
}

/// How a step stands, in a word or two: `done 1.2s`, `failed ×2`, `running 12s`.
pub fn word(id: RunId, record: &StepRecord, state: StepState, view: &View) -> String {
    let live = view.world.runs.live(id).and_then(|live| live.attempt.as_ref()).filter(|live| live.step == record.plan.id);
    let last = record.attempts.last();
    let took = last.and_then(|attempt| Some(time::since(attempt.started_at, attempt.ended_at?)));
    let how = step_of(id, &record.plan.id, view).map(|step| &step.how);
    // Nobody follows it here, or not yet: all that is known is when it was begun.
    let begun = last.filter(|_| state.is_open() && live.is_none());
    let word = match (state, live, took) {
        _ if let Some(last) = begun => format!("begun {} ago", time::age(time::since(last.started_at, view.now.wall))),
        (StepState::Pending, ..) => String::new(),
        (StepState::AwaitingInput, ..) if matches!(how, Some(How::Choice(_))) => "decide".to_owned(),
        (StepState::AwaitingInput, ..) => "to do".to_owned(),
        (StepState::AwaitingConfirm, ..) => "confirm".to_owned(),
        (StepState::AwaitingApproval | StepState::Ready, ..) => expected(id, record, state, view),
        (StepState::AlreadyDone, ..) => "done before".to_owned(),
        (StepState::Succeeded, _, Some(took)) if took.as_millis() >= 100 => format!("done {}", short(took)),
        (StepState::Succeeded, ..) => "done".to_owned(),
        (open, Some(live), _) if open.is_open() => format!("{open} {}", time::age(view.now.since(live.since))),
        (other, ..) => other.word().to_owned(),
    };
    let times = if record.attempts.len() > 1 { format!(" ×{}", record.attempts.len()) } else { String::new() };
    word + &times
}

/// Of a wait the time that is left, of an approval how many are there.
fn expected(id: RunId, record: &StepRecord, state: StepState, view: &View) -> String {
    let (run, step) = (view.world.runs.get(id), step_of(id, &record.plan.id, view));
    match (run, step, step.map(|step| &step.how)) {
        (Some(run), _, Some(How::Approval(approval))) => format!("approved {}/{}", run.visit.approvals.len(), approval.count),
        (Some(run), Some(step), Some(How::Wait(_))) => {
            let due = flow::due(run, step).unwrap_or(view.now.wall);
            format!("{} left", time::age(time::since(view.now.wall, due)))
        }
        _ => state.word().to_owned(),
    }
}

fn short(took: std::time::Duration) -> String {
    match took.as_secs() {
        0..10 => format!("{:.1}s", took.as_secs_f64()),
        _ => time::age(took),
    }
}

/// Lines of a command or of prose that are shown before its details are opened.
const SHOWN: usize = 8;

/// What is needed to decide about a step, in so many lines: of what it wrote, the newest.
pub(super) fn at_hand(
    made: &Made,
    id: RunId,
    run: &Run,
    step: &StepId,
    view: &View,
    (columns, room): (usize, usize),
) -> Vec<Line> {
    let indent = if columns < 50 { 3 } else { 6 };
    let inner = columns.saturating_sub(indent + 1).max(8);
    let (mut lines, mut came) = (Vec::new(), Vec::new());
    if let Some(step) = step_of(id, step, view) {
        lines.extend(work(made, id, run, step, view, inner));
        lines.extend(setting(run, step, inner));
        came.extend(silence(id, step, view, inner));
    }
    came.extend(outcome(run, step, inner));
    let (outcome, tail) = (came, tail(id, step, view));
    // What came of it counts most, and of that the end.
    let below = (outcome.len() + tail.len()).min((room / 2).max(outcome.len().min(2) + tail.len().min(2)));
    let kept = room.saturating_sub(below).max(2);
    if lines.len() > kept {
        lines.truncate(kept - 1);
        lines.push(vec![("… enter shows all".to_owned(), Role::Mark)]);
    }
    lines.extend(outcome);
    let skipped = tail.len().saturating_sub(room.saturating_sub(lines.len()));
    lines.extend(tail.into_iter().skip(skipped));
    lines.into_iter().map(|line| std::iter::once((" ".repeat(indent), Role::Text)).chain(line).collect()).collect()
}

/// The command, exactly; without one, the prose with its items.
fn work(made: &Made, id: RunId, run: &Run, step: &Step, view: &View, columns: usize) -> Vec<Line> {
    let acting = flow::acting(step, run.mode.unwrap_or(RunMode::Live));
    let mut lines = match acting.as_ref().and_then(|acting| acting.body.as_ref()) {
        Some(body) => command(body.lang.word(), &body.text, columns),
        None => prose(made, id, run, step, view, columns),
    };
    if lines.len() > SHOWN + 1 && step.items.is_empty() {
        let more = lines.len() - SHOWN;
        lines.truncate(SHOWN);
        lines.push(vec![(format!("… {more} more lines: enter shows all"), Role::Mark)]);
    }
    lines
}

/// `$` stands before a line of a shell, and nothing before a request or a query.
pub fn command(language: &str, text: &str, columns: usize) -> Vec<Line> {
    let sign = if matches!(language, "sh" | "bash") { "$ " } else { "" };
    let mut lines = Vec::new();
    for line in text.lines() {
        let broken = markdown::code(line, language, columns.saturating_sub(sign.len()));
        let first = broken.into_iter().enumerate().map(|(index, line)| (if index == 0 { sign } else { "" }, line));
        lines.extend(first.map(|(sign, line)| {
            let sign = (!sign.is_empty()).then(|| (sign.to_owned(), Role::Mark));
            sign.into_iter().chain(line).collect::<Line>()
        }));
    }
    lines
}

/// The text under a step's heading, laid out.
pub fn prose(made: &Made, id: RunId, run: &Run, step: &Step, view: &View, columns: usize) -> Vec<Line> {
    let Some(book) = view.world.runs.playbook_of(id) else { return Vec::new() };
    let ticked = ticked(run, step);
    let key = (book.digest.clone(), step.id.clone(), ticked.clone(), columns);
    made.lines(key, || markdown::lines(&book.text, &step.prose, ticked, columns)).to_vec()
}

/// To what it is done: the parameters that it uses and where they came from, the risk, the place.
fn setting(run: &Run, step: &Step, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, value, origin) in values(run, step) {
        let pieces = [(format!("{name}="), Role::Dim), (value, Role::Text), (format!(" {origin}"), Role::Dim)];
        lines.extend(markdown::wrap(&pieces, columns));
    }
    if !matches!(step.how, How::Launch | How::Child(_)) {
        return lines;
    }
    let timeout = humantime::format_duration(step.fields.timeout);
    let host = host(run, step).map(|host| format!(" · on {}", inert(&host))).unwrap_or_default();
    let text = format!("risk: {} · timeout {timeout}{host}", step.fields.risk.word());
    lines.extend(markdown::wrap(&[(text, Role::Dim)], columns));
    lines
}

fn outcome(run: &Run, step: &StepId, columns: usize) -> Vec<Line> {
    let record = run.record(step);
    let skipped = record.and_then(|record| record.skipped.as_deref());
    let mut lines = Vec::new();
    if let Some(end) = record.and_then(|record| record.attempts.last()?.end.as_ref()) {
        let role = if end.state.lets_pass() { Role::Dim } else { Role::Warning };
        lines.extend(markdown::wrap(&[(inert(&end.shown()).into_owned(), role)], columns));
    }
    for note in record.iter().flat_map(|record| &record.notes) {
        lines.extend(markdown::wrap(&[(format!("✎ {}", inert(note)), Role::Text)], columns));
    }
    if let Some(why) = skipped.filter(|why| !why.is_empty()) {
        lines.extend(markdown::wrap(&[(format!("skipped: {}", inert(why)), Role::Dim)], columns));
    }
    lines
}

/// A hint, and never an end: nothing has been written for as long as the step says that it is odd.
fn silence(id: RunId, step: &Step, view: &View, columns: usize) -> Vec<Line> {
    let live = view.world.runs.live(id).and_then(|live| live.attempt.as_ref()).filter(|live| live.step == step.id);
    match live.map(|live| view.now.since(live.heard)) {
        Some(silent) if silent >= step.fields.quiet => {
            markdown::wrap(&[(format!("▲ no output for {}", time::age(silent)), Role::Warning)], columns)
        }
        _ => Vec::new(),
    }
}

/// The newest lines of output.
fn tail(id: RunId, step: &StepId, view: &View) -> Vec<Line> {
    let runs = &view.world.runs;
    let number = runs.get(id).and_then(|run| run.record(step)?.attempts.last()).map_or(1, |attempt| attempt.number);
    let lines = runs.output_of(id, step, number).iter();
    lines.map(|line| vec![("│ ".to_owned(), Role::Mark), (line.inert().into_owned(), Role::Text)]).collect()
}

//! Above the steps: how far the run is, how long it has taken against how long it may, and what is odd about it.

use crate::domain::ids::RunId;
use crate::domain::run::{Run, RunMode, RunState};
use crate::domain::text::inert;
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Line, wrap};
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;
use std::time::Duration;

/// `step 3 of 9`.
pub(super) fn progress(run: &Run) -> String {
    let all = run.steps.len();
    let here = super::steps::at(run).and_then(|at| run.steps.iter().position(|other| other.plan.id == at));
    let count = || if all == 1 { "1 step".to_owned() } else { format!("{all} steps") };
    here.map_or_else(count, |here| format!("step {} of {all}", here + 1))
}

pub(super) fn lines(canvas: &mut Canvas, id: RunId, run: &Run, view: &View, columns: usize) -> Vec<Line> {
    let began = run.began().unwrap_or(view.now.wall);
    let ended = run.verified_at.or(run.ended.as_ref().map(|(_, at, _)| *at));
    canvas.hits.seconds |= ended.is_none();
    let took = time::since(began, ended.unwrap_or(view.now.wall));
    let state = view.world.runs.state(id).unwrap_or(RunState::Prepared);
    let of = |text: &str, role| (text.to_owned(), role);
    let mut lines = vec![vec![
        of(&format!(" {}", progress(run)), Role::Strong),
        of(" · ", Role::Dim),
        of(state.word(), role_of(state)),
        of("  ⏱ ", Role::Dim),
        of(&time::minutes(took), Role::Text),
    ]];
    lines.extend(more(id, run, view).map(|text| vec![of(&text, Role::New)]));
    lines.extend(mode(run).map(|(text, role)| vec![of(&format!(" {text}"), role)]));
    let rto = view.world.runs.playbook_of(id).and_then(|book| book.meta.rto);
    lines.extend(rto.map(|rto| vec![bar(took, rto)]));
    if drifted(run, view) {
        lines.push(vec![of(" ≠ the file has changed since the run began", Role::Stale)]);
    }
    if let Some(why) = view.world.runs.live(id).and_then(|live| live.stuck.as_deref()) {
        let why = wrap(&format!("✗ {}", inert(why)), columns.saturating_sub(2), 4);
        lines.extend(why.into_iter().map(|line| vec![(format!(" {line}"), Role::Critical)]));
    }
    lines
}

/// ` 1 more run: esc`: it is not shown by itself while this one is at hand.
fn more(id: RunId, run: &Run, view: &View) -> Option<String> {
    let kin = |other: RunId, it: &Run| {
        let of = |run: &Run| run.parent.as_ref().map(|parent| parent.run);
        of(it) == Some(id) || of(run) == Some(other)
    };
    let count = view.world.runs.open().filter(|(other, it)| *other != id && !kin(*other, it)).count();
    let runs = if count == 1 { "run" } else { "runs" };
    (count > 0 && run.ended.is_none()).then(|| format!(" {count} more {runs}: {}", view.keymap.key_of(Action::Close)))
}

/// What a run is that isn't the real thing.
fn mode(run: &Run) -> Option<(&'static str, Role)> {
    match run.mode? {
        RunMode::Live => None,
        RunMode::Drill => Some(("DRILL: practice, logged apart", Role::New)),
        RunMode::DryRun => Some(("DRY RUN: only looks", Role::New)),
        RunMode::Manual => Some(("BY HAND: nothing is run, every step is ticked", Role::New)),
        RunMode::Diagnosis => Some(("DIAGNOSIS: looks by itself", Role::New)),
    }
}

/// The library's text of this playbook is not the one that the run was prepared with.
pub(super) fn drifted(run: &Run, view: &View) -> bool {
    let now = run.playbook.as_ref().and_then(|id| view.world.runs.playbook(id));
    now.is_some_and(|book| !run.digest.is_empty() && book.digest != run.digest)
}

/// `RTO 15:00 ▓▓▓▓░░░░░░  27 %`.
fn bar(took: Duration, rto: Duration) -> (String, Role) {
    const COLUMNS: usize = 12;
    let share = took.as_secs_f64() / rto.as_secs_f64().max(1.0);
    let full = ((share * COLUMNS as f64) as usize).min(COLUMNS);
    let role = if share >= 1.0 {
        Role::Critical
    } else if share >= 0.75 {
        Role::Warning
    } else {
        Role::Dim
    };
    let over = if share >= 1.0 { " over" } else { "" };
    let text =
        format!(" RTO {} {}{} {:3.0} %{over}", time::minutes(rto), "▓".repeat(full), "░".repeat(COLUMNS - full), share * 100.0);
    (text, role)
}

fn role_of(state: RunState) -> Role {
    match state {
        RunState::Completed | RunState::RolledBack => Role::Ok,
        RunState::Failed | RunState::Blocked | RunState::RollbackFailed | RunState::Interrupted => Role::Critical,
        RunState::Waiting | RunState::Prepared => Role::New,
        RunState::Active | RunState::Verifying | RunState::RollingBack => Role::Pending,
        _ => Role::Dim,
    }
}

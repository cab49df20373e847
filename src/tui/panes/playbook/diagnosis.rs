//! What the diagnosis by a suggested playbook has seen so far, in a few characters and in a line.

use super::step::look;
use crate::domain::ids::{AlertId, PlaybookId, RunId};
use crate::domain::run::{Run, StepRecord, StepState};
use crate::domain::text::inert;
use crate::model::diagnosis::Diagnosis;
use crate::tui::canvas::Canvas;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;

/// `✓✗ 2m04s`: one glyph for each check, and how long ago it was.
pub(super) fn marks(canvas: &mut Canvas, view: &View, alert: &AlertId, book: &PlaybookId) -> Vec<(String, Role)> {
    match view.world.diagnosis(alert, book) {
        None => Vec::new(),
        Some(Diagnosis::Waits) => vec![("checks wait".to_owned(), Role::Dim)],
        Some(Diagnosis::Begun(id, run)) => {
            let mut marks: Vec<_> = run.steps.iter().map(|record| glyph(view, id, record)).collect();
            if let Some((_, at, _)) = &run.ended {
                let age = time::since(*at, view.now.wall);
                canvas.hits.seconds |= time::ticks(age);
                canvas.hits.minutes = true;
                marks.push((format!(" {}", time::age(age)), Role::Dim));
            }
            marks
        }
    }
}

/// How a check of a diagnosis stands.
pub fn glyph(view: &View, id: RunId, record: &StepRecord) -> (String, Role) {
    match view.world.runs.state_of(id, &record.plan.id).unwrap_or(StepState::Pending) {
        StepState::Pending | StepState::Ready => ("·".to_owned(), Role::Dim),
        state => {
            let (glyph, role) = look(state, false);
            (glyph.to_owned(), role)
        }
    }
}

/// The diagnosis by a playbook, of the alert that it is suggested for.
pub fn diagnosis<'a>(view: &View<'a>, book: &PlaybookId) -> Option<(RunId, &'a Run)> {
    match view.world.diagnosis(&view.suggestion(book)?.alert?, book)? {
        Diagnosis::Begun(id, run) => Some((id, run)),
        Diagnosis::Waits => None,
    }
}

/// `✓ It is down, ✗ The standby answers, 2m04s ago`.
pub fn seen(view: &View, id: RunId, run: &Run) -> String {
    let checks = run.steps.iter().map(|record| format!("{} {}", glyph(view, id, record).0, inert(&record.plan.title)));
    let checks = checks.collect::<Vec<_>>().join(", ");
    match &run.ended {
        Some((_, at, _)) => format!("{checks}, {} ago", time::age(time::since(*at, view.now.wall))),
        None => checks,
    }
}

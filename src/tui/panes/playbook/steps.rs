//! The steps of a run as lines, the one under the cursor with everything that is needed to decide about it.

use super::step::{self, look, word};
use super::{PaneId, Playbook};
use crate::domain::ids::{RunId, StepId};
use crate::domain::run::{Cursor, Run, StepRecord, StepState};
use crate::domain::text::inert;
use crate::tui::canvas::{Canvas, Line, fit};
use crate::tui::hits::{Hit, Shown, Target};
use crate::tui::theme::Role;
use crate::tui::view::View;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// The step that a run is at, or stopped at.
pub(super) fn at(run: &Run) -> Option<StepId> {
    match run.cursor.as_ref()? {
        Cursor::At { step, .. } | Cursor::Stopped { step, .. } | Cursor::Rollback { step } => Some(step.clone()),
        Cursor::End => None,
    }
}

/// One line; the steps' own ones carry their number.
struct Row {
    step: Option<usize>,
    line: Line,
}

impl Playbook {
    pub(super) fn render_steps(&self, canvas: &mut Canvas, area: Rect, id: RunId, run: &Run, view: &View) {
        let (rows, at, end) = self.rows(canvas, area, id, run, view);
        let height = usize::from(area.height);
        // The step under the cursor stands near the top, with what was done before it, and with all that belongs to it.
        let wanted = at.saturating_sub(height / 4).max(end.saturating_sub(height)).min(at);
        let from = wanted.min(rows.len().saturating_sub(height));
        for (y, row) in (0..area.height).zip(rows.iter().skip(from)) {
            canvas.line(area, y).spans(&row.line);
            if let Some(record) = row.step.and_then(|number| run.steps.get(number)) {
                let target = Target::Step(id, record.plan.id.clone());
                canvas
                    .hits
                    .add(Rect { y: area.y + y, height: 1, ..area }, Hit::Row(PaneId::Playbook, target, row.step.unwrap_or(0)));
            }
        }
    }

    /// All lines, where the cursor's step begins and where it ends.
    fn rows(&self, canvas: &mut Canvas, area: Rect, id: RunId, run: &Run, view: &View) -> (Vec<Row>, usize, usize) {
        let columns = usize::from(area.width);
        let (mut rows, mut place, mut section) = (Vec::new(), (0, 0), "steps");
        for (number, record) in run.steps.iter().enumerate() {
            if record.plan.section != section {
                section = &record.plan.section;
                let heading = (format!(" {}", section.replace('-', " ")), Role::Dim);
                rows.push(Row { step: None, line: vec![heading] });
            }
            let cursor = self.cursor() == Some(&record.plan.id);
            let focused = cursor && view.focus == PaneId::Playbook;
            let begin = rows.len();
            rows.push(Row { step: Some(number), line: titled(canvas, id, run, record, number, (focused, columns), view) });
            if cursor {
                canvas
                    .hits
                    .show(PaneId::Playbook, Shown { target: Target::Step(id, record.plan.id.clone()), row: 0, offset: number });
                let room = usize::from(area.height).saturating_sub(if area.height > 12 { 3 } else { 1 });
                let own = step::at_hand(&self.made, id, run, &record.plan.id, view, (columns, room));
                rows.extend(own.into_iter().map(|line| Row { step: None, line }));
                place = (begin, rows.len());
            }
        }
        (rows, place.0, place.1)
    }
}

/// Glyph, number, title, word: `▌✓ 2  Fence the old primary       done`.
fn titled(
    canvas: &mut Canvas,
    id: RunId,
    run: &Run,
    record: &StepRecord,
    number: usize,
    (focused, columns): (bool, usize),
    view: &View,
) -> Line {
    let step = &record.plan.id;
    let state = view.world.runs.state_of(id, step).unwrap_or(StepState::Pending);
    canvas.hits.seconds |= state.is_open() || (state == StepState::Ready && record.plan.kind == "wait");
    let (glyph, role) = look(state, at(run).as_ref() == Some(step));
    let word = word(id, record, state, view);
    let title = inert(&record.plan.title);
    let room = columns.saturating_sub(7 + word.width());
    let title = fit(&title, room);
    let gap = " ".repeat(room.saturating_sub(title.width()) + 1);
    vec![
        ((if focused { "▌" } else { " " }).to_owned(), Role::Focus),
        (format!("{glyph} {:<2} ", number + 1), role),
        (title.into_owned(), if focused { Role::Cursor } else { role }),
        (gap, Role::Text),
        (word, role),
    ]
}

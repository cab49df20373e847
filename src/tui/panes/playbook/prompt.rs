//! Below the steps: what can be done now, each with its key. A prompt takes as many lines as it needs.

use super::PaneId;
use crate::domain::ids::{RunId, StepId};
use crate::domain::playbook::{How, Step};
use crate::domain::run::{Cursor, Run, StepState};
use crate::domain::text::inert;
use crate::model::runs::flow;
use crate::tui::action::Action::{self, BackOut, CancelStep, Close, Open, Output, Retry, Run as Go, Skip};
use crate::tui::canvas::{Canvas, wrap};
use crate::tui::hits::Hit;
use crate::tui::theme::Role;
use crate::tui::view::View;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// A sentence, and actions with a word.
pub(super) struct Prompt {
    text: String,
    keys: Vec<(Action, &'static str)>,
}

/// Not everybody who has to has approved.
fn wants_approval(id: RunId, run: &Run, at: Option<&StepId>, view: &View) -> bool {
    let how = at.and_then(|step| super::step_of(id, step, view)).map(|step| &step.how);
    !matches!(how, Some(How::Approval(approval)) if flow::missing(run, approval) == 0)
}

/// What can be done with the step at hand.
fn at_hand(run: &Run, step: Option<&Step>, state: StepState) -> &'static [(Action, &'static str)] {
    let owes =
        step.and_then(|step| run.record(&step.id)).map(|record| (record.plan.items as usize > record.ticked.len(), record));
    let how = step.map(|step| &step.how);
    match (state, how, owes) {
        (StepState::Ready | StepState::AwaitingConfirm | StepState::AwaitingInput, _, Some((true, _))) => {
            &[(Go, "tick…"), (Skip, "skip…"), (BackOut, "back out…")]
        }
        (StepState::AwaitingInput, Some(How::Choice(_)), _) => &[(Go, "decide…"), (BackOut, "back out…")],
        (StepState::AwaitingInput, _, Some((_, record))) if record.plan.records && !run.visit.recorded => {
            &[(Go, "write down…"), (Skip, "skip…"), (BackOut, "back out…")]
        }
        (StepState::AwaitingInput, ..) => &[(Go, "done"), (Skip, "skip…"), (BackOut, "back out…")],
        (StepState::Succeeded, ..) => &[(Go, "write down…"), (BackOut, "back out…")],
        (StepState::AlreadyDone, ..) => &[(Go, "leave it or run it…"), (BackOut, "back out…")],
        (StepState::Ready, Some(How::Wait(_)), _) => &[(Go, "end it early…"), (BackOut, "back out…")],
        (StepState::Ready | StepState::AwaitingConfirm, ..) => &[(Go, "run"), (Skip, "skip…"), (BackOut, "back out…")],
        (open, Some(How::Child(_)), _) if open.is_open() => &[(Open, "show it"), (CancelStep, "cancel…")],
        (open, ..) if open.is_open() => &[(CancelStep, "cancel…"), (Output, "output")],
        (StepState::Unknown, ..) => &[(Go, "say what became of it…"), (Output, "output")],
        (failed, ..) if failed.may_be_retried() => {
            &[(Go, "what now?"), (Retry, "try again"), (Output, "output"), (Skip, "skip…"), (BackOut, "back out…")]
        }
        _ => &[(BackOut, "back out…")],
    }
}

impl Prompt {
    pub fn of(id: RunId, run: &Run, cursor: Option<&StepId>, view: &View) -> Self {
        let at = super::steps::at(run);
        let elsewhere = cursor.is_some() && at.is_some() && cursor != at.as_ref();
        let live = view.world.runs.live(id);
        let held = live.is_some_and(|live| live.driving) && !run.interrupted;
        let state = at.as_ref().and_then(|step| view.world.runs.state_of(id, step));
        let (text, keys): (String, &[(Action, &'static str)]) = match (&run.ended, state) {
            (Some((state, _, why)), _) => (format!("{state} {}", inert(why)), &[(Open, "details"), (Close, "library")]),
            (None, Some(StepState::AwaitingApproval)) if !elsewhere && wants_approval(id, run, at.as_ref(), view) => {
                (String::new(), &[(Go, "approve…"), (BackOut, "back out…")])
            }
            _ if view.world.runs.is_elsewhere(id) => ("Another console drives this run.".to_owned(), &[(Open, "details")]),
            _ if !held => (String::new(), &[(Go, "take the run up"), (BackOut, "abandon…")]),
            _ if elsewhere => (String::new(), &[(Open, "details"), (Close, "to the step at hand")]),
            _ if run.paused => ("Paused.".to_owned(), &[(Go, "let it go on"), (BackOut, "back out…")]),
            _ if matches!(run.cursor, Some(Cursor::Rollback { .. })) => {
                ("The way back begins here.".to_owned(), &[(Go, "show its plan…"), (BackOut, "back out…")])
            }
            (None, state) => {
                let step = at.as_ref().and_then(|step| super::step_of(id, step, view));
                (String::new(), at_hand(run, step, state.unwrap_or(StepState::Pending)))
            }
        };
        Self { text, keys: keys.to_vec() }
    }

    pub fn height(&self, width: u16, view: &View) -> u16 {
        let keys = self.placed(width, view).last().map_or(0, |(_, y, ..)| y + 1);
        u16::try_from(self.lines(width).len()).unwrap_or(0) + keys
    }

    fn lines(&self, width: u16) -> Vec<String> {
        wrap(&self.text, usize::from(width.saturating_sub(2)), 3)
    }

    /// Each action's column, line, key and word.
    fn placed(&self, width: u16, view: &View) -> Vec<(u16, u16, Action, String, &'static str)> {
        let (mut x, mut y) = (1, 0);
        let mut placed = Vec::new();
        for (action, word) in &self.keys {
            let key = view.keymap.key_of(*action);
            let wide = u16::try_from(key.width() + 1 + word.width()).unwrap_or(width);
            if x > 1 && x + wide > width {
                (x, y) = (1, y + 1);
            }
            placed.push((x, y, *action, key, *word));
            x += wide + 2;
        }
        placed
    }

    pub fn render(&self, canvas: &mut Canvas, place: Rect, view: &View) {
        let lines = self.lines(place.width);
        for (y, line) in (0..place.height).zip(&lines) {
            canvas.text(place, y, &format!(" {line}"), Role::Text);
        }
        let above = u16::try_from(lines.len()).unwrap_or(0);
        for (x, y, action, key, word) in self.placed(place.width, view) {
            let mut pen = canvas.line(place, above + y);
            pen.space(x);
            let from = pen.position();
            pen.text(&key, Role::Key).space(1).text(word, Role::Text);
            let width = pen.position().x - from.x;
            let area = Rect { x: from.x, y: from.y, width, height: 1 };
            canvas.hits.add(area.intersection(place), Hit::Do(PaneId::Playbook, action));
        }
    }
}

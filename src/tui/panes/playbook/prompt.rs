//! Below the steps: what can be done now, each with its key. A prompt takes as many lines as it needs.

use super::PaneId;
use crate::domain::ids::{RunId, StepId};
use crate::domain::run::{Run, StepState};
use crate::domain::text::inert;
use crate::tui::action::Action;
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

impl Prompt {
    pub fn of(id: RunId, run: &Run, cursor: Option<&StepId>, view: &View) -> Self {
        use Action::{BackOut, CancelStep, Close, Open, Retry, Run as Go, Skip};
        let at = super::steps::at(run);
        let live = view.world.runs.live(id);
        let state = at.as_ref().and_then(|step| view.world.runs.state_of(id, step));
        let held = live.is_some_and(|live| live.driving) && !run.interrupted;
        let elsewhere = cursor.is_some() && at.is_some() && cursor != at.as_ref();
        let (text, keys): (String, &[(Action, &'static str)]) = match (&run.ended, state) {
            (Some((state, _, why)), _) => (format!("{state} {}", inert(why)), &[(Open, "details"), (Close, "library")]),
            _ if live.is_some_and(|live| live.elsewhere) => ("Another console drives this run.".to_owned(), &[(Open, "details")]),
            _ if !held => (String::new(), &[(Go, "take the run up")]),
            _ if elsewhere => (String::new(), &[(Open, "details"), (Close, "to the step at hand")]),
            (None, Some(StepState::AwaitingInput)) => (String::new(), &[(Go, "done"), (Skip, "skip…"), (BackOut, "back out…")]),
            (None, Some(StepState::Ready | StepState::AwaitingConfirm)) => {
                (String::new(), &[(Go, "run"), (Skip, "skip…"), (BackOut, "back out…")])
            }
            (None, Some(state)) if state.is_open() => (String::new(), &[(CancelStep, "cancel…"), (Open, "output")]),
            (None, Some(state)) if state.is_failure() => {
                (String::new(), &[(Go, "what now?"), (Retry, "try again"), (Skip, "skip…"), (BackOut, "back out…")])
            }
            (None, Some(StepState::Unknown)) => ("Nobody knows:".to_owned(), &[(Go, "say what became of it")]),
            _ => (String::new(), &[]),
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

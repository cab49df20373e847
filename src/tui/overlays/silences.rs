//! Every silence of every source, the one that ends next first: what it keeps quiet, and what fires again when it ends.
//! Invariant: a key means the silence that the last frame showed under the cursor, or nothing where that has gone.

pub mod change;
mod copy;
mod details;
mod lines;

pub use change::{at_once, carries};

use super::{Overlay, centred};
use crate::domain::ids::SourceName;
use crate::domain::text::Outside;
use crate::model::silences::{Phase, Standing};
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::hits::Hit;
use crate::tui::keymap::Context;
use crate::tui::panes::alerts::doubt;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use chrono::{DateTime, Utc};
use lines::{Block, block};
use ratatui::layout::Rect;

#[derive(Default)]
struct Desk {
    rows: Vec<Standing>,
    /// What the rows were made of: the queue, and the time in tens of seconds.
    of: Option<(u64, i64)>,
    /// As many have ended lately: the newest of them are rows.
    ended: usize,
    /// What the source calls the selected one, when that was to end, and where it was last seen.
    cursor: Option<(SourceName, Outside)>,
    ends_at: Option<DateTime<Utc>>,
    /// It was to be extended from here: if it is, it is dealt with.
    extended: bool,
    index: usize,
}

/// So many of those that have ended are listed: each acknowledgement that was carried leaves one.
const ENDED: usize = 20;

/// With its rows: a key may come before the first frame, and must not hear that there are none.
pub fn open(view: &View) -> Box<dyn Overlay> {
    let mut desk = Desk::default();
    desk.prepare(view);
    Box::new(desk)
}

impl Desk {
    /// `None` once the selected one has gone.
    fn selected(&self) -> Option<&Standing> {
        let row = self.rows.get(self.index)?;
        let here = self.cursor.as_ref().is_none_or(|(source, id)| row.is_on(source, id));
        here.then_some(row)
    }

    fn go(&mut self, index: usize) {
        self.extended = false;
        self.index = index.min(self.rows.len().saturating_sub(1));
        let row = self.rows.get(self.index);
        self.cursor = row.and_then(|row| row.on.first()).map(|on| (on.source.clone(), on.id.clone()));
        self.ends_at = row.map(|row| row.ends_at);
    }

    fn find(&mut self) {
        let Some((source, id)) = &self.cursor else { return self.go(self.index) };
        let Some(index) = self.rows.iter().position(|row| row.is_on(source, id)) else { return };
        let lasts = Some(self.rows[index].ends_at);
        match lasts > self.ends_at && index > self.index && self.extended {
            // It was made to last longer from here, and is dealt with: whoever goes through the list goes on with what stands there now.
            true => self.go(self.index),
            false => (self.index, self.ends_at) = (index, lasts),
        }
    }

    fn act(&mut self, action: Action, view: &View) -> Vec<Reply> {
        let Some(one) = self.selected() else {
            let text = if self.rows.is_empty() { "Nothing is silenced." } else { "That silence has gone." };
            self.go(self.index);
            return vec![Reply::Say(text.to_owned())];
        };
        match action {
            Action::Open => vec![Reply::Open(details::open(one.clone()))],
            Action::Expire => vec![change::end(one)],
            Action::Extend => {
                let longer = change::longer(one, view);
                self.extended = true;
                vec![longer]
            }
            Action::Copy => vec![copy::open(one.clone())],
            Action::Undo => change::undo(one, view),
            _ => Vec::new(),
        }
    }

    fn title(&self) -> String {
        let count = |phase| self.rows.iter().filter(|row| row.phase == phase).count();
        let parts = [
            (count(Phase::Active), "in force"),
            (count(Phase::Pending), "to begin"),
            (self.rows.iter().filter(|row| row.matches_nothing()).count(), "match nothing"),
            (self.ended, "ended"),
        ];
        let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        format!("Silences: {}", if parts.is_empty() { "none in force".to_owned() } else { parts.join(", ") })
    }

    /// The rows that fit with the cursor among them, as what is shown of each.
    fn visible(&self, height: usize, columns: usize, view: &View) -> Vec<(usize, Block)> {
        let made = |index: usize| Some((index, block(self.rows.get(index)?, view, columns)));
        let mut left = height;
        let mut fits = |(index, block): (usize, Block)| {
            left = left.checked_sub(block.len()).or_else(|| (index == self.index).then_some(0))?;
            Some((index, block))
        };
        let mut shown: Vec<_> = (0..=self.index).rev().map_while(|index| fits(made(index)?)).collect();
        shown.reverse();
        shown.extend((self.index + 1..self.rows.len()).map_while(|index| fits(made(index)?)));
        shown
    }
}

impl Overlay for Desk {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Silences, Context::Reading]
    }

    fn prepare(&mut self, view: &View) {
        let of = Some((view.world.alerts.revision(), view.now.wall.timestamp() / 10));
        if self.of != of {
            (self.rows, self.of) = (view.world.silences(), of);
            let first = self.rows.iter().position(|row| row.phase == Phase::Ended).unwrap_or(self.rows.len());
            self.ended = self.rows.len() - first;
            self.rows.truncate(first + ENDED);
            self.find();
        }
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        let page = view.hits.page.height.max(1);
        match action {
            Action::Close | Action::Leave => return vec![Reply::Close],
            Action::Requests => return vec![Reply::Open(super::requests::open())],
            Action::Down => self.go(self.index + 1),
            Action::Up => self.go(self.index.saturating_sub(1)),
            Action::PageDown => self.go(self.index + page),
            Action::PageUp => self.go(self.index.saturating_sub(page)),
            Action::Top => self.go(0),
            Action::Bottom => self.go(usize::MAX),
            other => return self.act(other, view),
        }
        Vec::new()
    }

    fn clicked(&mut self, line: usize, view: &View) -> Vec<Reply> {
        if line == self.index {
            return self.act(Action::Open, view);
        }
        self.go(line);
        Vec::new()
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let place = centred(area, 140, area.height);
        canvas.clear(place);
        canvas.hits.add(place, Hit::Overlay);
        let title = self.title();
        let inside = canvas.frame(place, &[(&title, Role::Strong)], Role::Overlay);
        let mut body = inside;
        for text in view.world.alerts.sources().filter_map(|(name, source)| doubt(name, source, view.now)).take(2) {
            canvas.text(body, 0, &format!(" {text}"), Role::Stale);
            body = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
        }
        if self.rows.is_empty() {
            canvas.text(body, 0, " Nothing is silenced, as far as the sources have said.", Role::Dim);
        }
        let visible = self.visible(usize::from(body.height), usize::from(body.width), view);
        canvas.hits.page.height = visible.len();
        canvas.hits.minutes = true;
        let selected = self.selected().is_some();
        let mut y = 0;
        for (index, block) in &visible {
            for line in block {
                let line_place = Rect { y: body.y.saturating_add(y), height: 1, ..body }.intersection(body);
                let bar = if *index == self.index && selected { " ▌ " } else { "   " };
                canvas.line(body, y).text(bar, Role::Focus).spans(line);
                canvas.hits.add(line_place, Hit::Line(*index));
                y = y.saturating_add(1);
            }
        }
        if visible.len() < self.rows.len() && place.height > 2 {
            let more = format!(" {} of {} ", self.index + 1, self.rows.len());
            let bottom = Rect { x: place.x + 1, y: place.bottom() - 1, width: place.width.saturating_sub(2), height: 1 };
            canvas.line(bottom, 0).right(&more, Role::Dim);
        }
    }
}

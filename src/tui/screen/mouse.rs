//! The mouse: what lies where, as the last frame showed it.

use super::Screen;
use crate::model::World;
use crate::tui::action::Action;
use crate::tui::hits::{Hit, Target};
use crate::tui::panes::{PaneId, Travel};
use crate::tui::view::Request;
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

impl Screen {
    /// The mouse: a click selects, a second one opens, the wheel moves.
    pub fn mouse(&mut self, event: MouseEvent, world: &World) -> Vec<Request> {
        let hit = self.hits.at(event.column, event.row).cloned();
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                self.awake(world);
                self.click(hit, world)
            }
            MouseEventKind::Drag(MouseButton::Left) => {
                self.drag(event.column, event.row);
                Vec::new()
            }
            MouseEventKind::Up(MouseButton::Left) => {
                let replies = self.let_go();
                self.answer(replies, world)
            }
            MouseEventKind::ScrollDown => self.wheel(hit, 3, world),
            MouseEventKind::ScrollUp => self.wheel(hit, -3, world),
            _ => Vec::new(),
        }
    }

    fn click(&mut self, hit: Option<Hit>, world: &World) -> Vec<Request> {
        self.pending.clear();
        match hit {
            Some(Hit::Row(pane, target, place)) => {
                self.go(pane);
                let again = self.select(pane, target, place);
                if again { self.update(Action::Open, world) } else { Vec::new() }
            }
            Some(Hit::Pane(pane)) => {
                self.go(pane);
                Vec::new()
            }
            Some(Hit::Edge(edge)) => {
                self.hold(edge);
                Vec::new()
            }
            Some(Hit::Action(action)) => self.update(action, world),
            Some(Hit::Do(pane, action)) => {
                self.go(pane);
                self.update(action, world)
            }
            Some(Hit::Line(line)) => {
                let replies = self.with(world, |parts, view| parts.overlays.last_mut().map(|top| top.clicked(line, view)));
                self.answer(replies.unwrap_or_default(), world)
            }
            Some(Hit::Overlay) | None => Vec::new(),
        }
    }

    /// Puts a pane's cursor on what was clicked; whether it stood there already.
    fn select(&mut self, pane: PaneId, target: Target, place: usize) -> bool {
        let shown = self.hits.under_cursor(pane).is_some_and(|shown| shown.target == target);
        if let Some((_, pane)) = self.panes.iter_mut().find(|(id, _)| *id == pane) {
            pane.point(target, place);
        }
        shown
    }

    fn wheel(&mut self, hit: Option<Hit>, rows: isize, world: &World) -> Vec<Request> {
        (self.last_key, self.touched) = (Some(world.now.mono), true);
        match hit {
            Some(Hit::Row(pane, ..) | Hit::Pane(pane)) => self.with(world, |parts, view| {
                if let Some(pane) = parts.pane(pane) {
                    pane.travel(Travel::By(rows), view);
                }
                Vec::new()
            }),
            Some(Hit::Line(_) | Hit::Overlay) => self.update(if rows > 0 { Action::Down } else { Action::Up }, world),
            _ => Vec::new(),
        }
    }
}

//! The keys that work where the operator is.

use super::Overlay;
use super::page::{Content, Line, Page, heading, plain};
use crate::tui::keymap::Context;
use crate::tui::panes::PaneId;
use crate::tui::theme::Role;
use crate::tui::view::View;

struct Help {
    contexts: Vec<Context>,
    place: &'static str,
}

/// Help for a pane.
pub fn pane(pane: PaneId) -> Box<dyn Overlay> {
    let contexts = vec![pane.spec().context, Context::Panes];
    Box::new(Page::new(Help { contexts, place: pane.spec().name }))
}

/// Help for what lies over the panes.
pub fn overlay(contexts: &[Context]) -> Box<dyn Overlay> {
    let place = contexts.last().map_or("", |context| context.title());
    Box::new(Page::new(Help { contexts: contexts.to_vec(), place }))
}

impl Content for Help {
    fn title(&self, _view: &View) -> String {
        format!("Keys: {}", self.place)
    }

    fn lines(&self, view: &View, _columns: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        for context in &self.contexts {
            lines.extend(heading(context.title()));
            for binding in view.keymap.bindings(*context).filter(|binding| !binding.keys.is_empty()) {
                let keys: Vec<String> = binding.keys.iter().map(ToString::to_string).collect();
                let keys = format!("{:<23} ", keys.join(" "));
                lines.push(vec![(keys, Role::Key), (binding.action.about().to_owned(), Role::Text)]);
            }
        }
        lines.extend(heading("Marks"));
        let marks = [
            ("▲ DOWN", Role::Critical, "it fails"),
            ("◐ degraded", Role::Warning, "it answers, but not as it should"),
            ("● ok", Role::Ok, "it has answered well, and lately"),
            ("? stale", Role::Stale, "nobody knows any more: enter shows why"),
            ("● new", Role::New, "it fired, and the cursor has not been on it"),
            ("✓ ana", Role::Ok, "ana has acknowledged it"),
            ("… sending", Role::Pending, "asked for, and not answered yet"),
            ("✗ failed", Role::Critical, "not done: o shows the answer"),
        ];
        lines.extend(marks.map(|(mark, role, about)| vec![(format!("{mark:<18} "), role), (about.to_owned(), Role::Text)]));
        lines.push(Vec::new());
        lines.push(plain("Keys are rebound in the configuration: console: {keys: {ack: a}}", Role::Dim));
        lines.split_off(1)
    }
}

//! The keys that work where the operator is.

use super::Overlay;
use super::page::{Content, Line, Page, heading, plain};
use crate::tui::canvas::wrap;
use crate::tui::keymap::{Context, Yielded};
use crate::tui::theme::Role;
use crate::tui::view::View;

struct Help {
    contexts: Vec<Context>,
    place: &'static str,
}

/// The keys of these contexts.
pub fn open(contexts: Vec<Context>, place: &'static str) -> Box<dyn Overlay> {
    Box::new(Page::new(Help { contexts, place }))
}

impl Content for Help {
    fn title(&self, _view: &View) -> String {
        format!("Keys: {}", self.place)
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        for context in &self.contexts {
            lines.extend(heading(context.title()));
            for binding in view.keymap.bindings(*context).filter(|binding| !binding.keys.is_empty()) {
                let keys: Vec<String> = binding.keys.iter().map(ToString::to_string).collect();
                lines.extend(told(&keys.join(" "), Role::Key, 24, binding.action.about(), columns));
            }
        }
        lines.extend(self.yielded(view, columns));
        lines.extend(heading("Marks"));
        let marks = [
            ("▲ DOWN", Role::Critical, "it fails"),
            ("◐ degraded", Role::Warning, "it answers, but not as it should"),
            ("● ok", Role::Ok, "it has answered well, and lately"),
            ("? stale", Role::Stale, "nobody knows any more: enter shows why"),
            ("● new", Role::New, "it fired, and the cursor has not been on it"),
            ("✓ ana", Role::Ok, "ana has acknowledged it"),
            ("… queued", Role::Pending, "asked for, and not recorded yet; it is sent after that"),
            ("… under way", Role::Pending, "recorded, and its source has not answered yet"),
            ("… accepted", Role::Pending, "its source took it, and is asked whether it is so"),
            ("✗ failed", Role::Critical, "not done: o shows the answer"),
            ("✗ overruled", Role::Critical, "done, but somebody else did something at the same time: o shows what"),
        ];
        lines.extend(marks.iter().flat_map(|(mark, role, about)| told(mark, *role, 19, about, columns)));
        lines.push(Vec::new());
        lines.push(plain("Keys are rebound in the configuration: console: {keys: {ack: a}}", Role::Dim));
        lines.split_off(1)
    }
}

impl Help {
    /// What lost a key here to the operator's own.
    fn yielded(&self, view: &View, columns: usize) -> Vec<Line> {
        let here = |it: &&Yielded| it.contexts.iter().any(|context| self.contexts.contains(context));
        let mut lines = Vec::new();
        for Yielded { key, from, to, .. } in view.keymap.yielded().iter().filter(here) {
            let what = format!("{} by your configuration; {} is {} now", to.name(), from.name(), view.keymap.key_of(*from));
            lines.extend(told(&key.to_string(), Role::Key, 24, &what, columns));
        }
        if lines.is_empty() { lines } else { [heading("Keys that mean something else"), lines].concat() }
    }
}

/// What a key or a mark means: beside it, or below it where there is no room.
fn told(what: &str, role: Role, wide: usize, about: &str, columns: usize) -> Vec<Line> {
    let beside = columns >= 2 * wide + 10;
    let from = if beside { wide } else { 3 };
    let mut lines: Vec<Line> = wrap(about, columns.saturating_sub(from), 9)
        .into_iter()
        .map(|line| vec![(" ".repeat(from), Role::Text), (line, Role::Text)])
        .collect();
    match lines.first_mut().filter(|_| beside) {
        Some(first) => first[0] = (format!("{what:<wide$}"), role),
        None => lines.insert(0, plain(what, role)),
    }
    lines
}

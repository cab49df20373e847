//! Everything about one silence.

use super::lines::told;
use crate::domain::text::inert;
use crate::model::silences::{Phase, Standing};
use crate::tui::overlays::Overlay;
use crate::tui::overlays::page::{Content, Line, Page, field, heading, plain};
use crate::tui::overlays::silence;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;

struct Details(Standing);

pub fn open(one: Standing) -> Box<dyn Overlay> {
    Box::new(Page::new(Details(one)))
}

/// Alerts that are named.
const NAMED: usize = 100;

impl Content for Details {
    fn title(&self, _view: &View) -> String {
        match self.0.phase {
            Phase::Active => "A silence in force".to_owned(),
            Phase::Pending => "A silence that is to begin".to_owned(),
            Phase::Ended => "A silence that has ended".to_owned(),
        }
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let one = &self.0;
        let full = |at| time::full(at, view.zone);
        let rows = [
            ("matches", silence::told(&one.matchers)),
            ("by", one.by.inert().into_owned()),
            ("comment", one.comment.inert().into_owned()),
            ("begins", full(one.starts_at)),
            ("ends", full(one.ends_at)),
            ("keeps quiet", told(one)),
        ];
        let mut lines: Vec<Line> = rows
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .flat_map(|(name, text)| field(name, text, Role::Text, columns))
            .collect();
        for on in &one.on {
            let text = format!("{} {}", inert(on.source.as_str()), on.id.inert());
            lines.extend(field("on", &text, Role::Dim, columns));
        }
        if !one.alerts.is_empty() {
            lines.extend(heading("Quiet by it"));
        }
        for id in one.alerts.iter().take(NAMED) {
            let again = if one.again.contains(id) { "fires again" } else { "" };
            lines.push(vec![
                (format!("  {} ", view.name_of(id)), Role::Text),
                (format!("{id} "), Role::Dim),
                (again.to_owned(), Role::Warning),
            ]);
        }
        if one.alerts.len() > NAMED {
            lines.push(plain(format!("  and {} more", one.alerts.len() - NAMED), Role::Dim));
        }
        lines
    }
}

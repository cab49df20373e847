//! The map: every service, those that nothing needs at the top, below each what it needs. With the cursor on one, whoever feels it
//! when that fails and all that it needs stand out.
//!
//! ```text
//! Entry points
//!  ↑● shop          ↑▲ app
//! Below
//!  ↑▲ api
//! Below
//! ▌ ▲ postgres ◆      ● stripe
//! ```
//!
//! Invariant: a service keeps its place, whatever happens to it; a key means the one under the cursor, by its name.

mod layers;

use super::{Overlay, centred};
use crate::domain::ids::ServiceName;
use crate::domain::settings::Settings;
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, fit};
use crate::tui::hits::Hit;
use crate::tui::keymap::Context;
use crate::tui::panes::health::{WIDE, standing};
use crate::tui::theme::Role;
use crate::tui::view::{Reply, Ui, View};
use layers::{Kin, Row, kin, layers, rows};
use ratatui::layout::Rect;
use std::collections::BTreeSet;
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

/// Columns of a service besides its name: cursor, mark, state, and the mark of a cause.
const BESIDES: u16 = 7;
/// Longer names are cut.
const LONGEST: u16 = 24;

#[derive(Default)]
struct Map {
    /// What the layers are of.
    of: Option<Arc<Settings>>,
    layers: Vec<Vec<usize>>,
    /// Columns of a name.
    wide: u16,
    cursor: Option<ServiceName>,
    /// What is suspected to be why others are bad.
    causes: BTreeSet<ServiceName>,
}

pub fn open(view: &View) -> Reply {
    if view.world.settings.services.is_empty() {
        return Reply::Say("No services are configured: `services` names them, and `depends_on` what each needs.".to_owned());
    }
    let mut map = Map::default();
    map.prepare(view);
    Reply::Open(Box::new(map))
}

impl Map {
    fn columns(&self, width: u16) -> usize {
        // A list, with the states in words, where no map has room.
        if width < 58 { 1 } else { usize::from((width / (self.wide + BESIDES)).max(1)) }
    }

    fn selected(&self, view: &View) -> Option<usize> {
        self.cursor.as_ref().and_then(|name| view.world.settings.services.place(name.as_str()))
    }

    fn go(&mut self, action: Action, view: &View) {
        let Some(at) = self.selected(view) else { return };
        let rows = rows(&self.layers, view.hits.page.columns.max(1));
        let cells: Vec<&Vec<usize>> = rows.iter().filter_map(Row::cells).collect();
        let found = cells.iter().enumerate().find_map(|(y, cells)| Some((y, cells.iter().position(|cell| *cell == at)?)));
        let Some((y, x)) = found else { return };
        let page = view.hits.page.height.max(2) - 1;
        let (y, x) = match action {
            Action::Down => (y + 1, x),
            Action::Up => (y.saturating_sub(1), x),
            Action::PageDown => (y + page, x),
            Action::PageUp => (y.saturating_sub(page), x),
            Action::Top => (0, 0),
            Action::Bottom => (usize::MAX, usize::MAX),
            Action::Right if x + 1 < cells[y].len() => (y, x + 1),
            Action::Right => (y + 1, 0),
            Action::Left if x > 0 => (y, x - 1),
            _ => (y.saturating_sub(1), usize::MAX),
        };
        let row = cells[y.min(cells.len() - 1)];
        self.select(row[x.min(row.len() - 1)], view);
    }

    fn select(&mut self, at: usize, view: &View) {
        self.cursor = Some(view.world.settings.services[at].name.clone());
    }

    fn render_cell(&self, canvas: &mut Canvas, place: Rect, at: usize, kin: &Kin, view: &View) {
        let service = &view.world.settings.services[at];
        let (glyph, word, state) = standing(&service.name, place.width, view);
        let here = kin.selected == Some(at);
        let (mark, role) = match (here, kin.feels.contains(&at), kin.needed.contains(&at)) {
            (true, ..) => (" ", Role::Cursor),
            (_, true, _) => ("↑", Role::Strong),
            (_, _, true) => ("↓", Role::Text),
            _ => (" ", Role::Dim),
        };
        canvas.hits.add(place, Hit::Line(at));
        let cause = self.causes.contains(&service.name);
        let mut pen = canvas.line(place, 0);
        pen.text(if here { "▌" } else { " " }, Role::Focus).text(mark, Role::Key).text(glyph, state).space(1);
        let name = fit(service.name.as_str(), usize::from(self.wide));
        pen.text(&name, if cause { Role::Warning } else { role });
        if cause {
            pen.text(" ◆", Role::Warning);
        }
        // In a list there is room for the word.
        if place.width > self.wide + BESIDES + 12 {
            pen.space(1).text(&word, state);
        }
    }

    /// What the cursor stands on, in words.
    fn about(&self, kin: &Kin, view: &View) -> String {
        let services = &view.world.settings.services;
        let Some(service) = kin.selected.map(|at| &services[at]) else { return String::new() };
        let (_, word, _) = standing(&service.name, WIDE, view);
        let tier = kin.feels.iter().filter_map(|at| services[*at].tier).min();
        let tier = tier.map(|tier| format!(", from tier {tier}")).unwrap_or_default();
        let why = view.world.suspicions().of(&service.name);
        let why = why
            .map(|found| format!("; suspected: {}, {}", crate::domain::text::inert(&found.cause.to_string()), found.percent()));
        let (feels, needs, name) = (kin.feels.len(), kin.needed.len(), &service.name);
        format!("↑ felt by {feels}{tier}; ↓ needs {needs} ─ {name} {word}{}", why.unwrap_or_default())
    }
}

impl Overlay for Map {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Map, Context::Reading]
    }

    fn prepare(&mut self, view: &View) {
        let settings = &view.world.settings;
        if self.of.as_ref().is_none_or(|of| !Arc::ptr_eq(of, settings)) {
            self.layers = layers(&settings.services);
            let widest = settings.services.iter().map(|service| service.name.as_str().width()).max().unwrap_or(0);
            self.wide = u16::try_from(widest).unwrap_or(LONGEST).clamp(6, LONGEST);
            self.of = Some(settings.clone());
        }
        let found = view.world.suspicions().iter().filter_map(|(_, found)| found.cause.service());
        self.causes = found.cloned().collect();
        if self.selected(view).is_none() {
            // What is down is looked for first: its cause, else the first of all.
            let first = self.layers.iter().flatten().next().map(|at| settings.services[*at].name.clone());
            self.cursor = self.causes.first().cloned().or(first);
        }
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        match (action, &self.cursor) {
            (Action::Close | Action::Leave, _) => return vec![Reply::Close],
            (Action::Open, Some(name)) => return vec![Reply::Open(super::service::open(name.clone()))],
            (Action::Copy, Some(name)) => return vec![Reply::Ui(Ui::Copy(name.to_string()))],
            _ => self.go(action, view),
        }
        Vec::new()
    }

    /// A click selects, a second one opens.
    fn clicked(&mut self, line: usize, view: &View) -> Vec<Reply> {
        if line >= view.world.settings.services.len() {
            return Vec::new();
        }
        if self.selected(view) == Some(line) {
            return self.update(Action::Open, view);
        }
        self.select(line, view);
        Vec::new()
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let columns = self.columns(area.width.saturating_sub(2));
        let rows = rows(&self.layers, columns);
        let wanted = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(4);
        let place = centred(area, area.width, wanted);
        canvas.clear(place);
        canvas.hits.add(place, Hit::Overlay);
        let marks = if place.width < 60 { "" } else { " ─ ↑ feels it, ↓ it needs, ◆ suspected cause" };
        let title = format!("Map of {} services{marks}", view.world.settings.services.len());
        let inside = canvas.frame(place, &[(&title, Role::Strong)], Role::Overlay);
        let height = usize::from(inside.height.saturating_sub(2));
        (canvas.hits.page.height, canvas.hits.page.columns) = (height, columns);
        let kin = kin(&view.world.settings.services, self.selected(view));
        let at = rows.iter().position(|row| row.cells().is_some_and(|cells| kin.selected.is_some_and(|at| cells.contains(&at))));
        let from = at.unwrap_or(0).saturating_sub(height / 2).min(rows.len().saturating_sub(height));
        for (y, row) in rows.iter().skip(from).take(height).enumerate() {
            let line = Rect { y: inside.y + y as u16, height: 1, ..inside };
            match row {
                Row::Heading(text) => canvas.text(line, 0, &format!(" {text}"), Role::Dim),
                Row::Cells(cells) => {
                    let width = inside.width / columns as u16;
                    for (x, at) in cells.iter().enumerate() {
                        let cell = Rect { x: line.x + x as u16 * width, width, ..line };
                        self.render_cell(canvas, cell, *at, &kin, view);
                    }
                }
            }
        }
        let about = crate::tui::canvas::wrap(&self.about(&kin, view), usize::from(inside.width.saturating_sub(2)), 2);
        for (y, text) in (inside.height.saturating_sub(2)..inside.height).zip(about) {
            canvas.text(inside, y, &format!(" {text}"), Role::Text);
        }
        if rows.len() > height && place.height > 2 {
            let bottom = Rect { x: place.x + 1, y: place.bottom() - 1, width: place.width.saturating_sub(2), height: 1 };
            canvas
                .line(bottom, 0)
                .right(&format!(" {}–{} of {} ", from + 1, (from + height).min(rows.len()), rows.len()), Role::Dim);
        }
    }
}

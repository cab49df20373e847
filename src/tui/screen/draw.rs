//! Drawing: a function of the world, the screen and the theme that changes nothing.

use super::Screen;
use crate::model::World;
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::drill;
use crate::tui::hits::{Hit, Hits, Target};
use crate::tui::layout::shares::Shares;
use crate::tui::layout::{self, Form, Wishes};
use crate::tui::leader;
use crate::tui::panes::{PANES, PaneId, health};
use crate::tui::status::{self, Message};
use crate::tui::theme::{Role, Theme};
use crate::tui::view::View;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;

impl Screen {
    /// Draws the whole screen; changes nothing.
    pub fn render(&self, world: &World, theme: &Theme, frame: &mut Buffer) -> Hits {
        let area = frame.area;
        let mut canvas = Canvas::new(frame, theme);
        let alert = self.hits.under_cursor(PaneId::Alerts).and_then(|shown| match &shown.target {
            Target::Alert(id) => Some(id),
            _ => None,
        });
        // Where there is room for one pane it may be another; the alert is selected all the same.
        let alert = alert.or(self.selected.as_ref());
        let view = View {
            world,
            now: world.now,
            zone: self.zone,
            keymap: &self.keymap,
            hits: &self.hits,
            focus: self.focus,
            incident: self.record.incident(world),
            alert,
            presets: &self.division.presets,
            looked: self.looked,
            idle: false,
            untouched: false,
            slow: self.slow,
        };
        self.render_on(&mut canvas, area, &view);
        let hits = canvas.hits;
        if theme.ascii {
            crate::tui::ascii::fold(frame);
        }
        hits
    }

    fn render_on(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let strip = u16::try_from(health::failing(view).len()).unwrap_or(u16::MAX);
        let (form, zoomed) = (Form::of(area), self.division.zoomed);
        let shares = self.shares(form, view);
        let hint = self.touring.shown().filter(|_| !self.covered());
        let outcome = self.asked.and_then(|id| view.world.requests.get(id)).filter(|outcome| status::is_news(outcome, view));
        let led = hint.map_or_else(Vec::new, |hint| hint.lines(area.width, &status::behind(outcome, view)));
        let last = u16::try_from(led.len()).unwrap_or(1);
        let wishes = Wishes { focus: self.focus, front: self.front, failing: strip, shares: &shares, zoomed, last };
        let places = layout::places(area, &wishes);
        canvas.hits.places = places.clone();
        if places.form == Form::None {
            return too_small(canvas, area);
        }
        status::render(canvas, places.status, view);
        health::render_strip(canvas, places.strip, view);
        for (id, place) in &places.panes {
            self.render_pane(canvas, *place, *id, places.form, view);
        }
        for (edge, place) in &places.edges {
            canvas.hits.add(*place, Hit::Edge(*edge));
        }
        let early = self.too_early(view);
        canvas.hits.seconds |= early.is_some();
        let waiting = self.asked.map_or(0, |id| view.world.waiting_for(id));
        let said = self.said.as_deref().or(early.as_deref());
        let message = Message { said, led: &led, contexts: &self.contexts(), outcome, waiting };
        status::render_keys(canvas, places.keys, &message, view);
        for overlay in &self.overlays {
            // What lies below takes no clicks.
            canvas.hits.add(area, Hit::Overlay);
            canvas.hits.cursor = None;
            canvas.hits.links.clear();
            // Where we are, and which keys work, stays visible.
            overlay.render(canvas, Rect { height: area.height.saturating_sub(2), y: area.y + 1, ..area }, view);
        }
        if !self.pending.is_empty() {
            leader::render(canvas, area, &self.pending, &self.contexts(), view);
        }
    }

    /// A wide screen gives the room of what nothing is configured for to the queue, until somebody goes there.
    fn shares(&self, form: Form, view: &View) -> Cow<'_, Shares> {
        let shares = self.division.shares(form);
        match form == Form::Wide && health::is_bare(view) && !shares.hides(PaneId::Health) {
            true => Cow::Owned(Shares { hide: [shares.hide.as_slice(), &[PaneId::Health]].concat(), ..shares.clone() }),
            false => Cow::Borrowed(shares),
        }
    }

    fn render_pane(&self, canvas: &mut Canvas, place: Rect, id: PaneId, form: Form, view: &View) {
        let Some((_, pane)) = self.panes.iter().find(|(other, _)| *other == id) else { return };
        let focused = view.focus == id && !self.covered();
        let (border, name) = if focused { (Role::Focus, Role::Focus) } else { (drill::border(view), Role::Strong) };
        let tabs = tabs(id, form);
        let title = pane.title(view);
        let mut parts: Vec<(&str, Role)> = vec![(id.spec().name, name)];
        parts.extend(tabs.iter().map(|name| (name.as_str(), Role::Dim)));
        let alone = self.division.zoomed && !matches!(form, Form::Tiny);
        let hidden = self.division.shares(form).hides(id);
        let key = |action| view.keymap.key_of(action);
        let back = match (alone, hidden) {
            (true, _) => Some(format!("{} shows the others", key(Action::Zoom))),
            (false, true) => Some(format!("hidden: {} shows it", key(Action::Hide))),
            (false, false) => None,
        };
        if let Some(back) = &back {
            parts.extend([(" ─ ", border), (back, Role::New)]);
        }
        for (text, role) in &title {
            parts.push((" ─ ", border));
            parts.push((text, *role));
        }
        canvas.hits.add(place, Hit::Pane(id));
        let inside = canvas.frame(place, &parts, border);
        pane.render(canvas, inside, view);
    }
}

/// The other panes that the same place of a narrow screen can show.
fn tabs(id: PaneId, form: Form) -> Vec<String> {
    let others = |id: PaneId| PANES.iter().filter(move |spec| spec.id != id);
    match (form, id) {
        (Form::Narrow, PaneId::Log) | (Form::Wide | Form::None, _) => Vec::new(),
        (Form::Narrow, id) => others(id).filter(|spec| spec.id != PaneId::Log).map(|spec| format!(" {}", spec.name)).collect(),
        (Form::Tiny, _) => Vec::new(),
    }
}

fn too_small(canvas: &mut Canvas, area: Rect) {
    let (width, height) = layout::SMALLEST;
    let text = format!("midwatch needs {width}×{height}, this is {}×{}", area.width, area.height);
    for (y, line) in crate::tui::canvas::wrap(&text, usize::from(area.width), 20).iter().enumerate() {
        canvas.text(area, y as u16, line, Role::Text);
    }
}

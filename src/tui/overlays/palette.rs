//! Anything by a part of its name: what can be done, alerts, services, playbooks, incidents and lines of the log, each with
//! what it is. Enter does it, or goes there. What was found stays what it is until somebody types on, whatever the queue does.

mod things;

use super::Overlay;
use super::centred;
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::hits::{Hit, Target};
use crate::tui::input::Input;
use crate::tui::keymap::{Context, Key};
use crate::tui::overlays;
use crate::tui::theme::Role;
use crate::tui::view::{Record, Reply, View};
use ratatui::layout::Rect;
use things::{Seen, Thing};

pub struct Palette {
    input: Input,
    /// What matches, the best first.
    found: Vec<Thing>,
    cursor: usize,
}

pub fn open() -> Box<dyn Overlay> {
    Box::new(Palette { input: Input::default(), found: things::actions().map(Thing::Do).collect(), cursor: 0 })
}

/// What choosing it leads to.
fn chosen(thing: &Thing, view: &View) -> Vec<Reply> {
    let gone = |what: &str| vec![Reply::Say(format!("{what} is not there any more."))];
    match thing {
        Thing::Do(action) => vec![Reply::Close, Reply::Do(*action)],
        Thing::Alert(id) if view.world.alerts.get(id).is_none() => gone("That alert"),
        Thing::Alert(id) => vec![Reply::Close, Reply::Go(Target::Alert(id.clone()))],
        Thing::Service(name) => {
            let (target, detail) = (Target::Service(name.clone()), overlays::service::open(name.clone()));
            vec![Reply::Close, Reply::Go(target), Reply::Open(detail)]
        }
        Thing::Playbook(id) => {
            let (target, text) = (Target::Playbook(id.clone()), overlays::playbook::open(id.clone()));
            vec![Reply::Close, Reply::Go(target), Reply::Open(text)]
        }
        Thing::Incident(id) => vec![Reply::Close, Reply::Show(Record::Of(*id)), Reply::Do(Action::Log)],
        Thing::Layout(_) => match Seen::of(thing, view) {
            Some(Seen::Layout(preset)) => vec![Reply::Close, Reply::Divide(preset.shares.clone())],
            _ => gone("That layout"),
        },
        Thing::Entry(id) => match Seen::of(thing, view) {
            Some(Seen::Entry(entry)) => {
                vec![Reply::Close, Reply::Go(Target::Entry(*id)), Reply::Open(overlays::entry::open(entry))]
            }
            _ => gone("That line"),
        },
    }
}

impl Palette {
    fn search(&mut self, view: &View) {
        self.cursor = 0;
        self.found = match self.input.text().trim() {
            "" => things::actions().map(Thing::Do).collect(),
            typed => things::search(typed, view),
        };
    }

    fn step(&mut self, by: isize) {
        let count = self.found.len().max(1) as isize;
        self.cursor = (self.cursor as isize + by).rem_euclid(count) as usize;
    }

    fn choose(&self, view: &View) -> Vec<Reply> {
        self.found.get(self.cursor).map(|thing| chosen(thing, view)).unwrap_or_default()
    }
}

impl Overlay for Palette {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Typing]
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        let page = isize::try_from(view.hits.page.height.max(1)).unwrap_or(1);
        let last = self.found.len().saturating_sub(1);
        match action {
            Action::Submit => return self.choose(view),
            Action::Cancel | Action::Close => return vec![Reply::Close],
            Action::NextField | Action::Down => self.step(1),
            Action::PreviousField | Action::Up => self.step(-1),
            Action::PageDown => self.cursor = self.cursor.saturating_add_signed(page).min(last),
            Action::PageUp => self.cursor = self.cursor.saturating_add_signed(-page),
            _ => {}
        }
        Vec::new()
    }

    fn typed(&mut self, key: Key, view: &View) -> Vec<Reply> {
        if self.input.take(key) {
            self.search(view);
        }
        Vec::new()
    }

    fn pasted(&mut self, text: &str, view: &View) -> Vec<Reply> {
        self.input.insert(text);
        self.search(view);
        Vec::new()
    }

    fn clicked(&mut self, line: usize, view: &View) -> Vec<Reply> {
        self.cursor = line;
        self.choose(view)
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let place = centred(area, 90, 22);
        canvas.clear(place);
        canvas.hits.add(place, Hit::Overlay);
        let inside = canvas.frame(place, &[("Do or find", Role::Strong)], Role::Focus);
        let field = Rect { x: inside.x + 3, width: inside.width.saturating_sub(4), ..inside };
        canvas.text(inside, 0, " >", Role::Key);
        self.input.render(canvas, field, 0, true);
        let rows = usize::from(inside.height.saturating_sub(1));
        canvas.hits.page.height = rows;
        let from = self.cursor.saturating_sub(rows.saturating_sub(1));
        for (line, thing) in self.found.iter().enumerate().skip(from).take(rows) {
            let row = Rect { y: inside.y + 1 + (line - from) as u16, height: 1, ..inside };
            canvas.hits.add(row, Hit::Line(line));
            render_thing(canvas, row, thing, line == self.cursor, view);
        }
        match (self.found.is_empty(), self.input.text().trim().is_empty()) {
            (true, _) => canvas.text(inside, 1, "   Nothing matches.", Role::Dim),
            (false, true) => {
                let all = " also alerts, services, playbooks, incidents, the log ";
                let bottom = Rect { x: place.x + 1, y: place.bottom() - 1, width: place.width.saturating_sub(2), height: 1 };
                canvas.line(bottom, 0).right(all, Role::Dim);
            }
            (false, false) => {}
        }
    }
}

/// Columns for what a thing is.
const KIND: u16 = 8;

fn render_thing(canvas: &mut Canvas, row: Rect, thing: &Thing, cursor: bool, view: &View) {
    let seen = Seen::of(thing, view);
    let mut pen = canvas.line(row, 0);
    pen.text(if cursor { " ▌ " } else { "   " }, Role::Focus);
    let plain = if cursor { Role::Cursor } else { Role::Text };
    let Some(seen) = seen else {
        pen.column(KIND, thing.word(), Role::Dim).space(1).text("not there any more", Role::Dim);
        return;
    };
    let (name, more, (keys, role)) = (seen.name(view), seen.more(view), seen.keys(view));
    pen.column(KIND, thing.word(), Role::Dim).space(1);
    let end = u16::try_from(keys.len() + 1).unwrap_or(u16::MAX);
    if row.width < 60 {
        let room = pen.left().saturating_sub(end);
        let text = if more.is_empty() { name.into_owned() } else { format!("{name} {more}") };
        pen.column(room, &text, plain);
    } else {
        let room = pen.left().saturating_sub(end);
        let width = if more.is_empty() { room } else { (row.width * 3 / 10).max(18).min(room) };
        pen.column(width, &name, plain).space(1).column(room.saturating_sub(width + 1), &more, Role::Dim);
    }
    pen.right(&keys, role);
}

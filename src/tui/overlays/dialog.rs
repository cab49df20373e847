//! A dialog: fields to fill in, and above the last line exactly what will happen where. Nothing happens before
//! `submit`, and nothing at all when it is left.

use super::{Overlay, centred};
use crate::domain::settings::Environment;
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, wrap};
use crate::tui::hits::Hit;
use crate::tui::input::{self, Input};
use crate::tui::keymap::{Context, Key};
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// What a dialog asks and does.
pub trait Form {
    fn title(&self, view: &View) -> String;

    /// What submitting does, in a word or two.
    fn verb(&self) -> String;

    /// The sentences that say what exactly will happen.
    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)>;

    /// What is to be done; or why not, as a sentence.
    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String>;

    /// All of its sentences must have been on the screen before it is done.
    fn read_first(&self) -> bool {
        false
    }

    /// Brings what it shows up to date.
    fn prepare(&mut self, _texts: &[&str], _view: &View) {}

    /// Where its keys are looked up.
    fn contexts(&self) -> &'static [Context] {
        &[Context::Typing]
    }

    /// Takes a key of its own for the field that has the focus; whether it has put another text there. Where nothing is completed, that
    /// key goes to the next field.
    fn act(&mut self, _action: Action, _input: &mut Input, _view: &View) -> bool {
        false
    }

    /// The text has changed.
    fn changed(&mut self, _texts: &[&str]) -> Vec<Reply> {
        Vec::new()
    }
}

pub struct Field {
    pub label: String,
    pub input: Input,
}

pub fn field(label: impl Into<String>, text: impl Into<String>) -> Field {
    Field { label: label.into(), input: Input::new(text) }
}

/// A field with what holds unless something else is typed.
pub fn proposed(label: impl Into<String>, text: impl Into<String>) -> Field {
    Field { label: label.into(), input: Input::proposing(text) }
}

/// A field that shows nothing of what is typed into it.
pub fn secret(label: impl Into<String>) -> Field {
    Field { label: label.into(), input: Input::hidden() }
}

pub struct Dialog<F> {
    form: F,
    fields: Vec<Field>,
    focus: usize,
    problem: Option<String>,
    /// Lines of its sentences above the first visible one.
    scroll: usize,
}

impl<F: Form> Dialog<F> {
    pub fn new(form: F, fields: Vec<Field>) -> Self {
        Self { form, fields, focus: 0, problem: None, scroll: 0 }
    }

    fn texts(&self) -> Vec<&str> {
        self.fields.iter().map(|field| field.input.text()).collect()
    }

    fn go(&mut self, by: isize) {
        let count = self.fields.len().max(1) as isize;
        self.focus = (self.focus as isize + by).rem_euclid(count) as usize;
    }

    fn submit(&mut self, view: &View) -> Vec<Reply> {
        if self.form.read_first() && self.scroll < view.hits.page.last {
            self.turn(1, view);
            return Vec::new();
        }
        match self.form.submit(&self.texts(), view) {
            Ok(replies) => [Reply::Close].into_iter().chain(replies).collect(),
            Err(why) => {
                (self.problem, self.scroll) = (Some(why), 0);
                Vec::new()
            }
        }
    }

    /// Goes through its sentences by the page.
    fn turn(&mut self, pages: isize, view: &View) {
        let page = isize::try_from(view.hits.page.height.max(1)).unwrap_or(1);
        self.scroll = self.scroll.saturating_add_signed(pages * page).min(view.hits.page.last);
    }

    fn act(&mut self, action: Action, view: &View) -> Vec<Reply> {
        let Some(field) = self.fields.get_mut(self.focus) else { return Vec::new() };
        if self.form.act(action, &mut field.input, view) {
            return self.changed();
        }
        if action == Action::Complete {
            self.go(1);
        }
        Vec::new()
    }

    fn changed(&mut self) -> Vec<Reply> {
        (self.problem, self.scroll) = (None, 0);
        let texts: Vec<&str> = self.fields.iter().map(|field| field.input.text()).collect();
        self.form.changed(&texts)
    }
}

impl<F: Form> Overlay for Dialog<F> {
    fn contexts(&self) -> &'static [Context] {
        self.form.contexts()
    }

    fn prepare(&mut self, view: &View) {
        let texts: Vec<&str> = self.fields.iter().map(|field| field.input.text()).collect();
        self.form.prepare(&texts, view);
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        match action {
            Action::Submit => return self.submit(view),
            Action::Cancel | Action::Close => return vec![Reply::Close],
            Action::NextField => self.go(1),
            Action::PreviousField => self.go(-1),
            Action::PageDown => self.turn(1, view),
            Action::PageUp => self.turn(-1, view),
            _ => return self.act(action, view),
        }
        Vec::new()
    }

    fn typed(&mut self, key: Key, _view: &View) -> Vec<Reply> {
        let focus = self.focus;
        match self.fields.get_mut(focus).is_some_and(|field| field.input.take(key)) {
            true => self.changed(),
            false => Vec::new(),
        }
    }

    fn pasted(&mut self, text: &str, _view: &View) -> Vec<Reply> {
        let focus = self.focus;
        let whole = self.fields.get_mut(focus).is_none_or(|field| field.input.insert(text));
        let replies = self.changed();
        if !whole {
            self.problem = Some(format!("Only {} bytes fit here: the rest of what was pasted is not in it.", input::LONGEST));
        }
        replies
    }

    fn clicked(&mut self, line: usize, _view: &View) -> Vec<Reply> {
        self.focus = line.min(self.fields.len().saturating_sub(1));
        Vec::new()
    }

    /// Fields and the last line are always there; of what stands between them as much as fits.
    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let width = area.width.min(76);
        let inner = usize::from(width.saturating_sub(4));
        let facts = self.facts(view, inner);
        let wanted = self.fields.len() + facts.len() + 4;
        let place = centred(area, width, u16::try_from(wanted).unwrap_or(u16::MAX));
        canvas.clear(place);
        canvas.hits.add(place, Hit::Overlay);
        let title = self.form.title(view);
        let inside = canvas.frame(place, &[(&title, Role::Strong)], Role::Focus);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        self.render_fields(canvas, inside);
        let from = self.fields.len() as u16 + u16::from(!self.fields.is_empty() && usize::from(inside.height) > wanted - 3);
        let room = inside.height.saturating_sub(from + 1);
        let last = facts.len().saturating_sub(usize::from(room));
        (canvas.hits.page.last, canvas.hits.page.height) = (last, usize::from(room));
        let first = self.scroll.min(last);
        for (y, (text, role)) in (from..from.saturating_add(room)).zip(facts.iter().skip(first)) {
            canvas.text(inside, y, text, *role);
        }
        if last > 0 {
            let more = format!(" {}–{} of {} ", first + 1, first + usize::from(room), facts.len());
            let bottom = Rect { x: place.x + 1, y: place.bottom() - 1, width: place.width.saturating_sub(2), height: 1 };
            canvas.line(bottom, 0).right(&more, Role::Dim);
        }
        self.render_verb(canvas, inside, view, first < last);
    }
}

impl<F: Form> Dialog<F> {
    fn facts(&self, view: &View, columns: usize) -> Vec<(String, Role)> {
        let problem = self.problem.iter().map(|why| (format!("✗ {why}"), Role::Critical));
        // What is told as the problem is not told again.
        let facts = self.form.facts(&self.texts(), view).into_iter();
        let facts = problem
            .chain(uncut(self.form.title(view), columns))
            .chain(facts.filter(|(text, _)| self.problem.as_ref() != Some(text)));
        facts.flat_map(|(text, role)| wrap(&text, columns, 40).into_iter().map(move |line| (line, role))).collect()
    }

    fn render_fields(&self, canvas: &mut Canvas, inside: Rect) {
        let label = self.fields.iter().map(|field| field.label.width()).max().unwrap_or(0).min(24) as u16 + 1;
        for (y, field) in (0..inside.height).zip(&self.fields) {
            let focused = usize::from(y) == self.focus;
            canvas.line(inside, y).column(label, &field.label, if focused { Role::Key } else { Role::Dim });
            let place = Rect { x: inside.x + label, width: inside.width.saturating_sub(label), ..inside };
            let line = Rect { y: inside.y + y, height: 1, ..inside };
            canvas.hits.add(line, Hit::Line(usize::from(y)));
            field.input.render(canvas, place, y, focused);
        }
    }

    fn render_verb(&self, canvas: &mut Canvas, inside: Rect, view: &View, unread: bool) {
        let Some(last) = inside.height.checked_sub(1) else { return };
        let (word, role) = environment(view);
        let verb = if unread && self.form.read_first() { "read on".to_owned() } else { self.form.verb() };
        let mut pen = canvas.line(inside, last);
        pen.text(&format!(" {word} "), role).space(1).text("enter", Role::Key).space(1).text(&verb, Role::Strong);
        pen.text("  esc", Role::Key).text(" back", Role::Text);
        if unread && !self.form.read_first() {
            pen.text("  pgdn", Role::Key).text(" more", Role::Text);
        }
        if self.fields.len() > 1 {
            pen.text("  tab", Role::Key).text(" next field", Role::Text);
        }
    }
}

/// A title that the frame cuts, as a sentence: which alert is meant often stands at its end.
pub fn uncut(title: String, columns: usize) -> Option<(String, Role)> {
    (title.width() > columns).then_some((title, Role::Strong))
}

/// The environment's word, and how loud it is.
pub fn environment(view: &View) -> (&'static str, Role) {
    let environment = view.world.settings.environment;
    let role = if environment == Environment::Prod { Role::Danger } else { Role::Safe };
    (environment.word(), role)
}

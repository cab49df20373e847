//! A dialog: fields to fill in, and above the last line exactly what will happen where. Nothing happens before
//! `submit`, and nothing at all when it is left.

use super::{Overlay, centred};
use crate::domain::settings::Environment;
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, wrap};
use crate::tui::hits::Hit;
use crate::tui::input::Input;
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

    /// Brings what it shows up to date.
    fn prepare(&mut self, _texts: &[&str], _view: &View) {}

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

pub struct Dialog<F> {
    form: F,
    fields: Vec<Field>,
    focus: usize,
    problem: Option<String>,
}

impl<F: Form> Dialog<F> {
    pub fn new(form: F, fields: Vec<Field>) -> Self {
        Self { form, fields, focus: 0, problem: None }
    }

    fn texts(&self) -> Vec<&str> {
        self.fields.iter().map(|field| field.input.text()).collect()
    }

    fn go(&mut self, by: isize) {
        let count = self.fields.len().max(1) as isize;
        self.focus = (self.focus as isize + by).rem_euclid(count) as usize;
    }

    fn submit(&mut self, view: &View) -> Vec<Reply> {
        match self.form.submit(&self.texts(), view) {
            Ok(replies) => [Reply::Close].into_iter().chain(replies).collect(),
            Err(why) => {
                self.problem = Some(why);
                Vec::new()
            }
        }
    }

    fn changed(&mut self) -> Vec<Reply> {
        self.problem = None;
        let texts: Vec<&str> = self.fields.iter().map(|field| field.input.text()).collect();
        self.form.changed(&texts)
    }
}

impl<F: Form> Overlay for Dialog<F> {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Typing]
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
            _ => {}
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
        if let Some(field) = self.fields.get_mut(focus) {
            field.input.insert(text);
        }
        self.changed()
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
        for (y, (text, role)) in (from..from.saturating_add(room)).zip(&facts) {
            canvas.text(inside, y, text, *role);
        }
        self.render_verb(canvas, inside, view);
    }
}

impl<F: Form> Dialog<F> {
    fn facts(&self, view: &View, columns: usize) -> Vec<(String, Role)> {
        let problem = self.problem.iter().map(|why| (format!("✗ {why}"), Role::Critical));
        let facts = problem.chain(self.form.facts(&self.texts(), view));
        facts.flat_map(|(text, role)| wrap(&text, columns, 6).into_iter().map(move |line| (line, role))).collect()
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

    fn render_verb(&self, canvas: &mut Canvas, inside: Rect, view: &View) {
        let Some(last) = inside.height.checked_sub(1) else { return };
        let (word, role) = environment(view);
        let verb = self.form.verb();
        let mut pen = canvas.line(inside, last);
        pen.text(&format!(" {word} "), role).space(1).text("enter", Role::Key).space(1).text(&verb, Role::Strong);
        pen.text("  esc", Role::Key).text(" back", Role::Text);
        if self.fields.len() > 1 {
            pen.text("  tab", Role::Key).text(" next field", Role::Text);
        }
    }
}

/// The environment's word, and how loud it is.
pub fn environment(view: &View) -> (&'static str, Role) {
    let environment = view.world.settings.environment;
    let role = if environment == Environment::Prod { Role::Danger } else { Role::Safe };
    (environment.word(), role)
}

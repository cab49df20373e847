//! The filter line: what is typed narrows the queue at once; `esc` brings the old filter back.

use super::Overlay;
use crate::model::filter::Filter;
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::hits::Hit;
use crate::tui::input::Input;
use crate::tui::keymap::{Context, Key};
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use ratatui::layout::Rect;

struct Line {
    input: Input,
    before: String,
    problem: Option<String>,
}

pub fn open(before: &str) -> Box<dyn Overlay> {
    Box::new(Line { input: Input::new(before), before: before.to_owned(), problem: None })
}

impl Line {
    fn changed(&mut self) -> Vec<Reply> {
        match Filter::parse(self.input.text()) {
            Ok(_) => {
                self.problem = None;
                vec![Reply::Filter(self.input.text().to_owned())]
            }
            // Half a word is no mistake yet: what matched before stays.
            Err(why) => {
                self.problem = Some(why.to_string());
                Vec::new()
            }
        }
    }
}

impl Overlay for Line {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Typing]
    }

    fn update(&mut self, action: Action, _view: &View) -> Vec<Reply> {
        match action {
            Action::Submit if self.problem.is_none() => vec![Reply::Close],
            Action::Cancel | Action::Close => vec![Reply::Close, Reply::Filter(self.before.clone())],
            _ => Vec::new(),
        }
    }

    fn typed(&mut self, key: Key, _view: &View) -> Vec<Reply> {
        if self.input.take(key) { self.changed() } else { Vec::new() }
    }

    fn pasted(&mut self, text: &str, _view: &View) -> Vec<Reply> {
        self.input.insert(text);
        self.changed()
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, _view: &View) {
        let place = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
        canvas.clear(place);
        canvas.hits.add(place, Hit::Overlay);
        canvas.text(place, 0, " / ", Role::Key);
        let field = Rect { x: place.x + 3, width: place.width.saturating_sub(3) / 2, ..place };
        self.input.render(canvas, field, 0, true);
        let rest = Rect { x: field.right() + 1, width: place.right().saturating_sub(field.right() + 1), ..place };
        match &self.problem {
            Some(why) => canvas.text(rest, 0, why, Role::Warning),
            None => {
                canvas.text(rest, 0, "words, label=value, label=~regex, state:, severity>=, age>10m, or, not, ( )", Role::Dim)
            }
        }
    }
}

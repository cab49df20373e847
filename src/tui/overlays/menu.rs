//! A few things to choose from, each with a letter, under the sentences that say what it is about. What a letter means never
//! changes while the menu is open; the sentences are of now.

use super::{Overlay, centred};
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Line, wrap};
use crate::tui::hits::Hit;
use crate::tui::keymap::{Context, Key};
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use crossterm::event::KeyCode;
use ratatui::layout::Rect;

/// One thing to choose.
pub struct Choosable {
    text: String,
    /// Stands below it.
    about: String,
    /// Its own letter instead of that of its place.
    key: Option<char>,
    choose: Choose,
}

type Choose = Box<dyn Fn(&View) -> Vec<Reply>>;

pub fn choosable(text: impl Into<String>, about: impl Into<String>, choose: impl Fn() -> Vec<Reply> + 'static) -> Choosable {
    looking(text, about, move |_| choose())
}

/// What follows depends on what is so when it is chosen.
pub fn looking(text: impl Into<String>, about: impl Into<String>, choose: impl Fn(&View) -> Vec<Reply> + 'static) -> Choosable {
    Choosable { text: text.into(), about: about.into(), key: None, choose: Box::new(choose) }
}

impl Choosable {
    /// Chosen by the key that it has elsewhere; one that is no single character is none.
    pub fn keyed(self, key: &str) -> Self {
        let mut chars = key.chars();
        Self { key: chars.next().filter(|_| chars.next().is_none()).or(Some('·')), ..self }
    }
}

type Facts = Box<dyn Fn(&View) -> Vec<(String, Role)>>;

pub struct Menu {
    title: String,
    facts: Facts,
    choices: Vec<Choosable>,
    cursor: usize,
}

impl Menu {
    pub fn new(
        title: impl Into<String>,
        facts: impl Fn(&View) -> Vec<(String, Role)> + 'static,
        choices: Vec<Choosable>,
    ) -> Self {
        Self { title: title.into(), facts: Box::new(facts), choices, cursor: 0 }
    }

    /// With this choice under the cursor at first.
    pub fn at(self, cursor: usize) -> Self {
        Self { cursor, ..self }
    }

    fn step(&mut self, by: isize) {
        let count = self.choices.len().max(1) as isize;
        self.cursor = (self.cursor as isize + by).rem_euclid(count) as usize;
    }

    fn choose(&self, index: usize, view: &View) -> Vec<Reply> {
        let Some(choice) = self.choices.get(index) else { return Vec::new() };
        [Reply::Close].into_iter().chain((choice.choose)(view)).collect()
    }

    fn key(&self, index: usize) -> char {
        self.choices.get(index).and_then(|choice| choice.key).unwrap_or_else(|| letter(index))
    }

    /// Every line, and where the chosen one begins and ends. Where there is little room, only that one is explained.
    fn lines(&self, view: &View, columns: usize, brief: bool) -> (Vec<(Option<usize>, Line)>, usize, usize) {
        let wrapped = |text: &str, columns: usize| wrap(text, columns, 40);
        let mut lines: Vec<(Option<usize>, Line)> = Vec::new();
        for (text, role) in super::dialog::uncut(self.title.clone(), columns).into_iter().chain((self.facts)(view)) {
            lines.extend(wrapped(&text, columns).into_iter().map(|line| (None, vec![(line, role)])));
        }
        if !lines.is_empty() && !brief {
            lines.push((None, Line::new()));
        }
        let mut place = (0, 0);
        for (index, choice) in self.choices.iter().enumerate() {
            let from = lines.len();
            let cursor = index == self.cursor;
            let role = if cursor { Role::Cursor } else { Role::Text };
            for (number, line) in wrapped(&choice.text, columns.saturating_sub(4)).into_iter().enumerate() {
                let lead = if number == 0 { format!("{} ", self.key(index)) } else { "  ".to_owned() };
                let bar = if cursor { "▌ " } else { "  " };
                lines.push((Some(index), vec![(bar.to_owned(), Role::Focus), (lead, Role::Key), (line, role)]));
            }
            let about = if brief && !cursor { "" } else { choice.about.as_str() };
            let about = wrapped(about, columns.saturating_sub(4)).into_iter().filter(|line| !line.is_empty());
            lines.extend(about.map(|line| (Some(index), vec![("    ".to_owned(), Role::Dim), (line, Role::Dim)])));
            if cursor {
                place = (from, lines.len());
            }
        }
        (lines, place.0, place.1)
    }
}

fn letter(index: usize) -> char {
    u8::try_from(index).ok().filter(|index| *index < 26).map_or('·', |index| char::from(b'a' + index))
}

impl Overlay for Menu {
    /// A letter is text here, and text chooses.
    fn contexts(&self) -> &'static [Context] {
        &[Context::Typing]
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        match action {
            Action::Submit => return self.choose(self.cursor, view),
            Action::Cancel | Action::Close => return vec![Reply::Close],
            Action::NextField | Action::Down => self.step(1),
            Action::PreviousField | Action::Up => self.step(-1),
            _ => {}
        }
        Vec::new()
    }

    fn typed(&mut self, key: Key, view: &View) -> Vec<Reply> {
        match key.code() {
            KeyCode::Char(c) if !key.control() && !key.alt() => {
                let found = (0..self.choices.len()).find(|index| self.key(*index) == c && c != '·');
                found.map(|index| self.choose(index, view)).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    fn clicked(&mut self, line: usize, view: &View) -> Vec<Reply> {
        self.choose(line, view)
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let width = area.width.min(76);
        let columns = usize::from(width.saturating_sub(4));
        let whole = self.lines(view, columns, false);
        let fits = whole.0.len() + 3 <= usize::from(area.height);
        let (lines, begin, end) = if fits { whole } else { self.lines(view, columns, true) };
        let place = centred(area, width, u16::try_from(lines.len() + 3).unwrap_or(u16::MAX));
        canvas.clear(place);
        canvas.hits.add(place, Hit::Overlay);
        let inside = canvas.frame(place, &[(&self.title, Role::Strong)], Role::Focus);
        let body =
            Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), height: inside.height.saturating_sub(1), ..inside };
        let height = usize::from(body.height);
        // The sentences as long as there is room for them; what is chosen always.
        let from = end.saturating_sub(height).min(begin);
        for (y, (index, line)) in (0..body.height).zip(lines.iter().skip(from)) {
            canvas.line(body, y).spans(line);
            if let Some(index) = index {
                canvas.hits.add(Rect { y: body.y + y, height: 1, ..body }, Hit::Line(*index));
            }
        }
        self.render_foot(canvas, Rect { y: inside.bottom().saturating_sub(1), height: inside.height.min(1), ..body }, view);
    }
}

impl Menu {
    fn render_foot(&self, canvas: &mut Canvas, foot: Rect, view: &View) {
        let (word, role) = super::dialog::environment(view);
        let mut pen = canvas.line(foot, 0);
        pen.text(&format!(" {word} "), role);
        if !self.choices.is_empty() {
            let last = letter(self.choices.len() - 1);
            let own = self.choices.iter().any(|choice| choice.key.is_some());
            let letters = match self.choices.len() {
                _ if own => "enter".to_owned(),
                1 => "a".to_owned(),
                _ => format!("a–{last}"),
            };
            pen.space(1).text(&letters, Role::Key).text(" choose", Role::Text);
        }
        pen.text("  esc", Role::Key).text(" back", Role::Text);
    }
}

//! A list to choose from, narrowed by typing.

use super::{Overlay, centred};
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::hits::Hit;
use crate::tui::input::Input;
use crate::tui::keymap::{Context, Key};
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// One thing to choose.
pub struct Item {
    pub text: String,
    /// Stands behind it, dimmed, and is searched too.
    pub about: String,
    /// Stands at the right end.
    pub keys: String,
    pub choose: Box<dyn Fn() -> Vec<Reply>>,
}

pub fn item(text: impl Into<String>, about: impl Into<String>, choose: impl Fn() -> Vec<Reply> + 'static) -> Item {
    Item { text: text.into(), about: about.into(), keys: String::new(), choose: Box::new(choose) }
}

/// What is chosen is shown while it is chosen.
pub struct Peek {
    /// With the item under the cursor, by its text.
    pub show: fn(&str) -> Reply,
    /// Nothing was chosen.
    pub back: fn() -> Reply,
}

pub struct Choice {
    title: String,
    items: Vec<Item>,
    input: Input,
    /// Indices of the items that match, the best first.
    found: Vec<usize>,
    cursor: usize,
    peek: Option<Peek>,
    /// The texts are what people have written: what is said about them is cut first.
    titles: bool,
}

impl Choice {
    pub fn new(title: impl Into<String>, items: Vec<Item>) -> Self {
        let found = (0..items.len()).collect();
        Self { title: title.into(), items, input: Input::default(), found, cursor: 0, peek: None, titles: false }
    }

    pub fn of_titles(self) -> Self {
        Self { titles: true, ..self }
    }

    pub fn peeking(self, peek: Peek) -> Self {
        Self { peek: Some(peek), ..self }
    }

    fn under_cursor(&self) -> Option<&Item> {
        self.items.get(*self.found.get(self.cursor)?)
    }

    fn shown(&self) -> Vec<Reply> {
        self.peek.iter().filter_map(|peek| Some((peek.show)(&self.under_cursor()?.text))).collect()
    }

    fn search(&mut self) {
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(self.input.text(), CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
        // The whole name counts before a match in one, and that before one in the sentence about it.
        let typed = self.input.text().trim();
        let mut scored: Vec<(u32, usize)> = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let more = if item.text.eq_ignore_ascii_case(typed) { 2_000 } else { 1_000 };
            let best = score(&item.text).map(|score| score.saturating_add(more)).or_else(|| score(&item.about));
            scored.extend(best.map(|best| (best, index)));
        }
        scored.sort_by_key(|(score, index)| (std::cmp::Reverse(*score), *index));
        self.found = scored.into_iter().map(|(_, index)| index).collect();
        self.cursor = 0;
    }

    fn step(&mut self, by: isize) {
        let count = self.found.len().max(1) as isize;
        self.cursor = (self.cursor as isize + by).rem_euclid(count) as usize;
    }

    fn choose(&self) -> Vec<Reply> {
        let Some(item) = self.under_cursor() else { return Vec::new() };
        self.shown().into_iter().chain([Reply::Close]).chain((item.choose)()).collect()
    }
}

impl Overlay for Choice {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Typing]
    }

    fn update(&mut self, action: Action, _view: &View) -> Vec<Reply> {
        match action {
            Action::Submit => return self.choose(),
            Action::Cancel | Action::Close => {
                let back = self.peek.iter().map(|peek| (peek.back)());
                return back.chain([Reply::Close]).collect();
            }
            Action::NextField | Action::Down => self.step(1),
            Action::PreviousField | Action::Up => self.step(-1),
            _ => return Vec::new(),
        }
        self.shown()
    }

    fn typed(&mut self, key: Key, _view: &View) -> Vec<Reply> {
        if !self.input.take(key) {
            return Vec::new();
        }
        self.search();
        self.shown()
    }

    fn pasted(&mut self, text: &str, _view: &View) -> Vec<Reply> {
        self.input.insert(text);
        self.search();
        self.shown()
    }

    fn clicked(&mut self, line: usize, _view: &View) -> Vec<Reply> {
        self.cursor = line;
        self.choose()
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, _view: &View) {
        let wanted = u16::try_from(self.items.len()).unwrap_or(u16::MAX).saturating_add(3);
        let place = centred(area, if self.titles { 100 } else { 76 }, wanted.min(22));
        canvas.clear(place);
        canvas.hits.add(place, Hit::Overlay);
        let inside = canvas.frame(place, &[(&self.title, Role::Strong)], Role::Focus);
        let field = Rect { x: inside.x + 3, width: inside.width.saturating_sub(4), ..inside };
        canvas.text(inside, 0, " >", Role::Key);
        self.input.render(canvas, field, 0, true);
        // Titles need a narrow line for themselves: what is said about the one under the cursor stands below all of them.
        let alone = self.titles && place.width < BOTH;
        let rows = usize::from(inside.height.saturating_sub(1));
        let from = self.cursor.saturating_sub(rows.saturating_sub(1));
        for (line, index) in self.found.iter().enumerate().skip(from).take(rows) {
            let place = Rect { y: inside.y + 1 + (line - from) as u16, height: 1, ..inside };
            canvas.hits.add(place, Hit::Line(line));
            self.render_item(canvas, place, *index, (line == self.cursor, alone));
        }
        if self.found.is_empty() {
            canvas.text(inside, 1, "   Nothing matches.", Role::Dim);
        }
        if let Some(item) = self.under_cursor().filter(|item| alone && !item.about.is_empty()) {
            let bottom =
                Rect { x: place.x + 2, y: place.bottom().saturating_sub(1), width: place.width.saturating_sub(4), height: 1 };
            canvas.line(bottom, 0).text(&format!(" {} ", item.about), Role::Dim);
        }
    }
}

/// From so many columns on there is room for a title and for what is said about it.
const BOTH: u16 = 60;

impl Choice {
    /// What is chosen has all the room that what is said about it leaves; a third at least, and most of it where it counts more.
    fn texts(&self, left: u16, all: u16) -> u16 {
        let columns = |text: fn(&Item) -> &str| {
            let longest = self.items.iter().map(|item| text(item).width()).max().unwrap_or(0);
            u16::try_from(longest).unwrap_or(u16::MAX)
        };
        let behind = columns(|item| &item.about).saturating_add(columns(|item| &item.keys)).saturating_add(3);
        let most = left.saturating_sub(behind).max(if self.titles { all * 3 / 5 } else { 0 });
        columns(|item| &item.text).min(most).max((all / 3).max(18))
    }

    fn render_item(&self, canvas: &mut Canvas, place: Rect, index: usize, (cursor, alone): (bool, bool)) {
        let Some(item) = self.items.get(index) else { return };
        let mut pen = canvas.line(place, 0);
        pen.text(if cursor { " ▌ " } else { "   " }, Role::Focus);
        let alone = alone || item.about.is_empty();
        let width = if alone { pen.left().saturating_sub(2) } else { self.texts(pen.left(), place.width) };
        pen.column(width, &item.text, if cursor { Role::Cursor } else { Role::Text }).space(1);
        let keys = item.keys.len() as u16;
        if !alone {
            let about = pen.left().saturating_sub(keys + 2);
            pen.column(about, &item.about, Role::Dim);
        }
        pen.right(&item.keys, Role::Key);
    }
}

//! A line that is typed into. What is typed or pasted is scrubbed of control characters and capped; the cursor moves by
//! what people see as characters.

use super::canvas::Canvas;
use super::keymap::Key;
use super::theme::Role;
use crossterm::event::KeyCode;
use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The longest line, in bytes: more is not typed but pasted by mistake.
pub const LONGEST: usize = 4_000;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Input {
    text: String,
    /// A byte index on the border of a grapheme.
    at: usize,
    /// What is typed is not shown: a secret.
    hidden: bool,
    /// What stands in it was put there for whoever types nothing: the first character takes its place.
    proposed: bool,
}

/// Whether a key with control or alt edits a line or moves in it.
pub fn edits(key: Key) -> bool {
    !matches!(key.code(), KeyCode::Char(c) if !"wukbfae".contains(c))
}

impl Input {
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { at: text.len(), text, ..Self::default() }
    }

    /// One with a text that typing replaces; whoever moves in it or cuts from it keeps it.
    pub fn proposing(text: impl Into<String>) -> Self {
        Self { proposed: true, ..Self::new(text) }
    }

    /// One that shows only how many characters it holds.
    pub fn hidden() -> Self {
        Self { hidden: true, ..Self::default() }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes a key; whether the text has changed.
    pub fn take(&mut self, key: Key) -> bool {
        let before = (self.text.len(), self.proposed);
        match (key.code(), key.control() || key.alt()) {
            (KeyCode::Char(c), false) => {
                self.insert(c.encode_utf8(&mut [0; 4]));
            }
            (KeyCode::Backspace, false) => self.remove(self.before()..self.at),
            (KeyCode::Delete, false) => self.remove(self.at..self.after()),
            (KeyCode::Backspace | KeyCode::Char('w'), true) => self.remove(self.word_before()..self.at),
            (KeyCode::Char('u'), true) => self.remove(0..self.at),
            (KeyCode::Char('k'), true) => self.remove(self.at..self.text.len()),
            _ => self.travel(key),
        }
        self.proposed = false;
        (self.text.len(), self.proposed) != before
    }

    fn travel(&mut self, key: Key) {
        match (key.code(), key.control() || key.alt()) {
            (KeyCode::Left, true) => self.at = self.word_before(),
            (KeyCode::Left, false) | (KeyCode::Char('b'), true) => self.at = self.before(),
            (KeyCode::Right, _) | (KeyCode::Char('f'), true) => self.at = self.after(),
            (KeyCode::Home, _) | (KeyCode::Char('a'), true) => self.at = 0,
            (KeyCode::End, _) | (KeyCode::Char('e'), true) => self.at = self.text.len(),
            _ => {}
        }
    }

    /// Inserts at the cursor: line breaks and tabs become spaces, other control and format characters vanish. `false` when
    /// not all of it had room.
    pub fn insert(&mut self, text: &str) -> bool {
        let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
        // What the inert form would replace is dropped: nobody types it.
        let clean: String = spaced.filter(|c| crate::domain::text::inert(c.encode_utf8(&mut [0; 4])) == c.to_string()).collect();
        if !clean.is_empty() && std::mem::take(&mut self.proposed) {
            (self.at, self.text) = (0, String::new());
        }
        let room = LONGEST.saturating_sub(self.text.len());
        let end = clean.grapheme_indices(true).map(|(at, grapheme)| at + grapheme.len()).take_while(|end| *end <= room).last();
        let kept = &clean[..end.unwrap_or(0)];
        self.text.insert_str(self.at, kept);
        self.at += kept.len();
        // A mark that joins its neighbour moves the border.
        self.at = self.border_from(self.at);
        kept.len() == clean.len()
    }

    /// The byte before which the cursor stands.
    pub fn cursor(&self) -> usize {
        self.at
    }

    /// Puts a text in place of what stands between a byte and the cursor.
    pub fn replace_from(&mut self, from: usize, text: &str) {
        self.remove(from.min(self.at)..self.at);
        self.insert(text);
    }

    fn remove(&mut self, range: std::ops::Range<usize>) {
        self.proposed = false;
        self.at = range.start;
        self.text.replace_range(range, "");
        self.at = self.border_from(self.at);
    }

    fn border_from(&self, at: usize) -> usize {
        self.borders().find(|border| *border >= at).unwrap_or(self.text.len())
    }

    fn borders(&self) -> impl Iterator<Item = usize> {
        self.text.grapheme_indices(true).map(|(at, _)| at)
    }

    fn before(&self) -> usize {
        self.borders().take_while(|border| *border < self.at).last().unwrap_or(0)
    }

    fn after(&self) -> usize {
        self.borders().find(|border| *border > self.at).unwrap_or(self.text.len())
    }

    fn word_before(&self) -> usize {
        let head = self.text[..self.at].trim_end();
        head.rfind(' ').map_or(0, |space| space + 1)
    }

    /// Draws the field on line `y` of the area, scrolled so that the cursor is visible.
    pub fn render(&self, canvas: &mut Canvas, area: Rect, y: u16, focused: bool) {
        if self.hidden {
            let marks = "•".repeat(self.text.graphemes(true).count());
            return Self::new(marks).render(canvas, area, y, focused);
        }
        let columns = usize::from(area.width).max(1);
        // The beginning says most, unless somebody is typing further on.
        let from = if focused { self.first_visible(columns) } else { 0 };
        let mut pen = canvas.line(area, y);
        let start = pen.position();
        pen.text(&self.text[from..], Role::Input).fill(Role::Input);
        if focused && y < area.height {
            let shift = u16::try_from(self.text[from..self.at].width()).unwrap_or(0);
            canvas.cursor(Position { x: (start.x + shift).min(area.right().saturating_sub(1)), y: start.y });
        }
    }

    fn first_visible(&self, columns: usize) -> usize {
        let fits = |from: &usize| self.text[*from..self.at].width() < columns;
        self.borders().find(fits).unwrap_or(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyEvent, KeyModifiers};
    use proptest::prelude::*;

    fn press(input: &mut Input, code: KeyCode, modifiers: KeyModifiers) {
        input.take(Key::from(KeyEvent::new(code, modifiers)));
    }

    #[test]
    fn what_is_pasted_is_scrubbed_and_capped() {
        let mut input = Input::default();
        input.insert("one\ntwo\u{1b}[2J\u{202e}x");
        assert_eq!(input.text(), "one two[2Jx");
        input.insert(&"y".repeat(10_000));
        assert_eq!(input.text().len(), LONGEST);
    }

    #[test]
    fn the_cursor_moves_by_what_is_seen_as_a_character() {
        let mut input = Input::new("a👩‍🚒é");
        press(&mut input, KeyCode::Backspace, KeyModifiers::NONE);
        press(&mut input, KeyCode::Backspace, KeyModifiers::NONE);
        assert_eq!(input.text(), "a");
    }

    #[test]
    fn the_first_character_takes_the_place_of_what_was_proposed_unless_it_was_taken_up() {
        let typed = |keys: &[KeyCode]| {
            let mut input = Input::proposing("1h");
            keys.iter().for_each(|key| press(&mut input, *key, KeyModifiers::NONE));
            input.text().to_owned()
        };
        let (three, nought, m) = (KeyCode::Char('3'), KeyCode::Char('0'), KeyCode::Char('m'));
        assert_eq!(typed(&[three, nought, m]), "30m");
        assert_eq!(typed(&[KeyCode::End, three, nought, m]), "1h30m");
        assert_eq!(typed(&[KeyCode::Backspace, m]), "1m");
        let mut pasted = Input::proposing("1h");
        pasted.insert("\u{1b}");
        assert_eq!(pasted.text(), "1h", "nothing was pasted");
        pasted.insert("2h");
        assert_eq!(pasted.text(), "2h");
    }

    #[test]
    fn a_word_goes_at_once() {
        let mut input = Input::new("saw 5xx drop");
        press(&mut input, KeyCode::Char('w'), KeyModifiers::CONTROL);
        assert_eq!(input.text(), "saw 5xx ");
    }

    proptest! {
        #[test]
        fn any_keys_leave_the_cursor_on_a_border(keys in prop::collection::vec((0usize..9, any::<char>(), any::<bool>()), 0..60)) {
            let mut input = Input::default();
            for (kind, c, control) in keys {
                let codes = [KeyCode::Char(c), KeyCode::Char('w'), KeyCode::Left, KeyCode::Right, KeyCode::Backspace,
                    KeyCode::Delete, KeyCode::Home, KeyCode::End, KeyCode::Char('k')];
                let modifiers = if control { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
                press(&mut input, codes[kind], modifiers);
                prop_assert!(input.at == input.text.len() || input.borders().any(|border| border == input.at));
            }
        }
    }
}

//! Texts with roles, broken into lines. Owns the widths: no line is wider than it may be, but for a single character that is
//! wider than the whole line.

use crate::domain::text::inert;
use crate::tui::canvas::Line;
use crate::tui::theme::Role;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Breaks at spaces, inside of words that are too long, and at line feeds. What comes out is inert.
pub fn wrap(pieces: &[(String, Role)], columns: usize) -> Vec<Line> {
    let mut flow = Flow { columns: columns.max(1), ..Flow::default() };
    for (text, role) in pieces {
        flow.piece(text, *role);
    }
    flow.finish()
}

/// Columns that a line takes.
pub fn width(line: &[(String, Role)]) -> usize {
    line.iter().map(|(text, _)| text.width()).sum()
}

/// Puts a text at the end of a line.
pub fn push(line: &mut Line, text: &str, role: Role) {
    match line.last_mut().filter(|(_, last)| *last == role) {
        Some((last, _)) => last.push_str(text),
        None => line.push((text.to_owned(), role)),
    }
}

#[derive(Default)]
struct Flow {
    columns: usize,
    lines: Vec<Line>,
    line: Line,
    /// Columns of `line`.
    used: usize,
    word: Line,
    /// Columns of `word`.
    long: usize,
    /// A space that stands between the line and the word.
    space: Option<Role>,
}

impl Flow {
    fn piece(&mut self, text: &str, role: Role) {
        for part in text.split_inclusive([' ', '\t', '\r', '\n']) {
            let word = part.trim_end_matches([' ', '\t', '\r', '\n']);
            for glyph in inert(word).graphemes(true) {
                self.glyph(glyph, role);
            }
            match part.as_bytes().last() {
                Some(b'\n') => self.end_line(),
                Some(b' ' | b'\t' | b'\r') => self.end_word(Some(role)),
                _ => {}
            }
        }
    }

    fn glyph(&mut self, glyph: &str, role: Role) {
        let wide = glyph.width();
        if self.long > 0 && self.long + wide > self.columns {
            // The word alone fills a line.
            self.end_word(None);
            self.break_line();
        }
        push(&mut self.word, glyph, role);
        self.long += wide;
    }

    fn end_word(&mut self, space: Option<Role>) {
        if !self.word.is_empty() {
            let gap = usize::from(self.space.is_some() && !self.line.is_empty());
            if !self.line.is_empty() && self.used + gap + self.long > self.columns {
                self.break_line();
            } else if let Some(role) = self.space.filter(|_| gap > 0) {
                push(&mut self.line, " ", role);
                self.used += 1;
            }
            for (text, role) in std::mem::take(&mut self.word) {
                push(&mut self.line, &text, role);
            }
            (self.used, self.long, self.space) = (self.used + self.long, 0, None);
        }
        self.space = self.space.or(space);
    }

    fn break_line(&mut self) {
        self.lines.push(std::mem::take(&mut self.line));
        (self.used, self.space) = (0, None);
    }

    fn end_line(&mut self) {
        self.end_word(None);
        self.break_line();
    }

    fn finish(mut self) -> Vec<Line> {
        self.end_word(None);
        if !self.line.is_empty() {
            self.break_line();
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|(text, _)| text.as_str()).collect()).collect()
    }

    #[test]
    fn a_word_of_two_roles_is_not_broken_between_them() {
        let pieces = [("press ".to_owned(), Role::Text), ("ctrl".to_owned(), Role::Code), ("-c now".to_owned(), Role::Text)];
        assert_eq!(texts(&wrap(&pieces, 8)), ["press", "ctrl-c", "now"]);
        assert_eq!(texts(&wrap(&pieces, 40)), ["press ctrl-c now"]);
        assert_eq!(texts(&wrap(&[("abcdefghij".into(), Role::Text)], 4)), ["abcd", "efgh", "ij"]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_character_is_lost(text in "[a-c日é👩 \n]{0,60}", columns in 1usize..12) {
            let lines = wrap(&[(text.clone(), Role::Text)], columns);
            for line in &lines {
                let one = line.iter().map(|(text, _)| text.graphemes(true).count()).sum::<usize>() <= 1;
                prop_assert!(width(line) <= columns || one, "{line:?}");
            }
            let solid = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(solid(&texts(&lines).concat()), solid(&text));
        }
    }
}

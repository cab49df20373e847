//! What panes and overlays draw with: text in columns, by role. Everything that ends up in a cell goes through here,
//! so nothing is ever written outside the area that a pane was given.

use super::hits::Hits;
use super::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// One line: texts with their roles, left to right.
pub type Line = Vec<(String, Role)>;

pub struct Canvas<'a> {
    pub buffer: &'a mut Buffer,
    pub theme: &'a Theme,
    /// What this frame shows where; handed to whoever reads the next key.
    pub hits: Hits,
}

impl<'a> Canvas<'a> {
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self { buffer, theme, hits: Hits::default() }
    }

    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Starts writing line `y` of the area; a line that the area doesn't have takes nothing.
    pub fn line(&mut self, area: Rect, y: u16) -> Pen<'_, 'a> {
        let area = area.intersection(self.buffer.area);
        let (x, end) = if y < area.height { (area.x, area.right()) } else { (area.right(), area.right()) };
        Pen { canvas: self, x, end, y: area.y.saturating_add(y) }
    }

    /// One text on one line of the area.
    pub fn text(&mut self, area: Rect, y: u16, text: &str, role: Role) {
        self.line(area, y).text(text, role);
    }

    /// A text on as many lines as it takes from `y` on, a column from the edge; gives the line after it.
    pub fn sentences(&mut self, area: Rect, y: u16, text: &str, role: Role) -> u16 {
        let most = usize::from(area.height.saturating_sub(y));
        let lines = if most > 0 { wrap(text, usize::from(area.width.saturating_sub(2)), most) } else { Vec::new() };
        (y..).zip(&lines).for_each(|(y, line)| self.text(area, y, &format!(" {line}"), role));
        y.saturating_add(u16::try_from(lines.len()).unwrap_or(u16::MAX))
    }

    /// Empties an area, for what lies over others.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for position in area.positions() {
            self.buffer[position].reset();
        }
        // Half of a wide character before it would be shown whole, over the first column of what is drawn here.
        let before = area.x.checked_sub(1).filter(|_| area.width > 0);
        for (x, y) in (area.y..area.bottom()).filter_map(|y| before.map(|x| (x, y))) {
            let cell = &mut self.buffer[(x, y)];
            if cell.symbol().len() > 1 && cell.symbol().width() > 1 {
                cell.set_symbol(" ");
            }
        }
    }

    /// A border with a title; gives the area inside. Areas too small for a border stay empty.
    pub fn frame(&mut self, area: Rect, title: &[(&str, Role)], role: Role) -> Rect {
        let area = area.intersection(self.buffer.area);
        if area.width < 2 || area.height < 2 {
            return Rect::ZERO;
        }
        let style = self.style(role);
        let (left, right, top, bottom) = (area.x, area.right() - 1, area.y, area.bottom() - 1);
        for x in left + 1..right {
            self.buffer[(x, top)].set_symbol("─").set_style(style);
            self.buffer[(x, bottom)].set_symbol("─").set_style(style);
        }
        for y in top + 1..bottom {
            self.buffer[(left, y)].set_symbol("│").set_style(style);
            self.buffer[(right, y)].set_symbol("│").set_style(style);
        }
        for (x, y, corner) in [(left, top, "╭"), (right, top, "╮"), (left, bottom, "╰"), (right, bottom, "╯")] {
            self.buffer[(x, y)].set_symbol(corner).set_style(style);
        }
        self.title(Rect { x: left + 1, y: top, width: area.width - 2, height: 1 }, title);
        Rect { x: left + 1, y: top + 1, width: area.width - 2, height: area.height - 2 }
    }

    fn title(&mut self, area: Rect, parts: &[(&str, Role)]) {
        let mut pen = self.line(area, 0);
        if parts.iter().any(|(text, _)| !text.is_empty()) {
            pen.space(1);
            for (text, role) in parts {
                pen.text(text, *role);
            }
            pen.text(" ", Role::Text);
        }
    }

    pub fn cursor(&mut self, at: Position) {
        if self.buffer.area.contains(at) {
            self.hits.cursor = Some(at);
        }
    }
}

/// Writes one line from left to right and stops at its end.
pub struct Pen<'c, 'a> {
    canvas: &'c mut Canvas<'a>,
    x: u16,
    end: u16,
    y: u16,
}

impl Pen<'_, '_> {
    /// Columns left.
    pub fn left(&self) -> u16 {
        self.end.saturating_sub(self.x)
    }

    pub fn position(&self) -> Position {
        Position { x: self.x, y: self.y }
    }

    pub fn space(&mut self, columns: u16) -> &mut Self {
        self.x = self.x.saturating_add(columns).min(self.end);
        self
    }

    /// Writes as much as fits, with `…` where it doesn't.
    pub fn text(&mut self, text: &str, role: Role) -> &mut Self {
        self.styled(text, self.canvas.style(role))
    }

    /// Writes texts, each in its role.
    pub fn spans(&mut self, line: &[(String, Role)]) -> &mut Self {
        for (text, role) in line {
            self.text(text, *role);
        }
        self
    }

    pub fn styled(&mut self, text: &str, style: Style) -> &mut Self {
        let left = self.left();
        if left > 0 && !text.is_empty() {
            let text = fit(text, usize::from(left));
            let (plain, rest) = text.split_at(plain(&text));
            self.write(plain, style);
            let (x, _) = self.canvas.buffer.set_stringn(self.x, self.y, rest, usize::from(self.left()), style);
            self.x = x.min(self.end);
        }
        self
    }

    /// Printable ASCII that fits: one column each. Most of a frame is that, and finding its clusters would cost the most.
    fn write(&mut self, text: &str, style: Style) {
        let start = self.canvas.buffer.index_of(self.x, self.y);
        let cells = &mut self.canvas.buffer.content[start..start + text.len()];
        for (at, cell) in cells.iter_mut().enumerate() {
            cell.set_symbol(&text[at..=at]).set_style(style);
        }
        self.x += text.len() as u16;
    }

    /// Writes into a column of this width and goes to its end.
    pub fn column(&mut self, width: u16, text: &str, role: Role) -> &mut Self {
        let (end, width) = (self.end, width.min(self.left()));
        let stop = self.x + width;
        self.end = stop;
        self.text(text, role);
        (self.x, self.end) = (stop, end);
        self
    }

    /// Writes at the right end of what is left, if at least one column stays free before it.
    pub fn right(&mut self, text: &str, role: Role) -> &mut Self {
        let width = u16::try_from(text.width()).unwrap_or(u16::MAX);
        if width < self.left() {
            self.x = self.end - width;
            self.text(text, role);
        }
        self
    }

    /// Paints the rest of the line.
    pub fn fill(&mut self, role: Role) -> &mut Self {
        let style = self.canvas.style(role);
        let rest = Rect { x: self.x, y: self.y, width: self.left(), height: 1 };
        self.canvas.buffer.set_style(rest, style);
        self.x = self.end;
        self
    }
}

/// How much of the beginning is printable ASCII, but for a character that what follows may combine with.
fn plain(text: &str) -> usize {
    let other = text.bytes().position(|byte| !matches!(byte, b' '..=b'~'));
    other.map_or(text.len(), |at| at.saturating_sub(1))
}

/// The text cut to so many columns, `…` showing that it was.
pub fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if text.len() <= columns || text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let kept = text.grapheme_indices(true).find(|(_, grapheme)| {
        used += grapheme.width();
        used >= columns
    });
    let cut = kept.map_or(text.len(), |(at, _)| at);
    Cow::Owned(format!("{}…", &text[..cut]))
}

/// The text without its first columns; of a wide character that they cut nothing is left.
pub fn from_column(text: &str, column: usize) -> &str {
    let mut used = 0;
    let kept = text.grapheme_indices(true).find(|(_, grapheme)| {
        used += grapheme.width();
        used > column
    });
    let Some((at, grapheme)) = kept else { return "" };
    if used - grapheme.width() < column { &text[at + grapheme.len()..] } else { &text[at..] }
}

/// Breaks a text into lines of so many columns, at spaces where there are any. Never more than `most` lines.
pub fn wrap(text: &str, columns: usize, most: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_inclusive(' ') {
        let width = lines.last().map_or(0, |line| line.width());
        match lines.last_mut() {
            Some(line) if width + word.trim_end().width() <= columns => line.push_str(word),
            _ => lines.push(word.to_owned()),
        }
        while let Some((head, tail)) = lines.last().filter(|_| lines.len() < most).and_then(|line| split(line, columns)) {
            lines.pop();
            lines.extend([head, tail]);
        }
    }
    // A space at the end would count where the line is fitted into its place.
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

/// A line that is too long as what fits and the rest; at least one character fits.
fn split(text: &str, columns: usize) -> Option<(String, String)> {
    let mut used = 0;
    let over = text.trim_end().grapheme_indices(true).find(|(at, grapheme)| {
        used += grapheme.width();
        used > columns && *at > 0
    });
    let (head, tail) = text.split_at(over?.0);
    Some((head.to_owned(), tail.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_with_a_mark() {
        assert_eq!(fit("PostgresDown", 12), "PostgresDown");
        assert_eq!(fit("PostgresDown", 8), "Postgre…");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 1), "…");
    }

    #[test]
    fn a_text_is_broken_at_spaces_and_a_long_word_inside() {
        assert_eq!(wrap("one two three", 8, 9), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4, 9), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("a b c d e f", 1, 2).len(), 2);
        assert_eq!(wrap("日本", 1, 9).len(), 2);
    }
}

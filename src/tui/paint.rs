//! From two frames to the fewest bytes that turn one into the other: one write per frame, inside a synchronized update.
//! Only what differs is sent, and of a style only what changes.

use super::links::Linked;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier};
use std::io::{self, Write};

/// The terminal's content as we know it.
pub struct Painter {
    shown: Buffer,
    cursor: Option<Position>,
    /// What of it leads somewhere.
    links: Vec<Linked>,
    out: Vec<u8>,
    /// Nothing is known of the terminal's content.
    dirty: bool,
}

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

impl Painter {
    pub fn new(area: Rect) -> Self {
        Self { shown: Buffer::empty(area), cursor: None, links: Vec::new(), out: Vec::with_capacity(16 * 1024), dirty: true }
    }

    /// The next frame is drawn whole: after a resize, or when something else wrote to the terminal.
    pub fn forget(&mut self) {
        self.dirty = true;
    }

    /// Bytes that go out with the next frame: a bell, a title, a notification.
    pub fn with_next(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// What of the next frame leads somewhere. What did before and does no more, or elsewhere, is written again.
    pub fn link(&mut self, links: &[Linked]) {
        if self.links == links {
            return;
        }
        for link in
            self.links.iter().filter(|link| !links.contains(link)).chain(links.iter().filter(|link| !self.links.contains(link)))
        {
            for position in self.shown.area.intersection(link.area).positions() {
                self.shown[position].set_symbol(UNKNOWN);
            }
        }
        self.links = links.to_vec();
    }

    /// Writes what has changed; nothing at all if nothing has, and whether anything had. The frame becomes the terminal's known content, and the
    /// old one is handed back to be drawn upon.
    pub fn paint(&mut self, frame: &mut Buffer, cursor: Option<Position>, to: &mut dyn Write) -> io::Result<bool> {
        let before = self.out.len();
        self.out.extend_from_slice(BEGIN);
        let start = self.out.len();
        if self.dirty || self.shown.area != frame.area {
            self.shown = Buffer::empty(frame.area);
            self.out.extend_from_slice(b"\x1b[0m\x1b[2J");
            (self.dirty, self.cursor) = (false, None);
            self.out.extend_from_slice(b"\x1b[?25l");
        }
        self.cells(frame);
        self.place(cursor, self.out.len() > start);
        match self.out.len() == start {
            true => self.out.truncate(before),
            false => self.out.extend_from_slice(END),
        }
        std::mem::swap(&mut self.shown, frame);
        self.send(to)
    }

    fn send(&mut self, to: &mut dyn Write) -> io::Result<bool> {
        if self.out.is_empty() {
            return Ok(false);
        }
        let sent = to.write_all(&self.out).and_then(|()| to.flush());
        self.out.clear();
        sent.map(|()| true)
    }

    fn cells(&mut self, frame: &Buffer) {
        let (mut pen, width) = (Pen::default(), usize::from(frame.area.width).max(1));
        let mut columns = Vec::new();
        let rows = self.shown.content.chunks(width).zip(frame.content.chunks(width));
        for (y, (old, new)) in rows.enumerate() {
            changed(old, new, &mut columns);
            // Where the terminal's cursor is on this line, as far as we know.
            let mut here = None;
            let row: Vec<&Linked> = self.links.iter().filter(|link| usize::from(link.area.y) == y).collect();
            let mut open: Option<&Linked> = None;
            let mut at = 0;
            while let Some(&x) = columns.get(at) {
                let wanted = row.iter().copied().find(|link| link.covers(x));
                if open != wanted {
                    close(open.take(), &mut self.out);
                }
                // Always writes: a Vec can't fail.
                let _ = match here {
                    // What leads somewhere is not written again on the way: it would lead there no more, or this would.
                    Some(here) if here < x && (open.is_some() || (here..x).any(|x| row.iter().any(|link| link.covers(x)))) => {
                        write!(self.out, "\x1b[{}C", x - here)
                    }
                    Some(here) => pen.go(&new[here..x], &mut self.out),
                    None => write!(self.out, "\x1b[{};{}H", y + 1, x + 1),
                };
                let blank = if wanted.is_none() { blank(&columns[at..], new) } else { 0 };
                if blank >= ERASED {
                    pen.erase(blank, &mut self.out);
                    (here, at) = (Some(x), at + blank);
                    continue;
                }
                at += 1;
                if let Some(link) = wanted.filter(|_| open.is_none()) {
                    let _ = write!(self.out, "\x1b]8;;{}\x1b\\", link.to);
                    open = wanted;
                }
                pen.turn_to(&new[x], &mut self.out);
                self.out.extend_from_slice(new[x].symbol().as_bytes());
                // A wide glyph moves the cursor by two, and some terminals disagree: place it anew after anything unusual.
                here = narrow(&new[x]).then_some(x + 1);
            }
            close(open, &mut self.out);
        }
        pen.lay_down(&mut self.out);
    }

    /// Shows the cursor where a field is typed into. Writing cells has moved it away.
    fn place(&mut self, cursor: Option<Position>, wrote: bool) {
        if let Some(at) = cursor.filter(|_| wrote || self.cursor != cursor) {
            let _ = write!(self.out, "\x1b[{};{}H", at.y + 1, at.x + 1);
        }
        match (self.cursor, cursor) {
            (None, Some(_)) => self.out.extend_from_slice(b"\x1b[?25h"),
            (Some(_), None) => self.out.extend_from_slice(b"\x1b[?25l"),
            _ => {}
        }
        self.cursor = cursor;
    }
}

/// From so many blanks on, erasing them takes fewer bytes than writing them, also where the cursor then has to go on behind them.
const ERASED: usize = 16;

/// How many columns from here on, one behind the other, become blank on the terminal's own ground.
fn blank(columns: &[usize], new: &[Cell]) -> usize {
    let bare = |cell: &Cell| cell.symbol() == " " && cell.bg == Color::Reset && cell.modifier.is_empty();
    let first = columns.first().copied().unwrap_or_default();
    columns.iter().enumerate().take_while(|(step, x)| **x == first + step && bare(&new[**x])).count()
}

/// What no frame shows.
const UNKNOWN: &str = "\u{fffe}";

fn close(link: Option<&Linked>, out: &mut Vec<u8>) {
    if link.is_some() {
        out.extend_from_slice(b"\x1b]8;;\x1b\\");
    }
}

/// The columns of a line that must be written. Where a wide glyph goes or is cut, terminals clear its other half in
/// their own way: that column is written too.
fn changed(old: &[Cell], new: &[Cell], columns: &mut Vec<usize>) {
    columns.clear();
    let (mut x, mut spoilt) = (0, 0);
    while x < new.len() {
        let end = (x + columns_of(&new[x])).min(new.len());
        if x < spoilt || !same(&old[x], &new[x]) {
            columns.push(x);
            let cut = (x..end).map(|column| column + columns_of(&old[column])).max();
            spoilt = spoilt.max(cut.unwrap_or(0));
        }
        x = end;
    }
}

/// Whether they look the same. Most symbols are one byte: comparing those as texts would cost more than all else of a frame on which
/// little has changed.
fn same(old: &Cell, new: &Cell) -> bool {
    let texts = match (old.symbol().as_bytes(), new.symbol().as_bytes()) {
        ([old], [new]) => old == new,
        (old, new) => old == new,
    };
    texts && Pen::of(old) == Pen::of(new)
}

fn columns_of(cell: &Cell) -> usize {
    match cell.symbol() {
        symbol if symbol.len() == 1 => 1,
        symbol => unicode_width::UnicodeWidthStr::width(symbol).max(1),
    }
}

/// One character that takes one column on every terminal: ASCII, or the box drawing and symbols that we draw ourselves.
fn narrow(cell: &Cell) -> bool {
    let mut chars = cell.symbol().chars();
    matches!((chars.next(), chars.next()), (Some(' '..='~' | '─'..='▟' | '…' | '·' | '●' | '✓' | '✗'), None))
}

/// The style that the terminal writes with.
#[derive(Default, PartialEq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    /// Goes to the right over cells that are shown already: writes them once more where that takes fewer bytes than a jump.
    fn go(&self, over: &[Cell], out: &mut Vec<u8>) -> io::Result<()> {
        let jump = match over.len() {
            0 => return Ok(()),
            1 => 3,
            2..10 => 4,
            _ => 5,
        };
        let same = |cell: &Cell| narrow(cell) && *self == Self::of(cell);
        let length: usize = over.iter().take(jump + 1).map(|cell| cell.symbol().len()).sum();
        if length <= jump && over.iter().all(same) {
            over.iter().for_each(|cell| out.extend_from_slice(cell.symbol().as_bytes()));
            return Ok(());
        }
        match over.len() {
            1 => write!(out, "\x1b[C"),
            many => write!(out, "\x1b[{many}C"),
        }
    }

    fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    fn turn_to(&mut self, cell: &Cell, out: &mut Vec<u8>) {
        let wanted = Self::of(cell);
        if *self == wanted {
            return;
        }
        let mut codes = Codes { out, first: true };
        if !wanted.modifier.contains(self.modifier) {
            codes.add(&["0"]);
            *self = Pen::default();
        }
        for (modifier, code) in MODIFIERS {
            if wanted.modifier.contains(*modifier) && !self.modifier.contains(*modifier) {
                codes.add(&[code]);
            }
        }
        if wanted.fg != self.fg {
            codes.colour(wanted.fg, 30);
        }
        if wanted.bg != self.bg {
            codes.colour(wanted.bg, 40);
        }
        codes.end();
        *self = wanted;
    }

    /// Makes cells blank and stays where it is. Terminals erase with the style that they write with.
    fn erase(&mut self, count: usize, out: &mut Vec<u8>) {
        self.lay_down(out);
        *self = Pen::default();
        // Always writes: a Vec can't fail.
        let _ = write!(out, "\x1b[{count}X");
    }

    fn lay_down(&mut self, out: &mut Vec<u8>) {
        if *self != Self::default() {
            out.extend_from_slice(b"\x1b[0m");
        }
    }
}

const MODIFIERS: &[(Modifier, &str)] = &[
    (Modifier::BOLD, "1"),
    (Modifier::DIM, "2"),
    (Modifier::ITALIC, "3"),
    (Modifier::UNDERLINED, "4"),
    (Modifier::REVERSED, "7"),
    (Modifier::CROSSED_OUT, "9"),
];

/// The parameters of one SGR sequence.
struct Codes<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl Codes<'_> {
    fn add(&mut self, parts: &[&str]) {
        for part in parts {
            self.out.extend_from_slice(if self.first { b"\x1b[" } else { b";" });
            self.out.extend_from_slice(part.as_bytes());
            self.first = false;
        }
    }

    /// `base` is 30 for the foreground, 40 for the background.
    fn colour(&mut self, colour: Color, base: u8) {
        let text = |number: u8| number.to_string();
        match colour {
            Color::Rgb(r, g, b) => self.add(&[&text(base + 8), "2", &text(r), &text(g), &text(b)]),
            Color::Indexed(index) => self.add(&[&text(base + 8), "5", &text(index)]),
            named => match ANSI.iter().position(|known| *known == named) {
                Some(index @ 0..8) => self.add(&[&text(base + index as u8)]),
                Some(index) => self.add(&[&text(base + 52 + index as u8)]),
                None => self.add(&[&text(base + 9)]),
            },
        }
    }

    fn end(self) {
        if !self.first {
            self.out.push(b'm');
        }
    }
}

const ANSI: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

#[cfg(test)]
mod tests;

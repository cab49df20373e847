//! Printing: data to standard output, everything else to standard error, whole documents or aligned tables.

use super::{Globals, colour};
pub use crate::domain::text::inert;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// One JSON document, and nothing else.
///
/// # Errors
/// Standard output is gone.
pub fn json(document: &impl Serialize) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let written = serde_json::to_writer(&mut out, document).map_err(io::Error::from);
    written.and_then(|()| writeln!(out)).and_then(|()| out.flush()).map_err(lost)
}

/// Lines of data.
///
/// # Errors
/// Standard output is gone.
pub fn text(text: &str) -> io::Result<()> {
    bytes(text.as_bytes())
}

/// Data as it is.
///
/// # Errors
/// Standard output is gone.
pub fn bytes(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(lost)
}

/// Says what could not be written; the kind stays, because a reader that has gone away is no error.
fn lost(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("standard output can't be written: {error}"))
}

/// Something for a person, on standard error.
pub fn say(globals: &Globals, text: &str) {
    if !globals.quiet {
        warn(text);
    }
}

/// What only those want to know who asked for more, on standard error.
pub fn more(globals: &Globals, text: &str) {
    if globals.verbose > 0 {
        say(globals, &format!("midwatch: {text}"));
    }
}

/// A failure that does not end the command.
pub fn warn(text: &str) {
    // Nobody is left to be told if standard error is closed.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether somebody looks at what is printed.
pub fn on_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether keys can be read and a screen shown; errors may go elsewhere.
pub fn on_screen() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Whether somebody sits at both ends.
pub fn at_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// The widest that a cell may be that others stand behind: one long name must not push everything else off the screen.
const WIDEST: usize = 60;

/// Aligned columns under a heading. Cells are made inert: they hold what others wrote.
pub fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    drawn(heading, rows, |_| None)
}

/// The same, with the words of the first column in their colours where colours are wanted.
pub fn painted(globals: &Globals, heading: &[&str], rows: &[Vec<String>]) -> String {
    drawn(heading, rows, colour::painter(globals))
}

fn drawn(heading: &[&str], rows: &[Vec<String>], colour_of: impl Fn(&str) -> Option<&'static str>) -> String {
    let last = heading.len().saturating_sub(1);
    let fit = |(column, cell): (usize, &String)| if column < last { cut(&inert(cell)) } else { inert(cell).into_owned() };
    let mut all: Vec<Vec<String>> = vec![heading.iter().map(|cell| (*cell).to_owned()).collect()];
    all.extend(rows.iter().map(|row| row.iter().enumerate().map(fit).collect()));
    let width = |column: usize| all.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let cell = |(column, (cell, width)): (usize, (&String, &usize))| {
        let space = " ".repeat(width.saturating_sub(cell.width()));
        match colour_of(cell).filter(|_| column == 0) {
            Some(colour) => format!("\x1b[{colour}m{cell}\x1b[0m{space}"),
            None => format!("{cell}{space}"),
        }
    };
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).enumerate().map(cell).collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    all.iter().map(line).collect()
}

/// As much of a cell as may stand before others.
fn cut(cell: &str) -> String {
    if cell.width() <= WIDEST {
        return cell.to_owned();
    }
    let mut width = 1;
    let fits = |part: &&str| {
        width += part.width();
        width <= WIDEST
    };
    cell.graphemes(true).take_while(fits).chain(["…"]).collect()
}

/// `12s`, `3m04s`, `2h10m`, `9d`.
pub fn age(duration: std::time::Duration) -> String {
    let s = duration.as_secs();
    match s {
        0..60 => format!("{s}s"),
        60..3600 => format!("{}m{:02}s", s / 60, s % 60),
        3600..86_400 => format!("{}h{:02}m", s / 3600, s / 60 % 60),
        _ => format!("{}d", s / 86_400),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_long_cell_is_cut_unless_it_is_the_last() {
        let (long, wide) = ("x".repeat(1_000), "日".repeat(40));
        let table = super::table(&["name", "id"], &[vec![long.clone(), "1".into()], vec![wide, long]]);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0], format!("name{}  id", " ".repeat(56)));
        assert_eq!(lines[1], format!("{}…  1", "x".repeat(59)));
        assert_eq!(lines[2], format!("{}…   {}", "日".repeat(29), "x".repeat(1_000)));
    }

    #[test]
    fn a_cell_cannot_break_out_of_its_table() {
        let table = super::table(&["name", "x"], &[vec!["a\n\u{1b}[2J".into(), "y".into()]]);
        assert_eq!(table, "name    x\na␊␛[2J  y\n");
    }
}

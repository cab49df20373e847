//! Printing: data to standard output, everything else to standard error, whole documents or aligned tables.

use super::Globals;
pub use crate::domain::text::inert;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use unicode_width::UnicodeWidthStr;

/// One JSON document, and nothing else.
///
/// # Errors
/// Standard output is gone.
pub fn json(document: &impl Serialize) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    serde_json::to_writer(&mut out, document)?;
    writeln!(out)?;
    out.flush()
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
    out.write_all(bytes)?;
    out.flush()
}

/// Something for a person, on standard error.
pub fn say(globals: &Globals, text: &str) {
    if !globals.quiet {
        warn(text);
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

/// Whether somebody sits at both ends.
pub fn at_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Aligned columns under a heading. Cells are made inert: they hold what others wrote.
pub fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let heading: Vec<String> = heading.iter().map(|cell| (*cell).to_owned()).collect();
    let inert_rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| inert(cell).into_owned()).collect()).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&heading).chain(&inert_rows).collect();
    let width = |column: usize| all.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let line = |row: &&Vec<String>| {
        let cells =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width()))));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    all.iter().map(line).collect()
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
    fn a_cell_cannot_break_out_of_its_table() {
        let table = super::table(&["name", "x"], &[vec!["a\n\u{1b}[2J".into(), "y".into()]]);
        assert_eq!(table, "name    x\na␊␛[2J  y\n");
    }
}

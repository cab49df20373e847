//! Tables, fitted to the width: columns share what room there is, cells are broken into lines, what is too much of one is cut
//! with a mark. Where there is no room for columns, each row becomes a list of `name: value`.

use super::flow::{push, width, wrap};
use crate::tui::canvas::Line;
use crate::tui::theme::Role;
use pulldown_cmark::Alignment;

#[derive(Default)]
pub struct Table {
    pub alignments: Vec<Alignment>,
    /// The first one is the head.
    pub rows: Vec<Vec<Line>>,
}

/// The narrowest column.
const LEAST: usize = 6;
/// Lines of one cell.
const TALLEST: usize = 8;
const BETWEEN: &str = " │ ";

impl Table {
    pub fn lines(&self, columns: usize) -> Vec<Line> {
        let count = self.alignments.len().max(1);
        let room = columns.saturating_sub((count - 1) * 3);
        let wanted: Vec<usize> = (0..count).map(|column| self.natural(column)).collect();
        if wanted.iter().sum::<usize>() > room && room < count * LEAST {
            return self.records(columns);
        }
        let widths = shared(&wanted, room);
        let mut rows = self.rows.iter();
        let mut lines: Vec<Line> = rows.next().into_iter().flat_map(|head| self.row(&strong(head), &widths)).collect();
        lines.push(rule(&widths));
        lines.extend(rows.flat_map(|row| self.row(row, &widths)));
        lines
    }

    /// What a column would like to have.
    fn natural(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.flat_map(|cell| wrap(cell, usize::MAX)).map(|line| width(&line)).max().unwrap_or(0).max(1)
    }

    fn row(&self, row: &[Line], widths: &[usize]) -> Vec<Line> {
        let none = Line::new();
        let cells: Vec<Vec<Line>> =
            widths.iter().enumerate().map(|(column, wide)| cell(row.get(column).unwrap_or(&none), *wide)).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
        (0..height).map(|y| self.line(&cells, widths, y)).collect()
    }

    fn line(&self, cells: &[Vec<Line>], widths: &[usize], y: usize) -> Line {
        let mut out = Line::new();
        for (column, (cell, wide)) in cells.iter().zip(widths).enumerate() {
            if column > 0 {
                push(&mut out, BETWEEN, Role::Mark);
            }
            let line = cell.get(y).cloned().unwrap_or_default();
            let free = wide.saturating_sub(width(&line));
            let left = match self.alignments.get(column) {
                Some(Alignment::Right) => free,
                Some(Alignment::Center) => free / 2,
                _ => 0,
            };
            let last = column + 1 == widths.len();
            pad(&mut out, left);
            line.iter().for_each(|(text, role)| push(&mut out, text, *role));
            pad(&mut out, if last { 0 } else { free - left });
        }
        out
    }

    /// One line for each cell, under its column's name.
    fn records(&self, columns: usize) -> Vec<Line> {
        let head = self.rows.first().map_or(&[][..], |head| head);
        let mut lines: Vec<Line> = Vec::new();
        for row in self.rows.iter().skip(usize::from(self.rows.len() > 1)) {
            for (column, cell) in row.iter().enumerate() {
                let mut pieces: Line =
                    head.get(column).filter(|_| self.rows.len() > 1).map(|name| strong_cell(name)).unwrap_or_default();
                if !pieces.is_empty() {
                    pieces.push((": ".to_owned(), Role::Mark));
                }
                pieces.extend(cell.iter().cloned());
                lines.extend(wrap(&pieces, columns));
            }
            lines.push(Line::new());
        }
        lines.pop();
        lines
    }
}

fn pad(line: &mut Line, columns: usize) {
    if columns > 0 {
        push(line, &" ".repeat(columns), Role::Mark);
    }
}

fn strong(row: &[Line]) -> Vec<Line> {
    row.iter().map(|cell| strong_cell(cell)).collect()
}

fn strong_cell(cell: &[(String, Role)]) -> Line {
    cell.iter().map(|(text, role)| (text.clone(), if *role == Role::Text { Role::Strong } else { *role })).collect()
}

fn cell(cell: &Line, columns: usize) -> Vec<Line> {
    let mut lines = wrap(cell, columns);
    if lines.len() > TALLEST {
        lines.truncate(TALLEST);
        let last = lines.last_mut().into_iter();
        last.for_each(|line| *line = vec![("…".to_owned(), Role::Mark)]);
    }
    lines
}

fn rule(widths: &[usize]) -> Line {
    let parts: Vec<String> = widths.iter().map(|wide| "─".repeat(*wide)).collect();
    vec![(parts.join("─┼─"), Role::Mark)]
}

/// Gives each column what it wants; where that is too much, the widest give first.
fn shared(wanted: &[usize], room: usize) -> Vec<usize> {
    let (mut low, mut high) = (1, room.max(1));
    let total = |most: usize| wanted.iter().map(|wide| (*wide).min(most)).sum::<usize>();
    while low < high {
        let middle = (low + high).div_ceil(2);
        if total(middle) <= room { low = middle } else { high = middle - 1 }
    }
    wanted.iter().map(|wide| (*wide).min(low)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_column_gives_first() {
        assert_eq!(shared(&[4, 100, 10], 50), [4, 36, 10]);
        assert_eq!(shared(&[4, 5], 50), [4, 5]);
        assert_eq!(shared(&[40, 40], 20), [10, 10]);
    }
}

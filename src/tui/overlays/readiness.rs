//! The readiness board: whose turn it is, and of every playbook how long ago somebody has shown that it works.

use super::Overlay;
use super::page::{Content, Line, Page, field, heading, plain};
use crate::domain::playbook::Practice;
use crate::domain::readiness::{Board, FORMULA, Row, State};
use crate::domain::text::inert;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;

struct Readiness;

pub fn open() -> Box<dyn Overlay> {
    Box::new(Page::new(Readiness))
}

impl Content for Readiness {
    fn title(&self, _view: &View) -> String {
        "Readiness".to_owned()
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let record = match &view.world.practice {
            None => return vec![plain("… the journal is asked", Role::Dim)],
            Some(Err(why)) => return vec![plain(format!("The journal can't be read: {}", inert(why)), Role::Critical)],
            Some(Ok(record)) => record,
        };
        let board = view.world.board(record);
        let mut lines = week(&board, columns);
        for practice in Practice::ALL.iter().copied().map(Some).chain([None]) {
            let rows: Vec<&Row> = board.rows.iter().filter(|row| row.practice == practice).collect();
            match (practice, rows.is_empty()) {
                (None, true) => continue,
                (practice, empty) => {
                    lines.extend(heading(practice.map_or("other", Practice::word)));
                    if empty {
                        lines.push(vec![
                            (" ✗ ".to_owned(), Role::Critical),
                            ("no playbook is about it".to_owned(), Role::Critical),
                        ]);
                    }
                }
            }
            lines.extend(rows.into_iter().flat_map(|row| playbook(row, view, columns)));
        }
        if !board.restores.is_empty() {
            lines.extend(heading("Restores"));
        }
        for one in &board.restores {
            let (glyph, role) = look(one.state);
            lines.push(vec![(format!(" {glyph} "), role), (inert(one.feed.as_str()).into_owned(), Role::Text)]);
            let role = if one.state == State::Fresh { Role::Dim } else { role };
            lines.extend(field("", &inert(&one.badge(time::age, view.now.wall)), role, columns));
        }
        let findings: Vec<_> = record.findings.iter().filter(|finding| finding.closed.is_none()).collect();
        if !findings.is_empty() {
            lines.extend(heading("Open findings"));
        }
        for finding in findings {
            let owner = finding.owner.as_deref().unwrap_or("nobody");
            let due = finding.due.map(|due| format!(", until {due}")).unwrap_or_default();
            let text = format!("{} ({}, {}{due})", inert(&finding.text), finding.playbook, inert(owner));
            lines.extend(field("○", &text, Role::Warning, columns));
        }
        lines.push(Vec::new());
        lines.push(plain(FORMULA, Role::Dim));
        lines
    }
}

fn week(board: &Board, columns: usize) -> Vec<Line> {
    let this = &board.week;
    let (text, role) = match (&this.held, &this.turn) {
        (Some(why), _) => (format!("held: {}", inert(why)), Role::Dim),
        (None, None) => ("nothing is to be practised".to_owned(), Role::Dim),
        (None, Some(turn)) if this.done => (format!("✓ something was practised; it was the turn of {turn}"), Role::Ok),
        (None, Some(turn)) => {
            let why = if this.why.is_empty() { String::new() } else { format!(" ({})", this.why.join(", ")) };
            (format!("{turn}{why}"), Role::Strong)
        }
    };
    let mut lines = field(&this.week.to_string(), &text, role, columns);
    lines.extend(field(
        "in a row",
        &format!("{} {}", this.streak, if this.streak == 1 { "week" } else { "weeks" }),
        Role::Text,
        columns,
    ));
    for skip in &this.skips {
        lines.extend(field(
            "put off",
            &format!("{} by {}: {}", skip.playbook, inert(&skip.by), inert(&skip.reason)),
            Role::Warning,
            columns,
        ));
    }
    lines
}

fn playbook(row: &Row, view: &View, columns: usize) -> Vec<Line> {
    let (glyph, role) = look(row.state);
    let mut lines =
        vec![vec![(format!(" {glyph} "), role), (row.playbook.to_string(), Role::Text), (format!("  {}", row.score), Role::Dim)]];
    let notes = row.notes();
    let said = [row.badge(time::age, view.now.wall), notes].into_iter().filter(|text| !text.is_empty());
    lines.extend(field(
        "",
        &inert(&said.collect::<Vec<_>>().join("; ")),
        if row.state == State::Fresh { Role::Dim } else { role },
        columns,
    ));
    lines
}

/// How a state looks, in words, shape and colour.
pub fn look(state: State) -> (&'static str, Role) {
    match state {
        State::Never => ("✗", Role::Critical),
        State::Failed => ("✗", Role::Critical),
        State::Stale => ("▲", Role::Warning),
        State::Fresh => ("●", Role::Ok),
        State::Exempt => ("○", Role::Dim),
    }
}

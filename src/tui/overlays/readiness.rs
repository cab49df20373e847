//! The readiness board: whose turn it is, and of every playbook how long ago somebody has shown that it works.

use super::Overlay;
use super::page::{Content, Line, Page, field, heading, plain};
use crate::domain::playbook::Practice;
use crate::domain::readiness::{Board, FORMULA, Row, State};
use crate::domain::text::inert;
use crate::tui::canvas::wrap;
use crate::tui::markdown;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;
use unicode_width::UnicodeWidthStr;

struct Readiness;

pub fn open() -> Box<dyn Overlay> {
    Box::new(Page::new(Readiness))
}

impl Content for Readiness {
    fn title(&self, _view: &View) -> String {
        "Readiness".to_owned()
    }

    fn awaits(&self, view: &View) -> Option<&'static str> {
        view.world.practice.is_none().then_some("the journal is asked")
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let record = match &view.world.practice {
            None => return Vec::new(),
            Some(Err(why)) => return vec![plain(format!("The journal can't be read: {}", inert(why)), Role::Critical)],
            Some(Ok(record)) => record,
        };
        let board = view.world.board(record);
        let mut lines = week(&board, columns);
        lines.extend(summary(&board, columns));
        lines.push(Vec::new());
        for practice in Practice::ALL.iter().copied().map(Some).chain([None]) {
            let rows: Vec<&Row> = board.rows.iter().filter(|row| row.practice == practice).collect();
            if practice.is_none() && rows.is_empty() {
                continue;
            }
            lines.push(plain(practice.map_or("other", Practice::word), Role::Strong));
            if rows.is_empty() {
                lines.push(plain(" ✗ no playbook is about it", Role::Critical));
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

/// In one line where there is room for it: many have to be seen together.
fn playbook(row: &Row, view: &View, columns: usize) -> Vec<Line> {
    let (glyph, role) = look(row.state);
    let mut name =
        vec![(format!(" {glyph} "), role), (row.playbook.to_string(), Role::Text), (format!("  {}", row.score), Role::Dim)];
    let (text, role) =
        (inert(&row.told(time::age, view.now.wall)).into_owned(), if row.state == State::Fresh { Role::Dim } else { role });
    if markdown::width(&name) + 2 + text.width() <= columns {
        name.push((format!("  {text}"), role));
        return vec![name];
    }
    let mut lines = vec![name];
    lines.extend(wrap(&text, columns.saturating_sub(5), 40).into_iter().map(|line| plain(format!("     {line}"), role)));
    lines
}

/// What of the board is good, and what is not: on a small screen nobody sees more of it at once.
fn summary(board: &Board, columns: usize) -> Vec<Line> {
    let missing = board.missing().len();
    let states = [(State::Never, "never practised"), (State::Failed, "failed"), (State::Stale, "stale"), (State::Fresh, "fresh")];
    let counts = states.iter().map(|(state, word)| (board.count(*state), (*word).to_owned()));
    let counts = counts
        .chain([(missing, if missing == 1 { "practice without a playbook" } else { "practices without a playbook" }.to_owned())]);
    let told: Vec<String> = counts.filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let good = missing == 0 && board.rows.iter().all(|row| matches!(row.state, State::Fresh | State::Exempt));
    field("in all", &told.join(", "), if good { Role::Ok } else { Role::Warning }, columns)
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

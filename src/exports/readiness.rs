//! The readiness board as a page, in the exports' own style: one file that asks for nothing. Colours only repeat what words say.

use super::html::{escaped, head};
use super::words::span;
use crate::domain::patterns::{Patterns, STRUCK, replaced};
use crate::domain::playbook::Practice;
use crate::domain::practice::{Finding, Verdict};
use crate::domain::readiness::{Board, FORMULA, Row, State, word};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

const STYLE: &str = include_str!("readiness.css");

/// What is told of a playbook besides its name and its state.
const MEASURED: [&str; 7] = ["last", "by", "took / RTO", "lost / RPO", "due", "score", "notes"];

/// # Errors
/// Only those of `out`.
pub fn write(board: &Board, findings: &[Finding], patterns: &Patterns, zone: Tz, out: &mut dyn Write) -> io::Result<()> {
    let shown = |text: &str| shown(patterns, text);
    head("Readiness", STYLE, out)?;
    writeln!(out, "<h1>Readiness</h1>\n<ul class=\"facts\">")?;
    let proven = board.rows.iter().filter(|row| row.state == State::Fresh).count();
    let never = board.rows.iter().filter(|row| row.state == State::Never).count();
    let this = &board.week;
    let turn = match (&this.held, &this.turn) {
        (Some(why), _) => format!("held: {why}"),
        (None, Some(turn)) => turn.to_string(),
        (None, None) => "none".to_owned(),
    };
    for (name, value) in [
        ("At", day(board.at, zone)),
        ("Playbooks", board.rows.len().to_string()),
        ("Fresh", proven.to_string()),
        ("Never practised", never.to_string()),
        ("Open findings", findings.len().to_string()),
        ("Weeks in a row", this.streak.to_string()),
        ("Turn of this week", turn),
    ] {
        writeln!(out, "<li><b>{name}</b> {}</li>", shown(&value))?;
    }
    writeln!(out, "</ul>")?;
    practices(board, patterns, zone, out)?;
    coverage(board, patterns, out)?;
    restores(board, patterns, out)?;
    found(findings, patterns, zone, out)?;
    writeln!(out, "<p class=\"formula\">{}</p>\n</main>\n</body>\n</html>", escaped(FORMULA))
}

fn practices(board: &Board, patterns: &Patterns, zone: Tz, out: &mut dyn Write) -> io::Result<()> {
    for practice in Practice::ALL.iter().copied().map(Some).chain([None]) {
        let rows: Vec<&Row> = board.rows.iter().filter(|row| row.practice == practice).collect();
        match (practice, rows.is_empty()) {
            (None, true) => continue,
            (Some(practice), true) => {
                let name = escaped(practice.word());
                writeln!(out, "<h2>{name}</h2>\n<p class=\"state never\">never: no playbook is about it</p>")?;
                continue;
            }
            (practice, false) => writeln!(out, "<h2>{}</h2>", practice.map_or("other", Practice::word))?,
        }
        let columns = ["playbook", "state"].into_iter().chain(MEASURED);
        let heads: String = columns.map(|name| format!("<th scope=\"col\">{name}</th>")).collect();
        writeln!(out, "<table class=\"board practice\">\n<thead><tr>{heads}</tr></thead>\n<tbody>")?;
        rows.iter().try_for_each(|row| line(row, patterns, board.at, zone, out))?;
        writeln!(out, "</tbody>\n</table>")?;
    }
    Ok(())
}

fn line(row: &Row, patterns: &Patterns, now: DateTime<Utc>, zone: Tz, out: &mut dyn Write) -> io::Result<()> {
    let last = row.last.as_ref().map(|(last, _)| last);
    let proven = row.proven.as_ref();
    let cells = [
        last.map_or_else(|| "-".to_owned(), |last| day(last.ended_at, zone)),
        last.map_or("-", |last| last.by.as_str()).to_owned(),
        against(proven.and_then(|proven| proven.took), row.rto),
        against(proven.and_then(|proven| proven.lost), row.rpo),
        match row.due {
            _ if row.state == State::Exempt => "-".to_owned(),
            None => "now".to_owned(),
            Some(due) if due <= now => format!("since {}", day(due, zone)),
            Some(due) => day(due, zone),
        },
        row.score.to_string(),
        row.notes(),
    ];
    let title = format!("{}<br><small>{}</small>", escaped(row.playbook.as_str()), shown(patterns, &row.title));
    write!(out, "<tr><th scope=\"row\">{title}</th>{}", state(Some(row.state), row.last.as_ref().map(|(_, verdict)| *verdict)))?;
    for (name, cell) in MEASURED.iter().zip(&cells) {
        // On a narrow screen each value says what it is, and what there is none of takes no room.
        let class = if matches!(cell.as_str(), "-" | "") { " class=\"none\"" } else { "" };
        write!(out, "<td data-name=\"{name}\"{class}>{}</td>", shown(patterns, cell))?;
    }
    writeln!(out, "</tr>")
}

fn state(state: Option<State>, verdict: Option<Verdict>) -> String {
    let said = match (state, verdict) {
        (None, _) => return "<td class=\"state never\">no playbook</td>".to_owned(),
        (Some(State::Failed), Some(verdict)) => word(verdict),
        (Some(state), _) => state.word(),
    };
    let class = state.map_or("never", State::word);
    format!("<td class=\"state {class}\">{said}</td>")
}

/// The services by name, the practices across: the worst of what is there.
fn coverage(board: &Board, patterns: &Patterns, out: &mut dyn Write) -> io::Result<()> {
    let matrix = board.matrix();
    let services: BTreeSet<_> = matrix.keys().map(|(service, _)| service.clone()).collect();
    if services.is_empty() {
        return Ok(());
    }
    let heads: String = Practice::ALL.iter().map(|practice| format!("<th scope=\"col\">{}</th>", practice.word())).collect();
    writeln!(out, "<h2>Coverage</h2>\n<div class=\"wide\">\n<table class=\"board\">")?;
    writeln!(out, "<thead><tr><th scope=\"col\">service</th>{heads}</tr></thead>\n<tbody>")?;
    for service in services {
        write!(out, "<tr><th scope=\"row\">{}</th>", shown(patterns, service.as_str()))?;
        for practice in Practice::ALL {
            write!(out, "{}", state(matrix.get(&(service.clone(), *practice)).copied(), None))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody>\n</table>\n</div>")
}

/// What was brought back from its backup, set by set.
fn restores(board: &Board, patterns: &Patterns, out: &mut dyn Write) -> io::Result<()> {
    if board.restores.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Restores</h2>\n<table class=\"board\">\n<thead><tr>")?;
    for name in ["data", "state", "proof"] {
        write!(out, "<th scope=\"col\">{name}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for one in &board.restores {
        let service = one.service.as_ref().map_or("of no service", |service| service.as_str());
        let name = format!("{}<br><small>{}</small>", shown(patterns, one.feed.as_str()), shown(patterns, service));
        let proof = shown(patterns, &one.badge(long, board.at));
        writeln!(out, "<tr><th scope=\"row\">{name}</th>{}<td>{proof}</td></tr>", state(Some(one.state), None))?;
    }
    writeln!(out, "</tbody>\n</table>")
}

fn long(time: Duration) -> String {
    span(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

fn found(findings: &[Finding], patterns: &Patterns, zone: Tz, out: &mut dyn Write) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Open findings</h2>\n<ul>")?;
    for finding in findings {
        let owner = finding.owner.as_deref().unwrap_or("nobody");
        let due = finding.due.map_or("no date".to_owned(), |due| format!("until {due}"));
        let about = format!("{}, {owner}, {due}, found on {} by {}", finding.playbook, day(finding.at, zone), finding.by);
        writeln!(out, "<li>{} <small>{}</small></li>", shown(patterns, &finding.text), shown(patterns, &about))?;
    }
    writeln!(out, "</ul>")
}

/// Without what every export strikes.
fn shown(patterns: &Patterns, text: &str) -> String {
    escaped(&replaced(text, patterns.spots(text).into_iter().map(|spot| (spot, STRUCK))))
}

fn day(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d").to_string()
}

fn against(measured: Option<Duration>, limit: Option<Duration>) -> String {
    let told = |time: Option<Duration>| time.map_or("-".to_owned(), long);
    match (measured, limit) {
        (None, None) => "-".to_owned(),
        (measured, limit) => format!("{} / {}", told(measured), told(limit)),
    }
}

//! Markdown: a postmortem draft. Whatever the text holds, a table cell stays one cell and nothing becomes markup.

use super::masks::Masks;
use super::{Kind, called};
use crate::domain::entry::Kind as What;
use crate::domain::text::inert;
use crate::domain::timeline::{Line, Timeline};
use chrono::{DateTime, Utc};
use std::io::{self, Write};

pub const KIND: Kind = Kind { name: "md", about: "a postmortem draft with the timeline as a table", write };

fn write(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    let masks = Masks::of(timeline);
    head(timeline, &masks, out)?;
    times(timeline, out)?;
    table(timeline, &masks, out)?;
    prompts(timeline, &masks, out)?;
    evidence(timeline, out)
}

fn head(timeline: &Timeline, masks: &Masks, out: &mut dyn Write) -> io::Result<()> {
    let incident = &timeline.incident;
    writeln!(out, "# {} {}: {}\n", incident.label(), incident.severity, text(&masks.text(&incident.title)))?;
    let services: Vec<String> = incident.services.iter().map(|name| text(name.as_str())).collect();
    writeln!(out, "- **Status:** {}", incident.status.word())?;
    writeln!(out, "- **Services:** {}", if services.is_empty() { "none named".to_owned() } else { services.join(", ") })?;
    writeln!(out, "- **Times:** {}\n", timeline.zone.name())?;
    writeln!(out, "## Summary\n\n_What happened, in three sentences a customer would understand._\n")?;
    writeln!(out, "## Impact\n\n_Who noticed, what failed for them, from when to when._\n")
}

fn times(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    let times = &timeline.times;
    let rows = [
        ("t0 impact began (first bad signal)", times.impact),
        ("t1 first alert", times.alerted),
        ("t2 first acknowledgement", times.acknowledged),
        ("t3 declared", times.declared),
        ("t4 mitigated", times.mitigated),
        ("t5 resolved", times.resolved),
        ("closed", times.closed),
    ];
    writeln!(out, "## Times\n\n| time | at |\n|---|---|")?;
    for (name, at) in rows {
        writeln!(out, "| {name} | {} |", at.map_or_else(|| "not recorded".to_owned(), |at| clock(timeline, at)))?;
    }
    writeln!(out, "\n| duration | formula | value |\n|---|---|---|")?;
    for metric in times.metrics() {
        writeln!(out, "| {} | {} | {} |", metric.name, metric.formula, metric.ms.map_or_else(|| "unknown".to_owned(), span))?;
    }
    writeln!(out)
}

fn table(timeline: &Timeline, masks: &Masks, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Timeline\n\n| at ({}) | who | what | |\n|---|---|---|---|", timeline.zone.name())?;
    for line in &timeline.lines {
        let who = text(&called(&line.entry.actor, timeline.people));
        writeln!(out, "| {} | {who} | {} | {} |", clock(timeline, line.at), text(&masks.text(&line.text)), marks(line))?;
    }
    writeln!(out)
}

/// What a reader must know of a line besides its text.
fn marks(line: &Line) -> String {
    let late = line.entry.recorded_at.signed_duration_since(line.at).num_seconds();
    let mut marks = vec![line.entry.kind.to_string()];
    if line.corrected {
        marks.push("corrected".to_owned());
    }
    if late >= 60 {
        marks.push(format!("recorded {} later", span(late * 1000)));
    }
    text(&marks.join(", "))
}

fn prompts(timeline: &Timeline, masks: &Masks, out: &mut dyn Write) -> io::Result<()> {
    for title in ["Contributing factors", "What went well", "What went wrong", "Where we were lucky"] {
        writeln!(out, "## {title}\n\n- \n")?;
    }
    writeln!(out, "## Action items\n")?;
    let todos = timeline.lines.iter().filter(|line| line.entry.kind == What::Todo);
    for line in todos {
        writeln!(out, "- [ ] {}", text(&masks.text(&line.text)))?;
    }
    writeln!(out)
}

fn evidence(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Evidence\n")?;
    for evidence in timeline.lines.iter().flat_map(|line| &line.entry.evidence) {
        let name = evidence.name.as_deref().or(evidence.url.as_deref()).unwrap_or("unnamed");
        writeln!(out, "- {} {}", text(name), evidence.sha256.as_deref().map(text).unwrap_or_default())?;
    }
    for head in &timeline.heads {
        writeln!(out, "- journal {} at entry {}: `{}`", head.origin, head.seq, text(&head.hash))?;
    }
    Ok(())
}

fn clock(timeline: &Timeline, at: DateTime<Utc>) -> String {
    at.with_timezone(&timeline.zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// `1 h 02 m 03 s`, without the parts that are zero in front.
fn span(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let s = ms.unsigned_abs() / 1000;
    match s {
        0..60 => format!("{sign}{s} s"),
        60..3600 => format!("{sign}{} m {:02} s", s / 60, s % 60),
        _ => format!("{sign}{} h {:02} m {:02} s", s / 3600, s / 60 % 60, s % 60),
    }
}

/// Text that stays text: inert, on one line, every character that Markdown could take for markup escaped or written as
/// an entity. Pipes and backslashes are entities because table readers disagree about escaping them.
fn text(raw: &str) -> String {
    inert(raw).trim().split_inclusive(char::is_whitespace).map(word).collect()
}

/// An address in which nothing has to be escaped may become a link. In any other one the readers that link addresses take
/// the escapes for a part of it, so it is written as text.
fn word(raw: &str) -> String {
    let escaped = escaped(raw);
    if escaped == raw { escaped } else { escaped.replace("://", "&#58;//").replace("www.", "www&#46;") }
}

fn escaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len() + 8);
    for c in raw.chars() {
        match c {
            '|' => out.push_str("&#124;"),
            '\\' => out.push_str("&#92;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '`' => out.push_str("&#96;"),
            '*' | '_' | '[' | ']' | '~' | '#' | '$' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_link_only_where_nothing_in_it_is_escaped() {
        assert_eq!(text("see https://g.example/d/7 now"), "see https://g.example/d/7 now");
        assert_eq!(text("https://g.example/a_b?x=1&y=2 a_b"), "https&#58;//g.example/a\\_b?x=1&amp;y=2 a\\_b");
        assert_eq!(text("www.example.com/a_b"), "www&#46;example.com/a\\_b");
    }
}

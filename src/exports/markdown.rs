//! Markdown: a postmortem draft. Whatever the text holds, a table cell stays one cell and nothing becomes markup.

use super::masks::Masks;
use super::words::{self, clock, row, span};
use super::{Kind, honesty};
use crate::domain::entry::Kind as What;
use crate::domain::text::inert;
use crate::domain::timeline::Timeline;
use std::io::{self, Write};

pub const KIND: Kind = Kind { name: "md", about: "a postmortem draft with the timeline as a table", write };

fn write(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    let masks = Masks::of(timeline);
    head(timeline, &masks, out)?;
    times(timeline, out)?;
    table(timeline, &masks, out)?;
    prompts(timeline, &masks, out)?;
    gaps(timeline, &masks, out)?;
    evidence(timeline, &masks, out)
}

fn head(timeline: &Timeline, masks: &Masks, out: &mut dyn Write) -> io::Result<()> {
    let incident = &timeline.incident;
    writeln!(out, "# {} {}: {}\n", incident.label(), incident.severity, text(&masks.text(&incident.title)))?;
    if let Some(drill) = &incident.drill {
        writeln!(out, "**DRILL {}: practice. Nothing of this was real.**\n", text(&masks.text(drill)))?;
    }
    let services: Vec<String> = incident.services.iter().map(|name| text(&masks.text(name.as_str()))).collect();
    writeln!(out, "- **Status:** {}", incident.status.word())?;
    writeln!(out, "- **Services:** {}", if services.is_empty() { "none named".to_owned() } else { services.join(", ") })?;
    for (role, name) in words::roles(timeline) {
        writeln!(out, "- **{role}:** {}", text(&masks.text(name)))?;
    }
    writeln!(out, "- **Times:** {}\n", timeline.zone.name())?;
    writeln!(out, "## Summary\n\n_What happened, in three sentences a customer would understand._\n")?;
    writeln!(out, "## Impact\n\n_Who noticed, what failed for them, from when to when._\n")
}

fn times(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Times\n\n| time | at |\n|---|---|")?;
    for (name, at) in words::times(timeline) {
        writeln!(out, "| {name} | {} |", at.map_or_else(|| "not recorded".to_owned(), |at| clock(timeline, at)))?;
    }
    writeln!(out, "\n| duration | formula | value |\n|---|---|---|")?;
    for metric in timeline.times.metrics() {
        writeln!(out, "| {} | {} | {} |", metric.name, metric.formula, metric.ms.map_or_else(|| "unknown".to_owned(), span))?;
    }
    writeln!(out)
}

fn table(timeline: &Timeline, masks: &Masks, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Timeline\n\n| at ({}) | who | what | |\n|---|---|---|---|", timeline.zone.name())?;
    for told in timeline.told() {
        let (line, what, marks) = row(&told);
        let who = text(&masks.text(masks.called(&line.entry.actor)));
        writeln!(out, "| {} | {who} | {} | {} |", clock(timeline, line.at), text(&masks.text(what)), text(&marks))?;
    }
    writeln!(out)
}

fn prompts(timeline: &Timeline, masks: &Masks, out: &mut dyn Write) -> io::Result<()> {
    for title in ["Contributing factors", "What went well", "What went wrong", "Where we were lucky"] {
        writeln!(out, "## {title}\n\n- \n")?;
    }
    writeln!(out, "## Action items\n")?;
    let todos = timeline.lines.iter().filter(|line| line.kind == What::Todo);
    for line in todos {
        writeln!(out, "- [ ] {}", text(&masks.text(&line.text)))?;
    }
    writeln!(out)
}

fn gaps(timeline: &Timeline, masks: &Masks, out: &mut dyn Write) -> io::Result<()> {
    let gaps = honesty::gaps(timeline, masks);
    if gaps.is_empty() {
        return Ok(());
    }
    writeln!(out, "## What is missing here\n")?;
    gaps.iter().try_for_each(|gap| writeln!(out, "- {}", text(gap)))?;
    writeln!(out)
}

fn evidence(timeline: &Timeline, masks: &Masks, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Evidence\n")?;
    for evidence in timeline.lines.iter().flat_map(|line| &line.entry.evidence) {
        let name = evidence.name.as_deref().or(evidence.url.as_deref()).unwrap_or("unnamed");
        writeln!(out, "- {} {}", text(&masks.text(name)), evidence.sha256.as_deref().map(text).unwrap_or_default())?;
    }
    for head in &timeline.heads {
        writeln!(out, "- journal {} at entry {}: `{}`", head.origin, head.seq, text(&head.hash))?;
    }
    Ok(())
}

/// Text that stays text: inert, on one line, every character that Markdown could take for markup escaped or written as
/// an entity. Pipes and backslashes are entities because table readers disagree about escaping them.
pub fn text(raw: &str) -> String {
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

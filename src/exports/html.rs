//! HTML: the postmortem draft as one file that asks for nothing: no script, no font, no picture from elsewhere. The timeline is
//! drawn and told. Whatever the text holds stays text.

mod drawing;
mod escape;

use super::masks::Masks;
use super::words::{clock, roles, row, span, times};
use super::{Kind, honesty};
use crate::domain::entry::Kind as What;
use crate::domain::timeline::{Line, Timeline};
pub(super) use escape::escaped;
use std::io::{self, Write};

pub const KIND: Kind = Kind { name: "html", about: "a page with the drawn timeline, to read, print and file", write };

const STYLE: &str = include_str!("html/style.css");

fn write(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    let masks = Masks::of(timeline);
    facts(timeline, &masks, out)?;
    out.write_all(drawing::drawn(timeline, &masks).as_bytes())?;
    measures(timeline, out)?;
    table(timeline, &masks, out)?;
    todos(timeline, &masks, out)?;
    evidence(timeline, &masks, out)?;
    writeln!(out, "</main>\n</body>\n</html>")
}

/// The beginning of a page, up to what it shows; `title` is escaped.
pub(super) fn head(title: &str, more: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    // A reader that obeys it asks nobody for anything, whatever else might stand in the page.
    writeln!(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>")?;
    writeln!(out, "<style>\n{STYLE}{more}</style>\n</head>\n<body>\n<main>")
}

fn facts(timeline: &Timeline, masks: &Masks, out: &mut dyn Write) -> io::Result<()> {
    let incident = &timeline.incident;
    let title = format!("{} {}: {}", incident.label(), incident.severity, escaped(&masks.text(&incident.title)));
    head(&title, "", out)?;
    writeln!(out, "<h1>{title}</h1>")?;
    if let Some(drill) = &incident.drill {
        writeln!(
            out,
            "<p class=\"drill\"><b>DRILL</b> {}: practice. Nothing of this was real.</p>",
            escaped(&masks.text(drill))
        )?;
    }
    writeln!(out, "<ul class=\"facts\">")?;
    let services: Vec<String> = incident.services.iter().map(|name| escaped(&masks.text(name.as_str()))).collect();
    let services = if services.is_empty() { "none named".to_owned() } else { services.join(", ") };
    for (name, value) in
        [("Status", incident.status.word().to_owned()), ("Services", services), ("Times", timeline.zone.name().to_owned())]
    {
        writeln!(out, "<li><b>{name}</b> {value}</li>")?;
    }
    for (role, name) in roles(timeline) {
        writeln!(out, "<li><b>{role}</b> {}</li>", escaped(&masks.text(name)))?;
    }
    writeln!(out, "</ul>")?;
    let gaps = honesty::gaps(timeline, masks);
    if !gaps.is_empty() {
        writeln!(out, "<ul class=\"gaps\">")?;
        gaps.iter().try_for_each(|gap| writeln!(out, "<li>{}</li>", escaped(gap)))?;
        writeln!(out, "</ul>")?;
    }
    Ok(())
}

fn measures(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<h2>Times</h2>\n<div class=\"pair\">\n<table>\n<thead><tr><th scope=\"col\">time</th><th scope=\"col\">at</th></tr></thead>\n<tbody>"
    )?;
    for (name, at) in times(timeline) {
        let at = at.map_or_else(|| "not recorded".to_owned(), |at| clock(timeline, at));
        writeln!(out, "<tr><th scope=\"row\">{name}</th><td>{at}</td></tr>")?;
    }
    writeln!(
        out,
        "</tbody>\n</table>\n<table>\n<thead><tr><th scope=\"col\">duration</th><th scope=\"col\">formula</th><th scope=\"col\">value</th></tr></thead>\n<tbody>"
    )?;
    for metric in timeline.times.metrics() {
        let value = metric.ms.map_or_else(|| "unknown".to_owned(), span);
        writeln!(out, "<tr><th scope=\"row\">{}</th><td>{}</td><td>{value}</td></tr>", metric.name, metric.formula)?;
    }
    writeln!(out, "</tbody>\n</table>\n</div>")
}

fn table(timeline: &Timeline, masks: &Masks, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h2>Timeline</h2>\n<table class=\"timeline\">")?;
    writeln!(
        out,
        "<thead><tr><th scope=\"col\">at ({})</th><th scope=\"col\">who</th><th scope=\"col\">what</th><th scope=\"col\">kind</th></tr></thead>\n<tbody>",
        timeline.zone.name()
    )?;
    for told in timeline.told() {
        let (line, what, marks) = row(&told);
        let who = escaped(&masks.text(masks.called(&line.entry.actor)));
        let what = escaped(&masks.text(what));
        let class = if line.important { " class=\"important\"" } else { "" };
        let at = clock(timeline, line.at);
        writeln!(out, "<tr{class}><td>{at}</td><td>{who}</td><td>{what}</td><td>{}</td></tr>", escaped(&marks))?;
    }
    writeln!(out, "</tbody>\n</table>")
}

fn todos(timeline: &Timeline, masks: &Masks, out: &mut dyn Write) -> io::Result<()> {
    let todos: Vec<&Line> = timeline.lines.iter().filter(|line| line.kind == What::Todo).collect();
    if todos.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Action items</h2>\n<ul>")?;
    todos.iter().try_for_each(|line| writeln!(out, "<li>{}</li>", escaped(&masks.text(&line.text))))?;
    writeln!(out, "</ul>")
}

fn evidence(timeline: &Timeline, masks: &Masks, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h2>Evidence</h2>\n<ul class=\"evidence\">")?;
    for evidence in timeline.lines.iter().flat_map(|line| &line.entry.evidence) {
        let name = evidence.name.as_deref().or(evidence.url.as_deref()).unwrap_or("unnamed");
        let digest = evidence.sha256.as_deref().map(|digest| format!(" <code>{}</code>", escaped(digest)));
        writeln!(out, "<li>{}{}</li>", escaped(&masks.text(name)), digest.unwrap_or_default())?;
    }
    for head in &timeline.heads {
        writeln!(out, "<li>journal {} at entry {}: <code>{}</code></li>", head.origin, head.seq, escaped(&head.hash))?;
    }
    writeln!(out, "</ul>")
}

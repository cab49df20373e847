//! CSV by RFC 4180: one row an entry, for spreadsheets. What a spreadsheet would take for a formula is text there.

use super::Kind;
use super::masks::Masks;
use crate::domain::text::inert;
use crate::domain::timeline::Timeline;
use chrono::{DateTime, SecondsFormat, Utc};
use csv::{Terminator, WriterBuilder};
use std::borrow::Cow;
use std::io::{self, Write};

pub const KIND: Kind = Kind { name: "csv", about: "one row an entry, for spreadsheets", write };

const COLUMNS: [&str; 15] = [
    "at",
    "recorded_at",
    "who",
    "kind",
    "text",
    "service",
    "alert",
    "playbook",
    "run",
    "step",
    "attempt",
    "corrected",
    "important",
    "id",
    "drill",
];

fn write(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    let masks = Masks::of(timeline);
    let text = |text: &str| masks.text(text).into_owned();
    let mut rows = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    rows.write_record(COLUMNS)?;
    for line in &timeline.lines {
        let entry = &line.entry;
        let or_empty = |value: Option<String>| value.unwrap_or_default();
        let row = [
            time(line.at),
            time(entry.recorded_at),
            text(masks.called(&entry.actor)),
            line.kind.to_string(),
            text(&line.text),
            or_empty(entry.service.as_ref().map(|name| text(name.as_str()))),
            or_empty(entry.alert.as_ref().map(|id| masks.alert(id))),
            or_empty(entry.playbook.as_ref().map(|id| text(id.as_str()))),
            or_empty(entry.run.map(|run| run.to_string())),
            or_empty(entry.step.as_ref().map(|id| text(id.as_str()))),
            or_empty(entry.attempt.map(|attempt| attempt.to_string())),
            line.corrected.to_string(),
            line.important.to_string(),
            entry.id.to_string(),
            or_empty(entry.drill.as_deref().map(text)),
        ];
        rows.write_record(row.iter().map(|cell| defused(&inert(cell)).into_owned()))?;
    }
    rows.flush()
}

/// A cell that begins as formulas do begins with an apostrophe, as spreadsheets mark text; so does one that begins with an apostrophe
/// itself, that the first one is always ours.
fn defused(cell: &str) -> Cow<'_, str> {
    match cell.trim_start().starts_with(['\'', '=', '+', '-', '@', '＝', '＋', '－', '＠']) {
        true => format!("'{cell}").into(),
        false => cell.into(),
    }
}

/// RFC 3339 in UTC with milliseconds, which spreadsheets sort rightly.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

//! JSON lines: what the JSON document says, the incident in the first line and each entry in one of its own. A reader needs
//! memory for one line.

use super::masks::Masks;
use super::{Kind, json};
use crate::domain::timeline::Timeline;
use std::io::{self, Write};

pub const KIND: Kind = Kind { name: "jsonl", about: "the same as JSON, the incident and each entry on a line of its own", write };

fn write(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    let masks = Masks::of(timeline);
    let mut about = json::about(timeline, &masks);
    // Whoever reads it knows then whether the end is missing.
    about["lines"] = timeline.lines.len().into();
    writeln!(out, "{about}")?;
    timeline.lines.iter().try_for_each(|line| {
        serde_json::to_writer(&mut *out, &json::Written::of(line, timeline.people, &masks))?;
        writeln!(out)
    })
}

//! What the formats for people have in common: how a time, a span, and a line's particulars are told.

use crate::domain::incident::Role;
use crate::domain::timeline::{Line, People, Timeline, Told};
use chrono::{DateTime, Utc};

/// In the zone of the export, which names it once.
pub fn clock(timeline: &Timeline, at: DateTime<Utc>) -> String {
    at.with_timezone(&timeline.zone).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// `1 h 02 m 03 s`, without the parts that are zero in front.
pub fn span(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let s = ms.unsigned_abs() / 1000;
    match s {
        0..60 => format!("{sign}{s} s"),
        60..3600 => format!("{sign}{} m {:02} s", s / 60, s % 60),
        _ => format!("{sign}{} h {:02} m {:02} s", s / 3600, s / 60 % 60, s % 60),
    }
}

/// What a reader must know of a line besides its text.
pub fn marks(line: &Line) -> String {
    let late = line.entry.recorded_at.signed_duration_since(line.at).num_seconds();
    let drill = line.entry.drill.is_some().then(|| "DRILL".to_owned());
    let mut marks: Vec<String> = drill.into_iter().chain([line.kind.to_string()]).collect();
    if line.corrected {
        marks.push("corrected".to_owned());
    }
    if late >= 60 {
        marks.push(format!("recorded {} later", span(late * 1000)));
    }
    marks.join(", ")
}

/// Of one row the line that it stands by, what it says, and what a reader must know besides.
pub fn row<'a>(told: &'a Told) -> (&'a Line, &'a str, String) {
    match told {
        Told::Line(line) => (line, &line.text, marks(line)),
        Told::Storm(line, counts) => (line, &counts.text, "folded".to_owned()),
    }
}

/// Who leads it and does what, where names were asked for: by roles it would say nothing.
pub fn roles(timeline: &Timeline) -> Vec<(&'static str, &str)> {
    let title = |role: Role| match role {
        Role::Lead => "Lead",
        Role::Scribe => "Scribe",
        Role::Expert => "Expert",
        Role::Liaison => "Liaison",
    };
    let held = |role: Role| Some((title(role), timeline.incident.has(role)?));
    let asked = (timeline.people == People::Names).then_some(Role::ALL);
    asked.into_iter().flatten().filter_map(held).collect()
}

/// The seven raw times, by name.
pub fn times(timeline: &Timeline) -> [(&'static str, Option<DateTime<Utc>>); 7] {
    let times = &timeline.times;
    [
        ("t0 impact began (first bad signal)", times.impact),
        ("t1 first alert", times.alerted),
        ("t2 first acknowledgement", times.acknowledged),
        ("t3 declared", times.declared),
        ("t4 mitigated", times.mitigated),
        ("t5 resolved", times.resolved),
        ("closed", times.closed),
    ]
}

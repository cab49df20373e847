//! What a reader of an export must know of its gaps: what nobody saw, what nobody knows, and what was left out.

use super::masks::Masks;
use crate::domain::entry::{Kind, UNWATCHED};
use crate::domain::health::FeedState;
use crate::domain::incident::LeftOut;
use crate::domain::patterns::STRUCK;
use crate::domain::run::{StepEnd, StepState};
use crate::domain::timeline::{Line, People, Timeline};
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// One sentence each; none where nothing is to be said.
pub fn gaps(timeline: &Timeline, masks: &Masks) -> Vec<String> {
    let lines = &timeline.lines;
    let masked: usize = lines.iter().map(|line| masks.text(&line.text).matches(STRUCK).count()).sum();
    let late = count(lines, |line| line.entry.recorded_at.signed_duration_since(line.at).num_seconds() >= 60);
    let unknown = lines.iter().filter(|line| line.entry.kind == Kind::StepEnded && unknown(line));
    let steps: BTreeSet<_> = unknown.filter_map(|line| Some(masks.text(line.entry.step.as_ref()?.as_str()))).collect();
    let silent = lines.iter().filter(|line| line.entry.data_of("to").is_some_and(|to: FeedState| !to.is_known()));
    let feeds: BTreeSet<_> = silent.filter_map(|line| Some(masks.text(line.entry.text_of("feed")?))).collect();
    let of_event = |event: &str| -> BTreeSet<_> {
        let lost = lines.iter().filter(|line| line.entry.kind == Kind::Console && line.entry.text_of("event") == Some(event));
        lost.filter_map(|line| Some(masks.text(line.entry.text_of("source")?))).collect()
    };
    let (sources, parts) = (of_event("source-lost"), of_event("source-partial"));
    let unwatched = lines.iter().filter(|line| line.entry.text_of("event") == Some(UNWATCHED));
    let unwatched: Vec<String> = unwatched.filter_map(|line| Some(span(line.at, line.entry.data_of("until")?))).collect();
    let cut = lines.iter().filter(|line| line.entry.kind == Kind::StepEnded && line.entry.data_of("truncated") == Some(true));
    let cut: BTreeSet<_> = cut.filter_map(|line| Some(masks.text(line.entry.step.as_ref()?.as_str()))).collect();
    let past = lines.iter().filter_map(|line| line.entry.data_of::<LeftOut>("left_out"));
    let past: Vec<String> =
        past.map(|left_out| format!("Left out of the time before it: {left_out}; the journal has them.")).collect();
    [
        (!past.is_empty()).then(|| past.join(" ")),
        match timeline.left_out {
            0 => None,
            1 => Some("1 entry was left out, as was asked for.".to_owned()),
            some => Some(format!("{some} entries were left out, as was asked for.")),
        },
        (masked > 0).then(|| format!("{} of secrets were masked.", spots(masked))),
        (!feeds.is_empty()).then(|| format!("Nothing was known of {} for a time.", list(&feeds))),
        (!unwatched.is_empty())
            .then(|| format!("Nobody watched {}: what happened then may be missing.", unwatched.join(", and "))),
        (!sources.is_empty()).then(|| format!("{} did not answer for a time: what fired then may be missing.", list(&sources))),
        (!parts.is_empty())
            .then(|| format!("{} answered only in part for a time: what fired then may be missing.", list(&parts))),
        (!cut.is_empty()).then(|| format!("Not all of what {} wrote was kept.", list(&cut))),
        (!steps.is_empty()).then(|| format!("What became of {} is unknown.", list(&steps))),
        (late > 0).then(|| format!("{late} of {} entries were recorded a minute or more after they happened.", lines.len())),
        match count(lines, |line| line.corrected) {
            0 => None,
            some => Some(format!("{some} of {} entries were corrected; the journal has both versions.", lines.len())),
        },
        (timeline.people == People::Roles).then(|| "People are called by their roles.".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `from 21:58:40 to 21:59:23 UTC`
fn span(from: DateTime<Utc>, until: DateTime<Utc>) -> String {
    let day = if from.date_naive() == until.date_naive() { "" } else { "%Y-%m-%d " };
    let told = |at: DateTime<Utc>| at.format(&format!("{day}%H:%M:%S")).to_string();
    format!("from {} to {} UTC", told(from), told(until))
}

fn unknown(line: &Line) -> bool {
    let end = serde_json::from_value::<StepEnd>(line.entry.data.clone().into());
    end.is_ok_and(|end| end.state == StepState::Unknown)
}

fn count(lines: &[Line], wanted: impl Fn(&Line) -> bool) -> usize {
    lines.iter().filter(|line| wanted(line)).count()
}

fn spots(count: usize) -> String {
    if count == 1 { "1 spot".to_owned() } else { format!("{count} spots") }
}

fn list(names: &BTreeSet<Cow<'_, str>>) -> String {
    names.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ")
}

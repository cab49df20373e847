//! The timeline as swim lanes, drawn as SVG inside the page: what was bad and for how long, what was changed, which steps ran, who did
//! something. It repeats nothing but times and names: the table below it has everything. Bounded, however long the incident.

mod lanes;
mod scale;

use super::escape::escaped;
use super::{Masks, Timeline, times};
use chrono::{DateTime, TimeDelta, Utc};
use lanes::{Bar, Lane};
use scale::Scale;
use std::fmt::Write;

const LEFT: f64 = 92.0;
const WIDTH: f64 = 1000.0;
const TOP: f64 = 34.0;
const ROW: f64 = 18.0;
/// More rows than these would push everything else off the page.
const ROWS: usize = 14;
/// Of a letter of the labels, with some room.
const LETTER: f64 = 6.2;
const LONGEST: usize = 34;

/// Empty where there is nothing to draw.
pub fn drawn(timeline: &Timeline, masks: &Masks) -> String {
    let (Some(first), Some(last)) = (timeline.begins(), timeline.lines.last()) else { return String::new() };
    let until = drawn_until(timeline, first, last.at);
    let scale = Scale::new(first, until, LEFT, WIDTH - 8.0);
    let mut body = String::new();
    let mut y = TOP;
    for lane in lanes::of(timeline, masks, until) {
        y = lane_drawn(&mut body, &lane, &scale, y);
    }
    let mut out = String::new();
    let height = y + 24.0;
    // Writing to a String can't fail.
    let _ = writeln!(
        out,
        "<figure class=\"drawing\">\n<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"The timeline, drawn; the table below says the same in words\">"
    );
    ticks(&mut out, timeline, &scale, y);
    out.push_str(&body);
    marks(&mut out, timeline, &scale, y);
    out.push_str("</svg>\n");
    afterwards(&mut out, timeline, until);
    out.push_str("</figure>\n");
    out
}

/// A little further than the incident: what somebody adds days later would leave no room for the hour that counts.
fn drawn_until(timeline: &Timeline, first: DateTime<Utc>, last: DateTime<Utc>) -> DateTime<Utc> {
    let end = timeline.times.closed.or(timeline.times.resolved).filter(|end| *end > first);
    let far = |end: DateTime<Utc>| end.checked_add_signed(((end - first) / 8).max(TimeDelta::minutes(1)));
    end.and_then(far).map_or(last, |far| last.min(far))
}

fn afterwards(out: &mut String, timeline: &Timeline, until: DateTime<Utc>) {
    let count = timeline.lines.iter().filter(|line| line.at > until).count();
    if count > 0 {
        let entries = if count == 1 { "1 later entry".to_owned() } else { format!("{count} later entries") };
        let _ = writeln!(out, "<figcaption>{entries}: see the table</figcaption>");
    }
}

fn lane_drawn(out: &mut String, lane: &Lane, scale: &Scale, top: f64) -> f64 {
    let _ = writeln!(out, "<line class=\"rule\" x1=\"0\" x2=\"{WIDTH}\" y1=\"{top}\" y2=\"{top}\"/>");
    let _ = writeln!(out, "<text class=\"dim\" x=\"0\" y=\"{}\">{}</text>", top + 14.0, lane.name);
    // Where each row is free again.
    let mut free: Vec<f64> = Vec::new();
    let mut left_out = 0;
    for bar in &lane.bars {
        let from = scale.x(bar.from);
        let to = bar.to.map_or(scale.right, |to| scale.x(to)).max(from + 3.0);
        let label = shortened(&bar.label);
        let wide = label.chars().count() as f64 * LETTER;
        let begins = from.min(scale.right - wide).max(LEFT);
        let row = match free.iter().position(|until| *until <= begins.min(from)) {
            Some(row) => row,
            None if free.len() < ROWS => {
                free.push(0.0);
                free.len() - 1
            }
            None => {
                left_out += 1;
                continue;
            }
        };
        free[row] = to.max(begins + wide) + 6.0;
        let y = top + row as f64 * ROW;
        bar_drawn(out, bar, (from, to, begins), y, &label);
    }
    if left_out > 0 {
        let y = top + free.len() as f64 * ROW + 14.0;
        let _ = writeln!(out, "<text class=\"dim\" x=\"{LEFT}\" y=\"{y}\">and {left_out} more: see the table</text>");
        free.push(0.0);
    }
    top + free.len().max(1) as f64 * ROW + 8.0
}

fn bar_drawn(out: &mut String, bar: &Bar, (from, to, label_at): (f64, f64, f64), y: f64, label: &str) {
    let (class, title) = (bar.class, escaped(&bar.label));
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{}\" width=\"{:.1}\" height=\"12\" rx=\"2\" opacity=\"0.55\"><title>{title}</title></rect>",
        y + 4.0,
        to - from
    );
    if !label.is_empty() {
        let (x, y) = (label_at + 2.0, y + 14.0);
        let _ = writeln!(out, "<text class=\"label\" x=\"{x:.1}\" y=\"{y}\">{}</text>", escaped(label));
    }
}

fn shortened(label: &str) -> String {
    match label.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &label[..end]),
        None => label.to_owned(),
    }
}

fn ticks(out: &mut String, timeline: &Timeline, scale: &Scale, bottom: f64) {
    for (at, words) in scale.ticks(timeline.zone) {
        let x = scale.x(at);
        let _ = writeln!(
            out,
            "<g class=\"tick\"><line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/><text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{words}</text></g>",
            bottom + 16.0
        );
    }
}

/// t0 to t5. Those that stand too close for two names share one.
fn marks(out: &mut String, timeline: &Timeline, scale: &Scale, bottom: f64) {
    let mut near: Option<(f64, String)> = None;
    let mut at: Vec<(f64, &str)> = times(timeline)
        .into_iter()
        .filter_map(|(name, at)| Some((scale.x(at?), name.split(' ').next()?)))
        .filter(|(_, name)| name.starts_with('t'))
        .collect();
    at.sort_by(|one, other| one.0.total_cmp(&other.0));
    for (x, name) in at {
        let _ = writeln!(out, "<g class=\"mark\"><line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{}\" y2=\"{bottom}\"/></g>", TOP - 10.0);
        near = match near.take() {
            Some((begin, names)) if x - begin < names.len() as f64 * LETTER + 40.0 => Some((begin, format!("{names} {name}"))),
            other => {
                mark_named(out, other);
                Some((x, name.to_owned()))
            }
        };
    }
    mark_named(out, near);
}

fn mark_named(out: &mut String, mark: Option<(f64, String)>) {
    if let Some((x, names)) = mark {
        let x = x.min(WIDTH - names.len() as f64 * LETTER - 4.0);
        let _ = writeln!(out, "<g class=\"mark\"><text x=\"{x:.1}\" y=\"{}\">{names}</text></g>", TOP - 14.0);
    }
}

//! The lane of changes: what was changed where, in the hour before the first bad signal and since, above which services are bad.
//!
//! ```text
//! Changes of 1 h 12 m, until now
//! checkout      ·······◆·······················▲▲▲▲▲▲▲▲
//! postgres      ···············2··········▲▲▲▲▲▲▲▲▲▲▲▲▲
//! ```

use super::Overlay;
use super::page::{Content, Line, Page, field, heading, plain};
use crate::domain::change::Change;
use crate::domain::health::FeedState;
use crate::domain::ids::ServiceName;
use crate::domain::text::inert;
use crate::tui::canvas::fit;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::View;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use unicode_width::UnicodeWidthStr;

/// So long before the first bad signal, and so long ago at most.
const BEFORE: TimeDelta = TimeDelta::hours(1);
const FARTHEST: TimeDelta = TimeDelta::hours(24);

struct Changes;

pub fn open() -> Box<dyn Overlay> {
    Box::new(Page::new(Changes))
}

/// What is drawn: from when to when, and since when which service is bad.
struct Window {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    bad: BTreeMap<ServiceName, (FeedState, DateTime<Utc>)>,
}

impl Window {
    fn of(view: &View) -> Self {
        let to = view.now.wall;
        let mut bad: BTreeMap<ServiceName, (FeedState, DateTime<Utc>)> = BTreeMap::new();
        for feed in view.world.health.iter().filter(|feed| feed.state >= FeedState::Degraded) {
            let Some((service, since)) = feed.spec.service.clone().zip(feed.since) else { continue };
            let known = bad.entry(service).or_insert((feed.state, since.wall));
            *known = (known.0.max(feed.state), known.1.min(since.wall));
        }
        let first = bad.values().map(|(_, since)| *since).min().unwrap_or(to);
        Self { from: (first - BEFORE).max(to - FARTHEST), to, bad }
    }

    /// The column of a time, of so many.
    fn column(&self, at: DateTime<Utc>, columns: usize) -> usize {
        let whole = (self.to - self.from).num_milliseconds().max(1);
        let part = (at - self.from).num_milliseconds().clamp(0, whole);
        usize::try_from(part * (columns as i64 - 1) / whole).unwrap_or_default()
    }
}

impl Content for Changes {
    fn title(&self, _view: &View) -> String {
        "Changes".to_owned()
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let window = Window::of(view);
        let made: Vec<&Change> = view.world.changes.between(window.from, window.to).collect();
        let wide = if columns < 50 { 10 } else { 16 };
        let lane = columns.saturating_sub(wide).max(2);
        let began = time::until(window.from, window.to, view.zone);
        let gap = " ".repeat(lane.saturating_sub(began.chars().count() + 3));
        let mut lines = vec![vec![(" ".repeat(wide), Role::Dim), (format!("{began}{gap}now"), Role::Dim)]];
        let services = view.world.settings.services.iter().map(|service| &service.name);
        for name in services {
            let of: Vec<&Change> = made.iter().filter(|change| change.service.as_ref() == Some(name)).copied().collect();
            if !of.is_empty() || window.bad.contains_key(name) {
                lines.push(row(name.as_str(), &of, window.bad.get(name), &window, (wide, lane)));
            }
        }
        // Of what the catalogue does not know, or of everything.
        let known = |change: &Change| {
            change.service.as_ref().is_some_and(|name| view.world.settings.services.named(name.as_str()).is_some())
        };
        let others: Vec<&Change> = made.iter().filter(|change| !known(change)).copied().collect();
        if !others.is_empty() {
            lines.push(row("others", &others, None, &window, (wide, lane)));
        }
        if made.is_empty() {
            lines.push(Vec::new());
            lines.push(plain(
                "Nothing was changed in that time, as far as anybody told: `midwatch change`, or a feed `changes`.",
                Role::Dim,
            ));
            return lines;
        }
        lines.extend(heading("The newest first"));
        lines.extend(made.into_iter().flat_map(|change| told(change, &window, view, columns)));
        lines
    }
}

fn row(
    name: &str,
    made: &[&Change],
    bad: Option<&(FeedState, DateTime<Utc>)>,
    window: &Window,
    (wide, lane): (usize, usize),
) -> Line {
    let mut counts = vec![0_usize; lane];
    made.iter().for_each(|change| counts[window.column(change.at, lane)] += 1);
    let since = bad.map_or(lane, |(_, since)| window.column(*since, lane));
    let role = bad.map_or(Role::Dim, |(state, _)| if *state >= FeedState::Failing { Role::Critical } else { Role::Warning });
    let cell = |(column, count): (usize, usize)| match count {
        0 if column >= since => ('▲', role),
        0 => ('·', Role::Dim),
        1 => ('◆', Role::New),
        many => (char::from_digit(many.min(9) as u32, 10).unwrap_or('9'), Role::New),
    };
    let name = inert(name);
    let name = fit(&name, wide - 1);
    let space = " ".repeat(wide.saturating_sub(name.width()));
    let mut line: Line = vec![(format!("{name}{space}"), if bad.is_some() { role } else { Role::Text })];
    for (glyph, role) in counts.into_iter().enumerate().map(cell) {
        match line.last_mut().filter(|(_, last)| *last == role) {
            Some((text, _)) => text.push(glyph),
            None => line.push((glyph.to_string(), role)),
        }
    }
    line
}

/// When, what and by whom; and how long before its service was bad, where it is.
fn told(change: &Change, window: &Window, view: &View, columns: usize) -> Vec<Line> {
    let bad = change.service.as_ref().and_then(|name| window.bad.get(name)).filter(|(_, since)| change.at <= *since);
    let before = bad.map(|(_, since)| format!("{} before it was bad: ", time::age(time::since(change.at, *since))));
    let of = change.service.as_ref().map(|name| format!(" of {}", inert(name.as_str()))).unwrap_or_default();
    let (noun, words, by) = (change.what.noun(), change.words.inert(), change.by.inert());
    let text = format!("{}{noun}{of}: {words} ({by})", before.unwrap_or_default());
    let role = if bad.is_some() { Role::Warning } else { Role::Text };
    field(&time::until(change.at, window.to, view.zone), &text, role, columns)
}

//! Health: every service with its worst feed, and below it the feeds that need reading. What isn't known any more is
//! never shown as healthy.

use super::{Pane, PaneId, Spec, Travel};
use crate::domain::catalogue::Service;
use crate::domain::health::FeedState;
use crate::domain::ids::{FeedName, ServiceName};
use crate::domain::maintenance::Subjects;
use crate::domain::text::{Outside, inert};
use crate::model::causes::Cause;
use crate::model::health::{Ahead, FeedHealth, Sample, Unsettled};
use crate::model::maintenance::Work;
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Pen};
use crate::tui::hits::{Hit, Shown, Target};
use crate::tui::keymap::Context;
use crate::tui::list::{List, Place};
use crate::tui::overlays;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, Ui, View};
use ratatui::layout::Rect;
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

pub const SPEC: Spec = Spec {
    id: PaneId::Health,
    name: "Health",
    context: Context::Health,
    to: Action::Health,
    make: || Box::new(Health::default()),
};

#[derive(Default)]
pub struct Health {
    list: List,
    rows: Vec<Target>,
}

/// Services in the order of the configuration, the worst first, each with its feeds; feeds without a service at the end.
fn rows(view: &View) -> Vec<Target> {
    let health = &view.world.health;
    let mut services: Vec<&Service> = view.world.settings.services.iter().collect();
    services.sort_by_key(|service| std::cmp::Reverse(health.of_service(&service.name).map(urgency).max()));
    let mut rows = Vec::new();
    for service in services {
        rows.push(Target::Service(service.name.clone()));
        rows.extend(sorted(health.of_service(&service.name)).map(Target::Feed));
    }
    rows.extend(sorted(health.iter().filter(|feed| is_alone(feed, view))).map(Target::Feed));
    rows
}

/// No service that is known has it.
fn is_alone(feed: &FeedHealth, view: &View) -> bool {
    let services = &view.world.settings.services;
    feed.spec.service.as_ref().is_none_or(|name| services.named(name.as_str()).is_none())
}

/// The worst first, and of those that are alike the one that reaches its limit first.
fn sorted<'a>(feeds: impl Iterator<Item = &'a FeedHealth>) -> impl Iterator<Item = FeedName> {
    let place = |feed: &FeedHealth| (std::cmp::Reverse(urgency(feed)), feed.ahead().map_or(Duration::MAX, |ahead| ahead.breach));
    let mut feeds: Vec<_> = feeds.map(|feed| (place(feed), feed.spec.name.clone())).collect();
    feeds.sort();
    feeds.into_iter().map(|(_, name)| name)
}

/// What will fail stands beside what is degraded. (A service that nobody watches comes last.)
fn urgency(feed: &FeedHealth) -> FeedState {
    if feed.ahead().is_some() { feed.state.max(FeedState::Degraded) } else { feed.state }
}

impl Health {
    fn find(&self, target: &Target) -> Option<usize> {
        self.rows.iter().position(|row| row == target)
    }

    fn under_cursor(view: &View) -> Option<Target> {
        view.hits.under_cursor(PaneId::Health).map(|shown| shown.target.clone())
    }
}

impl Pane for Health {
    fn prepare(&mut self, view: &View) {
        self.rows = rows(view);
        if view.idle {
            let rows = &self.rows;
            self.list.settle(|target| rows.iter().position(|row| row == target));
        }
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        let target = Self::under_cursor(view);
        match (action, target) {
            (Action::Open, Some(Target::Feed(name))) => vec![Reply::Open(overlays::feed::open(name))],
            (Action::Open, Some(Target::Service(name))) => vec![Reply::Open(overlays::service::open(name))],
            (Action::Maintain, Some(Target::Feed(name))) => vec![overlays::maintain::open(Subjects::feed(name), view)],
            (Action::Maintain, Some(Target::Service(name))) => vec![overlays::maintain::open(Subjects::service(name), view)],
            (Action::Copy, Some(Target::Feed(name))) => vec![Reply::Ui(Ui::Copy(name.to_string()))],
            (Action::Copy, Some(Target::Service(name))) => vec![Reply::Ui(Ui::Copy(name.to_string()))],
            (Action::Open | Action::Copy | Action::Maintain, _) => vec![Reply::Say("No feed is selected.".to_owned())],
            _ => Vec::new(),
        }
    }

    fn title(&self, view: &View) -> Vec<(String, Role)> {
        let health = &view.world.health;
        let unsure = health.count(FeedState::Stale) + health.count(FeedState::Unknown);
        let part = |count: usize, word: &str, role| (count > 0).then(|| (format!("{count} {word}"), role));
        let failing = part(health.count(FeedState::Failing), "failing", Role::Critical);
        let soon = part(view.world.soon().count(), "soon", Role::Warning);
        [failing, soon, part(unsure, "not known", Role::Stale)].into_iter().flatten().collect()
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let height = usize::from(area.height);
        canvas.hits.height(PaneId::Health, height);
        if self.rows.is_empty() {
            let next = canvas.sentences(area, 0, "No services and no feeds are configured.", Role::Dim);
            canvas.sentences(area, next, "`services:` and `feeds:` in the configuration name them.", Role::Dim);
            return;
        }
        let window = self.list.window(self.rows.len(), height, |target| self.find(target));
        let names = names(area.width, view);
        for line in 0..height {
            let target = match window.at(window.offset + line) {
                Some(Place::Row(row)) => self.rows.get(row),
                Some(Place::Gone) => self.list.selected(),
                None => break,
            };
            let Some(target) = target else { break };
            let place = Rect { y: area.y.saturating_add(line as u16), height: 1, ..area };
            let cursor = window.line() == Some(line);
            if cursor {
                canvas.hits.show(PaneId::Health, Shown { target: target.clone(), row: line, offset: window.offset });
            }
            canvas.hits.add(place, Hit::Row(PaneId::Health, target.clone(), window.offset + line));
            render_row(canvas, place, target, cursor && view.focus == PaneId::Health, names, view);
        }
    }

    fn list(&mut self) -> &mut List {
        &mut self.list
    }

    fn reach(&mut self, target: &Target, _view: &View) -> Vec<Reply> {
        if let Some(row) = self.find(target) {
            self.list.put(Some(target.clone()), row);
        }
        Vec::new()
    }

    fn travel(&mut self, travel: Travel, view: &View) {
        let (rows, height) = (&self.rows, view.hits.rows_of(PaneId::Health));
        let find = |target: &Target| rows.iter().position(|row| row == target);
        if let Some(index) = self.list.step(travel.rows(rows.len()), rows.len(), height, find) {
            self.list.select(rows.get(index).cloned());
        }
    }
}

/// Columns for the names of feeds: no more than they need.
fn names(width: u16, view: &View) -> u16 {
    let longest = view.world.health.iter().map(|feed| feed.spec.name.as_str().width()).max().unwrap_or(0);
    u16::try_from(longest).unwrap_or(u16::MAX).min(width * 45 / 100).clamp(6, 22)
}

fn render_row(canvas: &mut Canvas, place: Rect, target: &Target, cursor: bool, names: u16, view: &View) {
    let bar = |pen: &mut Pen| {
        pen.text(if cursor { "▌" } else { " " }, Role::Focus);
    };
    match target {
        Target::Service(name) => render_service(canvas, place, name, cursor, view, bar),
        Target::Feed(name) => {
            if let Some(feed) = view.world.health.get(name) {
                render_feed(canvas, place, feed, cursor, names, view, bar);
            }
        }
        _ => {}
    }
}

fn render_service(canvas: &mut Canvas, place: Rect, name: &ServiceName, cursor: bool, view: &View, bar: impl Fn(&mut Pen)) {
    let state = view.world.health.service(name);
    let service = view.world.settings.services.named(name.as_str());
    let since = worst(name, view).and_then(|feed| feed.since).map(|at| view.now.since(at));
    let bad = state.is_some_and(|state| state > FeedState::Maintenance);
    let (glyph, word, role) = state.map_or(("○", "not watched", Role::Dim), look);
    canvas.hits.seconds |= bad && since.is_some_and(time::ticks);
    let why = why(name, since.filter(|_| bad), view);
    let mut pen = canvas.line(place, 0);
    bar(&mut pen);
    pen.text(glyph, role).space(1);
    let label = if service.is_some_and(|service| service.vendor) { format!("{name} (vendor)") } else { name.to_string() };
    let width = (pen.left().saturating_sub(12)).clamp(6, 20);
    let work = view.world.maintenance.of_service(name);
    // Why it is bad, or that it is worked on, is worth more than that the words stand below each other.
    let short = why.is_some() && place.width < 60 || work.is_some();
    let width = if short { width.min(label.width() as u16) } else { width };
    pen.column(width, &label, if cursor { Role::Cursor } else { Role::Strong }).space(1);
    pen.text(word, role).space(1);
    if let Some(work) = work {
        pen.text(&quiet(work, view), Role::Info).space(1);
    }
    if let Some(since) = since.filter(|_| bad && pen.left() >= 3) {
        pen.text(&time::age(since), Role::Dim).space(1);
    }
    if let Some((why, role)) = why.filter(|_| pen.left() >= 7) {
        pen.text(&why, role);
    }
}

/// Why it is bad, as far as that can be told: what is suspected, else what was changed before.
fn why(name: &ServiceName, bad_for: Option<Duration>, view: &View) -> Option<(String, Role)> {
    let after = || bad_for.and_then(|since| shortly_before(name, since, view));
    match view.world.suspicions().of(name).map(|found| (&found.cause, found.percent())) {
        Some((Cause::Change(..), sure)) => after().map(|what| (format!("↳ after {what}, {sure}"), Role::Warning)),
        Some((cause, sure)) => Some((format!("↳ {}, {sure}", inert(&cause.to_string())), Role::Stale)),
        None => after().map(|what| (format!("↳ after {what}"), Role::Warning)),
    }
}

/// That nobody is woken, and until when: beside what is measured, never instead of it.
fn quiet(work: &Work, view: &View) -> String {
    format!("◌ maint {}", time::until(work.until, view.now.wall, view.zone))
}

/// What was changed last within an hour before the trouble; its details say the rest.
fn shortly_before(name: &ServiceName, bad_for: Duration, view: &View) -> Option<&'static str> {
    let began = view.now.wall - chrono::Duration::from_std(bad_for).ok()?;
    view.world.changes_for(name, began - chrono::Duration::hours(1), began).next().map(|change| change.what.noun())
}

/// Of several that are as bad, the one that has been so for longest: since then the service is.
fn worst<'a>(name: &'a ServiceName, view: &View<'a>) -> Option<&'a FeedHealth> {
    view.world.health.of_service(name).max_by_key(|feed| (feed.state, std::cmp::Reverse(feed.since.map(|at| at.mono))))
}

fn render_feed(
    canvas: &mut Canvas,
    place: Rect,
    feed: &FeedHealth,
    cursor: bool,
    names: u16,
    view: &View,
    bar: impl Fn(&mut Pen),
) {
    let (glyph, word, role) = look(feed.state);
    let stale = feed.state == FeedState::Stale;
    let age = feed.age(view.now).filter(|_| stale);
    canvas.hits.seconds |= age.is_some_and(time::ticks);
    let mut pen = canvas.line(place, 0);
    bar(&mut pen);
    pen.space(2).text(glyph, role).space(1);
    pen.column(names, feed.spec.name.as_str(), if cursor { Role::Cursor } else { Role::Text }).space(1);
    let worked_on = view.world.maintenance.of_own_feed(&feed.spec.name).map(|work| quiet(work, view) + " ").unwrap_or_default();
    let said = match (age, feed.message()) {
        (Some(age), _) => format!("{word} {}", time::age(age)),
        (None, Some(message)) if !stale => format!("{}{}{}{}", ahead(feed, view), unsettled(feed), value(feed), message.inert()),
        _ => word.to_owned(),
    };
    let said = worked_on + &said;
    let left = usize::from(pen.left());
    // When it will fail is worth more than how it came to that.
    let bars = if feed.ahead().is_some() && place.width < 44 { 0 } else { bars(place.width) };
    let line = sparkline(feed.history.iter(), bars.min(spare(left, said.width())));
    let room = left.saturating_sub(if line.is_empty() { 0 } else { line.chars().count() + 1 });
    let calm = feed.state == FeedState::Healthy;
    let role_of_text = if calm && feed.ahead().is_some() {
        Role::Warning
    } else if calm {
        Role::Dim
    } else {
        role
    };
    pen.column(room as u16, &said, role_of_text).space(1).text(&line, role);
}

/// How many samples have room beside the name and what was said last.
fn bars(width: u16) -> usize {
    match width {
        0..28 => 0,
        28..36 => 4,
        36..44 => 6,
        44.. => 8,
    }
}

/// What is said is not cut for samples, unless it has to be cut anyway.
fn spare(left: usize, said: usize) -> usize {
    if said > left { left } else { (left - said).saturating_sub(1) }
}

/// When the value reaches its limit, roughly, the short of it first: `~3h10m to 90 (14:00–18:20)`.
fn ahead(feed: &FeedHealth, view: &View) -> String {
    let told = |ahead: &Ahead| {
        let left = ahead.breach.saturating_sub(view.now.mono);
        let [first, last] =
            [ahead.earliest, ahead.latest].map(|at| time::until(ahead.wall(at, view.now), view.now.wall, view.zone));
        format!("{} to {} ({first}–{last}) ", time::about(left), number(ahead.limit.value()))
    };
    feed.ahead().map(told).unwrap_or_default()
}

/// What the last answer said and nothing believes yet: without it a healthy feed would say `503`.
fn unsettled(feed: &FeedHealth) -> String {
    let said = |found: Unsettled| format!("{} {} of {}: ", found.said.word(), found.agree, found.votes.needed);
    feed.unsettled().map(said).unwrap_or_default()
}

/// The value in front of the message, where the feed has one and the message doesn't begin with it.
fn value(feed: &FeedHealth) -> String {
    let Some((reading, _)) = &feed.reading else { return String::new() };
    let unit = reading.unit.as_deref().unwrap_or("");
    let said = |value: f64| format!("{} {} ", number(value), Outside::from(unit).inert());
    let unsaid = |value: &f64| !reading.message.raw().starts_with(&number(*value));
    reading.value.filter(unsaid).map(said).unwrap_or_default()
}

fn number(value: f64) -> String {
    match value.abs() {
        big if big >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        _ => format!("{value:.2}"),
    }
}

/// A glyph, a word and a colour that all say the same.
pub fn look(state: FeedState) -> (&'static str, &'static str, Role) {
    match state {
        FeedState::Healthy => ("●", "ok", Role::Ok),
        FeedState::Maintenance => ("◌", "maintenance", Role::Info),
        FeedState::Unknown => ("?", "unknown", Role::Stale),
        FeedState::Stale => ("?", "stale", Role::Stale),
        FeedState::Degraded => ("◐", "degraded", Role::Warning),
        FeedState::Failing => ("▲", "DOWN", Role::Critical),
    }
}

const BARS: [char; 7] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇'];

/// The newest samples as bars between the lowest and the highest of them; a gap where nothing was measured.
pub fn sparkline<'a>(history: impl DoubleEndedIterator<Item = &'a Sample>, columns: usize) -> String {
    let mut newest: Vec<&Sample> = history.rev().take(columns).collect();
    newest.reverse();
    let measures = || newest.iter().filter_map(|sample| sample.measure).filter(|value| value.is_finite());
    let (low, high) = measures().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    newest.iter().map(|sample| bar_of(sample, low, high)).collect()
}

/// Without a measure a failure is a full bar, so that an outage shows.
fn bar_of(sample: &Sample, low: f64, high: f64) -> char {
    match (sample.measure, sample.state) {
        (Some(value), _) if value.is_finite() && high > low => BARS[(((value - low) / (high - low)) * 6.0).round() as usize],
        (Some(_), FeedState::Failing) | (None, FeedState::Failing) => BARS[6],
        (Some(_), _) => BARS[0],
        (None, _) => '·',
    }
}

/// Nothing is configured that it could tell of.
pub fn is_bare(view: &View) -> bool {
    view.world.settings.services.iter().next().is_none() && view.world.health.is_empty()
}

/// What fails, one line each: all that a narrow screen has room for.
pub fn render_strip(canvas: &mut Canvas, area: Rect, view: &View) {
    let names = names(area.width, view);
    for (y, target) in (0..area.height).zip(failing(view)) {
        let place = Rect { y: area.y.saturating_add(y), height: 1, ..area };
        render_row(canvas, place, &target, false, names, view);
    }
}

/// The services that don't do what they should, and the feeds without a service, the worst first.
pub fn failing(view: &View) -> Vec<Target> {
    let health = &view.world.health;
    let services = view.world.settings.services.iter().map(|service| &service.name);
    let services = services.filter_map(|name| Some((health.service(name)?, Target::Service(name.clone()))));
    let alone = health.iter().filter(|feed| is_alone(feed, view)).map(|feed| (feed.state, Target::Feed(feed.spec.name.clone())));
    let mut bad: Vec<_> = services.chain(alone).filter(|(state, _)| *state > FeedState::Maintenance).collect();
    bad.sort_by_key(|(state, _)| std::cmp::Reverse(*state));
    bad.into_iter().map(|(_, target)| target).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_spans_its_own_range_and_shows_gaps() {
        let sample = |measure| Sample { state: FeedState::Healthy, measure };
        let history = [sample(Some(1.0)), sample(None), sample(Some(5.0)), sample(Some(9.0))];
        assert_eq!(sparkline(history.iter(), 8), "▁·▄▇");
        assert_eq!(sparkline(history.iter(), 2), "▁▇");
        assert_eq!(sparkline([sample(Some(f64::NAN))].iter(), 8), "▁");
    }

    #[test]
    fn no_two_states_look_alike_without_colour() {
        let all = [
            FeedState::Healthy,
            FeedState::Maintenance,
            FeedState::Unknown,
            FeedState::Stale,
            FeedState::Degraded,
            FeedState::Failing,
        ];
        let words: std::collections::BTreeSet<_> = all.map(|state| look(state).1).into();
        assert_eq!(words.len(), all.len());
    }
}

//! Health: every service with its worst feed, and below it the feeds that need reading. What isn't known any more is
//! never shown as healthy.

mod row;

pub use row::{WIDE, standing};

use super::{Pane, PaneId, Spec, Travel};
use crate::domain::catalogue::Service;
use crate::domain::health::FeedState;
use crate::domain::ids::FeedName;
use crate::domain::maintenance::Subjects;
use crate::model::health::{FeedHealth, Sample};
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::hits::{Hit, Shown, Target};
use crate::tui::keymap::Context;
use crate::tui::list::{List, Place};
use crate::tui::overlays;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, Ui, View};
use ratatui::layout::Rect;
use std::collections::VecDeque;
use std::time::Duration;

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
fn blocks(view: &View) -> Vec<Vec<Target>> {
    let health = &view.world.health;
    let mut services: Vec<&Service> = view.world.settings.services.iter().collect();
    services.sort_by_key(|service| std::cmp::Reverse(health.of_service(&service.name).map(urgency).max()));
    let with_feeds = |service: &Service| {
        let feeds = sorted(health.of_service(&service.name)).map(Target::Feed);
        std::iter::once(Target::Service(service.name.clone())).chain(feeds).collect()
    };
    let alone = sorted(health.iter().filter(|feed| is_alone(feed, view))).map(|name| vec![Target::Feed(name)]);
    services.into_iter().map(with_feeds).chain(alone).collect()
}

/// The services as they stand, but for the one under the cursor: it stays with all its feeds as near to its place as the others let it,
/// so that none of its feeds comes to stand beneath another service, nor another's beneath it. Feeds without a service stay at the end.
fn rows(view: &View, kept: Option<(&Target, usize)>) -> Vec<Target> {
    let mut blocks = blocks(view);
    let found = kept.and_then(|(target, place)| {
        let of_it = |block: &Vec<Target>| block.iter().position(|row| row == target);
        let (index, within) = blocks.iter().enumerate().find_map(|(index, block)| Some((index, of_it(block)?)))?;
        Some((index, place.saturating_sub(within)))
    });
    if let Some((index, place)) = found.filter(|(index, _)| is_service(&blocks[*index])) {
        let block = blocks.remove(index);
        let services = blocks.iter().filter(|block| is_service(block)).count();
        let begins = std::iter::once(0).chain(blocks.iter().take(services).scan(0, |sum, block| {
            *sum += block.len();
            Some(*sum)
        }));
        let nearest = begins.enumerate().min_by_key(|(_, begin)| begin.abs_diff(place)).map_or(0, |(nearest, _)| nearest);
        blocks.insert(nearest, block);
    }
    blocks.into_iter().flatten().collect()
}

fn is_service(block: &[Target]) -> bool {
    matches!(block.first(), Some(Target::Service(_)))
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
        let kept = self.list.selected().map(|target| (target, self.list.place())).filter(|_| !view.idle);
        self.rows = rows(view, kept);
        let rows = &self.rows;
        let find = |target: &Target| rows.iter().position(|row| row == target);
        if view.idle {
            self.list.settle(find);
        } else {
            self.list.follow(find);
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
        let names = row::names(area.width, view);
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
            row::render(canvas, place, target, cursor && view.focus == PaneId::Health, names, view);
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

/// Milliseconds: answers that differ by less are as quick as each other.
const JITTER: f64 = 20.0;

/// The newest samples as bars between the lowest and the highest of those that did not fail; a gap where nothing was measured.
pub fn sparkline(feed: &FeedHealth, columns: usize) -> String {
    drawn(&feed.history, columns, if feed.is_valued() { 0.0 } else { JITTER })
}

fn drawn(history: &VecDeque<Sample>, columns: usize, flat: f64) -> String {
    let newest = history.range(history.len().saturating_sub(columns)..);
    let sound = newest.clone().filter(|sample| sample.state != FeedState::Failing);
    let measures = sound.filter_map(|sample| sample.measure).filter(|value| value.is_finite());
    let (low, high) = measures.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    newest.map(|sample| bar_of(sample, low, high, flat)).collect()
}

/// A failure is a full bar whatever it took, so that an outage shows.
fn bar_of(sample: &Sample, low: f64, high: f64, flat: f64) -> char {
    match (sample.measure, sample.state) {
        (_, FeedState::Failing) => BARS[6],
        (Some(value), _) if value.is_finite() && high - low > flat => {
            BARS[(((value - low) / (high - low)) * 6.0).round() as usize]
        }
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
    let names = row::names(area.width, view);
    for (y, target) in (0..area.height).zip(failing(view)) {
        let place = Rect { y: area.y.saturating_add(y), height: 1, ..area };
        row::render(canvas, place, &target, false, names, view);
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
        let history = VecDeque::from([Some(1.0), None, Some(5.0), Some(9.0)].map(sample));
        assert_eq!(drawn(&history, 8, 0.0), "▁·▄▇");
        assert_eq!(drawn(&history, 2, 0.0), "▁▇");
        assert_eq!(drawn(&history, 8, JITTER), "▁·▁▁");
        assert_eq!(drawn(&VecDeque::from([sample(Some(f64::NAN))]), 8, 0.0), "▁");
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

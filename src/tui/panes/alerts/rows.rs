//! The rows of the queue, as far down as anybody has looked; made anew when the queue has changed.

use super::shape::Shape;
use crate::model::alerts::Tracked;
use crate::model::filter::Filter;
use crate::tui::hits::{Fold, Target};
use crate::tui::list::find_near;
use crate::tui::view::View;
use std::time::Duration;

/// Rows that are kept ready beyond what is wanted, of a queue that stays as it is.
const AHEAD: usize = 400;
/// Fewer than this beyond what is wanted are too few: a page is no longer. A queue that has changed has no more made anew: the next
/// change does so again, and each of them costs as much in a long queue as in a short one.
const LEAST: usize = 100;

pub(super) struct Row {
    pub target: Target,
    /// It stands in a group that is unfolded.
    pub inside: bool,
    /// When it arrived.
    pub arrived: Option<Duration>,
}

impl Row {
    pub fn of(tracked: &Tracked, inside: bool) -> Self {
        let target = Target::Alert(tracked.alert.id.clone());
        Self { target, inside, arrived: tracked.arrived.map(|at| at.mono) }
    }

    /// The row of alerts that have none of their own.
    pub fn folded(fold: Fold) -> Self {
        Self { target: Target::Fold(fold), inside: false, arrived: None }
    }
}

#[derive(Default)]
pub(super) struct Rows {
    /// Of the queue and of its shape, and the time where the filter asks for ages.
    revision: Option<(u64, u64, i64)>,
    rows: Vec<Row>,
    /// All of them are there.
    complete: bool,
}

impl Rows {
    /// Brings them up to date: `wanted` rows and some more, and the one that is selected.
    pub fn extend(&mut self, of: (&Shape, &Filter), view: &View, wanted: usize, through: Option<(&Target, usize)>) {
        let (shape, filter) = of;
        let second = if filter.ages() { view.now.wall.timestamp() } else { 0 };
        let revision = (view.world.alerts.revision(), shape.version(), second);
        let anew = self.revision != Some(revision);
        if anew {
            *self = Self { revision: Some(revision), ..Self::default() };
        }
        let through = through.map(|(target, place)| (shape.own_row(target, view.world), place));
        let unlisted =
            |(target, place): &(Target, usize)| shape.has_row(target, view.world) && self.listed(target, *place).is_none();
        let mut through = through.filter(unlisted);
        if self.complete || (self.rows.len() >= wanted.saturating_add(LEAST) && through.is_none()) {
            return;
        }
        let mut rest = shape.rows(view).skip(self.rows.len());
        let enough = wanted.saturating_add(if anew { LEAST } else { AHEAD });
        while through.is_some() || self.rows.len() < enough {
            let Some(row) = rest.next() else {
                self.complete = true;
                return;
            };
            through = through.filter(|(target, _)| *target != row.target);
            self.rows.push(row);
        }
    }

    pub fn get(&self, row: usize) -> Option<&Row> {
        self.rows.get(row)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    /// How many have been listed.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The row of a target, looked for at its likely place first.
    pub fn listed(&self, target: &Target, place: usize) -> Option<usize> {
        find_near(&self.rows, place, |row| row.target == *target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alert::{Alert, Labels, Upstream};
    use crate::domain::entry::Actor;
    use crate::domain::ids::AlertId;
    use crate::domain::settings::{Settings, SourceSpec};
    use crate::domain::stamp::Stamp;
    use crate::model::{Body, Event, Fact, World};
    use crate::tui::hits::Hits;
    use crate::tui::keymap::Keymap;
    use crate::tui::panes::PaneId;
    use std::sync::Arc;

    fn tells(world: &mut World, numbers: std::ops::Range<usize>, summary: &str) {
        let one = |n: usize| {
            let pairs = [("alertname".into(), format!("Storm{n}").into()), ("severity".into(), "critical".into())];
            Arc::new(Alert {
                id: AlertId { source: "prod".into(), fingerprint: format!("{n:06}").as_str().into() },
                labels: Labels::new(pairs.into()),
                annotations: Labels::new(vec![("summary".into(), summary.into())]),
                upstream: Upstream::Firing,
                starts_at: world.now.wall,
                url: None,
                receivers: [].into(),
                silenced_by: Vec::new(),
                inhibited_by: Vec::new(),
                muted_by: Vec::new(),
                held: None,
            })
        };
        let upserts = numbers.map(one).collect();
        let fact = Fact::AlertsChanged { source: "prod".into(), upserts, gone: Vec::new() };
        world.update(Event { seq: 0, stamp: world.now, body: Body::Fact(fact) });
    }

    /// How many rows there are after a first frame, after one line further down, and after one alert has changed.
    fn made(count: usize) -> [usize; 3] {
        let source = SourceSpec {
            name: "prod".into(),
            kind: "alertmanager".into(),
            every: Duration::from_secs(15),
            timeout: Duration::from_secs(10),
            acts: Vec::new(),
            carry: None,
        };
        let settings = Settings { sources: vec![source], ..Settings::default() };
        let now = Stamp { wall: "2026-03-01T03:00:00Z".parse().expect("a time"), mono: Duration::from_secs(1_000) };
        let mut world = World::new(Arc::new(settings), Actor::person("ana", None), now);
        tells(&mut world, 0..count, "it grows");
        let (keymap, hits, filter) = (Keymap::default(), Hits::default(), Filter::default());
        let (mut rows, mut shape) = (Rows::default(), Shape::default());
        let mut frame = |world: &World, wanted: usize| {
            let view = View {
                world,
                now,
                zone: chrono_tz::Tz::UTC,
                keymap: &keymap,
                hits: &hits,
                focus: PaneId::Alerts,
                incident: None,
                alert: None,
                presets: &[],
                looked: Duration::ZERO,
                idle: true,
                untouched: false,
                slow: false,
            };
            shape.follow(&filter, true, world);
            rows.extend((&shape, &filter), &view, wanted, None);
            rows.len()
        };
        let (first, further) = (frame(&world, 40), frame(&world, 41));
        tells(&mut world, 0..1, "it grows on");
        [first, further, frame(&world, 40)]
    }

    #[test]
    fn a_change_of_a_long_queue_makes_as_many_rows_as_one_of_a_short_queue() {
        assert_eq!(made(1_000), [140, 441, 140]);
        assert_eq!(made(20_000), [140, 441, 140]);
        assert_eq!(made(30), [30; 3]);
    }
}

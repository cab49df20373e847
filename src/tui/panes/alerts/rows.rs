//! The rows of the queue, as far down as anybody has looked; made anew when the queue has changed. A problem that several
//! sources tell of has one.

use crate::domain::ids::AlertId;
use crate::model::alerts::Tracked;
use crate::model::filter::Filter;
use crate::tui::hits::Target;
use crate::tui::list::find_near;
use crate::tui::view::View;
use std::time::Duration;

/// Rows that are kept ready beyond what is wanted.
const AHEAD: usize = 400;
/// Fewer than this beyond what is wanted are too few: a page is no longer.
const LEAST: usize = 100;

pub(super) struct Row {
    pub target: Target,
    /// When it arrived.
    pub arrived: Option<Duration>,
    /// How many alerts it tells of.
    tells: usize,
}

#[derive(Default)]
pub(super) struct Rows {
    /// Of the queue, and the time where the filter asks for ages.
    revision: Option<(u64, i64)>,
    rows: Vec<Row>,
    /// All of them are there.
    complete: bool,
}

impl Rows {
    /// Brings them up to date: `wanted` rows and some more, and the one that is selected.
    pub fn extend(&mut self, filter: &Filter, view: &View, wanted: usize, through: Option<(&Target, usize)>) {
        let revision = (view.world.alerts.revision(), if filter.ages() { view.now.wall.timestamp() } else { 0 });
        if self.revision != Some(revision) {
            *self = Self { revision: Some(revision), ..Self::default() };
        }
        let through = through.map(|(target, place)| (own_row(target, view), place));
        let mut through = through.filter(|(target, place)| has_row(target, view) && self.listed(target, *place).is_none());
        if self.complete || (self.rows.len() >= wanted.saturating_add(LEAST) && through.is_none()) {
            return;
        }
        let mut rest = rows(filter, view).skip(self.rows.len());
        // A filter is applied to the whole queue at once: its number of matches stands in the title.
        while through.is_some() || !filter.is_empty() || self.rows.len() < wanted.saturating_add(AHEAD) {
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

    /// How many alerts they tell of.
    pub fn told(&self) -> usize {
        self.rows.iter().map(|row| row.tells).sum()
    }

    /// The row that tells of a target, looked for at its likely place first.
    pub fn find(&self, target: &Target, place: usize, view: &View) -> Option<usize> {
        self.listed(&own_row(target, view), place)
    }

    fn listed(&self, target: &Target, place: usize) -> Option<usize> {
        find_near(&self.rows, place, |row| row.target == *target)
    }
}

/// Whether it has a row at all, however far down.
fn has_row(target: &Target, view: &View) -> bool {
    matches!(target, Target::Alert(id) if view.world.alerts.get(id).is_some())
}

/// What the row stands for that tells of it.
fn own_row(target: &Target, view: &View) -> Target {
    let alerts = &view.world.alerts;
    let lead = match target {
        Target::Alert(id) => alerts.get(id).and_then(|tracked| alerts.told_by(tracked)),
        _ => None,
    };
    lead.map_or_else(|| target.clone(), |lead| Target::Alert(lead.clone()))
}

fn rows<'a>(filter: &'a Filter, view: &'a View) -> impl Iterator<Item = Row> + 'a {
    let told = |tracked: &Tracked| view.world.alerts.told_by(tracked).is_some_and(|lead| matches(lead, filter, view));
    let queue = view.world.alerts.queue().filter(|tracked| filter.holds(view.world, tracked));
    queue.filter(move |tracked| !told(tracked)).map(|tracked| of_alert(tracked, view))
}

fn matches(id: &AlertId, filter: &Filter, view: &View) -> bool {
    view.world.alerts.get(id).is_some_and(|tracked| filter.holds(view.world, tracked))
}

fn of_alert(tracked: &Tracked, view: &View) -> Row {
    Row {
        target: Target::Alert(tracked.alert.id.clone()),
        arrived: tracked.arrived.map(|at| at.mono),
        tells: 1 + view.world.alerts.twins(tracked).count(),
    }
}

//! The rows of the queue, as far down as anybody has looked; made anew when the queue has changed.

use super::shape::Shape;
use crate::model::alerts::Tracked;
use crate::model::filter::Filter;
use crate::tui::hits::{Fold, Target};
use crate::tui::list::find_near;
use crate::tui::view::View;
use std::time::Duration;

/// Rows that are kept ready beyond what is wanted.
const AHEAD: usize = 400;
/// Fewer than this beyond what is wanted are too few: a page is no longer.
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
        if self.revision != Some(revision) {
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
        while through.is_some() || self.rows.len() < wanted.saturating_add(AHEAD) {
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

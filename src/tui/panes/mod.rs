//! The four panes. Each owns its cursor and whatever else only it shows; `PANES` is the list of them.

pub mod alerts;
pub mod health;
pub mod log;
pub mod playbook;

use super::action::Action;
use super::canvas::Canvas;
use super::hits::Target;
use super::keymap::Context;
use super::list::List;
use super::theme::Role;
use super::view::{Arranged, Reply, View};
use crate::model::filter::Filter;
use ratatui::layout::Rect;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PaneId {
    Health,
    Alerts,
    Playbook,
    Log,
}

pub trait Pane {
    /// Brings what it keeps of the world up to date; called before each frame.
    fn prepare(&mut self, _view: &View) {}

    /// Takes a key that was pressed while it had the focus.
    fn update(&mut self, action: Action, view: &View) -> Vec<Reply>;

    /// What stands in its border after its name.
    fn title(&self, view: &View) -> Vec<(String, Role)>;

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View);

    /// Its cursor.
    fn list(&mut self) -> &mut List;

    /// Puts the cursor where somebody points.
    fn point(&mut self, target: Target, place: usize) {
        self.list().put(Some(target), place);
    }

    /// Puts the cursor on this wherever it is, and shows it if it was hidden; does nothing where it has no row here.
    fn reach(&mut self, _target: &Target, _view: &View) -> Vec<Reply> {
        Vec::new()
    }

    /// Moves the cursor.
    fn travel(&mut self, travel: Travel, view: &View);

    /// Shows only what matches, where it can.
    fn narrow(&mut self, _filter: Filter) {}

    /// Groups what it shows, where it can.
    fn arrange(&mut self, _how: &Arranged) {}

    /// Forgets marks that have served.
    fn unmark(&mut self) {}
}

/// A movement of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Travel {
    By(isize),
    Top,
    Bottom,
}

impl Travel {
    /// The movement that an action means in a pane of so many rows.
    pub fn of(action: Action, rows: usize) -> Option<Self> {
        let page = isize::try_from(rows.saturating_sub(1).max(1)).unwrap_or(1);
        match action {
            Action::Down => Some(Self::By(1)),
            Action::Up => Some(Self::By(-1)),
            Action::PageDown => Some(Self::By(page)),
            Action::PageUp => Some(Self::By(-page)),
            Action::Top => Some(Self::Top),
            Action::Bottom => Some(Self::Bottom),
            _ => None,
        }
    }

    /// As a number of rows, in a list of `len`.
    pub fn rows(self, len: usize) -> isize {
        let all = isize::try_from(len).unwrap_or(isize::MAX);
        match self {
            Self::By(rows) => rows,
            Self::Top => -all,
            Self::Bottom => all,
        }
    }
}

/// One pane as the screen is built of it.
pub struct Spec {
    pub id: PaneId,
    pub name: &'static str,
    pub context: Context,
    /// What goes there.
    pub to: Action,
    pub make: fn() -> Box<dyn Pane>,
}

/// Every pane, in the order in which `next-pane` goes through them.
pub const PANES: &[Spec] = &[health::SPEC, alerts::SPEC, playbook::SPEC, log::SPEC];

impl PaneId {
    /// The name in the configuration.
    pub fn word(self) -> &'static str {
        self.spec().to.name()
    }

    pub fn spec(self) -> &'static Spec {
        PANES.iter().find(|spec| spec.id == self).unwrap_or(&PANES[0])
    }

    /// The pane so many places further on, around the end.
    pub fn further(self, by: isize) -> Self {
        let at = PANES.iter().position(|spec| spec.id == self).unwrap_or(0) as isize;
        PANES[(at + by).rem_euclid(PANES.len() as isize) as usize].id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_pane_has_an_id_a_name_and_keys_of_its_own() {
        let ids: BTreeSet<_> = PANES.iter().map(|spec| spec.id).collect();
        let names: BTreeSet<_> = PANES.iter().map(|spec| spec.name).collect();
        let contexts: Vec<_> = PANES.iter().map(|spec| spec.context).collect();
        assert_eq!((ids.len(), names.len()), (PANES.len(), PANES.len()));
        assert!(contexts.iter().all(|one| contexts.iter().filter(|other| *other == one).count() == 1));
        assert!(PANES.iter().all(|spec| spec.id.spec().name == spec.name));
    }

    #[test]
    fn the_tab_key_comes_around() {
        assert_eq!(PaneId::Log.further(1), PaneId::Health);
        assert_eq!(PaneId::Health.further(-1), PaneId::Log);
    }
}

//! What the last drawn frame showed: the mouse and the keys act on this, never on what has become of it since.

use super::action::Action;
use super::layout::Places;
use super::layout::shares::Edge;
use super::links::Linked;
use super::panes::PaneId;
use crate::domain::ids::{AlertId, EntryId, FeedName, PlaybookId, RunId, ServiceName, StepId};
use ratatui::layout::{Position, Rect};
use std::sync::Arc;

/// Something that a row stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Alert(AlertId),
    Fold(Fold),
    Feed(FeedName),
    Service(ServiceName),
    Entry(EntryId),
    Playbook(PlaybookId),
    /// A playbook among those that fit what is selected.
    Suggested(PlaybookId),
    Run(RunId),
    /// A step of a run.
    Step(RunId, StepId),
    /// A line of an overlay.
    Line(usize),
}

/// Alerts that have one row together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fold {
    /// Those of a service that another service explains.
    Symptoms(ServiceName),
    /// Those that have this in common.
    Group(Arc<str>),
}

/// What lies at a place of the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Hit {
    Pane(PaneId),
    /// A row of a pane, and its place among all rows as they are shown.
    Row(PaneId, Target, usize),
    Action(Action),
    /// An action of this pane.
    Do(PaneId, Action),
    /// A border that can be moved.
    Edge(Edge),
    /// A line of the topmost overlay.
    Line(usize),
    /// The topmost overlay, or the shade around it.
    Overlay,
}

/// The row under a pane's cursor in the drawn frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub target: Target,
    /// Its line in the pane, from 0.
    pub row: usize,
    /// How many rows were above the pane's first line.
    pub offset: usize,
}

/// How far the topmost page can be scrolled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageSize {
    /// The last line that can stand first.
    pub last: usize,
    pub height: usize,
    /// How many things, or columns of text, stand side by side.
    pub columns: usize,
}

#[derive(Debug, Clone, Default)]
pub struct Hits {
    areas: Vec<(Rect, Hit)>,
    shown: Vec<(PaneId, Shown)>,
    heights: Vec<(PaneId, usize)>,
    pub page: PageSize,
    /// What the terminal itself opens.
    pub links: Vec<Linked>,
    /// Where everything stood.
    pub places: Places,
    /// Where the terminal's cursor stands: in the field that is typed into.
    pub cursor: Option<Position>,
    /// Something with seconds is visible: the frame changes with the clock alone.
    pub seconds: bool,
    /// Something with minutes is visible.
    pub minutes: bool,
}

impl Hits {
    pub fn add(&mut self, area: Rect, hit: Hit) {
        if !area.is_empty() {
            self.areas.push((area, hit));
        }
    }

    pub fn show(&mut self, pane: PaneId, shown: Shown) {
        self.shown.push((pane, shown));
    }

    pub fn height(&mut self, pane: PaneId, height: usize) {
        self.heights.push((pane, height));
    }

    /// What was drawn last at this place: it lies on top.
    pub fn at(&self, x: u16, y: u16) -> Option<&Hit> {
        self.areas.iter().rev().find(|(area, _)| area.contains(Position { x, y })).map(|(_, hit)| hit)
    }

    /// What the pane's cursor stood on.
    pub fn under_cursor(&self, pane: PaneId) -> Option<&Shown> {
        self.shown.iter().rev().find(|(other, _)| *other == pane).map(|(_, shown)| shown)
    }

    /// How many rows the pane showed; 1 for one that was not drawn.
    pub fn rows_of(&self, pane: PaneId) -> usize {
        self.heights.iter().rev().find(|(other, _)| *other == pane).map_or(1, |(_, height)| (*height).max(1))
    }
}

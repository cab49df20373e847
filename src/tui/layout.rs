//! Where everything stands, by the size of the terminal.
//!
//! ```text
//!  wide    ┌ status ──────────────────┐    narrow  ┌ status ───┐    tiny  ┌ status ─┐
//!          │ health │ alerts │ playbook│            │ what fails│          │ one pane│
//!          │ log                       │            │ alerts or │          └ keys ───┘
//!          └ keys ─────────────────────┘            │  another  │
//!                                                   │ log       │
//!                                                   └ keys ─────┘
//! ```

use super::panes::PaneId;
use ratatui::layout::{Constraint, Layout, Rect};

/// The smallest screen that can be worked on.
pub const SMALLEST: (u16, u16) = (30, 8);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Wide,
    Narrow,
    Tiny,
    /// Nothing fits.
    None,
}

impl Form {
    pub fn of(area: Rect) -> Self {
        match (area.width, area.height) {
            (width, height) if width < SMALLEST.0 || height < SMALLEST.1 => Self::None,
            (width, height) if width >= 120 && height >= 30 => Self::Wide,
            (width, height) if width >= 60 && height >= 16 => Self::Narrow,
            _ => Self::Tiny,
        }
    }
}

/// Where things stand. A pane without a place is not drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    pub form: Form,
    pub status: Rect,
    pub keys: Rect,
    /// What fails, one line each, without a border.
    pub strip: Rect,
    pub panes: Vec<(PaneId, Rect)>,
}

/// `front` is the pane that a narrow screen shows in its middle, and a tiny one at all; `failing` lines want to be in
/// the strip.
pub fn places(area: Rect, front: PaneId, failing: u16) -> Places {
    let form = Form::of(area);
    let rows = Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]);
    let [status, middle, keys] = area.layout(&rows);
    let (strip, panes) = match form {
        Form::Wide => (Rect::ZERO, wide(middle)),
        Form::Narrow => narrow(middle, front, failing),
        Form::Tiny => (Rect::ZERO, vec![(front, middle)]),
        Form::None => (Rect::ZERO, Vec::new()),
    };
    Places { form, status, keys, strip, panes }
}

fn wide(area: Rect) -> Vec<(PaneId, Rect)> {
    let [top, log] = area.layout(&Layout::vertical([Constraint::Fill(7), Constraint::Fill(3)]));
    let columns = [Constraint::Percentage(27), Constraint::Fill(1), Constraint::Percentage(30)];
    let [health, alerts, playbook] = top.layout(&Layout::horizontal(columns));
    vec![(PaneId::Health, health), (PaneId::Alerts, alerts), (PaneId::Playbook, playbook), (PaneId::Log, log)]
}

fn narrow(area: Rect, front: PaneId, failing: u16) -> (Rect, Vec<(PaneId, Rect)>) {
    // The log has three lines at 24 rows, and a fifth of what a taller screen has more.
    let log = 5 + area.height.saturating_sub(22) / 5;
    let strip = if front == PaneId::Health { 0 } else { failing.min(area.height / 5) };
    let rows = Layout::vertical([Constraint::Length(strip), Constraint::Min(5), Constraint::Length(log)]);
    let [strip, middle, log] = area.layout(&rows);
    (strip, vec![(front, middle), (PaneId::Log, log)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(width: u16, height: u16) -> Places {
        places(Rect::new(0, 0, width, height), PaneId::Alerts, 3)
    }

    #[test]
    fn the_sizes_that_are_promised() {
        assert_eq!((at(120, 30).form, at(120, 30).panes.len()), (Form::Wide, 4));
        assert_eq!((at(80, 24).form, at(80, 24).panes.len()), (Form::Narrow, 2));
        assert_eq!((at(40, 12).form, at(40, 12).panes.len()), (Form::Tiny, 1));
        assert_eq!(at(29, 12).form, Form::None);
        assert_eq!(at(80, 24).panes[1].1.height, 5, "three lines of log within its border");
        assert_eq!(at(80, 24).strip.height, 3);
    }

    #[test]
    fn nothing_ever_lies_outside_or_over_another() {
        for (width, height) in (0..200).flat_map(|width| [0, 1, 7, 8, 15, 16, 24, 30, 200].map(|height| (width, height))) {
            let (area, places) = (Rect::new(0, 0, width, height), at(width, height));
            let all: Vec<Rect> =
                places.panes.iter().map(|(_, place)| *place).chain([places.status, places.keys, places.strip]).collect();
            assert!(all.iter().all(|place| area.intersection(*place) == *place || place.is_empty()), "{width}x{height}");
            if places.form != Form::None {
                let cells: u32 = all.iter().map(|place| place.area()).sum();
                assert_eq!(cells, area.area(), "{width}x{height}");
            }
        }
    }
}

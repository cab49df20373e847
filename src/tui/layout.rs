//! Where everything stands, by the size of the terminal and by how the operator has divided it.
//!
//! ```text
//!  wide    ┌ status ──────────────────┐    narrow  ┌ status ───┐    tiny  ┌ status ─┐
//!          │ health │ alerts │ playbook│            │ what fails│          │ one pane│
//!          │ log                       │            │ alerts or │          └ keys ───┘
//!          └ keys ─────────────────────┘            │  another  │
//!                                                   │ log       │
//!                                                   └ keys ─────┘
//! ```

pub mod shares;

use super::panes::PaneId;
use ratatui::layout::{Constraint, Layout, Rect};
use shares::{Edge, Shares};

/// The smallest screen that can be worked on.
pub const SMALLEST: (u16, u16) = (30, 8);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    Wide,
    Narrow,
    Tiny,
    /// Nothing fits.
    #[default]
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    pub form: Form,
    pub status: Rect,
    pub keys: Rect,
    /// All between those two.
    pub middle: Rect,
    /// What fails, one line each, without a border.
    pub strip: Rect,
    pub panes: Vec<(PaneId, Rect)>,
    /// Borders that can be moved, where they can be taken hold of.
    pub edges: Vec<(Edge, Rect)>,
}

/// What decides where panes stand beside the size of the terminal.
#[derive(Debug, Clone, Copy)]
pub struct Wishes<'a> {
    /// The pane that has the keys: it is always there.
    pub focus: PaneId,
    /// The pane that a narrow screen shows in its middle.
    pub front: PaneId,
    /// So many lines want to be in the strip.
    pub failing: u16,
    pub shares: &'a Shares,
    /// The pane with the keys has all the room.
    pub zoomed: bool,
    /// So many lines stand at the bottom, one at least.
    pub last: u16,
}

impl Wishes<'_> {
    fn shows(&self, pane: PaneId) -> bool {
        pane == self.focus || !self.shares.hides(pane)
    }
}

pub fn places(area: Rect, wishes: &Wishes) -> Places {
    let form = Form::of(area);
    let rows = Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(wishes.last.max(1))]);
    let [status, middle, keys] = area.layout(&rows);
    let empty = Places { form, status, keys, middle, ..Places::default() };
    match form {
        Form::None => empty,
        Form::Tiny => Places { panes: vec![(wishes.focus, middle)], ..empty },
        _ if wishes.zoomed => Places { panes: vec![(wishes.focus, middle)], ..empty },
        Form::Wide => wide(empty, wishes),
        Form::Narrow => narrow(empty, wishes),
    }
}

fn wide(mut places: Places, wishes: &Wishes) -> Places {
    let above: Vec<PaneId> =
        [PaneId::Health, PaneId::Alerts, PaneId::Playbook].into_iter().filter(|pane| wishes.shows(*pane)).collect();
    let (log, shares) = (wishes.shows(PaneId::Log), wishes.shares);
    let [top, bottom] = match (above.is_empty(), log) {
        (true, _) => [Rect { height: 0, ..places.middle }, places.middle],
        (false, false) => [places.middle, Rect::ZERO],
        (false, true) => {
            let log = shares.log();
            places.middle.layout(&Layout::vertical([Constraint::Fill(1_000 - log), Constraint::Fill(log)]))
        }
    };
    // The queue has what the others leave; without it the last one has.
    let rest = if above.contains(&PaneId::Alerts) { Some(&PaneId::Alerts) } else { above.last() };
    let column = |pane: &PaneId| match pane {
        pane if Some(pane) == rest => Constraint::Fill(1),
        PaneId::Health => Constraint::Ratio(u32::from(shares.health()), 1_000),
        _ => Constraint::Ratio(u32::from(shares.playbook()), 1_000),
    };
    let columns = Layout::horizontal(above.iter().map(column)).split(top);
    let between = |left: Rect| Rect { x: left.right().saturating_sub(1), width: 2, ..left };
    for (pair, at) in above.windows(2).zip(columns.iter()) {
        let edge = if pair[0] == PaneId::Health { Edge::Health } else { Edge::Playbook };
        places.edges.push((edge, between(*at)));
    }
    if log && !above.is_empty() {
        places.edges.push((Edge::Log, Rect { y: top.bottom().saturating_sub(1), height: 1, ..top }));
    }
    places.panes = above.into_iter().zip(columns.iter().copied()).collect();
    if log {
        places.panes.push((PaneId::Log, bottom));
    }
    places
}

fn narrow(mut places: Places, wishes: &Wishes) -> Places {
    let (area, front) = (places.middle, wishes.front);
    if !wishes.shows(PaneId::Log) || !wishes.shows(front) {
        places.panes = vec![(if wishes.shows(front) { front } else { wishes.focus }, area)];
        return places;
    }
    let log = match wishes.shares.log {
        Some(share) => ((u32::from(area.height) * u32::from(share) + 500) / 1_000) as u16,
        // The log has three lines at 24 rows, and a fifth of what a taller screen has more.
        None => 5 + area.height.saturating_sub(22) / 5,
    };
    let log = log.clamp(3, area.height.saturating_sub(5).max(3));
    let strip =
        if front == PaneId::Health { 0 } else { wishes.failing.min(area.height / 5).min(area.height.saturating_sub(log + 5)) };
    let rows = Layout::vertical([Constraint::Length(strip), Constraint::Min(5), Constraint::Length(log)]);
    let [strip, middle, log] = area.layout(&rows);
    places.edges = vec![(Edge::Log, Rect { y: middle.bottom().saturating_sub(1), height: 1, ..middle })];
    (places.strip, places.panes) = (strip, vec![(front, middle), (PaneId::Log, log)]);
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn laid(width: u16, height: u16, wishes: &Wishes) -> Places {
        places(Rect::new(0, 0, width, height), wishes)
    }

    fn plain(shares: &Shares) -> Wishes<'_> {
        Wishes { focus: PaneId::Alerts, front: PaneId::Alerts, failing: 3, shares, zoomed: false, last: 1 }
    }

    #[test]
    fn the_sizes_that_are_promised() {
        let shares = Shares::default();
        let at = |width, height| laid(width, height, &plain(&shares));
        assert_eq!((at(120, 30).form, at(120, 30).panes.len()), (Form::Wide, 4));
        assert_eq!((at(80, 24).form, at(80, 24).panes.len()), (Form::Narrow, 2));
        assert_eq!((at(40, 12).form, at(40, 12).panes.len()), (Form::Tiny, 1));
        assert_eq!(at(29, 12).form, Form::None);
        assert_eq!(at(80, 24).panes[1].1.height, 5, "three lines of log within its border");
        assert_eq!(at(80, 24).strip.height, 3);
    }

    #[test]
    fn what_is_hidden_gives_its_room_to_the_others_and_the_one_with_the_keys_is_always_there() {
        let hiding = |panes: &[PaneId]| Shares { hide: panes.to_vec(), ..Shares::default() };
        let shares = hiding(&[PaneId::Health, PaneId::Log]);
        let places = laid(120, 40, &plain(&shares));
        assert_eq!(places.panes.iter().map(|(pane, _)| *pane).collect::<Vec<_>>(), [PaneId::Alerts, PaneId::Playbook]);
        assert_eq!(places.panes[0].1.x, 0);
        let all = hiding(&[PaneId::Health, PaneId::Alerts, PaneId::Playbook, PaneId::Log]);
        for focus in [PaneId::Health, PaneId::Alerts, PaneId::Playbook, PaneId::Log] {
            let places = laid(120, 40, &Wishes { focus, ..plain(&all) });
            assert_eq!(places.panes, [(focus, places.middle)]);
        }
    }

    proptest! {
        /// Whatever is wished for at whatever size: all of the screen is used, nothing lies outside or over another, the pane with
        /// the keys is there, and no border is where it can't be taken hold of.
        #[test]
        fn nothing_ever_lies_outside_or_over_another(
            (width, height) in (0u16..320, 0u16..120), failing in 0u16..30, focus in 0usize..4, hidden in prop::collection::vec(0usize..4, 0..4),
            (health, playbook, log) in (0u16..1_200, 0u16..1_200, 0u16..1_200), zoomed in any::<bool>(), set in any::<bool>(), last in 0u16..4,
        ) {
            let all = [PaneId::Health, PaneId::Alerts, PaneId::Playbook, PaneId::Log];
            let share = |share: u16| set.then_some(share);
            let hide = hidden.into_iter().map(|at| all[at]).collect();
            let shares = Shares { health: share(health), playbook: share(playbook), log: share(log), hide }.bounded();
            let focus = all[focus];
            let front = if focus == PaneId::Log { PaneId::Alerts } else { focus };
            let (area, places) = (Rect::new(0, 0, width, height), laid(width, height, &Wishes { focus, front, failing, shares: &shares, zoomed, last }));
            let parts: Vec<Rect> =
                places.panes.iter().map(|(_, place)| *place).chain([places.status, places.keys, places.strip]).collect();
            prop_assert!(parts.iter().all(|place| area.intersection(*place) == *place || place.is_empty()), "{places:?}");
            if places.form != Form::None {
                let cells: u32 = parts.iter().map(|place| place.area()).sum();
                prop_assert_eq!(cells, area.area(), "{:?}", places);
                let least = if places.form == Form::Wide { (8, 3) } else { (30, 3) };
                let fits = |place: &Rect| place.width >= least.0 && place.height >= least.1;
                prop_assert!(places.panes.iter().any(|(pane, _)| *pane == focus));
                prop_assert!(places.panes.iter().all(|(_, place)| fits(place)), "{places:?}");
                prop_assert!(places.edges.iter().all(|(_, place)| area.intersection(*place) == *place), "{places:?}");
            }
        }
    }
}

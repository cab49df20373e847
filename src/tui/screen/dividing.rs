//! How the screen is divided: borders that are moved by keys or the mouse, one pane alone, hidden ones, and layouts by name. It is
//! kept for each size of the terminal; that one pane is alone is not: nobody finds a screen at night on which three are missing.

use super::Screen;
use crate::tui::action::Action;
use crate::tui::hits::Hits;
use crate::tui::layout::Form;
use crate::tui::layout::shares::{Edge, Kept, Shares};
use crate::tui::overlays;
use crate::tui::panes::{PANES, PaneId};
use crate::tui::view::{Layouts, Preset, Reply, Ui};

/// What one key moves a border by, in thousandths.
const STEP: u16 = 40;

pub(super) struct Division {
    kept: Kept,
    pub presets: Vec<Preset>,
    /// The pane with the keys has all the room.
    pub zoomed: bool,
    /// The border that the mouse holds.
    held: Option<Edge>,
}

impl Division {
    pub fn new(layouts: Layouts) -> Self {
        // One of the configuration takes the place of the program's of that name.
        let own = |preset: &Preset| layouts.presets.iter().any(|other| other.name == preset.name);
        let presets = Preset::ours().into_iter().filter(|preset| !own(preset));
        let presets: Vec<Preset> = presets.chain(layouts.presets.iter().cloned()).collect();
        Self { kept: layouts.kept, presets, zoomed: false, held: None }
    }

    pub fn shares(&self, form: Form) -> &Shares {
        self.kept.of(form)
    }

    fn keep(&self) -> Vec<Reply> {
        vec![Reply::Ui(Ui::KeepLayout(self.kept.text()))]
    }
}

fn say(text: impl Into<String>) -> Vec<Reply> {
    vec![Reply::Say(text.into())]
}

/// The border that moves when this pane grows, and whether it is the one that its share is of.
fn edge_of(action: Action, pane: PaneId, form: Form) -> Option<(Edge, bool)> {
    let grows = matches!(action, Action::Wider | Action::Taller);
    match (action, pane) {
        (Action::Taller | Action::Shorter, pane) => Some((Edge::Log, grows == (pane == PaneId::Log))),
        (_, PaneId::Health) if form == Form::Wide => Some((Edge::Health, grows)),
        (_, PaneId::Playbook) if form == Form::Wide => Some((Edge::Playbook, grows)),
        (_, PaneId::Alerts) if form == Form::Wide => Some((Edge::Playbook, !grows)),
        _ => None,
    }
}

impl Screen {
    pub(super) fn divide(&mut self, action: Action) -> Vec<Reply> {
        let form = self.hits.places.form;
        match action {
            Action::Layout => return vec![Reply::Open(overlays::layouts::open(&self.division.presets))],
            Action::Hide => return self.hide(form),
            _ if matches!(form, Form::Tiny | Form::None) => return say("This screen shows one pane at a time already."),
            Action::Zoom => {
                self.division.zoomed = !self.division.zoomed;
                return Vec::new();
            }
            _ if self.division.zoomed => {
                return say(format!("One pane has all the room: {} gives it back first.", self.keymap.key_of(Action::Zoom)));
            }
            _ => {}
        }
        let there = |(edge, _): &(Edge, bool)| self.hits.places.edges.iter().any(|(other, _)| other == edge);
        let Some((edge, grows)) = edge_of(action, self.focus, form).filter(there) else {
            return say("There is no border that could be moved for that.");
        };
        let share = share_of(edge, &self.hits, self.division.kept.of(form));
        let share = if grows { share.saturating_add(STEP) } else { share.saturating_sub(STEP) };
        if self.set(edge, share, form) { self.division.keep() } else { say("It goes no further.") }
    }

    /// Whether that moved anything.
    fn set(&mut self, edge: Edge, share: u16, form: Form) -> bool {
        let shares = self.division.kept.of_mut(form);
        let before = share_of(edge, &self.hits, shares);
        shares.set(edge, share);
        shares.of(edge) != before
    }

    fn hide(&mut self, form: Form) -> Vec<Reply> {
        let (pane, shares) = (self.focus, self.division.kept.of_mut(form));
        if !shares.hides(pane) && PANES.iter().all(|spec| spec.id == pane || shares.hides(spec.id)) {
            return say("It is the last pane that is not hidden.");
        }
        shares.toggle(pane);
        let name = pane.spec().name;
        let mut replies = self.division.keep();
        if self.division.kept.of(form).hides(pane) {
            self.go(self.beside(1));
            let (there, back) = (self.keymap.key_of(pane.spec().to), self.keymap.key_of(Action::Hide));
            replies.extend(say(format!("{name} is hidden: {there} goes there, and {back} there shows it again.")));
        } else {
            replies.extend(say(format!("{name} is shown again.")));
        }
        replies
    }

    /// The pane so many places further on, without those that are hidden.
    pub(super) fn beside(&self, by: isize) -> PaneId {
        let shares = self.division.kept.of(self.hits.places.form);
        let steps = (1..=PANES.len() as isize).map(|step| self.focus.further(step * by));
        steps.into_iter().find(|pane| !shares.hides(*pane)).unwrap_or(self.focus)
    }

    /// Takes a whole division over.
    pub(super) fn take(&mut self, shares: &Shares) -> Vec<Reply> {
        let form = self.hits.places.form;
        *self.division.kept.of_mut(form) = shares.clone().bounded();
        self.division.zoomed = false;
        if shares.hides(self.focus) {
            self.go(self.beside(1));
        }
        self.division.keep()
    }

    /// The mouse takes hold of a border, moves it, lets it go.
    pub(super) fn hold(&mut self, edge: Edge) {
        self.division.held = Some(edge);
    }

    pub(super) fn drag(&mut self, x: u16, y: u16) {
        let (middle, form) = (self.hits.places.middle, self.hits.places.form);
        let Some(edge) = self.division.held.filter(|_| !middle.is_empty()) else { return };
        let (part, whole) = match edge {
            Edge::Health => ((x + 1).saturating_sub(middle.x), middle.width),
            Edge::Playbook => (middle.right().saturating_sub(x), middle.width),
            Edge::Log => (middle.bottom().saturating_sub(y.saturating_add(1)), middle.height),
        };
        self.set(edge, thousandths(part, whole), form);
    }

    pub(super) fn let_go(&mut self) -> Vec<Reply> {
        self.division.held.take().map(|_| self.division.keep()).unwrap_or_default()
    }
}

fn thousandths(part: u16, whole: u16) -> u16 {
    let whole = u32::from(whole.max(1));
    u16::try_from((u32::from(part) * 1_000 + whole / 2) / whole).unwrap_or(1_000)
}

/// As it is set, else as it was drawn.
fn share_of(edge: Edge, hits: &Hits, shares: &Shares) -> u16 {
    let places = &hits.places;
    let log = places.panes.iter().find(|(pane, _)| *pane == PaneId::Log).map(|(_, place)| place.height);
    match (edge, log) {
        (Edge::Log, Some(log)) if shares.log.is_none() && places.form == Form::Narrow => thousandths(log, places.middle.height),
        _ => shares.of(edge),
    }
}

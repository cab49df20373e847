//! What the screen turns to by itself: whose record is shown while nobody chooses, and what came of a step that had the terminal.

use super::Screen;
use crate::domain::run::StepState;
use crate::model::World;
use crate::model::runs::Sitting;
use crate::tui::overlays;
use crate::tui::panes::PaneId;
use crate::tui::view::Record;

impl Screen {
    /// Whoever declares an incident goes on in it; whoever works in one stays there when somebody else declares another.
    pub(super) fn follow(&mut self, world: &World) {
        // Nobody works in a replay: it shows the newest. What lies over the panes acts on the incident that it was opened for.
        if self.replay.is_some() || !self.overlays.is_empty() {
            return;
        }
        let real = world.incidents.open().next().is_some();
        let mine = world.incidents.worked_on().filter(|incident| incident.drill.is_none() || !real).map(|incident| incident.id);
        let mine =
            mine.filter(|id| world.incidents.declared_by(*id, &world.me.name)).max().filter(|id| Some(*id) > self.declared);
        if let Some(id) = mine {
            (self.declared, self.record) = (mine, Record::Kept(id));
        }
        self.record = self.record.kept(world);
    }

    /// A step that had the terminal has ended, and whoever sat there is back.
    pub fn came_back(&mut self, from: &Sitting) {
        self.came_back = Some(from.clone());
    }

    /// Asks what came of it, unless something else is being asked.
    pub(super) fn ask_what_came(&mut self, world: &World) {
        let known = |from: &mut Sitting| !world.runs.state_of(from.run, &from.step).is_some_and(StepState::is_open);
        let Some(from) = self.came_back.take_if(known).filter(|_| self.overlays.is_empty()) else { return };
        self.go(PaneId::Playbook);
        let replies = self.with(world, |_, view| overlays::run::after_sitting(&from, view));
        self.answer(replies, world);
    }
}

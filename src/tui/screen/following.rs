//! Whose record is shown while nobody chooses.

use super::Screen;
use crate::model::World;
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
}

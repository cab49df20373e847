//! Going to something that is named, wherever it is; and narrowing what there is to go to.

use super::Screen;
use crate::model::World;
use crate::model::filter::Filter;
use crate::tui::hits::Target;
use crate::tui::panes::PaneId;
use crate::tui::view::Request;

impl Screen {
    /// The pane that has it gets the keys, and its cursor stands on it.
    pub(super) fn reach(&mut self, target: &Target, world: &World) -> Vec<Request> {
        let pane = match target {
            Target::Alert(_) | Target::Fold(_) => PaneId::Alerts,
            Target::Feed(_) | Target::Service(_) => PaneId::Health,
            Target::Entry(_) => PaneId::Log,
            Target::Playbook(_) | Target::Suggested(_) | Target::Run(_) | Target::Step(..) => PaneId::Playbook,
            Target::Line(_) => return Vec::new(),
        };
        self.go(pane);
        let replies = self.with(world, |parts, view| parts.pane(pane).map(|pane| pane.reach(target, view)));
        self.answer(replies.unwrap_or_default(), world)
    }

    /// Only what matches is shown in the queue.
    pub(super) fn narrow(&mut self, text: &str) {
        if let Ok(filter) = Filter::parse(text) {
            self.filter = text.to_owned();
            self.panes.iter_mut().for_each(|(_, pane)| pane.narrow(filter.clone()));
        }
    }
}

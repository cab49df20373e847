//! What the next act is for: the marks that the list shows, else the row under the cursor.
//!
//! A mark that the filter hides means nothing while it is hidden: nobody acts on what they don't see. It is kept, for whoever marks by
//! one filter after the other takes the filter away before they act; and the title tells of it.

use super::{Alerts, rows};
use crate::domain::ids::AlertId;
use crate::tui::hits::Target;
use crate::tui::panes::Travel;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};

impl Alerts {
    /// The marked alerts that the list has, on the screen or scrolled out of it; without any the one under the cursor of the last
    /// frame. With each of them those that tell of the same problem.
    pub(super) fn targets(&mut self, view: &View) -> Vec<AlertId> {
        self.meant = self.shown_marks(view).cloned().collect();
        let ids = match self.meant.is_empty() {
            false => self.meant.iter().cloned().collect(),
            true => self.under_cursor(view),
        };
        view.world.alerts.with_twins(ids)
    }

    pub(super) fn shown_marks<'a>(&'a self, view: &'a View) -> impl Iterator<Item = &'a AlertId> {
        self.marks.iter().filter(|id| self.filter.is_empty() || self.shape.tells_of(id, view.world))
    }

    pub(super) fn told_marks(&self, view: &View) -> Option<(String, Role)> {
        let shown = self.shown_marks(view).count();
        match (shown, self.marks.len() - shown) {
            (0, 0) => None,
            (shown, 0) => Some((format!("{shown} marked"), Role::Strong)),
            (0, hidden) => Some((format!("{hidden} marked, hidden"), Role::Dim)),
            (shown, hidden) => Some((format!("{shown} marked, {hidden} hidden"), Role::Strong)),
        }
    }

    pub(super) fn mark(&mut self, view: &View) {
        let ids = self.under_cursor(view);
        match ids.iter().all(|id| self.marks.contains(id)) {
            true => self.marks.retain(|id| !ids.contains(id)),
            false => self.marks.extend(ids),
        }
        super::Pane::travel(self, Travel::By(1), view);
    }

    /// Who is marked is settled here: what comes to match later is not.
    pub(super) fn mark_all(&mut self, view: &View) -> Vec<Reply> {
        if self.filter.is_empty() {
            return vec![Reply::Say("Without a filter that would be every alert: narrow the queue first.".to_owned())];
        }
        if let Some(why) = self.filter.misnamed(view.world) {
            return vec![Reply::Say(format!("Nothing is marked, for the filter may not mean what it says: {why}."))];
        }
        let open = |id: &AlertId| view.world.alerts.get(id).is_some_and(|tracked| tracked.resolved_at.is_none());
        let of_row = |row: rows::Row| match &row.target {
            Target::Alert(id) => vec![id.clone()],
            Target::Fold(fold) => self.open_members(fold, view),
            _ => Vec::new(),
        };
        let listed: Vec<AlertId> = self.shape.rows(view).flat_map(of_row).collect();
        self.marks.extend(listed.into_iter().filter(open));
        Vec::new()
    }

    /// The act is done, and the marks that it was for have served. The others are still to come.
    pub(super) fn forget_the_meant(&mut self) {
        let meant = std::mem::take(&mut self.meant);
        self.marks.retain(|id| !meant.contains(id));
    }
}

//! Several alerts in one row: how many, the worst of them, who has some of them, since when, and why they are together.

use super::Alerts;
use super::columns::Columns;
use super::row::{Line, Look, ended, severity};
use super::shape::Shape;
use crate::domain::ids::AlertId;
use crate::domain::text::inert;
use crate::model::alerts::{State, Tracked};
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::hits::{Fold, Target};
use crate::tui::list::List;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Arranged, View};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

impl Alerts {
    /// Folds or unfolds what the cursor stands on; whether there is anything to fold or unfold.
    pub(super) fn folds(&mut self, action: Action, view: &View) -> bool {
        let fold = match self.list.selected() {
            Some(Target::Fold(fold)) => Some(fold.clone()),
            Some(Target::Alert(id)) if action == Action::Fold => self.around(id, view),
            _ => None,
        };
        let Some(fold) = fold else { return false };
        match (action, self.shape.is_unfolded(&fold)) {
            (Action::Unfold, true) | (Action::Fold, false) => return false,
            _ => self.shape.toggle(&fold),
        }
        // Whoever folds a group from within it stands on its row then.
        self.rows.extend((&self.shape, &self.filter), view, 0, Some((&Target::Fold(fold.clone()), 0)));
        let (target, place) = (Target::Fold(fold), self.list.place());
        if let Some(row) = self.rows.listed(&target, place) {
            self.list.put(Some(target), row);
        }
        true
    }

    /// The unfolded group that an alert stands in.
    fn around(&self, id: &AlertId, view: &View) -> Option<Fold> {
        self.shape.fold_of(view.world.alerts.get(id)?).filter(|fold| self.shape.is_unfolded(fold))
    }

    /// It is told by the row of a group that it came into while the cursor stood on it.
    pub(super) fn is_folded(&self, target: &Target, view: &View) -> bool {
        matches!(target, Target::Alert(id) if self.shape.folded_in(id, view.world).is_some())
    }

    /// Of a group under the cursor the first alert: whoever stands on it stays there when the groups are other ones.
    pub(super) fn first_of_group(&self, view: &View) -> Option<AlertId> {
        match self.list.selected() {
            Some(Target::Fold(fold)) => {
                let first = self.shape.first(fold, view.world).or_else(|| self.shape.members(fold, view.world).next());
                first.map(|tracked| tracked.alert.id.clone())
            }
            _ => None,
        }
    }

    /// The rows are other ones: the cursor goes from a group, which may be one of another kind by now, to its first alert.
    pub(super) fn stay(&mut self, first: Option<AlertId>, view: &View) {
        if matches!(self.list.selected(), Some(Target::Fold(_)))
            && let Some(first) = first.filter(|id| view.world.alerts.get(id).is_some())
        {
            self.list.select(Some(Target::Alert(first)));
        }
    }

    /// Nobody is looking: what is told by another row by now gives the cursor to that.
    pub(super) fn settle(&mut self, first: Option<AlertId>, view: &View) {
        let is_no_more = |list: &List, shape: &Shape| matches!(list.selected(), Some(target @ Target::Fold(_)) if !shape.has_row(target, view.world));
        if is_no_more(&self.list, &self.shape) {
            self.stay(first, view);
        }
        if let Some(Target::Alert(id)) = self.list.selected()
            && let Some(fold) = self.shape.folded_in(id, view.world)
        {
            self.list.select(Some(Target::Fold(fold)));
        }
        // Nothing of the group is left: the cursor begins again.
        if is_no_more(&self.list, &self.shape) {
            self.list.rewind();
        }
        let place = self.list.place();
        let (rows, shape) = (&self.rows, &self.shape);
        self.list.settle(|target| rows.listed(&shape.own_row(target, view.world), place));
    }

    /// How the queue is shown, where it is not as usual.
    pub(super) fn arrangement(&self, view: &View) -> Option<(String, Role)> {
        match self.shape.how() {
            Arranged::ByCause => None,
            Arranged::By(by) if self.shape.is_stormed() => Some(match view.world.storm.raging() {
                Some(_) => (format!("storm, by {}", by.word()), Role::Critical),
                None => (format!("since the storm by {}", by.word()), Role::Strong),
            }),
            Arranged::By(by) => Some((format!("by {}", inert(by.word())), Role::Strong)),
            Arranged::Plain => Some(("plain".to_owned(), Role::Strong)),
        }
    }

    pub(super) fn render_line(&self, canvas: &mut Canvas, place: Rect, line: Line, look: Look, view: &View) {
        match (line.target, line.tracked) {
            (Target::Alert(id), Some(tracked)) => {
                let marked = self.marks.contains(id);
                self.render_row(canvas, place, tracked, Look { marked, ..look }, view);
            }
            (Target::Alert(id), None) => {
                let marked = self.marks.contains(id);
                self.render_gone(canvas, place, id, Look { marked, ..look }, view);
            }
            (Target::Fold(fold), _) => self.render_fold(canvas, place, fold, look, view),
            _ => {}
        }
    }

    fn render_fold(&self, canvas: &mut Canvas, place: Rect, fold: &Fold, look: Look, view: &View) {
        // What the cursor keeps has a row of its own: here it is one of the others no more.
        let kept = self.kept_of(fold, view);
        let first = self.shape.first_but(fold, kept, view.world);
        let (Some(first), Some(count)) = (first, self.shape.count(fold)) else {
            let mut pen = canvas.line(place, 0);
            look.lead(&mut pen);
            pen.text("— this group is no more", Role::Dim);
            return;
        };
        let marked = self.marks.contains(&first.alert.id);
        let count = count.saturating_sub(usize::from(kept.is_some()));
        let over = self.counted(fold, State::Resolved, kept);
        let (fires, quiet) = (count.saturating_sub(over), self.quiet(fold, kept));
        let hushed: usize = quiet.iter().map(|(count, _)| count).sum();
        let (word, colour) = severity(first.severity);
        let (colour, plain) = match fires {
            _ if look.gone => (Role::Dim, Role::Dim),
            0 => (Role::Dim, Role::Dim),
            fires if hushed == fires => (colour, Role::Text),
            _ => (colour, Role::Strong),
        };
        let age = time::since(self.shape.oldest_but(fold, kept).unwrap_or(first.episode), view.now.wall);
        let slope = self.shape.slope(fold, view.world);
        canvas.hits.seconds |= time::ticks(age) || slope != 0;
        canvas.hits.minutes = true;
        let columns = Columns::of(place.width);
        let wide = columns.name + [columns.service, columns.target].iter().map(|more| more + u16::from(*more > 0)).sum::<u16>();
        let mut pen = canvas.line(place, 0);
        Look { marked, ..look }.lead(&mut pen);
        let glyph = if self.shape.is_unfolded(fold) { "▾" } else { "▸" };
        let (stale, unlisted) = self.shape.doubts_but(fold, kept, view.world);
        let (cause, parts) = (self.cause_of(fold, view), self.parts(fold, kept, &quiet, fires));
        let name = format!("{glyph} ×{} {}", if fires == 0 { count } else { fires }, self.name_of(fold));
        let (mark, role) = match (fires, slope) {
            (0, _) => ended(first, view),
            (fires, _) if stale == fires => ("? stale".to_owned(), Role::Stale),
            (fires, _) if unlisted == fires => ("? not listed".to_owned(), Role::Stale),
            _ if stale > 0 => (format!("? {stale} stale"), Role::Stale),
            _ if unlisted > 0 => (format!("? {unlisted} unlisted"), Role::Stale),
            (fires, _) if hushed == fires => (all_quiet(&quiet), Role::Dim),
            (_, 1..) => (format!("↑ {slope}/1m"), Role::New),
            (_, ..=-1) => (format!("↓ {}/1m", -slope), Role::Ok),
            (_, 0) => (cause, Role::Dim),
        };
        let (mut name, mark, role) = match (parts.is_empty(), mark.is_empty()) {
            (false, true) => (name, parts, Role::Ok),
            (false, false) => (format!("{name}, {parts}"), mark, role),
            (true, _) => (name, mark, role),
        };
        let ended = format!(" · {over} over");
        if over > 0 && fires > 0 && name.width() + ended.width() <= usize::from(wide) {
            name.push_str(&ended);
        }
        pen.column(5, word, colour).column(wide, &name, look.role(plain)).space(1);
        pen.column(7, &time::age(age), Role::Dim).text(&mark, role);
    }

    fn name_of(&self, fold: &Fold) -> String {
        match (fold, self.shape.how()) {
            (Fold::Symptoms(service), _) => inert(service.as_str()).into_owned(),
            (Fold::Group(key), Arranged::By(by)) if key.is_empty() => format!("without {}", inert(by.word())),
            (Fold::Group(key), _) => inert(key).into_owned(),
        }
    }

    /// The member of a folded group that the cursor keeps in a row of its own.
    fn kept_of<'w>(&self, fold: &Fold, view: &View<'w>) -> Option<&'w Tracked> {
        let id = self.list.selected().and_then(super::alert)?;
        let folded = self.shape.folded_in(id, view.world).is_some_and(|of| of == *fold);
        view.world.alerts.get(id).filter(|_| folded)
    }

    fn counted(&self, fold: &Fold, state: State, kept: Option<&Tracked>) -> usize {
        let of_it = kept.is_some_and(|kept| kept.state == state);
        self.shape.counted(fold, state).saturating_sub(usize::from(of_it))
    }

    /// How many are kept quiet, and how.
    fn quiet(&self, fold: &Fold, kept: Option<&Tracked>) -> Vec<(usize, &'static str)> {
        let quiet = [State::Silenced, State::Snoozed, State::Inhibited];
        let counts = quiet.map(|state| (self.counted(fold, state, kept), state.word()));
        counts.into_iter().filter(|(count, _)| *count > 0).collect()
    }

    /// How many somebody has, and how many are quiet while others are not.
    fn parts(&self, fold: &Fold, kept: Option<&Tracked>, quiet: &[(usize, &'static str)], fires: usize) -> String {
        let acked = (self.counted(fold, State::Acknowledged, kept), "acked");
        let some = quiet.iter().copied().filter(|_| quiet.iter().map(|(count, _)| count).sum::<usize>() < fires);
        let parts = [acked].into_iter().chain(some).filter(|(count, _)| *count > 0);
        parts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    }

    /// Why symptoms are together.
    fn cause_of(&self, fold: &Fold, view: &View) -> String {
        let causes = self.shape.causes();
        let cause = match fold {
            Fold::Symptoms(_) => self.shape.first(fold, view.world).and_then(|tracked| causes.of(tracked)),
            Fold::Group(_) => None,
        };
        cause.map_or_else(String::new, |cause| format!("↳ {}", inert(cause.as_str())))
    }
}

/// All that fires of a group is kept quiet.
fn all_quiet(quiet: &[(usize, &'static str)]) -> String {
    match quiet {
        [(_, word)] => format!("◌ {word}"),
        _ => "◌ quiet".to_owned(),
    }
}

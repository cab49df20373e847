//! The alert queue: the rows that match the filter, the cursor in them, and the marks.

mod columns;
mod fold;
mod marks;
mod misnamed;
mod order;
mod row;
mod rows;
mod shape;

pub use row::{doubt, severity, stage, trust};

use super::{Pane, PaneId, Spec, Travel};
use crate::domain::ids::AlertId;
use crate::domain::run::RunMode;
use crate::domain::text::{Outside, inert};
use crate::model::alerts::SourceHealth;
use crate::model::command::Command;
use crate::model::filter::Filter;
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::hits::{Fold, Hit, Shown, Target};
use crate::tui::keymap::Context;
use crate::tui::list::{List, Place, Window};
use crate::tui::overlays;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Arranged, Reply, Ui, View};
use columns::Columns;
use misnamed::Misnamed;
use ratatui::layout::Rect;
use row::{Apart, Line, Look};
use rows::Rows;
use shape::Shape;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub const SPEC: Spec = Spec {
    id: PaneId::Alerts,
    name: "Alerts",
    context: Context::Alerts,
    to: Action::Alerts,
    make: || Box::new(Alerts::default()),
};

/// Rows above the first visible one that are searched for news.
const SEARCHED: usize = 2_000;

#[derive(Default)]
pub struct Alerts {
    list: List,
    filter: Filter,
    marks: BTreeSet<AlertId>,
    /// The marks that the last act was for.
    meant: BTreeSet<AlertId>,
    /// Those that the cursor has stood on, each since it arrived last: no news any more.
    looked: BTreeMap<AlertId, Duration>,
    rows: Rows,
    shape: Shape,
    /// The rows are other ones than before because the operator wanted it.
    regrouped: bool,
    /// The filter is another one than the shape has followed.
    narrowed: bool,
    misnamed: Misnamed,
    /// Arrivals above the first visible row since the operator last saw the top, and when that was.
    news: usize,
    saw_top: Duration,
}

impl Alerts {
    /// Of a group all that are not over: who they are is settled here, and not by what comes later.
    fn under_cursor(&self, view: &View) -> Vec<AlertId> {
        match self.list.selected() {
            Some(Target::Fold(fold)) => self.open_members(fold, view),
            _ => view.alert.into_iter().cloned().collect(),
        }
    }

    fn open_members(&self, fold: &Fold, view: &View) -> Vec<AlertId> {
        let members = self.shape.members(fold, view.world).filter(|tracked| tracked.resolved_at.is_none());
        members.map(|tracked| tracked.alert.id.clone()).collect()
    }

    /// Keys that came together with a filter, or another grouping, act on what that shows, though no frame has shown it yet.
    fn keep_up(&mut self, view: &View) {
        if std::mem::take(&mut self.narrowed) || self.regrouped {
            self.shape.follow(&self.filter, true, view.world);
        }
    }

    /// The row that tells of a target.
    fn find(&self, target: &Target, view: &View) -> Option<usize> {
        self.rows.listed(&self.shape.own_row(target, view.world), self.list.place())
    }

    fn window(&self, height: usize, view: &View) -> Window {
        self.list.window(self.rows.len(), height, |target| self.find(target, view))
    }

    fn count_news(&mut self, view: &View) {
        let rows = view.hits.rows_of(PaneId::Alerts);
        let offset = self.window(rows, view).offset;
        if offset == 0 {
            (self.news, self.saw_top) = (0, view.now.mono);
            return;
        }
        let new = |row: &&rows::Row| row.arrived.is_some_and(|at| at > self.saw_top);
        self.news = self.rows.iter().take(offset.min(SEARCHED)).filter(new).count();
    }

    fn forget_the_gone(&mut self, view: &View) {
        let alerts = &view.world.alerts;
        if self.marks.iter().any(|id| alerts.get(id).is_none()) {
            let marks = std::mem::take(&mut self.marks).into_iter().map(|id| alerts.now(&id).clone());
            self.marks = marks.filter(|id| alerts.get(id).is_some()).collect();
        }
        if self.looked.len() > 2 * alerts.len() + 100 {
            self.looked.retain(|id, _| alerts.get(id).is_some());
        }
    }
}

fn alert(target: &Target) -> Option<&AlertId> {
    match target {
        Target::Alert(id) => Some(id),
        _ => None,
    }
}

/// What can be done with alerts, from the queue and from an alert's details alike.
pub fn act(action: Action, targets: Vec<AlertId>, view: &View) -> Vec<Reply> {
    let Some(first) = targets.first().cloned() else {
        return vec![Reply::Say("No alert is selected.".to_owned())];
    };
    if matches!(action, Action::Ack | Action::Unack)
        && let Some(why) = none_fires(&targets, view)
    {
        return vec![Reply::Say(why)];
    }
    match action {
        Action::Ack => vec![Reply::Open(overlays::ack::open(targets))],
        Action::Unack => overlays::unack::ask(targets, view),
        Action::Silence => vec![overlays::silence::open(&targets, view)],
        Action::Expire => vec![overlays::silence::expire(&targets, view)],
        Action::Snooze => overlays::doing::snooze(&targets, view),
        Action::Acts => vec![overlays::acts::open(targets, view)],
        Action::Declare => vec![Reply::Open(overlays::declare::open(targets, view))],
        Action::Link => vec![link(targets, view), Reply::Unmark],
        Action::Copy => vec![Reply::Ui(Ui::Copy(text_of(&first, view)))],
        Action::Open => {
            let past = Command::Recall { alert: Some(first.clone()) };
            vec![Reply::Open(overlays::alert::open(first)), Reply::Ask(past)]
        }
        _ => Vec::new(),
    }
}

/// Where all of them are over, and known to be, nobody can have them any more.
fn none_fires(targets: &[AlertId], view: &View) -> Option<String> {
    let over = |id: &AlertId| view.world.alerts.get(id).is_some_and(|it| it.resolved_at.is_some() && it.presumed().is_none());
    let names = || targets.first().map(|id| view.world.in_full(id)).unwrap_or_default();
    targets.iter().all(over).then(|| match targets.len() {
        1 => format!("{} has resolved already.", names()),
        _ => "All of them have resolved already.".to_owned(),
    })
}

/// The playbook that fits best, ready to be started; or the run that is under way.
fn run(view: &View) -> Vec<Reply> {
    if view.world.runs.open().next().is_some() {
        return vec![Reply::Do(Action::Playbook)];
    }
    match view.suggestions().first() {
        Some(best) => overlays::playbook::prepare(&best.book.id, RunMode::Live, view),
        None => vec![Reply::Say("No playbook fits it: p goes to the library, where one is chosen.".to_owned())],
    }
}

fn link(alerts: Vec<AlertId>, view: &View) -> Reply {
    match view.incident {
        Some(incident) => Reply::Ask(Command::LinkAlerts { incident: incident.id, alerts }),
        None => overlays::incident::none_open(view),
    }
}

fn text_of(id: &AlertId, view: &View) -> String {
    let Some(tracked) = view.world.alerts.get(id) else { return id.to_string() };
    let pair = |(name, value): (&Outside, &Outside)| format!("{}={:?}", name.inert(), value.inert());
    let labels: Vec<String> = tracked.alert.labels.iter().map(pair).collect();
    format!("{} {{{}}}", inert(tracked.alert.name()), labels.join(", "))
}

impl Pane for Alerts {
    fn prepare(&mut self, view: &View) {
        let wanted = view.hits.under_cursor(PaneId::Alerts).map_or(0, |shown| shown.offset) + view.hits.rows_of(PaneId::Alerts);
        let place = self.list.place();
        let regrouped = std::mem::take(&mut self.regrouped);
        self.narrowed = false;
        let first = self.first_of_group(view);
        if self.shape.follow(&self.filter, view.idle || regrouped || place == 0, view.world) || regrouped {
            self.stay(first.clone(), view);
        }
        self.rows.extend((&self.shape, &self.filter), view, wanted, self.list.selected().map(|target| (target, place)));
        if view.idle || regrouped {
            self.settle(first, view);
        }
        // The row under the cursor stands where it belongs: kept in its place it would part a group from its members.
        if self.shape.has_unfolded() && !view.idle {
            let (rows, shape) = (&self.rows, &self.shape);
            self.list.follow(|target| rows.listed(&shape.own_row(target, view.world), place));
        }
        if view.untouched {
            // Whoever opens it finds the worst under the cursor, and not what happened to be told first.
            self.list.put(self.rows.get(0).map(|row| row.target.clone()), 0);
        }
        self.count_news(view);
        self.misnamed.follow(&self.filter, view);
        let here = self.list.selected().and_then(alert).and_then(|id| view.world.alerts.get(id));
        if let Some((tracked, at)) = here.and_then(|tracked| Some((tracked, tracked.arrived?.mono)))
            && self.looked.get(&tracked.alert.id) != Some(&at)
        {
            self.looked.insert(tracked.alert.id.clone(), at);
        }
        self.forget_the_gone(view);
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        self.keep_up(view);
        match action {
            Action::Mark => self.mark(view),
            Action::MarkAll => return self.mark_all(view),
            Action::Group => return vec![Reply::Open(overlays::group::open(view))],
            Action::Plain => {
                self.shape.toggle_plain();
                self.regrouped = true;
            }
            Action::Open | Action::Unfold | Action::Fold if self.folds(action, view) => {}
            Action::Unfold => return vec![Reply::Do(Action::NextPane)],
            Action::Fold => return vec![Reply::Do(Action::PreviousPane)],
            Action::Run => return run(view),
            Action::Open => return act(action, self.under_cursor(view), view),
            Action::Close if self.shown_marks(view).next().is_some() => self.marks.clear(),
            Action::Close if !self.filter.is_empty() => return vec![Reply::Filter(String::new())],
            Action::Close => {}
            _ => return act(action, self.targets(view), view),
        }
        Vec::new()
    }

    fn title(&self, view: &View) -> Vec<(String, Role)> {
        // How many an act would mean comes first: it is what must not be cut.
        let mut parts: Vec<(String, Role)> = self.told_marks(view).into_iter().chain(self.arrangement(view)).collect();
        if !self.filter.is_empty() {
            let matching = self.shape.matching().unwrap_or(0);
            parts.push((format!("{matching} of {}", view.world.alerts.len()), Role::Text));
            parts.extend(self.misnamed.why().filter(|_| matching > 0).map(|why| (format!("? {why}"), Role::Warning)));
            parts.push((self.filter.text().to_owned(), Role::Match));
        }
        if self.news > 0 {
            parts.push((format!("{} new ↑", self.news), Role::New));
        }
        let doubts = view.world.alerts.sources().filter_map(|(name, source)| row::doubt(name, source, view.now));
        parts.extend(doubts.map(|text| (text, Role::Stale)));
        parts
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let height = usize::from(area.height);
        canvas.hits.height(PaneId::Alerts, height);
        let doubted = view.world.alerts.sources().filter(|(_, source)| source.health != SourceHealth::Fresh);
        canvas.hits.seconds |= doubted.filter_map(|(_, source)| source.age(view.now)).any(time::ticks);
        let window = self.window(height, view);
        if window.cursor.is_none() {
            return self.render_nothing(canvas, area, view);
        }
        let shown = |line: usize| {
            let (target, gone, inside) = match window.at(window.offset + line)? {
                Place::Row(row) => self.rows.get(row).map(|row| (&row.target, false, row.inside))?,
                Place::Gone => self.list.selected().map(|target| (target, !self.is_folded(target, view), false))?,
            };
            let tracked = alert(target).and_then(|id| view.world.alerts.get(id));
            Some(Line { target, tracked, gone, inside, apart: Apart::default() })
        };
        let mut lines: Vec<Line> = (0..height).map_while(shown).collect();
        row::tell_apart(&mut lines);
        let mark = |line: &Line| line.tracked.map_or(0, |tracked| self.mark_of(tracked, view).width());
        let marks = lines.iter().map(mark).max().unwrap_or(0);
        let columns = Columns::fitted(area.width, &lines, marks);
        for (n, line) in lines.into_iter().enumerate() {
            let Line { target, gone, inside, apart, .. } = line;
            let place = Rect { y: area.y.saturating_add(n as u16), height: 1, ..area };
            let cursor = window.line() == Some(n);
            if cursor {
                canvas.hits.show(PaneId::Alerts, Shown { target: target.clone(), row: n, offset: window.offset });
            }
            canvas.hits.add(place, Hit::Row(PaneId::Alerts, target.clone(), window.offset + n));
            self.render_line(canvas, place, line, Look { cursor, gone, inside, apart, marked: false, columns }, view);
        }
    }

    fn list(&mut self) -> &mut List {
        &mut self.list
    }

    fn travel(&mut self, travel: Travel, view: &View) {
        self.keep_up(view);
        let height = view.hits.rows_of(PaneId::Alerts);
        if travel == Travel::Top {
            self.list.rewind();
        }
        let place = self.list.place();
        let wanted = match travel {
            Travel::By(rows) => place.saturating_add_signed(rows).saturating_add(1),
            Travel::Top => 0,
            Travel::Bottom => usize::MAX,
        };
        self.rows.extend((&self.shape, &self.filter), view, wanted, None);
        let (rows, shape, len) = (&self.rows, &self.shape, self.rows.len());
        let find = |target: &Target| rows.listed(&shape.own_row(target, view.world), place);
        let Some(row) = self.list.step(travel.rows(len), len, height, find) else { return };
        self.list.select(self.rows.get(row).map(|row| row.target.clone()));
    }

    /// The filter goes where it would hide it, and its group is unfolded.
    fn reach(&mut self, target: &Target, view: &View) -> Vec<Reply> {
        let Target::Alert(id) = target else { return Vec::new() };
        let hidden =
            !self.filter.is_empty() && view.world.alerts.get(id).is_some_and(|tracked| !self.filter.holds(view.world, tracked));
        if hidden {
            self.narrow(Filter::default());
        }
        self.shape.follow(&self.filter, true, view.world);
        // The row that tells of it may be another source's, and that one is in the group.
        let row = self.shape.own_row(target, view.world);
        let lead = if let Target::Alert(lead) = &row { lead } else { id };
        if let Some(fold) = self.shape.folded_in(lead, view.world) {
            self.shape.toggle(&fold);
        }
        self.rows.extend((&self.shape, &self.filter), view, 0, Some((target, self.list.place())));
        let own = self.shape.own_row(target, view.world);
        if let Some(row) = self.rows.listed(&own, self.list.place()) {
            self.list.put(Some(own), row);
        }
        hidden.then(|| Reply::Filter(String::new())).into_iter().collect()
    }

    /// The cursor goes to the first match. What was found stays under it when the filter goes: the next key is meant for that.
    fn narrow(&mut self, filter: Filter) {
        if self.filter != filter {
            self.filter = filter;
            self.rows = Rows::default();
            self.narrowed = true;
            match self.filter.is_empty() && self.list.selected().is_some() {
                true => self.regrouped = true,
                false => self.list.rewind(),
            }
        }
    }

    fn arrange(&mut self, how: &Arranged) {
        self.shape.arrange(how);
        self.regrouped = true;
    }

    fn unmark(&mut self) {
        self.forget_the_meant();
    }
}

impl Alerts {
    /// Nothing in the queue is only good news when every source has just said so.
    fn render_nothing(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let alerts = &view.world.alerts;
        let unsure: Vec<_> = alerts.sources().filter(|(_, source)| row::trust(source).is_some()).collect();
        let partial = unsure.iter().all(|(_, source)| source.is_partial());
        // A server that was just started lists nothing before its senders have told it again.
        let begun: Vec<_> =
            alerts.sources().map(|(name, _)| name).filter(|name| alerts.may_have_forgotten(name, view.now.wall)).collect();
        let untold = alerts.untold(view.now.wall);
        let (text, role) = match (self.filter.is_empty(), alerts.sources().next(), unsure.is_empty()) {
            (false, _, _) => ("Nothing matches the filter: esc clears it.", Role::Dim),
            (true, None, _) => ("No alert source is configured.", Role::Dim),
            (true, Some(_), true) if view.world.nobody_tells_firing() => {
                ("Nobody tells what fires: the sources list at most what is about to.", Role::Stale)
            }
            (true, _, true) if !begun.is_empty() => ("Nothing fires, as far as was told since a start:", Role::Stale),
            (true, _, true) if untold > 0 => ("Nothing fires, as far as anybody tells:", Role::Stale),
            (true, _, true) => ("✓ Nothing fires.", Role::Ok),
            (true, _, false) if partial => ("Nothing fires, as far as was answered:", Role::Stale),
            (true, _, false) => ("Nobody knows what fires:", Role::Stale),
        };
        let mut next = canvas.sentences(area, 0, text, role);
        if let Some(why) = self.misnamed.why() {
            next = canvas.sentences(area, next, &format!("? {why}."), Role::Warning);
        }
        if alerts.sources().next().is_none() && self.filter.is_empty() {
            canvas.sentences(area, next, "`sources:` in the configuration names them; `midwatch init` finds some.", Role::Dim);
        }
        if untold > 0 && self.filter.is_empty() {
            let past = view.keymap.key_of(Action::History);
            let why =
                format!("? {untold} ended only because nobody told of it any more, before this console began: {past} tells.");
            next = canvas.sentences(area, next, &why, Role::Stale);
        }
        for name in begun.into_iter().filter(|_| self.filter.is_empty()) {
            let why = format!("? {name} was started lately: it may not know yet of all that fires.");
            next = canvas.sentences(area, next, &why, Role::Stale);
        }
        let whys: Vec<_> = unsure.iter().flat_map(|(name, source)| source.doubts().map(move |why| (name, why))).collect();
        for (left, (name, why)) in (1..=whys.len()).rev().zip(whys) {
            // A long one leaves a line to each that follows.
            let room = Rect { height: area.height.saturating_sub(u16::try_from(left - 1).unwrap_or(u16::MAX)), ..area };
            next = canvas.sentences(room, next, &format!("? {name}: {}", why.inert()), Role::Stale);
        }
    }
}

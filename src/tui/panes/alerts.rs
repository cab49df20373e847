//! The alert queue: the rows that match the filter, the cursor in them, and the marks.

mod row;

pub use row::{severity, stage, trust};

use super::{Pane, PaneId, Spec, Travel};
use crate::domain::ids::AlertId;
use crate::domain::text::{Outside, inert};
use crate::model::alerts::{SourceHealth, Tracked};
use crate::model::command::Command;
use crate::model::filter::Filter;
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::hits::{Hit, Shown, Target};
use crate::tui::keymap::Context;
use crate::tui::list::{List, Place, Window, find_near};
use crate::tui::overlays;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, Ui, View};
use ratatui::layout::Rect;
use row::Look;
use std::collections::BTreeSet;
use std::time::Duration;

pub const SPEC: Spec =
    Spec { id: PaneId::Alerts, name: "Alerts", context: Context::Alerts, make: || Box::new(Alerts::default()) };

/// Rows that are kept ready beyond the cursor.
const AHEAD: usize = 400;
/// Rows above the first visible one that are searched for news.
const SEARCHED: usize = 2_000;

#[derive(Default)]
pub struct Alerts {
    list: List,
    filter: Filter,
    marks: BTreeSet<AlertId>,
    /// Those that the cursor has stood on: no news any more.
    looked: BTreeSet<AlertId>,
    rows: Rows,
    /// Arrivals above the first visible row since the operator last saw the top, and when that was.
    news: usize,
    saw_top: Duration,
}

/// The rows of the queue that match, as far down as anybody has looked; made anew when the queue has changed.
#[derive(Default)]
struct Rows {
    /// Of the queue, and the time where the filter asks for ages.
    revision: Option<(u64, i64)>,
    ids: Vec<AlertId>,
    /// When each of them arrived.
    arrived: Vec<Option<Duration>>,
    /// All of them are there.
    complete: bool,
}

impl Rows {
    fn extend(&mut self, filter: &Filter, view: &View, wanted: usize, through: Option<(&AlertId, usize)>) {
        let alerts = &view.world.alerts;
        let revision = (alerts.revision(), if filter.ages() { view.now.wall.timestamp() } else { 0 });
        if self.revision != Some(revision) {
            *self = Self { revision: Some(revision), ..Self::default() };
        }
        let unlisted = |(id, place): &(&AlertId, usize)| {
            alerts.get(id).is_some() && find_near(&self.ids, *place, |listed| listed == *id).is_none()
        };
        let mut through = through.filter(unlisted).map(|(id, _)| id);
        if self.complete || (self.ids.len() >= wanted && through.is_none()) {
            return;
        }
        let matches = |tracked: &&Tracked| filter.holds(view.world, tracked);
        let mut rest = alerts.queue().filter(matches).skip(self.ids.len());
        // A filter is applied to the whole queue at once: its number of matches stands in the title.
        while through.is_some() || !filter.is_empty() || self.ids.len() < wanted + AHEAD {
            let Some(tracked) = rest.next() else {
                self.complete = true;
                return;
            };
            through = through.filter(|id| **id != tracked.alert.id);
            self.ids.push(tracked.alert.id.clone());
            self.arrived.push(tracked.arrived.map(|at| at.mono));
        }
    }

    /// How many there are, whether they have been listed or not.
    fn len(&self, view: &View) -> usize {
        if self.complete { self.ids.len() } else { view.world.alerts.len() }
    }

    fn find(&self, target: &Target, place: usize) -> Option<usize> {
        let Target::Alert(wanted) = target else { return None };
        find_near(&self.ids, place, |id| id == wanted)
    }
}

impl Alerts {
    /// The marked alerts; without marks the one under the cursor of the last frame.
    fn targets(&self, view: &View) -> Vec<AlertId> {
        match self.marks.is_empty() {
            false => self.marks.iter().cloned().collect(),
            true => view.alert.into_iter().cloned().collect(),
        }
    }

    fn mark(&mut self, view: &View) {
        let Some(id) = view.alert.cloned() else { return };
        if !self.marks.remove(&id) {
            self.marks.insert(id);
        }
        self.travel(Travel::By(1), view);
    }

    /// Who is marked is settled here: what comes to match later is not.
    fn mark_all(&mut self, view: &View) -> Vec<Reply> {
        if self.filter.is_empty() {
            return vec![Reply::Say("Without a filter that would be every alert: narrow the queue first.".to_owned())];
        }
        let open = |id: &&AlertId| view.world.alerts.get(id).is_some_and(|tracked| tracked.resolved_at.is_none());
        self.marks.extend(self.rows.ids.iter().filter(open).cloned());
        Vec::new()
    }

    fn selected(&self) -> Option<&AlertId> {
        match self.list.selected() {
            Some(Target::Alert(id)) => Some(id),
            _ => None,
        }
    }

    fn window(&self, height: usize, view: &View) -> Window {
        self.list.window(self.rows.len(view), height, |target| self.rows.find(target, self.list.place()))
    }

    fn count_news(&mut self, view: &View) {
        let rows = view.hits.rows_of(PaneId::Alerts);
        let offset = self.window(rows, view).offset;
        if offset == 0 {
            (self.news, self.saw_top) = (0, view.now.mono);
            return;
        }
        let new = |arrived: &&Option<Duration>| arrived.is_some_and(|at| at > self.saw_top);
        self.news = self.rows.arrived.iter().take(offset.min(SEARCHED)).filter(new).count();
    }

    fn forget_the_gone(&mut self, view: &View) {
        let alerts = &view.world.alerts;
        self.marks.retain(|id| alerts.get(id).is_some());
        if self.looked.len() > 2 * alerts.len() + 100 {
            self.looked.retain(|id| alerts.get(id).is_some());
        }
    }
}

/// What can be done with alerts, from the queue and from an alert's details alike.
pub fn act(action: Action, targets: Vec<AlertId>, view: &View) -> Vec<Reply> {
    let Some(first) = targets.first().cloned() else {
        return vec![Reply::Say("No alert is selected.".to_owned())];
    };
    match action {
        Action::Ack => vec![Reply::Open(overlays::ack::open(targets))],
        Action::Unack => vec![Reply::Ask(Command::Unacknowledge { alerts: targets }), Reply::Unmark],
        Action::Silence => vec![overlays::silence::open(&first, view)],
        Action::Expire => vec![overlays::silence::expire(&first, view)],
        Action::Snooze => overlays::doing::snooze(&targets, view),
        Action::Acts => vec![overlays::acts::open(targets, view)],
        Action::Declare => vec![Reply::Open(overlays::declare::open(targets, view))],
        Action::Link => vec![link(targets, view), Reply::Unmark],
        Action::Copy => vec![Reply::Ui(Ui::Copy(text_of(&first, view)))],
        Action::Open => vec![Reply::Open(overlays::alert::open(first))],
        _ => Vec::new(),
    }
}

fn link(alerts: Vec<AlertId>, view: &View) -> Reply {
    match view.incident {
        Some(incident) => Reply::Ask(Command::LinkAlerts { incident: incident.id, alerts }),
        None => Reply::Say("No incident is open to add the alert to: declare one first.".to_owned()),
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
        let through = self.selected().cloned();
        let place = self.list.place();
        self.rows.extend(&self.filter, view, wanted, through.as_ref().map(|id| (id, place)));
        if view.idle {
            self.list.settle(|target| self.rows.find(target, place));
        }
        self.count_news(view);
        if let Some(id) = through.filter(|id| !self.looked.contains(id)) {
            self.looked.insert(id);
        }
        self.forget_the_gone(view);
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        match action {
            Action::Mark => self.mark(view),
            Action::MarkAll => return self.mark_all(view),
            Action::Close if !self.marks.is_empty() => self.marks.clear(),
            Action::Close if !self.filter.is_empty() => self.narrow(Filter::default()),
            Action::Close => {}
            _ => return act(action, self.targets(view), view),
        }
        Vec::new()
    }

    fn title(&self, view: &View) -> Vec<(String, Role)> {
        let mut parts = Vec::new();
        if !self.filter.is_empty() {
            let matching = self.rows.len(view);
            parts.push((format!("{matching} of {}", view.world.alerts.len()), Role::Text));
            parts.push((self.filter.text().to_owned(), Role::Match));
        }
        if !self.marks.is_empty() {
            parts.push((format!("{} marked", self.marks.len()), Role::Strong));
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
        for line in 0..height {
            let (id, gone) = match window.at(window.offset + line) {
                Some(Place::Row(row)) => (self.rows.ids.get(row), false),
                Some(Place::Gone) => (self.selected(), true),
                None => break,
            };
            let Some(id) = id else { break };
            let target = Target::Alert(id.clone());
            let place = Rect { y: area.y.saturating_add(line as u16), height: 1, ..area };
            let cursor = window.line() == Some(line);
            if cursor {
                canvas.hits.show(PaneId::Alerts, Shown { target: target.clone(), row: line, offset: window.offset });
            }
            canvas.hits.add(place, Hit::Row(PaneId::Alerts, target, window.offset + line));
            self.render_row(canvas, place, id, Look { cursor, gone, marked: self.marks.contains(id) }, view);
        }
    }

    fn list(&mut self) -> &mut List {
        &mut self.list
    }

    fn travel(&mut self, travel: Travel, view: &View) {
        let height = view.hits.rows_of(PaneId::Alerts);
        let len = self.rows.len(view);
        if travel == Travel::Top {
            self.list.rewind();
        }
        let (rows, place) = (&self.rows, self.list.place());
        let Some(row) = self.list.step(travel.rows(len), len, height, |target| rows.find(target, place)) else { return };
        self.rows.extend(&self.filter, view, row + 1, None);
        self.list.select(self.rows.ids.get(row).cloned().map(Target::Alert));
    }

    /// The cursor goes to the first match.
    fn narrow(&mut self, filter: Filter) {
        if self.filter != filter {
            self.filter = filter;
            self.rows = Rows::default();
            self.list.rewind();
        }
    }

    fn unmark(&mut self) {
        self.marks.clear();
    }
}

impl Alerts {
    /// Nothing in the queue is only good news when every source has just said so.
    fn render_nothing(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let alerts = &view.world.alerts;
        let unsure: Vec<_> = alerts.sources().filter(|(_, source)| source.health != SourceHealth::Fresh).collect();
        let (text, role) = match (self.filter.is_empty(), alerts.sources().next(), unsure.is_empty()) {
            (false, _, _) => (" Nothing matches the filter: esc clears it.", Role::Dim),
            (true, None, _) => (" No alert source is configured.", Role::Dim),
            (true, _, true) => (" ✓ Nothing fires.", Role::Ok),
            (true, _, false) => (" Nobody knows what fires:", Role::Stale),
        };
        canvas.text(area, 0, text, role);
        for (y, (name, source)) in (1..area.height).zip(unsure) {
            let why = source.why.as_ref().map_or("".into(), Outside::inert);
            canvas.text(area, y, &format!(" ? {name}: {why}"), Role::Stale);
        }
    }
}

//! The log: what the journal holds of the incident, or of everything while there is none. It follows the newest entry
//! until the operator goes up.

mod storms;

use super::{Pane, PaneId, Spec, Travel};
use crate::domain::entry::{ActorKind, Entry, Kind};
use crate::domain::ids::EntryId;
use crate::domain::text::inert;
use crate::domain::timeline::is_turn;
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::hits::{Hit, Shown, Target};
use crate::tui::keymap::Context;
use crate::tui::list::{List, Place, find_near};
use crate::tui::overlays;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, Ui, View};
use ratatui::layout::Rect;
use std::sync::Arc;
use storms::Storms;

pub const SPEC: Spec =
    Spec { id: PaneId::Log, name: "Log", context: Context::Log, to: Action::Log, make: || Box::new(Log::default()) };

pub struct Log {
    list: List,
    /// The cursor stays on the newest entry.
    follows: bool,
    /// Those that have a row.
    entries: Vec<Arc<Entry>>,
    storms: Storms,
    /// What `entries` was made of.
    made_of: Option<(u64, Option<crate::domain::ids::IncidentId>, u32)>,
}

impl Default for Log {
    fn default() -> Self {
        Self { list: List::default(), follows: true, entries: Vec::new(), storms: Storms::default(), made_of: None }
    }
}

/// In the order in which it happened, as the exported timeline has it; before it is folded.
fn entries(view: &View) -> Vec<Arc<Entry>> {
    // A storm is nobody's, and counts what is.
    let belongs = |entry: &Arc<Entry>| is_turn(entry) || view.incident.is_some_and(|incident| incident.has_entry(entry));
    // That a terminal rang says no more than the alert above it.
    let rang = |entry: &Arc<Entry>| entry.text_of("event") == Some("called") && entry.text_of("medium") == Some("terminal");
    let (log, corrections) = (&view.world.log, &view.world.corrections);
    let mut entries: Vec<_> = match view.incident {
        None => log.lines_of_incidents(corrections).filter(|entry| !rang(entry)).collect(),
        Some(_) => log.lines_of_incidents(corrections).filter(belongs).filter(|entry| !rang(entry)).collect(),
    };
    entries.sort_by_key(|entry| entry.at);
    entries
}

impl Log {
    fn find(entries: &[Arc<Entry>], target: &Target, place: usize) -> Option<usize> {
        let Target::Entry(id) = target else { return None };
        find_near(entries, place, |entry| entry.id == *id)
    }

    fn selected(view: &View) -> Option<EntryId> {
        match view.hits.under_cursor(PaneId::Log)?.target {
            Target::Entry(id) => Some(id),
            _ => None,
        }
    }
}

impl Pane for Log {
    fn prepare(&mut self, view: &View) {
        let turns = view.incident.map_or(0, |incident| incident.turns);
        let made_of = Some((view.world.log.revision(), view.incident.map(|incident| incident.id), turns));
        if self.made_of != made_of {
            (self.entries, self.made_of) = (self.storms.fold(entries(view), view), made_of);
            // What stood under the cursor is counted there now, and not older than what is kept.
            if let Some(Target::Entry(id)) = self.list.selected()
                && let Some(row) = self.storms.row_of(*id)
            {
                self.list.select(Some(Target::Entry(row)));
            }
        }
        if self.follows {
            let newest = self.entries.last().map(|entry| Target::Entry(entry.id));
            self.list.put(newest, self.entries.len().saturating_sub(1));
        }
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        let found = Self::selected(view).and_then(|id| self.entries.iter().find(|entry| entry.id == id));
        match (action, found) {
            (Action::Open, Some(entry)) if self.storms.toggle(entry.id) => {
                // Its rows come, or go, with the next frame.
                (self.made_of, self.follows) = (None, false);
                Vec::new()
            }
            (Action::Open, Some(entry)) => vec![Reply::Open(overlays::entry::open(entry.clone()))],
            (Action::Correct, Some(entry)) => vec![Reply::Open(overlays::note::correct(entry, view))],
            (Action::Belong, Some(entry)) => vec![overlays::belonging::open(entry, view)],
            (Action::Attach, Some(entry)) => vec![Reply::Open(overlays::attach::to_entry(entry, view))],
            (Action::Attach, None) => vec![Reply::Open(overlays::attach::open(view.incident.map(|incident| incident.id)))],
            (Action::Copy, Some(entry)) => vec![Reply::Ui(Ui::Copy(inert(&entry.text).into_owned()))],
            (Action::Open | Action::Correct | Action::Belong | Action::Copy, None) => {
                vec![Reply::Say("No entry is selected.".to_owned())]
            }
            _ => Vec::new(),
        }
    }

    fn title(&self, view: &View) -> Vec<(String, Role)> {
        let what = view.incident.map_or_else(|| "everything".to_owned(), |incident| incident.label());
        let mut parts = vec![(what, Role::Text), (zone(view), Role::Dim)];
        if !self.follows {
            parts.push(("G follows the newest".to_owned(), Role::New));
        }
        parts
    }

    fn render(&self, canvas: &mut Canvas, area: Rect, view: &View) {
        let height = usize::from(area.height);
        canvas.hits.height(PaneId::Log, height);
        if self.entries.is_empty() {
            canvas.sentences(area, 0, "Nothing is recorded yet: n writes a note.", Role::Dim);
            return;
        }
        let window = self.list.window(self.entries.len(), height, |target| Self::find(&self.entries, target, self.list.place()));
        let shown = |line: usize| match window.at(window.offset + line)? {
            Place::Row(row) => self.entries.get(row).map(|entry| (Target::Entry(entry.id), Some(entry))),
            Place::Gone => self.list.selected().map(|target| (target.clone(), None)),
        };
        let lines: Vec<(Target, Option<&Arc<Entry>>)> = (0..height).map_while(shown).collect();
        let another_day = |entry: &Entry| time::day_of(entry.at, view.now.wall, view.zone).is_some();
        let dated = lines.iter().filter_map(|(_, entry)| *entry).any(|entry| another_day(entry));
        // At midnight every line becomes one of another day.
        canvas.hits.minutes = true;
        for (line, (target, entry)) in lines.into_iter().enumerate() {
            let place = Rect { y: area.y.saturating_add(line as u16), height: 1, ..area };
            let cursor = window.line() == Some(line);
            if cursor {
                canvas.hits.show(PaneId::Log, Shown { target: target.clone(), row: line, offset: window.offset });
            }
            canvas.hits.add(place, Hit::Row(PaneId::Log, target, window.offset + line));
            let look = Look { cursor: cursor && view.focus == PaneId::Log, dated };
            match entry {
                Some(entry) => render_entry(canvas, place, (&**entry, self.storms.told(entry.id)), look, view),
                None => render_gone(canvas, place, look),
            }
        }
    }

    fn list(&mut self) -> &mut List {
        &mut self.list
    }

    fn point(&mut self, target: Target, place: usize) {
        self.follows = self.entries.last().is_some_and(|newest| target == Target::Entry(newest.id));
        self.list.put(Some(target), place);
    }

    fn reach(&mut self, target: &Target, view: &View) -> Vec<Reply> {
        if let Target::Entry(id) = target
            && self.storms.unfold(*id)
        {
            self.entries = self.storms.fold(entries(view), view);
        }
        if let Some(row) = Self::find(&self.entries, target, self.list.place()) {
            self.point(target.clone(), row);
        }
        Vec::new()
    }

    fn travel(&mut self, travel: Travel, view: &View) {
        let (entries, height, place) = (&self.entries, view.hits.rows_of(PaneId::Log), self.list.place());
        let find = |target: &Target| Self::find(entries, target, place);
        if let Some(index) = self.list.step(travel.rows(entries.len()), entries.len(), height, find) {
            self.list.select(entries.get(index).map(|entry| Target::Entry(entry.id)));
            self.follows = index + 1 == entries.len();
        }
    }
}

/// The zone's short name as it is now: `CET` in winter.
fn zone(view: &View) -> String {
    view.now.wall.with_timezone(&view.zone).format("%Z").to_string()
}

/// How a line stands among the others.
#[derive(Clone, Copy)]
struct Look {
    cursor: bool,
    /// One of them is of another day: its time takes more room.
    dated: bool,
}

/// The cursor stood on it when newer ones took its place: no key hits its neighbour.
fn render_gone(canvas: &mut Canvas, place: Rect, look: Look) {
    let mut pen = canvas.line(place, 0);
    pen.text(if look.cursor { "▌" } else { " " }, Role::Focus);
    pen.text("— older than what is kept here: `midwatch log` prints it", Role::Dim);
}

fn render_entry(canvas: &mut Canvas, place: Rect, (entry, storm): (&Entry, Option<&str>), look: Look, view: &View) {
    let (who, role) = who(entry);
    let at = time::day_of(entry.at, view.now.wall, view.zone).unwrap_or_else(|| time::clock(entry.at, view.zone));
    let mut pen = canvas.line(place, 0);
    pen.text(if look.cursor { "▌" } else { " " }, Role::Focus);
    pen.column(if look.dated { 11 } else { 8 }, &at, if look.cursor { Role::Cursor } else { Role::Dim }).space(1);
    pen.column(if place.width >= 70 { 12 } else { 8 }, &inert(&who), role).space(1);
    if entry.drill.is_some() {
        pen.text("DRILL ", Role::Danger);
    }
    let mark = mark(&entry.kind);
    pen.text(mark, role);
    let note = view.world.corrections.mark(entry);
    let plain = if entry.important { Role::Strong } else { Role::Text };
    pen.text(&inert(storm.unwrap_or(&entry.text)), plain);
    pen.text(note, Role::Dim);
}

/// Whose line it is: a person's name, or what the program saw.
pub fn who(entry: &Entry) -> (String, Role) {
    match (entry.actor.kind, &entry.kind) {
        (ActorKind::Person, _) => (entry.actor.name.clone(), Role::Key),
        (_, Kind::AlertFired | Kind::AlertResolved) => ("alert".to_owned(), Role::Warning),
        (_, Kind::FeedChanged) => ("health".to_owned(), Role::Warning),
        (_, Kind::ActEnded) => (Kind::Act.word().to_owned(), Role::Dim),
        (_, Kind::StepIntent | Kind::StepEnded | Kind::StepAnswer) => {
            (entry.step.as_ref().map_or("step".into(), |step| step.to_string()), Role::Info)
        }
        (_, kind) => (kind.word().to_owned(), Role::Dim),
    }
}

/// What people marked a line with.
fn mark(kind: &Kind) -> &'static str {
    match kind {
        Kind::Decision => "! ",
        Kind::Hypothesis => "? ",
        Kind::Todo => "+ ",
        _ => "",
    }
}

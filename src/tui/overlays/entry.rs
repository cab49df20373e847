//! Everything about one entry of the log.

use super::Overlay;
use super::page::{Content, Line, Page, field, heading};
use super::{attach, belonging, note, output, step};
use crate::domain::entry::{Entry, Evidence};
use crate::domain::incident::Incident;
use crate::domain::text::inert;
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, Ui, View};
use std::sync::Arc;

struct Detail {
    entry: Arc<Entry>,
}

pub fn open(entry: Arc<Entry>) -> Box<dyn Overlay> {
    Box::new(Page::new(Detail { entry }))
}

impl Content for Detail {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Reading, Context::EntryDetail]
    }

    /// It may be corrected from here, and moved to another incident.
    fn prepare(&mut self, view: &View) {
        self.entry = view.world.corrections.applied(&self.entry);
    }

    fn title(&self, _view: &View) -> String {
        format!("Entry {}", inert(self.entry.kind.word()))
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let entry = &self.entry;
        let mut lines = field("text", &inert(&entry.text), Role::Strong, columns);
        lines.extend(field("happened", &time::full(entry.at, view.zone), Role::Text, columns));
        lines.extend(field("recorded", &time::full(entry.recorded_at, view.zone), Role::Dim, columns));
        lines.extend(corrected(entry, view, columns));
        let role = entry.actor.role.as_deref().map(|role| format!(" ({})", inert(role))).unwrap_or_default();
        lines.extend(field("by", &format!("{}{role}", inert(&entry.actor.name)), Role::Text, columns));
        let about = [
            ("alert", entry.alert.as_ref().map(ToString::to_string)),
            ("service", entry.service.as_ref().map(ToString::to_string)),
            ("incident", entry.incident.and_then(|id| view.world.incidents.get(id)).map(|incident| incident.label())),
            ("playbook", entry.playbook.as_ref().map(ToString::to_string)),
            ("step", entry.step.as_ref().map(ToString::to_string)),
        ];
        for (name, value) in about {
            lines.extend(value.iter().flat_map(|value| field(name, &inert(value), Role::Text, columns)));
        }
        let other = |incident: &&Incident| entry.incident != Some(incident.id) && incident.has_entry(entry);
        let parts = view.world.incidents.iter().filter(other);
        let parts: Vec<String> = parts.map(Incident::label).collect();
        if !parts.is_empty() {
            lines.extend(field("also in", &parts.join(", "), Role::Text, columns));
        }
        lines.extend(entry.evidence.iter().flat_map(|one| field("evidence", &shown(one), Role::Text, columns)));
        if !entry.data.is_empty() {
            lines.extend(heading("Data"));
            // Whoever practises is not told what comes.
            let hidden = |name: &str| name == "scenario" && view.world.drills.open().is_some() && entry.drill.is_some();
            for (name, value) in &entry.data {
                if hidden(name) {
                    lines.extend(field("scenario", "shown when the drill is over", Role::Dim, columns));
                    continue;
                }
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                lines.extend(field(&inert(name), &inert(&text), Role::Text, columns));
            }
        }
        if let (Some(run), Some(id), Some(attempt)) = (entry.run, &entry.step, entry.attempt) {
            lines.extend(step::output(run, id, attempt, view, columns));
        }
        lines.extend(field("id", &entry.id.to_string(), Role::Dim, columns));
        lines
    }

    fn update(&mut self, action: Action, view: &View) -> Vec<Reply> {
        match action {
            Action::Output => match (self.entry.run, &self.entry.step, self.entry.attempt) {
                (Some(run), Some(step), Some(attempt)) => output::of(run, step, attempt),
                _ => vec![Reply::Say("The entry is of no step that has run.".to_owned())],
            },
            Action::Correct => vec![Reply::Open(note::correct(&self.entry, view))],
            Action::Belong => vec![belonging::open(&self.entry, view)],
            Action::Attach => vec![Reply::Open(attach::to_entry(&self.entry, view))],
            Action::Copy => vec![Reply::Ui(Ui::Copy(inert(&self.entry.text).into_owned()))],
            _ => Vec::new(),
        }
    }
}

/// By whom and when it was made what it is, and what was said before.
fn corrected(entry: &Entry, view: &View, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for one in view.world.corrections.of(entry.id) {
        let said: Vec<&str> = one.data.values().filter_map(|value| value.as_str()).collect();
        let (by, at) = (inert(&one.actor.name), time::full(one.recorded_at, view.zone));
        let text = format!("by {by} at {at}: {}", inert(&said.join(", ")));
        lines.extend(field("corrected", &text, Role::Warning, columns));
    }
    // An old one may be in the journal alone.
    let original = view.world.log.entries().rev().find(|original| original.id == entry.id).filter(|_| !lines.is_empty());
    if let Some(was) = original.filter(|was| was.text != entry.text) {
        lines.extend(field("said before", &inert(&was.text), Role::Text, columns));
    }
    if let Some(was) = original.filter(|was| was.at != entry.at) {
        lines.extend(field("was at", &time::full(was.at, view.zone), Role::Text, columns));
    }
    lines
}

/// `graph.png, 12345 bytes, SHA-256 9f86…`, or where it is.
fn shown(one: &Evidence) -> String {
    let size = one.size.map(|size| format!("{size} bytes"));
    let digest = one.sha256.as_ref().map(|digest| format!("SHA-256 {digest}"));
    let parts: Vec<String> = one.name.iter().chain(&one.url).cloned().chain(size).chain(digest).collect();
    inert(&parts.join(", ")).into_owned()
}

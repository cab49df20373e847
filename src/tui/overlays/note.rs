//! Writing into the log, and correcting what stands there.

use super::Overlay;
use super::dialog::{Dialog, Form, field};
use super::naming::Names;
use crate::domain::capture;
use crate::domain::entry::{ActorKind, Amendment, Entry, Kind};
use crate::domain::ids::{EntryId, IncidentId};
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::command::Marks;
use crate::model::mentions;
use crate::tui::action::Action;
use crate::tui::input::{self, Input};
use crate::tui::keymap::Context;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};
use std::sync::Arc;

/// What the keys of a note have put into its line; typing anything ends that.
#[derive(Default)]
enum Put {
    #[default]
    Nothing,
    /// What was noted before, the last first; `typed` comes back behind the first of them.
    Earlier {
        notes: Vec<String>,
        at: usize,
        typed: String,
        cut: bool,
    },
    Names(Names),
}

struct Note {
    /// Where it goes, whatever comes to be shown meanwhile.
    into: Option<IncidentId>,
    put: Put,
    /// The text that it made.
    line: String,
}

/// Goes on with what was begun before.
pub fn open(draft: &str, view: &View) -> Box<dyn Overlay> {
    let into = view.incident.map(|incident| incident.id);
    let note = Note { into, put: Put::Nothing, line: String::new() };
    Box::new(Dialog::new(note, vec![field("note", draft)]))
}

/// Whose record something goes into.
pub fn place(incident: Option<IncidentId>, view: &View) -> String {
    let Some(incident) = incident.and_then(|id| view.world.incidents.get(id)) else {
        return "the log, outside any incident".to_owned();
    };
    let over = if incident.status.is_over() { format!(", which is {}", incident.status.word()) } else { String::new() };
    format!("{} {}{over}", incident.label(), inert(&incident.title))
}

/// Notes of this operator that are brought back, at most.
const EARLIER: usize = 50;

/// What the operator has noted, as it would be typed, the last first and each once.
fn earlier(view: &View) -> Vec<String> {
    let own = &view.world.settings.operator.name;
    let mut notes: Vec<String> = Vec::new();
    let mine = |entry: &&Arc<Entry>| entry.actor.kind == ActorKind::Person && entry.actor.name == *own;
    for entry in view.world.log.of_incidents().rev().filter(mine) {
        let Some(mark) = mark(&entry.kind) else { continue };
        let note = format!("{mark}{}", entry.text);
        if !notes.contains(&note) {
            notes.push(note);
        }
        if notes.len() == EARLIER {
            break;
        }
    }
    notes
}

/// How a kind is typed.
fn mark(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Note => Some(""),
        Kind::Decision => Some("! "),
        Kind::Hypothesis => Some("? "),
        Kind::Todo => Some("+ "),
        _ => None,
    }
}

impl Note {
    /// One note further back.
    fn back(&mut self, input: &mut Input, view: &View) {
        match &mut self.put {
            Put::Earlier { notes, at, .. } => *at = (*at + 1).min(notes.len() - 1),
            _ => match earlier(view) {
                notes if notes.is_empty() => return,
                notes => self.put = Put::Earlier { notes, at: 0, typed: input.text().to_owned(), cut: false },
            },
        }
        self.show(input);
    }

    fn forth(&mut self, input: &mut Input) {
        match &mut self.put {
            Put::Earlier { at: 0, typed, .. } => {
                *input = Input::new(std::mem::take(typed));
                self.put = Put::Nothing;
            }
            Put::Earlier { at, .. } => {
                *at -= 1;
                self.show(input);
            }
            _ => {}
        }
    }

    /// The next name that begins as was typed.
    fn complete(&mut self, input: &mut Input, view: &View) {
        let next = match &mut self.put {
            Put::Names(names) => names.next(input),
            _ => false,
        };
        if !next {
            let found = mentions::at(view.world, &input.text()[..input.cursor()]);
            self.put = Put::Names(Names::begin(input, found));
        }
    }

    fn show(&mut self, input: &mut Input) {
        if let Put::Earlier { notes, at, cut, .. } = &mut self.put {
            // What came by a pipe may have had several lines.
            *input = Input::default();
            *cut = !input.insert(&notes[*at]);
        }
    }

    /// What the keys have found.
    fn found(&self, view: &View) -> (String, Role) {
        let key = |action| view.keymap.key_of(action);
        match &self.put {
            Put::Names(names) if names.is_empty() => {
                ("No alert, service or person that is known here begins so.".to_owned(), Role::Warning)
            }
            Put::Names(names) => (format!("{}: {}", key(Action::Complete), names.others().join("  ")), Role::Text),
            Put::Earlier { notes, at, cut, .. } => {
                let which = format!("{} of {} earlier notes", at + 1, notes.len());
                match cut {
                    true => (format!("{which}; only the first {} bytes of it fit here", input::LONGEST), Role::Warning),
                    false => (which, Role::Text),
                }
            }
            Put::Nothing => {
                let hint =
                    format!("{} completes a name, {} brings earlier notes", key(Action::Complete), key(Action::PreviousNote));
                (hint, Role::Dim)
            }
        }
    }
}

impl Form for Note {
    fn title(&self, view: &View) -> String {
        format!("Note into {}", place(self.into, view))
    }

    fn verb(&self) -> String {
        "record".to_owned()
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let hint = "-7m or 14:02 sets the time, ! a decision, ? a hypothesis, + a to-do";
        let read = match capture::parse(texts[0], view.now.wall, view.zone) {
            Ok(captured) => {
                let at = captured.at.map_or_else(|| "now".to_owned(), |at| time::full(at, view.zone));
                (format!("{} at {at}", captured.kind), Role::Text)
            }
            Err(why) => (why, Role::Warning),
        };
        vec![read, (hint.to_owned(), Role::Dim), self.found(view)]
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let capture::Capture { at, kind, text } = capture::parse(texts[0], view.now.wall, view.zone)?;
        if text.is_empty() {
            return Err("There is nothing to note yet.".to_owned());
        }
        Ok(vec![Reply::Ask(Command::Note { incident: self.into, kind, text, at, marks: Marks::default() }), Reply::Noted])
    }

    fn contexts(&self) -> &'static [Context] {
        &[Context::Noting, Context::Typing]
    }

    fn act(&mut self, action: Action, input: &mut Input, view: &View) -> bool {
        match action {
            Action::Complete => self.complete(input, view),
            Action::PreviousNote => self.back(input, view),
            Action::NextNote => self.forth(input),
            _ => return false,
        }
        let changed = self.line != input.text();
        self.line = input.text().to_owned();
        changed
    }

    fn changed(&mut self, texts: &[&str]) -> Vec<Reply> {
        if texts[0] != self.line {
            self.put = Put::Nothing;
        }
        // What was begun is kept, and not the earlier note that is only looked at.
        let begun = match &self.put {
            Put::Earlier { typed, .. } => typed,
            _ => texts[0],
        };
        vec![Reply::Draft(begun.to_owned())]
    }
}

struct Correct {
    entry: EntryId,
    was: (String, String),
}

pub fn correct(entry: &Entry, view: &View) -> Box<dyn Overlay> {
    let was = (time::clock(entry.at, view.zone), entry.text.clone());
    let fields = vec![field("text", was.1.clone()), field("at", was.0.clone())];
    Box::new(Dialog::new(Correct { entry: entry.id, was }, fields))
}

impl Form for Correct {
    fn title(&self, _view: &View) -> String {
        "Correct an entry".to_owned()
    }

    fn verb(&self) -> String {
        "correct".to_owned()
    }

    fn facts(&self, _texts: &[&str], _view: &View) -> Vec<(String, Role)> {
        let text = "The entry stays as it was recorded; the correction is an entry of its own and is shown instead.";
        vec![(text.to_owned(), Role::Dim)]
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let (text, clock) = (texts[0].trim(), texts[1].trim());
        let at = match clock == self.was.0 {
            true => None,
            false => Some(capture::when(clock, view.now.wall, view.zone)?),
        };
        let text = (text != self.was.1).then(|| text.to_owned());
        match (&at, &text) {
            (None, None) => Ok(Vec::new()),
            (_, Some(text)) if text.is_empty() => Err("An entry needs a text.".to_owned()),
            _ => Ok(vec![Reply::Ask(Command::Correct {
                entry: self.entry,
                change: Amendment { at, text, ..Amendment::default() },
            })]),
        }
    }
}

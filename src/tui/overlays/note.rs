//! Writing into the log, and correcting what stands there.

use super::Overlay;
use super::dialog::{Dialog, Form, field};
use crate::domain::capture;
use crate::domain::entry::{Amendment, Entry};
use crate::domain::ids::EntryId;
use crate::model::Command;
use crate::model::command::Marks;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};

struct Note;

/// Goes on with what was begun before.
pub fn open(draft: &str) -> Box<dyn Overlay> {
    Box::new(Dialog::new(Note, vec![field("note", draft)]))
}

impl Form for Note {
    fn title(&self, view: &View) -> String {
        let into = view.incident.map_or_else(|| "the log, outside any incident".to_owned(), |incident| incident.label());
        format!("Note into {into}")
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
        vec![read, (hint.to_owned(), Role::Dim)]
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let capture::Capture { at, kind, text } = capture::parse(texts[0], view.now.wall, view.zone)?;
        if text.is_empty() {
            return Err("There is nothing to note yet.".to_owned());
        }
        let incident = view.incident.map(|incident| incident.id);
        Ok(vec![Reply::Ask(Command::Note { incident, kind, text, at, marks: Marks::default() }), Reply::Draft(String::new())])
    }

    fn changed(&mut self, texts: &[&str]) -> Vec<Reply> {
        vec![Reply::Draft(texts[0].to_owned())]
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

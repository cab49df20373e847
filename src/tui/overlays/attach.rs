//! Attaching a file: it is copied into the data folder, and an entry says what it shows.

use super::Overlay;
use super::dialog::{Dialog, Form, field};
use crate::domain::entry::Entry;
use crate::domain::ids::{EntryId, IncidentId};
use crate::domain::text::inert;
use crate::model::Command;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use std::path::PathBuf;

struct Attach {
    incident: Option<IncidentId>,
    /// The entry that it is about, and what that says.
    about: Option<(EntryId, String)>,
}

/// To an incident; to the log where there is none.
pub fn open(incident: Option<IncidentId>) -> Box<dyn Overlay> {
    dialog(Attach { incident, about: None })
}

/// To an entry: into the incident that this was recorded in, else into the one that is shown.
pub fn to_entry(entry: &Entry, view: &View) -> Box<dyn Overlay> {
    let incident = entry.incident.or(view.incident.map(|incident| incident.id));
    dialog(Attach { incident, about: Some((entry.id, inert(&entry.text).into_owned())) })
}

fn dialog(form: Attach) -> Box<dyn Overlay> {
    Box::new(Dialog::new(form, vec![field("file", ""), field("shows", "")]))
}

impl Form for Attach {
    fn title(&self, view: &View) -> String {
        format!("Attach a file to {}", super::note::place(self.incident, view))
    }

    fn verb(&self) -> String {
        "attach".to_owned()
    }

    fn facts(&self, _texts: &[&str], _view: &View) -> Vec<(String, Role)> {
        let about = self.about.iter().map(|(_, text)| (format!("To “{text}”."), Role::Text));
        let kept = "It is copied into the data folder, and an entry of its own names it: the file may go away afterwards.";
        about.chain([(kept.to_owned(), Role::Dim)]).collect()
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        let (file, text) = (texts[0].trim(), texts[1].trim());
        if file.is_empty() {
            return Err("Which file? Its path is needed.".to_owned());
        }
        let (file, text) = (PathBuf::from(file), text.to_owned());
        let about = self.about.as_ref().map(|(id, _)| *id);
        Ok(vec![Reply::Ask(Command::Attach { incident: self.incident, file, text, about })])
    }
}

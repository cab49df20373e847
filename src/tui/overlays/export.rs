//! An incident's export, read before it is written: the Markdown that `midwatch export` gives.

use super::dialog::{Dialog, Form, field};
use super::page::{Content, Line, Page, plain, whole};
use crate::domain::ids::IncidentId;
use crate::domain::incident::Incident;
use crate::domain::text::inert;
use crate::model::Command;
use crate::tui::action::Action;
use crate::tui::keymap::Context;
use crate::tui::markdown::{self, Memo};
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

struct Preview {
    incident: IncidentId,
    label: String,
    /// By the text and the width.
    text: Memo<(Arc<str>, usize)>,
}

/// Asks for it, and shows it as soon as it is there.
pub fn open(incident: &Incident) -> Vec<Reply> {
    let preview = Preview { incident: incident.id, label: incident.label(), text: Memo::default() };
    vec![Reply::Open(Box::new(Page::new(preview))), Reply::Ask(Command::Export { incident: incident.id, file: None })]
}

impl Content for Preview {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Preview, Context::Reading]
    }

    /// What became of the file is seen wherever one reads.
    fn title(&self, view: &View) -> String {
        match view.world.exports.written(self.incident) {
            Some(Ok(text)) => return format!("{} ✓ {}", self.label, inert(text)),
            Some(Err(why)) => return format!("{} ✗ {}", self.label, inert(why.lines().next().unwrap_or_default())),
            None => {}
        }
        if let Some(Err(_)) = view.world.exports.read(self.incident) {
            return format!("{} is not exported", self.label);
        }
        format!("{} as `midwatch export {} --format md` writes it", self.label, self.label)
    }

    fn awaits(&self, view: &View) -> Option<&'static str> {
        view.world.exports.read(self.incident).is_none().then_some("the journal is read")
    }

    /// What became of the file, and what the text is missing.
    fn lines(&self, view: &View, _columns: usize) -> Vec<Line> {
        let exports = &view.world.exports;
        // What is wrong with a configuration has several lines.
        let failed = |why: &str| {
            let lines = why.lines().enumerate();
            lines
                .map(|(at, line)| plain(format!("{} {}", if at == 0 { "✗" } else { " " }, inert(line)), Role::Critical))
                .collect()
        };
        let written = exports.written(self.incident).map(|outcome| match outcome {
            Ok(text) => vec![plain(format!("✓ {}", inert(text)), Role::Ok)],
            Err(why) => failed(why),
        });
        let read = exports.read(self.incident).and_then(|outcome| outcome.as_ref().err()).map(|why| failed(why));
        written.into_iter().chain(read).flat_map(|lines| lines.into_iter().chain([Vec::new()])).collect()
    }

    fn parts(&self, view: &View, columns: usize) -> Vec<Rc<[Line]>> {
        let head = whole(self.lines(view, columns), columns);
        let text = match view.world.exports.read(self.incident) {
            Some(Ok(text)) => self.text.lines((text.clone(), columns), || markdown::document(text, columns)),
            _ => Rc::from([]),
        };
        vec![head, text]
    }

    fn update(&mut self, action: Action, _view: &View) -> Vec<Reply> {
        match action {
            Action::Write => {
                let name = format!("{}.md", self.label.to_lowercase().replace("inc-", "incident-"));
                vec![Reply::Open(Box::new(Dialog::new(Write { incident: self.incident }, vec![field("file", name)])))]
            }
            _ => Vec::new(),
        }
    }
}

struct Write {
    incident: IncidentId,
}

impl Form for Write {
    fn title(&self, _view: &View) -> String {
        "Write the export into a file".to_owned()
    }

    fn verb(&self) -> String {
        "write".to_owned()
    }

    fn facts(&self, _texts: &[&str], _view: &View) -> Vec<(String, Role)> {
        vec![
            ("Its ending says the format: .md, .html with the drawn timeline, .json, .jsonl, .csv.".to_owned(), Role::Text),
            ("People are called by their roles; a name that is taken gets a number.".to_owned(), Role::Dim),
        ]
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        match texts[0].trim() {
            "" => Err("A file needs a name.".to_owned()),
            name => Ok(vec![Reply::Ask(Command::Export { incident: self.incident, file: Some(PathBuf::from(name)) })]),
        }
    }
}

//! Telling people elsewhere how an incident stands. It begins as a draft from the record; what stands below the fields is what they
//! will read, and where. A private incident is told only after its label was typed.

use super::Overlay;
use super::confirm::{self, Question};
use super::dialog::{Dialog, Form, field};
use crate::domain::ids::{IncidentId, SourceName};
use crate::domain::incident::Incident;
use crate::domain::text::inert;
use crate::domain::update::Next;
use crate::model::Command;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};

struct Update(IncidentId);

pub fn open(incident: &Incident, view: &View) -> Box<dyn Overlay> {
    let draft = view.world.update_draft(incident.id, |at| time::until(at, view.now.wall, view.zone)).unwrap_or_default();
    let to: Vec<&str> = view.world.destinations_of(incident).into_iter().map(|to| to.name.as_str()).collect();
    let every = view.world.settings.updates.every.of(incident.severity);
    let next = every.map_or_else(|| "none".to_owned(), |every| humantime::format_duration(every).to_string().replace(' ', ""));
    let fields = vec![field("text", draft), field("to", to.join(" ")), field("next", next)];
    Box::new(Dialog::new(Update(incident.id), fields))
}

impl Form for Update {
    fn title(&self, view: &View) -> String {
        let incident = view.world.incidents.get(self.0);
        incident.map_or_else(String::new, |one| format!("Update of {} {} {}", one.label(), one.severity, inert(&one.title)))
    }

    fn verb(&self) -> String {
        "post".to_owned()
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let Some(incident) = view.world.incidents.get(self.0) else { return Vec::new() };
        let to = named(texts[1]);
        let kinds = |name: &SourceName| {
            let known = view.world.settings.updates.to.iter().find(|known| known.name == *name);
            known.map_or_else(|| format!("{name} (unknown)"), |known| format!("{name} ({})", known.kind))
        };
        let whom = match to.is_empty() {
            _ if incident.drill.is_some() => "DRILL: it is posted nowhere, only written down that it would be:".to_owned(),
            true => "It is only recorded, as told some other way:".to_owned(),
            false => format!("To {}, as {}:", to.iter().map(kinds).collect::<Vec<_>>().join(", "), view.world.me.name),
        };
        let private = incident.private && !to.is_empty();
        let private = private.then(|| (format!("{} is private: this leaves the house.", incident.label()), Role::Critical));
        let next = match texts[2].trim().parse() {
            Ok(Next::In(after)) => {
                let at = view.now.wall + chrono::Duration::from_std(after).unwrap_or_default();
                (format!("The next one is promised for {}.", time::until(at, view.now.wall, view.zone)), Role::Dim)
            }
            Ok(_) => ("No further one is promised.".to_owned(), Role::Dim),
            Err(why) => (why, Role::Warning),
        };
        let said = (format!("“{}”", inert(texts[0].trim())), Role::Strong);
        private.into_iter().chain([(whom, Role::Text), said, next]).collect()
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let incident = view.world.incidents.get(self.0).ok_or("The incident is not known any more.")?;
        let (text, to) = (texts[0].trim().to_owned(), named(texts[1]));
        if text.is_empty() {
            return Err("How does it stand? A sentence is needed.".to_owned());
        }
        let next: Next = texts[2].trim().parse()?;
        let reached = view.world.destinations_of(incident);
        if let Some(name) = to.iter().find(|name| !reached.iter().any(|known| known.name == **name)) {
            let names: Vec<&str> = reached.iter().map(|known| known.name.as_str()).collect();
            return Err(format!("`{}` can't be told of it; there are {}.", inert(name.as_str()), names.join(", ")));
        }
        let ask = |confirmed| {
            Reply::Ask(Command::Update { incident: self.0, text: text.clone(), to: Some(to.clone()), next, confirmed })
        };
        match incident.private && !to.is_empty() {
            true => Ok(vec![Reply::Open(sure(incident, &text, &to, next))]),
            false => Ok(vec![ask(None)]),
        }
    }
}

fn sure(incident: &Incident, text: &str, to: &[SourceName], next: Next) -> Box<dyn Overlay> {
    let (id, label, text, to) = (incident.id, incident.label(), text.to_owned(), to.to_vec());
    let names: Vec<&str> = to.iter().map(SourceName::as_str).collect();
    confirm::open(Question {
        title: format!("Post the private {label} to {}?", names.join(", ")),
        facts: vec![format!("“{}”", inert(&text)), "Whoever reads there reads this. It can't be taken back.".to_owned()],
        verb: "post it all the same",
        typed: Some(label),
        yes: Box::new(move |confirmed| {
            let (text, to) = (text.clone(), Some(to.clone()));
            vec![Reply::Ask(Command::Update { incident: id, text, to, next, confirmed })]
        }),
    })
}

/// Names between spaces or commas.
fn named(text: &str) -> Vec<SourceName> {
    text.split([' ', ',']).filter(|name| !name.is_empty()).map(SourceName::from).collect()
}

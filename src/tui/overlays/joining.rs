//! What becomes of an incident as a whole: it is kept in the house, or goes on in another one.

use super::Overlay;
use super::choice::{Choice, item};
use super::confirm::{self, Question};
use crate::domain::entry::{Amendment, Visibility};
use crate::domain::ids::EntryId;
use crate::domain::incident::Incident;
use crate::domain::text::inert;
use crate::model::Command;
use crate::tui::view::{Record, Reply, View};

/// Who may see it stands in its declaration.
pub fn private(incident: &Incident) -> Box<dyn Overlay> {
    let (entry, was) = (EntryId(incident.id.0), incident.private);
    let seen = |private: bool| {
        let visibility = if private { Visibility::Restricted } else { Visibility::Internal };
        Command::Correct { entry, change: Amendment { visibility: Some(visibility), ..Amendment::default() } }
    };
    let one = |text: &str, about: &str, private: bool| {
        let about = if private == was { format!("as it is now: {about}") } else { about.to_owned() };
        let (ask, undo) = (seen(private), seen(was));
        item(text, about, move || match private == was {
            true => Vec::new(),
            false => vec![Reply::Ask(ask.clone()), Reply::Undo(undo.clone())],
        })
    };
    let items = vec![
        one("private", "posted nowhere, and exported only for those who may see it", true),
        one("not private", "told and exported like any other", false),
    ];
    Box::new(Choice::new(format!("Who may see {}?", incident.label()), items))
}

/// Which one it goes on in; its label is typed, for nothing leads back.
pub fn merge(incident: &Incident, view: &View) -> Box<dyn Overlay> {
    let one = |other: &Incident| {
        let text = format!("{} {} {}", other.label(), other.severity, inert(&other.title));
        let (from, label) = (incident.id, incident.label());
        let (into, onto) = (other.id, other.label());
        item(text, "", move || vec![Reply::Open(sure((from, label.clone()), (into, onto.clone())))])
    };
    let others = view.world.incidents.open().filter(|other| other.id != incident.id);
    Box::new(Choice::new(format!("Merge {} into which one?", incident.label()), others.map(one).collect()))
}

type Named = (crate::domain::ids::IncidentId, String);

fn sure((from, label): Named, (into, onto): Named) -> Box<dyn Overlay> {
    confirm::open(Question {
        title: format!("Merge {label} into {onto}?"),
        facts: vec![format!("{label} ends, and all that it has recorded belongs to {onto} too. Nothing leads back.")],
        verb: "merge",
        typed: Some(label),
        yes: Box::new(move |_| vec![Reply::Ask(Command::Merge { incident: from, into }), Reply::Show(Record::Of(into))]),
    })
}

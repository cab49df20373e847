//! Who has which role: all of them in one dialog, and only what was changed is recorded.

use super::Overlay;
use super::dialog::{Dialog, Form, field};
use super::naming::People;
use crate::domain::ids::IncidentId;
use crate::domain::incident::{Incident, Role as Part};
use crate::domain::text::inert;
use crate::model::{Command, mentions};
use crate::tui::action::Action;
use crate::tui::input::Input;
use crate::tui::keymap::Context;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};

struct Roles {
    incident: IncidentId,
    /// As they were when it was opened: what somebody else changes meanwhile stays.
    was: Vec<String>,
    people: People,
}

pub fn open(incident: &Incident) -> Box<dyn Overlay> {
    let was: Vec<String> = Part::ALL.map(|part| incident.has(part).unwrap_or_default().to_owned()).into();
    let fields = Part::ALL.into_iter().zip(&was).map(|(part, person)| field(part.word(), person)).collect();
    Box::new(Dialog::new(Roles { incident: incident.id, was, people: People::default() }, fields))
}

impl Form for Roles {
    fn title(&self, view: &View) -> String {
        view.world
            .incidents
            .get(self.incident)
            .map_or_else(String::new, |one| format!("Roles in {} {}", one.label(), inert(&one.title)))
    }

    fn verb(&self) -> String {
        "record".to_owned()
    }

    fn facts(&self, _texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let does =
            "The lead decides, the scribe keeps the record, the expert knows the system, the liaison tells everybody else.";
        let people: Vec<_> = mentions::people(view.world).into_iter().take(SHOWN).map(inert).collect();
        let known = format!("Known: {}. An empty role is nobody's.", people.join(", "));
        let hint = format!("{} completes a name, else it goes on.", view.keymap.key_of(Action::Complete));
        // What is needed to fill it in comes first: little of it fits a small screen.
        vec![(known, Role::Text), (hint, Role::Dim), (does.to_owned(), Role::Dim)]
    }

    fn contexts(&self) -> &'static [Context] {
        &[Context::Naming, Context::Typing]
    }

    fn act(&mut self, action: Action, input: &mut Input, view: &View) -> bool {
        action == Action::Complete && self.people.complete(input, view, &self.was)
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        let texts: Vec<&str> = texts.iter().map(|text| text.trim()).collect();
        if texts[0].is_empty() {
            return Err("An incident is never without a lead: name who leads now.".to_owned());
        }
        let changed = Part::ALL.into_iter().zip(texts).zip(&self.was).filter(|((_, now), was)| now != was);
        let ask = |((role, person), _): ((Part, &str), _)| {
            Reply::Ask(Command::SetRole { incident: self.incident, role, person: person.to_owned() })
        };
        Ok(changed.map(ask).collect())
    }
}

/// So many people are named to choose from; whoever else is known can be completed.
const SHOWN: usize = 9;

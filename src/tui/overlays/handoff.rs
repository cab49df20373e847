//! What whoever takes over must know, and the two sides of handing over.

use super::Overlay;
use super::dialog::{Dialog, Form, field};
use super::naming::People;
use super::page::{Content, Line, Page, heading, plain};
use crate::domain::ids::IncidentId;
use crate::domain::incident::Incident;
use crate::domain::text::inert;
use crate::model::Command;
use crate::tui::action::Action;
use crate::tui::canvas::wrap;
use crate::tui::input::Input;
use crate::tui::keymap::Context;
use crate::tui::theme::Role;
use crate::tui::time;
use crate::tui::view::{Reply, View};
use std::time::Duration;

/// As long as a shift is, of most teams.
const SHIFT: Duration = Duration::from_secs(12 * 3_600);

struct Pack;

pub fn open() -> Box<dyn Overlay> {
    Box::new(Page::new(Pack))
}

impl Content for Pack {
    fn contexts(&self) -> &'static [Context] {
        &[Context::Handoff, Context::Reading]
    }

    fn title(&self, _view: &View) -> String {
        "For whoever takes over".to_owned()
    }

    fn lines(&self, view: &View, columns: usize) -> Vec<Line> {
        let pack = view.world.pack(SHIFT);
        let parts = view.world.told(&pack, time::age, |at| time::until(at, view.now.wall, view.zone));
        let mut lines = Vec::new();
        for (title, told) in parts {
            lines.extend(heading(title));
            if told.is_empty() {
                lines.push(plain("none", Role::Dim));
            }
            let broken = told.iter().flat_map(|line| wrap(line, columns, 6));
            lines.extend(broken.map(|line| plain(line, Role::Text)));
        }
        lines.remove(0);
        lines
    }

    fn update(&mut self, action: Action, _view: &View) -> Vec<Reply> {
        match action {
            Action::Offer => vec![Reply::Open(offer(None))],
            Action::TakeOver => vec![Reply::Ask(Command::TakeOver { incident: None }), Reply::Close],
            _ => Vec::new(),
        }
    }
}

/// One incident, or the shift with all that is led.
pub fn offer(incident: Option<&Incident>) -> Box<dyn Overlay> {
    let incident = incident.map(|incident| (incident.id, format!("{} {}", incident.label(), inert(&incident.title))));
    Box::new(Dialog::new(Offer { incident, people: People::default() }, vec![field("to", "")]))
}

struct Offer {
    /// Its id, and what it is called.
    incident: Option<(IncidentId, String)>,
    people: People,
}

impl Form for Offer {
    fn title(&self, _view: &View) -> String {
        format!("Hand {} over", self.incident.as_ref().map_or("the shift", |(_, name)| name))
    }

    fn verb(&self) -> String {
        "offer it".to_owned()
    }

    fn facts(&self, _texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let hint = (format!("{} completes a name.", view.keymap.key_of(Action::Complete)), Role::Dim);
        if self.incident.is_some() {
            let until = "You lead it until they take it over: by the incident's menu on their console, or by `midwatch incident handoff --accept`.";
            return vec![(until.to_owned(), Role::Text), hint];
        }
        let led = view.world.incidents.open().filter(|incident| incident.lead.as_deref() == Some(view.world.me.name.as_str()));
        let led: Vec<String> = led.map(|incident| incident.label()).collect();
        let with = if led.is_empty() { "no incident".to_owned() } else { led.join(", ") };
        vec![
            (format!("With it goes what you lead: {with}."), Role::Text),
            ("It is theirs once they take it over: on their console, or by `midwatch handoff --accept`.".to_owned(), Role::Dim),
            hint,
        ]
    }

    fn contexts(&self) -> &'static [Context] {
        &[Context::Naming, Context::Typing]
    }

    fn act(&mut self, action: Action, input: &mut Input, view: &View) -> bool {
        action == Action::Complete && self.people.complete(input, view, &[])
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        match texts[0].trim() {
            "" => Err("Name who is to take over.".to_owned()),
            to => {
                let incident = self.incident.as_ref().map(|(id, _)| *id);
                let ask = Reply::Ask(Command::HandOff { incident, to: to.to_owned() });
                // The pack lies below the shift's offer, and has served.
                let pack = incident.is_none().then_some(Reply::Close);
                Ok([ask].into_iter().chain(pack).collect())
            }
        }
    }
}

//! Giving acknowledgements up: one's own at once, somebody else's with a reason, for they will ask.

use super::dialog::{Dialog, Form, field};
use super::silences::change::at_once;
use crate::domain::ids::AlertId;
use crate::model::Command;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};

pub fn ask(alerts: Vec<AlertId>, view: &View) -> Vec<Reply> {
    let held = |id: &AlertId| view.world.alerts.get(id).is_some_and(|it| view.world.alerts.ack(it, view.now.wall).is_some());
    let (alerts, free): (Vec<AlertId>, Vec<AlertId>) = alerts.into_iter().partition(held);
    if alerts.is_empty() {
        let (names, are) = (view.names_of(&free), if free.len() == 1 { "is" } else { "are" });
        return vec![Reply::Say(format!("{names} {are} not acknowledged: there is nothing to take back."))];
    }
    match alerts.iter().any(|id| view.world.taken_from(id).is_some()) {
        true => vec![Reply::Open(Box::new(Dialog::new(Unack { alerts, told: Told::default() }, vec![field("reason", "")])))],
        false => vec![Reply::Ask(Command::Unacknowledge { alerts, reason: String::new() }), Reply::Unmark],
    }
}

struct Unack {
    /// Frozen when it was asked for.
    alerts: Vec<AlertId>,
    told: Told,
}

/// What follows, worked out once for each change of the queue: it is held against all that a silence covers.
#[derive(Default)]
struct Told {
    of: Option<u64>,
    facts: Vec<(String, Role)>,
}

impl Form for Unack {
    fn title(&self, view: &View) -> String {
        format!("Take the acknowledgement back: {}", view.names_of(&self.alerts))
    }

    fn verb(&self) -> String {
        "take it back".to_owned()
    }

    fn prepare(&mut self, _texts: &[&str], view: &View) {
        let of = Some(view.world.alerts.revision());
        if self.told.of != of {
            self.told = Told { of, facts: self.compute(view) };
        }
    }

    fn facts(&self, _texts: &[&str], _view: &View) -> Vec<(String, Role)> {
        self.told.facts.clone()
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        match texts[0].trim() {
            "" => Err("It is somebody else's: say why it is taken from them.".to_owned()),
            reason => {
                let (alerts, reason) = (self.alerts.clone(), reason.to_owned());
                Ok(vec![Reply::Ask(Command::Unacknowledge { alerts, reason }), Reply::Unmark])
            }
        }
    }
}

impl Unack {
    fn compute(&self, view: &View) -> Vec<(String, Role)> {
        const SHOWN: usize = 8;
        let held = |id: &AlertId| Some((id.clone(), view.world.taken_from(id)?));
        let all: Vec<(AlertId, String)> = self.alerts.iter().filter_map(held).collect();
        let line = |(id, who): &(AlertId, String)| (format!("{who} has {} now.", view.name_of(id)), Role::Warning);
        let mut facts: Vec<(String, Role)> = all.iter().take(SHOWN).map(line).collect();
        if all.len() > SHOWN {
            facts.push((format!("And {} more are somebody else's.", all.len() - SHOWN), Role::Warning));
        }
        let freed = view.world.freed_with(&self.alerts);
        if !freed.is_empty() {
            facts.push(("The silence that says so ends for all that it covers.".to_owned(), Role::Warning));
            facts.push(at_once(&freed, view));
        }
        facts.push(("Why stands in the log, and there, where the system takes a reason.".to_owned(), Role::Dim));
        facts
    }
}

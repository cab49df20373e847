//! Giving acknowledgements up: one of one's own at once, several once they were seen, somebody else's with a reason, for they will
//! ask.

use super::affected::{MANY, Told, listed};
use super::dialog::{Dialog, Form, field};
use super::silences::change::at_once;
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::inert;
use crate::model::Command;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use std::collections::BTreeSet;

pub fn ask(alerts: Vec<AlertId>, view: &View) -> Vec<Reply> {
    let held = |id: &AlertId| view.world.alerts.get(id).is_some_and(|it| view.world.alerts.ack(it, view.now.wall).is_some());
    let (alerts, free): (Vec<AlertId>, Vec<AlertId>) = alerts.into_iter().partition(held);
    if alerts.is_empty() {
        let (names, are) = (view.names_of(&free), if free.len() == 1 { "is" } else { "are" });
        return vec![Reply::Say(format!("{names} {are} not acknowledged: there is nothing to take back."))];
    }
    let others = alerts.iter().any(|id| view.world.taken_from(id).is_some());
    if alerts.len() == 1 && !others {
        return vec![Reply::Ask(Command::Unacknowledge { alerts, reason: String::new() }), Reply::Unmark];
    }
    let fields = others.then(|| field("reason", "")).into_iter().collect();
    vec![Reply::Open(Box::new(Dialog::new(Unack { alerts, told: Told::default() }, fields)))]
}

struct Unack {
    /// Frozen when it was asked for.
    alerts: Vec<AlertId>,
    /// What follows: it is held against all that a silence covers.
    told: Told,
}

impl Form for Unack {
    fn title(&self, view: &View) -> String {
        match self.alerts.len() {
            1 => format!("Take the acknowledgement back: {}", view.names_of(&self.alerts)),
            many => format!("Take {many} acknowledgements back: {}", view.names_of(&self.alerts)),
        }
    }

    fn verb(&self) -> String {
        match self.alerts.len() {
            1 => "take it back".to_owned(),
            many => format!("take {many} back"),
        }
    }

    fn prepare(&mut self, _texts: &[&str], view: &View) {
        if self.told.is_due(self.alerts.len(), view) {
            self.told = Told::now(self.compute(view), view);
        }
    }

    fn facts(&self, _texts: &[&str], _view: &View) -> Vec<(String, Role)> {
        self.told.lines().to_vec()
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        match texts.first().map(|reason| reason.trim()) {
            Some("") => Err("It is somebody else's: say why it is taken from them.".to_owned()),
            reason => {
                let (alerts, reason) = (self.alerts.clone(), reason.unwrap_or_default().to_owned());
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
        if !all.is_empty() {
            facts.push(("Why stands in the log, and there, where the system takes a reason.".to_owned(), Role::Dim));
        }
        if self.alerts.len() > 1 {
            facts.extend(self.carried(view));
            facts.extend(listed(&self.alerts, MANY, view));
        }
        facts
    }

    /// Where others are told of them again.
    fn carried(&self, view: &View) -> Option<(String, Role)> {
        let carries = |source: &&SourceName| view.world.settings.source(source).is_some_and(|spec| spec.carry.is_some());
        let sources: BTreeSet<&SourceName> = self.alerts.iter().map(|id| &id.source).filter(carries).collect();
        let names = sources.into_iter().map(|name| inert(name.as_str())).collect::<Vec<_>>().join(", ");
        let text = format!("What carries them on {names} is taken back, too: they notify others again.");
        (!names.is_empty()).then_some((text, Role::Warning))
    }
}

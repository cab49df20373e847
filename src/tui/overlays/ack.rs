//! Acknowledging: why, and for how long.

use super::Overlay;
use super::dialog::{Dialog, Form, field};
use crate::domain::ids::AlertId;
use crate::domain::settings::Carry;
use crate::model::Command;
use crate::model::alerts::State;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use std::time::Duration;

struct Ack {
    alerts: Vec<AlertId>,
}

pub fn open(alerts: Vec<AlertId>) -> Box<dyn Overlay> {
    Box::new(Dialog::new(Ack { alerts }, vec![field("reason", ""), field("for", "")]))
}

/// Reads `90m`, `1h 30m`; empty is the configuration's.
pub fn hold(text: &str) -> Result<Option<Duration>, String> {
    match text.trim() {
        "" => Ok(None),
        text => {
            humantime::parse_duration(text).map(Some).map_err(|_| format!("`{text}` is not a duration: write 90m or 1h 30m."))
        }
    }
}

impl Form for Ack {
    fn title(&self, view: &View) -> String {
        format!("Acknowledge {}", view.names_of(&self.alerts))
    }

    fn verb(&self) -> String {
        "acknowledge".to_owned()
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let default = view.world.settings.ack_for;
        let hold = hold(texts[1]).ok().flatten().unwrap_or(default);
        let mut facts = vec![(format!("Owner: {}, for {}.", view.world.me.name, humantime::format_duration(hold)), Role::Text)];
        facts.extend(self.carried(view));
        let gone = |id: &&AlertId| {
            let tracked = view.world.alerts.get(id);
            tracked.is_none_or(|tracked| tracked.state == State::Resolved)
        };
        for id in self.alerts.iter().filter(gone).take(3) {
            facts.push((format!("{} has resolved meanwhile.", view.name_of(id)), Role::Warning));
        }
        if self.alerts.len() > 1 {
            facts.extend(self.alerts.iter().take(8).map(|id| (format!("· {} ({id})", view.name_of(id)), Role::Dim)));
        }
        facts
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        let (alerts, reason) = (self.alerts.clone(), texts[0].trim().to_owned());
        let ask = Command::Acknowledge { alerts, hold: hold(texts[1])?, reason, ticket: None };
        Ok(vec![Reply::Ask(ask), Reply::Unmark])
    }
}

impl Ack {
    /// Where the acknowledgement also becomes a silence.
    fn carried(&self, view: &View) -> Option<(String, Role)> {
        let (source, carry) = self.alerts.iter().find_map(|id| {
            let spec = view.world.settings.source(&id.source)?;
            Some((&id.source, spec.carry.as_ref()?))
        })?;
        let text = match carry {
            Carry::Silence { .. } => format!(
                "It becomes a short silence on {source}, extended while the alert fires and this console or `midwatch serve` runs."
            ),
            Carry::Acknowledge => format!("It is acknowledged on {source} too."),
        };
        Some((text, Role::Dim))
    }
}

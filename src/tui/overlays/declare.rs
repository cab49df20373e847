//! Declaring an incident.

use super::Overlay;
use super::dialog::{Dialog, Form, field};
use crate::domain::alert::Severity;
use crate::domain::ids::AlertId;
use crate::domain::incident::Sev;
use crate::domain::text::inert;
use crate::model::Command;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};

struct Declare {
    alerts: Vec<AlertId>,
}

/// The title begins as what the first alert says of itself.
pub fn open(alerts: Vec<AlertId>, view: &View) -> Box<dyn Overlay> {
    let first = alerts.first().and_then(|id| view.world.alerts.get(id));
    let title = first.map(|tracked| inert(tracked.alert.summary().unwrap_or(tracked.alert.name())).into_owned());
    let severity = match first.map(|tracked| tracked.severity) {
        Some(Severity::Critical) | None => "SEV2",
        Some(_) => "SEV3",
    };
    let fields = vec![field("title", title.unwrap_or_default()), field("severity", severity)];
    Box::new(Dialog::new(Declare { alerts }, fields))
}

impl Form for Declare {
    fn title(&self, _view: &View) -> String {
        "Declare an incident".to_owned()
    }

    fn verb(&self) -> String {
        "declare".to_owned()
    }

    fn facts(&self, _texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let about = match self.alerts.is_empty() {
            true => "It begins without an alert; L adds alerts later.".to_owned(),
            false => format!("From {}. The last hour of its services is taken in.", view.names_of(&self.alerts)),
        };
        let lead = format!("Lead: {}. SEV1 is the worst; when in doubt take the higher.", view.world.me.name);
        vec![(about, Role::Text), (lead, Role::Dim)]
    }

    fn submit(&self, texts: &[&str], _view: &View) -> Result<Vec<Reply>, String> {
        let severity: Sev = texts[1].parse()?;
        let title = texts[0].trim().to_owned();
        if title.is_empty() {
            return Err("An incident needs a title.".to_owned());
        }
        let ask = Command::Declare { title, severity, alerts: self.alerts.clone(), at: None };
        Ok(vec![Reply::Ask(ask), Reply::Unmark])
    }
}

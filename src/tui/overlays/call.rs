//! Having somebody called: whom, and what is said. It begins as what the selected alert, or else the incident, says of itself.

use super::dialog::{Dialog, Form, field};
use crate::domain::ids::AlertId;
use crate::domain::text::inert;
use crate::model::Command;
use crate::model::alerts::Tracked;
use crate::tui::panes::PaneId;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};

struct Call {
    about: Option<AlertId>,
}

pub fn open(view: &View) -> Reply {
    let Some((_, first)) = view.world.settings.pages.first() else {
        return Reply::Say("Nobody can be paged: `page` of a pagerduty or alertmanager source names whom.".to_owned());
    };
    let about = view.alert.filter(|_| view.focus == PaneId::Alerts || view.incident.is_none()).cloned();
    let alert = about.as_ref().and_then(|id| view.world.alerts.get(id)).map(|tracked| {
        let name = view.world.in_full(&tracked.alert.id);
        tracked.alert.summary().map_or_else(|| name.clone(), |summary| format!("{name}: {}", inert(summary)))
    });
    let text = alert.or_else(|| view.incident.map(|incident| format!("{}: {}", incident.label(), inert(&incident.title))));
    let whom = if view.world.settings.pages.len() == 1 { first.clone() } else { String::new() };
    Reply::Open(Box::new(Dialog::new(Call { about }, vec![field("whom", whom), field("text", text.unwrap_or_default())])))
}

impl Call {
    /// What is paged about says whether it is practice; the incident that is shown, where nothing is named.
    fn is_practice(&self, view: &View) -> bool {
        match &self.about {
            Some(id) => view.world.alerts.get(id).is_some_and(Tracked::is_drill),
            None => view.incident.is_some_and(|incident| incident.drill.is_some()),
        }
    }
}

impl Form for Call {
    fn title(&self, _view: &View) -> String {
        "Page somebody".to_owned()
    }

    fn verb(&self) -> String {
        "page".to_owned()
    }

    fn facts(&self, texts: &[&str], view: &View) -> Vec<(String, Role)> {
        let all: Vec<String> = view.world.settings.pages.iter().map(|(source, to)| format!("{source}/{}", inert(to))).collect();
        let who = match view.world.pager_of(texts[0].trim()) {
            Ok(_) if self.is_practice(view) => {
                ("DRILL: nobody is called; it is only written down that somebody would be.".to_owned(), Role::Warning)
            }
            Ok((source, to)) => {
                let kind = view.world.settings.source(&source).map_or("gone", |spec| spec.kind.as_str());
                (
                    format!("{} is called by {source} ({kind}), with exactly this text, as {}.", inert(&to), view.world.me.name),
                    Role::Text,
                )
            }
            Err(_) if texts[0].trim().is_empty() => ("Whom?".to_owned(), Role::Text),
            Err(why) => (why, Role::Warning),
        };
        let about = self.about.as_ref().map(|id| (format!("It is about {}.", view.name_of(id)), Role::Dim));
        let into = view.incident.map(|incident| (format!("It stands in the record of {}.", incident.label()), Role::Dim));
        let names = (format!("There are {}.", all.join(", ")), Role::Dim);
        [Some(who), about, into, Some(names)].into_iter().flatten().collect()
    }

    fn submit(&self, texts: &[&str], view: &View) -> Result<Vec<Reply>, String> {
        let (source, to) = view.world.pager_of(texts[0].trim())?;
        if texts[1].trim().is_empty() {
            return Err("What is wrong? A sentence is needed.".to_owned());
        }
        let (about, incident) = (self.about.clone(), view.incident.map(|incident| incident.id));
        Ok(vec![Reply::Ask(Command::Page { whom: format!("{source}/{to}"), text: texts[1].to_owned(), about, incident })])
    }
}

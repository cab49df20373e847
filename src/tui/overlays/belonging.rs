//! Which incidents an entry of the log belongs to.

use super::choice::{Choice, Item, item};
use super::incident::none_open;
use crate::domain::entry::{Amendment, Entry, Kind};
use crate::domain::ids::IncidentId;
use crate::domain::incident::Incident;
use crate::domain::text::inert;
use crate::model::Command;
use crate::tui::view::{Reply, View};

/// Of the incident that is shown and of all that are open, the entry is made part or taken out; what somebody wrote into the wrong one
/// is moved.
pub fn open(entry: &Entry, view: &View) -> Reply {
    let shown = view.incident.filter(|incident| incident.status.is_over());
    let items: Vec<Item> = shown.into_iter().chain(view.world.incidents.open()).flat_map(|one| items(entry, one)).collect();
    match items.is_empty() {
        true => none_open(view),
        false => Reply::Open(Box::new(Choice::new("The entry belongs to", items))),
    }
}

fn items(entry: &Entry, incident: &Incident) -> Vec<Item> {
    let (id, text) = (incident.id, format!("{} {} {}", incident.label(), incident.severity, inert(&incident.title)));
    if entry.incident == Some(id) {
        let why = format!("It was recorded in {}: it leaves that one by being moved to another.", incident.label());
        return vec![item(text, "it was recorded there", move || vec![Reply::Say(why.clone())])];
    }
    let belong = !incident.has_entry(entry);
    let link = |belong| Command::LinkEntries { incident: id, entries: vec![entry.id], belong };
    let (ask, undo) = (link(belong), link(!belong));
    let about = if belong { "make it part of that one too" } else { "it is part of it: take it out" };
    let one = item(text.clone(), about, move || vec![Reply::Ask(ask.clone()), Reply::Undo(undo.clone())]);
    let moved = entry.incident.filter(|_| belong && written(&entry.kind)).map(|from| {
        let to = |incident: IncidentId| Command::Correct {
            entry: entry.id,
            change: Amendment { incident: Some(incident), ..Amendment::default() },
        };
        let (ask, undo) = (to(id), to(from));
        item(text, "move it there", move || vec![Reply::Ask(ask.clone()), Reply::Undo(undo.clone())])
    });
    [one].into_iter().chain(moved).collect()
}

/// What happened in an incident stays where it happened; what somebody wrote may have gone into the wrong one.
fn written(kind: &Kind) -> bool {
    matches!(kind, Kind::Note | Kind::Decision | Kind::Hypothesis | Kind::Todo | Kind::Evidence)
}

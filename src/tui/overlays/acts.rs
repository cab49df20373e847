//! What can be done to alerts: a menu of the acts that their own systems have, each with its key. Invariant: an act is meant
//! for the alerts that were there when the menu was opened, whatever the queue does since.

use super::affected::{FEW, listed};
use super::doing;
use super::menu::{Choosable, Menu, looking};
use crate::domain::act::ActKind;
use crate::domain::ids::AlertId;
use crate::model::alerts::Tracked;
use crate::tui::action::Action;
use crate::tui::panes::alerts::act;
use crate::tui::theme::Role;
use crate::tui::view::{Reply, View};
use std::collections::BTreeSet;

pub fn open(alerts: Vec<AlertId>, view: &View) -> Reply {
    let choices: Vec<Choosable> =
        ours(&alerts, view).into_iter().chain(doing::ROWS.iter().filter_map(|row| theirs(row, &alerts, view))).collect();
    let title = format!("Act on {}", view.names_of(&alerts));
    Reply::Open(Box::new(Menu::new(title, move |view| facts(&alerts, view), choices)))
}

/// What of these alerts there is still something to do about.
fn facts(alerts: &[AlertId], view: &View) -> Vec<(String, Role)> {
    let sources: BTreeSet<_> = alerts.iter().map(|id| &id.source).collect();
    let named = |name| format!("{name} ({})", view.world.settings.source(name).map_or("gone", |spec| spec.kind.as_str()));
    let mut facts = vec![(format!("At {}:", sources.into_iter().map(named).collect::<Vec<_>>().join(", ")), Role::Dim)];
    if alerts.len() > 1 {
        facts.extend(listed(alerts, FEW, view));
    }
    let over = alerts.iter().filter(|id| is_over(id, view) && !doing::is_taken_for_over(id, view)).count();
    match (over, alerts.len()) {
        (0, _) => {}
        (_, 1) if doing::able(ActKind::Comment, alerts, view).is_empty() => {
            facts.push(("It has resolved: there is nothing left to do.".to_owned(), Role::Warning));
        }
        (_, 1) => facts.push(("It has resolved: a comment is all that can still be added.".to_owned(), Role::Warning)),
        (over, _) => facts.push((format!("{over} of them have resolved, and are left as they are."), Role::Warning)),
    }
    facts
}

fn is_over(id: &AlertId, view: &View) -> bool {
    view.world.alerts.get(id).is_none_or(|tracked| tracked.resolved_at.is_some())
}

/// The acts that have keys of their own in the queue, as far as they make sense.
fn ours(alerts: &[AlertId], view: &View) -> Vec<Choosable> {
    let open: Vec<&Tracked> = alerts.iter().filter(|id| !is_over(id, view)).filter_map(|id| view.world.alerts.get(id)).collect();
    let ours = |tracked: &&Tracked| view.world.alerts.ack(tracked, view.now.wall).is_some_and(|ack| ack.entry.is_some());
    let can = |tracked: &Tracked, kind| view.world.has_act(&tracked.alert.id.source, kind);
    let silenced = |tracked: &Tracked| view.world.alerts.silences_on(tracked).next().is_some();
    let rows = [
        (Action::Ack, "acknowledge", !open.is_empty()),
        (Action::Unack, "give the acknowledgement up", open.iter().any(ours)),
        (Action::Silence, "silence what is like it", open.iter().any(|it| can(it, ActKind::Silence))),
        (Action::Expire, "end a silence on it", open.iter().any(|it| can(it, ActKind::Expire) && silenced(it))),
    ];
    let one = |(action, text, _): (Action, &str, bool)| {
        let alerts = alerts.to_vec();
        looking(text, "", move |view| act(action, alerts.clone(), view)).keyed(view.keymap.key_of(action).as_str())
    };
    rows.into_iter().filter(|(.., makes_sense)| *makes_sense).map(one).collect()
}

/// One act of the alerts' own systems; `None` where none of these alerts can have it.
fn theirs(row: &'static doing::Row, alerts: &[AlertId], view: &View) -> Option<Choosable> {
    let able = doing::able(row.kind, alerts, view);
    if able.is_empty() {
        return None;
    }
    let others: BTreeSet<&str> =
        alerts.iter().filter(|id| !view.world.may(id, row.kind) && !able.contains(id)).map(|id| id.source.as_str()).collect();
    let others = others.into_iter().collect::<Vec<_>>().join(", ");
    let but = if others.is_empty() { String::new() } else { format!("{} of {}: {others} can't", able.len(), alerts.len()) };
    let choose = move |view: &View| doing::open(row, able.clone(), view);
    Some(looking(format!("{}: {}", row.kind.word(), row.about), but, choose).keyed(row.key))
}

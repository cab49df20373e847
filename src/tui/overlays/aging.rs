//! What is acknowledged and still fires, the oldest acknowledgement first: what was forgotten stands on top.

use super::choice::{Choice, item};
use crate::domain::text::inert;
use crate::model::alerts::{Ack, Tracked};
use crate::tui::time;
use crate::tui::view::{Reply, View};

pub fn open(view: &View) -> Reply {
    let aging = view.world.alerts.aging(view.now.wall);
    if aging.is_empty() {
        return Reply::Say("Nothing is acknowledged.".to_owned());
    }
    let items = aging.iter().map(|(tracked, ack)| {
        let id = tracked.alert.id.clone();
        let name = format!("{} {}", inert(tracked.alert.name()), inert(tracked.alert.target()));
        item(name.trim_end(), told(tracked, ack, view), move || vec![Reply::Open(super::alert::open(id.clone()))])
    });
    let items = items.collect();
    Reply::Open(Box::new(Choice::new(format!("Acknowledged: {}, the oldest first", aging.len()), items)))
}

/// `3h10m by ana, 12m left: looks at it (OPS-7)`.
fn told(tracked: &Tracked, ack: &Ack, view: &View) -> String {
    let age = time::age(time::since(ack.since.unwrap_or(tracked.episode), view.now.wall));
    let left = ack.until.map(|until| format!(", {} left", time::age(time::since(view.now.wall, until)))).unwrap_or_default();
    let reason = if ack.reason.is_empty() { String::new() } else { format!(": {}", inert(&ack.reason)) };
    let ticket = ack.ticket.as_ref().map(|ticket| format!(" ({})", inert(ticket))).unwrap_or_default();
    format!("{age} by {}{left}{reason}{ticket}", inert(&ack.by))
}

//! What would be lost, or would lapse, when this console is left.

use super::time;
use super::view::View;
use chrono::{DateTime, Utc};

/// A sentence each; none: it can be left without asking.
pub fn facts(view: &View) -> Vec<String> {
    unfinished(view).into_iter().chain(lapsing(view)).collect()
}

fn unfinished(view: &View) -> Option<String> {
    let count = view.world.requests.unsettled();
    (count > 0).then(|| format!("{count} requests have no outcome yet. What is recorded is taken up by the next console."))
}

/// Acknowledgements that live as short silences need somebody who extends them.
fn lapsing(view: &View) -> Option<String> {
    let world = view.world;
    if !world.watching || !world.settings.sources.iter().any(|source| source.carry.is_some()) {
        return None;
    }
    let ends: Vec<DateTime<Utc>> = world
        .alerts
        .queue()
        .filter_map(|tracked| world.alerts.ack(tracked, view.now.wall)?.entry)
        .filter_map(|ack| Some(world.outbox.carried(ack)?.1))
        .collect();
    let first = ends.iter().min()?;
    let at = time::until(*first, view.now.wall, view.zone);
    Some(format!("{} acks lapse on their source at {at} unless `midwatch serve` runs.", ends.len()))
}

//! What would be lost, or would lapse, when this console is left.

use super::time;
use super::view::View;
use crate::domain::settings::Carry;
use crate::domain::text::inert;
use chrono::{DateTime, Utc};

/// A sentence each; none: it can be left without asking.
pub fn facts(view: &View) -> Vec<String> {
    running(view).chain(unfinished(view)).chain(unsent(view)).chain(lapsing(view)).collect()
}

/// Commands end without this console, but then nobody watches them.
fn running(view: &View) -> impl Iterator<Item = String> {
    let runs = &view.world.runs;
    let held = runs.driven().filter_map(|run| Some((runs.get(run)?, runs.live(run)?.attempt.as_ref()?)));
    // Nobody waits for what was begun by itself.
    let held = held.filter(|(run, _)| !run.is_diagnosis());
    held.map(|(run, attempt)| {
        let title = run.record(&attempt.step).map_or(attempt.step.as_str(), |record| record.plan.title.as_str());
        format!("“{}” is running. It goes on without you; the next console takes up how it ended.", inert(title))
    })
}

fn unfinished(view: &View) -> Option<String> {
    let count = view.world.requests.unsettled();
    let which = if count == 1 { "1 request has".to_owned() } else { format!("{count} requests have") };
    (count > 0).then(|| format!("{which} no outcome yet. What is recorded is taken up by the next console."))
}

/// Another process that watches sends them, if there is one.
fn unsent(view: &View) -> Option<String> {
    let count = view.world.kept().count();
    let (which, them) = if count == 1 { ("1 act is".to_owned(), "it") } else { (format!("{count} acts are"), "them") };
    (view.world.watching && count > 0)
        .then(|| format!("{which} not sent yet: only an open console or `midwatch serve` sends {them}."))
}

/// Acknowledgements that live as short silences need somebody who extends them.
fn lapsing(view: &View) -> Option<String> {
    let world = view.world;
    if !world.watching || !world.settings.sources.iter().any(|source| matches!(source.carry, Some(Carry::Silence { .. }))) {
        return None;
    }
    let ends: Vec<DateTime<Utc>> = world
        .alerts
        .queue()
        .filter_map(|tracked| world.alerts.ack(tracked, view.now.wall)?.entry)
        .filter_map(|ack| world.outbox.carried(ack).filter(|carrier| !carrier.native).map(|carrier| carrier.until))
        .collect();
    let first = ends.iter().min()?;
    let at = time::until(*first, view.now.wall, view.zone);
    let what = if ends.len() == 1 {
        "1 ack lapses on its source".to_owned()
    } else {
        format!("{} acks lapse on their sources", ends.len())
    };
    Some(format!("{what} at {at} unless `midwatch serve` runs."))
}

//! What would be lost, or would lapse, when this console is left.

use super::time;
use crate::domain::settings::Carry;
use crate::domain::text::inert;
use crate::model::World;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// A sentence each; none: it can be left without asking.
pub fn facts(world: &World, zone: Tz) -> Vec<String> {
    running(world).chain(copying(world)).chain(unfinished(world)).chain(unsent(world)).chain(lapsing(world, zone)).collect()
}

/// Commands end without this console, but then nobody watches them.
fn running(world: &World) -> impl Iterator<Item = String> {
    let runs = &world.runs;
    let held = runs.driven().filter_map(|run| Some((runs.get(run)?, runs.live(run)?.attempt.as_ref()?)));
    // Nobody waits for what was begun by itself.
    let held = held.filter(|(run, _)| !run.is_diagnosis());
    held.map(|(run, attempt)| {
        let title = run.record(&attempt.step).map_or(attempt.step.as_str(), |record| record.plan.title.as_str());
        format!("“{}” is running. It goes on without you; the next console takes up how it ended.", inert(title))
    })
}

/// Its entry is written when it is whole.
fn copying(world: &World) -> Option<String> {
    match world.copying().count() {
        0 => None,
        1 => Some("1 file is being copied, and is not attached if you leave now.".to_owned()),
        many => Some(format!("{many} files are being copied, and are not attached if you leave now.")),
    }
}

fn unfinished(world: &World) -> Option<String> {
    let count = world.requests.unsettled().saturating_sub(world.copying().count());
    let which = if count == 1 { "1 request has".to_owned() } else { format!("{count} requests have") };
    (count > 0).then(|| format!("{which} no outcome yet. What is recorded is taken up by the next console."))
}

/// Another process that watches sends them, if there is one.
fn unsent(world: &World) -> Option<String> {
    let count = world.kept().count();
    let (which, them) = if count == 1 { ("1 act is".to_owned(), "it") } else { (format!("{count} acts are"), "them") };
    (world.watching && count > 0).then(|| format!("{which} not sent yet: only an open console or `midwatch serve` sends {them}."))
}

/// Acknowledgements that live as short silences need somebody who extends them.
fn lapsing(world: &World, zone: Tz) -> Option<String> {
    if !world.watching || !world.settings.sources.iter().any(|source| matches!(source.carry, Some(Carry::Silence { .. }))) {
        return None;
    }
    let ends: Vec<DateTime<Utc>> = world
        .alerts
        .queue()
        .filter_map(|tracked| world.alerts.ack(tracked, world.now.wall)?.entry)
        .filter_map(|ack| world.outbox.carried(ack).filter(|carrier| !carrier.native).map(|carrier| carrier.until))
        .collect();
    let first = ends.iter().min()?;
    let at = time::until(*first, world.now.wall, zone);
    let what = if ends.len() == 1 {
        "1 ack lapses on its source".to_owned()
    } else {
        format!("{} acks lapse on their sources", ends.len())
    };
    Some(format!("{what} at {at} unless `midwatch serve` runs."))
}

//! What the world shows of trouble: of each service that is bad what its alerts and its feeds say, and since when.

use super::evidence::{Sign, Watched};
use crate::domain::alert::Severity;
use crate::domain::health::FeedState;
use crate::domain::ids::ServiceName;
use crate::model::World;
use crate::model::alerts::Tracked;
use crate::model::health::FeedHealth;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Labels that say where something runs.
const WHERE: [&str; 8] = ["host", "hostname", "node", "nodename", "rack", "hypervisor", "zone", "availability_zone"];
/// Alerts of a service that are looked at: those that fired first.
const LOOKED_AT: usize = 5;
/// So many changes of state among the samples that are kept are no outage.
const FLAPS: usize = 5;

/// By the places of the services.
pub fn of(world: &World) -> BTreeMap<usize, Sign> {
    let alerts = world.alerts.in_trouble().filter_map(|name| Some((name, told(world, name)?)));
    let health = world.health.in_trouble().filter_map(|name| Some((name, measured(world, name)?)));
    let mut signs: BTreeMap<usize, Sign> = BTreeMap::new();
    for (name, sign) in alerts.chain(health) {
        if let Some(at) = world.settings.services.place(name.as_str()) {
            let both = match signs.remove(&at) {
                Some(known) => known.and(sign),
                None => sign,
            };
            signs.insert(at, both);
        }
    }
    signs
}

/// How a service is with which nothing is wrong.
pub fn watched(world: &World, at: usize) -> Watched {
    let states = world.health.of_service(&world.settings.services[at].name).map(|feed| feed.state.is_known());
    states.fold(Watched::No, |all, known| match (all, known) {
        (Watched::Unknown, _) | (_, false) => Watched::Unknown,
        (_, true) => Watched::Well,
    })
}

/// What its alerts say. Informational ones say nothing of trouble.
fn told(world: &World, name: &ServiceName) -> Option<Sign> {
    let (severity, since) = world.alerts.worst_in(name).filter(|(severity, _)| *severity > Severity::Info)?;
    let first: Vec<&Tracked> = world.alerts.firing_in(name, severity).take(LOOKED_AT).collect();
    let levels = Severity::ALL.into_iter().filter(|level| *level > Severity::Info);
    let begun = levels.filter_map(|level| world.alerts.firing_in(name, level).next()).map(|tracked| tracked.episode).min();
    let label = |tracked: &&Tracked, label: &str| Some((label.to_owned(), tracked.alert.labels.get(label)?.to_owned()));
    let shares = first.iter().flat_map(|tracked| WHERE.iter().filter_map(move |name| label(tracked, name))).collect();
    Some(Sign {
        since,
        begun: begun.unwrap_or(since),
        severity,
        measured: false,
        told: true,
        page: false,
        contradicted: false,
        flaps: first.iter().all(|tracked| tracked.flapping.is_some()),
        shares,
    })
}

/// What its feeds say.
fn measured(world: &World, name: &ServiceName) -> Option<Sign> {
    let is_bad = |feed: &&FeedHealth| feed.state >= FeedState::Degraded;
    let is_page = |feed: &FeedHealth| feed.spec.kind == "statuspage";
    let bad: Vec<&FeedHealth> = world.health.of_service(name).filter(is_bad).collect();
    let worst = bad.iter().map(|feed| feed.state).max()?;
    let since = |feed: &&&FeedHealth| feed.since.map(|at| at.wall);
    let began = |of: Option<FeedState>| -> Option<DateTime<Utc>> {
        bad.iter().filter(|feed| of.is_none_or(|state| feed.state == state)).filter_map(|feed| since(&feed)).min()
    };
    let measured = bad.iter().any(|feed| !is_page(feed));
    let mut own = world.health.of_service(name).filter(|feed| !is_page(feed)).peekable();
    Some(Sign {
        since: began(Some(worst))?,
        begun: began(None)?,
        severity: if worst == FeedState::Failing { Severity::Critical } else { Severity::Warning },
        measured,
        told: false,
        page: bad.iter().any(|feed| is_page(feed)),
        contradicted: !measured && own.peek().is_some() && own.all(|feed| feed.state == FeedState::Healthy),
        flaps: bad.iter().all(|feed| flaps(feed)),
        shares: Vec::new(),
    })
}

fn flaps(feed: &FeedHealth) -> bool {
    let bad = feed.history.iter().filter(|sample| sample.state.is_known()).map(|sample| sample.state >= FeedState::Degraded);
    let states: Vec<bool> = bad.collect();
    states.windows(2).filter(|pair| pair[0] != pair[1]).count() >= FLAPS
}

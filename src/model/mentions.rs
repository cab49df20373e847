//! Names that a note may mean: of alerts, services and people that are known here.

use super::World;
use crate::domain::entry::ActorKind;
use crate::domain::text::inert;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

/// The longest name that is offered, in bytes, and how many names.
const LONGEST: usize = 80;
const MOST: usize = 9;

/// The word at the end of what was typed: where it begins, and the names that begin so. An alert's name comes before the rarer ones;
/// its id (`prod/de77…`) is offered once the source is typed.
pub fn at(world: &World, typed: &str) -> (usize, Vec<String>) {
    let from = typed.trim_end_matches(|c: char| !c.is_whitespace() && !"(\"'!?+@,;".contains(c)).len();
    let word = &typed[from..];
    let mut names: Vec<String> = Vec::new();
    if !word.is_empty() {
        let services = world.settings.services.iter().map(|service| service.name.as_str());
        let known = people(world).into_iter().chain(services).filter(|name| begins(name, word)).map(str::to_owned);
        for name in known.chain(alerts(world, word)).filter(|name| can_be_typed(name)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.truncate(MOST);
    }
    (from, names)
}

/// The person whose name begins with all that was typed.
pub fn person(world: &World, typed: &str) -> (usize, Vec<String>) {
    let from = typed.len() - typed.trim_start().len();
    let begins = |name: &&str| from < typed.len() && begins(name, &typed[from..]) && can_be_typed(name);
    (from, people(world).into_iter().filter(begins).take(MOST).map(str::to_owned).collect())
}

/// Who did anything that the log still shows, who has a role in an open incident, and who owns a service.
pub fn people(world: &World) -> BTreeSet<&str> {
    let actors = world.log.entries().filter(|entry| entry.actor.kind == ActorKind::Person).map(|entry| entry.actor.name.as_str());
    let roles = world.incidents.open().flat_map(|incident| incident.lead.iter().chain(incident.roles.values()));
    let owners = world.settings.services.iter().filter_map(|service| service.owner.as_deref());
    actors.chain(roles.map(String::as_str)).chain(owners).chain([world.settings.operator.name.as_str()]).collect()
}

fn alerts(world: &World, word: &str) -> Vec<String> {
    let mut found: HashMap<String, usize> = HashMap::new();
    for tracked in world.alerts.queue() {
        let id = &tracked.alert.id;
        if begins(tracked.alert.name(), word) {
            *found.entry(tracked.alert.name().to_owned()).or_default() += 1;
        }
        if begins(word, id.source.as_str()) && begins(&id.to_string(), word) {
            *found.entry(id.to_string()).or_default() += 1;
        }
    }
    let mut found: Vec<(String, usize)> = found.into_iter().collect();
    found.sort_by(|(one, few), (other, many)| many.cmp(few).then_with(|| one.cmp(other)));
    found.into_iter().map(|(name, _)| name).collect()
}

/// Whatever its case, and more than was typed.
fn begins(name: &str, typed: &str) -> bool {
    name.len() > typed.len() && name.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

fn can_be_typed(name: &str) -> bool {
    name.len() <= LONGEST && matches!(inert(name), Cow::Borrowed(_))
}

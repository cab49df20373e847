//! `midwatch alerts --group-by`: how many alerts share a service, a name or a label's value, and how they stand.

use super::super::{Globals, out};
use crate::domain::alert::Severity;
use crate::domain::millis;
use crate::model::World;
use crate::model::alerts::{State, Tracked};
use crate::model::groups::By;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// `service`, `name`, or a label.
pub fn by(word: &str) -> Result<By, String> {
    match word {
        "" => Err("service, name, or a label".to_owned()),
        "service" => Ok(By::Service),
        "name" => Ok(By::Name),
        label => Ok(By::Label(label.to_owned())),
    }
}

/// Those that have this in common, the one that needs somebody most first.
pub struct Group<'a> {
    /// Empty for alerts that have none.
    key: &'a str,
    members: Vec<&'a Tracked>,
}

impl Group<'_> {
    fn worst(&self) -> Severity {
        self.members.iter().map(|tracked| tracked.severity).max().unwrap_or(Severity::Unknown)
    }

    fn count(&self, state: State) -> usize {
        self.members.iter().filter(|tracked| tracked.state == state).count()
    }
}

/// In the order of their first alerts: those are in the order of the queue.
pub fn grouped<'a>(alerts: &[&'a Tracked], by: &By) -> Vec<Group<'a>> {
    let (mut groups, mut places): (Vec<Group>, BTreeMap<&str, usize>) = (Vec::new(), BTreeMap::new());
    for tracked in alerts {
        let key = by.of(tracked);
        let place = *places.entry(key).or_insert_with(|| {
            groups.push(Group { key, members: Vec::new() });
            groups.len() - 1
        });
        groups[place].members.push(tracked);
    }
    groups
}

pub fn table(globals: &Globals, world: &World, groups: &[Group], by: &By) -> String {
    let row = |group: &Group| {
        let oldest = group.members.iter().map(|tracked| tracked.episode).min().unwrap_or(world.now.wall);
        vec![
            group.worst().word().to_owned(),
            group.members.len().to_string(),
            group.count(State::Firing).to_string(),
            group.count(State::Acknowledged).to_string(),
            out::age((world.now.wall - oldest).to_std().unwrap_or_default()),
            if group.key.is_empty() { "-".to_owned() } else { group.key.to_owned() },
        ]
    };
    let rows: Vec<Vec<String>> = groups.iter().map(row).collect();
    let heading = by.word().to_uppercase();
    out::painted(globals, &["SEVERITY", "ALERTS", "FIRING", "ACKED", "OLDEST", &heading], &rows)
}

pub fn document(groups: &[Group]) -> Vec<Value> {
    let states = |group: &Group| {
        let each = State::ALL.into_iter().map(|state| (state.word().to_owned(), Value::from(group.count(state))));
        Value::Object(each.collect())
    };
    let one = |group: &Group| {
        json!({
            "key": Some(group.key).filter(|key| !key.is_empty()),
            "alerts": group.members.len(),
            "severity": group.worst(),
            "states": states(group),
            "oldest": group.members.iter().map(|tracked| tracked.episode).min().map(millis::text),
            "members": group.members.iter().map(|tracked| tracked.alert.id.to_string()).collect::<Vec<_>>(),
        })
    };
    groups.iter().map(one).collect()
}

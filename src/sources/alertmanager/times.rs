//! Which receivers are told of something at certain times only, by the configuration that an Alertmanager runs with. Whether that is now
//! it alone can say, and says it too late for whoever wants somebody called.

use super::peer::Peer;
use crate::domain::node::{Node, Problems, Value};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Status {
    config: Config,
}

#[derive(Deserialize)]
struct Config {
    original: String,
}

/// The names of the time intervals on the ways to each receiver; nothing where the server doesn't tell.
pub async fn of(peer: Peer<'_>) -> BTreeMap<String, Vec<String>> {
    if !peer.source.has_status {
        return BTreeMap::new();
    }
    let status = peer.read("status", "a status", |text| serde_json::from_str::<Status>(text)).await;
    status.map(|status| read(&status.value.config.original)).unwrap_or_default()
}

fn read(config: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let root = Node::parse(config, &mut Problems::default());
    if let Some(route) = root.as_ref().and_then(|root| field(root, "route")) {
        walk(route, "", &mut found);
    }
    found
}

/// A route without a receiver has that of the one above it; intervals are its own.
fn walk(route: &Node, above: &str, found: &mut BTreeMap<String, Vec<String>>) {
    let receiver = field(route, "receiver").and_then(text).unwrap_or(above);
    let named = ["mute_time_intervals", "active_time_intervals"].into_iter().filter_map(|key| field(route, key)).flat_map(items);
    let names: Vec<String> = named.filter_map(text).map(str::to_owned).collect();
    if !names.is_empty() {
        found.entry(receiver.to_owned()).or_default().extend(names);
    }
    field(route, "routes").into_iter().flat_map(items).for_each(|below| walk(below, receiver, found));
}

fn field<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let Value::Map(fields) = &node.value else { return None };
    fields.iter().find(|(key, _)| key.text == name).map(|(_, value)| value)
}

fn items(node: &Node) -> &[Node] {
    if let Value::Seq(items) = &node.value { items } else { &[] }
}

fn text(node: &Node) -> Option<&str> {
    if let Value::Scalar { text, .. } = &node.value { Some(text) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_intervals_of_each_receiver_are_found_on_every_way_to_it() {
        let config = "route:\n  receiver: ops\n  routes:\n  - receiver: db\n    mute_time_intervals: [nights]\n    routes:\n    \
                      - matchers: ['a=\"b\"']\n      active_time_intervals: [office, weekends]\n  - matchers: ['c=\"d\"']\n";
        let found = read(config);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["db"]);
        assert_eq!(found["db"], ["nights", "office", "weekends"]);
        assert!(read("route: {receiver: ops}").is_empty() && read("<secret>").is_empty() && read(": : :").is_empty());
    }
}

//! Which other machine each source and feed asks, as far as its configuration names one: an address, a URL, or a source that it asks.
//! What it names several of it asks the first of.

use crate::domain::node::{Node, Value};
use crate::domain::settings::Hosts;
use std::collections::BTreeMap;
use std::net::IpAddr;
use url::{Host, Url};

/// Keys whose value is an address without a scheme.
const ADDRESSES: [&str; 4] = ["address", "host", "server", "resolver"];

pub fn of(sources: Option<&Node>, feeds: Option<&Node>) -> Hosts {
    let sources: BTreeMap<String, String> = each(sources).filter_map(|(name, node)| Some((name, host(node)?))).collect();
    let asks = |node: &Node| field(node, "source").and_then(text).and_then(|name| sources.get(name).cloned());
    let feeds = each(feeds).filter_map(|(name, node)| Some((name.as_str().into(), host(node).or_else(|| asks(node))?)));
    Hosts { feeds: feeds.collect(), sources: sources.iter().map(|(name, host)| (name.as_str().into(), host.clone())).collect() }
}

/// The items with a name.
fn each(list: Option<&Node>) -> impl Iterator<Item = (String, &Node)> {
    let items = list.map(super::list::items).unwrap_or_default();
    items.iter().filter_map(|item| Some((field(item, "name").and_then(text)?.to_owned(), item)))
}

fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Scalar { text, .. } => Some(text),
        _ => None,
    }
}

/// At any depth: what a kind is configured by stands below its name.
fn field<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    let Value::Map(pairs) = &node.value else { return None };
    let here = pairs.iter().find(|(key, _)| key.text == name).map(|(_, node)| node);
    here.or_else(|| pairs.iter().find_map(|(_, node)| field(node, name)))
}

/// The first other machine that is named.
fn host(node: &Node) -> Option<String> {
    match &node.value {
        Value::Map(pairs) => pairs.iter().find_map(|(key, node)| match text(node) {
            Some(text) if ADDRESSES.contains(&key.text.as_str()) => url(text).or_else(|| bare(text)),
            _ => host(node),
        }),
        Value::Seq(items) => items.iter().find_map(host),
        Value::Scalar { text, .. } => url(text),
        Value::Null => None,
    }
}

fn url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| url.has_host() && text.contains("://"))?;
    match url.host()? {
        Host::Domain(name) => remote(name),
        Host::Ipv4(address) => remote(&address.to_string()),
        Host::Ipv6(address) => remote(&address.to_string()),
    }
}

/// `db-1:5432`, `db-1`, `[::1]:80`.
fn bare(text: &str) -> Option<String> {
    let host = match text.parse::<IpAddr>() {
        Ok(_) => text,
        Err(_) => text.rsplit_once(':').map_or(text, |(host, _)| host).trim_start_matches('[').trim_end_matches(']'),
    };
    (!host.contains('/')).then(|| remote(host)).flatten()
}

/// This machine always answers itself.
fn remote(host: &str) -> Option<String> {
    let own = host == "localhost" || host.ends_with(".localhost");
    let own = own || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback() || address.is_unspecified());
    (!own && !host.is_empty()).then(|| host.to_lowercase())
}

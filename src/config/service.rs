//! The catalogue of services: names, matchers, whom and where to look, and dependencies that exist and never lead back.

use super::list::{self, Names};
use crate::domain::catalogue::{Catalogue, Service};
use crate::domain::ids::{PlaybookId, ServiceName};
use crate::domain::matcher::{LabelSet, Matcher};
use crate::domain::node::{FieldSpec, Fields, Node, Problems, Span};
use std::collections::HashMap;

/// A service, and where the names stand that it names.
struct Placed {
    service: Service,
    needs: Vec<Span>,
    books: Vec<Span>,
}

/// The services, and the playbooks that they name: what is in the library is known to others.
pub fn read(node: Option<&Node>, problems: &mut Problems) -> (Catalogue, Vec<(PlaybookId, Span)>) {
    let mut names = Names::of("service");
    let services = list::each(node, problems, |node, problems| one(node, &mut names, problems));
    dependencies(&services, problems);
    let books = services.iter().flat_map(|placed| placed.service.playbooks.iter().cloned().zip(placed.books.iter().copied()));
    let books = books.collect();
    (services.into_iter().map(|placed| placed.service).collect(), books)
}

/// The service that the node names.
pub fn named(node: &Node, services: &[Service], problems: &mut Problems) -> Option<ServiceName> {
    let text = node.text(problems)?;
    let found = services.iter().find(|service| service.name.as_str() == text).map(|service| service.name.clone());
    if found.is_none() {
        unknown(node.span, text, services.iter(), problems);
    }
    found
}

fn unknown<'a>(span: Span, text: &str, services: impl Iterator<Item = &'a Service>, problems: &mut Problems) {
    let names: Vec<&str> = services.map(|service| service.name.as_str()).collect();
    problems.unknown(span, "service", text, &names);
}

#[rustfmt::skip]
pub const SERVICE: &[FieldSpec] = &[
    FieldSpec::new("name", "without spaces; alerts whose label `service` is this name belong to it", "needed"),
    FieldSpec::new("tier", "1 (most important) to 9", "none"),
    FieldSpec::new("owner", "who answers for it", "none"),
    FieldSpec::new("depends_on", "names of services, one or a list; never in a circle. While something as bad fires in one of them, alerts of this service are its symptoms", "none"),
    FieldSpec::new("alerts", "labels and what they must be: all must match. A value is equal, `~` begins an anchored regular expression. The first service that matches has the alert", "none"),
    FieldSpec::new("fault_domain", "what takes all down that share it, a rack or a zone: a name or a list", "none"),
    FieldSpec::new("contacts", "whom to turn to, the first of all first: a text or a list", "none"),
    FieldSpec::new("dashboards", "addresses of pages that show how it is, one or a list", "none"),
    FieldSpec::new("playbooks", "ids of playbooks for it, besides those that name it in their own `services`; `check` knows whether they are in the library", "none"),
    FieldSpec::new("vendor", "`true`: run by somebody else", "`false`"),
    FieldSpec::new("drill", "`true`: drills may break it on purpose", "`false`"),
];

fn one(node: &Node, names: &mut Names, problems: &mut Problems) -> Option<Placed> {
    let fields = node.fields(&FieldSpec::keys(SERVICE), problems)?;
    let name = fields.need("name", problems).and_then(|node| names.take(node, problems));
    let mut flag = |key| fields.get(key).and_then(|node| node.bool(problems)).unwrap_or(false);
    let (vendor, drill) = (flag("vendor"), flag("drill"));
    let (tier, owner) = (fields.get("tier"), fields.get("owner"));
    let (tier, owner) = (tier.and_then(|node| self::tier(node, problems)), owner.and_then(|node| list::label(node, problems)));
    let alerts = fields.get("alerts").and_then(|node| matchers(node, problems)).unwrap_or_default();
    let fault_domains = several(&fields, "fault_domain", problems, list::label);
    let contacts = several(&fields, "contacts", problems, list::label);
    let dashboards = several(&fields, "dashboards", problems, address);
    let (depends_on, needs) = several(&fields, "depends_on", problems, placed).into_iter().unzip();
    let (playbooks, books) = several(&fields, "playbooks", problems, placed).into_iter().unzip();
    let name = name?.as_str().into();
    let service =
        Service { name, tier, owner, depends_on, fault_domains, alerts, dashboards, contacts, playbooks, vendor, drill };
    Some(Placed { service, needs, books })
}

/// One of something, or a list.
fn several<T>(fields: &Fields, key: &str, problems: &mut Problems, read: impl Fn(&Node, &mut Problems) -> Option<T>) -> Vec<T> {
    let nodes = fields.get(key).map(list::items).unwrap_or_default();
    nodes.iter().filter_map(|node| read(node, problems)).collect()
}

/// A name, and where it stands: what it names is looked up when everything has been read.
fn placed<T: for<'a> From<&'a str>>(node: &Node, problems: &mut Problems) -> Option<(T, Span)> {
    Some((node.text(problems)?.into(), node.span))
}

fn address(node: &Node, problems: &mut Problems) -> Option<String> {
    node.read("an address such as https://host/path", problems, list::address)
}

fn tier(node: &Node, problems: &mut Problems) -> Option<u8> {
    node.read("a tier from 1 (most important) to 9", problems, |text| text.parse().ok().filter(|tier| (1..=9).contains(tier)))
}

fn matchers(node: &Node, problems: &mut Problems) -> Option<LabelSet> {
    let pairs = node.map(problems)?;
    let matchers = pairs.iter().filter_map(|(key, node)| Some((key.text.clone(), matcher(node, problems)?)));
    Some(LabelSet(matchers.collect()))
}

fn matcher(node: &Node, problems: &mut Problems) -> Option<Matcher> {
    let parsed = Matcher::parse(node.text(problems)?);
    // The expression is quoted below the message anyway; the last line says what is wrong with it.
    let wrong = |error: String| format!("not a regular expression: {}", error.lines().last().unwrap_or_default());
    parsed.map_err(|error| problems.error(node.span, wrong(error))).ok()
}

/// Every dependency is there, and none leads back to where it began.
fn dependencies(services: &[Placed], problems: &mut Problems) {
    let at: HashMap<&str, usize> = services.iter().enumerate().map(|(i, placed)| (placed.service.name.as_str(), i)).collect();
    let mut edges = vec![Vec::new(); services.len()];
    for (i, placed) in services.iter().enumerate() {
        for (name, span) in placed.service.depends_on.iter().zip(&placed.needs) {
            match at.get(name.as_str()) {
                Some(to) => edges[i].push((*to, *span)),
                None => unknown(*span, name.as_str(), services.iter().map(|placed| &placed.service), problems),
            }
        }
    }
    cycles(services, &edges, problems);
}

#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Never,
    OnPath,
    Done,
}

/// Depth first, with a path of its own: a catalogue may be long.
fn cycles(services: &[Placed], edges: &[Vec<(usize, Span)>], problems: &mut Problems) {
    let mut seen = vec![Seen::Never; services.len()];
    for start in 0..services.len() {
        let mut path = Vec::new();
        if seen[start] == Seen::Never {
            seen[start] = Seen::OnPath;
            path.push((start, 0));
        }
        while let Some((at, next)) = path.last_mut() {
            let Some((to, span)) = edges[*at].get(*next).copied() else {
                seen[*at] = Seen::Done;
                path.pop();
                continue;
            };
            *next += 1;
            match seen[to] {
                Seen::Never => {
                    seen[to] = Seen::OnPath;
                    path.push((to, 0));
                }
                Seen::OnPath => cycle(services, &path, to, span, problems),
                Seen::Done => {}
            }
        }
    }
}

fn cycle(services: &[Placed], path: &[(usize, usize)], to: usize, span: Span, problems: &mut Problems) {
    let round = path.iter().map(|(at, _)| *at).skip_while(|at| *at != to).chain([to]);
    let names: Vec<&str> = round.map(|at| services[at].service.name.as_str()).collect();
    problems.error(span, format!("`{}` depends on itself: {}", names[0], names.join(" → ")));
}

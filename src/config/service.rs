//! The catalogue of services: names, matchers, and dependencies that exist and never lead back.

use super::list::{self, Names};
use crate::domain::ids::ServiceName;
use crate::domain::matcher::{LabelSet, Matcher};
use crate::domain::node::{Node, Problems, Span};
use crate::domain::settings::Service;
use std::collections::HashMap;

/// Services, and of each the places of its `depends_on`.
type Placed = (Service, Vec<Span>);

pub fn read(node: Option<&Node>, problems: &mut Problems) -> Vec<Service> {
    let mut names = Names::of("service");
    let services = list::each(node, problems, |node, problems| one(node, &mut names, problems));
    dependencies(&services, problems);
    services.into_iter().map(|(service, _)| service).collect()
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

fn one(node: &Node, names: &mut Names, problems: &mut Problems) -> Option<Placed> {
    let fields = node.fields(&["name", "tier", "depends_on", "alerts", "vendor", "drill"], problems)?;
    let name = fields.need("name", problems).and_then(|node| names.take(node, problems));
    let tier = fields.get("tier").and_then(|node| tier(node, problems));
    let vendor = fields.get("vendor").and_then(|node| node.bool(problems)).unwrap_or(false);
    let drill = fields.get("drill").and_then(|node| node.bool(problems)).unwrap_or(false);
    let alerts = fields.get("alerts").and_then(|node| matchers(node, problems)).unwrap_or_default();
    let wanted = fields.get("depends_on").map(list::items).unwrap_or_default();
    let wanted = wanted.iter().filter_map(|node| Some((node.text(problems)?.into(), node.span)));
    let (depends_on, places) = wanted.unzip();
    Some((Service { name: name?.as_str().into(), tier, depends_on, alerts, vendor, drill }, places))
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
    let at: HashMap<&str, usize> = services.iter().enumerate().map(|(i, (service, _))| (service.name.as_str(), i)).collect();
    let mut edges = vec![Vec::new(); services.len()];
    for (i, (service, places)) in services.iter().enumerate() {
        for (name, span) in service.depends_on.iter().zip(places) {
            match at.get(name.as_str()) {
                Some(to) => edges[i].push((*to, *span)),
                None => unknown(*span, name.as_str(), services.iter().map(|(service, _)| service), problems),
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
    let names: Vec<&str> = round.map(|at| services[at].0.name.as_str()).collect();
    problems.error(span, format!("`{}` depends on itself: {}", names[0], names.join(" → ")));
}

//! Whom incidents are told to, and how often. Where updates are written beside alerts they go by the alerts' own source.

use super::items::{self, Kinds, Made};
use super::list::{self, Names};
use crate::domain::act::ActKind;
use crate::domain::ids::SourceName;
use crate::domain::incident::Sev;
use crate::domain::node::{FieldSpec, Node, Problems, Value};
use crate::domain::update::{Destination, Every, Updates};
use std::ops::RangeInclusive;
use std::time::Duration;

const EVERY: RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(7 * 86_400);
/// The one kind that is no system of its own.
const COMMENT: &str = "comment";

/// What every destination has besides its kind.
pub const DESTINATION: &[FieldSpec] = &[FieldSpec::new("name", "without spaces; as no source is called", "needed")];

/// A map, or the destinations alone.
pub fn read<S, F, T>(
    node: Option<&Node>,
    kinds: &Kinds<S, F, T>,
    sources: &[Made<S>],
    problems: &mut Problems,
) -> (Updates, Vec<(SourceName, T)>) {
    let Some(node) = node else { return Default::default() };
    if !matches!(node.value, Value::Map(_)) {
        let (to, tellers) = destinations(Some(node), kinds, sources, problems);
        return (Updates { to, ..Updates::default() }, tellers);
    }
    let Some(fields) = node.fields(&["every", "to"], problems) else { return Default::default() };
    let every = fields.get("every").map(|node| every(node, problems)).unwrap_or_default();
    let (to, tellers) = destinations(fields.get("to"), kinds, sources, problems);
    (Updates { every, to }, tellers)
}

/// One time for all, `off`, or either of them for each severity that is named.
fn every(node: &Node, problems: &mut Problems) -> Every {
    if !matches!(node.value, Value::Map(_)) {
        return interval(node, problems).map(Every::always).unwrap_or_default();
    }
    let words = Sev::ALL.map(|severity| severity.to_string());
    let Some(fields) = node.fields(&words.each_ref().map(String::as_str), problems) else { return Every::default() };
    Sev::ALL.into_iter().zip(&words).fold(Every::default(), |all, (severity, word)| {
        let named = fields.get(word).and_then(|node| interval(node, problems));
        named.map_or(all, |every| all.but(severity, every))
    })
}

fn interval(node: &Node, problems: &mut Problems) -> Option<Option<Duration>> {
    match &node.value {
        Value::Scalar { text, .. } if text == "off" => Some(None),
        _ => list::time(Some(node), EVERY, problems).map(Some),
    }
}

fn destinations<S, F, T>(
    node: Option<&Node>,
    kinds: &Kinds<S, F, T>,
    sources: &[Made<S>],
    problems: &mut Problems,
) -> (Vec<Destination>, Vec<(SourceName, T)>) {
    let known: Vec<&str> = kinds.tellers.iter().map(|kind| kind.name).chain([COMMENT]).collect();
    let mut names = Names::of("destination");
    let all = list::each(node, problems, |node, problems| {
        let item = items::item(node, &FieldSpec::keys(DESTINATION), &known, &mut names, problems)?;
        let (name, kind) = (SourceName::new(item.name.as_str()), known[item.kind].to_owned());
        if item.name == "none" || sources.iter().any(|source| source.spec.name == name) {
            problems.error(node.span, format!("`{name}` means something else already: give the destination another name"));
        }
        match kinds.tellers.get(item.kind) {
            Some(known) => {
                let teller = (known.parse)(item.node, problems)?;
                Some((Destination { name: name.clone(), kind, beside: None }, Some((name, teller))))
            }
            None => {
                let beside = Some(beside(item.node, sources, problems)?);
                Some((Destination { name, kind, beside }, None))
            }
        }
    });
    let (to, tellers): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    (to, tellers.into_iter().flatten().collect())
}

/// `{source: pager}`: a source whose system takes comments.
fn beside<S>(node: &Node, sources: &[Made<S>], problems: &mut Problems) -> Option<SourceName> {
    let source = node.fields(&["source"], problems)?.need("source", problems)?;
    let name = source.text(problems)?;
    let takes = |made: &&Made<S>| made.spec.acts.contains(&ActKind::Comment);
    let fitting: Vec<&str> = sources.iter().filter(takes).map(|made| made.spec.name.as_str()).collect();
    if let Some(made) = sources.iter().find(|made| made.spec.name.as_str() == name)
        && !takes(&made)
    {
        problems.error(source.span, format!("{name} ({}) takes no comments", made.spec.kind));
        return None;
    }
    if !fitting.contains(&name) {
        problems.unknown(source.span, "source", name, &fitting);
        return None;
    }
    Some(SourceName::new(name))
}

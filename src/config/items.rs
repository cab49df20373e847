//! Sources and feeds: what every item has in common, and the one key that says its kind.

use super::list::{self, Names};
use crate::domain::act::ActKind;
use crate::domain::catalogue::Service;
use crate::domain::health::{Confirm, FeedSpec, Votes};
use crate::domain::ids::SourceName;
use crate::domain::node::{FieldSpec, Fields, Node, Problems, Value};
use crate::domain::settings::{Carry, SourceSpec};
use crate::domain::{practice, scenario};
use crate::ports::Endpoint;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

/// What a kind made of one source, and what the rest must know of it.
pub struct ParsedSource<S> {
    pub source: S,
    pub acts: Vec<ActKind>,
    pub carry: Option<Carry>,
    /// Where it answers queries for feeds that name it.
    pub queries: Option<Endpoint>,
    /// What it is instead where no source of another kind is.
    pub alone: Option<S>,
}

type ParseSource<S> = Box<dyn Fn(&SourceName, &Node, &mut Problems) -> Option<ParsedSource<S>>>;
type ParseTeller<T> = Box<dyn Fn(&Node, &mut Problems) -> Option<T>>;
type ParseFeed<F> = Box<dyn Fn(&str, &Node, &BTreeMap<SourceName, Endpoint>, &mut Problems) -> Option<F>>;

type JudgeKeys = fn(&[(String, Vec<String>)]) -> Vec<(usize, String)>;

/// A kind of source: the key that selects it, and the reader of what stands under that key.
pub struct SourceKind<S> {
    pub name: &'static str,
    pub parse: ParseSource<S>,
}

/// A kind of feed.
pub struct FeedKind<F> {
    pub name: &'static str,
    pub parse: ParseFeed<F>,
}

/// A kind of destination of updates.
pub struct TellerKind<T> {
    pub name: &'static str,
    pub parse: ParseTeller<T>,
}

/// Everything that a configuration may name and that is defined elsewhere.
pub struct Kinds<S, F, T> {
    pub sources: Vec<SourceKind<S>>,
    pub feeds: Vec<FeedKind<F>>,
    pub tellers: Vec<TellerKind<T>>,
    /// Actions that keys can be bound to.
    pub actions: Vec<&'static str>,
    /// Says what is wrong with the name of a key.
    pub key: fn(&str) -> Result<(), String>,
    /// Says which of the actions with their keys can't be had beside the others, by its number, and why.
    pub keys: JudgeKeys,
    /// Says what is wrong with a filter of the queue, and at which character.
    pub filter: fn(&str) -> Result<(), String>,
    /// Panes of the screen.
    pub panes: Vec<&'static str>,
    /// Themes that come with the program.
    pub themes: Vec<&'static str>,
}

/// One source, with what feeds need of it.
pub struct Made<S> {
    pub spec: SourceSpec,
    pub made: S,
    queries: Option<Endpoint>,
    alone: Option<S>,
}

/// What every source may have besides its kind.
#[rustfmt::skip]
pub const SOURCE: &[FieldSpec] = &[
    FieldSpec::new("name", "without spaces, and not `drill` or `practice`, which are the program's own; part of every alert's id", "needed"),
    FieldSpec::new("every", "how often it is asked, `100ms` to `1day`", "`15s`"),
    FieldSpec::new("timeout", "how long one answer may take, `10ms` to `10m`", "`10s`"),
];

/// And every feed.
#[rustfmt::skip]
pub const FEED: &[FieldSpec] = &[
    FieldSpec::new("name", "without spaces", "needed"),
    FieldSpec::new("service", "one of `services`", "none"),
    FieldSpec::new("every", "how often it is asked, `100ms` to `1day`", "`30s`"),
    FieldSpec::new("timeout", "how long one answer may take, `10ms` to `10m`", "`10s`, or `every` where that is shorter"),
    FieldSpec::new("confirm", "how many answers have to agree before the state changes: `3` in a row, `2 of 3`, or each way for itself, `{worse: 2 of 3, better: 5}`", "`1`"),
];

const SOURCE_EVERY: Duration = Duration::from_secs(15);
const FEED_EVERY: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(10);

const EVERY: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(86_400);
const PATIENCE: RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_secs(600);

pub fn sources<S, F, T>(node: Option<&Node>, kinds: &Kinds<S, F, T>, problems: &mut Problems) -> Vec<Made<S>> {
    let known: Vec<&str> = kinds.sources.iter().map(|kind| kind.name).collect();
    let mut names = Names::of("source");
    let mut all = list::each(node, problems, |node, problems| {
        let item = item(node, &FieldSpec::keys(SOURCE), &known, &mut names, problems)?;
        let every = list::time(item.fields.get("every"), EVERY, problems).unwrap_or(SOURCE_EVERY);
        let timeout = list::time(item.fields.get("timeout"), PATIENCE, problems).unwrap_or(TIMEOUT);
        let own = [(scenario::SOURCE, "of drills"), (practice::SOURCE, "that practice is overdue")];
        if let Some((name, what)) = own.into_iter().find(|(name, _)| item.name == *name) {
            let span = item.fields.get("name").map_or(node.span, |node| node.span);
            problems.error(span, format!("`{name}` is the source of the alerts {what}: call this one otherwise"));
            return None;
        }
        let name = SourceName::new(item.name);
        let parsed = (kinds.sources[item.kind].parse)(&name, item.node, problems)?;
        let kind = known[item.kind].to_owned();
        let spec = SourceSpec { name, kind, every, timeout, acts: parsed.acts, carry: parsed.carry };
        Some(Made { spec, made: parsed.source, queries: parsed.queries, alone: parsed.alone })
    });
    if all.windows(2).all(|two| two[0].spec.kind == two[1].spec.kind) {
        for one in &mut all {
            if let Some(alone) = one.alone.take() {
                one.made = alone;
            }
        }
    }
    all
}

pub fn feeds<S, F, T>(
    node: Option<&Node>,
    kinds: &Kinds<S, F, T>,
    sources: &[Made<S>],
    services: &[Service],
    problems: &mut Problems,
) -> Vec<(FeedSpec, F)> {
    let known: Vec<&str> = kinds.feeds.iter().map(|kind| kind.name).collect();
    let queries = sources.iter().filter_map(|source| Some((source.spec.name.clone(), source.queries.clone()?))).collect();
    let mut names = Names::of("feed");
    list::each(node, problems, |node, problems| {
        let item = item(node, &FieldSpec::keys(FEED), &known, &mut names, problems)?;
        let every = list::time(item.fields.get("every"), EVERY, problems).unwrap_or(FEED_EVERY);
        let timeout = list::time(item.fields.get("timeout"), PATIENCE, problems).unwrap_or(TIMEOUT.min(every));
        let service = item.fields.get("service").and_then(|node| super::service::named(node, services, problems));
        let made = (kinds.feeds[item.kind].parse)(&item.name, item.node, &queries, problems)?;
        let confirm = item.fields.get("confirm").and_then(|node| confirm(node, problems)).unwrap_or_default();
        let spec = FeedSpec { service, confirm, ..FeedSpec::new(item.name.as_str(), known[item.kind], every, timeout) };
        Some((spec, made))
    })
}

/// How often for both ways, or for each: `3`, `2 of 3`, `{worse: 2 of 3, better: 5}`.
fn confirm(node: &Node, problems: &mut Problems) -> Option<Confirm> {
    let votes = |node: &Node, problems: &mut Problems| {
        let what = format!("a number of answers up to {0}, such as 3 or 2 of 3", Votes::MOST);
        node.read(&what, problems, Votes::parse)
    };
    if !matches!(node.value, Value::Map(_)) {
        return votes(node, problems).map(|both| Confirm { worse: both, better: both });
    }
    let fields = node.fields(&["worse", "better"], problems)?;
    let [worse, better] =
        ["worse", "better"].map(|way| fields.get(way).and_then(|node| votes(node, problems)).unwrap_or_default());
    Some(Confirm { worse, better })
}

/// One item, with its kind found.
pub struct Item<'a> {
    /// Empty where it is wrong, so that the rest of the item is judged all the same.
    pub name: String,
    fields: Fields<'a>,
    /// Index among the known kinds.
    pub kind: usize,
    /// What stands under the kind's key.
    pub node: &'a Node,
}

pub fn item<'a>(node: &'a Node, common: &[&str], kinds: &[&str], names: &mut Names, problems: &mut Problems) -> Option<Item<'a>> {
    let before = problems.list.len();
    let fields = node.fields(&[kinds, common].concat(), problems)?;
    let strangers = problems.list.len() > before;
    let name = fields.need("name", problems).and_then(|node| names.take(node, problems));
    let mut found = node.map(problems)?.iter().filter_map(|(key, node)| {
        let kind = kinds.iter().position(|kind| *kind == key.text)?;
        Some((key, kind, node))
    });
    let first = found.next();
    for (key, _, _) in found {
        let kind = first.map_or("", |(key, _, _)| key.text.as_str());
        problems.error(key.span, format!("an item has one kind, and this one is of kind `{kind}` already"));
    }
    if first.is_none() && !strangers {
        problems.error_with_help(node.span, "the kind is missing", format!("add one of: {}", kinds.join(", ")));
    }
    let (_, kind, node) = first?;
    Some(Item { name: name.unwrap_or_default(), fields, kind, node })
}

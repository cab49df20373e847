//! What TARGET means: an alert's id, its fingerprint, or a unique beginning of either; or everything that a filter holds for.

use super::Failure;
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::node::nearest;
use crate::domain::text::inert;
use crate::model::World;
use crate::model::alerts::{SourceState, Tracked};
use crate::model::filter::Filter;
use clap::Args;
use std::collections::BTreeSet;

/// So many alerts are named where one was to be.
const SHOWN: usize = 5;

#[derive(Debug, Args)]
pub struct Targets {
    /// Alert ids, fingerprints, or unique beginnings of either
    #[arg(value_name = "TARGET", required_unless_present = "filter")]
    pub targets: Vec<String>,
    /// Everything that this filter holds for, together with --yes
    #[arg(long, value_name = "EXPR", conflicts_with = "targets", requires = "yes", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Yes, all of them
    #[arg(long)]
    pub yes: bool,
}

impl Targets {
    /// # Errors
    /// A target names nothing or several alerts, or the filter is wrong or empty: an empty filter never means everything.
    pub fn resolve(&self, world: &World) -> anyhow::Result<Vec<AlertId>> {
        match &self.filter {
            Some(text) => by_filter(world, text),
            None => {
                let mut met = BTreeSet::new();
                let ids: Vec<AlertId> = self.targets.iter().map(|target| one(world, target)).collect::<anyhow::Result<_>>()?;
                Ok(ids.into_iter().filter(|id| met.insert(id.clone())).collect())
            }
        }
    }
}

fn by_filter(world: &World, text: &str) -> anyhow::Result<Vec<AlertId>> {
    let filter = filter(text)?;
    if filter.is_empty() {
        return Err(Failure::usage("an empty filter would mean every alert: name what you mean").into());
    }
    let held = world.alerts.real().filter(|tracked| tracked.resolved_at.is_none() && filter.holds(world, tracked));
    let ids: Vec<AlertId> = held.map(|tracked| tracked.alert.id.clone()).collect();
    match (ids.is_empty(), filter.misnamed(world)) {
        (true, None) => Err(not_there(world, format!("no alert matches `{text}`")).into()),
        (true, Some(why)) => Err(not_there(world, format!("no alert matches `{text}`: {why}")).into()),
        // A slip in a name, negated, is everything.
        (false, Some(why)) => Err(not_there(world, format!("the filter `{text}` may not mean what it says: {why}")).into()),
        (false, None) => Ok(ids),
    }
}

/// # Errors
/// The filter is wrong: with the place of the mistake.
pub fn filter(text: &str) -> anyhow::Result<Filter> {
    if text.starts_with("--") {
        let why = format!("`{text}` stands where the filter is to be: write --filter 'severity:critical', or what you mean");
        return Err(Failure::usage(why).into());
    }
    Filter::parse(text).map_err(|mistake| {
        let caret = " ".repeat(mistake.at);
        Failure::usage(format!("the filter is wrong {mistake}\n  {text}\n  {caret}^")).into()
    })
}

/// # Errors
/// It names nothing or several alerts.
pub fn one(world: &World, target: &str) -> anyhow::Result<AlertId> {
    if target.is_empty() {
        return Err(Failure::usage("an empty target names no alert: `midwatch alerts` lists them").into());
    }
    let means = |id: &AlertId| id.to_string().starts_with(target) || id.fingerprint.as_str().starts_with(target);
    let exact = |id: &AlertId| id.to_string() == target || id.fingerprint.as_str() == target;
    // What only the journal knows to have ended untold is in no queue.
    let ids = || world.alerts.queue().map(|tracked| &tracked.alert.id).chain(world.alerts.untold_before(world.now.wall));
    let exactly: Vec<&AlertId> = ids().filter(|id| exact(id)).collect();
    let found: Vec<&AlertId> = if exactly.is_empty() { ids().filter(|id| means(id)).collect() } else { exactly };
    match found.as_slice() {
        [id] => Ok((*id).clone()),
        [] => Err(unknown_source(world, target).unwrap_or_else(|| not_there(world, nameless(world, target))).into()),
        several => {
            let told = listed(&several.iter().filter_map(|id| world.alerts.get(id)).collect::<Vec<_>>());
            Err(Failure::usage(format!("{} may mean {} alerts:{told}", inert(target), several.len())).into())
        }
    }
}

/// Several alerts may have one name, so none is a target: the ids of those that may be meant.
fn nameless(world: &World, target: &str) -> String {
    let mut names: Vec<&str> = world.alerts.names().map(|(name, _)| name).collect();
    names.sort_unstable();
    let same = names.iter().find(|name| name.eq_ignore_ascii_case(target)).copied();
    let shown = inert(target);
    let Some(name) = same.or_else(|| nearest(target, &names)) else {
        return format!("no alert has the id or fingerprint {shown}: `midwatch alerts` lists them");
    };
    let meant: Vec<&Tracked> = world.alerts.queue().filter(|tracked| tracked.alert.name() == name).collect();
    let ids = listed(&meant);
    // What a shell or a filter would read otherwise is not handed out to be pasted.
    let plain = name.chars().all(|c| c.is_alphanumeric() || " _.:-/".contains(c));
    let all = format!("; where an act takes a filter, --filter 'alertname=\"{name}\"' --yes means all of that name");
    let all = if plain { all } else { String::new() };
    format!("no alert has the id or fingerprint {shown}: write the id of one, or its beginning{all}:{ids}")
}

/// A line for each of the first ones, to choose by: its id, its name and where it is.
fn listed(alerts: &[&Tracked]) -> String {
    let line = |tracked: &Tracked| format!("{}  {} {}", tracked.alert.id, tracked.alert.name(), tracked.alert.target());
    let lines = alerts.iter().take(SHOWN).map(|tracked| format!("\n  {}", inert(&line(tracked)).trim_end()));
    let lines = lines.collect::<String>();
    if alerts.len() > SHOWN { format!("{lines}\n  and {} more", alerts.len() - SHOWN) } else { lines }
}

/// `SOURCE/ID` of a source that there isn't: whether the others answer has nothing to do with it.
pub fn unknown_source(world: &World, target: &str) -> Option<Failure> {
    let (name, _) = target.split_once('/')?;
    let known: Vec<&str> = world.alerts.sources().map(|(known, _)| known.as_str()).collect();
    let named = known.contains(&name) || world.alerts.queue().any(|tracked| tracked.alert.name() == target);
    (!named && !known.is_empty()).then(|| {
        let (name, known) = (inert(name), known.join(", "));
        Failure::usage(format!("{} names nothing here: no source is called {name}, there is {known}", inert(target)))
    })
}

/// What is not in the queue is not there, unless a source could not be asked: then nobody knows.
pub fn not_there(world: &World, message: String) -> Failure {
    let unasked = |(name, source): (&SourceName, &SourceState)| {
        let why = source.why.as_ref().or(source.missing.first())?;
        Some(format!("source {name}: {}", why.inert()))
    };
    let unasked: Vec<String> = world.alerts.sources().filter_map(unasked).collect();
    match unasked.is_empty() {
        true => Failure::usage(message),
        false => Failure::remote(format!("{message}\n  perhaps it is there: {}", unasked.join("; "))),
    }
}

//! What of the timeline is drawn where: spans of bad states, runs of steps, moments of changes and people.

use super::super::{Masks, Timeline};
use crate::domain::alert::Alert;
use crate::domain::entry::{ActorKind, Entry, Kind};
use crate::domain::health::FeedState;
use crate::domain::run::{StepEnd, StepState};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::hash::Hash;

pub struct Lane {
    pub name: &'static str,
    /// By their beginning.
    pub bars: Vec<Bar>,
}

pub struct Bar {
    pub from: DateTime<Utc>,
    /// `None`: it had not ended.
    pub to: Option<DateTime<Utc>>,
    pub class: &'static str,
    pub label: String,
}

/// Those in which there is something until then.
pub fn of(timeline: &Timeline, masks: &Masks, until: DateTime<Utc>) -> Vec<Lane> {
    let (mut alerts, mut feeds, mut steps) = (Spans::default(), Spans::default(), Spans::default());
    let (mut changes, mut people) = (Vec::new(), Vec::new());
    for line in timeline.lines.iter().take_while(|line| line.at <= until) {
        let (entry, at) = (&*line.entry, line.at);
        match entry.kind {
            Kind::AlertFired => alerts.begin(entry.alert.clone(), at, "alert", name_of(entry)),
            Kind::AlertResolved => drop(alerts.end(&entry.alert, at)),
            Kind::FeedChanged => feed(&mut feeds, entry, at),
            Kind::Console => source(&mut feeds, entry, at),
            Kind::StepIntent => steps.begin(attempt(entry), at, "running", step_of(entry)),
            Kind::StepEnded => {
                if let Some(bar) = steps.end(&attempt(entry), at) {
                    bar.class = ending(entry);
                }
            }
            Kind::Change => changes.push(Bar { from: at, to: Some(at), class: "change", label: line.text.clone() }),
            // That somebody sat down at a run is no deed.
            Kind::Run | Kind::RunDriver | Kind::RunResumed => {}
            _ if entry.actor.kind == ActorKind::Person => {
                let label = format!("{}: {}", masks.called(&entry.actor), line.text);
                people.push(Bar { from: at, to: Some(at), class: "person", label });
            }
            _ => {}
        }
    }
    let lanes = [("alerts", alerts.bars), ("feeds", feeds.bars), ("changes", changes), ("steps", steps.bars), ("people", people)];
    let named = |bar: Bar| Bar { label: masks.text(&bar.label).into_owned(), ..bar };
    let lane = |(name, bars): (_, Vec<Bar>)| Lane { name, bars: bars.into_iter().map(named).collect() };
    lanes.into_iter().filter(|(_, bars)| !bars.is_empty()).map(lane).collect()
}

/// Bars, and which of them have not ended.
struct Spans<K> {
    bars: Vec<Bar>,
    open: HashMap<K, usize>,
}

impl<K> Default for Spans<K> {
    fn default() -> Self {
        Self { bars: Vec::new(), open: HashMap::new() }
    }
}

impl<K: Eq + Hash> Spans<K> {
    fn begin(&mut self, key: K, at: DateTime<Utc>, class: &'static str, label: String) {
        self.end(&key, at);
        self.open.insert(key, self.bars.len());
        self.bars.push(Bar { from: at, to: None, class, label });
    }

    fn end(&mut self, key: &K, at: DateTime<Utc>) -> Option<&mut Bar> {
        let bar = self.bars.get_mut(self.open.remove(key)?)?;
        bar.to = Some(at);
        Some(bar)
    }
}

fn feed(feeds: &mut Spans<String>, entry: &Entry, at: DateTime<Utc>) {
    let (Some(name), Some(to)) = (entry.text_of("feed"), entry.data_of::<FeedState>("to")) else { return };
    let class = match to {
        FeedState::Healthy => {
            feeds.end(&name.to_owned(), at);
            return;
        }
        FeedState::Degraded | FeedState::Failing => "feed",
        // That nobody knows, or that it is worked on, is no health.
        FeedState::Maintenance | FeedState::Unknown | FeedState::Stale => "stale",
    };
    feeds.begin(name.to_owned(), at, class, format!("{name}: {}", to.word()));
}

/// While it does not answer nobody knows what fires.
fn source(feeds: &mut Spans<String>, entry: &Entry, at: DateTime<Utc>) {
    let Some((event, name)) = entry.text_of("event").zip(entry.text_of("source")) else { return };
    let key = format!("source {name}");
    let part = format!("part of source {name}");
    match event {
        "source-partial" => feeds.begin(part, at, "stale", format!("{name}: in part")),
        "source-whole" => drop(feeds.end(&part, at)),
        "source-lost" => feeds.begin(key, at, "stale", format!("{name}: no answer")),
        "source-back" => drop(feeds.end(&key, at)),
        _ => {}
    }
}

type Attempt = (Option<String>, Option<String>, Option<u32>);

fn attempt(entry: &Entry) -> Attempt {
    (entry.run.map(|run| run.to_string()), entry.step.as_ref().map(ToString::to_string), entry.attempt)
}

fn ending(entry: &Entry) -> &'static str {
    match serde_json::from_value::<StepEnd>(entry.data.clone().into()).map(|end| end.state) {
        Ok(StepState::Succeeded) => "done",
        Ok(StepState::Unknown) => "stale",
        _ => "failed",
    }
}

/// With what tells it from others of its name.
fn name_of(entry: &Entry) -> String {
    let alert = entry.alert.as_ref().map(ToString::to_string);
    let name = entry.text_of("name").map(str::to_owned).or(alert).unwrap_or_default();
    match Alert::recorded(entry).map(|alert| alert.target().to_owned()) {
        Some(target) if !name.contains(&target) => format!("{name} {target}"),
        _ => name,
    }
}

fn step_of(entry: &Entry) -> String {
    entry.step.as_ref().map(ToString::to_string).unwrap_or_default()
}

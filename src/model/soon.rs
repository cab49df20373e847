//! Limits that come near: told once in the log when a feed is about to reach its own, and once more when it has, or when nothing
//! says so any more.
//!
//! Of which feeds that was told is a fold of those entries, so that no other process tells it again.

use super::effect::Effect;
use super::health::{Ahead, FeedHealth};
use super::world::World;
use crate::domain::entry::{Draft, Entry, Kind};
use crate::domain::health::Limit;
use crate::domain::ids::FeedName;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is nearer than this is soon …
const SOON: Duration = Duration::from_secs(4 * 3_600);
/// … until it is farther away than this, …
const FAR: Duration = Duration::from_secs(8 * 3_600);
/// … or nothing has been said of it for so long.
const GONE: Duration = Duration::from_secs(3_600);

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Soon {
    told: BTreeMap<FeedName, Told>,
    /// The journal has been asked to record it.
    asked: BTreeSet<FeedName>,
}

#[derive(Debug, Clone, PartialEq)]
struct Told {
    at: DateTime<Utc>,
    limit: Limit,
    /// Since when nothing says so any more, as `Stamp::mono`.
    gone: Option<Duration>,
}

/// What is news.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Turn {
    Near(Ahead),
    Reached(Limit, DateTime<Utc>),
    Over(Limit),
}

impl Soon {
    /// The feeds that are about to reach their limits.
    pub fn iter(&self) -> impl Iterator<Item = &FeedName> {
        self.told.keys()
    }

    pub(super) fn fold(&mut self, entry: &Entry) {
        if entry.kind != Kind::Forecast {
            return;
        }
        let Some(feed) = entry.data_of::<FeedName>("feed") else { return };
        self.asked.remove(&feed);
        match (entry.text_of("verdict"), entry.data_of("limit")) {
            (Some("soon"), Some(limit)) => drop(self.told.insert(feed, Told { at: entry.at, limit, gone: None })),
            _ => drop(self.told.remove(&feed)),
        }
    }

    /// The journal has refused: what still holds is told at the next answer.
    pub(super) fn forget_asked(&mut self) {
        self.asked.clear();
    }

    /// What the last answer of a feed changes.
    fn turn(&mut self, feed: &FeedHealth, now: Stamp) -> Option<Turn> {
        let name = &feed.spec.name;
        if self.asked.contains(name) {
            return None;
        }
        let near = |within: Duration| feed.ahead().filter(|ahead| ahead.breach.saturating_sub(now.mono) <= within);
        let Some(told) = self.told.get_mut(name) else { return near(SOON).copied().map(Turn::Near) };
        let (reading, _) = feed.reading.as_ref()?;
        if reading.value.is_some_and(|value| told.limit.is_beyond(value)) {
            return Some(Turn::Reached(told.limit, told.at));
        }
        if near(FAR).is_some() {
            told.gone = None;
            return None;
        }
        let gone = *told.gone.get_or_insert(now.mono);
        (now.mono.saturating_sub(gone) >= GONE).then_some(Turn::Over(told.limit))
    }
}

impl World {
    /// The feeds that are about to reach their limits.
    pub fn soon(&self) -> impl Iterator<Item = &FeedHealth> {
        self.soon.iter().filter_map(|name| self.health.get(name))
    }

    /// Compares what was told with what a feed has just answered.
    pub(super) fn note_soon(&mut self, name: &FeedName) -> Vec<Effect> {
        let Some(feed) = self.health.get(name).filter(|feed| self.watching && feed.state.is_known()) else { return Vec::new() };
        let Some(turn) = self.soon.turn(feed, self.now) else { return Vec::new() };
        let service = feed.spec.service.clone();
        self.soon.asked.insert(name.clone());
        let mut draft = self.soon_draft(name, turn);
        draft.incident = self.incidents.covering(None, service.as_ref());
        draft.service = service;
        self.record(vec![draft])
    }

    fn soon_draft(&mut self, name: &FeedName, turn: Turn) -> Draft {
        let (now, wall) = (self.now.mono, self.now.wall);
        let (verdict, limit, text) = match turn {
            Turn::Near(ahead) => {
                let [breach, earliest, latest] =
                    [ahead.breach, ahead.earliest, ahead.latest].map(|at| span(at.saturating_sub(now)));
                ("soon", ahead.limit, format!("in about {breach}, {earliest} to {latest}"))
            }
            Turn::Reached(limit, at) => {
                let before = span((wall - at).to_std().unwrap_or_default());
                ("reached", limit, format!("now, told {before} before"))
            }
            Turn::Over(limit) => ("over", limit, "no longer to be expected".to_owned()),
        };
        let text = format!("{name} {} {}: {text}", limit.word(), limit.value());
        let draft = self.context().seen("health", Kind::Forecast, text);
        let draft = draft.with("feed", name).with("verdict", verdict).with("limit", limit);
        match turn {
            Turn::Near(ahead) => {
                let at = |moment| ahead.wall(moment, self.now);
                draft.with("earliest", at(ahead.earliest)).with("breach", at(ahead.breach)).with("latest", at(ahead.latest))
            }
            _ => draft,
        }
    }
}

/// `3 h 10 m`, `42 m`.
fn span(duration: Duration) -> String {
    let minutes = duration.as_secs().div_ceil(60);
    if minutes < 60 { format!("{minutes} m") } else { format!("{} h {:02} m", minutes / 60, minutes % 60) }
}

//! When more alerts arrive than anybody can read. Begins above a rate of arrivals and ends well below it, so that it does not
//! come and go with every gust; both stand in the log, with figures. What a storm changes of the screen is the screen's.

use super::World;
use super::effect::Effect;
use crate::domain::entry::{Draft, Entry, Kind, STORMS};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::settings::Gale;
use crate::domain::stamp::Stamp;
use crate::domain::text::inert;
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

const BEGAN: &str = STORMS[0];
const ENDED: &str = STORMS[1];

/// It ends when so much less than what began it arrives.
const CALM: usize = 4;
/// So many names stand in the entry of its end.
const NAMED: usize = 3;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Storm {
    /// How many arrived in which second, the oldest first: those that count still.
    arrivals: VecDeque<(u64, usize)>,
    raging: Option<Raging>,
    /// When one began whose beginning is on record and whose end is not.
    on_record: Option<DateTime<Utc>>,
    /// Since when this process watches.
    watched: Option<Duration>,
}

/// A storm that has not ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Raging {
    pub since: Stamp,
    /// What has arrived in it.
    pub new: usize,
    /// The most that arrived within the time that the rate is of.
    pub most: usize,
}

impl Storm {
    pub(super) fn fold(&mut self, entry: &Entry) {
        let event = entry.text_of("event").filter(|event| entry.kind == Kind::Console && STORMS.contains(event));
        if let Some(event) = event {
            self.on_record = (event == BEGAN).then_some(entry.at);
        }
    }

    pub(super) fn watch(&mut self, since: Option<Duration>) {
        self.watched = since;
    }

    /// From when on this process would have seen one that rages.
    fn seen_from(&self, gale: Gale) -> Option<Duration> {
        self.on_record.and(self.watched).map(|since| since + gale.within)
    }

    pub fn raging(&self) -> Option<&Raging> {
        self.raging.as_ref()
    }

    /// How many have arrived lately.
    pub fn lately(&self) -> usize {
        self.arrivals.iter().map(|(_, count)| count).sum()
    }

    fn arrive(&mut self, count: usize, now: Stamp) {
        let second = now.mono.as_secs();
        match self.arrivals.back_mut().filter(|(last, _)| *last == second) {
            Some((_, sum)) => *sum += count,
            None => self.arrivals.push_back((second, count)),
        }
    }

    /// What arrived long enough ago counts no more.
    fn forget(&mut self, gale: Gale, now: Stamp) {
        while self.arrivals.front().is_some_and(|(second, _)| ends(*second, gale) <= now.mono) {
            self.arrivals.pop_front();
        }
    }

    /// When it will be over if nothing more arrives.
    fn over_at(&self, gale: Gale) -> Option<Duration> {
        self.raging?;
        let mut left = self.lately();
        let gone = |(second, count): &(u64, usize)| {
            left -= count;
            (left <= gale.above / CALM).then(|| ends(*second, gale))
        };
        self.arrivals.iter().find_map(gone)
    }
}

/// When the arrivals of a second count no more.
fn ends(second: u64, gale: Gale) -> Duration {
    Duration::from_secs(second + 1) + gale.within
}

impl World {
    /// Counts what has just arrived. What a source tells at first has not arrived with it, unless it began just now.
    pub(super) fn count_arrivals(&mut self, source: &SourceName, ids: &[AlertId]) -> Vec<Effect> {
        let gale = self.settings.storm;
        let known = self.alerts.source(source).is_some_and(|source| source.answered.is_some());
        let recent = self.now.wall - chrono::Duration::from_std(gale.within).unwrap_or_default();
        let new = ids
            .iter()
            .filter_map(|id| self.alerts.get(id))
            .filter(|tracked| tracked.arrived == Some(self.now) && (known || tracked.alert.starts_at > recent));
        let count = new.count();
        if count == 0 {
            return Vec::new();
        }
        self.storm.arrive(count, self.now);
        self.storm.forget(gale, self.now);
        let lately = self.storm.lately();
        if let Some(raging) = &mut self.storm.raging {
            (raging.new, raging.most) = (raging.new + count, raging.most.max(lately));
            return Vec::new();
        }
        if lately > gale.above { self.storm_begins(lately) } else { Vec::new() }
    }

    /// What arrives at once is counted by and by: how many it will have been is told at its end.
    fn storm_begins(&mut self, lately: usize) -> Vec<Effect> {
        self.storm.raging = Some(Raging { since: self.now, new: lately, most: lately });
        let Gale { above, within } = self.settings.storm;
        let text = format!("a storm: more than {above} new alerts within {}", humantime::format_duration(within));
        self.note_storm(BEGAN, self.now.wall, text, |draft| draft.with("above", above).with("within_s", within.as_secs()))
    }

    /// Ends it once little enough has arrived lately.
    pub(super) fn pass_storm(&mut self) -> Vec<Effect> {
        let Some(raging) = self.storm.raging else { return self.end_left_storm() };
        let gale = self.settings.storm;
        self.storm.forget(gale, self.now);
        if self.storm.lately() > gale.above / CALM {
            return Vec::new();
        }
        self.storm.raging = None;
        let lasted = humantime::format_duration(Duration::from_secs(self.now.since(raging.since).as_secs()));
        let within = humantime::format_duration(gale.within);
        let Raging { new, most, .. } = raging;
        let names = self.stormed(raging.since);
        let names = if names.is_empty() { names } else { format!("; {names}") };
        let text = format!("the storm is over after {lasted}: {new} new alerts, at most {most} within {within}{names}");
        let since = self.storm.on_record.unwrap_or(raging.since.wall);
        self.note_storm(ENDED, since, text, |draft| draft.with("new", new).with("most", most))
    }

    /// Whoever recorded its beginning is gone, and nobody has seen its end; one that still raged would have shown by now.
    fn end_left_storm(&mut self) -> Vec<Effect> {
        let Some(began) = self.storm.on_record else { return Vec::new() };
        if self.rests() || self.storm.seen_from(self.settings.storm).is_none_or(|from| self.now.mono < from) {
            return Vec::new();
        }
        let began_at = began.format("%Y-%m-%d %H:%M");
        let text = format!("the storm of {began_at} UTC is over: whoever saw it begin did not see it end");
        self.note_storm(ENDED, began, text, |draft| draft)
    }

    fn note_storm(&mut self, event: &str, since: DateTime<Utc>, text: String, with: impl FnOnce(Draft) -> Draft) -> Vec<Effect> {
        // By it every incident of that time has both ends of it, each once.
        let key = format!("alerts/storm/{event}/{}", since.timestamp_millis());
        if !self.watching || !self.telling.insert(key.clone()) {
            return Vec::new();
        }
        let mut draft = with(self.context().seen("alerts", Kind::Console, text).with("event", event));
        draft.key = Some(key);
        self.record(vec![draft])
    }

    /// What most of it was.
    fn stormed(&self, since: Stamp) -> String {
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        let arrived = self.alerts.real().filter(|tracked| tracked.arrived.is_some_and(|at| at.mono >= since.mono));
        arrived.for_each(|tracked| *names.entry(tracked.alert.name()).or_default() += 1);
        let mut names: Vec<(&str, usize)> = names.into_iter().collect();
        names.sort_by_key(|(name, count)| (Reverse(*count), *name));
        let most = names.iter().take(NAMED).map(|(name, count)| format!("{} ×{count}", inert(name)));
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            1 => " and 1 more name".to_owned(),
            more => format!(" and {more} more names"),
        };
        format!("{}{more}", most.collect::<Vec<_>>().join(", "))
    }

    pub(super) fn storm_over_at(&self) -> Option<Duration> {
        let left = || self.storm.seen_from(self.settings.storm).filter(|from| self.now.mono < *from);
        self.storm.over_at(self.settings.storm).or_else(left)
    }
}

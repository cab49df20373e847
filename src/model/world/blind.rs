//! Since when nobody could see what a source says is on record: who reads of the night later must know when the console was blind.
//! Invariant: of one gap there is one pair of entries, from the last answer before its first failure to its end, whoever watches meanwhile.

use super::World;
use crate::domain::entry::{Draft, Entry, Kind};
use crate::domain::ids::{IncidentId, SourceName};
use crate::domain::incident::Incident;
use crate::domain::stamp::Stamp;
use crate::domain::text::inert;
use crate::domain::trouble::Trouble;
use crate::model::Effect;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const LOST: &str = "source-lost";
const BACK: &str = "source-back";

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Blind {
    /// What this process sees.
    gaps: BTreeMap<SourceName, Gap>,
    /// What is on record: of each source its last loss, or its return from that.
    recorded: BTreeMap<SourceName, Arc<Entry>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Gap {
    /// The first failure.
    since: Stamp,
    /// The last answer before that: whatever has happened since nobody has seen.
    seen: Stamp,
    /// The source answers again, and the journal does not hold that yet.
    until: Option<Stamp>,
    /// More than one poll has failed: it is to be told.
    long: bool,
    why: String,
}

impl Blind {
    pub(super) fn fold(&mut self, entry: &Arc<Entry>) {
        let event = entry.text_of("event").filter(|event| entry.kind == Kind::Console && [LOST, BACK].contains(event));
        let Some((event, source)) = event.zip(entry.data_of::<SourceName>("source")) else { return };
        // Whoever has told it may have seen it first.
        let over = |gap: &Gap| gap.until.is_some() || gap.since.wall <= entry.at;
        if event == BACK && self.gaps.get(&source).is_some_and(over) {
            self.gaps.remove(&source);
        }
        if self.recorded.get(&source).is_none_or(|known| known.order() < entry.order()) {
            self.recorded.insert(source, entry.clone());
        }
    }

    /// That it is lost, and not yet that it is back.
    fn lost(&self, source: &SourceName) -> Option<&Entry> {
        self.recorded.get(source).map(Arc::as_ref).filter(|entry| entry.text_of("event") == Some(LOST))
    }

    /// What every process calls the gap that is on record, or the next one: by the return before it.
    fn name_of_gap(&self, source: &SourceName) -> String {
        let lost = key(source, LOST, "");
        match (self.lost(source), self.recorded.get(source)) {
            (Some(entry), _) => entry.key.as_deref().and_then(|key| key.strip_prefix(&lost)).unwrap_or_default().to_owned(),
            (None, Some(back)) => back.id.to_string(),
            (None, None) => "first".to_owned(),
        }
    }
}

fn key(source: &SourceName, event: &str, gap: &str) -> String {
    let event = event.trim_start_matches("source-");
    format!("source/{source}/{event}/{gap}")
}

impl World {
    /// A poll has failed. One that fails alone is no gap: the next has every alert again.
    pub(super) fn source_lost(&mut self, source: &SourceName, trouble: &Trouble) -> Vec<Effect> {
        let Some((every, timeout)) = self.settings.source(source).map(|spec| (spec.every, spec.timeout)) else {
            return Vec::new();
        };
        let (now, why) = (self.now, inert(trouble.text.raw()).into_owned());
        // One that is over and that the journal could not hold is still to be told: it goes on.
        let told =
            self.blind.lost(source).is_some() || self.telling.contains(&key(source, LOST, &self.blind.name_of_gap(source)));
        let goes_on = |gap: &&Gap| gap.until.is_none() || gap.long && !told;
        // Before that this console slept, or has just begun: what it has not asked it can't have missed by this source's fault.
        let lately = |at: &Stamp| now.since(*at) <= every * 2 + timeout;
        let seen = self.alerts.source(source).and_then(|source| source.answered).filter(lately).unwrap_or(now);
        let (since, seen) = self.blind.gaps.get(source).filter(goes_on).map_or((now, seen), |gap| (gap.since, gap.seen));
        let long = now.since(since) >= every;
        self.blind.gaps.insert(source.clone(), Gap { since, seen, until: None, long, why });
        if !self.watching || !long || self.blind.lost(source).is_some() {
            return Vec::new();
        }
        let drafts = self.loss_of(source).into_iter().collect();
        self.record(drafts)
    }

    /// A poll has succeeded. Until the journal holds that, it is asked with each that does.
    pub(super) fn source_back(&mut self, source: &SourceName) -> Vec<Effect> {
        let now = self.now;
        let gap = self.blind.gaps.get_mut(source);
        let (long, seen) = gap.map_or_else(Default::default, |gap| (gap.long, gap.until.get_or_insert(now).since(gap.seen)));
        let recorded = self.blind.lost(source).is_some();
        if !self.watching || !recorded && !long {
            self.blind.gaps.remove(source);
            return Vec::new();
        }
        // The journal could not hold the loss when it was seen.
        let loss = if recorded { None } else { self.loss_of(source) };
        let drafts = loss.into_iter().chain(self.return_of(source, seen)).collect();
        self.record(drafts)
    }

    fn loss_of(&mut self, source: &SourceName) -> Option<Draft> {
        let Gap { seen, why, .. } = self.blind.gaps.get(source)?.clone();
        let draft = self.sight(source, LOST, format!("{source} does not answer: {why}"))?;
        Some(Draft { at: seen.wall, ..draft })
    }

    /// It lasted at least as long as this process has seen it, whatever became of the wall clock meanwhile.
    fn return_of(&mut self, source: &SourceName, seen: Duration) -> Option<Draft> {
        let until = self.blind.gaps.get(source).and_then(|gap| gap.until).unwrap_or(self.now).wall;
        let recorded = self.blind.lost(source).and_then(|lost| (until - lost.at).to_std().ok());
        let lasted = Duration::from_secs(recorded.unwrap_or_default().max(seen).as_secs());
        let lasted = humantime::format_duration(lasted);
        let draft = self.sight(source, BACK, format!("{source} answers again, after {lasted}"))?;
        Some(Draft { at: until, ..draft })
    }

    /// In the incident whose alerts it would tell of, or that alone is open. `None`: it is on its way into the journal.
    fn sight(&mut self, source: &SourceName, event: &str, text: String) -> Option<Draft> {
        let key = key(source, event, &self.blind.name_of_gap(source));
        if !self.telling.insert(key.clone()) {
            return None;
        }
        let mut draft = self.context().seen("console", Kind::Console, text).with("event", event).with("source", source);
        draft.key = Some(key);
        let of_source = |incident: &&Incident| incident.alerts.iter().any(|alert| alert.source == *source);
        let concerned: Vec<IncidentId> = self.incidents.open().filter(of_source).map(|incident| incident.id).take(2).collect();
        let open: Vec<IncidentId> = self.incidents.open().map(|incident| incident.id).take(2).collect();
        let alone = |ids: &[IncidentId]| ids.first().copied().filter(|_| ids.len() == 1);
        draft.incident = alone(&concerned).or(alone(&open));
        Some(draft)
    }
}

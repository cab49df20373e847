//! Since when nobody could see what a source says, or a part of it, is on record: who reads of the night later must know when the console was
//! blind. Invariant: of one gap there is one pair of entries, from the last answer before its first failure to its end, whoever watches meanwhile.

use super::World;
use crate::domain::entry::{Draft, Entry, Kind, SIGHTS};
use crate::domain::ids::{IncidentId, SourceName};
use crate::domain::incident::Incident;
use crate::domain::stamp::Stamp;
use crate::domain::text::{Outside, inert};
use crate::domain::trouble::Trouble;
use crate::model::Effect;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How much of a source can't be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sight {
    All,
    Part,
}

impl Sight {
    /// The events of its loss and of its return.
    fn events(self) -> [&'static str; 2] {
        let [lost, back, partial, whole] = SIGHTS;
        match self {
            Self::All => [lost, back],
            Self::Part => [partial, whole],
        }
    }

    fn lost(self) -> &'static str {
        self.events()[0]
    }

    fn back(self) -> &'static str {
        self.events()[1]
    }

    fn of(event: &str) -> Option<Self> {
        [Self::All, Self::Part].into_iter().find(|sight| sight.events().contains(&event))
    }
}

/// Of what there are gaps.
type Seen = (SourceName, Sight);

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Blind {
    /// What this process sees.
    gaps: BTreeMap<Seen, Gap>,
    /// What is on record: of each source its last loss, or its return from that.
    recorded: BTreeMap<Seen, Arc<Entry>>,
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
    /// Why that first failed, and why the newest did.
    why: String,
    now: String,
}

impl Blind {
    pub(super) fn fold(&mut self, entry: &Arc<Entry>) {
        let event = entry.text_of("event").filter(|_| entry.kind == Kind::Console);
        let Some((event, sight)) = event.and_then(|event| Some((event, Sight::of(event)?))) else { return };
        let Some(source) = entry.data_of::<SourceName>("source") else { return };
        let seen = (source, sight);
        // Whoever has told it may have seen it first.
        let over = |gap: &Gap| gap.until.is_some() || gap.since.wall <= entry.at;
        if event == sight.back() && self.gaps.get(&seen).is_some_and(over) {
            self.gaps.remove(&seen);
        }
        if self.recorded.get(&seen).is_none_or(|known| known.order() < entry.order()) {
            self.recorded.insert(seen, entry.clone());
        }
    }

    /// That it is lost, and not yet that it is back.
    fn lost(&self, seen: &Seen) -> Option<&Entry> {
        self.recorded.get(seen).map(Arc::as_ref).filter(|entry| entry.text_of("event") == Some(seen.1.lost()))
    }

    /// What every process calls the gap that is on record, or the next one: by the return before it.
    fn name_of_gap(&self, seen: &Seen) -> String {
        let lost = key(&seen.0, seen.1.lost(), "");
        match (self.lost(seen), self.recorded.get(seen)) {
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
    /// A poll has failed.
    pub(super) fn source_lost(&mut self, source: &SourceName, trouble: &Trouble) -> Vec<Effect> {
        let last = self.alerts.source(source).and_then(|source| source.answered);
        self.lose((source.clone(), Sight::All), inert(trouble.text.raw()).into_owned(), last)
    }

    /// A poll has succeeded, at least in part; `last` is the answer before. Until the journal holds that, it is asked with each that does.
    pub(super) fn source_seen(&mut self, source: &SourceName, last: Option<Stamp>) -> Vec<Effect> {
        let mut effects = self.regain((source.clone(), Sight::All));
        let missing = self.alerts.source(source).map(|source| source.missing.as_slice()).unwrap_or_default();
        let why = missing.iter().map(Outside::inert).collect::<Vec<_>>().join("; ");
        let part = (source.clone(), Sight::Part);
        effects.extend(if missing.is_empty() { self.regain(part) } else { self.lose(part, why, last) });
        effects
    }

    /// One poll alone that fails is no gap: the next has every alert again.
    fn lose(&mut self, seen: Seen, why: String, last: Option<Stamp>) -> Vec<Effect> {
        let Some((every, timeout)) = self.settings.source(&seen.0).map(|spec| (spec.every, spec.timeout)) else {
            return Vec::new();
        };
        let now = self.now;
        // One that is over and that the journal could not hold is still to be told: it goes on.
        let name = key(&seen.0, seen.1.lost(), &self.blind.name_of_gap(&seen));
        let told = self.blind.lost(&seen).is_some() || self.telling.contains(&name);
        let goes_on = |gap: &&Gap| gap.until.is_none() || gap.long && !told;
        // Before that this console slept, or has just begun: what it has not asked it can't have missed by this source's fault.
        let lately = |at: &Stamp| now.since(*at) <= every * 2 + timeout;
        let last = last.filter(lately).unwrap_or(now);
        let known = self.blind.gaps.get(&seen).filter(goes_on);
        let (since, before) = known.map_or((now, last), |gap| (gap.since, gap.seen));
        let first = known.map_or_else(|| why.clone(), |gap| gap.why.clone());
        let long = now.since(since) >= every;
        self.blind.gaps.insert(seen.clone(), Gap { since, seen: before, until: None, long, why: first, now: why });
        if !self.watching || !long || self.blind.lost(&seen).is_some() {
            return Vec::new();
        }
        let drafts = self.loss_of(&seen).into_iter().collect();
        self.record(drafts)
    }

    fn regain(&mut self, seen: Seen) -> Vec<Effect> {
        let now = self.now;
        let gap = self.blind.gaps.get_mut(&seen);
        let (long, before) = gap.map_or_else(Default::default, |gap| (gap.long, gap.until.get_or_insert(now).since(gap.seen)));
        let recorded = self.blind.lost(&seen).is_some();
        if !self.watching || !recorded && !long {
            self.blind.gaps.remove(&seen);
            return Vec::new();
        }
        // The journal could not hold the loss when it was seen.
        let loss = if recorded { None } else { self.loss_of(&seen) };
        let drafts = loss.into_iter().chain(self.return_of(&seen, before)).collect();
        self.record(drafts)
    }

    fn loss_of(&mut self, seen: &Seen) -> Option<Draft> {
        let Gap { seen: before, why, now, .. } = self.blind.gaps.get(seen)?.clone();
        // The entry is of the time of the first.
        let why = if now == why { why } else { format!("{why}; then: {now}") };
        let what = match seen.1 {
            Sight::All => "does not answer",
            Sight::Part => "answers only in part",
        };
        let draft = self.sight(seen, seen.1.lost(), format!("{} {what}: {why}", seen.0))?;
        Some(Draft { at: before.wall, ..draft })
    }

    /// It lasted at least as long as this process has seen it, whatever became of the wall clock meanwhile.
    fn return_of(&mut self, seen: &Seen, lasted: Duration) -> Option<Draft> {
        let until = self.blind.gaps.get(seen).and_then(|gap| gap.until).unwrap_or(self.now).wall;
        let recorded = self.blind.lost(seen).and_then(|lost| (until - lost.at).to_std().ok());
        let lasted = Duration::from_secs(recorded.unwrap_or_default().max(lasted).as_secs());
        let lasted = humantime::format_duration(lasted);
        let what = match seen.1 {
            Sight::All => "answers again",
            Sight::Part => "answers as a whole again",
        };
        let draft = self.sight(seen, seen.1.back(), format!("{} {what}, after {lasted}", seen.0))?;
        Some(Draft { at: until, ..draft })
    }

    /// In the incident whose alerts it would tell of, or that alone is open. `None`: it is on its way into the journal.
    fn sight(&mut self, seen: &Seen, event: &str, text: String) -> Option<Draft> {
        let source = &seen.0;
        let key = key(source, event, &self.blind.name_of_gap(seen));
        if !self.telling.insert(key.clone()) {
            return None;
        }
        let mut draft = self.context().seen("console", Kind::Console, text).with("event", event).with("source", source);
        draft.key = Some(key);
        draft.incident = self.incident_of(source);
        Some(draft)
    }

    /// The incident whose alerts a source tells of, or that alone is open.
    pub(super) fn incident_of(&self, source: &SourceName) -> Option<IncidentId> {
        let of_source = |incident: &&Incident| incident.alerts.iter().any(|alert| alert.source == *source);
        let concerned: Vec<IncidentId> = self.incidents.open().filter(of_source).map(|incident| incident.id).take(2).collect();
        let open: Vec<IncidentId> = self.incidents.open().map(|incident| incident.id).take(2).collect();
        let alone = |ids: &[IncidentId]| ids.first().copied().filter(|_| ids.len() == 1);
        alone(&concerned).or(alone(&open))
    }
}

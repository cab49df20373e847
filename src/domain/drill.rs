//! A drill: an incident in drill mode, as its entries tell it. What has happened in it by now is a pure function of those and of the time,
//! so that every console on the journal sees the same, and one that is killed loses nothing.
//!
//! Its clock stands still until there is something to see (in a sandbox: until that is built), while it is paused, and when it is over.
//! It never goes back: where the machine's was set back, it stands still until that has caught up.

use super::entry::{Clock, Entry, Kind};
use super::ids::{AlertId, IncidentId, OriginId, PlaybookId};
use super::incident::Status;
use super::millis;
use super::practice::Verdict;
use super::scenario::{self, Fires, Scenario, What};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What people say at its end. Nobody has to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debrief {
    /// What went well.
    pub well: Option<String>,
    /// What went badly, or was confusing.
    pub badly: Option<String>,
    /// Where we were lucky.
    pub lucky: Option<String>,
}

/// A stretch of time in which its clock went.
#[derive(Debug, Clone, PartialEq)]
struct Stretch {
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
}

/// The times of what was recorded one after the other, as they would be if no clock were ever set back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forwards(DateTime<Utc>);

impl Forwards {
    pub fn from(entry: &Entry) -> Self {
        Self(entry.recorded_at)
    }

    /// When the next entry happened: later than the machine's clock said, by as much as that had been set back.
    pub fn at(&mut self, entry: &Entry) -> DateTime<Utc> {
        self.0 = self.0.max(entry.recorded_at);
        entry.at + (self.0 - entry.recorded_at)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Drill {
    /// What its entries are marked with.
    pub id: String,
    pub incident: IncidentId,
    pub scenario: Scenario,
    pub by: String,
    pub declared_at: DateTime<Utc>,
    /// Why it stands still.
    pub paused: Option<String>,
    /// Why it was called off.
    pub aborted: Option<String>,
    pub ended_at: Option<DateTime<Utc>>,
    begun: bool,
    stretches: Vec<Stretch>,
    clock: Forwards,
    /// Its place in the log from which on something real stops it.
    since: (Clock, OriginId, u64),
    /// What of its beats was recorded, by their places.
    told: BTreeSet<usize>,
}

impl Drill {
    /// `None` for what is no declaration of a drill, or of one that a newer version has written.
    pub fn declared(entry: &Entry) -> Option<Self> {
        let id = entry.drill.clone().filter(|_| entry.kind == Kind::Declare)?;
        let scenario: Scenario = entry.data_of("scenario")?;
        let mut drill = Self {
            id,
            incident: IncidentId(entry.id.0),
            by: entry.actor.name.clone(),
            declared_at: entry.at,
            paused: None,
            aborted: None,
            ended_at: None,
            begun: false,
            stretches: Vec::new(),
            clock: Forwards::from(entry),
            since: entry.order(),
            told: BTreeSet::new(),
            scenario,
        };
        if !drill.builds() {
            drill.begin(entry.at);
        }
        Some(drill)
    }

    /// Takes in the next entry that carries its incident's id.
    pub fn apply(&mut self, entry: &Entry) {
        if self.is_over() {
            return;
        }
        let at = self.clock.at(entry);
        self.told.extend(entry.key.as_ref().and_then(|key| key.strip_prefix(&self.beat_key(""))?.parse::<usize>().ok()));
        let reason = || Some(entry.text_of("reason").unwrap_or_default().to_owned());
        match (&entry.kind, entry.text_of("step")) {
            (Kind::Drill, Some("began")) => self.begin(at),
            (Kind::Drill, Some("paused")) if self.paused.is_none() => {
                self.stop(at);
                self.paused = reason();
            }
            (Kind::Drill, Some("resumed")) if self.paused.is_some() => {
                (self.paused, self.since) = (None, entry.order());
                if self.begun && self.aborted.is_none() {
                    self.stretches.push(Stretch { from: at, to: None });
                }
            }
            (Kind::Drill, Some("aborted")) if self.aborted.is_none() => {
                self.stop(at);
                self.aborted = reason();
            }
            (Kind::Drill, Some("finished")) => self.end(at),
            // Whoever closes its incident has finished it.
            (Kind::Status, _) if entry.data_of::<Status>("status").is_some_and(Status::is_over) => self.end(at),
            _ => {}
        }
    }

    fn begin(&mut self, at: DateTime<Utc>) {
        if !std::mem::replace(&mut self.begun, true) && self.paused.is_none() && self.aborted.is_none() {
            self.stretches.push(Stretch { from: at, to: None });
        }
    }

    fn stop(&mut self, at: DateTime<Utc>) {
        if let Some(last) = self.stretches.last_mut().filter(|last| last.to.is_none()) {
            last.to = Some(at.max(last.from));
        }
    }

    fn end(&mut self, at: DateTime<Utc>) {
        self.stop(at);
        self.ended_at = Some(at);
    }

    /// Its playbook builds, or breaks, what is drilled on; until that is done there is nothing to see.
    pub fn builds(&self) -> bool {
        let breaks = matches!(self.scenario.kind, scenario::Kind::Live | scenario::Kind::GameDay);
        breaks && self.scenario.playbook.is_some()
    }

    pub fn has_begun(&self) -> bool {
        self.begun
    }

    pub fn is_over(&self) -> bool {
        self.ended_at.is_some()
    }

    /// Its clock goes.
    pub fn runs(&self) -> bool {
        self.stretches.last().is_some_and(|last| last.to.is_none())
    }

    /// Whether an entry came after its declaration, and after it was resumed for the last time.
    pub fn is_before(&self, entry: &Entry) -> bool {
        self.since < entry.order()
    }

    /// What time it is for it, when the machine's clock says so.
    pub fn time(&self, wall: DateTime<Utc>) -> DateTime<Utc> {
        wall.max(self.clock.0)
    }

    /// What its clock depends on, and nothing else of it: when this changes, so does what happens in it.
    pub fn pace(&self) -> impl PartialEq + use<> {
        (self.begun, self.is_over(), self.stretches.clone())
    }

    /// Names the entry that tells of a beat, so that there is one of it.
    pub fn beat_key(&self, place: impl std::fmt::Display) -> String {
        format!("drill/{}/beat/{place}", self.id)
    }

    pub fn has_told(&self, place: usize) -> bool {
        self.told.contains(&place)
    }

    /// What its clock showed then.
    pub fn elapsed(&self, at: DateTime<Utc>) -> Duration {
        let span = |stretch: &Stretch| (stretch.to.map_or(at, |to| to.min(at)) - stretch.from).to_std().unwrap_or_default();
        self.stretches.iter().map(span).sum()
    }

    /// When its clock showed so much for the first time; `None` while it has not.
    pub fn moment(&self, elapsed: Duration) -> Option<DateTime<Utc>> {
        let mut left = chrono::Duration::from_std(elapsed).ok()?;
        for stretch in &self.stretches {
            match stretch.to {
                Some(to) if to - stretch.from < left => left -= to - stretch.from,
                _ => return stretch.from.checked_add_signed(left),
            }
        }
        None
    }

    /// When the next thing happens, if nothing stops its clock.
    pub fn next_beat(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if !self.runs() {
            return None;
        }
        let due = self.scenario.due(self.elapsed(now)).len();
        self.moment(self.scenario.beats.get(due)?.at)
    }

    /// The alerts that fire now, each since when: none once it is over.
    pub fn firing(&self, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, &Fires)> {
        if self.is_over() || !self.begun {
            return Vec::new();
        }
        let mut firing: BTreeMap<&str, (usize, DateTime<Utc>, &Fires)> = BTreeMap::new();
        for (place, beat) in self.scenario.due(self.elapsed(now)).iter().enumerate() {
            match (&beat.what, self.moment(beat.at)) {
                (What::Fires(alert), Some(at)) => drop(firing.insert(&alert.name, (place, at, alert))),
                (What::Resolves { name }, _) => drop(firing.remove(name.as_str())),
                _ => {}
            }
        }
        let mut firing: Vec<_> = firing.into_values().collect();
        firing.sort_by_key(|(place, ..)| *place);
        firing.into_iter().map(|(_, at, alert)| (at, alert)).collect()
    }

    /// Whether an alert of the queue is one of its own.
    pub fn has_alert(&self, id: &AlertId) -> bool {
        is_of(id, &self.id)
    }
}

/// Whether an alert is one of this drill.
pub fn is_of(id: &AlertId, drill: &str) -> bool {
    is_alert(id) && id.fingerprint.as_str().strip_prefix(drill).is_some_and(|rest| rest.starts_with(':'))
}

/// Whether an alert is one of a drill, and of nothing real.
pub fn is_alert(id: &AlertId) -> bool {
    id.source.as_str() == scenario::SOURCE
}

/// A drill that is over, with what was measured in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub verdict: Verdict,
    /// From the first alert to the first acknowledgement of one.
    pub acknowledged: Option<Duration>,
    /// To the first step that somebody began, or said to have done.
    pub acted: Option<Duration>,
    /// To the last criterion under Verify that held.
    pub recovered: Option<Duration>,
    pub rto: Option<Duration>,
    pub lost: Option<Duration>,
    pub rpo: Option<Duration>,
    pub slips: super::practice::Slips,
    /// What was expected of people, and what became of it.
    pub score: scenario::Score,
}

impl Measured {
    /// For people: what, and how it was, what was expected of them last.
    pub fn told(&self, age: fn(Duration) -> String) -> Vec<(&'static str, String)> {
        let of = |is: Duration, may: Option<Duration>| match may {
            Some(may) => format!("{} of {}", age(is), age(may)),
            None => age(is),
        };
        let times = [
            ("acknowledged", self.acknowledged, None),
            ("first action", self.acted, None),
            ("recovered", self.recovered, self.rto),
            ("lost", self.lost, self.rpo),
        ];
        let mut told: Vec<_> = times.into_iter().filter_map(|(name, is, may)| Some((name, of(is?, may)))).collect();
        let slips = self.slips;
        let slips =
            [(slips.skipped, "skipped"), (slips.failed, "failed"), (slips.retried, "tried again"), (slips.unknown, "unknown")];
        let slips: Vec<String> =
            slips.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        told.extend((!slips.is_empty()).then(|| ("steps", slips.join(", "))));
        let score = &self.score;
        told.extend((!score.all.is_empty()).then(|| ("score", format!("{} of {}", score.points(), score.most()))));
        told.extend(score.all.iter().map(|scored| ("expected", scored.told(age))));
        told
    }
}

/// A drill that is over, as its last entry tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    pub id: String,
    pub incident: Option<IncidentId>,
    pub scenario: String,
    pub title: String,
    pub kind: scenario::Kind,
    pub playbook: Option<PlaybookId>,
    #[serde(with = "millis")]
    pub at: DateTime<Utc>,
    pub by: String,
    pub said: Debrief,
    pub measured: Measured,
}

impl Held {
    pub fn of(entry: &Entry) -> Option<Self> {
        let finished = entry.kind == Kind::Drill && entry.text_of("step") == Some("finished");
        Some(Self {
            id: entry.drill.clone().filter(|_| finished)?,
            incident: entry.incident,
            scenario: entry.text_of("scenario")?.to_owned(),
            title: entry.text_of("title")?.to_owned(),
            kind: entry.data_of("kind")?,
            playbook: entry.playbook.clone(),
            at: entry.at,
            by: entry.actor.name.clone(),
            said: entry.data_of("said").unwrap_or_default(),
            measured: entry.data_of("measured")?,
        })
    }
}

#[cfg(test)]
mod tests;

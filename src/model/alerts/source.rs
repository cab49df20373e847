//! How far a source can be trusted now.

use super::super::event::{Pause, SourceAnswer, Spared};
use super::Alerts;
use crate::domain::alert::Silence;
use crate::domain::ids::{AlertId, Fingerprint, SourceName};
use crate::domain::pushed::Pushed;
use crate::domain::settings::{Carry, SourceSpec};
use crate::domain::stamp::Stamp;
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceHealth {
    /// The last poll succeeded, and not too long ago.
    Fresh,
    /// What is known is too old, or was never confirmed by this process.
    Stale,
    /// The last poll failed; what was known before stays on screen.
    Failed,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SourceState {
    spec: SourceSpec,
    pub health: SourceHealth,
    /// Why it is not fresh.
    pub why: Option<Outside>,
    /// The last good answer.
    pub answered: Option<Stamp>,
    /// When the cached alerts were read, until the first good answer.
    pub cached_at: Option<DateTime<Utc>>,
    /// The cache holds more than has been read of it.
    pub(super) more: bool,
    /// Parts that did not answer.
    pub missing: Vec<Outside>,
    /// How far the remote's clock is ahead, in milliseconds.
    pub skew_ms: Option<i64>,
    /// Of one that is pushed to: what came of that.
    pub pushed: Option<Pushed>,
    /// Why it does not tell us of changes by itself, although it could.
    pub refused: Option<Outside>,
    /// Alerts that are shown as firing and that its last answers did not list, though too soon after a restart to be over.
    pub unlisted: usize,
    /// When it is asked next, as `Stamp::mono`, and why then.
    next: Option<(Duration, Spared)>,
    silences: Arc<Vec<Silence>>,
    /// Those that we have ended so lately that the next answer may not know it.
    ended: Vec<(Outside, DateTime<Utc>)>,
    /// Where each of them stands: ten thousand are not searched for every alert.
    places: HashMap<Outside, usize>,
    started_at: Option<DateTime<Utc>>,
    /// Of these the system itself does not know how they are.
    unsure: HashSet<Fingerprint>,
    complete: bool,
    polls: u64,
}

impl Alerts {
    /// A source refuses to tell us of changes by itself; whether that is new.
    pub(in crate::model) fn refused(&mut self, source: &SourceName, why: &Outside) -> bool {
        let Some(source) = self.sources.get_mut(source) else { return false };
        source.refused.replace(why.clone()).as_ref() != Some(why)
    }

    pub(in crate::model) fn spared(&mut self, source: &SourceName, pause: Pause, now: Stamp) {
        if let Some(source) = self.sources.get_mut(source) {
            source.next = Some((now.mono + pause.lasts, pause.why));
        }
    }

    /// Its own system has forgotten how it is, and has not looked since.
    pub fn is_unsure(&self, id: &AlertId) -> bool {
        self.sources.get(&id.source).is_some_and(|source| source.is_unsure_of(&id.fingerprint))
    }

    /// Its own system may say less than it knew before it was started.
    pub fn may_lack(&self, source: &SourceName, now: DateTime<Utc>) -> bool {
        self.may_have_forgotten(source, now) || self.sources.get(source).is_some_and(|source| !source.unsure.is_empty())
    }
}

impl SourceState {
    pub(super) fn new(spec: &SourceSpec) -> Self {
        Self {
            spec: spec.clone(),
            health: SourceHealth::Stale,
            why: Some("not asked yet".into()),
            answered: None,
            cached_at: None,
            more: false,
            missing: Vec::new(),
            skew_ms: None,
            pushed: None,
            refused: None,
            unlisted: 0,
            next: None,
            silences: Arc::default(),
            ended: Vec::new(),
            places: HashMap::new(),
            started_at: None,
            unsure: HashSet::new(),
            complete: false,
            polls: 0,
        }
    }

    /// Whether it was made from this very configuration.
    pub(super) fn is_of(&self, spec: &SourceSpec) -> bool {
        self.spec == *spec
    }

    pub fn kind(&self) -> &str {
        &self.spec.kind
    }

    /// How often it is asked while it answers.
    pub fn every(&self) -> Duration {
        self.spec.every
    }

    /// How long it is left alone from now on, and why: nothing is left while it is being asked. `None` where this process asks nobody.
    pub fn pause(&self, now: Stamp) -> Option<Pause> {
        self.next.map(|(at, why)| Pause { lasts: at.saturating_sub(now.mono), why })
    }

    /// Time since the last good answer.
    pub fn age(&self, now: Stamp) -> Option<Duration> {
        self.answered.map(|at| now.since(at))
    }

    /// Answers that it gave may lack something: a peer or a page did not answer.
    pub fn is_partial(&self) -> bool {
        self.health == SourceHealth::Fresh && !self.missing.is_empty()
    }

    /// Everything that speaks against what it says now, each in one sentence.
    pub fn doubts(&self) -> impl Iterator<Item = &Outside> {
        let missing = if self.health == SourceHealth::Fresh { self.missing.as_slice() } else { &[] };
        self.why.iter().chain(missing)
    }

    pub fn silences(&self) -> &[Silence] {
        &self.silences
    }

    /// What it answers now was asked for after this: no answer is on its way for longer.
    pub(super) fn certainly_after(&self, at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        at + chrono::Duration::from_std(self.spec.timeout).unwrap_or_default() <= now
    }

    /// It has ended by then, as the source has confirmed; whether that is news.
    pub(super) fn end_silence(&mut self, id: &Outside, at: DateTime<Utc>) -> bool {
        let news = self.ends_by(id, at);
        if news {
            self.ended.push((id.clone(), at));
        }
        news
    }

    fn ends_by(&mut self, id: &Outside, at: DateTime<Utc>) -> bool {
        let place = self.places.get(id).copied().filter(|place| self.silences.get(*place).is_some_and(|it| at < it.ends_at));
        let silence = place.and_then(|place| Arc::make_mut(&mut self.silences).get_mut(place));
        silence.map(|silence| silence.ends_at = at).is_some()
    }

    pub fn silence(&self, id: &Outside) -> Option<&Silence> {
        self.silences.get(*self.places.get(id)?)
    }

    pub(super) fn ack_prefix(&self) -> &str {
        match &self.spec.carry {
            Some(Carry::Silence { prefix }) => prefix,
            _ => "ACK!",
        }
    }

    /// When the youngest instance of the last good answer started.
    pub(in crate::model) fn started_at(&self) -> Option<DateTime<Utc>> {
        self.started_at
    }

    /// It can't know how this one is.
    pub(super) fn is_unsure_of(&self, fingerprint: &Fingerprint) -> bool {
        self.unsure.contains(fingerprint)
    }

    pub(super) fn polls(&self) -> u64 {
        self.polls
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete && self.health == SourceHealth::Fresh
    }

    /// The last answer lacks nothing: what it does not say is not so.
    pub(in crate::model) fn is_whole(&self) -> bool {
        self.is_complete() && self.missing.is_empty()
    }

    /// Age past which its alerts are stale: two missed polls and the time that one may take.
    fn deadline(&self) -> Duration {
        self.spec.every * 2 + self.spec.timeout
    }

    /// Takes a good answer in; gives the silences that are other ones than before, new or gone.
    pub(super) fn answered(&mut self, answer: &SourceAnswer, now: Stamp) -> HashSet<Outside> {
        self.health = SourceHealth::Fresh;
        (self.why, self.cached_at, self.more, self.answered) = (None, None, false, Some(now));
        self.missing.clone_from(&answer.missing);
        self.pushed.clone_from(&answer.pushed);
        (self.skew_ms, self.started_at, self.complete) = (answer.skew_ms, answer.started_at, answer.complete);
        self.unsure = answer.unsure.iter().cloned().collect();
        self.polls += 1;
        let mut changed = self.listed(&answer.silences);
        // An answer that was on its way when they ended may list them as before.
        let mut ended = std::mem::take(&mut self.ended);
        ended.retain(|(_, at)| !self.certainly_after(*at, now.wall));
        changed.extend(ended.iter().filter(|(id, at)| self.ends_by(id, *at)).map(|(id, _)| id.clone()));
        self.ended = ended;
        changed
    }

    fn listed(&mut self, silences: &Arc<Vec<Silence>>) -> HashSet<Outside> {
        // Whoever asked has compared them already.
        if Arc::ptr_eq(&self.silences, silences) {
            return HashSet::new();
        }
        let before = std::mem::replace(&mut self.silences, silences.clone());
        // Most often one of ten thousand has changed, and none has come or gone: each stands where it stood.
        let in_place = before.len() == self.silences.len() && before.iter().zip(self.silences.iter()).all(|(a, b)| a.id == b.id);
        if in_place {
            let both = before.iter().zip(self.silences.iter());
            return both.filter(|(was, is)| was != is).map(|(_, is)| is.id.clone()).collect();
        }
        let places = self.silences.iter().enumerate().map(|(place, silence)| (silence.id.clone(), place)).collect();
        let known = std::mem::replace(&mut self.places, places);
        let same = |silence: &&Silence| known.get(&silence.id).and_then(|place| before.get(*place)) == Some(*silence);
        let changed = self.silences.iter().filter(|silence| !same(silence)).map(|silence| silence.id.clone());
        let gone = known.keys().filter(|id| !self.places.contains_key(*id)).cloned();
        changed.chain(gone).collect()
    }

    pub(super) fn failed(&mut self, trouble: Trouble, _now: Stamp) {
        (self.health, self.why) = (SourceHealth::Failed, Some(trouble.text));
    }

    /// Whether a cache may still be shown: only before the first answer.
    pub(super) fn cached(&mut self, read_at: DateTime<Utc>, more: bool) -> bool {
        let early = self.answered.is_none();
        if early {
            (self.cached_at, self.more) = (Some(read_at), more);
            // Of one that was asked in vain that is why, whatever is known from before.
            if self.health != SourceHealth::Failed {
                self.why = Some("from an earlier session, not asked yet".into());
            }
        }
        early
    }

    /// An answer may have been on its way for as long as a poll may take.
    pub(super) fn settled_since_restart(&self, now: DateTime<Utc>, grace: Duration) -> bool {
        let grace = chrono::Duration::from_std(grace + self.spec.timeout).unwrap_or_default();
        self.started_at.is_none_or(|started| started + grace <= now)
    }

    /// Goes stale once its time has come; whether it did.
    pub(super) fn tick(&mut self, now: Stamp) -> bool {
        let over = self.health == SourceHealth::Fresh && self.stale_at().is_some_and(|at| at <= now.mono);
        if over {
            self.make_stale("no answer for longer than two intervals");
        }
        over
    }

    pub(super) fn stale_at(&self) -> Option<Duration> {
        let answered = self.answered.filter(|_| self.health == SourceHealth::Fresh)?;
        Some(answered.mono + self.deadline())
    }

    pub(super) fn make_stale(&mut self, why: &str) {
        (self.health, self.why) = (SourceHealth::Stale, Some(why.into()));
    }
}

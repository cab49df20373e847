//! Acts on sources between their recorded intent and their recorded end. What a crash left open is looked for at the
//! source before it is sent again, and never sent when it is too old to be sensible.

use crate::domain::act::{Act, ActEnd, ActKind, Outcome};
use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::{AlertId, EntryId, SourceName};
use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

/// How long after its intent an act may still be sent.
pub const EXPIRY: Duration = Duration::from_secs(10 * 60);
/// How long the process that recorded an intent may still be sending it; after that the watcher takes it over.
pub const IN_HANDS: Duration = Duration::from_secs(20);
/// So many acts are remembered, whatever they were for.
const KEPT: usize = 1_000;
/// For so long after its end each is.
const RECENT: chrono::Duration = chrono::Duration::minutes(10);
/// What was not done is told to whoever did not ask for it, and remembered, for so long after its end.
pub(super) const TOLD: chrono::Duration = chrono::Duration::hours(6);
/// So many are looked at, with each that comes, whether they are to be forgotten: never all of a storm's at once.
const LOOKED_AT: usize = 4;
/// Why an acknowledgement ended whose carrier somebody has taken away, in the `data` of the entry that says so.
pub(super) const TAKEN_AWAY: &str = "taken away";
/// Nobody is asked about anything older: what is still unknown then stays so.
pub const WONDERS: chrono::Duration = chrono::Duration::days(1);

/// Which one of many an act is that were asked for together: whoever asked may be gone before all of them are recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Among {
    /// What was asked, for people.
    pub title: String,
    #[serde(with = "crate::domain::millis")]
    pub at: DateTime<Utc>,
    /// Those of its source are recorded in the order of this, from one on.
    pub nth: usize,
    /// How many were asked of its source.
    pub of: usize,
}

/// One act.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sent {
    pub intent: Option<Arc<Entry>>,
    /// What the intent says, read once: with a thousand acknowledgements it is looked at a thousand times at every change.
    what: Option<Arc<(SourceName, Act)>>,
    pub end: Option<ActEnd>,
    /// When that was recorded.
    pub ended_at: Option<DateTime<Utc>>,
    /// The act that repeats this one, which could not be sent.
    pub repeated: Option<EntryId>,
    /// For a time nobody knew how it had ended.
    pub doubted: bool,
}

impl Sent {
    /// Nothing was sent, and nobody has tried again yet.
    pub fn waits(&self) -> bool {
        self.repeated.is_none() && self.end.as_ref().is_some_and(|end| end.outcome == Outcome::Unsent)
    }

    /// Nobody knows whether it was done.
    pub fn is_doubtful(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.outcome == Outcome::Unknown)
    }

    /// It has ended, for good, and some time ago.
    fn is_old(&self, now: DateTime<Utc>) -> bool {
        let kept = match &self.end {
            Some(end) if end.outcome == Outcome::Unknown => WONDERS,
            Some(end) if end.outcome.is_undone() => TOLD,
            _ => RECENT,
        };
        let ended = self.ended_at.filter(|_| self.intent.is_some() && !self.waits());
        ended.is_some_and(|at| at + kept <= now)
    }

    /// The entry that intends it.
    pub fn id(&self) -> Option<EntryId> {
        self.intent.as_ref().map(|intent| intent.id)
    }

    /// The act that this one repeats.
    pub fn repeats(&self) -> Option<EntryId> {
        self.intent.as_ref()?.data_of("again")
    }

    pub fn act(&self) -> Option<(SourceName, Act)> {
        self.what.as_deref().cloned()
    }

    pub fn doing(&self) -> Option<&Act> {
        self.what.as_ref().map(|what| &what.1)
    }

    pub fn at(&self) -> Option<&SourceName> {
        self.what.as_ref().map(|what| &what.0)
    }

    /// The entry that it serves: an acknowledgement that is carried.
    pub fn serves(&self) -> Option<EntryId> {
        self.intent.as_ref()?.data_of("for")
    }

    /// The entry that it follows from, when that is not the one it serves: an acknowledgement that is given up.
    pub fn asked_by(&self) -> Option<EntryId> {
        self.intent.as_ref()?.data_of("asked_by")
    }

    /// Those that it was asked for with.
    pub fn among(&self) -> Option<Among> {
        self.intent.as_ref()?.data_of("among")
    }

    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.intent.as_ref()?.data_of("expires_at")
    }
}

/// What carries an acknowledgement at its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carrier {
    pub id: Outside,
    /// When it ends by itself.
    pub until: DateTime<Utc>,
    /// When it was last known to be there.
    pub confirmed_at: DateTime<Utc>,
    /// The system's own acknowledgement, and not a silence.
    pub native: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outbox {
    acts: BTreeMap<EntryId, Sent>,
    /// Those of them that have no recorded end: few, and looked at for every row that is drawn.
    open: BTreeSet<EntryId>,
    /// The acts that serve an entry, by that entry.
    serving: BTreeMap<EntryId, BTreeSet<EntryId>>,
    /// What carried these somebody has taken away at their source.
    taken: BTreeSet<EntryId>,
    /// Those that were not done, by their alerts: whoever is told of one wants to know whether that was done later.
    undone: BTreeMap<AlertId, BTreeSet<EntryId>>,
    /// The last one that was looked at whether it is to be forgotten.
    looked_at: Option<EntryId>,
}

impl Outbox {
    pub fn get(&self, intent: EntryId) -> Option<&Sent> {
        self.acts.get(&intent)
    }

    /// An act, or what has taken its place since.
    pub fn newest(&self, intent: EntryId) -> Option<(EntryId, &Sent)> {
        let mut newest = (intent, self.acts.get(&intent)?);
        while let Some((again, sent)) = newest.1.repeated.and_then(|again| Some((again, self.acts.get(&again)?))) {
            newest = (again, sent);
        }
        Some(newest)
    }

    /// All that are remembered, oldest first.
    pub fn acts(&self) -> impl Iterator<Item = (&Arc<Entry>, &Sent)> {
        self.acts.values().filter_map(|sent| Some((sent.intent.as_ref()?, sent)))
    }

    /// Those that have no recorded end.
    pub fn open(&self) -> impl Iterator<Item = (&Arc<Entry>, &Sent)> {
        self.open.iter().filter_map(|intent| self.acts.get(intent)).filter_map(|sent| Some((sent.intent.as_ref()?, sent)))
    }

    /// Those that could not be sent and wait for their source to answer.
    pub fn waiting(&self) -> impl Iterator<Item = (EntryId, &Sent)> {
        self.acts.iter().filter(|(_, sent)| sent.waits()).map(|(intent, sent)| (*intent, sent))
    }

    /// Those of which nobody knows whether they were done, oldest first.
    pub fn doubtful(&self) -> impl Iterator<Item = &Sent> {
        self.acts.values().filter(|sent| sent.is_doubtful())
    }

    /// Those that were asked for after this one.
    pub fn after(&self, intent: EntryId) -> impl Iterator<Item = &Sent> {
        self.acts.range((Bound::Excluded(intent), Bound::Unbounded)).map(|(_, sent)| sent)
    }

    /// Whether an act of ours has taken an acknowledgement of this alert back since then, or tried to: its own, or a silence that
    /// stood for one of several, of which `covers` knows the alerts.
    pub fn took_back(&self, alert: &AlertId, since: DateTime<Utc>, covers: impl Fn(&Outside) -> bool) -> bool {
        let intents = self.acts.values().rev().filter_map(|sent| Some((sent, sent.intent.as_ref()?)));
        let lately = intents.take_while(|(_, intent)| since < intent.recorded_at);
        let mut acts =
            lately.filter_map(|(sent, intent)| Some((intent.alert.as_ref() == Some(alert), sent.at()?, sent.doing()?)));
        acts.any(|(own, source, act)| match act {
            Act::Expire { id } => own || (*source == alert.source && covers(id)),
            act => own && act.kind() == ActKind::Unacknowledge,
        })
    }

    /// All acts that serve an entry, oldest first.
    pub fn serving(&self, entry: EntryId) -> impl Iterator<Item = &Sent> {
        self.serving.get(&entry).into_iter().flatten().filter_map(|id| self.acts.get(id))
    }

    /// Whether an act keeps alive what an earlier one made to carry this acknowledgement.
    pub fn extends(&self, intent: EntryId, ack: EntryId) -> bool {
        let carries = |sent: &Sent| sent.doing().is_some_and(|act| act.carries_until().is_some());
        let made = |sent: &Sent| sent.end.as_ref().is_some_and(|end| end.outcome == Outcome::Done);
        self.get(intent).is_some_and(carries)
            && self.serving(ack).take_while(|sent| sent.id() != Some(intent)).any(|sent| made(sent) && carries(sent))
    }

    /// What carries an acknowledgement now.
    pub fn carried(&self, ack: EntryId) -> Option<Carrier> {
        if self.taken.contains(&ack) {
            return None;
        }
        self.serving(ack).fold(None, |carried, sent| {
            let Some((act, end)) = sent.doing().zip(sent.end.as_ref()) else { return carried };
            match act.carries_until() {
                Some(until) if end.outcome == Outcome::Done => {
                    let native = matches!(act, Act::On { .. });
                    let made = end.made.clone().zip(sent.ended_at);
                    made.map(|(id, confirmed_at)| Carrier { id, until, confirmed_at, native }).or(carried)
                }
                None if !matches!(end.outcome, Outcome::Unknown | Outcome::Unsent) => None,
                _ => carried,
            }
        })
    }

    pub(super) fn fold(&mut self, entry: &Arc<Entry>) {
        match entry.kind {
            Kind::Act => self.begun(entry),
            Kind::ActEnded => self.ended(entry),
            Kind::Unack if entry.text_of("why") == Some(TAKEN_AWAY) => self.taken.extend(entry.data_of::<EntryId>("ack")),
            _ => {}
        }
    }

    fn begun(&mut self, entry: &Arc<Entry>) {
        if let Some(served) = entry.data_of("for") {
            self.serving.entry(served).or_default().insert(entry.id);
        }
        if let Some(repeated) = entry.data_of("again") {
            self.acts.entry(repeated).or_default().repeated = Some(entry.id);
        }
        let what = entry.data_of("source").zip(entry.data_of("act")).map(Arc::new);
        let sent = self.acts.entry(entry.id).or_default();
        (sent.intent, sent.what) = (Some(entry.clone()), what);
        if sent.end.is_none() {
            self.open.insert(entry.id);
        }
    }

    fn ended(&mut self, entry: &Entry) {
        let (Some(intent), Some(outcome)) = (entry.data_of::<EntryId>("intent"), entry.data_of::<Outcome>("outcome")) else {
            return;
        };
        let detail = entry.text_of("detail").unwrap_or_default().into();
        let made = entry.text_of("made").map(Into::into);
        let sent = self.acts.entry(intent).or_default();
        sent.doubted |= outcome == Outcome::Unknown;
        // That nothing was sent, or that nobody knows, is no last word: it can still be given up, or found.
        if !outcome.is_open() || sent.end.is_none() {
            if let Some(alert) = entry.alert.as_ref().filter(|_| outcome.is_undone()) {
                self.undone.entry(alert.clone()).or_default().insert(intent);
            }
            self.open.remove(&intent);
            (sent.end, sent.ended_at) = (Some(ActEnd { outcome, detail, made }), Some(entry.recorded_at));
        }
    }

    /// The next few of those that may be forgotten, unless somebody still needs them: what has ended, is known, and is no news.
    pub(super) fn old(&mut self, now: DateTime<Utc>) -> Vec<EntryId> {
        if self.acts.len() <= KEPT {
            return Vec::new();
        }
        let after = self.looked_at.map_or(Bound::Unbounded, Bound::Excluded);
        let next: Vec<EntryId> = self.acts.range((after, Bound::Unbounded)).take(LOOKED_AT).map(|(id, _)| *id).collect();
        self.looked_at = next.last().copied().filter(|_| next.len() == LOOKED_AT);
        next.into_iter()
            .filter(|id| self.acts.get(id).is_some_and(|sent| sent.is_old(now) && !self.follows_undone(sent)))
            .collect()
    }

    /// It came after one on the same alert that was not done.
    fn follows_undone(&self, sent: &Sent) -> bool {
        let alert = sent.intent.as_ref().and_then(|intent| Some((intent.alert.as_ref()?, intent.id)));
        alert.is_some_and(|(alert, id)| self.undone.get(alert).is_some_and(|undone| undone.range(..id).next().is_some()))
    }

    pub(super) fn forget(&mut self, intent: EntryId) {
        let Some(sent) = self.acts.remove(&intent) else { return };
        self.open.remove(&intent);
        if let Some(alert) = sent.intent.as_ref().and_then(|intent| intent.alert.as_ref())
            && let Some(undone) = self.undone.get_mut(alert)
        {
            undone.remove(&intent);
            if undone.is_empty() {
                self.undone.remove(alert);
            }
        }
        let Some(served) = sent.serves() else { return };
        let left = self.serving.get_mut(&served).is_some_and(|acts| {
            acts.remove(&intent);
            !acts.is_empty()
        });
        if !left {
            self.serving.remove(&served);
            self.taken.remove(&served);
        }
    }
}

#[cfg(test)]
mod tests;

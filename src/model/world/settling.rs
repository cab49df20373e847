//! Acts of which nobody knows whether they were done: their source is asked each time that it answers, until it can say. Invariant:
//! nothing that may have been done is repeated by itself; what a good look does not find has failed, and a person may try it again,
//! unless it is of a kind that leaves no trace: of that nobody ever knows. A silence that was to carry an acknowledgement is made anew.

use super::World;
use super::watch::to_chrono;
use crate::domain::act::{Act, ActEnd, ActKind, Found, Outcome};
use crate::domain::ids::{EntryId, SourceName};
use crate::domain::trouble::Trouble;
use crate::model::Effect;
use crate::model::lanes::LANES;
use crate::model::outbox::{IN_HANDS, Sent, WONDERS};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// How long after the second answer that settled nothing it is asked for the third time; then twice as long each time.
const AGAIN: chrono::Duration = chrono::Duration::seconds(15);
const LONGEST: chrono::Duration = chrono::Duration::minutes(5);

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Doubts {
    /// Those of which it is to be asked, the oldest first.
    waiting: BTreeSet<EntryId>,
    /// How often an answer about each has settled nothing, and before when nobody is asked again.
    asked: BTreeMap<EntryId, (u32, DateTime<Utc>)>,
}

impl Doubts {
    fn rests(&self, intent: EntryId, now: DateTime<Utc>) -> bool {
        self.asked.get(&intent).is_some_and(|(_, next)| now < *next)
    }

    fn unsettled(&mut self, intent: EntryId, now: DateTime<Utc>) {
        let (times, next) = self.asked.entry(intent).or_insert((0, now));
        *next = match *times {
            0 => now,
            times => now + (AGAIN * (1 << (times - 1).min(8))).min(LONGEST),
        };
        *times += 1;
    }
}

impl World {
    /// The source answers: it is asked what became of what nobody knows. Where a part of it was away and is back, whatever was said of
    /// that before counts no more: it was away that nobody knew.
    pub(super) fn settle(&mut self, source: &SourceName, whole_again: bool) -> Vec<Effect> {
        if !self.watching {
            return Vec::new();
        }
        let of_source = |sent: &&Sent| sent.at() == Some(source);
        let doubtful: BTreeSet<EntryId> = self.outbox.doubtful().filter(of_source).filter_map(Sent::id).collect();
        // What is known by now, or has been for too long, is not kept.
        let outbox = &self.outbox;
        let again = |intent: &EntryId| whole_again && doubtful.contains(intent);
        self.doubts.asked.retain(|intent, _| !again(intent) && outbox.get(*intent).is_some_and(Sent::is_doubtful));
        let now = self.now.wall;
        let due = doubtful.into_iter().filter(|intent| !self.doubts.rests(*intent, now)).collect();
        self.doubt(due)
    }

    /// It matters now what became of what was to carry this acknowledgement: somebody gives it up.
    pub(super) fn settle_for(&mut self, ack: EntryId) -> Vec<Effect> {
        let doubtful = self.outbox.serving(ack).filter(|sent| sent.is_doubtful()).filter_map(Sent::id).collect();
        self.doubt(doubtful)
    }

    fn doubt(&mut self, doubtful: Vec<EntryId>) -> Vec<Effect> {
        if self.settings.read_only {
            return Vec::new();
        }
        for intent in doubtful {
            if !self.searching.contains(&intent) && self.may_be_asked(intent) {
                self.doubts.waiting.insert(intent);
            }
        }
        self.next_doubts()
    }

    /// Who was told can't be asked.
    fn may_be_asked(&self, intent: EntryId) -> bool {
        let Some(sent) = self.outbox.get(intent) else { return false };
        let told = sent.doing().is_none_or(|act| matches!(act, Act::Tell(_)));
        let known = self.telling.contains(&settled(intent)) || self.ends.holds(intent);
        !told && !known && sent.ended_at.is_some_and(|at| self.now.wall < at + WONDERS)
    }

    /// As few at a time as acts are under way: a thousand that are unknown are no thousand questions at once.
    pub(super) fn next_doubts(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        while self.searching.len() < LANES {
            let Some(next) = self.doubts.waiting.pop_first() else { break };
            let sent = self.outbox.get(next).filter(|sent| sent.is_doubtful());
            let asked = sent.and_then(|sent| Some((sent.intent.as_ref()?.intent()?, sent.act()?)));
            let Some((intent, (source, act))) = asked else { continue };
            self.searching.insert(next);
            effects.push(Effect::Find { intent, source, act });
        }
        effects
    }

    /// The answer. That it is not there says nothing while it may still be on its way.
    pub(super) fn doubt_answered(&mut self, intent: EntryId, found: Result<Found, Trouble>) -> Vec<Effect> {
        const NOT_THERE: &str = "it is not there: nothing came of it, and it may be tried again";
        self.searching.remove(&intent);
        let late = |sent: &Sent| sent.ended_at.is_some_and(|at| at + to_chrono(IN_HANDS) <= self.now.wall);
        let traced = |sent: &Sent| sent.doing().is_some_and(|act| act.leaves_a_trace());
        let would_be_there = self.outbox.get(intent).is_some_and(|sent| late(sent) && traced(sent));
        let end = match found {
            Ok(Found::There(made)) => {
                let words = self.outbox.get(intent).and_then(Sent::doing).map_or(FOUND, found_out);
                Some(ActEnd { made: Some(made), ..ActEnd::new(Outcome::Done, words) })
            }
            Ok(Found::NotThere) if would_be_there => Some(ActEnd::new(Outcome::Failed, NOT_THERE)),
            Ok(Found::NotThere) | Err(_) => None,
        };
        if end.is_none() {
            self.doubts.unsettled(intent, self.now.wall);
        }
        let mut effects = end.map(|end| self.act_ended(intent, end)).unwrap_or_default();
        effects.extend(self.next_doubts());
        effects
    }
}

/// What is said of an act that was looked for and has been done.
const FOUND: &str = "found there when it was looked for";

pub(super) fn found_out(act: &Act) -> &'static str {
    match act.kind() {
        ActKind::Expire | ActKind::Unacknowledge | ActKind::Unsnooze => "gone there when it was looked for",
        ActKind::Resolve => "over there when it was looked for",
        _ => FOUND,
    }
}

/// The key of the entry that says what became of it after all.
pub(super) fn settled(intent: EntryId) -> String {
    format!("act/{intent}/settled")
}

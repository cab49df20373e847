//! Acts of which nobody knows whether they were done: their source is asked each time that it answers, until it can say. Invariant:
//! nothing that may have been done is repeated by itself; what a good look does not find has failed, and a person may try it again.

use super::World;
use super::watch::to_chrono;
use crate::domain::act::{Act, ActEnd, Found, Outcome};
use crate::domain::ids::{EntryId, SourceName};
use crate::domain::trouble::Trouble;
use crate::model::Effect;
use crate::model::lanes::LANES;
use crate::model::outbox::{IN_HANDS, Sent};
use std::collections::VecDeque;

/// Nobody is asked about anything older: what is still unknown then stays so.
const WONDERS: chrono::Duration = chrono::Duration::days(1);

/// Those of which it is to be asked, in the order in which they come up.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Doubts(VecDeque<EntryId>);

impl World {
    /// The source answers: it is asked what became of what nobody knows.
    pub(super) fn settle(&mut self, source: &SourceName) -> Vec<Effect> {
        if !self.watching {
            return Vec::new();
        }
        let of_source = |sent: &&Sent| sent.act().is_some_and(|(name, _)| name == *source);
        let doubtful: Vec<EntryId> = self.outbox.doubtful().filter(of_source).filter_map(Sent::id).collect();
        self.doubt(doubtful)
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
            if !self.doubts.0.contains(&intent) && !self.searching.contains(&intent) && self.may_be_asked(intent) {
                self.doubts.0.push_back(intent);
            }
        }
        self.next_doubts()
    }

    /// Who was told can't be asked.
    fn may_be_asked(&self, intent: EntryId) -> bool {
        let Some(sent) = self.outbox.get(intent) else { return false };
        let told = sent.act().is_none_or(|(_, act)| matches!(act, Act::Tell(_)));
        !told && !self.telling.contains(&settled(intent)) && sent.ended_at.is_some_and(|at| self.now.wall < at + WONDERS)
    }

    /// As few at a time as acts are under way: a thousand that are unknown are no thousand questions at once.
    fn next_doubts(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        while self.searching.len() < LANES {
            let Some(next) = self.doubts.0.pop_front() else { break };
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
        let arrived = self.outbox.get(intent).is_some_and(late);
        let end = match found {
            Ok(Found::There(made)) => {
                Some(ActEnd { made: Some(made), ..ActEnd::new(Outcome::Done, "found there when it was looked for") })
            }
            Ok(Found::NotThere) if arrived => Some(ActEnd::new(Outcome::Failed, NOT_THERE)),
            Ok(Found::NotThere) | Err(_) => None,
        };
        let mut effects = end.map(|end| self.act_ended(intent, end)).unwrap_or_default();
        effects.extend(self.next_doubts());
        effects
    }
}

/// The key of the entry that says what became of it after all.
pub(super) fn settled(intent: EntryId) -> String {
    format!("act/{intent}/settled")
}

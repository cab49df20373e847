//! Silences that somebody here has ended and that are back: a server that was killed had not written down yet that they are over. They hide
//! alerts that nobody has, and say of who had them once that they have them still: each is ended again.

use super::World;
use crate::domain::act::{Act, Outcome};
use crate::domain::alert::SilenceState;
use crate::domain::entry::{Draft, Entry};
use crate::domain::ids::{EntryId, SourceName};
use crate::domain::text::Outside;
use crate::model::Effect;
use crate::model::outbox::Sent;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An answer that was asked for before it was ended, or a server that has not heard of that yet, is no older than this.
const SETTLED: TimeDelta = TimeDelta::seconds(30);

/// How the key ends of what ends one again.
const AGAIN: &str = "/revived";

impl World {
    /// A whole answer has come.
    pub(super) fn end_revived(&mut self, source: &SourceName) -> Vec<Effect> {
        if !self.watching || !self.alerts.source(source).is_some_and(|state| state.is_whole()) {
            return Vec::new();
        }
        let drafts = self.revived(source).into_iter().filter_map(|(id, intent)| self.ending_again(source, id, &intent)).collect();
        self.launch_duties(drafts)
    }

    fn revived(&self, source: &SourceName) -> BTreeMap<Outside, Arc<Entry>> {
        let Some(state) = self.alerts.source(source) else { return BTreeMap::new() };
        let mut newest: BTreeMap<&Outside, (&Arc<Entry>, &Sent)> = BTreeMap::new();
        for (intent, sent) in self.outbox.acts().filter(|(_, sent)| sent.at() == Some(source)) {
            if let Some(Act::Expire { id }) = sent.doing() {
                newest.insert(id, (intent, sent));
            }
        }
        let in_force = |id: &Outside| {
            let there = state.silence(id).filter(|silence| silence.state != SilenceState::Expired);
            there.is_some_and(|silence| self.now.wall < silence.ends_at)
        };
        let back = newest.into_iter().filter(|(id, (_, sent))| ended_before(sent, self.now.wall - SETTLED) && in_force(id));
        back.map(|(id, (intent, _))| (id.clone(), intent.clone())).collect()
    }

    fn ending_again(&mut self, source: &SourceName, id: Outside, ended: &Arc<Entry>) -> Option<Draft> {
        // Once: of several servers one that hears nothing of the others would be told of it for ever.
        let again = ended.key.as_ref().is_some_and(|key| key.ends_with(AGAIN));
        let key = format!("act/{}{AGAIN}", ended.id);
        if again || !self.telling.insert(key.clone()) {
            return None;
        }
        let text = format!("ending the silence {} once more: {source} has lost that it was ended", id.inert());
        let draft = self.act_draft(source, Act::Expire { id }, &text);
        let mut draft = self.by_itself(draft, &ended.actor.name);
        if let Some(ack) = ended.data_of::<EntryId>("for") {
            draft = draft.with("for", ack);
        }
        (draft.alert, draft.service, draft.incident) = (ended.alert.clone(), ended.service.clone(), ended.incident);
        Some(Draft { key: Some(key), ..draft })
    }
}

fn ended_before(sent: &Sent, then: DateTime<Utc>) -> bool {
    sent.end.as_ref().is_some_and(|end| end.outcome == Outcome::Done) && sent.ended_at.is_some_and(|at| at <= then)
}

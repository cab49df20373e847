//! Acknowledgements that somebody has given elsewhere, as a source tells of them: each is on record once, though it is none of ours. That one
//! of ours is carried there is told by its own entry.

use super::World;
use super::taken::{LOOKS, is_busy};
use crate::domain::entry::{Draft, Kind};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::inert;
use crate::model::Effect;
use crate::model::alerts::{Elsewhere, GIVEN_ELSEWHERE};

/// So many at once: a source that is met first may have thousands, and the next answer has the rest.
const MOST: usize = 100;

impl World {
    /// A whole answer has come. Another process may have recorded an acknowledgement that this one has not read yet: it is said when two in
    /// a row agree.
    pub(super) fn note_given_elsewhere(&mut self, source: &SourceName) -> Vec<Effect> {
        if !self.alerts.source(source).is_some_and(|state| state.is_whole()) {
            return Vec::new();
        }
        let held = self.alerts.held_elsewhere(source);
        self.given.retain(|id, (by, _)| id.source != *source || held.get(id).is_some_and(|held| held.by == *by));
        let mut drafts = Vec::new();
        for (id, held) in held {
            let seen = &mut self.given.entry(id.clone()).or_insert_with(|| (held.by.clone(), 0)).1;
            *seen = seen.saturating_add(1);
            if *seen >= LOOKS && self.watching && drafts.len() < MOST {
                drafts.extend(self.given_draft(&id, &held));
            }
        }
        self.record(drafts)
    }

    /// `None`: it is on record, or on its way there, or it is what carries one of ours that was given up.
    fn given_draft(&mut self, id: &AlertId, held: &Elsewhere) -> Option<Draft> {
        let tracked = self.alerts.get(id)?;
        let (episode, ack) = (tracked.episode, self.alerts.ack(tracked, self.now.wall)?);
        let Elsewhere { by, before, since } = held;
        if let Some(record) = self.alerts.record(id) {
            let carried = |ours| self.outbox.carried(ours).is_some() || self.outbox.serving(ours).any(is_busy);
            if record.is_given(episode, *before, by) || record.acks_of(episode).any(carried) {
                return None;
            }
        }
        let key = format!("{id}/{}/given/{before}/{by}", episode.timestamp_millis());
        if !self.telling.insert(key.clone()) {
            return None;
        }
        let who = if by.is_empty() { "somebody".into() } else { inert(by) };
        let why = if ack.reason.is_empty() { String::new() } else { format!(": {}", inert(&ack.reason)) };
        let text = format!("{who} has acknowledged {} at its source{why}", self.in_full(id));
        let draft = self.context().seen("alerts", Kind::Ack, text).with("episode", episode).with("why", GIVEN_ELSEWHERE);
        let draft = draft.with("by", by).with("reason", &ack.reason).with("before", before);
        // It stands at its time, where that is known.
        let at = since.unwrap_or(draft.at).clamp(episode.min(draft.at), draft.at);
        let draft = draft.with("since", since);
        Some(self.about_alert(Draft { key: Some(key), at, ..draft }, id))
    }
}

//! Acknowledgements of others beside one of ours. Where a silence carries each of them their system has room for both, and says to neither
//! that there are two: whoever thinks to be the only one who is on it is told.

use super::World;
use crate::domain::alert::Silence;
use crate::domain::entry::{Draft, Kind};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::{Outside, inert};
use crate::model::Effect;
use crate::model::alerts::{Ack, GIVEN_ELSEWHERE, Tracked};
use chrono::TimeDelta;

/// A colleague's of this data folder may not have been read so soon.
const LAG: TimeDelta = TimeDelta::seconds(10);

impl World {
    /// Who else has acknowledged at its source what one of us has, each with the silence that says so.
    pub fn acked_beside(&self, tracked: &Tracked) -> Vec<(Ack, &Silence)> {
        let now = self.now.wall;
        let (own, id) = (self.alerts.ack(tracked, now).filter(|ack| ack.entry.is_some()), &tracked.alert.id);
        let Some((own, record)) = own.zip(self.alerts.record(id)) else { return Vec::new() };
        let ours: Vec<Outside> =
            record.acks_of(tracked.episode).filter_map(|ack| self.outbox.carried(ack)).map(|carrier| carrier.id).collect();
        let others = self.alerts.silences_on(tracked).filter(|silence| now < silence.ends_at && !ours.contains(&silence.id));
        let acks = others.filter_map(|silence| Some((self.alerts.foreign_ack(tracked, silence)?, silence)));
        acks.filter(|(ack, silence)| ack.by != own.by && silence.starts_at + LAG <= now).collect()
    }

    /// A whole answer has come: each of them is on record once.
    pub(super) fn note_acked_beside(&mut self, source: &SourceName) -> Vec<Effect> {
        if !self.watching || self.settings.read_only || !self.alerts.source(source).is_some_and(|state| state.is_whole()) {
            return Vec::new();
        }
        let ours = self.alerts.acked().map(|(id, _)| id).filter(|id| id.source == *source);
        let listed = ours.filter_map(|id| self.alerts.get(id)).filter(|it| it.missing == 0 && it.resolved_at.is_none());
        let both = listed.flat_map(|tracked| {
            let told = |(ack, silence): (Ack, &Silence)| (tracked.alert.id.clone(), ack, silence.id.clone());
            self.acked_beside(tracked).into_iter().map(told)
        });
        let both: Vec<(AlertId, Ack, Outside)> = both.collect();
        let drafts = both.into_iter().filter_map(|(id, ack, silence)| self.beside_draft(&id, &ack, &silence)).collect();
        self.record(drafts)
    }

    /// `None`: it is on record, or on its way there.
    fn beside_draft(&mut self, id: &AlertId, ack: &Ack, silence: &Outside) -> Option<Draft> {
        let episode = self.alerts.get(id)?.episode;
        let key = format!("{id}/{}/beside/{}", episode.timestamp_millis(), silence.raw());
        if !self.telling.insert(key.clone()) {
            return None;
        }
        let why = if ack.reason.is_empty() { String::new() } else { format!(": {}", inert(&ack.reason)) };
        let text = format!("{} has acknowledged {} at its source, too{why}", inert(&ack.by), self.in_full(id));
        let draft = self.context().seen("alerts", Kind::Ack, text).with("episode", episode).with("why", GIVEN_ELSEWHERE);
        let at = ack.since.unwrap_or(draft.at).clamp(episode.min(draft.at), draft.at);
        let draft = draft.with("by", &ack.by).with("reason", &ack.reason).with("since", ack.since);
        Some(self.about_alert(Draft { key: Some(key), at, ..draft }, id))
    }
}

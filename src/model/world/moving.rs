//! What was pending and fires: an acknowledgement that was given to it holds for the alert that tells of it now. The problem is the
//! same, and whoever said that they are on it is.

use super::World;
use crate::domain::entry::{Actor, Draft, Kind};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::inert;
use crate::model::Effect;
use crate::model::alerts::{Ack, Change, Why};

impl World {
    /// What changed at a source, and what follows from it.
    pub(super) fn alerts_changed(&mut self, source: &SourceName, change: Change) -> Vec<Effect> {
        self.duties = None;
        let changed: Vec<AlertId> = change.upserts.iter().map(|alert| alert.id.clone()).collect();
        let turns = self.alerts.changed(&self.settings, source, self.now, change);
        let mut effects = self.count_arrivals(source, &changed);
        self.may_be_diagnosed(changed.into_iter());
        effects.extend(self.note_turns(turns));
        effects.extend(self.note_acked_before());
        effects
    }

    /// Asked of the journal until that holds it, by whoever watches.
    pub(super) fn note_acked_before(&mut self) -> Vec<Effect> {
        if !self.watching || self.settings.read_only {
            return Vec::new();
        }
        let acked = self.alerts.acked_before(self.now.wall);
        let drafts = acked.into_iter().filter_map(|(ack, id)| self.acked_before_draft(&ack, id)).collect();
        self.record(drafts)
    }

    /// It is the acknowledgement of whoever gave it, to the same end. `None`: it is on its way into the journal.
    fn acked_before_draft(&mut self, ack: &Ack, id: AlertId) -> Option<Draft> {
        let episode = self.alerts.get(&id)?.episode;
        let key = format!("ack/{}/holds/{id}/{}", ack.entry?, episode.timestamp_millis());
        if !self.telling.insert(key.clone()) {
            return None;
        }
        let text = format!("{}'s acknowledgement of {}, given while it was pending, holds", inert(&ack.by), self.in_full(&id));
        let draft = Draft::new(Kind::Ack, self.now.wall, Actor::person(&ack.by, None), text);
        let draft =
            draft.with("episode", episode).with("until", ack.until).with("reason", &ack.reason).with("ticket", &ack.ticket);
        Some(Draft { key: Some(key), ..self.about_alert(draft, &id) })
    }

    /// Why nothing can be done with an alert that the queue does not hold.
    pub(super) fn absent(&self, id: &AlertId) -> String {
        match self.alerts.left(id) {
            Some(_) => format!("{} {}", self.name_of(id), self.whereabouts(id)),
            None => format!("no alert {id} is in the queue"),
        }
    }

    /// What became of an alert that the queue does not hold, as the end of a sentence that begins with its name.
    pub fn whereabouts(&self, id: &AlertId) -> String {
        let Some(gone) = self.alerts.left(id) else { return "has left the queue".into() };
        let now = self.alerts.now(id);
        match gone.why {
            Why::Fires if now != id => format!("fires now, from {}", inert(now.source.as_str())),
            Why::Fires => format!("fires now, says {}", inert(id.source.as_str())),
            Why::Calm => "is pending no more".into(),
            Why::Over => "is over and has left the queue".into(),
            Why::Unasked => format!("is asked about no more: {} is not in the configuration", inert(id.source.as_str())),
        }
    }
}

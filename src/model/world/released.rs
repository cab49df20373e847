//! Acknowledgements that were never ours and have ended: whoever held the alert elsewhere may have been the only one who was on it. It is
//! said in the log, and the alert is as much news as when it began. What we took back ourselves is no news.

use super::World;
use super::taken::LOOKS;
use super::watch::to_chrono;
use crate::domain::alert::Cover;
use crate::domain::entry::{Draft, Kind};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::{Outside, inert};
use crate::model::Effect;
use crate::model::alerts::{ENDED_ELSEWHERE, Elsewhere, State, Tracked};
use crate::model::outbox::EXPIRY;

impl World {
    /// A whole answer has come. One of several servers may lag behind the others: it is said when two in a row agree, and asked of the
    /// journal until that holds it.
    pub(super) fn note_released(&mut self, source: &SourceName) -> Vec<Effect> {
        if !self.alerts.source(source).is_some_and(|state| state.is_whole()) {
            return Vec::new();
        }
        let mut drafts = Vec::new();
        for (id, held) in self.alerts.released(source) {
            let tracked = self.alerts.get(&id);
            let unsaid = |tracked: &Tracked| tracked.missing > 0 || self.alerts.is_unsure(&id);
            if tracked.is_some_and(|tracked| unsaid(tracked) && tracked.resolved_at.is_none()) {
                continue;
            }
            let told =
                |tracked: &Tracked| self.alerts.record(&id).is_some_and(|record| record.released(tracked.episode) > held.before);
            let unowned = tracked.is_some_and(|tracked| tracked.state == State::Firing && !told(tracked));
            let seen = self.released.entry(id.clone()).or_default();
            *seen += 1;
            if unowned && *seen < LOOKS {
                continue;
            }
            // Whoever does not watch keeps it until it is told: who watches may die before that.
            if unowned && !self.took_back(&id) {
                if self.watching {
                    drafts.extend(self.released_draft(&id, &held));
                }
                continue;
            }
            self.released.remove(&id);
            self.alerts.released_told(&id);
        }
        self.record(drafts)
    }

    /// A silence that is listed no more may have covered it.
    fn took_back(&self, id: &AlertId) -> bool {
        let covers = |silence: &Outside| {
            let listed = self.alerts.source(&id.source).and_then(|state| state.silence(silence)).zip(self.alerts.get(id));
            let cover = listed.map(|(silence, tracked)| (Cover::of(&silence.matchers), tracked));
            cover.is_none_or(|(cover, tracked)| cover.is_ok_and(|cover| cover.covers(&tracked.alert.labels)))
        };
        self.outbox.took_back(id, self.now.wall - to_chrono(EXPIRY), covers)
    }

    /// `None`: it is on its way into the journal.
    fn released_draft(&mut self, id: &AlertId, held: &Elsewhere) -> Option<Draft> {
        let (episode, by) = (self.alerts.get(id)?.episode, &held.by);
        let key = format!("{id}/{}/released/{}", episode.timestamp_millis(), held.before);
        if !self.telling.insert(key.clone()) {
            return None;
        }
        let who = if by.is_empty() { "somebody".into() } else { inert(by) };
        let text = format!("{who}'s acknowledgement of {} has ended at its source, and it still fires", self.in_full(id));
        let draft = self.context().seen("alerts", Kind::Unack, text);
        let draft = draft.with("episode", episode).with("why", ENDED_ELSEWHERE).with("by", by);
        Some(self.about_alert(Draft { key: Some(key), ..draft }, id))
    }
}

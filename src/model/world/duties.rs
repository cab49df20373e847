//! When the watcher has something to do, and what: it keeps what was promised, whoever promised it.

use super::World;
use super::watch::to_chrono;
use crate::model::Effect;
use crate::model::outbox::IN_HANDS;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// Of more acknowledgements than this it is worked out only so often what is to be done for them: each line of the record may change it,
/// and a thousand that are taken back at once are a thousand lines of which each would look at a thousand.
const MANY: usize = 100;
const OFTEN: Duration = Duration::from_millis(100);

impl World {
    /// The journal has just said no: it is not asked at every event.
    pub(in crate::model) fn rests(&self) -> bool {
        self.rest.is_some_and(|until| until > self.now.mono)
    }

    /// The duties of the watcher: carried acks and acts that nobody has in hand any more.
    pub(super) fn watch(&mut self) -> Vec<Effect> {
        if !self.watching || self.rests() || self.settings.read_only || self.duty().is_none_or(|at| at > self.now.wall) {
            return Vec::new();
        }
        let mut effects = self.carry();
        effects.extend(self.take_over());
        effects.extend(self.give_up_late());
        effects.extend(self.tell_again());
        effects.extend(self.tell_cut_off());
        effects.extend(self.look_back_late());
        effects.extend(self.tell_unwatched());
        self.duties = None;
        effects
    }

    /// When `watch` next has something to do, worked out once after every change; of many acknowledgements, as often as nobody notices.
    fn duty(&mut self) -> Option<DateTime<Utc>> {
        if let Some(known) = self.duties {
            return known;
        }
        let rests = (self.judged + OFTEN).saturating_sub(self.now.mono);
        if self.alerts.acked_count() > MANY && !rests.is_zero() {
            return Some(self.now.wall + rests);
        }
        self.judged = self.now.mono;
        let carriers = self.alerts.acked().filter_map(|(id, ack)| self.carrier_due(id, ack));
        let left = self.outbox.open().filter(|(intent, _)| self.is_left(intent));
        let left = left.map(|(intent, _)| intent.recorded_at + to_chrono(IN_HANDS));
        let others = [self.given_up_next(), self.tell_next(), self.calls.due(), self.look_back_next(), self.unwatched_due()];
        let next = carriers.chain(left).chain(others.into_iter().flatten()).min();
        self.duties = Some(next);
        next
    }

    pub(super) fn next_watch(&mut self) -> Option<Duration> {
        let at = if self.watching { self.duty()? } else { return None };
        let at = self.now.mono + (at - self.now.wall).to_std().unwrap_or_default();
        Some(self.rest.map_or(at, |rest| rest.max(at)))
    }
}

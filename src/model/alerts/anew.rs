//! What ended and began again while nobody looked: its source lists it as before, but as begun anew.
//!
//! That a source moves a beginning proves nothing by itself: it does so after a restart, too. An instance that has run since before the
//! episode began moves it only where that was over in between, and so does a system whose problems have beginnings of their own. Between two
//! answers that follow each other it is one episode all the same:
//! nobody has seen its end.

use super::recording::begun;
use super::{Alerts, News, Tracked};
use crate::domain::ids::AlertId;
use crate::domain::millis;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, TimeDelta, Utc};

impl Tracked {
    /// Whether it began anew since the last answer that listed it, which is longer ago than this; by an instance that was `started` then, where
    /// that matters.
    pub(super) fn began_anew(&self, started: Option<DateTime<Utc>>, apart: TimeDelta) -> bool {
        let last = self.listed_at.unwrap_or(self.episode);
        let one_instance = started.is_none_or(|started| started < self.episode);
        begun(self) && one_instance && self.episode <= last && last + apart < self.alert.starts_at
    }
}

impl Alerts {
    /// It is as much news as when it began first, and nobody's, before that is on record.
    pub(super) fn begin_anew(&mut self, id: &AlertId, now: Stamp) {
        let Some(tracked) = self.queue.get_mut(id) else { return };
        let (before, at) = (tracked.episode, tracked.alert.starts_at);
        (tracked.arrived, tracked.news) = (Some(now), News::At(at));
        self.anew.insert(id.clone(), before);
        let used = self.records.get(id).is_some_and(|record| record.has_begun(at));
        self.queue.set_episode(id, millis::truncated(if used { now.wall } else { at }));
    }

    /// Those that began anew, and the episodes that ended before that and stand open in the journal still.
    pub(in crate::model) fn begun_anew(&mut self) -> Vec<(AlertId, DateTime<Utc>)> {
        let records = &self.records;
        let open =
            |id: &AlertId, episode: DateTime<Utc>| records.get(id).and_then(|record| record.open_episode()) == Some(episode);
        self.anew.retain(|id, episode| open(id, *episode));
        self.anew.iter().map(|(id, episode)| (id.clone(), *episode)).collect()
    }
}

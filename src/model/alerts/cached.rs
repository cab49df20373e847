//! What an earlier process knew: shown until the source answers.

use super::Alerts;
use crate::domain::alert::Alert;
use crate::domain::ids::SourceName;
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};
use std::sync::Arc;

impl Alerts {
    /// More fired when an earlier session knew of it last than has been read of its cache.
    pub fn is_partly_read(&self) -> bool {
        self.sources.values().any(|source| source.more)
    }

    /// Alerts of an earlier process, to have something to show before the first answer. They are no news and no proof.
    pub(in crate::model) fn cached(
        &mut self,
        settings: &Settings,
        source: &SourceName,
        alerts: Vec<Arc<Alert>>,
        (read_at, more): (DateTime<Utc>, bool),
        now: Stamp,
    ) {
        let Some(state) = self.sources.get_mut(source) else { return };
        if !state.cached(read_at, more) {
            return;
        }
        for alert in alerts {
            let id = alert.id.clone();
            // The source may have listed it already, in a part of its first answer.
            if self.get(&id).is_some_and(|tracked| tracked.missing == 0) {
                continue;
            }
            self.upsert(settings, alert, now);
            if let Some(tracked) = self.queue.get_mut(&id) {
                // Until the source lists it again it may be gone; it counts as missed by the first good poll.
                (tracked.arrived, tracked.missing) = (None, 1);
                self.queue.touch(&id);
            }
        }
        self.revision += 1;
    }
}

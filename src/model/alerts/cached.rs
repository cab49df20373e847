//! What an earlier process knew: shown until the source answers.

use super::{Alerts, Tracked};
use crate::domain::alert::Alert;
use crate::domain::ids::{Fingerprint, SourceName};
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a source listed as far as is known, and when.
#[derive(Debug)]
pub(in crate::model) struct Cached {
    pub alerts: Vec<Arc<Alert>>,
    pub read_at: DateTime<Utc>,
    pub unlisted: BTreeMap<Fingerprint, DateTime<Utc>>,
    pub more: bool,
}

impl Tracked {
    /// It was not listed any more, and not certainly over: what knows of the last time that it was, an instance by its start or a clock.
    pub fn unlisted_since(&self) -> Option<DateTime<Utc>> {
        // Of what only the journal knows nothing more is certain than that it began.
        (self.missing > 0).then(|| self.listed().unwrap_or(self.episode))
    }

    pub(super) fn listed(&self) -> Option<DateTime<Utc>> {
        self.listed_since.or(self.listed_at)
    }
}

impl Alerts {
    /// More fired when an earlier session knew of it last than has been read of its cache.
    pub fn is_partly_read(&self) -> bool {
        self.sources.values().any(|source| source.more)
    }

    /// Alerts of an earlier process, to have something to show before the first answer. They are no news and no proof.
    pub(in crate::model) fn cached(&mut self, settings: &Settings, source: &SourceName, cached: Cached, now: Stamp) {
        let Cached { alerts, read_at, unlisted, more } = cached;
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
                tracked.listed_at = Some(unlisted.get(&id.fingerprint).copied().unwrap_or(read_at));
                self.queue.touch(&id);
            }
            self.unseen.cached(&id);
        }
        self.show_unheard(settings, source, now);
        self.revision += 1;
    }

    /// A source is in the configuration again: what it told of before it left is known still, as far as nobody has said that it is over.
    pub(super) fn returned(&mut self, settings: &Settings, source: &SourceName, now: Stamp) {
        let known = self.left.unasked_of(source).filter(|(alert, _)| self.is_open(&alert.id));
        let known: Vec<(Arc<Alert>, DateTime<Utc>)> = known.map(|(alert, at)| (alert.clone(), at)).collect();
        if let Some(read_at) = known.iter().map(|(_, at)| *at).max() {
            let unlisted = known.iter().map(|(alert, at)| (alert.id.fingerprint.clone(), *at)).collect();
            let alerts = known.into_iter().map(|(alert, _)| alert).collect();
            self.cached(settings, source, Cached { alerts, read_at, unlisted, more: false }, now);
        }
    }
}

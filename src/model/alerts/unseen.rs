//! What the journal holds open and no source has told this process of: it may fire still, or have ended while nobody watched. While its source
//! was started too lately to be believed that it is over, it stands in the queue as what is not listed any more; its name, and the
//! incident that it began in, are known until its end is.

use super::{ABSENT_POLLS, Alerts, Tracked};
use crate::domain::alert::Alert;
use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Unseen {
    /// By when its episodes began, unread, for a storm has thousands: in whatever order their entries arrive, the one that is open is among them.
    begun: BTreeMap<AlertId, BTreeMap<DateTime<Utc>, Arc<Entry>>>,
    /// Those that stand in the queue all the same.
    shown: BTreeSet<AlertId>,
}

impl Unseen {
    /// A source lists it.
    pub fn seen(&mut self, tracked: &Tracked) {
        if tracked.missing == 0 && !self.begun.is_empty() {
            self.begun.remove(&tracked.alert.id);
            self.shown.remove(&tracked.alert.id);
        }
    }
}

impl Alerts {
    /// The entry with which the episode began that is open.
    pub(in crate::model) fn begun(&self, id: &AlertId) -> Option<&Arc<Entry>> {
        self.unseen.begun.get(id)?.get(&self.record(id)?.open_episode()?)
    }

    /// After its record has taken the entry in.
    pub(super) fn know_unseen(&mut self, id: &AlertId, entry: &Arc<Entry>) {
        match entry.kind {
            Kind::AlertFired if entry.drill.is_none() && !self.queue.holds(id) => {
                let began = entry.data_of("starts_at").unwrap_or(entry.at);
                self.unseen.begun.entry(id.clone()).or_default().insert(began, entry.clone());
            }
            Kind::AlertResolved if !self.is_open(id) && self.unseen.shown.remove(id) => drop(self.queue.take(id)),
            _ => {}
        }
    }

    /// Its source has answered as a whole: what it did not list is judged anew.
    pub(in crate::model) fn hide_unlisted(&mut self, source: &SourceName) {
        let shown = std::mem::take(&mut self.unseen.shown);
        let (ours, others) = shown.into_iter().partition(|id| id.source == *source);
        self.unseen.shown = others;
        let ours: BTreeSet<AlertId> = ours;
        ours.iter().for_each(|id| drop(self.queue.take(id)));
    }

    pub(in crate::model) fn show_unlisted(&mut self, settings: &Settings, source: &SourceName, now: Stamp) {
        if !self.may_have_forgotten(source, now.wall) {
            return;
        }
        let ours = |id: &&AlertId| id.source == *source && !self.queue.holds(id) && !self.is_unsure(id);
        let unlisted = self
            .unseen
            .begun
            .keys()
            .filter(ours)
            .filter_map(|id| Some((id.clone(), Arc::new(Alert::recorded(self.begun(id)?)?))));
        let unlisted: Vec<_> = unlisted.collect();
        if let Some(state) = self.sources.get_mut(source) {
            state.unlisted += unlisted.len();
        }
        for (id, alert) in unlisted {
            let tracked = Tracked { missing: ABSENT_POLLS, ..self.fresh(settings, alert, now, true) };
            self.place(settings, Box::new(tracked), now);
            self.unseen.shown.insert(id);
            self.revision += 1;
        }
    }
}

//! What the journal holds open and no source has told this process of: it may fire still, or have ended while nobody watched. While its source
//! was started too lately to be believed that it is over, it stands in the queue as what is not listed any more; its name, and the
//! incident that it began in, are known until its end is.

use super::recording::begun;
use super::{ABSENT_POLLS, Alerts, SourceState, Tracked};
use crate::domain::alert::Alert;
use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Unseen {
    /// By when its episodes began, unread, for a storm has thousands: in whatever order their entries arrive, the one that is open is among them.
    begun: BTreeMap<AlertId, BTreeMap<DateTime<Utc>, Arc<Entry>>>,
    /// Those that stand in the queue all the same.
    shown: BTreeSet<AlertId>,
    /// The journal has been read.
    read: bool,
}

impl Unseen {
    /// A source lists it.
    pub fn seen(&mut self, tracked: &Tracked) {
        if tracked.missing == 0 && !self.begun.is_empty() {
            self.begun.remove(&tracked.alert.id);
            self.shown.remove(&tracked.alert.id);
        }
    }

    /// An earlier process knew more of it than the journal.
    pub fn cached(&mut self, id: &AlertId) {
        self.shown.remove(id);
    }
}

/// So many are read of what the journal alone knows: after a storm whose cache is gone there are a hundred thousand, and keys wait meanwhile.
const MOST: usize = 1_000;

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

    /// Of what its source has forgotten nobody knows that it is over: neither where it was started so lately that it may not list it yet, nor
    /// where it has not looked since.
    pub(in crate::model) fn show_unlisted(&mut self, settings: &Settings, source: &SourceName, now: Stamp) {
        if !self.may_lack(source, now.wall) {
            return;
        }
        let forgotten = self.may_have_forgotten(source, now.wall);
        let mut unlisted = self.unseen_of(source, usize::MAX);
        unlisted.retain(|(id, _)| forgotten || self.is_unsure(id));
        let counted = unlisted.iter().filter(|(id, _)| !self.is_unsure(id)).count();
        if let Some(state) = self.sources.get_mut(source) {
            state.unlisted += counted;
        }
        self.show(settings, unlisted, ABSENT_POLLS, now);
    }

    /// The journal has been read.
    pub(in crate::model) fn all_read(&mut self, settings: &Settings, now: Stamp) {
        self.unseen.read = true;
        let sources: Vec<SourceName> = self.sources.keys().cloned().collect();
        sources.iter().for_each(|source| self.show_unheard(settings, source, now));
    }

    /// What the journal holds open of a source that has not answered yet, or not as a whole, fires as far as anybody knows, also where the
    /// process that recorded it died before it could keep that for the next one.
    pub(super) fn show_unheard(&mut self, settings: &Settings, source: &SourceName, now: Stamp) {
        // What was kept is known first: few are left then.
        if !self.is_unheard_of(source) {
            return;
        }
        self.forget_ended(source);
        let mut unheard = self.unseen_of(source, MOST + 1);
        if let Some(state) = self.sources.get_mut(source).filter(|state| unheard.len() > MOST && state.answered.is_none()) {
            state.more = true;
        }
        unheard.truncate(MOST);
        self.show(settings, unheard, 1, now);
    }

    /// What was kept before its end was recorded, by a console that was killed soon after, does not fire.
    fn forget_ended(&mut self, source: &SourceName) {
        let ended = |tracked: &&Tracked| {
            let kept = tracked.listed_at.filter(|_| tracked.missing > 0 && begun(tracked) && tracked.alert.id.source == *source);
            kept.zip(self.records.get(&tracked.alert.id)).is_some_and(|(kept, record)| record.ended_since(kept))
        };
        let ended: Vec<AlertId> = self.queue().filter(ended).map(|tracked| tracked.alert.id.clone()).collect();
        ended.iter().for_each(|id| drop(self.queue.take(id)));
    }

    /// The same of one whose beginning another process has recorded just now.
    pub(super) fn show_begun(&mut self, settings: &Settings, id: &AlertId, entry: &Entry, now: Stamp) {
        let hidden = entry.kind == Kind::AlertFired && entry.drill.is_none() && !self.queue.holds(id) && self.is_open(id);
        if hidden && self.is_unheard_of(&id.source) && self.unseen.shown.len() < MOST {
            let alert = Alert::recorded(entry).map(|alert| (id.clone(), Arc::new(alert)));
            self.show(settings, alert.into_iter().collect(), 1, now);
        }
    }

    fn is_unheard_of(&self, source: &SourceName) -> bool {
        let silent = |state: &SourceState| !state.more && (state.answered.is_none() || state.is_partial());
        self.unseen.read && self.sources.get(source).is_some_and(silent)
    }

    /// What the journal holds open of a source and the queue does not, the newest first.
    fn unseen_of(&self, source: &SourceName, most: usize) -> Vec<(AlertId, Arc<Alert>)> {
        let ours = |id: &&AlertId| id.source == *source && !self.queue.holds(id);
        let mut open: Vec<(&AlertId, &Arc<Entry>)> =
            self.unseen.begun.keys().filter(ours).filter_map(|id| Some((id, self.begun(id)?))).collect();
        open.sort_by_key(|(_, entry)| Reverse(entry.order()));
        open.into_iter().take(most).filter_map(|(id, entry)| Some((id.clone(), Arc::new(Alert::recorded(entry)?)))).collect()
    }

    fn show(&mut self, settings: &Settings, alerts: Vec<(AlertId, Arc<Alert>)>, missing: u32, now: Stamp) {
        for (id, alert) in alerts {
            let tracked = Tracked { missing, ..self.fresh(settings, alert, now, true) };
            self.place(settings, Box::new(tracked), now);
            self.unseen.shown.insert(id);
            self.revision += 1;
        }
    }
}

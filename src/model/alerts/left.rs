//! What has left the queue lately: what it was called, why it left, and which alert tells of it now. What is pending at one source and
//! begins to fire leaves there and comes from another one. That it fires is the word of its own source; which alert that is its
//! labels say, for on the way some may be added to them.
//!
//! Invariant: nothing that the queue holds has left it, but for what is pending and fires by its source's word: that stays until the
//! other source has told of it.

use super::recording::begun;
use super::untold::Before;
use super::{Ack, Alerts, Tracked};
use crate::domain::alert::{Alert, Labels, Upstream};
use crate::domain::ids::{AlertId, Fingerprint, SourceName};
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// So many are remembered: a screen's cursor stands on one of them, or a dialog asks about it.
const MOST: usize = 1_000;
/// How long the alert that tells of it now may be awaited: senders repeat themselves every minute or so.
const AWAITED: TimeDelta = TimeDelta::minutes(10);

/// Why an alert is in the queue no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Over,
    /// It was pending and is not any more.
    Calm,
    /// It was pending and fires.
    Fires,
    /// Its source is in the configuration no more: nobody knows how it is.
    Unasked,
}

/// An alert that is in the queue no more.
#[derive(Debug, Clone, PartialEq)]
pub struct Gone {
    pub alert: Arc<Alert>,
    pub why: Why,
    /// Those that tell of it now, one of each source that does.
    pub now: Vec<AlertId>,
    episode: DateTime<Utc>,
    at: DateTime<Utc>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Left {
    gone: BTreeMap<AlertId, Gone>,
    order: VecDeque<AlertId>,
    /// Those of them that fire.
    fires: Vec<AlertId>,
    pub untold: Before,
}

impl Left {
    /// What a source told of that left the configuration, and when it was listed last.
    pub fn unasked_of(&self, source: &SourceName) -> impl Iterator<Item = (&Arc<Alert>, DateTime<Utc>)> {
        let ours = self.gone.values().filter(|gone| gone.alert.id.source == *source && gone.why == Why::Unasked);
        ours.map(|gone| (&gone.alert, gone.at))
    }

    pub fn add(&mut self, tracked: &Tracked, why: Why) {
        self.put(tracked, why, DateTime::UNIX_EPOCH);
    }

    /// Its source is asked no more: it was listed then.
    pub fn unasked(&mut self, tracked: &Tracked, listed_at: DateTime<Utc>) {
        self.put(tracked, Why::Unasked, listed_at);
    }

    /// What is known to fire has not become calm because it is pending no more.
    fn put(&mut self, tracked: &Tracked, why: Why, at: DateTime<Utc>) {
        let id = &tracked.alert.id;
        if self.gone.get(id).is_some_and(|gone| gone.why == Why::Fires) || tracked.is_drill() {
            return;
        }
        self.back(id);
        let gone = Gone { alert: tracked.alert.clone(), why, now: Vec::new(), episode: tracked.episode, at };
        self.gone.insert(id.clone(), gone);
        self.order.push_back(id.clone());
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.gone.remove(&oldest);
            self.fires.retain(|fires| *fires != oldest);
        }
    }

    /// It is in the queue again.
    pub fn back(&mut self, id: &AlertId) {
        self.untold.remove(id);
        if self.gone.remove(id).is_some() {
            self.order.retain(|other| other != id);
            self.fires.retain(|other| other != id);
        }
    }
}

impl Gone {
    /// Whether an alert of another source tells of what was pending here.
    fn is(&self, alert: &Alert) -> bool {
        let added = |of: &Labels, to: &Labels| of.iter().all(|pair| to.iter().any(|other| other == pair));
        alert.upstream == Upstream::Firing
            && alert.id.source != self.alert.id.source
            && alert.starts_at >= self.alert.starts_at
            && alert.name() == self.alert.name()
            && self.now.iter().all(|known| known.source != alert.id.source)
            && added(&self.alert.labels, &alert.labels)
    }
}

impl Alerts {
    /// An alert that has left the queue.
    pub fn left(&self, id: &AlertId) -> Option<&Gone> {
        self.left.gone.get(id).filter(|_| !self.queue.holds(id))
    }

    /// The alert that tells of a problem now: itself, or where it was pending the one that fires.
    pub fn now<'a>(&'a self, id: &'a AlertId) -> &'a AlertId {
        let now = self.left(id).and_then(|gone| gone.now.iter().find(|now| self.queue.holds(now)));
        now.unwrap_or(id)
    }

    /// It is listed as pending no more because it fires, by the word of its source.
    pub fn has_begun(&self, id: &AlertId) -> bool {
        self.left.gone.get(id).is_some_and(|gone| gone.why == Why::Fires)
    }

    /// Each acknowledgement that was given to what was pending, and what it is to hold for now: the alert that fires and that nobody
    /// has acknowledged in this episode.
    pub(in crate::model) fn acked_before(&self, now: DateTime<Utc>) -> Vec<(Ack, AlertId)> {
        let of = |id: &AlertId| {
            let gone = self.left(id)?;
            let ack = self.records.get(id)?.ack(gone.episode, now)?;
            Some((ack, gone))
        };
        let each = self.left.fires.iter().filter_map(of);
        each.flat_map(|(ack, gone)| gone.now.iter().map(move |id| (ack.clone(), id.clone())))
            .filter(|(_, id)| {
                let acked = |tracked: &Tracked| self.records.get(id).is_some_and(|record| record.was_acked(tracked.episode));
                self.get(id).is_some_and(|tracked| tracked.resolved_at.is_none() && !acked(tracked))
            })
            .collect()
    }

    /// Which of these may be what was pending: nothing where nothing has begun to fire lately.
    pub(super) fn may_have_been_pending(&self, upserts: &[Arc<Alert>]) -> Vec<AlertId> {
        let awaited: Vec<&Gone> = self.left.fires.iter().filter_map(|id| self.left.gone.get(id)).collect();
        let is = |alert: &&Arc<Alert>| awaited.iter().any(|gone| gone.is(alert));
        upserts.iter().filter(is).map(|alert| alert.id.clone()).collect()
    }

    /// By the word of their source these are pending no more, for they fire.
    pub(super) fn began_to_fire(&mut self, settings: &Settings, source: &SourceName, began: &[Fingerprint], now: Stamp) {
        let (left, queue) = (&mut self.left, &self.queue);
        left.fires.retain(|id| left.gone.get(id).is_some_and(|gone| now.wall - gone.at < AWAITED));
        for fingerprint in began {
            let id = AlertId { source: source.clone(), fingerprint: fingerprint.clone() };
            let Some(tracked) = queue.get(&id).filter(|tracked| tracked.alert.upstream == Upstream::Pending) else { continue };
            left.put(tracked, Why::Fires, now.wall);
            left.fires.push(id);
        }
        if !began.is_empty() {
            // The other source may have been asked first.
            let firing: Vec<Arc<Alert>> =
                self.queue().filter(|tracked| begun(tracked)).map(|known| known.alert.clone()).collect();
            let came = self.may_have_been_pending(&firing);
            self.follow_pending(settings, &came, now);
        }
    }

    /// What was pending makes way for these, where they tell of it. What somebody has acknowledged already is no news to anybody.
    pub(super) fn follow_pending(&mut self, settings: &Settings, came: &[AlertId], now: Stamp) {
        for id in came {
            let Some(alert) = self.get(id).map(|tracked| tracked.alert.clone()) else { continue };
            for pending in self.left.fires.clone() {
                let Some(gone) = self.left.gone.get_mut(&pending).filter(|gone| gone.is(&alert)) else { continue };
                gone.now.push(id.clone());
                self.queue.take(&pending);
                self.revision += 1;
            }
        }
        for (_, id) in self.acked_before(now.wall) {
            if let Some(mut tracked) = self.queue.take(&id) {
                tracked.arrived = None;
                self.place(settings, tracked, now);
            }
        }
    }
}

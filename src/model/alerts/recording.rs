//! What the journal says of the alerts, and what it has not been told yet.

use super::{ABSENT_POLLS, Ack, Alerts, News, RESTART_GRACE, Record, SourceState, Tracked};
use crate::domain::alert::Upstream;
use crate::domain::drill::is_alert;
use crate::domain::entry::Entry;
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::millis;
use crate::domain::practice;
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An episode that began or ended and is not recorded yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub id: AlertId,
    pub fired: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::model) enum Noted {
    Nothing,
    Fired,
    Resolved,
}

impl Alerts {
    /// The id with the configured name of its source: every entry of a storm brings a copy of that name along, and one is enough.
    fn named(&self, id: &AlertId) -> AlertId {
        let source = self.sources.get_key_value(&id.source).map_or(&id.source, |(name, _)| name);
        AlertId { source: source.clone(), fingerprint: id.fingerprint.clone() }
    }

    /// Folds an entry about an alert.
    pub(in crate::model) fn fold(&mut self, settings: &Settings, entry: &Arc<Entry>, now: Stamp) {
        let Some(id) = entry.alert.as_ref().filter(|id| Record::concerns(entry) && Self::tells_of(id, entry.drill.as_ref()))
        else {
            return;
        };
        let id = &self.named(id);
        self.know_watchdog(settings, id, entry);
        let record = self.records.entry(id.clone()).or_default();
        if let Some(until) = record.last_ack().and_then(|ack| ack.until) {
            self.lapsing.remove(&(until, id.clone()));
        }
        record.insert(entry);
        if let Some(until) = record.last_ack().and_then(|ack| ack.until) {
            self.lapsing.insert((until, id.clone()));
        }
        // What the sources say now is judged again in the light of what was recorded: another console may have seen it first.
        let open = record.open_episode();
        if let Some((tracked, open)) = self.queue.get_mut(id).filter(|tracked| tracked.resolved_at.is_none()).zip(open) {
            tracked.noted = tracked.noted.max(Noted::Fired);
            // What has begun anew is in the one that is not on record yet.
            if tracked.episode != open && self.anew.get(id) != Some(&open) {
                self.queue.set_episode(id, open);
            }
        }
        self.know_unseen(id, entry);
        self.show_begun(settings, id, entry, now);
        self.know_untold(id, entry);
        self.rerank(settings, std::slice::from_ref(id), now);
    }

    /// What was pending fires: its episode begins when its source says so, unless somebody has taken it already.
    pub(super) fn begins(&self, tracked: &mut Tracked, now: DateTime<Utc>) {
        let (record, at) = (self.records.get(&tracked.alert.id), tracked.alert.starts_at);
        if !record.is_some_and(|record| record.was_acked(tracked.episode)) {
            tracked.episode = millis::truncated(record.map_or(at, |record| record.episode_of(at, now)));
            tracked.news = News::At(tracked.episode);
        }
    }

    /// The end of an episode is recorded. Where the alert fires again by now, that is an episode of its own, and to be recorded: its turn.
    pub(in crate::model) fn end_recorded(&mut self, settings: &Settings, id: &AlertId, now: Stamp) -> Option<Turn> {
        // Its source told of it while the journal was asked for what was presumed.
        if self.queue.get(id).is_some_and(|tracked| self.is_told_late(tracked))
            && let Some(tracked) = self.queue.get_mut(id)
        {
            (tracked.noted, self.notes_lost) = (Noted::Nothing, true);
            return None;
        }
        let (tracked, record) = self.queue.get_mut(id).zip(self.records.get(id))?;
        if tracked.resolved_at.is_some() || tracked.missing > 0 || tracked.noted != Noted::Fired || record.is_open() {
            return None;
        }
        (tracked.noted, self.notes_lost) = (Noted::Nothing, true);
        let episode = millis::truncated(record.episode_of(tracked.alert.starts_at, now.wall));
        self.queue.set_episode(id, episode);
        // Whoever had the one before does not have this one.
        self.rerank(settings, std::slice::from_ref(id), now);
        Some(Turn { id: id.clone(), fired: true })
    }

    /// What other processes have recorded as ended and fires here all the same: a new watcher records it as an episode of its own.
    pub(in crate::model) fn all_ends_recorded(&mut self, settings: &Settings, now: Stamp) {
        let ended = |id: &&AlertId| self.records.get(*id).is_some_and(|record| !record.is_open());
        let ids: Vec<AlertId> = self.queue().map(|tracked| &tracked.alert.id).filter(ended).cloned().collect();
        ids.iter().for_each(|id| drop(self.end_recorded(settings, id, now)));
    }

    /// Remembers that the journal has been asked, so that it is asked once.
    pub(in crate::model) fn noted(&mut self, turn: &Turn) {
        if let Some(tracked) = self.queue.get_mut(&turn.id) {
            tracked.noted = if turn.fired { Noted::Fired } else { Noted::Resolved };
        }
    }

    /// The journal could not be written: what was asked of it is asked again.
    pub(in crate::model) fn forget_notes(&mut self) {
        for tracked in self.queue.iter_mut() {
            let open = self.records.get(&tracked.alert.id).is_some_and(Record::is_open);
            tracked.noted = if open { Noted::Fired } else { Noted::Nothing };
        }
        self.notes_lost = true;
    }

    /// What is to be recorded again after the journal could not be written.
    pub(in crate::model) fn lost_notes(&mut self) -> Vec<Turn> {
        if std::mem::take(&mut self.notes_lost) { self.unrecorded() } else { Vec::new() }
    }

    /// Everything that a new watcher has to record.
    pub(in crate::model) fn unrecorded(&self) -> Vec<Turn> {
        let open = |tracked: &&Tracked| {
            // An end that was presumed on record and has been told since is asked for until it is there as told.
            let late = || tracked.resolved_at.is_some() && tracked.noted != Noted::Resolved && self.is_told_late(tracked);
            (begun(tracked) && tracked.noted == Noted::Nothing && tracked.missing == 0)
                || (tracked.resolved_at.is_some() && tracked.noted == Noted::Fired)
                || late()
        };
        let turn = |tracked: &Tracked| Turn { id: tracked.alert.id.clone(), fired: tracked.resolved_at.is_none() };
        self.queue().filter(open).map(turn).collect()
    }

    /// Open episodes that the journal knows of and no source lists any more, once the source has settled.
    pub(in crate::model) fn forgotten(&mut self, source: &SourceName, now: Stamp) -> Vec<AlertId> {
        let Some(state) = self.sources.get(source) else { return Vec::new() };
        if !state.is_complete() || !state.settled_since_restart(now.wall, RESTART_GRACE) || state.polls() <= ABSENT_POLLS as u64 {
            return Vec::new();
        }
        let lost = |(id, record): &(&AlertId, &Record)| {
            id.source == *source && record.is_open() && !self.queue.holds(id) && !state.is_unsure_of(&id.fingerprint)
        };
        self.records.iter().filter(lost).map(|(id, _)| id.clone()).collect()
    }

    /// The alerts of a source that fire in the queue, or that the journal holds open, and since when.
    pub(in crate::model) fn open_of(&self, source: &SourceName) -> BTreeMap<AlertId, DateTime<Utc>> {
        let ours = |id: &AlertId| id.source == *source;
        let kept =
            self.records.iter().filter(|(id, _)| ours(id)).filter_map(|(id, record)| Some((id.clone(), record.open_episode()?)));
        let seen = self.queue().filter(|tracked| ours(&tracked.alert.id) && tracked.resolved_at.is_none());
        kept.chain(seen.map(|tracked| (tracked.alert.id.clone(), tracked.episode))).collect()
    }

    /// How many alerts of each source that the configuration does not have fire, as far as is known.
    pub(in crate::model) fn unasked(&self, settings: &Settings) -> BTreeMap<SourceName, usize> {
        let ours = |source: &SourceName| source.as_str() == practice::SOURCE || settings.source(source).is_some();
        let kept = self.records.iter().filter(|(_, record)| record.is_open()).map(|(id, _)| id);
        let seen = self.queue().filter(|tracked| tracked.resolved_at.is_none()).map(|tracked| &tracked.alert.id);
        let open: BTreeSet<&AlertId> = kept.chain(seen).filter(|id| !ours(&id.source) && !is_alert(id)).collect();
        open.into_iter().fold(BTreeMap::new(), |mut counts, id| {
            *counts.entry(id.source.clone()).or_default() += 1;
            counts
        })
    }

    /// The journal holds it open, and its source was started after that was recorded: it can't know that it ended.
    pub(in crate::model) fn began_before_a_start(&self, id: &AlertId) -> bool {
        let started = self.sources.get(&id.source).and_then(SourceState::started_at);
        self.records.get(id).zip(started).is_some_and(|(record, started)| !record.began_since(started))
    }

    /// The source was started so lately that what it does not list may fire all the same.
    pub fn may_have_forgotten(&self, source: &SourceName, now: DateTime<Utc>) -> bool {
        self.sources.get(source).is_some_and(|state| state.is_complete() && !state.settled_since_restart(now, RESTART_GRACE))
    }

    /// The journal holds an episode of it that has not ended.
    pub fn is_open(&self, id: &AlertId) -> bool {
        self.records.get(id).is_some_and(Record::is_open)
    }

    /// The journal holds that it was taken for over, and its source says by now that it is.
    pub(in crate::model) fn is_told_late(&self, tracked: &Tracked) -> bool {
        let told = matches!(tracked.alert.upstream, Upstream::Resolved { .. }) && tracked.presumed().is_none();
        told && self.records.get(&tracked.alert.id).is_some_and(|record| record.was_presumed(tracked.episode))
    }

    pub(in crate::model) fn record(&self, id: &AlertId) -> Option<&Record> {
        self.records.get(id)
    }

    /// How many acknowledgements have a time that may matter still.
    pub(in crate::model) fn acked_count(&self) -> usize {
        self.lapsing.len()
    }

    /// They, and their alerts.
    pub(in crate::model) fn acked(&self) -> impl Iterator<Item = (&AlertId, &Ack)> {
        self.lapsing.iter().filter_map(|(_, id)| Some((id, self.records.get(id)?.last_ack()?)))
    }
}

/// It fires now. What is pending is no episode yet, and may never be one.
pub(super) fn begun(tracked: &Tracked) -> bool {
    tracked.resolved_at.is_none() && tracked.alert.upstream == Upstream::Firing
}

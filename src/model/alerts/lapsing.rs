//! Acknowledgements that grow old and run out: what still fires then is nobody's, and as much news as when it began.

use super::{Ack, Alerts, News, SourceState, State, Tracked};
use crate::domain::ids::{AlertId, ServiceName, SourceName};
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use crate::domain::text::Outside;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// Somebody who holds an alert where it pages people, or held it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::model) struct Elsewhere {
    pub by: String,
    /// How many such ends were on record in its episode when this began: every process names the end of it by that.
    pub before: usize,
    /// When it began, where that is known: by its own word, or because it was seen just before that nobody had it.
    pub since: Option<DateTime<Utc>>,
}

/// What was seen so lately was seen just before.
const JUST_BEFORE: TimeDelta = TimeDelta::minutes(2);

impl Alerts {
    /// Judges those anew whose acknowledgement has run out since `before`; gives the ones that fire unowned from now on.
    pub(super) fn lapse(&mut self, settings: &Settings, before: DateTime<Utc>, now: Stamp) -> Vec<AlertId> {
        let over = self.lapsing.iter().take_while(|(until, _)| *until <= now.wall).filter(|(until, _)| before < *until);
        let over: Vec<(DateTime<Utc>, AlertId)> = over.cloned().collect();
        self.revision += u64::from(!over.is_empty());
        let mut back = Vec::new();
        for (until, id) in over {
            let Some(mut tracked) = self.queue.take(&id) else { continue };
            let owned = tracked.state == State::Acknowledged && tracked.missing == 0;
            if owned && self.state_of(&tracked, now.wall) == State::Firing {
                (tracked.arrived, tracked.news) = (Some(now), News::At(until));
                back.push(id);
            }
            self.place(settings, tracked, now);
        }
        back
    }

    /// It was taken from whoever had it: what fires unowned is as much news as when it began.
    pub(in crate::model) fn taken(&mut self, settings: &Settings, id: &AlertId, at: DateTime<Utc>, now: Stamp) {
        let Some(mut tracked) = self.queue.take(id) else { return };
        if tracked.state == State::Firing && tracked.missing == 0 {
            (tracked.arrived, tracked.news) = (Some(now), News::At(at));
        }
        self.place(settings, tracked, now);
        self.revision += 1;
    }

    /// Remembers who holds an alert elsewhere; one that fires when they don't any more is to be looked at.
    pub(super) fn note_elsewhere(&mut self, tracked: &mut Tracked, now: DateTime<Utc>) {
        let held = (tracked.state == State::Acknowledged).then(|| self.ack(tracked, now)).flatten();
        let known = tracked.elsewhere.take();
        match held.filter(|ack| ack.entry.is_none()) {
            Some(ack) => {
                let told = || self.records.get(&tracked.alert.id).map_or(0, |record| record.released(tracked.episode));
                let seen = tracked.listed_at.filter(|at| known.is_none() && now < *at + JUST_BEFORE).map(|_| now);
                let since = ack.since.or(known.as_ref().filter(|known| known.by == ack.by).map_or(seen, |known| known.since));
                let before = known.map_or_else(told, |known| known.before);
                tracked.elsewhere = Some(Box::new(Elsewhere { by: ack.by, before, since }));
            }
            None => {
                let released = known.filter(|_| tracked.state == State::Firing);
                self.released.extend(released.map(|known| (tracked.alert.id.clone(), known)));
            }
        }
    }

    /// Alerts of a source that somebody had acknowledged elsewhere, and who it was.
    pub(in crate::model) fn released(&self, source: &SourceName) -> Vec<(AlertId, Elsewhere)> {
        let of_source = self.released.iter().filter(|(id, _)| id.source == *source);
        of_source.map(|(id, held)| (id.clone(), Elsewhere::clone(held))).collect()
    }

    /// Alerts of a source that fire, and that somebody has acknowledged elsewhere.
    pub(in crate::model) fn held_elsewhere(&self, source: &SourceName) -> BTreeMap<AlertId, Elsewhere> {
        let of_source = self.queue().filter(|tracked| tracked.alert.id.source == *source && !self.is_unsure(&tracked.alert.id));
        let listed = of_source.filter(|tracked| tracked.missing == 0 && tracked.resolved_at.is_none());
        listed.filter_map(|it| Some((it.alert.id.clone(), Elsewhere::clone(it.elsewhere.as_ref()?)))).collect()
    }

    /// What there was to say of it is said, or there was nothing.
    pub(in crate::model) fn released_told(&mut self, id: &AlertId) {
        self.released.remove(id);
    }

    /// Its source has confirmed that nobody holds it there any more: what it told before says no more who does, until it tells again.
    pub(in crate::model) fn let_go(&mut self, settings: &Settings, id: &AlertId, at: DateTime<Utc>, now: Stamp) {
        if !self.is_told_before(&id.source, at) {
            return;
        }
        if self.given_back.insert(id.clone(), at).is_none() {
            self.rerank(settings, std::slice::from_ref(id), now);
        }
    }

    /// A source has told anew how it is: gives those that are to be judged by that again. An answer that lacks something, or that was on its
    /// way when they were given back, says no more than the one before it.
    pub(super) fn told_anew(&mut self, source: &SourceName, now: DateTime<Utc>) -> Vec<AlertId> {
        let Some(state) = self.sources.get(source).filter(|state| state.is_whole()) else { return Vec::new() };
        let told = |id: &AlertId, at: DateTime<Utc>| id.source == *source && state.certainly_after(at, now);
        let (told, rest) = std::mem::take(&mut self.given_back).into_iter().partition(|(id, at)| told(id, *at));
        self.given_back = rest;
        BTreeMap::into_keys(told).collect()
    }

    /// The same of a silence: it hides nothing and says of nobody that they have what it covered, which is this alert `on` it if that is known.
    pub(in crate::model) fn silence_ended(
        &mut self,
        settings: &Settings,
        (source, silence): (&SourceName, &Outside),
        on: Option<&AlertId>,
        at: DateTime<Utc>,
        now: Stamp,
    ) {
        let before = self.is_told_before(source, at);
        if !before || !self.sources.get_mut(source).is_some_and(|state| state.end_silence(silence, at)) {
            return;
        }
        let covered = |tracked: &&Tracked| tracked.alert.id.source == *source && tracked.alert.silenced_by.contains(silence);
        let ids = match on {
            Some(id) => vec![id.clone()],
            None => self.queue().filter(covered).map(|it| it.alert.id.clone()).collect::<Vec<_>>(),
        };
        if !ids.is_empty() {
            self.rerank(settings, &ids, now);
        }
    }

    /// What a source has told is older than this.
    fn is_told_before(&self, source: &SourceName, at: DateTime<Utc>) -> bool {
        let told = |state: &SourceState| state.answered.map(|at| at.wall).or(state.cached_at);
        self.sources.get(source).and_then(told).is_some_and(|told| told <= at)
    }

    /// Somebody has taken it up since it arrived: it is known, whoever has it now.
    pub fn is_known(&self, tracked: &Tracked) -> bool {
        let arrived = tracked.arrived.map(|at| at.wall);
        self.records.get(&tracked.alert.id).zip(arrived).is_some_and(|(record, at)| record.taken_up_since(tracked.episode, at))
    }

    /// Acknowledgements that ran out while nobody watched, and that a source without ends still holds.
    pub(in crate::model) fn outlived_of(&self, source: &SourceName, now: DateTime<Utc>) -> Vec<AlertId> {
        let over = self.lapsing.iter().take_while(|(until, _)| *until <= now).filter(|(_, id)| id.source == *source);
        let listed = |id: &&AlertId| self.get(id).is_some_and(|tracked| tracked.missing == 0 && tracked.resolved_at.is_none());
        over.map(|(_, id)| id).filter(listed).filter(|id| self.outlived(id, now).is_some()).cloned().collect()
    }

    /// Nobody works on these services any more: what fires there is as much news as when it began.
    pub(in crate::model) fn freed(&mut self, settings: &Settings, services: &BTreeMap<ServiceName, DateTime<Utc>>, now: Stamp) {
        self.revision += 1;
        let there = |tracked: &&Tracked| {
            !tracked.is_drill() && tracked.service.as_ref().is_some_and(|service| services.contains_key(service))
        };
        let fires = |tracked: &&Tracked| tracked.state == State::Firing && tracked.missing == 0;
        let ids: Vec<AlertId> = self.queue().filter(there).filter(fires).map(|tracked| tracked.alert.id.clone()).collect();
        for id in ids {
            let Some(mut tracked) = self.queue.take(&id) else { continue };
            // When the work was to end, or was ended, every process knows alike.
            let since = tracked.service.as_ref().and_then(|service| services.get(service));
            (tracked.arrived, tracked.news) = (Some(now), News::At(since.copied().unwrap_or(now.wall)));
            self.place(settings, tracked, now);
        }
    }

    /// What is acknowledged and not over, with its acknowledgement, the oldest first.
    pub fn aging(&self, now: DateTime<Utc>) -> Vec<(&Tracked, Ack)> {
        let owned = self.real().filter(|tracked| tracked.state == State::Acknowledged);
        let mut all: Vec<(&Tracked, Ack)> = owned.filter_map(|tracked| Some((tracked, self.ack(tracked, now)?))).collect();
        all.sort_by_key(|(tracked, ack)| ack.since.unwrap_or(tracked.episode));
        all
    }
}

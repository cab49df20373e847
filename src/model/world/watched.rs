//! That nobody watched for a time is on record: what happened then nobody has seen. Whoever watches next says so, once, of the time since
//! the last sign of life of whoever did before.

use super::World;
use crate::domain::entry::{Draft, Entry, Kind, UNWATCHED};
use crate::domain::ids::{IncidentId, RequestId};
use crate::domain::watcher::Watcher;
use crate::model::Effect;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A console that is started anew is away for less.
const SHORT: TimeDelta = TimeDelta::minutes(1);

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Watched {
    /// Who watched before this process, and whether the watch was taken from them.
    before: Option<(Watcher, bool)>,
    /// Times without anybody, by their keys, until the journal holds them.
    gaps: BTreeMap<String, Draft>,
}

impl Watched {
    pub fn before(&mut self, last: Watcher, hung: bool) {
        self.before = Some((last, hung));
    }

    /// The watch was taken from whoever had it before.
    pub fn hung(&self) -> bool {
        self.before.is_some_and(|(_, hung)| hung)
    }

    /// The journal holds what has this key.
    pub fn recorded(&mut self, key: &str) {
        self.gaps.remove(key);
    }
}

impl World {
    /// The number of a request of what only the watcher records, while this is the watcher.
    pub(super) fn duty_request(&mut self) -> RequestId {
        let request = self.context().request();
        if self.watching { request.duty() } else { request }
    }

    /// Somebody else watches by now, and the journal has taken nothing of us as the watcher: it is theirs to do, and nothing failed.
    pub(super) fn duty_refused(&mut self, request: RequestId, why: &str) -> Vec<Effect> {
        for request in self.lanes.give_up_duties().into_iter().chain([request]) {
            self.end_refused(request, why);
        }
        self.next_acts()
    }

    pub(super) fn is_anothers(&self, request: RequestId) -> bool {
        request.is_duty() && !self.watching
    }

    /// This process has just begun to watch.
    pub(super) fn begin_watch(&mut self) -> Vec<Effect> {
        let Some((last, hung)) = self.watched.before.take() else { return Vec::new() };
        // A clock that was wrong at the last sign would say for good that nobody watched for years: whoever records what happens outside did.
        let outside = |entry: &&Arc<Entry>| matches!(entry.kind, Kind::AlertFired | Kind::AlertResolved) && entry.drill.is_none();
        let recorded = self.log.entries().rev().find(outside).map(|entry| entry.recorded_at);
        // Its own watcher may have ended before it took the sign of the one before away: what it told of is told.
        let gap = |entry: &&Arc<Entry>| entry.text_of("event") == Some(UNWATCHED);
        let before = self.log.entries().rev().find(gap).and_then(|entry| entry.data_of("until"));
        let from =
            [Some(last.seen), recorded, before].into_iter().flatten().max().map_or(self.now.wall, |at| at.min(self.now.wall));
        let until = self.now.wall;
        if !hung && until - from <= SHORT {
            return Vec::new();
        }
        let who = if hung { format!("process {} held the watch and did not answer: ", last.process) } else { String::new() };
        let mut draft = self.gap_draft("watch", &who, from);
        let key = format!("watch/{}/{}", last.process, from.timestamp_millis());
        draft.key = Some(key.clone());
        self.watched.gaps.insert(key, draft);
        self.tell_unwatched()
    }

    /// This process watched and has slept since then: it answered nobody, and nobody took the watch from it.
    pub(super) fn slept_draft(&mut self, from: DateTime<Utc>, why: &str) -> Draft {
        let draft = self.gap_draft("console", &format!("{why}: "), from);
        Draft { key: Some(format!("watch/slept/{}", from.timestamp_millis())), ..draft }
    }

    /// Nobody watched from then until now.
    fn gap_draft(&mut self, by: &str, why: &str, from: DateTime<Utc>) -> Draft {
        let (from, until) = (from.min(self.now.wall), self.now.wall);
        let text = format!("{why}nobody watched from {} to {} UTC", told(from, until), told(until, from));
        let mut draft = self.context().seen(by, Kind::Console, text).with("event", UNWATCHED).with("until", until);
        draft.at = from;
        // That of the time of several is told with each by its timeline.
        let open: Vec<IncidentId> = self.incidents.open().map(|incident| incident.id).take(2).collect();
        draft.incident = open.first().copied().filter(|_| open.len() == 1);
        draft
    }

    /// Since when nobody watched before this process did is on record, or nothing that is worth it.
    pub fn has_told_unwatched(&self) -> bool {
        self.watching && self.watched.gaps.is_empty()
    }

    fn unwatched(&self) -> impl Iterator<Item = (&String, &Draft)> {
        self.watched.gaps.iter().filter(|(key, _)| !self.telling.contains(*key))
    }

    pub(super) fn unwatched_due(&self) -> Option<DateTime<Utc>> {
        self.unwatched().next().map(|_| self.now.wall)
    }

    pub(super) fn tell_unwatched(&mut self) -> Vec<Effect> {
        let (keys, drafts): (Vec<_>, Vec<_>) = self.unwatched().map(|(key, draft)| (key.clone(), draft.clone())).unzip();
        self.telling.extend(keys);
        self.record(drafts)
    }
}

/// The one time, with its day where the other is of another.
fn told(at: DateTime<Utc>, other: DateTime<Utc>) -> String {
    let day = if at.date_naive() == other.date_naive() { "" } else { "%Y-%m-%d " };
    at.format(&format!("{day}%H:%M:%S")).to_string()
}

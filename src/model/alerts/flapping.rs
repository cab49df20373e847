//! Alerts that fire and end again and again. Each of it is recorded and shown; it is news once, and again when it stays.

use super::{Alerts, News, Record, State, Tracked};
use crate::domain::ids::AlertId;
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Duration, Utc};

/// So many beginnings, each soon after the one before, are flapping.
const TIMES: usize = 4;
/// Beginnings are counted so far back.
const WINDOW: Duration = Duration::minutes(30);
/// After so long without a new beginning it is like any other alert again.
const QUIET: Duration = Duration::minutes(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flapping {
    /// How often it began within `WINDOW`.
    pub times: usize,
    /// When it did first.
    pub since: DateTime<Utc>,
    /// Until when it has to be quiet.
    pub until: DateTime<Utc>,
}

/// What beginnings are, the newest first: flapping, where there are enough of them soon after each other.
fn judge(beginnings: impl Iterator<Item = DateTime<Utc>>, now: DateTime<Utc>) -> Option<Flapping> {
    let mut next = now;
    let close = beginnings.take_while(|at| {
        let close = next - *at <= QUIET && now - *at <= WINDOW;
        next = *at;
        close
    });
    let all: Vec<DateTime<Utc>> = close.collect();
    let (newest, since) = (*all.first()?, *all.last()?);
    (all.len() >= TIMES).then_some(Flapping { times: all.len(), since, until: newest + QUIET })
}

impl Alerts {
    pub(super) fn flapping(&self, id: &AlertId, now: DateTime<Utc>) -> Option<Flapping> {
        judge(self.records.get(id)?.beginnings(), now).filter(|flapping| now < flapping.until)
    }

    /// What it was, and begins now, would be one more of the same.
    pub(super) fn flaps_on(record: Option<&Record>, now: DateTime<Utc>) -> bool {
        let before = record.into_iter().flat_map(Record::beginnings);
        judge(std::iter::once(now).chain(before), now).is_some()
    }

    /// Keeps in mind when it will have been quiet for long enough.
    pub(super) fn calms(&mut self, tracked: &Tracked) {
        if let Some(flapping) = tracked.flapping {
            self.calming.insert((flapping.until, tracked.alert.id.clone()));
        }
    }

    /// What has been quiet for long enough is like any other alert again; what then still fires is news.
    pub(super) fn calm(&mut self, settings: &Settings, now: Stamp) {
        while let Some((at, id)) = self.calming.first().filter(|(at, _)| *at <= now.wall).cloned() {
            self.calming.remove(&(at, id.clone()));
            let Some(mut tracked) = self.queue.take(&id) else { continue };
            let stays = tracked.state == State::Firing && tracked.missing == 0 && self.flapping(&id, now.wall).is_none();
            // What is seen late is found by an earlier time, at which it still flapped.
            if let Some(Flapping { until, .. }) = tracked.flapping.filter(|_| stays) {
                (tracked.arrived, tracked.news) = (Some(now), News::At(until));
            }
            self.place(settings, tracked, now);
            self.revision += 1;
        }
    }

    pub(super) fn calm_at(&self) -> Option<&DateTime<Utc>> {
        self.calming.first().map(|(at, _)| at)
    }
}

//! What time alone does to the queue: acknowledgements run out, what was put off comes back, sources go stale, resolved alerts leave.

use super::{Alerts, RESOLVED_FOR, SourceState, Tracked, UNTOLD_FOR, Why};
use crate::domain::ids::AlertId;
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};
use std::time::Duration;

impl Tracked {
    /// When one that is over leaves the queue.
    fn leaves_at(&self) -> Option<DateTime<Utc>> {
        let stays = if self.presumed().is_some() { UNTOLD_FOR } else { RESOLVED_FOR };
        self.resolved_at.map(|then| then + stays)
    }
}

impl Alerts {
    /// Time has passed: acknowledgements run out, sources go stale, resolved alerts leave the queue.
    /// Gives those that fire unowned from now on.
    pub(in crate::model) fn tick(&mut self, settings: &Settings, before: DateTime<Utc>, now: Stamp) -> Vec<AlertId> {
        let stale: Vec<bool> = self.sources.values_mut().map(|source| source.tick(now)).collect();
        let back = self.lapse(settings, before, now);
        self.calm(settings, now);
        self.wake(settings, now);
        let left = self.leave(now.wall) | self.left.untold.forget(now.wall);
        self.revision += u64::from(left || stale.contains(&true));
        back
    }

    /// Resolved alerts whose time is over leave the queue; whether one did.
    fn leave(&mut self, now: DateTime<Utc>) -> bool {
        let mut left = false;
        while let Some((at, id)) = self.leaving.first().filter(|(at, _)| *at <= now).cloned() {
            self.leaving.remove(&(at, id.clone()));
            // It may fire again by now.
            let Some(due) = self.get(&id).and_then(Tracked::leaves_at) else { continue };
            if due > now {
                self.leaving.insert((due, id));
            } else if let Some(tracked) = self.queue.take(&id) {
                self.left.add(&tracked, Why::Over);
                left = true;
                self.dead.remove(&id);
            }
        }
        left
    }

    /// The next time at which `tick` has something to do.
    pub(in crate::model) fn next_due(&self, now: Stamp) -> Option<Duration> {
        let sources = self.sources.values().filter_map(SourceState::stale_at);
        let lapse = self.lapsing.range((now.wall + chrono::Duration::milliseconds(1), no_alert())..).next();
        let walls = lapse
            .into_iter()
            .chain(self.leaving.first())
            .chain(self.waking.first())
            .map(|(at, _)| *at)
            .chain(self.calm_at().copied())
            .chain(self.left.untold.next());
        let monos = walls.map(|at| now.mono + (at - now.wall).to_std().unwrap_or_default());
        sources.chain(monos).min()
    }

    /// The machine slept or its clock was set: nothing that is known is known to be so now.
    pub(in crate::model) fn all_stale(&mut self, why: &str) {
        for source in self.sources.values_mut() {
            source.make_stale(why);
        }
        self.revision += 1;
    }

    /// It had slept until now: whatever ended meanwhile nobody has seen.
    pub(in crate::model) fn woke(&mut self, now: DateTime<Utc>) {
        self.woke = Some(now);
    }

    /// No answer has had it since this process woke up, and nobody says when it ended.
    pub(in crate::model) fn ended_unseen(&self, tracked: &Tracked) -> bool {
        let (Some(woke), Some(ended)) = (self.woke, tracked.resolved_at) else { return false };
        // What began after that was seen, however it was listed.
        let unseen = tracked.listed_at.is_none_or(|listed| listed < woke);
        tracked.missing > 0 && tracked.episode < woke && woke <= ended && unseen
    }
}

/// Sorts before every alert: the beginning of a range of times.
fn no_alert() -> AlertId {
    AlertId { source: "".into(), fingerprint: "".into() }
}

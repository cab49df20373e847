//! Ends that are no good news: of what nobody tells of any more, and of a watchdog, which fires to say that alerting works.

use super::untold::Untold;
use super::{Ack, Alerts, Doubt, RESOLVED_FOR, State, Tracked, Turn};
use crate::domain::alert::{Alert, Severity, Upstream};
use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::{AlertId, Fingerprint};
use crate::domain::millis;
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use crate::domain::text::inert;
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

/// Why nobody knows that it ended, in the `data` of the entry that says so.
pub const UNTOLD: &str = "nobody tells of it";
pub const FORGOTTEN: &str = "not listed since a restart";
/// Why nobody knows when it ended.
pub const UNSEEN: &str = "nobody watched";

/// Nobody has said that it ended.
pub(in crate::model) fn is_presumed(entry: &Entry) -> bool {
    matches!(entry.text_of("why"), Some(UNTOLD | FORGOTTEN))
}

impl Alerts {
    /// One that is over and in no queue any more, as its beginning was recorded: for whoever asks whether a filter holds for it.
    pub fn once(&self, settings: &Settings, alert: Alert, now: Stamp) -> Tracked {
        let fresh = self.fresh(settings, Arc::new(alert), now, false);
        Tracked { resolved_at: Some(now.wall), state: State::Resolved, ..fresh }
    }
}

impl Tracked {
    /// Why it is taken for over though nobody has said that it is.
    pub fn presumed(&self) -> Option<Doubt> {
        self.resolved_at?;
        self.untold.map(Doubt::Untold).or(self.forgotten.then_some(Doubt::Forgotten))
    }

    /// When its source says that it ended. A clock that is ahead ends nothing in the future, and nothing ends before it began.
    pub(in crate::model) fn told_end(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let at = if let Upstream::Resolved { at } = self.alert.upstream { at } else { now };
        millis::truncated(at.clamp(self.episode.min(now), now))
    }

    pub(super) fn is_left_untold(&self) -> bool {
        self.presumed().is_some() && !self.is_drill()
    }
}

/// It has been missed for so long that it is over, and an instance that was started after it was listed last does not know that. This is
/// judged once, when it is taken for over: any instance may be restarted later.
pub(super) fn is_forgotten(listed: Option<DateTime<Utc>>, started: Option<DateTime<Utc>>) -> bool {
    listed.zip(started).is_some_and(|(listed, started)| listed < started)
}

impl Alerts {
    pub(super) fn note_untold(tracked: &mut Tracked, untold: &HashMap<&Fingerprint, DateTime<Utc>>) {
        // A system that lists it all the same has heard of it from elsewhere.
        if tracked.missing > 0 {
            tracked.untold = untold.get(&tracked.alert.id.fingerprint).copied().or(tracked.untold);
        }
    }

    /// How many are taken for over though nobody has said that they are, here or before this process began.
    pub fn untold(&self, now: DateTime<Utc>) -> usize {
        self.queue.untold().len() + self.untold_before(now).count()
    }

    /// All of them, the worst first, each with when it was taken for over and who had it then. What another alert tells of is told by that.
    pub fn all_untold(&self, now: DateTime<Utc>) -> Vec<(AlertId, DateTime<Utc>, Option<Ack>)> {
        let shown = self.queue.untold().iter().filter_map(|id| self.queue.get(id)).filter(|it| self.told_by(it).is_none());
        let shown = shown.filter_map(|tracked| {
            let at = tracked.resolved_at?;
            Some((tracked.severity, (tracked.alert.id.clone(), at, self.ack(tracked, at))))
        });
        let left = self.left.untold.iter(now).map(|(id, untold)| {
            let ack = self.records.get(id).and_then(|record| record.ack(untold.episode, untold.at));
            (untold.severity, (id.clone(), untold.at, ack.cloned()))
        });
        let mut all: Vec<_> = shown.chain(left).collect();
        all.sort_by_key(|(severity, _)| Reverse(*severity));
        all.into_iter().map(|(_, one)| one).collect()
    }

    /// What it is called, of which only the journal says that it is taken for over.
    pub fn name_of_untold(&self, id: &AlertId) -> Option<&str> {
        self.left.untold.get(id).map(|untold| untold.name.as_ref())
    }

    /// Those of which only the journal says so: they are in the queue no more, or never were in that of this process.
    pub fn untold_before(&self, now: DateTime<Utc>) -> impl Iterator<Item = &AlertId> {
        self.left.untold.iter(now).map(|(id, _)| id)
    }

    /// The episode that is taken for over though nobody has said that it is, and of what only the journal knows its name.
    pub(in crate::model) fn taken_for_over(&self, id: &AlertId) -> Option<(DateTime<Utc>, Option<String>)> {
        match self.queue.get(id) {
            Some(tracked) => tracked.presumed().map(|_| (tracked.episode, None)),
            None => self.left.untold.get(id).map(|untold| (untold.episode, Some(untold.name.to_string()))),
        }
    }

    /// Whether a person may say of it that it is known to be over.
    pub fn is_taken_for_over(&self, id: &AlertId) -> bool {
        self.taken_for_over(id).is_some()
    }

    /// Somebody has said so, and its end is on record.
    pub(super) fn is_known_over(&self, tracked: &Tracked) -> bool {
        let record = self.records.get(&tracked.alert.id);
        tracked.presumed().is_some() && record.is_some_and(|record| !record.is_open() && record.is_known_over(tracked.episode))
    }

    /// What the journal says of such as the queue does not have.
    pub(super) fn know_untold(&mut self, id: &AlertId, entry: &Entry) {
        let untold = is_presumed(entry) && entry.drill.is_none();
        match entry.kind {
            Kind::AlertResolved if untold && !self.queue.holds(id) => self.leave_untold(id, entry),
            Kind::AlertFired | Kind::AlertResolved => drop(self.left.untold.remove(id)),
            Kind::KnownOver
                if self.left.untold.get(id).is_some_and(|untold| entry.data_of("episode") == Some(untold.episode)) =>
            {
                self.left.untold.remove(id);
            }
            _ => {}
        }
    }

    fn leave_untold(&mut self, id: &AlertId, entry: &Entry) {
        let episode = entry.data_of("starts_at").unwrap_or(entry.at);
        if self.records.get(id).is_some_and(|record| record.is_known_over(episode)) {
            return;
        }
        let (name, target) =
            (entry.text_of("name").unwrap_or(id.fingerprint.as_str()), entry.text_of("target").unwrap_or_default());
        let name = inert(format!("{name} {target}").trim_end()).into();
        let severity = entry.data_of("severity").unwrap_or(Severity::Unknown);
        let service = entry.service.clone().filter(|_| severity != Severity::Info);
        self.left.untold.insert(id, Untold { at: entry.at, episode, name, service, severity });
    }

    /// It was taken for over before this process began, and its source says now that it is: it is shown and recorded as that says.
    pub(super) fn told_late(&mut self, settings: &Settings, alert: Arc<Alert>, untold: &Untold, now: Stamp) -> Option<Turn> {
        let id = alert.id.clone();
        let same =
            alert.starts_at <= untold.at && self.records.get(&id).is_some_and(|record| record.was_presumed(untold.episode));
        if !same {
            return None;
        }
        let fresh = self.fresh(settings, alert, now, true);
        let mut tracked = Box::new(Tracked { episode: untold.episode, arrived: None, ..fresh });
        tracked.resolved_at = Some(tracked.told_end(now.wall));
        self.leaving.insert((now.wall + RESOLVED_FOR, id.clone()));
        self.place(settings, tracked, now);
        Some(Turn { id, fired: false })
    }

    /// An alert has ended: a watchdog of it is to be told of as the worst is.
    pub(super) fn note_watchdog(&mut self, settings: &Settings, id: &AlertId, now: Stamp) {
        let real = self.queue.get(id).filter(|tracked| !tracked.is_drill());
        if real.is_some_and(|tracked| settings.is_watchdog(tracked.alert.name())) {
            self.dead.insert(id.clone(), now);
        }
    }

    /// What the journal says of watchdogs: one that ends while nobody looks has left nothing else to know it by.
    pub(super) fn know_watchdog(&mut self, settings: &Settings, id: &AlertId, entry: &Entry) {
        let named = entry.text_of("name").is_some_and(|name| settings.is_watchdog(name)) && entry.drill.is_none();
        match entry.kind {
            Kind::AlertFired if named => self.watchdogs.extend(Alert::recorded(entry).map(|alert| (id.clone(), Arc::new(alert)))),
            Kind::AlertResolved => drop(self.watchdogs.remove(id)),
            _ => {}
        }
    }

    /// An alert has ended while nobody looked. A watchdog is shown as over, and its end is news as if it had been seen.
    pub(in crate::model) fn end_missed(&mut self, settings: &Settings, id: &AlertId, now: Stamp) {
        // It is news once: a process that records nothing would find it missed again and again.
        let Some(alert) = self.watchdogs.remove(id) else { return };
        let over = Alert { upstream: Upstream::Resolved { at: now.wall }, ..Alert::clone(&alert) };
        if let Some(turn) = self.resolved(settings, Arc::new(over), now) {
            // It is recorded in other words.
            self.noted(&turn);
        }
        self.revision += 1;
    }

    /// The watchdogs that have ended of late, and when that was seen.
    pub fn dead_watchdogs(&self) -> impl Iterator<Item = (&Tracked, Stamp)> {
        let over = |(id, at): (&AlertId, &Stamp)| Some((self.queue.get(id).filter(|it| it.resolved_at.is_some())?, *at));
        self.dead.iter().filter_map(over)
    }

    pub fn is_dead_watchdog(&self, tracked: &Tracked) -> bool {
        tracked.resolved_at.is_some() && self.dead.contains_key(&tracked.alert.id)
    }
}

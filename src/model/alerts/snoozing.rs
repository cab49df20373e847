//! What somebody has put off, and until when: by a snooze of its own system, or by a silence that stands for one where there is none. It is
//! over by its own word, also where its source has not been asked since.

use super::{Alerts, State, Tracked};
use crate::domain::alert::{Hold, Silence};
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};

/// What the comment of such a silence begins with.
pub(in crate::model) const SNOOZED: &str = "snoozed";

impl Alerts {
    /// Who has put an alert off, until when and why: the one that lasts longest.
    pub fn snooze(&self, tracked: &Tracked, now: DateTime<Utc>) -> Option<Hold> {
        let own = tracked.alert.snoozed().filter(|hold| hold.until.is_none_or(|until| now < until)).cloned();
        let silences = self.silences_on(tracked).filter(|silence| now < silence.ends_at && is_snooze(silence, tracked));
        let longest = silences.max_by_key(|silence| silence.ends_at);
        own.or_else(|| longest.map(|it| Hold { by: it.created_by.clone(), until: Some(it.ends_at), comment: it.comment.clone() }))
    }

    /// Keeps in mind when it comes back.
    pub(super) fn wakes(&mut self, tracked: &Tracked, now: DateTime<Utc>) {
        let held = (tracked.state == State::Acknowledged).then(|| self.ack(tracked, now)).flatten();
        // One of ours has a time of its own; whoever has it elsewhere has it until then, whether its source answers or not.
        let held = held.filter(|ack| ack.entry.is_none()).and_then(|ack| ack.until);
        let snoozed = self.snooze(tracked, now).and_then(|hold| hold.until);
        self.waking.extend(held.into_iter().chain(snoozed).map(|until| (until, tracked.alert.id.clone())));
    }

    /// Those whose time is over come back.
    pub(super) fn wake(&mut self, settings: &Settings, now: Stamp) {
        while let Some((at, id)) = self.waking.first().filter(|(at, _)| *at <= now.wall).cloned() {
            self.waking.remove(&(at, id.clone()));
            self.rerank(settings, std::slice::from_ref(&id), now);
        }
    }
}

/// It holds for this alert alone, and says what it is.
pub(super) fn is_snooze(silence: &Silence, tracked: &Tracked) -> bool {
    let rest = silence.comment.raw().strip_prefix(SNOOZED);
    let says_so = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(": ") || rest.starts_with(" [mw:"));
    let exactly = || {
        let own = tracked.alert.labels.exactly();
        own.len() == silence.matchers.len() && own.iter().all(|matcher| silence.matchers.contains(matcher))
    };
    says_so && exactly()
}

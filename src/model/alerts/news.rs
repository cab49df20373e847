//! What becomes news of an alert that is known already. Each of it moves `arrived`, so that whoever calls need only compare times.

use super::{Alerts, State, Tracked};
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};

impl Tracked {
    /// Elsewhere a problem gets worse under the same name: whoever was not called of it yet, or only of less, is to be.
    pub(super) fn gets_worse(&mut self, now: Stamp) {
        if self.severity > self.worst {
            self.worst = self.severity;
            if self.state == State::Firing && self.flapping.is_none() {
                self.arrived = Some(now);
            }
        }
    }

    /// What was pending, or kept quiet at its source, fires for everybody from now on, and perhaps nobody was called of it before.
    pub(super) fn comes_out(&mut self, before: State, now: Stamp) {
        let quiet = matches!(before, State::Pending | State::Snoozed | State::Silenced | State::Inhibited);
        if quiet && self.state == State::Firing && self.missing == 0 && self.flapping.is_none() {
            self.arrived = Some(now);
        }
    }
}

impl Alerts {
    /// When this process began, by the clock as it goes now: entries that are recorded after it was set back are news, too.
    pub(super) fn began_at(&self, now: Stamp) -> DateTime<Utc> {
        let by_now = now.wall - chrono::Duration::from_std(now.since(self.began)).unwrap_or_default();
        by_now.min(self.began.wall)
    }
}

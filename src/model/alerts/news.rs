//! What becomes news of an alert that is known already. Each of it moves `arrived`, so that whoever calls need only compare times.

use super::{Alerts, State, Tracked};
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// What an alert is news by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum News {
    /// Its episode or, when it is nobody's again, the end of what kept it quiet: the same in every process.
    At(DateTime<Utc>),
    /// When it was seen to be kept quiet no more: another process sees that with a poll of its own, up to so many seconds apart.
    Seen(DateTime<Utc>, i64),
}

impl News {
    /// What it is called in the journal's keys, and what others may call the same.
    pub fn names(self) -> (String, Vec<String>) {
        match self {
            Self::At(at) => (at.timestamp_millis().to_string(), Vec::new()),
            Self::Seen(at, apart) => {
                let (turn, out) = (at.timestamp().div_euclid(apart.max(60)), |turn: i64| format!("out-{turn}"));
                (out(turn), vec![out(turn - 1), out(turn + 1)])
            }
        }
    }
}

impl Tracked {
    /// Elsewhere a problem gets worse under the same name: whoever was not called of it yet, or only of less, is to be.
    pub(super) fn gets_worse(&mut self, now: Stamp) {
        if self.severity > self.worst {
            self.worst = self.severity;
            self.news = News::At(self.episode);
            if self.state == State::Firing && self.flapping.is_none() {
                self.arrived = Some(now);
            }
        }
    }

    /// What was pending, or kept quiet at its source, fires for everybody from now on, and perhaps nobody was called of it before.
    /// What people had put off calls once more; what hid behind another alert has called, or does so for the first time.
    pub(super) fn comes_out(&mut self, before: State, every: Duration, now: Stamp) {
        let put_off = matches!(before, State::Snoozed | State::Silenced);
        let quiet = put_off || matches!(before, State::Pending | State::Inhibited);
        if quiet && self.state == State::Firing && self.missing == 0 && self.flapping.is_none() {
            (self.arrived, self.met_late) = (Some(now), false);
            if put_off {
                self.news = News::Seen(now.wall, i64::try_from(every.as_secs()).unwrap_or(i64::MAX));
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_processes_see_within_a_minute_of_each_other_has_one_name_in_common() {
        let at = |second: i64| DateTime::from_timestamp(1_800_000_000 + second, 0).expect("a time");
        let seen = |second: i64| News::Seen(at(second), 15);
        let meets = |one: i64, other: i64| {
            let ((own, _), (name, others)) = (seen(one).names(), seen(other).names());
            own == name || others.contains(&own)
        };
        assert!(meets(59, 61) && meets(61, 59) && meets(0, 60) && !meets(0, 180));
        assert!(!seen(0).names().1.contains(&News::At(at(0)).names().0));
        let seldom = |second: i64| News::Seen(at(second), 300).names();
        assert!(seldom(299).1.contains(&seldom(301).0), "a source that is asked every five minutes");
    }
}

//! How far the clock of each peer is ahead of ours, by the `Date` of its answers. The times of silences are translated on their way in
//! and out: one that is written lasts as long there as was wanted, and one that is read ends for us when it ends there.
//!
//! A cluster hands a silence on as it was written, and each peer ends it by its own clock: where those differ, it is right at the peer that
//! it was written to and at the one that is read. Where no answer has a `Date`, clocks are taken to agree. In front of a server its proxy
//! may write the date: then it is the proxy's clock.

use crate::domain::act::Act;
use crate::domain::alert::Silence;
use crate::ports::Response;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use url::Url;

/// A date has whole seconds, and an answer takes its time: what differs by less is the same, and no silence moves for it.
const SLACK: TimeDelta = TimeDelta::seconds(2);

#[derive(Default)]
pub struct Clocks(Mutex<BTreeMap<Url, TimeDelta>>);

impl Clocks {
    /// An answer has come to what was asked then.
    pub fn hear(&self, url: &Url, answer: &Response, asked: DateTime<Utc>, now: DateTime<Utc>) {
        let Some((least, most)) = answer.ahead(asked, now) else { return };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = known.entry(url.clone()).or_default();
        if *ahead < least - SLACK || *ahead > most + SLACK {
            *ahead = TimeDelta::seconds((least + (most - least) / 2).num_seconds());
        }
    }

    pub fn are_known(&self, url: &Url) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(url)
    }

    fn ahead(&self, url: &Url) -> TimeDelta {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(url).copied().unwrap_or_default()
    }

    /// A silence of a peer, by our clock.
    pub fn ours(&self, url: &Url, silence: Silence) -> Silence {
        let ahead = self.ahead(url);
        Silence { starts_at: earlier(silence.starts_at, ahead), ends_at: earlier(silence.ends_at, ahead), ..silence }
    }

    /// What is to be done there, by the clock of that peer.
    pub fn theirs(&self, url: &Url, mut act: Act) -> Act {
        if let Act::Silence { starts_at, ends_at, .. } = &mut act {
            let ahead = self.ahead(url);
            (*starts_at, *ends_at) = (earlier(*starts_at, -ahead), earlier(*ends_at, -ahead));
        }
        act
    }
}

/// A time at the end of all times stays there.
fn earlier(time: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    time.checked_sub_signed(by).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_clock_is_another_one_only_by_more_than_an_answer_may_have_taken() {
        let (clocks, url) = (Clocks::default(), Url::parse("http://am:9093").expect("an address"));
        let now: DateTime<Utc> = "2026-03-01T03:00:00.900Z".parse().expect("a time");
        let after = |date: i64, took: i64| {
            let date = Some("2026-03-01T03:00:00Z".parse::<DateTime<Utc>>().expect("a time") + TimeDelta::seconds(date));
            let headers = Default::default();
            let answer = Response { status: 200, headers, body: Default::default(), took: Duration::ZERO, date };
            clocks.hear(&url, &answer, now - TimeDelta::seconds(took), now);
            clocks.ahead(&url).num_seconds()
        };
        assert_eq!([after(0, 0), after(-2, 0), after(-9, 9)], [0; 3], "whole seconds, and an answer that was slow");
        assert_eq!(after(600, 0), 599);
        assert_eq!([after(598, 0), after(601, 0), after(592, 8)], [599; 3], "it does not move with every answer");
        assert_eq!(after(-600, 0), -600);
        assert_eq!(after(0, 0), 0);
    }
}

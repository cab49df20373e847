//! Until when each listed alert holds though nobody tells of it again. Whoever sends alerts moves that on with each evaluation, for as long as
//! they live, and an end that they tell of comes before it. So what leaves the list only because that time is over was ended by nobody:
//! who should tell of it is silent.
//!
//! It stands beside the alerts and not in them: it moves with every answer, and is no change of anything. As many are kept as are listed.

use crate::domain::ids::Fingerprint;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Mutex, PoisonError};

/// A date has whole seconds, and an answer takes its time.
const SLACK: TimeDelta = TimeDelta::seconds(2);

#[derive(Default)]
pub struct Heard(Mutex<Last>);

/// What the last answer listed, sorted by fingerprint.
#[derive(Default)]
struct Last {
    at: Option<DateTime<Utc>>,
    alerts: Vec<Told>,
}

#[derive(Clone)]
struct Told {
    fingerprint: Fingerprint,
    /// By the server's clock.
    ends: DateTime<Utc>,
    /// Since when that has stood so, by ours.
    since: DateTime<Utc>,
}

impl Told {
    /// Nobody has told of it again, and its time is over. Whoever tells of it does so several times in that time: where nobody has asked
    /// for half of it, it may have been ended as well.
    fn has_lapsed(&self, now: DateTime<Utc>, ahead: TimeDelta, asked: DateTime<Utc>) -> bool {
        let lasts = self.ends - ahead - self.since;
        self.ends <= now + ahead + SLACK && (now - asked) * 2 <= lasts.max(SLACK)
    }
}

impl Heard {
    /// Takes in what an answer lists, sorted by fingerprint, and until when each holds; `ahead` is how far the server's clock is. Gives
    /// those that are listed no more because nobody has told of them, and since when.
    pub fn take<'a>(
        &self,
        listed: impl Iterator<Item = (&'a Fingerprint, DateTime<Utc>)>,
        complete: bool,
        now: DateTime<Utc>,
        ahead: TimeDelta,
    ) -> Vec<(Fingerprint, DateTime<Utc>)> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, before) = (last.at.replace(now).unwrap_or(now), std::mem::take(&mut last.alerts));
        last.alerts.reserve(before.len());
        let (mut before, mut lapsed) = (before.into_iter().peekable(), Vec::new());
        let mut absent = |told: Told, kept: &mut Vec<Told>| match complete {
            // Whoever would list it may not have answered.
            false => kept.push(told),
            true if told.has_lapsed(now, ahead, asked) => lapsed.push((told.fingerprint, told.since)),
            true => {}
        };
        for (fingerprint, ends) in listed {
            while let Some(told) = before.next_if(|told| told.fingerprint < *fingerprint) {
                absent(told, &mut last.alerts);
            }
            let known = before.next_if(|told| told.fingerprint == *fingerprint).filter(|told| told.ends == ends);
            // A server that does not say until when it holds says nothing by what it lists no more.
            if ends > DateTime::UNIX_EPOCH {
                last.alerts.push(known.unwrap_or_else(|| Told { fingerprint: fingerprint.clone(), ends, since: now }));
            }
        }
        before.for_each(|told| absent(told, &mut last.alerts));
        lapsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).expect("a time")
    }

    /// When it came, whether it is whole, and until when what it lists holds.
    type Answer = (i64, bool, &'static [(&'static str, i64)]);

    fn and(answers: &[Answer], last: Answer) -> Vec<Answer> {
        answers.iter().copied().chain([last]).collect()
    }

    /// What is given with the last of these answers.
    fn told(answers: &[Answer], ahead: i64) -> Vec<(String, i64)> {
        let (heard, mut lapsed) = (Heard::default(), Vec::new());
        for (second, complete, listed) in answers {
            let listed: Vec<(Fingerprint, DateTime<Utc>)> =
                listed.iter().map(|(name, ends)| (Fingerprint::from(*name), at(*ends + ahead))).collect();
            let listed = listed.iter().map(|(name, ends)| (name, *ends));
            lapsed = heard.take(listed, *complete, at(*second), TimeDelta::seconds(ahead));
        }
        lapsed.into_iter().map(|(name, since)| (name.as_str().to_owned(), (since - at(0)).num_seconds())).collect()
    }

    #[test]
    fn what_ends_before_its_time_was_ended_and_what_ends_with_it_was_told_of_by_nobody() {
        for ahead in [0, 600, -600] {
            let living: &[Answer] =
                &[(0, true, &[("a", 240), ("b", 240)]), (60, true, &[("a", 300), ("b", 300)]), (75, true, &[("b", 300)])];
            assert_eq!(told(living, ahead), []);
            let dead: &[Answer] = &[
                (0, true, &[("a", 240), ("b", 240)]),
                (60, true, &[("a", 300), ("b", 300)]),
                (290, true, &[("a", 300), ("b", 530)]),
                (305, true, &[("b", 530)]),
            ];
            assert_eq!(told(dead, ahead), [("a".to_owned(), 60)]);
            assert_eq!(told(&and(dead, (320, true, &[("b", 530)])), ahead), [], "it is told once");
        }
    }

    #[test]
    fn nothing_is_said_of_what_nobody_asked_for_or_that_another_peer_may_list() {
        let long: &[Answer] = &[(0, true, &[("a", 240)]), (290, true, &[])];
        assert_eq!(told(long, 0), [], "it may have been ended while nobody asked");
        let partial: &[Answer] = &[(0, true, &[("a", 240)]), (230, true, &[("a", 240)]), (245, false, &[])];
        assert_eq!(told(partial, 0), []);
        assert_eq!(told(&and(partial, (260, true, &[])), 0), [("a".to_owned(), 0)]);
        let never: &[Answer] = &[(0, true, &[("a", -1_800_000_000)]), (15, true, &[])];
        assert_eq!(told(never, 0), [], "no time is no time");
    }
}

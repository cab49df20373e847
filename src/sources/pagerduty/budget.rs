//! How many requests a token may still make. Pure: time is handed in. Polls leave a part for people's acts, and nobody asks
//! while PagerDuty has said to come back later.

use crate::ports::Response;
use std::time::Duration;

/// The part of the limit that polls leave alone.
const KEPT_FOR_ACTS: u64 = 16;
/// How long nobody asks after a 429 that does not say when to come back.
const UNTOLD: Duration = Duration::from_secs(20);

/// What a request is for. Some operations have tighter limits of their own, and the headers tell of whichever is nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A poll: it can wait.
    Poll,
    /// Reading for an act that a person waits for.
    Look,
    /// The act itself.
    Write,
}

#[derive(Debug, Default)]
pub struct Budget {
    reads: Option<Left>,
    writes: Option<Left>,
    closed_until: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Left {
    limit: u64,
    remaining: u64,
    resets: Duration,
}

impl Budget {
    /// Whether a request may be made now; else how long there will be no room for it.
    pub fn room(&self, used: Use, now: Duration) -> Result<(), Duration> {
        if now < self.closed_until {
            return Err(self.closed_until - now);
        }
        let left = if used == Use::Write { self.writes } else { self.reads };
        let kept = |left: &Left| if used == Use::Poll { left.limit / KEPT_FOR_ACTS } else { 0 };
        match left.filter(|left| now < left.resets && left.remaining <= kept(left)) {
            Some(left) => Err(left.resets - now),
            None => Ok(()),
        }
    }

    /// Learns from an answer.
    pub fn heard(&mut self, used: Use, answer: &Response, now: Duration) {
        let number = |name: &str| answer.headers.get(name)?.trim().parse::<u64>().ok();
        let reset = number("ratelimit-reset").map(|seconds| Duration::from_secs(seconds.min(3600)));
        if let (Some(limit), Some(remaining), Some(reset)) = (number("ratelimit-limit"), number("ratelimit-remaining"), reset) {
            let left = Some(Left { limit, remaining, resets: now + reset });
            if used == Use::Write { self.writes = left } else { self.reads = left }
        }
        if answer.status == 429 {
            self.closed_until = now + answer.retry_after().or(reset).unwrap_or(UNTOLD);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Response { status, headers, body: bytes::Bytes::new(), took: Duration::ZERO, date: None }
    }

    fn left(remaining: &str) -> Response {
        answer(200, &[("ratelimit-limit", "960"), ("ratelimit-remaining", remaining), ("ratelimit-reset", "20")])
    }

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn polls_stop_early_enough_that_people_can_act() {
        let mut budget = Budget::default();
        budget.heard(Use::Poll, &left("61"), NOW);
        assert_eq!(budget.room(Use::Poll, NOW), Ok(()));
        budget.heard(Use::Poll, &left("60"), NOW);
        assert_eq!((budget.room(Use::Poll, NOW + secs(5)), budget.room(Use::Look, NOW)), (Err(secs(15)), Ok(())));
        budget.heard(Use::Look, &left("0"), NOW);
        assert_eq!((budget.room(Use::Look, NOW), budget.room(Use::Write, NOW)), (Err(secs(20)), Ok(())));
        assert_eq!(budget.room(Use::Poll, NOW + secs(20)), Ok(()), "the minute is over");
    }

    #[test]
    fn a_tighter_limit_on_writes_stops_no_poll() {
        let mut budget = Budget::default();
        budget.heard(Use::Write, &left("0"), NOW);
        assert_eq!((budget.room(Use::Write, NOW), budget.room(Use::Poll, NOW)), (Err(secs(20)), Ok(())));
    }

    #[test]
    fn after_a_429_nobody_asks_until_it_was_told_or_for_a_while() {
        for (headers, wait) in [(&[][..], UNTOLD), (&[("retry-after", "7")], secs(7)), (&[("ratelimit-reset", "9")], secs(9))] {
            let mut budget = Budget::default();
            budget.heard(Use::Poll, &answer(429, headers), NOW);
            assert_eq!(budget.room(Use::Write, NOW), Err(wait), "{headers:?}");
            assert_eq!(budget.room(Use::Poll, NOW + wait), Ok(()));
        }
    }
}

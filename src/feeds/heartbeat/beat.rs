//! When somebody called last, and since when anybody could. Pure: time is handed in.
//!
//! Invariant: it fails only where a whole interval with its grace went by in which we listened, awake, and nobody called. A call
//! that came while nobody could take it is not held against the caller.

use crate::domain::health::FeedState;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Whoever listens says so more often than this; a longer silence was one of ours: the machine slept, or we were stopped.
const AWAY: Duration = Duration::from_secs(10);

/// When calls are due.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub every: Duration,
    pub grace: Duration,
}

/// What outlasts a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub called: DateTime<Utc>,
    /// The next one was not there in time.
    pub missed: bool,
}

/// What one process tells another: how long ago things were, for their clocks may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    called_ms: Option<i64>,
    listening_ms: Option<i64>,
    missed: bool,
}

/// Times are milliseconds of `Stamp::mono`; one of an earlier session may lie before the machine's start.
#[derive(Debug, Default)]
pub struct Beat {
    called: Option<i64>,
    missed: bool,
    /// Since when we, or whoever told us, have listened without a gap.
    since: Option<i64>,
    /// When we listened last; none while another process does.
    seen: Option<Duration>,
}

/// As people say it: `45s`, `12m`, `3h 5m`, `2days 4h`.
fn span(ms: i64) -> String {
    let seconds = ms.unsigned_abs() / 1_000;
    let whole = match seconds {
        0..60 => seconds,
        60..86_400 => seconds - seconds % 60,
        _ => seconds - seconds % 3_600,
    };
    humantime::format_duration(Duration::from_secs(whole)).to_string()
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl Beat {
    pub fn is_open(&self) -> bool {
        self.seen.is_some()
    }

    /// Calls reach us from now on, if they have not all the time.
    pub fn open(&mut self, now: Stamp) {
        if self.seen.is_none() {
            (self.seen, self.since) = (Some(now.mono), Some(millis(now.mono)));
        }
        self.awake(now);
    }

    pub fn close(&mut self) {
        (self.seen, self.since) = (None, None);
    }

    /// We are awake; whatever lies further back than it could, we slept.
    pub fn awake(&mut self, now: Stamp) {
        let Some(seen) = &mut self.seen else { return };
        if now.mono.saturating_sub(*seen) > AWAY {
            self.since = Some(millis(now.mono));
        }
        *seen = now.mono;
    }

    pub fn call(&mut self, now: Stamp) {
        self.awake(now);
        (self.called, self.missed) = (Some(millis(now.mono)), false);
    }

    /// The state and why, or that of a feed that was never called.
    pub fn judge(&mut self, wanted: Wanted, now: Stamp) -> Result<(FeedState, String), FeedState> {
        self.awake(now);
        let at = millis(now.mono);
        let called = at - self.called.ok_or(FeedState::Unknown)?;
        let listened = self.since.map_or(0, |since| at - since);
        let limit = millis(wanted.every.saturating_add(wanted.grace));
        self.missed = called > limit && (self.missed || listened > limit);
        let (called_for, every) = (span(called), span(millis(wanted.every)));
        Ok(match (called > limit, self.missed) {
            (false, _) => (FeedState::Healthy, format!("called {called_for} ago")),
            (_, true) => (FeedState::Failing, format!("not called for {called_for}, expected every {every}")),
            _ => {
                let why = format!("midwatch can be called only since {} ago", span(listened));
                (FeedState::Unknown, format!("called {called_for} ago, expected every {every}; {why}"))
            }
        })
    }

    pub fn kept(&self, now: Stamp) -> Option<Kept> {
        let ago = chrono::Duration::milliseconds(millis(now.mono) - self.called?);
        Some(Kept { called: now.wall.checked_sub_signed(ago)?, missed: self.missed })
    }

    /// What an earlier process kept. From a clock that was set back since nothing can be learnt.
    pub fn remember(&mut self, kept: Kept, now: Stamp) {
        let ago = (now.wall - kept.called).num_milliseconds();
        if ago >= 0 {
            self.newer(millis(now.mono) - ago, kept.missed);
        }
    }

    pub fn heard(&mut self, now: Stamp) -> Heard {
        self.awake(now);
        let ago = |at: i64| millis(now.mono) - at;
        let listening = self.since.filter(|_| self.is_open());
        Heard { called_ms: self.called.map(ago), listening_ms: listening.map(ago), missed: self.missed }
    }

    /// What the process that listens has told. If we have come to listen since it was asked, we know better.
    pub fn learn(&mut self, heard: &Heard, now: Stamp) {
        let at = |ago: i64| millis(now.mono).saturating_sub(ago.max(0));
        if !self.is_open() {
            self.called = None;
            self.since = heard.listening_ms.map(at);
        }
        if let Some(ago) = heard.called_ms {
            self.newer(at(ago), heard.missed);
        }
    }

    /// Goes on as what this process was until now, under an earlier configuration.
    pub fn inherit(&mut self, heard: &Heard, now: Stamp) {
        self.learn(heard, now);
        self.seen = heard.listening_ms.map(|_| now.mono);
    }

    fn newer(&mut self, called: i64, missed: bool) {
        if self.called.is_none_or(|known| known < called) {
            (self.called, self.missed) = (Some(called), missed);
        }
    }
}

#[cfg(test)]
mod tests;

//! Where a feed's value is heading, and whether what was told of it came true.

use super::feed::Sample;
use crate::domain::forecast::{Forecast, Point, forecast};
use crate::domain::health::Limit;
use crate::domain::rhythm::{Hours, Said, said};
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Values that are kept; older ones are thinned, so that a few hours and a few weeks take the same room.
const KEPT: usize = 128;
/// A trend is judged anew when this part of the newer half of what it was judged by has been added: the older half goes back
/// further and further, and what fills up in an hour can't wait for a part of weeks.
const ADDED: f64 = 16.0;

/// When a value reaches its limit, as `Stamp::mono`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ahead {
    pub limit: Limit,
    pub told: Duration,
    pub earliest: Duration,
    pub breach: Duration,
    pub latest: Duration,
}

impl Ahead {
    /// The time of day of one of these moments.
    pub fn wall(&self, at: Duration, now: Stamp) -> DateTime<Utc> {
        now.after(at.saturating_sub(now.mono))
    }

    /// It was reached within the band, or less than a quarter beside it.
    fn comes_true(&self, at: Duration) -> bool {
        let lead = |time: Duration| time.saturating_sub(self.told);
        lead(self.earliest) * 3 / 4 <= lead(at) && !self.is_over(at)
    }

    fn is_over(&self, now: Duration) -> bool {
        now > self.latest + self.latest.saturating_sub(self.told) / 4
    }
}

/// What is kept of a feed from one session to the next.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Past {
    pub measured: Vec<(DateTime<Utc>, f64)>,
    pub samples: Vec<Sample>,
    /// The samples are values, and no latencies.
    #[serde(default)]
    pub valued: bool,
    pub proven: Proven,
    /// The hour of the last mean, counted from 1970, and the means of hours, the oldest first.
    #[serde(default)]
    pub hours: (i64, Vec<Option<f32>>),
}

/// How many forecasts came true, and how many didn't. One that was taken back in time is neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proven {
    pub right: u32,
    pub wrong: u32,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trend {
    /// Oldest first, at most `KEPT`.
    points: Vec<Point>,
    hours: Hours,
    /// When what was measured last was measured, by both clocks: they go apart where the one for people is set.
    last: Option<Stamp>,
    limit: Option<Limit>,
    ahead: Option<Ahead>,
    /// When `ahead` was judged; `None` asks for it.
    judged: Option<Duration>,
    /// The first forecast of the present trend: the one that has to come true.
    told: Option<Ahead>,
    proven: Proven,
}

impl Trend {
    pub fn ahead(&self) -> Option<&Ahead> {
        self.ahead.as_ref()
    }

    pub fn proven(&self) -> Proven {
        self.proven
    }

    /// What an earlier session measured. What it told is not compared: nobody was there to see it come true.
    pub fn remember(&mut self, past: &Past, now: Stamp) {
        let ago = |at: DateTime<Utc>| (now.wall - at).as_seconds_f64();
        let before = past.measured.iter().filter(|(at, _)| *at < now.wall);
        self.points = before.map(|(at, value)| Point { at: now.mono.as_secs_f64() - ago(*at), value: *value }).collect();
        self.proven = past.proven;
        self.hours = Hours::kept(past.hours.0, &past.hours.1);
    }

    /// The means of hours, as `Past` has them.
    pub fn hours(&self) -> (i64, Vec<Option<f32>>) {
        (self.hours.newest(), self.hours.means().collect())
    }

    /// What a later session wants to know.
    pub fn past(&self, now: Stamp) -> Vec<(DateTime<Utc>, f64)> {
        let ago = |at: f64| chrono::Duration::milliseconds(((now.mono.as_secs_f64() - at) * 1000.0) as i64);
        self.points.iter().filter_map(|point| Some((now.wall.checked_sub_signed(ago(point.at))?, point.value))).collect()
    }

    /// Takes in what was measured now.
    pub fn add(&mut self, value: f64, limit: Limit, now: Stamp) {
        if self.limit.replace(limit) != Some(limit) {
            (self.ahead, self.told, self.judged) = (None, None, None);
        }
        // An earlier version may have kept more.
        while self.points.len() >= KEPT {
            self.thin();
        }
        self.points.push(Point { at: now.mono.as_secs_f64(), value });
        self.note_hour(value, now);
        self.judge(limit, now);
        self.compare(limit.is_beyond(value), now.mono);
    }

    fn note_hour(&mut self, value: f64, now: Stamp) {
        if let Some(last) = self.last.replace(now) {
            self.hours.set_by((now.wall - last.wall).as_seconds_f64() / 3_600.0 - now.since(last).as_secs_f64() / 3_600.0);
        }
        self.hours.add(hour(now, now.mono.as_secs_f64()), value);
    }

    /// Every second one of the older half goes.
    fn thin(&mut self) {
        let mut index = 0;
        self.points.retain(|_| {
            index += 1;
            index > KEPT / 2 || index % 2 == 1
        });
    }

    fn judge(&mut self, limit: Limit, stamp: Stamp) {
        let now = stamp.mono;
        let newer = self.points.get(self.points.len() / 2).map_or(0.0, |first| now.as_secs_f64() - first.at);
        if self.judged.is_none_or(|judged| now.saturating_sub(judged).as_secs_f64() >= newer / ADDED) {
            let at = |found: Duration| now + found;
            self.judged = Some(now);
            self.ahead = self.foreseen(limit, stamp).map(|found| Ahead {
                limit,
                told: now,
                earliest: at(found.earliest),
                breach: at(found.breach),
                latest: at(found.latest),
            });
        }
    }

    /// By the rhythm of its days and weeks, else by its trend alone.
    fn foreseen(&self, limit: Limit, now: Stamp) -> Option<Forecast> {
        let measured: Vec<(f64, f64)> = self.points.iter().map(|point| (hour(now, point.at), point.value)).collect();
        match said(&self.hours, &measured, limit) {
            Said::Comes(found) => found,
            Said::Nothing => forecast(&self.points, limit),
        }
    }

    /// What became of what was told.
    fn compare(&mut self, beyond: bool, now: Duration) {
        if beyond {
            self.ahead = None;
        }
        let Some(told) = self.told else {
            self.told = self.ahead;
            return;
        };
        match (beyond, told.is_over(now)) {
            (true, _) if told.comes_true(now) => self.proven.right += 1,
            (true, _) | (_, true) => self.proven.wrong += 1,
            // Taken back before it was due: the trend has turned, or somebody has cleared up.
            _ if self.ahead.is_none() && now < told.earliest => {}
            _ => return,
        }
        self.told = None;
    }
}

/// Hours since 1970 of a second of `Stamp::mono`.
fn hour(now: Stamp, second: f64) -> f64 {
    (now.wall.timestamp() as f64 - (now.mono.as_secs_f64() - second)) / 3_600.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(mono: Duration) -> Stamp {
        Stamp { wall: DateTime::<Utc>::UNIX_EPOCH + mono, mono }
    }

    /// These values, one a minute from this minute on, towards 90.
    fn fed(trend: &mut Trend, from: u32, values: impl Iterator<Item = f64>) -> u32 {
        let mut minute = from;
        for value in values {
            trend.add(value, Limit::Above(90.0), at(MINUTE * minute));
            minute += 1;
        }
        minute
    }

    fn line(from: u32, to: u32) -> impl Iterator<Item = f64> {
        (from..to).map(f64::from)
    }

    #[test]
    fn a_forecast_that_comes_true_is_counted_once() {
        let mut trend = Trend::default();
        fed(&mut trend, 0, line(10, 60));
        let ahead = *trend.ahead().expect("it rises by one a minute");
        assert!(ahead.breach.abs_diff(MINUTE * 80) < MINUTE * 2, "{ahead:?}");
        assert!(ahead.earliest <= ahead.breach && ahead.breach <= ahead.latest);
        fed(&mut trend, 50, line(60, 95));
        assert_eq!((trend.ahead(), trend.proven()), (None, Proven { right: 1, wrong: 0 }));
    }

    #[test]
    fn what_somebody_clears_up_in_time_is_neither_right_nor_wrong() {
        let mut trend = Trend::default();
        let next = fed(&mut trend, 0, line(10, 60));
        fed(&mut trend, next, std::iter::repeat_n(12.0, 60));
        assert_eq!((trend.ahead(), trend.proven()), (None, Proven::default()));
    }

    #[test]
    fn what_comes_much_too_early_or_not_at_all_was_wrong() {
        let mut trend = Trend::default();
        let next = fed(&mut trend, 0, line(10, 40));
        fed(&mut trend, next, [95.0].into_iter());
        assert_eq!(trend.proven(), Proven { right: 0, wrong: 1 });
        let mut trend = Trend::default();
        let next = fed(&mut trend, 0, line(10, 85));
        // It creeps on, too slowly for what was told first.
        fed(&mut trend, next, (0..100).map(|step| 85.0 + f64::from(step) / 50.0));
        assert_eq!(trend.proven(), Proven { right: 0, wrong: 1 });
    }

    #[test]
    fn weeks_take_no_more_room_than_hours_and_say_the_same() {
        let mut trend = Trend::default();
        fed(&mut trend, 0, (0..5_000).map(|step| f64::from(step) / 100.0));
        assert!(trend.points.len() <= KEPT && trend.points[0].at == 0.0);
        let ahead = trend.ahead().expect("a line");
        assert!(ahead.breach.abs_diff(MINUTE * 9_000) < MINUTE * 300, "{ahead:?}");
    }

    #[test]
    fn what_fills_up_in_two_hours_is_told_in_time_after_weeks_too() {
        let mut trend = Trend::default();
        let next = fed(&mut trend, 0, (0..8_000).map(|step| 20.0 + f64::from(step % 2)));
        fed(&mut trend, next, (0..120).map(|step| 20.0 + f64::from(step) / 2.0));
        let ahead = trend.ahead().expect("half a percent a minute, for two hours");
        assert!(ahead.breach.abs_diff(MINUTE * (next + 140)) < MINUTE * 10, "{ahead:?}");
    }

    #[test]
    fn another_limit_is_another_question() {
        let mut trend = Trend::default();
        fed(&mut trend, 0, line(10, 60));
        trend.add(60.0, Limit::Below(5.0), at(MINUTE * 50));
        assert_eq!((trend.ahead(), trend.told), (None, None));
    }
}

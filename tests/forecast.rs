//! How good forecasts are, on series whose end is known: made by rules from numbers that look random and are always the same.

#![allow(clippy::disallowed_macros, reason = "the figures are for whoever reads them")]

#[path = "forecast/silence.rs"]
mod silence;

use midwatch::domain::forecast::{Forecast, Point, forecast};
use midwatch::domain::health::{FeedSpec, FeedState, Limit, Reading};
use midwatch::domain::ids::FeedName;
use midwatch::domain::settings::Settings;
use midwatch::domain::stamp::Stamp;
use midwatch::model::health::{FeedHealth, Health};
use std::collections::BTreeMap;
use std::time::Duration;

/// A measurement every minute.
const EVERY: f64 = 60.0;
const LIMIT: f64 = 90.0;

/// Numbers that look random.
struct Noise(u64);

impl Noise {
    /// From 0 to 1.
    fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.even()
    }

    /// Around zero, of deviation one.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.even()).sum::<f64>() - 6.0
    }
}

/// A series: its true value at each minute, and what is measured.
struct Series {
    story: &'static str,
    truth: Box<dyn Fn(f64) -> f64>,
    measured: Vec<Point>,
}

impl Series {
    fn new(
        story: &'static str,
        minutes: usize,
        noise: &mut Noise,
        off: impl Fn(&mut Noise) -> f64,
        truth: impl Fn(f64) -> f64 + 'static,
    ) -> Self {
        let at = |minute: usize| minute as f64 * EVERY;
        let point = |minute: usize| Point { at: at(minute), value: truth(at(minute)) + off(noise) };
        let measured = (0..minutes).map(point).collect();
        Self { story, truth: Box::new(truth), measured }
    }

    fn last(&self) -> f64 {
        self.measured.last().expect("a point").at
    }

    /// When it truly reaches the limit, counted from the last measurement, at most `horizon` later.
    fn reached(&self, horizon: f64) -> Option<f64> {
        let steps = (0..=(horizon / EVERY) as usize).map(|step| step as f64 * EVERY);
        steps.into_iter().find(|after| (self.truth)(self.last() + after) >= LIMIT)
    }
}

/// What fills up in an hour or a day, with noise, wild points, after a reset, and with a rhythm on top.
fn rising(noise: &mut Noise) -> Vec<Series> {
    let minutes = noise.between(30.0, 600.0) as usize;
    let (start, now) = (noise.between(10.0, 40.0), noise.between(60.0, 85.0));
    let slope = (now - start) / (minutes as f64 * EVERY);
    let line = move |at: f64| start + slope * at;
    let wild = |noise: &mut Noise| if noise.even() < 0.1 { noise.between(-40.0, 5.0) } else { 0.5 * noise.normal() };
    let half = minutes as f64 * EVERY / 2.0;
    vec![
        Series::new("a line", minutes, noise, |_| 0.0, line),
        Series::new("a line with noise", minutes, noise, |noise| 1.5 * noise.normal(), line),
        Series::new("a line with wild points", minutes, noise, wild, line),
        Series::new(
            "a line after a clean-up",
            minutes,
            noise,
            |noise| 0.3 * noise.normal(),
            move |at| {
                if at < half { 70.0 } else { start + 2.0 * slope * (at - half) }
            },
        ),
        Series::new(
            "a line with a rhythm of ten minutes",
            minutes,
            noise,
            |noise| 0.5 * noise.normal(),
            move |at| line(at) + 3.0 * (at / 600.0 * std::f64::consts::TAU).sin(),
        ),
        Series::new("in steps, as files are written", minutes, noise, |_| 0.0, move |at| line((at / 300.0).floor() * 300.0)),
    ]
}

/// What looks like a trend to whoever looks too quickly.
fn quiet(noise: &mut Noise) -> Vec<Series> {
    let minutes = noise.between(120.0, 600.0) as usize;
    let seen = minutes as f64 * EVERY;
    let level = noise.between(20.0, 80.0);
    let (step_at, jump) = (seen * noise.between(0.15, 0.85), noise.between(10.0, 25.0).min(86.0 - level));
    let (period, phase) = (seen / noise.between(3.0, 9.0), noise.even());
    let top = noise.between(50.0, 75.0);
    let week = seen / noise.between(1.3, 2.5);
    vec![
        Series::new("noise", minutes, noise, |noise| 2.0 * noise.normal(), move |_| level),
        Series::new(
            "a step up",
            minutes,
            noise,
            |noise| 0.5 * noise.normal(),
            move |at| if at < step_at { level } else { level + jump },
        ),
        Series::new(
            "a saw-tooth",
            minutes,
            noise,
            |noise| 0.5 * noise.normal(),
            move |at| 20.0 + (at / period + phase).fract() * (top - 20.0),
        ),
        Series::new(
            "the rhythm of days",
            minutes,
            noise,
            |noise| noise.normal(),
            move |at| 50.0 + 30.0 * ((at / week + phase) * std::f64::consts::TAU).sin(),
        ),
        Series::new("what falls", minutes, noise, |noise| noise.normal(), move |at| 85.0 - 60.0 * at / seen),
        Series::new(
            "what comes to rest",
            minutes,
            noise,
            |noise| 0.3 * noise.normal(),
            move |at| 75.0 - 50.0 * (-4.0 * at / seen).exp(),
        ),
        Series::new(
            "what has been steep and is flat",
            minutes,
            noise,
            |noise| 0.3 * noise.normal(),
            move |at| 20.0 + 60.0 * (at / step_at).min(1.0),
        ),
    ]
}

#[derive(Default)]
struct Score {
    said: usize,
    /// Said, and the limit was reached within the band or less than a quarter beside it.
    right: usize,
    /// The limit is reached soon enough to be told.
    due: usize,
    told: usize,
}

fn is_right(found: Forecast, reached: f64) -> bool {
    let (earliest, latest) = (found.earliest.as_secs_f64() * 0.75, found.latest.as_secs_f64() * 1.25 + EVERY);
    (earliest..=latest).contains(&reached)
}

fn score(series: &Series, score: &mut Score) {
    let found = forecast(&series.measured, Limit::Above(LIMIT));
    let seen = series.last();
    // What is further away than what was seen need not be told; what is told has twice its time to come true.
    let due = series.reached(seen).is_some();
    score.due += usize::from(due);
    score.told += usize::from(due && found.is_some());
    if let Some(found) = found {
        score.said += 1;
        let reached = series.reached(found.latest.as_secs_f64() * 2.0);
        score.right += usize::from(reached.is_some_and(|reached| is_right(found, reached)));
    }
}

#[test]
fn what_is_told_comes_true_and_what_comes_is_told() {
    let mut noise = Noise(7);
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for _ in 0..200 {
        for series in rising(&mut noise).into_iter().chain(quiet(&mut noise)) {
            score(&series, scores.entry(series.story).or_default());
        }
    }
    judge(&scores);
}

/// Nine of ten that come are told, and of what is told 95 in a hundred come.
fn judge(scores: &BTreeMap<&str, Score>) {
    for (story, Score { said, right, due, told }) in scores {
        println!("{story:42} told {said:3}, right {right:3}; due {due:3}, told in time {told:3}");
    }
    let sum = |count: fn(&Score) -> usize| scores.values().map(count).sum::<usize>() as f64;
    let precision = sum(|score| score.right) / sum(|score| score.said);
    let recall = sum(|score| score.told) / sum(|score| score.due);
    println!("precision {precision:.3}, recall {recall:.3}");
    assert!(precision >= 0.95, "precision {precision:.3}");
    assert!(recall >= 0.9, "recall {recall:.3}");
}

const HOUR: f64 = 3_600.0;
const DAY: f64 = 24.0 * HOUR;

/// A feed that was watched for days: its true value at each second, and until when.
struct Watched {
    story: &'static str,
    days: f64,
    deviation: f64,
    truth: Box<dyn Fn(f64) -> f64>,
}

/// Nothing at night, most at one o'clock in the afternoon.
fn busy(at: f64) -> f64 {
    let hour = (at / HOUR) % 24.0;
    if (6.0..20.0).contains(&hour) { ((hour - 6.0) / 14.0 * std::f64::consts::PI).sin() } else { 0.0 }
}

/// The same from Monday to Friday, and hardly anything at the weekend.
fn workday(at: f64) -> f64 {
    if (at / DAY) % 7.0 < 5.0 { busy(at) } else { 0.1 * busy(at) }
}

/// Series that rise every morning, looked at while they do; and what comes to its limit all the same.
fn rhythms(noise: &mut Noise) -> Vec<Watched> {
    let morning = noise.between(8.5, 12.0) / 24.0;
    let (low, high) = (noise.between(5.0, 25.0), noise.between(45.0, 60.0));
    let days = noise.between(3.0, 9.0).floor();
    let deviation = noise.between(0.2, 1.0);
    let now = (days + morning) * DAY;
    let (leak, growth) = (noise.between(6.0, 12.0), noise.between(1.0, 2.5));
    let began = now - noise.between(3.0, 5.0) * HOUR;
    let weeks = 7.0 * noise.between(2.0, 4.0).floor();
    let night = noise.between(30.0, 60.0);
    let (slow, slowly) = (noise.between(1.5, 2.2), noise.between(10.0, 12.0));
    let fast = noise.between(10.0, 14.0);
    let watched = |story, days: f64, truth: Box<dyn Fn(f64) -> f64>| Watched { story, days: days + morning, deviation, truth };
    let at_day = |days: f64| (days + morning) * DAY;
    let (slow_from, cleared) = (at_day(10.0) - slowly * HOUR, at_day(10.0) - 3.0 * HOUR);
    // The highest of a day is the limit after two days and a half.
    let start = LIMIT - high - growth * (days + 2.5);
    vec![
        watched("busy days", days, Box::new(move |at| low + high * busy(at))),
        watched("busy days and quiet weekends, on a Monday", weeks, Box::new(move |at| low + high * workday(at))),
        watched("busy days, on a Saturday", weeks + 5.0, Box::new(move |at| low + high * workday(at))),
        watched("what is emptied every night", days, Box::new(move |at| low + night * (at / DAY).fract())),
        watched(
            "one busy day more than usual",
            days,
            Box::new(move |at| low + (high + if at > now { 4.0 } else { 0.0 }) * busy(at)),
        ),
        watched("busy days that grow", days, Box::new(move |at| start + growth * at / DAY + high * busy(at))),
        watched(
            "busy days and a leak",
            days,
            Box::new(move |at| low + 0.5 * high * busy(at) + leak * ((at - began) / HOUR).max(0.0)),
        ),
        watched(
            "busy days and a slow leak",
            10.0,
            Box::new(move |at| low + 0.5 * high * busy(at) + slow * ((at - slow_from) / HOUR).max(0.0)),
        ),
        watched("busy days and quiet weekends, on the first Monday", 7.0, Box::new(move |at| low + high * workday(at))),
        watched(
            "busy days, a clean-up, and a fast leak since",
            10.0,
            Box::new(move |at| if at < cleared { 55.0 + 15.0 * busy(at) } else { 15.0 + fast * (at - cleared) / HOUR }),
        ),
        watched(
            "busy weeks and a leak",
            weeks + 2.0,
            Box::new(move |at| {
                let began = began + (weeks + 2.0 - days) * DAY;
                low + 0.5 * high * workday(at) + leak * ((at - began) / HOUR).max(0.0)
            }),
        ),
    ]
}

/// What a feed says of the future: measured once an hour, and on the last half day every five minutes.
fn watch(series: &Watched, noise: &mut Noise) -> Option<Forecast> {
    watch_by(series, noise, |_| Some(0))
}

/// The same where the wall clock is so many hours ahead at that second; `None`: the machine sleeps.
fn watch_by(series: &Watched, noise: &mut Noise, clock: impl Fn(f64) -> Option<i64>) -> Option<Forecast> {
    let name = FeedName::from("load");
    let spec = FeedSpec::new(name.clone(), "promql", Duration::from_secs(300), Duration::from_secs(5));
    let mut health = Health::new(&Settings { feeds: vec![spec], ..Settings::default() });
    let end = (series.days * DAY).floor();
    let mut now = 0.0;
    loop {
        let value = (series.truth)(now) + series.deviation * noise.normal();
        let mono = Duration::from_secs_f64(now);
        let wall = "2026-01-05T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("a Monday") + mono;
        let stamp = clock(now).map(|hours| Stamp { wall: wall + chrono::Duration::hours(hours), mono });
        let reading =
            Reading { value: Some(value), limit: Some(Limit::Above(LIMIT)), ..Reading::new(FeedState::Healthy, "load") };
        if let Some(stamp) = stamp {
            health.read(&name, Ok(reading), stamp);
        }
        if now >= end {
            let ahead = *health.get(&name).and_then(FeedHealth::ahead)?;
            let [breach, earliest, latest] = [ahead.breach, ahead.earliest, ahead.latest].map(|at| at.saturating_sub(mono));
            return Some(Forecast { breach, earliest, latest });
        }
        now += if now >= end - DAY / 2.0 { 300.0 } else { HOUR };
    }
}

#[test]
fn the_rhythm_of_days_and_weeks_is_no_way_to_a_limit_and_hides_none() {
    let mut noise = Noise(11);
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for _ in 0..10 {
        for series in rhythms(&mut noise) {
            let score = scores.entry(series.story).or_default();
            let reached = |within: f64| {
                let steps = (0..=(within / EVERY) as usize).map(|step| step as f64 * EVERY);
                steps.into_iter().find(|after| (series.truth)(series.days * DAY + after) >= LIMIT)
            };
            let found = watch(&series, &mut noise);
            let due = reached(3.0 * DAY).is_some();
            score.due += usize::from(due);
            score.told += usize::from(due && found.is_some());
            if let Some(found) = found {
                score.said += 1;
                score.right += usize::from(reached(found.latest.as_secs_f64() * 2.0).is_some_and(|at| is_right(found, at)));
            }
        }
    }
    judge(&scores);
}

#[test]
fn a_clock_that_is_set_by_an_hour_and_a_night_without_a_measurement_foretell_nothing() {
    let mut noise = Noise(13);
    let busy = || Watched { story: "busy days", days: 5.4, deviation: 0.5, truth: Box::new(|at| 20.0 + 55.0 * busy(at)) };
    for hours in [-1, 1, -5, 5] {
        for since in [4.9, 5.3, 5.38] {
            let found = watch_by(&busy(), &mut noise, |at| Some(if at < since * DAY { 0 } else { hours }));
            assert_eq!(found, None, "set by {hours} h on day {since}");
        }
    }
    for (asleep, awake) in [(4.8, 5.3), (4.3, 5.38), (3.9, 5.2)] {
        let found = watch_by(&busy(), &mut noise, |at| (!(asleep * DAY..awake * DAY).contains(&at)).then_some(0));
        assert_eq!(found, None, "asleep from day {asleep} to {awake}");
    }
}

#[test]
fn a_clock_that_is_set_takes_no_rhythm_away() {
    let grows = || Watched {
        story: "busy days that grow",
        days: 5.4,
        deviation: 0.3,
        truth: Box::new(|at| 28.0 + 2.0 * at / DAY + 45.0 * busy(at)),
    };
    let usual = watch(&grows(), &mut Noise(17)).expect("the highest of a day is the limit after eight and a half");
    for hours in [-5, 1, 5] {
        let set = watch_by(&grows(), &mut Noise(17), |at| Some(if at < 5.3 * DAY { 0 } else { hours }));
        let set = set.unwrap_or_else(|| panic!("set by {hours} h"));
        assert!(set.breach.abs_diff(usual.breach) < Duration::from_secs(7_200), "{set:?} {usual:?}");
    }
}

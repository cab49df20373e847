//! The rhythm of days and weeks: what rises each morning and falls each evening is on its way to no limit.
//!
//! Of each hour of the last four weeks the mean is kept: 672 numbers, at most 4 kB a feed. Where days were alike, or
//! weeks, what comes is what came then at the same hours, moved by how much it grows from one to the next and by how far today lies
//! beside it. Where today leaves its rhythm, what counts is the trend of how far it has left it.

use super::forecast::{Forecast, Heading, median};
use super::health::Limit;
use std::collections::VecDeque;
use std::time::Duration;

/// Four weeks.
pub const KEPT: usize = 4 * WEEK;
const WEEK: usize = 7 * DAY;
const DAY: usize = 24;
/// Times in hours that are no part of a day: how much a value moves where nothing repeats.
const OTHER: [usize; 3] = [6, 12, 18];
/// What repeats is this much nearer to itself than to another time.
const ALIKE: f64 = 0.5;
/// This part of the times that are compared has to be known.
const KNOWN: f64 = 0.75;
/// So many earlier days, or weeks, say what comes; the middle one counts.
const CYCLES: i64 = 3;
/// So many of the last values say how today goes …
const LAST: usize = 5;
/// … and that it has left its rhythm, when they lie so many times further off than is usual.
const LEFT: f64 = 3.0;
/// Hours of today that are compared with what they should have been.
const TODAY: i64 = 24;
/// No rhythm is believed for longer.
const FARTHEST: f64 = 14.0 * 24.0;
/// How many values an hour of an earlier session is taken to be the mean of.
const OFTEN: u32 = 60;
/// Where the limit is looked for, in hours.
const STEP: f64 = 0.25;

/// The means of the last hours. Those that nobody measured are no numbers.
#[derive(Debug, Clone, Default)]
pub struct Hours {
    /// The hour of the last one, counted from 1970.
    newest: i64,
    means: VecDeque<f32>,
    /// How many values the last one is the mean of.
    count: u32,
}

/// Hours that nobody measured are alike.
impl PartialEq for Hours {
    fn eq(&self, other: &Self) -> bool {
        self.newest == other.newest
            && self.means.iter().map(|mean| mean.to_bits()).eq(other.means.iter().map(|mean| mean.to_bits()))
    }
}

impl Hours {
    /// What was kept: the hour of the last mean, and all of them, the oldest first.
    pub fn kept(newest: i64, means: &[Option<f32>]) -> Self {
        let newer = means.len().saturating_sub(KEPT);
        Self { newest, means: means[newer..].iter().map(|mean| mean.unwrap_or(f32::NAN)).collect(), count: OFTEN }
    }

    pub fn newest(&self) -> i64 {
        self.newest
    }

    pub fn means(&self) -> impl Iterator<Item = Option<f32>> {
        self.means.iter().map(|mean| Some(*mean).filter(|mean| mean.is_finite()))
    }

    /// What was measured at this time, in hours since 1970.
    pub fn add(&mut self, at: f64, value: f64) {
        let hour = at.floor() as i64;
        if !value.is_finite() || (hour < self.newest && hour + 2 >= self.newest) {
            return;
        }
        // A clock that was set, by more than summer and winter differ: no hour of before can be found again.
        if hour < self.newest || hour.saturating_sub(self.newest) > KEPT as i64 {
            self.means.clear();
        }
        if self.means.is_empty() || hour > self.newest {
            let skipped = if self.means.is_empty() { 0 } else { hour - self.newest - 1 };
            // First what has no room any more: it never needs more of it.
            let room = KEPT.saturating_sub(skipped as usize + 1);
            self.means.drain(..self.means.len().saturating_sub(room));
            self.means.extend((0..skipped).map(|_| f32::NAN).chain([value as f32]));
            self.means.drain(..self.means.len().saturating_sub(KEPT));
            (self.newest, self.count) = (hour, 1);
        } else if let Some(mean) = self.means.back_mut() {
            self.count += 1;
            *mean += ((value - f64::from(*mean)) / f64::from(self.count)) as f32;
        }
    }

    /// The clock was set, forwards by so many hours: what was measured before has the times that the new one would have given it.
    pub fn set_by(&mut self, hours: f64) {
        self.newest += hours.round() as i64;
    }

    fn at(&self, hour: i64) -> Option<f64> {
        let back = usize::try_from(self.newest - hour).ok()?;
        let mean = self.means.get(self.means.len().checked_sub(back + 1)?)?;
        Some(f64::from(*mean)).filter(|mean| mean.is_finite())
    }

    /// How much the value differed from that of so many hours before, hour by hour; `None` where too little is known.
    fn moved(&self, back: usize) -> Option<Vec<f64>> {
        let hours = i64::try_from(self.means.len()).ok()?;
        let whole = (self.newest - hours + 1..self.newest).rev();
        let moves: Vec<f64> = whole.filter_map(|hour| Some(self.at(hour)? - self.at(hour - back as i64)?)).collect();
        (moves.len() as f64 >= KNOWN * back as f64).then_some(moves)
    }

    /// The rhythm of days or of weeks, whichever says more; `None` where nothing repeats.
    fn rhythm(&self) -> Option<Rhythm<'_>> {
        let other: Vec<f64> = OTHER.iter().filter_map(|back| Some(Moves::of(self.moved(*back)?).off)).collect();
        let swing = other.iter().sum::<f64>() / other.len().max(1) as f64;
        let of = |period: usize| Some((period, Moves::of(self.moved(period)?)));
        let (day, week) = (of(DAY), of(WEEK));
        // Days need less of the past to be known: weeks have to say clearly more.
        let (period, moves) = match (day, week) {
            (Some(day), Some(week)) if week.1.off < 0.8 * day.1.off => week,
            (day, week) => day.or(week)?,
        };
        let band = moves.off + swing / 20.0;
        (moves.off < ALIKE * swing).then_some(Rhythm { hours: self, period: period as i64, grows: moves.grows, band })
    }
}

/// How a value has moved from one time to another: how much usually, and how far off that it mostly was.
struct Moves {
    grows: f64,
    off: f64,
}

impl Moves {
    fn of(mut moves: Vec<f64>) -> Self {
        let grows = median(&mut moves);
        let off = moves.iter().map(|moved| (moved - grows).abs()).sum::<f64>() / moves.len().max(1) as f64;
        Self { grows, off }
    }
}

/// What the rhythm of a value says about its limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Said {
    /// It has none.
    Nothing,
    /// When the limit is reached; `None`: nothing says that it will be.
    Comes(Option<Forecast>),
}

/// What the past says of a value of which these were measured last, at times in hours since 1970.
pub fn said(hours: &Hours, measured: &[(f64, f64)], limit: Limit) -> Said {
    let (Some(rhythm), Some((now, value))) = (hours.rhythm(), measured.last()) else { return Said::Nothing };
    let Some(beside) = rhythm.beside(measured) else { return Said::Nothing };
    if up(limit) * (beside.now - beside.usual) < -LEFT * rhythm.band {
        // It fell off its rhythm, away from the limit: what it has done since then counts.
        return Said::Nothing;
    }
    Said::Comes(match limit.is_beyond(*value) {
        true => None,
        false if (beside.now - beside.usual).abs() <= LEFT * rhythm.band => rhythm.reaches(*now, beside.now, limit),
        false => rhythm.left(measured, &beside, limit),
    })
}

/// How far the last hours lie beside the rhythm, and how far the last values do.
struct Beside {
    usual: f64,
    now: f64,
}

struct Rhythm<'h> {
    hours: &'h Hours,
    period: i64,
    /// From one day, or week, to the next.
    grows: f64,
    /// How far off it mostly is.
    band: f64,
}

impl Rhythm<'_> {
    /// What this hour is to bring, by the whole hours of the last days or weeks.
    fn hour(&self, hour: i64, pick: Pick) -> Option<f64> {
        let newest = self.hours.newest;
        let first = (hour - newest).div_euclid(self.period) + 1;
        let then = |cycle: i64| Some(self.hours.at(hour - cycle * self.period)? + cycle as f64 * self.grows);
        let mut before: Vec<f64> = (first.max(1)..first.max(1) + CYCLES).filter_map(then).collect();
        (!before.is_empty()).then(|| pick(&mut before))
    }

    fn expected(&self, at: f64) -> Option<f64> {
        self.expected_by(at, median)
    }

    /// The same of any time: between the middles of two hours.
    fn expected_by(&self, at: f64, pick: Pick) -> Option<f64> {
        let middle = (at - 0.5).floor();
        let part = at - 0.5 - middle;
        match (self.hour(middle as i64, pick), self.hour(middle as i64 + 1, pick)) {
            (Some(one), Some(next)) => Some(one + part * (next - one)),
            (one, next) => one.or(next),
        }
    }

    fn beside(&self, measured: &[(f64, f64)]) -> Option<Beside> {
        let newest = self.hours.newest;
        let mut before: Vec<f64> =
            (newest - TODAY..newest).filter_map(|hour| Some(self.hours.at(hour)? - self.hour(hour, median)?)).collect();
        let last = &measured[measured.len().saturating_sub(LAST)..];
        let mut now: Vec<f64> = last.iter().filter_map(|(at, value)| Some(value - self.expected(*at)?)).collect();
        (before.len() >= 2 && !now.is_empty()).then(|| Beside { usual: median(&mut before), now: median(&mut now) })
    }

    /// What is expected from now on.
    fn ahead(&self, now: f64) -> impl Iterator<Item = (f64, f64)> {
        let known = self.hours.means.len() as f64;
        let steps = (1..=(FARTHEST.min(known) / STEP) as usize).map(|step| step as f64 * STEP);
        steps.filter_map(move |after| Some((after, self.expected(now + after)?)))
    }

    /// When what is expected reaches the limit, and when it does were it a band higher, or lower.
    fn reaches(&self, now: f64, beside: f64, limit: Limit) -> Option<Forecast> {
        let band = 2.0 * self.band * up(limit);
        let [mut breach, mut earliest, mut latest] = [None; 3];
        for (after, value) in self.ahead(now) {
            for (found, off) in [(&mut breach, 0.0), (&mut earliest, band), (&mut latest, -band)] {
                *found = found.or(limit.is_beyond(value + beside + off).then_some(after));
            }
            if latest.is_some() {
                break;
            }
        }
        let time = |hours: f64| Duration::try_from_secs_f64(hours * 3_600.0).ok();
        Some(Forecast { breach: time(breach?)?, earliest: time(earliest?)?, latest: time(latest?)? })
    }

    /// By the trend of how far the value lies beside its rhythm, since it left it: when both together reach the limit.
    fn left(&self, measured: &[(f64, f64)], beside: &Beside, limit: Limit) -> Option<Forecast> {
        let up = up(limit);
        // What has come so near on any of those days or weeks is no leak: a Monday after two days of rest.
        let nearest: Pick = if up > 0.0 { highest } else { lowest };
        let off = |(at, value): &(f64, f64)| Some((at * 3_600.0, up * (value - self.expected_by(*at, nearest)? - beside.usual)));
        let off: Vec<(f64, f64)> = measured.iter().filter_map(off).collect();
        let since = off.iter().rposition(|(_, off)| *off <= self.band).map_or(0, |last| last + 1);
        let heading = Heading::of(&off[since..])?;
        let mut times = [None; 3];
        for (after, value) in self.ahead(measured.last()?.0) {
            let seconds = after * 3_600.0;
            let reached = heading.reaches(up * (limit.value() - value - beside.usual));
            for (found, at) in times.iter_mut().zip(reached) {
                *found = found.or((at <= seconds).then_some(seconds));
            }
        }
        let [breach, earliest, latest] = times;
        heading.believed([breach?, earliest?, latest?])
    }
}

/// Makes one value of those that some days or weeks had at an hour.
type Pick = fn(&mut [f64]) -> f64;

fn highest(values: &mut [f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn lowest(values: &mut [f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Upwards, or downwards.
fn up(limit: Limit) -> f64 {
    if matches!(limit, Limit::Above(_)) { 1.0 } else { -1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Busy from eight to four, the more so the nearer to noon; on Saturday and Sunday never, where `weekend` is.
    fn load(hour: i64, weekend: bool) -> f64 {
        let busy = (6 - (hour.rem_euclid(24) - 12).abs()).max(0) as f64 * 10.0;
        if weekend && hour.rem_euclid(168) >= 120 { 20.0 } else { 20.0 + busy }
    }

    fn hours(until: i64, value: impl Fn(i64) -> f64) -> Hours {
        let mut hours = Hours::default();
        (0..=until).for_each(|hour| hours.add(hour as f64, value(hour)));
        hours
    }

    #[test]
    fn it_needs_no_more_room_than_four_weeks_and_knows_what_nobody_measured() {
        let mut hours = hours(2_000, |hour| hour as f64);
        assert_eq!((hours.means.len(), hours.means.front().copied()), (KEPT, Some(2_001.0 - KEPT as f32)));
        assert!(hours.means.capacity() * size_of::<f32>() <= 4_096, "{} kept", hours.means.capacity());
        hours.add(2_003.5, 1.0);
        hours.add(2_003.9, 3.0);
        hours.add(2_002.9, 99.0);
        assert_eq!((hours.at(2_003), hours.at(2_002), hours.at(2_001), hours.at(2_000)), (Some(2.0), None, None, Some(2_000.0)));
        let back = Hours::kept(hours.newest(), &hours.means().collect::<Vec<_>>());
        assert_eq!(back, hours);
        hours.add(1_900.0, 5.0);
        assert_eq!((hours.means.len(), hours.at(1_900)), (1, Some(5.0)), "a clock that was set back by days begins anew");
        hours.add(90_000.0, 6.0);
        assert_eq!((hours.means.len(), hours.at(90_000)), (1, Some(6.0)), "so does one that was set forward by years");
    }

    #[test]
    fn days_are_a_rhythm_and_weeks_where_they_say_more() {
        let period = |hours: &Hours| hours.rhythm().map(|rhythm| rhythm.period);
        assert_eq!(period(&hours(40, |hour| load(hour, false))), None, "two days have to be seen");
        assert_eq!(period(&hours(24 * 4, |hour| load(hour, false))), Some(24));
        assert_eq!(period(&hours(24 * 21, |hour| load(hour, false))), Some(24));
        assert_eq!(period(&hours(24 * 21, |hour| load(hour, true))), Some(168));
        assert_eq!(period(&hours(24 * 21, |hour| hour as f64)), None, "a line is no rhythm");
    }

    #[test]
    fn what_comes_is_what_came_then_and_a_jump_is_no_trend() {
        let until = 24 * 6 + 9;
        let hours = hours(until, |hour| load(hour, false));
        let now = until as f64 + 0.5;
        let usual = load(until, false);
        assert_eq!(said(&hours, &[(now, usual)], Limit::Above(90.0)), Said::Comes(None));
        assert_eq!(said(&hours, &[(now, usual + 25.0)], Limit::Above(90.0)), Said::Comes(None));
        let Said::Comes(Some(found)) = said(&hours, &[(now, usual)], Limit::Above(68.0)) else { panic!("today as ever") };
        assert!(found.breach.abs_diff(Duration::from_secs(2 * 3_600)) < Duration::from_secs(2_700), "{found:?}");
        let breach = |beside: f64| match said(&hours, &[(now, usual + beside)], Limit::Above(68.0)) {
            Said::Comes(Some(found)) => found.breach,
            other => panic!("{beside} beside its rhythm is none: {other:?}"),
        };
        assert!(breach(2.0) < breach(-2.0), "what lies a little higher today is there sooner");
        let Said::Comes(Some(found)) = said(&hours, &[(now, usual)], Limit::Below(30.0)) else {
            panic!("it falls in the evening")
        };
        assert!(found.breach.abs_diff(Duration::from_secs(8 * 3_600)) < Duration::from_secs(5_400), "{found:?}");
    }
}

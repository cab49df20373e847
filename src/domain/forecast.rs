//! When a value will reach its limit, judged by its own past; silent where that says too little.
//!
//! The trend is the median slope between the points (Theil and Sen), its band the 95 % interval of Sen's method: a quarter of the
//! points may be wild without moving it. A series is judged after its last reset alone, and one that is reset again and again
//! before it comes near the limit (log rotation, garbage collection) is no prophecy.

use super::health::Limit;
use std::time::Duration;

/// A value, and the second in which it was measured on a clock that never jumps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub at: f64,
    pub value: f64,
}

/// When the limit is reached, counted from the last point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forecast {
    pub breach: Duration,
    pub earliest: Duration,
    pub latest: Duration,
}

/// Fewer points since the last reset say nothing.
pub const LEAST: usize = 12;
/// More are thinned to medians of neighbours: every pair counts, so time grows with the square.
const MOST: usize = 64;
/// How far ahead a trend is believed, in times of what was seen of it.
const AHEAD: f64 = 4.0;
/// No trend is believed for longer.
const FARTHEST: f64 = 14.0 * 86_400.0;
/// The trend of the newer half may differ from the whole by this much.
const BEND: f64 = 2.0;
/// The two ends of the 95 % interval of a normal distribution.
const TWO_SIDED: f64 = 1.96;

/// `None`: nothing says that it will be reached, or what says so is too weak, or it is reached already.
pub fn forecast(points: &[Point], limit: Limit) -> Option<Forecast> {
    let (sign, limit) = match limit {
        Limit::Above(limit) => (1.0, limit),
        Limit::Below(limit) => (-1.0, -limit),
    };
    let origin = points.first()?.at;
    let seen = |point: &Point| (point.at - origin, sign * point.value);
    let points: Vec<(f64, f64)> = points.iter().map(seen).filter(|(_, value)| value.is_finite()).collect();
    let (tooth, peak) = since_reset(&points);
    let value = tooth.last()?.1;
    if value >= limit || peak.is_some_and(|peak| value <= peak) {
        return None;
    }
    let heading = Heading::of(tooth)?;
    heading.believed(heading.reaches(limit))
}

/// Where a value is heading, upwards.
pub(super) struct Heading {
    fit: Fit,
    now: f64,
    seen: f64,
}

impl Heading {
    /// Of points in the order of time; `None` unless it rises beyond doubt.
    pub(super) fn of(points: &[(f64, f64)]) -> Option<Self> {
        let (first, last) = (points.first()?, points.last()?);
        let fit = Fit::of(&thinned(points)).filter(|_| points.len() >= LEAST)?;
        Some(Self { fit, now: last.0, seen: last.0 - first.0 })
    }

    /// When, and when at the earliest and the latest, in seconds from the last point.
    pub(super) fn reaches(&self, limit: f64) -> [f64; 3] {
        let (fit, left) = (&self.fit, limit - self.fit.level(self.now));
        [left / fit.slope, (left - 2.0 * fit.noise) / fit.steepest, left / fit.flattest].map(|seconds| seconds.max(0.0))
    }

    pub(super) fn believed(&self, [breach, earliest, latest]: [f64; 3]) -> Option<Forecast> {
        let believed = breach <= AHEAD * self.seen && latest <= 2.0 * AHEAD * self.seen && latest <= FARTHEST;
        let time = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
        Some(Forecast { breach: time(breach)?, earliest: time(earliest.min(breach))?, latest: time(latest)? })
            .filter(|_| believed)
    }
}

/// What came after the last fall that is no noise; and, where it falls again and again, how high it usually gets before.
fn since_reset(points: &[(f64, f64)]) -> (&[(f64, f64)], Option<f64>) {
    let steps: Vec<f64> = points.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
    let usual = median(&mut steps.clone());
    let noise = spread(&mut steps.iter().map(|step| step - usual).collect::<Vec<_>>());
    let values = || points.iter().map(|(_, value)| *value);
    let range = values().fold(f64::MIN, f64::max) - values().fold(f64::MAX, f64::min);
    let deep = (range / 4.0).max(6.0 * noise);
    // A single wild point is no reset: it stays down.
    let around =
        |from: usize| median(&mut points[from..points.len().min(from + 3)].iter().map(|(_, value)| *value).collect::<Vec<_>>());
    let falls = |index: &usize| steps[*index] < -deep && around(index + 1) < around(index.saturating_sub(2)) - deep;
    let resets: Vec<usize> = (0..steps.len()).filter(falls).collect();
    let peaks = resets.iter().map(|index| points[*index].1);
    let highest = peaks.fold(f64::MIN, f64::max) + range / 10.0;
    (&points[resets.last().map_or(0, |last| last + 1)..], (resets.len() >= 2).then_some(highest))
}

/// Medians of neighbours, so that at most `MOST` points are left.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let of = |chunk: &[(f64, f64)]| {
        let [mut times, mut values]: [Vec<f64>; 2] = [chunk.iter().map(|p| p.0).collect(), chunk.iter().map(|p| p.1).collect()];
        (median(&mut times), median(&mut values))
    };
    points.chunks(points.len().div_ceil(MOST)).map(of).collect()
}

/// A rising line through points, how steep and how flat it may be instead, and how far off the points are.
struct Fit {
    slope: f64,
    flattest: f64,
    steepest: f64,
    noise: f64,
    /// The median of the points' distance from a line of this slope through zero.
    base: f64,
}

impl Fit {
    /// `None` unless it rises beyond doubt, in the newer half as in the whole.
    fn of(points: &[(f64, f64)]) -> Option<Self> {
        let whole = Slope::of(points)?.rising()?;
        let newer = Slope::of(&points[points.len() / 2..])?.rising()?;
        let newest = Slope::of(&points[points.len() * 3 / 4..])?;
        let bent = newer.middle > whole.middle * BEND || newer.middle < whole.middle / BEND;
        if bent || newest.steepest < newer.middle / BEND {
            return None;
        }
        let slope = (whole.middle + newer.middle) / 2.0;
        let newest = &points[points.len() / 2..];
        let base = median(&mut newest.iter().map(|(at, value)| value - slope * at).collect::<Vec<_>>());
        let noise = spread(&mut newest.iter().map(|(at, value)| value - slope * at - base).collect::<Vec<_>>());
        let seen = points.last()?.0 - points.first()?.0;
        let flattest = whole.flattest.min(newer.middle).max(newer.flattest.min(whole.middle));
        let steepest = whole.steepest.max(newer.middle);
        (slope * seen > 3.0 * noise && flattest > 0.0).then_some(Self { slope, flattest, steepest, noise, base })
    }

    fn level(&self, at: f64) -> f64 {
        self.base + self.slope * at
    }
}

/// The median slope between points, and the ends of its band.
struct Slope {
    flattest: f64,
    middle: f64,
    steepest: f64,
}

impl Slope {
    fn of(points: &[(f64, f64)]) -> Option<Self> {
        let pairs =
            points.iter().enumerate().flat_map(|(index, first)| points[index + 1..].iter().map(move |second| (first, second)));
        let apart = pairs.filter(|(first, second)| second.0 > first.0);
        let mut slopes: Vec<f64> = apart.map(|(first, second)| (second.1 - first.1) / (second.0 - first.0)).collect();
        slopes.sort_by(f64::total_cmp);
        let (count, pairs) = (points.len() as f64, slopes.len() as f64);
        // The variance of Kendall's score without ties.
        let width = TWO_SIDED * (count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt();
        let rank = |place: f64| slopes.get(place.clamp(0.0, (pairs - 1.0).max(0.0)) as usize).copied();
        let [flattest, middle, steepest] = [(pairs - width) / 2.0, pairs / 2.0, (pairs + width) / 2.0].map(rank);
        Some(Self { flattest: flattest?, middle: middle?, steepest: steepest? })
    }

    /// `None` where the band has a slope in it that doesn't rise.
    fn rising(self) -> Option<Self> {
        Some(self).filter(|slope| slope.flattest > 0.0)
    }
}

/// The median; zero of nothing.
pub(super) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// The deviation that the median of these distances stands for, were they normal.
fn spread(distances: &mut [f64]) -> f64 {
    distances.iter_mut().for_each(|distance| *distance = distance.abs());
    1.4826 * median(distances)
}

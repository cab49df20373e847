//! Whether the newest backup is like those before it. Robust: medians, so that a quarter of the past may be odd without moving what is
//! usual; in ratios, so that a set of any size is judged alike.
//!
//! Fulls among smaller ones are told apart by what their program calls them, else by the day of the week, else by their sizes.
//! What grows is compared with its newest past alone. A change that stays is the new usual after a few.

use super::Backup;
use chrono::Datelike;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Size,
    Time,
}

/// What is odd about the newest, and between what the usual ones lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Doubt {
    Empty,
    Small { value: f64, usual: (f64, f64) },
    Slow { value: f64, usual: (f64, f64) },
}

/// Fewer alike say nothing.
const LEAST: usize = 4;
/// More lie too far back to be usual.
const NEWEST: usize = 9;
/// This many deviations from the median are odd …
const FAR: f64 = 4.5;
/// … if they are also this far, as a ratio: the least that anybody would look at.
const SMALL: f64 = 1.25;
const SLOW: f64 = 2.0;
/// Sizes that lie this far apart are of two sorts.
const APART: f64 = 1.8;

impl Measure {
    fn of(self, backup: &Backup) -> Option<f64> {
        match self {
            Self::Size => backup.bytes,
            Self::Time => backup.took,
        }
    }
}

/// Judges the last of these, which stand in the order of time.
pub fn doubt(backups: &[&Backup], measure: Measure) -> Option<Doubt> {
    let (newest, past) = backups.split_last()?;
    let value = measure.of(newest)?;
    if value <= 0.0 {
        return (measure == Measure::Size).then_some(Doubt::Empty);
    }
    let alike = alike(newest, past, measure);
    let groups = sorts(&alike);
    let usual = |group: &Vec<f64>| !odd(value, group, measure, groups.len() > 1);
    if groups.iter().map(Vec::len).sum::<usize>() < LEAST || groups.iter().any(usual) {
        return None;
    }
    // What is larger than all of them is not small.
    let beyond = |group: &Vec<f64>| (median_of(group) < value.ln()) == (measure == Measure::Size);
    if groups.iter().all(beyond) {
        return None;
    }
    let nearest = groups.iter().filter(|group| !beyond(group)).min_by(|a, b| apart(value, a).total_cmp(&apart(value, b)))?;
    let usual = between(nearest);
    Some(match measure {
        Measure::Size => Doubt::Small { value, usual },
        Measure::Time => Doubt::Slow { value, usual },
    })
}

/// The newest of those that should be like this one.
fn alike(newest: &Backup, past: &[&Backup], measure: Measure) -> Vec<f64> {
    let values = |wanted: &dyn Fn(&Backup) -> bool| -> Vec<f64> {
        let wanted = past.iter().rev().filter(|backup| wanted(backup));
        wanted.filter_map(|backup| measure.of(backup)).filter(|value| *value > 0.0).collect()
    };
    let mut all = values(&|backup| backup.sort == newest.sort);
    if newest.sort.is_none() && sorts(&all).len() > 1 {
        let day = values(&|backup| backup.at.weekday() == newest.at.weekday());
        if day.len() >= LEAST {
            all = day;
        } else {
            // A few of the rare sort have to be among them.
            all.truncate(4 * NEWEST);
            return all;
        }
    }
    all.truncate(NEWEST);
    all
}

/// One group, or two where a gap lies between them that neither has within, and the sizes go back and forth over it: one that has
/// changed once is of no two sorts.
fn sorts(values: &[f64]) -> Vec<Vec<f64>> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let gaps = sorted.windows(2).enumerate().map(|(index, pair)| (index + 1, pair[1] / pair[0]));
    let Some((index, gap)) = gaps.max_by(|a, b| a.1.total_cmp(&b.1)) else { return vec![sorted] };
    let crosses = |pair: &&[f64]| (pair[0] < sorted[index]) != (pair[1] < sorted[index]);
    let crossings = values.windows(2).filter(crosses).count();
    let (low, high) = sorted.split_at(index);
    if gap > APART && low.len().min(high.len()) >= 2 && crossings >= 3 { vec![low.to_vec(), high.to_vec()] } else { vec![sorted] }
}

/// Beyond what a group has on the side that matters; on both sides, where there are two and it may lie between them.
fn odd(value: f64, group: &[f64], measure: Measure, both: bool) -> bool {
    let (middle, spread) = usual(group);
    let (off, least) = match measure {
        Measure::Size => (middle - value.ln(), SMALL.ln()),
        Measure::Time => (value.ln() - middle, SLOW.ln()),
    };
    // A few alike know less of their own spread.
    let unsure = 1.0 + 2.0 / group.len() as f64;
    let off = if both { off.abs() } else { off };
    off > (FAR * unsure * spread).max(least)
}

fn median_of(group: &[f64]) -> f64 {
    usual(group).0
}

fn apart(value: f64, group: &[f64]) -> f64 {
    (value.ln() - median_of(group)).abs()
}

/// Median of the logarithms, and the deviation that their distances from it stand for.
fn usual(group: &[f64]) -> (f64, f64) {
    let logs: Vec<f64> = group.iter().map(|value| value.ln()).collect();
    let middle = median(logs.clone());
    let distances = logs.iter().map(|log| (log - middle).abs()).collect();
    (middle, 1.4826 * median(distances))
}

/// The middle four fifths.
fn between(group: &[f64]) -> (f64, f64) {
    let mut sorted = group.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 10;
    (sorted[cut], sorted[sorted.len() - 1 - cut])
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[half],
        _ => f64::midpoint(values[half - 1], values[half]),
    }
}

//! How well an odd backup is told from a usual one, on series whose answer is known: made by rules from numbers that look random and
//! are always the same.

#![allow(clippy::disallowed_macros, reason = "the figures are for whoever reads them")]

use chrono::{DateTime, Datelike, Utc, Weekday};
use midwatch::domain::backup::Backup;
use midwatch::domain::backup::past::{Doubt, Measure, doubt};
use std::collections::BTreeMap;

/// Numbers that look random.
struct Noise(u64);

impl Noise {
    /// From 0 to 1.
    fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Around zero, of deviation one.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.even()).sum::<f64>() - 6.0
    }
}

fn began() -> DateTime<Utc> {
    "2026-01-05T02:00:00Z".parse().expect("a Monday")
}

/// One a day of these sizes.
fn daily(sizes: &[f64]) -> Vec<Backup> {
    let one = |(day, size): (usize, &f64)| {
        let at = began() + chrono::Duration::days(day as i64);
        Backup { name: day.to_string(), at, bytes: Some(*size), took: Some(*size / 1e8), sort: None, broken: false }
    };
    sizes.iter().enumerate().map(one).collect()
}

type Sizes = fn(usize, &mut Noise) -> f64;

const GB: f64 = 1e9;

fn sunday(day: usize) -> bool {
    (began() + chrono::Duration::days(day as i64)).weekday() == Weekday::Sun
}

/// What is usual, story by story; day by day.
const STORIES: [(&str, Sizes); 7] = [
    ("always the same", |_, _| 120.0 * GB),
    ("a little noise", |_, noise| 120.0 * GB * (0.02 * noise.normal()).exp()),
    ("much noise", |_, noise| 120.0 * GB * (0.08 * noise.normal()).exp()),
    ("growth", |day, noise| 40.0 * GB * (0.015 * day as f64 + 0.02 * noise.normal()).exp()),
    ("weekly fulls", |day, noise| {
        let size = if sunday(day) { 120.0 } else { 9.0 };
        size * GB * (0.04 * noise.normal()).exp()
    }),
    ("a step up long ago", |day, noise| (if day < 25 { 60.0 } else { 130.0 }) * GB * (0.02 * noise.normal()).exp()),
    ("a step down long ago", |day, noise| (if day < 25 { 130.0 } else { 60.0 }) * GB * (0.02 * noise.normal()).exp()),
];

/// What becomes of the newest.
const ENDS: [(&str, f64, bool); 5] = [
    ("as ever", 1.0, false),
    ("a tenth larger", 1.1, false),
    ("half", 0.5, true),
    ("a third", 0.33, true),
    ("a hundredth", 0.01, true),
];

#[test]
fn odd_sizes_are_found_and_usual_ones_are_not_called_odd() {
    let mut noise = Noise(7);
    let mut told: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    let (mut hits, mut misses, mut false_alarms, mut quiet) = (0, 0, 0, 0);
    for round in 0..60 {
        for (story, size) in STORIES {
            let days = 42 + round % 14;
            let mut sizes: Vec<f64> = (0..days).map(|day| size(day, &mut noise)).collect();
            let usual = sizes[days - 1];
            for (end, factor, odd) in ENDS {
                sizes[days - 1] = usual * factor;
                let backups = daily(&sizes);
                let found = doubt(&backups.iter().collect::<Vec<_>>(), Measure::Size).is_some();
                let count = told.entry((story, end)).or_default();
                *count = (count.0 + usize::from(found), count.1 + 1);
                match (found, odd) {
                    (true, true) => hits += 1,
                    (false, true) => misses += 1,
                    (true, false) => false_alarms += 1,
                    (false, false) => quiet += 1,
                }
            }
        }
    }
    for ((story, end), (found, all)) in &told {
        println!("{story:22} {end:16} {found:3} of {all} called odd");
    }
    let precision = f64::from(hits) / f64::from(hits + false_alarms);
    let recall = f64::from(hits) / f64::from(hits + misses);
    println!("precision {precision:.3}, recall {recall:.3}, {false_alarms} of {} usual ones called odd", quiet + false_alarms);
    assert!(precision >= 0.97, "precision {precision}");
    assert!(recall >= 0.95, "recall {recall}");
}

/// A season of one kind of backups: the sizes of its days, `None` where there was none.
struct Season {
    story: &'static str,
    size: fn(usize, usize, &mut Noise) -> Option<f64>,
    /// Of `ENDS` those of which is known what they are here: half of what has doubled lately is what was usual before.
    ends: &'static [usize],
}

/// Noise of so many per cent.
fn about(gigabytes: f64, percent: f64, noise: &mut Noise) -> Option<f64> {
    Some(gigabytes * GB * (percent / 100.0 * noise.normal()).exp())
}

/// By day and by how many days there are in all. What is odd about the newest is odd in each.
const SEASONS: [Season; 11] = [
    Season {
        story: "a database that has grown three days ago",
        size: |day, days, noise| about(if day + 3 < days { 60.0 } else { 130.0 }, 2.0, noise),
        ends: &[0, 1, 4],
    },
    Season {
        story: "a table dropped a week ago",
        size: |day, days, noise| about(if day + 8 < days { 130.0 } else { 70.0 }, 2.0, noise),
        ends: &[0, 1, 3, 4],
    },
    Season {
        story: "full and incremental by turns",
        size: |day, _, noise| about(if day.is_multiple_of(2) { 100.0 } else { 8.0 }, 4.0, noise),
        ends: &[0, 1, 2, 3, 4],
    },
    Season {
        story: "differentials that grow until the next full",
        size: |day, _, noise| about(if day.is_multiple_of(7) { 100.0 } else { 5.0 * (day % 7) as f64 }, 3.0, noise),
        ends: &[0, 1, 4],
    },
    Season {
        story: "a Sunday more than twice as large",
        size: |day, _, noise| about(if sunday(day) { 25.0 } else { 10.0 }, 5.0, noise),
        ends: &[0, 1, 3, 4],
    },
    Season {
        story: "hardly anything at the weekend",
        size: |day, _, noise| about(if day % 7 < 5 { 12.0 } else { 0.4 }, 8.0, noise),
        ends: &[0, 1, 3, 4],
    },
    Season {
        story: "one large one a month",
        size: |day, _, noise| about(if day % 30 == 11 { 200.0 } else { 20.0 }, 5.0, noise),
        ends: &[0, 1, 2, 3, 4],
    },
    Season {
        story: "kept for six days",
        size: |day, days, noise| if day + 6 < days { None } else { about(50.0, 3.0, noise) },
        ends: &[0, 1, 2, 3, 4],
    },
    Season {
        story: "kept anew, of another database",
        size: |day, days, noise| about(if day + 10 < days { 300.0 } else { 40.0 }, 3.0, noise),
        ends: &[0, 1, 3, 4],
    },
    Season {
        story: "nights without one",
        size: |_, _, noise| if noise.even() < 0.3 { None } else { about(50.0, 4.0, noise) },
        ends: &[0, 1, 2, 3, 4],
    },
    Season {
        story: "less each day, as old rows go",
        size: |day, _, noise| about(200.0 * (-0.012 * day as f64).exp(), 2.0, noise),
        ends: &[0, 1, 3, 4],
    },
];

#[test]
fn what_steps_rhythms_and_resets_make_of_sizes_is_not_odd_and_hides_nothing_that_is() {
    let mut noise = Noise(29);
    let (mut hits, mut misses, mut false_alarms, mut quiet) = (0, 0, 0, 0);
    for Season { story, size, ends } in &SEASONS {
        let mut told: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for round in 0..60 {
            let days = 42 + round % 14;
            let sizes: Vec<Option<f64>> = (0..days).map(|day| size(day, days, &mut noise)).collect();
            let there: Vec<Backup> = daily(&sizes.iter().map(|size| size.unwrap_or(-1.0)).collect::<Vec<_>>());
            let there: Vec<Backup> = there.into_iter().filter(|backup| backup.bytes > Some(0.0)).collect();
            for end in *ends {
                let (name, factor, odd) = ENDS[*end];
                let mut backups = there.clone();
                let newest = backups.last_mut().expect("some");
                newest.bytes = newest.bytes.map(|bytes| bytes * factor);
                let found = doubt(&backups.iter().collect::<Vec<_>>(), Measure::Size).is_some();
                let count = told.entry(name).or_default();
                *count = (count.0 + usize::from(found), count.1 + 1);
                match (found, odd) {
                    (true, true) => hits += 1,
                    (false, true) => misses += 1,
                    (true, false) => false_alarms += 1,
                    (false, false) => quiet += 1,
                }
            }
        }
        for (end, (found, all)) in &told {
            println!("{story:44} {end:16} {found:3} of {all} called odd");
            // None of them may be the price for the others.
            let odd = ENDS.iter().any(|(name, _, odd)| name == end && *odd);
            assert!(if odd { found * 10 >= all * 9 } else { found * 20 <= *all }, "{story}, {end}: {found} of {all}");
        }
    }
    let precision = f64::from(hits) / f64::from(hits + false_alarms);
    let recall = f64::from(hits) / f64::from(hits + misses);
    println!("precision {precision:.3}, recall {recall:.3}, {false_alarms} of {} usual ones called odd", quiet + false_alarms);
    assert!(precision >= 0.98, "precision {precision}");
    assert!(recall >= 0.95, "recall {recall}");
}

/// Whether each day is called odd, told the days before it.
fn day_by_day(sizes: &[f64]) -> Vec<usize> {
    let backups = daily(sizes);
    let all: Vec<&Backup> = backups.iter().collect();
    (1..=all.len()).filter(|days| doubt(&all[..*days], Measure::Size).is_some()).map(|days| days - 1).collect()
}

#[test]
fn a_size_that_has_changed_for_good_is_odd_for_some_days_and_then_the_usual_one() {
    let mut noise = Noise(3);
    let sizes: Vec<f64> = (0..40).map(|day| (if day < 20 { 130.0 } else { 60.0 }) * GB * (0.02 * noise.normal()).exp()).collect();
    let odd = day_by_day(&sizes);
    assert!(odd.first() == Some(&20) && odd.contains(&22), "{odd:?}");
    assert!(odd.iter().all(|day| (20..26).contains(day)), "{odd:?}");
}

#[test]
fn nothing_is_said_of_the_first_few_and_an_empty_one_is_empty_at_once() {
    assert_eq!(day_by_day(&[120.0 * GB, 1.0 * GB, 130.0 * GB, 2.0 * GB]), [] as [usize; 0]);
    assert_eq!(day_by_day(&[0.0]), [0]);
    let backups = daily(&[120.0 * GB, 0.0]);
    assert_eq!(doubt(&backups.iter().collect::<Vec<_>>(), Measure::Size), Some(Doubt::Empty));
}

#[test]
fn what_its_program_calls_another_sort_is_compared_with_its_own() {
    let sort = |day: usize| if day.is_multiple_of(5) { "full" } else { "incr" };
    let sizes: Vec<f64> = (0..30).map(|day| if sort(day) == "full" { 100.0 * GB } else { 4.0 * GB }).collect();
    let with = |last: &str, size: f64| {
        let mut backups = daily(&[sizes.clone(), vec![size]].concat());
        backups.iter_mut().enumerate().for_each(|(day, backup)| backup.sort = Some(sort(day).to_owned()));
        backups.last_mut().expect("one").sort = Some(last.to_owned());
        doubt(&backups.iter().collect::<Vec<_>>(), Measure::Size)
    };
    assert_eq!(with("incr", 4.0 * GB), None);
    assert_eq!(with("full", 4.0 * GB), Some(Doubt::Small { value: 4.0 * GB, usual: (100.0 * GB, 100.0 * GB) }));
}

#[test]
fn one_that_takes_five_times_as_long_is_slow_and_one_that_is_quick_is_not() {
    let took = |last: f64| {
        let mut backups = daily(&[120.0 * GB; 12]);
        backups.last_mut().expect("one").took = Some(last);
        doubt(&backups.iter().collect::<Vec<_>>(), Measure::Time)
    };
    assert_eq!(took(6_000.0), Some(Doubt::Slow { value: 6_000.0, usual: (1_200.0, 1_200.0) }));
    assert_eq!((took(100.0), took(1_300.0)), (None, None));
}

#[test]
fn what_grows_until_the_next_full_one_is_compared_with_the_same_day_of_other_weeks() {
    let size = |day: usize| GB * if day.is_multiple_of(7) { 100.0 } else { 5.0 * (day % 7) as f64 };
    let mut sizes: Vec<f64> = (0..42).map(size).collect();
    assert!(!day_by_day(&sizes).contains(&41));
    // As much as on a Wednesday is half of what a Saturday has.
    sizes[41] /= 2.0;
    assert!(day_by_day(&sizes).contains(&41));
}

#[test]
fn few_alike_are_less_sure_of_what_is_usual_than_many() {
    let sizes = |count: usize| -> Vec<f64> {
        let usual = (0..count).map(|day| 100.0 * GB * (if day.is_multiple_of(2) { 0.0405f64 } else { -0.0405 }).exp());
        usual.chain([100.0 * GB * (-0.36f64).exp()]).collect()
    };
    assert!(!day_by_day(&sizes(4)).contains(&4), "four say little of how much they differ");
    assert!(day_by_day(&sizes(8)).contains(&8));
}

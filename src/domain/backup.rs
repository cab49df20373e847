//! Whether backups would save anybody: there, new enough, of a size and a duration as ever, kept as long as was promised, and
//! restored at least once. Each of these is wrong in words of its own.

pub mod past;

use super::health::FeedState;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use past::{Doubt, Measure};
use std::collections::BTreeSet;
use std::time::Duration;

/// One backup that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Backup {
    pub name: String,
    /// When it was complete.
    pub at: DateTime<Utc>,
    pub bytes: Option<f64>,
    pub took: Option<f64>,
    /// `full`, `diff`, `incr`: sorts of different sizes, where its program names them.
    pub sort: Option<String>,
    /// Its program says that it is broken.
    pub broken: bool,
}

impl Backup {
    pub fn new(name: String, at: DateTime<Utc>, bytes: Option<f64>) -> Self {
        Self { name, at, bytes, took: None, sort: None, broken: false }
    }
}

/// The last restore that somebody has verified.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Restore {
    pub at: DateTime<Utc>,
    pub took: Option<Duration>,
}

/// How many are to be there of the last days, weeks, months and years: the newest of each counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    pub daily: u32,
    pub weekly: u32,
    pub monthly: u32,
    pub yearly: u32,
}

/// What is promised.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    /// The newest is never older.
    pub rpo: Duration,
    pub keep: Keep,
    /// How old the last verified restore may be; `None`: nobody asks for one.
    pub restored: Option<Duration>,
    /// How long a restore may take.
    pub rto: Option<Duration>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub state: FeedState,
    pub words: String,
}

impl Finding {
    fn failing(words: impl Into<String>) -> Self {
        Self { state: FeedState::Failing, words: words.into() }
    }

    fn degraded(words: impl Into<String>) -> Self {
        Self { state: FeedState::Degraded, words: words.into() }
    }
}

/// Everything that is wrong, the worst first.
pub fn judge(backups: &[Backup], restore: Option<Restore>, promise: &Promise, now: DateTime<Utc>) -> Vec<Finding> {
    let mut good: Vec<&Backup> = backups.iter().filter(|backup| !backup.broken).collect();
    good.sort_by_key(|backup| backup.at);
    let mut found = Vec::new();
    match good.last() {
        None => found.push(Finding::failing(missing(backups.len()))),
        Some(newest) => {
            let age = since(newest.at, now);
            if age > promise.rpo {
                found.push(Finding::failing(format!("late: the newest is {} old, at most {}", span(age), span(promise.rpo))));
            }
            found.extend(unlike_its_past(&good, Measure::Size));
            found.extend(unlike_its_past(&good, Measure::Time));
            found.extend(promise.keep.lacks(&good, now).map(Finding::degraded));
        }
    }
    if backups.iter().max_by_key(|backup| backup.at).is_some_and(|backup| backup.broken) && !good.is_empty() {
        found.push(Finding::degraded("the last one is broken"));
    }
    found.extend(promise.unproven(restore, now).map(Finding::degraded));
    found.sort_by_key(|finding| std::cmp::Reverse(finding.state));
    found
}

fn missing(broken: usize) -> String {
    match broken {
        0 => "missing: there is no backup".into(),
        count => format!("missing: {count} are there, and all are broken"),
    }
}

fn unlike_its_past(good: &[&Backup], measure: Measure) -> Option<Finding> {
    let doubt = past::doubt(good, measure)?;
    match doubt {
        Doubt::Empty => Some(Finding::failing("empty: the newest has no content")),
        Doubt::Small { value, usual } => {
            Some(Finding::degraded(format!("suspiciously small: {}, usually {}", bytes(value), range(usual, bytes))))
        }
        Doubt::Slow { value, usual } => {
            Some(Finding::degraded(format!("slow: took {}, usually {}", seconds(value), range(usual, seconds))))
        }
    }
}

impl Promise {
    fn unproven(&self, restore: Option<Restore>, now: DateTime<Utc>) -> Option<String> {
        let most = self.restored?;
        let Some(restore) = restore else { return Some("never restored: nobody knows whether it can be".into()) };
        let age = since(restore.at, now);
        if age > most {
            return Some(format!("not restored for {}, at most {}", span(age), span(most)));
        }
        let (took, rto) = (restore.took?, self.rto?);
        (took > rto).then(|| format!("the last restore took {}, at most {} (RTO)", span(took), span(rto)))
    }
}

impl Keep {
    /// Which of the last days, weeks, months and years have none. A time counts that lies after the first backup of all, and is over:
    /// what has just been begun lacks nothing.
    fn lacks(self, good: &[&Backup], now: DateTime<Utc>) -> Option<String> {
        let periods: [(u32, Period); 4] =
            [(self.daily, day), (self.weekly, week), (self.monthly, month), (self.yearly, |date| format!("{:04}", date.year()))];
        let first = good.first()?.at.date_naive();
        let lacking = periods.into_iter().flat_map(|(count, period)| lacking(good, (count, period), first, now.date_naive()));
        let lacking: Vec<String> = lacking.collect();
        match lacking.as_slice() {
            [] => None,
            [one] => Some(format!("not kept: none of {one}")),
            [one, more @ ..] => Some(format!("not kept: none of {one} and {} more", more.len())),
        }
    }
}

type Period = fn(NaiveDate) -> String;

fn day(date: NaiveDate) -> String {
    date.to_string()
}

fn week(date: NaiveDate) -> String {
    format!("{:04}-W{:02}", date.iso_week().year(), date.iso_week().week())
}

fn month(date: NaiveDate) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}

/// Of the last `count` periods before the present one those without a backup, the newest first.
fn lacking(good: &[&Backup], (count, period): (u32, Period), first: NaiveDate, today: NaiveDate) -> Vec<String> {
    let there: BTreeSet<String> = good.iter().map(|backup| period(backup.at.date_naive())).collect();
    let mut names: Vec<String> = Vec::new();
    let mut date = today;
    while names.len() <= count as usize && date > first {
        let name = period(date);
        if names.last() != Some(&name) {
            names.push(name);
        }
        date = date.pred_opt().unwrap_or(first);
    }
    names.into_iter().skip(1).take(count as usize).filter(|name| !there.contains(name)).collect()
}

fn since(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (now - at).to_std().unwrap_or_default()
}

/// `26 h`, `12 days`, `40 m`.
pub fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} m", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn seconds(value: f64) -> String {
    span(Duration::from_secs_f64(value.clamp(0.0, 1e9)))
}

/// `41 GB`: three digits at most, in steps of a thousand as disks are sold.
pub fn bytes(value: f64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let step = units.iter().enumerate().find(|(step, _)| value < 999.5 * 1000f64.powi(*step as i32));
    let (step, unit) = step.unwrap_or((units.len() - 1, &"PB"));
    let value = value / 1000f64.powi(step as i32);
    if value < 9.95 && step > 0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// `118 to 124 GB`, or one of both where they read the same.
fn range((low, high): (f64, f64), told: fn(f64) -> String) -> String {
    let [low, high] = [low, high].map(told);
    if low == high {
        return low;
    }
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((from, unit)), Some((to, same))) if unit == same => format!("{from} to {to} {unit}"),
        _ => format!("{low} to {high}"),
    }
}

#[cfg(test)]
mod tests;

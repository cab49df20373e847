//! Times and durations as people read them at a glance.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::time::Duration;

/// `8s`, `3m04s`, `41m`, `2h`, `3d`: never more than six columns.
pub fn age(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        600..3600 => format!("{}m", seconds / 60),
        3600..36_000 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        36_000..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `~4m`, `~3h10m`, `~3d`: what nobody knows to the second.
pub fn about(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..600 => format!("~{}m", seconds.div_ceil(60)),
        _ => format!("~{}", age(duration)),
    }
}

/// Whether an age of this length shows seconds.
pub fn ticks(duration: Duration) -> bool {
    duration.as_secs() < 600
}

/// `00:14:32`, with days in front where there are any.
pub fn stopwatch(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    match seconds / 86_400 {
        0 => clock,
        days => format!("{days}d {clock}"),
    }
}

/// `04:10`, with hours where there are any.
pub fn minutes(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds / 3600 {
        0 => format!("{:02}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// From then to now; nothing for what lies ahead.
pub fn since(then: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (now - then).to_std().unwrap_or_default()
}

/// `11-23 02:58` in the operator's zone, where that is another day than today.
pub fn day_of(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> Option<String> {
    let (there, today) = (at.with_timezone(&zone), now.with_timezone(&zone));
    (there.date_naive() != today.date_naive()).then(|| there.format("%m-%d %H:%M").to_string())
}

/// `02:58:01` in the operator's zone.
pub fn clock(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%H:%M:%S").to_string()
}

/// `2026-11-23 02:58:01 CET`.
pub fn full(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// `14:02`, with the date when it is another day than now.
pub fn until(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    day_of(at, now, zone).unwrap_or_else(|| at.with_timezone(&zone).format("%H:%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_never_takes_more_than_six_columns() {
        let shown = |seconds| age(Duration::from_secs(seconds));
        assert_eq!(
            [shown(8), shown(184), shown(2460), shown(7200), shown(90_000), shown(300_000)],
            ["8s", "3m04s", "41m", "2h00m", "25h", "3d"]
        );
        for power in 0..9 {
            assert!(shown(10u64.pow(power)).len() <= 6);
        }
    }

    #[test]
    fn a_stopwatch_counts_days() {
        assert_eq!(stopwatch(Duration::from_secs(872)), "00:14:32");
        assert_eq!(stopwatch(Duration::from_secs(90_061)), "1d 01:01:01");
    }
}

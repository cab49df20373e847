//! Time to place, and where the axis is named.

use chrono::{DateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Seconds between two names of the axis.
const STEPS: [i64; 21] = [
    1,
    5,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1_800,
    3_600,
    7_200,
    10_800,
    21_600,
    43_200,
    86_400,
    172_800,
    604_800,
    2_592_000,
    15_552_000,
    155_520_000,
];
const MOST_TICKS: i64 = 10;

pub struct Scale {
    from: DateTime<Utc>,
    seconds: f64,
    left: f64,
    pub right: f64,
}

impl Scale {
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>, left: f64, right: f64) -> Self {
        let seconds = (to - from).as_seconds_f64().max(1.0);
        Self { from, seconds, left, right }
    }

    /// What lies outside stands at the edge.
    pub fn x(&self, at: DateTime<Utc>) -> f64 {
        let share = (at - self.from).as_seconds_f64() / self.seconds;
        self.left + share.clamp(0.0, 1.0) * (self.right - self.left)
    }

    /// At round times of that zone, each with its name.
    pub fn ticks(&self, zone: Tz) -> Vec<(DateTime<Utc>, String)> {
        let length = self.seconds as i64;
        let step = STEPS.into_iter().find(|step| length / step <= MOST_TICKS).unwrap_or(length);
        let form = match step {
            ..60 => "%H:%M:%S",
            60..43_200 => "%H:%M",
            43_200..86_400 => "%d %H:%M",
            _ => "%Y-%m-%d",
        };
        // Round where the timeline begins; a change of the clock in its middle moves the later ones off the round.
        let offset = i64::from(zone.offset_from_utc_datetime(&self.from.naive_utc()).fix().local_minus_utc());
        let first = (self.from.timestamp() + offset).div_euclid(step) * step + step - offset;
        (0..=MOST_TICKS + 1)
            .filter_map(|n| DateTime::from_timestamp(first + n * step, 0))
            .take_while(|at| *at - self.from <= TimeDelta::seconds(length))
            .map(|at| (at, at.with_timezone(&zone).format(form).to_string()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_is_named_at_round_times_of_the_zone() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let names = |from, to, zone| {
            let scale = Scale::new(at(from), at(to), 0.0, 100.0);
            scale.ticks(zone).into_iter().map(|(_, name)| name).collect::<Vec<_>>().join(" ")
        };
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(
            names("2026-03-01T02:58:10Z", "2026-03-01T03:01:00Z", berlin),
            "03:58:30 03:59:00 03:59:30 04:00:00 04:00:30 04:01:00"
        );
        assert_eq!(names("2026-03-01T02:50:10Z", "2026-03-01T03:21:00Z", Tz::UTC), "02:55 03:00 03:05 03:10 03:15 03:20");
        assert_eq!(
            names("2026-03-01T02:50:10Z", "2026-03-04T02:50:10Z", chrono_tz::Asia::Kolkata),
            "01 12:00 02 00:00 02 12:00 03 00:00 03 12:00 04 00:00"
        );
        assert_eq!(names("2026-03-01T02:50:10Z", "2026-03-01T02:50:10Z", Tz::UTC), "02:50:11");
    }

    #[test]
    fn a_time_has_its_place_and_never_one_outside() {
        let from: DateTime<Utc> = "2026-03-01T00:00:00Z".parse().expect("a time");
        let scale = Scale::new(from, from + TimeDelta::seconds(100), 10.0, 110.0);
        let x = |seconds| scale.x(from + TimeDelta::seconds(seconds));
        assert_eq!([x(-5), x(0), x(50), x(100), x(500)], [10.0, 10.0, 60.0, 110.0, 110.0]);
    }
}

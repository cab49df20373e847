//! The clock that gives entries their order, also when several machines write.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Hybrid logical clock: (wall milliseconds, counter). With origin and sequence it is the order of the fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Clock {
    pub ms: i64,
    pub count: u32,
}

impl Clock {
    /// The next value after `self` at `wall`.
    #[must_use]
    pub fn next(self, wall: DateTime<Utc>) -> Self {
        match wall.timestamp_millis() {
            now if now > self.ms => Self { ms: now, count: 0 },
            _ => Self { ms: self.ms, count: self.count + 1 },
        }
    }
}

/// Written as `1795423688800.0003`: milliseconds, a dot, the counter.
impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:04}", self.ms, self.count)
    }
}

impl std::str::FromStr for Clock {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('.').and_then(|(ms, count)| Some((ms.parse().ok()?, count.parse().ok()?)));
        parts.map(|(ms, count)| Self { ms, count }).ok_or_else(|| format!("`{text}` is not a clock"))
    }
}

impl Serialize for Clock {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Clock {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_never_goes_back_when_the_wall_does() {
        let wall = DateTime::from_timestamp_millis(1_000).expect("a time");
        let first = Clock::default().next(wall);
        let second = first.next(DateTime::from_timestamp_millis(10).expect("a time"));
        assert!(second > first);
        assert_eq!(second.to_string().parse(), Ok(second));
    }
}

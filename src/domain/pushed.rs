//! What came of what others push: when something was taken in last, and what was refused. Without it a sender that is dead, or has an
//! old token, looks like peace.

use super::text::Outside;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// More senders than this that are refused are one trouble.
const MOST: usize = 8;
/// How long a refusal is told.
const TOLD: TimeDelta = TimeDelta::hours(1);

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushed {
    /// Since when whoever receives listens: of what was sent before it knows nothing.
    #[serde(default)]
    pub since: Option<DateTime<Utc>>,
    /// When the last message was taken in.
    pub last: Option<DateTime<Utc>>,
    /// Senders of which nothing was taken in since, those of late at the end.
    pub refused: Vec<Refused>,
    /// Why what is sent to the address of the configuration may not arrive.
    #[serde(default)]
    pub barred: Option<Outside>,
}

/// A sender whose messages are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its address.
    pub from: Outside,
    /// Why the last one was, as it was told.
    pub why: Outside,
    pub times: u64,
    pub last: DateTime<Utc>,
}

impl Pushed {
    /// Something was taken in. What its sender was refused before is mended.
    pub fn took(&mut self, from: &str, now: DateTime<Utc>) {
        self.last = Some(now);
        self.refused.retain(|refused| refused.from.raw() != from);
    }

    pub fn refused(&mut self, from: &str, why: &str, now: DateTime<Utc>) {
        let known = self.refused.iter().position(|refused| refused.from.raw() == from);
        let times = known.map_or(0, |place| self.refused.remove(place).times) + 1;
        self.refused.push(Refused { from: from.into(), why: why.into(), times, last: now });
        if self.refused.len() > MOST {
            self.refused.remove(0);
        }
    }

    /// What is still worth telling.
    pub fn by(&self, now: DateTime<Utc>) -> Self {
        let mut told = self.clone();
        told.refused.retain(|refused| now < refused.last + TOLD);
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_counted_by_sender_until_that_is_understood_and_never_grow_beyond_all_bounds() {
        let at = |second: i64| DateTime::from_timestamp(1_800_000_000 + second, 0).expect("a time");
        let mut pushed = Pushed::default();
        (1..=3).for_each(|n| pushed.refused("10.0.0.7", if n < 3 { "401 no" } else { "413 long" }, at(n)));
        pushed.refused("10.0.0.8", "401 no", at(4));
        let told = |pushed: &Pushed| {
            pushed.refused.iter().map(|one| format!("{} {} {}", one.from.raw(), one.why.raw(), one.times)).collect::<Vec<_>>()
        };
        assert_eq!(told(&pushed), ["10.0.0.7 413 long 3", "10.0.0.8 401 no 1"]);
        assert_eq!(told(&pushed.by(at(3_603))), ["10.0.0.8 401 no 1"]);
        pushed.took("10.0.0.7", at(5));
        assert_eq!((told(&pushed), pushed.last), (vec!["10.0.0.8 401 no 1".to_owned()], Some(at(5))));
        (0..100).for_each(|n| pushed.refused(&format!("10.0.1.{n}"), "401 no", at(6)));
        assert_eq!((pushed.refused.len(), pushed.refused.last().map(|last| last.from.raw())), (MOST, Some("10.0.1.99")));
    }
}

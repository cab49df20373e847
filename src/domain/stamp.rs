//! Time as the core receives it: always in an event, never asked for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// When an event was sequenced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The wall clock: for people and for other machines. May be set back.
    pub wall: DateTime<Utc>,
    /// Since the machine started, sleep included (CLOCK_BOOTTIME): for every age and deadline.
    pub mono: Duration,
}

impl Stamp {
    /// Time since `earlier` on the clock that nobody can set; zero if it lies ahead.
    pub fn since(self, earlier: Stamp) -> Duration {
        self.mono.saturating_sub(earlier.mono)
    }

    /// A time of day as this clock would have told it then; one that lies ahead is now, and before the machine's start `mono` is zero.
    pub fn back_to(self, wall: DateTime<Utc>) -> Stamp {
        let ago = (self.wall - wall).to_std().unwrap_or_default();
        Stamp { wall: wall.min(self.wall), mono: self.mono.saturating_sub(ago) }
    }

    /// The time of day so long ago; the first one there is where that lies before all of them.
    pub fn back_by(self, ago: Duration) -> DateTime<Utc> {
        let then = chrono::Duration::from_std(ago).ok().and_then(|ago| self.wall.checked_sub_signed(ago));
        then.unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    /// The time of day after a while; the last one there is where that lies beyond all of them.
    pub fn after(self, hold: Duration) -> DateTime<Utc> {
        let end = chrono::Duration::from_std(hold).ok().and_then(|hold| self.wall.checked_add_signed(hold));
        end.unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

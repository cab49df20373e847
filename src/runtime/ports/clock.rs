//! The machine's clocks.

use crate::domain::stamp::Stamp;
use crate::ports::Clock;
use chrono::Utc;
use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Counts sleep too; macOS does so under the other name.
#[cfg(target_os = "linux")]
const SINCE_BOOT: ClockId = ClockId::CLOCK_BOOTTIME;
#[cfg(not(target_os = "linux"))]
const SINCE_BOOT: ClockId = ClockId::CLOCK_MONOTONIC;

pub struct Machine;

impl Clock for Machine {
    fn now(&self) -> Stamp {
        // The call can only fail for a clock that the system lacks; both exist everywhere this builds.
        let mono = clock_gettime(SINCE_BOOT).map_or(Duration::ZERO, Duration::from);
        Stamp { wall: Utc::now(), mono }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steady_clock_runs_and_is_older_than_this_process() {
        let (first, second) = (Machine.now(), Machine.now());
        assert!(first.mono > Duration::from_secs(1));
        assert!(second.mono >= first.mono && second.since(first) < Duration::from_secs(60));
    }
}

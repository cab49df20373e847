//! The forced end: TERM for the whole group, or what a lost terminal sends first, then KILL until nobody is left in it.
//!
//! Whoever has left the group by its own session is not killed: it is named as a survivor, and the end is then unknown.

use super::processes;
use super::watch::Leader;
use nix::sys::signal::{Signal, killpg};
use std::time::{Duration, Instant};

/// How often the group is counted.
const COUNT: Duration = Duration::from_millis(20);

/// KILL is repeated for this long: a process in the middle of a disk or network wait dies only after it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ends the leader's group, politely for the grace period; whether that was not enough.
pub(super) fn group(leader: &mut Leader, grace: Duration) -> bool {
    signal(leader, Signal::SIGTERM);
    // A stopped process can't die of TERM.
    signal(leader, Signal::SIGCONT);
    let outlived = !empty_within(leader, grace, None);
    if outlived {
        empty_within(leader, PATIENCE, Some(Signal::SIGKILL));
    }
    outlived
}

/// As the system does it when a terminal goes; whoever doesn't end by that is ended. Whether KILL had to come.
pub(super) fn hung_up(leader: &mut Leader, grace: Duration) -> bool {
    if leader.rest(Duration::ZERO) && is_empty(leader) {
        return false;
    }
    signal(leader, Signal::SIGHUP);
    signal(leader, Signal::SIGCONT);
    !empty_within(leader, grace, None) && group(leader, grace)
}

fn empty_within(leader: &mut Leader, most: Duration, repeat: Option<Signal>) -> bool {
    let until = Instant::now() + most;
    loop {
        if let Some(again) = repeat {
            signal(leader, again);
        }
        let ended = leader.rest(COUNT);
        if ended && is_empty(leader) {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        if ended {
            std::thread::sleep(COUNT);
        }
    }
}

fn signal(leader: &Leader, signal: Signal) {
    // It fails when nobody is left, and that is what the count finds.
    let _ = killpg(leader.pid, signal);
}

fn is_empty(leader: &Leader) -> bool {
    match cfg!(target_os = "linux") {
        true => processes::in_group(leader.pid.as_raw()).is_empty(),
        false => killpg(leader.pid, None).is_err(),
    }
}

//! Being stopped, by the key and by others (`kill -TSTP`): the terminal is given back first, and the system stops us then, unless there
//! is nobody who could let us go on.
//!
//! The signal is blocked in every thread and waited for by one, which alone lets it through. What it does stays the system's own: of a
//! process without a shell to go back to it does nothing.

use super::{ENTERED, NOTHING, locked};
use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::unistd::Pid;
use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Nobody waits for the signal: it stops us as it comes.
    Loose,
    None,
    /// Somebody else wants it, and the terminal is ours still.
    Asked,
    /// The terminal has been given back.
    Ready,
}

static STOP: Mutex<Stop> = Mutex::new(Stop::Loose);
static CHANGED: Condvar = Condvar::new();

/// How long the terminal is waited for before we are stopped all the same.
const GIVES_BACK: Duration = Duration::from_secs(3);
/// How long after the signal we are stopped, at most.
const STOPS_WITHIN: Duration = Duration::from_millis(50);

fn signal() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGTSTP);
    set
}

fn turn(to: Stop) {
    *locked(&STOP) = to;
    CHANGED.notify_all();
}

/// From here on no thread that is started is stopped by itself. Before any is.
pub fn hold_stops() {
    let _ = signal().thread_block();
}

/// Waits for the signal, again and again; `before` comes before each stop. Blocks: give it a thread of its own, after `hold_stops`.
pub fn await_stops(before: impl Fn()) {
    turn(Stop::None);
    while signal().wait().is_ok() {
        let ours = *locked(&STOP) == Stop::None && ENTERED.load(Ordering::SeqCst) != NOTHING;
        if ours {
            turn(Stop::Asked);
            // Wakes whoever reads the keys, and so the console.
            let _ = raise(Signal::SIGWINCH);
            drop(CHANGED.wait_timeout_while(locked(&STOP), GIVES_BACK, |stop| *stop != Stop::Ready));
        }
        before();
        // To this thread alone: where it has gone on, nothing more is to come. Before it is let through, beside what others have sent
        // meanwhile: one stop is all of that, for whoever lets us go on takes the rest away.
        let _ = raise(Signal::SIGTSTP);
        let _ = signal().thread_unblock();
        let _ = signal().thread_block();
        turn(Stop::None);
    }
    turn(Stop::Loose);
}

/// Somebody else wants us to stop, and waits until the terminal is given back.
pub fn stop_is_asked() -> bool {
    *locked(&STOP) == Stop::Asked
}

/// Stops, now that the terminal is given back, and returns when we go on; at once where nobody could let us.
pub(super) fn stop() {
    let before = *locked(&STOP);
    if before == Stop::Loose || before == Stop::None {
        if before == Stop::None {
            turn(Stop::Ready);
        }
        // All of our job, as the terminal itself would do it: the shell waits for whoever started us, too.
        let _ = kill(Pid::from_raw(0), Signal::SIGTSTP);
    } else {
        turn(Stop::Ready);
    }
    match before {
        // Another thread may be told of it first, and we be stopped a moment later.
        Stop::Loose => thread::park_timeout(STOPS_WITHIN),
        _ => {
            drop(CHANGED.wait_timeout_while(locked(&STOP), GIVES_BACK, |stop| *stop == Stop::Ready));
            turn(Stop::None);
        }
    }
}

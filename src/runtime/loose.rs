//! Starting a program that can be stopped by the keys of a terminal, though this process may hold that signal back for itself: what a
//! thread holds back its children do, too.

use nix::sys::signal::{SigSet, SigmaskHow, Signal};

pub(super) fn started<T>(start: impl FnOnce() -> T) -> T {
    let mut stops = SigSet::empty();
    stops.add(Signal::SIGTSTP);
    let before = stops.thread_swap_mask(SigmaskHow::SIG_UNBLOCK);
    let started = start();
    if let Ok(before) = before {
        let _ = before.thread_set_mask();
    }
    started
}

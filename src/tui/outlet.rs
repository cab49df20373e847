//! The way to the terminal. What it takes at once is written at once; the rest is left to a thread, so that a terminal that takes nothing
//! holds up neither keys nor what is watched. Invariant: at most one frame is under way. Whoever would draw meanwhile waits, and draws the
//! newest then.

use super::terminal;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a terminal that takes nothing is waited for at the end, or before somebody else gets it.
const PATIENCE: Duration = Duration::from_secs(2);

/// A frame that has been under way for so long reaches nobody soon.
const STUCK: Duration = Duration::from_secs(10);

pub struct Outlet {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    began: Instant,
    /// The same terminal, by a way on which nothing ever waits. Where it has none, all goes by the thread: a hop for every frame.
    straight: Option<OwnedFd>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    frame: Option<Vec<u8>>,
    writing: bool,
    /// Since when.
    since: Option<Instant>,
    ended: bool,
    /// How long the last one took.
    took: Option<Duration>,
    failed: Option<io::Error>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet {
    pub fn to(write: impl FnMut(&[u8]) -> io::Result<()> + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let thread = std::thread::spawn(move || write_all(&theirs, write));
        Self { shared, thread: Some(thread), began: Instant::now(), straight: None }
    }

    /// Standard output.
    pub fn open() -> Self {
        let mut outlet = Self::to(|bytes| {
            terminal::while_ours(|| {
                let mut out = io::stdout().lock();
                out.write_all(bytes)?;
                out.flush()
            })
        });
        // Opened anew: not to wait is a property of each opening, and the shell's own must go on waiting.
        let flags = OFlag::O_WRONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let straight = nix::unistd::ttyname(io::stdout()).and_then(|terminal| open(&terminal, flags, Mode::empty()));
        outlet.straight = straight.ok();
        outlet
    }

    /// The time by the clock that the pace is measured with.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// A frame is still under way.
    pub fn is_busy(&self) -> bool {
        let state = self.shared.state();
        state.writing || state.frame.is_some()
    }

    /// Nothing has gone out for longer than any line takes.
    pub fn is_stuck(&self) -> bool {
        let state = self.shared.state();
        state.writing && state.since.is_some_and(|since| since.elapsed() > STUCK)
    }

    /// How long the terminal took for the last frame; once for each.
    pub fn took(&self) -> Option<Duration> {
        self.shared.state().took.take()
    }

    /// Waits until nothing is under way, but not for ever: who would be written to next may be somebody else. Whether nothing is.
    pub fn settle(&self) -> bool {
        let state = self.shared.state();
        let busy = |state: &mut State| state.writing || state.frame.is_some();
        drop(self.shared.changed.wait_timeout_while(state, PATIENCE, busy));
        !self.is_busy()
    }
}

impl Write for Outlet {
    /// Takes all of it at once: a frame, when none is under way.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.shared.state();
        if let Some(failed) = state.failed.take() {
            return Err(failed);
        }
        let busy = state.writing || state.frame.is_some();
        let straight = self.straight.as_ref().filter(|_| !busy);
        let taken = straight.and_then(|terminal| nix::unistd::write(terminal, bytes).ok()).unwrap_or(0);
        if taken == bytes.len() {
            state.took = Some(Duration::ZERO);
        } else {
            state.frame.get_or_insert_default().extend_from_slice(&bytes[taken..]);
            self.shared.changed.notify_all();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.settle();
        let mut state = self.shared.state();
        state.ended = true;
        let stuck = state.writing;
        drop(state);
        self.shared.changed.notify_all();
        if stuck {
            terminal::takes_nothing();
        }
        // One that hangs in a dead terminal ends with the process.
        if let Some(thread) = self.thread.take().filter(|_| !stuck) {
            let _ = thread.join();
        }
    }
}

fn write_all(shared: &Shared, mut write: impl FnMut(&[u8]) -> io::Result<()>) {
    loop {
        let waits = |state: &mut State| state.frame.is_none() && !state.ended;
        let mut state = shared.changed.wait_while(shared.state(), waits).unwrap_or_else(PoisonError::into_inner);
        let Some(frame) = state.frame.take() else { return };
        let began = Instant::now();
        (state.writing, state.since) = (true, Some(began));
        drop(state);
        let done = write(&frame);
        let mut state = shared.state();
        (state.writing, state.took, state.failed) = (false, Some(began.elapsed()), done.err());
        shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::sync::mpsc::channel;

    #[test]
    fn a_terminal_that_takes_nothing_holds_nobody_up_and_gets_the_frames_one_by_one() {
        let (gate, opened) = channel::<()>();
        let (told, taken) = channel::<Vec<u8>>();
        let mut outlet = Outlet::to(move |bytes| {
            let _ = told.send(bytes.to_vec());
            let _ = opened.recv();
            Ok(())
        });
        assert!(!outlet.is_busy());
        outlet.write_all(b"one").expect("at once");
        assert_eq!(taken.recv().expect("its thread has it"), b"one");
        assert!(outlet.is_busy() && outlet.took().is_none());
        gate.send(()).expect("the terminal takes it");
        outlet.settle();
        assert!(!outlet.is_busy() && outlet.took().is_some() && outlet.took().is_none());
        drop(gate);
        outlet.write_all(b"two").expect("at once");
        drop(outlet);
        assert_eq!(taken.recv().expect("what was begun is written before the end"), b"two");
    }

    #[test]
    fn what_is_taken_at_once_goes_by_no_thread_and_the_rest_follows_in_order() {
        let (ours, mut theirs) = UnixStream::pair().expect("two ends");
        ours.set_nonblocking(true).expect("it never waits");
        let (told, taken) = channel::<Vec<u8>>();
        let mut outlet = Outlet::to(move |bytes| told.send(bytes.to_vec()).map_err(io::Error::other));
        outlet.straight = Some(ours.into());
        outlet.write_all(b"small").expect("at once");
        assert!(!outlet.is_busy() && outlet.took() == Some(Duration::ZERO));
        let big: Vec<u8> = (0..4_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        outlet.write_all(&big).expect("as much as goes");
        outlet.settle();
        let rest = taken.try_recv().expect("more than a socket holds");
        let mut came = vec![0; b"small".len() + big.len() - rest.len()];
        theirs.read_exact(&mut came).expect("what went straight");
        assert!(came.starts_with(b"small") && [&came[5..], &rest].concat() == big);
        assert!(taken.try_recv().is_err(), "nothing else went by the thread");
    }

    #[test]
    fn a_terminal_that_is_gone_is_told_with_the_next_frame() {
        let mut outlet = Outlet::to(|_| Err(io::Error::other("gone")));
        outlet.write_all(b"one").expect("not known yet");
        outlet.settle();
        assert!(outlet.write_all(b"two").is_err());
    }
}

//! The terminal as a place that must be left as it was found: raw mode, alternate screen, mouse, paste, focus reports,
//! cursor and title. Everything that enters is undone by `leave`, which drops, panics and signals all go through. It can be lent to
//! a program, and is as it was before when it comes back, whatever was done to it.

mod keys;
mod stops;

pub use keys::{expect_answer, gives_up, is_escape, read_keys};
pub use stops::{await_stops, hold_stops, stop_is_asked};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange, EnableMouseCapture,
};
use crossterm::terminal::{
    DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, cursor};
use keys::{pause, resume};
use nix::sys::signal::{SigSet, SigmaskHow};
use nix::sys::termios::{FlushArg, SetArg, Termios, tcflush, tcgetattr, tcsetattr};
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

pub use crossterm::event::Event as TermEvent;

/// What of the terminal is ours. Process-wide, because a panic hook and a signal must be able to give it back.
static ENTERED: AtomicU8 = AtomicU8::new(NOTHING);
const NOTHING: u8 = 0;
/// Keys come one by one; the screen is as it was.
const KEYS: u8 = 1;
const ALL: u8 = 2;

/// The cursor's shape was changed.
static STEADY: AtomicBool = AtomicBool::new(false);

/// It takes what is written. Where it doesn't, nothing more is: whoever waits for it would never end.
static TAKES: AtomicBool = AtomicBool::new(true);

/// From now on nothing is written to the terminal: what is on its way hangs there.
pub fn takes_nothing() {
    TAKES.store(false, Ordering::SeqCst);
}

/// A frame is being written. Whoever gives the terminal back waits for its end: half of one would be ended by what gives it back.
static WRITING: Mutex<bool> = Mutex::new(false);
static WRITTEN: Condvar = Condvar::new();

/// How long for.
const WAITS: Duration = Duration::from_secs(if cfg!(test) { 60 } else { 2 });

/// Writes a frame while the screen is ours. One that was left when it was given back is written to nobody.
///
/// # Errors
/// The terminal is gone.
pub fn while_ours(write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    {
        let mut writing = locked(&WRITING);
        if ENTERED.load(Ordering::SeqCst) != ALL {
            return Ok(());
        }
        *writing = true;
    }
    let done = write();
    *locked(&WRITING) = false;
    WRITTEN.notify_all();
    done
}

/// From here on no frame is written; whether the screen was ours.
fn no_more_frames() -> u8 {
    let writing = locked(&WRITING);
    let entered = ENTERED.swap(NOTHING, Ordering::SeqCst);
    if entered != NOTHING {
        let waited = WRITTEN.wait_timeout_while(writing, WAITS, |writing| *writing);
        if waited.is_ok_and(|(_, waited)| waited.timed_out()) {
            takes_nothing();
        }
    }
    entered
}

/// The thread that has the terminal. A defect of another one must not take it away under it.
static OWNER: Mutex<Option<ThreadId>> = Mutex::new(None);

/// What other threads reported meanwhile; said once the terminal has been given back.
static UNSAID: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The terminal, ours until dropped.
pub struct Terminal {
    mouse: bool,
    lent: Option<Lent>,
}

impl Terminal {
    /// Takes the terminal over. From now on a panic gives it back before it is reported.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        restore_on_panic();
        *locked(&OWNER) = Some(thread::current().id());
        let terminal = Self { mouse, lent: None };
        terminal.take()?;
        Ok(terminal)
    }

    /// All of it: the keys and the screen.
    pub fn take(&self) -> io::Result<()> {
        enable_raw_mode()?;
        ENTERED.store(ALL, Ordering::SeqCst);
        write(&entering(self.mouse))
    }

    /// Columns and rows; a terminal that doesn't say gets the classic 80 × 24.
    pub fn size() -> (u16, u16) {
        crossterm::terminal::size().ok().filter(|(columns, rows)| *columns > 0 && *rows > 0).unwrap_or((80, 24))
    }

    /// Goes back to the shell, and takes the terminal again once the shell lets us go on; at once where there is no shell.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn suspend(&self) -> io::Result<()> {
        leave();
        stops::stop();
        self.take()
    }

    /// Somebody has stopped us without asking, and let us go on: whatever stands there now, it is drawn over.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn take_again(&self) -> io::Result<()> {
        leave();
        self.take()
    }

    /// Gives the terminal up, after these last words. Nothing is read from it or written to it until `take_back`.
    ///
    /// # Errors
    /// The keys are still being read, or the terminal is gone.
    pub fn lend(&mut self, words: &str) -> io::Result<()> {
        pause()?;
        leave();
        self.lent = Some(Lent::now());
        write(format!("{words}\r\n").as_bytes())
    }

    /// Takes the keys back, and leaves what stands on the screen, with these words below it.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn take_back(&mut self, words: &str) -> io::Result<()> {
        if let Some(lent) = self.lent.take() {
            lent.back(&mut io::stdout().lock());
        }
        enable_raw_mode()?;
        ENTERED.store(KEYS, Ordering::SeqCst);
        resume();
        write(format!("\r\n{words}\r\n").as_bytes())
    }
}

/// The keys alone, ours until dropped: the screen stays as it is.
pub struct Keys(());

impl Keys {
    /// # Errors
    /// The terminal is gone.
    pub fn take() -> io::Result<Self> {
        restore_on_panic();
        *locked(&OWNER) = Some(thread::current().id());
        enable_raw_mode()?;
        ENTERED.store(KEYS, Ordering::SeqCst);
        Ok(Self(()))
    }

    /// A line on the screen.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn say(&self, words: &str) -> io::Result<()> {
        write(format!("{words}\r\n").as_bytes())
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        leave();
        *locked(&OWNER) = None;
        say_what_failed();
    }
}

/// How the terminal was when it was handed to a program.
pub struct Lent(Option<Termios>);

impl Lent {
    pub fn now() -> Self {
        Self(tcgetattr(io::stdin()).ok())
    }

    /// Whoever died with the terminal in hand has left it as it was just then: all of that is undone, and what was typed for it is not
    /// taken for ours. A terminal that has gone away is no error.
    pub fn back(self, out: &mut impl Write) {
        let _ = to_front();
        if let Some(lines) = self.0 {
            let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &lines);
        }
        let _ = tcflush(io::stdin(), FlushArg::TCIFLUSH);
        let _ = out.write_all(&mending()).and_then(|()| out.flush());
    }
}

/// Makes this process the one that the terminal's keys are for. Whoever isn't is stopped for trying, unless it says that it knows.
fn to_front() -> nix::Result<()> {
    let mut stops = SigSet::empty();
    stops.add(nix::sys::signal::Signal::SIGTTOU);
    let before = stops.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let done = nix::unistd::tcsetpgrp(io::stdin(), nix::unistd::getpgrp());
    before.thread_set_mask()?;
    done
}

impl Drop for Terminal {
    /// Whoever has it then is hung up by its supervisor.
    fn drop(&mut self) {
        if let Some(lent) = self.lent.take().filter(|_| TAKES.load(Ordering::SeqCst)) {
            lent.back(&mut io::stdout().lock());
        }
        leave();
        *locked(&OWNER) = None;
        say_what_failed();
    }
}

/// Gives the terminal back; the second time does nothing. A terminal that has gone away is no error.
pub fn leave() {
    let entered = no_more_frames();
    if entered == ALL && TAKES.load(Ordering::SeqCst) {
        let _ = write(&leaving());
    }
    if entered != NOTHING {
        let _ = disable_raw_mode();
    }
}

/// A part of the program failed and the rest went on: its report would have been drawn over.
fn say_what_failed() {
    if !TAKES.load(Ordering::SeqCst) {
        return;
    }
    for report in std::mem::take(&mut *locked(&UNSAID)) {
        let _ = writeln!(io::stderr(), "midwatch: a part of it failed meanwhile; please report this: {report}");
    }
}

/// Installed once, before the first `enter`: the report of a panic must not vanish with the alternate screen.
fn restore_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let owner = *locked(&OWNER);
            if owner.is_some_and(|owner| owner != thread::current().id()) {
                return locked(&UNSAID).push(info.to_string());
            }
            leave();
            say_what_failed();
            // One that takes nothing would hold up the end for ever.
            if TAKES.load(Ordering::SeqCst) || !io::stderr().is_terminal() {
                report(info);
            }
        }));
    });
}

fn entering(mouse: bool) -> Vec<u8> {
    let mut out = Vec::new();
    // Saves the title on terminals that have a stack of them.
    out.extend_from_slice(b"\x1b[22;0t");
    add(&mut out, EnterAlternateScreen);
    add(&mut out, DisableLineWrap);
    add(&mut out, EnableBracketedPaste);
    add(&mut out, EnableFocusChange);
    if mouse {
        add(&mut out, EnableMouseCapture);
    }
    add(&mut out, cursor::Hide);
    out
}

/// What every program that takes a terminal over may have changed, as a terminal has it from the start.
fn plain() -> Vec<u8> {
    // Ends a synchronized update that a panic may have left open.
    let mut out = b"\x1b[?2026l\x1b[0m".to_vec();
    add(&mut out, DisableMouseCapture);
    add(&mut out, DisableFocusChange);
    add(&mut out, DisableBracketedPaste);
    add(&mut out, EnableLineWrap);
    out
}

/// After somebody else: the alternate screen, the scrolling region and the modes of cursor keys and keypad too, with the cursor left
/// where it is.
fn mending() -> Vec<u8> {
    let mut out = plain();
    out.extend_from_slice(b"\x1b[?1047l\x1b[?1l\x1b>\x1b7\x1b[r\x1b8");
    add(&mut out, cursor::Show);
    out
}

/// A cursor that does not blink.
pub fn steady() -> &'static [u8] {
    STEADY.store(true, Ordering::SeqCst);
    b"\x1b[2 q"
}

fn leaving() -> Vec<u8> {
    let mut out = plain();
    // Terminals that don't know this would show it: only where it was changed.
    if STEADY.load(Ordering::SeqCst) {
        out.extend_from_slice(b"\x1b[0 q");
    }
    add(&mut out, LeaveAlternateScreen);
    add(&mut out, cursor::Show);
    out.extend_from_slice(b"\x1b[23;0t");
    out
}

fn add(out: &mut Vec<u8>, command: impl Command) {
    let mut text = String::new();
    if command.write_ansi(&mut text).is_ok() {
        out.extend_from_slice(text.as_bytes());
    }
}

fn write(bytes: &[u8]) -> io::Result<()> {
    let mut to = io::stdout().lock();
    to.write_all(bytes)?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_entered_is_left_again() {
        let mut terminal = vt100::Parser::new(24u16.try_into().expect("rows"), 80u16.try_into().expect("columns"), 0);
        terminal.process(b"$ midwatch");
        terminal.process(&entering(true));
        assert!(terminal.screen().alternate_screen() && terminal.screen().bracketed_paste() && terminal.screen().hide_cursor());
        assert_ne!(terminal.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        terminal.process(&leaving());
        let screen = terminal.screen();
        assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(screen.contents().starts_with("$ midwatch"));
    }

    /// A frame that hangs in a slow line, and one that was left behind it, when a defect gives the terminal back.
    #[test]
    fn who_gives_the_terminal_back_waits_for_the_frame_under_way_and_no_other_follows() {
        use std::sync::mpsc::channel;
        ENTERED.store(ALL, Ordering::SeqCst);
        let (begins, begun) = channel();
        let (goes_on, gate) = channel::<()>();
        let writing = thread::spawn(move || {
            while_ours(|| {
                let _ = begins.send(());
                let _ = gate.recv();
                Ok(())
            })
        });
        begun.recv().expect("it is being written");
        let given_back = thread::spawn(no_more_frames);
        while ENTERED.load(Ordering::SeqCst) != NOTHING {
            thread::yield_now();
        }
        let mut after = false;
        while_ours(|| {
            after = true;
            Ok(())
        })
        .expect("nothing is written");
        assert!(!after && !given_back.is_finished(), "the frame has not ended");
        goes_on.send(()).expect("the line takes it");
        assert_eq!(given_back.join().expect("no defect"), ALL);
        writing.join().expect("no defect").expect("written");
        assert!(TAKES.load(Ordering::SeqCst));
    }
}

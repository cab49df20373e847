//! Who reads the keys, and whether they may: the terminal is a program's now and then.

use super::TermEvent;
use crossterm::event::{self, KeyCode, KeyEvent, KeyModifiers};
use nix::sys::signal::{Signal, raise};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long the reader waits before it looks whether it is still wanted. Long, because waiting for keys spends the last millisecond
/// of each wait on asking again and again: four waits a second were most of what an idle console cost.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it may take to let go of the terminal.
const LETTING_GO: Duration = Duration::from_secs(5);

/// Failures in a row after which the terminal is gone.
const FAILURES: u32 = 100;

/// Who reads the keys, and whether it may. Process-wide, as the terminal is.
#[derive(Clone, Copy)]
struct Reading {
    /// Somebody does.
    on: bool,
    /// A program has the terminal: they are left alone.
    paused: bool,
    /// The reader has stopped reading for that.
    parked: bool,
}

static READING: Mutex<Reading> = Mutex::new(Reading { on: false, paused: false, parked: false });
static CHANGED: Condvar = Condvar::new();

fn reading(change: impl FnOnce(&mut Reading)) -> Reading {
    let mut reading = READING.lock().unwrap_or_else(PoisonError::into_inner);
    change(&mut reading);
    CHANGED.notify_all();
    *reading
}

/// Returns when no key is read any more.
pub(super) fn pause() -> io::Result<()> {
    reading(|reading| reading.paused = true);
    // Wakes the reader: it waits for new sizes, too.
    raise(Signal::SIGWINCH)?;
    let reading = READING.lock().unwrap_or_else(PoisonError::into_inner);
    let busy = |reading: &mut Reading| reading.on && !reading.parked;
    match CHANGED.wait_timeout_while(reading, LETTING_GO, busy) {
        Ok((_, waited)) if !waited.timed_out() => Ok(()),
        _ => {
            resume();
            Err(io::Error::other("the keys are still being read"))
        }
    }
}

pub(super) fn resume() {
    reading(|reading| reading.paused = false);
}

/// How long keys that have come take to be read. Without any time for it nothing would be: not even what has been read already.
const AT_HAND: Duration = Duration::from_millis(1);

/// Waits while a program has the terminal. What came before that was for nobody, and is not kept for when the terminal comes back;
/// what comes until the program begins is dropped by whoever starts it.
fn stand_aside(stop: &impl Fn() -> bool) {
    while event::poll(AT_HAND).is_ok_and(|there| there) && event::read().is_ok() {}
    let mut now = READING.lock().unwrap_or_else(PoisonError::into_inner);
    while now.paused && !stop() {
        now.parked = true;
        CHANGED.notify_all();
        now = CHANGED.wait_timeout(now, PATIENCE).map_or_else(|poisoned| poisoned.into_inner().0, |(now, _)| now);
    }
    now.parked = false;
}

/// Reads the terminal until `send` says that nobody listens any more (false) or the terminal is gone. Blocks: give it a
/// thread of its own.
pub fn read_keys(send: impl FnMut(TermEvent) -> bool, stop: impl Fn() -> bool) {
    reading(|reading| reading.on = true);
    read_until(send, stop);
    reading(|reading| reading.on = false);
}

fn read_until(mut send: impl FnMut(TermEvent) -> bool, stop: impl Fn() -> bool) {
    // Asked at every key: nobody is told of a look.
    let paused = || READING.lock().unwrap_or_else(PoisonError::into_inner).paused;
    let mut failed = 0;
    while !stop() {
        if paused() {
            stand_aside(&stop);
            continue;
        }
        let event = match event::poll(PATIENCE) {
            Ok(true) if !paused() => event::read(),
            Ok(_) => continue,
            Err(why) => Err(why),
        };
        match event {
            Ok(event) => match whole(event).into_iter().flatten().all(&mut send) {
                true => failed = 0,
                false => return,
            },
            // A signal came between, such as that of a new size; a console that goes deaf for it would be lost.
            Err(why) if matches!(why.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
            Err(_) if failed < FAILURES => failed += 1,
            Err(_) => return,
        }
    }
}

/// The terminal has been asked something, and its answer comes among the keys.
static AWAITED: AtomicBool = AtomicBool::new(false);

/// How long the rest of an answer may come behind its first byte, which alone is a key. That key waits so long only in the moments
/// after something was asked.
const TORN: Duration = Duration::from_secs(1);

/// Whether an answer may come now.
pub fn expect_answer(may_come: bool) {
    AWAITED.store(may_come, Ordering::Relaxed);
}

/// An answer begins and ends with two bytes that a slow line may tear apart: put together again. Waits only while one is expected.
fn whole(event: TermEvent) -> [Option<TermEvent>; 2] {
    let lone = TermEvent::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
    if event != lone || !AWAITED.load(Ordering::Relaxed) || !event::poll(TORN).is_ok_and(|there| there) {
        return [Some(event), None];
    }
    match event::read() {
        Ok(next) => joined(event, next),
        Err(_) => [Some(event), None],
    }
}

fn joined(escape: TermEvent, next: TermEvent) -> [Option<TermEvent>; 2] {
    match next {
        TermEvent::Key(key) if key.modifiers.is_empty() && matches!(key.code, KeyCode::Char(']' | '\\')) => {
            [Some(TermEvent::Key(KeyEvent { modifiers: KeyModifiers::ALT, ..key })), None]
        }
        next => [Some(escape), Some(next)],
    }
}

/// Somebody wants no more of what takes long, before there is a screen.
pub fn gives_up(event: &TermEvent) -> bool {
    let TermEvent::Key(key) = event else { return false };
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    is_escape(event) || key.code == KeyCode::Char('q') || ctrl && key.code == KeyCode::Char('c')
}

pub fn is_escape(event: &TermEvent) -> bool {
    matches!(event, TermEvent::Key(key) if key.code == KeyCode::Esc)
}

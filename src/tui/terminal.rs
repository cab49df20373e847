//! The terminal as a place that must be left as it was found: raw mode, alternate screen, mouse, paste, focus reports,
//! cursor and title. Everything that enters is undone by `leave`, which drops, panics and signals all go through.

use crossterm::event::{
    self, DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::terminal::{
    DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, cursor};
use std::io::{self, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use crossterm::event::Event as TermEvent;

/// Whether the terminal is ours. Process-wide, because a panic hook and a signal must be able to give it back.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// While true the reader leaves standard input alone: a step has the terminal.
static PAUSED: AtomicBool = AtomicBool::new(false);

/// The terminal, ours until dropped.
pub struct Terminal {
    mouse: bool,
}

impl Terminal {
    /// Takes the terminal over. From now on a panic gives it back before it is reported.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        restore_on_panic();
        let terminal = Self { mouse };
        terminal.take()?;
        Ok(terminal)
    }

    fn take(&self) -> io::Result<()> {
        enable_raw_mode()?;
        ENTERED.store(true, Ordering::SeqCst);
        write(&entering(self.mouse))
    }

    /// Columns and rows; a terminal that doesn't say gets the classic 80 × 24.
    pub fn size() -> (u16, u16) {
        crossterm::terminal::size().ok().filter(|(columns, rows)| *columns > 0 && *rows > 0).unwrap_or((80, 24))
    }

    /// Hands the terminal to a program, and takes it back when `work` has ended. The reader stays away meanwhile.
    pub fn lend<T>(&self, work: impl FnOnce() -> T) -> io::Result<T> {
        PAUSED.store(true, Ordering::SeqCst);
        leave();
        let result = work();
        PAUSED.store(false, Ordering::SeqCst);
        self.take()?;
        Ok(result)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
    }
}

/// Gives the terminal back; the second time does nothing. A terminal that has gone away is no error.
pub fn leave() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        let _ = write(&leaving());
        let _ = disable_raw_mode();
    }
}

/// Installed once, before the first `enter`: the report of a panic must not vanish with the alternate screen.
fn restore_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            leave();
            report(info);
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

fn leaving() -> Vec<u8> {
    // Ends a synchronized update that a panic may have left open.
    let mut out = b"\x1b[?2026l\x1b[0m".to_vec();
    add(&mut out, DisableMouseCapture);
    add(&mut out, DisableFocusChange);
    add(&mut out, DisableBracketedPaste);
    add(&mut out, EnableLineWrap);
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

/// How long the reader waits before it looks whether it is still wanted.
const PATIENCE: Duration = Duration::from_millis(250);

/// Failures in a row after which the terminal is gone.
const FAILURES: u32 = 100;

/// Reads the terminal until `send` says that nobody listens any more (false) or the terminal is gone. Blocks: give it a
/// thread of its own.
pub fn read_keys(mut send: impl FnMut(TermEvent) -> bool, stop: impl Fn() -> bool) {
    let mut failed = 0;
    while !stop() {
        if PAUSED.load(Ordering::SeqCst) {
            std::thread::park_timeout(PATIENCE);
            continue;
        }
        let event = match event::poll(PATIENCE) {
            Ok(true) if !PAUSED.load(Ordering::SeqCst) => event::read(),
            Ok(_) => continue,
            Err(why) => Err(why),
        };
        match event {
            Ok(event) => match send(event) {
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
}

//! A command that was typed: this program again, with the terminal.

use crate::runtime::shell::start_reader;
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use std::ffi::OsString;
use std::io;
use std::process::Command;

/// With which code, none for a signal, or why it was none.
pub type Ended = Result<Option<i32>, String>;

/// Starts it and waits for it elsewhere.
pub fn start(globals: &[OsString], words: &[String], told: impl FnOnce(Ended) + Send + 'static) {
    let terminal = tcgetattr(io::stdin()).ok();
    let program = std::env::current_exe();
    match program.and_then(|program| Command::new(program).args(globals).args(words).spawn()) {
        Ok(mut child) => start_reader(move || {
            let ended = child.wait().map(|status| status.code()).map_err(|error| error.to_string());
            restore(terminal);
            told(ended);
        }),
        Err(error) => told(Err(format!("it can't be started: {error}"))),
    }
}

/// One that was killed has restored nothing, and lines could be typed no more.
fn restore(terminal: Option<Termios>) {
    if let Some(terminal) = terminal {
        let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &terminal);
    }
}

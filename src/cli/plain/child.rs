//! A command that was typed: this program again, with the terminal.

use crate::runtime::shell::start_reader;
use std::ffi::OsString;
use std::process::Command;

/// With which code, none for a signal, or why it was none.
pub type Ended = Result<Option<i32>, String>;

/// Starts it and waits for it elsewhere.
pub fn start(globals: &[OsString], words: &[String], told: impl FnOnce(Ended) + Send + 'static) {
    let program = std::env::current_exe();
    match program.and_then(|program| Command::new(program).args(globals).args(words).spawn()) {
        Ok(mut child) => start_reader(move || {
            told(child.wait().map(|status| status.code()).map_err(|error| error.to_string()));
        }),
        Err(error) => told(Err(format!("it can't be started: {error}"))),
    }
}

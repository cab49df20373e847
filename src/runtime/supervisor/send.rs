//! A block that goes to another machine: parsed here alone, then written to the standard input of what reaches that machine.

use crate::steps::{Sends, preamble};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(super) fn start(mut command: Command, sends: &Sends, block: &Path) -> io::Result<Child> {
    parses(&sends.shell, block)?;
    let values: Vec<(String, String)> =
        sends.names.iter().filter_map(|name| Some((name.clone(), std::env::var(name).ok()?))).collect();
    let (before, after) = preamble(&sends.shell, &values);
    let text = [before.into_bytes(), std::fs::read(block)?, after.into()].concat();
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        // In a thread of its own: whoever doesn't read must not hold up the timeout. A pipe that breaks is the program's end.
        std::thread::spawn(move || drop(pipe.write_all(&text)));
    }
    Ok(child)
}

/// A block that ends the braces around it would have its rest run where nobody expects it.
fn parses(shell: &str, block: &Path) -> io::Result<()> {
    let checked = Command::new(shell).arg("-n").arg(block).stdin(Stdio::null()).output()?;
    if checked.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&checked.stderr).lines().next().unwrap_or("").to_owned();
    Err(io::Error::other(format!("the block does not parse alone: {said}")))
}

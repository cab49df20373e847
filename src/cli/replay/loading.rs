//! What is played is read first: a long session takes seconds, of which something is said, and `esc` gives it up.

use crate::cli::out;
use crate::runtime::shell;
use crate::tui::terminal::{Keys, TermEvent, gives_up};
use std::io;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::sleep;

/// So soon nobody has begun to wonder.
const AT_ONCE: Duration = Duration::from_millis(300);

/// Reads in the background; `None` where somebody has given it up, or the system wants us to end.
///
/// # Errors
/// The terminal is gone.
pub async fn unless_given_up<T: Send + 'static>(
    name: &str,
    inputs: &mut UnboundedReceiver<TermEvent>,
    read: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Option<T>> {
    let keys = Keys::take()?;
    let (tell, mut told) = oneshot::channel();
    shell::start_reader(move || drop(tell.send(read())));
    let mut ended = Box::pin(shell::ended()?);
    let mut said = false;
    loop {
        tokio::select! {
            biased;
            read = &mut told => return Ok(read.ok()),
            input = inputs.recv() => if input.is_none_or(|input| gives_up(&input)) { return Ok(None) },
            () = &mut ended => return Ok(None),
            () = sleep(AT_ONCE), if !said => {
                said = true;
                keys.say(&format!("midwatch: reading {}; esc gives up", out::inert(name)))?;
            }
        }
    }
}

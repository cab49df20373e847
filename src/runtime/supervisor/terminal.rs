//! The terminal of the console, handed to a block: its group has the foreground while it runs, the console's before and after.
//!
//! The block stays in the console's session, for a terminal belongs to one. So it can't outlive it: when the console or the
//! terminal is gone, nobody can type what the block waits for, and it is hung up.

use super::folder::Order;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::sys::termios::{FlushArg, tcflush};
use nix::unistd::{Pid, getpgid, getppid, tcgetpgrp, tcsetpgrp};
use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

pub(super) struct Terminal {
    file: File,
    console: Pid,
    /// The console's group: it has the foreground whenever the block hasn't.
    group: Pid,
    /// The block has not run yet.
    fresh: Cell<bool>,
}

impl Terminal {
    /// The terminal that an order wants handed over, if it wants one.
    pub fn of(order: &Order) -> io::Result<Option<Self>> {
        let Some(console) = order.terminal.map(Pid::from_raw) else { return Ok(None) };
        let group = getpgid(Some(console))?;
        let terminal = Self { file: open()?, console, group, fresh: Cell::new(true) };
        match terminal.foreground() {
            Ok(front) if front == group && getppid() == console => Ok(Some(terminal)),
            _ => Err(io::Error::other("the terminal is not the console's to give: it is in the background, or gone")),
        }
    }

    /// Starts a block that has it from its first moment: it waits, stopped, until `wake` has put it in front.
    pub fn start(&self, order: &Order, block: &Path) -> io::Result<Child> {
        let mut command = Command::new("sh");
        command.args(["-c", "kill -STOP $$; exec \"$@\"", "sh"]).args(&order.argv).arg(block);
        command.current_dir(&order.cwd).process_group(0);
        command.stdin(self.file.try_clone()?).stdout(self.file.try_clone()?).stderr(self.file.try_clone()?).spawn()
    }

    /// A block that is stopped goes on with the terminal: there is no shell to go back to. Not while somebody else has the foreground,
    /// such as the shell of a console that was stopped itself. What was typed before its first moment was typed blind: it answers nothing
    /// that the block asks.
    pub fn wake(&self, block: Pid) -> bool {
        let ours = self.foreground().is_ok_and(|front| front == self.group || front == block);
        if ours {
            // Both fail when the terminal is gone: that is seen at the next look.
            if self.fresh.take() {
                let _ = unstopped(|| tcflush(&self.file, FlushArg::TCIFLUSH));
            }
            let _ = self.put_in_front(block);
            let _ = killpg(block, Signal::SIGCONT);
        }
        ours
    }

    /// Back to the console, unless nobody is there to take it.
    pub fn back(&self) {
        if getppid() == self.console {
            let _ = self.put_in_front(self.group);
        }
    }

    pub fn gone(&self) -> bool {
        getppid() != self.console || self.foreground().is_err()
    }

    fn foreground(&self) -> nix::Result<Pid> {
        tcgetpgrp(&self.file)
    }

    fn put_in_front(&self, group: Pid) -> nix::Result<()> {
        unstopped(|| tcsetpgrp(&self.file, group))
    }
}

/// We are in the background ourselves, and would be stopped for what this does.
fn unstopped(change: impl FnOnce() -> nix::Result<()>) -> nix::Result<()> {
    let mut stops = SigSet::empty();
    stops.add(Signal::SIGTTOU);
    let before = stops.thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK)?;
    let done = change();
    before.thread_set_mask()?;
    done
}

/// What the console reads its keys from, by which some programs know their terminal; and if that can't be written to, the
/// session's terminal by its other name.
fn open() -> io::Result<File> {
    let stdin = io::stdin();
    let flags = OFlag::from_bits_truncate(fcntl(stdin.as_fd(), FcntlArg::F_GETFL)?);
    match flags & OFlag::O_ACCMODE {
        OFlag::O_RDWR => Ok(stdin.as_fd().try_clone_to_owned()?.into()),
        _ => OpenOptions::new().read(true).write(true).open("/dev/tty"),
    }
}

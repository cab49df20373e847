//! A server program that a test starts: known to be ready by what it says on standard error or by a look, gone with the value.

use super::{PATIENCE, find, until};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Instant;

pub struct Program(Child);

impl Program {
    /// Starts it and waits until it has said `ready`.
    pub fn start(name: &str, args: impl IntoIterator<Item = String>, ready: &str) -> Self {
        let mut command = Command::new(find(name).unwrap_or_else(|| panic!("{name} is not installed")));
        let mut child = command.args(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let lines = BufReader::new(child.stderr.take().expect("its standard error")).lines().map_while(Result::ok);
        let (sender, said) = channel();
        // Read to its end, or the program would wait for a reader; once it is ready nobody listens any more.
        thread::spawn(move || lines.for_each(|line| sender.send(line).unwrap_or_default()));
        let program = Self(child);

        let deadline = Instant::now() + PATIENCE;
        let mut log = Vec::new();
        while !log.last().is_some_and(|line: &String| line.contains(ready)) {
            let line = said.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            log.push(line.unwrap_or_else(|_| panic!("{name} did not say `{ready}`: {log:#?}")));
        }
        program
    }

    /// Starts it and looks until it is ready, for one that doesn't say so. What it writes is kept in `log`.
    pub fn start_until(command: &mut Command, log: &Path, mut ready: impl FnMut() -> bool) -> Self {
        let file = fs::File::create(log).expect("a log");
        let outputs = (file.try_clone().expect("one file").into(), Stdio::from(file));
        command.stdin(Stdio::null()).stdout::<Stdio>(outputs.0).stderr(outputs.1);
        let mut program = Self(command.spawn().expect("it starts"));
        until("a server to be ready", || match program.0.try_wait() {
            Ok(None) => ready().then_some(()),
            ended => panic!("{command:?} ended before it was ready ({ended:?}): {}", fs::read_to_string(log).unwrap_or_default()),
        });
        program
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    pub fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }

    /// Ends it at once, as a crash would. One that has ended by itself may be the reason why a test fails.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// An address of loopback at which nobody listened a moment ago.
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

//! A terminal for a program under test. It never sleeps: it blocks on what the program writes, with a limit.

use super::PATIENCE;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

pub const ENTER: &str = "\r";
pub const ESCAPE: &str = "\x1b";
pub const TAB: &str = "\t";
pub const UP: &str = "\x1b[A";
pub const DOWN: &str = "\x1b[B";

pub struct Pty {
    arrivals: Receiver<Arrival>,
    screen: vt100::Parser,
    raw: Vec<u8>,
    /// So many of the raw bytes are on the screen already.
    drawn: usize,
    closed: bool,
    ended: Option<ExitStatus>,
    writer: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    pid: Pid,
    gate: Arc<Gate>,
    /// The line settings before the program started, to compare with at its end.
    cooked: String,
}

/// Bytes that came together.
#[derive(Debug, Clone, Copy)]
pub struct Burst {
    pub first: Instant,
    pub last: Instant,
    pub bytes: usize,
}

enum Arrival {
    /// With the time at which they came.
    Bytes(Instant, Vec<u8>),
    /// Nobody has the terminal open any more.
    Closed,
    Ended(ExitStatus),
}

impl Pty {
    pub fn open<'a>(
        argv: impl IntoIterator<Item = &'a str>,
        env: &[(String, String)],
        folder: &Path,
        columns: u16,
        rows: u16,
    ) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pseudo terminal");
        let cooked = line_settings(&*pair.master);
        let mut command = CommandBuilder::from_argv(argv.into_iter().map(Into::into).collect());
        command.env_clear();
        env.iter().for_each(|(name, value)| command.env(name, value));
        command.cwd(folder);
        let child = pair.slave.spawn_command(command).expect("the program starts");
        // Ours must go, or the end of the program would never be seen.
        drop(pair.slave);

        let pid = Pid::from_raw(child.process_id().expect("a process").try_into().expect("a process id"));
        let (sender, arrivals) = channel();
        let gate = Arc::new(Gate::default());
        read_in_background(pair.master.try_clone_reader().expect("a reader"), sender.clone(), gate.clone());
        wait_in_background(child, sender);
        Self {
            arrivals,
            screen: vt100::Parser::new(cells(rows), cells(columns), 0),
            raw: Vec::new(),
            drawn: 0,
            closed: false,
            ended: None,
            writer: pair.master.take_writer().expect("a writer"),
            master: pair.master,
            pid,
            gate,
            cooked,
        }
    }

    /// Reads nothing more, but for one read that may be under way; or goes on.
    pub fn hold(&self, hold: bool) {
        *self.gate.held.lock().expect("a gate") = hold;
        self.gate.changed.notify_all();
    }

    /// So many bytes more are read, though it is held.
    pub fn sip(&self, bytes: usize) {
        let held = self.gate.held.lock().expect("a gate");
        *self.gate.sips.lock().expect("a gate") += bytes;
        drop(held);
        self.gate.changed.notify_all();
    }

    /// Whether the screen becomes so within this time: for what may happen or not.
    pub fn becomes(&mut self, limit: Duration, wanted: impl Fn(&str) -> bool) -> bool {
        let deadline = Instant::now() + limit;
        while !wanted(&self.screen()) {
            if self.closed || !self.receive(deadline) {
                return false;
            }
        }
        true
    }

    /// Waits until the program has written these bytes.
    #[track_caller]
    pub fn wait_for_bytes(&mut self, bytes: &[u8]) {
        self.wait_for_bytes_from(0, bytes);
    }

    /// Waits until it has written these bytes behind its first so many.
    #[track_caller]
    pub fn wait_for_bytes_from(&mut self, from: usize, bytes: &[u8]) {
        let deadline = Instant::now() + PATIENCE;
        while !self.raw[from..].windows(bytes.len()).any(|window| window == bytes) {
            let more = !self.closed && self.receive(deadline);
            assert!(more, "waited for {bytes:?}; {}", self.state());
        }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.writer.flush().expect("the terminal takes keys");
    }

    /// Waits until `text` stands on the screen.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        self.wait_within(PATIENCE, &format!("`{text}`"), |screen| screen.contains(text));
    }

    /// Waits until `text` has gone from the screen.
    #[track_caller]
    pub fn wait_gone(&mut self, text: &str) {
        self.wait_within(PATIENCE, &format!("`{text}` to go"), |screen| !screen.contains(text));
    }

    /// Waits until the screen is as `wanted` says; fails with the screen when that takes longer than `limit` or can't happen any more.
    #[track_caller]
    pub fn wait_within(&mut self, limit: Duration, what: &str, wanted: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + limit;
        while !wanted(&self.screen()) {
            let more = !self.closed && self.receive(deadline);
            assert!(more, "waited for {what}; {}", self.state());
        }
    }

    /// Waits for the end of the program; fails when something still holds the terminal then.
    #[track_caller]
    pub fn wait_exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        while self.ended.is_none() || !self.closed {
            let more = self.receive(deadline);
            assert!(more, "waited for the end; {}", self.state());
        }
        self.ended.clone().expect("ended")
    }

    /// The text on the screen, line by line, without trailing blanks.
    pub fn screen(&mut self) -> String {
        self.draw();
        self.screen.screen().contents()
    }

    fn state(&mut self) -> String {
        let screen = self.screen();
        format!("ended: {:?}, terminal closed: {}, the screen was:\n{screen}", self.ended, self.closed)
    }

    fn draw(&mut self) {
        self.screen.process(&self.raw[self.drawn..]);
        self.drawn = self.raw.len();
    }

    /// Everything that the program has written.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.draw();
        self.screen.screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(size(columns, rows)).expect("the terminal is resized");
    }

    pub fn pid(&self) -> Pid {
        self.pid
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid, signal).expect("the program is there");
    }

    /// Ends the program as a crash would, and waits for that.
    pub fn kill9(&mut self) {
        self.signal(Signal::SIGKILL);
        self.wait_exit();
    }

    /// Fails unless the program has left the terminal as it found it. Asked after `wait_exit`.
    #[track_caller]
    pub fn assert_restored(&self) {
        assert_eq!(modes_left_changed(&self.raw), BTreeSet::new(), "private modes that were changed and not put back");
        assert_eq!(line_settings(&*self.master), self.cooked, "line settings");
    }

    /// The next bytes that are written without a pause longer than `quiet`; `None` when nothing comes within `limit`.
    ///
    /// For measuring: nothing is drawn, so that the program has the machine for itself.
    pub fn burst(&mut self, limit: Duration, quiet: Duration) -> Option<Burst> {
        let mut burst: Option<Burst> = None;
        loop {
            let patience = if burst.is_some() { quiet } else { limit };
            match self.arrivals.recv_timeout(patience) {
                Ok(Arrival::Bytes(at, bytes)) => {
                    self.raw.extend_from_slice(&bytes);
                    let burst = burst.get_or_insert(Burst { first: at, last: at, bytes: 0 });
                    (burst.last, burst.bytes) = (at, burst.bytes + bytes.len());
                }
                Ok(Arrival::Closed) => self.closed = true,
                Ok(Arrival::Ended(status)) => self.ended = Some(status),
                Err(_) => return burst,
            }
        }
    }

    /// Takes in the next thing that arrives; false when nothing does before `deadline`.
    fn receive(&mut self, deadline: Instant) -> bool {
        let Ok(arrival) = self.arrivals.recv_timeout(deadline.saturating_duration_since(Instant::now())) else {
            return false;
        };
        match arrival {
            Arrival::Bytes(_, bytes) => self.raw.extend_from_slice(&bytes),
            Arrival::Closed => self.closed = true,
            Arrival::Ended(status) => self.ended = Some(status),
        }
        true
    }
}

impl Drop for Pty {
    /// A failed test leaves no program behind.
    fn drop(&mut self) {
        self.hold(false);
        if self.ended.is_none() {
            let _ = kill(self.pid, Signal::SIGKILL);
        }
    }
}

/// Whether the terminal takes what is written.
#[derive(Default)]
struct Gate {
    held: Mutex<bool>,
    /// What is read all the same.
    sips: Mutex<usize>,
    changed: Condvar,
}

impl Gate {
    /// Waits until something may be read, and says how much.
    fn open(&self, most: usize) -> usize {
        let mut held = self.held.lock().expect("a gate");
        loop {
            let sips = *self.sips.lock().expect("a gate");
            match (*held, sips) {
                (false, _) => return most,
                (true, 0) => held = self.changed.wait(held).expect("a gate"),
                (true, sips) => return sips.min(most),
            }
        }
    }

    fn took(&self, bytes: usize) {
        let mut sips = self.sips.lock().expect("a gate");
        *sips = sips.saturating_sub(bytes);
    }
}

fn read_in_background(mut reader: Box<dyn Read + Send>, sender: Sender<Arrival>, gate: Arc<Gate>) {
    thread::spawn(move || {
        let mut buffer = [0; 65536];
        loop {
            let most = gate.open(buffer.len());
            let Ok(length @ 1..) = reader.read(&mut buffer[..most]) else { break };
            gate.took(length);
            if sender.send(Arrival::Bytes(Instant::now(), buffer[..length].to_vec())).is_err() {
                return;
            }
        }
        // On Linux the read fails once the last holder of the terminal has gone.
        let _ = sender.send(Arrival::Closed);
    });
}

fn wait_in_background(mut child: Box<dyn Child + Send + Sync>, sender: Sender<Arrival>) {
    thread::spawn(move || sender.send(Arrival::Ended(child.wait().expect("the program can be waited for"))));
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has cells")
}

fn line_settings(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has line settings"))
}

/// The private modes (`CSI ? n h|l`: alternate screen, cursor, mouse, paste, focus …) that don't end as a terminal starts.
pub fn modes_left_changed(raw: &[u8]) -> BTreeSet<u16> {
    let mut changed = BTreeSet::new();
    for sequence in String::from_utf8_lossy(raw).split("\x1b[?").skip(1) {
        let end = sequence.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(sequence.len());
        let on = match sequence[end..].chars().next() {
            Some('h') => true,
            Some('l') => false,
            _ => continue,
        };
        for mode in sequence[..end].split(';').filter_map(|mode| mode.parse().ok()) {
            // The cursor is shown and lines wrap from the start; everything else is off.
            // With the cursor or without: it is one alternate screen.
            let mode = if mode == 1047 { 1049 } else { mode };
            if on == matches!(mode, 7 | 25) {
                changed.remove(&mode)
            } else {
                changed.insert(mode)
            };
        }
    }
    changed
}

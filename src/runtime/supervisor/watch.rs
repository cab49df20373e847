//! The supervising process itself: from its first act to the exit record.

use super::capture::{Capture, Stream};
use super::folder::{Exit, Folder, Order, Refusal, Started, VERSION};
use super::terminal::Terminal;
use super::{processes, send, stop};
use crate::domain::secret::{Secret, redacted};
use crate::steps::LONGEST_OUTPUTS;
use chrono::Utc;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, getsid, setsid};
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often `control` is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How long output may still come after the leader's exit: a background child can hold it open for ever.
const DRAIN: Duration = Duration::from_millis(500);

/// The exit record stays within its reserved room.
const NAMED: usize = 100;

/// Runs the attempt of a folder to its end, with the terminal of whoever started us if `terminal` says so. The hidden subcommand of
/// the program is this and nothing else.
pub fn supervise(folder: &Path, terminal: bool) -> ExitCode {
    match run(&Folder::at(folder), terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            // Standard error is the attempt's `log`, or closed: then nobody can be told.
            let _ = writeln!(std::io::stderr(), "not executed: {refusal}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &Folder, terminal: bool) -> Result<(), Refusal> {
    if !terminal {
        leave_session()?;
    }
    adopt_orphans();
    let lock = folder.lock_file()?;
    // A console that is just looking holds it for a moment; a second supervisor for as long as the first one lives.
    lock.lock().map_err(|source| Refusal::Io { path: folder.file("lock"), source })?;
    let order = admit(folder)?;
    let block = folder.block(&order)?;
    let capture = Arc::new(Mutex::new(Capture::create(folder, order.longest)?));
    folder.reserve_exit()?;
    folder.write("started.json", &me(&order))?;
    let (exit, readers) = match start(&order, &block) {
        Ok((leader, terminal)) => watch(folder, &order, (leader, terminal), &capture),
        Err(error) => (Exit { error: Some(format!("{}: {error}", order.argv.join(" "))), ..Exit::now() }, Vec::new()),
    };
    strike_secrets(folder, &order);
    folder.write_exit(&exit)?;
    drop(lock);
    // Whoever was left running and still writes would be killed by a closed pipe: stay, and let it write into nothing.
    for reader in readers {
        let _ = reader.join();
    }
    Ok(())
}

/// What a block leaves for later steps is recorded. It is this process that has the secrets the block had: whoever takes the run up may
/// have been given others.
fn strike_secrets(folder: &Folder, order: &Order) {
    let file = folder.file("outputs");
    let short = std::fs::metadata(&file).is_ok_and(|about| about.len() <= LONGEST_OUTPUTS as u64);
    // What is longer, or is no text, is refused by whoever reads it.
    let Some(text) = short.then(|| std::fs::read_to_string(&file).ok()).flatten() else { return };
    let secrets: Vec<Secret> = order.hidden.iter().filter_map(|name| std::env::var(name).ok().map(Secret::new)).collect();
    let clean = redacted(&text, &secrets);
    if clean != text {
        let _ = std::fs::write(&file, clean);
    }
}

/// The console's terminal, session and group are left behind before anything else.
fn leave_session() -> Result<(), Refusal> {
    match setsid() {
        Err(error) if getsid(None) != Ok(getpid()) => return Err(Refusal::Session(error)),
        _ => {}
    }
    Ok(())
}

/// Linux: orphans of the block become our children, so that nobody is lost. Elsewhere they can't be found.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// Reads the order, unless the attempt was started before or may not be started any more.
fn admit(folder: &Folder) -> Result<Order, Refusal> {
    if folder.has("started.json") || folder.has("exit.json") {
        return Err(Refusal::Again(folder.path().to_owned()));
    }
    if folder.has("fenced") {
        return Err(Refusal::Fenced(folder.path().to_owned()));
    }
    let missing = || Refusal::Broken { path: folder.file("intent.json"), why: "it is missing".into() };
    folder.order()?.ok_or_else(missing)
}

fn me(order: &Order) -> Started {
    let pid = getpid().as_raw();
    Started { v: VERSION, pid, pid_start: processes::start_of(pid), boot_id: order.boot_id.clone(), at: Utc::now() }
}

fn start(order: &Order, block: &Path) -> std::io::Result<(Child, Option<Terminal>)> {
    let (program, options) = order.argv.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    let terminal = Terminal::of(order)?;
    let mut command = Command::new(program);
    command.args(options).current_dir(&order.cwd).process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    let leader = match (&terminal, &order.sends) {
        (Some(terminal), _) => terminal.start(order, block),
        (None, None) => command.arg(block).stdin(Stdio::null()).spawn(),
        (None, Some(sends)) => send::start(command, sends, block),
    };
    Ok((leader?, terminal))
}

/// Why the leader's end came.
#[derive(PartialEq)]
enum End {
    Itself,
    TimedOut,
    Cancelled(String),
    HungUp,
}

fn watch(
    folder: &Folder,
    order: &Order,
    (mut leader, terminal): (Child, Option<Terminal>),
    capture: &Arc<Mutex<Capture>>,
) -> (Exit, Vec<JoinHandle<()>>) {
    let deadline = Instant::now().checked_add(order.timeout());
    let (drained, drains) = mpsc::channel();
    let readers = readers(&mut leader, capture, &drained);
    drop(drained);
    let pid = Pid::from_raw(leader.id().cast_signed());
    let mut leader = Leader { pid, deaths: reaper(terminal.is_some()), status: None, stopped: false };
    let end = leader.wait(folder, deadline, terminal.as_ref());
    // A hang-up may have ended it before we saw that.
    let hung_up = end == End::HungUp || (end == End::Itself && terminal.as_ref().is_some_and(Terminal::gone));
    let killed = match end {
        _ if hung_up => stop::hung_up(&mut leader, order.grace()),
        End::TimedOut | End::Cancelled(_) => stop::group(&mut leader, order.grace()),
        End::Itself | End::HungUp => false,
    };
    terminal.iter().for_each(Terminal::back);
    let survivors = processes::descendants(getpid().as_raw());
    let held = !drain(&drains);
    let mut capture = capture.lock().unwrap_or_else(PoisonError::into_inner);
    capture.close();
    let exit = Exit {
        timed_out: matches!(end, End::TimedOut),
        cancelled: matches!(end, End::Cancelled(_)),
        cancelled_by: if let End::Cancelled(who) = end { Some(who) } else { None },
        survivors: survivors.into_iter().take(NAMED).collect(),
        truncated: capture.truncated,
        output_held: held,
        hung_up,
        killed,
        error: capture.failed.clone(),
        ..leader.exit()
    };
    (exit, readers)
}

/// The block's first process, and everybody who became our child after it.
pub(super) struct Leader {
    pub pid: Pid,
    deaths: Receiver<WaitStatus>,
    status: Option<WaitStatus>,
    /// It has been stopped and may not go on yet.
    stopped: bool,
}

impl Leader {
    fn wait(&mut self, folder: &Folder, deadline: Option<Instant>, terminal: Option<&Terminal>) -> End {
        loop {
            let left = deadline.map_or(LOOK, |deadline| deadline.saturating_duration_since(Instant::now()));
            if self.rest(left.min(LOOK)) {
                return End::Itself;
            }
            if let Some(terminal) = terminal {
                self.stopped = self.stopped && !terminal.wake(self.pid);
                if terminal.gone() {
                    return End::HungUp;
                }
            }
            if let Some(who) = folder.cancelled() {
                return End::Cancelled(who);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return End::TimedOut;
            }
        }
    }

    /// Waits for at most this long, less if the leader ends or is stopped; true once it has ended.
    pub fn rest(&mut self, most: Duration) -> bool {
        let until = Instant::now() + most;
        while self.status.is_none() {
            match self.deaths.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(WaitStatus::Stopped(pid, _)) => {
                    self.stopped |= pid == self.pid;
                    return false;
                }
                Ok(status) if status.pid() == Some(self.pid) => self.status = Some(status),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return false,
                Err(RecvTimeoutError::Disconnected) => {
                    thread::sleep(until.saturating_duration_since(Instant::now()));
                    return false;
                }
            }
        }
        true
    }

    /// How it ended, in the kernel's words.
    fn exit(&self) -> Exit {
        match self.status {
            Some(WaitStatus::Exited(_, code)) => Exit { code: Some(code), ..Exit::now() },
            Some(WaitStatus::Signaled(_, signal, _)) => Exit { signal: Some(signal as i32), ..Exit::now() },
            _ => Exit::now(),
        }
    }
}

/// Collects the dead: the leader, and orphans that became ours; and tells of those that were stopped, where somebody may have
/// pressed the key for that.
fn reaper(stops: bool) -> Receiver<WaitStatus> {
    let (deaths, receiver) = mpsc::channel();
    thread::spawn(move || {
        loop {
            match waitpid(None, stops.then_some(WaitPidFlag::WUNTRACED)) {
                Ok(status) => drop(deaths.send(status)),
                Err(nix::Error::EINTR) => {}
                Err(_) => return,
            }
        }
    });
    receiver
}

fn readers(leader: &mut Child, capture: &Arc<Mutex<Capture>>, drained: &Sender<()>) -> Vec<JoinHandle<()>> {
    let out = leader.stdout.take().map(|pipe| reader(pipe, Stream::Out, capture.clone(), drained.clone()));
    let err = leader.stderr.take().map(|pipe| reader(pipe, Stream::Err, capture.clone(), drained.clone()));
    out.into_iter().chain(err).collect()
}

fn reader(
    mut pipe: impl Read + Send + 'static,
    stream: Stream,
    capture: Arc<Mutex<Capture>>,
    open: Sender<()>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        // Dropped at the end of the stream: that is what `drain` waits for.
        let _open = open;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return,
                Ok(length) => {
                    let mut capture = capture.lock().unwrap_or_else(PoisonError::into_inner);
                    capture.take(stream, &buffer[..length], Utc::now());
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    })
}

/// Waits until both pipes are at their end, but not for ever; whether they were.
fn drain(readers: &Receiver<()>) -> bool {
    readers.recv_timeout(DRAIN) == Err(RecvTimeoutError::Disconnected)
}

impl Exit {
    fn now() -> Self {
        Self {
            v: VERSION,
            code: None,
            signal: None,
            timed_out: false,
            cancelled: false,
            survivors: Vec::new(),
            truncated: false,
            at: Utc::now(),
            cancelled_by: None,
            output_held: false,
            hung_up: false,
            killed: false,
            error: None,
        }
    }
}

//! The person at the terminal that carries a run on: the lines that are typed, and ctrl-c, which asks before it does anything.
//!
//! Reading blocks, and no signal ends it: a thread of its own reads, one line whenever one is wanted, so that ctrl-c is heard in between
//! and the run goes on meanwhile, whoever else may say something to it. A second ctrl-c within `AGAIN` leaves the run as it is.

use crate::cli::session::Session;
use crate::cli::{Globals, out, session};
use crate::domain::ids::{RunId, StepId};
use crate::domain::text::inert;
use crate::model::World;
use crate::ports::Clock;
use crate::runtime::shell::start_reader;
use futures_util::FutureExt;
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, TryRecvError};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A second ctrl-c within this time leaves the run.
const AGAIN: Duration = Duration::from_secs(5);

/// How often somebody who has been asked something is listened to for ctrl-c.
const LISTEN: Duration = Duration::from_millis(50);

pub struct Typist {
    wanted: mpsc::Sender<()>,
    /// None when nobody types any more.
    lines: mpsc::Receiver<Option<String>>,
    /// A line is being waited for.
    reads: bool,
    /// What to do with this was asked, and not answered yet.
    asked: Option<Running>,
    interrupts: Signal,
    clock: Arc<dyn Clock>,
    /// Until when one more ctrl-c leaves the run.
    again: Option<Duration>,
}

/// An attempt of a run, or of a part of it; none while it waits for the time.
type Running = Option<(RunId, StepId, u32)>;

/// What a person wants while something is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    Stay,
    Cancel,
    Leave,
}

/// Which ctrl-c it was.
enum Press {
    First,
    Again,
}

impl Typist {
    /// # Errors
    /// Signals can't be listened to.
    pub fn here(session: &Session, globals: &Globals) -> io::Result<Self> {
        let (wanted, asked) = mpsc::channel();
        let (heard, lines) = mpsc::channel();
        start_reader(move || read(&asked, &heard));
        let _guard = session.enter();
        let interrupts = signal(SignalKind::interrupt())?;
        let clock = session::ports(globals).clock;
        Ok(Self { wanted, lines, reads: false, asked: None, interrupts, clock, again: None })
    }

    /// Asks, and waits for the answer; `None` where there is none, a second ctrl-c wants the run left as it is, or somebody else has ended
    /// it meanwhile.
    pub fn ask(&mut self, session: &mut Session, run: RunId, question: &str) -> Option<String> {
        if self.asked.take().is_some() {
            out::warn("midwatch: it has ended meanwhile; this is asked now:");
        }
        // What was typed before this was asked is no answer to it.
        if let Ok(line) = self.lines.try_recv() {
            self.answered(line)?;
        }
        prompt(question)?;
        self.want();
        let over = |world: &World| world.runs.get(run).is_none_or(|run| run.ended.is_some());
        loop {
            if session.until(LISTEN, over) {
                out::warn("");
                return None;
            }
            match self.lines.try_recv() {
                Ok(line) => return self.answered(line),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => {}
            }
            match self.pressed() {
                Some(Press::First) => {
                    out::warn("\nmidwatch: nothing is running. ctrl-c once more leaves the run as it is, to be taken up later");
                    prompt(question)?;
                }
                Some(Press::Again) => {
                    out::warn("");
                    return None;
                }
                None => {}
            }
        }
    }

    /// Asks for something that nobody may see; `None` where there is no answer, or ctrl-c instead of one.
    pub fn ask_unseen(&mut self, question: &str) -> Option<String> {
        let before = tcgetattr(io::stdin()).ok()?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO);
        prompt(question)?;
        // What can't be hidden is not asked for.
        tcsetattr(io::stdin(), SetArg::TCSADRAIN, &silent).ok()?;
        self.want();
        let line = loop {
            match self.lines.recv_timeout(LISTEN) {
                Ok(line) => break self.answered(line),
                Err(RecvTimeoutError::Timeout) if self.pressed().is_none() => {}
                Err(_) => break None,
            }
        };
        let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &before);
        out::warn("");
        line.filter(|line| !line.is_empty())
    }

    /// Hears what is wanted while something goes on.
    pub fn meanwhile(&mut self, world: &World, run: RunId) -> Wish {
        match self.pressed() {
            Some(Press::Again) => {
                out::warn("");
                return Wish::Leave;
            }
            Some(Press::First) => {
                out::warn(&format!("\n{}", question(world, run)));
                let _ = prompt("");
                self.asked = Some(running(world, run));
                self.want();
            }
            None => {}
        }
        match self.asked.is_some().then(|| self.lines.try_recv()) {
            Some(Ok(line)) => self.said(line, &running(world, run)),
            _ => Wish::Stay,
        }
    }

    /// What was answered to the question what to do with something, if that is there still.
    fn said(&mut self, line: Option<String>, runs: &Running) -> Wish {
        let wish = wish(self.answered(line).as_deref());
        match self.asked.take() {
            Some(about) if wish == Wish::Cancel && about != *runs => {
                out::warn("midwatch: what was asked about has ended meanwhile: nothing was cancelled");
                Wish::Stay
            }
            Some(_) => wish,
            None => Wish::Stay,
        }
    }

    /// The terminal is about to be a step's: nobody else may read it. Whoever rather wants something else says so instead.
    pub fn make_way(&mut self, world: &World, run: RunId) -> Wish {
        if self.reads {
            out::warn("midwatch: the next step wants the terminal: press enter, or ctrl-c to leave the run as it is");
        }
        while self.reads {
            if self.pressed().is_some() {
                return Wish::Leave;
            }
            match self.lines.recv_timeout(LISTEN) {
                Ok(line) => return self.said(line, &running(world, run)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.asked = None;
        Wish::Stay
    }

    fn want(&mut self) {
        if !std::mem::replace(&mut self.reads, true) {
            // Where the thread is gone, so is whoever typed.
            let _ = self.wanted.send(());
        }
    }

    fn answered(&mut self, line: Option<String>) -> Option<String> {
        (self.reads, self.again) = (false, None);
        line.map(|line| line.trim().to_owned())
    }

    fn pressed(&mut self) -> Option<Press> {
        self.interrupts.recv().now_or_never()??;
        let now = self.clock.now().mono;
        match self.again.replace(now + AGAIN) {
            Some(until) if now <= until => Some(Press::Again),
            _ => Some(Press::First),
        }
    }
}

/// One line whenever one is wanted.
fn read(wanted: &mpsc::Receiver<()>, heard: &mpsc::Sender<Option<String>>) {
    while wanted.recv().is_ok() {
        let mut line = String::new();
        let line = io::stdin().lock().read_line(&mut line).is_ok_and(|length| length > 0).then_some(line);
        if heard.send(line).is_err() {
            return;
        }
    }
}

fn prompt(question: &str) -> Option<()> {
    let mut error = io::stderr().lock();
    let space = if question.is_empty() { "" } else { " " };
    write!(error, "{}{space}> ", inert(question)).and_then(|()| error.flush()).ok()
}

/// Saying nothing, or something else, ends nothing.
fn wish(said: Option<&str>) -> Wish {
    match said {
        Some("cancel") => Wish::Cancel,
        Some("leave") => Wish::Leave,
        _ => Wish::Stay,
    }
}

fn running(world: &World, run: RunId) -> Running {
    let at = world.runs.innermost(run);
    let (step, attempt) = world.runs.get(at)?.open_attempt()?;
    Some((at, step.clone(), attempt.number))
}

/// What is running, what becomes of it, and what can be said.
fn question(world: &World, run: RunId) -> String {
    let at = world.runs.innermost(run);
    let state = world.runs.get(at);
    let title = |step| state.and_then(|run| run.record(step)).map(|record| inert(&record.plan.title).into_owned());
    let running = state.and_then(|run| run.open_attempt()).and_then(|(step, _)| title(step));
    let supervised = world.runs.live(at).and_then(|live| live.attempt.as_ref()).is_some_and(|attempt| attempt.pid.is_some());
    let (what, cancel) = match running {
        Some(title) if supervised => (
            format!("“{title}” is running, and goes on under its supervisor whatever becomes of this terminal"),
            "  cancel  end it: TERM, after 5 s KILL\n",
        ),
        Some(title) => (
            format!("“{title}” is done by this command itself: leaving cuts it off, and nobody may know what it did"),
            "  cancel  break it off\n",
        ),
        None => ("nothing is running; the run waits for the time".to_owned(), ""),
    };
    format!(
        "midwatch: {what}. Type\n  stay    go on here, as if nothing had been pressed\n{cancel}  leave   leave the run as it is; ctrl-c once more does that, too. \
         `midwatch playbook resume {run}` takes it up again"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_words_end_or_leave_anything() {
        assert_eq!([Some("cancel"), Some("leave")].map(wish), [Wish::Cancel, Wish::Leave]);
        assert_eq!([None, Some(""), Some("stay"), Some("CANCEL it")].map(wish), [Wish::Stay; 4]);
    }

    #[test]
    fn what_was_asked_about_is_cancelled_and_nothing_that_began_after_it() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let _guard = runtime.enter();
        let run = RunId(uuid::Uuid::nil());
        let said = |asked: Option<Running>, line: &str| {
            let ((wanted, _), (_, lines)) = (mpsc::channel(), mpsc::channel());
            let interrupts = signal(SignalKind::interrupt()).expect("a signal");
            let clock = crate::ports::Ports::real().clock;
            let mut typist = Typist { wanted, lines, reads: true, asked, interrupts, clock, again: None };
            let wish = typist.said(Some(line.to_owned()), &Some((run, StepId::from("two"), 1)));
            assert_eq!((typist.asked, typist.reads), (None, false));
            wish
        };
        let before = || Some(Some((run, StepId::from("one"), 1)));
        assert_eq!([said(before(), "cancel"), said(before(), "leave")], [Wish::Stay, Wish::Leave]);
        let this = Some(Some((run, StepId::from("two"), 1)));
        assert_eq!([said(this, "cancel"), said(None, "leave")], [Wish::Cancel, Wish::Stay]);
    }
}

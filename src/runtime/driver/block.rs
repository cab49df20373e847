//! Shell blocks: handed to a supervisor, tailed, and read when they have ended.

use super::attempt::{self, Try};
use super::{Setup, Which, tail};
use crate::domain::ids::EntryId;
use crate::domain::playbook::{Risk, Seen};
use crate::domain::run::{StepEnd, StepState, by_signal, seconds};
use crate::domain::secret::redacted;
use crate::model::runs::RunFact;
use crate::runtime::supervisor::{self, Attempt, Exit, Folder, Order, Process, Verdict};
use crate::steps::{self, LONGEST_OUTPUTS, Shell};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

/// How often a running attempt's files are looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Runs a block to its end under a supervisor of its own.
pub(super) fn run(this: &Try<'_>, about: EntryId, shell: Shell) -> StepEnd {
    let interpreter: Vec<&str> = shell.interpreter.iter().map(String::as_str).collect();
    let mut order = Order::new(about, &shell.text, &interpreter, &shell.folder);
    order.timeout_ms = this.left.min(shell.timeout).as_millis() as u64;
    order.grace_ms = shell.grace.as_millis() as u64;
    order.sends = shell.sends;
    order.terminal = shell.terminal.then(|| std::process::id().cast_signed());
    let attempt = Attempt {
        folder: this.folder.clone(),
        order,
        block: shell.text,
        env: shell.env.plain.into_iter().collect(),
        secrets: shell.env.hidden.into_iter().collect(),
    };
    match supervisor::launch(&attempt, &this.setup.program) {
        Ok(supervisor) => watch(this, Some(supervisor)),
        Err(refusal) => this.end(StepState::Failed, format!("nothing was executed: {refusal}")),
    }
}

/// Follows an attempt until it has ended. `supervisor` is the process, where we started it ourselves.
pub(super) fn watch(this: &Try<'_>, mut supervisor: Option<Child>) -> StepEnd {
    let folder = Folder::at(&this.folder);
    let (mut reported, mut told) = (false, false);
    let mut tail = tail::Tail::new(&folder);
    loop {
        // Whether it is gone is asked before the record is looked for: it may write one and go in between.
        let gone = supervisor.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None)));
        if let (false, Ok(Some(started))) = (reported, folder.started()) {
            reported = true;
            say_started(this, Some(started.pid));
        }
        // Who cancelled before there was a folder to write it into is heard here.
        if let Some(who) = this.wish.borrow().as_ref().filter(|_| !told) {
            told = folder.cancel(who).is_ok();
        }
        let exit = folder.exit();
        // Read after the record was looked for: what was written just before the end is not lost.
        say_written(this, &mut tail);
        if let Ok(Some(exit)) = exit {
            reap(supervisor);
            return ended(this, &exit);
        }
        if gone || (supervisor.is_none() && !held(&folder, this.which)) {
            return found(this, supervisor::adopt(&folder, &name(this.which)));
        }
        std::thread::sleep(LOOK);
    }
}

fn say_written(this: &Try<'_>, tail: &mut tail::Tail) {
    if this.shared.hushed {
        return;
    }
    if let Some((lines, bytes)) = tail.news(|text| redacted(text, this.shared.params.secrets())) {
        let Which { run, step, attempt } = this.which.clone();
        this.setup.say(RunFact::Output { run, step, attempt, tail: lines, bytes });
    }
}

pub(super) fn say_started(this: &Try<'_>, pid: Option<i32>) {
    let Which { run, step, attempt } = this.which.clone();
    this.setup.say(RunFact::Started { run, step, attempt, pid });
}

fn held(folder: &Folder, which: &Which) -> bool {
    supervisor::observe(folder, &name(which)).is_ok_and(|found| found.locked || found.exit.is_some())
}

/// A supervisor may stay for a background child that still writes: nobody waits for it, but it must not become a zombie.
fn reap(supervisor: Option<Child>) {
    if let Some(mut child) = supervisor {
        std::thread::spawn(move || child.wait());
    }
}

/// What the processes of an attempt carry in their environment.
pub(super) fn name(which: &Which) -> [(&'static str, String); 3] {
    let Which { run, step, attempt } = which;
    [("PLAYBOOK_RUN", run.to_string()), ("PLAYBOOK_STEP", step.to_string()), ("PLAYBOOK_ATTEMPT", attempt.to_string())]
}

/// What a verdict means for the attempt, once nobody watches it any more.
pub(super) fn found(this: &Try<'_>, verdict: Result<Verdict, supervisor::Refusal>) -> StepEnd {
    match verdict {
        Ok(Verdict::Ended(exit)) => {
            say_written(this, &mut tail::Tail::new(&Folder::at(&this.folder)));
            ended(this, &exit)
        }
        Ok(Verdict::NotExecuted) => this.end(StepState::Failed, "nothing was executed: its console died before"),
        Ok(Verdict::UnknownAlive(left)) => {
            let left = names(&left);
            let detail = format!("its supervisor was killed; still running: {}", left.join(", "));
            StepEnd { survivors: left, ..this.end(StepState::Unknown, detail) }
        }
        Ok(Verdict::Unknown(why)) => unknown(this, why),
        Ok(Verdict::Running) => this.end(StepState::Unknown, "another process claims to watch it"),
        Err(refusal) => this.end(StepState::Unknown, refusal.to_string()),
    }
}

/// A supervisor of ours that refused says why in its log, and then nothing was executed.
fn unknown(this: &Try<'_>, why: supervisor::Why) -> StepEnd {
    let log = std::fs::read_to_string(this.folder.join("log")).unwrap_or_default();
    match (why, log.trim().strip_prefix("not executed: ")) {
        (supervisor::Why::NeverStarted, Some(refusal)) => this.end(StepState::Failed, format!("nothing was executed: {refusal}")),
        _ => this.end(StepState::Unknown, why.sentence()),
    }
}

/// How a block ended that left a record.
fn ended(this: &Try<'_>, exit: &Exit) -> StepEnd {
    let (state, detail, outputs) = match exit {
        Exit { error: Some(why), code: None, signal: None, timed_out: false, cancelled: false, .. } if exit.lost().is_none() => {
            (StepState::Failed, format!("nothing was executed: {why}"), Default::default())
        }
        Exit { timed_out, cancelled, .. } if *timed_out || *cancelled => {
            let (state, detail) = forced(this, exit);
            (state, detail, Default::default())
        }
        Exit { hung_up: true, .. } => (unless_it_reads(this, StepState::Failed), HUNG_UP.to_owned(), Default::default()),
        Exit { code: Some(LOST), .. } if this.step.fields.host.is_some() => {
            (unless_it_reads(this, StepState::Failed), lost(this), Default::default())
        }
        _ => judged(this, exit),
    };
    // Whatever it did: what it wrote is not all there, and nobody is to take it for the whole.
    let detail = [detail, exit.lost().unwrap_or_default()];
    let detail = detail.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
    StepEnd {
        exit_code: exit.code,
        signal: exit.signal,
        timed_out: exit.timed_out,
        cancelled_by: exit.cancelled_by.clone(),
        survivors: names(&exit.survivors),
        truncated: exit.truncated || exit.lost().is_some(),
        started_at: Folder::at(&this.folder).started().ok().flatten().map(|started| started.at),
        ended_at: exit.at,
        outputs,
        ..this.end(state, detail)
    }
}

const HUNG_UP: &str = "its terminal was gone, or the console that it belonged to: nobody knows how far it came";

/// What ssh says when the connection was lost or never made, and when the remote command was killed.
const LOST: i32 = 255;

fn lost(this: &Try<'_>) -> String {
    let said = if this.shared.hushed { String::new() } else { text(&this.folder.join("err")) };
    let said = said.lines().last().unwrap_or("").trim().to_owned();
    let host = this.step.fields.host.as_deref().unwrap_or_default();
    format!("the connection to {host} was lost or never made, so nobody knows how far it came there: {said}")
}

/// A step that only reads has done nothing, however it ended.
fn unless_it_reads(this: &Try<'_>, state: StepState) -> StepState {
    if this.step.fields.risk == Risk::Read { state } else { StepState::Unknown }
}

/// What was told to end: when it did, and what that took.
fn forced(this: &Try<'_>, exit: &Exit) -> (StepState, String) {
    let state = if exit.timed_out { StepState::TimedOut } else { StepState::Cancelled };
    match (exit.survivors.as_slice(), &this.step.fields.host) {
        ([], Some(host)) => (unless_it_reads(this, state), format!("{} here; on {host} it may live on", how_forced(this, exit))),
        ([], None) => (state, how_forced(this, exit)),
        (left, _) => (StepState::Unknown, format!("it was told to end, but these live on: {}", names(left).join(", "))),
    }
}

/// `ended by TERM after 1.2 s, of at most 1 s`; `ended by KILL after 6.1 s, of at most 1 s: TERM was not enough`.
fn how_forced(this: &Try<'_>, exit: &Exit) -> String {
    let folder = Folder::at(&this.folder);
    let took = folder.started().ok().flatten().map(|started| format!(" after {}", seconds(exit.at - started.at)));
    let most = folder.order().ok().flatten().map_or(this.step.fields.timeout, |order| order.timeout());
    let most = chrono::Duration::from_std(most).ok().filter(|_| exit.timed_out);
    let most = most.map(|most| format!(", of at most {}", seconds(most)));
    let by = match (exit.signal, exit.code) {
        (Some(signal), _) => format!(" by {}", by_signal(signal)),
        (None, Some(code)) => format!(" with exit {code}, on TERM"),
        (None, None) => String::new(),
    };
    let outlived = if exit.killed { ": TERM was not enough for all of it, KILL came" } else { "" };
    format!("ended{by}{}{}{outlived}", took.unwrap_or_default(), most.unwrap_or_default())
}

fn judged(this: &Try<'_>, exit: &Exit) -> (StepState, String, std::collections::BTreeMap<String, String>) {
    let started = Folder::at(&this.folder).started().ok().flatten();
    let seen = Seen {
        exit: exit.code,
        stdout: Some(text(&this.folder.join("out"))),
        stderr: Some(text(&this.folder.join("err"))),
        truncated: exit.truncated || exit.lost().is_some(),
        took: started.and_then(|started| (exit.at - started.at).to_std().ok()),
        ..Seen::default()
    };
    match this.judge(&seen) {
        (StepState::Succeeded, _) => match outputs(this) {
            Ok(outputs) => (StepState::Succeeded, held_open(exit), outputs),
            Err(why) => (StepState::Failed, why, Default::default()),
        },
        (state, why) => (state, why, Default::default()),
    }
}

fn held_open(exit: &Exit) -> String {
    if exit.output_held { "a background process still holds its output".into() } else { String::new() }
}

fn outputs(this: &Try<'_>) -> Result<std::collections::BTreeMap<String, String>, String> {
    let path = this.outputs_file();
    let file = crate::ports::Files::read(this.setup.ports.files.as_ref(), &path, LONGEST_OUTPUTS + 1);
    let file = if path.exists() { file.map_err(|trouble| trouble.to_string())? } else { Vec::new() };
    let found = steps::read_outputs(this.step, &file)?;
    let clean = |value: String| redacted(&value, this.shared.params.secrets());
    Ok(found.into_iter().map(|(name, value)| (name, clean(value))).collect())
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

fn names(left: &[Process]) -> Vec<String> {
    left.iter().map(|process| format!("{} ({})", process.name, process.pid)).collect()
}

/// Asks the supervisor of the newest try for the end.
pub(super) fn cancel(setup: &Setup, which: &Which, who: &str) {
    let folder = newest(&attempt::folder(setup, which));
    if folder.is_dir() {
        // It is asked again by whoever looks at the run; a folder that can't be written leaves the timeout.
        let _ = Folder::at(folder).cancel(who);
    }
}

/// The folder of an attempt's newest try.
pub(super) fn newest(attempt: &Path) -> PathBuf {
    tries(attempt).pop().unwrap_or_else(|| attempt.to_owned())
}

/// The folders of an attempt's tries, the first of which is its own.
pub(super) fn tries(attempt: &Path) -> Vec<PathBuf> {
    let more = (2..).map(|number| attempt.join(format!("try-{number}"))).take_while(|folder| folder.is_dir());
    std::iter::once(attempt.to_owned()).chain(more).collect()
}

/// How a try ended that left a record.
pub(super) fn left(this: &Try<'_>) -> Option<StepEnd> {
    let exit = Folder::at(&this.folder).exit().ok().flatten()?;
    Some(ended(this, &exit))
}

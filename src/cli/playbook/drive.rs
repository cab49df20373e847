//! Runs that this process drives: prepared or taken up, carried on until they end or need a person, and left in order.

use super::typist::{Typist, Wish};
use super::{library, secret, tell, terminal};
use crate::cli::ack::refused;
use crate::cli::session::{Needs, Session};
use crate::cli::{Exit, Failure, Globals, incident, out};
use crate::domain::ids::{RunId, StepId};
use crate::domain::run::{Auto, Run, RunMode, RunState};
use crate::model::progress::Progress;
use crate::model::runs::{RunCommand, Typed};
use crate::model::{Command, World};
use std::collections::BTreeMap;
use std::time::Duration;

pub type Confirmations = BTreeMap<StepId, String>;

/// How often what has happened is printed.
const PRINT: Duration = Duration::from_millis(100);

/// How long it may take to find out whether a console is dead, or to hear of a step's end from another one.
const PATIENCE: Duration = Duration::from_secs(15);

/// A run that is wanted.
pub struct Start {
    pub name: String,
    pub params: Typed,
    pub alert: Option<String>,
    pub incident: Option<String>,
    pub mode: RunMode,
    pub auto: Auto,
}

pub fn run(globals: &Globals, start: Start, confirmations: &Confirmations) -> anyhow::Result<Exit> {
    let mut session = Session::open(globals, if start.alert.is_some() { Needs::All } else { Needs::Journal })?;
    let incident = start.incident.as_deref().map(|name| incident::take_up(&mut session, globals, name)).transpose()?;
    let alert = library::one_alert(&mut session, start.alert)?;
    let catalogue = session.playbooks(globals)?;
    let book = catalogue.get(&start.name).map_err(Failure::usage)?;
    let playbook = book.id.clone();
    let Start { params, mode, auto, .. } = start;
    let params = secret::asked(&session, globals, book, mode, params)?;
    let (_, progress) = session.ask(Command::Run(RunCommand::Prepare { playbook, params, alert, incident, mode, auto }))?;
    match progress.items.iter().find_map(|item| item.entry) {
        Some(entry) => carry_on(&mut session, globals, RunId(entry.0), confirmations, Vec::new()),
        None => refused(&progress),
    }
}

pub fn resume(globals: &Globals, name: &str, params: Typed, confirmations: &Confirmations) -> anyhow::Result<Exit> {
    let (mut session, run) = open(globals, name)?;
    over(session.world(), run)?;
    let before = before(&session, globals, run);
    let params = secret::again(&session, globals, run, params)?;
    let (_, progress) = session.ask(Command::Run(RunCommand::Resume { run, params }))?;
    if failed(&progress) {
        return refused(&progress);
    }
    carry_on(&mut session, globals, run, confirmations, before)
}

/// Does something with a run that waits, and carries it on.
pub fn act(
    globals: &Globals,
    name: &str,
    secrets: Typed,
    commands: impl FnOnce(RunId) -> Vec<RunCommand>,
) -> anyhow::Result<Exit> {
    let (mut session, run) = open(globals, name)?;
    let before = before(&session, globals, run);
    take_up(&mut session, globals, run, &secrets)?;
    do_all(&mut session, globals, run, commands(run), before)
}

/// Asks for these things in order, and carries the run on; with the first that is refused, it is left as it is.
pub fn do_all(
    session: &mut Session,
    globals: &Globals,
    run: RunId,
    commands: Vec<RunCommand>,
    before: Vec<String>,
) -> anyhow::Result<Exit> {
    for command in commands {
        let (_, progress) = session.ask(Command::Run(command))?;
        if failed(&progress) {
            leave(session, run);
            return refused(&progress);
        }
    }
    carry_on(session, globals, run, &Confirmations::new(), before)
}

/// A run that was left in order may be taken up by whoever has something to say; one that was interrupted has to be resumed.
/// The `secrets` are those of the whole, which hands them to its parts.
pub fn take_up(session: &mut Session, globals: &Globals, run: RunId, secrets: &Typed) -> anyhow::Result<()> {
    over(session.world(), run)?;
    // What a part was handed, only its whole can hand it again; and the whole goes on when the part is done.
    let parent = session.world().runs.get(run).and_then(|run| run.parent.as_ref()).map(|parent| parent.run);
    if let Some(parent) = parent {
        take_up(session, globals, parent, secrets)?;
    }
    let settled = |world: &World| {
        let known = world.runs.get(run);
        let left = known.is_some_and(|run| run.driver.is_none() || run.interrupted);
        left || world.runs.live(run).is_some_and(|live| live.elsewhere)
    };
    session.until(PATIENCE, settled);
    if session.world().runs.get(run).is_some_and(|run| run.interrupted) {
        let advice = format!("the run was interrupted: look at it, then `midwatch playbook resume {run}`");
        return Err(Failure::usage(advice).into());
    }
    if session.world().runs.live(run).is_some_and(|live| live.driving) {
        return Ok(());
    }
    let params = if parent.is_none() { secret::again(session, globals, run, secrets.clone())? } else { Typed::default() };
    let (_, progress) = session.ask(Command::Run(RunCommand::Resume { run, params }))?;
    if failed(&progress) {
        return refused(&progress).map(drop);
    }
    // What was given while nobody held it, an approval or the time, moves it on first.
    session.settle();
    Ok(())
}

/// Ends what is running and the run, here or, where another process drives it, there.
pub fn cancel(globals: &Globals, name: &str) -> anyhow::Result<Exit> {
    let (mut session, run) = open(globals, name)?;
    over(session.world(), run)?;
    // First of all: to take it up would begin the next step of a run that goes on by itself.
    let (_, called_off) = session.ask(Command::Run(RunCommand::CallOff { run, reason: CANCELLED.into() }))?;
    if failed(&called_off) {
        return refused(&called_off);
    }
    let (_, progress) = session.ask(Command::Run(RunCommand::Resume { run, params: Typed::default() }))?;
    match session.world().runs.is_elsewhere(run) {
        true => end_there(&mut session, run),
        // Without its secrets it can't be taken up; to be closed it needs none.
        false => end_here(&mut session, globals, run, !failed(&progress))?,
    }
    session.settle();
    finish(&mut session, globals, run)
}

const CANCELLED: &str = "cancelled";

fn has_ended(world: &World, run: RunId) -> bool {
    world.runs.get(run).is_some_and(|run| run.ended.is_some())
}

fn end_there(session: &mut Session, run: RunId) {
    if !session.until(PATIENCE, |world| has_ended(world, run)) {
        let who = session.world().runs.get(run).and_then(|run| run.driver.clone()).unwrap_or_else(|| "nobody".to_owned());
        out::warn(&format!("midwatch: {who}'s console drives the run and has not ended it yet; that it is to end is on record"));
    }
}

fn end_here(session: &mut Session, globals: &Globals, run: RunId, ours: bool) -> anyhow::Result<()> {
    let part = session.world().runs.innermost(run);
    if ours && part != run {
        take_up(session, globals, part, &Typed::default())?;
    }
    // What was called off ends by itself once it is in our hands.
    if ours && session.until(PATIENCE, |world| has_ended(world, run)) {
        return Ok(());
    }
    let running = |world: &World| world.runs.get(run).is_some_and(|run| run.open_attempt().is_some());
    if running(session.world()) {
        session.ask(Command::Run(RunCommand::Cancel { run }))?;
        session.until(PATIENCE, |world| !running(world));
    }
    session.settle();
    let reason = CANCELLED.to_owned();
    let end = if ours { RunCommand::Abort { run, reason } } else { RunCommand::Abandon { run, reason } };
    let (_, progress) = session.ask(Command::Run(end))?;
    if failed(&progress) { refused(&progress).map(drop) } else { Ok(()) }
}

pub fn abandon(globals: &Globals, name: &str, reason: String) -> anyhow::Result<Exit> {
    let (mut session, run) = open(globals, name)?;
    over(session.world(), run)?;
    let known = |world: &World| world.runs.get(run).is_some_and(|run| run.driver.is_none() || run.interrupted);
    let elsewhere = |world: &World| world.runs.live(run).is_some_and(|live| live.elsewhere);
    session.until(PATIENCE, |world| known(world) || elsewhere(world));
    session.settle();
    let (_, progress) = session.ask(Command::Run(RunCommand::Abandon { run, reason }))?;
    if failed(&progress) {
        return refused(&progress);
    }
    session.settle();
    told(&session, globals, run)?;
    Ok(Exit::Done)
}

/// The session and the run that is meant: its id, or a beginning that is unique.
pub fn open(globals: &Globals, name: &str) -> anyhow::Result<(Session, RunId)> {
    let mut session = Session::open(globals, Needs::Journal)?;
    let found: Vec<RunId> = session.world().runs.iter().map(|(id, _)| id).filter(|id| id.to_string().starts_with(name)).collect();
    let run = match found.as_slice() {
        [one] if !name.is_empty() => *one,
        [] => return Err(Failure::usage(format!("no open run is named {name}: `midwatch playbook list` lists them")).into()),
        _ => return Err(Failure::usage(format!("{name} may mean several runs: give more of the id")).into()),
    };
    session.playbooks(globals)?;
    Ok((session, run))
}

pub fn over(world: &World, run: RunId) -> anyhow::Result<()> {
    match world.runs.get(run).and_then(|run| run.ended.as_ref()) {
        Some((state, ..)) => Err(Failure::usage(format!("the run is over: {state}")).into()),
        None => Ok(()),
    }
}

pub fn failed(progress: &Progress) -> bool {
    progress.items.iter().any(|item| item.stage.failed())
}

/// What has happened before this command: said in one line, and never as if it happened now.
pub fn before(session: &Session, globals: &Globals, run: RunId) -> Vec<String> {
    let run = session.world().runs.outermost(run);
    let lines = told_so_far(session.world(), run);
    if !lines.is_empty() {
        out::say(globals, &tell::done_before(session.world(), run));
    }
    lines
}

/// Goes on until the run ends or needs a person who is not here. What happened `before` is not told again.
fn carry_on(
    session: &mut Session,
    globals: &Globals,
    run: RunId,
    confirmations: &Confirmations,
    before: Vec<String>,
) -> anyhow::Result<Exit> {
    let run = carry(session, globals, run, confirmations, before)?;
    finish(session, globals, run)
}

/// The same, and leaves it there. Gives the whole that the run is a part of.
pub fn carry(
    session: &mut Session,
    globals: &Globals,
    run: RunId,
    confirmations: &Confirmations,
    before: Vec<String>,
) -> anyhow::Result<RunId> {
    let here = out::at_terminal() && !globals.json;
    let mut typist = if here { Some(Typist::here(session, globals)?) } else { None };
    let run = session.world().runs.outermost(run);
    let (mut printed, mut confirmations) = (before, confirmations.clone());
    loop {
        if !go_on(session, globals, run, &mut printed, &mut typist)? {
            return Ok(run);
        }
        let at = session.world().runs.innermost(run);
        if session.world().runs.live(at).is_none_or(|live| !live.driving) && at != run {
            take_up(session, globals, at, &Typed::default())?;
            continue;
        }
        if session.world().runs.waits_for_time(run) {
            session.until(PRINT, |_| false);
            match stays(session, run, &mut typist)? {
                true => continue,
                false => return Ok(run),
            }
        }
        let given = confirmed(session.world(), at, &mut confirmations);
        let asked = typist.as_mut().filter(|_| given.is_none() && waits(session.world(), at));
        let next = given.or_else(|| asked.and_then(|typist| terminal::next(typist, session, at)));
        let Some(command) = next else {
            // A part that somebody else has ended meanwhile leads back to its whole.
            match at != run && session.world().runs.innermost(run) != at {
                true => continue,
                false => break,
            }
        };
        let (_, progress) = session.ask(Command::Run(command))?;
        if failed(&progress) {
            let why = refused(&progress).err().map(|why| why.to_string()).unwrap_or_default();
            out::warn(&format!("midwatch: {why}"));
            if !here {
                break;
            }
        }
    }
    session.settle();
    Ok(run)
}

/// Until nothing goes on by itself any more; `false` if the person leaves it before. A step that wants the terminal gets ours, and we are
/// silent meanwhile.
fn go_on(
    session: &mut Session,
    globals: &Globals,
    run: RunId,
    printed: &mut Vec<String>,
    typist: &mut Option<Typist>,
) -> anyhow::Result<bool> {
    while !session.quiet_within(PRINT) {
        print(session, globals, run, printed);
        if let Some(sitting) = session.world().runs.sitting() {
            let wish = typist.as_mut().map_or(Wish::Stay, |typist| typist.make_way(session.world(), run));
            match wish {
                Wish::Stay => session.sit(&sitting),
                wish if obeyed(session, run, wish)? => {}
                _ => return Ok(false),
            }
        }
        if !stays(session, run, typist)? {
            return Ok(false);
        }
    }
    print(session, globals, run, printed);
    Ok(true)
}

/// Does what the person says while something is running; `false` once they leave it.
fn stays(session: &mut Session, run: RunId, typist: &mut Option<Typist>) -> anyhow::Result<bool> {
    let Some(typist) = typist else { return Ok(true) };
    let wish = typist.meanwhile(session.world(), run);
    obeyed(session, run, wish)
}

/// `false` once they leave it.
fn obeyed(session: &mut Session, run: RunId, wish: Wish) -> anyhow::Result<bool> {
    if wish == Wish::Cancel {
        let run = session.world().runs.innermost(run);
        let (_, progress) = session.ask(Command::Run(RunCommand::Cancel { run }))?;
        if let Err(why) = if failed(&progress) { refused(&progress) } else { Ok(Exit::Done) } {
            out::warn(&format!("midwatch: {why}"));
        }
    }
    Ok(wish != Wish::Leave)
}

fn waits(world: &World, run: RunId) -> bool {
    world.runs.get(run).is_some_and(|run| run.ended.is_none() && run.open_attempt().is_none())
}

/// The step that the run has come to, if its confirmation was given beforehand: once, for what is refused is refused again.
fn confirmed(world: &World, id: RunId, given: &mut Confirmations) -> Option<RunCommand> {
    let run = world.runs.get(id).filter(|run| run.ended.is_none())?;
    let (record, number) = run.at().filter(|(record, number)| record.attempt(*number).is_none())?;
    let text = given.remove(&record.plan.id).filter(|_| number == 1)?;
    Some(RunCommand::Start { run: id, step: record.plan.id.clone(), confirmed: Some(text) })
}

fn print(session: &Session, globals: &Globals, run: RunId, printed: &mut Vec<String>) {
    let lines = told_so_far(session.world(), run);
    // A second attempt may end in the very words of the first: each line is told as often as it has come true.
    let mut known = std::mem::take(printed);
    for line in &lines {
        match known.iter().position(|told| told == line) {
            Some(told) => drop(known.swap_remove(told)),
            None => out::say(globals, line),
        }
    }
    *printed = lines;
}

fn told_so_far(world: &World, run: RunId) -> Vec<String> {
    let part = world.runs.child_of(run).map(|part| tell::lines(world, part)).unwrap_or_default();
    tell::lines(world, run).into_iter().chain(part).collect()
}

pub fn finish(session: &mut Session, globals: &Globals, run: RunId) -> anyhow::Result<Exit> {
    leave(session, run);
    told(session, globals, run)?;
    let won = session.world().runs.get(run).map(Run::state).is_some_and(RunState::is_success);
    Ok(if won { Exit::Done } else { Exit::No })
}

/// Another console may take it up without being told that this one died.
pub fn leave(session: &mut Session, run: RunId) {
    if let Some(child) = session.world().runs.child_of(run) {
        leave(session, child);
    }
    if waits_or_runs(session.world(), run) {
        // The run is as it is; whoever comes next finds out by itself.
        let _ = session.ask(Command::Run(RunCommand::Leave { run }));
        session.settle();
    }
}

fn waits_or_runs(world: &World, run: RunId) -> bool {
    let ours = world.runs.live(run).is_some_and(|live| live.driving);
    ours && world.runs.get(run).is_some_and(|run| run.ended.is_none())
}

/// Shows how it stands.
pub fn told(session: &Session, globals: &Globals, run: RunId) -> anyhow::Result<()> {
    match globals.json {
        true => out::json(&tell::document(session.world(), run))?,
        false => out::text(&tell::summary(session.world(), run))?,
    }
    Ok(())
}

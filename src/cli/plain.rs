//! The console as spoken lines: what happens is said when it happens, and every command of the program can be typed. For screen readers,
//! and wherever a screen of panes is in the way.
//!
//! A command runs as a process of its own, with the terminal: its questions and guards are those of the command line, and what it records
//! comes back through the journal like what any other process records.

#[expect(clippy::disallowed_methods, reason = "starts the commands that are typed")]
mod child;
mod help;
mod said;
mod status;
mod words;

use super::console::Guide;
use super::session::{self, Needs, Presence, Session};
use super::{Exit, Failure, Globals, out, reload, target};
use crate::domain::ids::AlertId;
use crate::model::alerts::Tracked;
use crate::model::crier::Crier;
use crate::model::{Command, World};
use crate::runtime::Listens;
use crate::runtime::shell::{Ask, Frontend, can_call, start_reader};
use crate::tui::crier::rung;
use crate::tui::farewell;
use chrono_tz::Tz;
use said::Said;
use std::ffi::OsString;
use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What is said by itself comes at most so often: a voice that is interrupted by every line says nothing.
const PACE: Duration = Duration::from_secs(1);
/// So many lines of the queue at once.
const PAGE: usize = 10;

/// Those that want the screen for themselves.
const SCREENS: [&str; 2] = ["demo", "replay"];

pub enum Input {
    Line(String),
    /// Nobody types any more.
    End,
    /// The command has ended.
    Done(child::Ended),
}

/// Until somebody leaves. `guide` says what a newcomer may type next.
///
/// # Errors
/// No journal, or the terminal is gone.
pub fn run(globals: &Globals, guide: Option<Guide>) -> anyhow::Result<Exit> {
    let mut session = Session::open(globals, Needs::Watch)?;
    session.know_practice();
    session.listen(Listens::Configured);
    let _watched = reload::watch(session.shell.reloads(), globals, &session.config.text);
    let (inputs, mut lines) = unbounded_channel();
    let (next, wanted) = mpsc::channel();
    let theirs = Arc::new(AtomicUsize::new(0));
    let (released, releases) = unbounded_channel();
    let presence = Presence::of(&session::data_folder(globals)?, globals.read_only);
    let mut front = Plain::new(globals, session.config.console.zone, inputs.clone(), next, (theirs.clone(), released), presence);
    front.guide = guide;
    start_reader(move || read(&wanted, &inputs));
    let stop = {
        let _guard = session.enter();
        Box::pin(ended(theirs, releases)?)
    };
    session.run(&mut front, &mut lines, stop)?;
    Ok(Exit::Done)
}

/// One line whenever one is wanted: in between, the terminal is a command's.
fn read(wanted: &mpsc::Receiver<()>, inputs: &UnboundedSender<Input>) {
    while wanted.recv().is_ok() {
        let mut line = Vec::new();
        // What is no UTF-8 is a line all the same.
        let input = match io::stdin().lock().read_until(b'\n', &mut line) {
            Ok(length) if length > 0 => Input::Line(String::from_utf8_lossy(&line).into_owned()),
            _ => Input::End,
        };
        if inputs.send(input).is_err() {
            return;
        }
    }
}

/// An interrupt is meant for the command that runs: one that came before that had ended is heard before its end.
fn ended(theirs: Arc<AtomicUsize>, mut releases: UnboundedReceiver<()>) -> io::Result<impl Future<Output = ()>> {
    let mut term = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        loop {
            tokio::select! {
                biased;
                _ = term.recv() => return,
                _ = hangup.recv() => return,
                _ = interrupt.recv() => if theirs.load(Ordering::SeqCst) == 0 { return },
                Some(()) = releases.recv() => { theirs.fetch_sub(1, Ordering::SeqCst); }
            }
        }
    })
}

struct Plain {
    /// What every command is told, too.
    globals: Vec<OsString>,
    said: Said,
    /// The alerts that `more` goes on with.
    rest: Vec<AlertId>,
    at_terminal: bool,
    /// A command has the terminal.
    busy: bool,
    /// What it does, by its first word.
    command: String,
    /// The same, as signals know it; and where they hear that it has ended.
    theirs: Arc<AtomicUsize>,
    released: UnboundedSender<()>,
    zone: Tz,
    /// What is lost by leaving was said last.
    warned: bool,
    crier: Crier,
    presence: Presence,
    /// What this terminal has rung.
    rung: u64,
    inputs: UnboundedSender<Input>,
    /// Asks for a line.
    next: mpsc::Sender<()>,
    /// When something was said by itself.
    spoke: Option<Duration>,
    guide: Option<Guide>,
    /// What it said last.
    led: Option<String>,
}

impl Plain {
    fn new(
        globals: &Globals,
        zone: Tz,
        inputs: UnboundedSender<Input>,
        next: mpsc::Sender<()>,
        (theirs, released): (Arc<AtomicUsize>, UnboundedSender<()>),
        presence: Presence,
    ) -> Self {
        Self {
            globals: passed(globals),
            said: Said::default(),
            rest: Vec::new(),
            at_terminal: io::stdin().is_terminal(),
            busy: false,
            command: String::new(),
            theirs,
            released,
            zone,
            warned: false,
            crier: Crier::default(),
            presence,
            rung: 0,
            inputs,
            next,
            spoke: None,
            guide: None,
            led: None,
        }
    }

    /// Ready for a line.
    fn prompt(&self) {
        if self.at_terminal {
            let _ = write!(io::stdout(), "> ").and_then(|()| io::stdout().flush());
        }
        let _ = self.next.send(());
    }

    /// What a newcomer may type next, once it is something else.
    fn led(&mut self, world: &World) -> Option<String> {
        let told = self.guide.as_ref()?(world)?;
        let step = told.hint.step.map_or_else(String::new, |(at, all)| format!(" {at} of {all}"));
        let line = format!("Tour{step}: {}", told.typed);
        (self.led.as_ref() != Some(&line)).then(|| self.led.insert(line).clone())
    }

    /// Makes the terminal call of what is new; whether there was anything.
    fn ring(&mut self, world: &World) -> io::Result<bool> {
        let rung = rung(world, &mut self.rung);
        if !rung.is_empty() && io::stdout().is_terminal() {
            io::stdout().write_all(&rung).and_then(|()| io::stdout().flush())?;
        }
        Ok(!rung.is_empty())
    }

    fn say(&self, lines: &[String]) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        // Whoever can't be told any more types nothing either.
        let _ = out::text(&text);
    }

    /// What was typed; whether a command has the terminal now.
    fn typed(&mut self, line: &str, world: &World) -> bool {
        let words = match words::split(line) {
            Ok(words) => words,
            Err(why) => {
                self.say(&[why]);
                return false;
            }
        };
        let lines = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] | ["status"] => status::lines(world),
            ["help" | "?"] => help::lines(),
            ["alerts", filter @ ..] if !filter.iter().any(|word| word.starts_with('-')) => {
                // Its quotes are the filter's own.
                self.queue(line.trim_start().strip_prefix("alerts").unwrap_or_default(), world)
            }
            ["more"] => self.page(world),
            [number] if number.parse::<usize>().is_ok() => self.said.alert(number, world),
            [screen, ..] if SCREENS.contains(screen) => vec![format!("{screen} needs the screen: leave first")],
            ["drill", "start", more @ ..] if !more.iter().any(|word| word.starts_with("--auto")) => {
                vec!["a drill begins on the screen; here it wants --auto read or --auto change".to_owned()]
            }
            [word, ..] if !words::is_command(word) => vec![words::unknown(word)],
            _ => match words::with_ids(&words, |word| self.said.id(word)) {
                Ok(words) => {
                    self.start(words);
                    return true;
                }
                Err(why) => vec![why],
            },
        };
        self.say(&lines);
        false
    }

    fn queue(&mut self, filter: &str, world: &World) -> Vec<String> {
        let filter = match target::filter(filter) {
            Ok(filter) => filter,
            Err(wrong) => return wrong.to_string().lines().map(str::to_owned).collect(),
        };
        let held = world.alerts.queue().filter(|tracked| tracked.resolved_at.is_none() && filter.holds(world, tracked));
        let (drilled, real): (Vec<&Tracked>, Vec<&Tracked>) = held.partition(|tracked| tracked.is_drill());
        let practice = if drilled.is_empty() { String::new() } else { format!(", and {} of a DRILL", drilled.len()) };
        let mut lines = vec![status::count(real.len(), "alert") + &practice];
        self.rest = real.into_iter().chain(drilled).map(|tracked| tracked.alert.id.clone()).collect();
        lines.extend(self.page(world));
        lines
    }

    fn page(&mut self, world: &World) -> Vec<String> {
        let page: Vec<AlertId> = self.rest.drain(..PAGE.min(self.rest.len())).collect();
        let mut lines: Vec<String> = page.iter().filter_map(|id| self.said.line(id, world)).collect();
        if !self.rest.is_empty() {
            lines.push(format!("{} more: `more`", self.rest.len()));
        }
        lines
    }

    /// Starts a command with the terminal, and waits for it elsewhere.
    fn start(&mut self, mut words: Vec<String>) {
        // Fresh again and again is for a screen.
        if words.first().is_some_and(|word| word == "feeds") && !words.iter().any(|word| word == "--once") {
            words.push("--once".to_owned());
        }
        self.command = words.first().cloned().unwrap_or_default();
        self.busy = true;
        self.theirs.fetch_add(1, Ordering::SeqCst);
        let inputs = self.inputs.clone();
        child::start(&self.globals, &words, move |ended| _ = inputs.send(Input::Done(ended)));
    }
}

/// The options of this command line that hold for all that is typed.
fn passed(globals: &Globals) -> Vec<OsString> {
    let mut all: Vec<OsString> = Vec::new();
    for (name, path) in [("--config", &globals.config), ("--data", &globals.data)] {
        all.extend(path.iter().flat_map(|path| [name.into(), path.into()]));
    }
    all.extend(globals.read_only.then(|| "--read-only".into()));
    all.extend(["--color".into(), "never".into()]);
    all
}

impl Frontend for Plain {
    type Input = Input;

    fn input(&mut self, input: Input, world: &World) -> Vec<Ask> {
        if matches!(input, Input::Line(_)) {
            self.presence.here();
            self.presence.tell();
        }
        let is_theirs = match input {
            Input::End => return vec![Ask::Quit],
            Input::Line(line) if ["quit", "q", "exit"].contains(&line.trim()) => {
                let facts = farewell::facts(world, self.zone);
                if facts.is_empty() || std::mem::replace(&mut self.warned, true) {
                    return vec![Ask::Quit];
                }
                self.say(&[facts, vec!["quit again leaves".to_owned()]].concat());
                false
            }
            Input::Line(line) => {
                self.warned = false;
                self.typed(&line, world)
            }
            Input::Done(ended) => {
                self.busy = false;
                let _ = self.released.send(());
                self.say(&status::ended(&ended, &self.command).into_iter().collect::<Vec<_>>());
                false
            }
        };
        if !is_theirs {
            self.prompt();
        }
        Vec::new()
    }

    fn calls(&mut self, world: &World) -> Option<Command> {
        self.crier.cry(world, || self.presence.looked(world.now.wall), can_call).map(Command::Call)
    }

    fn mention(&mut self, text: &str) {
        // A command that has the terminal is not spoken into.
        if self.busy {
            return;
        }
        let begins = if self.at_terminal { "\n" } else { "" };
        let _ = out::text(&format!("{begins}{text}\n"));
        if self.at_terminal {
            let _ = write!(io::stdout(), "> ").and_then(|()| io::stdout().flush());
        }
    }

    fn draw(&mut self, world: &World) -> io::Result<Option<Duration>> {
        let rings = self.ring(world)?;
        if self.busy {
            // The terminal is a command's, but nobody shall sleep through this.
            let urgent = world.urgent();
            let more = if rings { format!("\n{} critical now\n", status::count(urgent, "alert")) } else { String::new() };
            return out::text(&more).map(|()| None);
        }
        let Some(spoke) = self.spoke else {
            self.spoke = Some(world.now.mono);
            self.said.news(world);
            let led = self.led(world).into_iter().collect();
            self.say(&[vec!["midwatch. help says what can be typed.".to_owned()], status::lines(world), led].concat());
            self.prompt();
            return Ok(None);
        };
        let since = world.now.mono.saturating_sub(spoke);
        if since < PACE {
            return Ok(Some(PACE - since));
        }
        let mut news = self.said.news(world);
        news.extend(self.led(world));
        if !news.is_empty() {
            self.spoke = Some(world.now.mono);
            // Not behind what is being typed.
            let begins = if self.at_terminal { "\n" } else { "" };
            out::text(&format!("{begins}{}\n", news.join("\n")))?;
            if self.at_terminal {
                write!(io::stdout(), "> ").and_then(|()| io::stdout().flush())?;
            }
        }
        Ok(self.said.due(world))
    }
}

/// `--plain` wants lines, and what only a screen has does not go with it.
///
/// # Errors
/// It was given what it can't have.
pub fn refuse(record: bool, json: bool) -> Result<(), Failure> {
    match (record, json) {
        (true, _) => Err(Failure::usage("--record keeps a session of the screen: leave --plain away")),
        (_, true) => Err(Failure::usage("--plain speaks: `midwatch alerts --json` and the other commands print documents")),
        (false, false) => Ok(()),
    }
}

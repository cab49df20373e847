//! Opens the console: configuration, journal and shell behind it, the terminal in front of it.

mod kept;

use super::session::{self, Loaded, Needs, Presence};
use super::{Exit, Failure, Globals, colour, keys, library, out, reload, shelf};
use crate::config::{self, Console as Look};
use crate::domain::ids::RequestId;
use crate::domain::node::Problems;
use crate::journal::evidence;
use crate::model::runs::{RunFact, Sitting};
use crate::model::troubles::Own;
use crate::model::{Body, Command, Fact, World};
use crate::runtime::cache::Cache;
use crate::runtime::shell::{can_call, ended, start_reader};
use crate::runtime::{Ask, Frontend, Listens, Shell, Turn, upstream};
use crate::tui::background;
use crate::tui::layout::shares::Shares;
use crate::tui::panes::PANES;
use crate::tui::terminal::{self, TermEvent};
use crate::tui::theme::{Depth, Looks, Theme};
use crate::tui::{Console, Hint, Preset, Request, Setup, Ui};
use kept::{Draft, Layout};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// `midwatch` without a command. The session is kept in the file `record`, where one is named.
///
/// # Errors
/// There is no configuration, or no terminal, or no journal; or there is such a file already.
pub fn open(globals: &Globals, record: Option<&Path>) -> anyhow::Result<Exit> {
    if !session::configured(globals) {
        return Err(Failure::usage("there is no configuration yet\n  midwatch demo    shows everything on a simulated outage\n  midwatch init    writes a first configuration").into());
    }
    let config = session::load(globals)?;
    run(globals, config, None, record, None)
}

/// The console, and in it first this: a drill that is begun.
///
/// # Errors
/// As `run`.
pub fn begin(globals: &Globals, config: Loaded, first: Command) -> anyhow::Result<Exit> {
    run(globals, config, None, None, Some(first))
}

/// That a screen can be drawn, and its keys read; errors may go elsewhere. `instead` is what does without one.
///
/// # Errors
/// There is none, or one that knows lines alone.
pub fn screen(what: &str, instead: &str) -> Result<(), Failure> {
    if !out::on_screen() {
        return Err(Failure::usage(format!("{what} needs a terminal; {instead}")));
    }
    match std::env::var("TERM").as_deref() {
        Ok("dumb") => Err(Failure::usage(format!("{what} can't be drawn on a terminal that is dumb (TERM=dumb); {instead}"))),
        _ => Ok(()),
    }
}

/// Runs the console on a configuration until the operator quits. `guide` says what a newcomer may do next.
///
/// # Errors
/// No terminal, or no journal.
pub fn run(
    globals: &Globals,
    config: Loaded,
    guide: Option<Guide>,
    record: Option<&Path>,
    first: Option<Command>,
) -> anyhow::Result<Exit> {
    screen(
        "the console",
        "`midwatch --plain` is one in lines, `midwatch alerts`, `feeds` and `log` print, `serve` watches without one",
    )?;
    terminal::hold_stops();
    let (keymap, looks) = (keys::bound(&config.console).0, looks(&config.console, colour::depth(globals))?);
    let data = session::data_folder(globals)?;
    let runtime = session::runtime()?;
    let zone = config.console.zone;
    let mouse = config.console.mouse;
    let guard = runtime.enter();
    let setup = session::setup(globals, &config, Needs::Watch)?;
    let mut shell = Shell::new(&setup);
    if let Some(path) = record {
        let unmade = |error: io::Error| Failure::usage(format!("--record {}: {error}", path.display()));
        shell.record(path).map_err(unmade)?;
    }
    if let Some(folder) = session::cache_folder(globals) {
        shell.remember(if globals.read_only { Cache::there(folder) } else { Cache::new(folder) });
    }
    let draft = Draft::open(&data, globals.read_only);
    let layout = Layout::of(&data, globals.read_only);
    let mut console = Console::open(
        Setup {
            keymap,
            zone,
            draft: draft.load(),
            replay: None,
            layouts: layout.load(&config.console),
            links: links(&config.console),
        },
        looks,
        mouse,
    )?;
    if config.console.still {
        console.hold_still();
    }
    shell.call_by(session::caller(&config.console));
    let presence = Presence::of(&data, globals.read_only);
    let mut front = Front { console, draft, layout, guide, presence, facts: shell.facts(), hampered: BTreeSet::new() };
    // Something to look at first: a journal of a long storm takes a moment to read.
    front.draw(&shell.world)?;
    shell.begin(setup);
    match globals.read_only {
        true => shell.listen(Listens::Nowhere, None),
        false => shell.listen(Listens::Configured, session::cache_folder(globals).map(Cache::new)),
    }
    if !globals.read_only
        && let Some(why) = evidence::left_over(&data)
    {
        shell.event(Body::Fact(Fact::Hampered { what: Own::Copies, why: Some(why) }));
    }
    let catalogue = library::attach(&mut shell, globals, &config, runtime.handle())?;
    // Wherever errors go: it is the screen that is lent to a step.
    shell.event(Body::Fact(Fact::Run(RunFact::AtTerminal)));
    let _scenarios = shelf::tell(&mut shell, globals, &config, &catalogue);
    // How well each is practised stands beside what is suggested.
    shell.ask(Command::RecallPractice);
    if let Some(first) = first {
        front.asked(shell.ask(first));
    }
    upstream::watch(config.playbooks.folders.clone(), session::ports(globals), shell.facts(), runtime.handle());
    let _watched = if front.guide.is_none() { reload::watch(shell.reloads(), globals, &config.text) } else { None };
    // What it answers is read from here on: how long that takes tells how slow the line is.
    front.console.ask();
    let result = runtime.block_on(drive(&mut shell, &mut front));
    drop(front);
    drop(guard);
    if let Some(error) = shell.unread() {
        return Err(error.into());
    }
    shell.leave_runs();
    shell.finish();
    if let Err(error) = shell.end_recording() {
        out::warn(&format!("midwatch: the recording is not whole: {error}"));
    }
    // The journal is drained before the process ends.
    drop(shell);
    runtime.shutdown_timeout(Duration::from_millis(100));
    result.map(|()| Exit::Done).map_err(Into::into)
}

async fn drive(shell: &mut Shell, front: &mut Front) -> io::Result<()> {
    let (sender, mut inputs) = unbounded_channel();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let turn = shell.turn();
    // Who stands still watches nothing: another process may.
    start_reader(move || terminal::await_stops(|| turn.iter().for_each(Turn::give_up)));
    start_reader(move || terminal::read_keys(|event| sender.send(event).is_ok(), || stopped.load(Ordering::Relaxed)));
    let result = shell.run(front, &mut inputs, Box::pin(ended()?)).await;
    stop.store(true, Ordering::Relaxed);
    result
}

/// What a newcomer may do next.
pub type Guide = Box<dyn Fn(&World) -> Option<Told>>;

/// The same in keys, and as a line to be typed.
pub struct Told {
    pub hint: Hint,
    pub typed: String,
}

struct Front {
    console: Console,
    draft: Draft,
    layout: Layout,
    guide: Option<Guide>,
    presence: Presence,
    facts: UnboundedSender<Fact>,
    /// What of its own could not be done the last time.
    hampered: BTreeSet<Own>,
}

impl Frontend for Front {
    type Input = TermEvent;

    fn input(&mut self, input: TermEvent, world: &World) -> Vec<Ask> {
        let requests = self.console.input(input, world);
        match self.console.eye() {
            Some(true) => self.presence.here(),
            Some(false) => self.presence.away(),
            None => {}
        }
        requests.into_iter().filter_map(|request| self.asked_of(request)).collect()
    }

    fn owes(&self) -> Option<Duration> {
        self.console.owes()
    }

    fn draw(&mut self, world: &World) -> io::Result<Option<Duration>> {
        if let Some(guide) = &self.guide {
            self.console.guide(guide(world).map(|told| told.hint));
        }
        if let Some(saved) = self.console.draft_to_keep(world).map(|text| self.draft.save(text)) {
            self.tell(Own::Draft, saved);
        }
        let stale = self.console.draw(world);
        self.presence.tell();
        stale
    }

    fn calls(&mut self, world: &World) -> Option<Command> {
        self.console.calls(world, || self.presence.looked(world.now.wall), can_call).map(Command::Call)
    }

    fn asked(&mut self, request: RequestId) {
        self.console.asked(request);
    }

    fn mention(&mut self, text: &str) {
        self.console.say(text);
    }

    fn continued(&mut self) -> io::Result<()> {
        self.console.continued()
    }

    fn may_lend(&mut self) -> bool {
        self.console.may_lend()
    }

    fn lend(&mut self, to: &Sitting, world: &World) -> io::Result<()> {
        self.console.lend(to, world)
    }

    fn take_back(&mut self, from: &Sitting, world: &World) -> io::Result<()> {
        self.console.take_back(from, world)
    }
}

impl Front {
    /// What fails is told, and what works again after that.
    fn tell(&mut self, what: Own, done: io::Result<()>) {
        let changed = if done.is_err() { self.hampered.insert(what) } else { self.hampered.remove(&what) };
        if changed {
            let why = done.err().map(|error| error.to_string());
            let _ = self.facts.send(Fact::Hampered { what, why });
        }
    }

    fn asked_of(&mut self, request: Request) -> Option<Ask> {
        match request {
            Request::Command(command) => Some(Ask::Command(at_home(command))),
            Request::Ui(Ui::Quit) => Some(Ask::Quit),
            Request::Ui(Ui::SaveDraft(text)) => {
                let saved = self.draft.save(&text);
                self.tell(Own::Draft, saved);
                None
            }
            Request::Ui(Ui::KeepLayout(text)) => {
                let kept = self.layout.keep(&text);
                self.tell(Own::Layout, kept);
                None
            }
            Request::Ui(Ui::Copy(_) | Ui::Wear(_) | Ui::Redraw | Ui::Suspend | Ui::Play(_)) => None,
        }
    }
}

/// Whoever types a path into the console has no shell that knows what `~` is.
fn at_home(command: Command) -> Command {
    let whole = |file: PathBuf| match (file.strip_prefix("~"), directories::BaseDirs::new()) {
        (Ok(rest), Some(dirs)) => dirs.home_dir().join(rest),
        _ => file,
    };
    match command {
        Command::Attach { incident, file, text, about } => Command::Attach { incident, file: whole(file), text, about },
        Command::Export { incident, file } => Command::Export { incident, file: file.map(whole) },
        other => other,
    }
}

fn preset(layout: &config::Layout) -> Preset {
    let thousandths = |share: Option<u16>| share.map(|percent| percent * 10);
    let hide = PANES.iter().map(|spec| spec.id).filter(|pane| layout.hide.iter().any(|word| word == pane.word())).collect();
    let (health, playbook, log) = (thousandths(layout.health), thousandths(layout.playbook), thousandths(layout.log));
    let shares = Shares { health, playbook, log, hide }.bounded();
    Preset { name: layout.name.clone(), about: "From the configuration.".to_owned(), shares }
}

/// Whether addresses are links: terminals that know none show what they don't understand.
fn links(look: &Look) -> bool {
    let term = std::env::var("TERM").unwrap_or_default();
    look.hyperlinks && !matches!(term.as_str(), "" | "dumb" | "linux" | "vt100" | "vt220" | "ansi")
}

/// The theme by name, or from a file, or by the terminal's background; at the depth that the terminal shows.
///
/// # Errors
/// Its file can't be read, or isn't one.
pub fn looks(look: &Look, depth: Depth) -> anyhow::Result<Looks> {
    let own = match look.theme.as_deref().filter(|name| Theme::embedded(name).is_none()) {
        None => None,
        Some(name) => {
            let text = std::fs::read_to_string(name).map_err(|error| {
                Failure::usage(format!("console.theme `{name}` is no theme of the program and no file: {error}"))
            })?;
            let mut problems = Problems::default();
            let theme = Theme::parse(&text, &mut problems);
            let shown = || problems.list.iter().map(|problem| problem.show(name, &text)).collect::<Vec<_>>().join("\n");
            Some(theme.ok_or_else(|| Failure::usage(shown()))?)
        }
    };
    let var = |name: &str| std::env::var(name).ok();
    let ascii = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| var(name).filter(|value| !value.is_empty()));
    let ascii = ascii.is_some_and(|locale| matches!(locale.as_str(), "C" | "POSIX"));
    let mut looks = Looks::new(look.theme.clone(), own, depth, ascii);
    match background::known(var) {
        Some(light) => drop(looks.on(light)),
        // Without colours there is nothing to choose.
        None => looks.by_background &= depth != Depth::None && var("TERM").is_some_and(|term| background::answers(&term)),
    }
    Ok(looks)
}

//! `midwatch replay`: an incident played on the real screen, for reviews and training. Nothing is recorded, sent or run.

mod loading;

use super::{Exit, Failure, Globals, Kind, colour, console, keys, library, out, session, subject};
use crate::domain::capture;
use crate::domain::timeline::People;
use crate::model::reel::{Play, Reel};
use crate::model::runs::{Given, RunFact};
use crate::model::timeline::View;
use crate::model::{Body, Fact, World};
use crate::runtime::player::{Player, Position, RATES};
use crate::runtime::{Ask, Frontend, shell};
use crate::tui::action::Action;
use crate::tui::keymap::Keymap;
use crate::tui::terminal::{self, TermEvent};
use crate::tui::{Console, Hint, Layouts, Request, Setup, Ui};
use chrono_tz::Tz;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;

pub const KIND: Kind =
    Kind { name: "replay", about: "Play an incident on the screen, to any second, at any speed", args, run, hidden: false };

fn args(command: Command) -> Command {
    command
        .arg(Arg::new("incident").required(true).value_name("INCIDENT|FILE").help(
            "INC-7, its id, or the beginning of the id; or an export of it: incident.jsonl, incident.json; or what `midwatch --record FILE` has kept",
        ))
        .arg(
            Arg::new("speed")
                .long("speed")
                .value_name("N")
                .default_value("1")
                .value_parser(speed)
                .help("How many times as fast as it was; + and - change it"),
        )
        .arg(
            Arg::new("at")
                .long("at")
                .value_name("WHEN")
                .allow_hyphen_values(true)
                .help("Where to begin: 14:02, +12m after the beginning, -5m before the end, or RFC 3339"),
        )
        .arg(Arg::new("stopped").long("stopped").action(ArgAction::SetTrue).help("Begin stopped: space lets it go on"))
}

fn speed(text: &str) -> Result<f64, String> {
    let rate = text.trim_end_matches(['x', '×']).parse().ok();
    let within = |rate: &f64| (RATES.0..=RATES.1).contains(rate);
    rate.filter(within).ok_or_else(|| format!("`{text}` is no speed: a number from {} to {}", RATES.0, RATES.1))
}

fn run(matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let name: &String = matches.get_one("incident").ok_or_else(|| Failure::usage("which incident?"))?;
    let globals = Globals { read_only: true, ..globals.clone() };
    let config = Arc::new(session::load_if_there(&globals)?);
    let wanted = Wanted {
        name: name.clone(),
        speed: matches.get_one("speed").copied().unwrap_or(1.0),
        at: matches.get_one("at").cloned(),
        stopped: matches.get_flag("stopped"),
    };
    if let Err(why) = console::screen("a replay", "`midwatch incident show` and `export` print") {
        // What is wrong with it is told first.
        wanted.read(&globals, &config)?;
        return Err(why.into());
    }
    let (keymap, looks) = (keys::bound(&config.console).0, console::looks(&config.console, colour::depth(&globals))?);
    terminal::hold_stops();
    let runtime = session::runtime()?;
    let (sender, mut inputs) = unbounded_channel();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    shell::start_reader(|| terminal::await_stops(|| ()));
    shell::start_reader(move || terminal::read_keys(|event| sender.send(event).is_ok(), || stopped.load(Ordering::Relaxed)));
    let (theirs, read) = (config.clone(), move |config: &session::Loaded| wanted.read(&globals, config));
    let read = runtime.block_on(loading::unless_given_up(name, &mut inputs, move || read(&theirs)))?;
    let Some(player) = read else {
        out::warn("midwatch: given up, nothing was played");
        return Ok(Exit::No);
    };
    let mut player = player?;
    let Position { from, to, .. } = player.position();
    let zone = config.console.zone;
    let setup = Setup {
        keymap: keymap.clone(),
        zone,
        draft: String::new(),
        replay: Some((from, to)),
        layouts: Layouts::default(),
        links: config.console.hyperlinks,
    };
    let mut front = Front { console: Console::open(setup, looks, config.console.mouse)?, keymap, zone, travels: false };
    front.console.ask();
    let result = runtime.block_on(async { player.run(&mut front, &mut inputs, Box::pin(shell::ended()?)).await });
    stop.store(true, Ordering::Relaxed);
    drop(front);
    runtime.shutdown_timeout(Duration::from_millis(100));
    result.map(|()| Exit::Done).map_err(Into::into)
}

/// What is to be played, and from where on.
struct Wanted {
    name: String,
    speed: f64,
    at: Option<String>,
    stopped: bool,
}

impl Wanted {
    fn read(&self, globals: &Globals, config: &session::Loaded) -> anyhow::Result<Player> {
        let reel = match subject::kept(&self.name)? {
            Some(reel) => reel,
            None => of_incident(globals, &self.name, config)?,
        };
        let mut player = Player::new(reel, self.speed);
        let Position { from, to, .. } = player.position();
        if let Some(text) = &self.at {
            let at = capture::within(text, from, to, config.console.zone);
            player.play(Play::To(at.map_err(|why| Failure::usage(format!("--at: {why}")))?));
            while player.position().travels {
                player.travel();
            }
        }
        if self.stopped {
            player.play(Play::Stop);
        }
        Ok(player)
    }
}

fn of_incident(globals: &Globals, name: &str, config: &session::Loaded) -> anyhow::Result<Reel> {
    let timeline = subject::timeline(globals, name, View { people: People::Names, zone: config.console.zone })?;
    let reel = Reel::of(&timeline, &config.settings, session::me(&config.settings));
    let mut reel = reel.ok_or_else(|| Failure::usage(format!("{name} has no entry: there is nothing to play")))?;
    with_books(&mut reel, config);
    Ok(reel)
}

/// The playbooks as they are today: the record says which steps were done, and not what stood there.
fn with_books(reel: &mut Reel, config: &session::Loaded) {
    let books = Arc::new(library::all(config).all().to_vec());
    if let Some((begin, _)) = reel.events.first().cloned() {
        let fact = Fact::Run(RunFact::Playbooks { books, given: Arc::new(Given::default()) });
        reel.events.insert(0, (begin, Body::Fact(fact)));
    }
}

struct Front {
    console: Console,
    keymap: Keymap,
    zone: Tz,
    /// It goes to a moment far away, which can be given up.
    travels: bool,
}

impl Frontend for Front {
    type Input = TermEvent;

    fn input(&mut self, input: TermEvent, world: &World) -> Vec<Ask> {
        if self.travels && terminal::is_escape(&input) {
            return vec![Ask::Play(Play::Stop)];
        }
        self.console.input(input, world).into_iter().filter_map(asked).collect()
    }

    fn owes(&self) -> Option<Duration> {
        self.console.owes()
    }

    fn draw(&mut self, world: &World) -> io::Result<Option<Duration>> {
        self.console.draw(world)
    }

    fn playing(&mut self, position: Position) {
        self.travels = position.travels;
        self.console.guide(Some(Hint::of(told(position, &self.keymap, self.zone))));
    }

    fn refused(&mut self, why: &str) {
        self.console.refused(why);
    }

    fn continued(&mut self) -> io::Result<()> {
        self.console.continued()
    }
}

fn asked(request: Request) -> Option<Ask> {
    match request {
        Request::Command(command) => Some(Ask::Command(command)),
        Request::Ui(Ui::Quit) => Some(Ask::Quit),
        Request::Ui(Ui::Play(play)) => Some(Ask::Play(play)),
        Request::Ui(Ui::SaveDraft(_) | Ui::KeepLayout(_) | Ui::Copy(_) | Ui::Wear(_) | Ui::Redraw | Ui::Suspend) => None,
    }
}

/// `▶ 14:02:11 of 13:58:00–14:41:20 ×8 · space stop · [ ] a minute · ? keys`.
fn told(position: Position, keymap: &Keymap, zone: Tz) -> String {
    let ended = position.at >= position.to;
    let (sign, verb) = match (ended, position.playing) {
        (true, _) => ("■", "begin again"),
        (false, true) => ("▶", "stop"),
        (false, false) => ("‖", "go on"),
    };
    let rate = if position.rate == 1.0 { String::new() } else { format!(" ×{}", position.rate) };
    let key = |action| keymap.key_of(action);
    let here = |at: chrono::DateTime<chrono::Utc>| at.with_timezone(&zone);
    let form = if here(position.from).date_naive() == here(position.to).date_naive() { "%H:%M:%S" } else { "%m-%d %H:%M:%S" };
    let clock = |at| here(at).format(form).to_string();
    let (at, from, to) = (clock(position.at), clock(position.from), clock(position.to));
    if position.travels {
        return format!("… {at} of {from}–{to} · esc stay here");
    }
    let (play, back, on, help) = (key(Action::Play), key(Action::Earlier), key(Action::Later), key(Action::Help));
    format!("{sign} {at} of {from}–{to}{rate} · {play} {verb} · {back} {on} a minute · {help} keys")
}

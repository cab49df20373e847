//! A defect of the console, or elsewhere in the program, leaves the terminal as it was, and what was recorded.

use super::log;
use super::support::home::Home;
use super::support::pty::Pty;
use crossterm::event::KeyCode;
use midwatch::domain::entry::{Actor, Kind};
use midwatch::journal::{Options, SqliteJournal};
use midwatch::model::command::Marks;
use midwatch::model::{Command, World};
use midwatch::ports::Ports;
use midwatch::runtime::{Ask, Frontend, Polling, Shell};
use midwatch::tui::Console;
use midwatch::tui::keymap::Keymap;
use midwatch::tui::terminal::{TermEvent, read_keys};
use midwatch::tui::theme::{Depth, Looks};

/// A console that fails when it is told to.
struct Defect(Console);

impl Frontend for Defect {
    type Input = TermEvent;

    fn input(&mut self, input: TermEvent, _world: &World) -> Vec<Ask> {
        let TermEvent::Key(key) = input else { return Vec::new() };
        match key.code {
            KeyCode::Char('n') => vec![Ask::Command(Command::Note {
                incident: None,
                kind: Kind::Note,
                text: "written just before".into(),
                at: None,
                marks: Marks::default(),
            })],
            KeyCode::Char('!') => panic!("a defect of the loop"),
            KeyCode::Char('@') => {
                assert!(std::thread::spawn(|| panic!("a defect elsewhere")).join().is_err());
                Vec::new()
            }
            KeyCode::Char('q') => vec![Ask::Quit],
            _ => Vec::new(),
        }
    }

    fn draw(&mut self, world: &World) -> std::io::Result<Option<std::time::Duration>> {
        self.0.draw(world)
    }
}

#[test]
#[ignore = "is the program in the terminal of the two tests below"]
fn defect() {
    let data = std::path::PathBuf::from(std::env::var("DATA").expect("a data folder"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let _inside = runtime.enter();
    let journal = SqliteJournal::open(&data, Options::default()).expect("a journal");
    let setup = midwatch::runtime::Setup {
        settings: Default::default(),
        me: Actor::person("ana", None),
        sources: Vec::new(),
        feeds: Vec::new(),
        tellers: Vec::new(),
        ports: Ports::real(),
        journal: Some((Box::new(journal), data)),
        polling: Polling::Nothing,
        watch: true,
    };
    let mut shell = Shell::start(setup).expect("begins");
    let look = midwatch::tui::Setup {
        keymap: Keymap::default(),
        zone: chrono_tz::Tz::UTC,
        draft: String::new(),
        replay: None,
        layouts: midwatch::tui::Layouts::default(),
        links: true,
    };
    let mut front = Defect(Console::open(look, Looks::new(None, None, Depth::True, false), true).expect("a terminal"));
    let (sender, mut inputs) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || read_keys(|event| sender.send(event).is_ok(), || false));
    runtime.block_on(shell.run(&mut front, &mut inputs, Box::pin(std::future::pending()))).expect("a terminal");
}

fn defective(home: &Home) -> Pty {
    let program = std::env::current_exe().expect("this program");
    let data = home.path().join("data").display().to_string();
    let env = [("DATA", data), ("TERM", "xterm-256color".into()), ("LANG", "C.UTF-8".into())];
    let env = env.map(|(name, value)| (name.to_owned(), value));
    let args = ["--ignored", "--exact", "defects::defect", "--nocapture"];
    let mut console = Pty::open([&[program.to_str().expect("text")], &args[..]].concat(), &env, home.path(), 120, 40);
    console.wait_for("Nothing is recorded yet");
    console
}

#[test]
fn a_panic_leaves_the_terminal_as_it_was_with_its_report_on_it_and_the_journal_whole() {
    let home = Home::with("operator: {name: ana}\n");
    let mut console = defective(&home);
    console.keys("n!");
    assert!(!console.wait_exit().success());
    console.assert_restored();
    let screen = console.screen();
    assert!(screen.contains("tests/console_exits/defects.rs:") && screen.contains("a defect of the loop"), "{screen}");
    assert!(log(&home).contains("written just before"));
}

#[test]
fn a_defect_that_is_not_the_consoles_own_leaves_it_the_terminal_and_is_told_at_its_end() {
    let home = Home::with("operator: {name: ana}\n");
    let mut console = defective(&home);
    console.keys("@n");
    console.wait_for("written just before");
    assert!(!console.screen().contains("a defect elsewhere"));
    console.keys("q");
    assert!(console.wait_exit().success());
    console.assert_restored();
    let screen = console.screen();
    assert!(screen.contains("please report this") && screen.contains("a defect elsewhere"), "{screen}");
}

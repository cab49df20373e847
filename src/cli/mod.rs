//! The command line: one file per subcommand, one line in `COMMANDS`. Help, completions and the manual derive from it.
//! This is where the parts are put together; `anyhow` is allowed here and in `main` alone.

mod ack;
mod act;
mod alerts;
mod attach;
mod change;
mod check;
#[expect(clippy::disallowed_methods, reason = "asks the environment whether colours are wanted")]
mod colour;
mod completions;
#[expect(clippy::disallowed_methods, reason = "reads the theme and keeps the draft of a note")]
mod console;
mod correct;
#[expect(clippy::disallowed_methods, reason = "its servers, its clock and its temporary folder are its own")]
mod demo;
mod deny;
mod drill;
#[expect(clippy::disallowed_methods, reason = "writes the file that the person named, and reads the template")]
mod export;
mod failure;
mod feeds;
mod handoff;
mod history;
mod incident;
mod init;
mod journal;
mod keys;
mod lasting;
#[expect(clippy::disallowed_methods, reason = "hands the environment and the files that playbooks name to their runs")]
mod library;
mod log;
mod maintenance;
mod man;
mod note;
mod out;
mod page;
mod plain;
mod playbook;
mod readiness;
mod reference;
mod reload;
mod replay;
mod serve;
mod services;
#[expect(clippy::disallowed_methods, reason = "a configuration that is missing is no error, one that is broken is told")]
mod session;
mod shelf;
mod silence;
mod silences;
mod stats;
#[expect(clippy::disallowed_methods, reason = "reads the export that a person named")]
mod subject;
mod supervise;
mod target;
mod themes;
mod unack;
mod unsilence;

pub use failure::{Exit, Failure};

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// One subcommand.
pub struct Kind {
    pub name: &'static str,
    /// One sentence for help and docs.
    pub about: &'static str,
    /// Adds its arguments.
    pub args: fn(Command) -> Command,
    pub run: fn(&ArgMatches, &Globals) -> anyhow::Result<Exit>,
    /// Not for people: shown in no help.
    pub hidden: bool,
}

/// Every subcommand, sorted by name.
pub const COMMANDS: &[Kind] = &[
    supervise::KIND,
    ack::KIND,
    alerts::KIND,
    act::ASSIGN,
    change::KIND,
    check::KIND,
    act::COMMENT,
    completions::KIND,
    correct::KIND,
    demo::KIND,
    deny::KIND,
    act::DOWNTIME,
    drill::KIND,
    act::ESCALATE,
    export::KIND,
    unsilence::EXTEND,
    feeds::KIND,
    handoff::KIND,
    history::KIND,
    incident::KIND,
    init::KIND,
    journal::KIND,
    keys::KIND,
    log::KIND,
    maintenance::KIND,
    man::KIND,
    act::MERGE,
    note::KIND,
    page::KIND,
    playbook::KIND,
    act::PRIORITY,
    readiness::KIND,
    act::RECHECK,
    reference::KIND,
    replay::KIND,
    act::RESOLVE,
    serve::KIND,
    services::KIND,
    silence::KIND,
    silences::KIND,
    act::SNOOZE,
    stats::KIND,
    themes::KIND,
    unack::KIND,
    unsilence::KIND,
];

/// What every subcommand understands.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Globals {
    /// The configuration file, instead of $MIDWATCH_CONFIG or the platform's configuration folder
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder (journal, run folders), instead of the platform's
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Print one JSON document on standard output, and nothing else
    #[arg(long, global = true)]
    pub json: bool,
    /// Record, send and run nothing
    #[arg(long, global = true)]
    pub read_only: bool,
    /// When to colour: auto, always, never
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: colour::When,
    /// Print errors alone on standard error
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Say more on standard error: which files are used, and what each source answered
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// Arguments that mean the same wherever they stand.
const ARGUMENTS: &[(&str, &str)] = &[
    ("file", "The file"),
    ("incident", "INC-7, its id, or the beginning of the id"),
    ("name", "The id of the playbook"),
    ("reason", "Why: it stands in the log"),
    ("run", "The id of the run, or its beginning"),
    ("step", "The id of the step"),
];

/// Every argument that says nothing of itself says what it is everywhere.
fn explained(command: Command) -> Command {
    let help = |argument: &clap::Arg| {
        let known = ARGUMENTS.iter().find(|(name, _)| argument.get_id() == name).filter(|_| argument.get_help().is_none());
        known.map(|(_, help)| *help)
    };
    let explain = |argument: clap::Arg| match help(&argument) {
        Some(text) => argument.help(text),
        None => argument,
    };
    command.mut_args(explain).mut_subcommands(explained)
}

/// The whole tree of commands.
pub fn tree() -> Command {
    root(with_arguments)
}

fn with_arguments(command: Command) -> Command {
    match COMMANDS.iter().find(|kind| kind.name == command.get_name()) {
        Some(kind) => explained((kind.args)(command)),
        None => command,
    }
}

/// The tree with every command as `grown` makes it.
fn root(grown: fn(Command) -> Command) -> Command {
    // First of all: it would set the description to its own.
    let root = Globals::augment_args(Command::new("midwatch"))
        .arg(
            Arg::new("record")
                .long("record")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Without a command: keep all that happens in this session, for a bug report; `replay FILE` plays it"),
        )
        .arg(
            Arg::new("plain")
                .long("plain")
                .action(ArgAction::SetTrue)
                .help("Without a command: the console as spoken lines, in which every command can be typed; for screen readers"),
        )
        .version(env!("CARGO_PKG_VERSION"))
        .about("The terminal incident console: alerts, health, playbooks and the incident log on one screen")
        .after_help(
            "Without a command: opens the console on the configuration. New here? `midwatch demo`, then `midwatch init`.",
        );
    let kinds = COMMANDS.iter().map(|kind| grown(Command::new(kind.name).about(kind.about).hide(kind.hidden)));
    kinds.fold(root, Command::subcommand)
}

/// Parses the command line, runs it, and says how it went.
pub fn run(argv: impl IntoIterator<Item = OsString>) -> ExitCode {
    let argv: Vec<OsString> = argv.into_iter().collect();
    // Only the command that is given grows its arguments: all of them would be made for nothing before each first frame.
    let tree = root(|command| command.defer(with_arguments));
    let matches = match tree.color(colour::choice(&argv)).try_get_matches_from(argv) {
        Ok(matches) => matches,
        Err(usage) => {
            let code = if usage.use_stderr() { Exit::Usage } else { Exit::Done };
            // Nobody is left to be told if standard error is closed.
            let _ = usage.print();
            return code.into();
        }
    };
    match dispatch(&matches) {
        Ok(exit) => exit.into(),
        Err(error) => failure::report(&error),
    }
}

fn dispatch(matches: &ArgMatches) -> anyhow::Result<Exit> {
    let globals = Globals::from_arg_matches(matches)?;
    let record = matches.get_one::<PathBuf>("record");
    if record.is_some() && matches.subcommand().is_some() {
        return Err(Failure::usage("--record keeps a session of the console: leave the command away").into());
    }
    let plain = matches.get_flag("plain");
    if plain && matches.subcommand().is_some() {
        return Err(Failure::usage("--plain is the console in lines: leave the command away").into());
    }
    match matches.subcommand() {
        Some((name, matches)) => match COMMANDS.iter().find(|kind| kind.name == name) {
            Some(kind) => (kind.run)(matches, &Globals::from_arg_matches(matches)?),
            None => Err(Failure::usage(format!("no command is named {name}")).into()),
        },
        None if plain => {
            plain::refuse(record.is_some(), globals.json)?;
            plain::run(&globals, None)
        }
        None => console::open(&globals, record.map(PathBuf::as_path)),
    }
}

/// How long, as an option takes it.
fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "write 5m, 1h30m or 2d".to_owned())
}

//! Every command with its arguments, by the tree that the program parses with.

use super::table::{code, table};
use crate::cli::{self, Exit};
use clap::{Arg, Command};

/// One command, as the reference and the manual tell it.
pub struct Told {
    /// With those above it: `midwatch incident open`.
    pub name: String,
    pub about: String,
    pub arguments: Vec<Argument>,
}

pub struct Argument {
    /// As it is typed; the short name before the long one.
    pub names: Vec<String>,
    pub meaning: String,
    /// What holds where it does not stand.
    pub otherwise: String,
}

/// The options of every command, and then each command, the program itself first.
pub fn told() -> (Vec<Argument>, Vec<Told>) {
    let mut tree = cli::tree();
    tree.build();
    let of_every = tree.get_arguments().filter(|arg| arg.is_global_set()).map(argument).collect();
    let about = "Opens the console on the configuration".to_owned();
    let mut all = vec![Told { name: "midwatch".to_owned(), about, arguments: own(&tree) }];
    let mut commands: Vec<&Command> = below(&tree).collect();
    commands.sort_by_key(|one| one.get_name());
    commands.into_iter().for_each(|one| tell(one, "midwatch", &mut all));
    (of_every, all)
}

fn below(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help")
}

fn own(command: &Command) -> Vec<Argument> {
    let shown = |arg: &&Arg| !arg.is_global_set() && !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str());
    command.get_arguments().filter(shown).map(argument).collect()
}

/// One, and those below it.
fn tell(command: &Command, above: &str, all: &mut Vec<Told>) {
    let name = format!("{above} {}", command.get_name());
    let about = command.get_about().map(ToString::to_string).unwrap_or_default().trim_end_matches('.').to_owned();
    all.push(Told { name: name.clone(), about, arguments: own(command) });
    below(command).for_each(|one| tell(one, &name, all));
}

fn argument(arg: &Arg) -> Argument {
    Argument { names: names(arg), meaning: meaning(arg), otherwise: otherwise(arg) }
}

fn names(arg: &Arg) -> Vec<String> {
    let takes = arg.get_action().takes_values();
    let value = arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let many = if arg.get_num_args().is_some_and(|range| range.max_values() > 1) { "…" } else { "" };
    let long = arg
        .get_long()
        .map(|long| if takes && !value.is_empty() { format!("--{long} {value}{many}") } else { format!("--{long}") });
    let names: Vec<String> = arg.get_short().map(|short| format!("-{short}")).into_iter().chain(long).collect();
    if names.is_empty() { vec![format!("{value}{many}")] } else { names }
}

fn meaning(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let choices = if arg.get_action().takes_values() { arg.get_possible_values() } else { Vec::new() };
    let words: Vec<&str> = choices.iter().filter(|one| !one.is_hide_set()).map(clap::builder::PossibleValue::get_name).collect();
    // What help says of each is said once.
    let told = words.iter().all(|word| help.contains(word));
    if words.is_empty() || told { help } else { format!("{help}: {}", words.join(", ")) }
}

fn otherwise(arg: &Arg) -> String {
    let values: Vec<String> = arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    match (values.is_empty(), arg.is_required_set()) {
        (false, _) if arg.get_action().takes_values() => values.join(", "),
        (_, true) => "needed".to_owned(),
        _ => String::new(),
    }
}

pub fn all() -> String {
    let (of_every, commands) = told();
    let each = commands.iter().map(|one| {
        let own = if one.arguments.is_empty() { String::new() } else { format!("\n{}", arguments(&one.arguments)) };
        format!("### {}\n\n{}.\n{own}", one.name, one.about)
    });
    format!("Options of every command:\n\n{}\n{}", arguments(&of_every), each.collect::<Vec<_>>().join("\n"))
}

fn arguments(arguments: &[Argument]) -> String {
    let row = |one: &Argument| {
        let names: Vec<String> = one.names.iter().map(|name| code(name)).collect();
        vec![names.join(", "), one.meaning.clone(), one.otherwise.clone()]
    };
    table(&["argument", "meaning", "otherwise"], arguments.iter().map(row))
}

pub fn exits() -> String {
    table(&["code", "means"], Exit::ALL.iter().map(|exit| vec![code(&exit.code().to_string()), exit.about().to_owned()]))
}

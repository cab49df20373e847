//! Variables that a block uses: where may each have its value from? A guess; `sh -u` decides when the block runs.

use super::{Document, Shell};
use crate::domain::node::{Problems, nearest};
use crate::playbook::MOST_PROBLEMS;
use crate::playbook::shell::{Command, Script, Variable, is_name};
use std::cell::LazyCell;
use std::collections::BTreeSet;

/// What every block finds in its environment, and what the shell sets itself.
const GIVEN: &[&str] = &[
    "EUID",
    "HOME",
    "HOSTNAME",
    "IFS",
    "LANG",
    "LINENO",
    "OLDPWD",
    "OPTARG",
    "OPTIND",
    "PATH",
    "PIPESTATUS",
    "PLAYBOOK_ATTEMPT",
    "PLAYBOOK_DIR",
    "PLAYBOOK_MODE",
    "PLAYBOOK_OUT",
    "PLAYBOOK_RUN",
    "PLAYBOOK_STEP",
    "PPID",
    "PWD",
    "RANDOM",
    "REPLY",
    "SECONDS",
    "SHELL",
    "SHLVL",
    "SSH_AUTH_SOCK",
    "TERM",
    "TZ",
    "UID",
    "USER",
];

pub fn unset(document: &Document<'_>, shell: &Shell<'_>, problems: &mut Problems) {
    let set = set(&shell.script);
    // Seldom needed: most of what a block uses it sets.
    let outside = LazyCell::new(|| outside(document));
    let mut told = BTreeSet::new();
    for variable in used(&shell.script).filter(|variable| !variable.defaulted) {
        if problems.list.len() >= MOST_PROBLEMS {
            // They would be told to nobody, and to compare each with all the others takes its time.
            return;
        }
        let name = variable.name;
        if set.contains(name) || given(name) || outside.contains(name) || !told.insert(name) {
            continue;
        }
        let known: Vec<&str> = outside.iter().chain(&set).copied().collect();
        let help = match nearest(name, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                "declare it under `params`, set it in this block, or list it under `playbooks.env` in the configuration".into()
            }
        };
        let span = document.place(shell.block, variable.at, 1 + name.len());
        problems.lint(
            "W115",
            span,
            format!("nothing sets `{name}`: it is no parameter, no output, and not set in this block"),
            help,
        );
    }
}

fn given(name: &str) -> bool {
    GIVEN.contains(&name) || name.starts_with("LC_") || name.starts_with("BASH")
}

/// Parameters and the outputs of all steps.
fn outside<'a>(document: &Document<'a>) -> BTreeSet<&'a str> {
    let outputs = document.playbook.steps.iter().flat_map(|step| &step.fields.outputs);
    let params = document.playbook.params.iter().map(|param| param.name.as_str());
    params.chain(outputs.map(|output| output.name.as_str())).collect()
}

pub fn used<'a>(script: &'a Script<'a>) -> impl Iterator<Item = &'a Variable<'a>> {
    let words =
        script.commands.iter().flat_map(|command| command.words.iter().chain(command.redirects.iter().map(|(_, word)| word)));
    words.flat_map(|word| &word.variables).chain(&script.documents)
}

/// What the block sets somewhere; in which order is the shell's business.
pub fn set<'a>(script: &Script<'a>) -> BTreeSet<&'a str> {
    script.commands.iter().flat_map(sets).collect()
}

fn sets<'a>(command: &Command<'a>) -> Vec<&'a str> {
    let mut set: Vec<&str> = command.words.iter().filter_map(|word| word.assigned()).map(|(name, _)| name).collect();
    let names = || command.arguments().map(|word| word.raw).filter(|word| is_name(word));
    match command.program() {
        "for" | "select" | "getopts" => set.extend(names().take(2)),
        "read" | "mapfile" | "readarray" | "export" | "local" | "declare" | "readonly" | "typeset" | "printf" => {
            set.extend(names())
        }
        // Who knows what another file sets?
        _ => {}
    }
    set
}

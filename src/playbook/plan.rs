//! What a run would do, in order, without doing any of it.

use super::shell::Command;
use crate::domain::playbook::{Block, Language, ParamValue, Playbook, Resolved, Section, Step};
use std::collections::BTreeSet;

/// The plan of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan<'a> {
    pub playbook: &'a Playbook,
    pub params: Vec<PlanParam<'a>>,
    /// Before you start, Steps, Verify and Afterwards; Rollback comes last, as it would only if it must.
    pub steps: Vec<&'a Step>,
    pub rollback: Vec<&'a Step>,
    /// Programs that the blocks name and that were not found: a guess by their first words.
    pub missing: Vec<String>,
    /// Why a run can't be started, one sentence each.
    pub obstacles: Vec<String>,
}

/// One parameter with its value and where that came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanParam<'a> {
    pub name: &'a str,
    /// `None` where there is no value; a secret is `•••`.
    pub value: Option<String>,
    pub origin: Option<String>,
    pub help: Option<&'a str>,
}

/// Plans a run. `installed` says whether a program can be found.
pub fn plan<'a>(playbook: &'a Playbook, resolved: &Resolved, installed: &dyn Fn(&str) -> bool) -> Plan<'a> {
    let sections = [Section::Before, Section::Steps, Section::Verify, Section::Afterwards];
    let steps: Vec<&Step> = sections.iter().flat_map(|section| playbook.section(*section)).collect();
    let rollback: Vec<&Step> = playbook.section(Section::Rollback).collect();
    let blocks = steps.iter().chain(&rollback).flat_map(|step| [&step.body, &step.status, &step.undo]).flatten();
    let tools: BTreeSet<String> = blocks.filter(|block| is_shell(block)).flat_map(|block| tools(&block.text)).collect();
    Plan {
        params: params(playbook, resolved),
        missing: tools.into_iter().filter(|tool| !installed(tool)).collect(),
        obstacles: playbook.unfit().into_iter().chain(resolved.refused.iter().map(ToString::to_string)).collect(),
        playbook,
        steps,
        rollback,
    }
}

fn is_shell(block: &Block) -> bool {
    matches!(block.lang, Language::Sh | Language::Bash)
}

fn params<'a>(playbook: &'a Playbook, resolved: &Resolved) -> Vec<PlanParam<'a>> {
    let one = |param: &'a crate::domain::playbook::Param| {
        let found = resolved.values.iter().find(|(name, ..)| *name == param.name);
        let shown = |value: &ParamValue| value.plain().map_or_else(|| "•••".to_owned(), str::to_owned);
        PlanParam {
            name: &param.name,
            value: found.map(|(_, value, _)| shown(value)),
            origin: found.map(|(.., origin)| origin.to_string()),
            help: param.help.as_deref(),
        }
    };
    playbook.params.iter().map(one).collect()
}

/// What the shell knows itself.
const BUILT_IN: &[&str] = &[
    ".", ":", "[", "[[", "alias", "break", "case", "cd", "command", "continue", "declare", "do", "done", "echo", "elif", "else",
    "esac", "eval", "exec", "exit", "export", "false", "fi", "for", "function", "getopts", "hash", "if", "in", "kill", "local",
    "printf", "pwd", "read", "readonly", "return", "set", "shift", "shopt", "source", "test", "then", "times", "trap", "true",
    "type", "ulimit", "umask", "unset", "until", "wait", "while", "{", "}", "!",
];

/// The programs that a block names, as they are written.
pub fn tools(text: &str) -> BTreeSet<String> {
    let script = super::shell::read(text);
    let own: BTreeSet<&str> = script.commands.iter().filter_map(|command| function(command)).collect();
    let plain = |name: &&str| {
        let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
        letters && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
    };
    let names = script.commands.iter().filter_map(Command::name).filter(plain);
    names.filter(|name| !BUILT_IN.contains(name) && !own.contains(name)).map(str::to_owned).collect()
}

/// `name` where `name() {` defines it.
fn function<'a>(command: &Command<'a>) -> Option<&'a str> {
    command.defines.then(|| command.name()).flatten()
}

#[cfg(test)]
mod tests {
    use super::tools;

    fn found(text: &str) -> Vec<String> {
        tools(text).into_iter().collect()
    }

    #[test]
    fn the_programs_of_a_block_are_found_and_words_are_not() {
        assert_eq!(
            found("q='select now()'\ngap=$(psql -h \"$H\" -XAtc \"$q\" | tr -d ' ')\necho \"GAP=$gap\"\n"),
            ["psql", "tr"]
        );
        assert_eq!(found("if ! pg_isready; then curl x && jq .a; fi # gone\n"), ["curl", "jq", "pg_isready"]);
        assert_eq!(found("psql <<'SQL'\nselect 1;\nSQL\ndf -P\n"), ["df", "psql"]);
        assert_eq!(found("for f in a b; do rm \"$f\"; done\nexport A=b\n"), ["rm"]);
        assert_eq!(found("echo \"at $(date -u)\"\n"), ["date"]);
    }
}

//! A `dry-run` block must change nothing: known verbs that do (W109).

use super::Document;
use crate::domain::node::Problems;
use crate::domain::playbook::{Block, Language, Step};
use crate::playbook::shell::{self, Command};
use regex::Regex;
use std::sync::LazyLock;

/// Programs that change something whatever they are told.
const ALWAYS: &[&str] = &[
    "chmod",
    "chown",
    "dd",
    "fdisk",
    "halt",
    "kill",
    "killall",
    "mv",
    "parted",
    "pg_resetwal",
    "pkill",
    "poweroff",
    "reboot",
    "rm",
    "rmdir",
    "shred",
    "shutdown",
    "truncate",
    "umount",
    "wipefs",
];

/// Programs that change something when one of these words is among their arguments.
const WITH: &[(&str, &[&str])] = &[
    ("docker", &["kill", "restart", "rm", "run", "start", "stop"]),
    ("find", &["-delete"]),
    ("git", &["checkout", "commit", "merge", "push", "reset", "revert"]),
    ("ip", &["add", "del", "flush"]),
    ("kubectl", &["apply", "cordon", "create", "delete", "drain", "edit", "patch", "replace", "rollout", "scale", "uncordon"]),
    ("pg_ctl", &["promote", "reload", "restart", "start", "stop"]),
    ("podman", &["kill", "restart", "rm", "run", "start", "stop"]),
    ("redis-cli", &["DEL", "FAILOVER", "FLUSHALL", "FLUSHDB", "REPLICAOF", "SET", "SHUTDOWN", "SLAVEOF"]),
    ("sed", &["-i", "--in-place"]),
    ("service", &["reload", "restart", "start", "stop"]),
    ("systemctl", &["disable", "enable", "mask", "reload", "restart", "start", "stop"]),
    ("curl", &["-XDELETE", "-XPATCH", "-XPOST", "-XPUT", "DELETE", "PATCH", "POST", "PUT", "--data", "-d"]),
];

static SQL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let verbs =
        r"(?i)(?:^|[;'\x22(]|\n)\s*(?:alter|create|delete\s+from|drop|grant|insert\s+into|revoke|truncate|update|vacuum)\s";
    Regex::new(verbs).ok()
});

pub fn changes(document: &Document<'_>, step: &Step, problems: &mut Problems) {
    let Some(block) = &step.dry_run else { return };
    let Some((verb, span)) = verb(document, block) else { return };
    let message = format!("`{verb}` in a `dry-run` block changes something");
    let help = "ask what would happen (`--dry-run`, `--check`, a query), or leave the block out";
    problems.lint("W109", span, message, help.to_owned());
}

fn verb(document: &Document<'_>, block: &Block) -> Option<(String, crate::domain::node::Span)> {
    if block.lang == Language::Http {
        let method = block.text.split_whitespace().next().filter(|method| !matches!(*method, "GET" | "HEAD" | "OPTIONS"))?;
        return Some((method.to_owned(), document.place(block, block.text.find(method)?, method.len())));
    }
    let script = shell::read(&block.text);
    let command = script.commands.iter().find(|command| mutates(command))?;
    Some((command.program().to_owned(), document.place(block, command.at(), command.name()?.len())))
}

fn mutates(command: &Command<'_>) -> bool {
    let rehearses = command.arguments().any(|word| word.raw.starts_with("--dry-run") || word.raw.starts_with("--check"));
    let program = command.program();
    let with = WITH.iter().any(|(name, words)| *name == program && words.iter().any(|word| command.has(word)));
    let kills = program == "kill" && (command.has("-0") || command.has("-l"));
    let writes = program == "rsync" && !command.flag('n');
    let sql = matches!(program, "psql" | "mysql" | "mariadb" | "sqlite3") && command.arguments().any(|word| is_sql(word.raw));
    !rehearses && (ALWAYS.contains(&program) && !kills || program.starts_with("mkfs") || with || writes || sql)
}

fn is_sql(text: &str) -> bool {
    SQL.as_ref().is_some_and(|verbs| verbs.is_match(text))
}

//! `midwatch man`: the manual page, made from the tree of commands and what else the program knows of itself.

use super::reference::commands::{self, Argument};
use super::{Exit, Globals, Kind, out};
use clap::ArgMatches;
use serde_json::json;
use std::fmt::Write;

pub const KIND: Kind = Kind { name: "man", about: "Print the manual page", args: |command| command, run, hidden: false };

fn run(_matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    match globals.json {
        true => out::json(&json!({"schema": 1, "man": page()}))?,
        false => out::text(&page())?,
    }
    Ok(Exit::Done)
}

const ENVIRONMENT: &[(&str, &str)] = &[
    ("MIDWATCH_CONFIG", "The configuration file, where --config names none"),
    ("NO_COLOR", "Set to anything: no colours"),
    ("TERM, COLORTERM, COLORFGBG", "How many colours the terminal has, and whether its background is light"),
    ("LC_ALL, LC_CTYPE, LANG", "C and POSIX: the screen is drawn in ASCII alone"),
    ("TZ", "The zone of times, where the configuration names none"),
    ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME", "Where the folders below lie"),
    ("ALERTMANAGER_URL, ALERTMANAGER_URI, PROMETHEUS_URL, PROMETHEUS_URI", "What `midwatch init` asks"),
];

const FILES: &[(&str, &str)] = &[
    ("~/.config/midwatch/config.yaml", "The configuration; never one of the current folder, for it can name commands to run"),
    ("~/.local/share/midwatch/journal.db", "The journal: everything that was recorded"),
    ("~/.local/share/midwatch/runs/", "What the commands of playbooks have written"),
    ("~/.local/share/midwatch/evidence/", "Attached files, each under its digest"),
    ("~/.cache/midwatch/", "The last snapshots, for a first frame that tells something"),
];

const EXAMPLES: &[(&str, &str)] = &[
    ("midwatch demo storm", "A simulated outage to resolve, without any configuration"),
    ("midwatch init", "Write a first configuration"),
    ("midwatch check --live --strict", "Judge all of it, and ask every source and feed once"),
    ("midwatch alerts --filter \"severity>=warning and not service:stripe\" --json", "What fires, for a script"),
    ("midwatch ack prod/de777077d383d7bc --for 1h --note \"looking\"", "Own an alert"),
    ("midwatch incident open \"checkout down\" --severity SEV1", "Declare an incident"),
    ("midwatch playbook run disk-filling --param DIR=/var/log", "Run a playbook; what changes something is asked for"),
    ("midwatch export INC-7 --format html --output incident-7.html", "The timeline of an incident, as one page"),
];

/// The whole page.
fn page() -> String {
    let (of_every, commands) = commands::told();
    let mut page = format!(".TH MIDWATCH 1 \"\" \"midwatch {}\" \"User Commands\"\n", env!("CARGO_PKG_VERSION"));
    // Writing to a String can't fail.
    let _ = writeln!(page, ".SH NAME\nmidwatch \\- the terminal incident console");
    let _ = writeln!(page, ".SH SYNOPSIS\n.B midwatch\n[\\fIoptions\\fR] [\\fIcommand\\fR]");
    let about = "Alerts, health, playbooks and the incident log on one screen. Without a command the console opens on the configuration. \
         What is about to be done is written down before it is done. New here? midwatch demo, then midwatch init.";
    let _ = writeln!(page, ".SH DESCRIPTION\n{}", text(about));
    page += ".SH OPTIONS\n";
    of_every.iter().for_each(|argument| told(argument, &mut page));
    page += ".SH COMMANDS\n";
    for command in commands {
        let _ = writeln!(page, ".SS {}\n{}.", text(&command.name), text(&command.about));
        command.arguments.iter().for_each(|argument| told(argument, &mut page));
    }
    let exits: Vec<(String, &str)> = Exit::ALL.iter().map(|exit| (exit.code().to_string(), exit.about())).collect();
    let borrowed = exits.iter().map(|(code, about)| (code.as_str(), *about));
    section("EXIT STATUS", &borrowed.collect::<Vec<_>>(), &mut page);
    section("ENVIRONMENT", ENVIRONMENT, &mut page);
    section("FILES", FILES, &mut page);
    section("EXAMPLES", EXAMPLES, &mut page);
    page
}

fn section(heading: &str, rows: &[(&str, &str)], page: &mut String) {
    let _ = writeln!(page, ".SH {heading}");
    for (name, about) in rows {
        let _ = writeln!(page, ".TP\n\\fB{}\\fR\n{}.", text(name), text(about));
    }
}

fn told(argument: &Argument, page: &mut String) {
    let names: Vec<String> = argument.names.iter().map(|name| format!("\\fB{}\\fR", text(name))).collect();
    let otherwise = match argument.otherwise.as_str() {
        "" => String::new(),
        "needed" => " It is needed.".to_owned(),
        value => format!(" Otherwise {}.", text(value)),
    };
    let _ = writeln!(page, ".TP\n{}\n{}.{otherwise}", names.join(", "), text(argument.meaning.trim_end_matches('.')));
}

/// Nothing of it is a request or an escape of the formatter.
fn text(plain: &str) -> String {
    let escaped = plain.replace('\\', "\\e").replace('-', "\\-").replace('\n', " ").replace('…', "...");
    if escaped.starts_with(['.', '\'']) { format!("\\&{escaped}") } else { escaped }
}

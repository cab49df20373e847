//! `midwatch reference`: everything that the program knows of itself, as the page `docs/reference.md`: commands, keys, and every kind.

pub(super) mod commands;
mod kinds;
mod table;

use super::{Exit, Globals, Kind, out};
use clap::ArgMatches;
use serde_json::json;

pub const KIND: Kind = Kind {
    name: "reference",
    about: "Print the reference of commands, configuration, keys and every kind, as Markdown",
    args: |command| command,
    run,
    hidden: false,
};

fn run(_matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    match globals.json {
        true => out::json(&json!({"schema": 1, "reference": page()}))?,
        false => out::text(&page())?,
    }
    Ok(Exit::Done)
}

type Section = (&'static str, &'static str, fn() -> String);

/// Headings, a sentence each, and what stands below.
const SECTIONS: &[Section] = &[
    ("Commands", "Data goes to standard output, everything else to standard error.", commands::all),
    ("Exit codes", "Of every command.", commands::exits),
    (
        "Configuration",
        "One YAML file; the [chapter](configuration.md) explains what needs more than a line.",
        kinds::configuration,
    ),
    ("Sources", "Where alerts come from; the [chapter](sources.md) has examples and what is special about each.", kinds::sources),
    ("Feeds", "What is watched, and how; the [chapter](feeds.md) has examples and what is special about each.", kinds::feeds),
    ("Updates", "Where people are told; the [chapter](team.md#updates) has examples.", kinds::tellers),
    ("Filters", "One language on the screen (`/`), in `--filter` and in views.", kinds::filters),
    ("Keys", "Every action can be bound by its name: `console: {keys: {ack: [a, ctrl-a]}}`.", kinds::keys),
    ("Actions", "What each of them does.", kinds::actions),
    ("Themes", "For `console.theme`.", kinds::themes),
    ("Playbooks: front matter", "The [chapter](playbooks.md) explains the format.", kinds::front),
    ("Playbooks: parameters", "Under `params` in the front matter.", kinds::params),
    ("Playbooks: kinds of steps", "Told by what a step has.", kinds::steps),
    ("Playbooks: fields of steps", "Bullets directly under a step's heading: `- **timeout:** 10s`.", kinds::fields),
    ("Playbooks: problems", "An `E` makes a playbook unfit to run, a `W` is a warning.", kinds::problems),
    ("Playbooks: those that come with the program", "A file of yours with the same `id` takes the place of one.", kinds::bundled),
    ("Scenarios: problems", "What `midwatch check` finds in a script of a [drill](practice.md#scenarios).", kinds::scenarios),
    ("Exports", "For `midwatch export --format`.", kinds::exports),
];

/// The whole page.
fn page() -> String {
    let mut page = "# Reference\n\nMade by `midwatch reference`, from the tables that the program itself works by.\n".to_owned();
    page += "\n";
    for (heading, sentence, _) in SECTIONS {
        let anchor: String = heading.to_lowercase().replace(' ', "-").chars().filter(|c| *c != ':').collect();
        page += &format!("- [{heading}](#{anchor}): {sentence}\n");
    }
    for (heading, sentence, body) in SECTIONS {
        page += &format!("\n## {heading}\n\n{sentence}\n\n{}", body());
    }
    page
}

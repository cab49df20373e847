//! `midwatch keys`: the console's keys, from the table that the console itself reads.

use super::{Exit, Globals, Kind, out};
use crate::config;
use crate::domain::node::{Level, Problem};
use crate::tui::keymap::Keymap;
use clap::ArgMatches;
use serde_json::json;

pub const KIND: Kind = Kind {
    name: "keys",
    about: "Print the console's keys and the actions that they can be bound to",
    args: |command| command,
    run,
    hidden: false,
};

fn run(_matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let keymap = Keymap::default();
    let rows: Vec<Vec<String>> = keymap
        .all()
        .iter()
        .map(|binding| {
            let keys: Vec<String> = binding.keys.iter().map(ToString::to_string).collect();
            let contexts: Vec<&str> = binding.contexts.iter().map(|context| context.title()).collect();
            vec![keys.join(", "), binding.action.name().to_owned(), contexts.join(", "), binding.help.to_owned()]
        })
        .collect();
    if globals.json {
        let keys: Vec<_> =
            rows.iter().map(|row| json!({"keys": row[0], "action": row[1], "where": row[2], "does": row[3]})).collect();
        out::json(&json!({"schema": 1, "keys": keys}))?;
    } else {
        out::text(&out::table(&["KEYS", "ACTION", "WHERE", "DOES"], &rows))?;
    }
    Ok(Exit::Done)
}

/// The keys as the configuration wants them.
///
/// # Errors
/// Those that mean two things once all are bound, each at its place.
pub fn bound(console: &config::Console) -> Result<Keymap, Vec<Problem>> {
    let wishes: Vec<_> = console.keys.iter().map(|binding| (binding.action.text.clone(), binding.keys.clone())).collect();
    let at = |index: usize| console.keys.get(index).map(|binding| binding.action.span).unwrap_or_default();
    let problem = |(index, why): (usize, String)| Problem {
        span: at(index),
        help: Some("choose another key; `midwatch keys` lists those that are taken".to_owned()),
        ..Problem::whole(Level::Error, format!("console.keys: {why}"))
    };
    Keymap::rebound(&wishes).map_err(|problems| problems.into_iter().map(problem).collect())
}

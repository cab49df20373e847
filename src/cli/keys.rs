//! `midwatch keys`: the console's keys, from the table that the console itself reads.

use super::{Exit, Globals, Kind, out};
use crate::config;
use crate::domain::node::{Level, Problem};
use crate::tui::action::Action;
use crate::tui::keymap::{Keymap, Yielded};
use clap::ArgMatches;
use serde_json::json;
use std::collections::BTreeMap;

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

/// The keys as the configuration wants them, and what those of the program had to give up for that. Whether they can be had was
/// judged when it was read.
pub fn bound(console: &config::Console) -> (Keymap, Vec<Problem>) {
    let wishes: Vec<_> = console.keys.iter().map(|binding| (binding.action.text.clone(), binding.keys.clone())).collect();
    let keymap = Keymap::rebound(&wishes).unwrap_or_default();
    let mut lost: BTreeMap<(usize, Action), Vec<String>> = BTreeMap::new();
    for Yielded { key, from, to, wish, .. } in keymap.yielded() {
        lost.entry((*wish, *to)).or_default().push(format!("`{key}` from {}", from.name()));
    }
    let told = |((wish, to), keys): ((usize, _), Vec<String>)| Problem {
        span: console.keys.get(wish).map(|binding| binding.action.span).unwrap_or_default(),
        help: Some("give what lost its key another one, or `[]` where the palette is enough".to_owned()),
        ..Problem::whole(Level::Warning, format!("console.keys: {} takes {}", Action::name(to), keys.join(", ")))
    };
    let told = lost.into_iter().map(told).collect();
    (keymap, told)
}

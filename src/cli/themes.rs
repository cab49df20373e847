//! `midwatch themes`: the themes that come with the program.

use super::{Exit, Globals, Kind, out};
use crate::tui::theme::{EMBEDDED, Theme};
use clap::ArgMatches;
use serde_json::json;

pub const KIND: Kind = Kind { name: "themes", about: "List the themes", args: |command| command, run, hidden: false };

fn run(_matches: &ArgMatches, globals: &Globals) -> anyhow::Result<Exit> {
    let about = |name: &str| Theme::embedded(name).map(|theme| theme.about).unwrap_or_default();
    let rows: Vec<Vec<String>> = EMBEDDED.iter().map(|(name, _)| vec![(*name).to_owned(), about(name)]).collect();
    if globals.json {
        let themes: Vec<_> = rows.iter().map(|row| json!({"name": row[0], "about": row[1]})).collect();
        out::json(&json!({"schema": 1, "themes": themes}))?;
    } else {
        out::text(&out::table(&["THEME", "ABOUT"], &rows))?;
    }
    Ok(Exit::Done)
}

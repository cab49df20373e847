//! The configuration that a command works by: needed, wanted or not missed.

use super::{Loaded, kinds};
use crate::cli::{Failure, Globals, out};
use crate::config;
use crate::domain::node::{Node, Problems};
use crate::sources;
use chrono_tz::Tz;
use std::io;
use std::path::PathBuf;

/// Whether there is a configuration file, right or wrong.
pub fn configured(globals: &Globals) -> bool {
    config::locate(globals.config.clone()).is_ok_and(|path| path.exists())
}

/// Reads the configuration; warnings go to standard error.
///
/// # Errors
/// There is none, or anything in it is wrong: with everything that is.
pub fn load(globals: &Globals) -> anyhow::Result<Loaded> {
    let path = config::locate(globals.config.clone()).map_err(Failure::usage)?;
    out::more(globals, &format!("configuration {}", out::inert(&path.display().to_string())));
    let (mut config, report) = config::load(&path, &kinds()).map_err(|failure| Failure::usage(failure.to_string()))?;
    config.settings.silences_at = sources::silences_at(&config.sources);
    config.settings.pages = sources::pages(&config.sources);
    config.settings.priorities = sources::priorities(&config.sources);
    config.settings.pending_only = sources::pending_only(&config.sources);
    if !report.problems.is_empty() {
        out::say(globals, report.to_string().trim_end());
    }
    Ok(config)
}

/// The zone that times are shown in.
///
/// # Errors
/// Never: without a configuration it is the zone of the machine.
pub fn zone(globals: &Globals) -> anyhow::Result<Tz> {
    Ok(load_if_there(globals)?.console.zone)
}

/// The configuration if it can be read; a note must never fail because of it.
///
/// # Errors
/// Never: what is wrong is told, and the plain one is taken.
pub fn load_if_there(globals: &Globals) -> anyhow::Result<Loaded> {
    // Whoever names one on the command line means it, though it is not there.
    let meant = configured(globals) || globals.config.is_some();
    match load(globals) {
        Ok(config) => Ok(config),
        Err(error) => {
            if meant {
                out::warn(&format!("midwatch: going on without the configuration: {error:#}"));
            }
            nothing()
        }
    }
}

/// The configuration, where there is one: nobody has to have one, but whoever named one means it.
///
/// # Errors
/// It is wrong, can't be seen, or is not where it was said to be.
pub fn load_unless_missing(globals: &Globals) -> anyhow::Result<Loaded> {
    let missing = |path: PathBuf| path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    match config::named(globals.config.clone()) {
        None if config::standard().is_none_or(missing) => nothing(),
        _ => load(globals),
    }
}

/// What a configuration without a word in it means.
///
/// # Errors
/// Never: a test reads the empty document.
fn nothing() -> anyhow::Result<Loaded> {
    let mut problems = Problems::default();
    let empty = Node::parse("{}", &mut problems).and_then(|node| config::resolve(&node, &kinds(), &mut problems));
    empty.ok_or_else(|| Failure::usage("the empty configuration could not be read").into())
}

//! A scenario of an incident that was: written by `midwatch drill new`, or played at once.

use crate::cli::{Exit, Failure, Globals, export, out, session, subject};
use crate::domain::entry::Visibility;
use crate::domain::patterns::Patterns;
use crate::domain::playbook::Place;
use crate::domain::scenario::Scenario;
use crate::domain::timeline::{Cut, People};
use crate::exports::scenario;
use crate::model::timeline::View;
use crate::playbook::scenario::{Around, read, write};
use chrono_tz::Tz;
use std::path::Path;
use std::sync::Arc;

/// # Errors
/// There is no such incident, it is private, nothing happened in it, or the file can't be written.
pub fn run(globals: &Globals, incident: &str, to: Option<&Path>) -> anyhow::Result<Exit> {
    let made = past(globals, incident)?;
    let text = write(&made);
    debug_assert!(read(&text, Place::Bundled("new.yaml"), Around::default()).scenario.is_some());
    match to.filter(|path| path.as_os_str() != "-") {
        Some(path) => export::save(path, text.as_bytes())?,
        None => out::bytes(text.as_bytes())?,
    }
    out::say(globals, &format!("{} beats, {} things that are expected", made.beats.len(), made.expects.len()));
    Ok(Exit::Done)
}

/// # Errors
/// There is no such incident, it is private, or nothing happened in it.
pub fn past(globals: &Globals, incident: &str) -> anyhow::Result<Scenario> {
    // Without what the configuration says is to be struck, nothing leaves the house.
    let config = session::load_unless_missing(globals)?;
    let mut timeline = subject::timeline(globals, incident, View { people: People::Roles, zone: Tz::UTC })?;
    if timeline.incident.private {
        return Err(Failure::usage(format!("{incident} is private: nobody else is to practise on it")).into());
    }
    timeline.patterns = Arc::new(Patterns::with(&config.settings.redact).map_err(Failure::usage)?);
    let timeline = timeline.cut(&Cut { visibility: Visibility::Internal, ..Cut::default() });
    Ok(scenario::script(&timeline).map_err(Failure::usage)?)
}

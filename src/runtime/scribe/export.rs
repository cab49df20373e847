//! Exports that the console asks for: the same bytes as the command gives without options.

use crate::domain::ids::IncidentId;
use crate::domain::patterns::Patterns;
use crate::domain::timeline::{Cut, People, Timeline};
use crate::exports::KINDS;
use crate::journal::Journal;
use crate::model::exported::Exported;
use crate::model::timeline::{View, timeline};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub fn exported(journal: &mut dyn Journal, incident: IncidentId, file: Option<PathBuf>, redact: &[String]) -> Exported {
    let outcome = match &file {
        None => text(journal, incident, redact),
        Some(path) => written(journal, incident, path, redact),
    };
    Exported { incident, file, outcome: outcome.map(Arc::from) }
}

fn text(journal: &mut dyn Journal, incident: IncidentId, redact: &[String]) -> Result<String, String> {
    let bytes = bytes(&whole(journal, incident, redact)?, "md")?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

fn written(journal: &mut dyn Journal, incident: IncidentId, path: &Path, redact: &[String]) -> Result<String, String> {
    let format = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let timeline = whole(journal, incident, redact)?;
    let bytes = bytes(&timeline, format)?;
    save(path, &bytes).map_err(|error| format!("{} can't be written: {error}", path.display()))?;
    let count = timeline.lines.len();
    Ok(format!("{count} entries stand in {}", std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display()))
}

fn whole(journal: &mut dyn Journal, incident: IncidentId, redact: &[String]) -> Result<Timeline, String> {
    let told = |error: crate::journal::JournalError| error.to_string();
    let entries = journal.of_incident(incident).map_err(told)?;
    let heads = journal.heads().map_err(told)?;
    let view = View { people: People::Roles, zone: chrono_tz::Tz::UTC };
    let timeline = timeline(&entries, incident, heads, view).ok_or("the journal has no declaration of it")?;
    if timeline.incident.private {
        let label = timeline.incident.label();
        return Err(format!(
            "{label} is private: `midwatch export {label} --visibility restricted` exports it, for those who may see it"
        ));
    }
    let patterns = Patterns::with(redact)?;
    Ok(Timeline { patterns: Arc::new(patterns), ..timeline.cut(&Cut::default()) })
}

fn bytes(timeline: &Timeline, format: &str) -> Result<Vec<u8>, String> {
    let names: Vec<String> = KINDS.iter().map(|kind| format!(".{}", kind.name)).collect();
    let kind = KINDS.iter().find(|kind| kind.name == format);
    let kind = kind.ok_or_else(|| format!("no format ends so: {}", names.join(", ")))?;
    let mut bytes = Vec::new();
    (kind.write)(timeline, &mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Whole or not at all, and never over something that is there.
fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).inspect_err(|_| {
        // Half an export is worse than none.
        let _ = std::fs::remove_file(path);
    })
}

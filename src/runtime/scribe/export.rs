//! Exports that the console asks for: the same bytes as the command gives without options.

use crate::domain::ids::IncidentId;
use crate::domain::patterns::Patterns;
use crate::domain::timeline::{Cut, People, Timeline};
use crate::exports::KINDS;
use crate::journal::Journal;
use crate::model::exported::Exported;
use crate::model::timeline::{View, timeline};
use std::fs::{File, OpenOptions};
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
    let there = save(path, &bytes).map_err(|error| format!("{} can't be written: {error}", path.display()))?;
    let taken = if there == path { String::new() } else { format!(", for {} is there already", path.display()) };
    let entries = match timeline.lines.len() {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    };
    let whole = std::path::absolute(&there).unwrap_or(there);
    Ok(format!("written to {}{taken}: {entries}", whole.display()))
}

fn whole(journal: &mut dyn Journal, incident: IncidentId, redact: &[String]) -> Result<Timeline, String> {
    let told = |error: crate::journal::JournalError| error.to_string();
    let mut entries = journal.of_incident(incident).map_err(told)?;
    entries.extend(journal.gaps().map_err(told)?);
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

/// Whole or not at all, and never over something that is there: beside that, under the next name that is free.
fn save(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let (path, mut file) = free(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).inspect_err(|_| {
        // Half an export is worse than none.
        let _ = std::fs::remove_file(&path);
    })?;
    Ok(path)
}

/// Whoever wants another one sees by then that something is wrong.
const NAMES: u32 = 100;

fn free(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut number = 1;
    loop {
        let next = if number == 1 { path.to_owned() } else { numbered(path, number) };
        match OpenOptions::new().write(true).create_new(true).open(&next) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < NAMES => number += 1,
            opened => return Ok((next, opened?)),
        }
    }
}

/// `incident-1-2.md`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!("{}-{number}.{}", part(path.file_stem()), part(path.extension())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number_and_nothing_is_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = folder.path().join("incident-1.md");
        let places = [b"one", b"two", b"six"].map(|bytes| save(&first, bytes).expect("written"));
        let names = places.each_ref().map(|place| place.file_name().and_then(|name| name.to_str()).unwrap_or_default());
        assert_eq!(names, ["incident-1.md", "incident-1-2.md", "incident-1-3.md"]);
        assert_eq!(places.map(|place| std::fs::read(place).expect("there")), [b"one", b"two", b"six"]);
        assert!(save(&folder.path().join("none/incident.md"), b"").is_err());
    }
}

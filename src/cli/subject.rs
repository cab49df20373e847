//! What a command is about that reads an incident: one of the journal, or an export of one in a file.

use super::{Failure, Globals, incident, session};
use crate::domain::timeline::{People, Timeline};
use crate::exports::read::read;
use crate::journal::Journal;
use crate::model::reel::Reel;
use crate::model::timeline::{self, View};
use crate::playbook;
use crate::runtime::recording;
use crate::steps;
use std::path::Path;

/// The longest export that is read back, in bytes.
const LONGEST: u64 = 1 << 30;

/// The incident with its record. A name with a dot or a slash is a file's: `incident-7.jsonl`.
///
/// # Errors
/// No such incident, or none that can be read: for a file with the place of what is wrong, and nothing of it is taken.
pub fn timeline(globals: &Globals, name: &str, view: View) -> anyhow::Result<Timeline> {
    if name.contains(['.', '/']) {
        return file(Path::new(name), view);
    }
    let mut journal = session::reader(globals)?;
    let id = incident::find(&mut journal, name)?;
    let mut entries = journal.of_incident(id)?;
    entries.extend(journal.gaps()?);
    let heads = journal.heads()?;
    timeline::timeline(&entries, id, heads, view)
        .ok_or_else(|| Failure::journal(format!("{name} has no declaration in this journal")).into())
}

/// A recorded session, where the name is a file's that holds one.
///
/// # Errors
/// The file can't be read: with the place of what is wrong.
pub fn kept(name: &str) -> anyhow::Result<Option<Reel>> {
    if !name.contains(['.', '/']) {
        return Ok(None);
    }
    let text = text(Path::new(name))?;
    if !recording::is_one(&text) {
        return Ok(None);
    }
    let reel = recording::read(&text, &|text, place| playbook::read(text, place, steps::KINDS));
    reel.map(Some).map_err(|(line, why)| Failure::usage(format!("{name}:{line}: {why}; nothing of it is played")).into())
}

/// A file that a person named, whole.
///
/// # Errors
/// It is none, too long, or no text.
pub fn text(path: &Path) -> anyhow::Result<String> {
    let name = path.display();
    let unread = |error: std::io::Error| Failure::usage(format!("{name}: {error}"));
    let about = std::fs::metadata(path).map_err(unread)?;
    if !about.is_file() || about.len() > LONGEST {
        return Err(Failure::usage(format!("{name}: not a file of at most 1 GiB")).into());
    }
    Ok(std::fs::read_to_string(path).map_err(unread)?)
}

fn file(path: &Path, view: View) -> anyhow::Result<Timeline> {
    let (name, text) = (path.display(), text(path)?);
    let timeline = read(&text, view.zone).map_err(|flaw| {
        let column = flaw.column.map(|column| format!(":{column}")).unwrap_or_default();
        Failure::usage(format!("{name}:{}{column}: {}; nothing of it was taken", flaw.line, flaw.why))
    })?;
    let people = if timeline.people == People::Names { view.people } else { timeline.people };
    Ok(Timeline { people, ..timeline })
}

//! An export in which something is masked, held against the journal: what is masked is not taken for changed, nor what is changed for
//! masked.

use crate::domain::entry::{ActorKind, Entry};
use crate::domain::patterns::STRUCK;
use crate::domain::timeline::Timeline;
use crate::exports::fits;
use crate::journal::{Journal, JournalError, Problem};
use serde_json::Value;

/// What came of it.
pub enum Held {
    /// People are named by their roles: nobody can tell that from another text.
    Roles,
    /// Of so many entries so many are masked; and those that were changed.
    Names { entries: usize, masked: usize, changed: Vec<Problem> },
}

/// # Errors
/// The journal can't be read.
pub fn against(journal: &mut dyn Journal, export: &Timeline) -> Result<Held, JournalError> {
    let (mut masked, mut changed) = (0, Vec::new());
    for shown in export.lines.iter().map(|line| line.entry.as_ref()) {
        // What the journal does not have is told by the chain.
        let Some(stored) = journal.by_prefix(&shown.id.to_string())?.pop() else { continue };
        if is_called_otherwise(shown, &stored) {
            return Ok(Held::Roles);
        }
        let (shown, whole) = (value(shown), value(&stored));
        match fits(&shown, &whole) {
            true => masked += usize::from(shown != whole),
            false => changed.push(told(&stored)),
        }
    }
    Ok(Held::Names { entries: export.lines.len(), masked, changed })
}

fn is_called_otherwise(shown: &Entry, stored: &Entry) -> bool {
    let (is, was) = (&shown.actor, &stored.actor);
    was.kind == ActorKind::Person && is.name != was.name && !is.name.contains(STRUCK)
}

fn value(entry: &Entry) -> Value {
    // Entries are plain data; this can't fail.
    serde_json::to_value(entry).unwrap_or_default()
}

fn told(stored: &Entry) -> Problem {
    let (origin, seq) = (stored.origin, stored.seq);
    let text = format!(
        "Entry {seq} of origin {origin} is another one in the export, and not by what is masked: the export is what was changed."
    );
    Problem { origin: Some(origin), seq: Some(seq), id: Some(stored.id.to_string()), text }
}

//! Exports of incidents that somebody asked for: what one would say, and what became of one that was written into a file.

use crate::domain::ids::IncidentId;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// One export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    pub incident: IncidentId,
    /// Where it was written; `None`: it is only to be read, as Markdown.
    pub file: Option<PathBuf>,
    /// The text; of a file one sentence that it is there. The error says why there is none.
    pub outcome: Result<Arc<str>, String>,
}

/// The last ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exports {
    read: Option<Exported>,
    written: Option<Exported>,
}

impl Exports {
    /// Somebody wants to read one: what was said of others before is no news.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(super) fn keep(&mut self, exported: Exported) {
        match exported.file {
            Some(_) => self.written = Some(exported),
            None => self.read = Some(exported),
        }
    }

    /// What it would say; `None` until that is known.
    pub fn read(&self, incident: IncidentId) -> Option<&Result<Arc<str>, String>> {
        self.read.as_ref().filter(|read| read.incident == incident).map(|read| &read.outcome)
    }

    /// What became of the file.
    pub fn written(&self, incident: IncidentId) -> Option<&Result<Arc<str>, String>> {
        self.written.as_ref().filter(|written| written.incident == incident).map(|written| &written.outcome)
    }
}

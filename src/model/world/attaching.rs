//! Files that show something. One is copied first, and recorded as soon as its copy is there: no entry names a file that nobody kept.

use super::World;
use super::commands::Refusal;
use crate::domain::entry::{Draft, Evidence, Kind};
use crate::domain::ids::{EntryId, IncidentId, RequestId};
use crate::model::Effect;
use crate::model::command::Marks;
use crate::model::progress::Target;
use std::path::Path;

impl World {
    /// What is to be recorded waits for the copy.
    pub(super) fn attach(
        &mut self,
        request: RequestId,
        incident: Option<IncidentId>,
        file: &Path,
        text: &str,
        about: Option<EntryId>,
    ) -> Result<Target, Refusal> {
        if file.file_name().is_none() {
            return Err("no file is named".into());
        }
        let text = match text.trim() {
            "" => format!("attached {}", named(file)),
            text => text.to_owned(),
        };
        let drafts = self.note(incident, Kind::Evidence, text, None, Marks::default())?;
        let draft = drafts.into_iter().next().ok_or("there is nothing to note")?;
        let draft = if about.is_some() { draft.with("about", about) } else { draft };
        let target = Target::of(&draft);
        self.attaching.insert(request, draft);
        Ok(target)
    }

    /// Requests whose file is being copied.
    pub fn copying(&self) -> impl Iterator<Item = RequestId> {
        self.attaching.keys().copied()
    }

    pub(super) fn kept_file(&mut self, request: RequestId, kept: Result<Evidence, String>) -> Vec<Effect> {
        let Some(draft) = self.attaching.remove(&request) else { return Vec::new() };
        match kept {
            Ok(evidence) => vec![Effect::Record { request, drafts: vec![Draft { evidence: vec![evidence], ..draft }] }],
            Err(why) => {
                self.requests.journal_failed(request, &why);
                Vec::new()
            }
        }
    }
}

/// A file for people.
pub(super) fn named(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

//! Since when nobody could see what a source says is on record: who reads of the night later must know when the console was blind.

use super::World;
use crate::domain::entry::Kind;
use crate::domain::ids::{IncidentId, SourceName};
use crate::domain::stamp::Stamp;
use crate::domain::text::inert;
use crate::domain::trouble::Trouble;
use crate::model::Effect;
use std::collections::BTreeMap;
use std::time::Duration;

/// Sources that don't answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Blind(BTreeMap<SourceName, Lost>);

#[derive(Debug, Clone, PartialEq)]
struct Lost {
    since: Stamp,
    told: bool,
    /// Its return is to be told: the loss may be in the journal.
    ever: bool,
}

impl Blind {
    /// The journal could not be written: what was asked of it is asked again.
    pub(super) fn tell_anew(&mut self) {
        self.0.values_mut().for_each(|lost| lost.told = false);
    }
}

impl World {
    /// A poll has failed. One that fails alone is no gap: the next has every alert again.
    pub(super) fn source_lost(&mut self, source: &SourceName, trouble: &Trouble) -> Vec<Effect> {
        let Some(every) = self.settings.source(source).map(|spec| spec.every) else { return Vec::new() };
        let now = self.now;
        let lost = self.blind.0.entry(source.clone()).or_insert(Lost { since: now, told: false, ever: false });
        if lost.told || now.since(lost.since) < every || !self.watching || self.settings.read_only {
            return Vec::new();
        }
        (lost.told, lost.ever) = (true, true);
        let since = lost.since;
        self.note_sight(source, "lost", since, format!("{source} does not answer: {}", inert(trouble.text.raw())))
    }

    /// A poll has succeeded.
    pub(super) fn source_back(&mut self, source: &SourceName) -> Vec<Effect> {
        let Some(lost) = self.blind.0.remove(source).filter(|lost| lost.ever) else { return Vec::new() };
        let lasted = humantime::format_duration(Duration::from_secs(self.now.since(lost.since).as_secs()));
        self.note_sight(source, "back", lost.since, format!("{source} answers again, after {lasted}"))
    }

    /// Once, whichever process sees it; in the incident, where one alone is open.
    fn note_sight(&mut self, source: &SourceName, event: &str, since: Stamp, text: String) -> Vec<Effect> {
        let mut draft = self.context().seen("console", Kind::Console, text);
        draft = draft.with("event", format!("source-{event}")).with("source", source);
        if event == "lost" {
            draft.at = since.wall;
        }
        draft.key = Some(format!("source/{source}/{event}/{}", since.wall.timestamp_millis()));
        let open: Vec<IncidentId> = self.incidents.open().map(|incident| incident.id).take(2).collect();
        draft.incident = open.first().copied().filter(|_| open.len() == 1);
        self.record(vec![draft])
    }
}

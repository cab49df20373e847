//! What a source told of that the configuration has no more stands open in the record for ever, and in no queue: that nobody asks about it
//! any more is on record, too.

use super::World;
use crate::domain::entry::{Draft, Entry, Kind};
use crate::domain::ids::SourceName;
use crate::domain::settings::Settings;
use crate::domain::text::inert;
use crate::model::Effect;

/// What the entry is called in its `data`.
const EVENT: &str = "source-removed";

impl World {
    /// Another configuration comes into force.
    pub(super) fn note_removed(&mut self, settings: &Settings) -> Vec<Effect> {
        let asked: Vec<&SourceName> = self.settings.sources.iter().map(|spec| &spec.name).collect();
        let removed = self.alerts.unasked(settings).into_iter().filter(|(source, _)| asked.contains(&source));
        let removed: Vec<(SourceName, usize)> = removed.collect();
        self.tell_removed(removed)
    }

    /// This process has just begun to watch: who changed the configuration before may have watched with none of these.
    pub(super) fn note_unasked(&mut self) -> Vec<Effect> {
        let told = |source: &SourceName| {
            let of_it = |entry: &Entry| entry.text_of("source") == Some(source.as_str());
            self.log.entries().any(|entry| entry.text_of("event") == Some(EVENT) && of_it(entry))
        };
        let unasked = self.alerts.unasked(&self.settings).into_iter().filter(|(source, _)| !told(source)).collect();
        self.tell_removed(unasked)
    }

    fn tell_removed(&mut self, removed: Vec<(SourceName, usize)>) -> Vec<Effect> {
        if !self.watching {
            return Vec::new();
        }
        let drafts = removed.into_iter().map(|(source, count)| self.removed_draft(&source, count)).collect();
        self.record(drafts)
    }

    fn removed_draft(&mut self, source: &SourceName, count: usize) -> Draft {
        let alerts = if count == 1 { "1 alert".to_owned() } else { format!("{count} alerts") };
        let name = inert(source.as_str());
        let text = format!("{name} is in the configuration no more: nobody asks about {alerts} that it told of last");
        let draft = self.context().seen("console", Kind::Console, text).with("event", EVENT);
        let draft = draft.with("source", source).with("alerts", count);
        let key = format!("removed/{source}/{}", self.now.wall.timestamp_millis());
        Draft { key: Some(key), incident: self.incident_of(source), ..draft }
    }
}

//! Alerts of drills: in the very queue of the real ones, of a source that no configuration can name. They come and go as their drill
//! says, and are counted nowhere.

use super::recording::Noted;
use super::{Alerts, Tracked, Turn};
use crate::domain::alert::{Alert, Upstream};
use crate::domain::drill::{Drill, is_alert};
use crate::domain::ids::AlertId;
use crate::domain::scenario::{Fires, Scenario};
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Tracked {
    pub fn is_drill(&self) -> bool {
        is_alert(&self.alert.id)
    }
}

impl Alerts {
    /// All that is real, in the order of the queue.
    pub fn real(&self) -> impl Iterator<Item = &Tracked> {
        self.queue().filter(|tracked| !tracked.is_drill())
    }

    /// Makes the queue what the drill that is held, if one is, says at a time of its own. With a drill its alerts leave, without being
    /// called resolved; those that end in it resolve as others do, if they ever began: a journal that is being read tells of a pause after
    /// the time that it has stopped.
    pub(in crate::model) fn play(&mut self, settings: &Settings, held: Option<(&Drill, DateTime<Utc>)>, now: Stamp) -> Vec<Turn> {
        let cue = |drill: &Drill, fires: &Fires| Scenario::alert(&drill.id, &fires.name);
        let firing = held.into_iter().flat_map(|(drill, at)| {
            drill.firing(at).into_iter().map(move |(since, fires)| (cue(drill, fires), drill, since, fires))
        });
        let firing: Vec<_> = firing.collect();
        let ids: BTreeSet<&AlertId> = firing.iter().map(|(id, ..)| id).collect();
        let over: Vec<AlertId> = self
            .queue()
            .filter(|tracked| tracked.is_drill() && !ids.contains(&tracked.alert.id))
            .map(|tracked| tracked.alert.id.clone())
            .collect();
        let mut turns: Vec<Turn> =
            over.into_iter().filter_map(|id| self.is_no_more(settings, &id, held.is_some(), now)).collect();
        for (id, drill, since, fires) in &firing {
            let known = |tracked: &Tracked| tracked.resolved_at.is_none() && tracked.alert.starts_at == *since;
            if !self.get(id).is_some_and(known) {
                turns.extend(self.upsert(settings, Arc::new(queued(drill, *since, fires)), now));
            }
        }
        self.revision += 1;
        turns
    }

    fn is_no_more(&mut self, settings: &Settings, id: &AlertId, held: bool, now: Stamp) -> Option<Turn> {
        let tracked = self.get(id)?;
        // That it began may be on its way into the journal still: then its end goes there, too.
        let began = tracked.noted != Noted::Nothing || self.record(id).is_some_and(|record| record.has_begun(tracked.episode));
        match tracked.alert.upstream {
            Upstream::Resolved { .. } if held => None,
            _ if held && began => {
                let over = Alert { upstream: Upstream::Resolved { at: now.wall }, ..Alert::clone(&tracked.alert) };
                self.resolved(settings, Arc::new(over), now)
            }
            _ => {
                self.queue.take(id);
                None
            }
        }
    }

    /// An entry of a drill tells nothing of a real alert, nor the other way round.
    pub(super) fn tells_of(id: &AlertId, drill: Option<&String>) -> bool {
        is_alert(id) == drill.is_some()
    }
}

/// An alert of the script as the queue has it.
fn queued(drill: &Drill, at: DateTime<Utc>, fires: &Fires) -> Alert {
    Alert {
        id: Scenario::alert(&drill.id, &fires.name),
        labels: fires.labels(&drill.id),
        annotations: fires.annotations(),
        upstream: Upstream::Firing,
        starts_at: at,
        url: None,
        receivers: [].into(),
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
        held: None,
    }
}

//! Alerts of drills: in the very queue of the real ones, of a source that no configuration can name. They come and go as their drill
//! says, and are counted nowhere.

use super::{Alerts, Tracked, Turn};
use crate::domain::alert::{Alert, Upstream};
use crate::domain::drill::is_alert;
use crate::domain::ids::AlertId;
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
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

    /// What fires in the drill that is held, if one is. With a drill its alerts leave, without being called resolved; those that end in
    /// it resolve as others do.
    pub(in crate::model) fn play(&mut self, settings: &Settings, firing: Option<Vec<Arc<Alert>>>, now: Stamp) -> Vec<Turn> {
        let held = firing.is_some();
        let firing = firing.unwrap_or_default();
        let ours: Vec<Arc<Alert>> =
            self.queue().filter(|tracked| tracked.is_drill()).map(|tracked| tracked.alert.clone()).collect();
        let mut turns = Vec::new();
        for alert in ours.into_iter().filter(|alert| !firing.iter().any(|other| other.id == alert.id)) {
            match (held, alert.upstream) {
                (false, _) => drop(self.queue.take(&alert.id)),
                (true, Upstream::Resolved { .. }) => {}
                (true, _) => {
                    let over = Alert { upstream: Upstream::Resolved { at: now.wall }, ..Alert::clone(&alert) };
                    turns.extend(self.resolved(settings, Arc::new(over), now.wall, now));
                }
            }
        }
        let known = |tracked: &Tracked, alert: &Alert| tracked.resolved_at.is_none() && *tracked.alert == *alert;
        for alert in firing {
            if !self.get(&alert.id).is_some_and(|tracked| known(tracked, &alert)) {
                turns.extend(self.upsert(settings, alert, now));
            }
        }
        self.revision += 1;
        turns
    }

    /// An entry of a drill tells nothing of a real alert, nor the other way round.
    pub(super) fn tells_of(id: &AlertId, drill: Option<&String>) -> bool {
        is_alert(id) == drill.is_some()
    }
}

//! Practice that is overdue, as alerts of the program itself. What they are follows from the record of practice, the library and the day,
//! and from nothing else, so every console has the same ones.

use super::World;
use crate::domain::alert::Alert;
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::practice::SOURCE;
use crate::model::Effect;
use crate::model::alerts::Change;
use crate::model::practice::owed::{self, bare};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use std::time::Duration;

impl World {
    /// Once a day, and when what it follows from has changed. As long as the record or the library isn't known nobody can say that
    /// something is over.
    pub(super) fn remind(&mut self) -> Vec<Effect> {
        let today = self.now.wall.date_naive();
        let Some(Ok(record)) = self.practice.as_ref().filter(|_| self.reminded != Some(today)) else { return Vec::new() };
        if self.runs.playbooks().is_empty() {
            return Vec::new();
        }
        let owed = self.settings.remind.map(|day| self.grounds(record).owed(self.now.wall, day)).unwrap_or_default();
        self.reminded = Some(today);
        let source = SourceName::from(SOURCE);
        let firing: Vec<_> = owed.iter().map(owed::Owed::alert).collect();
        let over = |(id, since): (AlertId, DateTime<Utc>)| {
            let known = self.alerts.get(&id).map(|tracked| Alert::clone(&tracked.alert));
            owed::over(&known.unwrap_or_else(|| bare(id, since)), self.now.wall)
        };
        let open = self.alerts.open_of(&source).into_iter();
        let ended: Vec<_> = open.filter(|(id, _)| !firing.iter().any(|alert| alert.id == *id)).map(over).collect();
        let upserts = firing.into_iter().chain(ended).collect();
        self.duties = None;
        let turns = self.alerts.changed(&self.settings.clone(), &source, self.now, Change { upserts, gone: Vec::new() });
        self.note_turns(turns)
    }

    /// When the day is over on which it was looked at.
    pub(super) fn remind_at(&self) -> Option<Duration> {
        let next = self.reminded?.succ_opt()?.and_time(NaiveTime::MIN).and_utc();
        let left = (next - self.now.wall).max(TimeDelta::zero());
        self.settings.remind.and(Some(self.now.mono + left.to_std().unwrap_or_default()))
    }
}

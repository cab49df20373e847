//! What comes by the clock: what the step at hand waits for, and a look at runs whose console may have died.

use super::{Runs, flow};
use crate::domain::ids::RunId;
use crate::domain::run::Run;
use crate::domain::stamp::Stamp;
use crate::model::Effect;
use crate::model::context::Context;
use std::time::Duration;

/// How often runs whose console may have died are looked at.
const LOOK: Duration = Duration::from_secs(3);

/// A run that was prepared so short a time ago is still being taken in hand by whoever prepared it.
const FRESH: chrono::Duration = chrono::Duration::seconds(10);

impl Runs {
    /// The next time at which `tick` has something to do.
    pub(in crate::model) fn next_due(&self, now: Stamp) -> Option<Duration> {
        let look = self.ready && self.unended().any(|(id, run)| self.may_be_orphaned(id, run));
        let look = look.then(|| self.looked.unwrap_or_default() + LOOK);
        let due = self.unended().filter_map(|(id, run)| self.due(id, run)).min();
        let due = due.map(|at| now.mono + (at - now.wall).to_std().unwrap_or_default());
        [look, due, self.next_look()].into_iter().flatten().min()
    }

    /// When the step that a run of ours is at gets what it waits for, by the clock.
    pub(super) fn due(&self, id: RunId, run: &Run) -> Option<chrono::DateTime<chrono::Utc>> {
        let live = self.live.get(&id).filter(|live| live.driving && live.engaged && live.stuck.is_none())?;
        let (record, number) = run.at().filter(|_| !run.interrupted && !run.paused)?;
        let waits = record.attempt(number).is_none() && flow::owes(run, record).is_none();
        let step = live.playbook.as_ref()?.step(&record.plan.id).filter(|_| waits)?;
        // What was asked of the journal a moment ago is not asked again at once.
        Some(flow::due(run, step)?.max(live.asked_until.unwrap_or_default()))
    }

    pub(in crate::model) fn tick(&mut self, context: &mut Context<'_>) -> Vec<Effect> {
        let now = context.now;
        let due: Vec<RunId> =
            self.unended().filter(|(id, run)| self.due(*id, run).is_some_and(|at| at <= now.wall)).map(|(id, _)| id).collect();
        let mut effects = self.read(now);
        effects.extend(due.into_iter().flat_map(|run| self.advance(context, run)).collect::<Vec<_>>());
        let orphans = self.ready && self.unended().any(|(id, run)| self.may_be_orphaned(id, run));
        if orphans && self.looked.unwrap_or_default() + LOOK <= now.mono {
            effects.extend(self.look(context));
        }
        effects
    }

    /// Looks at runs whose console may have died.
    pub(super) fn look(&mut self, context: &Context<'_>) -> Vec<Effect> {
        self.looked = Some(context.now.mono);
        let old = |run: &Run| run.begun || run.last_at.is_some_and(|at| context.now.wall - at > FRESH);
        let orphans: Vec<RunId> =
            self.unended().filter(|(id, run)| self.may_be_orphaned(*id, run) && old(run)).map(|(id, _)| id).collect();
        orphans.into_iter().filter_map(|run| self.adopt(run).ok()).collect()
    }

    /// Not ours, and either somebody claims to drive it or an attempt has no end.
    fn may_be_orphaned(&self, id: RunId, run: &Run) -> bool {
        let claimed = run.driver.is_some() && !run.interrupted;
        !self.drives(id) && (claimed || run.open_attempt().is_some())
    }
}

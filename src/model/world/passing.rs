//! Time, which passes with every event, and when the world next wants to be told of it. After a night in a bag everything is stale, and
//! nobody has watched.

use super::World;
use super::calling::SLACK;
use crate::domain::entry::Kind;
use crate::domain::health::FeedState;
use crate::domain::stamp::Stamp;
use crate::model::Effect;
use crate::model::alerts::{SourceHealth, SourceState};
use crate::model::health::FeedHealth;
use crate::model::troubles::Subject;
use std::time::Duration;

/// A timer that is this late, or a wall clock that moved this much more than the machine's own, is a jump.
const JUMP: Duration = Duration::from_secs(30);
const CLOCK_SET: i64 = 5_000;

impl World {
    /// Asks for the next tick when it is another one than was asked for before.
    pub(super) fn wake(&mut self) -> Option<Effect> {
        let questions = self.questions.next_due(&self.health);
        let work = self.maintenance.due().map(|at| self.now.mono + (at - self.now.wall).to_std().unwrap_or_default());
        let in_trouble = self.journal_trouble.is_some() && !self.settings.read_only;
        let due = [
            self.alerts.next_due(self.now),
            self.health.next_deadline(),
            self.runs.next_due(self.now),
            self.next_watch(),
            self.storm_over_at(),
            self.suspicions.next_due(),
            self.offline.next_due(),
            self.next_beat(),
            self.remind_at(),
            self.ends.due(in_trouble, self.rest, self.now),
        ];
        let next = due.into_iter().chain([questions, work, self.next_room()]).flatten().min();
        let asked = std::mem::replace(&mut self.wake_at, next);
        next.filter(|_| next != asked).map(Effect::WakeAt)
    }

    /// Sources and feeds that have been silent for too long.
    pub(super) fn find_silent(&mut self) {
        let now = self.now;
        self.troubles.age(now);
        let stale = |source: &SourceState| source.health == SourceHealth::Stale && source.answered.is_some();
        for (name, source) in self.alerts.sources().filter(|(_, source)| stale(source)) {
            let why = source.why.as_ref().map_or("no answer in time".into(), |why| why.inert());
            self.troubles.silent(Subject::Source(name.clone()), &why, now);
        }
        let stale = |feed: &&FeedHealth| feed.state == FeedState::Stale;
        for feed in self.health.iter().filter(stale) {
            let why = feed.trouble.as_ref().map_or("no answer in time".into(), |why| why.inert());
            self.troubles.silent(Subject::Feed(feed.spec.name.clone()), &why, now);
        }
    }

    /// Time passes with every event. A gap that no timer explains means that the machine slept or its clock was set.
    pub(super) fn pass_time(&mut self, stamp: Stamp) -> Vec<Effect> {
        let before = std::mem::replace(&mut self.now, stamp);
        self.requests.now = stamp.mono;
        let mut effects = match self.jump(before) {
            Some(why) => self.after_jump(before, why),
            None => Vec::new(),
        };
        if self.wake_at.is_some_and(|at| at <= stamp.mono) {
            self.wake_at = None;
        }
        let back = self.alerts.tick(&self.settings.clone(), before.wall, stamp);
        effects.extend(self.note_lapsed(back));
        effects.extend(self.pass_storm());
        effects.extend(self.pass_held());
        effects.extend(self.tick_feeds());
        let (runs, mut context, ..) = self.split();
        effects.extend(runs.tick(&mut context));
        effects.extend(self.record_ends());
        effects.extend(self.watch());
        effects
    }

    /// Without a timer a gap means nothing: nobody asked to be woken. What was asked for only when it was late already makes no gap.
    fn is_late(&self, before: Stamp) -> bool {
        self.wake_at.is_some_and(|at| self.now.mono > at.max(before.mono) + JUMP)
    }

    /// What explains a gap that no timer does.
    fn jump(&self, before: Stamp) -> Option<String> {
        let slept = self.now.since(before);
        if self.is_late(before) {
            return Some(format!("console slept {}", span(slept)));
        }
        let set = (self.now.wall - before.wall).num_milliseconds() - i64::try_from(slept.as_millis()).unwrap_or(i64::MAX);
        (set.abs() > CLOCK_SET).then(|| {
            let way = if set < 0 { "back" } else { "forward" };
            format!("the wall clock was set {way} by {}", span(Duration::from_millis(set.unsigned_abs())))
        })
    }

    fn after_jump(&mut self, before: Stamp, why: String) -> Vec<Effect> {
        let slept = self.is_late(before);
        self.alerts.all_stale(&why);
        self.health.all_stale(self.now, &why);
        self.calls.resume(self.now.after(self.settings.call_within + SLACK));
        self.duties = None;
        if slept {
            self.alerts.woke(self.now.wall);
        }
        let sources = self.settings.sources.iter().map(|spec| spec.name.clone()).collect();
        let feeds = self.settings.feeds.iter().map(|spec| spec.name.clone()).collect();
        let draft = match slept {
            true => self.slept_draft(before.wall, &why),
            false => self.context().seen("console", Kind::Console, why),
        };
        let mut effects = if self.watching { self.record(vec![draft]) } else { Vec::new() };
        effects.push(Effect::Ask { sources, feeds });
        effects
    }
}

/// `6 h 02 m`, `4 m 10 s`, `12 s`.
fn span(duration: Duration) -> String {
    let s = duration.as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} m {:02} s", s / 60, s % 60),
        _ => format!("{} h {:02} m", s / 3600, s / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::Actor;
    use crate::domain::settings::Settings;
    use crate::model::{Body, Event};
    use std::sync::Arc;

    #[test]
    fn what_was_late_when_it_was_asked_for_is_no_sleep() {
        let at = |seconds| Stamp { mono: Duration::from_secs(seconds), ..Stamp::default() };
        let mut world = World::new(Arc::new(Settings::default()), Actor::person("ana", None), at(1_000));
        let mut stale = |asked: u64, now: u64| {
            world.wake_at = Some(Duration::from_secs(asked));
            let effects = world.update(Event { seq: 0, stamp: at(now), body: Body::Tick });
            effects.iter().any(|effect| matches!(effect, Effect::Ask { .. }))
        };
        assert!(!stale(10, 1_001), "it was due long before it was known");
        assert!(stale(1_002, 1_100), "it was asked for, and came a minute and more too late");
    }
}

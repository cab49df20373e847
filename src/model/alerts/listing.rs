//! What a good answer says of what it lists, and of what it lists no more.

use super::{ABSENT_POLLS, Alerts, RESOLVED_FOR, RESTART_GRACE, Turn, Why, ended};
use crate::domain::alert::Upstream;
use crate::domain::ids::{Fingerprint, SourceName};
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use crate::model::event::SourceAnswer;
use chrono::TimeDelta;
use std::collections::HashSet;

impl Alerts {
    /// A poll succeeded: gives the episodes that have ended, once enough polls agree.
    pub(in crate::model) fn answered(
        &mut self,
        settings: &Settings,
        source: &SourceName,
        answer: SourceAnswer,
        now: Stamp,
    ) -> Vec<Turn> {
        self.began_to_fire(settings, source, &answer.began, now);
        let Some(state) = self.sources.get_mut(source) else { return Vec::new() };
        // Only of two answers alike it is certain that alerts and start are those of one instance: it may restart in between.
        let same_instance = answer.started_at.filter(|started| state.started_at() == Some(*started));
        let changed = state.answered(&answer, now);
        let (settled, state_every) = (state.settled_since_restart(now.wall, RESTART_GRACE), state.every());
        let mut touched = self.told_anew(source, now.wall);
        let untold = answer.untold.iter().map(|(fingerprint, since)| (fingerprint, *since)).collect();
        let unheard: HashSet<&Fingerprint> = answer.unheard.iter().collect();
        let (mut ended, mut anew, mut never, mut unlisted) = (Vec::new(), Vec::new(), Vec::new(), 0);
        let apart = TimeDelta::from_std(state_every * ABSENT_POLLS).unwrap_or_default();
        for tracked in self.queue.iter_mut().filter(|tracked| tracked.alert.id.source == *source) {
            Self::note_untold(tracked, &untold);
            let id = &tracked.alert.id;
            if tracked.unheard != unheard.contains(&id.fingerprint) {
                tracked.unheard = !tracked.unheard;
                touched.push(id.clone());
            }
            if tracked.missing == 0 && answer.complete {
                if answer.beginnings_tell && tracked.began_anew(answer.started_at, apart) {
                    anew.push(id.clone());
                }
                tracked.listed_since = same_instance.or(tracked.listed_since);
                tracked.listed_at = Some(now.wall);
            } else if tracked.missing > 0 && tracked.resolved_at.is_none() && answer.complete {
                let known = same_instance.is_some() && tracked.listed_since == same_instance;
                let gone = tracked.missing >= ABSENT_POLLS && (settled || known);
                if gone && tracked.alert.upstream == Upstream::Pending {
                    // It never fired: there is no end of anything to record.
                    never.push(id.clone());
                } else if gone {
                    self.leaving.insert((now.wall + RESOLVED_FOR, id.clone()));
                    touched.push(id.clone());
                    ended.push(Turn { id: id.clone(), fired: false });
                    tracked.forgotten = ended::is_forgotten(tracked.listed(), answer.started_at);
                    tracked.resolved_at = Some(now.wall);
                } else if tracked.missing >= ABSENT_POLLS {
                    unlisted += 1;
                }
                tracked.missing += 1;
            }
            if tracked.alert.silenced_by.iter().any(|id| changed.contains(id)) {
                touched.push(id.clone());
            }
        }
        for id in &anew {
            self.begin_anew(id, now);
        }
        touched.extend(anew);
        for id in never {
            let tracked = self.queue.take(&id);
            tracked.into_iter().for_each(|tracked| self.left.add(&tracked, Why::Calm));
        }
        if let Some(state) = self.sources.get_mut(source).filter(|_| answer.complete) {
            state.unlisted = unlisted;
        }
        self.rerank(settings, &touched, now);
        ended.iter().for_each(|turn| self.note_watchdog(settings, &turn.id, now));
        ended
    }
}

//! What each fact changes, and what follows from it.

use super::World;
use crate::model::Effect;
use crate::model::alerts::{Cached, Change};
use crate::model::event::Fact;
use crate::model::progress::Stage;
use crate::model::runs::RunFact;

impl World {
    pub(super) fn fact(&mut self, fact: Fact) -> Vec<Effect> {
        match fact {
            Fact::Recorded { entry, request } => self.recorded(entry, request),
            Fact::RecordFailed { request, why } => self.record_failed(request, why),
            Fact::Scenarios { scripts, broken } => {
                self.drills.know(scripts, broken);
                Vec::new()
            }
            Fact::Named(entries) => {
                self.log.name(entries);
                Vec::new()
            }
            Fact::ReserveFreed => {
                self.reserve_freed = true;
                Vec::new()
            }
            Fact::WatchedBefore { last, hung } => {
                self.watched.before(last, hung);
                Vec::new()
            }
            Fact::Watching(watching) => self.set_watching(watching),
            Fact::AlertsChanged { source, upserts, gone } => self.alerts_changed(&source, Change { upserts, gone }),
            Fact::SourceAnswered { source, answer } => self.source_answered(&source, answer),
            Fact::SourceFailed { source, trouble } => {
                let mut effects = self.source_heard(&source, Some(trouble.reason));
                effects.extend(self.source_lost(&source, &trouble));
                self.alerts.failed(&source, trouble, self.now);
                effects
            }
            Fact::SourceSpared { source, pause } => {
                self.alerts.spared(&source, pause, self.now);
                Vec::new()
            }
            Fact::NewsRefused { source, why } => self.note_refused(&source, &why),
            Fact::AlertsCached { source, alerts, read_at, unlisted, more } => {
                self.alerts.cached(&self.settings, &source, Cached { alerts, read_at, unlisted, more }, self.now);
                Vec::new()
            }
            Fact::FeedsRemembered(all) => {
                all.iter().for_each(|(feed, past)| self.health.remember(feed, past, self.now));
                Vec::new()
            }
            Fact::FeedRead { feed, reading } => self.feed_heard(feed, Ok(reading)),
            Fact::FeedFailed { feed, trouble } => self.feed_heard(feed, Err(trouble)),
            Fact::ChangesTold { source, changes } => self.changes_told(&source, changes),
            Fact::FeedsAsked { question, selector, within } => {
                self.questions.put(&self.health, self.now, question, selector, within)
            }
            Fact::ActAccepted { intent } => {
                self.stage(intent, &Stage::Accepted);
                Vec::new()
            }
            Fact::ActEnded { intent, end } => self.act_ended(intent, end),
            Fact::CallEnded { intent, way, end } => self.call_ended(intent, way, end),
            Fact::ActFound { intent, found } => self.act_found(intent, found),
            Fact::Recalled(recalled) => {
                self.past.keep(recalled);
                Vec::new()
            }
            Fact::LookedBack { incident, found } => self.looked_back(incident, found),
            Fact::Kept { request, kept } => self.kept_file(request, kept),
            Fact::Practised(record) => self.practised(record),
            Fact::Exported(exported) => {
                self.exports.keep(exported);
                Vec::new()
            }
            Fact::Recounted(told) => {
                self.past.keep_recounted(told);
                Vec::new()
            }
            Fact::Routed(routed) => {
                self.routes.keep(routed);
                Vec::new()
            }
            Fact::Opened(opened) => {
                self.inside.keep(opened);
                Vec::new()
            }
            Fact::Configured(settings) => self.configure(settings),
            Fact::Read => {
                self.alerts.all_read(&self.settings, self.now);
                Vec::new()
            }
            Fact::Hampered { .. } | Fact::WatchLost | Fact::WatchBarred { .. } | Fact::WatcherAnswered => Vec::new(),
            Fact::Misconfigured(why) => {
                self.config_trouble = Some(why);
                Vec::new()
            }
            Fact::PlaybooksBehind(behind) => {
                self.books_behind = behind;
                Vec::new()
            }
            Fact::Run(fact) => {
                if matches!(fact, RunFact::Playbooks { .. } | RunFact::Shelf(_)) {
                    self.reminded = None;
                }
                let (runs, mut context, requests, _) = self.split();
                runs.fact(&mut context, requests, fact)
            }
        }
    }
}

//! What happens by itself: episodes and feed changes are recorded, carried acknowledgements are kept alive, acts that a
//! crash left open are taken over, and a night in a bag makes everything stale.

use super::World;
use super::settling::found_out;
use crate::domain::act::{Act, ActEnd, Outcome};
use crate::domain::alert::Alert;
use crate::domain::entry::{Draft, Entry, Intent, Kind};
use crate::domain::health::{FeedState, Reading};
use crate::domain::ids::{AlertId, EntryId, FeedName, SourceName};
use crate::domain::text::{Outside, inert};
use crate::domain::trouble::Trouble;
use crate::model::Effect;
use crate::model::alerts::ended::{FORGOTTEN, UNSEEN, UNTOLD};
use crate::model::alerts::{Doubt, Turn};
use crate::model::event::SourceAnswer;
use crate::model::outbox::{EXPIRY, IN_HANDS, Sent};
use crate::model::troubles::Subject;
use std::time::Duration;

impl World {
    pub(super) fn set_watching(&mut self, watching: bool) -> Vec<Effect> {
        self.watching = watching;
        if watching && !self.watched.hung() {
            self.troubles.well(&Subject::Watch, self.now);
        }
        self.duties = None;
        self.storm.watch(watching.then_some(self.now.mono));
        self.maintenance.tell_anew();
        self.alerts.all_ends_recorded(&self.settings, self.now);
        // What still waited for the journal as the watcher is on record nowhere.
        self.forget_asked();
        let mut effects = if watching { self.begin_watch() } else { Vec::new() };
        effects.extend(self.note_unasked());
        let turns = if watching { self.alerts.unrecorded() } else { Vec::new() };
        effects.extend(self.note_turns(turns));
        effects
    }

    /// A poll has succeeded: what follows from what it says, and from that the source answers.
    pub(super) fn source_answered(&mut self, source: &SourceName, answer: SourceAnswer) -> Vec<Effect> {
        let lacked = self.alerts.source(source).is_some_and(|source| !source.is_whole());
        let last = self.alerts.source(source).and_then(|source| source.answered);
        let whole = answer.complete;
        if whole {
            self.alerts.hide_unlisted(source);
        }
        let mut turns = self.alerts.answered(&self.settings, source, answer, self.now);
        if whole {
            self.alerts.show_unlisted(&self.settings.clone(), source, self.now);
        }
        turns.extend(self.alerts.lost_notes());
        let mut effects = self.note_turns(turns);
        effects.extend(self.source_heard(source, None));
        effects.extend(self.source_seen(source, last));
        effects.extend(self.note_forgotten(source));
        effects.extend(self.note_begun_anew());
        effects.extend(self.note_outlived(source));
        effects.extend(self.note_taken_away(source));
        effects.extend(self.note_forgotten_silences(source));
        effects.extend(self.end_revived(source));
        effects.extend(self.note_released(source));
        effects.extend(self.note_given_elsewhere(source));
        effects.extend(self.note_acked_beside(source));
        effects.extend(self.note_acked_before());
        let whole_again = lacked && self.alerts.source(source).is_some_and(|source| source.is_whole());
        effects.extend(self.settle(source, whole_again));
        effects.extend(self.resend(source));
        effects
    }

    /// Records episodes that began or ended, if recording is this process's business.
    pub(super) fn note_turns(&mut self, turns: Vec<Turn>) -> Vec<Effect> {
        if !self.watching || self.settings.read_only {
            return Vec::new();
        }
        for turn in &turns {
            self.alerts.noted(turn);
        }
        self.notes.push(turns);
        self.note_next()
    }

    /// Asks the journal for as many waiting turns as it may be asked at a time.
    pub(super) fn note_next(&mut self) -> Vec<Effect> {
        loop {
            let turns = self.notes.due();
            let drafts: Vec<Draft> = turns.iter().filter_map(|turn| self.turn_draft(turn)).collect();
            if !drafts.is_empty() {
                let request = self.duty_request();
                self.notes.asked(request, drafts.len());
                return vec![Effect::Record { request, drafts }];
            }
            if turns.is_empty() {
                return Vec::new();
            }
        }
    }

    /// `None` if it is no longer so: an alert that fires again while its end still waits has not ended.
    fn turn_draft(&mut self, turn: &Turn) -> Option<Draft> {
        let tracked = self.alerts.get(&turn.id)?.clone();
        if !turn.fired && tracked.resolved_at.is_none() {
            return None;
        }
        let alert = &tracked.alert;
        let again = !turn.fired && self.alerts.is_told_late(&tracked);
        let (kind, word, at) = match turn.fired {
            // A clock that is ahead begins nothing in the future: it would stay the newest line of the log until then.
            true => (Kind::AlertFired, "fired", tracked.episode.min(self.now.wall)),
            false if again => (Kind::AlertResolved, "ended", tracked.told_end(self.now.wall)),
            false => (Kind::AlertResolved, "resolved", tracked.resolved_at.unwrap_or(self.now.wall)),
        };
        let presumed = tracked.presumed().filter(|_| !turn.fired);
        let unseen = !turn.fired && !again && presumed.is_none() && self.alerts.ended_unseen(&tracked);
        let what = match (turn.fired, presumed) {
            (true, _) => "firing".to_owned(),
            (false, Some(Doubt::Untold(since))) => {
                format!(
                    "taken for resolved: nobody has told of it since {} UTC, so its server takes it for over",
                    since.format("%H:%M")
                )
            }
            (false, Some(_)) => unlisted_since_a_restart(&turn.id),
            (false, None) if unseen => "ended while nobody watched".to_owned(),
            (false, None) => "resolved".to_owned(),
        };
        // Of eight alerts with one name each is read by itself, here and in the postmortem.
        let (name, on) = (inert(alert.name()), on(alert) + &self.apart(&tracked));
        let text = if presumed.is_some() || unseen { format!("{name}{on} {what}") } else { format!("{name} {what}{on}") };
        let text = if again { format!("{text}, as its source says now") } else { text };
        let dead = !turn.fired && !again && self.settings.is_watchdog(alert.name());
        let text = if dead { format!("{text}: alerting may be broken") } else { text };
        let mut draft = self.context().seen("alerts", kind, text).with("starts_at", tracked.episode).with("name", alert.name());
        draft = match presumed {
            Some(Doubt::Untold(since)) => draft.with("why", UNTOLD).with("untold_since", since),
            None if unseen => draft.with("why", UNSEEN),
            why => draft.with("why", why.map(|_| FORGOTTEN)),
        };
        if turn.fired {
            draft =
                draft.with("severity", tracked.severity).with("labels", pairs(&alert.labels)).with("summary", alert.summary());
            draft.at_source = crate::domain::entry::AtSource::Provider;
        } else {
            // Who reads of it may not see how it began.
            draft = draft.with("target", Some(alert.target()).filter(|target| !target.is_empty()));
            draft = if presumed.is_some() { draft.with("severity", tracked.severity) } else { draft };
        }
        draft.at = at;
        draft.key = Some(format!("{}/{}/{word}", turn.id, tracked.episode.timestamp_millis()));
        draft.incident = self.incidents.covering(Some(&turn.id), tracked.service.as_ref());
        (draft.alert, draft.service) = (Some(turn.id.clone()), tracked.service.clone());
        Some(draft)
    }

    /// Episodes that the journal holds open and the source, asked often enough, does not know: they ended while nobody looked.
    pub(super) fn note_forgotten(&mut self, source: &SourceName) -> Vec<Effect> {
        let lost = self.alerts.forgotten(source, self.now);
        let settings = self.settings.clone();
        lost.iter().for_each(|id| self.alerts.end_missed(&settings, id, self.now));
        if !self.watching {
            return Vec::new();
        }
        let drafts = lost.into_iter().filter_map(|id| self.forgotten_draft(id)).collect();
        self.record(drafts)
    }

    /// What fires began while nobody looked, and what stands open in the journal had ended before that. Once that is recorded, so is its
    /// beginning.
    fn note_begun_anew(&mut self) -> Vec<Effect> {
        let anew = self.alerts.begun_anew();
        if !self.watching || self.settings.read_only {
            return Vec::new();
        }
        let drafts = anew.into_iter().filter_map(|(id, episode)| {
            let key = format!("{id}/{}/resolved", episode.timestamp_millis());
            let tracked = self.alerts.get(&id).filter(|_| self.telling.insert(key.clone()))?.clone();
            let (name, at) = (self.in_full(&id), tracked.alert.starts_at.min(self.now.wall));
            let text = format!("{name} ended while nobody watched, and began again");
            let draft = self.context().seen("alerts", Kind::AlertResolved, text).with("starts_at", episode).with("why", UNSEEN);
            let draft = draft.with("name", tracked.alert.name());
            Some(Draft { key: Some(key), at, ..self.about_alert(draft, &id) })
        });
        let drafts = drafts.collect();
        self.record(drafts)
    }

    fn forgotten_draft(&mut self, id: AlertId) -> Option<Draft> {
        let episode = self.alerts.record(&id)?.open_episode()?;
        let broken = if self.alerts.get(&id).is_some() { ": alerting may be broken" } else { "" };
        // What it was restarted after it may not know of any more.
        let (what, why) = match self.alerts.began_before_a_start(&id) {
            true => (unlisted_since_a_restart(&id), FORGOTTEN),
            false => ("ended while nobody watched".to_owned(), UNSEEN),
        };
        let begun = self.alerts.begun(&id).cloned();
        let alert = begun.as_ref().and_then(|begun| Alert::recorded(begun));
        let told = alert.as_ref().map_or_else(|| self.in_full(&id), |alert| format!("{}{}", inert(alert.name()), on(alert)));
        let text = format!("{told} {what}{broken}");
        let mut draft = self.context().seen("alerts", Kind::AlertResolved, text).with("starts_at", episode).with("why", why);
        draft.key = Some(format!("{id}/{}/resolved", episode.timestamp_millis()));
        // It belongs where its beginning does.
        let of = begun.as_ref().and_then(|begun| begun.incident);
        let of = of.filter(|of| self.incidents.open().any(|open| open.id == *of));
        draft.service = alert.and_then(|alert| self.settings.service(&alert.labels));
        draft.incident = of.or_else(|| self.incidents.covering(Some(&id), draft.service.as_ref()));
        draft.alert = Some(id);
        Some(draft)
    }

    /// Acknowledgements that have run out while their alerts still fire.
    pub(super) fn note_lapsed(&mut self, back: Vec<AlertId>) -> Vec<Effect> {
        if !self.watching {
            return Vec::new();
        }
        self.note_over(back)
    }

    /// Those that ran out while nobody watched, and that their source, which has no ends, still holds.
    fn note_outlived(&mut self, source: &SourceName) -> Vec<Effect> {
        if !self.watching {
            return Vec::new();
        }
        let over = self.alerts.outlived_of(source, self.now.wall);
        self.note_over(over)
    }

    /// Each is told once, whoever has noticed it first.
    fn note_over(&mut self, over: Vec<AlertId>) -> Vec<Effect> {
        let drafts = over.into_iter().filter_map(|id| self.lapsed_draft(&id)).collect();
        self.record(drafts)
    }

    fn lapsed_draft(&mut self, id: &AlertId) -> Option<Draft> {
        let ack = self.alerts.record(id)?.last_ack()?.clone();
        let (entry, episode) = (ack.entry?, self.alerts.get(id)?.episode);
        let key = format!("ack/{entry}/ran-out");
        if self.settings.read_only || !self.telling.insert(key.clone()) {
            return None;
        }
        let text = format!("{}'s acknowledgement of {} ran out, and it still fires", inert(&ack.by), self.in_full(id));
        let mut draft = self.context().seen("alerts", Kind::Unack, text);
        draft = draft.with("episode", episode).with("ack", entry).with("why", "ran out");
        draft.key = Some(key);
        Some(self.about_alert(draft, id))
    }

    /// Told once for each reason, whoever watches: who wants it so is not told again each day.
    pub(super) fn note_refused(&mut self, source: &SourceName, why: &Outside) -> Vec<Effect> {
        if !self.watching || !self.alerts.refused(source, why) {
            return Vec::new();
        }
        let text = format!("{source} is only polled: {}", why.inert());
        let mut draft = self.context().seen("alerts", Kind::Console, text);
        draft.key = Some(format!("{source}/news-refused/{}", why.raw()));
        self.record(vec![draft])
    }

    pub(in crate::model) fn feed_read(&mut self, feed: &FeedName, reading: Result<Reading, Trouble>) -> Vec<Effect> {
        let mut reading = reading;
        let told = reading.as_mut().map(|reading| std::mem::take(&mut reading.changes)).unwrap_or_default();
        let change = self.health.read(feed, reading, self.now);
        let mut effects = self.note_feeds(change.into_iter().collect());
        effects.extend(self.note_changes(feed, told));
        effects.extend(self.note_soon(feed));
        effects
    }

    pub(super) fn tick_feeds(&mut self) -> Vec<Effect> {
        let changes = self.health.tick(self.now);
        self.note_feeds(changes)
    }

    fn note_feeds(&mut self, changes: Vec<crate::model::health::Change>) -> Vec<Effect> {
        if !self.watching {
            return Vec::new();
        }
        let drafts = changes.into_iter().filter(|change| change.news()).map(|change| self.feed_draft(change)).collect();
        self.record(drafts)
    }

    fn feed_draft(&mut self, change: crate::model::health::Change) -> Draft {
        let incident = self.incidents.covering(None, change.service.as_ref());
        let text = format!("{} {}: {}", change.feed, word(change.to), change.message.inert());
        let draft = self.context().seen("health", Kind::FeedChanged, text);
        let mut draft =
            draft.with("feed", &change.feed).with("from", change.from).with("to", change.to).with("message", &change.message);
        (draft.service, draft.incident) = (change.service, incident);
        draft
    }

    pub(super) fn act_draft(&mut self, source: &SourceName, act: Act, text: &str) -> Draft {
        let expires_at = self.now.wall + to_chrono(EXPIRY);
        let draft = self.context().by_me(Kind::Act, text);
        draft.with("source", source).with("act", act).with("expires_at", expires_at)
    }

    /// Acts without an end that no living process can still be sending: looked for first, never repeated blindly.
    pub(super) fn take_over(&mut self) -> Vec<Effect> {
        let now = self.now.wall;
        let left =
            self.outbox.open().filter(|(intent, _)| self.is_left(intent) && intent.recorded_at + to_chrono(IN_HANDS) <= now);
        let left: Vec<_> = left.filter_map(|(intent, sent)| Some((intent.intent()?, sent.act()?))).collect();
        left.into_iter().flat_map(|(intent, act)| self.look_for(intent, act)).collect()
    }

    /// Neither this process nor a search of it has the act in hand, or knows how it ended.
    pub(super) fn is_left(&self, intent: &Entry) -> bool {
        !self.searching.contains(&intent.id) && !self.lanes.is_sending(intent.id) && !self.ends.holds(intent.id)
    }

    /// One search per act at a time. Who was told can't be asked: it stays unknown, and is not said again by itself.
    fn look_for(&mut self, intent: Intent, (source, act): (SourceName, Act)) -> Vec<Effect> {
        const TOLD: &str = "it may have arrived before a crash: look there, and say it again if it has not";
        match (self.searching.insert(intent.id()), act) {
            (false, _) => Vec::new(),
            (true, Act::Tell(_)) => self.act_ended(intent.id(), ActEnd::new(Outcome::Unknown, TOLD)),
            (true, act) => vec![Effect::Find { intent, source, act }],
        }
    }

    pub(super) fn act_found(&mut self, intent: EntryId, found: Result<crate::domain::act::Found, Trouble>) -> Vec<Effect> {
        use crate::domain::act::Found;
        if self.outbox.get(intent).is_some_and(Sent::is_doubtful) {
            return self.doubt_answered(intent, found);
        }
        let Some((entry, sent)) = self.outbox.open().find(|(entry, _)| entry.id == intent).map(|(e, s)| (e.clone(), s.clone()))
        else {
            // Somebody else has found it meanwhile.
            self.searching.remove(&intent);
            return self.next_doubts();
        };
        let end = |outcome, detail: &str, made| ActEnd { outcome, detail: detail.into(), made };
        match (found, sent.act(), entry.intent()) {
            (Ok(Found::There(made)), act, _) => {
                let words = act.map_or("", |(_, act)| found_out(&act));
                self.act_ended(intent, end(Outcome::Done, words, Some(made)))
            }
            // Whoever watches now asks, too.
            (Ok(Found::NotThere), Some(_), _) if !self.watching => {
                self.searching.remove(&intent);
                Vec::new()
            }
            (Ok(Found::NotThere), Some((source, act)), Some(proof)) if sent.expires_at().is_some_and(|at| self.now.wall < at) => {
                vec![Effect::Act { intent: proof, source, act }]
            }
            (Ok(Found::NotThere), ..) => {
                self.act_ended(intent, end(Outcome::Expired, "act expired: it was not sent in time", None))
            }
            (Err(trouble), ..) => self.act_ended(intent, end(Outcome::Unknown, &trouble.to_string(), None)),
        }
    }
}

pub(super) fn to_chrono(duration: Duration) -> chrono::Duration {
    chrono::Duration::from_std(duration).unwrap_or(chrono::Duration::MAX)
}

/// Which of its name it is: ` on db-1`, or nothing where its name says so.
fn on(alert: &Alert) -> String {
    let (name, target) = (inert(alert.name()), inert(alert.target()));
    if name.contains(&*target) { String::new() } else { format!(" on {target}") }
}

fn word(state: FeedState) -> &'static str {
    match state {
        FeedState::Healthy => "healthy",
        FeedState::Maintenance => "in maintenance",
        FeedState::Unknown => "unknown",
        FeedState::Stale => "stale",
        FeedState::Degraded => "degraded",
        FeedState::Failing => "failing",
    }
}

fn pairs(labels: &crate::domain::alert::Labels) -> serde_json::Map<String, serde_json::Value> {
    labels.iter().map(|(name, value)| (name.raw().to_owned(), value.raw().into())).collect()
}

fn unlisted_since_a_restart(id: &AlertId) -> String {
    format!("taken for resolved: {} was restarted and has not listed it since", id.source)
}

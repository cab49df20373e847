//! What happens by itself: episodes and feed changes are recorded, carried acknowledgements are kept alive, acts that a
//! crash left open are taken over, and a night in a bag makes everything stale.

use super::World;
use crate::domain::act::{Act, ActEnd, Outcome};
use crate::domain::alert::{SilenceMatcher, Upstream};
use crate::domain::entry::{Draft, Intent, Kind};
use crate::domain::health::{FeedState, Reading};
use crate::domain::ids::{AlertId, EntryId, FeedName, SourceName};
use crate::domain::settings::CARRY_FOR;
use crate::domain::stamp::Stamp;
use crate::domain::text::{Outside, inert};
use crate::domain::trouble::Trouble;
use crate::model::Effect;
use crate::model::alerts::{Ack, Turn};
use crate::model::outbox::{EXPIRY, IN_HANDS};
use chrono::{DateTime, Utc};
use std::time::Duration;

/// A timer that is this late, or a wall clock that moved this much more than the machine's own, is a jump.
const JUMP: Duration = Duration::from_secs(30);
const CLOCK_SET: i64 = 5_000;
/// How long after an attempt to extend a silence the next one may be made.
const ATTEMPTS: chrono::Duration = chrono::Duration::seconds(30);
/// A carried silence is extended when it has less than this left.
const EXTEND_AT: chrono::Duration = chrono::Duration::minutes(5);

impl World {
    pub(super) fn set_watching(&mut self, watching: bool) -> Vec<Effect> {
        self.watching = watching;
        self.duties = None;
        self.notes.clear();
        self.alerts.all_ends_recorded(self.now.wall);
        let turns = if watching { self.alerts.unrecorded() } else { Vec::new() };
        self.note_turns(turns)
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
                let request = self.context().request();
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
        let (kind, word, at) = match turn.fired {
            true => (Kind::AlertFired, "fired", tracked.episode),
            false => (Kind::AlertResolved, "resolved", tracked.resolved_at.unwrap_or(self.now.wall)),
        };
        let text = format!("{} {}", inert(alert.name()), if turn.fired { "firing" } else { "resolved" });
        let mut draft = self.context().seen("alerts", kind, text).with("starts_at", tracked.episode).with("name", alert.name());
        if turn.fired {
            draft =
                draft.with("severity", tracked.severity).with("labels", pairs(&alert.labels)).with("summary", alert.summary());
            draft.at_source = crate::domain::entry::AtSource::Provider;
        }
        draft.at = at;
        draft.key = Some(format!("{}/{}/{word}", turn.id, tracked.episode.timestamp_millis()));
        draft.incident = self.incidents.covering(Some(&turn.id), tracked.service.as_ref());
        (draft.alert, draft.service) = (Some(turn.id.clone()), tracked.service.clone());
        Some(draft)
    }

    /// Episodes that the journal holds open and the source, asked often enough, does not know: they ended while nobody looked.
    pub(super) fn note_forgotten(&mut self, source: &SourceName) -> Vec<Effect> {
        if !self.watching {
            return Vec::new();
        }
        let lost = self.alerts.forgotten(source, self.now);
        let drafts = lost.into_iter().filter_map(|id| self.forgotten_draft(id)).collect();
        self.record(drafts)
    }

    fn forgotten_draft(&mut self, id: AlertId) -> Option<Draft> {
        let episode = self.alerts.record(&id)?.open_episode()?;
        let mut draft = self
            .context()
            .seen("alerts", Kind::AlertResolved, format!("{id} ended while nobody watched"))
            .with("starts_at", episode);
        draft.key = Some(format!("{id}/{}/resolved", episode.timestamp_millis()));
        draft.incident = self.incidents.covering(Some(&id), None);
        draft.alert = Some(id);
        Some(draft)
    }

    pub(super) fn feed_read(&mut self, feed: &FeedName, reading: Result<Reading, Trouble>) -> Vec<Effect> {
        let change = self.health.read(feed, reading, self.now);
        self.note_feeds(change.into_iter().collect())
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

    /// What explains a gap that no timer does.
    pub(super) fn jump(&self, before: Stamp) -> Option<String> {
        let slept = self.now.since(before);
        // Without a timer a gap means nothing: nobody asked to be woken.
        let late = self.wake_at.is_some_and(|at| self.now.mono > at + JUMP);
        let set = (self.now.wall - before.wall).num_milliseconds() - i64::try_from(slept.as_millis()).unwrap_or(i64::MAX);
        if late {
            return Some(format!("console slept {}", span(slept)));
        }
        (set.abs() > CLOCK_SET).then(|| {
            let way = if set < 0 { "back" } else { "forward" };
            format!("the wall clock was set {way} by {}", span(Duration::from_millis(set.unsigned_abs())))
        })
    }

    pub(super) fn after_jump(&mut self, why: String) -> Vec<Effect> {
        self.alerts.all_stale(&why);
        self.health.all_stale(self.now, &why);
        let sources = self.settings.sources.iter().map(|spec| spec.name.clone()).collect();
        let feeds = self.settings.feeds.iter().map(|spec| spec.name.clone()).collect();
        let draft = self.context().seen("console", Kind::Console, why);
        let mut effects = if self.watching { self.record(vec![draft]) } else { Vec::new() };
        effects.push(Effect::Ask { sources, feeds });
        effects
    }

    /// The duties of the watcher: carried acks and acts that nobody has in hand any more.
    pub(super) fn watch(&mut self) -> Vec<Effect> {
        if !self.watching || self.settings.read_only || self.duty().is_none_or(|at| at > self.now.wall) {
            return Vec::new();
        }
        let mut effects = self.carry();
        effects.extend(self.take_over());
        effects.extend(self.give_up_late());
        self.duties = None;
        effects
    }

    /// When `watch` next has something to do, worked out once after every change.
    fn duty(&mut self) -> Option<DateTime<Utc>> {
        if let Some(known) = self.duties {
            return known;
        }
        let extensions = self.alerts.acked().filter_map(|(id, ack)| self.extension_due(id, ack));
        let left = self.outbox.open().filter(|(intent, _)| !self.searching.contains(&intent.id));
        let left = left.map(|(intent, _)| intent.recorded_at + to_chrono(IN_HANDS));
        let next = extensions.chain(left).chain(self.given_up_next()).min();
        self.duties = Some(next);
        next
    }

    pub(super) fn next_watch(&mut self) -> Option<Duration> {
        let at = if self.watching { self.duty()? } else { return None };
        Some(self.now.mono + (at - self.now.wall).to_std().unwrap_or_default())
    }

    /// When the silence that carries an acknowledgement has to be extended; `None` if it needn't be.
    fn extension_due(&self, id: &AlertId, ack: &Ack) -> Option<DateTime<Utc>> {
        let entry = ack.entry?;
        let (_, ends_at) = self.outbox.carried(entry)?;
        let busy = self.extending.contains(&entry) || self.outbox.serving(entry).any(|sent| sent.end.is_none() || sent.waits());
        let tried = self.outbox.serving(entry).filter_map(|sent| Some(sent.intent.as_ref()?.recorded_at)).max()?;
        let tracked =
            self.alerts.get(id).filter(|tracked| tracked.resolved_at.is_none() && tracked.alert.upstream == Upstream::Firing);
        let firing =
            tracked.is_some_and(|tracked| self.alerts.ack(tracked, self.now.wall).is_some_and(|ack| ack.entry == Some(entry)));
        let due = (ends_at - EXTEND_AT).max(tried + ATTEMPTS);
        (!busy && firing && self.now.wall < ends_at && ends_at < ack.until).then_some(due)
    }

    /// Keeps carried silences alive while the ack lasts and the alert fires, and ends them with the ack.
    fn carry(&mut self) -> Vec<Effect> {
        let acked: Vec<(AlertId, Ack)> = self.alerts.acked().map(|(id, ack)| (id.clone(), ack.clone())).collect();
        let drafts = acked.into_iter().filter_map(|(id, ack)| self.extension(&id, &ack)).collect();
        self.record(drafts)
    }

    fn extension(&mut self, id: &AlertId, ack: &Ack) -> Option<Draft> {
        self.extension_due(id, ack).filter(|due| *due <= self.now.wall)?;
        let entry = ack.entry?;
        let (silence, _) = self.outbox.carried(entry)?;
        let matchers = self.alerts.get(id)?.alert.labels.exactly();
        self.extending.insert(entry);
        self.carry_draft(id, entry, ack, matchers, Some(silence))
    }

    /// The intent to carry an acknowledgement to its source as a short silence; `None` where the source doesn't carry.
    pub(super) fn carry_draft(
        &mut self,
        id: &AlertId,
        entry: EntryId,
        ack: &Ack,
        matchers: Vec<SilenceMatcher>,
        silence: Option<Outside>,
    ) -> Option<Draft> {
        let carry = self.settings.source(&id.source)?.carry.clone()?;
        let ends_at = ack.until.min(self.now.wall + to_chrono(CARRY_FOR));
        let comment = format!("{} {}: {}", carry.prefix, ack.by, ack.reason);
        let text = if silence.is_some() {
            "extended the silence that carries the acknowledgement"
        } else {
            "carried the acknowledgement as a silence"
        };
        let act = Act::Silence { id: silence, matchers, starts_at: self.now.wall, ends_at, by: ack.by.clone(), comment };
        let mut draft = self.act_draft(&id.source, act, text).with("for", entry);
        draft.alert = Some(id.clone());
        Some(draft)
    }

    /// The intent to end the silence that carries an acknowledgement.
    pub(super) fn uncarry_draft(&mut self, id: &AlertId, ack: EntryId) -> Option<Draft> {
        let (silence, ends_at) = self.outbox.carried(ack)?;
        if ends_at <= self.now.wall {
            return None;
        }
        let mut draft = self
            .act_draft(&id.source, Act::Expire { id: silence }, "ended the silence that carried the acknowledgement")
            .with("for", ack);
        draft.alert = Some(id.clone());
        Some(draft)
    }

    pub(super) fn act_draft(&mut self, source: &SourceName, act: Act, text: &str) -> Draft {
        let expires_at = self.now.wall + to_chrono(EXPIRY);
        let draft = self.context().by_me(Kind::Act, text);
        draft.with("source", source).with("act", act).with("expires_at", expires_at)
    }

    /// Acts without an end that no living process can still be sending: looked for first, never repeated blindly.
    fn take_over(&mut self) -> Vec<Effect> {
        let now = self.now.wall;
        let left = self.outbox.open().filter(|(intent, _)| intent.recorded_at + to_chrono(IN_HANDS) <= now);
        let finds: Vec<Effect> = left.filter_map(|(intent, sent)| find(intent.intent()?, sent.act()?)).collect();
        finds.into_iter().filter(|effect| self.first_search(effect)).collect()
    }

    /// One search per act at a time.
    fn first_search(&mut self, effect: &Effect) -> bool {
        match effect {
            Effect::Find { intent, .. } => self.searching.insert(intent.id()),
            _ => true,
        }
    }

    pub(super) fn act_found(&mut self, intent: EntryId, found: Result<crate::domain::act::Found, Trouble>) -> Vec<Effect> {
        use crate::domain::act::Found;
        let Some((entry, sent)) = self.outbox.open().find(|(entry, _)| entry.id == intent).map(|(e, s)| (e.clone(), s.clone()))
        else {
            return Vec::new();
        };
        let end = |outcome, detail: &str, made| ActEnd { outcome, detail: detail.into(), made };
        match (found, sent.act(), entry.intent()) {
            (Ok(Found::There(made)), ..) => {
                self.act_ended(intent, end(Outcome::Done, "found at the source after a restart", Some(made)))
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

fn find(intent: Intent, (source, act): (SourceName, Act)) -> Option<Effect> {
    Some(Effect::Find { intent, source, act })
}

pub(super) fn to_chrono(duration: Duration) -> chrono::Duration {
    chrono::Duration::from_std(duration).unwrap_or(chrono::Duration::MAX)
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

//! Ends of acts on their way into the journal, and acts that follow from what it holds. Invariant: what a source has said is kept until
//! the journal holds it: what was done is never told as undone, nor looked for as if nobody knew.

use super::World;
use crate::domain::act::{Act, ActEnd, Outcome};
use crate::domain::entry::{Draft, Entry, Kind};
use crate::domain::ids::{EntryId, RequestId};
use crate::domain::stamp::Stamp;
use crate::domain::text::Outside;
use crate::model::Effect;
use crate::model::progress::Stage;
use crate::model::troubles::Subject;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Ends {
    /// What the journal was asked to hold: the act that ended, and how.
    asked: BTreeMap<RequestId, (EntryId, Draft)>,
    /// What it could not hold, and is asked for again.
    refused: Vec<(EntryId, Draft)>,
    /// What asks whether the journal can be written again, when nothing else would.
    trying: Option<RequestId>,
    /// When the journal last told that it could be, whoever found out.
    told: Option<DateTime<Utc>>,
    /// Acts that nobody typed: which entries they follow from, and whether they carry one.
    followed: BTreeMap<RequestId, (Vec<EntryId>, bool)>,
}

impl Ends {
    /// It is known how this act ended, though the journal does not hold it yet.
    pub fn holds(&self, intent: EntryId) -> bool {
        self.asked.values().chain(&self.refused).any(|(of, _)| *of == intent)
    }

    /// An act that follows from these entries is on its way into the journal.
    pub fn follows(&mut self, request: RequestId, draft: &Draft) {
        let from: Vec<EntryId> = ["for", "asked_by"].into_iter().filter_map(|name| draft.data_of(name)).collect();
        let carries = draft.data_of::<Act>("act").is_some_and(|act| act.carries_until().is_some());
        if !from.is_empty() {
            self.followed.insert(request, (from, carries));
        }
    }

    /// When the journal is asked again: for what it could not hold, or whether it can hold anything.
    pub fn due(&self, in_trouble: bool, rest: Option<Duration>, now: Stamp) -> Option<Duration> {
        let rest = rest.unwrap_or(now.mono);
        if !self.refused.is_empty() {
            return Some(rest);
        }
        let quiet = self.told.and_then(|at| (at + QUIET - now.wall).to_std().ok()).unwrap_or_default();
        // A clock that has been set back says nothing of how long ago that was.
        let quiet = quiet.min(QUIET.to_std().unwrap_or_default());
        (in_trouble && self.trying.is_none()).then(|| rest.max(now.mono + quiet))
    }

    /// The journal has answered this request, whatever it said.
    pub fn answered(&mut self, request: RequestId) {
        self.trying = self.trying.filter(|trying| *trying != request);
    }
}

/// On a disk that is nearly full one entry has room and the next has none: so long nobody tells once more that there is room.
const QUIET: chrono::Duration = chrono::Duration::minutes(1);

/// What the line is called that tells it, and behind that the newest entry before: all who were kept from writing know the same one.
const AGAIN: &str = "journal/again/";

impl World {
    /// How many acts have ended whose end the journal could not hold yet.
    pub fn unrecorded_ends(&self) -> usize {
        self.ends.refused.len()
    }

    pub(super) fn record_end(&mut self, intent: EntryId, draft: Draft) -> Vec<Effect> {
        if self.settings.read_only {
            return Vec::new();
        }
        let request = self.context().request();
        self.ends.asked.insert(request, (intent, draft.clone()));
        vec![Effect::Record { request, drafts: vec![draft] }]
    }

    /// The journal holds an answer to this request.
    pub(super) fn end_recorded(&mut self, request: RequestId, entry: &Entry) {
        self.ends.followed.remove(&request);
        if self.ends.asked.remove(&request).is_some() {
            // It was told with the trouble that recording it made.
            self.ended_elsewhere(entry);
        }
    }

    /// The journal could not hold it: what was said there is told all the same, and the journal is asked again. Gives what to say of an
    /// end that it could not hold.
    pub(super) fn end_refused(&mut self, request: RequestId, why: &str) -> Option<String> {
        let mut unrecorded = None;
        if let Some((intent, draft)) = self.ends.asked.remove(&request) {
            if let Some(end) = ended(&draft) {
                let sent = !matches!(end.outcome, Outcome::Unsent | Outcome::Expired);
                let told = if sent {
                    "it was sent, but its outcome could not be recorded yet"
                } else {
                    "that could not be recorded yet"
                };
                let said = end.detail.raw();
                unrecorded = Some(format!("{told}: {why}"));
                let detail = if said.is_empty() { format!("{told}: {why}") } else { format!("{said}; {told}: {why}") };
                self.stage(intent, &Stage::Ended(ActEnd { detail: detail.into(), ..end }));
            }
            self.ends.refused.push((intent, draft));
        }
        let Some((from, carries)) = self.ends.followed.remove(&request) else { return unrecorded };
        // The watcher carries what nobody carries; what is not taken back stays there until it ends, or somebody asks again.
        let outcome = if carries { Outcome::Unsent } else { Outcome::Failed };
        let end = Stage::Ended(ActEnd::new(outcome, format!("its source was not told: {why}")));
        from.into_iter().for_each(|entry| self.requests.stop_waiting(entry, &end));
        unrecorded
    }

    /// What the journal could not hold, once it has been left alone for a while.
    pub(super) fn record_ends(&mut self) -> Vec<Effect> {
        if self.rest.is_some_and(|until| until > self.now.mono) {
            return Vec::new();
        }
        let refused = std::mem::take(&mut self.ends.refused);
        if refused.is_empty() {
            let due = self.ends.due(self.journal_trouble.is_some(), None, self.now).is_some_and(|at| at <= self.now.mono);
            return if due { self.try_journal() } else { Vec::new() };
        }
        refused.into_iter().flat_map(|(intent, draft)| self.record_end(intent, draft)).collect()
    }

    /// Nobody need act to find out that there is room again: the line that says so is what is tried.
    fn try_journal(&mut self) -> Vec<Effect> {
        let trouble = self.troubles.get(&Subject::Journal).filter(|_| !self.settings.read_only);
        let Some(since) = trouble.map(|trouble| trouble.since) else { return Vec::new() };
        let lasted = Duration::from_secs(self.now.since(since).as_secs());
        let text = format!("the journal can be written again: for {} it could not", humantime::format_duration(lasted));
        let last = self.log.entries().next_back().map_or_else(|| "begin".to_owned(), |entry| entry.id.to_string());
        let mut draft = self.context().seen("journal", Kind::Console, text);
        draft.key = Some(format!("{AGAIN}{last}"));
        let request = self.context().request();
        self.ends.trying = Some(request);
        vec![Effect::Record { request, drafts: vec![draft] }]
    }
}

impl World {
    /// What could not be written is asked for again, now that something can.
    pub(super) fn writable_again(&mut self) {
        if self.journal_trouble.take().is_some() {
            self.drilling.seen = None;
        }
    }

    /// Whoever was kept from writing by the same thing need not tell it once more.
    pub(super) fn told_again(&mut self, entry: &Entry) {
        if !asks_for_room(entry) {
            return;
        }
        self.ends.told = self.ends.told.max(Some(entry.recorded_at));
        if self.troubles.get(&Subject::Journal).is_some_and(|trouble| trouble.last.wall <= entry.recorded_at) {
            self.troubles.well(&Subject::Journal, self.now);
            self.writable_again();
        }
    }
}

/// It stands for nothing but that it had room.
pub(super) fn asks_for_room(entry: &Entry) -> bool {
    entry.key.as_ref().is_some_and(|key| key.starts_with(AGAIN))
}

fn ended(draft: &Draft) -> Option<ActEnd> {
    let detail = draft.text_of("detail").unwrap_or_default().into();
    Some(ActEnd { outcome: draft.data_of("outcome")?, detail, made: draft.text_of("made").map(Outside::from) })
}

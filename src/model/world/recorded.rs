//! What follows from an entry that the journal holds: the fold always, the act only when the entry is ours and live.

use super::World;
use super::ends::asks_for_room;
use super::playing::BREATH;
use super::settling::settled;
use super::watch::to_chrono;
use crate::domain::act::{ActEnd, Outcome};
use crate::domain::entry::{Entry, Kind};
use crate::domain::ids::{EntryId, IncidentId, RequestId, SourceName};
use crate::model::alerts::{ENDED_ELSEWHERE, GIVEN_ELSEWHERE};
use crate::model::outbox::{IN_HANDS, Sent, TAKEN_AWAY};
use crate::model::progress::{Stage, Target};
use crate::model::{Command, Effect};
use std::sync::Arc;

/// An entry is news for so long.
const NEWS: chrono::Duration = chrono::Duration::minutes(1);

impl World {
    pub(super) fn recorded(&mut self, entry: Arc<Entry>, request: Option<RequestId>) -> Vec<Effect> {
        self.fold(&entry);
        self.note_given_back(&entry);
        self.told_again(&entry);
        let mut effects = match request {
            Some(request) => {
                // The line that asks whether there is room may be another's, which had it some time ago.
                if !asks_for_room(&entry) {
                    self.writable_again();
                }
                self.diagnoses.answered(request);
                self.ends.answered(request);
                self.requests.recorded(request, &Target::of(&entry.draft), entry.id);
                self.end_recorded(request, &entry);
                self.stated(request);
                let mut effects = self.on_recorded(&entry);
                effects.extend(self.call_recorded(request, &entry));
                effects.extend(self.drill_recorded(&entry, request));
                if self.notes.recorded(request) {
                    effects.extend(self.note_next());
                }
                effects
            }
            None => {
                self.ended_elsewhere(&entry);
                Vec::new()
            }
        };
        if entry.kind == Kind::Unack {
            self.taken_now(&entry);
        }
        effects.extend(self.practice_changed(&entry));
        effects.extend(self.disturbed(&entry));
        effects.extend(self.pause_with(&entry));
        let (runs, mut context, ..) = self.split();
        effects.extend(runs.recorded(&mut context, &entry, request.is_some()));
        effects
    }

    /// An incident that was declared here is on its way into the journal.
    pub fn is_declaring(&self) -> bool {
        let mut under_way = self.requests.iter().filter(|(_, progress)| !progress.settled());
        under_way.any(|(_, progress)| matches!(progress.command, Some(Command::Declare { .. })))
    }

    /// What an incident has become is on its way into the journal.
    pub fn is_stating(&self, incident: IncidentId) -> bool {
        self.stating.contains_key(&incident)
    }

    /// A status is judged by those before it once all of them are in the journal.
    fn stated(&mut self, request: RequestId) {
        if self.requests.get(request).is_none_or(|progress| progress.settled()) {
            self.stating.retain(|_, of| *of != request);
        }
    }

    /// Another process has heard what became of an act of ours.
    pub(super) fn ended_elsewhere(&mut self, entry: &Entry) {
        let intent = entry.data_of("intent").filter(|_| entry.kind == Kind::ActEnded);
        let end = intent.and_then(|intent| Some((intent, self.outbox.get(intent)?.end.clone()?)));
        if let Some((intent, end)) = end {
            self.stage(intent, &Stage::Ended(end));
        }
    }

    /// What was taken from somebody just now is news; what an old entry tells of is not.
    fn taken_now(&mut self, entry: &Entry) {
        let taken = matches!(entry.text_of("why"), Some(TAKEN_AWAY | ENDED_ELSEWHERE));
        let lately = taken && self.now.wall - entry.recorded_at < NEWS;
        if let Some(id) = entry.alert.as_ref().filter(|_| lately) {
            self.alerts.taken(&self.settings.clone(), id, entry.recorded_at, self.now);
        }
    }

    pub(super) fn record_failed(&mut self, request: RequestId, why: String) -> Vec<Effect> {
        if self.is_anothers(request) {
            return self.duty_refused(request, &why);
        }
        // Acts that waited behind this one are refused with it.
        let mut told = None;
        for request in self.lanes.give_up().into_iter().chain([request]) {
            self.requests.journal_failed(request, &why);
            told = self.end_refused(request, &why).or(told);
            self.diagnoses.answered(request);
            self.ends.answered(request);
        }
        self.stating.retain(|_, of| *of != request);
        self.calls.failed(request);
        self.journal_trouble = Some(told.unwrap_or(why));
        self.forget_asked();
        self.drilling.again = Some(self.now.mono + BREATH);
        self.rest = self.drilling.again;
        self.duties = None;
        Vec::new()
    }

    /// The journal does not hold what it was asked for: what was seen outside is seen again by the next poll, and the rest follows anew.
    pub(super) fn forget_asked(&mut self) {
        self.alerts.forget_notes();
        self.notes.clear();
        self.telling.clear();
        self.looked_back.clear();
        self.soon.forget_asked();
        self.extending.clear();
        self.resending.clear();
        self.drilling.asked.clear();
    }

    fn on_recorded(&mut self, entry: &Arc<Entry>) -> Vec<Effect> {
        match entry.kind {
            Kind::Ack if entry.text_of("why") == Some(GIVEN_ELSEWHERE) => Vec::new(),
            Kind::Ack => self.carry_new(entry),
            // Where it was taken away there is nothing to take back.
            Kind::Unack if matches!(entry.text_of("why"), Some(TAKEN_AWAY | ENDED_ELSEWHERE)) => Vec::new(),
            Kind::Unack => self.uncarry(entry, entry.data_of("ack")),
            Kind::AlertResolved | Kind::KnownOver => self.episode_ended(entry),
            Kind::Act => self.send(entry),
            Kind::ActEnded => self.uncarry_late(entry),
            Kind::Declare if entry.drill.is_none() => self.look_back(IncidentId(entry.id.0)),
            Kind::Status if entry.drill.is_some() => entry.incident.map(|id| self.drill_ended(id)).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    fn send(&mut self, entry: &Arc<Entry>) -> Vec<Effect> {
        let Some((source, act)) = self.outbox.get(entry.id).and_then(|sent| sent.act()) else { return Vec::new() };
        let Some(intent) = entry.intent() else { return Vec::new() };
        if let Some(served) = entry.data_of("for") {
            self.extending.remove(&served);
        }
        self.lanes.sent(&source, entry.id);
        // A process that was stopped in between learns of it late: by now another one may have sent it, so it is looked for first.
        if entry.recorded_at + to_chrono(IN_HANDS) <= self.now.wall {
            self.lanes.ended(&source, entry.id);
            return self.next_acts();
        }
        self.stage(entry.id, &Stage::Sending);
        vec![Effect::Act { intent, source, act }]
    }

    /// Moves the progress of an act, of what it serves, of what asked for it, and of what it repeats.
    pub(super) fn stage(&mut self, intent: EntryId, stage: &Stage) {
        let mut next = Some(intent);
        while let Some(intent) = next {
            let sent = self.outbox.get(intent);
            // That what carries an acknowledgement is kept alive is no news of the request for it, and that it was taken back later none of
            // how it went.
            let carries = sent.and_then(Sent::doing).is_some_and(|act| act.carries_until().is_some());
            let served = sent.and_then(Sent::serves).filter(|served| carries && !self.outbox.extends(intent, *served));
            let others = [served, sent.and_then(Sent::asked_by)];
            next = sent.and_then(Sent::repeats);
            for entry in others.into_iter().flatten().chain([intent]) {
                self.requests.stage(entry, stage);
            }
        }
    }

    /// Another silence carries it from now on: whoever asked for the acknowledgement sees which.
    fn note_carrier(&mut self, intent: EntryId, end: &ActEnd) {
        let served = self.outbox.get(intent).and_then(Sent::serves);
        let before = served.and_then(|served| Some((served, self.outbox.carried(served)?)));
        let Some((served, before)) = before.filter(|_| end.outcome == Outcome::Done) else { return };
        if end.made.as_ref().is_some_and(|made| *made != before.id) {
            self.requests.corrected(served, end);
        }
    }

    pub(super) fn act_ended(&mut self, intent: EntryId, end: ActEnd) -> Vec<Effect> {
        self.searching.remove(&intent);
        self.note_carrier(intent, &end);
        self.stage(intent, &Stage::Ended(end.clone()));
        let about = self.outbox.get(intent).and_then(|sent| sent.intent.clone());
        let text = match end.outcome {
            Outcome::Done => "confirmed",
            Outcome::Failed => "failed",
            Outcome::Unknown => "outcome unknown",
            Outcome::Contradicted => "contradicted",
            Outcome::Expired => "expired",
            Outcome::Unsent => "kept until the source answers",
        };
        let alert = about.as_ref().and_then(|about| about.alert.as_ref());
        let of = alert.map(|id| format!(" ({})", self.in_full(id))).unwrap_or_default();
        let draft = self.context().seen("sources", Kind::ActEnded, format!("{text}{of}: {}", end.detail.inert()));
        let mut draft =
            draft.with("intent", intent).with("outcome", end.outcome).with("detail", &end.detail).with("made", &end.made);
        let word = if end.outcome == Outcome::Unsent { "unsent" } else { "ended" };
        // What nobody knew has ended once already; that still nobody knows settles nothing.
        let settles = !end.outcome.is_open() && self.outbox.get(intent).is_some_and(Sent::is_doubtful);
        draft.key = Some(if settles { settled(intent) } else { format!("act/{intent}/{word}") });
        if settles {
            self.telling.insert(settled(intent));
        }
        let source = about.as_ref().and_then(|about| about.data_of::<SourceName>("source"));
        // Every console is to know whose it is then.
        let carried = self.outbox.get(intent).filter(|sent| sent.doing().is_some_and(|act| act.carries_until().is_some()));
        draft = draft.with("lost", carried.and_then(Sent::serves).filter(|_| end.outcome == Outcome::Contradicted));
        // Nor does anybody else have it any more from whom it was taken there.
        let taken = about.as_ref().is_some_and(|about| end.outcome == Outcome::Done && about.data.contains_key("from"));
        draft = draft.with("freed", alert.filter(|_| taken).and_then(|id| self.alerts.get(id)).map(|tracked| tracked.episode));
        if let Some(about) = about {
            // What was asked for before its incident was declared ends in that.
            let declared = || about.alert.as_ref().and_then(|id| self.incidents.covering(Some(id), about.service.as_ref()));
            draft.incident = about.incident.or_else(declared);
            (draft.alert, draft.service) = (about.alert.clone(), about.service.clone());
        }
        let mut effects = self.record_end(intent, draft);
        effects.extend(source.into_iter().flat_map(|source| self.lane_free(&source, intent, end.outcome)));
        effects
    }

    /// The next act that waits goes out; after the last one the source is asked what it makes of them.
    fn lane_free(&mut self, source: &SourceName, intent: EntryId, outcome: Outcome) -> Vec<Effect> {
        self.lanes.ended(source, intent);
        let mut effects = self.next_acts();
        let polled = self.settings.source(source).is_some();
        if polled && self.lanes.is_idle(source) && !matches!(outcome, Outcome::Unsent | Outcome::Expired) {
            effects.push(Effect::Ask { sources: vec![source.clone()], feeds: Vec::new() });
        }
        effects
    }
}

//! Acknowledgements at their sources: carried when they are given, kept alive while they and the alert last, and taken back
//! with them. Invariant: what carries an acknowledgement is known by the acts that serve it, so that the next process knows too.

use super::World;
use super::watch::to_chrono;
use crate::domain::act::{Act, ActEnd, ActKind, Outcome, What};
use crate::domain::alert::{SilenceMatcher, Upstream};
use crate::domain::entry::{Actor, ActorKind, Draft, Entry, Kind};
use crate::domain::ids::{AlertId, EntryId};
use crate::domain::settings::{CARRY_FOR, Carry};
use crate::domain::text::{Outside, inert};
use crate::model::Effect;
use crate::model::alerts::ended::is_presumed;
use crate::model::alerts::{Ack, Record};
use crate::model::outbox::{Carrier, Sent};
use crate::model::progress::Stage;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// How long after an attempt to extend a silence the next one may be made.
const ATTEMPTS: chrono::Duration = chrono::Duration::seconds(30);
/// How long after an acknowledgement that nothing carries the watcher carries it.
const UNCARRIED: chrono::Duration = chrono::Duration::minutes(1);
/// A carried silence is extended when it has less than this left.
const EXTEND_AT: chrono::Duration = chrono::Duration::minutes(5);

impl World {
    pub(super) fn carry_new(&mut self, entry: &Arc<Entry>) -> Vec<Effect> {
        let Some(id) = &entry.alert else { return Vec::new() };
        if let Some(first) = self.alerts.record(id).and_then(|record| record.forestalled(entry.id)) {
            let why = format!("{} took it over first", inert(&first.by));
            self.requests.stage(entry.id, &Stage::Ended(ActEnd::new(Outcome::Contradicted, why)));
            return Vec::new();
        }
        let draft = self.new_carrier(id, entry.id);
        if draft.is_some() {
            self.requests.stage(entry.id, &Stage::Sending);
            self.extending.insert(entry.id);
        }
        self.launch_duties(draft.into_iter().collect())
    }

    /// The intent to carry an acknowledgement that nothing carries yet.
    pub(super) fn new_carrier(&mut self, id: &AlertId, entry: EntryId) -> Option<Draft> {
        let tracked = self.alerts.get(id).filter(|tracked| tracked.resolved_at.is_none())?;
        let ack = self.alerts.ack(tracked, self.now.wall).filter(|ack| ack.entry == Some(entry))?;
        let matchers = tracked.alert.labels.exactly();
        let silence = self.carrier_of(id, entry).filter(|carrier| !carrier.native).map(|carrier| carrier.id);
        self.carry_draft(id, entry, &ack, matchers, silence)
    }

    /// What carries an acknowledgement, or what it is to take over: what carries the one whose place it took.
    pub(super) fn carrier_of(&self, id: &AlertId, ack: EntryId) -> Option<Carrier> {
        let carried = |ack| self.outbox.carried(ack).filter(|carrier| self.now.wall < carrier.until);
        self.alerts.record(id)?.line_of(ack).find_map(carried)
    }

    /// Whether the acknowledgement in force on an alert has, or is getting, what carried another one. A system's own is one for
    /// all of them: to take it back would be to take it from whoever holds the alert now.
    pub(super) fn taken_over(&self, id: &AlertId, ack: EntryId, carrier: &Carrier) -> bool {
        let newest = self.alerts.record(id).and_then(Record::last_ack).filter(|newest| newest.entry != Some(ack));
        let Some(newest) = newest else { return false };
        if carrier.native {
            return newest.until.is_none_or(|until| self.now.wall < until);
        }
        let extends = |sent: &Sent| match sent.doing() {
            Some(Act::Silence { id: Some(id), .. }) => {
                *id == carrier.id && sent.end.as_ref().is_none_or(|end| end.outcome == Outcome::Done)
            }
            _ => false,
        };
        newest.entry.is_some_and(|ack| self.outbox.serving(ack).any(extends))
    }

    /// Of the acts that have ended long ago, those that nothing follows from any more.
    pub(super) fn forget_acts(&mut self) {
        for intent in self.outbox.old(self.now.wall) {
            let serves = self.outbox.get(intent).and_then(Sent::serves);
            // What took it back is remembered as long as that: alone what it took back would seem to be there still.
            let first = |ack| self.outbox.serving(ack).next().and_then(Sent::id) == Some(intent);
            if !serves.is_some_and(|ack| self.is_served(intent, ack) || !first(ack)) {
                self.outbox.forget(intent);
            }
        }
    }

    /// What an act did for an acknowledgement still counts: that is in force, or what carries it is still to be taken back.
    fn is_served(&self, intent: EntryId, ack: EntryId) -> bool {
        let about = self.outbox.get(intent).and_then(|sent| sent.intent.as_ref()?.alert.as_ref());
        let Some(record) = about.and_then(|id| self.alerts.record(id)) else { return false };
        let in_line = || record.last_ack().and_then(|ack| ack.entry).is_some_and(|last| record.line_of(last).any(|of| of == ack));
        let left = |carrier: Carrier| if carrier.native { record.is_open() } else { self.now.wall < carrier.until };
        record.is_open() && in_line() || self.outbox.carried(ack).is_some_and(left)
    }

    /// Whoever asked for it waits until the source has confirmed it.
    pub(super) fn uncarry(&mut self, entry: &Entry, ack: Option<EntryId>) -> Vec<Effect> {
        let about = entry.alert.as_ref().zip(ack);
        let draft = about.and_then(|(id, ack)| self.uncarry_draft(id, ack, Some(entry.id)));
        // What a person has taken back is their doing, and what follows from an end is nobody's.
        let draft = match (draft, about) {
            (Some(draft), Some((id, ack))) if entry.actor.kind != ActorKind::Person => Some(self.for_its_giver(draft, id, ack)),
            (draft, _) => draft,
        };
        if draft.is_some() {
            self.requests.stage(entry.id, &Stage::Sending);
        }
        let mut effects = self.launch(draft.map(|draft| draft.with("asked_by", entry.id)).into_iter().collect());
        // What may carry it is looked for: where it is there, it is taken back then.
        effects.extend(ack.map(|ack| self.settle_for(ack)).unwrap_or_default());
        effects
    }

    /// What carries an acknowledgement must not outlive what it was for: the alert may fire again. Of an end that is only presumed nobody
    /// knows whether it is one, and where the alert is told of again its acknowledgement holds.
    pub(super) fn episode_ended(&mut self, entry: &Entry) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some(id) = entry.alert.as_ref().filter(|_| entry.kind == Kind::AlertResolved) {
            let again = self.alerts.end_recorded(&self.settings, id, self.now);
            effects.extend(self.note_turns(again.into_iter().collect()));
        }
        if is_presumed(entry) {
            return effects;
        }
        let ack = entry.alert.as_ref().and_then(|id| self.alerts.record(id)?.last_ack()?.entry);
        effects.extend(self.uncarry(entry, ack));
        effects
    }

    /// A carrier that was under way when what it was for ended.
    pub(super) fn uncarry_late(&mut self, ended: &Entry) -> Vec<Effect> {
        let sent = ended.data_of("intent").and_then(|intent| self.outbox.get(intent));
        let Some((sent, ack)) = sent.and_then(|sent| Some((sent, sent.serves()?))) else { return Vec::new() };
        let carries = sent.doing().is_some_and(|act| act.carries_until().is_some());
        let made = carries && sent.end.as_ref().is_some_and(|end| end.made.is_some());
        let about = sent.intent.as_ref().and_then(|intent| intent.alert.clone()).filter(|_| made);
        let over = |id: &AlertId| {
            self.in_force(id, ack).is_none() || self.alerts.get(id).is_some_and(|tracked| tracked.resolved_at.is_some())
        };
        let free = |id: &AlertId| self.outbox.carried(ack).is_some_and(|carrier| !self.taken_over(id, ack, &carrier));
        let surplus = about.clone().map(|id| self.surplus(&id)).unwrap_or_default();
        let draft = about.filter(over).filter(free).and_then(|id| self.uncarry_by_itself(&id, ack));
        let surplus: Vec<Draft> =
            surplus.into_iter().filter(|(_, of)| *of != ack).filter_map(|(id, of)| self.uncarry_by_itself(&id, of)).collect();
        self.launch(draft.into_iter().chain(surplus).collect())
    }

    fn uncarry_by_itself(&mut self, id: &AlertId, ack: EntryId) -> Option<Draft> {
        self.uncarry_draft(id, ack, None).map(|draft| self.for_its_giver(draft, id, ack))
    }

    /// What nobody asked for now stands on record as the program's own doing, for whoever it serves.
    pub(super) fn by_itself(&self, draft: Draft, whom: &str) -> Draft {
        let text = format!("{}, for {}", draft.text, inert(whom));
        Draft { actor: Actor::system("midwatch"), text, ..draft }
    }

    /// What the program does by itself for an acknowledgement.
    pub(super) fn for_its_giver(&self, draft: Draft, id: &AlertId, ack: EntryId) -> Draft {
        match self.alerts.record(id).and_then(|record| record.ack_of(ack)) {
            Some(given) => self.by_itself(draft, &given.by),
            None => draft,
        }
    }

    /// Acknowledgements whose silences nobody needs: of two that were given in the same moment each was carried, for neither knew of
    /// the other. The newest keeps its own. Whoever's end is recorded last knows of both.
    fn surplus(&self, id: &AlertId) -> Vec<(AlertId, EntryId)> {
        let newest = self.alerts.record(id).and_then(|record| Some((record, record.last_ack()?.entry?)));
        let carried = |ack| self.outbox.carried(ack).filter(|carrier| !carrier.native && self.now.wall < carrier.until);
        let Some((record, newest)) = newest else { return Vec::new() };
        let Some(kept) = carried(newest) else { return Vec::new() };
        let older = record.line_of(newest).skip(1);
        let left =
            |ack: &EntryId| carried(*ack).is_some_and(|carrier| carrier.id != kept.id && !self.taken_over(id, *ack, &carrier));
        older.filter(left).map(|ack| (id.clone(), ack)).collect()
    }

    /// When something has to be done about what carries an acknowledgement; `None` if nothing has.
    pub(super) fn carrier_due(&self, id: &AlertId, ack: &Ack) -> Option<DateTime<Utc>> {
        let entry = ack.entry?;
        if self.extending.contains(&entry) || !self.holds_now(id, entry) {
            return None;
        }
        match self.outbox.serving(entry).next() {
            Some(_) => self.extension_due(entry, ack).or_else(|| self.anew_due(entry)),
            // Whoever gave it died before it was carried; or many wait in a process that is carrying them one after the other.
            None => self.carried_by(id).and(ack.since).map(|since| since + UNCARRIED),
        }
    }

    pub(super) fn carried_by(&self, id: &AlertId) -> Option<&Carry> {
        self.settings.source(&id.source)?.carry.as_ref()
    }

    /// The alert fires, and this acknowledgement is the one in force on it.
    pub(super) fn holds_now(&self, id: &AlertId, entry: EntryId) -> bool {
        let tracked = self.alerts.get(id).filter(|tracked| tracked.resolved_at.is_none());
        let firing = tracked.filter(|tracked| tracked.alert.upstream == Upstream::Firing);
        firing.is_some_and(|tracked| self.alerts.ack(tracked, self.now.wall).is_some_and(|ack| ack.entry == Some(entry)))
    }

    /// When the silence that carries an acknowledgement has to be extended. A system's own acknowledgement lasts by itself, unless that
    /// has lost it.
    fn extension_due(&self, entry: EntryId, ack: &Ack) -> Option<DateTime<Utc>> {
        let lasts = |carrier: &Carrier| carrier.native && !self.carrier_is_lost(entry, carrier);
        let carrier = self.outbox.carried(entry).filter(|carrier| !lasts(carrier))?;
        let busy = self.outbox.serving(entry).any(|sent| sent.end.is_none() || sent.waits());
        let tried = self.outbox.serving(entry).filter_map(|sent| Some(sent.intent.as_ref()?.recorded_at)).max()?;
        // One that has run out meanwhile, while nobody could extend it or its alert was taken for over, is made anew.
        let shorter = || ack.until.is_none_or(|until| carrier.until < until);
        let lost = self.carrier_is_lost(entry, &carrier);
        let due = if lost { tried + ATTEMPTS } else { (carrier.until - EXTEND_AT).max(tried + ATTEMPTS) };
        // Where that is refused it is tried more and more seldom.
        let refused = || {
            self.outbox.serving(entry).last().and_then(|sent| sent.end.as_ref()).is_some_and(|end| end.outcome != Outcome::Done)
        };
        let given_up = carrier.until <= self.now.wall && refused();
        (!busy && !given_up && (lost || shorter())).then_some(due)
    }

    /// Carries what nobody carries, and keeps carried silences alive while the ack lasts and the alert fires.
    pub(super) fn carry(&mut self) -> Vec<Effect> {
        let acked: Vec<(AlertId, Ack)> = self.alerts.acked().map(|(id, ack)| (id.clone(), ack.clone())).collect();
        let drafts = acked.into_iter().filter_map(|(id, ack)| self.carrier(&id, &ack)).collect();
        self.launch_duties(drafts)
    }

    fn carrier(&mut self, id: &AlertId, ack: &Ack) -> Option<Draft> {
        self.carrier_due(id, ack).filter(|due| *due <= self.now.wall)?;
        let entry = ack.entry?;
        self.extending.insert(entry);
        let draft = match self.outbox.carried(entry).filter(|carrier| self.now.wall < carrier.until) {
            Some(carrier) => {
                let matchers = self.alerts.get(id)?.alert.labels.exactly();
                self.carry_draft(id, entry, ack, matchers, Some(carrier.id))
            }
            None => self.new_carrier(id, entry),
        };
        draft.map(|draft| self.by_itself(draft, &ack.by))
    }

    /// The intent to carry an acknowledgement to its source; `None` where the source doesn't carry.
    pub(super) fn carry_draft(
        &mut self,
        id: &AlertId,
        entry: EntryId,
        ack: &Ack,
        matchers: Vec<SilenceMatcher>,
        silence: Option<Outside>,
    ) -> Option<Draft> {
        let (now, name) = (self.now.wall, self.in_full(id));
        let lost = self.outbox.carried(entry).is_some_and(|carrier| self.carrier_is_lost(entry, &carrier));
        let (act, text) = match self.carried_by(id)?.clone() {
            Carry::Silence { prefix } => {
                let longest = now + to_chrono(CARRY_FOR);
                let ends_at = ack.until.map_or(longest, |until| until.min(longest));
                let why = if ack.reason.is_empty() { String::new() } else { format!(": {}", ack.reason) };
                let comment = format!("{prefix} {}{why}", ack.by);
                let text = match silence {
                    Some(_) if lost => {
                        format!("carrying the acknowledgement of {name} anew: its source has lost the silence that did")
                    }
                    Some(_) => format!("extending the silence that carries the acknowledgement of {name}"),
                    None => format!("carrying the acknowledgement of {name} as a silence"),
                };
                (Act::Silence { id: silence, matchers, starts_at: now, ends_at, by: ack.by.clone(), comment }, text)
            }
            Carry::Acknowledge => {
                let what = What::Acknowledge { until: ack.until?, from: ack.from.clone() };
                let (by, comment) = (ack.by.clone(), ack.reason.clone());
                let anew = if lost { " anew: that was restarted and has lost it" } else { "" };
                let text = format!("acknowledging {name} at its source{anew}");
                (Act::On { alert: id.fingerprint.clone(), what, by, comment }, text)
            }
        };
        let draft = self.act_draft(&id.source, act, &text).with("for", entry);
        Some(self.about_alert(draft, id))
    }

    /// In whose name what carries an acknowledgement is taken back, and why: of whoever has given it up, else of whoever gave it.
    fn gives_back(&self, id: &AlertId, ack: EntryId, asked_by: Option<EntryId>) -> (String, String) {
        let asked = asked_by.and_then(|entry| self.log.get(entry)).filter(|entry| entry.actor.kind == ActorKind::Person);
        let reason = |entry: &Entry| entry.text_of("reason").unwrap_or_default().to_owned();
        let giver = || self.alerts.record(id).and_then(|record| Some(record.ack_of(ack)?.by.clone()));
        match asked {
            Some(entry) => (entry.actor.name.clone(), reason(entry)),
            None => (giver().unwrap_or_else(|| self.me.name.clone()), String::new()),
        }
    }

    /// The intent to take back what carries an acknowledgement; `asked_by` is the entry that it follows from.
    pub(super) fn uncarry_draft(&mut self, id: &AlertId, ack: EntryId, asked_by: Option<EntryId>) -> Option<Draft> {
        // In a system that has no ends it outlives the acknowledgement that it carried, in the name of whoever gave that.
        let outlived = self.alerts.outlived(id, self.now.wall).filter(|over| over.entry == Some(ack)).map(|over| over.by.clone());
        let carried = || self.outbox.carried(ack).filter(|carrier| carrier.native && outlived.is_some());
        let carrier = self.carrier_of(id, ack).or_else(carried).filter(|carrier| !self.taken_over(id, ack, carrier))?;
        let name = self.in_full(id);
        let (act, text) = match carrier.native {
            false => (Act::Expire { id: carrier.id }, format!("ending the silence that carried the acknowledgement of {name}")),
            // What has resolved there needs nobody's acknowledgement.
            true if self.alerts.get(id).is_none_or(|tracked| tracked.resolved_at.is_some()) => return None,
            true if self.can(&id.source, ActKind::Unacknowledge).is_err() => return None,
            true => {
                let (by, comment) = outlived.map_or_else(|| self.gives_back(id, ack, asked_by), |by| (by, String::new()));
                let act = Act::On { alert: id.fingerprint.clone(), what: What::Unacknowledge, by, comment };
                (act, format!("taking the acknowledgement of {name} back at its source"))
            }
        };
        let draft = self.act_draft(&id.source, act, &text).with("for", ack);
        Some(self.about_alert(draft, id))
    }
}

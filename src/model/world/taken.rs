//! Acknowledgements that are not there any more at their source: somebody took them away, they ran out there, or the problem changed.
//! Ours end with them: what nobody holds where it pages people is nobody's here. Invariant: only what has certainly been asked for
//! after ours was confirmed there says so, and an alert that is not listed says nothing.

use super::World;
use crate::domain::entry::{Draft, Kind};
use crate::domain::ids::{AlertId, EntryId, SourceName};
use crate::domain::text::inert;
use crate::model::Effect;
use crate::model::outbox::{Carrier, Sent};
use crate::model::silences::Phase;
use std::collections::BTreeMap;

/// An answer may have been under way when ours was confirmed, and lists of a large system may lag behind: so many without it, and
/// the last of them so late, say that it is gone. Once an answer had it, the next one without it does.
const LOOKS: u32 = 2;
const LAG: chrono::Duration = chrono::Duration::seconds(10);

/// Why an acknowledgement ended, in the `data` of the entry that says so.
pub(super) const TAKEN_AWAY: &str = "taken away";

/// How often in a row answers lacked what carries each acknowledgement; `None`: the last one had it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Looked(BTreeMap<EntryId, Option<u32>>);

impl World {
    /// A whole answer has come.
    pub(super) fn note_taken_away(&mut self, source: &SourceName) -> Vec<Effect> {
        if !self.watching || !self.alerts.source(source).is_some_and(|state| state.is_whole()) {
            return Vec::new();
        }
        let ours = self.alerts.acked().filter(|(id, _)| id.source == *source);
        let ours: Vec<(AlertId, EntryId)> = ours.filter_map(|(id, ack)| Some((id.clone(), ack.entry?))).collect();
        let drafts = ours.into_iter().filter_map(|(id, entry)| self.looked_for(&id, entry)).collect();
        self.record(drafts)
    }

    fn looked_for(&mut self, id: &AlertId, entry: EntryId) -> Option<Draft> {
        let Some(carrier) = self.carries_now(id, entry) else {
            self.looked.0.remove(&entry);
            return None;
        };
        if self.is_there(id, &carrier)? {
            self.looked.0.insert(entry, None);
            return None;
        }
        // Once a silence is told as ended it is; whatever else was there was there with it.
        let certain = !carrier.native
            || match self.looked.0.entry(entry).or_insert(Some(0)) {
                None => true,
                Some(looks) => {
                    *looks += 1;
                    *looks >= LOOKS && carrier.confirmed_at + LAG <= self.now.wall
                }
            };
        let key = format!("ack/{entry}/taken-away");
        if !certain || !self.telling.insert(key.clone()) {
            return None;
        }
        self.looked.0.remove(&entry);
        self.taken_draft(id, entry, carrier.native).map(|draft| Draft { key: Some(key), ..draft })
    }

    /// What should carry it at its source now; `None` while something is being done about it.
    fn carries_now(&self, id: &AlertId, entry: EntryId) -> Option<Carrier> {
        let busy = |sent: &Sent| sent.end.is_none() || sent.waits() || sent.is_doubtful();
        let listed = self.alerts.get(id).is_some_and(|tracked| tracked.missing == 0);
        let carrier = self.outbox.carried(entry).filter(|carrier| self.now.wall < carrier.until)?;
        let holds = listed && self.holds_now(id, entry) && !self.outbox.serving(entry).any(busy);
        holds.then_some(carrier)
    }

    /// `None`: its source does not say.
    fn is_there(&self, id: &AlertId, carrier: &Carrier) -> Option<bool> {
        let tracked = self.alerts.get(id)?;
        if carrier.native {
            return Some(tracked.alert.acknowledged().or(tracked.alert.snoozed()).is_some());
        }
        // One that is not listed is none of the ended ones: a server that forgot all keeps the acknowledgement of nobody.
        let silence = self.alerts.source(&id.source)?.silence(&carrier.id)?;
        Some(Phase::of(silence, self.now.wall) != Phase::Ended)
    }

    fn taken_draft(&mut self, id: &AlertId, entry: EntryId, native: bool) -> Option<Draft> {
        let tracked = self.alerts.get(id)?;
        let (episode, given_up) = (tracked.episode, tracked.alert.given_up_by().cloned());
        let giver = self.alerts.record(id)?.ack_of(entry)?.by.clone();
        let how = match (&given_up, native) {
            (Some(who), _) => format!("at its source by {}", who.inert()),
            (None, true) => "at its source".to_owned(),
            (None, false) => "at its source, where the silence that carried it has ended".to_owned(),
        };
        let text = format!("{}'s acknowledgement of {} was taken away {how}", inert(&giver), self.told_apart(id));
        let draft = self.context().seen("alerts", Kind::Unack, text);
        let draft = draft.with("episode", episode).with("ack", entry).with("why", TAKEN_AWAY).with("by", given_up);
        Some(self.about_alert(draft, id))
    }
}

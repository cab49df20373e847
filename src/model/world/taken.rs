//! Acknowledgements that are not there any more at their source: somebody took them away or over, they ran out there, or the problem
//! changed. Ours end with them: what nobody holds where it pages people is nobody's here. Invariant: only what has certainly been asked for
//! after ours was confirmed there says so, and an alert that is not listed says nothing.

use super::World;
use crate::domain::alert::{Hold, Upstream};
use crate::domain::entry::{Draft, Kind};
use crate::domain::ids::{AlertId, EntryId, SourceName};
use crate::domain::settings::Carry;
use crate::domain::text::{Outside, inert};
use crate::model::Effect;
use crate::model::alerts::SourceState;
use crate::model::outbox::{Carrier, Sent, TAKEN_AWAY};
use crate::model::silences::Phase;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// One of several servers may lag behind the others: so many answers in a row without it say that it is gone. Where none had it yet,
/// the last of them has to come so late after ours was confirmed that it was not under way then.
pub(super) const LOOKS: u32 = 2;
const LAG: chrono::Duration = chrono::Duration::seconds(10);

/// What sources call somebody whom their systems don't name.
const UNNAMED: &str = "somebody";

/// What answers said of each acknowledgement that is in force.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Looked {
    seen: BTreeMap<EntryId, Seen>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Seen {
    /// An answer had it.
    ever: bool,
    /// How many lacked it since.
    lacks: u32,
    /// The silence that should carry it, and how many answers in a row did not list it though it was there.
    silence: Option<Outside>,
    unlisted: u32,
    /// No answer listed the one before it: a source that lists none at all would be given one after the other.
    unseen: bool,
    /// Who had it when it was first seen. As whom we act there only its source knows.
    holder: Option<Outside>,
    /// The start of the system that was seen to have it, where that tells.
    started: Option<DateTime<Utc>>,
    /// When that was confirmed which answers had, or should have.
    confirmed: Option<DateTime<Utc>>,
    /// The system has been restarted since, and has that no more which was confirmed then: that nobody has taken away. What is given in its
    /// place is not lost with it, unless that is restarted once more: a system that never lists it would be told again and again. The start
    /// after which it was lost.
    lost: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Looked {
    /// Nothing is to be seen of it now, or it is being done anew; that it was there, and is not, stays true.
    fn forget(&mut self, entry: EntryId) {
        match self.seen.remove(&entry) {
            Some(Seen { ever, silence: Some(silence), unlisted, unseen, .. }) => {
                self.seen.insert(entry, Seen { ever, silence: Some(silence), unlisted, unseen, ..Seen::default() });
            }
            Some(Seen { lost: Some(lost), .. }) => {
                self.seen.insert(entry, Seen { lost: Some(lost), ..Seen::default() });
            }
            _ => {}
        }
    }
}

/// What a source should tell of an acknowledgement.
enum Sought {
    /// What carries it.
    Carrier(Carrier),
    /// Whoever was faster than it, and when that was known.
    Winner(DateTime<Utc>),
}

impl World {
    /// A whole answer has come.
    pub(super) fn note_taken_away(&mut self, source: &SourceName) -> Vec<Effect> {
        if !self.watching || !self.alerts.source(source).is_some_and(|state| state.is_whole()) {
            return Vec::new();
        }
        let ours = self.alerts.acked().filter(|(id, _)| id.source == *source);
        let ours: Vec<(AlertId, EntryId)> = ours.filter_map(|(id, ack)| Some((id.clone(), ack.entry?))).collect();
        if !self.looked.seen.is_empty() {
            let open: BTreeSet<EntryId> = self.alerts.acked().filter_map(|(_, ack)| ack.entry).collect();
            self.looked.seen.retain(|entry, _| open.contains(entry));
        }
        let drafts = ours.into_iter().filter_map(|(id, entry)| self.looked_for(&id, entry)).collect();
        self.record(drafts)
    }

    fn looked_for(&mut self, id: &AlertId, entry: EntryId) -> Option<Draft> {
        let Some(sought) = self.sought(id, entry) else {
            self.looked.forget(entry);
            return None;
        };
        let seen = self.looked.seen.entry(entry).or_default();
        // What was seen was of the one before.
        match &sought {
            Sought::Carrier(Carrier { id: silence, native: false, .. }) if seen.silence.as_ref() != Some(silence) => {
                let unseen = seen.silence.is_some() && !seen.ever;
                *seen = Seen { silence: Some(silence.clone()), unseen, ..Seen::default() };
            }
            Sought::Carrier(Carrier { confirmed_at, native: true, .. }) if seen.confirmed != Some(*confirmed_at) => {
                *seen = Seen { confirmed: Some(*confirmed_at), lost: seen.lost, ..Seen::default() };
            }
            _ => {}
        }
        let there = self.is_there(id, &sought);
        self.count_lost(entry, &sought, there.is_some());
        let mut there = there?;
        let holder = self.holder(id, entry, &sought);
        let seen = self.looked.seen.entry(entry).or_default();
        let other = holder.filter(|(by, ours)| seen.holder.get_or_insert_with(|| by.clone()) != by && !ours).map(|(by, _)| by);
        there &= other.is_none();
        (seen.ever, seen.lacks) = (seen.ever || there, if there { 0 } else { seen.lacks + 1 });
        let (since, ends_for_good) = match &sought {
            Sought::Carrier(carrier) => (carrier.confirmed_at, !carrier.native),
            Sought::Winner(since) => (*since, false),
        };
        let late = seen.ever || since + LAG <= self.now.wall;
        // Once a silence is told as ended it is.
        let certain = !there && (ends_for_good || seen.lacks >= LOOKS && late);
        let restarted = self.alerts.source(&id.source).and_then(SourceState::started_at).filter(|started| match seen.ever {
            true => seen.started.is_some_and(|before| before < *started),
            false => since < *started,
        });
        seen.started = if there { self.alerts.source(&id.source).and_then(SourceState::started_at) } else { seen.started };
        let disposed = other.is_some() || self.alerts.get(id).is_some_and(|tracked| tracked.alert.given_up_by().is_some());
        let native = matches!(&sought, Sought::Carrier(carrier) if carrier.native);
        if there {
            seen.lost = None;
        } else if let Some(started) = restarted.filter(|_| native && certain && !disposed)
            && seen.lost.is_none_or(|(lost, after)| lost == since || after < started)
        {
            seen.lost = Some((since, started));
            self.duties = None;
            return None;
        }
        let key = format!("ack/{entry}/taken-away");
        if !certain || !self.telling.insert(key.clone()) {
            return None;
        }
        self.taken_draft(id, entry, &sought, other).map(|draft| Draft { key: Some(key), ..draft })
    }

    fn count_lost(&mut self, entry: EntryId, sought: &Sought, listed: bool) {
        // It was read back when it was made, and so long ago that no answer is older than that: a server that is killed before the next
        // answer has lost it, too.
        let known = matches!(sought, Sought::Carrier(carrier) if carrier.confirmed_at + LAG <= self.now.wall);
        if let Some(seen) = self.looked.seen.get_mut(&entry).filter(|seen| seen.ever || known && !seen.unseen) {
            seen.unlisted = if listed { 0 } else { seen.unlisted + 1 };
            self.duties = None;
        }
    }

    /// Its source had what carries it, and does not know it any more: a server that was started anew calls people again.
    pub(super) fn carrier_is_lost(&self, entry: EntryId, carrier: &Carrier) -> bool {
        let unlisted = |seen: &Seen| seen.unlisted >= LOOKS && seen.silence.as_ref() == Some(&carrier.id);
        self.looked.seen.get(&entry).is_some_and(|seen| {
            if carrier.native { seen.lost.is_some_and(|(lost, _)| lost == carrier.confirmed_at) } else { unlisted(seen) }
        })
    }

    /// `None` while something is being done about it, and where its source has nothing to tell.
    fn sought(&self, id: &AlertId, entry: EntryId) -> Option<Sought> {
        let record = self.alerts.record(id)?;
        match record.ack_of(entry).is_some_and(|ack| record.is_lost(ack)) {
            true => self.lost_since(id, entry).map(Sought::Winner),
            false => self.carries_now(id, entry).map(Sought::Carrier),
        }
    }

    /// Somebody was faster in the system itself, so that one's own stands there for nothing: it ends when theirs does.
    fn lost_since(&self, id: &AlertId, entry: EntryId) -> Option<DateTime<Utc>> {
        let native = self.settings.source(&id.source)?.carry == Some(Carry::Acknowledge);
        let tracked = self.alerts.get(id).filter(|tracked| native && tracked.missing == 0)?;
        // Of an episode that is over nothing is left to end.
        let present = self.alerts.record(id).and_then(|record| record.ack(tracked.episode, self.now.wall)?.entry) == Some(entry);
        let fires = present && tracked.resolved_at.is_none() && tracked.alert.upstream == Upstream::Firing;
        let idle = !self.outbox.serving(entry).any(is_busy);
        self.outbox.serving(entry).filter_map(|sent| sent.ended_at).max().filter(|_| fires && idle)
    }

    /// What should carry it at its source now.
    fn carries_now(&self, id: &AlertId, entry: EntryId) -> Option<Carrier> {
        let listed = self.alerts.get(id).is_some_and(|tracked| tracked.missing == 0);
        let carrier = self.outbox.carried(entry).filter(|carrier| self.now.wall < carrier.until)?;
        let holds = listed && self.holds_now(id, entry) && !self.outbox.serving(entry).any(is_busy);
        holds.then_some(carrier)
    }

    /// `None`: its source does not say.
    fn is_there(&self, id: &AlertId, sought: &Sought) -> Option<bool> {
        let tracked = self.alerts.get(id)?;
        // What its system has forgotten it does not know, and so it takes nothing away.
        if self.alerts.is_unsure(id) {
            return None;
        }
        let carrier = match sought {
            Sought::Carrier(carrier) if !carrier.native => carrier,
            _ => {
                let in_force = |hold: &&Hold| self.now.wall < hold.until.unwrap_or(DateTime::<Utc>::MAX_UTC);
                let ours = matches!(sought, Sought::Carrier(_));
                let held = tracked.alert.acknowledged().filter(|hold| ours || in_force(hold));
                return Some(held.or(tracked.alert.snoozed()).is_some());
            }
        };
        // One that is not listed is none of the ended ones: a server that forgot all takes nothing away, and gets it again.
        let silence = self.alerts.source(&id.source)?.silence(&carrier.id)?;
        Some(Phase::of(silence, self.now.wall) != Phase::Ended)
    }

    /// Whose it is there by name, and whether that is whoever gave ours; `None` where it is not told.
    fn holder(&self, id: &AlertId, entry: EntryId, sought: &Sought) -> Option<(Outside, bool)> {
        let hold = self.alerts.get(id)?.alert.acknowledged()?;
        let carried = match sought {
            Sought::Carrier(carrier) => carrier.native,
            Sought::Winner(_) => true,
        };
        let giver = || self.alerts.record(id).and_then(|record| Some(record.ack_of(entry)?.by.as_str()));
        let ours = matches!(sought, Sought::Carrier(_)) && giver() == Some(hold.by.raw());
        let named = carried && !hold.by.is_empty() && hold.by.raw() != UNNAMED;
        named.then(|| (hold.by.clone(), ours))
    }

    fn taken_draft(&mut self, id: &AlertId, entry: EntryId, sought: &Sought, other: Option<Outside>) -> Option<Draft> {
        let tracked = self.alerts.get(id)?;
        let (episode, given_up) = (tracked.episode, tracked.alert.given_up_by().cloned());
        let taken = other.is_some();
        let by = other.or(given_up);
        let giver = self.alerts.record(id)?.ack_of(entry)?.by.clone();
        let how = match (&by, sought) {
            (_, Sought::Winner(_)) => "is over: somebody else had it at its source before, and has let go of it".to_owned(),
            (Some(who), Sought::Carrier(_)) if taken => format!("was taken away at its source: {} has it now", who.inert()),
            (Some(who), _) => format!("was taken away at its source by {}", who.inert()),
            (None, Sought::Carrier(carrier)) if !carrier.native => {
                "was taken away at its source, where the silence that carried it has ended".to_owned()
            }
            (None, _) => "was taken away at its source".to_owned(),
        };
        let text = format!("{}'s acknowledgement of {} {how}", inert(&giver), self.in_full(id));
        let draft = self.context().seen("alerts", Kind::Unack, text);
        let draft = draft.with("episode", episode).with("ack", entry).with("why", TAKEN_AWAY).with("by", by);
        Some(self.about_alert(draft, id))
    }
}

pub(super) fn is_busy(sent: &Sent) -> bool {
    sent.end.is_none() || sent.waits() || sent.is_doubtful()
}

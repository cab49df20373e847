//! What an alert is to the operator: one state by precedence, and whose it is.

use super::snoozing::is_snooze;
use super::{Ack, Alerts, SourceState, Tracked};
use crate::domain::act::unmarked;
use crate::domain::alert::{Hold, Silence, Upstream};
use crate::domain::ids::AlertId;
use crate::domain::text::Outside;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What an alert is to the operator. One holds by precedence; the others that are true stand beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Resolved,
    Acknowledged,
    Snoozed,
    Silenced,
    Inhibited,
    Firing,
    Pending,
}

impl State {
    pub const ALL: [State; 7] =
        [Self::Resolved, Self::Acknowledged, Self::Snoozed, Self::Silenced, Self::Inhibited, Self::Firing, Self::Pending];

    pub fn word(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Acknowledged => "acknowledged",
            Self::Snoozed => "snoozed",
            Self::Silenced => "silenced",
            Self::Inhibited => "inhibited",
            Self::Firing => "firing",
            Self::Pending => "pending",
        }
    }
}

impl Alerts {
    /// The acknowledgement in force on an alert's present episode: our own, unless its system has contradicted it and somebody
    /// holds it there; else its system's, else a foreign silence that says so.
    pub fn ack(&self, tracked: &Tracked, now: DateTime<Utc>) -> Option<Ack> {
        let (own, held) = (self.own_ack(tracked, now), self.held(tracked, now));
        let record = self.records.get(&tracked.alert.id);
        let lost = |ack: &&Ack| held.is_some() && record.is_some_and(|record| record.is_lost(ack));
        let in_force = |silence: &&Silence| now < silence.ends_at;
        let own = own.filter(|ack| !lost(ack)).cloned();
        own.or_else(|| held.map(told))
            .or_else(|| self.silences_on(tracked).filter(in_force).find_map(|silence| self.foreign_ack(tracked, silence)))
    }

    fn own_ack(&self, tracked: &Tracked, now: DateTime<Utc>) -> Option<&Ack> {
        self.records.get(&tracked.alert.id)?.ack(tracked.episode, now)
    }

    /// The acknowledgement of its own system that is in force. What carried our own is over with it, though its system still has
    /// it: for part of a second where ends are whole seconds, and until it is taken back where there are none.
    fn held<'a>(&self, tracked: &'a Tracked, now: DateTime<Utc>) -> Option<&'a Hold> {
        let in_force = |hold: &&Hold| hold.until.is_none_or(|until| now < until);
        let told = tracked.alert.acknowledged().filter(|_| !self.given_back.contains_key(&tracked.alert.id));
        told.filter(in_force).filter(|hold| self.ran_out(tracked, hold, now).is_none())
    }

    /// Our own acknowledgement that has run out and that its system still tells of.
    fn ran_out(&self, tracked: &Tracked, hold: &Hold, now: DateTime<Utc>) -> Option<&Ack> {
        let record = self.records.get(&tracked.alert.id)?;
        let ack = record.ran_out(tracked.episode, now)?;
        let same_end = hold.until.zip(ack.until).is_none_or(|(theirs, ours)| (theirs - ours).abs() < TimeDelta::seconds(1));
        // One that was given anew may still have the words of the first there: it was held already, and nothing was sent.
        let said = |own: &Ack| hold.by.raw() == own.by && hold.comment.raw().trim() == own.reason.trim();
        let line = ack.entry.into_iter().flat_map(|entry| record.line_of(entry));
        let same = said(ack) || line.filter_map(|entry| record.ack_of(entry)).any(said);
        Some(ack).filter(|_| same && same_end)
    }

    /// Somebody had it, and their time is over: it is nobody's again.
    pub fn has_run_out(&self, tracked: &Tracked, now: DateTime<Utc>) -> bool {
        self.records.get(&tracked.alert.id).is_some_and(|record| record.ran_out(tracked.episode, now).is_some())
    }

    /// Our own acknowledgement that has run out while its system, which has no ends, still holds it.
    pub(in crate::model) fn outlived(&self, id: &AlertId, now: DateTime<Utc>) -> Option<&Ack> {
        let tracked = self.queue.get(id)?;
        let endless = tracked.alert.acknowledged().filter(|hold| hold.until.is_none())?;
        self.ran_out(tracked, endless, now)
    }

    /// The silence by which somebody elsewhere acknowledges an alert that its own system holds for nobody.
    pub(in crate::model) fn acking_silence(&self, tracked: &Tracked, now: DateTime<Utc>) -> Option<&Silence> {
        if self.held(tracked, now).is_some() {
            return None;
        }
        let source = self.sources.get(&tracked.alert.id.source)?;
        let on = tracked.alert.silenced_by.iter().filter_map(|id| source.silence(id)).filter(|silence| now < silence.ends_at);
        on.into_iter().find(|silence| self.foreign_ack(tracked, silence).is_some())
    }

    /// That whoever made this silence has acknowledged the alert by it.
    pub(in crate::model) fn foreign_ack(&self, tracked: &Tracked, silence: &Silence) -> Option<Ack> {
        let prefix = self.sources.get(&tracked.alert.id.source).map_or("ACK!", |source| source.ack_prefix());
        // Another console writes who it is, and a marker of its act, around what somebody gave as the reason.
        let told = unmarked(silence.comment.raw().strip_prefix(prefix)?.trim());
        let (by, until) = (silence.created_by.raw().to_owned(), Some(silence.ends_at));
        let given = told.strip_prefix(&by).and_then(|rest| if rest.is_empty() { Some(rest) } else { rest.strip_prefix(':') });
        let reason = given.unwrap_or(told).trim().to_owned();
        // What hid it before had been given for the time before.
        let since = Some(silence.starts_at.max(tracked.episode));
        Some(Ack { entry: None, by, since, until, reason, ticket: None, from: None })
    }

    /// The silences that the source says are in force on an alert.
    pub fn silences_on(&self, tracked: &Tracked) -> impl Iterator<Item = &Silence> {
        let source = self.sources.get(&tracked.alert.id.source);
        tracked.alert.silenced_by.iter().filter_map(move |id| source?.silence(id))
    }

    /// Every state that is true, the one by precedence first.
    pub fn states_of(&self, tracked: &Tracked, now: DateTime<Utc>) -> Vec<State> {
        self.true_states(tracked, now).collect()
    }

    pub(super) fn state_of(&self, tracked: &Tracked, now: DateTime<Utc>) -> State {
        self.true_states(tracked, now).next().unwrap_or(State::Pending)
    }

    fn true_states(&self, tracked: &Tracked, now: DateTime<Utc>) -> impl Iterator<Item = State> {
        let alert = &tracked.alert;
        let carries = |silence: &Silence| self.foreign_ack(tracked, silence).is_some();
        // What has ended by its own word is over, whether its source has been asked since or not.
        let in_force = move |silence: &&Silence| now < silence.ends_at;
        let own = self.own_ack(tracked, now).is_some() || self.held(tracked, now).is_some();
        let acked = own || self.silences_on(tracked).filter(in_force).any(carries);
        let source = self.sources.get(&alert.id.source);
        let silences = |id: &Outside| {
            let known = source.and_then(|source| source.silence(id));
            // One that its source does not list any more hid the alert when that was listed itself: with both gone nothing says so.
            let gone = tracked.missing > 0 && source.is_some_and(SourceState::is_whole);
            known.map_or(!gone, |silence| now < silence.ends_at && !is_snooze(silence, tracked))
        };
        let silenced = match acked {
            // A silence that only carries an acknowledgement is not one more state, and one that stands for a snooze is that.
            true => self.silences_on(tracked).filter(in_force).any(|silence| !carries(silence) && !is_snooze(silence, tracked)),
            false => alert.silenced_by.iter().any(silences),
        };
        let snoozed = self.snooze(tracked, now).is_some();
        State::ALL.into_iter().filter(move |state| match state {
            State::Resolved => tracked.resolved_at.is_some(),
            State::Acknowledged => acked,
            State::Snoozed => snoozed,
            State::Silenced => silenced,
            State::Inhibited => !alert.inhibited_by.is_empty() || !alert.muted_by.is_empty(),
            State::Firing => tracked.resolved_at.is_none() && alert.upstream == Upstream::Firing,
            State::Pending => tracked.resolved_at.is_none() && alert.upstream == Upstream::Pending,
        })
    }
}

/// An acknowledgement that the alert's own system tells.
fn told(hold: &Hold) -> Ack {
    let (by, reason) = (hold.by.raw().to_owned(), hold.comment.raw().to_owned());
    Ack { entry: None, by, since: None, until: hold.until, reason, ticket: None, from: None }
}

//! Acts of which nothing could be sent: kept until their source answers, and given up when nobody wants them any more.
//! Invariant: what is sent again is a new intent that names the one it repeats, so it is recorded before it is sent, and
//! one that was cut short is found before it is repeated like any other.

use super::World;
use crate::domain::act::{Act, ActEnd, Outcome};
use crate::domain::alert::Labels;
use crate::domain::entry::Draft;
use crate::domain::ids::{AlertId, EntryId, SourceName};
use crate::model::Effect;
use crate::model::alerts::{Ack, Record};
use crate::model::outbox::Sent;
use chrono::{DateTime, Utc};

/// Why an act that was kept is not wanted any more.
type Over = &'static str;

impl World {
    /// The source answers: what it could not be sent is sent now, or is over.
    pub(super) fn resend(&mut self, source: &SourceName) -> Vec<Effect> {
        if !self.watching || self.settings.read_only {
            return Vec::new();
        }
        let of_source = |sent: &Sent| sent.at() == Some(source);
        let kept: Vec<(EntryId, Sent)> =
            self.kept().filter(|(_, sent)| of_source(sent)).map(|(id, sent)| (id, sent.clone())).collect();
        let mut effects = Vec::new();
        let mut drafts = Vec::new();
        for (intent, sent) in kept {
            match self.again(intent, &sent) {
                Ok(None) => continue,
                Ok(Some(draft)) => drafts.push(draft.with("again", intent)),
                Err(why) => effects.extend(self.give_up(intent, why)),
            }
            self.resending.insert(intent);
        }
        effects.extend(self.launch_duties(drafts));
        effects
    }

    /// Acts of which nothing could be sent, and which the watcher sends when their source answers.
    pub fn kept(&self) -> impl Iterator<Item = (EntryId, &Sent)> {
        let free = |intent| !self.resending.contains(&intent) && !self.ends.holds(intent);
        self.outbox.waiting().filter(move |(intent, sent)| sent.intent.is_some() && free(*intent))
    }

    /// The same act as it makes sense now; nothing yet while the alert is not listed and may have resolved.
    fn again(&mut self, id: EntryId, sent: &Sent) -> Result<Option<Draft>, Over> {
        if let Some(why) = self.no_news(id, sent) {
            return Err(why);
        }
        if self.wanted_until(sent).is_none_or(|until| until <= self.now.wall) {
            return Err(over(sent));
        }
        let Some(intent) = sent.intent.clone() else { return Ok(None) };
        let Some((source, act)) = sent.act() else { return Ok(None) };
        match (act, sent.serves(), &intent.alert) {
            (act, Some(ack), Some(alert)) if act.carries_until().is_some() => self.carry_again(alert, ack),
            (act @ Act::Expire { .. }, Some(ack), Some(_)) if self.outbox.carried(ack).is_none() => {
                Ok(Some(self.asked_again(&intent, &source, act).with("for", ack)))
            }
            (_, Some(ack), Some(alert)) => {
                if self.outbox.carried(ack).is_some_and(|carrier| self.taken_over(alert, ack, &carrier)) {
                    return Err("another acknowledgement has taken its place");
                }
                let asked_by = sent.asked_by();
                let draft = self.uncarry_draft(alert, ack, asked_by).map(|draft| draft.with("asked_by", asked_by));
                Ok(draft.map(|draft| self.for_its_giver(draft, alert, ack)))
            }
            (act, ..) => Ok(Some(self.asked_again(&intent, &source, act))),
        }
    }

    fn carry_again(&mut self, alert: &AlertId, entry: EntryId) -> Result<Option<Draft>, Over> {
        const RESOLVED: Over = "the alert has resolved";
        let Some(tracked) = self.alerts.get(alert) else {
            // It may have ended while nobody watched: that is recorded as soon as it is certain.
            let over = self.alerts.record(alert).is_some_and(Record::is_over);
            return if over { Err(RESOLVED) } else { Ok(None) };
        };
        if tracked.resolved_at.is_some() {
            return Err(RESOLVED);
        }
        if tracked.missing > 0 {
            return Ok(None);
        }
        let matchers = Labels::exactly(&tracked.alert.labels);
        let held = self.alerts.ack(tracked, self.now.wall).filter(|ack| ack.entry == Some(entry));
        let ack = held.ok_or("the acknowledgement has ended")?;
        let silence = self.carrier_of(alert, entry).map(|carrier| carrier.id);
        let draft = self.carry_draft(alert, entry, &ack, matchers, silence);
        draft.map(|draft| Some(self.by_itself(draft, &ack.by))).ok_or("acknowledgements are not carried any more")
    }

    /// What a person asked for, in that person's name and never longer than it was asked for.
    fn asked_again(&mut self, intent: &Draft, source: &SourceName, act: Act) -> Draft {
        let act = match act {
            Act::Silence { id, matchers, ends_at, by, comment, .. } => {
                Act::Silence { id, matchers, starts_at: self.now.wall, ends_at, by, comment }
            }
            other => other,
        };
        let mut draft = self.act_draft(source, act, &intent.text);
        (draft.actor, draft.visibility) = (intent.actor.clone(), intent.visibility);
        (draft.alert, draft.service, draft.incident) = (intent.alert.clone(), intent.service.clone(), intent.incident);
        let kept = ["expires_at", "covers", "update", "among", "began"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), intent.data.get(name)?.clone())));
        draft.data.extend(kept);
        draft
    }

    /// Until when an act that could not be sent makes sense: a carried acknowledgement as long as it is in force, the
    /// end of a silence until it ends by itself, what a person asked for as long as any act.
    fn wanted_until(&self, sent: &Sent) -> Option<DateTime<Utc>> {
        let act = sent.doing()?;
        match sent.serves() {
            Some(served) if act.carries_until().is_some() => {
                self.in_force(sent.intent.as_ref()?.alert.as_ref()?, served).and_then(|ack| ack.until)
            }
            // One that is ended once more, say: what carried it is known by what its source lists.
            Some(served) if self.outbox.carried(served).is_none() => match act {
                Act::Expire { id } => self.alerts.source(sent.at()?)?.silence(id).map(|silence| silence.ends_at),
                _ => None,
            },
            Some(served) => {
                let alert = sent.intent.as_ref()?.alert.as_ref()?;
                let outlived = || self.alerts.outlived(alert, self.now.wall).is_some_and(|ack| ack.entry == Some(served));
                let until = self.carrier_of(alert, served).map(|carrier| carrier.until);
                // Where there are no ends it is there until it is taken back, however long its source does not answer.
                until.or_else(|| outlived().then(|| self.now.wall + chrono::Duration::days(1)))
            }
            None => act.carries_until().into_iter().chain([sent.expires_at()?]).min(),
        }
    }

    /// The acknowledgement of an alert that nobody has taken back, if it is this one: looked up, however many there are.
    pub(super) fn in_force(&self, alert: &AlertId, entry: EntryId) -> Option<&Ack> {
        self.alerts.record(alert)?.last_ack().filter(|ack| ack.entry == Some(entry))
    }

    /// When the next of those that wait is to be given up.
    pub(super) fn given_up_next(&self) -> Option<DateTime<Utc>> {
        self.kept().map(|(_, sent)| self.wanted_until(sent).unwrap_or(self.now.wall)).min()
    }

    /// Gives up what its source has not answered in time for.
    pub(super) fn give_up_late(&mut self) -> Vec<Effect> {
        let late = |sent: &Sent| self.wanted_until(sent).is_none_or(|until| until <= self.now.wall);
        let late: Vec<(EntryId, Over)> =
            self.kept().filter(|(_, sent)| late(sent)).map(|(intent, sent)| (intent, over(sent))).collect();
        late.into_iter().flat_map(|(intent, why)| self.give_up(intent, why)).collect()
    }

    fn give_up(&mut self, intent: EntryId, why: Over) -> Vec<Effect> {
        self.resending.insert(intent);
        self.act_ended(intent, ActEnd { outcome: Outcome::Expired, detail: format!("never sent: {why}").into(), made: None })
    }
}

/// Why an act whose time is over is.
fn over(sent: &Sent) -> Over {
    let carries = sent.doing().is_some_and(|act| act.carries_until().is_some());
    match sent.serves() {
        Some(_) if carries => "the acknowledgement ended before the source answered",
        Some(_) => "what carried the acknowledgement ended by itself before the source answered",
        None => "the source did not answer in time",
    }
}

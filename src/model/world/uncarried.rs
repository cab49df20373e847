//! Acknowledgements in force that nothing carries at their source, which goes on calling people about them: why, and when that is tried
//! again. Invariant: it is known by what is on record, so that every console says it, whoever was told no.

use super::World;
use crate::domain::act::{Act, ActEnd, Outcome};
use crate::domain::ids::{AlertId, EntryId};
use crate::model::alerts::Tracked;
use crate::model::outbox::{Sent, TOLD};
use crate::model::progress::Stage;
use chrono::{DateTime, Duration, Utc};

/// How long after the first attempt that failed comes the second; then twice as long each time.
const AGAIN: Duration = Duration::seconds(30);
const LONGEST: Duration = Duration::minutes(15);
/// So many in a row that failed are enough: what a source refuses it refuses for ever.
const TRIES: usize = 20;

/// What became of the last attempt to carry an acknowledgement.
#[derive(Debug, Clone, Copy)]
pub struct Uncarried<'a> {
    pub intent: EntryId,
    pub end: &'a ActEnd,
    /// When the watcher tries it again; `None`: not by itself.
    pub again: Option<DateTime<Utc>>,
}

fn carries(sent: &Sent) -> bool {
    sent.doing().is_some_and(|act| act.carries_until().is_some())
}

fn is_silence(sent: &Sent) -> bool {
    matches!(sent.doing(), Some(Act::Silence { .. }))
}

/// It came to nothing and may be tried anew by itself. A silence that is not there is nobody's; a system's own acknowledgement that is not
/// there and of which nobody knew may have been taken back there meanwhile: only what its system itself has refused is told it again.
fn may_be_anew(sent: &Sent) -> bool {
    match is_silence(sent) {
        true => ended(sent, &[Outcome::Failed, Outcome::Expired]),
        false => carries(sent) && !sent.doubted && ended(sent, &[Outcome::Failed]),
    }
}

fn ended(sent: &Sent, how: &[Outcome]) -> bool {
    sent.end.as_ref().is_some_and(|end| how.contains(&end.outcome))
}

impl World {
    /// How far an acknowledgement has come that is to be carried and of which nobody knows yet whether it is: whoever asked for it may
    /// be gone. `None` once that is settled.
    pub fn carrying(&self, tracked: &Tracked) -> Option<Stage> {
        let entry = self.alerts.ack(tracked, self.now.wall)?.entry?;
        let id = &tracked.alert.id;
        let open = self.holds_now(id, entry) && self.carried_by(id).is_some() && self.outbox.carried(entry).is_none();
        let last = self.outbox.serving(entry).filter(|sent| carries(sent)).last();
        match last.filter(|_| open).map(|sent| &sent.end) {
            Some(None) => Some(Stage::Sending),
            Some(Some(end)) => (end.outcome == Outcome::Unknown).then(|| Stage::Ended(end.clone())),
            None => (open && self.carrier_of(id, entry).is_none()).then_some(Stage::Recording),
        }
    }

    /// Whoever has an alert has it here alone.
    pub fn uncarried(&self, tracked: &Tracked) -> Option<Uncarried<'_>> {
        let entry = self.alerts.ack(tracked, self.now.wall)?.entry?;
        let id = &tracked.alert.id;
        let should = tracked.resolved_at.is_none() && self.carried_by(id).is_some();
        let last = self.outbox.serving(entry).filter(|sent| carries(sent)).last().filter(|_| should)?;
        // Of the system's own acknowledgement that was overruled its system says who has it.
        let overruled = is_silence(last) && ended(last, &[Outcome::Contradicted]);
        let undone = overruled || ended(last, &[Outcome::Failed, Outcome::Expired, Outcome::Unsent]);
        let (intent, end) = last.id().zip(last.end.as_ref()).filter(|_| undone && self.carrier_of(id, entry).is_none())?;
        Some(Uncarried { intent, end, again: self.anew_due(entry) })
    }

    /// When an acknowledgement is carried anew that its source refused, or whose silence was not found where it was looked for: it stands, and
    /// its alert must not go on calling others.
    pub(super) fn anew_due(&self, entry: EntryId) -> Option<DateTime<Utc>> {
        // Of what was kept and sent again, that tells how it ended.
        let open = |sent: &Sent| sent.repeated.is_none() && sent.end.as_ref().is_none_or(|end| end.outcome.is_open());
        let carried = self.outbox.carried(entry).is_some_and(|carrier| self.now.wall < carrier.until);
        if carried || self.outbox.serving(entry).any(open) {
            return None;
        }
        let count = |(times, _), sent: &Sent| if may_be_anew(sent) { (times + 1, sent.ended_at) } else { (0, None) };
        let (times, last) = self.outbox.serving(entry).fold((0_usize, None), count);
        let pause = |times: usize| (AGAIN * (1 << times.saturating_sub(1).min(8))).min(LONGEST);
        last.filter(|_| times < TRIES).map(|at| at + pause(times))
    }

    /// What was asked of sources in the last hours and was not done, here or elsewhere, while its alert still fires; the newest first.
    pub fn undone(&self) -> Vec<(&AlertId, &Sent)> {
        let mut undone: Vec<_> = self.outbox.acts().filter_map(|(_, sent)| Some((self.is_undone(sent)?, sent))).collect();
        undone.reverse();
        undone
    }

    fn is_undone<'a>(&'a self, sent: &'a Sent) -> Option<&'a AlertId> {
        let late = sent.ended_at.is_none_or(|at| at + TOLD <= self.now.wall);
        if late || sent.repeated.is_some() || !sent.end.as_ref().is_some_and(|end| end.outcome.is_undone()) {
            return None;
        }
        let id = sent.intent.as_ref()?.alert.as_ref()?;
        let tracked = self.alerts.get(id).filter(|tracked| tracked.resolved_at.is_none())?;
        if sent.serves().is_some() {
            return self.uncarried(tracked).filter(|it| Some(it.intent) == sent.id()).map(|_| id);
        }
        let kind = sent.doing()?.kind();
        let same = |other: &Sent| other.intent.as_ref().is_some_and(|intent| intent.alert.as_ref() == Some(id));
        let mut later = self.outbox.after(sent.id()?);
        let again = later.any(|other| same(other) && other.doing().is_some_and(|act| act.kind() == kind));
        (!again && ended(sent, &[Outcome::Failed])).then_some(id)
    }
}

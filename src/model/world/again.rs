//! What a person takes back, or tries once more: always by a request that was theirs, and by the same path as the first time,
//! so that the way back is recorded before it is sent, too.

use super::World;
use super::commands::{Asked, Given, Refusal};
use crate::domain::act::{Act, ActEnd, ActKind, Outcome};
use crate::domain::entry::Draft;
use crate::domain::ids::{AlertId, EntryId, RequestId};
use crate::domain::text::{Outside, inert};
use crate::model::alerts::UNDONE;
use crate::model::progress::{Item, Progress, Stage, UNDO_WITHIN};
use crate::model::{Command, Effect};
use std::time::Duration;

/// The way back from one target of a request.
enum Back {
    Draft(Box<Draft>),
    /// It was kept unsent, and is not to be sent any more.
    Forget(EntryId),
    /// Nothing was done.
    Nothing,
}

impl World {
    pub(super) fn undo(&mut self, request: RequestId, title: &str, undone: RequestId) -> Vec<Effect> {
        let (asked, kept) = match self.ways_back(undone) {
            Ok(ways) => ways,
            Err(why) => return self.refuse(request, title, why),
        };
        let mut effects = self.ask_to_record(request, title.to_owned(), asked);
        effects.extend(kept.into_iter().flat_map(|intent| {
            self.resending.insert(intent);
            let end = ActEnd::new(Outcome::Expired, "never sent: it was taken back");
            self.act_ended(intent, end)
        }));
        effects
    }

    fn ways_back(&mut self, undone: RequestId) -> Result<(Asked, Vec<EntryId>), Refusal> {
        let progress = self.requests.get(undone).cloned().ok_or("what it was is not known any more")?;
        if let Some(why) = progress.is_past_undoing(self.now.mono) {
            return Err(why);
        }
        if !progress.settled() {
            return Err("it is still on its way: once it has ended it can be undone".into());
        }
        let (mut asked, mut kept) = (Asked::default(), Vec::new());
        for item in &progress.items {
            match self.way_back(item) {
                Ok(Back::Draft(draft)) => asked.drafts.push(*draft),
                Ok(Back::Forget(intent)) => kept.push(intent),
                Ok(Back::Nothing) => {}
                Err(why) => match &item.alert {
                    Some(id) => asked.refused.push((id.clone(), why)),
                    None => return Err(why),
                },
            }
        }
        match asked.drafts.is_empty() && asked.refused.is_empty() && kept.is_empty() {
            true => Err("nothing of it was done".into()),
            false => Ok((asked, kept)),
        }
    }

    fn way_back(&mut self, item: &Item) -> Result<Back, Refusal> {
        let Some(entry) = item.entry else { return Ok(Back::Nothing) };
        match (&item.alert, self.outbox.newest(entry)) {
            (_, Some((intent, sent))) if sent.waits() => Ok(Back::Forget(intent)),
            (alert, Some((_, sent))) => {
                let ended = sent.end.as_ref().filter(|end| end.outcome == Outcome::Done);
                let made = ended.and_then(|end| end.made.clone());
                match (sent.act(), made) {
                    (_, None) => Ok(Back::Nothing),
                    (Some((source, Act::Silence { .. })), Some(id)) => {
                        let alert = alert.clone();
                        self.can(&source, ActKind::Expire)?;
                        let mut draft = self.act_draft(&source, Act::Expire { id: id.clone() }, &unsilenced(&id));
                        draft.alert = alert;
                        Ok(Back::Draft(Box::new(draft.with("undoes", entry))))
                    }
                    _ => Err("that can't be undone".into()),
                }
            }
            (Some(alert), None) => self.unacknowledged(&alert.clone(), entry),
            (None, None) => Err("that can't be undone".into()),
        }
    }

    fn unacknowledged(&mut self, alert: &AlertId, entry: EntryId) -> Result<Back, Refusal> {
        let tracked = self.alerts.get(alert).ok_or("it has left the queue")?;
        let held = self.alerts.ack(tracked, self.now.wall);
        match held.is_some_and(|ack| ack.entry == Some(entry)) {
            true => Ok(Back::Draft(Box::new(self.given_back(alert, entry)?.with("undoes", entry)))),
            false => Err("the acknowledgement is not in force any more".into()),
        }
    }

    /// Whoever had the alert before has it again. Where its source carries who holds it that can't be given back: then it is nobody's,
    /// and who had it is said.
    fn given_back(&mut self, alert: &AlertId, entry: EntryId) -> Result<Draft, Refusal> {
        let draft = self.unack_draft(alert.clone(), "")?;
        let record = self.alerts.record(alert);
        let Some(before) = record.and_then(|record| record.before(entry, self.now.wall)).map(|ack| ack.by.clone()) else {
            return Ok(draft);
        };
        let (name, before) = (self.in_full(alert), inert(&before));
        Ok(match self.outbox.serving(entry).next() {
            None => {
                let text = format!("took the acknowledgement of {name} back: it is {before}'s again");
                Draft { text, ..draft }.with("why", UNDONE)
            }
            Some(_) => {
                let text = format!("gave up the acknowledgement of {name}: {before} had it, it is nobody's now");
                Draft { text, ..draft }
            }
        })
    }

    /// It was given up and its alert is over: nothing is left to be done about it.
    pub fn is_moot(&self, item: &Item) -> bool {
        let given_up = matches!(&item.stage, Stage::Ended(end) if end.outcome == Outcome::Expired);
        let over = |id| self.alerts.get(id).is_none_or(|tracked| tracked.resolved_at.is_some());
        given_up && item.alert.as_ref().is_some_and(over)
    }

    /// The same for those alone for which it failed. What may have been done, or was overruled, is not repeated.
    pub(super) fn retry(&mut self, request: RequestId, title: &str, failed: RequestId) -> Vec<Effect> {
        let Some((command, given)) = self.requests.get(failed).and_then(|failed| Some((failed.again(self)?, failed.given(self))))
        else {
            return self.refuse(request, title, "nothing of it has failed in a way that may be tried again");
        };
        // What is tried again is offered, and told of, by the new request alone.
        self.requests.retried(failed);
        let (title, kept) = (self.title(&command), Some(command.clone()));
        match command {
            // What it hides was confirmed the first time.
            Command::Acknowledge { alerts, hold, reason, ticket, .. } => {
                let asked = self.acknowledge(alerts, &given, hold, &reason, ticket);
                self.ask(request, title, kept, asked)
            }
            command => self.command(request, command),
        }
    }
}

fn unsilenced(id: &Outside) -> String {
    format!("taking silence {} back", id.inert())
}

impl Progress {
    /// It can be taken back as long as this is recent.
    pub fn may_be_undone(&self, now: Duration) -> bool {
        self.command.as_ref().is_some_and(Command::has_a_way_back) && now.saturating_sub(self.touched) <= UNDO_WITHIN
    }

    /// Why it can't be taken back any more.
    pub fn is_past_undoing(&self, now: Duration) -> Option<String> {
        let seconds = UNDO_WITHIN.as_secs();
        let why = "give an acknowledgement up, or end a silence, by its own key";
        (!self.may_be_undone(now)).then(|| format!("that was more than {seconds} seconds ago: {why}"))
    }

    /// The targets that it failed for and that may be tried again.
    pub fn retryable(&self, world: &World) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.stage.may_be_retried() && !world.is_moot(item))
    }

    /// What is recorded for the targets that it failed for.
    fn given(&self, world: &World) -> Given {
        self.retryable(world).filter_map(|item| Some((item.alert.clone()?, item.entry?))).collect()
    }

    /// What it was asked with, for the targets that it failed for.
    pub fn again(&self, world: &World) -> Option<Command> {
        let failed: Vec<&Item> = self.retryable(world).collect();
        let alerts: Vec<AlertId> = failed.iter().filter_map(|item| item.alert.clone()).collect();
        match self.command.clone()? {
            whole @ (Command::Silence { .. } | Command::Extend { .. } | Command::Expire { .. } | Command::Page { .. })
                if !failed.is_empty() =>
            {
                Some(whole)
            }
            _ if alerts.is_empty() => None,
            Command::Acknowledge { hold, reason, ticket, confirmed, .. } => {
                Some(Command::Acknowledge { alerts, hold, reason, ticket, confirmed })
            }
            Command::Unacknowledge { reason, .. } => Some(Command::Unacknowledge { alerts, reason }),
            Command::SilenceEach { hold, reason, confirmed, .. } => {
                Some(Command::SilenceEach { alerts, hold, reason, confirmed })
            }
            Command::Act { what, reason, confirmed, .. } => Some(Command::Act { alerts, what, reason, confirmed }),
            _ => None,
        }
    }
}

impl Command {
    /// It may be undone as long as that is recent.
    pub fn has_a_way_back(&self) -> bool {
        match self {
            Self::Acknowledge { .. } | Self::Silence { .. } | Self::SilenceEach { .. } => true,
            Self::Act { what, .. } => what.kind() == ActKind::Snooze,
            _ => false,
        }
    }
}

impl Stage {
    /// It was not done, and nobody said no or did anything else: sending it again does nothing twice.
    pub fn may_be_retried(&self) -> bool {
        match self {
            Self::Unwritten(_) => true,
            Self::Ended(end) => matches!(end.outcome, Outcome::Failed | Outcome::Expired),
            _ => false,
        }
    }
}

/// Commands whose targets may be tried again or taken back, and those that somebody may wait for.
pub(super) fn kept(command: &Command) -> Option<Command> {
    use Command::{Acknowledge, Act, Declare, Expire, Extend, Page, Silence, SilenceEach, Unacknowledge};
    let kinds = matches!(command, Acknowledge { .. } | Unacknowledge { .. } | Act { .. } | Page { .. } | Declare { .. });
    let silences = matches!(command, Silence { .. } | SilenceEach { .. } | Extend { .. } | Expire { .. });
    (kinds || silences).then(|| command.clone())
}

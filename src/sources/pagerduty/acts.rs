//! One act on one incident: looked at, asked for once, and read back. Invariant: after a request that may have arrived,
//! nothing is sent again.

use super::codes::{overtaken, refusal};
use super::door::Caller;
use super::goal::{Goal, Seen, local, plain};
use super::wire::{Incident, One};
use super::{PagerDuty, page};
use crate::domain::act::{Act, ActEnd, Found, Outcome, What};
use crate::domain::entry::Intent;
use crate::domain::text::Outside;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Ports, Response};
use std::time::Duration;

/// Until when an act may begin to be sent, and how much longer it may take: together less than the twenty seconds after
/// which others think that it was left behind.
const BEGIN: Duration = Duration::from_secs(6);
const END: Duration = Duration::from_secs(11);

/// An act of this system, taken apart.
struct Errand<'a> {
    id: &'a str,
    what: &'a What,
    comment: &'a str,
    intent: Intent,
}

impl<'a> Errand<'a> {
    fn of(act: &'a Act, intent: Intent) -> Result<Self, Trouble> {
        match act {
            Act::On { alert, what, comment, .. } => Ok(Self { id: plain(alert.as_str())?, what, comment, intent }),
            other => Err(local(format!("PagerDuty can't {}", other.kind().word()))),
        }
    }
}

pub async fn act(source: &PagerDuty, act: &Act, intent: Intent, ports: &Ports) -> ActEnd {
    if let Act::Page { to, text, by } = act {
        return page::page(source, (to, text, by), intent, ports).await;
    }
    let caller = Caller::acting(source, ports, BEGIN);
    let ended = match Errand::of(act, intent) {
        Ok(errand) => attempt(&errand, caller).await,
        Err(trouble) => Err(trouble),
    };
    ended.unwrap_or_else(|trouble| not_sent(&trouble))
}

/// Nothing was sent. What could not be reached, or was busy, may be asked later; where it was a no, it is over.
fn not_sent(trouble: &Trouble) -> ActEnd {
    use Reason::{Dns, Limited, Network, Refused, Timeout, Tls};
    let failing = trouble.reason == Reason::Status && trouble.sent;
    let later = failing || matches!(trouble.reason, Refused | Dns | Network | Timeout | Tls | Limited);
    end(if later { Outcome::Unsent } else { Outcome::Failed }, format!("not sent: {trouble}"))
}

/// An error means that nothing was done.
async fn attempt(errand: &Errand<'_>, caller: Caller<'_>) -> Result<ActEnd, Trouble> {
    let Some(now) = caller.source.incident(errand.id, &caller).await? else {
        return Err(local(format!("PagerDuty has no incident {}", errand.id)));
    };
    let goal = Goal::of(errand.what, errand.comment, &now, errand.intent, &caller).await?;
    if let Some(ended) = beforehand(errand, &goal, &now) {
        return Ok(ended);
    }
    if let Some(other) = goal.needs_open() {
        open(other, &caller).await?;
    }
    let (method, path, body) = goal.request(errand.id);
    let answer = caller.write(method, &path, &body, errand.intent).await;
    let after = After { errand, goal, caller: caller.with_more(END) };
    match answer {
        Ok((asked, answer)) if answer.status == 429 => Err(refusal(&answer, &asked)),
        Ok((_, answer)) if answer.good() => Ok(after.confirm().await),
        Ok((asked, answer)) => Ok(after.refused(&asked, &answer).await),
        Err(trouble) if trouble.sent => Ok(after.search(end(Outcome::Unknown, trouble.text), true).await),
        Err(trouble) => Err(trouble),
    }
}

/// What need not or must not be sent, because of how it is already.
fn beforehand(errand: &Errand<'_>, goal: &Goal, now: &Incident) -> Option<ActEnd> {
    let seen = goal.seen(now);
    let foreign = matches!(goal, Goal::Acknowledged { .. }) && now.is("acknowledged");
    let over = now.is("resolved") && (!goal.may_be_over() || goal.needs_open().is_some());
    match seen.reached && !goal.is_anybodys() {
        true => Some(made(errand, end(Outcome::Done, format!("{} already; nothing was sent", seen.words)))),
        false if over || foreign => Some(end(Outcome::Contradicted, format!("{}; nothing was sent", seen.words))),
        false => None,
    }
}

/// Another incident that must be open.
async fn open(id: &str, caller: &Caller<'_>) -> Result<(), Trouble> {
    match caller.source.incident(id, caller).await? {
        None => Err(local(format!("PagerDuty has no incident {id}"))),
        Some(other) if other.is("resolved") => Err(local(format!("{id} was resolved{}", other.changed()))),
        Some(_) => Ok(()),
    }
}

/// What is to be found out once something was sent.
struct After<'a> {
    errand: &'a Errand<'a>,
    goal: Goal,
    caller: Caller<'a>,
}

impl After<'_> {
    async fn look(&self) -> Result<Seen, Trouble> {
        self.goal.look(self.errand.id, &self.caller).await
    }

    /// PagerDuty took it: is it so?
    async fn confirm(&self) -> ActEnd {
        match self.look().await {
            Ok(seen) if seen.reached => self.done(seen, ""),
            Ok(seen) => end(Outcome::Contradicted, format!("it was accepted, but {}", seen.words)),
            Err(trouble) => end(Outcome::Unknown, format!("it was accepted, but could not be read back: {trouble}")),
        }
    }

    /// PagerDuty said no. Somebody may have been faster, or it may have failed after it was done.
    async fn refused(&self, asked: &str, answer: &Response) -> ActEnd {
        let refused = end(Outcome::Failed, refusal(answer, asked).text);
        match answer.status {
            408 | 502 | 504 => self.search(ActEnd { outcome: Outcome::Unknown, ..refused }, true).await,
            500.. => self.search(refused, false).await,
            _ if overtaken(answer) => match self.look().await {
                Ok(seen) if seen.reached => self.done(seen, " already"),
                Ok(seen) => end(Outcome::Contradicted, format!("{}; {}", seen.words, refused.detail.raw())),
                Err(_) => refused,
            },
            _ => refused,
        }
    }

    /// It may or may not have been done. `otherwise` is the end if it was not; one that may be under way stays unknown.
    async fn search(&self, otherwise: ActEnd, under_way: bool) -> ActEnd {
        match self.look().await {
            Ok(seen) if seen.reached => self.done(seen, ""),
            Ok(_) if !under_way => otherwise,
            _ => ActEnd { outcome: Outcome::Unknown, ..otherwise },
        }
    }

    fn done(&self, seen: Seen, more: &str) -> ActEnd {
        let ended = made(self.errand, end(Outcome::Done, format!("{}{more}", seen.words)));
        ActEnd { made: seen.made.map(Into::into).or(ended.made), ..ended }
    }
}

/// Whether an act of an earlier process is there.
pub async fn find(source: &PagerDuty, act: &Act, intent: Intent, ports: &Ports) -> Result<Found, Trouble> {
    let caller = Caller::acting(source, ports, BEGIN);
    if matches!(act, Act::Page { .. }) {
        let there = page::there(&caller, intent).await?;
        return Ok(there.map_or(Found::NotThere, |incident| Found::There(incident.id.into())));
    }
    let errand = Errand::of(act, intent)?;
    if matches!(errand.what, What::Escalate { level: None }) {
        return Err(local("which level it should have come to is not known any more".into()));
    }
    let Some(now) = source.incident(errand.id, &caller).await? else { return Ok(Found::NotThere) };
    let goal = Goal::of(errand.what, errand.comment, &now, intent, &caller).await?;
    let seen = goal.look(errand.id, &caller).await?;
    if seen.reached && goal.is_anybodys() {
        return Err(local("it is acknowledged, but PagerDuty does not say who we are: whether it was this can't be told".into()));
    }
    let made = seen.made.unwrap_or_else(|| errand.id.to_owned());
    Ok(if seen.reached { Found::There(made.into()) } else { Found::NotThere })
}

impl PagerDuty {
    /// One incident; `None` where PagerDuty does not know it.
    pub async fn incident(&self, id: &str, caller: &Caller<'_>) -> Result<Option<Incident>, Trouble> {
        let found: Option<One> = caller.find(&format!("incidents/{id}"), &[], "an incident").await?;
        Ok(found.map(|one| one.incident))
    }
}

fn made(errand: &Errand<'_>, ended: ActEnd) -> ActEnd {
    ActEnd { made: Some(errand.id.into()), ..ended }
}

fn end(outcome: Outcome, detail: impl Into<Outside>) -> ActEnd {
    ActEnd { outcome, detail: detail.into(), made: None }
}

//! One act on one alert: looked at, asked for once, and read back. Invariant: after a request that may have arrived, nothing is
//! sent again.

use super::alert::Node;
use super::api::{Api, Operation, Said};
use super::{GoAlert, Source};
use crate::domain::act::{Act, ActEnd, Found, Outcome, What};
use crate::domain::entry::Intent;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Ports;
use serde_json::json;
use std::time::Duration;

/// How long one answer may take, and all of them together.
const PATIENCE: Duration = Duration::from_secs(4);
const TOGETHER: Duration = Duration::from_secs(16);

struct Errand<'a> {
    api: Api<'a>,
    id: i64,
    what: &'a What,
    /// Who asks for it.
    by: &'a str,
}

/// How it is, in words, and whether that is what was wanted.
struct Seen {
    reached: bool,
    words: String,
    /// Who has acknowledged it, where it is to be so and that is told.
    holder: Option<String>,
}

fn local(text: String) -> Trouble {
    Trouble::new(Reason::Local, text)
}

impl<'a> Errand<'a> {
    fn of(source: &'a GoAlert, act: &'a Act, ports: &'a Ports) -> Result<Self, Trouble> {
        let can = source.acts().contains(&act.kind());
        let Act::On { alert, what, by, .. } = act else { return Err(local(format!("GoAlert can't {}", act.kind().word()))) };
        match what {
            What::Acknowledge { .. } | What::Resolve | What::Escalate { level: None } if can => {}
            What::Escalate { level: Some(_) } => return Err(local("GoAlert escalates to the next step alone".into())),
            What::Unacknowledge => {
                return Err(local("GoAlert can't take an acknowledgement back; escalate it to have somebody else asked".into()));
            }
            other => return Err(local(format!("GoAlert can't {} with what the configuration gives", other.kind().word()))),
        }
        let id = alert.as_str().parse().map_err(|_| local(format!("`{alert}` is no alert of a GoAlert")))?;
        Ok(Self { api: Api::new(source, ports, TOGETHER, PATIENCE), id, what, by })
    }

    fn seen(&self, now: &Node) -> Seen {
        let closed = || format!("{} closed it", now.by("Closed"));
        let (reached, words) = match self.what {
            What::Resolve if now.is_closed() => (true, "closed there".into()),
            What::Resolve => (false, "it is open".into()),
            _ if now.is_closed() => (false, closed()),
            What::Acknowledge { .. } if now.is_acknowledged() => {
                (true, format!("{} has acknowledged it there", now.by("Acknowledged")))
            }
            What::Acknowledge { .. } => (false, "it is not acknowledged".into()),
            _ => (true, "the next step is asked within seconds".into()),
        };
        let holder = reached.then(|| now.named("Acknowledged")).flatten().filter(|_| self.is_an_acknowledgement());
        Seen { reached, words, holder: holder.map(str::to_owned) }
    }

    fn is_an_acknowledgement(&self) -> bool {
        matches!(self.what, What::Acknowledge { .. })
    }

    /// Whether it is we who have done it, as far as names tell: GoAlert says who acknowledged, and not by what. `None`: it does not say.
    fn is_ours(&self, seen: &Seen) -> Option<bool> {
        if !self.is_an_acknowledgement() {
            return Some(true);
        }
        let holder = seen.holder.as_deref()?;
        let login = if let super::Login::User(user, _) = &self.api.source.login { user } else { "" };
        let known = self.known_as().clone();
        let names = [self.by, login].into_iter().chain(known.as_deref());
        Some(names.into_iter().any(|name| !name.is_empty() && name.to_lowercase() == holder.to_lowercase()))
    }

    fn known_as(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.api.source.known_as.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn look(&self) -> Result<Seen, Trouble> {
        let now = self.api.one(self.id).await?.ok_or_else(|| local(format!("GoAlert has no alert {}", self.id)))?;
        Ok(self.seen(&now))
    }

    /// Asking the next step is never done already.
    fn is_a_state(&self) -> bool {
        !matches!(self.what, What::Escalate { .. })
    }

    fn done(&self, words: String) -> ActEnd {
        ActEnd { made: Some(self.id.to_string().into()), ..ActEnd::new(Outcome::Done, words) }
    }

    /// An error means that nothing was sent.
    async fn act(&self, intent: Intent) -> Result<ActEnd, Trouble> {
        let now = self.look().await?;
        match now.reached {
            true if self.is_a_state() => {
                let words = format!("{} already; nothing was sent", now.words);
                let ours = self.is_ours(&now) != Some(false);
                return Ok(if ours { self.done(words) } else { ActEnd::new(Outcome::Contradicted, words) });
            }
            false if now.words.ends_with("closed it") => {
                return Ok(ActEnd::new(Outcome::Contradicted, format!("{}; nothing was sent", now.words)));
            }
            _ => {}
        }
        let (operation, variables) = match self.what {
            What::Escalate { .. } => (Operation::Escalate, json!({"ids": [self.id]})),
            What::Resolve => (Operation::Update, json!({"in": {"alertIDs": [self.id], "newStatus": "StatusClosed"}})),
            _ => (Operation::Update, json!({"in": {"alertIDs": [self.id], "newStatus": "StatusAcknowledged"}})),
        };
        match self.api.write(operation, &variables, intent).await {
            Ok(Said::Done) => Ok(self.confirmed().await),
            Ok(Said::Refused(429 | 503, trouble)) => Ok(ActEnd::new(Outcome::Unsent, format!("not sent: {trouble}"))),
            Ok(Said::Refused(_, trouble)) => Ok(self.searched(Outcome::Failed, &trouble).await),
            Err(trouble) if trouble.sent => Ok(self.searched(Outcome::Unknown, &trouble).await),
            Err(trouble) => Err(trouble),
        }
    }

    async fn confirmed(&self) -> ActEnd {
        match self.look().await {
            Ok(seen) if seen.reached => {
                // It was nobody's, we were let do it, and now it is so: that is how we are called there.
                if seen.holder.is_some() {
                    self.known_as().clone_from(&seen.holder);
                }
                self.done(seen.words)
            }
            Ok(seen) => ActEnd::new(Outcome::Contradicted, format!("it was accepted, but {}", seen.words)),
            Err(trouble) => ActEnd::new(Outcome::Unknown, format!("it was accepted, but could not be read back: {trouble}")),
        }
    }

    /// It may be so in spite of what came: then that is what counts.
    async fn searched(&self, otherwise: Outcome, trouble: &Trouble) -> ActEnd {
        match self.look().await {
            Ok(seen) if seen.reached && self.is_a_state() => match self.is_ours(&seen) {
                Some(true) => self.done(seen.words),
                Some(false) if otherwise == Outcome::Failed => {
                    ActEnd::new(Outcome::Contradicted, format!("{}; {}", seen.words, trouble.text.raw()))
                }
                _ => ActEnd::new(Outcome::Unknown, format!("{}; {}", anybodys(&seen), trouble.text.raw())),
            },
            Ok(seen) if otherwise == Outcome::Failed && seen.words.ends_with("closed it") => {
                ActEnd::new(Outcome::Contradicted, format!("{}; {}", seen.words, trouble.text.raw()))
            }
            Ok(_) => ActEnd::new(otherwise, trouble.text.clone()),
            Err(_) => ActEnd::new(Outcome::Unknown, trouble.text.clone()),
        }
    }
}

/// What is so may be somebody else's doing.
fn anybodys(seen: &Seen) -> String {
    format!("{}: whether that was this act can't be told", seen.words)
}

pub async fn act(source: &GoAlert, act: &Act, intent: Intent, ports: &Ports) -> ActEnd {
    let ended = match Errand::of(source, act, ports) {
        Ok(errand) => errand.act(intent).await,
        Err(trouble) => Err(trouble),
    };
    ended.unwrap_or_else(|trouble| ActEnd::unsent(&[trouble]))
}

/// Whether an act of an earlier process is there.
pub async fn find(source: &GoAlert, act: &Act, ports: &Ports) -> Result<Found, Trouble> {
    let errand = Errand::of(source, act, ports)?;
    if !errand.is_a_state() {
        return Err(local("whether its next step was asked because of this can't be told".into()));
    }
    let seen = errand.look().await?;
    if seen.reached && errand.is_ours(&seen) != Some(true) {
        return Err(local(anybodys(&seen)));
    }
    Ok(if seen.reached { Found::There(errand.id.to_string().into()) } else { Found::NotThere })
}

//! Acts on the newest problem of a trigger, each read back there. Invariant: after a request that may have arrived, nothing is
//! sent again; every act writes a message, and by the marker in it what became of the act is known.

use super::Zabbix;
use super::alert::{SEVERITIES, said};
use super::api::{Api, Said};
use super::list::called_by;
use super::name::Name;
use super::wire::{Problem, Trigger, Update, bits};
use crate::domain::act::{Act, ActEnd, Found, Outcome, What, marker};
use crate::domain::entry::Intent;
use crate::domain::text::{Outside, inert};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Ports;
use chrono::SecondsFormat;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long one answer may take, and all of them together.
const PATIENCE: Duration = Duration::from_secs(4);
const TOGETHER: Duration = Duration::from_secs(16);
/// The longest text that Zabbix keeps has 4,096 characters, the marker included.
const LONGEST: usize = 3_900;
/// How far back an act is looked for.
const BACK: usize = 20;
/// How often, and after which pause, a problem is read until it is closed: the server process does that, not the API.
const LOOKS: usize = 7;
const PAUSE: Duration = Duration::from_secs(1);

/// One act on its way.
struct Doing<'a> {
    api: Api<'a>,
    name: Name,
    what: &'a What,
    by: &'a str,
    /// Somebody has given a reason.
    reasoned: bool,
    message: String,
    marker: String,
    intent: Intent,
}

pub async fn act(source: &Zabbix, act: &Act, intent: Intent, ports: &Ports) -> ActEnd {
    let done = match doing(source, act, intent, ports) {
        Ok(doing) => doing.act().await,
        Err(trouble) => Err(trouble),
    };
    done.unwrap_or_else(|trouble| ActEnd::unsent(&[trouble]))
}

/// Looks for an act that may have been sent.
pub async fn find(source: &Zabbix, act: &Act, intent: Intent, ports: &Ports) -> Result<Found, Trouble> {
    doing(source, act, intent, ports)?.find().await
}

fn doing<'a>(source: &'a Zabbix, act: &'a Act, intent: Intent, ports: &'a Ports) -> Result<Doing<'a>, Trouble> {
    let Act::On { alert, what, by, comment } = act else { return Err(local(format!("a Zabbix can't {}", act.kind().word()))) };
    let name = Name::of(alert).ok_or_else(|| local(format!("`{alert}` is no trigger of a Zabbix")))?;
    let marker = marker(intent.id());
    let text: String = comment.chars().take(LONGEST).collect();
    let message = if text.is_empty() { format!("{by} {marker}") } else { format!("{by}: {text} {marker}") };
    let api = Api::new(source, ports, TOGETHER).with_patience(PATIENCE);
    Ok(Doing { api, name, what, by, reasoned: !comment.is_empty(), message, marker, intent })
}

/// The first version that suppresses a problem by hand.
pub const SUPPRESSES: (u32, u32) = (6, 2);

fn local(text: String) -> Trouble {
    Trouble::new(Reason::Local, text)
}

impl Doing<'_> {
    /// An error means that nothing was sent.
    async fn act(&self) -> Result<ActEnd, Trouble> {
        let Some(now) = self.now().await? else { return Ok(self.gone()) };
        // What is over needs no permission to be closed.
        let theirs = self.is_taken_over(&now).await;
        if let Some(end) = self.beforehand(&now, theirs) {
            return Ok(end);
        }
        if theirs && let Some(end) = self.free(&now).await? {
            return Ok(end);
        }
        let (bit, more) = self.request().await?;
        let mut params = json!({"eventids": [now.eventid.0.to_string()], "action": bit | bits::MESSAGE, "message": self.message});
        for (name, value) in more {
            params[name] = value;
        }
        match self.api.write(params, self.intent).await {
            Ok(Said::Done) => Ok(self.confirmed(bit).await),
            Ok(Said::Refused(429 | 503, trouble)) => Ok(ActEnd::new(Outcome::Unsent, format!("not sent: {trouble}"))),
            Ok(Said::Refused(500, trouble)) => Ok(self.searched(Outcome::Failed, &trouble).await),
            Ok(Said::Refused(_, trouble)) => Ok(ActEnd::new(Outcome::Failed, trouble.text)),
            Err(trouble) if trouble.sent => Ok(self.searched(Outcome::Unknown, &trouble).await),
            Err(trouble) => Err(trouble),
        }
    }

    /// It is held by whom it is knowingly taken over from, and by nobody else.
    async fn is_taken_over(&self, now: &Problem) -> bool {
        let What::Acknowledge { from: Some(from), .. } = self.what else { return false };
        let Some(holder) = now.holder() else { return false };
        let user = holder.userid.0;
        let name = match said(text(holder)).0 {
            Some(by) => by.to_owned(),
            None => match called_by(self.api, &BTreeSet::from([user])).await.remove(&user) {
                Some(called) => called.raw().to_owned(),
                None => format!("user {user}"),
            },
        };
        inert(&name) == inert(from)
    }

    /// An acknowledgement changes no hands there: the one that stands is taken back first, which settles nothing by itself and so has no
    /// marker. `None`: it is nobody's now.
    async fn free(&self, now: &Problem) -> Result<Option<ActEnd>, Trouble> {
        let (event, message) = (now.eventid.0.to_string(), format!("{} takes it over", self.by));
        let params = json!({"eventids": [event], "action": bits::UNACKNOWLEDGE | bits::MESSAGE, "message": message});
        let (outcome, trouble) = match self.api.write(params, self.intent).await {
            Ok(Said::Done) => return Ok(None),
            Ok(Said::Refused(429 | 503, trouble)) => {
                return Ok(Some(ActEnd::new(Outcome::Unsent, format!("not sent: {trouble}"))));
            }
            Ok(Said::Refused(500, trouble)) => (Outcome::Failed, trouble),
            Ok(Said::Refused(_, trouble)) => return Ok(Some(ActEnd::new(Outcome::Failed, trouble.text))),
            Err(trouble) if trouble.sent => (Outcome::Unknown, trouble),
            Err(trouble) => return Err(trouble),
        };
        // It may have been done all the same: then nobody holds it.
        Ok(match self.now().await {
            Ok(Some(now)) if now.holder().is_none() => None,
            Ok(_) => Some(ActEnd::new(outcome, trouble.text)),
            Err(_) => Some(ActEnd::new(Outcome::Unknown, trouble.text)),
        })
    }

    /// What is asked for, besides the message, and what that needs.
    async fn request(&self) -> Result<(i64, Vec<(&'static str, Value)>), Trouble> {
        Ok(match self.what {
            What::Acknowledge { .. } => (bits::ACKNOWLEDGE, Vec::new()),
            What::Unacknowledge => (bits::UNACKNOWLEDGE, Vec::new()),
            What::Comment => (0, Vec::new()),
            What::Resolve => {
                self.can_close().await?;
                (bits::CLOSE, Vec::new())
            }
            What::Prioritise { to } => (bits::SEVERITY, vec![("severity", severity(to)?.into())]),
            What::Snooze { until } => {
                self.can_suppress().await?;
                (bits::SUPPRESS, vec![("suppress_until", until.timestamp().into())])
            }
            What::Unsnooze => {
                self.can_suppress().await?;
                (bits::UNSUPPRESS, Vec::new())
            }
            other => return Err(local(format!("a Zabbix can't {}", other.kind().word()))),
        })
    }

    async fn can_suppress(&self) -> Result<(), Trouble> {
        let (major, minor) = self.api.version().await?;
        let advice = "a problem can be suppressed by hand from 6.2 on";
        if (major, minor) < SUPPRESSES { Err(local(format!("this Zabbix is {major}.{minor}, and {advice}"))) } else { Ok(()) }
    }

    /// Its trigger says whether a person may close its problems.
    async fn can_close(&self) -> Result<(), Trouble> {
        let params = json!({"triggerids": [self.name.trigger.to_string()], "output": ["triggerid", "manual_close"]});
        let triggers: Vec<Trigger> = self.api.ask("trigger.get", params).await?;
        // One that is not told of is not there, or not ours to see: what its problem says, says more.
        match triggers.iter().any(|trigger| trigger.manual_close.is_some_and(|may| !may.is_set())) {
            true => Err(local("its trigger does not allow manual closing: it ends when its check is well again".into())),
            false => Ok(()),
        }
    }

    /// What need not or must not be sent, because of how it is already.
    fn beforehand(&self, now: &Problem, taken_over: bool) -> Option<ActEnd> {
        let holder = now.holder();
        let ours = holder.is_some_and(|holder| said(text(holder)).0 == Some(self.by));
        let contradicted = |words: String| Some(ActEnd::new(Outcome::Contradicted, words));
        if self.intent.began().is_some_and(|began| began < now.starts_at()) {
            let anew = now.starts_at().to_rfc3339_opts(SecondsFormat::Secs, true);
            return contradicted(format!("it has ended, and another problem of its trigger began at {anew}: nothing was sent"));
        }
        match self.what {
            What::Resolve if now.is_over() => Some(made(now, ActEnd::new(Outcome::Done, "it is over already; nothing was sent"))),
            What::Comment => None,
            _ if now.is_over() => contradicted("it is over: there is nothing to do any more".into()),
            What::Acknowledge { .. } if ours => Some(made(now, ActEnd::new(Outcome::Done, "yours already; nothing was sent"))),
            What::Acknowledge { .. } if taken_over => None,
            What::Acknowledge { .. } => holder.and_then(|holder| contradicted(format!("{} acknowledged it first", who(holder)))),
            What::Unacknowledge if !now.acknowledged.is_set() => {
                Some(made(now, ActEnd::new(Outcome::Done, "nobody holds it any more; nothing was sent")))
            }
            What::Unacknowledge if !ours && !self.reasoned => {
                let holder = holder.map_or_else(|| "somebody".to_owned(), who);
                contradicted(format!("{holder} holds it now: say why, to take it back all the same"))
            }
            _ => None,
        }
    }

    /// The server took it: what has become of it.
    async fn confirmed(&self, bit: i64) -> ActEnd {
        let mut pace = tokio::time::interval(PAUSE);
        for _ in 1..if *self.what == What::Resolve { LOOKS } else { 1 } {
            pace.tick().await;
            let end = self.read_back(bit).await;
            if end.outcome != Outcome::Unknown {
                return end;
            }
        }
        pace.tick().await;
        self.read_back(bit).await
    }

    async fn read_back(&self, bit: i64) -> ActEnd {
        let unread = |why: String| ActEnd::new(Outcome::Unknown, format!("accepted, but could not be read back: {why}"));
        match self.events().await {
            Ok(events) => match self.marked(&events) {
                Some((event, update)) => ActEnd { made: Some(id(update)), ..self.judged(event, update, bit) },
                None => ActEnd::new(Outcome::Contradicted, "accepted, but what was written there is gone"),
            },
            Err(trouble) => unread(trouble.to_string()),
        }
    }

    /// What an update of ours has come to. What is already so is left out there without a word.
    fn judged(&self, event: &Problem, update: &Update, bit: i64) -> ActEnd {
        let done = |words: &str| ActEnd::new(Outcome::Done, words);
        let otherwise = |words: String| ActEnd::new(Outcome::Contradicted, words);
        match self.what {
            What::Acknowledge { .. } if !event.acknowledged.is_set() => otherwise("somebody took it back at once".into()),
            What::Acknowledge { .. } if !update.did(bit) => {
                let holder = event.holder().map_or_else(|| "somebody".to_owned(), who);
                otherwise(format!("{holder} acknowledged it first"))
            }
            What::Acknowledge { .. } => done("acknowledged there"),
            What::Unacknowledge if event.acknowledged.is_set() => {
                otherwise("taken back, but somebody has acknowledged it again".into())
            }
            What::Unacknowledge => done("it is nobody's any more"),
            What::Prioritise { to } if severity(to).is_ok_and(|severity| severity != event.severity.0) => {
                otherwise("accepted, but somebody has given it another severity".into())
            }
            What::Resolve if event.is_over() => done("closed there"),
            What::Resolve => {
                ActEnd::new(Outcome::Unknown, "accepted, and not closed yet: its server closes it, the API does not")
            }
            What::Snooze { until } => done(&format!("suppressed until {}", until.to_rfc3339_opts(SecondsFormat::Secs, true))),
            What::Unsnooze => done("not suppressed any more"),
            _ => done("it is there"),
        }
    }

    /// It may have arrived: its marker says so.
    async fn searched(&self, otherwise: Outcome, trouble: &Trouble) -> ActEnd {
        let events = self.events().await;
        match events.as_ref().map(|events| self.marked(events)) {
            Ok(Some((_, update))) if *self.what == What::Resolve => {
                ActEnd { made: Some(id(update)), ..self.confirmed(bits::CLOSE).await }
            }
            Ok(Some((_, update))) => {
                ActEnd { made: Some(id(update)), ..ActEnd::new(Outcome::Done, "found there, though no good answer came") }
            }
            Ok(None) => ActEnd::new(otherwise, trouble.text.clone()),
            Err(_) => ActEnd::new(Outcome::Unknown, trouble.text.clone()),
        }
    }

    /// Of a problem that was to be closed its state counts: the mark only says that somebody asked for it.
    async fn find(&self) -> Result<Found, Trouble> {
        let events = self.events().await?;
        let marked = self.marked(&events);
        if *self.what == What::Resolve {
            let asked_for = marked.map(|(event, _)| event).or(events.first());
            return match (asked_for, marked) {
                (Some(event), _) if event.is_over() => Ok(Found::There(event.r_eventid.0.to_string().into())),
                (_, Some(_)) => Err(local("it was asked for, and the problem is not closed yet".into())),
                _ => Ok(Found::NotThere),
            };
        }
        Ok(marked.map_or(Found::NotThere, |(_, update)| Found::There(id(update))))
    }

    fn marked<'e>(&self, events: &'e [Problem]) -> Option<(&'e Problem, &'e Update)> {
        let updates = events.iter().flat_map(|event| event.updates().iter().map(move |update| (event, update)));
        updates.into_iter().find(|(_, update)| update.says(&self.marker))
    }

    async fn now(&self) -> Result<Option<Problem>, Trouble> {
        Ok(self.events().await?.into_iter().next())
    }

    /// The last times that it began, the newest first, with what was done about them.
    async fn events(&self) -> Result<Vec<Problem>, Trouble> {
        let updates = if self.api.version().await? < (7, 0) { "select_acknowledges" } else { "selectAcknowledges" };
        let mut params = json!({"output": "extend", updates: "extend", "value": [1], "sortfield": ["eventid"],
            "sortorder": "DESC", "limit": BACK, "objectids": [self.name.trigger.to_string()]});
        if let Some(event) = self.name.event {
            params["eventids"] = json!([event.to_string()]);
        }
        self.api.ask("event.get", params).await
    }

    fn gone(&self) -> ActEnd {
        ActEnd::new(Outcome::Contradicted, "there is no such problem any more, or none that we may see")
    }
}

/// A severity by its name, as people write it.
fn severity(word: &str) -> Result<i64, Trouble> {
    let place = SEVERITIES.iter().position(|known| known.eq_ignore_ascii_case(word.trim()));
    let unknown = || local(format!("Zabbix has no severity `{word}`: it has {}", SEVERITIES.join(", ")));
    place.and_then(|place| i64::try_from(place).ok()).ok_or_else(unknown)
}

fn text(update: &Update) -> &str {
    update.message.as_deref().unwrap_or("")
}

fn id(update: &Update) -> Outside {
    update.acknowledgeid.0.to_string().into()
}

fn made(now: &Problem, end: ActEnd) -> ActEnd {
    ActEnd { made: now.holder().map(id), ..end }
}

/// Whoever did it, by the name that stands in a message of ours, and what was said.
fn who(update: &Update) -> String {
    let (by, text) = said(text(update));
    let by = by.map_or_else(|| format!("user {}", update.userid.0), str::to_owned);
    if text.is_empty() { by } else { format!("{by} ({text})") }
}

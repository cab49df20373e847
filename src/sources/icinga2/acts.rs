//! Acts on one host or service, each read back there. Invariant: after a request that may have arrived, nothing is sent
//! again; what an act made is known by the marker in its comment.

use super::Icinga;
use super::api::{Api, Said};
use super::name::Object;
use super::wire::{CHECKABLE, COMMENT, Checkable, Comment, DOWNTIME, Downtime, Item, time};
use crate::domain::act::{Act, ActEnd, Found, Outcome, What, marker};
use crate::domain::entry::Intent;
use crate::domain::ids::Fingerprint;
use crate::domain::text::Outside;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Ports;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use std::time::Duration;

/// How long one request of an act may take; there are at most four.
const PATIENCE: Duration = Duration::from_secs(4);

/// One act on its way.
struct Doing<'a> {
    api: Api<'a>,
    what: &'a What,
    object: Object,
    by: &'a str,
    /// Ends with the marker.
    comment: String,
    intent: Intent,
}

pub async fn act(source: &Icinga, act: &Act, intent: Intent, ports: &Ports) -> ActEnd {
    let api = Api { source, ports, limit: PATIENCE };
    let done = match act {
        Act::Expire { id } => end_downtime(api, id, intent).await,
        _ => match doing(api, act, intent) {
            Ok(doing) => doing.act().await,
            Err(trouble) => Err(trouble),
        },
    };
    done.unwrap_or_else(|trouble| ActEnd::unsent(&[trouble]))
}

fn doing<'a>(api: Api<'a>, act: &'a Act, intent: Intent) -> Result<Doing<'a>, Trouble> {
    let Act::On { alert, what, by, comment } = act else {
        return Err(Trouble::new(Reason::Local, format!("an Icinga can't {}", act.kind().word())));
    };
    let comment = format!("{comment} {}", marker(intent.id())).trim_start().to_owned();
    Ok(Doing { api, what, object: object(alert)?, by, comment, intent })
}

fn object(alert: &Fingerprint) -> Result<Object, Trouble> {
    Object::of(alert).ok_or_else(|| Trouble::new(Reason::Local, format!("`{alert}` is no host or service of an Icinga")))
}

impl Doing<'_> {
    /// An error means that nothing was sent.
    async fn act(&self) -> Result<ActEnd, Trouble> {
        if *self.what == What::Unacknowledge
            && let Some(end) = self.nothing_to_take_back().await?
        {
            return Ok(end);
        }
        let before = if *self.what == What::Recheck { self.now().await?.and_then(|it| it.last_check) } else { None };
        let (action, body) = self.request()?;
        match self.api.write(action, body, self.intent).await {
            Ok(Said::Done { made }) => Ok(self.confirmed(made, before).await),
            Ok(Said::Refused { code: 503, words }) => Ok(ActEnd::new(Outcome::Unsent, format!("not sent: {words}"))),
            Ok(Said::Refused { code, words }) => Ok(self.refused(code, words).await),
            Err(trouble) if trouble.sent => Ok(self.unsure(&trouble).await),
            Err(trouble) => Err(trouble),
        }
    }

    /// The action, and its body: the object by its whole name, never a filter.
    fn request(&self) -> Result<(&'static str, Value), Trouble> {
        let mut body = json!({self.object.sort(): self.object.full(), "author": self.by, "comment": self.comment});
        let action = match self.what {
            What::Acknowledge { until, .. } => {
                (body["expiry"], body["sticky"]) = (seconds(*until).into(), self.api.source.ack.sticky.into());
                // Whoever was paged learns that somebody has it.
                body["notify"] = true.into();
                "acknowledge-problem"
            }
            What::Unacknowledge => "remove-acknowledgement",
            What::Comment => "add-comment",
            What::Downtime { until } => {
                (body["start_time"], body["end_time"]) =
                    (self.api.ports.clock.now().wall.timestamp().into(), seconds(*until).into());
                body["fixed"] = true.into();
                // A host that is under repair takes its services with it.
                body["all_services"] = self.object.service.is_none().into();
                "schedule-downtime"
            }
            What::Recheck => {
                body["force"] = true.into();
                "reschedule-check"
            }
            other => return Err(Trouble::new(Reason::Local, format!("an Icinga can't {}", other.kind().word()))),
        };
        Ok((action, body))
    }

    /// Whether the acknowledgement is gone already, or somebody else's: that is taken back only with a reason.
    async fn nothing_to_take_back(&self) -> Result<Option<ActEnd>, Trouble> {
        let Some(now) = self.now().await? else { return Ok(Some(self.gone())) };
        if !now.is_acknowledged() {
            return Ok(Some(ActEnd::new(Outcome::Done, "nobody holds it any more; nothing was sent")));
        }
        let holder = self.holder().await?.filter(|holder| holder.author.as_ref().is_some_and(|by| by.raw() != self.by));
        let bare = self.comment == marker(self.intent.id());
        Ok(holder.filter(|_| bare).map(|holder| {
            ActEnd::new(Outcome::Contradicted, format!("{} holds it now: say why, to take it back all the same", named(&holder)))
        }))
    }

    /// The server took it: what is there now.
    async fn confirmed(&self, made: Option<Outside>, before: Option<f64>) -> ActEnd {
        match self.there_now(made, before).await {
            Ok(end) => end,
            Err(trouble) => ActEnd::new(Outcome::Unknown, format!("accepted, but could not be read back: {trouble}")),
        }
    }

    async fn there_now(&self, made: Option<Outside>, before: Option<f64>) -> Result<ActEnd, Trouble> {
        let full = self.object.full();
        match self.what {
            What::Acknowledge { until, .. } => self.acknowledged(*until).await,
            What::Unacknowledge => Ok(match self.now().await? {
                Some(now) if now.is_acknowledged() => {
                    ActEnd::new(Outcome::Contradicted, "taken back, but somebody has acknowledged it again")
                }
                Some(_) => ActEnd { made: Some(full.into()), ..ActEnd::new(Outcome::Done, "it is nobody's any more") },
                None => self.gone(),
            }),
            What::Recheck => Ok(match self.now().await? {
                Some(now) if now.last_check > before => {
                    ActEnd::new(Outcome::Done, format!("checked: {}", now.output().lines().next().unwrap_or("")))
                }
                Some(_) => ActEnd::new(Outcome::Done, "its check was put first and has not ended yet"),
                None => self.gone(),
            }),
            _ => Ok(match self.marked().await? {
                Some(name) => ActEnd { made: Some(name), ..ActEnd::new(Outcome::Done, "it is there") },
                None => ActEnd { made, ..ActEnd::new(Outcome::Contradicted, "accepted, but it is not there any more") },
            }),
        }
    }

    /// Who holds it now: we, somebody else, or nobody.
    async fn acknowledged(&self, until: DateTime<Utc>) -> Result<ActEnd, Trouble> {
        let Some(now) = self.now().await? else { return Ok(self.gone()) };
        let marked = self.marked().await?;
        Ok(match (marked, now.is_acknowledged()) {
            (Some(name), true) => {
                let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
                ActEnd { made: Some(name), ..ActEnd::new(Outcome::Done, format!("acknowledged there until {until}")) }
            }
            (None, true) => {
                let holder = self.holder().await?.map_or_else(|| "somebody".to_owned(), |holder| named(&holder));
                ActEnd::new(Outcome::Contradicted, format!("{holder} acknowledged it first"))
            }
            (_, false) if now.is_fine() => {
                ActEnd::new(Outcome::Contradicted, "it has recovered: there is nothing to acknowledge")
            }
            (_, false) => ActEnd::new(Outcome::Contradicted, "somebody took it back at once, or the problem changed"),
        })
    }

    /// What holds it is an older act of ours, or theirs from whom it is knowingly taken over. Whoever else was faster keeps it.
    async fn may_be_replaced(&self, from: Option<&str>) -> bool {
        let free = |comment: &Comment| {
            let marked = comment.text.as_deref().is_some_and(|text| crate::domain::act::unmarked(text) != text);
            let by = comment.author.as_ref().map(Outside::raw);
            by.is_some() && (by == from || marked && by == Some(self.by))
        };
        matches!((self.marked().await, self.holder().await), (Ok(None), Ok(Some(holder))) if free(&holder))
    }

    /// An Icinga changes no acknowledgement: the older one is removed, and this one set in its place.
    async fn acknowledged_anew(&self, until: DateTime<Utc>) -> ActEnd {
        match self.replaced(until).await {
            Ok(end) => end,
            Err(trouble) if trouble.sent => self.unsure(&trouble).await,
            Err(trouble) => ActEnd::unsent(&[trouble]),
        }
    }

    async fn replaced(&self, until: DateTime<Utc>) -> Result<ActEnd, Trouble> {
        let older = json!({self.object.sort(): self.object.full(), "author": self.by});
        if let Said::Refused { words, .. } = self.api.write("remove-acknowledgement", older, self.intent).await? {
            return Ok(ActEnd::new(Outcome::Failed, words));
        }
        let (action, body) = self.request()?;
        Ok(match self.api.write(action, body, self.intent).await? {
            Said::Done { made } => self.confirmed(made, None).await,
            // Somebody was faster in between.
            Said::Refused { code: 409, words } if words.contains("already") => self.acknowledged(until).await?,
            Said::Refused { words, .. } => ActEnd::new(Outcome::Failed, words),
        })
    }

    async fn refused(&self, code: u16, words: String) -> ActEnd {
        match (self.what, code) {
            // Acknowledged already, or over already: which of them is read.
            (What::Acknowledge { until, from }, 409) if self.may_be_replaced(from.as_deref()).await => {
                self.acknowledged_anew(*until).await
            }
            (What::Acknowledge { until, .. }, 409) => match self.acknowledged(*until).await {
                Ok(found) if found.outcome == Outcome::Done || words.contains("already") || words.contains(" is ") => found,
                _ => ActEnd::new(Outcome::Failed, words),
            },
            (_, 500..) => match self.find().await {
                Ok(Found::There(made)) => ActEnd { made: Some(made), ..ActEnd::new(Outcome::Done, words) },
                Ok(Found::NotThere) => ActEnd::new(Outcome::Failed, words),
                Err(_) => ActEnd::new(Outcome::Unknown, words),
            },
            _ => ActEnd::new(Outcome::Failed, words),
        }
    }

    /// It may have arrived: its marker says so. Not there may mean not yet.
    async fn unsure(&self, trouble: &Trouble) -> ActEnd {
        match self.find().await {
            Ok(Found::There(made)) => {
                ActEnd { made: Some(made), ..ActEnd::new(Outcome::Done, "found there, though no answer came") }
            }
            _ => ActEnd::new(Outcome::Unknown, trouble.text.clone()),
        }
    }

    async fn find(&self) -> Result<Found, Trouble> {
        let found = match self.what {
            What::Unacknowledge => {
                let taken_back = self.now().await?.is_some_and(|now| !now.is_acknowledged());
                taken_back.then(|| self.object.full().into())
            }
            // To check once more does no harm.
            What::Recheck => None,
            What::Acknowledge { until, .. } => match self.marked().await? {
                None if self.may_have_ended(*until).await? => return Err(ended()),
                marked => marked,
            },
            _ => self.marked().await?,
        };
        Ok(found.map_or(Found::NotThere, Found::There))
    }

    /// With its problem, or by itself: then an acknowledgement that was there is there no more, and neither is its comment.
    async fn may_have_ended(&self, until: DateTime<Utc>) -> Result<bool, Trouble> {
        let asked = self.intent.id().made_at().unwrap_or(DateTime::UNIX_EPOCH);
        let Some(now) = self.now().await? else { return Ok(false) };
        let changed = now.last_state_change.into_iter().chain(now.last_hard_state_change).any(|at| time(Some(at)) > asked);
        Ok(changed || until <= self.api.ports.clock.now().wall)
    }

    /// The host or service as it is; `None` if there is none of this name any more.
    async fn now(&self) -> Result<Option<Checkable>, Trouble> {
        let path = if self.object.service.is_some() { "services" } else { "hosts" };
        self.api.one(path, self.object.sort(), &self.object.full(), &CHECKABLE).await
    }

    /// The comment or downtime that carries the marker.
    async fn marked(&self) -> Result<Option<Outside>, Trouble> {
        let marker = marker(self.intent.id());
        let vars = json!({"marker": marker});
        let has = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(&marker));
        if matches!(self.what, What::Downtime { .. }) {
            let list = self.api.filtered::<Downtime>("downtimes", &DOWNTIME, "downtime.comment.contains(marker)", vars).await?;
            // That of a host stands first, before those of its services.
            let mut names = list.iter().filter(|item| has(&item.attrs.comment)).map(|item| item.name.as_str());
            let own = names.clone().find(|name| self.is_own(name));
            return Ok(own.or_else(|| names.next()).map(Into::into));
        }
        let list = self.api.filtered::<Comment>("comments", &COMMENT, "comment.text.contains(marker)", vars).await?;
        Ok(list.iter().find(|item| has(&item.attrs.text)).map(|item| item.name.as_str().into()))
    }

    /// Whether the name of a comment or downtime begins with the object's.
    fn is_own(&self, name: &str) -> bool {
        name.rsplit_once('!').is_some_and(|(object, _)| object == self.object.full())
    }

    /// The newest acknowledgement of the object.
    async fn holder(&self) -> Result<Option<Comment>, Trouble> {
        // `host` and `service` are Icinga's own words.
        let filter = "comment.entry_type == 4 && comment.host_name == on_host && comment.service_name == on_service";
        let service = self.object.service.clone().unwrap_or_default();
        let vars = json!({"on_host": self.object.host, "on_service": service});
        let list = self.api.filtered::<Comment>("comments", &COMMENT, filter, vars).await?;
        let own = list.into_iter().filter(|item: &Item<Comment>| self.is_own(&item.name) && item.attrs.entry_type == Some(4.0));
        Ok(own.map(|item| item.attrs).max_by(|a, b| a.entry_time.partial_cmp(&b.entry_time).unwrap_or(std::cmp::Ordering::Equal)))
    }

    fn gone(&self) -> ActEnd {
        ActEnd::new(Outcome::Contradicted, format!("there is no {} any more", self.object.full()))
    }
}

fn ended() -> Trouble {
    let why = "the problem has changed since, or its time is over, and an acknowledgement ends with that: whether it was there can't be told";
    Trouble::new(Reason::Local, why)
}

/// Who wrote a comment, and what.
fn named(comment: &Comment) -> String {
    let by = comment.author.as_ref().map_or("somebody", Outside::raw);
    let text = comment.text.as_deref().unwrap_or("");
    if text.is_empty() { by.to_owned() } else { format!("{by} ({text})") }
}

/// Whole seconds; an act lasts no shorter than it was asked for.
fn seconds(time: DateTime<Utc>) -> i64 {
    time.timestamp() + i64::from(time.timestamp_subsec_nanos() > 0)
}

/// Ends a downtime, and those of services that came with it. An error means that nothing was sent.
async fn end_downtime(api: Api<'_>, id: &Outside, intent: Intent) -> Result<ActEnd, Trouble> {
    let said = api.write("remove-downtime", json!({"downtime": id.raw()}), intent).await;
    let (taken, otherwise) = match said {
        Ok(Said::Done { .. }) => (true, ActEnd::new(Outcome::Unknown, "accepted, but could not be read back")),
        Ok(Said::Refused { code: 503, words }) => return Ok(ActEnd::new(Outcome::Unsent, format!("not sent: {words}"))),
        Ok(Said::Refused { words, .. }) => (false, ActEnd::new(Outcome::Failed, words)),
        Err(trouble) if trouble.sent => (false, ActEnd::new(Outcome::Unknown, trouble.text)),
        Err(trouble) => return Err(trouble),
    };
    let there = api.one::<Downtime>("downtimes", "downtime", id.raw(), &DOWNTIME).await;
    Ok(match (there, taken) {
        (Ok(None), true) => ActEnd { made: Some(id.clone()), ..ActEnd::new(Outcome::Done, "the downtime has ended") },
        (Ok(None), false) => ActEnd::new(Outcome::Contradicted, "the downtime was already gone"),
        (Ok(Some(_)), true) => ActEnd::new(Outcome::Contradicted, "accepted, but the downtime is still there"),
        _ => otherwise,
    })
}

/// Looks for an act that may have been sent.
pub async fn find(source: &Icinga, act: &Act, intent: Intent, ports: &Ports) -> Result<Found, Trouble> {
    let api = Api { source, ports, limit: PATIENCE };
    match act {
        Act::Expire { id } => {
            let there = api.one::<Downtime>("downtimes", "downtime", id.raw(), &DOWNTIME).await?;
            Ok(if there.is_none() { Found::There(id.clone()) } else { Found::NotThere })
        }
        _ => doing(api, act, intent)?.find().await,
    }
}

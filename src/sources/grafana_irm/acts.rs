//! One act on one alert group: looked at, asked for once, and read back. Invariant: after a request that may have arrived, nothing
//! is sent again.

use super::Irm;
use super::api::{Api, plain};
use super::group::{Group, State};
use crate::domain::act::{Act, ActEnd, Found, Outcome, What, marker};
use crate::domain::entry::Intent;
use crate::domain::text::inert;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Ports, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::time::Duration;

/// How long one answer may take, and all of them together.
const PATIENCE: Duration = Duration::from_secs(4);
const TOGETHER: Duration = Duration::from_secs(16);

struct Errand<'a> {
    api: Api<'a>,
    id: &'a str,
    what: &'a What,
    /// Who asks for it.
    by: &'a str,
    /// What is written down; it ends with the marker.
    note: String,
    marker: String,
}

/// How it is, in words, and whether that is what was wanted.
struct Seen {
    reached: bool,
    over: bool,
    words: String,
    made: String,
    /// Who has acknowledged it, where it is to be so and that is told: the id, and the name.
    holder: Option<(String, String)>,
}

fn local(text: String) -> Trouble {
    Trouble::new(Reason::Local, text)
}

impl<'a> Errand<'a> {
    fn of(source: &'a Irm, act: &'a Act, intent: Intent, ports: &'a Ports) -> Result<Self, Trouble> {
        let Act::On { alert, what, by, comment } = act else { return Err(local(format!("IRM can't {}", act.kind().word()))) };
        let marker = marker(intent.id());
        let note = format!("{by}: {comment} {marker}");
        Ok(Self { api: Api::new(source, ports, TOGETHER, PATIENCE), id: plain(alert.as_str())?, what, by, note, marker })
    }

    /// Where it is asked for, and with what.
    fn request(&self, now: DateTime<Utc>) -> Result<(String, Option<Value>), Trouble> {
        let word = match self.what {
            What::Comment => {
                return Ok(("resolution_notes/".into(), Some(json!({"alert_group_id": self.id, "text": self.note}))));
            }
            What::Snooze { until } => {
                let delay = (*until - now).num_seconds();
                if delay < 1 {
                    return Err(local("the snooze would be over already".into()));
                }
                return Ok((format!("alert_groups/{}/silence/", self.id), Some(json!({"delay": delay}))));
            }
            What::Acknowledge { .. } => "acknowledge",
            What::Unacknowledge => "unacknowledge",
            What::Unsnooze => "unsilence",
            What::Resolve => "resolve",
            other => return Err(local(format!("IRM can't {}", other.kind().word()))),
        };
        Ok((format!("alert_groups/{}/{word}/", self.id), None))
    }

    async fn group(&self) -> Result<Group, Trouble> {
        self.api.group(self.id).await?.ok_or_else(|| local(format!("IRM has no alert group {}", self.id)))
    }

    async fn look(&self) -> Result<Seen, Trouble> {
        if *self.what == What::Comment {
            let notes = self.api.notes(self.id).await?;
            let ours = notes.into_iter().find(|note| note.text.as_deref().is_some_and(|text| text.contains(&self.marker)));
            let (reached, words) = (ours.is_some(), if ours.is_some() { "noted" } else { "the note is not there" });
            let made = ours.and_then(|note| note.id).map_or_else(|| self.id.to_owned(), |id| id.raw().to_owned());
            return Ok(Seen { reached, over: false, words: words.into(), made, holder: None });
        }
        let group = self.group().await?;
        let state = group.state();
        let reached = match self.what {
            What::Acknowledge { .. } => state == State::Acknowledged,
            What::Unacknowledge => state == State::Open,
            What::Snooze { .. } => state == State::Silenced,
            What::Unsnooze => matches!(state, State::Open | State::Acknowledged),
            _ => state == State::Resolved,
        };
        let by = group.acknowledged_by.filter(|_| state == State::Acknowledged);
        let holder = match by {
            Some(by) => Some((by.clone(), self.api.person(&by).await.raw().to_owned())),
            None => None,
        };
        let words = match &holder {
            Some((_, name)) => format!("{} has acknowledged it there", inert(name)),
            None => format!("it is {} there", state.word()),
        };
        Ok(Seen { reached, over: state == State::Resolved && !reached, words, made: self.id.to_owned(), holder })
    }

    /// Whether it is we who have done it, as far as names tell: IRM says who acknowledged, and not by what. `None`: it does not say.
    fn is_ours(&self, seen: &Seen) -> Option<bool> {
        if !matches!(self.what, What::Acknowledge { .. }) {
            return Some(true);
        }
        let (id, name) = seen.holder.as_ref()?;
        Some(self.me().as_ref() == Some(id) || name.to_lowercase() == self.by.to_lowercase())
    }

    fn me(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.api.source.me.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// An error means that nothing was sent.
    async fn act(&self, intent: Intent) -> Result<ActEnd, Trouble> {
        let (path, body) = self.request(self.api.ports.clock.now().wall)?;
        let before = self.look().await?;
        let again = matches!(self.what, What::Snooze { .. });
        match before {
            seen if seen.over => return Ok(end(Outcome::Contradicted, format!("{}; nothing was sent", seen.words))),
            // A silence that lasts longer is another one.
            seen if seen.reached && !again => {
                let ours = self.is_ours(&seen) != Some(false);
                let end = done(seen, " already; nothing was sent");
                return Ok(if ours { end } else { ActEnd::new(Outcome::Contradicted, end.detail) });
            }
            _ => {}
        }
        match self.api.write(&path, body.as_ref(), intent).await {
            Ok((_, answer)) if answer.good() => Ok(self.confirmed().await),
            Ok((asked, answer)) => Ok(self.refused(&asked, &answer, again).await),
            Err(trouble) if trouble.sent => Ok(self.searched(end(Outcome::Unknown, trouble.text.raw()), true).await),
            Err(trouble) => Err(trouble),
        }
    }

    async fn confirmed(&self) -> ActEnd {
        match self.look().await {
            Ok(seen) if seen.reached => {
                // It was nobody's, we were let do it, and now it is so: that is who we are there.
                if let (What::Acknowledge { .. }, Some((id, _))) = (self.what, &seen.holder) {
                    *self.me() = Some(id.clone());
                }
                done(seen, "")
            }
            Ok(seen) => end(Outcome::Contradicted, format!("it was accepted, but {}", seen.words)),
            Err(trouble) => end(Outcome::Unknown, format!("it was accepted, but could not be read back: {trouble}")),
        }
    }

    /// A no: somebody may have been faster, or it failed after it was done.
    async fn refused(&self, asked: &str, answer: &Response, again: bool) -> ActEnd {
        let trouble = answer.refusal(asked);
        let failed = end(Outcome::Failed, trouble.text.raw());
        match answer.status {
            429 | 503 => end(Outcome::Unsent, format!("not sent: {trouble}")),
            502 | 504 => self.searched(ActEnd { outcome: Outcome::Unknown, ..failed }, true).await,
            // What was silenced before proves nothing.
            400 if again => failed,
            _ => self.searched(failed, false).await,
        }
    }

    /// It may be so in spite of what came. What may be under way stays unknown.
    async fn searched(&self, otherwise: ActEnd, under_way: bool) -> ActEnd {
        match self.look().await {
            Ok(seen) if seen.reached => match self.is_ours(&seen) {
                Some(true) => done(seen, ""),
                Some(false) if !under_way => end(Outcome::Contradicted, format!("{}; {}", seen.words, otherwise.detail.raw())),
                _ => end(Outcome::Unknown, format!("{}; {}", anybodys(&seen), otherwise.detail.raw())),
            },
            Ok(seen) if seen.over && !under_way => {
                end(Outcome::Contradicted, format!("{}; {}", seen.words, otherwise.detail.raw()))
            }
            Ok(_) if !under_way => otherwise,
            _ => ActEnd { outcome: Outcome::Unknown, ..otherwise },
        }
    }
}

fn end(outcome: Outcome, detail: impl Into<crate::domain::text::Outside>) -> ActEnd {
    ActEnd::new(outcome, detail)
}

/// What is so may be somebody else's doing.
fn anybodys(seen: &Seen) -> String {
    format!("{}: whether that was this act can't be told", seen.words)
}

fn done(seen: Seen, more: &str) -> ActEnd {
    ActEnd { made: Some(seen.made.into()), ..end(Outcome::Done, format!("{}{more}", seen.words)) }
}

pub async fn act(source: &Irm, act: &Act, intent: Intent, ports: &Ports) -> ActEnd {
    let ended = match Errand::of(source, act, intent, ports) {
        Ok(errand) => errand.act(intent).await,
        Err(trouble) => Err(trouble),
    };
    ended.unwrap_or_else(|trouble| ActEnd::unsent(&[trouble]))
}

/// Whether an act of an earlier process is there.
pub async fn find(source: &Irm, act: &Act, intent: Intent, ports: &Ports) -> Result<Found, Trouble> {
    let errand = Errand::of(source, act, intent, ports)?;
    errand.request(ports.clock.now().wall).map(drop)?;
    let seen = errand.look().await?;
    if seen.reached && errand.is_ours(&seen) != Some(true) {
        return Err(local(anybodys(&seen)));
    }
    Ok(if seen.reached { Found::There(seen.made.into()) } else { Found::NotThere })
}

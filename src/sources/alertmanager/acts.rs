//! Silences written to one peer, one that answers now, and read back there. Which peer is tried next, what counts as refused, and when
//! nobody can know. Invariant: after a request that may have arrived, nothing is sent again.

use super::peer::Peer;
use super::wire::{self, Kept, PostableSilence};
use super::{Alertmanager, page};
use crate::domain::act::{Act, ActEnd, Found, Outcome, marker};
use crate::domain::alert::{Silence, SilenceMatcher, SilenceState};
use crate::domain::entry::Intent;
use crate::domain::text::Outside;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Ports, Response};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::future::Future;
use std::time::Duration;
use tokio::time::sleep;

/// How long one request of an act may take, and until when another peer is tried: together less than the twenty seconds
/// after which others think that an act was left behind.
const PATIENCE: Duration = Duration::from_secs(4);
const ANOTHER: Duration = Duration::from_secs(6);
/// How long after one peer the next is asked whether it answers: one that hangs must not keep others waiting.
const HEAD_START: Duration = Duration::from_millis(300);
/// Clocks that differ by more make nothing of what is shown right.
const AHEAD: TimeDelta = TimeDelta::days(1);
/// Older servers take a negated matcher for a plain one.
const NEGATION: (u32, u32) = (0, 22);
/// Older servers have no labels whose names are no words.
const ANY_NAME: (u32, u32) = (0, 27);

/// Tries one peer after the other until one may have got it.
pub async fn act(source: &Alertmanager, act: &Act, intent: Intent, ports: &Ports) -> ActEnd {
    if let Act::Page { to, text, by } = act {
        return page::page(source, (to, text, by), intent, ports).await;
    }
    let began = ports.clock.now();
    let mut troubles = Vec::new();
    let mut left = in_order(source, ports);
    while let Some((peer, reached)) = next_of(&mut left, matches!(act, Act::Silence { .. })).await {
        let attempt = match (reached, act) {
            (Err(trouble), _) => Err(trouble),
            (Ok(()), Act::Silence { .. }) => silence(peer, act, intent).await,
            (Ok(()), Act::Expire { id }) => expire(peer, id, intent).await,
            (Ok(()), Act::Page { .. } | Act::On { .. } | Act::Tell(_)) => Err(foreign(act)),
        };
        match attempt {
            Ok(end) => return end,
            Err(trouble) => troubles.push(trouble),
        }
        if ports.clock.now().since(began) > ANOTHER {
            break;
        }
    }
    ActEnd::unsent(&troubles)
}

/// An act that this system hasn't got.
fn foreign(act: &Act) -> Trouble {
    Trouble::new(Reason::Local, format!("an Alertmanager can't {}", act.kind().word()))
}

pub fn peers<'a>(source: &'a Alertmanager, ports: &'a Ports) -> impl Iterator<Item = Peer<'a>> {
    source.urls.iter().map(move |url| Peer { source, url, ports, limit: PATIENCE })
}

/// Those whose last answer came first, so that what they know is written where it is.
fn in_order<'a>(source: &'a Alertmanager, ports: &'a Ports) -> Vec<Peer<'a>> {
    let mut all: Vec<Peer<'a>> = peers(source, ports).collect();
    all.sort_by_key(|peer| !peer.line().is_open());
    all
}

/// Takes out whoever says first that it answers, or does not. The others are not asked on: meanwhile they would keep their places on
/// their lines.
async fn next_of<'a>(left: &mut Vec<Peer<'a>>, timed: bool) -> Option<(Peer<'a>, Result<(), Trouble>)> {
    let asked = left.iter().copied().zip(0..).map(|(peer, place)| async move {
        if place > 0 {
            sleep(HEAD_START * place).await;
        }
        (peer, reach(peer, timed).await)
    });
    let (peer, reached) = asked.collect::<FuturesUnordered<_>>().next().await?;
    left.retain(|other| other.url != peer.url);
    Some((peer, reached))
}

/// Whether it answers. Where there is another, who has not answered just now is asked before anything is written that nobody would know
/// the end of. And a peer that was never asked anything tells its clock before it gets what has times: a silence would be longer or
/// shorter than is wanted.
async fn reach(peer: Peer<'_>, timed: bool) -> Result<(), Trouble> {
    let Alertmanager { urls, clocks, has_status, .. } = peer.source;
    let untold = timed && !clocks.are_known(peer.url);
    let unsure = urls.len() > 1 && !peer.line().was_heard(peer.ports.clock.now().mono);
    if !has_status || !untold && !unsure {
        return Ok(());
    }
    match peer.read("status", "a status", wire::status).await {
        // Nobody is there to be sent anything.
        Err(trouble) if matches!(trouble.reason, Reason::Refused | Reason::Timeout | Reason::Network) => Err(trouble),
        _ => Ok(()),
    }
}

/// What the first of these says that has something to say; that there is nothing is known when all of them have said so.
async fn first<T>(
    answers: impl IntoIterator<Item = impl Future<Output = Result<Option<T>, Trouble>>>,
) -> Result<Option<T>, Trouble> {
    let mut answers: FuturesUnordered<_> = answers.into_iter().collect();
    let mut unknown = None;
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(Some(found)) => return Ok(Some(found)),
            Ok(None) => {}
            Err(trouble) => unknown = Some(trouble),
        }
    }
    unknown.map_or(Ok(None), Err)
}

/// Writes a silence, and speaks of its times as the server does. An error means that nothing was sent.
async fn silence(peer: Peer<'_>, act: &Act, intent: Intent) -> Result<ActEnd, Trouble> {
    let act = &peer.source.clocks.theirs(peer.url, act.clone());
    let Act::Silence { id, matchers, starts_at, ends_at, .. } = act else {
        return Err(Trouble::new(Reason::Local, "not a silence"));
    };
    understands(peer, matchers).await?;
    // What begins in the past begins now, also where its clock was set since we heard of it.
    let at_once = *starts_at - AHEAD;
    let (id, starts_at) = match id {
        Some(id) => match get(peer, id).await? {
            Some(now) => (Some(id), start_of(&now, matchers, at_once)),
            None if elsewhere(peer, id, |_| true).await.is_some() => return Err(unheard(peer, id)),
            // Lost, as by a crash: what it was for is not over.
            None => (None, at_once),
        },
        None => (None, at_once),
    };
    let body = body(act, id, starts_at, intent);
    match peer.write("POST", "silences", Some(body), intent).await {
        Ok(answer) if answer.good() => Ok(accepted(peer, &answer, *ends_at).await),
        Ok(answer) if answer.status < 500 => Ok(refused(peer, "POST", "silences", &answer)),
        Ok(answer) => {
            Ok(search(peer, intent, *ends_at, refused(peer, "POST", "silences", &answer), matches!(answer.status, 502 | 504))
                .await)
        }
        Err(trouble) if trouble.sent => Ok(search(peer, intent, *ends_at, unsure(&trouble), true).await),
        Err(trouble) => Err(trouble),
    }
}

/// Whether the server means by these matchers what we do. Whoever does not tell a version has to say so itself.
async fn understands(peer: Peer<'_>, matchers: &[SilenceMatcher]) -> Result<(), Trouble> {
    let negated = matchers.iter().any(|matcher| !matcher.equal);
    let odd = matchers.iter().map(|matcher| &matcher.name).find(|name| !wire::is_word(name.raw()));
    if !peer.source.has_status || !negated && odd.is_none() {
        return Ok(());
    }
    let Some(version) = peer.read("status", "a status", wire::status).await?.value.version() else { return Ok(()) };
    let why = match odd {
        Some(name) if version < ANY_NAME => {
            format!("which has no label `{}`: names are letters, digits and `_` there; it needs 0.27", name.inert())
        }
        _ if negated && version < NEGATION => "which would take `!=` for `=`; it needs 0.22".to_owned(),
        _ => return Ok(()),
    };
    let (major, minor) = version;
    Err(Trouble::new(Reason::Local, format!("{} runs Alertmanager {major}.{minor}, {why}", peer.url)))
}

/// An active silence keeps its id only if it keeps its matchers and its beginning.
fn start_of(now: &Silence, matchers: &[SilenceMatcher], wanted: DateTime<Utc>) -> DateTime<Utc> {
    let same = now.matchers.len() == matchers.len() && matchers.iter().all(|matcher| now.matchers.contains(matcher));
    if same && now.state == SilenceState::Active { now.starts_at } else { wanted }
}

/// A silence as another peer has it, if one has it so.
async fn elsewhere(peer: Peer<'_>, id: &Outside, so: impl Fn(&Silence) -> bool + Copy) -> Option<Silence> {
    others(peer, id, so).await.ok().flatten()
}

async fn others(peer: Peer<'_>, id: &Outside, so: impl Fn(&Silence) -> bool + Copy) -> Result<Option<Silence>, Trouble> {
    let others = peer.source.urls.iter().filter(|url| *url != peer.url);
    first(others.map(|url| async move { Ok(get(Peer { url, ..peer }, id).await?.filter(so)) })).await
}

fn unheard(peer: Peer<'_>, id: &Outside) -> Trouble {
    Trouble::new(Reason::Network, format!("{} has not heard of silence {} yet", peer.url, id.inert()))
}

fn body(act: &Act, id: Option<&Outside>, starts_at: DateTime<Utc>, intent: Intent) -> Bytes {
    let Act::Silence { matchers, ends_at, by, comment, .. } = act else { return Bytes::new() };
    let marker = marker(intent.id());
    let comment = if comment.contains(&marker) { comment.clone() } else { format!("{comment} {marker}") };
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
    let silence = PostableSilence {
        id: id.map(Outside::raw),
        matchers: matchers.iter().map(Into::into).collect(),
        starts_at: time(starts_at),
        ends_at: time(*ends_at),
        created_by: by,
        comment: comment.trim_start().to_owned(),
    };
    // Plain texts always can be written as JSON.
    serde_json::to_vec(&silence).unwrap_or_default().into()
}

/// The server took it: what it calls it, and whether it is there now.
async fn accepted(peer: Peer<'_>, answer: &Response, ends_at: DateTime<Utc>) -> ActEnd {
    match answer.understood("the id of a silence", &peer.told("POST", "silences"), wire::written) {
        Ok(id) => confirm(peer, id.into(), ends_at).await,
        Err(trouble) => ActEnd::new(Outcome::Unknown, trouble.text),
    }
}

/// Reads the silence back from the same peer. Where that has nothing more to say, another that has heard of it will do: what they have not
/// heard of says nothing.
async fn confirm(peer: Peer<'_>, id: Outside, ends_at: DateTime<Utc>) -> ActEnd {
    let made = Some(id.clone());
    let as_wanted = |silence: &Silence| judge(silence, ends_at).0 == Outcome::Done;
    let read = match get(peer, &id).await {
        Err(trouble) => elsewhere(peer, &id, as_wanted).await.map(Some).ok_or(trouble),
        read => read,
    };
    let (outcome, detail) = match read {
        Ok(Some(silence)) => judge(&silence, ends_at),
        Ok(None) => (Outcome::Contradicted, format!("silence {} was accepted, but is not there", id.raw())),
        Err(trouble) => (Outcome::Unknown, format!("silence {} was accepted, but could not be read back: {trouble}", id.raw())),
    };
    ActEnd { made, ..ActEnd::new(outcome, detail) }
}

fn judge(silence: &Silence, ends_at: DateTime<Utc>) -> (Outcome, String) {
    let (id, until) = (silence.id.raw(), silence.ends_at.to_rfc3339_opts(SecondsFormat::Secs, true));
    if silence.state == SilenceState::Expired {
        return (Outcome::Contradicted, format!("silence {id} was accepted, but somebody ended it at {until}"));
    }
    match silence.ends_at.timestamp_millis() == ends_at.timestamp_millis() {
        true => (Outcome::Done, format!("silence {id} until {until}")),
        false => (Outcome::Contradicted, format!("silence {id} was accepted, but somebody made it end at {until}")),
    }
}

/// The server may or may not have taken it: its list knows. `otherwise` is the end if it does not; a write that may
/// still be under way stays unknown, unless any peer has heard of it.
async fn search(peer: Peer<'_>, intent: Intent, ends_at: DateTime<Utc>, otherwise: ActEnd, under_way: bool) -> ActEnd {
    let found = match under_way {
        true => first(peers(peer.source, peer.ports).map(|peer| marked(peer, intent))).await,
        false => marked(peer, intent).await,
    };
    match found {
        Ok(Some(silence)) => {
            let (outcome, detail) = judge(&silence, ends_at);
            ActEnd { made: Some(silence.id), ..ActEnd::new(outcome, detail) }
        }
        Ok(None) if !under_way => otherwise,
        _ => ActEnd { outcome: Outcome::Unknown, ..otherwise },
    }
}

/// Ends a silence. An error means that nothing was sent.
async fn expire(peer: Peer<'_>, id: &Outside, intent: Intent) -> Result<ActEnd, Trouble> {
    let path = format!("silence/{}", checked(id)?);
    let answer = match peer.write("DELETE", &path, None, intent).await {
        Err(trouble) if !trouble.sent => return Err(trouble),
        answer => answer,
    };
    let (refusal, taken) = match &answer {
        Ok(answer) if answer.good() => (None, true),
        Ok(answer) if answer.status < 500 && answer.status != 404 => return Ok(refused(peer, "DELETE", &path, answer)),
        // Servers before 0.26 answer 500 for a silence that they don't know.
        Ok(answer) => (Some(refused(peer, "DELETE", &path, answer)), false),
        Err(trouble) => (Some(unsure(trouble)), false),
    };
    let detail = |text: &str| format!("silence {} {text}", id.raw());
    let read = match get(peer, id).await {
        Err(trouble) => elsewhere(peer, id, |silence| !in_force(silence)).await.map(Some).ok_or(trouble),
        read => read,
    };
    Ok(match (read, refusal) {
        (Ok(Some(silence)), _) if silence.state == SilenceState::Expired => ActEnd::new(Outcome::Done, detail("has ended")),
        (Ok(Some(_)), None) => ActEnd::new(Outcome::Contradicted, detail("was ended, but is in force: somebody made it anew")),
        (Ok(None), _) if taken => ActEnd::new(Outcome::Done, detail("has ended and is forgotten")),
        // What one peer has never heard of may be in force by the word of another: it is ended there.
        (Ok(None), _) => match others(peer, id, in_force).await {
            Ok(Some(_)) => return Err(unheard(peer, id)),
            Ok(None) => ActEnd::new(Outcome::Done, detail("was already gone")),
            Err(trouble) => {
                ActEnd::new(Outcome::Unknown, detail(&format!("is gone there, but not every server could be asked: {trouble}")))
            }
        },
        (Ok(Some(_)) | Err(_), Some(refusal)) => refusal,
        (Err(trouble), None) => {
            ActEnd::new(Outcome::Unknown, detail(&format!("was ended, but could not be read back: {trouble}")))
        }
    })
}

/// One silence; `None` where the peer does not know it.
async fn get(peer: Peer<'_>, id: &Outside) -> Result<Option<Silence>, Trouble> {
    let path = format!("silence/{}", checked(id)?);
    match peer.find(&path, "a silence", wire::silence).await? {
        Some(Kept { silence, .. }) => Ok(Some(silence)),
        None => Ok(None),
    }
}

/// An id stands in an address: only what can't lead elsewhere.
fn checked(id: &Outside) -> Result<&str, Trouble> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    match id.raw() {
        text if !text.is_empty() && text.len() <= 64 && text.bytes().all(plain) => Ok(text),
        _ => Err(Trouble::new(Reason::Local, format!("`{}` is not the id of a silence", id.inert()))),
    }
}

/// The silence that carries the act's marker, rather one in force than one that has ended.
async fn marked(peer: Peer<'_>, intent: Intent) -> Result<Option<Silence>, Trouble> {
    let marker = marker(intent.id());
    let list = peer.read("silences", "a list of silences", wire::silences).await?.value;
    let mut with = list.into_iter().map(|kept| kept.silence).filter(|silence| silence.comment.raw().contains(&marker));
    let first = with.next();
    Ok(match first {
        Some(silence) if silence.state == SilenceState::Expired => with.find(in_force).or(Some(silence)),
        other => other,
    })
}

fn in_force(silence: &Silence) -> bool {
    silence.state != SilenceState::Expired
}

/// Looks on every peer. That it is nowhere is only known when all of them have answered.
pub async fn find(source: &Alertmanager, act: &Act, intent: Intent, ports: &Ports) -> Result<Found, Trouble> {
    let found = first(peers(source, ports).map(|peer| async move {
        match act {
            Act::Silence { .. } => marked(peer, intent).await.map(|found| found.map(|silence| silence.id)),
            Act::Expire { id } => get(peer, id).await.map(|now| (!now.is_some_and(|now| in_force(&now))).then(|| id.clone())),
            Act::Page { .. } => page::there(peer, intent).await.map(|found| found.map(|_| page::id(intent).into())),
            Act::On { .. } | Act::Tell(_) => Err(foreign(act)),
        }
    }));
    Ok(found.await?.map_or(Found::NotThere, Found::There))
}

pub fn refused(peer: Peer<'_>, method: &'static str, path: &str, answer: &Response) -> ActEnd {
    let trouble = answer.refusal(&peer.told(method, path));
    match answer.status {
        // Grafana says so while its Alertmanager begins: nothing was taken, and soon it will be.
        409 => ActEnd::new(Outcome::Unsent, format!("not sent: {trouble}")),
        _ => ActEnd::new(Outcome::Failed, trouble.text),
    }
}

pub fn unsure(trouble: &Trouble) -> ActEnd {
    ActEnd::new(Outcome::Unknown, trouble.text.clone())
}

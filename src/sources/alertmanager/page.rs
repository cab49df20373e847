//! Pages: an alert of our own, whose labels the routes give to whom they name. Every peer is told, as Prometheus tells them: what
//! one of them forgets the others know. Invariant: it is one alert, by the id of its intent, however often it is sent.

use super::Alertmanager;
use super::acts::{peers, refused, unsure};
use super::peer::Peer;
use super::{groups, times};
use crate::domain::act::{ActEnd, Outcome};
use crate::domain::alert::Labels;
use crate::domain::entry::Intent;
use crate::domain::node::{Node, Problems};
use crate::domain::text::Outside;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Ports;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How long it fires: nobody has to end it, and whoever is called twice in that time was not there the first time.
const FIRES: TimeDelta = TimeDelta::hours(1);
/// The label that holds its id.
const ID: &str = "page_id";

/// `{dba: {team: dba, severity: critical}}`: whom, and the labels by which the routes know them.
pub fn parse(node: &Node, problems: &mut Problems) -> Option<Vec<(String, Labels)>> {
    let all: Vec<_> = node.map(problems)?.iter().map(|(to, node)| Some((to.text.clone(), labels(node, problems)?))).collect();
    all.into_iter().collect()
}

fn labels(node: &Node, problems: &mut Problems) -> Option<Labels> {
    let pairs = node.map(problems)?;
    let read: Vec<_> = pairs.iter().map(|(name, node)| Some((name.text.as_str().into(), node.text(problems)?.into()))).collect();
    read.into_iter().collect::<Option<Vec<_>>>().map(Labels::new)
}

pub fn id(intent: Intent) -> String {
    intent.id().to_string()
}

/// A page as one peer lists it.
#[derive(Deserialize)]
pub struct Paged {
    #[serde(default)]
    receivers: Vec<Receiver>,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Receiver {
    name: Outside,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    silenced_by: Vec<Outside>,
    inhibited_by: Vec<Outside>,
}

pub async fn page(source: &Alertmanager, (to, text, by): (&str, &str, &str), intent: Intent, ports: &Ports) -> ActEnd {
    let Some((_, labels)) = source.pages.iter().find(|(name, _)| name == to) else {
        let why = format!("`page` of {} names nobody `{}`", source.name, crate::domain::text::inert(to));
        return ActEnd::unsent(&[Trouble::new(Reason::Local, why)]);
    };
    let body = body(labels, text, by, id(intent), ports.clock.now().wall);
    let ends = join_all(peers(source, ports).map(|peer| tell(peer, &body, intent))).await;
    let (ends, troubles): (Vec<_>, Vec<_>) = ends.into_iter().partition(Result::is_ok);
    let troubles: Vec<Trouble> = troubles.into_iter().filter_map(Result::err).collect();
    ends.into_iter().filter_map(Result::ok).min_by_key(|end| rank(end.outcome)).unwrap_or_else(|| ActEnd::unsent(&troubles))
}

/// One peer that calls is enough; one that holds it back explains more than one that did not answer.
fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Done => 0,
        Outcome::Contradicted => 1,
        Outcome::Unknown => 2,
        _ => 3,
    }
}

fn body(labels: &Labels, text: &str, by: &str, id: String, now: DateTime<Utc>) -> String {
    let pair = |(name, value): (&Outside, &Outside)| (name.raw().to_owned(), Value::from(value.raw()));
    let mut all: Map<String, Value> = labels.iter().map(pair).collect();
    all.entry("alertname").or_insert_with(|| "Page".into());
    all.insert(ID.into(), id.into());
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
    let annotations = json!({"summary": text, "paged_by": by});
    json!([{"labels": all, "annotations": annotations, "startsAt": time(now), "endsAt": time(now + FIRES)}]).to_string()
}

/// Tells one peer. An error means that nothing was sent.
async fn tell(peer: Peer<'_>, body: &str, intent: Intent) -> Result<ActEnd, Trouble> {
    let otherwise = match peer.write("POST", "alerts", Some(body.to_owned().into()), intent).await {
        Ok(answer) if answer.good() => {
            return Ok(match there(peer, intent).await {
                Ok(Some(paged)) => judged(peer, &paged, intent).await,
                Ok(None) => ActEnd::new(Outcome::Contradicted, format!("{} took it, and does not have it", peer.url)),
                Err(trouble) => ActEnd::new(Outcome::Unknown, format!("it was accepted, but could not be read back: {trouble}")),
            });
        }
        Ok(answer) if answer.status < 500 => return Ok(refused(peer, "POST", "alerts", &answer)),
        Ok(answer) => {
            let refused = refused(peer, "POST", "alerts", &answer);
            if matches!(answer.status, 502 | 504) { ActEnd { outcome: Outcome::Unknown, ..refused } } else { refused }
        }
        Err(trouble) if trouble.sent => unsure(&trouble),
        Err(trouble) => return Err(trouble),
    };
    Ok(match there(peer, intent).await {
        Ok(Some(paged)) => judged(peer, &paged, intent).await,
        Ok(None) => otherwise,
        Err(_) => ActEnd { outcome: Outcome::Unknown, ..otherwise },
    })
}

/// The page of this intent.
pub async fn there(peer: Peer<'_>, intent: Intent) -> Result<Option<Paged>, Trouble> {
    Ok(peer.with::<Vec<Paged>>("alerts", &[matcher(intent)], "a list of alerts").await?.into_iter().next())
}

fn matcher(intent: Intent) -> String {
    format!("{ID}=\"{}\"", id(intent))
}

/// It is there: is anybody called?
async fn judged(peer: Peer<'_>, paged: &Paged, intent: Intent) -> ActEnd {
    let quiet = |by: &str, ids: &[Outside]| {
        let ids = list(ids.iter());
        ActEnd::new(Outcome::Contradicted, format!("{} has it, but {by} {ids} keeps it quiet: nobody is called", peer.url))
    };
    let Status { silenced_by, inhibited_by } = &paged.status;
    let end = match (silenced_by.as_slice(), inhibited_by.as_slice()) {
        ([], []) => told(peer, paged, intent).await,
        ([], alerts) => quiet("alert", alerts),
        (silences, _) => quiet("silence", silences),
    };
    ActEnd { made: Some(id(intent).into()), ..end }
}

/// Whom it tells. A time interval may mute the way to each: that stands in the groups alone, and where those don't say it the configuration
/// says which ways it may mute.
async fn told(peer: Peer<'_>, paged: &Paged, intent: Intent) -> ActEnd {
    let muted = groups::muted(peer, matcher(intent)).await.unwrap_or_default();
    // Two ways may lead to one receiver: it is quiet only where each of them is.
    let open: BTreeSet<&Outside> = muted.iter().filter(|(_, by)| by.is_empty()).map(|(to, _)| to).collect();
    let quiet = muted.iter().filter(|(to, _)| !open.contains(to));
    let muted: BTreeMap<&Outside, &[Outside]> = quiet.map(|(to, by)| (to, by.as_slice())).collect();
    let (quiet, called): (Vec<&Outside>, Vec<&Outside>) =
        paged.receivers.iter().map(|receiver| &receiver.name).partition(|name| muted.contains_key(name));
    let by = list(muted.values().copied().flatten().collect::<BTreeSet<_>>().into_iter());
    if called.is_empty() && !quiet.is_empty() {
        let told = format!("{} has it, but it is muted by {by}: nobody is called", peer.url);
        return ActEnd::new(Outcome::Contradicted, told);
    }
    let timed = times::of(peer).await;
    let each = called.iter().map(|name| match timed.get(name.raw()) {
        Some(intervals) => format!("{} unless muted by {} now", name.raw(), intervals.join(", ")),
        None => name.raw().to_owned(),
    });
    let each = each.collect::<Vec<_>>().join(", ");
    let quiet = if quiet.is_empty() { String::new() } else { format!("; {} is muted by {by}", list(quiet.into_iter())) };
    ActEnd::new(Outcome::Done, format!("{} tells {each}{quiet}", peer.url))
}

fn list<'a>(all: impl Iterator<Item = &'a Outside>) -> String {
    all.map(Outside::raw).collect::<Vec<_>>().join(", ")
}

//! One queue of several peers. A dead peer is left out and named; only when all are silent there is no answer.
//! Invariant: alerts are sorted by fingerprint and unique, and what one peer says does not depend on who answered first.

use super::Alertmanager;
use super::peer::{Peer, Read};
use super::wire::{self, Kept, Listed, Reader, Status};
use crate::domain::alert::{Alert, Silence, Snapshot};
use crate::domain::text::Outside;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Ports;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::{join_all, join3};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// What one peer said. Without its alerts it said nothing.
struct Said {
    alerts: Vec<Listed>,
    silences: Result<Vec<Kept>, Trouble>,
    /// None where it would say nothing.
    status: Option<Result<Status, Trouble>>,
    skew_ms: Option<i64>,
}

pub async fn fetch(source: &Alertmanager, before: &[Arc<Alert>], ports: &Ports, limit: Duration) -> Result<Snapshot, Trouble> {
    let peers = source.urls.iter().map(|url| Peer { source, url, ports, limit });
    let answers = join_all(peers.map(|peer| ask(peer, before))).await;
    let (said, troubles): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    let (said, troubles): (Vec<Said>, Vec<Trouble>) =
        (said.into_iter().filter_map(Result::ok).collect(), troubles.into_iter().filter_map(Result::err).collect());
    match said.is_empty() {
        true => Err(all_silent(troubles)),
        false => Ok(merge(source, said, troubles, ports.clock.now().wall)),
    }
}

async fn ask(peer: Peer<'_>, before: &[Arc<Alert>]) -> Result<Said, Trouble> {
    let (alerts, silences, status) = join3(
        peer.alerts(reader(peer.source, before)),
        peer.read("silences", "a list of silences", wire::silences),
        status(&peer),
    )
    .await;
    let alerts = alerts?;
    let skew_ms = status.as_ref().and_then(|status| status.as_ref().ok()).map_or(alerts.skew_ms, |status| status.skew_ms);
    let ours = |kept: Kept| Kept { silence: peer.source.clocks.ours(peer.url, kept.silence), ..kept };
    let silences = value(silences).map(|list| list.into_iter().map(ours).collect());
    Ok(Said { alerts: alerts.value, silences, status: status.map(value), skew_ms })
}

async fn status(peer: &Peer<'_>) -> Option<Result<Read<Status>, Trouble>> {
    if !peer.source.has_status {
        return None;
    }
    Some(peer.read("status", "a status", wire::status).await)
}

fn value<T>(read: Result<Read<T>, Trouble>) -> Result<T, Trouble> {
    read.map(|read| read.value)
}

fn reader<'a>(source: &'a Alertmanager, before: &'a [Arc<Alert>]) -> Reader<'a> {
    let several = source.urls.len() > 1 || !source.ignored.is_empty();
    Reader::new(&source.name, &source.ignored, several, before)
}

/// The first trouble decides what to do; all of them are told.
fn all_silent(troubles: Vec<Trouble>) -> Trouble {
    let retry_after = troubles.iter().filter_map(|trouble| trouble.retry_after).min();
    let texts: Vec<_> = troubles.iter().map(|trouble| trouble.text.raw()).collect();
    let reason = troubles.first().map_or(Reason::Local, |trouble| trouble.reason);
    Trouble { retry_after, ..Trouble::new(reason, texts.join("; ")) }
}

fn merge(source: &Alertmanager, said: Vec<Said>, troubles: Vec<Trouble>, now: DateTime<Utc>) -> Snapshot {
    let mut missing: Vec<Outside> = troubles.into_iter().map(|trouble| trouble.text).collect();
    // Without a peer's start time nobody knows whether its list is short because it has just begun.
    let mut complete = missing.is_empty();
    let (mut alerts, mut silences, mut started_at, mut skew_ms) = (Vec::new(), Vec::new(), None, None::<i64>);
    for peer in said {
        alerts.extend(peer.alerts);
        match peer.silences {
            Ok(list) => silences.extend(list),
            Err(trouble) => missing.push(trouble.text),
        }
        match peer.status {
            None => {}
            Some(Ok(status)) => started_at = started_at.max(Some(status.uptime)),
            Some(Err(trouble)) => {
                complete = false;
                missing.push(trouble.text);
            }
        }
        skew_ms = [skew_ms, peer.skew_ms].into_iter().flatten().max_by_key(|skew| skew.abs());
    }
    let alerts = unique(alerts);
    let listed = alerts.iter().map(|one| (&one.alert.id.fingerprint, one.ends));
    let untold = source.heard.take(listed, complete, now, TimeDelta::milliseconds(skew_ms.unwrap_or(0)));
    Snapshot {
        alerts: alerts.into_iter().map(|one| one.alert).collect(),
        untold,
        silences: freshest(silences),
        complete,
        started_at,
        // One that is told of again after its end overlaps with nothing that it knows.
        beginnings_tell: true,
        missing,
        skew_ms,
        ..Snapshot::default()
    }
}

/// Sorts by fingerprint and makes one of each.
fn unique(mut list: Vec<Listed>) -> Vec<Listed> {
    // Each peer's list is sorted already: this finds the runs and merges them.
    list.sort_by(|a, b| a.alert.id.fingerprint.cmp(&b.alert.id.fingerprint));
    let mut out = Vec::with_capacity(list.len());
    let mut list = list.into_iter().peekable();
    while let Some(mut one) = list.next() {
        while let Some(other) = list.next_if(|other| other.alert.id == one.alert.id) {
            one = same(one, other);
        }
        out.push(one);
    }
    out
}

/// One alert that two peers list. What holds it back at either of them counts; of the two beginnings the earlier one, so
/// that it does not change with whoever spoke last.
fn same(a: Listed, b: Listed) -> Listed {
    let ends = a.ends.max(b.ends);
    let (mut newer, older) = if b.updated > a.updated { (b, a) } else { (a, b) };
    newer.ends = ends;
    let (new, old) = (&newer.alert, &older.alert);
    let alert = Alert {
        starts_at: new.starts_at.min(old.starts_at),
        receivers: union(&new.receivers, &old.receivers).into(),
        silenced_by: union(&new.silenced_by, &old.silenced_by),
        inhibited_by: union(&new.inhibited_by, &old.inhibited_by),
        muted_by: union(&new.muted_by, &old.muted_by),
        ..Alert::clone(new)
    };
    if alert != **new {
        newer.alert = Arc::new(alert);
    }
    newer
}

fn union<T: Ord + Clone>(a: &[T], b: &[T]) -> Vec<T> {
    a.iter().chain(b).collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

/// Of each silence the version that was changed last.
fn freshest(mut list: Vec<Kept>) -> Vec<Silence> {
    list.sort_by(|a, b| a.silence.id.cmp(&b.silence.id).then(b.updated.cmp(&a.updated)));
    list.dedup_by(|later, first| later.silence.id == first.silence.id);
    list.into_iter().map(|kept| kept.silence).collect()
}

//! What there is now: problems, what holds them, and what has become of the problems of the poll before. Invariant: what has
//! recovered is told as over, with its time; what has not been checked since a restart is as it was; what is merely not there is left
//! out, and only absent.

use super::Icinga;
use super::alert::alert;
use super::api::Api;
use super::around::{Around, silence};
use super::name::Object;
use super::wire::{CHECKABLE, COMMENT, Checkable, Comment, DOWNTIME, Downtime, Item, time};
use crate::domain::alert::{Alert, Held, Snapshot, Upstream};
use crate::domain::ids::Fingerprint;
use crate::domain::text::Outside;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::Ports;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join5;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How many problems that are not listed any more are asked for by name, in one poll: each of them is held against every
/// object there. Of more than that absence has to do.
const BY_NAME: usize = 500;

/// After so long a server has checked what it checks at all.
const FRESH: TimeDelta = TimeDelta::days(1);

/// Hosts or services: where they are listed, what one is called in a filter, and which attribute says when it was fine last.
#[derive(Clone, Copy)]
struct Sort {
    path: &'static str,
    word: &'static str,
    fine: &'static str,
}

const HOSTS: Sort = Sort { path: "hosts", word: "host", fine: "last_state_up" };
const SERVICES: Sort = Sort { path: "services", word: "service", fine: "last_state_ok" };

/// Objects of both sorts.
#[derive(Default)]
struct Listed {
    problems: Vec<Item<Checkable>>,
    /// Those that had a problem in the poll before and have none to list now.
    others: Vec<Item<Checkable>>,
    /// Those that had one, and have not been checked since the server has forgotten all: they are as they were.
    unchecked: Vec<Item<Checkable>>,
    /// Of more of those that are not listed any more nothing is known.
    cut: bool,
}

pub async fn fetch(source: &Icinga, before: &[Arc<Alert>], ports: &Ports, limit: Duration) -> Result<Snapshot, Trouble> {
    let api = Api { source, ports, limit };
    let (hosts, services, acks, downtimes, status) = join5(
        listed(api, HOSTS, source.hosts.as_deref(), before),
        listed(api, SERVICES, source.services.as_deref(), before),
        api.filtered::<Comment>("comments", &COMMENT, "comment.entry_type == 4", json!({})),
        api.all::<Downtime>("downtimes", &DOWNTIME),
        api.status(),
    )
    .await;
    if let (Err(trouble), Err(_)) = (&hosts, &services) {
        return Err(trouble.clone());
    }
    let answered = [(HOSTS, hosts.is_ok()), (SERVICES, services.is_ok())];
    let complete = hosts.is_ok() && services.is_ok() && status.is_ok();
    let mut missing = Vec::new();
    let mut both = told(hosts, &mut missing).unwrap_or_default();
    let services = told(services, &mut missing).unwrap_or_default();
    both.problems.extend(services.problems);
    both.others.extend(services.others);
    both.unchecked.extend(services.unchecked);
    // Where some were forgotten, those that there was no room to ask for are not gone either.
    let complete = complete && (both.unchecked.is_empty() || !(both.cut || services.cut));
    let started_at = told(status, &mut missing).map(|status| status.started_at());
    let downtimes = told(downtimes, &mut missing).unwrap_or_default();
    let now = ports.clock.now().wall;
    let mut around = Around::new(&both.problems, told(acks, &mut missing).unwrap_or_default(), &downtimes, now);
    around.learn_parents(api, &both.problems).await;
    let silences = downtimes.into_iter().map(|item| silence(item, now)).collect();
    let unsure = match started_at {
        Some(started) if now - started < FRESH => told(never_checked(api, answered).await, &mut missing),
        _ => Some(Vec::new()),
    };
    let complete = complete && unsure.is_some();
    let alerts = alerts(source, before, both, &around);
    let unsure = unsure.unwrap_or_default();
    Ok(Snapshot { alerts, silences, complete, started_at, unsure, missing, ..Snapshot::default() })
}

/// The answer, or why there is none, among the parts that are missing.
fn told<T>(answer: Result<T, Trouble>, missing: &mut Vec<Outside>) -> Option<T> {
    answer.map_err(|trouble| missing.push(trouble.text)).ok()
}

/// What the server has not checked since it began, whether it was bad before or not.
async fn never_checked(api: Api<'_>, answered: [(Sort, bool); 2]) -> Result<Vec<Fingerprint>, Trouble> {
    let mut names = Vec::new();
    for (Sort { path, word, .. }, _) in answered.into_iter().filter(|(_, answered)| *answered) {
        let filter = format!("!{word}.last_check_result");
        let list: Vec<Item<Checkable>> = api.filtered(path, &["last_check_result"], &filter, json!({})).await?;
        let unchecked = list.into_iter().filter(|item| item.attrs.last_check_result.is_none());
        names.extend(unchecked.map(|item| Object::named(&item.name).fingerprint()));
    }
    Ok(names)
}

async fn listed(api: Api<'_>, sort: Sort, own: Option<&str>, before: &[Arc<Alert>]) -> Result<Listed, Trouble> {
    let word = sort.word;
    let hard = if api.source.soft { String::new() } else { format!(" && {word}.state_type == 1") };
    let and_own = own.map(|own| format!(" && ({own})")).unwrap_or_default();
    let filter = format!("{word}.state != 0 && {word}.last_check_result{hard}{and_own}");
    let attrs: Vec<&str> = CHECKABLE.into_iter().chain([sort.fine]).collect();
    let list: Vec<Item<Checkable>> = api.filtered(sort.path, &attrs, &filter, json!({})).await?;
    if api.unfiltered() && own.is_some() {
        return Err(no_filters(sort));
    }
    let shown = |item: &Item<Checkable>| item.attrs.is_problem() && (item.attrs.is_hard() || api.source.soft);
    // What was not checked yet, after a restart that forgot all, has ended nothing.
    let checked = |item: &Item<Checkable>| item.attrs.last_check_result.is_some();
    let (list, mut fresh): (Vec<_>, Vec<_>) = list.into_iter().partition(checked);
    let (problems, mut others): (Vec<_>, Vec<_>) = list.into_iter().partition(shown);
    let gone = gone(sort, before, &problems);
    // Where filters are forbidden everything was listed.
    let cut = gone.len() > BY_NAME && !api.unfiltered();
    if !gone.is_empty() && !api.unfiltered() {
        let (filter, names) = (format!("{word}.__name in names"), &gone[..gone.len().min(BY_NAME)]);
        let named: Vec<Item<Checkable>> = api.filtered(sort.path, &attrs, &filter, json!({"names": names})).await?;
        (others, fresh) = named.into_iter().partition(checked);
        // Bad again since it was listed, or left out by a filter that is new: the next poll knows.
        others.retain(|item| !shown(item));
    }
    Ok(Listed { problems, others, unchecked: fresh, cut })
}

fn no_filters(sort: Sort) -> Trouble {
    let advice = format!("give the API user the permission filter-expression, or leave `{}` out", sort.path);
    Trouble::new(Reason::Denied, format!("this Icinga forbids filters: {advice}"))
}

/// The names of what had a problem before and has none any more.
fn gone(sort: Sort, before: &[Arc<Alert>], problems: &[Item<Checkable>]) -> Vec<String> {
    let problems: BTreeSet<&str> = problems.iter().map(|item| item.name.as_str()).collect();
    let had = before.iter().filter(|alert| !is_over(alert)).filter_map(|alert| Object::of(&alert.id.fingerprint));
    let names = had.filter(|object| object.sort() == sort.word).map(|object| object.full());
    names.filter(|name| !problems.contains(name.as_str())).collect()
}

fn is_over(alert: &Alert) -> bool {
    matches!(alert.upstream, Upstream::Resolved { .. })
}

fn alerts(source: &Icinga, before: &[Arc<Alert>], listed: Listed, around: &Around) -> Vec<Arc<Alert>> {
    let known = |object: &Object| {
        let fingerprint = object.fingerprint();
        let place = before.binary_search_by(|alert| alert.id.fingerprint.cmp(&fingerprint)).ok()?;
        before.get(place).cloned()
    };
    let problem = |item: Item<Checkable>| {
        let object = Object::named(&item.name);
        let host = item.joins.unwrap_or_default().host.unwrap_or_default();
        let new = alert(&source.name, &object, &item.attrs, &host, around);
        let known = known(&object);
        // It has ended and begun again since: the next poll tells of that one.
        if let Some((known, at)) = known.as_ref().and_then(|known| Some((known, ended_since(known, &item.attrs)?))) {
            return Arc::new(Alert { upstream: Upstream::Resolved { at }, ..Alert::clone(known) });
        }
        known.filter(|known| **known == new).unwrap_or_else(|| Arc::new(new))
    };
    // Of what nobody knew there is nothing to tell, and what was told as over stays so.
    let over = |item: Item<Checkable>| {
        let known = known(&Object::named(&item.name)).filter(|known| !is_over(known))?;
        Some(Arc::new(Alert { upstream: Upstream::Resolved { at: ended_at(&item.attrs) }, ..Alert::clone(&known) }))
    };
    let mut alerts: Vec<Arc<Alert>> = listed.problems.into_iter().map(problem).collect();
    alerts.extend(listed.others.into_iter().filter_map(over));
    let as_it_was = |item: Item<Checkable>| {
        let known = known(&Object::named(&item.name)).filter(|known| !is_over(known))?;
        Some(if item.attrs.is_acknowledged() { known } else { unheld(known) })
    };
    alerts.extend(listed.unchecked.into_iter().filter_map(as_it_was));
    alerts.sort_by(|a, b| a.id.fingerprint.cmp(&b.id.fingerprint));
    alerts.dedup_by(|later, first| later.id == first.id);
    alerts
}

/// As it was, but for whoever had it: nobody holds it there now.
fn unheld(known: Arc<Alert>) -> Arc<Alert> {
    match known.held.as_deref() {
        Some(held) if held.acknowledged.is_some() => {
            let held = Held { acknowledged: None, ..held.clone() };
            Arc::new(Alert { held: Some(Box::new(held)), ..Alert::clone(&known) })
        }
        _ => known,
    }
}

/// When a problem ended that is there again: somewhere before the last time that it was fine, which is told; of a soft problem that was
/// its last hard state.
fn ended_since(known: &Alert, it: &Checkable) -> Option<DateTime<Utc>> {
    let fine = time(Some(it.last_fine?));
    let ended = known.upstream == Upstream::Firing && known.starts_at < fine;
    ended.then(|| if it.is_hard() { fine } else { ended_at(it) })
}

/// When the problem ended: what has a soft problem by now was fine in between, and that was its last hard state.
fn ended_at(it: &Checkable) -> DateTime<Utc> {
    time(if it.is_fine() { it.last_state_change } else { it.last_hard_state_change })
}

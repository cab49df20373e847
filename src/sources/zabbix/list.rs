//! What there is now. Invariant: what has ended is told as over, with its time; what only left the filters stays, for it is
//! asked for by its trigger; and a list that is not whole says so.

use super::Zabbix;
use super::acts::SUPPRESSES;
use super::alert::{Around, alert};
use super::api::Api;
use super::name::Name;
use super::wire::{Number, Problem, Server, Trigger, User};
use crate::domain::alert::{Alert, Snapshot, Upstream};
use crate::domain::ids::Fingerprint;
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use crate::ports::Ports;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How many problems, or triggers, one answer holds.
const PAGE: usize = 1_000;
/// And how many pages are read: fifty thousand problems.
const PAGES: usize = 50;
/// A server that has not said for so long that it lives is dead: it says so every few seconds.
const DEAD_AFTER: TimeDelta = TimeDelta::seconds(60);

pub async fn fetch(source: &Zabbix, before: &[Arc<Alert>], ports: &Ports, limit: Duration) -> Result<Snapshot, Trouble> {
    let api = Api::new(source, ports, limit);
    let (mut problems, whole) = pages(api).await?;
    problems.extend(left(api, before, &problems).await?);
    let triggers = triggers(api, &problems).await?;
    // What is not monitored any more is no alert, whatever still stands in the list.
    problems.retain(|problem| triggers.contains_key(&problem.objectid.0));
    let people = people(api, &problems).await;
    let named = named(&problems, &triggers);
    // Where the version can't be told now, what it does not allow is refused when it is asked for.
    let suppresses = api.version().await.map_or(true, |version| version >= SUPPRESSES);
    let around = Around { source: &source.name, url: &source.url, people: &people, named: &named, suppresses };
    let mut missing: Vec<Outside> = dead(api).await.into_iter().collect();
    let alive = missing.is_empty();
    if !whole {
        missing.push(format!("there are more than {} problems: the older ones are left out", PAGE * PAGES).into());
    }
    let alerts = alerts(before, problems, &triggers, &around);
    let unheard = alerts.iter().filter(|_| !alive).map(|alert| alert.id.fingerprint.clone()).collect();
    // Each problem is an event of its own.
    Ok(Snapshot { alerts, complete: whole && alive, beginnings_tell: true, missing, unheard, ..Snapshot::default() })
}

/// Everything that the filters let through, the newest first, and whether that is all.
async fn pages(api: Api<'_>) -> Result<(Vec<Problem>, bool), Trouble> {
    let mut all: Vec<Problem> = Vec::new();
    for _ in 0..PAGES {
        let mut params = api.source.filters.clone();
        if let Some(last) = all.last() {
            params.insert("eventid_till".into(), (last.eventid.0 - 1).to_string().into());
        }
        let page = ask(api, params.into()).await?;
        let whole = page.len() < PAGE;
        all.extend(page);
        if whole {
            return Ok((all, true));
        }
    }
    Ok((all, false))
}

/// By the id of the event, for that never changes: a problem that ends meanwhile moves no other one to another page.
async fn ask(api: Api<'_>, mut params: Value) -> Result<Vec<Problem>, Trouble> {
    for (name, value) in [
        ("output", json!("extend")),
        ("selectTags", json!("extend")),
        ("selectAcknowledges", json!("extend")),
        ("selectSuppressionData", json!("extend")),
        // Those that ended in the last minutes, too.
        ("recent", json!(true)),
        ("sortfield", json!(["eventid"])),
        ("sortorder", json!("DESC")),
        ("limit", json!(PAGE)),
    ] {
        params[name] = value;
    }
    let mut page: Vec<Problem> = api.ask("problem.get", params).await?;
    page.sort_by_key(|problem| std::cmp::Reverse(problem.eventid));
    Ok(page)
}

/// The problems of triggers that were listed before, and are not now: they have ended, or left the filters.
async fn left(api: Api<'_>, before: &[Arc<Alert>], listed: &[Problem]) -> Result<Vec<Problem>, Trouble> {
    let listed: BTreeSet<i64> = listed.iter().map(|problem| problem.objectid.0).collect();
    let firing = before.iter().filter(|alert| alert.upstream == Upstream::Firing);
    let triggers = firing.filter_map(|alert| Name::of(&alert.id.fingerprint)).map(|name| name.trigger);
    let gone: BTreeSet<i64> = triggers.filter(|trigger| !listed.contains(trigger)).collect();
    let mut problems = Vec::new();
    for part in parts(&gone) {
        problems.extend(ask(api, json!({"objectids": part})).await?);
    }
    Ok(problems)
}

fn parts(ids: &BTreeSet<i64>) -> Vec<Vec<String>> {
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    ids.chunks(PAGE).map(<[String]>::to_vec).collect()
}

/// The triggers that are monitored, by their ids.
async fn triggers(api: Api<'_>, problems: &[Problem]) -> Result<BTreeMap<i64, Trigger>, Trouble> {
    let mut all = BTreeMap::new();
    for part in parts(&problems.iter().map(|problem| problem.objectid.0).collect()) {
        let params = json!({"triggerids": part, "output": ["triggerid", "type", "url", "comments", "manual_close"],
            "selectHosts": ["host", "name"], "monitored": true});
        let list: Vec<Trigger> = api.ask("trigger.get", params).await?;
        all.extend(list.into_iter().map(|trigger| (trigger.triggerid.0, trigger)));
    }
    Ok(all)
}

/// The names of those who hold something, as far as we may see them: no part of the answer.
async fn people(api: Api<'_>, problems: &[Problem]) -> BTreeMap<i64, Outside> {
    let holders = problems.iter().filter_map(|problem| problem.holder().or(problem.given_up())).map(|update| update.userid.0);
    let quiet = problems.iter().flat_map(|problem| problem.suppression_data.iter().flatten()).map(|it| it.userid.0);
    called_by(api, &holders.chain(quiet).filter(|id| *id != 0).collect()).await
}

/// What these users are called, as far as we may see them.
pub async fn called_by(api: Api<'_>, ids: &BTreeSet<i64>) -> BTreeMap<i64, Outside> {
    let mut people = BTreeMap::new();
    for part in parts(ids) {
        let users: Vec<User> = api.ask("user.get", json!({"userids": part, "output": "extend"})).await.unwrap_or_default();
        people.extend(users.into_iter().map(|user| (user.userid.0, called(&user))));
    }
    people
}

fn called(user: &User) -> Outside {
    let parts = [&user.name, &user.surname].into_iter().flatten().map(Outside::raw).filter(|part| !part.is_empty());
    let name = parts.collect::<Vec<_>>().join(" ");
    if name.is_empty() { user.username.clone() } else { name.into() }
}

fn named(problems: &[Problem], triggers: &BTreeMap<i64, Trigger>) -> BTreeMap<i64, Fingerprint> {
    let name = |problem: &Problem| Some(Name::new(problem, triggers.get(&problem.objectid.0)?).fingerprint());
    let open = problems.iter().filter(|problem| !problem.is_over());
    open.filter_map(|problem| Some((problem.eventid.0, name(problem)?))).collect()
}

/// The API answers from the database even when no server feeds it: then nothing begins and nothing ends. Only a super admin
/// may ask, and only since 6.0: whoever may not is told nothing.
async fn dead(api: Api<'_>) -> Option<Outside> {
    if api.version().await.ok()? < (6, 0) {
        return None;
    }
    let (servers, date) = api.ask_dated::<Vec<Server>>("hanode.get", json!({"output": "extend"})).await.ok()?;
    let Some(newest) = servers.iter().max_by_key(|server| server.lastaccess) else {
        return Some("no Zabbix server has ever run: nothing is checked".into());
    };
    let silent = date.unwrap_or_else(|| api.ports.clock.now().wall) - newest.lastaccess.time();
    let (stopped, active) = (Number(1), Number(3));
    let dead = silent > DEAD_AFTER || servers.iter().all(|server| server.status == stopped);
    let waits = !servers.iter().any(|server| server.status == active);
    let why = if waits { "no Zabbix server is active" } else { "the Zabbix server does not answer its own database" };
    let since = newest.lastaccess.time().format("%Y-%m-%d %H:%M:%S");
    dead.then(|| format!("{why} since {since} UTC: problems are as they were then").into())
}

fn alerts(before: &[Arc<Alert>], problems: Vec<Problem>, triggers: &BTreeMap<i64, Trigger>, around: &Around) -> Vec<Arc<Alert>> {
    let mut by_name: BTreeMap<Fingerprint, Vec<Alert>> = BTreeMap::new();
    for problem in &problems {
        if let Some(trigger) = triggers.get(&problem.objectid.0) {
            let alert = alert(problem, trigger, around);
            by_name.entry(alert.id.fingerprint.clone()).or_default().push(alert);
        }
    }
    let known = |fingerprint: &Fingerprint| {
        let place = before.binary_search_by(|alert| alert.id.fingerprint.cmp(fingerprint)).ok()?;
        before.get(place)
    };
    let mut alerts: Vec<Arc<Alert>> = by_name.into_iter().filter_map(|(name, all)| one(known(&name), all)).collect();
    alerts.sort_by(|a, b| a.id.fingerprint.cmp(&b.id.fingerprint));
    alerts
}

/// Of all problems of one alert the one that is told: the end of the one that is known, else what is open. So an episode that
/// ended and began again between two polls is two, and whoever held the first does not hold the second.
fn one(known: Option<&Arc<Alert>>, all: Vec<Alert>) -> Option<Arc<Alert>> {
    let firing = known.filter(|known| known.upstream == Upstream::Firing);
    let ended =
        |alert: &&Alert| alert.upstream != Upstream::Firing && firing.is_some_and(|known| known.starts_at == alert.starts_at);
    let open = || all.iter().filter(|alert| alert.upstream == Upstream::Firing).max_by_key(|alert| alert.starts_at);
    // Of what nobody knew there is nothing to tell but that it is open, and what was told as over stays so.
    let told = all.iter().find(ended).or_else(open)?.clone();
    Some(known.filter(|known| ***known == told).cloned().unwrap_or_else(|| Arc::new(told)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert_of(clock: i64, ended: i64) -> Alert {
        let value = json!({"eventid": clock, "objectid": 7, "clock": clock, "r_eventid": ended, "r_clock": ended, "name": "a"});
        let problem: Problem = serde_json::from_value(value).expect("a problem");
        let (people, named) = Default::default();
        let url = "http://z".parse().expect("an address");
        let around = Around { source: &"z".into(), url: &url, people: &people, named: &named, suppresses: true };
        alert(&problem, &Trigger::default(), &around)
    }

    #[test]
    fn an_end_is_told_before_the_next_beginning() {
        let (ended, open) = (alert_of(100, 200), alert_of(210, 0));
        let known = Arc::new(alert_of(100, 0));
        let told = one(Some(&known), vec![open.clone(), ended.clone()]).expect("told");
        assert_eq!(*told, ended);
        assert_eq!(one(Some(&told), vec![open.clone(), ended.clone()]).as_deref(), Some(&open));
        assert_eq!(one(None, vec![ended.clone()]), None, "nobody knew it");
        assert_eq!(one(Some(&Arc::new(ended.clone())), vec![ended]), None, "it was told");
    }

    #[test]
    fn what_is_as_it_was_is_given_back() {
        let known = Arc::new(alert_of(100, 0));
        let again = one(Some(&known), vec![alert_of(100, 0)]).expect("told");
        assert!(Arc::ptr_eq(&known, &again));
    }
}

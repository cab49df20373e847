//! One problem as an alert.

use super::name::Name;
use super::wire::{Problem, Suppression, Tag, Trigger, Update};
use crate::domain::act::ActKind;
use crate::domain::alert::{Alert, Held, Hold, Labels, Upstream};
use crate::domain::ids::{AlertId, Fingerprint, SourceName};
use crate::domain::text::Outside;
use crate::ports::below;
use std::collections::BTreeMap;
use url::Url;

/// Zabbix's own words, by their numbers.
pub const SEVERITIES: [&str; 6] = ["not classified", "information", "warning", "average", "high", "disaster"];

/// What else is known when a problem is told.
pub struct Around<'a> {
    pub source: &'a SourceName,
    pub url: &'a Url,
    pub people: &'a BTreeMap<i64, Outside>,
    /// The alerts of open problems, by the events that began them.
    pub named: &'a BTreeMap<i64, Fingerprint>,
    /// This version can suppress a problem by hand.
    pub suppresses: bool,
}

pub fn alert(problem: &Problem, trigger: &Trigger, around: &Around) -> Alert {
    let name = Name::new(problem, trigger);
    let (by_hand, maintained): (Vec<_>, Vec<_>) = suppressions(problem).iter().partition(|it| !it.maintenanceid.is_set());
    let held = Held {
        acknowledged: problem.holder().map(|update| hold(update, around)),
        snoozed: by_hand.first().map(|it| snooze(it, around)),
        given_up_by: problem.given_up().map(|update| hold(update, around).by),
        cannot: cannot(trigger, around),
        ..Held::default()
    };
    Alert {
        id: AlertId { source: around.source.clone(), fingerprint: name.fingerprint() },
        labels: labels(problem, trigger),
        annotations: annotations(problem, trigger),
        upstream: if problem.is_over() { Upstream::Resolved { at: problem.r_clock.time() } } else { Upstream::Firing },
        starts_at: problem.starts_at(),
        url: Some(page(around.url, problem)),
        receivers: [].into(),
        silenced_by: maintained.iter().map(|it| format!("maintenance {}", it.maintenanceid.0).into()).collect(),
        inhibited_by: around.named.get(&problem.cause_eventid.0).cloned().into_iter().collect(),
        muted_by: Vec::new(),
        held: (held != Held::default()).then(|| Box::new(held)),
    }
}

/// What this version, or the trigger of the problem, does not allow.
fn cannot(trigger: &Trigger, around: &Around) -> Vec<ActKind> {
    let quiet = [ActKind::Snooze, ActKind::Unsnooze].into_iter().filter(|_| !around.suppresses);
    let kept = trigger.manual_close.is_some_and(|may| !may.is_set());
    quiet.chain(kept.then_some(ActKind::Resolve)).collect()
}

/// Whoever may not see why still learns that it is quiet.
fn suppressions(problem: &Problem) -> &[Suppression] {
    problem.suppression_data.as_deref().filter(|_| problem.suppressed.is_set()).unwrap_or(&[])
}

fn labels(problem: &Problem, trigger: &Trigger) -> Labels {
    let mut pairs = tags(problem.tags.as_deref().unwrap_or(&[]));
    // Of a name that stands twice the last value wins: what we say before what a tag says.
    let hosts: Vec<&str> = trigger.hosts.iter().flatten().map(|host| host.host.raw()).collect();
    let severity = usize::try_from(problem.severity.0).ok().and_then(|at| SEVERITIES.get(at)).unwrap_or(&"unknown");
    pairs.push(("host".into(), hosts.join(",").into()));
    pairs.push(("severity".into(), (*severity).into()));
    pairs.push(("alertname".into(), problem.name.clone().unwrap_or_default()));
    pairs.retain(|(_, value)| !value.is_empty());
    Labels::new(pairs)
}

/// A tag may stand several times, and their order is never the same.
fn tags(tags: &[Tag]) -> Vec<(Outside, Outside)> {
    let mut all: BTreeMap<&Outside, Vec<&str>> = BTreeMap::new();
    for tag in tags {
        all.entry(&tag.tag).or_default().push(tag.value.raw());
    }
    let joined = |mut values: Vec<&str>| {
        values.sort_unstable();
        values.dedup();
        // A tag may be a name alone.
        Some(values.join(",")).filter(|value| !value.is_empty()).unwrap_or_else(|| "true".to_owned())
    };
    all.into_iter().map(|(name, values)| (name.clone(), joined(values).into())).collect()
}

fn annotations(problem: &Problem, trigger: &Trigger) -> Labels {
    let seen: Vec<&str> = trigger.hosts.iter().flatten().map(|host| host.name.raw()).collect();
    let technical: Vec<&str> = trigger.hosts.iter().flatten().map(|host| host.host.raw()).collect();
    let pairs: [(&str, Outside); 4] = [
        ("summary", problem.opdata.clone().unwrap_or_default()),
        ("description", trigger.comments.clone().unwrap_or_default()),
        // Macros are filled in by its own pages, and not by the API.
        ("runbook_url", trigger.url.clone().filter(|url| !url.raw().contains('{')).unwrap_or_default()),
        ("host_name", if seen == technical { Outside::default() } else { seen.join(", ").into() }),
    ];
    Labels::new(pairs.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name.into(), text)).collect())
}

fn page(url: &Url, problem: &Problem) -> Outside {
    let mut page = below(url, "tr_events.php");
    let ids = [("triggerid", problem.objectid), ("eventid", problem.eventid)];
    page.query_pairs_mut().extend_pairs(ids.map(|(name, id)| (name, id.0.to_string())));
    page.as_str().into()
}

fn named(user: i64, around: &Around) -> Outside {
    around.people.get(&user).cloned().unwrap_or_else(|| format!("user {user}").into())
}

fn hold(update: &Update, around: &Around) -> Hold {
    let (by, comment) = said(update.message.as_deref().unwrap_or(""));
    Hold { by: by.map_or_else(|| named(update.userid.0, around), Into::into), until: None, comment: comment.into() }
}

fn snooze(it: &Suppression, around: &Around) -> Hold {
    let until = it.suppress_until.is_set().then(|| it.suppress_until.time());
    Hold { by: named(it.userid.0, around), until, comment: Outside::default() }
}

/// Who wrote it where it is one of ours, all of which are sent by one user of Zabbix; and the text without our marker.
pub fn said(message: &str) -> (Option<&str>, &str) {
    let ours = message.strip_suffix(']').and_then(|_| message.rfind("[mw:")).map(|at| message[..at].trim_end());
    match ours {
        Some(text) => text.split_once(": ").map_or((Some(text), ""), |(by, comment)| (Some(by), comment)),
        None => (None, message),
    }
}

#[cfg(test)]
mod tests;

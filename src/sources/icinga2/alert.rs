//! One host or service that has a problem, as an alert.

use super::around::Around;
use super::name::Object;
use super::wire::{Checkable, JoinedHost, is_set, time};
use crate::domain::alert::{Alert, Held, Hold, Labels, Upstream};
use crate::domain::ids::{AlertId, Fingerprint, SourceName};
use crate::domain::text::Outside;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Parts of names of variables whose values are probably no label: passwords, keys, SNMP's communities.
const SECRET: [&str; 7] = ["pass", "pw", "secret", "token", "community", "key", "auth"];

pub fn alert(source: &SourceName, object: &Object, it: &Checkable, host: &JoinedHost, around: &Around) -> Alert {
    let url = [&it.notes_url, &it.action_url].into_iter().flatten().find(|url| !url.is_empty());
    let causes = causes(object, it, around);
    Alert {
        id: AlertId { source: source.clone(), fingerprint: object.fingerprint() },
        labels: labels(object, it, host),
        annotations: annotations(object, it),
        upstream: if it.is_hard() { Upstream::Firing } else { Upstream::Pending },
        starts_at: time(if it.is_hard() { it.last_hard_state_change } else { it.last_state_change }),
        url: url.map(|url| meant(url, object)),
        receivers: [].into(),
        silenced_by: silenced(object, it, around),
        muted_by: if it.last_reachable == Some(false) && causes.is_empty() { vec!["unreachable".into()] } else { Vec::new() },
        inhibited_by: causes,
        held: it.is_acknowledged().then(|| Box::new(held(object, it, around))),
    }
}

fn labels(object: &Object, it: &Checkable, host: &JoinedHost) -> Labels {
    let mut pairs: Vec<(Outside, Outside)> = Vec::new();
    // Of a name that stands twice the last value wins: the service's before its host's, and what we say before both.
    pairs.extend(host.vars.iter().flat_map(plain));
    pairs.extend(it.vars.iter().flat_map(plain));
    let own_groups = if object.service.is_some() { "servicegroups" } else { "hostgroups" };
    for (name, groups) in [("hostgroups", &host.groups), (own_groups, &it.groups)] {
        pairs.extend(groups.as_ref().filter(|groups| !groups.is_empty()).map(|groups| (name.into(), groups.join(",").into())));
    }
    if it.flapping == Some(true) {
        pairs.push(("flapping".into(), "true".into()));
    }
    pairs.push(("host".into(), object.host.as_str().into()));
    pairs.push(("severity".into(), severity(object, it).into()));
    match &object.service {
        Some(service) => {
            let shown = it.display_name.clone().filter(|name| !name.is_empty());
            pairs.push(("alertname".into(), shown.unwrap_or_else(|| service.as_str().into())));
            pairs.push(("service".into(), service.as_str().into()));
        }
        None => pairs.push(("alertname".into(), "host down".into())),
    }
    Labels::new(pairs)
}

fn severity(object: &Object, it: &Checkable) -> &'static str {
    match (&object.service, it.state) {
        (None, _) => "critical",
        (Some(_), Some(1.0)) => "warning",
        (Some(_), Some(2.0)) => "critical",
        _ => "unknown",
    }
}

/// The variables that are words, numbers or yes and no.
fn plain(vars: &Map<String, Value>) -> impl Iterator<Item = (Outside, Outside)> {
    let open = |name: &str| !SECRET.iter().any(|part| name.to_ascii_lowercase().contains(part));
    vars.iter().filter(move |(name, _)| open(name)).filter_map(|(name, value)| Some((name.as_str().into(), word(value)?.into())))
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(yes) => Some(yes.to_string()),
        // 80, and not 80.0: every number is a double.
        Value::Number(number) => number.as_f64().map(|number| number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn annotations(object: &Object, it: &Checkable) -> Labels {
    let (first, rest) = it.output().split_once('\n').unwrap_or((it.output(), ""));
    let meant = |url: &Option<Outside>| url.as_ref().map(|url| meant(url, object)).unwrap_or_default();
    let pairs: [(&str, Outside); 5] = [
        ("summary", first.trim_end().into()),
        ("description", rest.trim_end().into()),
        ("notes", it.notes.clone().unwrap_or_default()),
        // What Icinga calls notes is the runbook: playbooks are found by it.
        ("runbook_url", meant(&it.notes_url)),
        ("action_url", meant(&it.action_url)),
    ];
    Labels::new(pairs.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name.into(), text)).collect())
}

/// Addresses may name their object; Icinga's own web pages fill that in, and the API does not.
fn meant(url: &Outside, object: &Object) -> Outside {
    if !url.raw().contains('$') {
        return url.clone();
    }
    let service = object.service.as_deref().unwrap_or("");
    url.raw().replace("$host.name$", &object.host).replace("$service.name$", service).into()
}

/// The problems that this one follows from.
fn causes(object: &Object, it: &Checkable, around: &Around) -> Vec<Fingerprint> {
    let host = object.service.as_ref().filter(|_| around.down.contains(&object.host));
    let host = host.map(|_| Object { host: object.host.clone(), service: None }.fingerprint());
    let parents = around.parents.get(object).filter(|_| it.last_reachable == Some(false));
    let causes: BTreeSet<_> = host.into_iter().chain(parents.into_iter().flatten().cloned()).collect();
    causes.into_iter().collect()
}

/// Whoever may not list downtimes still learns that there is one.
fn silenced(object: &Object, it: &Checkable, around: &Around) -> Vec<Outside> {
    if !is_set(it.downtime_depth) {
        return Vec::new();
    }
    around.downtimes.get(object).cloned().unwrap_or_else(|| vec!["downtime".into()])
}

fn held(object: &Object, it: &Checkable, around: &Around) -> Held {
    let comment = around.acks.get(object);
    let until = it.acknowledgement_expiry.filter(|_| is_set(it.acknowledgement_expiry));
    let hold = Hold {
        // Its comment may be gone, as after a crash: then nobody can say whose it is.
        by: comment.and_then(|comment| comment.author.clone()).unwrap_or_else(|| "somebody".into()),
        until: until.map(|until| time(Some(until))),
        comment: comment.and_then(|comment| comment.text.as_deref()).map(unmarked).unwrap_or_default().into(),
    };
    Held { acknowledged: Some(hold), ..Held::default() }
}

/// A comment without the marker that one of our acts carried.
fn unmarked(text: &str) -> &str {
    text.rfind("[mw:").filter(|_| text.ends_with(']')).map_or(text, |at| text[..at].trim_end())
}

#[cfg(test)]
mod tests;

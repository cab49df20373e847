//! Changes as others write them in JSON, one or a list: our own fields (`text`, `service`, `kind`, `at`, `id`, `by`, `link`), Grafana's
//! annotations, or the events of Kubernetes. Which of them an item is shows in its fields.

use super::{Told, What};
use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// A change, and the names by which a configuration can choose it: its service, tags, or what it happened to.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub names: Vec<String>,
    pub told: Told,
}

/// Reasons of Kubernetes' events (and of what deploys there) that tell of a change. All others tell of how things are.
const CHANGING: [&str; 8] = [
    "OperationCompleted",
    "OperationSucceeded",
    "ReconciliationSucceeded",
    "ScalingReplicaSet",
    "SuccessfulRescale",
    "UpgradeSucceeded",
    "InstallSucceeded",
    "RollbackSucceeded",
];

/// Every change in the text; `now` is when one was made that doesn't say it.
///
/// # Errors
/// What an item lacks, and which.
pub fn read(text: &str, now: DateTime<Utc>) -> Result<Vec<Item>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let listed = value.get("items").or(value.get("changes")).unwrap_or(&value);
    let items = listed.as_array().map_or(std::slice::from_ref(listed), Vec::as_slice);
    let read = items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| one(item, now).map_err(|why| format!("change {}: {why}", index + 1)).transpose());
    read.collect()
}

fn one(item: &Value, now: DateTime<Utc>) -> Result<Option<Item>, String> {
    if item.get("involvedObject").is_some() || item.get("regarding").is_some() {
        return Ok(event(item));
    }
    match item.get("time").and_then(Value::as_i64) {
        Some(ms) => annotation(item, ms).map(Some),
        None => own(item, now).map(Some),
    }
}

fn text<'a>(item: &'a Value, pointer: &str) -> Option<&'a str> {
    item.pointer(pointer)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

fn outside(item: &Value, pointer: &str) -> Option<Outside> {
    text(item, pointer).map(Outside::from)
}

fn own(item: &Value, now: DateTime<Utc>) -> Result<Item, String> {
    let words = text(item, "/text").ok_or("`text` is missing: what was changed, in a few words")?;
    let kind = text(item, "/kind").unwrap_or("deploy");
    let known = || What::ALL.map(What::word).join(", ");
    let what = What::parse(kind).ok_or_else(|| format!("`kind` is one of {}", known()))?;
    let at = match text(item, "/at") {
        Some(at) => at.parse().map_err(|_| format!("`at` is no time such as 2026-03-01T14:02:00Z: {at}"))?,
        None => now,
    };
    let service = text(item, "/service");
    let told = Told {
        id: outside(item, "/id"),
        what,
        service: service.map(Into::into),
        at,
        words: words.into(),
        by: outside(item, "/by"),
        link: outside(item, "/link"),
    };
    Ok(Item { names: service.into_iter().map(str::to_owned).collect(), told })
}

/// A region is told by its beginning.
fn annotation(item: &Value, ms: i64) -> Result<Item, String> {
    let at = DateTime::from_timestamp_millis(ms).ok_or("`time` is no time in milliseconds")?;
    let tags: Vec<String> =
        item["tags"].as_array().into_iter().flatten().filter_map(|tag| Some(tag.as_str()?.to_owned())).collect();
    let what = What::ALL.into_iter().find(|what| tags.iter().any(|tag| tag == what.word())).unwrap_or(What::Deploy);
    let words = text(item, "/text").map_or_else(|| tags.join(", "), str::to_owned);
    let id = item.get("id").and_then(Value::as_i64).map(|id| id.to_string().into());
    let told = Told { id, what, service: None, at, words: words.into(), by: outside(item, "/login"), link: None };
    Ok(Item { names: tags, told })
}

/// `None` where it tells of no change. One that is repeated has one id, and the time of its first.
fn event(item: &Value) -> Option<Item> {
    let reason = text(item, "/reason").filter(|reason| CHANGING.contains(reason))?;
    let of = |field: &str| text(item, &format!("/involvedObject/{field}")).or_else(|| text(item, &format!("/regarding/{field}")));
    let times = ["/firstTimestamp", "/deprecatedFirstTimestamp", "/eventTime", "/lastTimestamp", "/metadata/creationTimestamp"];
    let at = times.iter().find_map(|pointer| text(item, pointer)?.parse().ok())?;
    let name = of("name")?;
    let said = text(item, "/message").or_else(|| text(item, "/note")).unwrap_or(reason);
    let told = Told {
        id: outside(item, "/metadata/uid"),
        what: What::Deploy,
        service: None,
        at,
        words: format!("{name}: {said}").into(),
        by: outside(item, "/reportingComponent").or_else(|| outside(item, "/source/component")),
        link: None,
    };
    let names = [Some(name), of("namespace")].into_iter().flatten().map(str::to_owned).collect();
    Some(Item { names, told })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-03-01T03:00:00Z".parse().expect("a time")
    }

    fn lines(text: &str) -> Vec<String> {
        let items = read(text, now()).expect("changes");
        let line = |item: &Item| {
            let Told { id, what, at, words, by, .. } = &item.told;
            let [id, by] = [id, by].map(|text| text.as_ref().map_or("-", Outside::raw));
            format!("{} {} {id} {by} {:?} {}", at.format("%H:%M"), what.word(), item.names, words.raw())
        };
        items.iter().map(line).collect()
    }

    #[test]
    fn our_own_form_needs_a_text_alone() {
        assert_eq!(lines(r#"{"text": "1.42"}"#), ["03:00 deploy - - [] 1.42"]);
        let whole = r#"[{"text": "jit off", "kind": "flag", "service": "postgres", "at": "2026-03-01T02:00:00+01:00", "id": "7", "by": "ana"}]"#;
        assert_eq!(lines(whole), [r#"01:00 flag 7 ana ["postgres"] jit off"#]);
        let error = |text: &str| read(text, now()).expect_err("wrong");
        assert_eq!(error(r#"[{"text": "a"}, {"txt": "b"}]"#), "change 2: `text` is missing: what was changed, in a few words");
        assert_eq!(error(r#"{"text": "a", "kind": "x"}"#), "change 1: `kind` is one of deploy, config, flag, migration, other");
        assert!(error("<html>").starts_with("not JSON"));
    }

    #[test]
    fn annotations_of_grafana_are_read_with_their_tags() {
        let text = r#"[{"id": 3, "dashboardUID": "x", "time": 1772330400000, "timeEnd": 1772330460000, "text": "shop 1.42",
            "tags": ["config", "shop"], "login": "ci"}]"#;
        assert_eq!(lines(text), [r#"02:00 config 3 ci ["config", "shop"] shop 1.42"#]);
    }

    #[test]
    fn events_of_kubernetes_that_change_something_are_told_from_those_that_do_not() {
        let text = r#"{"kind": "List", "items": [
            {"metadata": {"uid": "u1"}, "reason": "ScalingReplicaSet", "message": "Scaled up replica set shop-5f to 3", "type": "Normal",
             "firstTimestamp": "2026-03-01T02:00:00Z", "lastTimestamp": "2026-03-01T02:30:00Z", "source": {"component": "deployment-controller"},
             "involvedObject": {"kind": "Deployment", "name": "shop", "namespace": "prod"}},
            {"metadata": {"uid": "u2"}, "reason": "BackOff", "message": "Back-off restarting", "type": "Warning",
             "lastTimestamp": "2026-03-01T02:00:00Z", "involvedObject": {"kind": "Pod", "name": "shop-5f-x"}}]}"#;
        assert_eq!(
            lines(text),
            [r#"02:00 deploy u1 deployment-controller ["shop", "prod"] shop: Scaled up replica set shop-5f to 3"#]
        );
    }

    #[test]
    fn newer_events_of_kubernetes_are_read_by_their_other_names() {
        let event = |times: &str| {
            format!(
                r#"{{"changes": [{{"metadata": {{"uid": "u3"}}, "reason": "UpgradeSucceeded", {times},
                "regarding": {{"kind": "HelmRelease", "name": "shop"}}, "reportingComponent": "helm-controller"}}]}}"#
            )
        };
        let told = |clock: &str| vec![format!(r#"{clock} deploy u3 helm-controller ["shop"] shop: UpgradeSucceeded"#)];
        let both = r#""deprecatedFirstTimestamp": "2026-03-01T01:00:00Z", "eventTime": "2026-03-01T02:00:00Z""#;
        assert_eq!(lines(&event(both)), told("01:00"), "repeated, it is as old as its first");
        assert_eq!(lines(&event(r#""eventTime": "2026-03-01T02:00:00.000000Z""#)), told("02:00"));
        assert_eq!(lines(&event(r#""eventTime": null"#)), [] as [&str; 0], "when it was is not told");
    }

    #[test]
    fn annotations_without_a_text_or_a_kind_are_told_by_their_tags() {
        assert_eq!(
            lines(r#"[{"time": 1772330400000, "text": " ", "tags": ["shop", 7, "eu"]}]"#),
            [r#"02:00 deploy - - ["shop", "eu"] shop, eu"#]
        );
    }
}

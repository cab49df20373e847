//! What GoAlert writes of an alert, and what that is here. Nearly every field may be null; only one without a number is no alert.

use crate::domain::alert::{Alert, Held, Hold, Labels, Upstream};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::Outside;
use crate::ports::below;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use url::Url;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alerts {
    pub nodes: Vec<Node>,
    pub page_info: Option<PageInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageInfo {
    pub end_cursor: Option<String>,
    pub has_next_page: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    #[serde(rename = "alertID")]
    pub id: i64,
    status: Option<String>,
    summary: Option<Outside>,
    details: Option<Outside>,
    created_at: Option<DateTime<Utc>>,
    service: Option<Named>,
    state: Option<Escalation>,
    meta: Option<Vec<Meta>>,
    recent_events: Option<Events>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: Option<Outside>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Escalation {
    step_number: Option<i64>,
    last_escalation: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
struct Meta {
    key: Outside,
    value: Outside,
}

#[derive(Debug, Deserialize)]
struct Events {
    #[serde(default)]
    nodes: Vec<Event>,
}

#[derive(Debug, Deserialize)]
struct Event {
    timestamp: DateTime<Utc>,
    #[serde(default)]
    message: String,
}

impl Node {
    pub fn is_closed(&self) -> bool {
        self.status.as_deref() == Some("StatusClosed")
    }

    pub fn is_acknowledged(&self) -> bool {
        self.status.as_deref() == Some("StatusAcknowledged")
    }

    /// The newest event that begins with this word.
    fn newest(&self, word: &str) -> Option<&Event> {
        let events = self.recent_events.iter().flat_map(|events| &events.nodes);
        events.filter(|event| event.message.starts_with(word)).max_by_key(|event| event.timestamp)
    }

    /// Who did it last, as far as the events tell: `Acknowledged by Ana (Web)`.
    pub fn by(&self, word: &str) -> &str {
        self.named(word).unwrap_or("somebody")
    }

    /// The same; `None` where they don't tell.
    pub fn named(&self, word: &str) -> Option<&str> {
        let (_, rest) = self.newest(word)?.message.split_once(" by ")?;
        let end = [" (", " via "].iter().filter_map(|sign| rest.find(sign)).min().unwrap_or(rest.len());
        Some(&rest[..end]).filter(|name| !name.is_empty())
    }

    pub fn alert(&self, source: &SourceName, url: &Url, now: DateTime<Utc>) -> Alert {
        let acknowledged = || Hold { by: self.by("Acknowledged").into(), ..Hold::default() };
        Alert {
            id: AlertId { source: source.clone(), fingerprint: self.id.to_string().as_str().into() },
            labels: self.labels(),
            annotations: self.annotations(),
            upstream: match self.is_closed() {
                true => Upstream::Resolved { at: self.newest("Closed").map_or(now, |event| event.timestamp) },
                false => Upstream::Firing,
            },
            starts_at: self.created_at.unwrap_or(DateTime::UNIX_EPOCH),
            url: Some(below(url, &format!("alerts/{}", self.id)).as_str().into()),
            receivers: [].into(),
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            muted_by: Vec::new(),
            held: self.is_acknowledged().then(|| Box::new(Held { acknowledged: Some(acknowledged()), ..Held::default() })),
        }
    }

    /// What the sender gave with it, and GoAlert's own: a label that both have is GoAlert's.
    fn labels(&self) -> Labels {
        let meta = self.meta.iter().flatten().map(|meta| (meta.key.clone(), meta.value.clone()));
        let service = self.service.as_ref().and_then(|service| service.name.clone());
        let own = [("alertname", self.summary.clone()), ("service", service)];
        let own = own.into_iter().filter_map(|(name, value)| Some((name.into(), value?)));
        Labels::new(meta.chain(own).filter(|(_, value): &(Outside, Outside)| !value.is_empty()).collect())
    }

    fn annotations(&self) -> Labels {
        let step = self.state.as_ref().and_then(|state| state.step_number.zip(state.last_escalation));
        let step = step.map(|(step, at)| {
            format!("step {} since {}", step + 1, at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)).into()
        });
        let details = self.details.clone().filter(|text| !text.is_empty());
        let pairs = [("description", details), ("escalation", step)];
        Labels::new(pairs.into_iter().filter_map(|(name, value)| Some((name.into(), value?))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(fields: serde_json::Value) -> Node {
        let mut node = json!({"alertID": 7});
        node.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        serde_json::from_value(node).expect("an alert")
    }

    fn by(message: &str) -> String {
        let events = json!({"recentEvents": {"nodes": [
            {"timestamp": "2026-03-01T10:02:00Z", "message": message},
            {"timestamp": "2026-03-01T10:01:00Z", "message": "Acknowledged by Bo (Web)"}]}});
        node(events).by("Acknowledged").to_owned()
    }

    #[test]
    fn who_acknowledged_is_read_from_the_newest_event() {
        assert_eq!(by("Acknowledged by Ana Smith (Web)"), "Ana Smith");
        assert_eq!(by("Acknowledged by Ana via SMS"), "Ana");
        assert_eq!(by("Acknowledged"), "somebody");
        assert_eq!(by("Escalated to step #2"), "Bo");
    }

    #[test]
    fn one_that_says_nothing_is_an_alert_all_the_same() {
        let url = "https://go/base".parse().expect("an address");
        let alert = node(json!({"summary": null, "meta": null, "state": null})).alert(&"go".into(), &url, DateTime::UNIX_EPOCH);
        assert_eq!((alert.name(), alert.upstream, alert.held.is_none()), ("7", Upstream::Firing, true));
        assert_eq!(alert.url.as_ref().map(Outside::raw), Some("https://go/base/alerts/7"));
    }

    #[test]
    fn what_the_sender_says_are_labels_and_goalerts_own_count_more() {
        let meta =
            json!([{"key": "severity", "value": "critical"}, {"key": "service", "value": "x"}, {"key": "empty", "value": ""}]);
        let node = node(json!({"summary": "Disk", "service": {"name": "db"}, "meta": meta, "status": "StatusClosed",
            "state": {"stepNumber": 1, "lastEscalation": "2026-03-01T10:00:00Z"},
            "recentEvents": {"nodes": [{"timestamp": "2026-03-01T10:02:00Z", "message": "Closed by Ana"}]}}));
        let alert = node.alert(&"go".into(), &"https://go".parse().expect("an address"), DateTime::UNIX_EPOCH);
        let labels: Vec<_> = alert.labels.iter().map(|(name, value)| (name.raw(), value.raw())).collect();
        assert_eq!(labels, [("alertname", "Disk"), ("service", "db"), ("severity", "critical")]);
        assert_eq!(alert.annotations.get("escalation"), Some("step 2 since 2026-03-01T10:00:00Z"));
        assert_eq!(alert.upstream, Upstream::Resolved { at: "2026-03-01T10:02:00Z".parse().expect("a time") });
    }
}

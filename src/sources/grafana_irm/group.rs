//! What IRM writes of an alert group, and what that is here. Nearly every field may be null; only one without an id is no group.

use crate::domain::alert::{Alert, Held, Hold, Labels, Upstream};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub struct Group {
    pub id: String,
    state: Option<String>,
    title: Option<Outside>,
    created_at: Option<DateTime<Utc>>,
    resolved_at: Option<DateTime<Utc>>,
    pub acknowledged_by: Option<String>,
    alerts_count: Option<u64>,
    permalinks: Option<Permalinks>,
    last_alert: Option<Last>,
    labels: Option<Vec<Value>>,
}

#[derive(Debug, Deserialize)]
struct Permalinks {
    web: Option<Outside>,
}

#[derive(Debug, Deserialize)]
struct Last {
    #[serde(default)]
    payload: Value,
}

#[derive(Deserialize)]
pub struct Note {
    pub id: Option<Outside>,
    pub text: Option<String>,
}

#[derive(Deserialize)]
pub struct Person {
    pub username: Option<Outside>,
}

/// How a group is. Lists call what is open new, and answers to acts call it firing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Acknowledged,
    Silenced,
    Resolved,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Silenced => "silenced",
            Self::Resolved => "resolved",
        }
    }
}

impl Group {
    pub fn state(&self) -> State {
        match self.state.as_deref() {
            Some("acknowledged") => State::Acknowledged,
            Some("silenced") => State::Silenced,
            Some("resolved") => State::Resolved,
            _ => State::Open,
        }
    }

    /// `by` is what whoever acknowledged it is called.
    pub fn alert(&self, source: &SourceName, by: Option<Outside>, now: DateTime<Utc>) -> Alert {
        Alert {
            id: AlertId { source: source.clone(), fingerprint: self.id.as_str().into() },
            labels: self.labels(),
            annotations: self.annotations(),
            upstream: match self.state() {
                State::Resolved => Upstream::Resolved { at: self.resolved_at.unwrap_or(now) },
                _ => Upstream::Firing,
            },
            starts_at: self.created_at.unwrap_or(DateTime::UNIX_EPOCH),
            url: self.permalinks.as_ref().and_then(|links| links.web.clone()).filter(|url| !url.is_empty()),
            receivers: [].into(),
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            muted_by: Vec::new(),
            held: self.held(by).map(Box::new),
        }
    }

    fn held(&self, by: Option<Outside>) -> Option<Held> {
        let hold = |by: Option<Outside>| Some(Hold { by: by.unwrap_or_else(|| "somebody".into()), ..Hold::default() });
        match self.state() {
            State::Acknowledged => Some(Held { acknowledged: hold(by), ..Held::default() }),
            State::Silenced => Some(Held { snoozed: hold(None), ..Held::default() }),
            State::Open | State::Resolved => None,
        }
    }

    /// What the last alert brought, where it came from an Alertmanager or Grafana; then IRM's own labels; and the title.
    fn labels(&self) -> Labels {
        let pairs = |name: &str| self.payload(name).into_iter().flatten().filter_map(pair);
        let brought = pairs("commonLabels").chain(pairs("labels"));
        let own = self.labels.iter().flatten().filter_map(|label| {
            let (key, value) = (label["key"]["name"].as_str()?, label["value"]["name"].as_str()?);
            Some((key.into(), value.into()))
        });
        let title = self.title.clone().filter(|title| !title.is_empty()).map(|title| ("alertname".into(), title));
        Labels::new(brought.chain(own).chain(title).collect())
    }

    fn annotations(&self) -> Labels {
        let brought = |name: &str| self.payload(name).into_iter().flatten().filter_map(pair);
        let count = self.alerts_count.map(|count| ("alerts".into(), count.to_string().into()));
        Labels::new(brought("commonAnnotations").chain(brought("annotations")).chain(count).collect())
    }

    fn payload(&self, name: &str) -> Option<&serde_json::Map<String, Value>> {
        self.last_alert.as_ref()?.payload.get(name)?.as_object()
    }
}

fn pair((name, value): (&String, &Value)) -> Option<(Outside, Outside)> {
    Some((name.as_str().into(), value.as_str().filter(|value| !value.is_empty())?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn alert(fields: Value) -> Alert {
        let mut group = json!({"id": "I1"});
        group.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        let group: Group = serde_json::from_value(group).expect("a group");
        group.alert(&"irm".into(), Some("ana".into()), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn states_are_read_in_every_spelling_and_an_unknown_one_is_open() {
        let state = |word: &str| {
            let alert = alert(json!({"state": word}));
            (alert.upstream == Upstream::Firing, alert.acknowledged().is_some(), alert.snoozed().is_some())
        };
        assert_eq!(["new", "firing", "whatever"].map(state), [(true, false, false); 3]);
        assert_eq!([state("acknowledged"), state("silenced")], [(true, true, false), (true, false, true)]);
        assert_eq!(alert(json!({"state": "resolved"})).upstream, Upstream::Resolved { at: DateTime::UNIX_EPOCH });
    }

    #[test]
    fn a_group_has_the_labels_of_what_it_came_from_and_its_title_is_its_name() {
        let payload =
            json!({"commonLabels": {"severity": "critical", "alertname": "x", "n": 7}, "commonAnnotations": {"summary": "97 %"}});
        let labels = json!([{"key": {"id": "k", "name": "team"}, "value": {"id": "v", "name": "db"}}, {"key": null}]);
        let alert = alert(json!({"title": "Disk full", "labels": labels, "last_alert": {"payload": payload}}));
        let labels: Vec<_> = alert.labels.iter().map(|(name, value)| (name.raw(), value.raw())).collect();
        assert_eq!(labels, [("alertname", "Disk full"), ("severity", "critical"), ("team", "db")]);
        assert_eq!(alert.summary(), Some("97 %"));
    }

    #[test]
    fn one_that_says_nothing_is_an_alert_all_the_same() {
        let fields =
            json!({"state": null, "title": null, "labels": null, "last_alert": null, "permalinks": null, "created_at": null});
        assert_eq!(alert(fields).name(), "I1");
        assert_eq!(alert(json!({"last_alert": {"payload": "text"}})).labels.iter().len(), 0);
    }
}

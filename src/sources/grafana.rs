//! Grafana-managed alerting: Grafana speaks as an Alertmanager, below an address of its own and one organisation at a time.
//! What differs is here; alerts, silences and acts are Alertmanager's.
//!
//! It does not say since when it runs, and after a restart its list fills only as its rules are evaluated again. So what was
//! listed and is not any more has ended when its rule says so too, for Grafana keeps the states of rules over a restart.

use super::alertmanager::{self, Alertmanager};
use super::{Kind, Source, fingerprint};
use crate::domain::act::{Act, ActEnd, ActKind, Found};
use crate::domain::alert::{Alert, Labels, Route, Snapshot};
use crate::domain::entry::Intent;
use crate::domain::ids::SourceName;
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::settings::Carry;
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use crate::ports::{Access, Answer, Ports, Request, below};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

pub const KIND: Kind =
    Kind { name: "grafana", about: "Grafana-managed alerting: alerts and silences of one organisation", keys: KEYS, parse };

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("url", "the address of Grafana, as in the browser", "needed"),
        FieldSpec::new("org", "the number of the organisation, for a user who is in several; a token belongs to one", "the user's"),
        FieldSpec::new("filter", "as of `alertmanager`", "all alerts"),
        FieldSpec::new("receiver", "as of `alertmanager`", "all"),
        FieldSpec::map("ack", alertmanager::ACK),
        FieldSpec::new("bearer", "a secret: the token of a service account", "one of `bearer`, `basic` and `headers`"),
        FieldSpec::new("basic", Access::BASIC.value, "one of `bearer`, `basic` and `headers`"),
        FieldSpec::new("headers", Access::HEADERS.value, "one of `bearer`, `basic` and `headers`"),
        Access::TLS,
    ],
];

struct Grafana {
    url: Url,
    speaks: Alertmanager,
}

/// The longest answer: hundreds of thousands of instances.
const LONGEST: usize = 128 << 20;

fn parse(name: &SourceName, node: &Node, problems: &mut Problems) -> Option<Box<dyn Source>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let url = fields.need("url", problems).and_then(|node| alertmanager::base(node, problems));
    let access = access(&fields, node, problems);
    let query = alertmanager::query(&fields, problems);
    let carry = fields.get("ack").map_or(Some(None), |node| alertmanager::carry(node, problems));
    let (url, access, query, carry, name) = (url?, access?, query?, carry?, name.clone());
    let urls = vec![below(&url, "api/alertmanager/grafana")];
    let (ignored, pages, clocks, lines, heard) = Default::default();
    let speaks = Alertmanager { name, urls, access, query, ignored, carry, pages, has_status: false, clocks, lines, heard };
    Some(Box::new(Grafana { url, speaks }))
}

/// Who we are, and in which organisation: a token belongs to one, a user may be in several.
fn access(fields: &Fields, node: &Node, problems: &mut Problems) -> Option<Access> {
    if ["bearer", "basic", "headers"].iter().all(|key| fields.get(key).is_none()) {
        let help = "write bearer: {env: GRAFANA_TOKEN}, the token of a service account";
        problems.error_with_help(node.span, "`bearer` is missing", help);
    }
    let access = Access::parse(fields, problems);
    let org = fields.get("org").map_or(Some(None), |node| node.number::<u32>(problems).map(Some));
    Some(org?.into_iter().fold(access?, |access, org| access.with("X-Grafana-Org-Id", org.to_string())))
}

/// What Grafana answers as a Prometheus.
#[derive(Deserialize)]
struct Answered {
    data: Instances,
}

#[derive(Deserialize)]
struct Instances {
    alerts: Vec<Instance>,
}

/// One series of one rule, whatever its state.
#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    state: String,
}

impl Instance {
    /// The labels of the alert that it raises now; `None` where it raises none.
    fn raises(self) -> Option<Labels> {
        let state = self.state.to_ascii_lowercase();
        let renamed = match () {
            () if ["alerting", "firing", "recovering"].iter().any(|word| state.starts_with(word)) => None,
            () if state.starts_with("nodata") => Some("DatasourceNoData"),
            () if state.starts_with("error") => Some("DatasourceError"),
            () => return None,
        };
        let mut labels = self.labels;
        if let Some(name) = renamed {
            let rule = labels.insert("alertname".into(), name.into());
            labels.extend(rule.map(|rule| ("rulename".to_owned(), rule)));
        }
        Some(Labels::new(labels.into_iter().map(|(name, value)| (Outside::from(name), Outside::from(value))).collect()))
    }
}

/// By what an instance and an alert are known to be one: Grafana keeps labels of its own from those who ask for instances.
fn visible(labels: &Labels) -> String {
    let pairs = labels.iter().filter(|(name, _)| !name.raw().starts_with("__"));
    fingerprint::of(&Labels::new(pairs.map(|(name, value)| (name.clone(), value.clone())).collect()))
}

impl Grafana {
    async fn snapshot(&self, before: &[Arc<Alert>], ports: &Ports, limit: Duration) -> Result<Snapshot, Trouble> {
        let until = ports.clock.now().mono + limit;
        let mut snapshot = self.speaks.fetch(before, ports, limit).await?;
        let listed = |alert: &&Arc<Alert>| {
            snapshot.alerts.binary_search_by(|other| other.id.fingerprint.cmp(&alert.id.fingerprint)).is_ok()
        };
        let gone: Vec<&Arc<Alert>> = before.iter().filter(|alert| !listed(alert)).collect();
        if gone.is_empty() {
            return Ok(snapshot);
        }
        match self.raised(ports, until.saturating_sub(ports.clock.now().mono)).await {
            Ok(raised) => {
                snapshot.alerts.extend(gone.into_iter().filter(|alert| raised.contains(&visible(&alert.labels))).cloned());
                snapshot.alerts.sort_by(|a, b| a.id.fingerprint.cmp(&b.id.fingerprint));
            }
            Err(trouble) => {
                snapshot.complete = false;
                snapshot.missing.push(trouble.text);
            }
        }
        Ok(snapshot)
    }

    /// What its rules raise now.
    async fn raised(&self, ports: &Ports, limit: Duration) -> Result<BTreeSet<String>, Trouble> {
        let url = below(&self.url, "api/prometheus/grafana/api/v1/alerts");
        let request = Request { timeout: limit, longest: LONGEST, ..Request::get(url) };
        let request = self.speaks.access.onto(request, ports).await?;
        let asked = request.told();
        let answer = ports.http.observe(request).await?;
        if !answer.good() {
            return Err(answer.refusal(&asked));
        }
        let answered: Answered = answer.understood("a list of instances", &asked, |text| serde_json::from_str(text))?;
        Ok(answered.data.alerts.into_iter().filter_map(Instance::raises).map(|labels| visible(&labels)).collect())
    }
}

impl Source for Grafana {
    fn acts(&self) -> &'static [ActKind] {
        self.speaks.acts()
    }

    fn carry(&self) -> Option<Carry> {
        self.speaks.carry()
    }

    fn silences_at(&self) -> Option<String> {
        self.speaks.silences_at()
    }

    fn routes<'a>(
        &'a self,
        alert: &'a Alert,
        ports: &'a Ports,
        limit: Duration,
    ) -> Option<Answer<'a, Result<Vec<Route>, Trouble>>> {
        self.speaks.routes(alert, ports, limit)
    }

    fn fetch<'a>(&'a self, before: &'a [Arc<Alert>], ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Snapshot, Trouble>> {
        Box::pin(self.snapshot(before, ports, limit))
    }

    fn act<'a>(&'a self, act: &'a Act, intent: Intent, ports: &'a Ports) -> Answer<'a, ActEnd> {
        self.speaks.act(act, intent, ports)
    }

    fn find<'a>(&'a self, act: &'a Act, intent: Intent, ports: &'a Ports) -> Answer<'a, Result<Found, Trouble>> {
        self.speaks.find(act, intent, ports)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raises(state: &str) -> Option<String> {
        let instance: Instance =
            serde_json::from_value(serde_json::json!({"labels": {"alertname": "Disk", "host": "db1"}, "state": state}))
                .expect("one");
        instance.raises().map(|labels| labels.iter().map(|(name, value)| format!("{}={} ", name.raw(), value.raw())).collect())
    }

    #[test]
    fn what_an_instance_raises_depends_on_its_state_however_that_is_written() {
        let plain = Some("alertname=Disk host=db1 ".to_owned());
        assert_eq!(
            ["Alerting", "alerting", "Alerting (NoData)", "firing", "Recovering"].map(raises),
            [(); 5].map(|()| plain.clone())
        );
        assert_eq!(raises("NoData").as_deref(), Some("alertname=DatasourceNoData host=db1 rulename=Disk "));
        assert_eq!(raises("Error").as_deref(), Some("alertname=DatasourceError host=db1 rulename=Disk "));
        assert_eq!(["Normal", "Normal (NoData)", "Pending", ""].map(raises), [const { None }; 4]);
    }

    #[test]
    fn all_faults_are_told_at_once_and_nobody_is_nobody() {
        let told = |text: &str| {
            let mut problems = Problems::default();
            let node = Node::parse(text, &mut problems).expect("is YAML");
            let read = parse(&"g".into(), &node, &mut problems).is_some() && !problems.failed();
            (read, problems.list.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("\n"))
        };
        let whole = "{url: 'https://g/grafana', org: 3, filter: 'team=\"db\"', bearer: {env: T}, ack: {carry: silence}}";
        assert_eq!(told(whole), (true, String::new()));
        let (read, faults) = told("{org: main, ack: {carry: yes}, urls: x}");
        for what in ["`url` is missing", "`bearer` is missing", "`main`", "`silence` or `none`", "unknown key `urls`"] {
            assert!(!read && faults.contains(what), "{what}: {faults}");
        }
        let both = told("{url: 'https://g', bearer: {env: T}, basic: {user: a, password: {env: P}}}");
        assert_eq!(both, (false, "`basic` and `bearer` exclude each other".to_owned()));
    }
}

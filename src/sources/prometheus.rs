//! Prometheus itself: the address for `promql` feeds, and the alerts whose rule holds but not for long enough yet. Those that fire
//! reach the queue by the Alertmanager that it sends them to, unless the configuration wants them from here, or has no source that
//! could tell of them.

mod firings;

use super::{Kind, Source, fingerprint};
use crate::domain::alert::{Alert, Firing, Labels, Snapshot, Upstream};
use crate::domain::ids::{AlertId, Fingerprint, SourceName};
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use crate::ports::{Access, Answer, Endpoint, Ports, Request};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join3;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "prometheus",
    about: "Prometheus: alerts that are about to fire, and the address that `promql` feeds ask",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        Endpoint::URL,
        FieldSpec::new("alerts", "`pending`: those whose rule holds, but not for long enough yet; `all`: those that fire too, where no Alertmanager brings them; `none`", "`pending`, and `all` where no source is of another kind"),
    ],
    Access::KEYS,
];

struct Prometheus {
    name: SourceName,
    endpoint: Endpoint,
    /// `None` where nobody said.
    wanted: Option<Wanted>,
}

/// The longest answer: hundreds of thousands of alerts.
const LONGEST: usize = 128 << 20;

/// Which of its alerts the queue shows.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    None,
    Pending,
    All,
}

fn parse(name: &SourceName, node: &Node, problems: &mut Problems) -> Option<Box<dyn Source>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let endpoint = Endpoint::parse(&fields, problems);
    let wanted = fields.get("alerts").and_then(|node| {
        node.read("`pending`, `all` or `none`", problems, |text| match text {
            "pending" => Some(Wanted::Pending),
            "all" => Some(Wanted::All),
            "none" => Some(Wanted::None),
            _ => None,
        })
    });
    Some(Box::new(Prometheus { name: name.clone(), endpoint: endpoint?, wanted }))
}

/// What every answer of the API is wrapped in.
#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

#[derive(Deserialize)]
struct Listed {
    alerts: Vec<Instance>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    state: String,
    active_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Ruled {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    name: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    /// For how many seconds its expression must hold before it fires.
    #[serde(default)]
    duration: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Running {
    start_time: DateTime<Utc>,
}

impl Prometheus {
    async fn snapshot(&self, before: &[Arc<Alert>], ports: &Ports, limit: Duration) -> Result<Snapshot, Trouble> {
        if self.wanted == Some(Wanted::None) {
            // The cheapest query there is: does it answer any?
            self.ask::<serde_json::Value>("api/v1/query", Some("query=1"), ports, limit).await?;
            return Ok(Snapshot { complete: true, ..Snapshot::default() });
        }
        let (listed, running, holds) = join3(
            self.ask::<Listed>("api/v1/alerts", None, ports, limit),
            self.ask::<Running>("api/v1/status/runtimeinfo", None, ports, limit),
            self.holds(ports, limit),
        )
        .await;
        let wanted = |alert: &Instance| self.wanted == Some(Wanted::All) || alert.state == "pending";
        let (listed, others): (Vec<Instance>, Vec<Instance>) = listed?.alerts.into_iter().partition(wanted);
        let now = ports.clock.now().wall;
        let alert = |alert: Instance| Arc::new(fired(self.alert(alert), &holds, now));
        let mut alerts: Vec<Arc<Alert>> = listed.into_iter().map(alert).collect();
        let began = self.began(before, others);
        alerts.sort_by(|a, b| a.id.fingerprint.cmp(&b.id.fingerprint));
        // Without its start nobody knows whether its list is short because it has just begun.
        let (started_at, missing) = match running {
            Ok(running) => (Some(running.start_time), None),
            Err(trouble) => (None, Some(trouble.text)),
        };
        Ok(Snapshot {
            alerts,
            complete: started_at.is_some(),
            started_at,
            beginnings_tell: true,
            began,
            missing: missing.into_iter().collect(),
            ..Snapshot::default()
        })
    }

    /// Which of those that were pending fire now: that they are listed no more says nothing of an end.
    fn began(&self, before: &[Arc<Alert>], firing: Vec<Instance>) -> Vec<Fingerprint> {
        let pending: BTreeSet<&Fingerprint> = before.iter().map(|alert| &alert.id.fingerprint).collect();
        if pending.is_empty() {
            return Vec::new();
        }
        let firing = firing.into_iter().map(|alert| self.alert(alert).id.fingerprint);
        firing.filter(|fingerprint| pending.contains(fingerprint)).collect()
    }

    /// How long what each rule looks for must be so before it fires. Only what fires has a use for it, and what can't be told is not needed.
    async fn holds(&self, ports: &Ports, limit: Duration) -> BTreeMap<String, Vec<(Labels, TimeDelta)>> {
        let mut holds: BTreeMap<String, Vec<(Labels, TimeDelta)>> = BTreeMap::new();
        if self.wanted != Some(Wanted::All) {
            return holds;
        }
        let ruled = self.ask::<Ruled>("api/v1/rules", Some("type=alert&exclude_alerts=true"), ports, limit).await;
        for rule in ruled.into_iter().flat_map(|ruled| ruled.groups).flat_map(|group| group.rules) {
            let span = Duration::try_from_secs_f64(rule.duration).ok().and_then(|span| TimeDelta::from_std(span).ok());
            holds.entry(rule.name.clone()).or_default().extend(span.map(|span| (fixed(rule), span)));
        }
        holds
    }

    async fn ruled(&self, ports: &Ports, limit: Duration) -> Result<Vec<Labels>, Trouble> {
        let ruled = self.ask::<Ruled>("api/v1/rules", Some("type=alert"), ports, limit).await?;
        Ok(ruled.groups.into_iter().flat_map(|group| group.rules).map(fixed).collect())
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        query: Option<&str>,
        ports: &Ports,
        limit: Duration,
    ) -> Result<T, Trouble> {
        let mut request = self.endpoint.get(path, ports).await?;
        request.url.set_query(query);
        (request.timeout, request.longest) = (limit, LONGEST);
        answered(request, ports).await
    }

    fn alert(&self, alert: Instance) -> Alert {
        let pairs = |pairs: BTreeMap<String, String>| {
            let full = pairs.into_iter().filter(|(_, value)| !value.is_empty());
            Labels::new(full.map(|(name, value)| (Outside::from(name), Outside::from(value))).collect())
        };
        let labels = pairs(alert.labels);
        Alert {
            id: AlertId { source: self.name.clone(), fingerprint: Fingerprint::new(fingerprint::of(&labels)) },
            labels,
            annotations: pairs(alert.annotations),
            upstream: if alert.state == "pending" { Upstream::Pending } else { Upstream::Firing },
            starts_at: alert.active_at,
            url: None,
            receivers: Default::default(),
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            muted_by: Vec::new(),
            held: None,
        }
    }
}

/// So far a server's clock may be ahead of ours.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// It fires since it has been so for as long as its rule wants; where several rules may have raised it that want different times, since
/// it is so.
fn fired(alert: Alert, holds: &BTreeMap<String, Vec<(Labels, TimeDelta)>>, now: DateTime<Utc>) -> Alert {
    let of = |fixed: &Labels| fixed.iter().all(|(name, value)| alert.labels.get(name.raw()) == Some(value.raw()));
    let rules = holds.get(alert.name()).into_iter().flatten().filter(|(fixed, _)| of(fixed));
    let spans: BTreeSet<TimeDelta> = rules.map(|(_, span)| *span).collect();
    let span = spans.first().filter(|_| spans.len() == 1 && alert.upstream == Upstream::Firing);
    // A span that was made longer since began no alert in the future, and one that no clock holds none at all; a server whose clock is a
    // little ahead of ours told of it all the same. Its time is not cut to ours: by it the episode has one name at every poll.
    let begun = span.and_then(|span| alert.starts_at.checked_add_signed(*span)).filter(|at| *at <= now + SKEW);
    Alert { starts_at: begun.unwrap_or(alert.starts_at), ..alert }
}

async fn answered<T: DeserializeOwned>(request: Request, ports: &Ports) -> Result<T, Trouble> {
    let told = request.told();
    let response = ports.http.observe(request).await?;
    if !response.good() {
        return Err(response.refusal(&told));
    }
    let read = response.understood("an answer of Prometheus", &told, |text| serde_json::from_str::<Envelope<T>>(text));
    read.map(|envelope| envelope.data)
}

/// The labels of a rule that are the same for all of its alerts: no templates.
fn fixed(rule: Rule) -> Labels {
    let own = rule.labels.into_iter().filter(|(_, value)| !value.contains("{{"));
    let pairs = own.chain([("alertname".to_owned(), rule.name)]);
    Labels::new(pairs.map(|(name, value)| (Outside::from(name), Outside::from(value))).collect())
}

impl Source for Prometheus {
    fn rules<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Option<Vec<Labels>>, Trouble>> {
        Box::pin(async move { self.ruled(ports, limit).await.map(Some) })
    }

    fn fired<'a>(
        &'a self,
        labels: &'a Labels,
        between: (DateTime<Utc>, DateTime<Utc>),
        ports: &'a Ports,
        limit: Duration,
    ) -> Option<Answer<'a, Result<Vec<Firing>, Trouble>>> {
        Some(Box::pin(firings::of(self, labels, between, ports, limit)))
    }

    fn alone(&self) -> Option<Box<dyn Source>> {
        let all = || Prometheus { name: self.name.clone(), endpoint: self.endpoint.clone(), wanted: Some(Wanted::All) };
        self.wanted.is_none().then(|| Box::new(all()) as Box<dyn Source>)
    }

    fn tells_firing(&self) -> bool {
        self.wanted == Some(Wanted::All)
    }

    fn queries(&self) -> Option<Endpoint> {
        Some(self.endpoint.clone())
    }

    fn fetch<'a>(&'a self, before: &'a [Arc<Alert>], ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Snapshot, Trouble>> {
        Box::pin(self.snapshot(before, ports, limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_whose_clock_is_ahead_tells_began_at_one_time_whenever_it_is_asked() {
        let at = |second: i64| DateTime::from_timestamp(1_772_334_000 + second, 0).expect("a time");
        let labels = Labels::new(vec![("alertname".into(), "Down".into())]);
        let alert = || Alert {
            id: AlertId { source: "prom".into(), fingerprint: Fingerprint::new("f") },
            labels: labels.clone(),
            annotations: Labels::default(),
            upstream: Upstream::Firing,
            starts_at: at(0),
            url: None,
            receivers: Default::default(),
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            muted_by: Vec::new(),
            held: None,
        };
        let holds = BTreeMap::from([("Down".to_owned(), vec![(labels.clone(), TimeDelta::seconds(120))])]);
        let began = [100, 115, 300].map(|now| fired(alert(), &holds, at(now)).starts_at);
        assert_eq!(began, [at(120); 3]);
        assert_eq!(fired(alert(), &holds, at(59)).starts_at, at(0), "no clock is so far ahead");
    }
}

//! Metrics read where a program shows them, without a Prometheus between: series by name and labels, judged by thresholds. What
//! can't be read is a trouble and no verdict: the feed turns stale.

use super::gauge::{Gauge, Point, series};
use super::{Feed, Kind, Known, exposition};
use crate::domain::health::Reading;
use crate::domain::matcher::Matcher;
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::trouble::Trouble;
use crate::ports::{Access, Answer, Endpoint, Ports, Request};
use exposition::Found;
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "metrics",
    about: "Metrics of a program read directly, judged by thresholds; the worst series counts",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("url", "the address of the metrics", "needed"),
        FieldSpec::new("metric", "the name as its lines have it; of a histogram that of its `_count`, `_sum` or `_bucket`", "needed"),
        FieldSpec::new("labels", "label matchers; of several series the worst counts", "none"),
    ],
    Gauge::KEYS,
    Access::KEYS,
];

struct Metrics {
    endpoint: Endpoint,
    metric: String,
    /// Empty means every series of the metric.
    labels: Vec<(String, Matcher)>,
    gauge: Gauge,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let endpoint = Endpoint::parse(&fields, problems);
    let metric = fields.need("metric", problems).and_then(|node| node.text(problems)).map(str::to_owned);
    let labels = fields.get("labels").map_or(Some(Vec::new()), |node| labels(node, problems));
    let gauge = Gauge::parse(node, &fields, problems);
    Some(Box::new(Metrics { endpoint: endpoint?, metric: metric?, labels: labels?, gauge: gauge? }))
}

fn labels(node: &Node, problems: &mut Problems) -> Option<Vec<(String, Matcher)>> {
    let pairs = node.map(problems)?;
    pairs
        .iter()
        .map(|(key, node)| match Matcher::parse(node.text(problems)?) {
            Ok(matcher) => Some((key.text.clone(), matcher)),
            Err(error) => {
                problems.error(node.span, error);
                None
            }
        })
        .collect()
}

impl Feed for Metrics {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let request = self.endpoint.access.onto(Request::get(self.endpoint.url.clone()), ports).await?;
            let told = request.told();
            let response = ports.http.observe(Request { timeout: limit, ..exposition::asking(request) }).await?;
            if !response.good() {
                return Err(response.refusal(&told));
            }
            let found = response.judged("metrics", &told, exposition::read(&response, &self.metric))?;
            Ok(Reading { latency: Some(response.took), ..self.judge(found) })
        })
    }
}

impl Metrics {
    fn judge(&self, found: Found) -> Reading {
        let nothing = self.nothing(&found);
        let wanted = found.samples.into_iter().filter(|(labels, _)| {
            self.labels.iter().all(|(name, matcher)| matcher.matches(labels.get(name).map_or("", String::as_str)))
        });
        let points: Vec<_> = wanted.map(|(labels, value)| Point { labels: series(&labels), value }).collect();
        self.gauge.judge(&points, &nothing)
    }

    /// Why there may be nothing of that name.
    fn nothing(&self, Found { samples, kind }: &Found) -> String {
        let metric = &self.metric;
        match kind.as_deref() {
            Some(kind @ ("histogram" | "gaugehistogram")) if samples.is_empty() => {
                format!("{metric} is a {kind}: name {metric}_count, {metric}_sum or {metric}_bucket with an `le`")
            }
            _ if samples.is_empty() => format!("nothing there is called {metric}"),
            _ => format!("no series of {metric} has these labels"),
        }
    }
}

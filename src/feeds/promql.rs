//! A query to Prometheus with thresholds. What Prometheus can't answer is a trouble and no verdict: the feed turns stale.

mod answer;

use super::gauge::{Gauge, Point, series};
use super::{Feed, Kind, Known};
use crate::domain::health::Reading;
use crate::domain::ids::SourceName;
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::secret::Secret;
use crate::domain::trouble::Trouble;
use crate::ports::{Access, Answer, Endpoint, Ports, Request};
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "promql",
    about: "An instant query to Prometheus, judged by thresholds; the worst series counts",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("source", "the `prometheus` source to ask", "this or `url`"),
        FieldSpec::new("url", "the address of one that is no source", "this or `source`"),
        FieldSpec::new("query", "an instant query; of several series the worst counts", "needed"),
    ],
    Gauge::KEYS,
    Access::KEYS,
];

const LONGEST: usize = 16 << 20;

/// Longer queries are sent in the body: proxies cut long addresses off.
const LONG_QUERY: usize = 1_500;

struct Promql {
    query: Query,
    gauge: Gauge,
}

/// One question to one Prometheus.
pub struct Query {
    pub endpoint: Endpoint,
    pub text: String,
}

const NOTHING: &str = "the query found nothing";

fn parse(node: &Node, known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let endpoint = endpoint(&fields, known, problems);
    let query = fields.need("query", problems).and_then(|node| node.text(problems));
    let gauge = Gauge::parse(node, &fields, problems);
    let query = Query { endpoint: endpoint?, text: query?.to_owned() };
    Some(Box::new(Promql { query, gauge: gauge? }))
}

/// The address itself, or that of a source.
pub fn endpoint(fields: &Fields, known: &Known, problems: &mut Problems) -> Option<Endpoint> {
    let Some(node) = fields.get("source") else { return Endpoint::parse(fields, problems) };
    if let Some(url) = fields.get("url") {
        problems.error(url.span, "`source` names the address already");
    }
    let name = node.text(problems)?;
    let found = known.sources.get(name).cloned();
    if found.is_none() {
        let names: Vec<&str> = known.sources.keys().map(SourceName::as_str).collect();
        match names.is_empty() {
            true => {
                let help = "add `{name: prom, prometheus: {url: …}}` to `sources`, or write `url` instead of `source`";
                problems.error_with_help(node.span, "no source answers Prometheus queries", help);
            }
            false => problems.unknown(node.span, "source of Prometheus queries", name, &names),
        }
    }
    found
}

impl Feed for Promql {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let (rows, took) = self.query.timed(ports, limit).await?;
            let points: Vec<_> = rows.into_iter().map(|(labels, value)| Point { labels: series(&labels), value }).collect();
            Ok(Reading { latency: Some(took), ..self.gauge.judge(&points, NOTHING) })
        })
    }
}

impl Query {
    pub async fn rows(&self, ports: &Ports, limit: Duration) -> Result<Vec<answer::Row>, Trouble> {
        self.timed(ports, limit).await.map(|(rows, _)| rows)
    }

    async fn timed(&self, ports: &Ports, limit: Duration) -> Result<(Vec<answer::Row>, Duration), Trouble> {
        let request = self.request(ports, limit).await?;
        let told = request.told();
        let response = ports.http.observe(request).await?;
        Ok((answer::read(&response, &told)?, response.took))
    }

    async fn request(&self, ports: &Ports, limit: Duration) -> Result<Request, Trouble> {
        let mut request = self.endpoint.get("api/v1/query", ports).await?;
        let pairs = [("query", self.text.clone()), ("timeout", format!("{}ms", limit.as_millis()))];
        if self.text.len() < LONG_QUERY {
            request.url.query_pairs_mut().extend_pairs(pairs);
        } else {
            let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            (request.method, request.body) = ("POST", Some(form.into()));
            request.headers.push(("content-type".into(), Secret::new("application/x-www-form-urlencoded".into())));
        }
        Ok(Request { timeout: limit, longest: LONGEST, ..request })
    }
}

#[cfg(test)]
mod tests;

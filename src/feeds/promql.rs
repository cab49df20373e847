//! A query to Prometheus with thresholds. What Prometheus can't answer is a trouble and no verdict: the feed turns stale.

mod answer;

use super::gauge::Gauge;
use super::{Feed, Kind, Known};
use crate::domain::health::Reading;
use crate::domain::ids::SourceName;
use crate::domain::node::{Fields, Node, Problems};
use crate::domain::secret::Secret;
use crate::domain::trouble::Trouble;
use crate::ports::{Answer, Endpoint, Ports, Request};
use std::time::Duration;

pub const KIND: Kind =
    Kind { name: "promql", about: "An instant query to Prometheus, judged by thresholds; the worst series counts", parse };

const LONGEST: usize = 16 << 20;

/// Longer queries are sent in the body: proxies cut long addresses off.
const LONG_QUERY: usize = 1_500;

struct Promql {
    endpoint: Endpoint,
    query: String,
    gauge: Gauge,
}

const OWN_KEYS: [&str; 2] = ["source", "query"];

const NOTHING: &str = "the query found nothing";

fn parse(node: &Node, known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&[&OWN_KEYS[..], &Gauge::KEYS, &Endpoint::KEYS].concat(), problems)?;
    let endpoint = endpoint(&fields, known, problems);
    let query = fields.need("query", problems).and_then(|node| node.text(problems));
    let gauge = Gauge::parse(node, &fields, problems);
    Some(Box::new(Promql { endpoint: endpoint?, query: query?.to_owned(), gauge: gauge? }))
}

/// The address itself, or that of a source.
fn endpoint(fields: &Fields, known: &Known, problems: &mut Problems) -> Option<Endpoint> {
    let Some(node) = fields.get("source") else { return Endpoint::parse(fields, problems) };
    if let Some(url) = fields.get("url") {
        problems.error(url.span, "`source` names the address already");
    }
    let name = node.text(problems)?;
    let found = known.get(&SourceName::from(name)).cloned();
    if found.is_none() {
        let names: Vec<&str> = known.keys().map(SourceName::as_str).collect();
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
            let request = self.request(ports, limit).await?;
            let told = request.told();
            let response = ports.http.observe(request).await?;
            let points = answer::read(&response, &told)?;
            Ok(Reading { latency: Some(response.took), ..self.gauge.judge(&points, NOTHING) })
        })
    }
}

impl Promql {
    async fn request(&self, ports: &Ports, limit: Duration) -> Result<Request, Trouble> {
        let mut request = self.endpoint.get("api/v1/query", ports).await?;
        let pairs = [("query", self.query.clone()), ("timeout", format!("{}ms", limit.as_millis()))];
        if self.query.len() < LONG_QUERY {
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

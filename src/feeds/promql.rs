//! A query to Prometheus with thresholds. What Prometheus can't answer is a trouble and no verdict: the feed turns stale.

mod answer;
mod limits;

use super::{Feed, Kind, Known, judged};
use crate::domain::health::{FeedState, Reading};
use crate::domain::ids::SourceName;
use crate::domain::node::{Fields, Node, Problems};
use crate::domain::secret::Secret;
use crate::domain::trouble::Trouble;
use crate::ports::{Answer, Endpoint, Ports, Request};
use answer::Point;
use limits::{Limits, figure};
use std::time::Duration;

pub const KIND: Kind =
    Kind { name: "promql", about: "An instant query to Prometheus, judged by thresholds; the worst series counts", parse };

const LONGEST: usize = 16 << 20;

/// Longer queries are sent in the body: proxies cut long addresses off.
const LONG_QUERY: usize = 1_500;

struct Promql {
    endpoint: Endpoint,
    query: String,
    limits: Limits,
    unit: Option<String>,
    /// What it means that nothing was found.
    empty: FeedState,
}

const OWN_KEYS: [&str; 4] = ["source", "query", "unit", "empty"];

fn parse(node: &Node, known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&[&OWN_KEYS[..], &Limits::KEYS, &Endpoint::KEYS].concat(), problems)?;
    let endpoint = endpoint(&fields, known, problems);
    let query = fields.need("query", problems).and_then(|node| node.text(problems));
    let unit = fields.get("unit").map_or(Some(None), |node| node.text(problems).map(Some));
    let empty = fields.get("empty").map_or(Some(FeedState::Unknown), |node| empty(node, problems));
    let limits = Limits::parse(node, &fields, problems);
    let (query, unit) = (query?.to_owned(), unit?.map(str::to_owned));
    Some(Box::new(Promql { endpoint: endpoint?, query, limits: limits?, unit, empty: empty? }))
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

fn empty(node: &Node, problems: &mut Problems) -> Option<FeedState> {
    node.read("healthy, failing or unknown", problems, |text| match text {
        "healthy" => Some(FeedState::Healthy),
        "failing" => Some(FeedState::Failing),
        "unknown" => Some(FeedState::Unknown),
        _ => None,
    })
}

impl Feed for Promql {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let request = self.request(ports, limit).await?;
            let told = request.told();
            let response = ports.http.observe(request).await?;
            let points = answer::read(&response, &told)?;
            Ok(Reading { latency: Some(response.took), ..self.judge(&points) })
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

    fn judge(&self, points: &[Point]) -> Reading {
        let judged_points = points.iter().map(|point| (self.limits.judge(point.value), point));
        let Some((verdict, worst)) = judged_points.max_by(|(a, _), (b, _)| a.cmp(b)) else {
            return judged(self.empty, "the query found nothing", None);
        };
        let (value, unit) = (worst.value, self.unit.clone());
        let message = self.message(&verdict, worst, points);
        let limit = self.limits.ahead(value);
        Reading { value: value.is_finite().then_some(value), unit, limit, ..judged(verdict.state, message, None) }
    }

    /// `0.97 above 0.9 on {device="sda"}; 2 of 14 series`
    fn message(&self, verdict: &limits::Verdict, worst: &Point, points: &[Point]) -> String {
        let unit = self.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
        let mut message = format!("{}{unit}{}", figure(worst.value), verdict.why);
        if !worst.labels.is_empty() && (points.len() > 1 || verdict.state != FeedState::Healthy) {
            message += &format!(" on {}", worst.labels);
        }
        if points.len() > 1 && verdict.state != FeedState::Healthy {
            let same = points.iter().filter(|point| self.limits.judge(point.value).state == verdict.state).count();
            message += &format!("; {same} of {} series", points.len());
        }
        message
    }
}

#[cfg(test)]
mod tests;

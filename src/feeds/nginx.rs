//! The connections of an nginx, from its `stub_status` page. An nginx that doesn't answer is failing; an answer that is not this
//! page is a trouble and no verdict.

use super::limits::{Limits, figure};
use super::{Feed, Kind, Known, judged, unanswered};
use crate::domain::health::Reading;
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::trouble::Trouble;
use crate::ports::{Access, Answer, Endpoint, Fault, Ports, Request, Response};
use std::time::Duration;

pub const KIND: Kind =
    Kind { name: "nginx", about: "Connections of an nginx by its stub_status page, and what it has dropped", keys: KEYS, parse };

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("url", "the address of its `stub_status`", "needed"),
        FieldSpec::new("above", "more open connections are failing", "none"),
        FieldSpec::new("warn_above", "more open connections are degraded", "none"),
    ],
    Access::KEYS,
];

/// The page has a hundred bytes.
const LONGEST: usize = 64 << 10;

struct Nginx {
    endpoint: Endpoint,
    /// Of the open connections; without any it need only answer.
    limits: Limits,
}

/// The page's numbers.
#[derive(Debug, PartialEq)]
struct Status {
    active: u64,
    accepted: u64,
    handled: u64,
    waiting: u64,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let endpoint = Endpoint::parse(&fields, problems);
    let limited = fields.get("above").or(fields.get("warn_above")).is_some();
    let limits = if limited { Limits::parse(node, &fields, problems) } else { Some(Limits::default()) };
    Some(Box::new(Nginx { endpoint: endpoint?, limits: limits? }))
}

impl Feed for Nginx {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let request = self.endpoint.access.onto(Request::get(self.endpoint.url.clone()), ports).await?;
            let told = request.told();
            let response = match ports.http.observe(Request { timeout: limit, longest: LONGEST, ..request }).await {
                Err(trouble) if trouble.reason.is_unreached() => return unanswered(super::http::short(trouble, &told)),
                answer => answer?,
            };
            if !response.good() {
                return Err(response.refusal(&told));
            }
            let status = response.judged("the page of stub_status", &told, read(&response))?;
            Ok(Reading { latency: Some(response.took), ..self.judge(&status) })
        })
    }
}

impl Nginx {
    fn judge(&self, status: &Status) -> Reading {
        let active = status.active as f64;
        let verdict = self.limits.judge(active);
        let mut message = format!("{} open connections{}, {} idle", figure(active), verdict.why, status.waiting);
        // Since its start: when its workers had no connection left.
        let dropped = status.accepted.saturating_sub(status.handled);
        if dropped > 0 {
            message += &format!("; {dropped} of {} dropped since it started", status.accepted);
        }
        Reading {
            value: Some(active),
            unit: Some("connections".to_owned()),
            limit: self.limits.ahead(active),
            ..judged(verdict.state, message, None)
        }
    }
}

fn read(response: &Response) -> Result<Status, Fault> {
    let text = std::str::from_utf8(&response.body).map_err(|_| Fault::NotText)?;
    status(text).ok_or_else(|| Fault::Other("its four lines are not there".to_owned()))
}

/// `Active connections: 2`, a heading, ` 7 7 9`, `Reading: 0 Writing: 1 Waiting: 1`
fn status(text: &str) -> Option<Status> {
    let mut lines = text.lines();
    let active = lines.next()?.strip_prefix("Active connections:")?.trim().parse().ok()?;
    let totals = lines.nth(1)?;
    let mut totals = totals.split_whitespace().map(str::parse);
    let (accepted, handled) = (totals.next()?.ok()?, totals.next()?.ok()?);
    let waiting = lines.next()?.split_once("Waiting:")?.1.trim().parse().ok()?;
    Some(Status { active, accepted, handled, waiting })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::health::FeedState;

    const PAGE: &str = "Active connections: 291 \nserver accepts handled requests\n 16630948 16630940 31070465 \n\
        Reading: 6 Writing: 179 Waiting: 106 \n";

    #[test]
    fn the_page_is_read_and_what_was_dropped_is_told() {
        let mut problems = Problems::default();
        let node = Node::parse("{url: 'http://n/', warn_above: 200}", &mut problems).expect("is YAML");
        let fields = node.fields(&["url", "warn_above"], &mut problems).expect("a map");
        let limits = Limits::parse(&node, &fields, &mut problems).expect("limits");
        let endpoint = Endpoint { url: "http://n/".parse().expect("a URL"), access: Default::default() };
        let reading = Nginx { endpoint, limits }.judge(&status(PAGE).expect("is the page"));
        assert_eq!((reading.state, reading.value), (FeedState::Degraded, Some(291.0)));
        let wanted = "291 open connections above 200, 106 idle; 8 of 16630948 dropped since it started";
        assert_eq!(reading.message.raw(), wanted);
    }

    #[test]
    fn another_page_is_none() {
        for text in ["", "It works!", "Active connections: x", &PAGE[..60], "Active connections: 1\n\n\n\n"] {
            assert_eq!(status(text), None, "{text}");
        }
    }
}

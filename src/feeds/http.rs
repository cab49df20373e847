//! Asks an HTTP endpoint and judges its answer: status, time, text and JSON. A target that can't be reached is failing,
//! with a message that tells a name, a port, a route and a certificate apart.

mod expect;

use super::{Feed, Kind, Known, in_time, judged, unanswered};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Access, Answer, Endpoint, Ports, Request, Response};
use expect::Expect;
use std::time::Duration;

pub const KIND: Kind =
    Kind { name: "http", about: "Asks an HTTP endpoint: status, time, text and JSON of its answer", keys: KEYS, parse };

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("url", "the address", "needed"),
        FieldSpec::new("method", "`GET` or `HEAD`", "`GET`"),
        FieldSpec::new("redirects", "how many are followed, at most 20: a login page behind a redirect would pass for health", "`0`"),
        FieldSpec::map("expect", expect::KEYS),
    ],
    Access::KEYS,
];

/// More than that is no health endpoint.
const LONGEST: usize = 4 << 20;

const MOST_REDIRECTS: usize = 20;

#[derive(Debug)]
struct Http {
    endpoint: Endpoint,
    method: &'static str,
    /// None by default: a login page behind a redirect would pass for health.
    redirects: usize,
    expect: Expect,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let endpoint = Endpoint::parse(&fields, problems);
    let method = fields.get("method").map_or(Some("GET"), |node| node.read("GET or HEAD", problems, method));
    let redirects = redirects(&fields, problems);
    let expect = fields.get("expect").map_or(Some(Expect::default()), |node| Expect::parse(node, problems));
    let feed = Http { endpoint: endpoint?, method: method?, redirects: redirects?, expect: expect? };
    if feed.method == "HEAD" && feed.expect.reads_body() {
        problems.error(node.span, "the answer to HEAD has no body that could be as expected");
        return None;
    }
    Some(Box::new(feed))
}

fn method(text: &str) -> Option<&'static str> {
    ["GET", "HEAD"].into_iter().find(|method| method.eq_ignore_ascii_case(text))
}

fn redirects(fields: &Fields, problems: &mut Problems) -> Option<usize> {
    let Some(node) = fields.get("redirects") else { return Some(0) };
    let few = |text: &str| text.parse().ok().filter(|count| *count <= MOST_REDIRECTS);
    node.read("a number of at most 20", problems, few)
}

impl Feed for Http {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let request = self.request(ports, limit).await?;
            let told = request.told();
            match twice(request, ports).await {
                Ok(response) => Ok(self.judge(&response)),
                Err(trouble) => unanswered(short(trouble, &told)),
            }
        })
    }
}

impl Http {
    async fn request(&self, ports: &Ports, timeout: Duration) -> Result<Request, Trouble> {
        let Endpoint { url, access } = &self.endpoint;
        let request = Request { method: self.method, timeout, longest: LONGEST, ..Request::get(url.clone()) };
        access.onto(Request { redirects: self.redirects, ..request }, ports).await
    }

    fn judge(&self, response: &Response) -> Reading {
        match self.expect.unmet(response) {
            Some(message) => judged(FeedState::Failing, message, Some(response.took)),
            None => in_time(&response.status_line(), response.took, self.expect.within),
        }
    }
}

/// Asks once more, in the time that is left, when the connection broke: one that was kept from the last check may have
/// been closed by the other side at this very moment, which says nothing about its health.
async fn twice(request: Request, ports: &Ports) -> Result<Response, Trouble> {
    let began = ports.clock.now();
    match ports.http.observe(request.clone()).await {
        Err(trouble) if trouble.reason == Reason::Network => {
            let left = request.timeout.saturating_sub(ports.clock.now().since(began));
            ports.http.observe(Request { timeout: left, ..request }).await
        }
        answer => answer,
    }
}

/// The feed's own address says nothing new in its message.
pub fn short(mut trouble: Trouble, told: &str) -> Trouble {
    if let Some(rest) = trouble.text.raw().strip_prefix(told).and_then(|rest| rest.strip_prefix(": ")) {
        trouble.text = rest.into();
    }
    trouble
}

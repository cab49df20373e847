//! Where numbers with labels come from: a Prometheus that is asked, or a page that shows metrics.

use super::promql::{self, Query};
use super::{Known, exposition};
use crate::domain::node::{FieldSpec, Fields, Problems};
use crate::domain::trouble::Trouble;
use crate::ports::{ADDRESS, Access, Endpoint, Ports, Request, address};
use std::collections::BTreeMap;
use std::time::Duration;

/// A kind that has one takes these and what `Access` reads.
#[rustfmt::skip]
pub const KEYS: &[FieldSpec] = &[
    FieldSpec::new("source", "a Prometheus, by the name of its source", "one of `source`, `url`, `page`"),
    FieldSpec::new("url", "a Prometheus, by its address", "one of `source`, `url`, `page`"),
    FieldSpec::new("page", "an address that shows metrics: what is asked for are their names then, and no queries", "one of `source`, `url`, `page`"),
];

pub enum Origin {
    Prometheus(Endpoint),
    Page(Endpoint),
}

/// Labels and values.
pub type Rows = Vec<(BTreeMap<String, String>, f64)>;

impl Origin {
    pub fn parse(fields: &Fields, known: &Known, problems: &mut Problems) -> Option<Self> {
        match fields.get("page") {
            Some(page) => {
                let (url, access) = (page.read(ADDRESS, problems, address), Access::parse(fields, problems));
                Some(Self::Page(Endpoint { url: url?, access: access? }))
            }
            None => promql::endpoint(fields, known, problems).map(Self::Prometheus),
        }
    }

    /// The answer to a query, or the series of a metric by its name.
    pub async fn rows(&self, what: &str, ports: &Ports, limit: Duration) -> Result<Rows, Trouble> {
        match self {
            Self::Prometheus(endpoint) => Query { endpoint: endpoint.clone(), text: what.to_owned() }.rows(ports, limit).await,
            Self::Page(endpoint) => {
                let request = endpoint.access.onto(Request::get(endpoint.url.clone()), ports).await?;
                let told = request.told();
                let response = ports.http.observe(Request { timeout: limit, ..exposition::asking(request) }).await?;
                match response.good() {
                    true => response.judged("metrics", &told, exposition::read(&response, what)).map(|found| found.samples),
                    false => Err(response.refusal(&told)),
                }
            }
        }
    }
}

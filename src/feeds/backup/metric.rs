//! A metric that says when the last backup was complete, as exporters of backup tools and scripts for the node exporter write it. It
//! knows the newest of each series alone: retention and sizes of the past are not seen.

use crate::domain::backup::Backup;
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::trouble::{Reason, Trouble};
use crate::feeds::Known;
use crate::feeds::gauge::series;
use crate::feeds::origin::Origin;
use crate::ports::{Access, Ports};
use chrono::DateTime;
use std::time::Duration;

#[rustfmt::skip]
pub const KEYS: &[FieldSpec] = &[
    FieldSpec::new("source", "a Prometheus, by the name of its source; `at` and `bytes` are queries", "one of `source`, `url`, `page`"),
    FieldSpec::new("url", "the same by its address", "one of `source`, `url`, `page`"),
    FieldSpec::new("page", "an address that shows metrics; `at` and `bytes` are their names", "one of `source`, `url`, `page`"),
    FieldSpec::new("at", "the time of the last backup, in seconds since 1970; of several series the oldest counts", "needed"),
    FieldSpec::new("bytes", "its size", "none"),
    Access::HEADERS,
    Access::BASIC,
    Access::BEARER,
    Access::TLS,
];

pub struct Metric {
    origin: Origin,
    /// Seconds since 1970; zero where there is none yet.
    at: String,
    bytes: Option<String>,
}

impl Metric {
    pub fn parse(node: &Node, known: &Known, problems: &mut Problems) -> Option<Self> {
        let fields = node.fields(&FieldSpec::keys(KEYS), problems)?;
        let origin = Origin::parse(&fields, known, problems);
        let at = fields.need("at", problems).and_then(|node| node.text(problems)).map(str::to_owned);
        let bytes = fields.get("bytes").map_or(Some(None), |node| node.text(problems).map(|text| Some(text.to_owned())));
        Some(Self { origin: origin?, at: at?, bytes: bytes? })
    }

    /// Where the metric has several series the one whose last backup is the oldest: it is the one that would be missed.
    pub async fn look(&self, ports: &Ports, limit: Duration) -> Result<Vec<Backup>, Trouble> {
        let rows = self.origin.rows(&self.at, ports, limit).await?;
        let Some((labels, at)) = rows.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)) else { return Ok(Vec::new()) };
        if at == 0.0 {
            return Ok(Vec::new());
        }
        let name = series(&labels);
        let sized = match &self.bytes {
            Some(what) => self.origin.rows(what, ports, limit).await?,
            None => Vec::new(),
        };
        let unnamed = |mut labels: std::collections::BTreeMap<String, String>| {
            labels.remove("__name__");
            labels
        };
        let of = unnamed(labels);
        let bytes = sized.into_iter().find(|(labels, _)| unnamed(labels.clone()) == of).map(|(_, bytes)| bytes);
        let nonsense = || Trouble::new(Reason::Nonsense, format!("{name}: {at} is no time in seconds since 1970"));
        let at = Some(at).filter(|at| (0.0..1e11).contains(at)).and_then(|at| DateTime::from_timestamp(at as i64, 0));
        Ok(vec![Backup::new(name.clone(), at.ok_or_else(nonsense)?, bytes)])
    }
}

//! Prometheus itself: an address for `promql` feeds. It lists no alerts: those that fire reach the queue by the
//! Alertmanager that it sends them to.

use super::{Kind, Source};
use crate::domain::act::{Act, ActEnd, ActKind, Found, Outcome};
use crate::domain::alert::{Alert, Snapshot};
use crate::domain::entry::Intent;
use crate::domain::ids::SourceName;
use crate::domain::node::{Node, Problems};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Endpoint, Ports};
use std::sync::Arc;
use std::time::Duration;

pub const KIND: Kind =
    Kind { name: "prometheus", about: "Prometheus: the address that `promql` feeds ask; it lists no alerts of its own", parse };

struct Prometheus(Endpoint);

fn parse(_name: &SourceName, node: &Node, problems: &mut Problems) -> Option<Box<dyn Source>> {
    let fields = node.fields(&Endpoint::KEYS, problems)?;
    Some(Box::new(Prometheus(Endpoint::parse(&fields, problems)?)))
}

impl Source for Prometheus {
    fn acts(&self) -> &'static [ActKind] {
        &[]
    }

    fn queries(&self) -> Option<Endpoint> {
        Some(self.0.clone())
    }

    /// The cheapest query there is: does it answer any?
    fn fetch<'a>(&'a self, _: &'a [Arc<Alert>], ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Snapshot, Trouble>> {
        Box::pin(async move {
            let mut request = self.0.get("api/v1/query", ports).await?;
            request.url.set_query(Some("query=1"));
            request.timeout = limit;
            let told = request.told();
            let response = ports.http.observe(request).await?;
            if response.good() && !response.is_page() {
                return Ok(Snapshot { complete: true, ..Snapshot::default() });
            }
            Err(response.refusal(&told))
        })
    }

    fn act<'a>(&'a self, _act: &'a Act, _intent: Intent, _ports: &'a Ports) -> Answer<'a, ActEnd> {
        Box::pin(async { ActEnd { outcome: Outcome::Failed, detail: NO_ACTS.into(), made: None } })
    }

    fn find<'a>(&'a self, _act: &'a Act, _intent: Intent, _ports: &'a Ports) -> Answer<'a, Result<Found, Trouble>> {
        Box::pin(async { Err(Trouble::new(Reason::Local, NO_ACTS)) })
    }
}

const NO_ACTS: &str = "Prometheus has nothing that could be acted on; nothing was sent";

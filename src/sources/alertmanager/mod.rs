//! Prometheus Alertmanager, API v2: the alerts and silences of one or more peers that gossip, merged into one queue.
//! Owns addresses and credentials; knows neither intervals nor what became of an alert.
//!
//! Alerts are not gossiped, silences are: every peer is asked, and a write goes to one peer only, where it is read back.

mod acts;
mod clocks;
mod groups;
mod heard;
mod line;
mod merge;
mod page;
mod peer;
mod pool;
mod times;
mod wire;

use super::{Kind, Source};
use crate::domain::act::{Act, ActEnd, ActKind, Found};
use crate::domain::alert::{Alert, Labels, Route, Snapshot};
use crate::domain::entry::Intent;
use crate::domain::ids::SourceName;
use crate::domain::node::{FieldSpec, Fields, Node, Problems, Value};
use crate::domain::settings::Carry;
use crate::domain::trouble::Trouble;
use crate::ports::{ADDRESS, Access, Answer, Ports, address};
pub(super) use clocks::Clocks;
pub(super) use heard::Heard;
pub(super) use line::Lines;
use std::slice;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

pub const KIND: Kind = Kind {
    name: "alertmanager",
    about: "Prometheus Alertmanager, API v2: alerts and silences of one or more peers",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
pub const ACK: &[FieldSpec] = &[
    FieldSpec::new("carry", "`silence`: an acknowledgement also becomes a silence of at most 15 minutes there, extended while the alert fires and the acknowledgement lasts, and made anew where the server has lost it; `none`", "`none`"),
    FieldSpec::new("prefix", "what the comment of that silence begins with", "`ACK!`"),
];

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("urls", "addresses of the peers of one cluster, one or a list", "needed"),
        FieldSpec::new("filter", "matchers that the server keeps alerts by, as in `amtool`: `severity=\"critical\"`; one or a list, all must hold", "all alerts"),
        FieldSpec::new("receiver", "an expression: only alerts for such receivers", "all"),
        FieldSpec::new("ignore_labels", "labels that tell replicas apart and not alerts", "none"),
        FieldSpec::map("ack", ACK),
        FieldSpec::new("page", "whom `midwatch page` can have called: names, and for each the labels by which the routes know them", "nobody"),
    ],
    Access::KEYS,
];

/// One source: a single Alertmanager or a cluster of them, or what speaks as one.
pub struct Alertmanager {
    pub(super) name: SourceName,
    /// Base addresses of the peers, without `/api/v2`.
    pub(super) urls: Vec<Url>,
    pub(super) access: Access,
    /// What every question for alerts carries: `filter` and `receiver`.
    pub(super) query: Vec<(&'static str, String)>,
    /// Labels that tell replicas apart and not alerts; taken off before alerts are compared.
    pub(super) ignored: Vec<String>,
    pub(super) carry: Option<Carry>,
    /// Whom it can page, and the labels by which its routes know them.
    pub(super) pages: Vec<(String, Labels)>,
    /// Its status says since when it runs, and in which version. Grafana's says neither.
    pub(super) has_status: bool,
    pub(super) clocks: Clocks,
    pub(super) lines: Lines,
    pub(super) heard: Heard,
}

impl Source for Alertmanager {
    fn acts(&self) -> &'static [ActKind] {
        if self.pages.is_empty() {
            &[ActKind::Silence, ActKind::Expire]
        } else {
            &[ActKind::Silence, ActKind::Expire, ActKind::Page]
        }
    }

    fn carry(&self) -> Option<Carry> {
        self.carry.clone()
    }

    fn pages(&self) -> Vec<String> {
        self.pages.iter().map(|(to, _)| to.clone()).collect()
    }

    fn silences_at(&self) -> Option<String> {
        self.urls.first().map(|url| url.as_str().trim_end_matches('/').to_owned())
    }

    fn routes<'a>(
        &'a self,
        alert: &'a Alert,
        ports: &'a Ports,
        limit: Duration,
    ) -> Option<Answer<'a, Result<Vec<Route>, Trouble>>> {
        Some(Box::pin(groups::routes(self, alert, ports, limit)))
    }

    fn fetch<'a>(&'a self, before: &'a [Arc<Alert>], ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Snapshot, Trouble>> {
        Box::pin(merge::fetch(self, before, ports, limit))
    }

    fn act<'a>(&'a self, act: &'a Act, intent: Intent, ports: &'a Ports) -> Answer<'a, ActEnd> {
        Box::pin(acts::act(self, act, intent, ports))
    }

    fn find<'a>(&'a self, act: &'a Act, intent: Intent, ports: &'a Ports) -> Answer<'a, Result<Found, Trouble>> {
        Box::pin(acts::find(self, act, intent, ports))
    }
}

fn parse(name: &SourceName, node: &Node, problems: &mut Problems) -> Option<Box<dyn Source>> {
    if let Value::Scalar { text, .. } = &node.value {
        // What may be a password or a token is not said again.
        let shown = if text.contains(['@', '?']) { "http://am:9093" } else { text };
        let help = format!("write alertmanager: {{urls: [\"{shown}\"]}}");
        problems.error_with_help(node.span, "an Alertmanager is a map of keys, `urls` first of all", help);
        return None;
    }
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let urls = fields.need("urls", problems).and_then(|node| urls(node, problems));
    let access = Access::parse(&fields, problems);
    let query = query(&fields, problems);
    let ignored = fields.get("ignore_labels").map_or(Some(Vec::new()), |node| node.texts(problems));
    let carry = fields.get("ack").map_or(Some(None), |node| carry(node, problems));
    let pages = fields.get("page").map_or(Some(Vec::new()), |node| page::parse(node, problems));
    let (clocks, lines, heard) = Default::default();
    let (name, urls, access, query, ignored) = (name.clone(), urls?, access?, query?, ignored?);
    let (carry, pages, has_status) = (carry?, pages?, true);
    Some(Box::new(Alertmanager { name, urls, access, query, ignored, carry, pages, has_status, clocks, lines, heard }))
}

/// A list of base addresses, or a single one.
fn urls(node: &Node, problems: &mut Problems) -> Option<Vec<Url>> {
    let items = match &node.value {
        Value::Seq(items) if items.is_empty() => {
            problems.error(node.span, "`urls` names no Alertmanager");
            return None;
        }
        Value::Seq(items) => items,
        _ => slice::from_ref(node),
    };
    // All of them are read before one of them fails.
    let read: Vec<_> = items.iter().map(|item| base(item, problems)).collect();
    read.into_iter().collect()
}

/// Without `/api/v2`, and without credentials in it.
pub fn base(node: &Node, problems: &mut Problems) -> Option<Url> {
    let mut url = node.read(ADDRESS, problems, address)?;
    if !url.username().is_empty() || url.password().is_some() {
        let help = "write basic: {user: NAME, password: {env: NAME}} beside it";
        problems.error_with_help(node.span, "an address can't hold a password", help);
        return None;
    }
    let path = url.path().trim_end_matches('/').trim_end_matches("/api/v2").to_owned();
    url.set_path(&path);
    Some(url)
}

pub fn query(fields: &Fields, problems: &mut Problems) -> Option<Vec<(&'static str, String)>> {
    let filters = fields.get("filter").map_or(Some(Vec::new()), |node| node.texts(problems));
    let receiver = fields.get("receiver").map_or(Some(None), |node| node.text(problems).map(Some));
    let mut query: Vec<_> = filters?.into_iter().map(|filter| ("filter", filter)).collect();
    query.extend(receiver?.map(|receiver| ("receiver", receiver.to_owned())));
    Some(query)
}

/// Whether acknowledgements become silences.
pub fn carry(node: &Node, problems: &mut Problems) -> Option<Option<Carry>> {
    let fields = node.fields(&FieldSpec::keys(ACK), problems)?;
    let prefix = fields.get("prefix").map_or(Some("ACK!"), |node| node.text(problems));
    let carried = fields.get("carry").map_or(Some(false), |node| {
        node.read("`silence` or `none`", problems, |text| match text {
            "silence" => Some(true),
            "none" => Some(false),
            _ => None,
        })
    });
    let prefix = prefix?.to_owned();
    Some(carried?.then_some(Carry::Silence { prefix }))
}

#[cfg(test)]
mod tests;

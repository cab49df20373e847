//! How long the survivors can carry the load: what each node carries and what it could, by Prometheus or by a page of metrics, and how
//! full the others would be without the largest. The trend of that is when they are too few.

use super::limits::figure;
use super::origin::{self, Origin, Rows};
use super::{Feed, Kind, Known, judged};
use crate::domain::health::{FeedState, Limit, Reading};
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Access, Answer, Ports};
use std::collections::BTreeMap;
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "headroom",
    about: "How full the remaining nodes would be after losing the largest, from PromQL or a page of metrics; and by trend, until when",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("load", "what each node carries", "needed"),
        FieldSpec::new("limit", "what each could, or a number that is the same for all", "needed"),
        FieldSpec::new("node", "the label that tells nodes apart; several series of one count together", "`instance`"),
        FieldSpec::new("lose", "how many nodes, the largest first", "`1`"),
        FieldSpec::new("warn", "fuller than this, in percent, is degraded", "`80`"),
        FieldSpec::new("fail", "fuller than this, in percent, is failing", "`100`"),
    ],
    origin::KEYS,
    Access::KEYS,
];

struct Headroom {
    origin: Origin,
    load: String,
    limit: Capacity,
    /// The label that tells nodes apart.
    node: String,
    /// How many nodes may be lost, the largest first.
    lose: usize,
    warn: f64,
    fail: f64,
}

/// What a node could carry: the same for each, or found as the load is.
enum Capacity {
    Each(f64),
    Found(String),
}

fn parse(node: &Node, known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let origin = Origin::parse(&fields, known, problems);
    let load = fields.need("load", problems).and_then(|node| node.text(problems)).map(str::to_owned);
    let limit = fields.need("limit", problems).and_then(|node| node.text(problems)).map(capacity);
    let name = fields.get("node").map_or(Some("instance"), |node| node.text(problems)).map(str::to_owned);
    let few = |text: &str| text.parse::<usize>().ok().filter(|lose| (1..=100).contains(lose));
    let lose = fields.get("lose").map_or(Some(1), |node| node.read("how many nodes, 1 to 100", problems, few));
    let mut share = |key: &str, usual: f64| fields.get(key).map_or(Some(usual), |node| node.read(SHARE, problems, share));
    let (warn, fail) = (share("warn", 80.0), share("fail", 100.0));
    Some(Box::new(Headroom { origin: origin?, load: load?, limit: limit?, node: name?, lose: lose?, warn: warn?, fail: fail? }))
}

/// A plain number is the same for each node.
fn capacity(text: &str) -> Capacity {
    match text.parse() {
        Ok(number) => Capacity::Each(number),
        Err(_) => Capacity::Found(text.to_owned()),
    }
}

const SHARE: &str = "percent, such as 80 or 80%";

fn share(text: &str) -> Option<f64> {
    text.trim_end_matches('%').trim().parse().ok().filter(|share| (1.0..=1000.0).contains(share))
}

impl Feed for Headroom {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let load = self.origin.rows(&self.load, ports, limit).await?;
            let capacity = match &self.limit {
                Capacity::Each(each) => load.iter().map(|(labels, _)| (labels.clone(), *each)).collect(),
                Capacity::Found(query) => self.origin.rows(query, ports, limit).await?,
            };
            Ok(self.judge(&self.by_node(load)?, &self.by_node(capacity)?))
        })
    }
}

impl Headroom {
    /// Several series of a node count together.
    fn by_node(&self, rows: Rows) -> Result<BTreeMap<String, f64>, Trouble> {
        let mut nodes = BTreeMap::new();
        for (labels, value) in rows {
            let Some(node) = labels.get(&self.node) else {
                let text = format!("a series has no label `{}` that tells nodes apart: {labels:?}", self.node);
                return Err(Trouble::new(Reason::Nonsense, text));
            };
            *nodes.entry(node.clone()).or_insert(0.0) += value;
        }
        Ok(nodes)
    }

    fn judge(&self, load: &BTreeMap<String, f64>, capacity: &BTreeMap<String, f64>) -> Reading {
        let unknown = |words: String| judged(FeedState::Unknown, words, None);
        if load.is_empty() {
            return unknown("no load found: nothing was measured".to_owned());
        }
        if let Some(node) = load.keys().find(|node| !capacity.contains_key(*node)) {
            return unknown(format!("{node} carries load, and nobody knows how much it could"));
        }
        if let Some((node, _)) = load.iter().chain(capacity).find(|(_, value)| !value.is_finite() || **value < 0.0) {
            return unknown(format!("{node}: a load or a limit that is no number"));
        }
        let mut nodes: Vec<(&String, f64)> = capacity.iter().map(|(node, could)| (node, *could)).collect();
        nodes.sort_by(|a, b| b.1.total_cmp(&a.1));
        let (all, total): (f64, f64) = (nodes.iter().map(|node| node.1).sum(), load.values().sum());
        if nodes.len() <= self.lose {
            return judged(
                FeedState::Failing,
                format!("{} nodes, and {} may be lost: none would be left", nodes.len(), self.lose),
                None,
            );
        }
        let left: f64 = nodes[self.lose..].iter().map(|node| node.1).sum();
        if left <= 0.0 {
            return unknown("what would be left could carry nothing at all".to_owned());
        }
        self.told(100.0 * total / left, 100.0 * total / all, &nodes)
    }

    /// `72 % without db-1 (3 of 4 left), 54 % now`
    fn told(&self, without: f64, now: f64, nodes: &[(&String, f64)]) -> Reading {
        let state = match without {
            full if full > self.fail => FeedState::Failing,
            full if full > self.warn => FeedState::Degraded,
            _ => FeedState::Healthy,
        };
        let lost: Vec<&str> = nodes[..self.lose].iter().map(|node| node.0.as_str()).collect();
        let of = format!("{} of {} left", nodes.len() - self.lose, nodes.len());
        let message = format!("{} % without {} ({of}), {} % now", figure(round(without)), lost.join(", "), figure(round(now)));
        let (value, limit) = (Some(without), Some(Limit::Above(self.fail)));
        Reading { value, limit, unit: Some("%".into()), ..judged(state, message, None) }
    }
}

fn round(percent: f64) -> f64 {
    (percent * 10.0).round() / 10.0
}

//! What an Uptime Kuma says about its monitors, read from its metrics. One that doesn't answer is a trouble and no verdict on them.

use super::parts::{Choice, Part, worst};
use super::{Feed, Kind, Known, exposition, judged};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::trouble::Trouble;
use crate::ports::{Access, Answer, Endpoint, Ports, Request};
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "uptime-kuma",
    about: "The monitors of an Uptime Kuma: up, down, being tried again, in maintenance",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        Endpoint::URL,
        FieldSpec::new("monitors", "names, or `~` and an expression; the worst counts, and one that it doesn't have is unknown", "all"),
    ],
    Access::KEYS,
];

struct Kuma {
    endpoint: Endpoint,
    monitors: Choice,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let endpoint = Endpoint::parse(&fields, problems);
    let monitors = Choice::parse("monitors", &fields, problems);
    Some(Box::new(Kuma { endpoint: endpoint?, monitors: monitors? }))
}

impl Feed for Kuma {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let request = exposition::asking(self.endpoint.get("metrics", ports).await?);
            let told = request.told();
            let response = ports.http.observe(Request { timeout: limit, ..request }).await?;
            if !response.good() {
                return Err(response.refusal(&told));
            }
            let found = response.judged("Uptime Kuma's metrics", &told, exposition::read(&response, "monitor_status"))?;
            let monitors = found
                .samples
                .into_iter()
                .map(|(mut labels, value)| part(labels.remove("monitor_name").unwrap_or_default(), value));
            Ok(Reading { latency: Some(response.took), ..self.judge(&monitors.collect::<Vec<_>>()) })
        })
    }
}

fn part(name: String, value: f64) -> Part {
    let (state, words) = match value {
        0.0 => (FeedState::Failing, "down"),
        1.0 => (FeedState::Healthy, "up"),
        2.0 => (FeedState::Degraded, "being tried again"),
        3.0 => (FeedState::Maintenance, "in maintenance"),
        _ => (FeedState::Unknown, "in a state that is not known"),
    };
    Part { name, state, words: words.to_owned() }
}

impl Kuma {
    fn judge(&self, parts: &[Part]) -> Reading {
        match self.monitors.absent(parts.iter().map(|part| part.name.as_str())) {
            Some(absent) => judged(FeedState::Unknown, format!("it has no monitor `{absent}`"), None),
            None => worst(parts.iter().filter(|part| self.monitors.has(&part.name)), "monitors"),
        }
    }
}

//! Health feeds: one file per kind, one line in `KINDS`; `exposition`, `gauge`, `limits` and `parts` are what several kinds share.
//! A feed does one check with the ports it is handed; interval, jitter, backoff, deadline, concurrency and cancellation belong to
//! `runtime::poller`.

mod backup;
mod changes;
mod dns;
mod exposition;
mod gatus;
mod gauge;
mod haproxy;
mod headroom;
mod host;
mod http;
mod limits;
mod metrics;
mod nginx;
mod parts;
mod plugin;
mod postgres;
mod promql;
mod redis;
mod statuspage;
mod systemd;
mod tcp;
mod tls;
mod uptime_kuma;

use crate::domain::health::{FeedState, Reading};
use crate::domain::ids::SourceName;
use crate::domain::node::{Node, Problems};
use crate::domain::text::Outside;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Endpoint, Ports};
use std::time::Duration;

pub trait Feed: Send + Sync {
    /// One check. What the target answered, good or bad, is a reading; not having been able to ask is the trouble.
    /// (A refused connection is a reading of a TCP feed: the target is down. A missing plugin is a trouble.) A target that
    /// hasn't answered within `limit` is judged by the feed; later than that the poller cuts it off.
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>>;
}

/// Sources that a feed may name instead of an address: those whose `Source::queries` gives one.
pub type Known = std::collections::BTreeMap<SourceName, Endpoint>;

/// A kind of feed, as configuration, help and docs see it.
pub struct Kind {
    /// The key that selects it in the configuration.
    pub name: &'static str,
    /// One sentence for help and docs.
    pub about: &'static str,
    pub parse: fn(&Node, &Known, &mut Problems) -> Option<Box<dyn Feed>>,
}

/// Every kind, sorted by name.
pub const KINDS: &[Kind] = &[
    backup::KIND,
    changes::KIND,
    dns::KIND,
    gatus::KIND,
    haproxy::KIND,
    headroom::KIND,
    host::KIND,
    http::KIND,
    metrics::KIND,
    nginx::KIND,
    plugin::KIND,
    postgres::KIND,
    promql::KIND,
    redis::KIND,
    statuspage::KIND,
    systemd::KIND,
    tcp::KIND,
    tls::KIND,
    uptime_kuma::KIND,
];

/// A reading that measured nothing but time.
fn judged(state: FeedState, message: impl Into<Outside>, latency: Option<Duration>) -> Reading {
    Reading { latency, ..Reading::new(state, message) }
}

/// What a target that gave no answer is: failing. What we lack ourselves says nothing about the target and stays a trouble.
fn unanswered(trouble: Trouble) -> Result<Reading, Trouble> {
    match trouble.reason {
        Reason::Local => Err(trouble),
        reason => Ok(Reading { unanswered: Some(reason), ..judged(FeedState::Failing, trouble.text, None) }),
    }
}

/// A good answer, unless it took longer than it should.
fn in_time(message: &str, took: Duration, within: Option<Duration>) -> Reading {
    match within.filter(|within| took > *within) {
        Some(within) => {
            let (took_ms, within) = (took.as_millis(), humantime::format_duration(within));
            judged(FeedState::Degraded, format!("{message} after {took_ms} ms, expected within {within}"), Some(took))
        }
        None => judged(FeedState::Healthy, message, Some(took)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_unique_and_documented() {
        assert!(KINDS.is_sorted_by(|a, b| a.name < b.name));
        assert!(KINDS.iter().all(|kind| kind.about.len() > 20 && !kind.about.ends_with('.')));
    }
}

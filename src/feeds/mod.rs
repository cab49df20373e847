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
pub mod heartbeat;
mod host;
mod http;
mod limits;
mod metrics;
mod nginx;
mod origin;
mod parts;
mod ping;
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
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::stamp::Stamp;
use crate::domain::text::Outside;
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Endpoint, Listen, Ports};
use heartbeat::Kept;
use std::collections::BTreeMap;
use std::time::Duration;

pub trait Feed: Send + Sync {
    /// One check. What the target answered, good or bad, is a reading; not having been able to ask is the trouble.
    /// (A refused connection is a reading of a TCP feed: the target is down. A missing plugin is a trouble.) A target that
    /// hasn't answered within `limit` is judged by the feed; later than that the poller cuts it off.
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>>;

    /// Where others call it, for a feed that waits to be called.
    fn called(&self) -> Option<&dyn Called> {
        None
    }
}

/// A feed that others call. The runtime owns the socket, checks token and size, and keeps what has to be kept.
pub trait Called: Send + Sync {
    fn listen(&self) -> &Listen;

    /// A socket of this process takes its calls from now on, or no longer.
    fn opened(&self, open: bool, now: Stamp);

    /// This process is awake and listens; told again and again, so that it is seen when it was not.
    fn awake(&self, now: Stamp);

    /// Somebody calls.
    fn call(&self, now: Stamp);

    /// What a later process has to know; `None` before the first call.
    fn kept(&self, now: Stamp) -> Option<Kept>;

    /// What an earlier process kept.
    fn remember(&self, kept: Kept, now: Stamp);

    /// What it knows, for another process that does not listen itself.
    fn tell(&self, now: Stamp) -> Vec<u8>;

    /// What the feed of this name told that was configured here until now.
    fn inherit(&self, told: &[u8], now: Stamp);
}

/// What a kind may want to know besides its own keys.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The name of the feed.
    pub feed: &'a str,
    /// Sources that a feed may name instead of an address: those whose `Source::queries` gives one.
    pub sources: &'a BTreeMap<SourceName, Endpoint>,
}

/// A kind of feed, as configuration, help and docs see it.
pub struct Kind {
    /// The key that selects it in the configuration.
    pub name: &'static str,
    /// One sentence for help and docs.
    pub about: &'static str,
    /// What may stand under that key; in groups, of which several kinds may have the same.
    pub keys: &'static [&'static [FieldSpec]],
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
    heartbeat::KIND,
    host::KIND,
    http::KIND,
    metrics::KIND,
    nginx::KIND,
    ping::KIND,
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

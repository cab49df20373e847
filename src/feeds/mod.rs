//! Health feeds: one file per kind, one line in `KINDS`. A feed does one check with the ports it is handed; interval,
//! jitter, backoff, deadline, concurrency and cancellation belong to `runtime::poller`.

use crate::domain::health::Reading;
use crate::domain::ids::SourceName;
use crate::domain::node::{Node, Problems};
use crate::domain::trouble::Trouble;
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
pub const KINDS: &[Kind] = &[];

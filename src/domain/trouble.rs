//! Why something outside could not be asked.

use super::text::Outside;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// The sort of failure: decides what the operator is told to do and whether a repeat is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Nothing listens there.
    Refused,
    /// The name does not resolve.
    Dns,
    /// The route, the connection or the stream broke.
    Network,
    /// No answer before the deadline.
    Timeout,
    /// The certificate or the handshake was not acceptable.
    Tls,
    /// 401 or 403: who we are, or what we may do, was refused.
    Denied,
    /// 429: too many requests.
    Limited,
    /// Another answer that says no; the text has the status.
    Status,
    /// The answer is too large.
    TooLarge,
    /// The answer is not what this system sends: HTML, cut short, another schema.
    Nonsense,
    /// Nothing was asked: read-only, a drill, or a missing local thing.
    Local,
}

impl Reason {
    /// Nobody was there to say yes or no.
    pub fn is_unreached(self) -> bool {
        matches!(self, Self::Refused | Self::Dns | Self::Network | Self::Timeout | Self::Tls)
    }
}

/// One failure, with the remote's own words where it had any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    pub reason: Reason,
    /// One sentence: what was asked and what came back.
    pub text: Outside,
    /// The remote said when to come back.
    pub retry_after: Option<Duration>,
    /// The request may have reached the remote and taken effect.
    pub sent: bool,
}

impl Trouble {
    pub fn new(reason: Reason, text: impl Into<Outside>) -> Self {
        Self { reason, text: text.into(), retry_after: None, sent: false }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text.inert())
    }
}

impl std::error::Error for Trouble {}

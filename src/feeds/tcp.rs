//! Does something listen there?

use super::{Feed, Kind, Known, in_time, unanswered};
use crate::domain::health::Reading;
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::trouble::Trouble;
use crate::ports::{Answer, Ports};
use std::time::Duration;

pub const KIND: Kind =
    Kind { name: "tcp", about: "Opens a TCP connection and closes it: does something listen there", keys: KEYS, parse };

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("address", "`host:port`", "needed"),
        FieldSpec::new("within", "slower is degraded", "none"),
    ],
];

#[derive(Debug)]
struct Tcp {
    address: String,
    within: Option<Duration>,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let address = fields.need("address", problems).and_then(|node| node.read("host:port", problems, address));
    let within = fields.get("within").map_or(Some(None), |node| node.duration(problems).map(Some));
    Some(Box::new(Tcp { address: address?, within: within? }))
}

/// `host:port`; the host of an IPv6 address stands in brackets.
pub fn address(text: &str) -> Option<String> {
    let (host, port) = text.rsplit_once(':')?;
    let bare = !host.contains(':') || host.starts_with('[') && host.ends_with(']');
    let named = !host.is_empty() && bare && !host.contains(['/', '@', ' ']);
    (named && port.parse::<u16>().is_ok_and(|port| port > 0)).then(|| text.to_owned())
}

impl Feed for Tcp {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            match ports.net.connect(&self.address, limit).await {
                Ok((_, took)) => Ok(in_time("connected", took, self.within)),
                Err(trouble) => unanswered(short(trouble, &self.address)),
            }
        })
    }
}

/// The feed's own address says nothing new in its message; the one that its name led to does.
pub fn short(mut trouble: Trouble, address: &str) -> Trouble {
    let Some(rest) = trouble.text.raw().strip_prefix(address) else { return trouble };
    let text = match rest.trim_start().strip_prefix('(').and_then(|rest| rest.split_once("): ")) {
        Some((peer, what)) if peer == address => what.to_owned(),
        Some((peer, what)) => format!("{peer}: {what}"),
        None => rest.trim_start_matches([':', ' ']).to_owned(),
    };
    trouble.text = text.into();
    trouble
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for good in ["db-1:5432", "127.0.0.1:1", "[::1]:65535", "[fe80::1%eth0]:80"] {
            assert_eq!(address(good).as_deref(), Some(good));
        }
        for bad in ["db-1", ":5432", "db-1:0", "db-1:70000", "::1:80", "http://db-1:80", "db-1:http", "db 1:80"] {
            assert_eq!(address(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_message_names_only_what_the_feed_does_not() {
        let short = |text: &str| short(Trouble::new(crate::domain::trouble::Reason::Refused, text), "db-1:80").to_string();
        assert_eq!(short("db-1:80 (10.0.0.3:80): connection refused"), "10.0.0.3:80: connection refused");
        assert_eq!(short("db-1:80 (db-1:80): connection refused"), "connection refused");
        assert_eq!(short("db-1:80: the name has no address"), "the name has no address");
    }
}

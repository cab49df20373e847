//! Does a host answer echo requests of ICMP, how many of them, and how fast? It says that the host and the way to it are there, and
//! nothing of what runs on it.

use super::{Feed, Kind, Known, judged, unanswered};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Echoes, Ports};
use std::net::Ipv6Addr;
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "ping",
    about: "Echo requests (ICMP) to a host: does it answer, how many of them, and how fast",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("host", "a name, or an address of IPv4 or IPv6", "needed"),
        FieldSpec::new("count", "how many requests, 1 to 20", "`3`"),
        FieldSpec::new("within", "slower than this is degraded", "no limit"),
    ],
];

#[derive(Debug)]
struct Ping {
    host: String,
    count: u16,
    within: Option<Duration>,
}

/// More than these are no question but a load.
const MOST: u16 = 20;

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let host = fields.need("host", problems).and_then(|node| node.read("a name or an address, without a port", problems, host));
    let few = |text: &str| text.parse().ok().filter(|count| (1..=MOST).contains(count));
    let count = fields.get("count").map_or(Some(3), |node| node.read(&format!("a number from 1 to {MOST}"), problems, few));
    let within = fields.get("within").map_or(Some(None), |node| node.duration(problems).map(Some));
    Some(Box::new(Ping { host: host?, count: count?, within: within? }))
}

fn host(text: &str) -> Option<String> {
    let address = text.parse::<Ipv6Addr>().is_ok();
    let name = !text.is_empty() && !text.contains(|c: char| ":/@[]".contains(c) || c.is_whitespace());
    (address || name).then(|| text.to_owned())
}

impl Feed for Ping {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            match ports.net.echo(&self.host, self.count, limit).await {
                Ok(echoes) => Ok(self.judge(&echoes, limit)),
                // What the kernel refuses says nothing about the host, and only somebody else can mend it.
                Err(trouble) if trouble.reason == Reason::Denied => Ok(judged(FeedState::Unknown, trouble.text, None)),
                Err(trouble) => unanswered(super::tcp::short(trouble, &self.host)),
            }
        })
    }
}

impl Ping {
    fn judge(&self, echoes: &Echoes, limit: Duration) -> Reading {
        let (came, sent) = (echoes.took.len(), usize::from(echoes.sent));
        let mut took = echoes.took.clone();
        took.sort_unstable();
        let Some(middle) = took.get(came / 2).copied() else {
            let waited = humantime::format_duration(limit);
            let silent = format!("none of {sent} requests was answered within {waited}");
            return Reading { unanswered: Some(Reason::Timeout), ..judged(FeedState::Failing, silent, None) };
        };
        let told = format!("{came} of {sent} answered, in {}", millis(middle));
        let late = self.within.filter(|within| middle > *within);
        let (state, message) = match late {
            Some(within) => (FeedState::Degraded, format!("{told}, expected within {}", humantime::format_duration(within))),
            None if came < sent => (FeedState::Degraded, told),
            None => (FeedState::Healthy, told),
        };
        judged(state, message, Some(middle))
    }
}

fn millis(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_or_slow_is_degraded_and_silence_fails() {
        let ping = Ping { host: "db-1".to_owned(), count: 3, within: Some(Duration::from_millis(20)) };
        let judge = |took: &[u64]| {
            let took = took.iter().map(|ms| Duration::from_millis(*ms)).collect();
            let reading = ping.judge(&Echoes { peer: Ipv6Addr::LOCALHOST.into(), sent: 3, took }, Duration::from_secs(1));
            (reading.state, reading.message.raw().to_owned(), reading.latency.map(|took| took.as_millis()))
        };
        assert_eq!(judge(&[9, 1, 90]), (FeedState::Healthy, "3 of 3 answered, in 9.0 ms".into(), Some(9)));
        assert_eq!(judge(&[9, 1]), (FeedState::Degraded, "2 of 3 answered, in 9.0 ms".into(), Some(9)));
        assert_eq!(judge(&[21, 22, 1]).1, "3 of 3 answered, in 21.0 ms, expected within 20ms");
        assert_eq!(judge(&[21, 22, 1]).0, FeedState::Degraded);
        assert_eq!(judge(&[]), (FeedState::Failing, "none of 3 requests was answered within 1s".into(), None));
    }

    #[test]
    fn a_host_has_no_port() {
        for good in ["db-1", "db-1.example.org", "10.0.0.1", "::1", "fe80::1"] {
            assert_eq!(host(good).as_deref(), Some(good));
        }
        for bad in ["", "db-1:80", "[::1]", "http://db-1", "db 1", "ana@db-1"] {
            assert_eq!(host(bad), None, "{bad}");
        }
    }
}

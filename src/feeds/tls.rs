//! The certificate that a server shows: whether it is trusted, for its name, and for how long. Expired, not valid yet, self-signed,
//! of another name and of an authority that is not trusted are told apart.

mod starttls;
mod validity;

use super::{Feed, Kind, Known, judged, unanswered};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Ports, Shown, Tls};
use chrono::{DateTime, Utc};
use starttls::Protocol;
use std::time::Duration;
use tokio::time::timeout;
use validity::Validity;

pub const KIND: Kind = Kind {
    name: "tls",
    about: "The certificate that a server shows: trusted, for its name, and for how long still",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("address", "`host:port`", "needed"),
        FieldSpec::new("name", "the name that the certificate must be for", "the host"),
        FieldSpec::new("starttls", "`smtp`, `imap` or `postgres`: what is spoken before the handshake", "nothing"),
        FieldSpec::new("warn", "less time left is degraded", "`14days`"),
        FieldSpec::new("fail", "less time left is failing", "`3days`"),
        FieldSpec::new("tls", "what is trusted: [`tls`](#tls); with `insecure` the time alone counts", "none"),
    ],
];

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Watch {
    address: String,
    /// The name that the certificate must be for.
    name: String,
    tls: Tls,
    /// What is spoken before the handshake.
    first: Option<Protocol>,
    /// Less time than this is degraded.
    warn: Duration,
    /// Less time than this is failing.
    fail: Duration,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let address = fields.need("address", problems).and_then(|node| node.read("host:port", problems, super::tcp::address));
    let name = fields.get("name").map_or(Some(None), |node| node.text(problems).map(Some));
    let tls = fields.get("tls").map_or(Some(Tls::default()), |node| Tls::parse(node, problems));
    let protocol =
        |node: &Node, problems: &mut Problems| node.read("smtp, imap or postgres", problems, Protocol::parse).map(Some);
    let first = fields.get("starttls").map_or(Some(None), |node| protocol(node, problems));
    let (warn, fail) = (span(&fields, "warn", 14 * DAY, problems), span(&fields, "fail", 3 * DAY, problems));
    let (address, warn, fail) = (address?, warn?, fail?);
    if warn < fail {
        problems.error(node.span, "`warn` is a longer time than `fail`");
        return None;
    }
    let name = name?.map_or_else(|| host(&address).to_owned(), str::to_owned);
    Some(Box::new(Watch { address, name, tls: tls?, first: first?, warn, fail }))
}

fn span(fields: &Fields, key: &str, default: Duration, problems: &mut Problems) -> Option<Duration> {
    fields.get(key).map_or(Some(default), |node| node.duration(problems))
}

/// Without the port, and without the brackets of an IPv6 address.
pub fn host(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']'])
}

impl Feed for Watch {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let began = ports.clock.now();
            let late = |_| Trouble::new(Reason::Timeout, format!("no handshake within {}", humantime::format_duration(limit)));
            match timeout(limit, self.shown(ports, limit)).await.map_err(late).flatten() {
                Ok(shown) => {
                    let now = ports.clock.now();
                    Ok(Reading { latency: Some(now.since(began)), ..self.judge(&shown, now.wall) })
                }
                Err(trouble) => unanswered(super::tcp::short(trouble, &self.address)),
            }
        })
    }
}

impl Watch {
    async fn shown(&self, ports: &Ports, limit: Duration) -> Result<Shown, Trouble> {
        let stream = ports.net.open(&self.address, limit).await?;
        let stream = match self.first {
            Some(protocol) => starttls::begin(protocol, stream).await?,
            None => stream,
        };
        ports.net.handshake(stream, &self.name, &self.tls).await
    }

    fn judge(&self, shown: &Shown, now: DateTime<Utc>) -> Reading {
        let Some(Validity { begins, ends, own }) = shown.chain.first().and_then(|leaf| validity::read(leaf)) else {
            return judged(FeedState::Failing, "what it shows is no certificate that can be read", None);
        };
        let failing = |message: String| judged(FeedState::Failing, message, None);
        let reading = match &shown.distrust {
            _ if now < begins => failing(format!("not valid before {}; is the clock right?", day(begins))),
            _ if ends <= now => failing(format!("expired on {}", day(ends))),
            Some(_) if own && !self.tls.insecure => {
                failing("self-signed: no authority vouches for it; name it in `tls.ca` if it should be trusted".to_owned())
            }
            Some(why) if !self.tls.insecure => failing(why.clone()),
            _ => self.left(ends, (ends - now).to_std().unwrap_or_default()),
        };
        let days = (ends - now).as_seconds_f64() / DAY.as_secs_f64();
        Reading { value: Some((days * 100.0).round() / 100.0), unit: Some("days".to_owned()), ..reading }
    }

    fn left(&self, ends: DateTime<Utc>, left: Duration) -> Reading {
        let state = match left {
            left if left < self.fail => FeedState::Failing,
            left if left < self.warn => FeedState::Degraded,
            _ => FeedState::Healthy,
        };
        judged(state, format!("valid until {}, for {} still", day(ends), whole(left)), None)
    }
}

/// `12 days`, to the nearest as the value beside it is shown; or the hours of the last days.
fn whole(left: Duration) -> String {
    let hours = left.as_secs() / 3_600;
    if hours >= 72 { format!("{:.0} days", left.as_secs_f64() / DAY.as_secs_f64()) } else { format!("{hours} h") }
}

fn day(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_that_of_the_address_unless_another_is_given() {
        assert_eq!(["db-1:5432", "127.0.0.1:443", "[::1]:443"].map(host), ["db-1", "127.0.0.1", "::1"]);
        let mut problems = Problems::default();
        let node = Node::parse("{address: 'a:443', warn: 1day, fail: 2days}", &mut problems).expect("is YAML");
        assert!(parse(&node, &Known { feed: "shop", sources: &std::collections::BTreeMap::new() }, &mut problems).is_none());
        assert_eq!(problems.list[0].message, "`warn` is a longer time than `fail`");
    }

    #[test]
    fn the_time_that_is_left_is_told_in_hours_at_the_end() {
        let nearly = 300 * DAY - Duration::from_secs(5);
        assert_eq!([nearly, 364 * DAY, 3 * DAY, 2 * DAY, DAY / 48].map(whole), ["300 days", "364 days", "3 days", "48 h", "0 h"]);
    }
}

//! What a resolver or a name server answers for one name: no such name, no record of the type, other records than the expected ones,
//! a server that fails, refuses or keeps silent are told apart. An answer that is too long for a datagram is fetched over TCP.

mod message;

use super::{Feed, Kind, Known, in_time, judged, unanswered};
use crate::domain::health::{FeedState, Reading};
use crate::domain::matcher::Matcher;
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::trouble::{Reason, Trouble};
use crate::ports::{Answer, Ports, Talk};
use bytes::Bytes;
use message::{Question, Said};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "dns",
    about: "What a DNS server answers for a name: the expected records, none, or an error of its own",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("name", "the name that is asked for; for `PTR` also an address", "needed"),
        FieldSpec::new("type", "`A`, `AAAA`, `CAA`, `CNAME`, `MX`, `NS`, `PTR`, `SOA`, `SRV` or `TXT`", "`A`"),
        FieldSpec::new("server", "who is asked, a resolver or a name server: `host` or `host:port`", "the first of `/etc/resolv.conf`"),
        FieldSpec::new("records", "what the answer has to be, one or a list: all of them and nothing else; `~` begins an expression. `10 mail.example.org` for `MX`, a `TXT` without quotes", "whatever it is"),
        FieldSpec::new("within", "slower is degraded", "none"),
    ],
];

/// Two bytes of length, and the longest message that they can tell.
const LONGEST: usize = 2 + u16::MAX as usize;
const SYSTEM: &str = "/etc/resolv.conf";

struct Dns {
    question: Question,
    /// None is the system's first one.
    server: Option<String>,
    /// The whole answer: each has to be there, and nothing else. Empty is whatever it is.
    records: Vec<Matcher>,
    within: Option<Duration>,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let sort = fields.get("type").map_or(Some(message::A), |node| node.read(message::TYPES, problems, message::sort));
    let name = fields.need("name", problems);
    let question = name.and_then(|node| node.read("the name of a host", problems, |text| Question::of(text, sort?)));
    let server = fields.get("server").map_or(Some(None), |node| node.read("host or host:port", problems, server).map(Some));
    let within = fields.get("within").map_or(Some(None), |node| node.duration(problems).map(Some));
    let records = records(&fields, problems);
    Some(Box::new(Dns { question: question?, server: server?, records: records?, within: within? }))
}

fn records(fields: &Fields, problems: &mut Problems) -> Option<Vec<Matcher>> {
    let Some(node) = fields.get("records") else { return Some(Vec::new()) };
    let texts = node.texts(problems)?;
    let as_told = |text: &str| if text.starts_with('~') { text.to_owned() } else { message::plain(text).to_owned() };
    texts.iter().map(|text| Matcher::parse(&as_told(text)).map_err(|error| problems.error(node.span, error)).ok()).collect()
}

/// With the port, which is 53 unless it is told.
fn server(text: &str) -> Option<String> {
    if let Ok(ip) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Some(std::net::SocketAddr::new(ip, 53).to_string());
    }
    super::tcp::address(text).or_else(|| super::tcp::address(&format!("{text}:53")))
}

impl Feed for Dns {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let server = self.server.clone().map_or_else(|| systems(ports), Ok)?;
            match self.ask(&server, ports, limit).await {
                Ok((bytes, took)) => {
                    let said = self.question.read(&bytes);
                    let said = said.map_err(|what| Trouble::new(Reason::Nonsense, format!("{server}: {what}")))?;
                    Ok(self.judge(&said, took))
                }
                Err(trouble) => unanswered(trouble),
            }
        })
    }
}

/// The first name server of this machine.
fn systems(ports: &Ports) -> Result<String, Trouble> {
    let text = ports.files.read(Path::new(SYSTEM), 64 << 10)?;
    let text = String::from_utf8_lossy(&text);
    let named = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver")).find_map(|rest| server(rest.trim()));
    named.ok_or_else(|| Trouble::new(Reason::Local, format!("{SYSTEM} names no name server; name one with `server`")))
}

impl Dns {
    async fn ask(&self, server: &str, ports: &Ports, limit: Duration) -> Result<(Bytes, Duration), Trouble> {
        let (id, said) = self.question.ask();
        let ours = move |bytes: &[u8]| message::answers(bytes, id);
        let talk = Talk { address: server, tls: None, said: said.clone(), longest: LONGEST, timeout: limit, done: &ours };
        // A server that the feed names is nothing new.
        let told = |trouble| if self.server.is_some() { super::tcp::short(trouble, server) } else { trouble };
        let (short, took) = ports.net.datagram(talk).await.map_err(told)?;
        if !message::is_cut(&short) {
            return Ok((short, took));
        }
        let whole = |bytes: &[u8]| message::framed(bytes).is_some();
        let said = message::frame(&said);
        let talk = Talk { address: server, tls: None, said, longest: LONGEST, timeout: limit.saturating_sub(took), done: &whole };
        let (bytes, more) = ports.net.talk(talk).await.map_err(|trouble| long(told(trouble)))?;
        let broken = || long(Trouble::new(Reason::Network, "it hung up before its answer was whole"));
        let message = message::framed(&bytes).filter(|message| message::answers(message, id)).ok_or_else(broken)?;
        Ok((bytes.slice_ref(message), took + more))
    }

    fn judge(&self, said: &Said, took: Duration) -> Reading {
        let failing = |message: String| judged(FeedState::Failing, message, Some(took));
        match said {
            Said::Refusal(words) => failing(words.clone()),
            Said::Records(found) if found.is_empty() => failing(format!("the name has no {} record", self.question.sort())),
            Said::Elsewhere(alias) => failing(format!("only an alias of {alias}, whose records it doesn't tell")),
            Said::Records(found) => match self.amiss(found) {
                Some(why) => failing(why),
                None => in_time(&listed(found), took, self.within),
            },
        }
    }

    /// What is missing of the expected records, or is none of them.
    fn amiss(&self, found: &[String]) -> Option<String> {
        let missing = self.records.iter().find(|wanted| !found.iter().any(|record| wanted.matches(record)));
        let strange = || found.iter().find(|record| !self.records.iter().any(|wanted| wanted.matches(record)));
        match (missing, self.records.is_empty()) {
            (_, true) => None,
            (Some(wanted), _) => Some(format!("{}, expected {wanted}", listed(found))),
            (None, _) => strange().map(|record| format!("{record} is none of the expected records")),
        }
    }
}

/// The first few of them.
fn listed(records: &[String]) -> String {
    const SHOWN: usize = 4;
    match records.len().saturating_sub(SHOWN) {
        0 => records.join(", "),
        more => format!("{} and {more} more", records[..SHOWN].join(", ")),
    }
}

/// That it was asked over TCP is part of what went wrong.
fn long(mut trouble: Trouble) -> Trouble {
    trouble.text = format!("the answer is too long for a datagram, and over TCP: {}", trouble.text.raw()).into();
    trouble
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amiss(records: &[&str], found: &[&str]) -> Option<String> {
        let records = records.iter().map(|text| Matcher::parse(text).expect("parses")).collect();
        let question = Question::of("a.test", message::A).expect("a name");
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        Dns { question, server: None, records, within: None }.amiss(&found)
    }

    #[test]
    fn the_expected_records_are_the_whole_answer() {
        assert_eq!(amiss(&[], &["10.0.0.1"]), None);
        assert_eq!(amiss(&["10.0.0.2", "10.0.0.1"], &["10.0.0.1", "10.0.0.2"]), None);
        assert_eq!(amiss(&["~10[.]0[.].*"], &["10.0.0.1", "10.0.0.2"]), None);
        assert_eq!(amiss(&["10.0.0.2"], &["10.0.0.1"]).as_deref(), Some("10.0.0.1, expected 10.0.0.2"));
        let more = amiss(&["10.0.0.1"], &["10.0.0.1", "6.6.6.6"]);
        assert_eq!(more.as_deref(), Some("6.6.6.6 is none of the expected records"));
    }

    #[test]
    fn a_server_has_a_port() {
        let servers = ["10.0.0.1", "10.0.0.1:5353", "::1", "[::1]", "[::1]:54", "ns1.example.org"];
        let wanted = ["10.0.0.1:53", "10.0.0.1:5353", "[::1]:53", "[::1]:53", "[::1]:54", "ns1.example.org:53"];
        assert_eq!(servers.map(|text| server(text).expect("a server")), wanted);
        assert_eq!((server("dns://x"), server("")), (None, None));
    }
}

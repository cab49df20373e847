//! The servers of one backend of an HAProxy, from the CSV of its stats page or of its stats socket. An HAProxy that can't be asked is a
//! trouble and no verdict on them.

mod stats;

use super::{Feed, Kind, Known, judged};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{FieldSpec, Fields, Node, Problems};
use crate::domain::trouble::Trouble;
use crate::ports::{Access, Answer, Endpoint, Fault, Ports, Request, Response, Talk};
use stats::{Server, Standing};
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "haproxy",
    about: "The servers of a backend of HAProxy: how many are up, and what its checks say of the others",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("url", "its stats page, with or without `;csv`", "this or `socket`"),
        FieldSpec::new("socket", "its stats socket: a path, or `HOST:PORT`; it is only asked to `show stat`", "this or `url`"),
        FieldSpec::new("backend", "one of its backends", "needed"),
        FieldSpec::new("needed", "fewer servers that are up than this is failing", "`1`"),
    ],
    Access::KEYS,
];

const LONGEST: usize = 8 << 20;

/// Where the statistics are.
enum Way {
    Page(Box<Endpoint>),
    /// A path, or `host:port`.
    Socket(String),
}

struct Haproxy {
    way: Way,
    backend: String,
    /// Fewer servers that are up than this is failing.
    needed: usize,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let way = way(node, &fields, problems);
    let backend = fields.need("backend", problems).and_then(|node| node.text(problems)).map(str::to_owned);
    let at_least_one = |text: &str| text.parse().ok().filter(|count| *count > 0);
    let needed = fields.get("needed").map_or(Some(1), |node| node.read("a number of servers", problems, at_least_one));
    Some(Box::new(Haproxy { way: way?, backend: backend?, needed: needed? }))
}

fn way(node: &Node, fields: &Fields, problems: &mut Problems) -> Option<Way> {
    match (fields.get("url"), fields.get("socket")) {
        (Some(_), Some(socket)) => problems.error(socket.span, "`url` names the way already"),
        (None, Some(socket)) => {
            return socket.read("a path that begins with /, or host:port", problems, socket_of).map(Way::Socket);
        }
        (Some(_), None) => return Endpoint::parse(fields, problems).map(Box::new).map(Way::Page),
        (None, None) => problems.error(node.span, "`url` or `socket` is missing"),
    }
    None
}

fn socket_of(text: &str) -> Option<String> {
    if text.starts_with('/') { Some(text.to_owned()) } else { super::tcp::address(text) }
}

impl Feed for Haproxy {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let (response, told) = match &self.way {
                Way::Page(endpoint) => page(endpoint, ports, limit).await?,
                Way::Socket(address) => socket(address, ports, limit).await?,
            };
            let text = std::str::from_utf8(&response.body).map_err(|_| Fault::NotText);
            let read = text.and_then(|text| stats::read(text, &self.backend));
            let servers = response.judged("HAProxy's statistics", &told, read)?;
            Ok(Reading { latency: Some(response.took), ..self.judge(&servers) })
        })
    }
}

/// The page, and what was asked, for messages.
async fn page(endpoint: &Endpoint, ports: &Ports, limit: Duration) -> Result<(Response, String), Trouble> {
    let request = endpoint.access.onto(Request::get(csv(&endpoint.url)), ports).await?;
    let told = request.told();
    let response = ports.http.observe(Request { timeout: limit, longest: LONGEST, ..request }).await?;
    if response.good() { Ok((response, told)) } else { Err(response.refusal(&told)) }
}

/// What the socket says, as if it were a page.
async fn socket(address: &str, ports: &Ports, limit: Duration) -> Result<(Response, String), Trouble> {
    let said = b"show stat\n".to_vec();
    let talk = Talk { address, tls: None, said, longest: LONGEST, timeout: limit, done: &|_| false };
    let (body, took) = ports.net.talk(talk).await?;
    Ok((Response { status: 200, headers: Default::default(), body, took, date: None }, address.to_owned()))
}

/// The page's address as people know it has the CSV behind `;csv`.
fn csv(url: &url::Url) -> url::Url {
    let mut url = url.clone();
    if !url.path().ends_with(";csv") {
        url.set_path(&format!("{};csv", url.path()));
    }
    url
}

impl Haproxy {
    fn judge(&self, servers: &[Server]) -> Reading {
        if servers.is_empty() {
            return judged(FeedState::Unknown, format!("there is no backend `{}` with servers", self.backend), None);
        }
        let of = |standing: Standing| servers.iter().filter(move |server| server.standing == standing);
        let (up, down) = (of(Standing::Up).count(), of(Standing::Down).count());
        let state = match up {
            up if up < self.needed => FeedState::Failing,
            _ if down > 0 => FeedState::Degraded,
            _ => FeedState::Healthy,
        };
        let mut message = format!("{up} of {} servers up", servers.len());
        if state == FeedState::Failing && self.needed > 1 {
            message += &format!(", {} needed", self.needed);
        }
        // Those that are down come first, for somebody has to look at them.
        for server in of(Standing::Down).chain(of(Standing::Away)).take(3) {
            message += &format!("; {}: {}", server.name, server.words);
        }
        Reading { value: Some(up as f64), unit: Some("servers".to_owned()), ..judged(state, message, None) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(needed: usize, csv: &str) -> (FeedState, String) {
        let feed = Haproxy { way: Way::Socket("/run/lb".into()), backend: "pgs".into(), needed };
        let reading = feed.judge(&stats::read(csv, "pgs").expect("reads"));
        (reading.state, reading.message.raw().to_owned())
    }

    fn csv(rows: &str) -> String {
        format!("# pxname,svname,status,last_chk,\n{rows}pgs,BACKEND,UP,,\nother,x,DOWN,,\n")
    }

    #[test]
    fn servers_that_are_down_are_told_and_those_that_somebody_took_out_are_no_fault() {
        let rows =
            csv("pgs,FRONTEND,OPEN,,\npgs,a,UP,ok,\npgs,b,DOWN 1/2,\"Layer4, \"\"refused\"\"\",\npgs,c,MAINT (via x/y),,\n");
        let wanted = "1 of 3 servers up; b: DOWN 1/2, Layer4, \"refused\"; c: MAINT (via x/y)";
        assert_eq!(said(1, &rows), (FeedState::Degraded, wanted.into()));
        assert_eq!(said(2, &rows).0, FeedState::Failing);
        let drained = csv("pgs,a,no check,,\npgs,b,DRAIN,,\n");
        assert_eq!(said(1, &drained), (FeedState::Healthy, "1 of 2 servers up; b: DRAIN".into()));
    }

    #[test]
    fn one_way_to_the_statistics_is_named() {
        for url in ["http://lb/stats", "http://lb/stats;csv"] {
            assert_eq!(super::csv(&url::Url::parse(url).expect("a URL")).as_str(), "http://lb/stats;csv");
        }
        let told = |yaml: &str| {
            let mut problems = Problems::default();
            let node = Node::parse(&format!("{{backend: a, {yaml}}}"), &mut problems).expect("is YAML");
            let known = Known { feed: "lb", sources: &Default::default() };
            parse(&node, &known, &mut problems);
            problems.list.into_iter().map(|problem| problem.message).collect::<Vec<_>>()
        };
        assert_eq!(told("socket: /run/haproxy.sock"), [""; 0]);
        assert_eq!(told("socket: 'lb-1:9999'"), [""; 0]);
        assert_eq!(told("needed: 1"), ["`url` or `socket` is missing"]);
        assert_eq!(told("url: 'http://lb/stats', socket: /run/haproxy.sock"), ["`url` names the way already"]);
        assert_eq!(told("socket: lb-1").len(), 1);
    }

    #[test]
    fn nobody_up_is_failing_and_a_backend_that_is_not_there_unknown() {
        let away = said(1, &csv("pgs,a,MAINT,,\n"));
        assert_eq!(away, (FeedState::Failing, "0 of 1 servers up; a: MAINT".into()));
        assert_eq!(said(1, "# pxname,svname,status,last_chk,\n").0, FeedState::Unknown);
        assert!(stats::read("pxname,svname\n", "pgs").is_err() && stats::read("", "pgs").is_err());
    }
}

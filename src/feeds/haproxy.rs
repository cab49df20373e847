//! The servers of one backend of an HAProxy, from the CSV of its stats page. An HAProxy that can't be asked is a trouble and no
//! verdict on them.

mod stats;

use super::{Feed, Kind, Known, judged};
use crate::domain::health::{FeedState, Reading};
use crate::domain::node::{Node, Problems};
use crate::domain::trouble::Trouble;
use crate::ports::{Answer, Endpoint, Fault, Ports, Request};
use stats::{Server, Standing};
use std::time::Duration;

pub const KIND: Kind = Kind {
    name: "haproxy",
    about: "The servers of a backend of HAProxy: how many are up, and what its checks say of the others",
    parse,
};

const LONGEST: usize = 8 << 20;

struct Haproxy {
    endpoint: Endpoint,
    backend: String,
    /// Fewer servers that are up than this is failing.
    needed: usize,
}

fn parse(node: &Node, _known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&[&["backend", "needed"][..], &Endpoint::KEYS].concat(), problems)?;
    let endpoint = Endpoint::parse(&fields, problems);
    let backend = fields.need("backend", problems).and_then(|node| node.text(problems)).map(str::to_owned);
    let at_least_one = |text: &str| text.parse().ok().filter(|count| *count > 0);
    let needed = fields.get("needed").map_or(Some(1), |node| node.read("a number of servers", problems, at_least_one));
    Some(Box::new(Haproxy { endpoint: endpoint?, backend: backend?, needed: needed? }))
}

impl Feed for Haproxy {
    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            let request = self.endpoint.access.onto(Request::get(self.csv()), ports).await?;
            let told = request.told();
            let response = ports.http.observe(Request { timeout: limit, longest: LONGEST, ..request }).await?;
            if !response.good() {
                return Err(response.refusal(&told));
            }
            let text = std::str::from_utf8(&response.body).map_err(|_| Fault::NotText);
            let read = text.and_then(|text| stats::read(text, &self.backend));
            let servers = response.judged("HAProxy's statistics", &told, read)?;
            Ok(Reading { latency: Some(response.took), ..self.judge(&servers) })
        })
    }
}

impl Haproxy {
    /// The page's address as people know it has the CSV behind `;csv`.
    fn csv(&self) -> url::Url {
        let mut url = self.endpoint.url.clone();
        if !url.path().ends_with(";csv") {
            url.set_path(&format!("{};csv", url.path()));
        }
        url
    }

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
        let endpoint = Endpoint { url: "http://lb/stats".parse().expect("a URL"), access: Default::default() };
        let feed = Haproxy { endpoint, backend: "pgs".into(), needed };
        assert_eq!(feed.csv().as_str(), "http://lb/stats;csv");
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
    fn nobody_up_is_failing_and_a_backend_that_is_not_there_unknown() {
        let away = said(1, &csv("pgs,a,MAINT,,\n"));
        assert_eq!(away, (FeedState::Failing, "0 of 1 servers up; a: MAINT".into()));
        assert_eq!(said(1, "# pxname,svname,status,last_chk,\n").0, FeedState::Unknown);
        assert!(stats::read("pxname,svname\n", "pgs").is_err() && stats::read("", "pgs").is_err());
    }
}

//! A dead man's switch: somebody has to call us, a cron job when it is done or the alert pipeline to show that it works. One
//! process takes the calls and keeps when the last one came; the others ask it.

mod beat;

use super::{Called, Feed, Kind, Known, judged};
use crate::domain::health::Reading;
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::stamp::Stamp;
use crate::domain::trouble::Trouble;
use crate::ports::{Answer, Listen, Ports};
use beat::{Beat, Heard, Wanted};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use beat::Kept;

pub const KIND: Kind = Kind {
    name: "heartbeat",
    about: "Somebody has to call us in time: a cron job, or the alert pipeline by its watchdog",
    keys: KEYS,
    parse,
};

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("every", "how often it is called", "needed"),
        FieldSpec::new("grace", "how much later is no failure yet", "`1m`"),
    ],
    Listen::KEYS,
];

/// The folder of all addresses that are called.
pub const FOLDER: &str = "heartbeat";
/// How long a call may be late unless the configuration says.
const GRACE: Duration = Duration::from_secs(60);
/// The longest answer of another process.
const LONGEST: usize = 64 << 10;

struct Heartbeat {
    name: String,
    listen: Listen,
    wanted: Wanted,
    beat: Mutex<Beat>,
}

fn parse(node: &Node, known: &Known, problems: &mut Problems) -> Option<Box<dyn Feed>> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let listen = Listen::parse(node, &fields, ["heartbeat", "pretend that all is well"], problems);
    let every = fields.need("every", problems).and_then(|node| node.duration(problems));
    let grace = fields.get("grace").map_or(Some(GRACE), |node| node.duration(problems));
    let wanted = Wanted { every: every?, grace: grace? };
    Some(Box::new(Heartbeat { name: known.feed.to_owned(), listen: listen?, wanted, beat: Mutex::default() }))
}

impl Heartbeat {
    fn beat(&self) -> MutexGuard<'_, Beat> {
        self.beat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn judge(&self, now: Stamp) -> Reading {
        let (state, message) = self.beat().judge(self.wanted, now).unwrap_or_else(|never| {
            (never, format!("not called yet: GET or POST http://{}/{FOLDER}/{}", self.listen.at(), self.name))
        });
        judged(state, message, None)
    }

    /// Asks the process that listens.
    async fn ask(&self, ports: &Ports, limit: Duration) -> Result<Heard, Trouble> {
        let path = format!("{FOLDER}/{}/heard", self.name);
        let (response, asked) = self.listen.ask(&path, LONGEST, limit, ports).await?;
        response.understood("an answer of midwatch", &asked, |text| serde_json::from_str(text))
    }
}

impl Feed for Heartbeat {
    fn called(&self) -> Option<&dyn Called> {
        Some(self)
    }

    fn check<'a>(&'a self, ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async move {
            if !self.beat().is_open() {
                let heard = self.ask(ports, limit).await?;
                self.beat().learn(&heard, ports.clock.now());
            }
            Ok(self.judge(ports.clock.now()))
        })
    }
}

impl Called for Heartbeat {
    fn listen(&self) -> &Listen {
        &self.listen
    }

    fn opened(&self, open: bool, now: Stamp) {
        let mut beat = self.beat();
        if open { beat.open(now) } else { beat.close() }
    }

    fn awake(&self, now: Stamp) {
        self.beat().awake(now);
    }

    fn call(&self, now: Stamp) {
        self.beat().call(now);
    }

    fn kept(&self, now: Stamp) -> Option<Kept> {
        self.beat().kept(now)
    }

    fn remember(&self, kept: Kept, now: Stamp) {
        self.beat().remember(kept, now);
    }

    fn tell(&self, now: Stamp) -> Vec<u8> {
        // Plain numbers always can be written as JSON.
        serde_json::to_vec(&self.beat().heard(now)).unwrap_or_default()
    }

    fn inherit(&self, told: &[u8], now: Stamp) {
        if let Ok(heard) = serde_json::from_slice(told) {
            self.beat().inherit(&heard, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn told(yaml: &str) -> Vec<String> {
        let mut problems = Problems::default();
        let node = Node::parse(yaml, &mut problems).expect("is YAML");
        parse(&node, &Known { feed: "nightly", sources: &BTreeMap::new() }, &mut problems);
        problems.list.into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn whoever_could_reach_it_needs_a_token() {
        assert_eq!(told("{every: 1h, grace: 10m, token: none}"), [""; 0]);
        assert_eq!(told("{every: 1h, listen: '0.0.0.0:9095', token: {env: BEAT}}"), [""; 0]);
        let open = "whoever reaches this address could pretend that all is well here";
        assert_eq!(told("{every: 1h, listen: '0.0.0.0:9095', token: none}"), [open]);
        assert_eq!(told("{every: 1h}"), ["a heartbeat needs a `token`"]);
        assert_eq!(told("{token: none}"), ["`every` is missing"]);
    }
}

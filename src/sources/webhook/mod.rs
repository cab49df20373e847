//! Alerts that others push: Alertmanager's webhook, or any JSON that the configuration describes. It remembers what it was told;
//! silence means nothing, so an alert ends when somebody says so, or when the configuration says how long one lasts.
//!
//! One process listens. The others ask it, so that every console shows the same.

mod map;

use super::{Hears, Kind, Source};
use crate::domain::alert::{Alert, Snapshot, Upstream};
use crate::domain::ids::{Fingerprint, SourceName};
use crate::domain::node::{FieldSpec, Node, Problems};
use crate::domain::pushed::Pushed;
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use crate::ports::{Answer, Listen, Ports};
use chrono::{DateTime, Utc};
use map::{Heard, Map};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub const KIND: Kind =
    Kind { name: "webhook", about: "Alerts that others push: Alertmanager's webhook, or any JSON", keys: KEYS, parse };

#[rustfmt::skip]
const KEYS: &[&[FieldSpec]] = &[
    &[
        FieldSpec::new("lasts", "an alert of which nothing was heard for so long is over", "until the sender says so"),
        FieldSpec::map("map", map::KEYS),
    ],
    Listen::KEYS,
];

/// More alerts than this are no queue any more.
const MOST: usize = 200_000;
/// How long one that is over is still told to those who ask.
const TOLD_FOR: chrono::Duration = chrono::Duration::minutes(15);

struct Webhook {
    name: SourceName,
    listen: Listen,
    map: Map,
    /// An alert of which nothing was heard for so long is over.
    lasts: Option<Duration>,
    /// This process receives.
    open: AtomicBool,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    alerts: BTreeMap<Fingerprint, (Arc<Alert>, DateTime<Utc>)>,
    /// The sender left some out of its last message.
    left_out: u64,
    pushed: Pushed,
}

fn parse(name: &SourceName, node: &Node, problems: &mut Problems) -> Option<Box<dyn Source>> {
    Some(Box::new(webhook(name, node, problems)?))
}

fn webhook(name: &SourceName, node: &Node, problems: &mut Problems) -> Option<Webhook> {
    let fields = node.fields(&FieldSpec::all(KEYS), problems)?;
    let listen = Listen::parse(node, &fields, ["webhook", "raise alerts"], problems);
    let map = fields.get("map").map_or(Some(Map::alertmanager()), |node| Map::parse(node, problems));
    let lasts = fields.get("lasts").map_or(Some(None), |node| node.duration(problems).map(Some));
    let (name, known, open) = (name.clone(), Mutex::default(), AtomicBool::new(false));
    Some(Webhook { name, listen: listen?, map: map?, lasts: lasts?, open, known })
}

impl Webhook {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn snapshot(&self, now: DateTime<Utc>) -> Snapshot {
        let mut known = self.known();
        known.forget(now, self.lasts);
        Snapshot {
            alerts: known.alerts.values().map(|(alert, _)| alert.clone()).collect(),
            missing: known.missing(),
            pushed: Some(known.pushed.by(now)),
            ..Snapshot::default()
        }
    }

    /// Asks the process that listens.
    async fn ask(&self, ports: &Ports, limit: Duration) -> Result<Snapshot, Trouble> {
        let (response, asked) = self.listen.ask(self.name.as_str(), LONGEST, limit, ports).await?;
        // Something else than midwatch may listen there.
        let mut told: Told = response.understood("an answer of midwatch", &asked, |text| serde_json::from_str(text))?;
        told.alerts.sort_by(|a, b| a.id.fingerprint.cmp(&b.id.fingerprint));
        let alerts: Vec<Arc<Alert>> = told.alerts.into_iter().map(Arc::new).collect();
        self.learn(&alerts, ports.clock.now().wall);
        Ok(Snapshot { alerts, missing: told.missing, pushed: told.pushed, ..Snapshot::default() })
    }

    /// Keeps what the process that listens has told: this one may be the next. If it has become that while it asked, what has been
    /// pushed to it since is newer than the answer, which may even be its own.
    fn learn(&self, told: &[Arc<Alert>], now: DateTime<Utc>) {
        let mut known = self.known();
        if !self.open.load(Ordering::SeqCst) {
            known.alerts.clear();
        }
        for alert in told {
            known.alerts.entry(alert.id.fingerprint.clone()).or_insert_with(|| (alert.clone(), now));
        }
    }
}

/// The longest answer of another process.
const LONGEST: usize = 128 << 20;

/// What one process tells another.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Told {
    schema: u32,
    alerts: Vec<Alert>,
    missing: Vec<Outside>,
    #[serde(default)]
    pushed: Option<Pushed>,
}

impl Known {
    fn missing(&self) -> Vec<Outside> {
        let text = |count| format!("the sender left {count} alerts out of its last message (`max_alerts`)").into();
        Some(self.left_out).filter(|count| *count > 0).map(text).into_iter().collect()
    }

    /// Takes in everything or nothing.
    fn take(&mut self, map: &Map, heard: Heard, now: DateTime<Utc>) -> Result<usize, String> {
        if self.alerts.len() + heard.alerts.len() > MOST {
            return Err(format!("there are {} alerts already, and {MOST} are the most that are kept", self.alerts.len()));
        }
        self.left_out = heard.left_out;
        let count = heard.alerts.len();
        for mut alert in heard.alerts {
            if let (false, Some((before, _))) = (map.tells_the_beginning(), self.alerts.get(&alert.id.fingerprint)) {
                alert.starts_at = continued(before, &alert);
            }
            self.alerts.insert(alert.id.fingerprint.clone(), (Arc::new(alert), now));
        }
        Ok(count)
    }

    /// What has lasted long enough is over, and what is over is not told for ever.
    fn forget(&mut self, now: DateTime<Utc>, lasts: Option<Duration>) {
        let lasts = lasts.and_then(|lasts| chrono::Duration::from_std(lasts).ok());
        for (alert, heard) in self.alerts.values_mut() {
            let end = lasts.map(|lasts| *heard + lasts).filter(|end| *end <= now);
            if let (Some(at), Upstream::Firing) = (end, alert.upstream) {
                *alert = Arc::new(Alert { upstream: Upstream::Resolved { at }, ..Alert::clone(alert) });
                *heard = now;
            }
        }
        self.alerts.retain(|_, (alert, heard)| alert.upstream == Upstream::Firing || now < *heard + TOLD_FOR);
    }
}

/// A sender that tells no beginning says again and again that it fires: that is one episode.
fn continued(before: &Alert, alert: &Alert) -> DateTime<Utc> {
    match (before.upstream, alert.upstream) {
        (Upstream::Resolved { .. }, Upstream::Firing) => alert.starts_at,
        _ => before.starts_at,
    }
}

impl Hears for Webhook {
    fn listen(&self) -> &Listen {
        &self.listen
    }

    fn opened(&self, open: bool, now: DateTime<Utc>) {
        if !self.open.swap(open, Ordering::SeqCst) && open {
            self.known().pushed.since = Some(now);
        }
    }

    fn barred(&self, why: Option<&str>) {
        self.known().pushed.barred = why.map(Into::into);
    }

    fn hear(&self, body: &[u8], now: DateTime<Utc>) -> Result<usize, String> {
        let heard = self.map.read(&self.name, body, now)?;
        self.known().take(&self.map, heard, now)
    }

    fn pushed(&self, from: &str, taken: Result<(), &str>, now: DateTime<Utc>) {
        let pushed = &mut self.known().pushed;
        match taken {
            Ok(()) => pushed.took(from, now),
            Err(why) => pushed.refused(from, why, now),
        }
    }

    fn remember(&self, told: Vec<Arc<Alert>>, now: DateTime<Utc>) {
        let mut known = self.known();
        for alert in told {
            known.alerts.entry(alert.id.fingerprint.clone()).or_insert((alert, now));
        }
    }

    fn tell(&self, now: DateTime<Utc>) -> Vec<u8> {
        let Snapshot { alerts, missing, pushed, .. } = self.snapshot(now);
        let told = Told { schema: 1, alerts: alerts.iter().map(|alert| Alert::clone(alert)).collect(), missing, pushed };
        // Plain texts always can be written as JSON.
        serde_json::to_vec(&told).unwrap_or_default()
    }
}

impl Source for Webhook {
    fn hears(&self) -> Option<&dyn Hears> {
        Some(self)
    }

    /// Never complete: who pushes doesn't say what is not firing.
    fn fetch<'a>(&'a self, _: &'a [Arc<Alert>], ports: &'a Ports, limit: Duration) -> Answer<'a, Result<Snapshot, Trouble>> {
        Box::pin(async move {
            match self.open.load(Ordering::SeqCst) {
                true => Ok(self.snapshot(ports.clock.now().wall)),
                false => self.ask(ports, limit).await,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRING: &[u8] =
        br#"{"version": "4", "alerts": [{"status": "firing", "labels": {"alertname": "Long"}, "annotations": {},
        "startsAt": "2026-03-01T03:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": ""}]}"#;

    fn hook(text: &str) -> Webhook {
        let mut problems = Problems::default();
        let node = Node::parse(text, &mut problems).expect("is YAML");
        let webhook = webhook(&"hook".into(), &node, &mut problems).unwrap_or_else(|| panic!("{:?}", problems.list));
        webhook.opened(true, at(0));
        webhook
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_334_000 + second, 0).expect("a time")
    }

    /// Whether it fires by what is told in that second, or since when it is over.
    fn told(webhook: &Webhook, second: i64) -> Option<Option<DateTime<Utc>>> {
        webhook.snapshot(at(second)).alerts.first().map(|alert| match alert.upstream {
            Upstream::Resolved { at } => Some(at),
            _ => None,
        })
    }

    #[test]
    fn an_alert_of_which_nothing_is_heard_for_so_long_is_over_and_that_is_told_for_a_while() {
        let webhook = hook("{token: none, lasts: 10m}");
        webhook.hear(FIRING, at(0)).expect("understood");
        webhook.hear(FIRING, at(60)).expect("understood");
        assert_eq!([told(&webhook, 600), told(&webhook, 659)], [Some(None); 2], "it was heard of since");
        assert_eq!(told(&webhook, 660), Some(Some(at(660))));
        assert_eq!([told(&webhook, 660 + 899), told(&webhook, 660 + 900)], [Some(Some(at(660))), None]);
    }

    #[test]
    fn a_sender_without_beginnings_says_the_same_until_it_has_said_that_it_is_over() {
        let webhook = hook("{token: none, map: {name: /n, state: /s}}");
        let began = |second: i64, state: &str| {
            webhook.hear(format!(r#"{{"n": "Down", "s": "{state}"}}"#).as_bytes(), at(second)).expect("understood");
            webhook.snapshot(at(second)).alerts[0].starts_at
        };
        let times = [(0, "firing"), (60, "firing"), (120, "ok"), (180, "ok"), (240, "firing"), (300, "firing")];
        assert_eq!(times.map(|(second, state)| began(second, state)), [0, 0, 0, 0, 240, 240].map(at));
        // Who tells the beginning is believed.
        let webhook = hook("{token: none, map: {name: /n, starts_at: /t}}");
        for second in [0, 60] {
            let body = format!(r#"{{"n": "Down", "t": {}}}"#, at(second).timestamp());
            webhook.hear(body.as_bytes(), at(100)).expect("understood");
            assert_eq!(webhook.snapshot(at(100)).alerts[0].starts_at, at(second));
        }
    }

    #[test]
    fn what_an_earlier_process_was_told_is_older_than_what_was_pushed_since() {
        let webhook = hook("token: none");
        webhook.hear(FIRING, at(0)).expect("understood");
        let alert = webhook.snapshot(at(0)).alerts[0].clone();
        let old = Alert { upstream: Upstream::Resolved { at: at(-60) }, ..Alert::clone(&alert) };
        let other =
            Alert { id: crate::domain::ids::AlertId { fingerprint: "f".into(), ..alert.id.clone() }, ..Alert::clone(&alert) };
        webhook.remember(vec![Arc::new(old), Arc::new(other)], at(1));
        let firing = webhook.snapshot(at(1)).alerts.iter().filter(|alert| alert.upstream == Upstream::Firing).count();
        assert_eq!(firing, 2);
    }

    #[test]
    fn what_the_sender_left_out_is_told_until_its_next_word() {
        let webhook = hook("token: none");
        let says = |more: u64| {
            let mut body: serde_json::Value = serde_json::from_slice(FIRING).expect("JSON");
            body["truncatedAlerts"] = more.into();
            webhook.hear(body.to_string().as_bytes(), at(0)).expect("understood");
            webhook.snapshot(at(0)).missing.len()
        };
        assert_eq!([says(7), says(0)], [1, 0]);
    }

    #[test]
    fn an_answer_that_is_older_than_what_was_pushed_takes_nothing_away() {
        let (webhook, now) = (hook("token: none"), at(0));
        assert_eq!(webhook.hear(FIRING, now), Ok(1));
        webhook.learn(&[], now);
        assert_eq!(webhook.snapshot(now).alerts.len(), 1, "it was pushed while the question was on its way");
        webhook.opened(false, now);
        webhook.learn(&[], now);
        assert_eq!(webhook.snapshot(now).alerts, [], "who does not listen knows what the other one says");
    }
}

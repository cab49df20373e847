//! The queue in a storm, inside one process and without a terminal: what an arrival, a key and its frame cost, in every shape of the
//! queue, and how that grows with the number of alerts. Shares are of one run, so that the machine's mood does not count.

#![allow(clippy::disallowed_methods, reason = "measures on the real clock")]

mod figures;

use figures::{ms, percentile, row, timed, title};
use midwatch::domain::alert::{Alert, Labels, Silence, SilenceState, Upstream};
use midwatch::domain::catalogue::Service;
use midwatch::domain::entry::Actor;
use midwatch::domain::ids::{AlertId, RequestId, ServiceName};
use midwatch::domain::settings::{Settings, SourceSpec};
use midwatch::domain::stamp::Stamp;
use midwatch::domain::text::Outside;
use midwatch::model::event::SourceAnswer;
use midwatch::model::{Body, Command, Event, Fact, World};
use midwatch::tui::keymap::{Keymap, Sequence};
use midwatch::tui::theme::Theme;
use midwatch::tui::{Screen, Setup};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// As the poller hands them to the core.
const PORTION: usize = midwatch::runtime::poller::CHUNK;
const SERVICES: usize = 30;
/// Changes between two keys, as a poll brings them to a queue that lives.
const CHANGED: usize = 50;
const KEYS: usize = 200;

/// How the queue is shown, and the keys that lead there.
const SHAPES: [(&str, &str); 5] = [
    ("by cause", "f c a u s e enter"),
    ("plain", "f n o t h enter"),
    ("by name", "f n a m e enter"),
    ("by a label with many values", "f i n s t enter"),
    ("filtered, by cause", "f c a u s e enter / s e v e r i t y : c r i t enter"),
];

fn main() {
    storm(20_000);
    silenced(20_000, 10_000);
    let counts = [1_000, 10_000, 100_000];
    let figures = counts.map(grown);
    title("Growth, within this run");
    for (index, (shape, _)) in SHAPES.iter().enumerate() {
        let share = |n: usize| format!("{:.2}", figures[n].1[index].as_secs_f64() / figures[0].1[index].as_secs_f64());
        let goal = if shape.starts_with("filtered") { "" } else { "flat: at most 2" };
        row(&format!("key to frame, {shape}: 10,000 and 100,000 of 1,000's"), format!("{}, {}", share(1), share(2)), goal);
    }
    let each = |n: usize| figures[n].0.as_secs_f64() / counts[n] as f64;
    let share = format!("{:.2}, {:.2}", each(1) / each(0), each(2) / each(0));
    row("an arrival: 10,000 and 100,000 of 1,000's", share, "linear: about 1 and log's little");
}

/// So many arrive within ten seconds; between each two portions a key is pressed.
fn storm(count: usize) {
    title(&format!("{count} alerts within ten seconds, a key after each portion of {PORTION}"));
    for (shape, keys) in [SHAPES[0], SHAPES[1]] {
        let mut desk = Desk::new();
        desk.keys(keys);
        let mut times: Vec<Duration> = Vec::new();
        for (n, portion) in alerts(count, 0).chunks(PORTION).enumerate() {
            desk.passes(Duration::from_secs(10) / u32::try_from(count / PORTION).expect("few"));
            // The key came while the portion was taken in.
            let ((), arrival) = timed(|| desk.tells(portion));
            times.push(arrival + desk.key(if n % 2 == 0 { "j" } else { "k" }));
        }
        let (most, p99) = (times.iter().max().copied().expect("some"), percentile(&mut times, 99));
        row(&format!("{shape}: portion, key and frame, p50"), ms(percentile(&mut times, 50)), "");
        row(&format!("{shape}: p99 and most"), format!("{}, {}", ms(p99), ms(most)), "under 16 ms");
    }
    let mut desk = Desk::new();
    alerts(count, 0).chunks(PORTION).for_each(|portion| desk.tells(portion));
    desk.key("/");
    let typed = "severity>=warning".chars().map(|c| desk.key(&c.to_string())).max().expect("letters");
    row("a filter: the slowest of its keys", ms(typed), "under 50 ms");
    let ids: Vec<AlertId> = desk.world.alerts.queue().take(1_000).map(|tracked| tracked.alert.id.clone()).collect();
    let command = Command::Acknowledge { alerts: ids, hold: None, reason: "known".into(), ticket: None, confirmed: None };
    let (effects, took) = timed(|| desk.event(Body::Command(RequestId(1), command)));
    assert!(!effects.is_empty());
    row("1,000 acknowledged at once: until the journal is asked", ms(took), "");
}

/// Every other alert is silenced by one of so many silences, of which one is another one by the next answer.
fn silenced(count: usize, silences: usize) {
    title(&format!("{count} alerts, half of them silenced by {silences} silences"));
    let mut desk = Desk::new();
    let by = |n: usize| -> Outside { format!("silence-{}", n % silences).as_str().into() };
    let quiet = |(n, alert): (usize, &Arc<Alert>)| match n % 2 {
        0 => Arc::new(Alert { silenced_by: vec![by(n / 2)], ..(**alert).clone() }),
        _ => alert.clone(),
    };
    let all: Vec<Arc<Alert>> = alerts(count, 0).iter().enumerate().map(quiet).collect();
    all.chunks(PORTION).for_each(|portion| desk.tells(portion));
    let one = |n: usize, round: usize| Silence {
        id: by(n),
        matchers: Vec::new(),
        starts_at: desk.now.wall,
        ends_at: desk.now.wall + Duration::from_secs(3_600),
        created_by: "ana".into(),
        comment: format!("known {}", if n == 0 { round } else { 0 }).as_str().into(),
        state: SilenceState::Active,
    };
    let rounds: Vec<Arc<Vec<Silence>>> = (0..20).map(|round| Arc::new((0..silences).map(|n| one(n, round)).collect())).collect();
    let mut times: Vec<Duration> = Vec::new();
    for silences in rounds {
        let answer = SourceAnswer { complete: true, silences, ..SourceAnswer::default() };
        let ((), took) = timed(|| drop(desk.event(Body::Fact(Fact::SourceAnswered { source: "prod".into(), answer }))));
        times.push(took + desk.key("j"));
    }
    times.remove(0);
    row(
        "an answer with another silence, key and frame, p50 and most",
        format!("{}, {}", ms(percentile(&mut times, 50)), ms(percentile(&mut times, 100))),
        "under 16 ms",
    );
}

/// The time for all arrivals, and for each shape that of a key and its frame while some alerts change.
fn grown(count: usize) -> (Duration, Vec<Duration>) {
    title(&format!("{count} alerts, {CHANGED} of them change between two keys"));
    let mut desk = Desk::new();
    let all = alerts(count, 0);
    let ((), arrivals) = timed(|| all.chunks(PORTION).for_each(|portion| desk.tells(portion)));
    row("all arrivals", ms(arrivals), "");
    let changed = alerts(count, 1);
    let figures = SHAPES.iter().map(|(shape, keys)| {
        desk.keys(keys);
        let mut times: Vec<Duration> = Vec::new();
        for n in 0..KEYS {
            let from = n * CHANGED % (count - CHANGED);
            desk.passes(Duration::from_millis(100));
            desk.tells(if n % 2 == 0 { &changed[from..from + CHANGED] } else { &all[from..from + CHANGED] });
            times.push(desk.key(if n / 50 % 2 == 0 { "j" } else { "k" }));
        }
        let (half, p99) = (percentile(&mut times, 50), percentile(&mut times, 99));
        row(&format!("{shape}: key to frame, p50 and p99"), format!("{}, {}", ms(half), ms(p99)), "p99 under 16 ms");
        half
    });
    (arrivals, figures.collect())
}

/// A console without a terminal.
struct Desk {
    world: World,
    screen: Screen,
    theme: Theme,
    frame: Buffer,
    now: Stamp,
    seq: u64,
}

impl Desk {
    fn new() -> Self {
        let now = Stamp { wall: "2026-11-23T02:58:00Z".parse().expect("a time"), mono: Duration::from_secs(1_000) };
        let world = World::new(Arc::new(settings()), Actor::person("ana", None), now);
        let setup = Setup {
            keymap: Keymap::default(),
            zone: chrono_tz::Tz::UTC,
            draft: String::new(),
            replay: None,
            layouts: midwatch::tui::Layouts::default(),
            links: true,
        };
        let frame = Buffer::empty(Rect::new(0, 0, 120, 40));
        let mut desk = Self { world, screen: Screen::new(setup), theme: Theme::default(), frame, now, seq: 0 };
        // It has answered before the storm.
        let answer = SourceAnswer { complete: true, ..SourceAnswer::default() };
        desk.event(Body::Fact(Fact::SourceAnswered { source: "prod".into(), answer }));
        desk.draw();
        desk
    }

    fn event(&mut self, body: Body) -> Vec<midwatch::model::Effect> {
        self.seq += 1;
        self.world.update(Event { seq: self.seq, stamp: self.now, body })
    }

    fn passes(&mut self, time: Duration) {
        self.now.mono += time;
        self.now.wall += time;
    }

    fn tells(&mut self, alerts: &[Arc<Alert>]) {
        self.event(Body::Fact(Fact::AlertsChanged { source: "prod".into(), upserts: alerts.to_vec(), gone: Vec::new() }));
    }

    fn draw(&mut self) {
        self.screen.prepare(&self.world);
        self.frame.reset();
        let hits = self.screen.render(&self.world, &self.theme, &mut self.frame);
        self.screen.seen(hits);
    }

    /// From a key to its frame.
    fn key(&mut self, text: &str) -> Duration {
        let keys = Sequence::parse(text).expect("a key").0;
        let ((), took) = timed(|| {
            for key in keys {
                self.screen.key(key, &self.world);
            }
            self.draw();
        });
        took
    }

    fn keys(&mut self, texts: &str) {
        for text in texts.split(' ') {
            self.key(text);
        }
        self.key("gg");
    }
}

/// Thirty services, of which the first is what all others depend on.
fn settings() -> Settings {
    let name = |n: usize| ServiceName::from(format!("service-{n}").as_str());
    let service = |n: usize| Service {
        tier: Some(1 + n as u8 % 3),
        depends_on: if n == 0 { Vec::new() } else { vec![name(0)] },
        ..Service::new(name(n))
    };
    let source = SourceSpec {
        name: "prod".into(),
        kind: "alertmanager".into(),
        every: Duration::from_secs(15),
        timeout: Duration::from_secs(10),
        acts: Vec::new(),
        carry: None,
    };
    Settings { services: (0..SERVICES).map(service).collect(), sources: vec![source], ..Settings::default() }
}

/// Every other one has another summary in another `round`.
fn alerts(count: usize, round: usize) -> Vec<Arc<Alert>> {
    let starts_at: chrono::DateTime<chrono::Utc> = "2026-11-23T02:40:00Z".parse().expect("a time");
    // As an adapter hands them over: equal words and lists of names are in memory once.
    let (mut words, mut like) = (HashMap::<String, Outside>::new(), Labels::default());
    let mut word = |text: &str| words.entry(text.to_owned()).or_insert_with(|| text.into()).clone();
    let mut one = |n: usize| {
        let severity = ["critical", "warning", "info"][n % 3];
        let (name, instance) = (format!("Storm{}", n % 50), format!("10.1.{}.{}:9100", n / 250 % 250, n % 250));
        let service = format!("service-{}", n % SERVICES);
        let labels = [("alertname", name.as_str()), ("instance", &instance), ("service", &service), ("severity", severity)];
        let labels = labels.iter().map(|(name, value)| (word(name), word(value))).collect();
        like = Labels::new(labels).sharing(&like);
        let summary = format!("the queue of shard {n} grows ({})", if n.is_multiple_of(2) { round } else { 0 });
        Arc::new(Alert {
            id: AlertId { source: "prod".into(), fingerprint: format!("{n:016x}").as_str().into() },
            labels: like.clone(),
            annotations: Labels::new(vec![("summary".into(), summary.as_str().into())]),
            upstream: Upstream::Firing,
            starts_at: starts_at + chrono::Duration::seconds((n % 900) as i64),
            url: None,
            receivers: Arc::default(),
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            muted_by: Vec::new(),
            held: None,
        })
    };
    (0..count).map(&mut one).collect()
}

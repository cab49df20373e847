//! A console without a terminal: a world that is given facts and commands, a journal that records at once, and a screen
//! whose frames are read as text. Tests read as: given, keys, then.

#![allow(dead_code, clippy::disallowed_macros, reason = "each test uses its own part and prints for people")]

use chrono::{DateTime, Utc};
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use midwatch::domain::act::{ActEnd, ActKind, Outcome};
use midwatch::domain::alert::{Alert, Labels, Silence, Upstream};
use midwatch::domain::catalogue::Service;
use midwatch::domain::entry::{Actor, Clock, Draft, Entry, Kind, Seal};
use midwatch::domain::health::{FeedSpec, FeedState, Reading};
use midwatch::domain::ids::{AlertId, EntryId, OriginId, RequestId};
use midwatch::domain::incident::Past;
use midwatch::domain::matcher::{LabelSet, Matcher};
use midwatch::domain::run::{StepEnd, StepState};
use midwatch::domain::settings::{Operator, Settings, SourceSpec};
use midwatch::domain::stamp::Stamp;
use midwatch::domain::text::Outside;
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::model::event::SourceAnswer;
use midwatch::model::runs::{Launch, RunEffect, RunFact, Written};
use midwatch::model::{Body, Command, Effect, Event, Fact, World};
use midwatch::tui::hits::Hits;
use midwatch::tui::keymap::{Keymap, Sequence};
use midwatch::tui::theme::Theme;
use midwatch::tui::{Layouts, Request, Screen, Setup, Ui};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

pub struct Desk {
    pub world: World,
    pub screen: Screen,
    pub theme: Theme,
    pub frame: Buffer,
    /// What was asked of the shell.
    pub asked: Vec<Ui>,
    /// Every command that the keys led to.
    pub commands: Vec<Command>,
    /// Effects that a test has to answer itself: acts on sources.
    pub effects: Vec<Effect>,
    /// The journal is full.
    pub broken: bool,
    /// The journal is slow: what it was asked waits here until `answer`.
    pub slow: Option<Vec<(RequestId, Vec<Draft>)>>,
    /// Everything that has happened, and what it happened to.
    pub events: Vec<Event>,
    pub origin: World,
    now: Stamp,
    count: u64,
    head: Clock,
}

/// 02:58:00 UTC.
pub fn start() -> DateTime<Utc> {
    "2026-11-23T02:58:00Z".parse().expect("a time")
}

pub fn settings() -> Settings {
    let service = |name: &str, depends: &[&str]| Service {
        tier: Some(1),
        depends_on: depends.iter().map(|name| (*name).into()).collect(),
        alerts: LabelSet(vec![("service".into(), Matcher::parse(name).expect("plain"))]),
        vendor: name == "stripe",
        ..Service::new(name)
    };
    let feed = |name: &str, service: &str| FeedSpec {
        service: Some(service.into()),
        ..FeedSpec::new(name, "http", Duration::from_secs(10), Duration::from_secs(5))
    };
    Settings {
        operator: Operator { name: "ana".into(), email: None, role: Some("on-call".into()) },
        services: [service("checkout", &["postgres", "stripe"]), service("postgres", &[]), service("stripe", &[])].into(),
        feeds: vec![feed("checkout-pay", "checkout"), feed("pg-primary", "postgres"), feed("stripe-api", "stripe")],
        sources: vec![SourceSpec {
            name: "prod".into(),
            kind: "alertmanager".into(),
            every: Duration::from_secs(15),
            timeout: Duration::from_secs(10),
            acts: vec![ActKind::Silence, ActKind::Expire],
            carry: None,
        }],
        ..Settings::default()
    }
}

/// An alert of the source `prod` that has fired for `minutes`.
pub fn alert(name: &str, severity: &str, service: &str, instance: &str, minutes: i64) -> Arc<Alert> {
    let pair = |name: &str, value: &str| (Outside::from(name), Outside::from(value));
    let labels = [("alertname", name), ("severity", severity), ("service", service), ("instance", instance)];
    let id = AlertId { source: "prod".into(), fingerprint: format!("{name}-{instance}").as_str().into() };
    Arc::new(Alert {
        id,
        labels: Labels::new(labels.iter().map(|(name, value)| pair(name, value)).collect()),
        annotations: Labels::new(vec![pair("summary", &format!("{name} on {instance}"))]),
        upstream: Upstream::Firing,
        starts_at: start() - chrono::Duration::minutes(minutes),
        url: None,
        receivers: Arc::default(),
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
        held: None,
    })
}

impl Desk {
    /// A console of 120 by 40 on the settings above.
    pub fn new() -> Self {
        Self::with(settings())
    }

    pub fn with(settings: Settings) -> Self {
        let now = Stamp { wall: start(), mono: Duration::from_secs(100) };
        let me = Actor::person(settings.operator.name.clone(), settings.operator.role.clone());
        let world = World::new(Arc::new(settings), me, now);
        let setup = Setup {
            keymap: Keymap::default(),
            zone: chrono_tz::Tz::UTC,
            draft: String::new(),
            replay: None,
            layouts: Layouts::default(),
            links: true,
        };
        let mut desk = Self {
            events: Vec::new(),
            origin: world.clone(),
            world,
            screen: Screen::new(setup),
            theme: Theme::default(),
            frame: Buffer::empty(Rect::new(0, 0, 120, 40)),
            asked: Vec::new(),
            commands: Vec::new(),
            effects: Vec::new(),
            broken: false,
            slow: None,
            now,
            count: 0,
            head: Clock::default(),
        };
        desk.draw();
        desk
    }

    pub fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.frame = Buffer::empty(Rect::new(0, 0, width, height));
        self.draw();
        self
    }

    /// Time passes, with a tick every few seconds: the machine is awake.
    pub fn wait(&mut self, seconds: u64) -> &mut Self {
        for _ in 0..seconds.div_ceil(5) {
            self.sleep(seconds.min(5));
        }
        self
    }

    /// Time passes at once.
    pub fn sleep(&mut self, seconds: u64) -> &mut Self {
        self.now.wall += chrono::Duration::seconds(seconds as i64);
        self.now.mono += Duration::from_secs(seconds);
        self.event(Body::Tick);
        self.draw();
        self
    }

    pub fn fact(&mut self, fact: Fact) -> &mut Self {
        self.event(Body::Fact(fact));
        self
    }

    fn event(&mut self, body: Body) {
        self.count += 1;
        let event = Event { seq: self.count, stamp: self.now, body };
        self.events.push(event.clone());
        let effects = self.world.update(event);
        for effect in effects {
            match effect {
                Effect::Record { request, drafts } => self.record(request, drafts),
                Effect::WakeAt(_) | Effect::Ask { .. } => {}
                // The world looks at each of them itself.
                Effect::LookBack { incident, .. } => {
                    let recorded = |event: &Event| match &event.body {
                        Body::Fact(Fact::Recorded { entry, .. }) => Some(entry.clone()),
                        _ => None,
                    };
                    let found = Ok(Past { entries: self.events.iter().filter_map(recorded).collect(), left_out: None });
                    self.event(Body::Fact(Fact::LookedBack { incident, found }));
                }
                other => self.effects.push(other),
            }
        }
    }

    /// The journal records at once, and numbers incidents as the real one does.
    fn record(&mut self, request: RequestId, drafts: Vec<Draft>) {
        if let Some(waiting) = &mut self.slow {
            return waiting.push((request, drafts));
        }
        if self.broken {
            return self.event(Body::Fact(Fact::RecordFailed { request, why: "the disk is full".into() }));
        }
        for mut draft in drafts {
            if draft.kind == Kind::Declare {
                draft = draft.with("number", self.world.incidents.iter().count() + 1);
            }
            let entry = self.entry(draft);
            self.event(Body::Fact(Fact::Recorded { entry, request: Some(request) }));
        }
    }

    /// The slow journal answers everything that it was asked.
    pub fn answer(&mut self) -> &mut Self {
        self.slow.take().into_iter().flatten().for_each(|(request, drafts)| self.record(request, drafts));
        self.draw();
        self
    }

    /// Another console has recorded it.
    pub fn elsewhere(&mut self, draft: Draft) -> &mut Self {
        let entry = self.entry(draft);
        self.fact(Fact::Recorded { entry, request: None })
    }

    fn entry(&mut self, draft: Draft) -> Arc<Entry> {
        self.count += 1;
        self.head = self.head.next(self.now.wall);
        let (id, origin) = (EntryId(Uuid::from_u128(u128::from(self.count))), OriginId(Uuid::from_u128(7)));
        let entry = Entry::stamped(id, origin, self.count, self.head, self.now.wall, draft);
        Arc::new(entry.sealed(Seal { prev: "".into(), hash: "".into() }))
    }

    /// The source has these alerts now, besides those that it had before.
    pub fn fires(&mut self, alerts: &[Arc<Alert>]) -> &mut Self {
        self.changes(alerts.to_vec(), Vec::new())
    }

    /// The source answers a poll with these changes.
    pub fn changes(&mut self, upserts: Vec<Arc<Alert>>, gone: Vec<AlertId>) -> &mut Self {
        let gone = gone.into_iter().map(|id| id.fingerprint).collect();
        self.fact(Fact::AlertsChanged { source: "prod".into(), upserts, gone });
        self.answers(SourceAnswer { complete: true, ..SourceAnswer::default() })
    }

    pub fn answers(&mut self, answer: SourceAnswer) -> &mut Self {
        self.fact(Fact::SourceAnswered { source: "prod".into(), answer });
        self.draw();
        self
    }

    pub fn silences(&mut self, silences: Vec<Silence>) -> &mut Self {
        self.answers(SourceAnswer { complete: true, silences: Arc::new(silences), ..SourceAnswer::default() })
    }

    /// The source has failed for good: nothing may be called resolved.
    pub fn source_fails(&mut self, why: &str) -> &mut Self {
        self.fact(Fact::SourceFailed { source: "prod".into(), trouble: Trouble::new(Reason::Refused, why) });
        self.draw();
        self
    }

    pub fn feed(&mut self, name: &str, state: FeedState, message: &str, latency: u64) -> &mut Self {
        let latency = Some(Duration::from_millis(latency));
        let reading = Reading { latency, ..Reading::new(state, message) };
        self.fact(Fact::FeedRead { feed: name.into(), reading });
        self.draw();
        self
    }

    /// The library has this playbook.
    pub fn playbook(&mut self, text: &str) -> &mut Self {
        self.playbooks(&[text])
    }

    /// The library has these playbooks, in this order.
    pub fn playbooks(&mut self, texts: &[&str]) -> &mut Self {
        let place = |text: &str| {
            let id = text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap_or("failover");
            midwatch::domain::playbook::Place::Bundled(Box::leak(format!("{id}.md").into_boxed_str()))
        };
        let books = texts.iter().map(|text| Arc::new(midwatch::playbook::read(text, place(text), midwatch::steps::KINDS)));
        let books = Arc::new(books.collect());
        self.fact(Fact::Run(RunFact::Playbooks { books, given: Arc::default() }));
        self.draw();
        self
    }

    /// The command that was launched last writes this, and goes on.
    pub fn command_writes(&mut self, line: &str) -> &mut Self {
        let launch = self.launched();
        let (run, step, attempt) = (launch.setup.run, launch.step.clone(), launch.attempt);
        self.fact(Fact::Run(RunFact::Started { run, step: step.clone(), attempt, pid: Some(1) }));
        let tail: Arc<[Outside]> = vec![Outside::from(line)].into();
        self.fact(Fact::Run(RunFact::Output { run, step, attempt, tail, bytes: line.len() as u64 }));
        self.draw();
        self
    }

    /// The command that was launched last ends.
    pub fn command_ends(&mut self, state: StepState, exit: i32) -> &mut Self {
        let launch = self.launched();
        let mut end = StepEnd::without_process(state, self.now.wall, "");
        end.exit_code = Some(exit);
        self.fact(Fact::Run(RunFact::Ended { run: launch.setup.run, step: launch.step, attempt: launch.attempt, end }));
        self.draw();
        self
    }

    /// What was asked for of a run's folder is read.
    pub fn reads(&mut self, text: &str) -> &mut Self {
        let place =
            self.effects.iter().position(|effect| matches!(effect, Effect::Run(RunEffect::Read { .. }))).expect("asked for");
        if let Effect::Run(RunEffect::Read { run, step, attempt, .. }) = self.effects.remove(place) {
            let lines = text.lines().map(Outside::from).collect();
            let written = Written { lines, ..Written::default() };
            self.fact(Fact::Run(RunFact::Read { run, step, attempt, written }));
        }
        self.draw();
        self
    }

    /// The command that was launched last, if any was, writes something or ends somehow.
    pub fn anything_ends(&mut self, chance: usize) -> &mut Self {
        let launches = |effect: &Effect| matches!(effect, Effect::Run(RunEffect::Launch(_)));
        if !self.effects.iter().any(launches) {
            return self;
        }
        let ends = [StepState::Succeeded, StepState::Failed, StepState::TimedOut, StepState::Unknown, StepState::Cancelled];
        match ends.get(chance % 7) {
            Some(state) => self.command_ends(*state, 0),
            None => self.command_writes("\u{1b}[2Jsomething\u{202e}"),
        }
    }

    fn launched(&self) -> Launch {
        let launches = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Run(RunEffect::Launch(launch)) => Some((**launch).clone()),
            _ => None,
        });
        launches.expect("a command was launched")
    }

    /// The oldest act that waits made something that the source calls so.
    pub fn act_makes(&mut self, made: &str) -> &mut Self {
        self.act_ends_with(ActEnd { outcome: Outcome::Done, detail: made.into(), made: Some(made.into()) })
    }

    /// The source answers the oldest act that waits.
    pub fn act_ends(&mut self, outcome: Outcome, detail: &str) -> &mut Self {
        self.act_ends_with(ActEnd { outcome, detail: detail.into(), made: None })
    }

    fn act_ends_with(&mut self, end: ActEnd) -> &mut Self {
        let place = self.effects.iter().position(|effect| matches!(effect, Effect::Act { .. })).expect("an act waits");
        if let Effect::Act { intent, .. } = self.effects.remove(place) {
            self.fact(Fact::ActEnded { intent: intent.id(), end });
        }
        self.draw();
        self
    }

    /// The source answers the oldest act that waits, if one does.
    pub fn act_ends_if_any(&mut self, outcome: Outcome) -> &mut Self {
        match self.effects.iter().any(|effect| matches!(effect, Effect::Act { .. })) {
            true => self.act_ends(outcome, "said"),
            false => self,
        }
    }

    /// The wall clock is set back while a second passes.
    pub fn clock_is_set_back(&mut self, seconds: u64) -> &mut Self {
        self.now.wall -= chrono::Duration::seconds(seconds as i64);
        self.sleep(1)
    }

    /// Presses keys, written as in the configuration, one after the other, each on what the frame before has shown.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace().flat_map(|word| Sequence::parse(word).expect(word).0) {
            let requests = self.screen.key(key, &self.world);
            self.perform(requests);
            self.draw();
        }
        self
    }

    /// Presses keys that arrive together: no frame is drawn between them.
    pub fn press_together(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace().flat_map(|word| Sequence::parse(word).expect(word).0) {
            let requests = self.screen.key(key, &self.world);
            self.perform(requests);
        }
        self.draw();
        self
    }

    /// Types a text.
    pub fn type_text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let word = if c == ' ' { "space".to_owned() } else { c.to_string() };
            self.press(&word);
        }
        self
    }

    pub fn paste(&mut self, text: &str) -> &mut Self {
        let requests = self.screen.paste(text, &self.world);
        self.perform(requests);
        self.draw();
        self
    }

    pub fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) -> &mut Self {
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        let requests = self.screen.mouse(event, &self.world);
        self.perform(requests);
        self.draw();
        self
    }

    /// Clicks the first place that shows this text.
    pub fn click(&mut self, text: &str) -> &mut Self {
        let (x, y) = self.find(text).unwrap_or_else(|| panic!("`{text}` is not on the screen:\n{}", self.text()));
        self.mouse(MouseEventKind::Down(MouseButton::Left), x, y)
    }

    /// Asks the world for something without a key.
    pub fn asks(&mut self, command: Command) -> &mut Self {
        self.perform(vec![Request::Command(command)]);
        self.draw();
        self
    }

    fn perform(&mut self, requests: Vec<Request>) {
        for request in requests {
            match request {
                Request::Ui(ui) => self.asked.push(ui),
                Request::Command(command) => {
                    self.commands.push(command.clone());
                    self.count += 1;
                    let request = RequestId(self.count);
                    self.screen.asked(request);
                    self.event(Body::Command(request, command));
                }
            }
        }
    }

    pub fn draw(&mut self) -> Hits {
        self.screen.prepare(&self.world);
        self.asked.extend(self.screen.draft_to_keep(&self.world).map(|text| Ui::SaveDraft(text.to_owned())));
        self.frame.reset();
        let hits = self.screen.render(&self.world, &self.theme, &mut self.frame);
        self.screen.seen(hits.clone());
        hits
    }

    /// The frame as lines of text.
    pub fn text(&self) -> String {
        let (width, height) = (self.frame.area.width, self.frame.area.height);
        let line = |y: u16| (0..width).map(|x| self.frame[(x, y)].symbol()).collect::<String>();
        (0..height).map(|y| line(y).trim_end().to_owned() + "\n").collect()
    }

    /// The first line that holds this text.
    pub fn line(&self, text: &str) -> String {
        let all = self.text();
        let found = all.lines().find(|line| line.contains(text)).map(str::to_owned);
        found.unwrap_or_else(|| panic!("`{text}` is not on the screen:\n{all}"))
    }

    pub fn shows(&self, text: &str) -> bool {
        self.text().lines().any(|line| line.contains(text))
    }

    /// Where a text begins.
    pub fn find(&self, text: &str) -> Option<(u16, u16)> {
        let all = self.text();
        let (y, line) = all.lines().enumerate().find(|(_, line)| line.contains(text))?;
        let before = &line[..line.find(text)?];
        Some((unicode_width::UnicodeWidthStr::width(before) as u16, y as u16))
    }

    #[track_caller]
    pub fn expect(&mut self, text: &str) -> &mut Self {
        assert!(self.shows(text), "`{text}` is not on the screen:\n{}", self.text());
        self
    }

    #[track_caller]
    pub fn expect_not(&mut self, text: &str) -> &mut Self {
        assert!(!self.shows(text), "`{text}` is on the screen:\n{}", self.text());
        self
    }

    pub fn quits(&self) -> bool {
        self.asked.contains(&Ui::Quit)
    }
}

/// The outage of the pictures: a dead primary, a shop that fails with it, a disk that fills up.
pub fn outage() -> Desk {
    let mut desk = Desk::new();
    desk.fact(Fact::Watching(true));
    for latency in [40, 45, 41, 48, 300, 900, 870, 910] {
        desk.feed("checkout-pay", FeedState::Healthy, "200 OK in 41 ms", latency);
    }
    desk.feed("checkout-pay", FeedState::Failing, "503 Service Unavailable", 900);
    desk.feed("pg-primary", FeedState::Failing, "connection refused", 1);
    desk.feed("stripe-api", FeedState::Healthy, "operational", 80);
    desk.fires(&[
        alert("PostgresDown", "critical", "postgres", "db-1:5432", 3),
        alert("CheckoutErrors", "critical", "checkout", "shop-3", 2),
        alert("ReplicaLag", "warning", "postgres", "db-2:5432", 9),
        alert("DiskFilling", "warning", "postgres", "db-2:9100", 41),
        alert("BackupLate", "info", "backups", "nightly", 120),
    ]);
    desk
}

/// A failover of three steps, one of which wants something typed.
pub const FAILOVER: &str = r#"---
playbook: 1
id: postgres-failover
title: Fail over to the replica
alerts: [{alertname: PostgresDown}]
rto: 15m
params:
  REPLICA: {type: string, default: db-2}
---

# Fail over to the replica

## Steps

### 1. Confirm that the primary is really gone

- **Kind:** manual

Look at the machine itself.

### 2. Fence the old primary

- **Risk:** change

```sh
fence "$REPLICA"
```

### 3. Promote the replica

- **Risk:** destructive
- **Confirm:** type `$REPLICA`

```sh
pg_ctl promote -D "$REPLICA"
```
"#;

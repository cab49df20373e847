//! The shell around the core: one sequencer, one world, one timer, and everything that feeds them.

mod beginning;
mod calling;
mod front;
mod perform;
mod pushed;
mod renewed;
mod watching;

use super::cache::{Cache, Ledger, What};
use super::driver::Driver;
use super::listener::{Doors, Feeds, Listener, Listens};
use super::poller;
use super::recording::Recorder;
use super::scribe::Scribe;
use super::watcher::Turn;
use crate::domain::alert::Alert;
use crate::domain::entry::Actor;
use crate::domain::health::{FeedSpec, FeedState};
use crate::domain::ids::{FeedName, RequestId, SourceName};
use crate::domain::settings::{Settings, SourceSpec};
use crate::feeds::Feed;
use crate::journal::{Journal, JournalError};
use crate::model::runs::{RunCommand, Sitting};
use crate::model::{Body, Command, Event, Fact, World};
use crate::ports::Ports;
use crate::sources::Source;
use crate::tellers::Teller;
pub use calling::{Caller, can_call};
pub use front::{Ask, Frontend, start_reader};
pub use renewed::{Configured, Reload};
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};

/// What the shell is made of.
pub struct Setup {
    pub settings: Arc<Settings>,
    /// The person at this console.
    pub me: Actor,
    pub sources: Vec<(SourceSpec, Arc<dyn Source>)>,
    pub feeds: Vec<(FeedSpec, Arc<dyn Feed>)>,
    pub tellers: Vec<(SourceName, Arc<dyn Teller>)>,
    pub ports: Ports,
    /// The open journal and its folder; none where nothing is recorded.
    pub journal: Option<(Box<dyn Journal>, PathBuf)>,
    /// What is asked again and again from the start.
    pub polling: Polling,
    /// This process may become the one that records outside facts.
    pub watch: bool,
}

/// What a shell asks by itself. A feed that somebody wants to know of is asked in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Polling {
    Nothing,
    Sources,
    All,
    /// All, and what sources tell of changes by themselves is listened to.
    Following,
}

/// How long facts are taken in between two looks at the keys: a storm has tens of portions of a millisecond each.
const BATCH: Duration = Duration::from_millis(2);

pub struct Shell {
    pub world: World,
    ports: Ports,
    sources: BTreeMap<SourceName, Arc<dyn Source>>,
    tellers: BTreeMap<SourceName, Arc<dyn Teller>>,
    scribe: Option<Scribe>,
    poller: Option<poller::Handle>,
    /// Feeds that are not asked, as long as nobody wants to know of them.
    idle: Vec<(FeedSpec, Arc<dyn Feed>)>,
    /// Feeds that are called, and what earlier processes kept of their calls.
    called: Feeds,
    ledger: Option<Ledger>,
    /// Where alerts are pushed and feeds called, where that was asked for.
    listener: Option<Listener>,
    listens: Option<Listens>,
    doors: Option<Doors>,
    /// The data folder.
    folder: Option<PathBuf>,
    /// Alerts of earlier sessions that were pushed and had not ended: whoever pushed them need not say so again.
    told: Vec<Arc<Alert>>,
    /// Performs playbooks; without one, no run is held and none goes on.
    driver: Option<Driver>,
    /// The operator's own program that calls them, and how many calls are under way.
    caller: Option<Caller>,
    calling: usize,
    cache: Option<Cache>,
    /// The revision of the alerts that the cache holds.
    kept: u64,
    facts: UnboundedReceiver<Fact>,
    sender: UnboundedSender<Fact>,
    reloads: (UnboundedSender<Reload>, UnboundedReceiver<Reload>),
    seq: u64,
    requests: u64,
    wake_at: Option<Duration>,
    /// Effects whose answer has not come yet: none means that nothing will change by itself.
    flying: usize,
    /// How many drafts of each request the journal has not answered for yet.
    recording: BTreeMap<RequestId, usize>,
    /// The watch, where it is waited for.
    turn: Option<Turn>,
    signs: watching::Signs,
    /// What begins once the journal has been read.
    waiting: Option<beginning::Waiting>,
    /// Why it could not be.
    unread: Option<JournalError>,
    /// The step that has the terminal.
    lent: Option<Sitting>,
    recorder: Option<Recorder>,
}

/// Those that others call.
fn called(feeds: &[(FeedSpec, Arc<dyn Feed>)]) -> Feeds {
    let called = feeds.iter().filter(|(_, feed)| feed.called().is_some());
    called.map(|(spec, feed)| (spec.name.clone(), feed.clone())).collect()
}

impl Shell {
    /// A shell that knows nothing yet and touches nothing: enough for a first frame.
    pub fn new(setup: &Setup) -> Self {
        let (sender, facts) = unbounded_channel();
        let now = setup.ports.clock.now();
        Self {
            world: World::new(setup.settings.clone(), setup.me.clone(), now),
            sources: setup.sources.iter().map(|(spec, source)| (spec.name.clone(), source.clone())).collect(),
            tellers: setup.tellers.iter().cloned().collect(),
            ports: setup.ports.clone(),
            scribe: None,
            called: called(&setup.feeds),
            ledger: None,
            poller: None,
            idle: Vec::new(),
            listener: None,
            listens: None,
            doors: None,
            folder: None,
            told: Vec::new(),
            driver: None,
            caller: None,
            calling: 0,
            cache: None,
            kept: 0,
            facts,
            sender,
            reloads: unbounded_channel(),
            seq: 0,
            requests: 0,
            wake_at: None,
            flying: 0,
            recording: BTreeMap::new(),
            turn: None,
            signs: watching::Signs::default(),
            waiting: None,
            unread: None,
            lent: None,
            recorder: None,
        }
    }

    /// Shows the alerts of an earlier session until the sources answer, and keeps those of this one.
    pub fn remember(&mut self, cache: Cache) {
        for fact in cache.first() {
            self.event(Body::Fact(fact));
        }
        self.cache = Some(cache);
    }

    /// Keeps the alerts for the next session, if they have changed since they were kept last, and what feeds have measured.
    fn keep(&mut self) -> Option<JoinHandle<()>> {
        if self.world.settings.read_only {
            return None;
        }
        let what = What { alerts: self.world.alerts.revision() != self.kept, feeds: !self.world.health.is_empty() };
        let cache = self.cache.as_ref().filter(|_| what.alerts || what.feeds)?;
        let kept = cache.save(&self.world, what)?;
        self.kept = self.world.alerts.revision();
        Some(kept)
    }

    /// Everything that happens from here on is written into a file, too.
    ///
    /// # Errors
    /// It can't be made, or is there already.
    pub fn record(&mut self, path: &Path) -> io::Result<()> {
        self.recorder = Some(Recorder::begin(path, &self.world, self.ports.secrets.clone())?);
        Ok(())
    }

    /// # Errors
    /// Not everything could be written.
    pub fn end_recording(&mut self) -> io::Result<()> {
        self.recorder.take().map_or(Ok(()), Recorder::end)
    }

    /// Runs of playbooks can be driven from here on.
    pub fn drive(&mut self, driver: Driver) {
        self.driver = Some(driver);
    }

    /// Leaves the runs that this console drives in order: the next one need not be told that it died. A command that is
    /// running goes on under its supervisor.
    pub fn leave_runs(&mut self) {
        let driven: Vec<_> = self.world.runs.driven().collect();
        for run in driven {
            self.ask(Command::Run(RunCommand::Leave { run }));
        }
    }

    /// Where facts from elsewhere may be sent.
    pub fn facts(&self) -> UnboundedSender<Fact> {
        self.sender.clone()
    }

    /// Hands a command to the world.
    pub fn ask(&mut self, command: Command) -> RequestId {
        self.requests += 1;
        let request = RequestId(self.requests);
        self.event(Body::Command(request, command));
        request
    }

    /// One event, stamped and numbered, and what follows from it.
    pub fn event(&mut self, body: Body) {
        let Some(body) = self.hold_back(body) else { return };
        self.follow_turn();
        self.step(body);
    }

    fn step(&mut self, body: Body) {
        let read = matches!(body, Body::Fact(Fact::Read));
        match &body {
            Body::Fact(Fact::Recorded { entry, request: None }) => self.read_entry(entry),
            // It came before it was given up.
            Body::Fact(Fact::Watching(true)) if self.turn.as_ref().is_some_and(|turn| !turn.is_ours()) => return,
            Body::Fact(Fact::ActEnded { .. } | Fact::ActFound { .. }) => self.flying = self.flying.saturating_sub(1),
            Body::Fact(Fact::CallEnded { .. }) => self.called_back(),
            Body::Fact(Fact::Recorded { request: Some(request), .. }) => self.answered(*request),
            Body::Fact(Fact::RecordFailed { request, .. }) => drop(self.recording.remove(request)),
            _ => {}
        }
        self.seq += 1;
        let event = Event { seq: self.seq, stamp: self.ports.clock.now(), body };
        if let Some(recorder) = &self.recorder {
            recorder.keep(&event, &self.world);
        }
        for effect in self.world.update(event) {
            self.perform(effect);
        }
        if read {
            self.has_read();
        }
    }

    fn answered(&mut self, request: RequestId) {
        if let Some(left) = self.recording.get_mut(&request) {
            *left -= 1;
            if *left == 0 {
                self.recording.remove(&request);
            }
        }
    }

    /// Takes in what has arrived and waits for the next thing until `done` holds. `false` if the deadline came first.
    pub async fn until(&mut self, deadline: Duration, done: impl Fn(&World) -> bool) -> bool {
        let deadline = Instant::now() + deadline;
        while !done(&self.world) {
            let wake = self.timer();
            tokio::select! {
                Some(fact) = self.facts.recv() => self.event(Body::Fact(fact)),
                () = wake => self.tick(),
                () = sleep_until(deadline) => return false,
            }
        }
        true
    }

    /// Goes on until nothing is under way, or the deadline has come: then `false`.
    pub async fn until_quiet(&mut self, deadline: Duration) -> bool {
        let deadline = Instant::now() + deadline;
        while !self.quiet() {
            let wake = self.timer();
            tokio::select! {
                Some(fact) = self.facts.recv() => self.event(Body::Fact(fact)),
                () = wake => self.tick(),
                () = sleep_until(deadline) => return false,
            }
        }
        true
    }

    fn tick(&mut self) {
        let early = self.wake_at.is_none_or(|at| at > self.ports.clock.now().mono);
        // It was time for a sign of life, whoever watches by now: what the world waits for has its time still.
        if early || self.is_reading() {
            return self.follow_turn();
        }
        self.wake_at = None;
        self.event(Body::Tick);
    }

    /// Ends when the world wants to be woken, or a sign of life is due; never, if neither is.
    fn timer(&self) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let beat = self.turn.as_ref().filter(|turn| turn.is_ours()).map(|_| self.signs.due());
        let wake = self.wake_at.filter(|_| !self.is_reading());
        match wake.into_iter().chain(beat).min() {
            Some(at) => Box::pin(tokio::time::sleep(at.saturating_sub(self.ports.clock.now().mono))),
            None => Box::pin(std::future::pending()),
        }
    }

    /// What is left to do before the process ends; the journal is drained when the shell is dropped.
    pub fn finish(&mut self) {
        if let Some(keeping) = self.keep() {
            // A cache that could not be written is not there the next time.
            let _ = keeping.join();
        }
    }

    /// Takes this fact and what came with it; whether somebody might wait to see one of them.
    fn take(&mut self, first: Fact) -> bool {
        let began = Instant::now();
        let (mut next, mut urgent) = (Some(first), false);
        while let Some(fact) = next {
            // A feed that is what it was has no more than another value.
            let value = if let Fact::FeedRead { feed, .. } = &fact { Some((feed.clone(), self.state_of(feed))) } else { None };
            self.event(Body::Fact(fact));
            urgent |= value.is_none_or(|(feed, state)| self.state_of(&feed) != state);
            next = if began.elapsed() < BATCH { self.facts.try_recv().ok() } else { None };
        }
        urgent
    }

    fn state_of(&self, feed: &FeedName) -> Option<FeedState> {
        self.world.health.get(feed).map(|feed| feed.state)
    }

    /// Nothing is under way: no request is unsettled and no effect is in flight.
    pub fn quiet(&self) -> bool {
        self.flying == 0
            && !self.is_reading()
            && !self.world.runs.busy()
            && self.recording.is_empty()
            && self.world.unsettled() == 0
            && self.facts.is_empty()
    }
}

/// Ends when the system asks this process to end.
///
/// # Errors
/// The signals can't be listened to.
pub fn ended() -> io::Result<impl Future<Output = ()>> {
    let mut term = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

//! The one poller: asks every source and feed in its time, and tells the core what came of it.
//!
//! It owns interval, jitter, deadline, backoff, concurrency and cancellation. What a question and its answer mean is
//! the adapter's business, what they change the core's. Invariant: an item is never asked twice at the same time, and
//! every question ends as exactly one `FeedRead`, `FeedFailed`, `SourceAnswered` or `SourceFailed`, unless the
//! poller is stopped. When a source is asked next is told behind that.

mod compare;
mod news;
mod schedule;

use crate::domain::alert::{Alert, Silence, Snapshot};
use crate::domain::health::{FeedSpec, Reading};
use crate::domain::ids::{FeedName, SourceName};
use crate::domain::settings::SourceSpec;
use crate::domain::trouble::{Reason, Trouble};
use crate::feeds::Feed;
use crate::model::Fact;
use crate::model::event::SourceAnswer;
use crate::ports::Ports;
use crate::runtime::ports::most_files;
use crate::sources::Source;
pub use compare::CHUNK;
use compare::{Alerts, Difference};
use futures_util::FutureExt;
use schedule::{Ended, Rhythm, Schedule};
use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// Feeds that begin together, few enough that none measures the others. Those that hang don't count: they are bounded by the
/// files that may be open. Sources have no such bounds: there are few, and none may wait for a slow feed.
const FEEDS_AT_ONCE: usize = 128;

/// What a feed or a source may take beyond its timeout, which it keeps by itself, before it is cut off.
const GRACE: Duration = Duration::from_secs(1);

/// Everything that is to be asked.
#[derive(Clone, Default)]
pub struct Items {
    pub feeds: Vec<(FeedSpec, Arc<dyn Feed>)>,
    pub sources: Vec<(SourceSpec, Arc<dyn Source>)>,
}

/// What each source listed in an earlier session, sorted by fingerprint; `None` while it is being read. It is no answer, but
/// what the first answer is made of where it says the same: else a storm would be in memory twice.
pub type Remembered = watch::Receiver<Option<HashMap<SourceName, Arc<Alerts>>>>;

/// Nothing is remembered.
pub fn nothing() -> Remembered {
    watch::channel(None).1
}

async fn remembered_of(source: &SourceName, remembered: &mut Remembered) -> Arc<Alerts> {
    let read = remembered.wait_for(Option::is_some).await;
    read.ok().and_then(|all| all.as_ref()?.get(source).cloned()).unwrap_or_default()
}

/// Orders to the poller. Dropping it stops the poller and all its questions.
pub struct Handle(UnboundedSender<Order>);

/// Lets others ask, as long as the poller is there.
#[derive(Clone)]
pub struct Asker(WeakUnboundedSender<Order>);

impl Asker {
    /// Whose poller has ended.
    #[cfg(test)]
    pub fn nobody() -> Self {
        Self(unbounded_channel().0.downgrade())
    }

    /// Asks this source, which tells of a change, as soon as it allows it.
    fn hear(&self, source: SourceName) {
        if let Some(orders) = self.0.upgrade() {
            Handle(orders).order(Order::Hear(source));
        }
    }

    /// Asks these now.
    pub fn ask(&self, sources: Vec<SourceName>, feeds: Vec<FeedName>) {
        if let Some(orders) = self.0.upgrade() {
            Handle(orders).ask(sources, feeds);
        }
    }
}

enum Order {
    Follow,
    Hear(SourceName),
    Ask(Vec<SourceName>, Vec<FeedName>),
    Add(Vec<(FeedSpec, Arc<dyn Feed>)>),
    Replace(Items),
}

impl Handle {
    /// Asks these now, whatever their schedule or a pause after failures says. One that is being asked is asked again.
    pub fn ask(&self, sources: Vec<SourceName>, feeds: Vec<FeedName>) {
        self.order(Order::Ask(sources, feeds));
    }

    /// Asks these feeds too from now on, and at once first.
    pub fn add(&self, feeds: Vec<(FeedSpec, Arc<dyn Feed>)>) {
        self.order(Order::Add(feeds));
    }

    /// Listens from now on to sources that tell of changes by themselves.
    pub fn follow(&self) {
        self.order(Order::Follow);
    }

    /// Asks other things from now on, all of them at once first. A source that keeps its name is compared with its last
    /// snapshot still.
    pub fn replace(&self, items: Items) {
        self.order(Order::Replace(items));
    }

    pub fn asker(&self) -> Asker {
        Asker(self.0.downgrade())
    }

    fn order(&self, order: Order) {
        // The poller ends before its handle only when the runtime shuts down: nobody is left to ask.
        let _ = self.0.send(order);
    }
}

/// Starts to ask, everything once at first. Needs a runtime around it.
pub fn start(items: Items, ports: Ports, facts: UnboundedSender<Fact>, remembered: Remembered) -> Handle {
    let (orders, inbox) = unbounded_channel();
    let orders = Handle(orders);
    tokio::spawn(Poller::new(items, ports, facts, remembered, orders.asker()).run(inbox));
    orders
}

/// One check within its time.
pub async fn check(spec: &FeedSpec, feed: &dyn Feed, ports: &Ports) -> Result<Reading, Trouble> {
    within(spec.timeout + GRACE, ports, feed.check(ports, spec.timeout)).await
}

/// One poll within its time.
pub async fn fetch(spec: &SourceSpec, source: &dyn Source, before: &[Arc<Alert>], ports: &Ports) -> Result<Snapshot, Trouble> {
    within(spec.timeout + GRACE, ports, source.fetch(before, ports, spec.timeout)).await
}

/// Cuts off what takes too long; a defect of one adapter must not silence the others. Timers stand still while the machine sleeps,
/// and what was on its way then is there at once when it wakes: by the clock that counts sleep it is no answer any more.
async fn within<T>(limit: Duration, ports: &Ports, question: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    let began = ports.clock.now();
    let answer = in_time(limit, question).await;
    match ports.clock.now().since(began) {
        took if took > limit + GRACE && answer.is_ok() => {
            let took = humantime::format_duration(Duration::from_secs(took.as_secs()));
            Err(Trouble::new(Reason::Timeout, format!("it was asked {took} ago, before midwatch slept")))
        }
        _ => answer,
    }
}

async fn in_time<T>(limit: Duration, question: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    let late = || format!("no answer within {}", humantime::format_duration(limit));
    match timeout(limit, AssertUnwindSafe(question).catch_unwind()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(Trouble::new(Reason::Local, "midwatch failed while it asked; please report this")),
        Err(_) => Err(Trouble::new(Reason::Timeout, late())),
    }
}

/// A question that has ended.
enum Done {
    Feed(usize, Result<Reading, Trouble>),
    Source(usize, Result<(Difference, SourceAnswer), Trouble>),
}

struct Poller {
    items: Items,
    ports: Ports,
    facts: UnboundedSender<Fact>,
    /// Zero of both schedules.
    began: Instant,
    feeds: Schedule,
    sources: Schedule,
    /// Questions in flight; they end with it.
    running: JoinSet<Done>,
    /// What each source said last.
    last: HashMap<SourceName, Arc<Alerts>>,
    silences: HashMap<SourceName, Arc<Vec<Silence>>>,
    remembered: Remembered,
    /// Itself, for those who hear of news.
    asker: Asker,
    /// The connections on which sources tell of changes, once somebody wants that; they end with it.
    news: Option<JoinSet<()>>,
}

impl Poller {
    fn new(items: Items, ports: Ports, facts: UnboundedSender<Fact>, remembered: Remembered, asker: Asker) -> Self {
        let (feeds, sources) = schedules(&items);
        let (began, running, last, silences) = (Instant::now(), JoinSet::new(), HashMap::new(), HashMap::new());
        Self { items, ports, facts, began, feeds, sources, running, last, silences, remembered, asker, news: None }
    }

    async fn run(mut self, mut inbox: UnboundedReceiver<Order>) {
        loop {
            self.ask_due();
            let next = [self.feeds.next(), self.sources.next()].into_iter().flatten().min();
            tokio::select! {
                order = inbox.recv() => match order {
                    Some(order) => self.obey(order),
                    None => return,
                },
                Some(Ok(done)) = self.running.join_next() => self.tell(done),
                () = sleep_until(self.began + next.unwrap_or_default()), if next.is_some() => {}
            }
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn ask_due(&mut self) {
        let now = self.now();
        while let Some(index) = self.sources.start(now) {
            self.ask_source(index);
        }
        while let Some(index) = self.feeds.start(now) {
            self.ask_feed(index);
        }
    }

    fn ask_feed(&mut self, index: usize) {
        let ((spec, feed), ports) = (self.items.feeds[index].clone(), self.ports.clone());
        self.running.spawn(async move { Done::Feed(index, check(&spec, &*feed, &ports).await) });
    }

    fn ask_source(&mut self, index: usize) {
        let ((spec, source), ports) = (self.items.sources[index].clone(), self.ports.clone());
        let (before, mut remembered) = (self.last.get(&spec.name).cloned(), self.remembered.clone());
        let silences = self.silences.get(&spec.name).cloned().unwrap_or_default();
        self.running.spawn(async move {
            let known = match &before {
                Some(before) => before.clone(),
                None => remembered_of(&spec.name, &mut remembered).await,
            };
            let answer = fetch(&spec, &*source, &known, &ports).await;
            Done::Source(index, compared(before.unwrap_or_default(), silences, answer).await)
        });
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Follow => self.news = Some(news::follow(&self.items, &self.ports, &self.asker, &self.facts)),
            Order::Hear(source) => {
                let now = self.now();
                for index in places(&self.items.sources, |(spec, _)| spec.name == source) {
                    self.sources.hear(index, now);
                    self.tell_pause(index, now);
                }
            }
            Order::Ask(sources, feeds) => {
                let now = self.now();
                for index in places(&self.items.sources, |(spec, _)| sources.contains(&spec.name)) {
                    self.sources.ask(index, now);
                    self.tell_pause(index, now);
                }
                for index in places(&self.items.feeds, |(spec, _)| feeds.contains(&spec.name)) {
                    self.feeds.ask(index, now);
                }
            }
            Order::Add(feeds) => {
                let now = self.now();
                feeds.iter().for_each(|(spec, _)| self.feeds.add(rhythm_of_feed(spec), now));
                self.items.feeds.extend(feeds);
            }
            Order::Replace(items) => {
                let (last, following) = (std::mem::take(&mut self.last), self.news.is_some());
                let (ports, facts, remembered) = (self.ports.clone(), self.facts.clone(), self.remembered.clone());
                *self = Self { last, ..Self::new(items, ports, facts, remembered, self.asker.clone()) };
                self.last.retain(|name, _| self.items.sources.iter().any(|(spec, _)| spec.name == *name));
                self.news = following.then(|| news::follow(&self.items, &self.ports, &self.asker, &self.facts));
            }
        }
    }

    fn tell(&mut self, done: Done) {
        let now = self.now();
        match done {
            Done::Feed(index, answer) => {
                self.feeds.done(index, now, ended(&answer));
                let feed = self.items.feeds[index].0.name.clone();
                self.send(match answer {
                    Ok(reading) => Fact::FeedRead { feed, reading },
                    Err(trouble) => Fact::FeedFailed { feed, trouble },
                });
            }
            Done::Source(index, answer) => {
                self.sources.done(index, now, ended(&answer));
                let source = self.items.sources[index].0.name.clone();
                self.tell_source(source, answer);
                self.tell_pause(index, now);
            }
        }
    }

    /// When a source is asked next, unless it is being asked.
    fn tell_pause(&self, index: usize, now: Duration) {
        if let Some(pause) = self.sources.pause(index, now) {
            self.send(Fact::SourceSpared { source: self.items.sources[index].0.name.clone(), pause });
        }
    }

    fn tell_source(&mut self, source: SourceName, answer: Result<(Difference, SourceAnswer), Trouble>) {
        match answer {
            Ok((mut difference, answer)) => {
                self.last.insert(source.clone(), Arc::new(std::mem::take(&mut difference.now)));
                self.silences.insert(source.clone(), answer.silences.clone());
                for (upserts, gone) in difference.chunks() {
                    self.send(Fact::AlertsChanged { source: source.clone(), upserts, gone });
                }
                self.send(Fact::SourceAnswered { source, answer });
            }
            Err(trouble) => self.send(Fact::SourceFailed { source, trouble }),
        }
    }

    fn send(&self, fact: Fact) {
        // Whoever listened is shutting down and drops the handle next.
        let _ = self.facts.send(fact);
    }
}

fn rhythm_of_feed(spec: &FeedSpec) -> Rhythm {
    Rhythm { name: spec.name.to_string(), every: spec.every, sparing: false }
}

fn schedules(items: &Items) -> (Schedule, Schedule) {
    let source = |spec: &SourceSpec| Rhythm { name: spec.name.to_string(), every: spec.every, sparing: true };
    let feeds = Schedule::new(FEEDS_AT_ONCE, most_files() / 4, items.feeds.iter().map(|(spec, _)| rhythm_of_feed(spec)));
    (feeds, Schedule::new(usize::MAX, usize::MAX, items.sources.iter().map(|(spec, _)| source(spec))))
}

/// Compares on a worker: walking 100,000 alerts would hold up every other answer.
async fn compared(
    before: Arc<Alerts>,
    known: Arc<Vec<Silence>>,
    answer: Result<Snapshot, Trouble>,
) -> Result<(Difference, SourceAnswer), Trouble> {
    let Snapshot {
        alerts,
        silences,
        complete,
        started_at,
        beginnings_tell,
        unsure,
        began,
        untold,
        unheard,
        missing,
        skew_ms,
        pushed,
    } = answer?;
    let work = tokio::task::spawn_blocking(move || {
        // Those that are known already say at once that they are the same.
        let silences = if *known == silences { known } else { Arc::new(silences) };
        (compare::compare(&before, alerts, complete), silences)
    });
    let failed = |_| Trouble::new(Reason::Local, "midwatch failed while it compared two answers; please report this");
    let (mut difference, silences) = work.await.map_err(failed)?;
    // Who is never complete lists what there is, as long as nothing is missing.
    let unheard = if missing.is_empty() { Vec::new() } else { [unheard, std::mem::take(&mut difference.unheard)].concat() };
    Ok((
        difference,
        SourceAnswer {
            complete,
            started_at,
            beginnings_tell,
            unsure,
            began,
            untold,
            missing,
            unheard,
            silences,
            skew_ms,
            pushed,
        },
    ))
}

fn ended<T>(answer: &Result<T, Trouble>) -> Ended {
    match answer {
        Ok(_) => Ended::Well,
        Err(trouble) => Ended::Failed { retry_after: trouble.retry_after },
    }
}

fn places<T>(items: &[T], wanted: impl Fn(&T) -> bool) -> Vec<usize> {
    items.iter().enumerate().filter(|(_, item)| wanted(item)).map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests;

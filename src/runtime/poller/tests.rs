//! The poller on a paused clock: time passes only while nothing runs.

use super::*;
use crate::domain::act::{Act, ActEnd, ActKind, Found};
use crate::domain::alert::{Alert, Labels, Upstream};
use crate::domain::entry::Intent;
use crate::domain::health::FeedState;
use crate::domain::ids::AlertId;
use crate::domain::stamp::Stamp;
use crate::model::event::Spared;
use crate::ports::{Answer, Clock};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::time::sleep;

const SECOND: Duration = Duration::from_secs(1);

/// What an answer is, and how long it takes; the last one repeats.
type Script<T> = Vec<(Duration, Result<T, Trouble>)>;

struct Scripted<T> {
    script: Script<T>,
    asked: AtomicUsize,
    now: AtomicUsize,
    /// The most questions at the same time.
    peak: AtomicUsize,
    at: Mutex<Vec<Instant>>,
}

impl<T: Clone + Send + Sync> Scripted<T> {
    fn new(script: Script<T>) -> Arc<Self> {
        let [asked, now, peak] = std::array::from_fn(|_| AtomicUsize::new(0));
        Arc::new(Self { script, asked, now, peak, at: Mutex::default() })
    }

    fn answer(&self) -> Answer<'_, Result<T, Trouble>> {
        Box::pin(async {
            self.at.lock().expect("no panic").push(Instant::now());
            let round = self.asked.fetch_add(1, Ordering::SeqCst);
            self.peak.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let (takes, answer) = self.script[round.min(self.script.len() - 1)].clone();
            sleep(takes).await;
            self.now.fetch_sub(1, Ordering::SeqCst);
            answer
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Feed for Scripted<Reading> {
    fn check<'a>(&'a self, _ports: &'a Ports, _limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        self.answer()
    }
}

impl Source for Scripted<Snapshot> {
    fn acts(&self) -> &'static [ActKind] {
        &[]
    }

    fn fetch<'a>(
        &'a self,
        _before: &'a [Arc<Alert>],
        _ports: &'a Ports,
        _limit: Duration,
    ) -> Answer<'a, Result<Snapshot, Trouble>> {
        self.answer()
    }

    fn act<'a>(&'a self, _act: &'a Act, _intent: Intent, _ports: &'a Ports) -> Answer<'a, ActEnd> {
        unreachable!("the poller never acts")
    }

    fn find<'a>(&'a self, _act: &'a Act, _intent: Intent, _ports: &'a Ports) -> Answer<'a, Result<Found, Trouble>> {
        unreachable!("the poller never looks for acts")
    }
}

struct Broken;

impl Feed for Broken {
    fn check<'a>(&'a self, _ports: &'a Ports, _limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        Box::pin(async { panic!("a defect of one kind of feed") })
    }
}

/// A clock that stands, until somebody sleeps.
#[derive(Default)]
struct Nights(AtomicUsize);

impl Clock for Nights {
    fn now(&self) -> Stamp {
        let mono = SECOND * 8 * 3_600 * self.0.load(Ordering::SeqCst) as u32;
        Stamp { wall: chrono::DateTime::UNIX_EPOCH + mono, mono }
    }
}

/// The machine sleeps for a night while the first answer is on its way.
struct Overnight(Arc<Nights>, AtomicUsize);

impl Overnight {
    fn sleeps_then<'a, T: Send + 'a>(&'a self, answer: T) -> Answer<'a, Result<T, Trouble>> {
        Box::pin(async {
            if self.1.fetch_add(1, Ordering::SeqCst) == 0 {
                self.0.0.fetch_add(1, Ordering::SeqCst);
            }
            Ok(answer)
        })
    }
}

impl Feed for Overnight {
    fn check<'a>(&'a self, _ports: &'a Ports, _limit: Duration) -> Answer<'a, Result<Reading, Trouble>> {
        self.sleeps_then(Reading::new(FeedState::Healthy, "200 OK"))
    }
}

impl Source for Overnight {
    fn fetch<'a>(
        &'a self,
        _before: &'a [Arc<Alert>],
        _ports: &'a Ports,
        _limit: Duration,
    ) -> Answer<'a, Result<Snapshot, Trouble>> {
        self.sleeps_then(Snapshot::default())
    }
}

#[tokio::test]
async fn what_was_on_its_way_while_the_machine_slept_is_not_fresh() {
    let clock = Arc::new(Nights::default());
    let ports = Ports { clock: clock.clone(), ..Ports::real() };
    let (spec, asleep) = feed("shop", Arc::new(Overnight(clock.clone(), AtomicUsize::new(0))));
    let stale = check(&spec, &*asleep, &ports).await.expect_err("it is eight hours old");
    assert_eq!((stale.reason, stale.to_string()), (Reason::Timeout, "it was asked 8h ago, before midwatch slept".to_owned()));
    assert_eq!(check(&spec, &*asleep, &ports).await.expect("asked since").state, FeedState::Healthy);
    let (spec, asleep) = source("am", Arc::new(Overnight(clock, AtomicUsize::new(0))));
    assert_eq!(fetch(&spec, &*asleep, &[], &ports).await.expect_err("as old").reason, Reason::Timeout);
    assert!(fetch(&spec, &*asleep, &[], &ports).await.is_ok());
}

fn healthy(takes: Duration) -> Script<Reading> {
    let reading = Reading::new(FeedState::Healthy, "200 OK");
    vec![(takes, Ok(reading))]
}

fn feed(name: &str, feed: Arc<dyn Feed>) -> (FeedSpec, Arc<dyn Feed>) {
    let (every, timeout) = (SECOND * 10, SECOND * 5);
    (FeedSpec::new(name, "fake", every, timeout), feed)
}

fn source(name: &str, source: Arc<dyn Source>) -> (SourceSpec, Arc<dyn Source>) {
    let (every, timeout) = (SECOND * 10, SECOND * 5);
    (SourceSpec { name: name.into(), kind: "fake".into(), every, timeout, acts: Vec::new(), carry: None }, source)
}

fn snapshot(names: &[&str], complete: bool) -> Result<Snapshot, Trouble> {
    let alert = |name: &&str| {
        Arc::new(Alert {
            id: AlertId { source: "am".into(), fingerprint: (*name).into() },
            labels: Labels::default(),
            annotations: Labels::default(),
            upstream: Upstream::Firing,
            starts_at: chrono::DateTime::UNIX_EPOCH,
            url: None,
            receivers: Arc::default(),
            silenced_by: Vec::new(),
            inhibited_by: Vec::new(),
            muted_by: Vec::new(),
            held: None,
        })
    };
    Ok(Snapshot { alerts: names.iter().map(alert).collect(), complete, ..Snapshot::default() })
}

fn down() -> Result<Snapshot, Trouble> {
    Err(Trouble::new(Reason::Refused, "refused"))
}

fn begin(items: Items) -> (Handle, UnboundedReceiver<Fact>) {
    let (facts, inbox) = unbounded_channel();
    (start(items, Ports::real(), facts, nothing()), inbox)
}

fn only_feeds(feeds: Vec<(FeedSpec, Arc<dyn Feed>)>) -> Items {
    Items { feeds, sources: Vec::new() }
}

fn only_source(it: &Arc<Scripted<Snapshot>>) -> Items {
    Items { feeds: Vec::new(), sources: vec![source("am", it.clone())] }
}

/// What came of a question, or a part of it.
async fn heard(inbox: &mut UnboundedReceiver<Fact>) -> Fact {
    loop {
        match inbox.recv().await.expect("the poller lives") {
            Fact::SourceSpared { .. } => {}
            fact => return fact,
        }
    }
}

/// Waits for a fact, on the paused clock as long as it takes, and gives it in short.
async fn next(inbox: &mut UnboundedReceiver<Fact>) -> String {
    match heard(inbox).await {
        Fact::FeedRead { feed, reading } => format!("{feed} {:?}", reading.state),
        Fact::FeedFailed { feed, trouble } => format!("{feed} {:?}: {trouble}", trouble.reason),
        Fact::AlertsChanged { upserts, gone, .. } => {
            let new: Vec<_> = upserts.iter().map(|alert| alert.id.fingerprint.as_str()).collect();
            let gone: Vec<_> = gone.iter().map(|name| name.as_str()).collect();
            format!("+[{}] -[{}]", new.join(" "), gone.join(" "))
        }
        Fact::SourceAnswered { answer, .. } if answer.complete => "answered".into(),
        Fact::SourceAnswered { .. } => "answered in part".into(),
        Fact::SourceFailed { trouble, .. } => format!("failed {:?}", trouble.reason),
        other => format!("{other:?}"),
    }
}

/// Lists what it is told to know already.
struct Echo;

impl Source for Echo {
    fn acts(&self) -> &'static [ActKind] {
        &[]
    }

    fn fetch<'a>(&'a self, before: &'a [Arc<Alert>], _: &'a Ports, _: Duration) -> Answer<'a, Result<Snapshot, Trouble>> {
        Box::pin(async { Ok(Snapshot { alerts: before.to_vec(), complete: true, ..Snapshot::default() }) })
    }

    fn act<'a>(&'a self, _act: &'a Act, _intent: Intent, _ports: &'a Ports) -> Answer<'a, ActEnd> {
        unreachable!("the poller never acts")
    }

    fn find<'a>(&'a self, _act: &'a Act, _intent: Intent, _ports: &'a Ports) -> Answer<'a, Result<Found, Trouble>> {
        unreachable!("the poller never looks for acts")
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_is_made_of_what_is_remembered_and_is_told_whole() {
    let (facts, mut inbox) = unbounded_channel();
    let (tell, remembered) = watch::channel(None);
    let items = Items { feeds: Vec::new(), sources: vec![source("am", Arc::new(Echo))] };
    let _poller = start(items, Ports::real(), facts, remembered);
    // The file is still being read when the source is first asked.
    sleep(SECOND).await;
    let old = snapshot(&["a", "b"], true).expect("a snapshot").alerts;
    tell.send_replace(Some(HashMap::from([("am".into(), Arc::new(old.clone()))])));
    let Some(Fact::AlertsChanged { upserts, .. }) = inbox.recv().await else { panic!("what is remembered is no answer") };
    assert!(upserts.len() == 2 && upserts.iter().zip(&old).all(|(new, old)| Arc::ptr_eq(new, old)));
    assert_eq!(next(&mut inbox).await, "answered");
    sleep(SECOND * 15).await;
    assert_eq!(next(&mut inbox).await, "answered", "the second answer brings nothing new");
}

#[tokio::test(start_paused = true)]
async fn a_feed_is_asked_at_once_and_then_in_its_interval() {
    let quick = Scripted::new(healthy(Duration::from_millis(20)));
    let (_poller, mut inbox) = begin(only_feeds(vec![feed("a", quick.clone())]));
    let began = Instant::now();
    assert_eq!(next(&mut inbox).await, "a Healthy");
    assert!(began.elapsed() < SECOND / 2);
    sleep(SECOND * 100).await;
    assert!((10..=12).contains(&quick.asked()), "{} questions in 100 s", quick.asked());
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_is_cut_off_told_and_asked_again_without_overlap() {
    let slow = Scripted::new(healthy(SECOND * 3_600));
    let quick = Scripted::new(healthy(Duration::ZERO));
    let (_poller, mut inbox) = begin(only_feeds(vec![feed("slow", slow.clone()), feed("quick", quick.clone())]));
    assert_eq!(next(&mut inbox).await, "quick Healthy", "nobody waits for the slow one");
    assert_eq!(next(&mut inbox).await, "slow Timeout: no answer within 6s");
    sleep(SECOND * 60).await;
    assert!(slow.asked() >= 5 && quick.asked() >= 6);
    slow.at.lock().expect("no panic").windows(2).for_each(|pair| assert!(pair[1] - pair[0] >= SECOND * 6));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_feeds_are_never_asked_all_together() {
    let shared = Scripted::new(healthy(SECOND / 10));
    let feeds = (0..1_000).map(|n| feed(&format!("feed {n}"), shared.clone() as Arc<dyn Feed>)).collect();
    let (_poller, mut inbox) = begin(only_feeds(feeds));
    let began = Instant::now();
    for _ in 0..1_000 {
        inbox.recv().await.expect("an answer");
    }
    assert_eq!(shared.peak.load(Ordering::SeqCst), FEEDS_AT_ONCE);
    assert!(began.elapsed() < SECOND, "128 at a time take 0.8 s, not {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn hundreds_that_hang_make_no_other_late() {
    let (hanging, quick) = (Scripted::new(healthy(SECOND * 3_600)), Scripted::new(healthy(SECOND / 100)));
    let kind = |n: usize| if n % 10 < 6 { hanging.clone() as Arc<dyn Feed> } else { quick.clone() };
    // A thousand hanging ones would need more files than a process is sure to get.
    let (_poller, _inbox) = begin(only_feeds((0..400).map(|n| feed(&format!("feed {n}"), kind(n))).collect()));
    sleep(SECOND * 101).await;
    let mut rounds = quick.at.lock().expect("no panic").clone();
    rounds.sort();
    let late = |within: u32| rounds.iter().filter(|at| **at - rounds[0] < SECOND * within).count();
    assert!(late(1) >= 160, "{} of 160 within the first second", late(1));
    assert!(rounds.len() >= 160 * 10, "{} questions in 100 s", rounds.len());
}

/// When each of these good feeds is asked within five minutes, beside such others.
async fn times_beside(others: &[Arc<dyn Feed>]) -> Vec<Vec<Duration>> {
    let good: Vec<_> = (0..20).map(|n| Scripted::new(healthy(SECOND / 100 * n))).collect();
    let named = |kind: &str, n: usize, asked: Arc<dyn Feed>| feed(&format!("{kind} {n}"), asked);
    let mut feeds: Vec<_> = good.iter().enumerate().map(|(n, asked)| named("good", n, asked.clone())).collect();
    feeds.extend(others.iter().enumerate().map(|(n, asked)| named("bad", n, asked.clone())));
    let began = Instant::now();
    let (_poller, _inbox) = begin(only_feeds(feeds));
    sleep(SECOND * 300).await;
    let times = |asked: &Arc<Scripted<Reading>>| asked.at.lock().expect("no panic").iter().map(|at| *at - began).collect();
    good.iter().map(times).collect()
}

#[tokio::test(start_paused = true)]
async fn no_feed_is_asked_a_millisecond_later_for_what_is_wrong_with_others() {
    let failed = |order: Option<Duration>| Err(Trouble { retry_after: order, ..Trouble::new(Reason::Refused, "nobody listens") });
    let hanging = || Scripted::new(healthy(SECOND * 3_600)) as Arc<dyn Feed>;
    let late = || Scripted::new(healthy(SECOND * 5)) as Arc<dyn Feed>;
    let refused = || Scripted::<Reading>::new(vec![(Duration::ZERO, failed(None))]) as Arc<dyn Feed>;
    let ordered = || Scripted::<Reading>::new(vec![(SECOND, failed(Some(SECOND * 90)))]) as Arc<dyn Feed>;
    let others: Vec<Arc<dyn Feed>> = (0..50).flat_map(|_| [hanging(), late(), refused(), ordered(), Arc::new(Broken)]).collect();
    let alone = times_beside(&[]).await;
    assert!(alone.iter().all(|times| times.len() >= 29), "{alone:?}");
    assert_eq!(times_beside(&others).await, alone);
}

#[tokio::test(start_paused = true)]
async fn a_defect_of_one_kind_is_its_own_trouble_only() {
    let quick = Scripted::new(healthy(SECOND));
    let (_poller, mut inbox) = begin(only_feeds(vec![feed("broken", Arc::new(Broken)), feed("quick", quick)]));
    assert!(next(&mut inbox).await.starts_with("broken Local: midwatch failed"));
    assert_eq!(next(&mut inbox).await, "quick Healthy");
}

#[tokio::test(start_paused = true)]
async fn changes_come_before_the_answer_that_they_belong_to() {
    let am = Scripted::new(vec![
        (SECOND, snapshot(&["a", "b"], true)),
        (SECOND, down()),
        (SECOND, snapshot(&["b", "c"], false)),
        (SECOND, snapshot(&["b", "c"], true)),
    ]);
    let (_poller, mut inbox) = begin(only_source(&am));
    let mut story = Vec::new();
    for _ in 0..7 {
        story.push(next(&mut inbox).await);
    }
    let wanted = ["+[a b] -[]", "answered", "failed Refused", "+[c] -[]", "answered in part", "+[] -[a]", "answered"];
    assert_eq!(story, wanted);
}

#[tokio::test(start_paused = true)]
async fn a_dead_source_is_spared_until_somebody_asks() {
    let am = Scripted::new(vec![(Duration::ZERO, down())]);
    let (poller, mut inbox) = begin(only_source(&am));
    sleep(SECOND * 240).await;
    let spared = am.asked();
    assert!((12..=14).contains(&spared), "asked {spared} times in four minutes");
    while inbox.try_recv().is_ok() {}
    poller.ask(vec!["am".into()], vec!["no such feed".into()]);
    let Some(Fact::SourceSpared { pause, .. }) = inbox.recv().await else { panic!("not told") };
    assert!(pause.lasts.is_zero(), "nobody says that it is spared while it is asked");
    assert_eq!(next(&mut inbox).await, "failed Refused");
    assert_eq!(am.asked(), spared + 1);
}

#[tokio::test(start_paused = true)]
async fn behind_each_answer_it_is_told_when_the_source_is_asked_next() {
    let ordered = Err(Trouble { retry_after: Some(SECOND * 90), ..Trouble::new(Reason::Limited, "429") });
    let am = Scripted::new(vec![(SECOND, snapshot(&[], true)), (SECOND, ordered), (SECOND, down())]);
    let (_poller, mut inbox) = begin(only_source(&am));
    let mut told = Vec::new();
    for answered in ["answered", "failed Limited", "failed Refused"] {
        assert_eq!(next(&mut inbox).await, answered);
        let Some(Fact::SourceSpared { source, pause }) = inbox.recv().await else { panic!("not told") };
        assert_eq!(source, "am".into());
        let began = am.asked();
        sleep(pause.lasts.saturating_sub(SECOND / 10)).await;
        assert_eq!(am.asked(), began, "not before");
        sleep(SECOND / 5).await;
        assert_eq!(am.asked(), began + 1, "and then");
        told.push(pause.why);
    }
    assert_eq!(told, [Spared::Usually, Spared::Ordered, Spared::Failing(2)]);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_source_fails_within_its_timeout() {
    let am = Scripted::new(vec![(SECOND * 3_600, snapshot(&[], true))]);
    let (_poller, mut inbox) = begin(only_source(&am));
    let began = Instant::now();
    assert_eq!(next(&mut inbox).await, "failed Timeout");
    assert!(began.elapsed() < SECOND * 7);
}

#[tokio::test(start_paused = true)]
async fn another_configuration_ends_old_questions_and_still_sees_what_is_gone() {
    let before = Scripted::new(vec![(SECOND, snapshot(&["a", "b"], true))]);
    let hanging = Scripted::new(healthy(SECOND * 3_600));
    let (poller, mut inbox) = begin(Items { feeds: vec![feed("old", hanging.clone())], ..only_source(&before) });
    assert_eq!([next(&mut inbox).await, next(&mut inbox).await], ["+[a b] -[]", "answered"]);
    let after = Scripted::new(vec![(SECOND, snapshot(&["b"], true))]);
    poller.replace(only_source(&after));
    assert_eq!([next(&mut inbox).await, next(&mut inbox).await], ["+[] -[a]", "answered"]);
    let asked = hanging.asked();
    sleep(SECOND * 60).await;
    assert_eq!(hanging.asked(), asked);
    assert!(Arc::strong_count(&hanging) == 1, "its question was cancelled");
}

#[tokio::test(start_paused = true)]
async fn without_its_handle_the_poller_ends() {
    let hanging = Scripted::new(healthy(SECOND * 3_600));
    let (poller, mut inbox) = begin(only_feeds(vec![feed("a", hanging.clone())]));
    sleep(SECOND).await;
    assert_eq!(hanging.asked(), 1);
    drop(poller);
    assert!(inbox.recv().await.is_none(), "nobody is left to send");
}

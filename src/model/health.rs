//! Health: the last reading of every feed, how old it is, and what that makes of it. Knows nothing of how feeds ask.
//!
//! Invariant: a feed whose reading is past its deadline is `Stale`, never what it was; `deadlines` holds exactly the
//! feeds that are not stale yet.

use crate::domain::health::{FeedSpec, FeedState, Reading};
use crate::domain::ids::{FeedName, ServiceName};
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// How many samples a sparkline can go back.
pub const HISTORY: usize = 60;

/// One point of a sparkline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    pub state: FeedState,
    /// The feed's value; of a feed that never gives one its latency in milliseconds. `None` is a gap.
    pub measure: Option<f64>,
}

/// One feed and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedHealth {
    pub spec: FeedSpec,
    pub state: FeedState,
    /// When it entered this state; `None` before its first answer.
    pub since: Option<Stamp>,
    /// The last judged answer, kept when stale, and when it came.
    pub reading: Option<(Reading, Stamp)>,
    /// When it answered, or could not be asked, the last time.
    pub heard: Option<Stamp>,
    /// Why the feed could not be asked last time, or why it is stale; `None` after a good answer.
    pub trouble: Option<Outside>,
    /// Oldest first, at most `HISTORY`.
    pub history: VecDeque<Sample>,
    /// It has given a value at least once.
    valued: bool,
    /// The last state that was news; nobody needs to be told that all is well.
    known: FeedState,
    /// What it was, and since when, before we began to doubt it for a reason of our own.
    doubted: Option<(FeedState, Stamp)>,
}

/// A feed has entered another state.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub feed: FeedName,
    pub service: Option<ServiceName>,
    pub from: FeedState,
    pub to: FeedState,
    pub message: Outside,
    news: bool,
}

impl Change {
    /// News for the record. That a feed is healthy at start, or after a sleep what it was before, is none.
    pub fn news(&self) -> bool {
        self.news
    }
}

/// All feeds, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Health {
    feeds: BTreeMap<FeedName, FeedHealth>,
    /// `Stamp::mono` at which each fresh reading turns stale.
    deadlines: BTreeSet<(Duration, FeedName)>,
}

impl Health {
    pub fn new(settings: &Settings) -> Self {
        let mut health = Self::default();
        health.configure(settings);
        health
    }

    /// Takes another configuration; feeds that it leaves as they were keep what is known of them.
    pub fn configure(&mut self, settings: &Settings) {
        let mut before = std::mem::take(&mut self.feeds);
        for spec in &settings.feeds {
            let kept = before.remove(&spec.name).filter(|feed| feed.spec == *spec);
            self.feeds.insert(spec.name.clone(), kept.unwrap_or_else(|| FeedHealth::new(spec)));
        }
        self.deadlines = self.feeds.values().filter_map(FeedHealth::deadline).collect();
    }

    pub fn get(&self, feed: &FeedName) -> Option<&FeedHealth> {
        self.feeds.get(feed)
    }

    /// By name.
    pub fn iter(&self) -> impl Iterator<Item = &FeedHealth> {
        self.feeds.values()
    }

    pub fn of_service<'a>(&'a self, service: &'a ServiceName) -> impl Iterator<Item = &'a FeedHealth> {
        self.iter().filter(move |feed| feed.spec.service.as_ref() == Some(service))
    }

    /// The worst state among the service's feeds; `None` for a service without feeds.
    pub fn service(&self, service: &ServiceName) -> Option<FeedState> {
        self.of_service(service).map(|feed| feed.state).max()
    }

    pub fn len(&self) -> usize {
        self.feeds.len()
    }

    pub fn is_empty(&self) -> bool {
        self.feeds.is_empty()
    }

    /// How many are in this state: the "3" of "3 of 41 feeds failing".
    pub fn count(&self, state: FeedState) -> usize {
        self.iter().filter(|feed| feed.state == state).count()
    }

    /// Takes an answer in. A feed that could not be asked keeps its last reading until the deadline; one that has none
    /// is stale at once.
    pub fn read(&mut self, feed: &FeedName, answer: Result<Reading, Trouble>, now: Stamp) -> Option<Change> {
        let found = self.feeds.get_mut(feed)?;
        let deadline = found.deadline();
        let change = match answer {
            Ok(reading) => found.judged(reading, now),
            Err(trouble) => found.failed(trouble, now),
        };
        let moved = found.deadline();
        if moved != deadline {
            deadline.map(|old| self.deadlines.remove(&old));
            self.deadlines.extend(moved);
        }
        change
    }

    /// Turns stale what has passed its deadline.
    pub fn tick(&mut self, now: Stamp) -> Vec<Change> {
        let mut changes = Vec::new();
        while self.next_deadline().is_some_and(|at| at <= now.mono) {
            let due = self.deadlines.pop_first().and_then(|(_, name)| self.feeds.get_mut(&name));
            changes.extend(due.and_then(|feed| feed.expired(now)));
        }
        changes
    }

    /// When `tick` is needed next, as `Stamp::mono`.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Nothing known can be trusted until it is asked again: the machine slept, or a clock was set.
    pub fn all_stale(&mut self, now: Stamp, why: &str) -> Vec<Change> {
        self.deadlines.clear();
        let asked = self.feeds.values_mut().filter(|feed| feed.reading.is_some());
        asked.filter_map(|feed| feed.doubt(Outside::from(why), now)).collect()
    }
}

impl FeedHealth {
    fn new(spec: &FeedSpec) -> Self {
        let (state, history) = (FeedState::Unknown, VecDeque::with_capacity(HISTORY));
        Self {
            spec: spec.clone(),
            state,
            since: None,
            reading: None,
            heard: None,
            trouble: None,
            history,
            valued: false,
            known: FeedState::Healthy,
            doubted: None,
        }
    }

    /// One line for people: why it is stale, else what the target said.
    pub fn message(&self) -> Option<&Outside> {
        let trouble = self.trouble.as_ref().filter(|_| self.state == FeedState::Stale);
        trouble.or(self.reading.as_ref().map(|(reading, _)| &reading.message))
    }

    /// Age of the last judged answer.
    pub fn age(&self, now: Stamp) -> Option<Duration> {
        self.reading.as_ref().map(|(_, at)| now.since(*at))
    }

    /// When it turns stale; `None` when it is, or was never judged.
    fn deadline(&self) -> Option<(Duration, FeedName)> {
        let (_, at) = self.reading.as_ref().filter(|_| self.state != FeedState::Stale)?;
        Some((at.mono + self.spec.deadline(), self.spec.name.clone()))
    }

    fn judged(&mut self, reading: Reading, now: Stamp) -> Option<Change> {
        self.sample(&reading);
        let (state, message) = (reading.state, reading.message.clone());
        (self.reading, self.heard, self.trouble) = (Some((reading, now)), Some(now), None);
        self.enter(state, message, now)
    }

    fn failed(&mut self, trouble: Trouble, now: Stamp) -> Option<Change> {
        self.push(Sample { state: FeedState::Stale, measure: None });
        self.heard = Some(now);
        if self.deadline().is_none() {
            return self.stale(trouble.text, now);
        }
        self.trouble = Some(trouble.text);
        None
    }

    fn expired(&mut self, now: Stamp) -> Option<Change> {
        let silent = || format!("no answer for {}", humantime::format_duration(self.spec.deadline()));
        let why = self.trouble.clone().unwrap_or_else(|| silent().into());
        self.stale(why, now)
    }

    fn stale(&mut self, why: Outside, now: Stamp) -> Option<Change> {
        self.trouble = Some(why.clone());
        self.enter(FeedState::Stale, why, now)
    }

    /// Stale for a reason of our own: the feed itself is no news until it is found changed.
    fn doubt(&mut self, why: Outside, now: Stamp) -> Option<Change> {
        let (known, doubted) = (self.known, self.doubted.or(self.since.map(|since| (self.state, since))));
        let change = self.stale(why, now);
        (self.known, self.doubted) = (known, doubted.filter(|(state, _)| *state != FeedState::Stale));
        change.map(|change| Change { news: false, ..change })
    }

    fn enter(&mut self, to: FeedState, message: Outside, now: Stamp) -> Option<Change> {
        let from = std::mem::replace(&mut self.state, to);
        if from == to {
            return None;
        }
        // A sleep between two answers that say the same is no new beginning.
        let before = self.doubted.take().filter(|(state, _)| *state == to);
        self.since = Some(before.map_or(now, |(_, since)| since));
        let news = std::mem::replace(&mut self.known, to) != to;
        Some(Change { feed: self.spec.name.clone(), service: self.spec.service.clone(), from, to, message, news })
    }

    /// A value and a latency never share one line: with the first value the latencies before it become gaps.
    fn sample(&mut self, reading: &Reading) {
        if reading.value.is_some() && !self.valued {
            self.valued = true;
            self.history.iter_mut().for_each(|sample| sample.measure = None);
        }
        let latency = || reading.latency.map(|took| took.as_secs_f64() * 1_000.0);
        let measure = if self.valued { reading.value } else { latency() };
        self.push(Sample { state: reading.state, measure });
    }

    fn push(&mut self, sample: Sample) {
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::trouble::Reason;
    use chrono::DateTime;

    /// Every 10 s, 5 s for an answer: stale 25 s after the last one.
    fn one_feed() -> (Health, FeedName) {
        let name = FeedName::from("pay");
        let spec = |name: &FeedName| FeedSpec {
            name: name.clone(),
            kind: "http".into(),
            service: Some("checkout".into()),
            every: Duration::from_secs(10),
            timeout: Duration::from_secs(5),
        };
        let feeds = vec![spec(&name), spec(&"idle".into())];
        (Health::new(&Settings { feeds, ..Settings::default() }), name)
    }

    fn at(seconds: u64) -> Stamp {
        let wall = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
        let mono = Duration::from_secs(seconds);
        Stamp { wall: wall + mono, mono }
    }

    fn reading(state: FeedState, value: Option<f64>) -> Result<Reading, Trouble> {
        Ok(Reading { state, message: "said".into(), value, unit: None, latency: Some(Duration::from_millis(7)) })
    }

    fn refused() -> Result<Reading, Trouble> {
        Err(Trouble::new(Reason::Refused, "prometheus refused"))
    }

    fn moved(change: &Option<Change>) -> Option<(FeedState, FeedState)> {
        change.as_ref().map(|change| (change.from, change.to))
    }

    #[test]
    fn only_a_change_of_state_is_a_change_and_the_first_healthy_one_is_no_news() {
        let (mut health, pay) = one_feed();
        let first = health.read(&pay, reading(FeedState::Healthy, None), at(0)).expect("unknown to healthy");
        assert!(!first.news());
        assert_eq!(health.read(&pay, reading(FeedState::Healthy, None), at(10)), None);
        let down = health.read(&pay, reading(FeedState::Failing, None), at(20)).expect("healthy to failing");
        assert!(down.news());
        assert_eq!((down.from, down.to, down.service), (FeedState::Healthy, FeedState::Failing, Some("checkout".into())));
        assert_eq!(health.read(&pay, reading(FeedState::Failing, None), at(30)), None);
        assert_eq!(health.get(&pay).expect("is there").since, Some(at(20)));
    }

    #[test]
    fn a_reading_past_its_deadline_is_stale_with_the_last_reason() {
        let (mut health, pay) = one_feed();
        health.read(&pay, reading(FeedState::Healthy, None), at(0));
        assert_eq!(health.next_deadline(), Some(Duration::from_secs(25)));
        assert_eq!(health.read(&pay, refused(), at(10)), None, "the reading of ten seconds ago still counts");
        assert_eq!(health.tick(at(24)), []);
        let changes = health.tick(at(25));
        assert_eq!(changes.len(), 1);
        assert_eq!((changes[0].to, changes[0].message.raw()), (FeedState::Stale, "prometheus refused"));
        assert_eq!(health.next_deadline(), None);
        assert_eq!(
            moved(&health.read(&pay, reading(FeedState::Healthy, None), at(30))),
            Some((FeedState::Stale, FeedState::Healthy))
        );
        assert_eq!(health.get(&pay).expect("is there").trouble, None);
    }

    #[test]
    fn an_answer_moves_the_deadline() {
        let (mut health, pay) = one_feed();
        health.read(&pay, reading(FeedState::Degraded, None), at(0));
        health.read(&pay, reading(FeedState::Degraded, None), at(20));
        assert_eq!(health.tick(at(44)), []);
        assert_eq!(health.tick(at(45)).len(), 1);
    }

    #[test]
    fn what_could_never_be_asked_is_stale_at_once() {
        let (mut health, pay) = one_feed();
        assert_eq!(moved(&health.read(&pay, refused(), at(0))), Some((FeedState::Unknown, FeedState::Stale)));
        assert_eq!(health.get(&pay).and_then(FeedHealth::message).map(Outside::raw), Some("prometheus refused"));
        assert_eq!(health.count(FeedState::Stale), 1);
    }

    #[test]
    fn after_a_night_in_a_bag_nothing_is_fresh_until_it_is_asked_again() {
        let (mut health, pay) = one_feed();
        health.read(&pay, reading(FeedState::Healthy, None), at(0));
        let changes = health.all_stale(at(5), "console slept 6 h 02 m");
        assert_eq!(changes.len(), 1, "what was never asked stays unknown");
        assert_eq!(changes[0].message.raw(), "console slept 6 h 02 m");
        assert_eq!((health.next_deadline(), health.tick(at(100))), (None, vec![]));
        assert!(health.all_stale(at(101), "again").is_empty());
        let same = health.read(&pay, reading(FeedState::Healthy, None), at(102)).expect("stale to healthy");
        assert!(!changes[0].news() && !same.news(), "one entry says that the console slept; 41 more would not help");
        health.all_stale(at(103), "slept");
        assert!(health.read(&pay, reading(FeedState::Failing, None), at(104)).expect("stale to failing").news());
    }

    #[test]
    fn what_was_down_before_a_sleep_and_is_down_after_it_has_been_down_all_the_time() {
        let (mut health, pay) = one_feed();
        health.read(&pay, reading(FeedState::Failing, None), at(0));
        health.all_stale(at(100), "slept");
        assert_eq!(health.get(&pay).and_then(|feed| feed.since), Some(at(100)), "nobody knows yet");
        health.all_stale(at(101), "slept again");
        health.read(&pay, reading(FeedState::Failing, None), at(102));
        assert_eq!(health.get(&pay).and_then(|feed| feed.since), Some(at(0)));
        health.all_stale(at(200), "slept");
        health.read(&pay, reading(FeedState::Healthy, None), at(201));
        health.read(&pay, reading(FeedState::Failing, None), at(211));
        assert_eq!(health.get(&pay).and_then(|feed| feed.since), Some(at(211)), "it was well in between");
    }

    #[test]
    fn a_service_is_as_bad_as_its_worst_feed_and_not_knowing_is_worse_than_healthy() {
        let (mut health, pay) = one_feed();
        health.read(&pay, reading(FeedState::Healthy, None), at(0));
        assert_eq!(health.service(&"checkout".into()), Some(FeedState::Unknown));
        health.read(&pay, reading(FeedState::Failing, None), at(1));
        assert_eq!(health.service(&"checkout".into()), Some(FeedState::Failing));
        assert_eq!(health.service(&"elsewhere".into()), None);
    }

    #[test]
    fn a_sparkline_never_mixes_values_with_latencies() {
        let (mut health, pay) = one_feed();
        health.read(&pay, reading(FeedState::Unknown, None), at(0));
        health.read(&pay, reading(FeedState::Healthy, Some(0.5)), at(1));
        health.read(&pay, reading(FeedState::Unknown, None), at(2));
        let measures =
            |health: &Health| health.get(&pay).expect("is there").history.iter().map(|s| s.measure).collect::<Vec<_>>();
        assert_eq!(measures(&health), [None, Some(0.5), None]);
        for second in 3..100 {
            health.read(&pay, reading(FeedState::Healthy, Some(second as f64)), at(second));
        }
        assert_eq!((measures(&health).len(), measures(&health)[0]), (HISTORY, Some(40.0)));
    }

    #[test]
    fn a_new_configuration_keeps_what_it_leaves_as_it_was() {
        let (mut health, pay) = one_feed();
        health.read(&pay, reading(FeedState::Failing, None), at(0));
        let mut feeds: Vec<_> = health.iter().map(|feed| feed.spec.clone()).collect();
        health.configure(&Settings { feeds: feeds.clone(), ..Settings::default() });
        assert_eq!((health.count(FeedState::Failing), health.next_deadline()), (1, Some(Duration::from_secs(25))));
        feeds.iter_mut().for_each(|feed| feed.every = Duration::from_secs(1));
        health.configure(&Settings { feeds, ..Settings::default() });
        assert_eq!((health.count(FeedState::Unknown), health.next_deadline()), (2, None));
        assert_eq!(health.read(&"gone".into(), reading(FeedState::Failing, None), at(1)), None);
    }
}

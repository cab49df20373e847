//! One feed: what its answers say, how long that holds, and what it would take to believe something else.

use super::trend::{Ahead, Past, Proven, Trend};
use crate::domain::entry::Clock;
use crate::domain::health::{FeedSpec, FeedState, Reading, Votes};
use crate::domain::ids::{FeedName, OriginId, ServiceName};
use crate::domain::stamp::Stamp;
use crate::domain::text::Outside;
use crate::domain::trouble::Trouble;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// How many samples a sparkline can go back.
pub const HISTORY: usize = 60;

/// Where an entry stands in the order of the fold.
type Order = (Clock, OriginId, u64);

/// One point of a sparkline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
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
    /// When it entered this state, by what is on record where an earlier session saw that; `None` before its first answer.
    pub since: Option<Stamp>,
    /// Since when this session has found it so: what nobody watched proves nothing to a step that asks how long it has been well.
    pub seen: Option<Stamp>,
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
    /// What an earlier session has recorded last, and when that was, until this one hears of it; in whatever order that arrives.
    recorded: Option<(Order, FeedState, DateTime<Utc>)>,
    /// What it was, and since when, before we began to doubt it for a reason of our own.
    doubted: Option<(FeedState, Stamp)>,
    /// The state that enough answers have said last; silence and doubt don't change it.
    settled: Option<FeedState>,
    /// What the answers since then have said, oldest first.
    votes: VecDeque<FeedState>,
    trend: Trend,
}

/// A state that not enough answers say yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsettled {
    pub said: FeedState,
    /// How many of the last `votes.of` answers say this much.
    pub agree: usize,
    pub votes: Votes,
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

impl FeedHealth {
    pub(super) fn new(spec: &FeedSpec) -> Self {
        let (state, history) = (FeedState::Unknown, VecDeque::with_capacity(HISTORY));
        Self {
            spec: spec.clone(),
            state,
            since: None,
            seen: None,
            reading: None,
            heard: None,
            trouble: None,
            history,
            valued: false,
            known: FeedState::Healthy,
            recorded: None,
            doubted: None,
            settled: None,
            votes: VecDeque::new(),
            trend: Trend::default(),
        }
    }

    /// The same feed under other terms: it has to say anew how it is, but has its past, and what was news of it.
    pub(super) fn anew(self, spec: &FeedSpec) -> Self {
        let Self { history, valued, known, recorded, trend, .. } = self;
        Self { history, valued, known, recorded, trend, ..Self::new(spec) }
    }

    /// One line for people: why it is stale, else what the target said.
    pub fn message(&self) -> Option<&Outside> {
        let trouble = self.trouble.as_ref().filter(|_| self.state == FeedState::Stale);
        trouble.or(self.reading.as_ref().map(|(reading, _)| &reading.message))
    }

    /// What an earlier session knew of it; nothing where this one knows more. It is the past: the feed is what it says now.
    pub(super) fn remember(&mut self, past: &Past, now: Stamp) {
        if self.heard.is_none() {
            self.trend.remember(past, now);
            self.valued = past.valued;
            let newest = past.samples.len().saturating_sub(HISTORY - 1);
            self.history = past.samples[newest..].iter().copied().collect();
            // Nobody looked between the two, however often somebody came and left at once.
            let gap = Sample { state: FeedState::Stale, measure: None };
            if self.history.back() != Some(&gap) {
                self.push(gap);
            }
        }
    }

    /// What the journal says of it. What this session has heard is newer.
    pub(super) fn recorded(&mut self, order: Order, to: FeedState, at: DateTime<Utc>) {
        if self.heard.is_none() && self.recorded.is_none_or(|(known, ..)| known < order) {
            self.recorded = Some((order, to, at));
        }
    }

    /// What a later session wants to know of it; `None` where neither this one nor an earlier one has heard of it.
    pub fn past(&self, now: Stamp) -> Option<Past> {
        let samples = self.history.iter().copied().collect();
        let hours = self.trend.hours();
        let (valued, measured) = (self.valued, self.trend.past(now));
        (self.heard.is_some() || !self.history.is_empty()).then(|| Past {
            measured,
            samples,
            valued,
            proven: self.trend.proven(),
            hours,
        })
    }

    /// When its value reaches its limit; `None` while nobody knows how it is.
    pub fn ahead(&self) -> Option<&Ahead> {
        self.trend.ahead().filter(|_| self.state.is_known())
    }

    /// What became of the forecasts of this feed.
    pub fn proven(&self) -> Proven {
        self.trend.proven()
    }

    /// For how long it has been so. Since before the machine was started only the wall clock can say.
    pub fn lasting(&self, now: Stamp) -> Option<Duration> {
        let since = self.since?;
        let by_wall = || (now.wall - since.wall).to_std().unwrap_or_default();
        Some(if since.mono.is_zero() { by_wall() } else { now.since(since) })
    }

    /// Age of the last judged answer.
    pub fn age(&self, now: Stamp) -> Option<Duration> {
        self.reading.as_ref().map(|(_, at)| now.since(*at))
    }

    /// When it turns stale; `None` when it is, or was never judged.
    pub(super) fn deadline(&self) -> Option<(Duration, FeedName)> {
        let (_, at) = self.reading.as_ref().filter(|_| self.state != FeedState::Stale)?;
        Some((at.mono + self.spec.deadline(), self.spec.name.clone()))
    }

    pub(super) fn judged(&mut self, reading: Reading, now: Stamp) -> Option<Change> {
        self.sample(&reading);
        if let (Some(value), Some(limit)) = (reading.value.filter(|value| value.is_finite()), reading.limit) {
            self.trend.add(value, limit, now);
        }
        let (state, message) = (self.settle(reading.state), reading.message.clone());
        (self.reading, self.heard, self.trouble) = (Some((reading, now)), Some(now), None);
        self.enter(state, message, now)
    }

    /// The state that enough of the last answers agree on. After a silence nobody vouches for what was before it: what is worse
    /// is believed at once.
    fn settle(&mut self, said: FeedState) -> FeedState {
        let silent = self.state == FeedState::Stale;
        if silent {
            self.votes.clear();
        }
        self.votes.push_back(said);
        let confirm = self.spec.confirm;
        while self.votes.len() > confirm.most() {
            self.votes.pop_front();
        }
        let Some(before) = self.settled else { return self.settled_on(said) };
        let worse = if silent { Some(said) } else { confirm.worse.agreed(self.last(confirm.worse), |a, b| b.cmp(a)) };
        let better = confirm.better.agreed(self.last(confirm.better), Ord::cmp);
        let moved = worse.filter(|state| *state > before).or(better.filter(|state| *state < before));
        moved.map_or(before, |state| self.settled_on(state))
    }

    fn settled_on(&mut self, state: FeedState) -> FeedState {
        self.votes.clear();
        *self.settled.insert(state)
    }

    fn last(&self, votes: Votes) -> impl Iterator<Item = FeedState> {
        self.votes.iter().rev().take(votes.of.into()).copied()
    }

    /// What the last answer said, where too few say so for it to be believed yet.
    pub fn unsettled(&self) -> Option<Unsettled> {
        let (said, before) = (*self.votes.back()?, self.settled?);
        let (votes, worse) = if said > before { (self.spec.confirm.worse, true) } else { (self.spec.confirm.better, false) };
        let agree = self.last(votes).filter(|state| if worse { *state >= said } else { *state <= said }).count();
        (said != before && self.state == before).then_some(Unsettled { said, agree, votes })
    }

    pub(super) fn failed(&mut self, trouble: Trouble, now: Stamp) -> Option<Change> {
        self.push(Sample { state: FeedState::Stale, measure: None });
        self.heard = Some(now);
        if self.deadline().is_none() {
            return self.stale(trouble.text, now);
        }
        self.trouble = Some(trouble.text);
        None
    }

    pub(super) fn expired(&mut self, now: Stamp) -> Option<Change> {
        let silent = || format!("no answer for {}", humantime::format_duration(self.spec.deadline()));
        let why = self.trouble.clone().unwrap_or_else(|| silent().into());
        self.stale(why, now)
    }

    fn stale(&mut self, why: Outside, now: Stamp) -> Option<Change> {
        self.trouble = Some(why.clone());
        self.enter(FeedState::Stale, why, now)
    }

    /// Stale for a reason of our own: the feed itself is no news until it is found changed.
    pub(super) fn doubt(&mut self, why: Outside, now: Stamp) -> Option<Change> {
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
        let seen = before.map_or(now, |(_, since)| since);
        // Nor is a new console, of what is bad. That it was well all the time nobody knows.
        let recorded = self.recorded.take();
        let bad = recorded.filter(|(_, state, _)| *state == to && to != FeedState::Healthy);
        self.since = Some(bad.map_or(seen, |(.., at)| now.back_to(at)));
        self.seen = Some(seen);
        // What is on record is told by no second entry; what was bad when somebody looked last must be on record as well.
        let known = recorded.map_or(self.known, |(_, state, _)| state);
        self.known = to;
        let news = known != to;
        Some(Change { feed: self.spec.name.clone(), service: self.spec.service.clone(), from, to, message, news })
    }

    /// Its samples are values, and not how long the answers took.
    pub fn is_valued(&self) -> bool {
        self.valued
    }

    /// How often it has gone bad within the samples that are kept.
    pub fn falls(&self) -> usize {
        let known = self.history.iter().filter(|sample| sample.state.is_known());
        let bad: Vec<bool> = known.map(|sample| sample.state >= FeedState::Degraded).collect();
        bad.windows(2).filter(|pair| !pair[0] && pair[1]).count()
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

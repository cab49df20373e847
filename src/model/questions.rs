//! Questions about feeds that somebody waits for: a step whose body is a selector. The feeds that are meant are asked anew,
//! for what was seen before the step may be no longer so. A question is answered once: as soon as it can be told, else when
//! its time is over, with what could not be told. What nobody knows never counts as so.

use super::effect::Effect;
use super::health::{FeedHealth, Health};
use crate::domain::health::FeedState;
use crate::domain::ids::{FeedName, QuestionId};
use crate::domain::playbook::{Found, Selector};
use crate::domain::stamp::Stamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// Those that have no answer yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Questions(Vec<Question>);

#[derive(Debug, Clone, PartialEq)]
struct Question {
    id: QuestionId,
    selector: Selector,
    /// When it was put: only younger answers of feeds count.
    put: Stamp,
    /// `Stamp::mono` at which its time is over.
    until: Duration,
    /// When a feed was asked because its state had to be seen once more.
    again: BTreeMap<FeedName, Duration>,
}

/// What of one feed can be told.
enum Told {
    So(String, Option<f64>),
    NotSo(String),
    Unclear(String),
    /// It may be told later, at the soonest when `Stamp::mono` is this.
    Later(String, Option<Duration>),
}

impl Questions {
    /// Takes a question, and asks the feeds that it is about.
    pub(super) fn put(
        &mut self,
        health: &Health,
        now: Stamp,
        id: QuestionId,
        selector: Selector,
        within: Duration,
    ) -> Vec<Effect> {
        let feeds: Vec<FeedName> =
            health.iter().filter(|feed| selector.means(&feed.spec)).map(|feed| feed.spec.name.clone()).collect();
        self.0.push(Question { id, selector, put: now, until: now.mono + within, again: BTreeMap::new() });
        if feeds.is_empty() { Vec::new() } else { vec![Effect::Follow { feeds }] }
    }

    /// Answers what can be told by now, and asks where somebody has to look once more.
    pub(super) fn answer(&mut self, health: &Health, now: Stamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.0.retain_mut(|question| match question.look(health, now) {
            Ok(found) => {
                effects.push(Effect::Answer { question: question.id, found });
                false
            }
            Err(feeds) => {
                if !feeds.is_empty() {
                    effects.push(Effect::Follow { feeds });
                }
                true
            }
        });
        effects
    }

    /// When `answer` has something to do without anything having been read.
    pub(super) fn next_due(&self, health: &Health) -> Option<Duration> {
        let due = |question: &Question| {
            let due = question.feeds(health).filter_map(|feed| question.due(feed));
            due.chain([question.until]).min()
        };
        self.0.iter().filter_map(due).min()
    }
}

impl Question {
    fn feeds<'a>(&self, health: &'a Health) -> impl Iterator<Item = &'a FeedHealth> {
        health.iter().filter(|feed| self.selector.means(&feed.spec))
    }

    /// What was found, once all of it can be told or the time is over; else the feeds that have to be asked once more now.
    fn look(&mut self, health: &Health, now: Stamp) -> Result<Found, Vec<FeedName>> {
        let (mut found, mut open) = (Found::default(), false);
        for feed in self.feeds(health) {
            match self.told(feed) {
                Told::So(words, value) => found.matches.push((words, value)),
                Told::NotSo(words) => found.others.push(words),
                Told::Unclear(words) => found.unclear.push(words),
                Told::Later(words, _) => {
                    open = true;
                    found.unclear.push(words);
                }
            }
        }
        if !open || now.mono >= self.until {
            if found == Found::default() {
                found.unclear.push("no feed of the configuration is meant by this".into());
            }
            return Ok(found);
        }
        let due: Vec<FeedName> = self
            .feeds(health)
            .filter(|feed| self.due(feed).is_some_and(|at| at <= now.mono))
            .map(|feed| feed.spec.name.clone())
            .collect();
        self.again.extend(due.iter().map(|feed| (feed.clone(), now.mono)));
        Err(due)
    }

    /// When a feed has to be asked once more; `None` where that was done, or nothing can be told by it.
    fn due(&self, feed: &FeedHealth) -> Option<Duration> {
        match self.told(feed) {
            Told::Later(_, Some(due)) if self.again.get(&feed.spec.name).is_none_or(|asked| *asked < due) => Some(due),
            _ => None,
        }
    }

    fn told(&self, feed: &FeedHealth) -> Told {
        let name = &feed.spec.name;
        let Some(heard) = feed.heard.filter(|heard| self.is_younger(feed, *heard)) else {
            return Told::Later(format!("{name} has not answered"), None);
        };
        // What could not be asked now may be anything by now, whatever it was a while ago.
        let state = if feed.trouble.is_some() { FeedState::Stale } else { feed.state };
        let said = feed.trouble.as_ref().or(feed.reading.as_ref().map(|(reading, _)| &reading.message));
        let said = said.map(|said| format!(": {}", said.inert())).unwrap_or_default();
        let words = format!("{name} is {}{said}", state.word());
        match self.selector.holds(state) {
            None => Told::Unclear(words),
            Some(false) => Told::NotSo(words),
            Some(true) => {
                let since = feed.seen.filter(|_| feed.state == state).unwrap_or(heard);
                match self.selector.lasting.filter(|time| heard.since(since) < *time) {
                    Some(time) => Told::Later(short(&words, heard.since(since), time), Some(since.mono + time)),
                    None => Told::So(words, feed.reading.as_ref().and_then(|(reading, _)| reading.value)),
                }
            }
        }
    }

    /// The feed was asked after the question was put. One that was being asked then answers twice.
    fn is_younger(&self, feed: &FeedHealth, heard: Stamp) -> bool {
        let took = feed.reading.as_ref().filter(|_| feed.trouble.is_none()).and_then(|(reading, _)| reading.latency);
        heard.mono.saturating_sub(took.unwrap_or_default()) >= self.put.mono
    }
}

fn short(words: &str, lasted: Duration, wanted: Duration) -> String {
    let lasted = humantime::format_duration(Duration::from_secs(lasted.as_secs())).to_string();
    format!("{words}, for {lasted} of {}", humantime::format_duration(wanted))
}

//! Whether we ourselves are cut off. When one host after the other falls silent and none at all answers in between, it is more likely
//! our own way out than all of them: that is said once, in place of as many failures as there are feeds. Hosts of this machine
//! say nothing of it.
//!
//! A reading that may be a part of this is held back for a moment: whoever answers meanwhile lets it go.
//!
//! Invariants: any answer of any remote host ends it; nothing that is held is lost; a host that was silent before is no evidence.

use super::World;
use super::effect::Effect;
use crate::domain::entry::Kind;
use crate::domain::health::Reading;
use crate::domain::ids::{FeedName, SourceName};
use crate::domain::stamp::Stamp;
use crate::domain::trouble::{Reason, Trouble};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

/// Fewer hosts can fail together by chance.
const LEAST: usize = 3;
/// They fall silent within this time.
const WITHIN: Duration = Duration::from_secs(120);
/// A reading is held back for so long at most.
const HELD: Duration = Duration::from_secs(20);

type Read = (FeedName, Result<Reading, Trouble>);

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Offline {
    /// Whether each remote host answered when it was asked last.
    answers: HashMap<String, bool>,
    /// How many of them did.
    reached: usize,
    /// Those that have fallen silent since the last answer of any host, and when.
    silent: BTreeMap<String, Stamp>,
    held: Vec<(Stamp, Read)>,
    since: Option<Stamp>,
}

impl Offline {
    /// Since when nothing remote answers.
    pub fn since(&self) -> Option<Stamp> {
        self.since
    }

    /// How many hosts that is by.
    pub fn hosts(&self) -> usize {
        self.silent.len()
    }

    fn answered(&mut self, host: &str) {
        match self.answers.get_mut(host) {
            Some(true) => return,
            Some(answers) => *answers = true,
            None => drop(self.answers.insert(host.to_owned(), true)),
        }
        self.reached += 1;
    }

    /// Whether this host has fallen silent by now, and not long ago.
    fn fell_silent(&mut self, host: &str, now: Stamp) {
        if self.answers.insert(host.to_owned(), false) == Some(true) {
            self.reached -= 1;
            self.silent.insert(host.to_owned(), now);
        }
    }

    /// Enough hosts have fallen silent at once, and nobody has answered since.
    fn is_cut_off(&self, now: Stamp) -> bool {
        let lately = self.silent.values().filter(|at| now.since(**at) <= WITHIN).count();
        lately >= LEAST && lately > self.reached
    }

    /// It may come to that: enough hosts are known.
    fn may_be(&self) -> bool {
        self.reached + self.silent.len() >= LEAST
    }

    pub(super) fn next_due(&self) -> Option<Duration> {
        self.held.first().map(|(at, _)| at.mono + HELD)
    }
}

/// Nothing came back: neither an answer nor a refusal.
fn is_silence(reason: Reason) -> bool {
    matches!(reason, Reason::Dns | Reason::Network | Reason::Timeout)
}

impl World {
    /// A feed was asked. What may mean that we are cut off waits for what others say.
    pub(super) fn feed_heard(&mut self, feed: FeedName, answer: Result<Reading, Trouble>) -> Vec<Effect> {
        let settings = self.settings.clone();
        let Some(host) = settings.hosts.feeds.get(&feed) else { return self.feed_read(&feed, answer) };
        let reason = match &answer {
            Ok(reading) => reading.unanswered,
            Err(trouble) => Some(trouble.reason),
        };
        match reason {
            Some(reason) if is_silence(reason) => self.silence_of(host, Some((feed, answer))),
            // What we lack ourselves says nothing of anybody; who was refused was answered.
            Some(Reason::Local) => self.feed_read(&feed, answer),
            _ => {
                let mut effects = self.answered_by(host);
                effects.extend(self.feed_read(&feed, answer));
                effects
            }
        }
    }

    pub(super) fn source_heard(&mut self, source: &SourceName, reason: Option<Reason>) -> Vec<Effect> {
        let settings = self.settings.clone();
        let Some(host) = settings.hosts.sources.get(source) else { return Vec::new() };
        match reason {
            Some(reason) if is_silence(reason) => self.silence_of(host, None),
            Some(Reason::Local) => Vec::new(),
            _ => self.answered_by(host),
        }
    }

    /// The way out is open: what was held is what it says, and what was doubted is asked.
    fn answered_by(&mut self, host: &str) -> Vec<Effect> {
        self.offline.answered(host);
        if self.offline.silent.is_empty() && self.offline.held.is_empty() {
            return Vec::new();
        }
        self.offline.silent.clear();
        let mut effects = self.let_go(|_| true);
        if let Some(since) = self.offline.since.take() {
            let lasted = humantime::format_duration(Duration::from_secs(self.now.since(since).as_secs()));
            effects.extend(self.note_offline(format!("remote hosts answer again, after {lasted}"), "online"));
            let hosts = &self.settings.hosts;
            let (sources, feeds) = (hosts.sources.keys().cloned().collect(), hosts.feeds.keys().cloned().collect());
            effects.push(Effect::Ask { sources, feeds });
        }
        effects
    }

    fn silence_of(&mut self, host: &str, read: Option<Read>) -> Vec<Effect> {
        self.offline.fell_silent(host, self.now);
        if self.offline.since.is_some() {
            return Vec::new();
        }
        // A host that has been silent for long is no news: what is said of it is taken at once.
        let waits = self.offline.silent.contains_key(host) && self.offline.may_be();
        let effects = match read {
            Some(read) if waits => {
                self.offline.held.push((self.now, read));
                Vec::new()
            }
            Some((feed, answer)) => self.feed_read(&feed, answer),
            None => Vec::new(),
        };
        if self.offline.is_cut_off(self.now) { self.cut_off() } else { effects }
    }

    /// One reason for all of them, and one line in the log.
    fn cut_off(&mut self) -> Vec<Effect> {
        let first = self.offline.silent.values().min_by_key(|at| at.mono).copied().unwrap_or(self.now);
        self.offline.since = Some(first);
        self.offline.held.clear();
        let count = self.offline.silent.len();
        let why = format!("nothing remote answers ({count} hosts at once): we may be offline ourselves");
        let feeds: BTreeSet<FeedName> = self.settings.hosts.feeds.keys().cloned().collect();
        self.health.doubt(&feeds, self.now, &why);
        self.note_offline(why, "offline")
    }

    fn note_offline(&mut self, text: String, event: &str) -> Vec<Effect> {
        if !self.watching {
            return Vec::new();
        }
        let draft = self.context().seen("console", Kind::Console, text).with("event", event);
        self.record(vec![draft])
    }

    /// What was held for long enough is what it says.
    pub(super) fn pass_held(&mut self) -> Vec<Effect> {
        let now = self.now;
        self.let_go(|at| now.since(at) >= HELD)
    }

    fn let_go(&mut self, due: impl Fn(Stamp) -> bool) -> Vec<Effect> {
        let held = std::mem::take(&mut self.offline.held);
        let (due, left): (Vec<_>, Vec<_>) = held.into_iter().partition(|(at, _)| due(*at));
        self.offline.held = left;
        due.into_iter().flat_map(|(_, (feed, answer))| self.feed_read(&feed, answer)).collect()
    }
}

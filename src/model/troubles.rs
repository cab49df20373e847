//! What has failed of late in the console itself and around it: since when, how often, why; and what is well again, for a while. It is
//! folded from facts that have other uses, and knows nothing that those do not say. What people asked for and was not done is not
//! here: `Requests` has it.

use super::event::{Fact, SourceAnswer};
use super::runs::RunFact;
use crate::domain::attention::Way;
use crate::domain::ids::{FeedName, IncidentId, PlaybookId, SourceName};
use crate::domain::playbook::Playbook;
use crate::domain::pushed::{Pushed, Refused};
use crate::domain::settings::Settings;
use crate::domain::stamp::Stamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a console does for itself, beside the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Own {
    /// A note that was begun is kept for the next start.
    Draft,
    /// How the screen is divided is kept.
    Layout,
    /// The folders of playbooks are read.
    Folders,
    /// Files that are attached are copied to their end.
    Copies,
}

/// What is in trouble.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The journal can't be written.
    Journal,
    /// The watch was taken over from a process that gave no sign of life, or can't be.
    Watch,
    /// The disk is full.
    Disk,
    /// The changed configuration has errors.
    Configuration,
    /// Playbook folders lack commits.
    Upstream,
    /// A source does not answer, or not whole.
    Source(SourceName),
    /// A source refuses to tell of changes by itself.
    News(SourceName),
    /// A source's clock is another one.
    Clock(SourceName),
    /// What is pushed to a source is refused.
    Pushed(SourceName),
    /// The address at which a source is pushed to can't be listened on.
    Barred(SourceName),
    /// A feed could not ask.
    Feed(FeedName),
    /// A playbook can't be read.
    Playbook(PlaybookId),
    /// An export was not made.
    Export(IncidentId),
    /// The past could not be read.
    Past,
    /// The operator could not be called in a way.
    Call(Way),
    /// Something of the console's own.
    Own(Own),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    /// What was said the last time.
    pub why: String,
    /// When this began, and when it was met last.
    pub since: Stamp,
    pub last: Stamp,
    /// How often it has begun: however often it is met meanwhile, that is one trouble.
    pub times: u32,
    /// Since when it is well again.
    pub over: Option<Stamp>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Troubles {
    all: BTreeMap<Subject, Trouble>,
}

/// So long what is well again is still told.
const TOLD: Duration = Duration::from_secs(3_600);
/// Clocks that differ by more are a trouble.
const SKEW_MS: i64 = 2_000;

/// `10.0.0.7, 4 times, the last: 401 the token is missing or wrong`
pub fn told(refused: &Refused) -> String {
    let times = if refused.times == 1 { "once" } else { &format!("{} times, the last", refused.times) };
    format!("{}, {times}: {}", refused.from.inert(), refused.why.inert())
}

impl Troubles {
    /// The newest first; what is well again after what is not.
    pub fn list(&self) -> Vec<(&Subject, &Trouble)> {
        let mut all: Vec<_> = self.all.iter().collect();
        all.sort_by_key(|(_, trouble)| (trouble.over.is_some(), std::cmp::Reverse(trouble.since.mono)));
        all
    }

    pub fn get(&self, subject: &Subject) -> Option<&Trouble> {
        self.all.get(subject)
    }

    /// How many have begun since then and go on.
    pub fn begun_since(&self, then: Duration) -> usize {
        self.all.values().filter(|trouble| trouble.over.is_none() && trouble.since.mono > then).count()
    }

    fn met(&mut self, subject: Subject, why: impl Into<String>, now: Stamp) {
        let why = why.into();
        let trouble =
            self.all.entry(subject).or_insert(Trouble { why: String::new(), since: now, last: now, times: 1, over: None });
        if trouble.over.take().is_some() {
            (trouble.since, trouble.times) = (now, trouble.times.saturating_add(1));
        }
        (trouble.why, trouble.last) = (why, now);
    }

    pub(super) fn well(&mut self, subject: &Subject, now: Stamp) {
        if let Some(trouble) = self.all.get_mut(subject) {
            trouble.over.get_or_insert(now);
        }
    }

    fn turn(&mut self, subject: Subject, why: Option<String>, now: Stamp) {
        match why {
            Some(why) => self.met(subject, why, now),
            None => self.well(&subject, now),
        }
    }

    /// What has been well for long is told no more.
    pub(super) fn age(&mut self, now: Stamp) {
        self.all.retain(|_, trouble| trouble.over.is_none_or(|over| now.since(over) < TOLD));
    }

    /// Sources and feeds that the configuration has no more have no troubles.
    pub(super) fn keep(&mut self, settings: &Settings) {
        self.all.retain(|subject, _| match subject {
            Subject::Source(name)
            | Subject::News(name)
            | Subject::Clock(name)
            | Subject::Pushed(name)
            | Subject::Barred(name) => settings.source(name).is_some(),
            Subject::Feed(name) => settings.feeds.iter().any(|feed| feed.name == *name),
            _ => true,
        });
    }

    /// Something has said nothing for too long: no fact tells of that.
    pub(super) fn silent(&mut self, subject: Subject, why: &str, now: Stamp) {
        if self.all.get(&subject).is_none_or(|trouble| trouble.over.is_some()) {
            self.met(subject, why, now);
        }
    }

    /// Takes a fact's part of it over, before the world does the rest.
    pub(super) fn learn(&mut self, fact: &Fact, now: Stamp) {
        match fact {
            Fact::Recorded { request: Some(_), .. } => {
                self.well(&Subject::Journal, now);
            }
            Fact::RecordFailed { why, .. } => self.met(Subject::Journal, why, now),
            Fact::WatchedBefore { last, hung: true } => self.met(
                Subject::Watch,
                format!(
                    "process {} held the watch and did not answer since {} UTC: this process records now",
                    last.process,
                    last.seen.format("%H:%M")
                ),
                now,
            ),
            Fact::WatchLost => {
                self.met(Subject::Watch, "this process gave no sign of life, and another one took the watch over", now);
            }
            Fact::WatchBarred { why } => self.met(Subject::Watch, why, now),
            Fact::WatchedBefore { hung: false, .. } | Fact::WatcherAnswered => self.well(&Subject::Watch, now),
            Fact::ReserveFreed => self.met(Subject::Disk, "the journal's reserve is in use", now),
            Fact::SourceAnswered { source, answer } => self.answered(source, answer, now),
            Fact::SourceFailed { source, trouble } => self.met(Subject::Source(source.clone()), trouble.text.inert(), now),
            Fact::NewsRefused { source, why } => self.met(Subject::News(source.clone()), why.inert(), now),
            Fact::FeedRead { feed, .. } => self.well(&Subject::Feed(feed.clone()), now),
            Fact::FeedFailed { feed, trouble } => self.met(Subject::Feed(feed.clone()), trouble.text.inert(), now),
            Fact::Hampered { what, why } => self.turn(Subject::Own(*what), why.clone(), now),
            Fact::Configured(_) => self.well(&Subject::Configuration, now),
            Fact::Misconfigured(why) => self.met(Subject::Configuration, why, now),
            Fact::PlaybooksBehind(behind) => {
                let told: Vec<String> = behind.iter().map(ToString::to_string).collect();
                self.turn(Subject::Upstream, (!told.is_empty()).then(|| told.join("; ")), now);
            }
            Fact::Exported(exported) => {
                let why = exported.outcome.as_ref().err().cloned();
                self.turn(Subject::Export(exported.incident), why, now);
            }
            Fact::CallEnded { way, end, .. } => {
                self.turn(Subject::Call(*way), end.as_ref().err().map(|why| why.inert().into_owned()), now);
            }
            Fact::Practised(record) => self.turn(Subject::Past, record.as_ref().err().cloned(), now),
            Fact::Run(RunFact::Playbooks { books, .. }) => self.books(books.iter().map(AsRef::as_ref), now),
            _ => {}
        }
    }

    fn answered(&mut self, source: &SourceName, answer: &SourceAnswer, now: Stamp) {
        let missing: Vec<_> = answer.missing.iter().map(|why| why.inert()).collect();
        self.turn(Subject::Source(source.clone()), (!missing.is_empty()).then(|| missing.join("; ")), now);
        let skew = answer.skew_ms.filter(|skew| skew.abs() > SKEW_MS);
        self.turn(Subject::Clock(source.clone()), skew.map(|skew| format!("{:+} s from ours", skew / 1_000)), now);
        self.pushed(source, answer.pushed.as_ref(), now);
        let barred = answer.pushed.as_ref().and_then(|pushed| pushed.barred.as_ref());
        self.turn(Subject::Barred(source.clone()), barred.map(|why| why.inert().into_owned()), now);
    }

    /// An answer that tells of the same refusals as the one before is none more.
    fn pushed(&mut self, source: &SourceName, pushed: Option<&Pushed>, now: Stamp) {
        let refused = pushed.map_or(&[][..], |pushed| &pushed.refused);
        let why = refused.iter().rev().map(told).collect::<Vec<_>>().join("; ");
        let subject = Subject::Pushed(source.clone());
        let known = self.all.get(&subject).is_some_and(|trouble| trouble.over.is_none() && trouble.why == why);
        if !known {
            self.turn(subject, (!why.is_empty()).then_some(why), now);
        }
    }

    /// The library was read anew: what is not wrong any more is well, whether it was mended or taken away.
    fn books<'b>(&mut self, books: impl Iterator<Item = &'b Playbook>, now: Stamp) {
        let wrong: BTreeMap<Subject, String> = books
            .filter(|book| book.errors() > 0)
            .map(|book| (Subject::Playbook(book.id.clone()), format!("{}: {} errors", book.place, book.errors())))
            .collect();
        let known: Vec<Subject> = self.all.keys().filter(|subject| matches!(subject, Subject::Playbook(_))).cloned().collect();
        known.iter().filter(|subject| !wrong.contains_key(subject)).for_each(|subject| self.well(subject, now));
        for (subject, why) in wrong {
            self.met(subject, why, now);
        }
    }
}

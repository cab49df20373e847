//! What has been said already, and so what is news; and the numbers by which alerts are called.

use crate::cli::lasting::Told;
use crate::cli::out;
use crate::domain::entry::{Entry, Kind};
use crate::domain::health::FeedState;
use crate::domain::ids::{AlertId, EntryId, FeedName, SourceName};
use crate::domain::text::inert;
use crate::model::World;
use crate::model::alerts::{Doubt, SourceHealth, State, Tracked};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

/// More than so many changes are counted instead of said.
const MOST: usize = 10;

/// Kinds of entries that are said otherwise, or say nothing to somebody who listens.
const UNSAID: [Kind; 11] = [
    Kind::AlertFired,
    Kind::AlertResolved,
    Kind::Ack,
    Kind::Unack,
    Kind::Act,
    Kind::FeedChanged,
    Kind::RunDriver,
    Kind::StepIntent,
    Kind::StepProbed,
    Kind::Console,
    Kind::Correction,
];

#[derive(Default)]
pub struct Said {
    begun: bool,
    /// By their numbers, which begin at one and stay.
    called: Vec<AlertId>,
    numbers: HashMap<AlertId, usize>,
    alerts: HashMap<AlertId, State>,
    seen: u64,
    sources: BTreeMap<SourceName, Option<String>>,
    feeds: BTreeMap<FeedName, FeedState>,
    entries: HashSet<EntryId>,
    log: u64,
    journal: Told,
    config: bool,
    offline: bool,
    storm: bool,
}

impl Said {
    /// The alert that a word is the number of.
    pub fn id(&self, word: &str) -> Option<&AlertId> {
        self.called.get(word.parse::<usize>().ok()?.checked_sub(1)?)
    }

    fn number(&mut self, id: &AlertId) -> usize {
        if let Some(number) = self.numbers.get(id) {
            return *number;
        }
        self.called.push(id.clone());
        self.numbers.insert(id.clone(), self.called.len());
        self.called.len()
    }

    /// An alert of the queue as one line.
    pub fn line(&mut self, id: &AlertId, world: &World) -> Option<String> {
        let tracked = world.alerts.get(id)?;
        Some(format!("{}. {}", self.number(id), told(tracked, world)))
    }

    /// All about an alert.
    pub fn alert(&mut self, number: &str, world: &World) -> Vec<String> {
        let Some(id) = self.id(number).cloned() else {
            return vec![format!("no alert has the number {number}: `alerts` says them")];
        };
        let Some(tracked) = world.alerts.get(&id) else {
            return vec![format!("{number}. {} is in the queue no more", inert(&id.to_string()))];
        };
        let mut lines = vec![format!("{number}. {}", told(tracked, world))];
        let pairs = |pairs: &crate::domain::alert::Labels| -> Vec<String> {
            pairs.iter().map(|(name, value)| format!("{}: {}", name.inert(), value.inert())).collect()
        };
        lines.extend(pairs(&tracked.alert.annotations));
        lines.extend(pairs(&tracked.alert.labels));
        lines.push(format!("from {}, id {}", id.source, inert(&id.to_string())));
        let fitting = world.suggestions(Some(&id), None);
        let book = |book: &str| format!("playbook {book}: playbook run {book} --alert {number}");
        lines.extend(fitting.iter().map(|suggestion| book(suggestion.book.id.as_str())));
        if fitting.is_empty() {
            lines.push("no playbook fits it: `playbook list` names all".to_owned());
        }
        lines
    }

    /// What has happened since this was asked last; the first time nothing is news.
    pub fn news(&mut self, world: &World) -> Vec<String> {
        let mut lines = self.of_alerts(world);
        lines.extend(self.of_sources(world));
        lines.extend(self.of_feeds(world));
        lines.extend(self.of_log(world));
        lines.extend(self.journal.news(world).into_iter().map(|(_, text)| text));
        for (known, now, begun, over) in [
            (
                &mut self.config,
                world.config_trouble.is_some(),
                "the changed configuration has errors, the old one is in force: `check` says them",
                "the configuration is good again",
            ),
            (
                &mut self.offline,
                world.offline.since().is_some(),
                "offline: nothing remote answers, and all of it is old",
                "something remote answers again",
            ),
            (&mut self.storm, world.storm.raging().is_some(), "an alert storm has begun", "the alert storm is over"),
        ] {
            if std::mem::replace(known, now) != now {
                lines.push(if now { begun } else { over }.to_owned());
            }
        }
        if !std::mem::replace(&mut self.begun, true) {
            lines.clear();
        }
        lines
    }

    /// In how long something is news that is none now.
    pub fn due(&self, world: &World) -> Option<Duration> {
        self.journal.due(world)
    }

    fn of_alerts(&mut self, world: &World) -> Vec<String> {
        let changed: BTreeSet<AlertId> = match world.alerts.changes_since(self.seen) {
            Some(changed) => changed.cloned().collect(),
            None => world.alerts.queue().map(|tracked| tracked.alert.id.clone()).chain(self.alerts.keys().cloned()).collect(),
        };
        self.seen = world.alerts.change_count();
        let first = self.alerts.is_empty();
        let mut news = Vec::new();
        for id in changed {
            let now = world.alerts.get(&id).map(|tracked| tracked.state);
            let before = match now {
                Some(state) => self.alerts.insert(id.clone(), state),
                None => self.alerts.remove(&id),
            };
            match (before, now) {
                (before, now) if before == now => {}
                // It had ended, and the queue forgets it; or it ended before anybody was told of it.
                (Some(State::Resolved), None) | (None, Some(State::Resolved) | None) => {}
                (before, now) => news.push((id, before, now)),
            }
        }
        if news.len() > MOST {
            return vec![counted(&news, first, world)];
        }
        news.into_iter().filter_map(|(id, _, now)| self.changed(&id, now, world)).collect()
    }

    fn changed(&mut self, id: &AlertId, now: Option<State>, world: &World) -> Option<String> {
        // Where nobody says any more that it is there, nobody has said that it is over.
        let Some(tracked) = world.alerts.get(id) else {
            return Some(format!("{} is in the queue no more", inert(&id.to_string())));
        };
        let number = self.number(id);
        Some(match now? {
            State::Firing | State::Pending => format!("{number}. {}", told(tracked, world)),
            state => {
                let by =
                    world.alerts.ack(tracked, world.now.wall).map(|ack| format!(" by {}", inert(&ack.by))).unwrap_or_default();
                format!("{number}. {} is {}{by}", world.in_full(id), word(tracked, state))
            }
        })
    }

    fn of_sources(&mut self, world: &World) -> Vec<String> {
        let mut news = Vec::new();
        for (name, source) in world.alerts.sources() {
            // One that was never asked is not silent yet.
            let asked = source.health != SourceHealth::Stale || source.answered.is_some();
            let why =
                source.why.as_ref().filter(|_| asked && source.health != SourceHealth::Fresh).map(|why| why.inert().into_owned());
            let before = self.sources.insert(name.clone(), why.clone()).flatten();
            match (before.is_some(), why) {
                (false, Some(why)) => news.push(format!("source {name} does not answer, and what it told is old: {why}")),
                (true, None) => news.push(format!("source {name} answers again")),
                _ => {}
            }
        }
        news
    }

    fn of_feeds(&mut self, world: &World) -> Vec<String> {
        let mut news = Vec::new();
        for feed in world.health.iter() {
            let before = self.feeds.insert(feed.spec.name.clone(), feed.state);
            let quiet = matches!((before, feed.state), (None, FeedState::Healthy | FeedState::Unknown))
                || (before == Some(FeedState::Unknown) && feed.state == FeedState::Healthy);
            if before != Some(feed.state) && !quiet {
                let message =
                    feed.reading.as_ref().map(|(reading, _)| format!(": {}", reading.message.inert())).unwrap_or_default();
                news.push(format!("feed {} is {}{message}", feed.spec.name, crate::cli::feeds::word(feed.state)));
            }
        }
        if news.len() > MOST {
            return vec![format!("{} feeds have changed: `feeds` says them", news.len())];
        }
        news
    }

    fn of_log(&mut self, world: &World) -> Vec<String> {
        if std::mem::replace(&mut self.log, world.log.revision()) == world.log.revision() {
            return Vec::new();
        }
        let known = std::mem::take(&mut self.entries);
        self.entries = world.log.entries().map(|entry| entry.id).collect();
        let new = world.log.entries().filter(|entry| !known.contains(&entry.id) && is_said(entry, world));
        let mut news: Vec<String> = new.map(|entry| line(entry)).collect();
        if news.len() > MOST {
            let more = format!("{} more entries of the log: `log` says them", news.len() - MOST);
            news.truncate(MOST);
            news.push(more);
        }
        news
    }
}

/// So many that nobody listens to each. What is there when it is looked at first has not changed.
fn counted(news: &[(AlertId, Option<State>, Option<State>)], first: bool, world: &World) -> String {
    let is_drill = |id: &AlertId| world.alerts.get(id).is_some_and(Tracked::is_drill);
    let count = |state| news.iter().filter(|(id, _, now)| *now == Some(state) && !is_drill(id)).count();
    let (firing, owned, over) = (count(State::Firing), count(State::Acknowledged), count(State::Resolved));
    let practice = news.iter().filter(|(id, ..)| is_drill(id)).count();
    let practice = if practice > 0 { format!(", {practice} are of a DRILL") } else { String::new() };
    let said = match (news.iter().all(|(_, before, _)| before.is_none()), first) {
        (true, first) => {
            let what = if first { "alerts are there" } else { "alerts are new" };
            let owned_of_them = if owned == 0 { "none".to_owned() } else { owned.to_string() };
            format!("{what}: {} fire, {owned_of_them} of them acknowledged", firing + owned)
        }
        (false, _) => format!("alerts have changed: {firing} fire, {over} are resolved"),
    };
    format!("{} {said}{practice}. `alerts` says them", news.len())
}

/// What the person at this console has done was told by what did it.
fn is_said(entry: &Entry, world: &World) -> bool {
    !UNSAID.contains(&entry.kind) && (entry.actor.name != world.me.name || entry.kind == Kind::StepEnded)
}

fn line(entry: &Entry) -> String {
    let drill = if entry.drill.is_some() { "DRILL, " } else { "" };
    format!("{drill}{}, {}: {}", entry.kind.word(), inert(&entry.actor.name), inert(&entry.text))
}

fn told(tracked: &Tracked, world: &World) -> String {
    let drill = if tracked.is_drill() { "DRILL, " } else { "" };
    let alert = &tracked.alert;
    let of = tracked.service.as_ref().map(|service| format!(" of {service}")).unwrap_or_default();
    let on = Some(alert.target())
        .filter(|target| !target.is_empty())
        .map(|target| format!(" on {}", inert(target)))
        .unwrap_or_default();
    let ack = world.alerts.ack(tracked, world.now.wall);
    let doubt = doubt(tracked, world).map(|doubt| format!("{doubt}, last told as ")).unwrap_or_default();
    let by = ack.as_ref().map(|ack| format!(" by {}", inert(&ack.by))).unwrap_or_default();
    let back = if ack.is_some() && world.is_taken_back(&alert.id) { ", which is being taken back" } else { "" };
    // What somebody has, they have for less long than it fires.
    let since = match (&ack, tracked.resolved_at) {
        (_, Some(resolved)) => Some(resolved),
        (Some(ack), None) => ack.since,
        (None, None) => Some(tracked.episode),
    };
    let age = |since: DateTime<Utc>| format!(" for {}", out::age((world.now.wall - since).to_std().unwrap_or_default()));
    let age = since.map(age).unwrap_or_default();
    let summary = alert.summary().map(|summary| format!(". {}", inert(summary))).unwrap_or_default();
    format!(
        "{drill}{}, {}{of}{on}, {doubt}{}{by}{age}{back}{summary}",
        tracked.severity.word(),
        inert(alert.name()),
        word(tracked, tracked.state)
    )
}

/// Why it may not be as it is told, in the words of the screen.
fn doubt(tracked: &Tracked, world: &World) -> Option<&'static str> {
    if tracked.resolved_at.is_some() {
        return None;
    }
    world.alerts.doubt_beside(tracked).map(Doubt::word)
}

/// What nobody has ended is not told as if somebody had.
fn word(tracked: &Tracked, state: State) -> &'static str {
    match tracked.presumed() {
        Some(Doubt::Untold(_)) if state == State::Resolved => "untold: taken for over, though nobody has said that it ended",
        Some(_) if state == State::Resolved => "taken for over, though nobody has said that it ended",
        _ => state.word(),
    }
}

#[cfg(test)]
mod tests;

//! Every silence of every source as one list: what stands on several of them is one, and each knows which alerts it keeps
//! quiet now and which of them fire again when it ends.

mod shell;

use super::alerts::{Ack, Tracked};
use super::world::{Broad, meant};
use super::{Command, World};
use crate::domain::act::unmarked;
use crate::domain::alert::{Silence, SilenceMatcher, SilenceState};
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One silence, on however many sources it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// What each source calls it, and when it ends there; never empty.
    pub on: Vec<On>,
    /// Sorted by name.
    pub matchers: Vec<SilenceMatcher>,
    pub by: Outside,
    pub comment: Outside,
    pub starts_at: DateTime<Utc>,
    /// When the last of them ends.
    pub ends_at: DateTime<Utc>,
    pub phase: Phase,
    /// What its sources keep quiet by it now, in the order of the queue.
    pub alerts: Vec<AlertId>,
    /// Those of them that nothing else keeps quiet after its end.
    pub again: Vec<AlertId>,
}

/// One copy of a silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct On {
    pub source: SourceName,
    pub id: Outside,
    pub ends_at: DateTime<Utc>,
}

/// In this order they are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Active,
    Pending,
    Ended,
}

/// Copies whose ends are at most this far apart are one silence: they were made one after the other.
const APART: chrono::Duration = chrono::Duration::minutes(1);
/// What ends within this is told together with what fires again then.
const SOON: chrono::Duration = chrono::Duration::hours(1);
/// How long one that has ended is still listed.
const REMEMBERED: chrono::Duration = chrono::Duration::days(1);

impl Phase {
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Ended => "expired",
        }
    }

    /// The clock decides where a source has not been asked since.
    pub fn of(silence: &Silence, now: DateTime<Utc>) -> Self {
        match silence.state {
            SilenceState::Expired => Self::Ended,
            _ if silence.ends_at <= now => Self::Ended,
            SilenceState::Pending if now < silence.starts_at => Self::Pending,
            _ => Self::Active,
        }
    }
}

impl Standing {
    fn first(source: &SourceName, silence: &Silence, phase: Phase) -> Self {
        let mut matchers = silence.matchers.clone();
        matchers.sort();
        Self {
            on: vec![On { source: source.clone(), id: silence.id.clone(), ends_at: silence.ends_at }],
            matchers,
            by: silence.created_by.clone(),
            comment: unmarked(silence.comment.raw()).into(),
            starts_at: silence.starts_at,
            ends_at: silence.ends_at,
            phase,
            alerts: Vec::new(),
            again: Vec::new(),
        }
    }

    /// Whether the other, which ends no earlier, is a copy of this one.
    fn is_also(&self, other: &Self) -> bool {
        self.alike(other) && other.ends_at - self.on[0].ends_at <= APART
    }

    fn alike(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    fn key(&self) -> (Phase, &[SilenceMatcher], &Outside, &Outside) {
        (self.phase, &self.matchers, &self.by, &self.comment)
    }

    /// The sources that it stands on, each once.
    pub fn sources(&self) -> BTreeSet<&SourceName> {
        self.on.iter().map(|on| &on.source).collect()
    }

    pub fn is_on(&self, source: &SourceName, id: &Outside) -> bool {
        self.on.iter().any(|on| on.source == *source && on.id == *id)
    }

    pub fn ends_soon(&self, now: DateTime<Utc>) -> bool {
        self.phase == Phase::Active && self.ends_at - now <= SOON
    }

    /// It is in force and keeps nothing quiet.
    pub fn matches_nothing(&self) -> bool {
        self.phase == Phase::Active && self.alerts.is_empty()
    }
}

type Shares = BTreeMap<SourceName, Option<usize>>;

/// The program that makes a silence again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Amtool,
    Curl,
}

impl World {
    /// A command for a shell that makes a silence again, one line for each source that has such a way; empty where none has.
    pub fn in_shell(&self, one: &Standing, tool: Tool) -> String {
        let line = |address: &str| match tool {
            Tool::Amtool => shell::amtool(one, address, self.now.wall),
            Tool::Curl => shell::curl(one, address, self.now.wall),
        };
        let at = &self.settings.silences_at;
        let addresses = one.sources().into_iter().filter_map(|source| at.iter().find(|(name, _)| name == source));
        addresses.map(|(_, address)| line(address)).collect::<Vec<_>>().join("\n")
    }

    /// Why a silence is broad, over all sources that it stands on.
    pub fn broad_on(&self, one: &Standing) -> Option<Broad> {
        self.broad_over(&one.sources(), &one.matchers)
    }

    /// The number that each source's own share is confirmed by. The one of all of them has to be given: a source whose share is
    /// small would not ask.
    fn shares(
        &self,
        sources: &BTreeSet<&SourceName>,
        matchers: &[SilenceMatcher],
        confirmed: Option<usize>,
    ) -> Result<Shares, String> {
        meant(self.broad_over(sources, matchers), confirmed)?;
        let own = |source: &SourceName| self.broad(source, matchers).map(|broad| broad.alerts);
        Ok(sources.iter().map(|source| ((*source).clone(), own(source))).collect())
    }

    /// What silences this on each of these sources. The number that confirms it is that of all sources together.
    ///
    /// # Errors
    /// It is broad, and another number was given or none.
    pub fn silence_on(
        &self,
        sources: &BTreeSet<&SourceName>,
        matchers: &[SilenceMatcher],
        (hold, reason): (Duration, &str),
        confirmed: Option<usize>,
    ) -> Result<Vec<Command>, String> {
        let on = |(source, confirmed): (SourceName, Option<usize>)| {
            let (covers, matchers, reason) = (self.alerts.covered(&source, matchers), matchers.to_vec(), reason.to_owned());
            Command::Silence { source, matchers, hold, reason, covers, confirmed }
        };
        Ok(self.shares(sources, matchers, confirmed)?.into_iter().map(on).collect())
    }

    /// What lets every copy last longer. The number that confirms it is that of all sources together.
    ///
    /// # Errors
    /// It is broad, and another number was given or none.
    pub fn longer(&self, one: &Standing, by: Duration, confirmed: Option<usize>) -> Result<Vec<Command>, String> {
        let shares = self.shares(&one.sources(), &one.matchers, confirmed)?;
        let of = |source: &SourceName| shares.get(source).copied().flatten();
        let longer = |on: &On| Command::Extend { source: on.source.clone(), id: on.id.clone(), by, confirmed: of(&on.source) };
        Ok(one.on.iter().map(longer).collect())
    }

    /// What makes it again on every source that it stood on.
    ///
    /// # Errors
    /// It is broad, and another number was given or none.
    pub fn anew(&self, one: &Standing, hold: Duration, confirmed: Option<usize>) -> Result<Vec<Command>, String> {
        self.silence_on(&one.sources(), &one.matchers, (hold, one.comment.raw()), confirmed)
    }

    /// All of them: those in force by their ends, then those that are still to begin, then those that ended lately.
    pub fn silences(&self) -> Vec<Standing> {
        let mut all = together(self.listed());
        self.who_is_quiet(&mut all);
        all.sort_by_key(|one| match one.phase {
            Phase::Ended => (one.phase, None, Some(Reverse(one.ends_at))),
            phase => (phase, Some(one.ends_at), None),
        });
        all
    }

    fn listed(&self) -> Vec<Standing> {
        let now = self.now.wall;
        let all = self.alerts.sources().flat_map(|(name, source)| source.silences().iter().map(move |silence| (name, silence)));
        let with_phase = all.map(|(name, silence)| Standing::first(name, silence, Phase::of(silence, now)));
        with_phase.filter(|one| one.phase != Phase::Ended || now - one.ends_at <= REMEMBERED).collect()
    }

    /// What the sources say, not what the matchers mean: nothing is counted that rings all the same.
    fn who_is_quiet(&self, all: &mut [Standing]) {
        let mut places: BTreeMap<(SourceName, Outside), usize> = BTreeMap::new();
        for (place, one) in all.iter().enumerate().filter(|(_, one)| one.phase == Phase::Active) {
            places.extend(one.on.iter().map(|on| ((on.source.clone(), on.id.clone()), place)));
        }
        let mut key = (SourceName::from(""), Outside::default());
        for tracked in self.alerts.queue().filter(|it| it.resolved_at.is_none() && !it.alert.silenced_by.is_empty()) {
            key.0.clone_from(&tracked.alert.id.source);
            let mut on: Vec<Option<usize>> = Vec::new();
            for id in &tracked.alert.silenced_by {
                key.1.clone_from(id);
                on.push(places.get(&key).copied());
            }
            on.sort_unstable();
            on.dedup();
            for place in on.iter().flatten() {
                all[*place].alerts.push(tracked.alert.id.clone());
            }
            // With one of which nobody knows the end, nobody knows when it fires again.
            let known: Option<Vec<usize>> = on.into_iter().collect();
            let last = known.unwrap_or_default().into_iter().max_by_key(|place| all[*place].ends_at);
            if let Some(last) = last.filter(|last| self.fires_again(tracked, all[*last].ends_at)) {
                all[last].again.push(tracked.alert.id.clone());
            }
        }
    }

    /// Which of these fire as soon as these silences are ended: whatever is not over and nothing else keeps quiet now. An
    /// acknowledgement that one of them carries ends with it.
    pub fn at_once(&self, on: &[On], alerts: &[AlertId]) -> Vec<AlertId> {
        let open = |id: &AlertId| self.alerts.get(id).filter(|tracked| tracked.resolved_at.is_none());
        let rings = |id: &&AlertId| open(id).is_some_and(|tracked| self.rings_without(tracked, on));
        alerts.iter().filter(rings).cloned().collect()
    }

    /// The acknowledgements of ours that one of these silences carries, by whose they are and on what.
    pub fn acknowledgements_on(&self, on: &[On]) -> Vec<(AlertId, String)> {
        let carries = |id: &AlertId, ack: &Ack| {
            let carrier = ack.entry.and_then(|entry| self.outbox.carried(entry)).filter(|carrier| !carrier.native);
            carrier.is_some_and(|carrier| on.iter().any(|on| on.source == id.source && on.id == carrier.id))
        };
        let all = self.alerts.acked().filter(|(id, ack)| carries(id, ack) && ack.until.is_none_or(|until| self.now.wall < until));
        all.map(|(id, ack)| (id.clone(), ack.by.clone())).collect()
    }

    /// What fires at once beside these when they are taken from whoever acknowledges them by a silence: it ends for all that it covers.
    pub fn freed_with(&self, taken: &[AlertId]) -> Vec<AlertId> {
        let on: BTreeMap<(SourceName, Outside), DateTime<Utc>> = taken.iter().filter_map(|id| self.told_by_silence(id)).collect();
        if on.is_empty() {
            return Vec::new();
        }
        let taken: BTreeSet<&AlertId> = taken.iter().collect();
        let covered = |tracked: &&Tracked| {
            let source = &tracked.alert.id.source;
            tracked.alert.silenced_by.iter().any(|id| on.contains_key(&(source.clone(), id.clone())))
        };
        let others = self.alerts.queue().filter(covered).map(|tracked| tracked.alert.id.clone());
        let others: Vec<AlertId> = others.filter(|id| !taken.contains(id)).collect();
        let on: Vec<On> = on.into_iter().map(|((source, id), ends_at)| On { source, id, ends_at }).collect();
        self.at_once(&on, &others)
    }

    /// The silence by which somebody else acknowledges an alert, and when it ends.
    fn told_by_silence(&self, id: &AlertId) -> Option<((SourceName, Outside), DateTime<Utc>)> {
        let tracked = self.alerts.get(id)?;
        self.alerts.ack(tracked, self.now.wall).filter(|ack| ack.entry.is_none())?;
        let silence = self.alerts.acking_silence(tracked, self.now.wall)?;
        Some(((id.source.clone(), silence.id.clone()), silence.ends_at))
    }

    fn rings_without(&self, tracked: &Tracked, on: &[On]) -> bool {
        let source = &tracked.alert.id.source;
        let ended = |id: &Outside| on.iter().any(|on| on.source == *source && on.id == *id);
        // One that its source does not tell of keeps it quiet all the same.
        let known = |id: &Outside| self.alerts.source(source).and_then(|source| source.silence(id));
        let in_force = |id: &&Outside| known(id).is_none_or(|silence| Phase::of(silence, self.now.wall) == Phase::Active);
        let others = tracked.alert.silenced_by.iter().filter(|id| !ended(id)).any(|id| in_force(&id));
        let carried = |ack: &Ack| ack.entry.and_then(|entry| self.outbox.carried(entry)).is_some_and(|it| ended(&it.id));
        !others && self.is_unheld(tracked, self.now.wall, |ack| !carried(ack))
    }

    /// Nothing else than its silences holds it back then.
    fn fires_again(&self, tracked: &Tracked, then: DateTime<Utc>) -> bool {
        self.is_unheld(tracked, then, |_| true)
    }

    /// Nobody holds it then, and nothing but a silence keeps it quiet; `counts` says of an acknowledgement of ours whether it stays.
    fn is_unheld(&self, tracked: &Tracked, then: DateTime<Utc>, counts: impl Fn(&Ack) -> bool) -> bool {
        let alert = &tracked.alert;
        let lasts = |until: Option<DateTime<Utc>>| until.is_none_or(|until| then < until);
        let quiet = !alert.inhibited_by.is_empty() || !alert.muted_by.is_empty();
        let held = alert.snoozed().into_iter().chain(alert.acknowledged()).any(|hold| lasts(hold.until));
        let own = self.alerts.ack(tracked, self.now.wall).filter(|ack| ack.entry.is_some() && counts(ack));
        !quiet && !held && own.is_none_or(|ack| !lasts(ack.until))
    }
}

fn together(mut listed: Vec<Standing>) -> Vec<Standing> {
    listed.sort_by(|a, b| a.key().cmp(&b.key()).then_with(|| (a.ends_at, &a.on[0].source).cmp(&(b.ends_at, &b.on[0].source))));
    let mut all: Vec<Standing> = Vec::with_capacity(listed.len());
    for next in listed {
        match all.last_mut().filter(|last| last.is_also(&next)) {
            Some(last) => {
                last.ends_at = last.ends_at.max(next.ends_at);
                last.starts_at = last.starts_at.min(next.starts_at);
                last.on.extend(next.on);
            }
            None => all.push(next),
        }
    }
    all
}

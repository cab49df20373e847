//! The queue in groups: by service, by name or by a label. A view of it that changes with it: what has changed since the last
//! look is put where it belongs, and nothing else is touched. The alerts stay what they are.
//!
//! Invariant: every alert that the filter holds for is a member of exactly one group; what another alert's row tells of is of none.

use super::World;
use super::alerts::{Rank, State, Tracked};
use super::causes::OPEN;
use super::filter::Filter;
use crate::domain::alert::Severity;
use crate::domain::ids::{AlertId, SourceName};
use crate::domain::stamp::Stamp;
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::btree_set::Range;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What alerts of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    Service,
    Name,
    Label(String),
}

impl By {
    /// Empty for an alert that has none.
    pub fn of<'t>(&self, tracked: &'t Tracked) -> &'t str {
        match self {
            // Nobody is to take its alerts for more of the real ones, one that is called DRILL among them.
            _ if tracked.is_drill() => "DRILL: practice",
            Self::Service => tracked.service.as_ref().map_or("", |service| service.as_str()),
            Self::Name => tracked.alert.name(),
            Self::Label(label) => tracked.alert.labels.get(label).unwrap_or(""),
        }
    }

    /// The label that they share, where it is one.
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::Label(label) => Some(label),
            Self::Service | Self::Name => None,
        }
    }

    pub fn word(&self) -> &str {
        match self {
            Self::Service => "service",
            Self::Name => "name",
            Self::Label(label) => label,
        }
    }
}

pub type Key = Arc<str>;

/// What an alert counts for in its group: kept, so that it can be taken out of it again.
#[derive(Debug, Clone, PartialEq)]
struct Share {
    key: Key,
    rank: Rank,
    state: State,
    severity: Severity,
    episode: DateTime<Utc>,
    /// Its source does not list it any more, or the part of it that did does not answer.
    missing: bool,
    /// The second in which it arrived, where that was news and it began then, and the one in which it ended.
    came: Option<u64>,
    over: Option<i64>,
}

impl Share {
    fn of(key: Key, rank: Rank, tracked: &Tracked) -> Self {
        let (state, severity, episode) = (tracked.state, tracked.severity, tracked.episode);
        let came = tracked.arrived.filter(|_| !tracked.met_late).map(|at| at.mono.as_secs());
        let over = tracked.resolved_at.map(|at| at.timestamp());
        Self { key, rank, state, severity, episode, missing: tracked.missing > 0 || tracked.unheard, came, over }
    }
}

/// Over this time a group's rise or fall is told.
pub(super) const SLOPE: u64 = 60;

/// Where an alert stands among the others.
pub type Stand = (Rank, AlertId);

/// Where a group stands: as its first alert does, without regard to age; of those alike the one with most alerts first.
type Place = (u8, Reverse<Severity>, u8, u8, Reverse<usize>, Key);

/// By state and severity: how many, and how many of them their source does not list any more.
type Told = [[(usize, usize); 4]; State::ALL.len()];

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    members: BTreeSet<Stand>,
    /// By state and severity.
    counts: [[usize; 4]; State::ALL.len()],
    /// How many each source has, and how many of them it does not list any more.
    told: BTreeMap<SourceName, Told>,
    /// How many of those that need somebody, or have somebody, began when.
    begun: BTreeMap<DateTime<Utc>, usize>,
    /// How many arrived, and how many ended, in which second.
    came: BTreeMap<u64, usize>,
    over: BTreeMap<i64, usize>,
}

impl Group {
    /// In the order of the queue.
    pub fn members(&self) -> impl Iterator<Item = &AlertId> {
        self.members.iter().map(|(_, id)| id)
    }

    /// The same with their places.
    pub fn standing(&self) -> Range<'_, Stand> {
        self.members.range(..)
    }

    /// Those of this severity that need somebody, or have somebody.
    pub fn open_of(&self, severity: Severity) -> impl Iterator<Item = &AlertId> {
        let nobody = AlertId { source: "".into(), fingerprint: "".into() };
        let first = (0, Reverse(severity), 0, 0, Reverse(i64::MAX));
        let of_it = move |(rank, _): &&Stand| rank.0 == 0 && rank.1 == Reverse(severity);
        self.members.range((first, nobody)..).take_while(of_it).map(|(_, id)| id)
    }

    /// Those that stand behind everything of this severity that needs somebody, or has somebody.
    pub fn behind_open(&self, severity: Severity) -> Range<'_, Stand> {
        let nobody = AlertId { source: "".into(), fingerprint: "".into() };
        self.members.range(((0, Reverse(severity), u8::MAX, u8::MAX, Reverse(i64::MIN)), nobody)..)
    }

    pub fn len(&self) -> usize {
        self.members.len()
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub fn count(&self, state: State) -> usize {
        self.counts[state as usize].iter().sum()
    }

    /// How many are in a state and of a severity.
    pub fn counted(&self, state: State, severity: Severity) -> usize {
        self.counts[state as usize][severity as usize]
    }

    /// How many a source has of a state and a severity, and how many of them it does not list any more.
    pub fn told(&self) -> impl Iterator<Item = (&SourceName, State, Severity, (usize, usize))> {
        let kinds = || State::ALL.into_iter().flat_map(|state| Severity::ALL.map(|severity| (state, severity)));
        let each = move |(source, told): (_, &Told)| {
            let told = *told;
            kinds().map(move |(state, severity)| (source, state, severity, told[state as usize][severity as usize]))
        };
        self.told.iter().flat_map(each)
    }

    /// When the first of those began that need somebody, or have somebody.
    pub fn oldest(&self) -> Option<DateTime<Utc>> {
        self.begun.first_key_value().map(|(at, _)| *at)
    }

    /// The same without one that began then.
    pub fn oldest_but(&self, but: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        self.begun.iter().find(|(at, count)| Some(**at) != but || **count > 1).map(|(at, _)| *at)
    }

    /// By how many it has grown in the last minute; less than nothing: it has shrunk.
    pub fn slope(&self, now: Stamp) -> i64 {
        let came: usize = self.came.range(now.mono.as_secs().saturating_sub(SLOPE)..).map(|(_, count)| count).sum();
        let over: usize = self.over.range(now.wall.timestamp() - SLOPE as i64..).map(|(_, count)| count).sum();
        came as i64 - over as i64
    }

    fn place(&self, key: &Key) -> Option<Place> {
        let (group, severity, within, tier, _) = self.members.first()?.0;
        Some((group, severity, within, tier, Reverse(self.len()), key.clone()))
    }

    fn add(&mut self, id: &AlertId, share: &Share) {
        self.members.insert((share.rank, id.clone()));
        self.count_in(id, share);
    }

    fn count_in(&mut self, id: &AlertId, share: &Share) {
        self.counts[share.state as usize][share.severity as usize] += 1;
        if !self.told.contains_key(&id.source) {
            self.told.insert(id.source.clone(), Told::default());
        }
        if let Some(told) = self.told.get_mut(&id.source) {
            let told = &mut told[share.state as usize][share.severity as usize];
            *told = (told.0 + 1, told.1 + usize::from(share.missing));
        }
        if OPEN.contains(&share.state) {
            *self.begun.entry(share.episode).or_default() += 1;
        }
        share.came.iter().for_each(|second| *self.came.entry(*second).or_default() += 1);
        share.over.iter().for_each(|second| *self.over.entry(*second).or_default() += 1);
    }

    fn remove(&mut self, id: &AlertId, share: &Share) {
        self.members.remove(&(share.rank, id.clone()));
        self.counts[share.state as usize][share.severity as usize] -= 1;
        if let Some(told) = self.told.get_mut(&id.source) {
            let told = &mut told[share.state as usize][share.severity as usize];
            *told = (told.0 - 1, told.1 - usize::from(share.missing));
        }
        if OPEN.contains(&share.state) {
            take_one(&mut self.begun, &share.episode);
        }
        share.came.iter().for_each(|second| take_one(&mut self.came, second));
        share.over.iter().for_each(|second| take_one(&mut self.over, second));
    }
}

fn take_one<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[derive(Debug, Clone)]
pub struct Groups {
    by: By,
    filter: Filter,
    /// What another one's row tells of is a member of nothing.
    together: bool,
    groups: HashMap<Key, Group>,
    order: BTreeSet<Place>,
    /// Of all that the filter holds for; nothing for those that another one's row tells of.
    shares: HashMap<AlertId, Option<Share>>,
    /// How many changes of the queue are in it, and the second in which the ages were judged that the filter asks for.
    seen: Option<(u64, i64)>,
}

impl Groups {
    /// Empty until it follows.
    pub fn new(by: By, filter: Filter, together: bool) -> Self {
        let (groups, shares) = (HashMap::new(), HashMap::new());
        Self { by, filter, together, groups, order: BTreeSet::new(), shares, seen: None }
    }

    /// Whether these are the groups of that.
    pub fn are(&self, by: &By, filter: &Filter, together: bool) -> bool {
        self.by == *by && self.filter.asks_as(filter) && self.together == together
    }

    /// Whether nothing is left out.
    pub fn are_of_all(&self) -> bool {
        self.filter.is_empty()
    }

    pub fn by(&self) -> &By {
        &self.by
    }

    /// What needs somebody first, then the largest.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Group)> {
        self.order.iter().filter_map(|place| self.groups.get_key_value(&place.5))
    }

    pub fn get(&self, key: &str) -> Option<&Group> {
        self.groups.get(key)
    }

    /// The group that an alert is a member of.
    pub fn of(&self, id: &AlertId) -> Option<&Key> {
        self.shares.get(id)?.as_ref().map(|share| &share.key)
    }

    /// How many alerts the filter holds for.
    pub fn matching(&self) -> usize {
        self.shares.len()
    }

    /// Takes in what has changed since the last time.
    pub fn follow(&mut self, world: &World) {
        let second = if self.filter.ages() { world.now.wall.timestamp() } else { 0 };
        let seen = self.seen.replace((world.alerts.change_count(), second));
        let new = seen.filter(|(_, before)| *before == second).and_then(|(count, _)| world.alerts.changes_since(count));
        match new {
            Some(new) => new.for_each(|id| self.judge(world, id)),
            None => self.begin(world),
        }
    }

    /// All at once, without finding each place again and again: they come in the order of the queue.
    fn begin(&mut self, world: &World) {
        self.shares.clear();
        self.shares.reserve(world.alerts.len());
        let mut begun: HashMap<Key, (Key, Group, Vec<Stand>)> = HashMap::new();
        for (rank, tracked) in world.alerts.ranked() {
            let Some(own) = self.has_row(world, tracked) else { continue };
            let id = tracked.alert.id.clone();
            let share = own.then(|| {
                let word = self.by.of(tracked);
                if !begun.contains_key(word) {
                    let key: Key = word.into();
                    begun.insert(key.clone(), (key, Group::default(), Vec::new()));
                }
                begun.get_mut(word).map(|(key, group, members)| {
                    let share = Share::of(key.clone(), rank, tracked);
                    group.count_in(&id, &share);
                    members.push((rank, id.clone()));
                    share
                })
            });
            self.shares.insert(id, share.flatten());
        }
        let whole =
            |(key, group, members): (Key, Group, Vec<Stand>)| (key, Group { members: members.into_iter().collect(), ..group });
        self.groups = begun.into_values().map(whole).collect();
        self.order = self.groups.iter().filter_map(|(key, group)| group.place(key)).collect();
    }

    fn judge(&mut self, world: &World, id: &AlertId) {
        let placed = world.alerts.rank(id).zip(world.alerts.get(id));
        let share = placed.and_then(|(rank, tracked)| {
            let own = self.has_row(world, tracked)?;
            Some(own.then(|| Share::of(self.key_of(tracked), rank, tracked)))
        });
        if self.shares.get(id) == share.as_ref() {
            return;
        }
        self.take(id);
        if let Some(share) = share {
            self.put(id, share);
        }
    }

    /// Nothing where the filter doesn't hold; not where another one's row tells of it.
    fn has_row(&self, world: &World, tracked: &Tracked) -> Option<bool> {
        let holds = |tracked: &Tracked| self.filter.holds(world, tracked);
        let lead = || world.alerts.told_by(tracked).and_then(|lead| world.alerts.get(lead));
        holds(tracked).then(|| !(self.together && lead().is_some_and(holds)))
    }

    fn key_of(&self, tracked: &Tracked) -> Key {
        let word = self.by.of(tracked);
        self.groups.get_key_value(word).map_or_else(|| word.into(), |(key, _)| key.clone())
    }

    fn put(&mut self, id: &AlertId, share: Option<Share>) {
        if let Some(share) = &share {
            self.with_group(&share.key, |group| group.add(id, share));
        }
        self.shares.insert(id.clone(), share);
    }

    fn take(&mut self, id: &AlertId) {
        if let Some(Some(share)) = self.shares.remove(id) {
            self.with_group(&share.key, |group| group.remove(id, &share));
        }
    }

    /// Changes a group, and puts it where it then belongs.
    fn with_group(&mut self, key: &Key, change: impl FnOnce(&mut Group)) {
        let group = self.groups.entry(key.clone()).or_default();
        let before = group.place(key);
        change(group);
        let after = group.place(key);
        if before == after {
            return;
        }
        before.map(|place| self.order.remove(&place));
        match after {
            Some(place) => drop(self.order.insert(place)),
            None => drop(self.groups.remove(key)),
        }
    }
}

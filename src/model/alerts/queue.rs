//! Every alert, where it stands in the order of the queue. A storm has a hundred thousand, and most of what is asked of
//! them is the queue from its top: so they lie in that order, and by name only their place is kept.

use super::changes::Changes;
use super::twins::Twins;
use super::{State, Tracked};
use crate::domain::alert::Severity;
use crate::domain::ids::{AlertId, ServiceName, SourceName};
use crate::model::causes::BAD;
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{Hash, Hasher};

/// What needs somebody first, the worst of it, the most important service, the newest.
pub type Rank = (u8, Reverse<Severity>, u8, u8, Reverse<i64>);

/// How many alerts, by state and severity.
pub type Counts = [[usize; 4]; State::ALL.len()];

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Queue {
    /// Boxed: what is put between others moves them.
    standing: BTreeMap<(Rank, AlertId), Box<Tracked>>,
    places: HashMap<AlertId, Rank>,
    /// How many alerts have a name.
    names: HashMap<Box<str>, usize>,
    /// Those of a source that have a name and are about the same, by the hash of all three: in a storm each is asked for a second one.
    subjects: HashMap<u64, Alike>,
    counts: Counts,
    /// Those of them that another one stands for.
    told: Counts,
    /// Those of which nobody has said that they are over.
    untold: BTreeSet<AlertId>,
    services: BTreeMap<ServiceName, OfService>,
    /// Changes whenever in a service the first alert of a severity begins to fire, or the last one ends.
    stirred: u64,
    changes: Changes,
    twins: Twins,
}

/// What a service has.
#[derive(Debug, Clone, Default, PartialEq)]
struct OfService {
    counts: Counts,
    /// Those of them that another one of the service stands for.
    told: Counts,
    /// Those that were bad and of which nobody has said that they are over.
    untold: usize,
    /// How many bad ones of it each source tells of.
    tellers: BTreeMap<SourceName, usize>,
    /// What fires in it, by severity, the oldest first.
    firing: [BTreeSet<(DateTime<Utc>, AlertId)>; 4],
}

impl OfService {
    fn tell(&mut self, source: &SourceName, more: bool) {
        match (self.tellers.get_mut(source), more) {
            (Some(count), true) => *count += 1,
            (Some(count), false) if *count > 1 => *count -= 1,
            (None, true) => drop(self.tellers.insert(source.clone(), 1)),
            (_, false) => drop(self.tellers.remove(source)),
        }
    }
}

/// What does not say how bad it is may be bad; what only informs is not.
fn is_bad(severity: Severity) -> bool {
    severity != Severity::Info
}

/// Most have no second one.
#[derive(Debug, Clone, PartialEq)]
enum Alike {
    One(AlertId),
    Several(BTreeSet<AlertId>),
}

impl Alike {
    fn add(&mut self, id: AlertId) {
        match self {
            Self::One(one) => *self = Self::Several([one.clone(), id].into()),
            Self::Several(ids) => drop(ids.insert(id)),
        }
    }

    /// Whether none is left.
    fn remove(&mut self, id: &AlertId) -> bool {
        match self {
            Self::One(_) => true,
            Self::Several(ids) => ids.remove(id) && ids.is_empty(),
        }
    }
}

/// More alerts than this with the same labels are not one problem that several sources tell of.
const SOURCES: usize = 32;

fn less(all: &Counts, told: &Counts) -> Counts {
    std::array::from_fn(|state| std::array::from_fn(|severity| all[state][severity] - told[state][severity]))
}

/// What it is named, and about, in its source.
fn about(tracked: &Tracked) -> (&SourceName, &str, &str) {
    (&tracked.alert.id.source, tracked.alert.name(), tracked.alert.target())
}

fn subject(tracked: &Tracked) -> u64 {
    let mut hasher = DefaultHasher::new();
    about(tracked).hash(&mut hasher);
    hasher.finish()
}

impl Queue {
    pub fn iter(&self) -> impl Iterator<Item = &Tracked> {
        self.standing.values().map(Box::as_ref)
    }

    pub fn ranked(&self) -> impl Iterator<Item = (Rank, &Tracked)> {
        self.standing.iter().map(|((rank, _), tracked)| (*rank, tracked.as_ref()))
    }

    /// What an alert is counted and sorted by must not be changed here: take it out for that.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Tracked> {
        self.standing.values_mut().map(Box::as_mut)
    }

    pub fn get(&self, id: &AlertId) -> Option<&Tracked> {
        let rank = *self.places.get(id)?;
        self.standing.get(&(rank, id.clone())).map(Box::as_ref)
    }

    /// As `iter_mut`.
    pub fn get_mut(&mut self, id: &AlertId) -> Option<&mut Tracked> {
        let rank = *self.places.get(id)?;
        self.standing.get_mut(&(rank, id.clone())).map(Box::as_mut)
    }

    /// Something that is neither counted nor sorted by is another one: whoever keeps a view is to look again.
    pub fn touch(&mut self, id: &AlertId) {
        self.changes.add(id);
    }

    pub fn holds(&self, id: &AlertId) -> bool {
        self.places.contains_key(id)
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// How many alerts are in this state, of each severity.
    pub fn counts(&self, state: State) -> [usize; 4] {
        self.counts[state as usize]
    }

    /// How many problems are: what several sources tell of is one, and as the alert says that stands for it.
    pub fn problems(&self, state: State) -> [usize; 4] {
        less(&self.counts, &self.told)[state as usize]
    }

    /// Those that are taken for over without a word.
    pub fn untold(&self) -> &BTreeSet<AlertId> {
        &self.untold
    }

    /// How many of a service are so.
    pub fn untold_of(&self, service: &ServiceName) -> usize {
        self.services.get(service).map_or(0, |of| of.untold)
    }

    fn count_untold(&mut self, tracked: &Tracked, change: impl Fn(&mut usize)) {
        let of = tracked.service.as_ref().filter(|_| is_bad(tracked.severity)).and_then(|name| self.services.get_mut(name));
        if let Some(of) = of {
            change(&mut of.untold);
        }
    }

    /// The sources that tell of what is bad in a service.
    pub fn tellers_of(&self, service: &ServiceName) -> impl Iterator<Item = &SourceName> {
        self.services.get(service).into_iter().flat_map(|of| of.tellers.keys())
    }

    pub fn take(&mut self, id: &AlertId) -> Option<Box<Tracked>> {
        let told = self.get(id).map(|tracked| self.told_by_others(tracked)).unwrap_or_default();
        self.count_told(told, |count| *count -= 1);
        let rank = self.places.remove(id)?;
        let tracked = self.standing.remove(&(rank, id.clone()))?;
        self.count(&tracked, |count| *count -= 1);
        if self.untold.remove(id) {
            self.count_untold(&tracked, |count| *count -= 1);
        }
        self.forget_name(tracked.alert.name());
        if let Entry::Occupied(mut alike) = self.subjects.entry(subject(&tracked))
            && alike.get_mut().remove(id)
        {
            alike.remove();
        }
        self.fire(&tracked, false);
        self.changed(&tracked);
        self.twins.remove(&tracked);
        self.count_told(self.told_by_others(&tracked), |count| *count += 1);
        Some(tracked)
    }

    /// Puts an alert that stands nowhere where it belongs.
    pub fn put(&mut self, rank: Rank, tracked: Box<Tracked>) {
        self.count_told(self.told_by_others(&tracked), |count| *count -= 1);
        self.count(&tracked, |count| *count += 1);
        if tracked.is_left_untold() {
            self.untold.insert(tracked.alert.id.clone());
            self.count_untold(&tracked, |count| *count += 1);
        }
        self.learn_name(tracked.alert.name());
        let one = tracked.alert.id.clone();
        match self.subjects.entry(subject(&tracked)) {
            Entry::Occupied(mut alike) => alike.get_mut().add(one),
            Entry::Vacant(place) => drop(place.insert(Alike::One(one))),
        }
        self.fire(&tracked, true);
        self.places.insert(tracked.alert.id.clone(), rank);
        self.twins.insert(&tracked);
        self.changed(&tracked);
        let id = tracked.alert.id.clone();
        self.standing.insert((rank, id.clone()), tracked);
        let told = self.get(&id).map(|tracked| self.told_by_others(tracked)).unwrap_or_default();
        self.count_told(told, |count| *count += 1);
    }

    /// Its episode began at another time: it stays in its place, and is counted by that from now on.
    pub fn set_episode(&mut self, id: &AlertId, episode: DateTime<Utc>) {
        let Some(rank) = self.places.get(id).copied() else { return };
        if let Some(mut tracked) = self.take(id) {
            tracked.episode = episode;
            self.put(rank, tracked);
        }
    }

    fn learn_name(&mut self, name: &str) {
        match self.names.get_mut(name) {
            Some(count) => *count += 1,
            None => drop(self.names.insert(name.into(), 1)),
        }
    }

    fn forget_name(&mut self, name: &str) {
        let Some(count) = self.names.get_mut(name) else { return };
        *count -= 1;
        if *count == 0 {
            self.names.remove(name);
        }
    }

    /// Every name, and how many alerts have it.
    pub fn names(&self) -> impl Iterator<Item = (&str, usize)> {
        self.names.iter().map(|(name, count)| (name.as_ref(), *count))
    }

    /// How many alerts have this name.
    pub fn of_name(&self, name: &str) -> usize {
        self.names.get(name).copied().unwrap_or(0)
    }

    /// Another alert of its source and name that is about the same.
    pub fn sibling(&self, tracked: &Tracked) -> Option<&Tracked> {
        let Alike::Several(ids) = self.subjects.get(&subject(tracked))? else { return None };
        let mut others = ids.iter().filter(|id| **id != tracked.alert.id).filter_map(|id| self.get(id));
        others.find(|other| about(other) == about(tracked))
    }

    fn count(&mut self, tracked: &Tracked, change: impl Fn(&mut usize)) {
        if tracked.is_drill() {
            return;
        }
        let (state, severity) = (tracked.state as usize, tracked.severity as usize);
        change(&mut self.counts[state][severity]);
        if let Some(service) = &tracked.service {
            match self.services.get_mut(service) {
                Some(of) => change(&mut of.counts[state][severity]),
                None => change(&mut self.services.entry(service.clone()).or_default().counts[state][severity]),
            }
        }
    }

    /// What tells of the same problem as this alert and has another one that stands for it: how it is counted, and in which service, if
    /// the other one counts there, too.
    fn told_by_others(&self, tracked: &Tracked) -> Vec<(State, Severity, Option<ServiceName>)> {
        let set = self.twins(tracked).into_iter().flatten();
        let mut all: Vec<&Tracked> = set.filter_map(|id| self.get(id)).collect();
        all.sort_by_key(|tracked| (self.rank(&tracked.alert.id), &tracked.alert.id));
        let Some((lead, others)) = all.split_first() else { return Vec::new() };
        let told =
            |other: &&Tracked| (other.state, other.severity, other.service.clone().filter(|_| other.service == lead.service));
        others.iter().map(told).collect()
    }

    fn count_told(&mut self, told: Vec<(State, Severity, Option<ServiceName>)>, change: impl Fn(&mut usize)) {
        for (state, severity, service) in told {
            change(&mut self.told[state as usize][severity as usize]);
            if let Some(of) = service.and_then(|service| self.services.get_mut(&service)) {
                change(&mut of.told[state as usize][severity as usize]);
            }
        }
    }

    /// It begins to fire in its service, or no longer does.
    fn fire(&mut self, tracked: &Tracked, fires: bool) {
        let real = BAD.contains(&tracked.state) && !tracked.is_drill();
        let of = tracked.service.as_ref().filter(|_| real).and_then(|name| self.services.get_mut(name));
        let Some(of) = of else { return };
        if is_bad(tracked.severity) {
            of.tell(&tracked.alert.id.source, fires);
        }
        let firing = &mut of.firing[tracked.severity as usize];
        let (before, key) = (firing.first().map(|(at, _)| *at), (tracked.episode, tracked.alert.id.clone()));
        if fires {
            firing.insert(key)
        } else {
            firing.remove(&key)
        };
        self.stirred += u64::from(before != firing.first().map(|(at, _)| *at));
    }

    pub fn stirred(&self) -> u64 {
        self.stirred
    }

    /// The services in which something fires, by name.
    pub fn in_trouble(&self) -> impl Iterator<Item = &ServiceName> {
        self.services.iter().filter(|(_, of)| of.firing.iter().any(|firing| !firing.is_empty())).map(|(name, _)| name)
    }

    /// What of a severity fires in a service, the oldest first.
    pub fn firing_in(&self, service: &ServiceName, severity: Severity) -> impl Iterator<Item = &Tracked> {
        let firing = self.services.get(service).into_iter().flat_map(move |of| &of.firing[severity as usize]);
        firing.filter_map(|(_, id)| self.get(id))
    }

    /// How many alerts a service has.
    pub fn counts_of(&self, service: &ServiceName) -> Counts {
        self.services.get(service).map(|of| of.counts).unwrap_or_default()
    }

    /// How many problems it has.
    pub fn problems_of(&self, service: &ServiceName) -> Counts {
        self.services.get(service).map(|of| less(&of.counts, &of.told)).unwrap_or_default()
    }

    /// With an alert those change that tell of the same: another one may stand for all of them now.
    fn changed(&mut self, tracked: &Tracked) {
        match self.twins.alike(tracked).filter(|set| set.len() <= SOURCES) {
            Some(set) => set.iter().for_each(|id| self.changes.add(id)),
            None => self.changes.add(&tracked.alert.id),
        }
    }

    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Where an alert stands.
    pub fn rank(&self, id: &AlertId) -> Option<Rank> {
        self.places.get(id).copied()
    }

    /// These labels say from now on that alerts of several sources tell of the same.
    pub fn same_by(&mut self, labels: &[String]) {
        if !self.twins.is_by(labels) {
            self.twins = Twins::by(labels);
            self.standing.values().for_each(|tracked| self.twins.insert(tracked));
            self.standing.keys().for_each(|(_, id)| self.changes.add(id));
            self.count_told_anew();
        }
    }

    fn count_told_anew(&mut self) {
        self.told = Counts::default();
        self.services.values_mut().for_each(|of| of.told = Counts::default());
        let leads = self.iter().filter(|tracked| self.lead(tracked) == Some(&tracked.alert.id));
        let told: Vec<_> = leads.flat_map(|tracked| self.told_by_others(tracked)).collect();
        self.count_told(told, |count| *count += 1);
    }

    /// Those that tell of the same problem as this one, itself too; `None` where nothing else does.
    pub fn twins(&self, tracked: &Tracked) -> Option<&BTreeSet<AlertId>> {
        self.twins.of(tracked)
    }

    /// The one that stands for all that tell of the same problem: what needs somebody most.
    pub fn lead(&self, tracked: &Tracked) -> Option<&AlertId> {
        self.twins(tracked)?.iter().min_by_key(|id| (self.rank(id), *id))
    }
}

//! What other lists say of the objects that have problems: who has acknowledged them, which downtimes hold, and what they
//! follow from.

use super::api::Api;
use super::name::Object;
use super::wire::{ACKNOWLEDGEMENT, Checkable, Comment, DEPENDENCY, Dependency, Downtime, Item, is_set, time};
use crate::domain::alert::{Silence, SilenceMatcher, SilenceState};
use crate::domain::ids::Fingerprint;
use crate::domain::text::Outside;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub struct Around {
    /// The comments of acknowledgements; of several the newest.
    pub acks: BTreeMap<Object, Comment>,
    /// Downtimes in effect.
    pub downtimes: BTreeMap<Object, Vec<Outside>>,
    /// Hosts that are down for sure.
    pub down: BTreeSet<String>,
    /// What an object depends on, where that has a problem too.
    pub parents: BTreeMap<Object, Vec<Fingerprint>>,
}

impl Around {
    pub fn new(problems: &[Item<Checkable>], acks: Vec<Item<Comment>>, downtimes: &[Item<Downtime>], now: DateTime<Utc>) -> Self {
        let hosts = problems.iter().filter(|item| item.attrs.is_hard()).map(|item| Object::named(&item.name));
        let down = hosts.filter(|object| object.service.is_none()).map(|object| object.host).collect();
        Self { acks: newest(acks), downtimes: in_effect(downtimes, now), down, parents: BTreeMap::new() }
    }

    /// Looks for what unreachable objects depend on. Asked only when somebody needs it, and no part of the answer: that an
    /// object is unreachable is told anyway.
    pub async fn learn_parents(&mut self, api: Api<'_>, problems: &[Item<Checkable>]) {
        let unexplained = |item: &Item<Checkable>| {
            let object = Object::named(&item.name);
            item.attrs.last_reachable == Some(false) && (object.service.is_none() || !self.down.contains(&object.host))
        };
        if !problems.iter().any(unexplained) {
            return;
        }
        let bad: BTreeSet<Object> = problems.iter().map(|item| Object::named(&item.name)).collect();
        for Item { attrs, .. } in api.all::<Dependency>("dependencies", &DEPENDENCY).await.unwrap_or_default() {
            let child = object(attrs.child_host_name, attrs.child_service_name);
            let parent = object(attrs.parent_host_name, attrs.parent_service_name).filter(|parent| bad.contains(parent));
            if let Some((child, parent)) = child.zip(parent) {
                self.parents.entry(child).or_default().push(parent.fingerprint());
            }
        }
    }
}

fn newest(acks: Vec<Item<Comment>>) -> BTreeMap<Object, Comment> {
    let mut newest: BTreeMap<Object, Comment> = BTreeMap::new();
    for Item { attrs: comment, .. } in acks.into_iter().filter(|item| item.attrs.entry_type == Some(ACKNOWLEDGEMENT)) {
        let Some(object) = object(comment.host_name.clone(), comment.service_name.clone()) else { continue };
        if newest.get(&object).is_none_or(|known| known.entry_time <= comment.entry_time) {
            newest.insert(object, comment);
        }
    }
    newest
}

fn in_effect(downtimes: &[Item<Downtime>], now: DateTime<Utc>) -> BTreeMap<Object, Vec<Outside>> {
    let mut all: BTreeMap<Object, Vec<Outside>> = BTreeMap::new();
    for Item { name, attrs, .. } in downtimes.iter().filter(|item| state(&item.attrs, now) == SilenceState::Active) {
        if let Some(object) = object(attrs.host_name.clone(), attrs.service_name.clone()) {
            all.entry(object).or_default().push(name.as_str().into());
        }
    }
    all.values_mut().for_each(|names| names.sort());
    all
}

/// The name of a service is empty where a host is meant.
fn object(host: Option<String>, service: Option<String>) -> Option<Object> {
    Some(Object { host: host.filter(|host| !host.is_empty())?, service: service.filter(|service| !service.is_empty()) })
}

/// A downtime is what other systems call a silence of one alert.
pub fn silence(Item { name, attrs, .. }: Item<Downtime>, now: DateTime<Utc>) -> Silence {
    let state = state(&attrs, now);
    let (starts_at, ends_at) = span(&attrs);
    let equal = |name: &str, value: Option<String>| SilenceMatcher {
        name: name.into(),
        value: value.unwrap_or_default().into(),
        regex: false,
        equal: true,
    };
    Silence {
        id: name.into(),
        matchers: vec![equal("host", attrs.host_name), equal("service", attrs.service_name)],
        starts_at,
        ends_at,
        created_by: attrs.author.unwrap_or_default(),
        comment: attrs.comment.unwrap_or_default().into(),
        state,
    }
}

/// One that isn't fixed begins with the problem, at some time between its two.
fn span(it: &Downtime) -> (DateTime<Utc>, DateTime<Utc>) {
    let triggered = it.fixed == Some(false) && is_set(it.trigger_time);
    let (start, end) = match triggered {
        true => (it.trigger_time, it.trigger_time.zip(it.duration).map(|(start, duration)| start + duration)),
        false => (it.start_time, it.end_time),
    };
    (time(start), time(end))
}

fn state(it: &Downtime, now: DateTime<Utc>) -> SilenceState {
    let (starts_at, ends_at) = span(it);
    let waits = it.fixed == Some(false) && !is_set(it.trigger_time);
    match () {
        () if ends_at <= now => SilenceState::Expired,
        () if now < starts_at || waits => SilenceState::Pending,
        () => SilenceState::Active,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64, it: &Downtime) -> SilenceState {
        state(it, time(Some(seconds)))
    }

    #[test]
    fn a_fixed_downtime_holds_between_its_times_and_another_from_its_problem_on() {
        let fixed = Downtime { start_time: Some(100.0), end_time: Some(200.0), fixed: Some(true), ..Downtime::default() };
        assert_eq!(
            [50.0, 150.0, 200.0].map(|now| at(now, &fixed)),
            [SilenceState::Pending, SilenceState::Active, SilenceState::Expired]
        );
        let waits = Downtime { fixed: Some(false), duration: Some(30.0), trigger_time: Some(0.0), ..fixed };
        assert_eq!(at(150.0, &waits), SilenceState::Pending);
        let triggered = Downtime { trigger_time: Some(190.0), ..waits };
        assert_eq!(
            [195.0, 210.0, 220.0].map(|now| at(now, &triggered)),
            [SilenceState::Active, SilenceState::Active, SilenceState::Expired]
        );
    }

    #[test]
    fn of_several_acknowledgements_the_newest_counts_and_of_other_comments_none() {
        let comment = |author: &str, kind: f64, time: f64| Item {
            name: String::new(),
            joins: None,
            attrs: Comment {
                host_name: Some("web1".into()),
                author: Some(author.into()),
                entry_type: Some(kind),
                entry_time: Some(time),
                ..Comment::default()
            },
        };
        let newest = newest(vec![comment("ana", 4.0, 2.0), comment("bob", 4.0, 1.0), comment("eve", 1.0, 3.0)]);
        assert_eq!(newest.values().map(|comment| comment.author.as_ref().map(Outside::raw)).collect::<Vec<_>>(), [Some("ana")]);
    }
}

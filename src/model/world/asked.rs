//! What was asked of sources by others, or here before this process began, as the journal tells it: a console that was killed leaves
//! acts with an end, acts without one, and what it had not come to.

use super::World;
use crate::domain::act::ActEnd;
use crate::domain::entry::{ActorKind, Draft, Entry, Kind};
use crate::domain::ids::{AlertId, EntryId, SourceName};
use crate::model::outbox::{Among, Sent};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What is older stands in the log.
const LATELY: chrono::Duration = chrono::Duration::hours(12);

/// One thing that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Elsewhere {
    pub title: String,
    pub by: String,
    pub at: DateTime<Utc>,
    /// On what, and how it has ended; `None` as long as no end of it is recorded.
    pub acts: Vec<(Option<AlertId>, Option<ActEnd>)>,
    /// How many acts it is of, as far as its sources have been asked for any.
    pub of: usize,
    /// So many of them are not on record: nothing was done about them.
    pub unrecorded: usize,
}

impl World {
    /// Tells each of many acts which one it is.
    pub(super) fn among(&self, title: &str, acts: Vec<Draft>) -> Vec<Draft> {
        if acts.len() < 2 {
            return acts;
        }
        let source = |draft: &Draft| draft.data_of::<SourceName>("source");
        let (mut of, mut place): (BTreeMap<_, usize>, BTreeMap<_, usize>) = (BTreeMap::new(), BTreeMap::new());
        acts.iter().for_each(|draft| *of.entry(source(draft)).or_default() += 1);
        let one = |draft: Draft| {
            let source = source(&draft);
            let nth = place.entry(source.clone()).or_default();
            *nth += 1;
            let among =
                Among { title: title.to_owned(), at: self.now.wall, nth: *nth, of: of.get(&source).copied().unwrap_or(*nth) };
            draft.with("among", among)
        };
        acts.into_iter().map(one).collect()
    }

    /// The newest first, but for what the requests of this process tell.
    pub fn asked_elsewhere(&self) -> Vec<Elsewhere> {
        let items = self.requests.iter().flat_map(|(_, progress)| &progress.items);
        let own: BTreeSet<EntryId> = items.filter_map(|item| item.entry).collect();
        let mut all: Vec<Elsewhere> = Vec::new();
        let mut places: BTreeMap<(DateTime<Utc>, String), usize> = BTreeMap::new();
        // How many were asked of each source, and which is the last that is recorded.
        let mut of_sources: BTreeMap<(usize, Option<SourceName>), (usize, usize)> = BTreeMap::new();
        for (intent, sent) in self.outbox.acts().filter(|(intent, sent)| self.is_elsewhere(intent, sent, &own)) {
            let Some(by) = self.asker(intent, sent) else { continue };
            let act = (intent.alert.clone(), sent.end.clone());
            let Some(Among { title, at, nth, of }) = sent.among() else {
                let (title, at) = (intent.text.clone(), intent.recorded_at);
                all.push(Elsewhere { title, by, at, acts: vec![act], of: 1, unrecorded: 0 });
                continue;
            };
            let place = *places.entry((at, title.clone())).or_insert(all.len());
            if place == all.len() {
                all.push(Elsewhere { title, by, at, acts: Vec::new(), of: 0, unrecorded: 0 });
            }
            let (_, last) = of_sources.entry((place, intent.data_of("source"))).or_insert((of, 0));
            *last = nth.max(*last);
            all[place].acts.push(act);
        }
        for ((place, _), (of, last)) in of_sources {
            all[place].of += of;
            all[place].unrecorded += of.saturating_sub(last);
        }
        all.sort_by_key(|asked| std::cmp::Reverse(asked.at));
        all
    }

    /// Who asked for it, where anybody did. What an acknowledgement leads to is recorded by whoever watches, who need not have given it.
    fn asker(&self, intent: &Entry, sent: &Sent) -> Option<String> {
        let Some(ack) = sent.serves() else { return Some(intent.actor.name.clone()) };
        if sent.doing().is_some_and(|act| act.carries_until().is_some()) {
            return Some(self.alerts.record(intent.alert.as_ref()?)?.ack_of(ack)?.by.clone());
        }
        let asked = sent.asked_by().and_then(|entry| self.log.get(entry));
        asked
            .filter(|entry| entry.kind == Kind::Unack && entry.actor.kind == ActorKind::Person)
            .map(|entry| entry.actor.name.clone())
    }

    /// Somebody asked for it lately, and no request of this process. What keeps alive what an acknowledgement became is no news of it.
    fn is_elsewhere(&self, intent: &Entry, sent: &Sent, own: &BTreeSet<EntryId>) -> bool {
        let asked = intent.actor.kind == ActorKind::Person && self.now.wall - intent.recorded_at < LATELY;
        let serves = sent.serves();
        let of = [Some(intent.id), serves, sent.asked_by(), sent.repeats()];
        let kept = serves.is_some_and(|ack| self.outbox.extends(intent.id, ack));
        asked && sent.repeated.is_none() && !kept && !of.into_iter().flatten().any(|entry| own.contains(&entry))
    }
}

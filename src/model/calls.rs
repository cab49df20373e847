//! Calls to an operator who looks elsewhere. Whoever wants to call writes each alert down first, under a key that is the same in every
//! process of a data folder: who finds that another has written it says nothing. So nobody is called twice for the same thing, across
//! consoles, `serve` and restarts; and what acts outside has an intent like any other act.
//!
//! Invariant: a terminal rings also where nothing can be written; nothing else is done then.

mod made;

pub use made::{CutOff, Name};

use super::World;
use crate::domain::attention::Way;
use crate::domain::entry::{Entry, Intent, Kind};
use crate::domain::ids::{AlertId, EntryId, RequestId};
use chrono::{DateTime, Utc};
use made::Made;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// That somebody is to be called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The newest first; of a storm none.
    pub alerts: Vec<AlertId>,
    /// What of, in a few words.
    pub text: String,
    pub by: Vec<Way>,
    /// The operator sees it come: nobody is called of it, here or elsewhere.
    pub seen: bool,
    /// The one that was cut off, and is made anew.
    #[serde(default)]
    pub again: Option<Again>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Again {
    pub first: Name,
    pub intent: EntryId,
}

/// What a program that calls somebody is told: variables of its environment, and the words.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub text: String,
    pub facts: Vec<(String, String)>,
}

/// A terminal is to ring.
#[derive(Debug, Clone, PartialEq)]
pub struct Ring {
    number: u64,
    pub text: String,
    pub by: Vec<Way>,
}

#[derive(Debug, Clone, PartialEq)]
struct Asked {
    /// In which of the answers it says that we wrote it.
    mark: u64,
    /// Answers that have not come yet.
    left: usize,
    call: Call,
    /// What was ours to call of, and the intents of what acts outside.
    rings: Vec<AlertId>,
    acts: Vec<(Way, Intent, Option<AlertId>)>,
    /// The terminal's part was ours.
    ours: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Calls {
    asked: BTreeMap<RequestId, Asked>,
    rings: VecDeque<Ring>,
    count: u64,
    made: Made,
    /// What this process began and has not heard of.
    making: BTreeSet<Name>,
    /// The machine stood still, or its clock was set: by then whoever goes on has ended what they had begun.
    resumed: Option<DateTime<Utc>>,
}

/// Rings that nobody has taken are forgotten: more at once are one noise.
const KEPT: usize = 16;

/// What follows once the journal has answered.
pub(super) struct Due {
    pub intent: Intent,
    pub by: Way,
    pub alerts: Vec<AlertId>,
    pub text: String,
}

impl Calls {
    /// What has been rung since this number, which moves on.
    pub fn since(&self, number: &mut u64) -> Vec<&Ring> {
        let new = self.rings.iter().filter(|ring| ring.number > *number).collect();
        *number = self.count;
        new
    }

    pub(super) fn ring(&mut self, text: String, by: &[Way]) {
        let by: Vec<Way> = by.iter().copied().filter(|way| !way.is_outward()).collect();
        if by.is_empty() {
            return;
        }
        self.count += 1;
        self.rings.push_back(Ring { number: self.count, text, by });
        while self.rings.len() > KEPT {
            self.rings.pop_front();
        }
    }

    pub(super) fn ask(&mut self, request: RequestId, mark: u64, drafts: usize, call: Call) {
        let asked = Asked { mark, left: drafts, call, rings: Vec::new(), acts: Vec::new(), ours: false };
        self.asked.insert(request, asked);
    }

    /// The journal holds one more; what is ours to do once it holds all.
    pub(super) fn recorded(&mut self, request: RequestId, entry: &Entry) -> Option<(Call, Option<Vec<AlertId>>, Vec<Due>)> {
        let asked = self.asked.get_mut(&request)?;
        asked.left = asked.left.saturating_sub(1);
        let ours = entry.kind == Kind::Console && entry.data_of("mark") == Some(asked.mark);
        if let Some(intent) = entry.intent().filter(|_| ours) {
            let outward = |way: &&Way| way.is_outward() && entry.text_of("medium") == Some(medium(**way));
            match asked.call.by.iter().find(outward) {
                Some(way) => asked.acts.push((*way, intent, entry.alert.clone())),
                None => {
                    asked.ours = true;
                    asked.rings.extend(entry.alert.clone());
                }
            }
        }
        if asked.left > 0 {
            return None;
        }
        let Asked { mark, call, rings, acts, ours, .. } = self.asked.remove(&request)?;
        if call.seen {
            return None;
        }
        let due = |by: &Way| {
            let mut of = acts.iter().filter(|(way, ..)| way == by);
            let new = || of.clone().filter_map(|(.., alert)| alert.clone()).collect();
            let alerts = call.again.as_ref().map_or_else(new, |_| call.alerts.clone());
            of.next().map(|(_, intent, _)| Due { intent: *intent, by: *by, alerts, text: call.text.clone() })
        };
        let due: Vec<Due> = call.by.iter().filter_map(due).collect();
        self.making.extend(due.iter().map(|due| Name { mark, way: due.by }));
        Some((call, ours.then_some(rings), due))
    }

    /// Whether the entry is of a call that acts outside.
    pub(super) fn fold(&mut self, entry: &Arc<Entry>) -> bool {
        let known = self.made.fold(entry);
        let ended = entry.text_of("event") == Some("call-ended");
        if let Some(name) = entry.data_of("mark").zip(entry.data_of("medium")).filter(|_| known && ended) {
            self.making.remove(&Name { mark: name.0, way: name.1 });
        }
        known
    }

    /// What a call was begun with.
    pub(super) fn begun(&self, intent: EntryId) -> Option<&Arc<Entry>> {
        self.made.begun(intent)
    }

    /// Nothing of what was begun before has had its time.
    pub(super) fn resume(&mut self, until: DateTime<Utc>) {
        self.resumed = Some(until);
    }

    /// When the next call that has not ended counts as cut off.
    pub(super) fn due(&self) -> Option<DateTime<Utc>> {
        let due = self.made.due(|name| self.making.contains(&name))?;
        Some(self.resumed.map_or(due, |until| until.max(due)))
    }

    /// Calls that will not end any more, and of which that is not told yet.
    pub(super) fn untold(&self, now: DateTime<Utc>) -> Vec<CutOff<'_>> {
        match self.resumed.is_some_and(|until| now < until) {
            true => Vec::new(),
            false => self.made.untold(now, |name| self.making.contains(&name)),
        }
    }

    pub(super) fn to_repeat(&self, now: DateTime<Utc>) -> impl Iterator<Item = CutOff<'_>> {
        self.made.to_repeat(now)
    }

    /// Nothing was written: a terminal rings all the same.
    pub(super) fn failed(&mut self, request: RequestId) {
        if let Some(Asked { call, .. }) = self.asked.remove(&request).filter(|asked| !asked.call.seen) {
            self.ring(call.text, &call.by);
        }
    }
}

/// What one entry is the intent of: all that terminals do, or one way outside, which another process may have where this one hasn't.
pub(super) fn medium(way: Way) -> &'static str {
    if way.is_outward() { way.word() } else { "terminal" }
}

/// The newest of them, and how many more there are.
pub(super) fn said(world: &World, alerts: &[AlertId]) -> String {
    let first = alerts.first().and_then(|id| Some((id, world.alerts.get(id)?)));
    let Some((id, tracked)) = first else { return "new alerts".to_owned() };
    let more = if alerts.len() > 1 { format!(" and {} more", alerts.len() - 1) } else { String::new() };
    let name = world.in_full(id);
    if world.alerts.is_dead_watchdog(tracked) {
        return format!("{name} has ended: alerting may be broken{more}");
    }
    format!("{name} is {}{more}", tracked.severity.word())
}

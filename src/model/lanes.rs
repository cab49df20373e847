//! Acts on their way to their sources. Only some of a source's are under way at a time; the others wait unrecorded: what is
//! recorded is sent at once, and nobody takes it for an act that a crash left behind.

use crate::domain::entry::Draft;
use crate::domain::ids::{EntryId, RequestId, SourceName};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many acts of one source may be under way at a time: no more than an Alertmanager, which answers eight of all who ask it, can spare.
pub const LANES: usize = 4;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lanes {
    waiting: BTreeMap<SourceName, VecDeque<(RequestId, Draft)>>,
    /// How many the journal has been asked to record.
    asked: BTreeMap<SourceName, usize>,
    sent: BTreeMap<SourceName, BTreeSet<EntryId>>,
}

impl Lanes {
    pub fn push(&mut self, source: SourceName, request: RequestId, draft: Draft) {
        self.waiting.entry(source).or_default().push_back((request, draft));
    }

    /// What is to be recorded now, by request.
    pub fn due(&mut self) -> BTreeMap<RequestId, Vec<Draft>> {
        let mut due: BTreeMap<RequestId, Vec<Draft>> = BTreeMap::new();
        for (source, waiting) in &mut self.waiting {
            let asked = self.asked.entry(source.clone()).or_default();
            let busy = *asked + self.sent.get(source).map_or(0, BTreeSet::len);
            for (request, draft) in waiting.drain(..waiting.len().min(LANES.saturating_sub(busy))) {
                *asked += 1;
                due.entry(request).or_default().push(draft);
            }
        }
        self.waiting.retain(|_, waiting| !waiting.is_empty());
        due
    }

    /// An act is recorded and goes out.
    pub fn sent(&mut self, source: &SourceName, intent: EntryId) {
        if let Some(asked) = self.asked.get_mut(source) {
            *asked = asked.saturating_sub(1);
        }
        self.sent.entry(source.clone()).or_default().insert(intent);
    }

    pub fn ended(&mut self, source: &SourceName, intent: EntryId) {
        if let Some(sent) = self.sent.get_mut(source) {
            sent.remove(&intent);
        }
    }

    /// Whether this very process is sending it.
    pub fn is_sending(&self, intent: EntryId) -> bool {
        self.sent.values().any(|sent| sent.contains(&intent))
    }

    /// Nothing of this source is under way or waits.
    pub fn is_idle(&self, source: &SourceName) -> bool {
        !self.waiting.contains_key(source)
            && self.asked.get(source).is_none_or(|asked| *asked == 0)
            && self.sent.get(source).is_none_or(BTreeSet::is_empty)
    }

    /// Of how many acts of a request it is still open whether they are done.
    pub fn waiting_for(&self, request: RequestId) -> usize {
        self.waiting.values().flatten().filter(|(of, _)| *of == request).count()
    }

    /// Takes out what of a request has not been asked of the journal.
    pub fn stop(&mut self, request: RequestId) -> Vec<Draft> {
        let mut stopped = Vec::new();
        for waiting in self.waiting.values_mut() {
            let (out, kept): (Vec<_>, Vec<_>) = waiting.drain(..).partition(|(of, _)| *of == request);
            waiting.extend(kept);
            stopped.extend(out.into_iter().map(|(_, draft)| draft));
        }
        self.waiting.retain(|_, waiting| !waiting.is_empty());
        stopped
    }

    /// This process watches no more: gives the requests of what waited for it as the watcher, and forgets that.
    pub fn give_up_duties(&mut self) -> BTreeSet<RequestId> {
        self.asked.clear();
        let duties: BTreeSet<RequestId> =
            self.waiting.values().flatten().map(|(request, _)| *request).filter(|request| request.is_duty()).collect();
        duties.iter().for_each(|request| drop(self.stop(*request)));
        duties
    }

    /// The journal could not be written: gives the requests of which something waited, and forgets it.
    pub fn give_up(&mut self) -> BTreeSet<RequestId> {
        self.asked.clear();
        std::mem::take(&mut self.waiting).into_values().flatten().map(|(request, _)| request).collect()
    }
}

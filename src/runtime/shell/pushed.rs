//! What others push to this process: the sockets, and what earlier processes were told.

use super::Shell;
use crate::domain::alert::Alert;
use crate::domain::entry::{Entry, Kind};
use crate::runtime::cache::{Cache, Ledger};
use crate::runtime::listener::{self, Doors, Feeds, Listens, Reached, With, called};
use crate::runtime::poller::Handle;
use std::sync::Arc;

impl Shell {
    /// Says to whoever runs it on which addresses it listens, and on which it can't.
    pub fn tell_doors(&mut self, doors: Doors) {
        self.doors = Some(doors);
    }

    /// Lets alerts be pushed and heartbeats called from here on, or follows whoever does. When they were called
    /// is kept in this cache. Needs a runtime around it.
    pub fn listen(&mut self, listens: Listens, cache: Option<Cache>) {
        self.listens = Some(listens);
        if let Some(cache) = cache.filter(|_| !self.called.is_empty()) {
            let (ledger, calls) = Ledger::open(cache);
            for (name, feed) in called(&self.called) {
                calls.get(name).into_iter().for_each(|kept| feed.remember(*kept, self.world.now));
            }
            self.ledger = Some(ledger);
        }
        self.open_sockets();
    }

    /// The alert whose beginning this entry is, if its source is pushed to.
    pub(super) fn told_by(&self, entry: &Entry) -> Option<Arc<Alert>> {
        let source = &entry.alert.as_ref().filter(|_| entry.kind == Kind::AlertFired)?.source;
        self.sources.get(source)?.hears()?;
        Alert::recorded(entry).map(Arc::new)
    }

    /// Hands what was told before to the sources, as far as it has not ended.
    fn remind(&self) {
        let alerts = &self.world.alerts;
        let listed = || alerts.queue().filter(|tracked| tracked.resolved_at.is_none()).map(|tracked| &tracked.alert);
        for (name, source) in &self.sources {
            if let Some(hears) = source.hears() {
                let open = listed().chain(self.told.iter().filter(|alert| alerts.is_open(&alert.id)));
                let told = open.filter(|alert| alert.id.source == *name).cloned().collect();
                hears.remember(told, self.world.now.wall);
            }
        }
    }

    /// Heartbeats under another configuration: those of the same name know what was heard until now.
    pub(super) fn hand_over(&mut self, feeds: Feeds) {
        let now = self.ports.clock.now();
        let before = std::mem::replace(&mut self.called, feeds);
        for (name, feed) in called(&self.called) {
            if let Some(before) = before.get(name).and_then(|feed| feed.called()) {
                feed.inherit(&before.tell(now), now);
            }
        }
    }

    pub(super) fn open_sockets(&mut self) {
        self.remind();
        // The old ones are closed first.
        self.listener = None;
        let reached = Reached { sources: self.sources.clone(), feeds: self.called.clone() };
        let start = |(listens, poller): (Listens, &Handle)| {
            // Whoever may change nothing does not say where they listen either.
            let silent = self.world.settings.read_only && matches!(listens, Listens::At(_));
            let folder = self.folder.as_deref().filter(|_| !silent);
            let (ledger, ports, facts) = (self.ledger.as_ref(), &self.ports, &self.sender);
            let doors = self.doors.as_ref();
            listener::start(&reached, &With { ledger, ports, poller: poller.asker(), facts, folder, doors }, listens)
        };
        self.listener = self.listens.zip(self.poller.as_ref()).map(start);
    }
}

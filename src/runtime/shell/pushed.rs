//! What others push to this process: the sockets, and what earlier processes were told.

use super::Shell;
use crate::domain::alert::Alert;
use crate::domain::entry::{Entry, Kind};
use crate::runtime::listener;
use std::net::SocketAddr;
use std::sync::Arc;

impl Shell {
    /// Lets alerts be pushed from here on; all sources on one address, where one is given. Needs a runtime around it.
    pub fn listen(&mut self, instead: Option<SocketAddr>) {
        self.listens = Some(instead);
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

    pub(super) fn open_sockets(&mut self) {
        self.remind();
        // The old ones are closed first.
        self.listener = None;
        let asked = self.listens.zip(self.poller.as_ref());
        self.listener =
            asked.map(|(instead, poller)| listener::start(&self.sources, &self.ports, &poller.asker(), &self.sender, instead));
    }
}

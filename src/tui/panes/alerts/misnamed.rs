//! What the filter asks for that nothing is called: told anew where the queue has changed, but seldom, for all of it is looked through.

use crate::model::filter::Filter;
use crate::tui::view::View;
use std::time::Duration;

const SELDOM: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Misnamed {
    /// Of this filter, and of the queue as it was then.
    of: Option<(Filter, u64)>,
    at: Duration,
    why: Option<String>,
}

impl Misnamed {
    pub fn follow(&mut self, filter: &Filter, view: &View) {
        let (now, recent) = (view.world.alerts.revision(), view.now.mono.saturating_sub(self.at) < SELDOM);
        let told = self.of.as_ref().is_some_and(|(of, revision)| of == filter && (recent || *revision == now));
        if !told {
            *self = Self { of: Some((filter.clone(), now)), at: view.now.mono, why: filter.unknown(view.world) };
        }
    }

    pub fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }
}

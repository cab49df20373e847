//! What the contract asks of the fake Grafana IRM.

use super::*;
use crate::support::fake_irm::{FakeIrm, Team};
use chrono::{TimeDelta, Utc};

impl Subject for FakeIrm {
    type System = Team;
    const KIND: &'static str = "grafana-irm";
    /// One for each state in which something is open.
    const REQUESTS: usize = 3;
    const PAGES: Option<(usize, usize)> = Some((50, 1));

    fn start() -> Self {
        FakeIrm::start()
    }

    fn yaml(&self) -> String {
        FakeIrm::yaml(self)
    }

    fn fire(&self, name: &str) -> String {
        self.begin(name)
    }

    fn end(&self, id: &str) {
        self.elsewhere("U2", id, "resolve");
    }

    /// It lists what stands in its database, but that may be a copy that lags behind.
    fn forget(&self) {
        self.with(|team| team.forgetful = true);
    }

    fn end_between_pages(&self, id: &str) {
        self.resolved_between_pages(id);
    }
}

impl Acting for FakeIrm {
    fn acts(&self, id: &str) -> Vec<Act> {
        let until = |hours| Utc::now() + TimeDelta::hours(hours);
        let acts = [
            What::Comment,
            What::Acknowledge { until: until(1), from: None },
            What::Unacknowledge,
            What::Snooze { until: until(2) },
            What::Unsnooze,
            What::Resolve,
        ];
        let on = |what| Act::On { alert: id.into(), what, by: "ana".into(), comment: "as agreed".into() };
        acts.into_iter().map(on).collect()
    }

    fn done(&self, id: &str) -> usize {
        self.notes(id).len()
    }

    fn overtaken(&self, id: &str) -> Act {
        self.mood_of("POST", Mood::Status(200, ""));
        self.acts(id).remove(1)
    }
}

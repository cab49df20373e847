//! What the contract asks of the fake GoAlert.

use super::*;
use crate::support::fake_goalert::{FakeGoAlert, Site};
use chrono::{TimeDelta, Utc};

impl Subject for FakeGoAlert {
    type System = Site;
    const KIND: &'static str = "goalert";
    /// Questions are POSTs, too.
    const WRITES: &'static [&'static str] = &["POST /api/graphql updateAlerts", "POST /api/graphql escalateAlerts"];
    const REQUESTS: usize = 1;
    const PAGES: Option<(usize, usize)> = Some((100, 1));

    fn start() -> Self {
        FakeGoAlert::start()
    }

    fn yaml(&self) -> String {
        FakeGoAlert::yaml(self)
    }

    fn fire(&self, name: &str) -> String {
        self.raise(name)
    }

    fn end(&self, id: &str) {
        self.elsewhere("Maria", id, "StatusClosed");
    }

    /// It lists what stands in its database, but that may be a copy that lags behind.
    fn forget(&self) {
        self.with(|site| site.forgetful = true);
    }

    fn end_between_pages(&self, id: &str) {
        self.closed_between_pages(id);
    }
}

impl Acting for FakeGoAlert {
    fn acts(&self, id: &str) -> Vec<Act> {
        let acts = [What::Acknowledge { until: Utc::now() + TimeDelta::hours(1), from: None }, What::Resolve];
        let on = |what| Act::On { alert: id.into(), what, by: "ana".into(), comment: "as agreed".into() };
        acts.into_iter().map(on).collect()
    }

    fn done(&self, id: &str) -> usize {
        self.happened(id, "Acknowledged")
    }

    fn overtaken(&self, id: &str) -> Act {
        self.mood_of("POST /api/graphql updateAlerts", Mood::Status(200, r#"{"data":{"updateAlerts":[]}}"#));
        self.acts(id).remove(0)
    }
}

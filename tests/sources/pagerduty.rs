//! What the contract asks of the fake PagerDuty.

use super::*;
use crate::support::fake_pagerduty::{Account, FakePagerDuty};
use chrono::{TimeDelta, Utc};
use serde_json::json;

impl Subject for FakePagerDuty {
    type System = Account;
    const KIND: &'static str = "pagerduty";
    const REQUESTS: usize = 1;
    const PAGES: Option<(usize, usize)> = Some((100, 1));

    fn start() -> Self {
        FakePagerDuty::start()
    }

    fn yaml(&self) -> String {
        FakePagerDuty::yaml(self)
    }

    fn fire(&self, name: &str) -> String {
        self.trigger(name)
    }

    fn end(&self, id: &str) {
        self.elsewhere("Maria", id, json!({"status": "resolved"}));
    }

    /// It does not restart for those who ask, but its lists may lag behind.
    fn forget(&self) {
        self.with(|account| account.forgetful = true);
    }

    fn end_between_pages(&self, id: &str) {
        let id = id.to_owned();
        self.between_pages(move |account| {
            let ended = account.change(&id, &json!({"status": "resolved"}), json!({"id": "U2", "summary": "Maria"}));
            assert!(ended.is_ok());
        });
    }
}

impl Acting for FakePagerDuty {
    fn acts(&self, id: &str) -> Vec<Act> {
        let until = |hours| Utc::now() + TimeDelta::hours(hours);
        let acts = [
            What::Comment,
            What::Acknowledge { until: until(1), from: None },
            What::Snooze { until: until(2) },
            What::Unacknowledge,
            What::Assign { to: "Maria".into() },
            What::Escalate { level: Some(3) },
            What::Prioritise { to: "P1".into() },
            What::Resolve,
        ];
        let on = |what| Act::On { alert: id.into(), what, by: "ana".into(), comment: "as agreed".into() };
        acts.into_iter().map(on).collect()
    }

    fn done(&self, id: &str) -> usize {
        self.notes(id).len()
    }

    fn overtaken(&self, id: &str) -> Act {
        self.mood_of("PUT", Mood::Status(200, "{}"));
        self.acts(id).remove(1)
    }
}

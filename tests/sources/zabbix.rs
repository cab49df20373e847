//! What the contract asks of the fake Zabbix.

use super::*;
use crate::support::fake_zabbix::{FakeZabbix, Frontend};
use chrono::{TimeDelta, Utc};

impl Subject for FakeZabbix {
    type System = Frontend;
    const KIND: &'static str = "zabbix";
    /// Everything is a POST to one address.
    const WRITES: &'static [&'static str] = &["POST /api_jsonrpc.php event.acknowledge"];
    /// Problems, their triggers, and whether the server behind it lives.
    const REQUESTS: usize = 3;
    /// Of the problems, and of their triggers.
    const PAGES: Option<(usize, usize)> = Some((1_000, 2));

    fn start() -> Self {
        FakeZabbix::start()
    }

    fn yaml(&self) -> String {
        FakeZabbix::yaml(self)
    }

    fn fire(&self, name: &str) -> String {
        self.trigger(name)
    }

    fn end(&self, id: &str) {
        self.recover(id);
    }

    /// It lists what stands in its database, but that may be a copy that lags behind.
    fn forget(&self) {
        self.with(|frontend| frontend.forgetful = true);
    }

    fn end_between_pages(&self, id: &str) {
        self.between_pages(id);
    }
}

impl Acting for FakeZabbix {
    fn acts(&self, id: &str) -> Vec<Act> {
        let until = |hours| Utc::now() + TimeDelta::hours(hours);
        let acts = [
            What::Comment,
            What::Acknowledge { until: until(1), from: None },
            What::Snooze { until: until(2) },
            What::Unacknowledge,
            What::Prioritise { to: "disaster".into() },
            What::Unsnooze,
            What::Resolve,
        ];
        let on = |what| Act::On { alert: id.into(), what, by: "ana".into(), comment: "as agreed".into() };
        acts.into_iter().map(on).collect()
    }

    fn done(&self, id: &str) -> usize {
        let updates = self.newest(id)["acknowledges"].clone();
        updates.as_array().expect("a list").iter().filter(|update| update["action"] == "4").count()
    }

    fn overtaken(&self, id: &str) -> Act {
        let taken = r#"{"jsonrpc":"2.0","result":{"eventids":[1]},"id":1}"#;
        self.mood_of("POST /api_jsonrpc.php event.acknowledge", Mood::Status(200, taken));
        self.acts(id).remove(1)
    }
}

//! What the contract asks of the fake Icinga.

use super::*;
use crate::support::fake_icinga::{FakeIcinga, Monitor};
use chrono::{TimeDelta, Utc};

fn full(id: &str) -> String {
    id.replace(':', "!")
}

impl Subject for FakeIcinga {
    type System = Monitor;
    const KIND: &'static str = "icinga2";
    /// Questions are POSTs, too.
    const WRITES: &'static [&'static str] = &["POST /v1/actions"];
    /// Hosts, services, acknowledgements, downtimes and the status.
    const REQUESTS: usize = 5;

    fn start() -> Self {
        FakeIcinga::start()
    }

    fn yaml(&self) -> String {
        FakeIcinga::yaml(self)
    }

    fn fire(&self, name: &str) -> String {
        self.fail(name).replace('!', ":")
    }

    fn end(&self, id: &str) {
        self.recover(&full(id));
    }

    fn forget(&self) {
        self.restart();
    }

    /// It lists everything at once.
    fn end_between_pages(&self, id: &str) {
        self.recover(&full(id));
    }
}

impl Acting for FakeIcinga {
    /// A check that runs leaves nothing that it could be known by: to run it once more does no harm.
    fn acts(&self, id: &str) -> Vec<Act> {
        let until = |hours| Utc::now() + TimeDelta::hours(hours);
        let acts = [
            What::Comment,
            What::Acknowledge { until: until(1), from: None },
            What::Downtime { until: until(2) },
            What::Unacknowledge,
        ];
        let on = |what| Act::On { alert: id.into(), what, by: "ana".into(), comment: "as agreed".into() };
        acts.into_iter().map(on).collect()
    }

    fn done(&self, _id: &str) -> usize {
        self.comments().len()
    }

    fn overtaken(&self, id: &str) -> Act {
        self.mood_of("POST /v1/actions", Mood::Status(200, r#"{"results":[{"code":200.0,"status":"done"}]}"#));
        self.acts(id).remove(1)
    }
}

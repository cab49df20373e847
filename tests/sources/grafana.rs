//! What the contract asks of the fake Grafana.

use super::*;
use crate::support::fake_grafana::{FakeGrafana, Org};
use chrono::{TimeDelta, Utc};

/// A silence as it is shown once somebody has ended it.
const ENDED: &str = r#"{"id":"x","matchers":[],"startsAt":"2026-03-01T10:00:00Z","endsAt":"2026-03-01T10:00:01Z",
    "updatedAt":"2026-03-01T10:00:01Z","createdBy":"bo","comment":"","status":{"state":"expired"}}"#;

impl Subject for FakeGrafana {
    type System = Org;
    const KIND: &'static str = "grafana";
    /// Alerts, silences, and the states of its rules.
    const REQUESTS: usize = 3;

    fn start() -> Self {
        FakeGrafana::start()
    }

    fn yaml(&self) -> String {
        FakeGrafana::yaml(self)
    }

    fn fire(&self, name: &str) -> String {
        FakeGrafana::fire(self, name)
    }

    fn end(&self, id: &str) {
        FakeGrafana::end(self, id);
    }

    fn forget(&self) {
        self.restart();
    }

    /// It lists everything at once.
    fn end_between_pages(&self, id: &str) {
        FakeGrafana::end(self, id);
    }
}

impl Acting for FakeGrafana {
    fn acts(&self, _id: &str) -> Vec<Act> {
        let matcher = SilenceMatcher { name: "alertname".into(), value: "DiskFull".into(), regex: false, equal: true };
        let (starts_at, ends_at) = (Utc::now(), Utc::now() + TimeDelta::hours(1));
        let (by, comment) = ("ana".into(), "as agreed".into());
        vec![Act::Silence { id: None, matchers: vec![matcher], starts_at, ends_at, by, comment }]
    }

    fn done(&self, _id: &str) -> usize {
        self.silences().len()
    }

    fn overtaken(&self, id: &str) -> Act {
        self.mood_of("GET /api/alertmanager/grafana/api/v2/silence/", Mood::Status(200, ENDED));
        self.acts(id).remove(0)
    }
}

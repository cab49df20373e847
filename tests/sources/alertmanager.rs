//! What the contract asks of the fake Alertmanager.

use super::*;
use crate::support::fake_alertmanager::{FakeAlertmanager, World};
use chrono::{TimeDelta, Utc};

/// A silence as it is shown once somebody has ended it.
const ENDED: &str = r#"{"id":"x","matchers":[],"startsAt":"2026-03-01T10:00:00Z","endsAt":"2026-03-01T10:00:01Z",
    "updatedAt":"2026-03-01T10:00:01Z","createdBy":"bo","comment":"","status":{"state":"expired"}}"#;

impl Subject for FakeAlertmanager {
    type System = World;
    const KIND: &'static str = "alertmanager";
    /// Alerts, silences and the status, of each peer.
    const REQUESTS: usize = 3;

    fn start() -> Self {
        FakeAlertmanager::start()
    }

    fn yaml(&self) -> String {
        format!("urls: '{}'", self.url)
    }

    fn fire(&self, name: &str) -> String {
        FakeAlertmanager::fire(self, &[("alertname", name)])
    }

    fn end(&self, id: &str) {
        self.resolve(id);
    }

    fn forget(&self) {
        self.restart();
    }

    /// It lists everything at once.
    fn end_between_pages(&self, id: &str) {
        self.resolve(id);
    }
}

impl Acting for FakeAlertmanager {
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
        self.mood_of("GET /api/v2/silence/", Mood::Status(200, ENDED));
        self.acts(id).remove(0)
    }
}

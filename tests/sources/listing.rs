//! What the contract asks of the sources that only list.

use super::*;
use crate::support::fake_listener::{FakeListener, Heard};
use crate::support::fake_prometheus::{FakePrometheus, Rules};

impl Subject for FakePrometheus {
    type System = Rules;
    const KIND: &'static str = "prometheus";
    /// Alerts, since when it runs, and how long each rule has to hold.
    const REQUESTS: usize = 3;

    fn start() -> Self {
        FakePrometheus::start()
    }

    fn yaml(&self) -> String {
        format!("{{url: '{}', alerts: all}}", self.url)
    }

    fn fire(&self, name: &str) -> String {
        FakePrometheus::fire(self, name)
    }

    fn end(&self, id: &str) {
        FakePrometheus::end(self, id);
    }

    fn forget(&self) {
        self.restart();
    }

    /// It lists everything at once.
    fn end_between_pages(&self, id: &str) {
        FakePrometheus::end(self, id);
    }
}

impl Subject for FakeListener {
    type System = Heard;
    const KIND: &'static str = "webhook";
    /// Who pushes does not say what is not firing.
    const COMPLETE: bool = false;
    const REQUESTS: usize = 1;

    fn start() -> Self {
        FakeListener::start()
    }

    fn yaml(&self) -> String {
        format!("{{listen: '{}', token: none}}", self.url.authority())
    }

    fn fire(&self, name: &str) -> String {
        self.hear(name)
    }

    fn end(&self, id: &str) {
        FakeListener::end(self, id);
    }

    fn forget(&self) {
        self.restart();
    }

    /// Everything that was heard is told at once.
    fn end_between_pages(&self, id: &str) {
        FakeListener::end(self, id);
    }
}

//! What the integration tests share: a home folder of their own, a terminal, and the question whether a program is there.

#![allow(
    dead_code,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "each test uses its own part, on the real clock, disk and processes"
)]

pub mod dice;
pub mod disk;
pub mod fake;
pub mod fake_alertmanager;
pub mod fake_goalert;
pub mod fake_grafana;
pub mod fake_hook;
pub mod fake_icinga;
pub mod fake_irm;
pub mod fake_listener;
pub mod fake_pagerduty;
pub mod fake_prometheus;
pub mod fake_zabbix;
pub mod far;
pub mod haproxy;
pub mod home;
pub mod icinga;
pub mod outage;
pub mod postgres;
pub mod preload;
pub mod program;
pub mod prometheus;
pub mod proxy;
pub mod pty;
pub mod raw;
pub mod servers;
pub mod serving;
pub mod sshd;
pub mod story;
pub mod tls;
pub mod zabbix;

use midwatch::domain::entry::{Actor, Clock, Draft, Entry, Intent, Kind, Seal};
use midwatch::domain::ids::{EntryId, OriginId};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a test waits for something that takes milliseconds on an idle machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again and again until there is something to see: what another process does can't be waited for.
#[track_caller]
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, look)
}

#[track_caller]
pub fn until_within<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited too long for {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// True when a program that the test needs isn't installed; the test then returns.
///
/// Where everything must run (`tests/run` sets `MIDWATCH_TESTS_REQUIRE`) that is a failure instead, so that nothing is skipped unseen.
pub fn missing(program: &str) -> bool {
    if find(program).is_some() {
        return false;
    }
    let advice = format!("`{program}` is not installed: tests/run installs what the tests need");
    assert!(std::env::var_os("MIDWATCH_TESTS_REQUIRE").is_none(), "{advice}");
    eprintln!("not tested: {advice}");
    true
}

/// This machine doesn't let us test that; a failure, too, where everything must run.
pub fn not_permitted(what: &str) {
    assert!(std::env::var_os("MIDWATCH_TESTS_REQUIRE").is_none(), "can't be tested here: {what}");
    eprintln!("not tested: {what}");
}

/// Where a program is: on the PATH or in the folders for administrators that an ordinary user's PATH may lack.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The proof that an act needs, of an entry that no journal holds.
pub fn intent() -> Intent {
    recorded(asked_for())
}

/// The same, about a problem that began then.
pub fn intent_since(began: chrono::DateTime<chrono::Utc>) -> Intent {
    recorded(asked_for().with("began", began))
}

fn asked_for() -> Draft {
    Draft::new(Kind::Act, chrono::Utc::now(), Actor::system("test"), "asked for")
}

fn recorded(draft: Draft) -> Intent {
    let now = chrono::Utc::now();
    let (id, origin) = (EntryId(uuid::Uuid::now_v7()), OriginId(uuid::Uuid::now_v7()));
    let entry = Entry::stamped(id, origin, 1, Clock::default().next(now), now, draft);
    entry.sealed(Seal { prev: "0".into(), hash: "1".into() }).intent().expect("it is sealed")
}

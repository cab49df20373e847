//! A kill between the intent and the outcome of an act on a real Alertmanager.

use super::*;
use crate::support::proxy::{Hold, Proxy};
use crate::support::servers::Alertmanager;
use crate::support::until_within;
use midwatch::domain::entry::Kind;
use midwatch::journal::{Journal, Options, SqliteJournal};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::time::Duration;

pub const ALERT: &str = r#"[{"labels": {"alertname": "DiskFull", "severity": "critical"}}]"#;

/// Twenty seconds are left to the process that recorded an intent; then it is taken over.
const TAKEN_OVER: Duration = Duration::from_secs(60);

/// An acknowledgement that is to be carried as a silence, killed at the moment that `hold` names, then found by `serve`. What
/// the journal and the Alertmanager hold afterwards is handed to `judge`, with how the act ended.
fn killed_while_silencing(hold: Hold) -> Option<Value> {
    if support::missing("prometheus-alertmanager") {
        return None;
    }
    let am = Alertmanager::start(1);
    am.post(0, ALERT);
    let proxy = Proxy::start(am.url(0).trim_start_matches("http://"), "POST /api/v2/silences", hold);
    let home = home(&format!("http://{}", proxy.address), ", ack: {carry: silence}");

    let ack = with_data(&["ack", "--filter", "alertname=DiskFull", "--yes", "--note", "on it"]);
    let mut child = home.command(&ack).spawn().expect("starts");
    proxy.wait_held();
    child.kill().expect("it is still waiting for the answer");
    child.wait().expect("ends");
    proxy.open();
    assert_eq!(silences(&am).len(), usize::from(hold == Hold::After), "as the name says");
    let left = entries(&home);
    let (intents, ends) = (of_kind(&left, "act"), of_kind(&left, "act-ended"));
    assert_eq!((intents.len(), ends.len()), (1, 0), "an intent without an outcome");
    let queue = home.json(&with_data(&["alerts"]));
    let alert = &queue["alerts"][0];
    assert_eq!((&alert["acknowledged_by"], &alert["carrying"]), (&"ana".into(), &"under way".into()), "{alert}");
    let table = home.run(&with_data(&["alerts"]));
    assert!(String::from_utf8_lossy(&table.stdout).contains("acknowledged by ana, being carried"), "{table:?}");
    let intent = intents[0]["id"].as_str().expect("an id").to_owned();

    let mut serve = home.command(&with_data(&["serve"])).spawn().expect("starts");
    let end = ended(&home);
    kill(Pid::from_raw(serve.id().try_into().expect("an id")), Signal::SIGTERM).expect("it runs");
    assert!(serve.wait().expect("ends").success());
    assert_eq!(end["data"]["intent"], intent);
    assert_eq!(end["data"]["outcome"], "done", "{end}");
    let silences = silences(&am);
    assert_eq!(silences.len(), 1, "{silences:?}");
    assert_eq!(silences[0]["status"]["state"], "active");
    let comment = silences[0]["comment"].as_str().expect("a text");
    assert_eq!(comment, format!("ACK! ana: on it [mw:{intent}]"));
    assert_eq!(silences[0]["id"], end["data"]["made"]);
    assert_sound(&home);
    Some(end)
}

pub fn silences(am: &Alertmanager) -> Vec<Value> {
    serde_json::from_str(&am.get(0, "/api/v2/silences")).expect("a list")
}

/// The outcome, once it is recorded; there is one.
fn ended(home: &Home) -> Value {
    let options = Options { read_only: true, ..Options::default() };
    let mut journal = SqliteJournal::open(&home.path().join("data"), options).expect("opens");
    until_within(TAKEN_OVER, "somebody to take it over", || {
        journal.recent(100).expect("reads").into_iter().find(|entry| entry.kind == Kind::ActEnded)
    });
    let entries = entries(home);
    let [end] = of_kind(&entries, "act-ended")[..] else { panic!("one end: {entries:?}") };
    end.clone()
}

#[test]
fn an_act_that_had_happened_is_found_and_not_repeated() {
    let Some(end) = killed_while_silencing(Hold::After) else { return };
    assert_eq!(end["data"]["detail"], "found there when it was looked for");
}

#[test]
fn an_act_that_had_not_happened_is_repeated_once() {
    let Some(end) = killed_while_silencing(Hold::Before) else { return };
    let detail = end["data"]["detail"].as_str().expect("a text");
    assert!(detail.starts_with("silence ") && !detail.contains("found"), "{detail}");
}

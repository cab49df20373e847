//! What the real one tells by itself is on the queue at once: it is asked once a day here, so no poll explains it.

use super::*;
use support::home::Home;
use support::pty::Pty;

fn console(icinga: &Icinga, host: &str) -> (Home, Pty) {
    let filter = format!("match(\"{host}*\", host.name)");
    let source = icinga.source(&json!({"hosts": filter, "services": filter}));
    console_on(&json!([{"name": "ic", "every": "1day", "timeout": "30s", "icinga2": source}]))
}

fn console_on(sources: &Value) -> (Home, Pty) {
    let home = Home::with(&json!({"operator": {"name": "ana"}, "sources": sources}).to_string());
    let console = home.console(&["--data", "data"], 120, 40);
    (home, console)
}

#[test]
fn a_problem_its_acknowledgement_and_its_end_are_seen_without_a_poll() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    icinga.host("tell1", &json!({}));
    icinga.service("tell1", "first", &json!({}));
    icinga.service("tell1", "second", &json!({}));
    icinga.result("tell1!first", 2, "refused");
    let (_home, mut console) = console(&icinga, "tell1");
    console.wait_for("first");
    icinga.result("tell1!second", 1, "slow");
    console.wait_for("second");
    icinga.act("acknowledge-problem", "tell1!second", &json!({"comment": "mine"}));
    console.wait_for("bob");
    icinga.result("tell1!first", 0, "OK");
    console.wait_for("resolved");
}

#[test]
fn after_a_restart_of_the_server_it_is_heard_again() {
    if missing() {
        return;
    }
    let mut icinga = Icinga::start();
    icinga.host("tell2", &json!({}));
    icinga.service("tell2", "first", &json!({}));
    icinga.result("tell2!first", 2, "refused");
    let (_home, mut console) = console(&icinga, "tell2");
    console.wait_for("first");
    icinga.restart();
    icinga.service("tell2", "second", &json!({}));
    icinga.result("tell2!second", 2, "refused");
    console.wait_for("second");
}

#[test]
fn a_right_that_is_missing_is_told_by_its_name_and_once() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    icinga.host("tell3", &json!({}));
    icinga.service("tell3", "first", &json!({}));
    icinga.result("tell3!first", 2, "refused");
    let (filter, deaf) = ("match(\"tell3*\", host.name)", json!({"user": "deaf", "password": "pw"}));
    let source = icinga.source(&json!({"hosts": filter, "services": filter, "basic": deaf}));
    let sources = json!([{"name": "ic", "every": "1s", "timeout": "30s", "icinga2": source}]);
    let (home, mut console) = console_on(&sources);
    let words = "ic is only polled: its API user lacks the permission events/AcknowledgementSet, events/AcknowledgementCleared, events/Flapping";
    console.wait_for(&words[..80]);
    console.wait_for("first");
    drop(console);
    let mut console = home.console(&["--data", "data"], 120, 40);
    console.wait_for("first");
    icinga.result("tell3!first", 1, "slow");
    console.wait_for("WARN first");
    let told = home.json(&["--data", "data", "log"]);
    let told = told["entries"].as_array().expect("a list").iter().filter(|entry| entry["text"] == words).count();
    assert_eq!(told, 1);
}

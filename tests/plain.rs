//! The console as spoken lines, with a real Alertmanager.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use serde_json::json;
use support::home::Home;
use support::servers::Alertmanager;
use support::{missing, until};

const PLAIN: &[&str] = &["--plain", "--data", "data"];

fn home(url: &str) -> Home {
    let source = format!("{{name: prod, every: 200ms, timeout: 2s, alertmanager: {{urls: '{url}'}}}}");
    Home::with(&format!("operator: {{name: ana}}\nenvironment: lab\nsources: [{source}]\n"))
}

/// A posted alert.
fn alert(name: &str, summary: &str) -> String {
    let labels = json!({"alertname": name, "severity": "critical", "instance": "db-1:9100"});
    json!([{"labels": labels, "annotations": {"summary": summary}}]).to_string()
}

/// All that is printed for these lines.
fn said(home: &Home, typed: &str) -> String {
    let output = home.run_with_input(PLAIN, typed);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn what_happens_is_said_and_what_is_typed_is_done() {
    if missing("prometheus-alertmanager") {
        return;
    }
    let mut am = Alertmanager::start(1);
    let home = home(&am.url(0));
    let mut console = home.console(PLAIN, 120, 40);
    console.wait_for("help says what can be typed");
    console.wait_for("LAB. no alerts firing");
    am.post(0, &alert("Down", "the pool is full"));
    console.wait_for("1. critical, Down on db-1:9100, firing for");
    // By its number, through the same guards as on any command line.
    console.keys("ack 1 --note 'on it'\r");
    console.wait_for("Down  recorded");
    console.wait_for("1. Down is acknowledged by ana");
    console.keys("1\r");
    console.wait_for("alertname: Down");
    console.wait_for("no playbook fits it");
    let acked = home.json(&["alerts", "--data", "data"])["alerts"][0].clone();
    assert_eq!((acked["acknowledged_by"].as_str(), acked["acknowledged_reason"].as_str()), (Some("ana"), Some("on it")));
    // The same by somebody else is said.
    home.write(
        "bo.yaml",
        &std::fs::read_to_string(home.path().join("config.yaml")).expect("a file").replace("name: ana", "name: bo"),
    );
    let note = home.run(&["note", "the pool is drained", "--config", "bo.yaml", "--data", "data"]);
    assert_eq!(note.status.code(), Some(0), "{note:?}");
    console.wait_for("note, bo: the pool is drained");
    am.kill(0);
    console.wait_for("source prod does not answer, and what it told is old:");
    console.keys("\r");
    console.wait_for("1 acknowledged: `alerts` says them");
    am.start_again(0);
    console.wait_for("source prod answers again");
    console.keys("quit\r");
    assert!(console.wait_exit().success());
}

#[test]
fn a_pipe_is_answered_line_by_line_and_its_end_leaves() {
    if missing("prometheus-alertmanager") {
        return;
    }
    let am = Alertmanager::start(1);
    for n in 0..12 {
        am.post(0, &alert(&format!("Down{n:02}"), "\u{1b}[31mred\u{202e}"));
    }
    let home = home(&am.url(0));
    until("all of them", || (home.json(&["alerts"])["alerts"].as_array()?.len() == 12).then_some(()));
    // The first answer of the source comes while the first command runs.
    let told = said(&home, "log\nalerts\nmore\nalerts Down03\n3\nack 'open\nreplay INC-1\n99\n");
    let named = |number: usize| {
        let line = told.lines().find(|line| line.starts_with(&format!("{number}. critical, Down"))).expect("is called");
        line.split([' ', ',']).find(|word| word.starts_with("Down")).expect("a name").to_owned()
    };
    assert!(told.contains("12 alerts\n1. critical") && told.contains("2 more: `more`\n11. critical"), "{told}");
    // Numbers stay.
    let number = (1..=12).find(|number| named(*number) == "Down03").expect("is there");
    assert!(told.contains(&format!("1 alert\n{number}. critical, Down03")), "{told}");
    assert!(told.contains(&format!("summary: ␛[31mred·\nalertname: {}\n", named(3))), "{told}");
    assert!(told.contains("a quote is not closed\n") && told.contains("replay needs the screen"), "{told}");
    assert!(told.contains("no alert has the number 99") && !told.contains(['\u{1b}', '\u{202e}']), "{told}");
    // A number is an alert's only where an alert is meant.
    let told = said(&home, "log\nalerts Down05\nack 1 --note 1\nnote 3 pools\nhelp ack\n");
    let log = home.json(&["log", "--data", "data"])["entries"].to_string();
    assert!(told.contains("Usage: midwatch ack"), "{told}");
    assert!(log.contains("3 pools") && log.contains("\"reason\":\"1\""), "{log}");
    let acked = home.json(&["alerts", "--data", "data", "--state", "acknowledged"])["alerts"].clone();
    assert_eq!((acked.as_array().map(Vec::len), acked[0]["name"].as_str()), (Some(1), Some("Down05")));
}

#[test]
fn it_takes_no_command_and_nothing_that_only_a_screen_has() {
    let home = home("http://127.0.0.1:1");
    for (args, why) in [
        (&["--plain", "alerts"][..], "leave the command away"),
        (&["--plain", "--json"], "print documents"),
        (&["--plain", "--record", "x"], "leave --plain away"),
    ] {
        let output = home.run(args);
        let told = String::from_utf8(output.stderr).expect("text");
        assert_eq!((output.status.code(), told.contains(why)), (Some(2), true), "{told}");
    }
    // One that never answered is no empty queue.
    assert!(said(&home, "").contains("not every source answers, so there may be some"));
}

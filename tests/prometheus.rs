//! Alerts that are about to fire, from a real Prometheus.

#![allow(clippy::disallowed_methods, reason = "a test on the real machine")]

mod support;

use support::fake_prometheus::FakePrometheus;
use support::home::Home;
use support::prometheus::Prometheus;
use support::raw::{Raw, ok};
use support::{missing, until};

const RULES: &str = "groups: [{name: a, rules: [\
    {alert: DiskFilling, expr: vector(1), for: 1h, labels: {severity: warning}, annotations: {summary: soon full}},\
    {alert: Down, expr: vector(1), labels: {severity: critical}}]}]";

fn home(url: &str, more: &str) -> Home {
    Home::with(&format!("operator: {{name: ana}}\nsources: [{{name: prom, every: 1s, prometheus: {{url: '{url}'{more}}}}}]\n"))
}

/// Name and state of everything in the queue.
fn queue(home: &Home) -> Vec<(String, String)> {
    let document = home.json(&["alerts"]);
    let alerts = document["alerts"].as_array().expect("a list");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    alerts.iter().map(|alert| (text(&alert["name"]), text(&alert["state"]))).collect()
}

#[test]
fn what_is_about_to_fire_is_seen_and_is_no_episode_yet() {
    if missing("prometheus") {
        return;
    }
    let server = Prometheus::start_with("", "", RULES);
    // Nobody else would tell of what fires.
    let alone = home(&server.url, "");
    let both = [("Down".into(), "firing".into()), ("DiskFilling".into(), "pending".into())];
    until("all of them", || (queue(&alone) == both).then_some(()));
    let pending = home(&server.url, ", alerts: pending");
    until("the pending alert", || (queue(&pending) == [("DiskFilling".into(), "pending".into())]).then_some(()));
    let alert = pending.json(&["alerts"])["alerts"][0].clone();
    assert_eq!((alert["severity"].as_str(), alert["summary"].as_str()), (Some("warning"), Some("soon full")));
    // That it lists nothing that fires is no word of it.
    let told = |home: &Home| String::from_utf8_lossy(&home.run(&["alerts"]).stderr).into_owned();
    assert!(told(&pending).contains("no source tells what fires") && told(&alone).is_empty(), "{}", told(&alone));

    // What fires comes by Alertmanager, unless it is wanted from here; only that is an episode.
    let all = home(&server.url, ", alerts: all");
    let mut console = all.console(&[], 120, 40);
    console.wait_for("DiskFilling");
    console.wait_for("Down");
    let fired = until("the log", || {
        let log = all.json(&["log"]);
        let entries = log["entries"].as_array()?.clone();
        let fired: Vec<_> = entries.into_iter().filter(|entry| entry["kind"] == "alert-fired").collect();
        (!fired.is_empty()).then_some(fired)
    });
    assert_eq!(fired.iter().map(|entry| entry["data"]["name"].clone()).collect::<Vec<_>>(), ["Down"]);
    assert!(queue(&home(&server.url, ", alerts: none")).is_empty());
}

#[test]
fn a_playbook_for_an_alert_that_no_rule_raises_is_named() {
    if missing("prometheus") {
        return;
    }
    let server = Prometheus::start_with("", "", RULES);
    let home = home(&server.url, "");
    let config = std::fs::read_to_string(home.path().join("config.yaml")).expect("a configuration");
    home.write("config.yaml", &format!("{config}playbooks: {{folders: [books]}}\n"));
    let book = |name: &str| {
        format!(
            "---\nplaybook: 1\nid: {name}\ntitle: {name}\npurpose: diagnosis\nowner: ana\nreviewed: 2026-11-20\nalerts: [{{alertname: {name}}}]\n---\n\n\
             # {name}\n\n## Steps\n\n### 1. Look\n\n- **risk:** read\n\nLook.\n"
        )
    };
    home.write("books/good.md", &book("Down"));
    home.write("books/lost.md", &book("DiskFiling"));
    let told = |args: &[&str]| String::from_utf8(home.run(args).stdout).expect("UTF-8");
    let live = until("the rules", || Some(told(&["check", "--live"])).filter(|told| told.contains("W110")));
    assert!(live.contains("lost.md:8:1") && live.contains("did you mean `DiskFilling`?"), "{live}");
    assert_eq!(live.matches("W110").count(), 1, "{live}");
    assert!(!told(&["check"]).contains("W110"));
}

#[test]
fn when_an_alert_fired_is_told_by_the_record_of_prometheus_beside_our_own() {
    if missing("prometheus") {
        return;
    }
    let server = Prometheus::start_with("", "", RULES);
    let dead = format!("http://{}", support::program::free_address());
    let home = Home::with(&format!(
        "operator: {{name: ana}}\nsources:\n  - {{name: prom, every: 1s, prometheus: {{url: '{}', alerts: all}}}}\n  \
         - {{name: gone, timeout: 1s, prometheus: {{url: '{dead}', alerts: none}}}}\n",
        server.url
    ));
    let mut console = home.console(&[], 120, 40);
    console.wait_for("Down");
    // The pending one has not fired by anybody's record.
    let fired = |alert: &str| {
        let document = home.json(&["history", alert, "--ask"]);
        document["records"].as_array().expect("a list").clone()
    };
    let told = until("the record", || fired("Down").into_iter().find(|record| record["firings"][0].is_object()));
    assert_eq!((told["source"].as_str(), &told["firings"][0]["ended_at"]), (Some("prom"), &serde_json::Value::Null));
    assert!(fired("DiskFilling").is_empty());
    let both = String::from_utf8(home.run(&["history", "Down", "--ask"]).stdout).expect("UTF-8");
    let counts: Vec<&str> = both.lines().take(2).collect();
    assert_eq!(counts[0], "fired once in 30d, by midwatch's own journal", "{both}");
    assert!(counts[1].starts_with("prom/") && counts[1].ends_with(" fired once in 30d, by the record of prom"), "{both}");
    let gone = fired("Down").into_iter().find(|record| record["source"] == "gone").expect("it is asked, too");
    assert!(gone["firings"].is_null() && gone["error"].as_str().is_some_and(|why| why.contains("query_range")), "{gone}");
    assert!(home.json(&["history", "Down"])["records"].as_array().is_some_and(Vec::is_empty), "only where it is wanted");

    console.keys("gg\r");
    console.wait_for("Alert Down");
    console.wait_for("by the record of prom, to the minute");
    console.wait_for("Record of gone");
    console.wait_for("it can't say when this fired");
}

#[test]
fn what_is_no_prometheus_is_no_empty_queue() {
    for (body, told) in [("{}", "something else than an answer of Prometheus"), ("<html><title>Login</title></html>", "Login")] {
        let server = Raw::saying(ok(body));
        let home = home(&format!("http://{}", server.address), "");
        let output = home.run(&["alerts"]);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(told), "{output:?}");
    }
}

#[test]
fn what_had_to_hold_for_a_time_fires_since_that_time_was_over() {
    let fake = FakePrometheus::start();
    let names = ["Slow", "Down", "Late", "Longer", "Never"];
    names.iter().for_each(|name| drop(fake.fire(name)));
    let rule = |name: &str, seconds: i64, labels: serde_json::Value| serde_json::json!({"name": name, "type": "alerting", "duration": seconds, "labels": labels});
    let none = serde_json::json!({});
    // Of two rules of one name each has its own time, and which of them raised it nobody says.
    let rules = vec![
        rule("Slow", 120, none.clone()),
        rule("Down", 0, none.clone()),
        rule("Late", 60, none.clone()),
        rule("Late", 240, none.clone()),
        // A time that was made longer since begins nothing in the future, and what no clock holds is no time.
        rule("Longer", 3_600, none.clone()),
        rule("Never", 9_000_000_000_000_000, none),
    ];
    fake.with(|fake| fake.rules = rules);
    let document = home(fake.url.as_ref(), "").json(&["alerts"]);
    let minutes = |name: &str| {
        let alerts = document["alerts"].as_array().expect("a list");
        let alert = alerts.iter().find(|alert| alert["name"] == name).expect("listed");
        let at: chrono::DateTime<chrono::Utc> = alert["starts_at"].as_str().expect("a text").parse().expect("a time");
        (chrono::Utc::now() - at).num_minutes()
    };
    assert_eq!(names.map(minutes), [8, 10, 10, 10, 10]);
}

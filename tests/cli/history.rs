//! What fired and how it ended, as the journal knows it.

use super::*;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn what_fired_and_who_handled_it_is_found_again_in_the_console_and_by_a_script() {
    let (fake, fingerprint) = outage();
    let home = Home::with(&format!(
        "operator: {{name: ana}}\nservices: [{{name: postgres, alerts: {{job: postgres}}}}]\nqueue: {{memory: 7d}}\n\
         sources: [{{name: prod, every: 300ms, alertmanager: {{urls: ['{}']}}}}]\n",
        fake.url
    ));
    let mut console = home.console(&[], 120, 40);
    console.wait_for("CRIT PostgresDown");
    assert_eq!(code(&home.run(&["ack", &fingerprint, "--note", "mine"])), Some(0));
    fake.resolve(&fingerprint);
    console.wait_for("PostgresDown resolved");
    console.keys("H");
    console.wait_for("What fired in the last 24 hours");
    console.wait_for("CRIT PostgresDown postgres ✓ ana");
    console.keys("q");
    fake.fire(&[("alertname", "PostgresDown"), ("job", "postgres"), ("severity", "critical")]);
    console.wait_within(LIMIT, "the second time", |screen| screen.matches("PostgresDown firing").count() == 2);
    console.keys("\r");
    console.wait_for("fired 2 times in 7d");
    console.wait_for("last handled by ana");
    console.keys("qq");
    console.wait_exit();

    let history = home.json(&["history", &fingerprint[..6]]);
    let episodes = history["episodes"].as_array().expect("a list");
    assert_eq!((episodes.len(), &episodes[0]["ended_at"], &episodes[0]["lasted_ms"]), (2, &Value::Null, &Value::Null));
    assert_eq!((&episodes[1]["acknowledged_by"], &episodes[1]["severity"]), (&serde_json::json!(["ana"]), &"critical".into()));
    assert!(episodes[1]["ended_at"].is_string() && episodes[1]["lasted_ms"].is_u64());
    let table = out(&home.run(&["history", "PostgresDown"]));
    assert!(table.starts_with("fired 2 times in 7d"), "{table}");
    let unknown = home.run(&["history", "PostgrsDown"]);
    assert_eq!((code(&unknown), out(&unknown).lines().count()), (Some(0), 1), "{unknown:?}");
    let told = "midwatch: the journal knows of no alert PostgrsDown that fired in the last 7d; did you mean PostgresDown?\n";
    assert_eq!(err(&unknown), told);
    assert_eq!(err(&home.run(&["history", "PostgresDown"])), "");
    assert_eq!(code(&home.run(&["history", "--since", "1000000y"])), Some(2));
}

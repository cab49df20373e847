//! A synthetic alert goes through a real Alertmanager to the console, is acknowledged there, and resolves.

use crate::lab::Lab;
use crate::support::missing;
use serde_json::Value;

fn lab() -> Option<Lab> {
    let there = !missing("prometheus-alertmanager") && !missing("curl");
    let lab = there.then(|| Lab::set_up("alert-pipeline-check", &[]))?;
    lab.configure(&format!("sources: [{{name: am, alertmanager: {{urls: [\"{}\"]}}}}]\n", lab.get("AM_URL")));
    Some(lab)
}

/// Names and states of what the console's queue has.
fn queue(lab: &Lab) -> Vec<(String, String, String)> {
    let output = lab.midwatch(&["alerts", "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
    let word = |alert: &Value, name: &str| alert[name].as_str().unwrap_or_default().to_owned();
    let alerts = document["alerts"].as_array().expect("alerts").iter();
    alerts.map(|alert| (word(alert, "name"), word(alert, "state"), word(alert, "id"))).collect()
}

fn synthetic(lab: &Lab) -> Option<(String, String)> {
    let found = queue(lab).into_iter().find(|(name, ..)| name == "MidwatchPipelineCheck");
    found.map(|(_, state, id)| (state, id))
}

#[test]
fn the_alert_reaches_the_console_is_acknowledged_and_resolves() {
    let Some(lab) = lab() else { return };
    let ran = lab.run();
    let (state, id) = synthetic(&lab).expect("it stands in the queue");
    assert_eq!(state, "firing");
    assert_eq!(lab.midwatch(&["ack", &id, "--for", "1h", "--note", "a check"]).status.code(), Some(0));
    assert_eq!(synthetic(&lab).map(|(state, _)| state).as_deref(), Some("acknowledged"));
    let ran = lab.done(&ran, "people-see-it");
    let ran = lab.done(&ran, "write-down-what-was-late");
    assert_eq!(ran.state(), "completed", "{}", ran.failure());
    assert!(synthetic(&lab).is_none_or(|(state, _)| state == "resolved"), "{:?}", queue(&lab));
    lab.assert_told(&ran);
    lab.measured(&ran, "from the synthetic alert to its end; it holds no data");
}

#[test]
fn a_silence_that_matches_everything_is_found() {
    let Some(mut lab) = lab() else { return };
    lab.sh(r#"cat > "$SCRATCH/silence" <<END
{"matchers": [{"name": "alertname", "value": ".+", "isRegex": true}], "createdBy": "x", "comment": "x",
 "startsAt": "$(date -u +%Y-%m-%dT%H:%M:%SZ)", "endsAt": "$(date -u -d '1 hour' +%Y-%m-%dT%H:%M:%SZ)"}
END
curl -fsS -H 'Content-Type: application/json' "$AM_URL/api/v2/silences" -d @"$SCRATCH/silence""#);
    lab.set("WATCHDOG", "none");
    let ran = lab.roll_back(lab.run());
    assert_eq!((ran.state(), ran.step("nothing-mutes-it")), ("rolled-back", "failed"), "{}", ran.failure());
    assert_eq!(synthetic(&lab), None);
}

#[test]
fn a_dead_dead_mans_switch_is_told_before_anything_is_sent() {
    let Some(mut lab) = lab() else { return };
    lab.set("WATCHDOG", "NobodyWatches");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("the-dead-mans-switch-fires")), ("blocked", "failed"), "{}", ran.failure());
    assert_eq!(ran.step("send-the-synthetic-alert"), "pending");
    assert_eq!(synthetic(&lab), None);
}

#[test]
fn an_alertmanager_that_is_gone_stops_it() {
    let Some(lab) = lab() else { return };
    lab.sh("kill \"$(cat \"$SCRATCH/pid\")\"; while kill -0 \"$(cat \"$SCRATCH/pid\")\" 2>/dev/null; do :; done");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("alertmanager-is-ready")), ("blocked", "failed"), "{}", ran.failure());
}

//! Handing over from a shell: what whoever takes over is told, and who leads what afterwards.

use super::*;

/// Of three people, on one journal.
fn watch() -> Home {
    let home = Home::with("operator: {name: ana}\n");
    for person in ["bo", "cy"] {
        home.write(&format!("{person}.yaml"), &format!("operator: {{name: {person}}}\n"));
    }
    by(&home, "ana", &["incident", "open", "shop"]);
    by(&home, "ana", &["incident", "set", "INC-1", "--role", "scribe=dan"]);
    by(&home, "cy", &["incident", "open", "mail"]);
    home
}

fn output(home: &Home, person: &str, args: &[&str]) -> std::process::Output {
    let file = if person == "ana" { "config.yaml".to_owned() } else { format!("{person}.yaml") };
    home.run(&[&["--config", &file], args].concat())
}

fn by(home: &Home, person: &str, args: &[&str]) {
    let output = output(home, person, args);
    assert_eq!(code(&output), Some(0), "{person} {args:?}: {}", err(&output));
}

fn refused(home: &Home, person: &str, args: &[&str]) -> String {
    let output = output(home, person, args);
    assert!(![Some(0), None].contains(&code(&output)), "{person} {args:?}: {}", out(&output));
    err(&output) + &out(&output)
}

fn leads(home: &Home) -> Vec<Value> {
    ["INC-1", "INC-2"].map(|name| home.json(&["incident", "show", name])["incident"]["lead"].clone()).into()
}

#[test]
fn the_shift_goes_to_whom_it_was_offered_with_what_its_last_holder_leads() {
    let home = watch();
    let nobody = home.json(&["handoff"]);
    assert_eq!((&nobody["offer"], &nobody["holder"]), (&Value::Null, &Value::Null));
    assert!(refused(&home, "ana", &["handoff", "--to", "ana"]).contains("name somebody else"));
    assert!(refused(&home, "ana", &["handoff", "--to", ""]).contains("hand over to  refused: "), "one gap");
    assert!(refused(&home, "bo", &["handoff", "--accept"]).contains("nobody has offered the shift"));
    by(&home, "ana", &["handoff", "--to", "bo"]);
    let told = out(&home.run(&["handoff"]));
    assert!(told.contains("ana offers it to bo since") && told.contains("lead ana, scribe dan"), "{told}");
    assert_eq!(home.json(&["handoff"])["offer"]["to"], "bo");
    assert!(refused(&home, "cy", &["handoff", "--accept"]).contains("was offered to bo, and you are cy"));
    by(&home, "bo", &["handoff", "--accept"]);
    let after = home.json(&["handoff"]);
    assert_eq!((&after["holder"], &after["offer"]), (&"bo".into(), &Value::Null));
    assert!(out(&home.run(&["handoff"])).contains("bo has it since"));
    assert_eq!(leads(&home), ["bo", "cy"], "with it goes what ana led, and nothing else");
    assert!(refused(&home, "bo", &["handoff", "--accept"]).contains("nobody has offered the shift"), "it was taken");
}

#[test]
fn one_incident_is_handed_over_by_itself() {
    let home = watch();
    by(&home, "cy", &["incident", "handoff", "INC-2", "--to", "bo"]);
    let pack = home.json(&["handoff"]);
    assert_eq!(pack["offer"], Value::Null, "the shift stays where it is");
    assert!(out(&home.run(&["handoff"])).contains("lead cy, offered to bo"));
    assert!(refused(&home, "ana", &["incident", "handoff", "INC-2", "--accept"]).contains("was offered to bo"));
    by(&home, "bo", &["incident", "handoff", "INC-2", "--accept"]);
    assert_eq!(leads(&home), ["ana", "bo"]);
    // And of what else bo leads nothing goes with one of them.
    by(&home, "ana", &["incident", "set", "INC-1", "--role", "lead=bo"]);
    by(&home, "bo", &["incident", "handoff", "INC-2", "--to", "cy"]);
    by(&home, "cy", &["incident", "handoff", "INC-2", "--accept"]);
    assert_eq!(leads(&home), ["bo", "cy"]);
    assert_eq!(home.json(&["handoff"])["holder"], Value::Null);
}

#[test]
fn whoever_takes_over_is_told_of_what_fails_and_of_what_nobody_can_say() {
    let home = Home::with(
        "operator: {name: ana}
services: [{name: shop}]
feeds:
  - {name: front, service: shop, every: 60s, tcp: {address: '127.0.0.1:1'}}
  - {name: alone, every: 60s, tcp: {address: '127.0.0.1:1'}}
sources:
  - {name: prod, alertmanager: {urls: ['http://127.0.0.1:1']}}
",
    );
    let told = home.run(&["handoff"]);
    assert_eq!(code(&told), Some(3), "{}", err(&told));
    let told = out(&told);
    let part = |title: &str| {
        let part = told.split("\n\n").find(|part| part.starts_with(title)).unwrap_or_else(|| panic!("{title}: {told}"));
        part.lines().skip(1).collect::<Vec<_>>().join("|")
    };
    assert_eq!(part("Firing and nobody's:"), "  nobody knows: prod does not answer");
    assert_eq!(part("Acknowledged and still firing:"), "  nobody knows: prod does not answer");
    assert_eq!(part("Silences that end:"), "  nobody knows: prod does not answer");
    let unwell = part("Services that are not well:");
    assert!(unwell.starts_with("  shop: failing|  feed alone: failing, ") && unwell.contains("refused"), "{unwell}");
    assert!(unwell.ends_with("|  nobody knows whether there is more: prod does not answer"), "{unwell}");
    let document = home.json(&["handoff"]);
    let states = |list: &str| (document[list][0]["name"].clone(), document[list][0]["state"].clone());
    assert_eq!(states("services"), ("shop".into(), "failing".into()));
    assert_eq!(states("feeds"), ("alone".into(), "failing".into()));
}

#[test]
fn a_service_in_which_alerts_fire_is_not_well_though_no_feed_says_so() {
    let fake = FakeAlertmanager::start();
    for (name, severity, service) in
        [("Down", "critical", "web"), ("Slow", "warning", "web"), ("Odd", "critical", "mail"), ("Told", "info", "quiet")]
    {
        fake.fire(&[("alertname", name), ("severity", severity), ("service", service)]);
    }
    let services = ["web", "mail", "quiet"].map(|name| format!("{{name: {name}, alerts: {{service: {name}}}}}")).join(", ");
    let home = Home::with(&format!(
        "operator: {{name: ana}}\nservices: [{services}]\nsources: [{{name: prod, alertmanager: {{urls: ['{}']}}}}]\n",
        fake.url
    ));
    let told = out(&home.run(&["handoff"]));
    let part = told.split("\n\n").find(|part| part.starts_with("Services that are not well")).expect("the part");
    assert_eq!(part, "Services that are not well:\n  web: 2 alerts fire\n  mail: 1 alert fires");
    let document = home.json(&["handoff"]);
    assert_eq!(
        document["services"][0],
        serde_json::json!({"name": "web", "state": null, "firing": 2, "acknowledged": 0, "untold": 0, "stale": false})
    );
    by(&home, "ana", &["ack", "--filter", "Slow", "--yes", "--note", "on it"]);
    let told = out(&home.run(&["handoff"]));
    assert!(told.contains("  web: 1 alert fires, 1 is acknowledged\n"), "{told}");
}

#[test]
fn silences_are_told_that_end_in_the_time_that_was_asked_for() {
    let fake = FakeAlertmanager::start();
    fake.fire(&[("alertname", "PostgresDown"), ("severity", "critical")]);
    let home =
        Home::with(&format!("operator: {{name: ana}}\nsources: [{{name: prod, alertmanager: {{urls: ['{}']}}}}]\n", fake.url));
    by(&home, "ana", &["silence", "--filter", "PostgresDown", "--yes", "--note", "disk swap", "--for", "2h"]);
    let silences = |within: &str| home.json(&["handoff", "--within", within])["silences"].as_array().expect("a list").len();
    assert_eq!((silences("1h"), silences("3h")), (0, 1));
    let told = out(&home.run(&["handoff"]));
    assert!(told.contains("disk swap of ana, until") && told.contains("PostgresDown fires again then"), "{told}");
}

//! The whole program on the real one: what is acknowledged here is acknowledged there, and the other way round.

use super::*;
use support::home::Home;

fn home(icinga: &Icinga, host: &str) -> Home {
    let filter = format!("match(\"{host}*\", host.name)");
    let source = icinga.source(&json!({"hosts": filter, "services": filter}));
    Home::with(
        &json!({"operator": {"name": "ana"}, "sources": [{"name": "ic", "timeout": "30s", "icinga2": source}]}).to_string(),
    )
}

#[track_caller]
fn run(home: &Home, args: &[&str]) -> String {
    let output = home.run(args);
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {told}");
    told
}

#[test]
fn an_acknowledgement_is_carried_there_and_taken_back() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    let home = home(&icinga, "life1");
    icinga.host("life1", &json!({}));
    icinga.service("life1", "http", &json!({"display_name": "Shop"}));
    icinga.result("life1!http", 2, "refused");
    let state = || icinga.eval("get_service(\"life1\", \"http\").acknowledgement");
    let seen = || home.json(&["alerts"])["alerts"][0].clone();

    assert_eq!(
        (&seen()["id"], &seen()["state"], &seen()["severity"]),
        (&json!("ic/life1:http"), &json!("firing"), &json!("critical"))
    );
    run(&home, &["ack", "ic/life1:http", "--for", "30m", "--note", "on it"]);
    assert_eq!(state(), "1");
    assert_eq!(icinga.eval("get_objects(Comment).filter(c => c.host_name == \"life1\").map(c => c.author)"), "[\"ana\"]");
    assert_eq!(seen()["state"], "acknowledged");
    run(&home, &["unack", "life1"]);
    assert_eq!((state(), &seen()["state"]), ("0".into(), &json!("firing")));

    // Whoever acknowledges it there holds it here.
    icinga.act("acknowledge-problem", "life1!http", &json!({"comment": "mine"}));
    assert_eq!((&seen()["state"], &seen()["acknowledged_by"]), (&json!("acknowledged"), &json!("bob")));
    icinga.result("life1!http", 0, "OK");
    assert_eq!(home.json(&["alerts"])["alerts"], json!([]), "what was over before this process began is not listed");
}

#[test]
fn what_is_wrong_with_a_source_is_told_by_check() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    let home = home(&icinga, "life2");
    assert!(run(&home, &["check", "--live"]).contains("source ic (icinga2): 0 alerts"));
    let mut wrong = icinga.source(&json!({"services": "=="}));
    wrong["basic"]["password"] = json!("no");
    let wrong = Home::with(&json!({"sources": [{"name": "ic", "icinga2": wrong}]}).to_string());
    let told = wrong.run(&["check", "--live"]);
    let told = String::from_utf8_lossy(&told.stdout);
    assert!(told.contains("unreachable: ") && told.contains("check the credentials"), "{told}");
}

#[test]
fn a_downtime_of_a_host_names_the_services_that_go_with_it() {
    if missing() {
        return;
    }
    let icinga = Icinga::shared();
    let home = home(&icinga, "life3");
    icinga.host("life3", &json!({}));
    icinga.service("life3", "http", &json!({"display_name": "Shop"}));
    icinga.result("life3", 1, "no answer");
    icinga.result("life3!http", 2, "refused");
    let told = run(&home, &["downtime", "ic/life3", "--for", "10m", "--note", "new memory"]);
    let along = "Every service of life3 goes with it; 1 is in the queue now: Shop (ic/life3:http)";
    assert!(told.contains(along), "{told}");
    let alone = run(&home, &["downtime", "ic/life3:http", "--for", "10m", "--note", "new certificate"]);
    assert!(!alone.contains("goes with it"), "{alone}");
}

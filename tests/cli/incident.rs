//! `midwatch incident`, `note` and `log`.

use super::*;
use crate::support::fake::Mood;

const INCIDENT: &str =
    "id number title drill severity status opened_at mitigated_at resolved_at next_update_at lead roles private services";

#[test]
fn an_incident_lives_its_whole_life() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, "");
    let open = home.run(&["incident", "open", "no payments", "--severity", "SEV1", "--alert", &fingerprint, "--json"]);
    assert_eq!(code(&open), Some(0));
    let opened = document(&open)["incident"].clone();
    assert_names(&opened, INCIDENT);
    assert_eq!((&opened["number"], &opened["status"], &opened["severity"]), (&1.into(), &"open".into(), &"SEV1".into()));
    assert_eq!((&opened["services"][0], &opened["resolved_at"]), (&"postgres".into(), &Value::Null));
    let id = opened["id"].as_str().expect("an id");

    assert_eq!(code(&home.run(&["note", "-7m", "saw", "5xx", "drop"])), Some(0), "the only open one is meant");
    assert_eq!(code(&home.run(&["incident", "set", "INC-1", "--status", "mitigated", "--at", "-2m"])), Some(0));
    assert_eq!(code(&home.run(&["incident", "set", id, "--severity", "SEV2", "--title", "payments", "--lead", "ben"])), Some(0));
    assert_eq!(code(&home.run(&["incident", "set", "1", "--status", "resolved"])), Some(0));
    assert_eq!(code(&home.run(&["incident", "close", &id[..20], "--reason", "over"])), Some(0), "a unique beginning is enough");
    assert_eq!(home.json(&["incident", "list"])["incidents"], serde_json::json!([]));
    let all = home.json(&["incident", "list", "--all"]);
    assert_names(&all["incidents"][0], INCIDENT);
    assert_eq!((&all["incidents"][0]["status"], &all["incidents"][0]["lead"]), (&"closed".into(), &"ben".into()));

    assert_eq!(
        code(&home.run(&["incident", "set", "INC-1", "--status", "mitigated"])),
        Some(2),
        "closed ones are reopened first"
    );
    assert_eq!(code(&home.run(&["incident", "reopen", "INC-1"])), Some(0));
    let shown = document(&home.run(&["incident", "show", "INC-1", "--json"]));
    assert_names(&shown, "schema incident metrics entries heads verifiable left_out");
    assert_eq!((&shown["incident"]["status"], &shown["verifiable"]), (&"open".into(), &true.into()));
    assert_names(
        &shown["entries"][0],
        "v id origin seq clock prev hash at at_source recorded_at actor kind text incident service alert playbook run step \
         attempt drill data evidence visibility important corrects links key",
    );
    assert_names(&shown["heads"][0], "origin seq hash");
    let texts: Vec<&str> =
        shown["entries"].as_array().expect("a list").iter().map(|e| e["text"].as_str().expect("text")).collect();
    assert_eq!(texts[0], "saw 5xx drop", "in the order of what happened: {texts:?}");
    assert_eq!(code(&home.run(&["incident", "show", "INC-9"])), Some(2));
}

#[test]
fn whoever_says_that_it_is_over_is_told_what_still_fires() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, "");
    assert_eq!(code(&home.run(&["incident", "open", "no payments", "--alert", &fingerprint])), Some(0));
    let told = |args: &[&str]| {
        let output = home.run(args);
        assert_eq!(code(&output), Some(0), "{args:?}: {}", err(&output));
        err(&output)
    };
    let bad = "midwatch: not well yet: one of its alerts still fires\n";
    assert_eq!(told(&["incident", "set", "INC-1", "--status", "mitigated"]), bad);
    assert_eq!(told(&["incident", "set", "INC-1", "--title", "payments"]), "", "nothing is over by that");
    assert_eq!(told(&["incident", "close", "INC-1"]), bad);
    assert_eq!(told(&["incident", "reopen", "INC-1"]), "");
    fake.mood_of("GET", Mood::Status(500, "oops"));
    let unknown = told(&["incident", "close", "INC-1"]);
    assert!(unknown.contains("whether all of its alerts are over is not known: source prod: "), "{unknown}");
    assert_eq!(told(&["incident", "reopen", "INC-1"]), "");
    fake.mood_of("GET", Mood::Fine);
    fake.resolve(&fingerprint);
    assert_eq!(told(&["incident", "close", "INC-1"]), "");
}

#[test]
fn whoever_says_that_it_is_over_is_told_which_of_its_services_is_not_well_by_its_feeds() {
    let (fake, fingerprint) = outage();
    // Nobody listens there.
    let feed = |name: &str| format!("{{name: {name}-port, service: {name}, every: 60s, tcp: {{address: '127.0.0.1:1'}}}}");
    let home = Home::with(&format!(
        "operator: {{name: ana}}\nservices: [{{name: postgres, alerts: {{job: postgres}}}}, {{name: mail}}]\n\
         feeds: [{}, {}]\nsources: [{{name: prod, alertmanager: {{urls: ['{}']}}}}]\n",
        feed("postgres"),
        feed("mail"),
        fake.url
    ));
    assert_eq!(code(&home.run(&["incident", "open", "no payments", "--alert", &fingerprint])), Some(0));
    fake.resolve(&fingerprint);
    let closed = home.run(&["incident", "close", "INC-1"]);
    assert_eq!((code(&closed), err(&closed).as_str()), (Some(0), "midwatch: not well yet: postgres is failing\n"));
}

#[test]
fn what_a_pipe_brings_is_noted_whole_or_refused_by_its_own_fault() {
    let home = Home::with("operator: {name: ana}\n");
    let lines: String = (1..=2_000).map(|number| format!("line {number}: ä\n")).collect();
    assert_eq!(code(&home.run_with_input(&["note", "-"], &format!("-7m !{lines}"))), Some(0));
    let entry = &home.json(&["log"])["entries"][0];
    assert_eq!((entry["kind"].as_str(), entry["text"].as_str()), (Some("decision"), Some(lines.trim())));

    // Cut anywhere it would be no text any more, and of a part nobody is told that it is all.
    for text in ["ä".repeat(500_000), format!("x{}", "ä".repeat(500_000))] {
        let long = home.run_with_input(&["note", "-"], &text);
        assert_eq!(code(&long), Some(2));
        assert!(err(&long).contains("more than the 65536 bytes") && err(&long).contains("--attach"), "{}", err(&long));
    }
    assert_eq!(code(&home.run_with_input(&["note", "-"], &"x".repeat(65_536))), Some(0), "the longest");

    let mut child = home.command(&["note", "-"]).spawn().expect("starts");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), b"a\xc3\xa4\xff\xfe").expect("writes");
    let strange = child.wait_with_output().expect("ends");
    assert_eq!(code(&strange), Some(2));
    assert!(err(&strange).contains("not text in UTF-8: byte 4"), "{}", err(&strange));
    assert_eq!(home.json(&["log"])["entries"].as_array().map(Vec::len), Some(2), "nothing of what was refused");
}

#[test]
fn a_note_says_when_and_what_it_is() {
    let home = Home::with("operator: {name: ana}\n");
    let note = home.run(&["note", "! fail", "over", "--json"]);
    assert_eq!((code(&note), &document(&note)["targets"][0]["state"]), (Some(0), &"recorded".into()));
    assert_eq!(code(&home.run(&["note", "--at", "2026-03-01T14:02:00Z", "--kind", "todo", "call the vendor"])), Some(0));
    assert_eq!(code(&home.run_with_input(&["note", "-"], "from a\npipe")), Some(0));
    let log = home.json(&["log"]);
    let line = |index: usize| {
        let entry = &log["entries"][index];
        (
            entry["kind"].as_str().expect("a kind"),
            entry["text"].as_str().expect("a text"),
            entry["at_source"].as_str().expect("one"),
        )
    };
    assert_eq!(line(0), ("todo", "call the vendor", "operator"));
    assert_eq!(line(1), ("decision", "fail over", "console"));
    assert_eq!(line(2), ("note", "from a\npipe", "console"));
    assert_eq!(log["entries"][0]["at"], "2026-03-01T14:02:00.000Z");
    assert_eq!(out(&home.run(&["log"])).lines().count(), 3, "one line each");
    let newest = home.json(&["log", "-n", "1"]);
    assert_eq!(newest["entries"].as_array().map(Vec::len), Some(1));
}

#[test]
fn an_option_behind_the_text_is_an_option() {
    let home = Home::with("operator: {name: ana}\n");
    assert_eq!(code(&home.run(&["note", "disk", "is full", "--data", "elsewhere"])), Some(0));
    assert_eq!(log(&home), [""; 0], "not into the usual folder");
    let elsewhere = home.json(&["log", "--data", "elsewhere"]);
    assert_eq!(elsewhere["entries"][0]["text"], "disk is full");
}

#[test]
fn a_note_that_can_mean_several_incidents_names_them_and_records_nothing() {
    let home = Home::with("operator: {name: ana}\n");
    for title in ["first", "second"] {
        assert_eq!(code(&home.run(&["incident", "open", title])), Some(0));
    }
    let before = log(&home);
    let note = home.run(&["note", "which?"]);
    assert_eq!(code(&note), Some(2));
    assert!(err(&note).contains("INC-1  first") && err(&note).contains("INC-2  second"), "{}", err(&note));
    assert_eq!(code(&home.run(&["note", "", "--incident", "INC-1"])), Some(2), "an empty note");
    assert_eq!(code(&home.run(&["note", "--at", "teatime", "x", "--incident", "INC-1"])), Some(2));
    assert_eq!(log(&home), before);
    assert_eq!(code(&home.run(&["note", "--incident", "INC-2", "this one"])), Some(0));
    assert_eq!(home.json(&["log", "INC-2"])["entries"].as_array().map(Vec::len), Some(2));
}

#[test]
fn nothing_is_merged_by_its_status_alone() {
    let home = Home::with("operator: {name: ana}\n");
    assert_eq!(code(&home.run(&["incident", "open", "down"])), Some(0));
    assert_eq!(code(&home.run(&["incident", "set", "INC-1", "--status", "merged"])), Some(2));
    assert_eq!(code(&home.run(&["incident", "set", "INC-1", "--status", "mitigated"])), Some(0));
}

#[test]
fn times_are_shown_in_the_operators_zone_with_its_name() {
    let home = Home::with("console: {time_zone: Europe/Berlin}\n");
    home.run(&["incident", "open", "down", "--at", "2026-01-15T12:00:00Z"]);
    let time = "2026-01-15 13:00:00 CET ";
    for args in [&["log"][..], &["incident", "list"], &["incident", "show", "INC-1"]] {
        assert!(out(&home.run(args)).contains(time), "{args:?}: {}", out(&home.run(args)));
    }
}

#[test]
fn the_log_shows_each_entrys_place_in_the_chain() {
    let home = Home::new();
    home.run(&["note", "first"]);
    let entry = &home.json(&["log", "-n", "1"])["entries"][0];
    assert!(entry["hash"].is_string() && entry["prev"].is_string(), "{entry}");
}

#[test]
fn several_changes_at_once_are_one_document() {
    let home = Home::new();
    home.run(&["incident", "open", "down"]);
    let changed = home.json(&["incident", "set", "INC-1", "--severity", "SEV1", "--title", "all down", "--lead", "bo"]);
    assert_eq!(changed["targets"].as_array().expect("a list").len(), 3, "{changed}");
}

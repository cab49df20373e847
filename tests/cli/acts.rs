//! `midwatch ack`, `unack` and `silence`: what they say is what became of it.

use super::*;
use crate::support::fake::Mood;

fn target(output: &Output) -> (String, String) {
    let document = document(output);
    let target = &document["targets"][0];
    assert_names(target, "target entry state detail");
    (target["state"].as_str().expect("a state").to_owned(), target["detail"].as_str().unwrap_or("").to_owned())
}

fn in_force(fake: &FakeAlertmanager) -> Vec<Value> {
    fake.silences().into_iter().filter(|silence| silence["status"]["state"] == "active").collect()
}

#[test]
fn an_acknowledgement_is_held_by_the_journal_alone_where_nothing_carries_it() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, "");
    let ack = home.run(&["ack", &fingerprint, "--for", "2h", "--note", "on it", "--json"]);
    assert_eq!((code(&ack), target(&ack).0.as_str()), (Some(0), "recorded"));
    assert!(fake.silences().is_empty());
    let alerts = home.json(&["alerts"]);
    let alert = &alerts["alerts"][0];
    assert_eq!((&alert["state"], &alert["also"][0]), (&"acknowledged".into(), &"firing".into()));
    assert_eq!(alert["acknowledged_by"], "ana");
    let until: chrono::DateTime<chrono::Utc> = alert["acknowledged_until"].as_str().expect("a time").parse().expect("a time");
    let left = until - chrono::Utc::now();
    assert!((115..=120).contains(&left.num_minutes()), "{left}");
    assert_eq!(code(&home.run(&["unack", &format!("prod/{}", &fingerprint[..6])])), Some(0), "a unique beginning is enough");
    assert_eq!(home.json(&["alerts"])["alerts"][0]["state"], "firing");
    assert_eq!(log(&home), ["acknowledged PostgresDown: on it", "gave up the acknowledgement of PostgresDown"]);
    assert_eq!(code(&home.run(&["unack", &fingerprint])), Some(2), "there is nothing to give up");
}

#[test]
fn a_carried_acknowledgement_is_confirmed_at_its_source_and_ended_there() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, ", ack: {carry: silence}");
    let ack = home.run(&["ack", &fingerprint, "--note", "on it", "--json"]);
    let (state, detail) = target(&ack);
    assert_eq!((code(&ack), state.as_str()), (Some(0), "confirmed"), "{detail}");
    let [silence] = &in_force(&fake)[..] else { panic!("one silence") };
    assert!(silence["comment"].as_str().expect("a text").starts_with("ACK! ana: on it [mw:"), "{silence}");
    assert_eq!(code(&home.run(&["unack", &fingerprint])), Some(0));
    assert_eq!(in_force(&fake).len(), 0);
}

#[test]
fn two_command_lines_that_acknowledge_one_alert_in_the_same_moment_leave_one_silence() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, ", ack: {carry: silence}");
    // Whichever way they meet.
    for _ in 0..3 {
        let both = [(); 2].map(|()| home.command(&["ack", &fingerprint]).spawn().expect("starts"));
        for one in both {
            let ended = one.wait_with_output().expect("ends");
            assert_eq!(code(&ended), Some(0), "{ended:?}");
        }
        assert_eq!(in_force(&fake).len(), 1, "{:#?}", log(&home));
        assert_eq!(code(&home.run(&["unack", &fingerprint])), Some(0));
        assert_eq!(in_force(&fake).len(), 0, "{:#?}", log(&home));
    }
}

#[test]
fn a_source_that_refuses_is_told_in_its_words_and_the_acknowledgement_holds() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, ", ack: {carry: silence}");
    fake.mood_of("POST /api/v2/silences", Mood::Status(400, "bad silence, said the proxy"));
    let ack = home.run(&["ack", &fingerprint, "--json"]);
    let (state, detail) = target(&ack);
    assert_eq!((code(&ack), state.as_str()), (Some(3), "failed"));
    assert!(detail.contains("400 Bad Request: bad silence, said the proxy"), "{detail}");
    assert_eq!(home.json(&["alerts"])["alerts"][0]["state"], "acknowledged");
    assert_eq!(log(&home).len(), 3, "the acknowledgement, the intent and its end");
}

#[test]
fn an_acknowledgement_that_could_not_be_ended_at_its_source_is_no_success() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, ", ack: {carry: silence}");
    assert_eq!(code(&home.run(&["ack", &fingerprint])), Some(0));
    fake.mood_of("DELETE /api/v2/silence", Mood::Status(403, "not you"));
    let unack = home.run(&["unack", &fingerprint, "--json"]);
    let (state, detail) = target(&unack);
    assert_eq!((code(&unack), state.as_str()), (Some(3), "failed"));
    assert!(detail.contains("not you"), "{detail}");
}

#[test]
fn a_silence_is_made_with_exactly_the_labels_of_the_alert() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, "");
    let silence = home.run(&["silence", &fingerprint, "--for", "30m", "--note", "maintenance", "--json"]);
    assert_eq!((code(&silence), target(&silence).0.as_str()), (Some(0), "confirmed"));
    let [made] = &in_force(&fake)[..] else { panic!("one silence") };
    let matchers = made["matchers"].as_array().expect("a list");
    assert_eq!(matchers.len(), 3);
    assert!(matchers.iter().all(|matcher| matcher["isRegex"] == false), "{matchers:?}");
    assert!(made["comment"].as_str().expect("a text").starts_with("maintenance [mw:"));
    assert_eq!(home.json(&["alerts"])["alerts"][0]["state"], "silenced");
    assert_eq!(code(&home.run(&["silence", &fingerprint])), Some(2), "a silence needs a reason");
}

#[test]
fn nothing_is_meant_by_accident() {
    let (fake, fingerprint) = outage();
    let other = fake.fire(&[("alertname", "Other"), ("instance", "db-9")]);
    let home = watching(&fake, "");
    let refused = |args: &[&str]| {
        let output = home.run(&[&["ack"], args].concat());
        assert_eq!((code(&output), out(&output).as_str()), (Some(2), ""), "{args:?}");
        err(&output)
    };
    assert!(refused(&["nonsense"]).contains("no alert has the id or fingerprint nonsense"));
    for name in ["Other", "other", "Othr"] {
        let why = refused(&[name]);
        assert!(why.contains(&format!("no alert has the id or fingerprint {name}: write the id of one")), "{why}");
        assert!(
            why.contains("--filter 'alertname=\"Other\"' --yes") && why.ends_with(&format!(":\n  prod/{other}  Other db-9\n")),
            "{why}"
        );
    }
    assert!(refused(&["--filter", "--yes"]).contains("--yes"), "no filter is no filter");
    let why = refused(&["prod/"]);
    assert!(why.contains("prod/ may mean 2 alerts:\n") && fingerprint != other, "{why}");
    for line in [format!("\n  prod/{fingerprint}  PostgresDown\n"), format!("\n  prod/{other}  Other db-9\n")] {
        assert!(why.contains(&line), "{why}");
    }
    assert_eq!(refused(&["prd/1"]), "midwatch: prd/1 names nothing here: no source is called prd, there is prod\n");
    refused(&["--filter", "severity:critical"]);
    refused(&["--filter", "", "--yes"]);
    refused(&["--filter", "alertname=Nothing", "--yes"]);
    // A slip in a name, negated, would be everything.
    assert!(refused(&["--filter", "not sevrity>=critical", "--yes"]).contains("is severity>=critical meant?\n"));
    for filter in ["not sevrity=critical", "sevrity!=critical", "sevrity!~crit.*", "not service:databse"] {
        let why = refused(&["--filter", filter, "--yes"]);
        assert!(why.contains("no alert has the label sevrity") || why.contains("no service is called databse"), "{why}");
    }
    assert!(refused(&["--filter", "sevrity=critical", "--yes"]).contains("no alert has the label sevrity"));
    refused(&[]);
    assert_eq!(log(&home), [""; 0]);
    assert_eq!(code(&home.run(&["ack", "--filter", "severity:critical", "--yes"])), Some(0));
    assert_eq!(log(&home), ["acknowledged PostgresDown"]);
}

#[test]
fn what_others_named_is_shown_inert_and_is_no_part_of_a_line_for_a_shell() {
    let (fake, _) = outage();
    fake.fire(&[("alertname", "it's; true"), ("instance", "a\u{1b}[2Jb")]);
    let home = watching(&fake, "");
    let why = err(&home.run(&["ack", "IT'S; true"]));
    assert!(why.contains("it's; true a␛[2Jb") && !why.contains('\u{1b}'), "{why:?}");
    assert!(!why.contains("--filter"), "{why}");
}

#[test]
fn an_alert_that_is_named_twice_is_acknowledged_once() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, "");
    assert_eq!(code(&home.run(&["ack", &fingerprint, &format!("prod/{fingerprint}")])), Some(0));
    assert_eq!(log(&home).len(), 1);
}

#[test]
fn what_is_no_duration_is_told_how_one_is_written() {
    let home = Home::new();
    for (args, given) in [
        (&["ack", "x", "--for", "5"][..], "5"),
        (&["ack", "x", "--for", "-1h"], "-1h"),
        (&["snooze", "x", "--for", "tomorrow"], "tomorrow"),
        (&["silence", "x", "--note", "y", "--for", "-1h"], "-1h"),
        (&["extend", "x", "--for", "1"], "1"),
        (&["maintenance", "x", "--for", "-1h"], "-1h"),
        (&["history", "--since", "-1h"], "-1h"),
        (&["stats", "--since", "-1h"], "-1h"),
        (&["handoff", "--within", "-1h"], "-1h"),
    ] {
        let refused = home.run(args);
        assert_eq!((code(&refused), out(&refused).as_str()), (Some(2), ""), "{args:?}");
        let told = err(&refused);
        assert!(told.contains(&format!("'{given}'")) && told.contains("write 5m, 1h30m or 2d"), "{args:?}: {told}");
    }
}

#[test]
fn a_backup_is_written_under_a_bare_name_too() {
    let home = Home::new();
    assert_eq!(code(&home.run(&["note", "kept"])), Some(0));
    let backup = home.run(&["journal", "backup", "copy.db"]);
    assert_eq!(code(&backup), Some(0), "{}", err(&backup));
    assert_eq!(code(&home.run(&["journal", "verify", "--against", "copy.db"])), Some(0));
}

#[test]
fn a_filter_gives_up_what_is_acknowledged_among_what_it_holds_for() {
    let (fake, fingerprint) = outage();
    fake.fire(&[("alertname", "DiskFull"), ("job", "postgres"), ("severity", "critical")]);
    let home = watching(&fake, "");
    assert_eq!(code(&home.run(&["ack", &fingerprint])), Some(0));
    let all = ["unack", "--filter", "job=postgres", "--yes"];
    assert_eq!(code(&home.run(&all)), Some(0), "one of two is acknowledged");
    assert_eq!(log(&home).len(), 2);
    assert_eq!(code(&home.run(&all)), Some(2), "none is left");
}

#[test]
fn a_silence_of_several_alerts_is_one_answer_that_names_each() {
    let (fake, _) = outage();
    fake.fire(&[("alertname", "ReplicaLag"), ("job", "postgres"), ("severity", "warning")]);
    let home = watching(&fake, "");
    let all = ["silence", "--filter", "job=postgres", "--yes", "--note", "work"];
    let text = home.run(&all);
    let lines = String::from_utf8_lossy(&text.stdout).into_owned();
    assert_eq!((code(&text), lines.lines().count()), (Some(0), 2), "{lines}");
    assert!(lines.contains("PostgresDown  confirmed") && lines.contains("ReplicaLag  confirmed"), "{lines}");
    let json = document(&home.run(&[&all[..], &["--json"]].concat()));
    let targets: Vec<_> = json["targets"].as_array().expect("a list").iter().map(|target| target["target"].clone()).collect();
    assert!(targets.len() == 2 && targets.iter().all(serde_json::Value::is_string), "{targets:?}");
}

#[test]
fn alerts_of_one_name_are_told_apart_in_what_became_of_each() {
    let fake = FakeAlertmanager::start();
    for instance in ["read1", "read2"] {
        fake.fire(&[("alertname", "Disk nearly full"), ("instance", instance), ("severity", "critical")]);
    }
    let home = watching(&fake, ", ack: {carry: silence}");
    let lines = out(&home.run(&["ack", "--filter", "severity=critical", "--yes"]));
    let log = log(&home).join("\n");
    for instance in ["read1", "read2"] {
        assert!(lines.contains(&format!("Disk nearly full {instance}  confirmed")), "{lines}");
        assert!(log.contains(&format!("confirmed (Disk nearly full {instance}): silence ")), "{log}");
    }
}

#[test]
fn the_end_of_an_act_names_its_alert() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, ", ack: {carry: silence}");
    home.run(&["ack", &fingerprint]);
    let log = log(&home);
    assert!(log.last().is_some_and(|text| text.starts_with("confirmed (PostgresDown): silence ")), "{log:?}");
}

#[test]
fn what_was_recorded_stays_recorded_when_nobody_can_be_told() {
    let (fake, _) = outage();
    let home = watching(&fake, "");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("opens");
    let note = home.command(&["note", "seen"]).stdout(full).output().expect("runs");
    assert_eq!(code(&note), Some(0), "{note:?}");
    assert!(String::from_utf8_lossy(&note.stderr).contains("standard output can't be written"), "{note:?}");
    assert_eq!(log(&home), ["seen"]);
}

#[test]
fn a_secret_of_the_configuration_that_is_typed_is_not_recorded() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, ", bearer: hunter2-token");
    assert_eq!(code(&home.run(&["note", "curl -H 'Bearer hunter2-token' worked"])), Some(0));
    assert_eq!(code(&home.run(&["ack", &fingerprint, "--note", "see hunter2-token"])), Some(0));
    let all = home.json(&["log"]).to_string();
    assert!(!all.contains("hunter2") && all.contains("Bearer •••' worked") && all.contains("see •••"), "{all}");
}

//! What can't or must not be done: the right exit code, a message that helps, and nothing half-done.

use super::*;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_wrong_configuration_shows_every_mistake_with_its_place() {
    let home = Home::with("operater: {name: ana}\nsources:\n  - {name: prod, alertmanger: {urls: ['http://am:9093']}}\n");
    for args in [&["alerts"][..], &["feeds", "--once"], &["ack", "x"], &["serve"]] {
        let output = home.run(args);
        assert_eq!((code(&output), out(&output).as_str()), (Some(2), ""), "{args:?}");
        let told = err(&output);
        assert!(told.contains("config.yaml:1:1: error: unknown key `operater`") && told.contains("`operator`"), "{told}");
        assert!(told.contains("config.yaml:3:18: error") && told.contains("`alertmanager`"), "{told}");
    }
    let missing = Home::new().run(&["alerts"]);
    assert_eq!(code(&missing), Some(2));
    let alone = Home::new().run(&[]);
    assert_eq!(code(&alone), Some(2));
    assert!(err(&alone).contains("midwatch demo") && err(&alone).contains("midwatch init"), "{}", err(&alone));
}

#[test]
fn a_note_never_fails_because_of_the_configuration() {
    let home = Home::with("operater: {name: ana}\n");
    let note = home.run(&["note", "still here"]);
    assert_eq!(code(&note), Some(0));
    assert!(err(&note).contains("going on without the configuration"), "{}", err(&note));
    assert_eq!(log(&home), ["still here"]);
}

#[test]
fn a_dead_alertmanager_is_a_remote_that_could_not_be_reached() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, ", ack: {carry: silence}");
    assert_eq!(code(&home.run(&["alerts"])), Some(0));
    drop(fake);
    let alerts = home.run(&["alerts", "--json"]);
    assert_eq!((code(&alerts), &document(&alerts)["alerts"]), (Some(3), &serde_json::json!([])));
    let ack = home.run(&["ack", &fingerprint]);
    assert_eq!(code(&ack), Some(3), "the alert could not be looked up: {}", err(&ack));
    assert_eq!(log(&home), [""; 0], "and nothing was done");
}

#[test]
fn read_only_records_sends_and_runs_nothing() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, ", ack: {carry: silence}");
    assert_eq!(code(&home.run(&["note", "before"])), Some(0));
    let hits = || fake.hits().iter().filter(|hit| !hit.starts_with("GET")).count();
    for args in [
        &["note", "x"][..],
        &["ack", &fingerprint],
        &["silence", &fingerprint, "--note", "x"],
        &["incident", "open", "x"],
        &["journal", "restore", "nowhere.db"],
        &["init", "--config", "new/config.yaml"],
    ] {
        let output = home.run(&[args, &["--read-only"]].concat());
        assert_eq!(code(&output), Some(2), "{args:?}: {}{}", out(&output), err(&output));
        assert!((out(&output) + &err(&output)).contains("read-only"), "{args:?}: {}{}", out(&output), err(&output));
    }
    assert_eq!((log(&home), hits()), (vec!["before".to_owned()], 0));
    assert_eq!(code(&home.run(&["alerts", "--read-only"])), Some(0), "looking is no act");
    assert_eq!(code(&home.run(&["log", "--read-only"])), Some(0));
}

#[test]
fn a_data_folder_that_is_not_fit_is_exit_4_and_nothing_was_done() {
    let (fake, fingerprint) = outage();
    let home = watching(&fake, ", ack: {carry: silence}");
    let open = home.path().join("open");
    std::fs::create_dir(&open).expect("a folder");
    std::fs::set_permissions(&open, Permissions::from_mode(0o777)).expect("sets");
    home.write("file", "not a folder");
    home.write("damaged/journal.db", &"not a database at all".repeat(500));
    std::fs::set_permissions(home.path().join("damaged"), Permissions::from_mode(0o700)).expect("sets");
    for data in ["open", "file", "damaged"] {
        for args in [&["note", "x"][..], &["ack", &fingerprint], &["incident", "open", "x"], &["log"], &["serve"]] {
            let output = home.run(&[args, &["--data", data]].concat());
            assert_eq!((code(&output), out(&output).as_str()), (Some(4), ""), "{args:?} in {data}: {}", err(&output));
            assert!(err(&output).contains(data), "{}", err(&output));
        }
    }
    assert!(fake.hits().iter().all(|hit| hit.starts_with("GET")), "{:?}", fake.hits());
}

#[test]
fn a_journal_that_cannot_be_written_is_exit_4_and_can_still_be_read() {
    let home = Home::with("operator: {name: ana}\n");
    assert_eq!(code(&home.run(&["note", "before", "--data", "data"])), Some(0));
    let file = home.path().join("data/journal.db");
    std::fs::set_permissions(&file, Permissions::from_mode(0o400)).expect("sets");
    std::fs::set_permissions(home.path().join("data"), Permissions::from_mode(0o500)).expect("sets");
    let note = home.run(&["note", "after", "--data", "data"]);
    let log = home.run(&["log", "--data", "data", "--read-only"]);
    std::fs::set_permissions(home.path().join("data"), Permissions::from_mode(0o700)).expect("sets");
    // Permissions don't hold the superuser.
    let superuser = nix::unistd::geteuid().is_root();
    assert_eq!(code(&note), Some(if superuser { 0 } else { 4 }), "{}", err(&note));
    assert!(code(&log) == Some(0) && out(&log).contains("before"), "{log:?}");
}

#[test]
fn an_excerpt_shows_no_secret_even_where_the_mistake_hides_that_it_is_one() {
    for field in ["baerer: HUSH", "basic: {user: u, pasword: HUSH}", "bearer: [HUSH]", "bearer: {valu: HUSH}", "bearer: HUSH: x"]
    {
        let home = Home::with(&format!("sources: [{{name: prod, alertmanager: {{urls: ['http://am'], {field}}}}}]\n"));
        for args in [&["check"][..], &["check", "--json"], &["alerts"], &["note", "x"]] {
            let output = home.run(args);
            assert!(!format!("{}{}", out(&output), err(&output)).contains("HUSH"), "{field}, {args:?}: {output:?}");
        }
    }
    for address in ["http://u:HUSH@am", "http://u:HUSH@", "ftp://u:HUSH@am"] {
        let home = Home::with(&format!("sources: [{{name: prod, alertmanager: {{urls: ['{address}']}}}}]\n"));
        let output = home.run(&["check"]);
        assert_eq!(code(&output), Some(1));
        assert!(!format!("{}{}", out(&output), err(&output)).contains("HUSH"), "{address}: {output:?}");
    }
}

#[test]
fn an_empty_target_is_never_the_only_alert() {
    let (fake, _) = outage();
    let home = watching(&fake, "");
    for args in [&["ack", ""][..], &["silence", "", "--note", "x"], &["incident", "open", "x", "--alert", ""]] {
        assert_eq!(code(&home.run(args)), Some(2), "{args:?}");
    }
    assert_eq!(log(&home), [""; 0]);
}

#[test]
fn a_time_that_cannot_be_meant_is_refused_and_nothing_is_recorded() {
    let home = Home::with("operator: {name: ana}\n");
    for args in [&["-200000000d x"][..], &["x", "--at", "-200000000d"], &["x", "--at", "2999-01-01T00:00:00Z"]] {
        let output = home.run(&[&["note"], args].concat());
        assert_eq!(code(&output), Some(2), "{args:?}: {output:?}");
    }
    assert_eq!(log(&home), [""; 0]);
}

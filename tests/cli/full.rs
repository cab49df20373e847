//! A disk that becomes full while an act is under way: what is said is what became of it.
#![cfg(target_os = "linux")]

use super::*;
use crate::support::disk::{fill, own, read_only};
use crate::support::serving::Serve;
use crate::support::until;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::sync::mpsc::channel;

fn disk(test: &str) -> Option<PathBuf> {
    own(&format!("full::{test}"), "3m")
}

#[test]
fn what_was_done_before_the_disk_was_full_is_told_as_done_and_is_found_once_there_is_room() {
    let Some(disk) = disk("what_was_done_before_the_disk_was_full_is_told_as_done_and_is_found_once_there_is_room") else {
        return;
    };
    let (fake, fingerprint) = outage();
    let home = watching(&fake, ", ack: {carry: silence}");
    let data = disk.join("data");
    let data = data.to_str().expect("a path");
    let run = |args: &[&str]| home.run(&[&["--data", data], args].concat());
    assert_eq!(code(&run(&["note", "before"])), Some(0));
    let filled = disk.clone();
    fake.whenever_silenced(move || fill(&filled, 0));
    let ack = run(&["ack", &fingerprint, "--note", "on it"]);
    let told = out(&ack);
    assert!(
        told.starts_with("PostgresDown  confirmed: ") && told.contains("its outcome could not be recorded yet: The disk"),
        "{told}"
    );
    assert!(!told.contains("othing was done"), "{told}");
    assert!(err(&ack).contains("`midwatch serve`"), "{}", err(&ack));
    assert_eq!((code(&ack), fake.silences().len()), (Some(0), 1), "4 would say that nothing was done");
    // What comes next is not done at all: the end of a process has made some room.
    fill(&disk, 0);
    let note = run(&["note", "after"]);
    assert!(
        code(&note) == Some(4) && out(&note).ends_with("Nothing was recorded: free some space. Nothing was done.\n"),
        "{note:?}"
    );

    std::fs::remove_file(disk.join("filler")).expect("frees");
    let _serve = Serve(home.command(&["--data", data, "serve"]).spawn().expect("starts"));
    until("its outcome in the log", || out(&run(&["log"])).contains("confirmed (PostgresDown)").then_some(()));
    assert_eq!(fake.silences().len(), 1, "it was found, and not done twice");
}

#[test]
fn a_service_says_once_that_it_can_not_record_and_once_that_it_can_again() {
    let Some(disk) = disk("a_service_says_once_that_it_can_not_record_and_once_that_it_can_again") else { return };
    let fake = FakeAlertmanager::start();
    let home = Home::with(&format!("sources: [{{name: prod, every: 1s, alertmanager: {{urls: ['{}']}}}}]\n", fake.url));
    let data = disk.join("data");
    let mut serve = Serve(home.command(&["--data", data.to_str().expect("a path"), "serve"]).spawn().expect("starts"));
    let lines = BufReader::new(serve.0.stderr.take().expect("its standard error")).lines().map_while(Result::ok);
    let (sender, said) = channel();
    std::thread::spawn(move || lines.for_each(|line| sender.send(line).unwrap_or_default()));
    let mut all = Vec::new();
    let mut wait_for = |words: &str| {
        until(words, || {
            all.extend(said.try_iter());
            all.iter().any(|line: &String| line.contains(words)).then_some(())
        });
        all.clone()
    };
    wait_for("watching");
    until("the alerts", || (fake.count("GET /api/v2/alerts") > 2).then_some(()));
    fill(&disk, 0);
    fake.fire(&[("alertname", "PostgresDown"), ("job", "postgres"), ("severity", "critical")]);
    wait_for("the journal can't be written, and nothing is sent meanwhile: The disk");
    // Each poll tries again.
    let polls = fake.count("GET /api/v2/alerts");
    until("some polls", || (fake.count("GET /api/v2/alerts") > polls + 5).then_some(()));
    std::fs::remove_file(disk.join("filler")).expect("frees");
    let all = wait_for("the journal can be written again");
    assert_eq!(all.iter().filter(|line| line.contains("can't be written")).count(), 1, "{all:#?}");
}

#[test]
fn what_was_recorded_is_read_from_a_disk_that_takes_nothing_any_more() {
    let Some(disk) = disk("what_was_recorded_is_read_from_a_disk_that_takes_nothing_any_more") else { return };
    let home = Home::with("operator: {name: ana}\n");
    let data = disk.join("data");
    let data = data.to_str().expect("a path");
    let run = |args: &[&str]| home.run(&[&["--data", data], args].concat());
    assert_eq!(code(&run(&["incident", "open", "down"])), Some(0));
    read_only(&disk);
    for args in [&["log"][..], &["export", "INC-1", "--format", "md"], &["incident", "list"]] {
        let output = run(args);
        assert!(code(&output) == Some(0) && out(&output).contains("down"), "{args:?}: {output:?}");
        assert!(err(&output).contains("Read-only file system"), "{}", err(&output));
    }
    let note = run(&["note", "x"]);
    assert!(code(&note) == Some(4) && err(&note).contains("--read-only"), "{note:?}");
}

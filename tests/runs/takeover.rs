//! A run passes from one person's console to another's: both are named, and nothing is done twice.

use crate::Stage;
use crate::support::pty::Pty;
use crate::support::until;
use serde_json::Value;

const STEPS: &str = "## Steps\n\n### One\n\n- **timeout:** 100s\n\n\
    ```sh\necho one >> ../work/log; until test -e ../work/go; do sleep 0.05; done\n```\n\n\
    ### Two\n\n- **timeout:** 9s\n\n```sh\necho two >> ../work/log\n```\n";

/// A console of the person that this configuration names.
fn console(stage: &Stage, config: &str) -> Pty {
    let mut console = stage.home.console(&["--config", config, "--data", "data"], 120, 40);
    console.wait_for("0 firing");
    console.keys("p");
    console
}

fn take_up(console: &mut Pty) {
    console.wait_for("take the run up");
    console.keys("r");
    console.wait_for("Take up A test?");
    console.keys("\r");
}

/// Starts the step that the run is at, once this is the console that holds it.
fn start(console: &mut Pty, step: &str) {
    console.keys("r");
    console.wait_for(&format!("Run {step}"));
    console.keys("\r");
}

/// Kind, who and text of each entry of the run.
fn entries(stage: &Stage) -> Vec<(String, String, String)> {
    let output = stage.midwatch(&["log", "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).expect("one document");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = document["entries"].as_array().expect("entries").iter().filter(|entry| !entry["run"].is_null());
    all.map(|entry| (text(&entry["kind"]), text(&entry["actor"]["name"]), text(&entry["text"]))).collect()
}

#[test]
fn another_person_takes_a_run_over_from_a_second_console_and_the_log_names_both() {
    let stage = Stage::new(STEPS);
    let config = std::fs::read_to_string(stage.path().join("config.yaml")).expect("a configuration");
    stage.home.write("ben.yaml", &config.replace("ana", "ben"));
    stage.json(&["playbook", "run", "t"]);
    let mut ana = console(&stage, "config.yaml");
    take_up(&mut ana);
    ana.wait_for("resume the run ✓ recorded");
    start(&mut ana, "One");
    until("its beginning", || (stage.wrote("log") == "one\n").then_some(()));

    // As long as ana's console is there, the run is hers.
    let mut ben = console(&stage, "ben.yaml");
    take_up(&mut ben);
    // His own key has been answered: one that is still under way would take the run up as soon as ana's console is gone.
    ben.wait_for("another console holds this run");
    ana.kill9();
    ben.wait_for("interrupted");
    take_up(&mut ben);
    ben.wait_for("· active");
    std::fs::write(stage.path().join("work/go"), "").expect("written");
    ben.wait_for("▶ 2");
    start(&mut ben, "Two");
    ben.wait_for("completed");
    ben.keys("q");
    assert!(ben.wait_exit().success());

    assert_eq!(stage.wrote("log"), "one\ntwo\n", "nothing was run twice");
    let entries = entries(&stage);
    let by = |kind: &str, words: &str| {
        let found = entries.iter().filter(|(own, _, text)| own == kind && text.contains(words));
        found.map(|(_, name, _)| name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!((by("step-intent", "One"), by("step-intent", "Two")), (vec!["ana"], vec!["ben"]), "{entries:#?}");
    assert_eq!(by("run-driver", "ana's console is gone").len(), 1, "{entries:#?}");
    assert_eq!(by("run-resumed", "resumed"), ["ben"], "{entries:#?}");
    assert_eq!(by("run-driver", "took up").last(), Some(&"ben"), "{entries:#?}");
    assert_eq!(by("step-ended", "One").len(), 1, "{entries:#?}");
    assert!(stage.midwatch(&["journal", "verify"]).status.success());
}

/// A run at a terminal that was called off from another one: what both of them say.
fn called_off(steps: &str, more: &[&str], until_says: &str) -> (Stage, String, String) {
    let stage = Stage::new(steps);
    let mut shell = stage.home.console(&[&["--data", "data", "playbook", "run", "t"], more].concat(), 140, 30);
    shell.wait_for(until_says);
    let run = until("the run", || stage.open_run());
    let other = stage.midwatch(&["playbook", "cancel", &run]);
    assert!(!shell.wait_exit().success());
    assert_eq!(stage.open_run(), None, "it is over: {}", shell.screen());
    (stage, shell.screen(), String::from_utf8_lossy(&other.stdout).into_owned())
}

#[test]
fn a_run_that_waits_for_the_person_at_one_terminal_is_called_off_from_another() {
    let (_, there, here) = called_off(STEPS, &[], "type `yes` to start");
    assert!(there.contains("is aborted: ana: cancelled") && here.contains("is aborted: ana: cancelled"), "{there}\n{here}");
}

#[test]
fn what_runs_at_one_terminal_is_ended_from_another_and_nothing_after_it_begins() {
    let (stage, there, here) = called_off(STEPS, &["--auto", "change"], "started    One");
    assert!(there.contains("cancelled  One") && there.contains("is aborted: ana: cancelled"), "{there}");
    assert!(here.contains("is aborted: ana: cancelled"), "{here}");
    assert!(!stage.wrote("log").contains("two"));
    let cancels = entries(&stage).into_iter().filter(|(.., text)| text.contains("cancels “One”")).count();
    assert_eq!(cancels, 1, "it was asked for once: {:#?}", entries(&stage));
}

#[test]
fn a_console_ends_the_run_that_it_holds_when_it_is_called_off_elsewhere() {
    let stage = Stage::new(STEPS);
    stage.json(&["playbook", "run", "t"]);
    let run = stage.open_run().expect("it waits");
    let mut console = console(&stage, "config.yaml");
    take_up(&mut console);
    console.wait_for("resume the run ✓ recorded");
    let other = stage.midwatch(&["playbook", "cancel", &run]);
    assert!(String::from_utf8_lossy(&other.stdout).contains("is aborted: ana: cancelled"), "{other:?}");
    console.wait_for("aborted");
}

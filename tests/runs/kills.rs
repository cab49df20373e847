//! The console is killed at every moment of a run: what was begun finishes, is adopted by the next one, and nothing runs twice.

use crate::support::until;
use crate::{Stage, id, state_of, told};
use serde_json::Value;
use std::process::Child;
use std::time::{Duration, Instant};

const SLOW: &str = "## Steps\n\n### One\n\n- **timeout:** 20s\n\n```sh\necho begin one >> ../work/log; sleep 0.15; echo end one >> ../work/log\n```\n\n\
    ### Two\n\n- **timeout:** 20s\n\n```sh\necho begin two >> ../work/log; sleep 0.15; echo end two >> ../work/log\n```\n\n\
    ## Verify\n\n### Check\n\n```sh\ngrep -q 'end two' ../work/log\n```\n";

const WHOLE: &str = "begin one\nend one\nbegin two\nend two\n";

fn start(stage: &Stage) -> Child {
    let args = ["--data", "data", "--quiet", "playbook", "run", "t", "--auto", "change"];
    stage.home.command(&args).spawn().expect("midwatch starts")
}

fn kill(mut console: Child) {
    console.kill().expect("killed");
    console.wait().expect("gone");
}

/// Takes the run up and helps it over what nobody could know, by looking at what the commands wrote.
fn bring_home(stage: &Stage, run: &str) -> Value {
    let (mut document, _) = stage.json(&["playbook", "resume", run]);
    for _ in 0..3 {
        let steps = document["steps"].as_array().expect("steps").clone();
        let Some(step) = steps.iter().find(|step| step["state"] == "unknown" || step["state"] == "failed") else { break };
        let name = step["id"].as_str().expect("an id");
        let began = stage.wrote("log").contains(&format!("begin {name}"));
        if step["state"] == "unknown" {
            // Nobody was killed but the console: only an attempt that never began can be unknown.
            assert!(!began, "{name} ran and its end is not known: {document}");
            document = stage.json(&["playbook", "answer", run, name, "not-done", "--note", "the log has nothing of it"]).0;
        } else {
            assert!(!began, "{name} ran and is said to have failed: {document}");
            document = stage.json(&["playbook", "retry", run, name]).0;
        }
    }
    document
}

#[test]
fn killed_at_any_moment_nothing_is_lost_and_nothing_runs_twice() {
    let mut adopted = 0;
    for point in 0..24_u64 {
        let stage = Stage::new(SLOW);
        let console = start(&stage);
        if point >= 4 {
            // However slow the machine is, most of them die in the middle of their run.
            until("the run", || stage.path().join("data/runs").exists().then_some(()));
        }
        let moment = Instant::now() + Duration::from_millis(20 + point * 25);
        until("the moment", || (Instant::now() >= moment).then_some(()));
        kill(console);
        let Some(run) = stage.open_run() else {
            assert!(["", WHOLE].contains(&stage.wrote("log").as_str()), "{}", stage.wrote("log"));
            continue;
        };
        let document = bring_home(&stage, &run);
        assert_eq!(document["run"]["state"], "completed", "after {point}: {document}");
        assert_eq!(stage.wrote("log"), WHOLE, "after {point}");
        adopted += 1;
    }
    assert!(adopted >= 8, "only {adopted} of the kills came in the middle of a run");
}

#[test]
fn killed_before_the_text_was_kept_the_run_goes_on_with_the_same_text_of_the_library() {
    let stage = Stage::new(SLOW);
    let (document, _) = stage.json(&["playbook", "run", "t"]);
    let run = id(&document).to_owned();
    for file in ["playbook.md", "place"] {
        std::fs::remove_file(stage.path().join("data/runs").join(&run).join(file)).expect("it was kept");
    }
    let (document, _) = stage.json(&["playbook", "confirm", &run, "one"]);
    assert_eq!(state_of(&document, "one"), "succeeded", "{document}");
    assert_eq!(stage.wrote("log"), "begin one\nend one\n");
}

#[test]
fn killed_as_each_file_appears() {
    for file in ["intent.json", "block", "lock", "started.json", "out", "exit.json"] {
        let stage = Stage::new(SLOW);
        let console = start(&stage);
        let runs = stage.path().join("data/runs");
        let there = || std::fs::read_dir(&runs).ok()?.flatten().find(|run| run.path().join("one.1").join(file).exists());
        until(file, there);
        kill(console);
        let run = stage.open_run().expect("the run is open");
        let document = bring_home(&stage, &run);
        assert_eq!(document["run"]["state"], "completed", "at {file}: {document}");
        assert_eq!(stage.wrote("log"), WHOLE, "at {file}");
    }
}

#[test]
fn the_command_finishes_without_any_console_and_its_own_times_are_recorded() {
    let stage = Stage::new(SLOW);
    let console = start(&stage);
    until("the beginning", || stage.wrote("log").contains("begin one").then_some(()));
    kill(console);
    until("the end", || stage.wrote("log").contains("end one").then_some(()));
    let run = stage.open_run().expect("the run is open");
    let refused = stage.midwatch(&["playbook", "confirm", &run, "two"]);
    assert!(told(&refused).contains("interrupted"), "{}", told(&refused));
    assert_eq!(stage.wrote("log"), "begin one\nend one\n", "an interrupted run goes on only when it is resumed");
    let (document, code) = stage.json(&["playbook", "resume", &run]);
    assert_eq!((code, document["run"]["state"].as_str()), (0, Some("completed")), "{document}");
    let log = stage.midwatch(&["log"]);
    let log = String::from_utf8_lossy(&log.stdout).into_owned();
    assert!(log.contains("ana's console is gone") && log.contains("resumed playbook"), "{log}");
    assert_eq!(log.matches("“One” succeeded").count(), 1, "{log}");
}

#[test]
fn a_second_console_can_not_drive_the_run_but_can_cancel_its_command() {
    let stage = Stage::new(&SLOW.replace("sleep 0.15", "sleep 1000"));
    let mut console = start(&stage);
    until("the beginning", || stage.wrote("log").contains("begin one").then_some(()));
    let run = stage.open_run().expect("the run is open");
    let refused = stage.midwatch(&["playbook", "resume", &run]);
    assert_eq!(refused.status.code(), Some(2), "{}", told(&refused));
    assert!(told(&refused).contains("another console holds this run"), "{}", told(&refused));
    let (document, _) = stage.json(&["playbook", "cancel", &run]);
    assert_eq!(state_of(&document, "one"), "cancelled", "{document}");
    console.wait().expect("the first console ends by itself");
    assert_eq!(id(&document), run);
}

#[test]
fn an_abandoned_run_is_over_and_its_reason_is_kept() {
    let stage = Stage::new(SLOW);
    let console = start(&stage);
    until("the beginning", || stage.wrote("log").contains("begin one").then_some(()));
    kill(console);
    until("the end", || stage.wrote("log").contains("end one").then_some(()));
    let run = stage.open_run().expect("the run is open");
    let (document, code) = stage.json(&["playbook", "abandon", &run, "--reason", "wrong cluster"]);
    assert_eq!((code, document["run"]["state"].as_str()), (0, Some("abandoned")), "{document}");
    assert_eq!(document["run"]["reason"], "wrong cluster");
    assert_eq!(state_of(&document, "one"), "succeeded", "what had happened was recorded first");
    assert_eq!(stage.open_run(), None);
}

#[test]
fn to_cancel_a_run_whose_console_died_begins_nothing() {
    let stage = Stage::new(SLOW);
    let console = start(&stage);
    until("the beginning", || stage.wrote("log").contains("begin one").then_some(()));
    kill(console);
    until("the end", || stage.wrote("log").contains("end one").then_some(()));
    let run = stage.open_run().expect("the run is open");
    let (document, _) = stage.json(&["playbook", "cancel", &run]);
    assert_eq!(stage.wrote("log"), "begin one\nend one\n", "{document}");
}

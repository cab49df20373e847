//! What is on record of how an attempt ended: each of its tries, for how long it ran, and what it took to end it.

use crate::support::until;
use crate::{Stage, id, told};
use serde_json::Value;

fn sh(fields: &str, block: &str) -> String {
    format!("## Steps\n\n### Go\n\n{fields}\n\n```sh\n{block}\n```\n")
}

fn ended(stage: &Stage) -> Value {
    let log: Value = serde_json::from_slice(&stage.midwatch(&["log", "--json"]).stdout).expect("one document");
    let entries = log["entries"].as_array().expect("entries");
    entries.iter().find(|entry| entry["kind"] == "step-ended").unwrap_or_else(|| panic!("no end in {log}")).clone()
}

fn text(entry: &Value) -> &str {
    entry["text"].as_str().expect("a text")
}

const THIRD: &str = "echo x >> ../work/tries; exit $((3 - $(wc -l < ../work/tries)))";

#[test]
fn every_try_of_a_step_is_on_record_with_its_exit_and_how_long_it_took() {
    let fields = "- **idempotent:** yes\n- **retry:** 5 times every 10ms\n- **timeout:** 9s";
    let stage = Stage::new(&sh(fields, THIRD));
    let (document, code) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    assert_eq!(code, 0, "{document}");
    let tries = document["steps"][0]["attempts"][0]["tries"].as_array().expect("the tries").clone();
    let of = |name: &str| tries.iter().map(|one| one[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("exit_code"), [2, 1, 0], "{tries:?}");
    assert_eq!((of("number"), of("of")), (vec![1.into(), 2.into(), 3.into()], vec![Value::from(5); 3]));
    assert_eq!(of("state"), ["failed", "failed", "succeeded"]);
    assert!(tries.iter().all(|one| one["started_at"].as_str() <= one["ended_at"].as_str() && one["ended_at"].is_string()));
    let entry = ended(&stage);
    let said = text(&entry);
    assert!(said.starts_with("“Go” succeeded: 3 tries of at most 5: failed after ") && said.ends_with(" (exit 0)"), "{said}");
    assert_eq!(said.matches("(exit ").count(), 3, "{said}");
}

#[test]
fn the_tries_of_a_console_that_died_are_on_record_too() {
    let fields = "- **idempotent:** yes\n- **retry:** 5 times every 10ms\n- **timeout:** 60s";
    let block = "echo x >> ../work/tries; if [ $(wc -l < ../work/tries) = 2 ]; then until test -e ../work/go; do sleep 0.05; done; fi; exit 4";
    let stage = Stage::new(&sh(fields, block));
    let mut console =
        stage.home.command(&["--data", "data", "playbook", "run", "t", "--auto", "change"]).spawn().expect("it starts");
    until("its second try", || (stage.wrote("tries") == "x\nx\n").then_some(()));
    console.kill().expect("killed");
    console.wait().expect("gone");
    stage.home.write("work/go", "");
    let run = stage.open_run().expect("it is open");
    let (document, _) = stage.json(&["playbook", "resume", &run]);
    let tries = document["steps"][0]["attempts"][0]["tries"].as_array().expect("the tries").clone();
    assert_eq!(tries.iter().map(|one| one["exit_code"].clone()).collect::<Vec<_>>(), [4, 4], "{document}");
}

#[test]
fn a_timeout_tells_how_long_it_really_ran_and_what_ended_it() {
    let polite = Stage::new(&sh("- **timeout:** 1s", "exec sleep 1000"));
    polite.json(&["playbook", "run", "t", "--auto", "change"]);
    let entry = ended(&polite);
    assert!(text(&entry).starts_with("“Go” timed-out: ended by TERM after 1"), "{}", text(&entry));
    assert!(text(&entry).ends_with(" s, of at most 1 s"), "{}", text(&entry));
    assert_eq!(entry["data"]["signal"], 15, "{entry}");
    let stubborn = Stage::new(&sh("- **timeout:** 1s", "trap '' TERM; while :; do sleep 0.1; done"));
    stubborn.json(&["playbook", "run", "t", "--auto", "change"]);
    let entry = ended(&stubborn);
    let said = text(&entry);
    assert!(said.contains("ended by KILL after 6") && said.contains(" s, of at most 1 s: TERM was not enough"), "{said}");
    assert_eq!(entry["data"]["signal"], 9, "{entry}");
}

#[test]
fn an_exit_that_the_step_declares_is_told_as_meant() {
    let stage = Stage::new(&sh("- **timeout:** 9s\n- **expect:** exit 1", "exit 1"));
    let run = stage.midwatch(&["playbook", "run", "t", "--auto", "change"]);
    assert!(told(&run).contains("succeeded  Go: exit 1, as the step declares"), "{}", told(&run));
    assert_eq!(text(&ended(&stage)), "“Go” succeeded: exit 1, as the step declares");
}

#[test]
fn the_list_says_how_a_run_is_taken_up() {
    let stage = Stage::new(&sh("- **timeout:** 9s", "true"));
    let (document, _) = stage.json(&["playbook", "run", "t"]);
    let run = id(&document);
    let list = || String::from_utf8_lossy(&stage.midwatch(&["playbook", "list"]).stdout).into_owned();
    assert!(list().contains(&format!("{run}: nobody drives it. `midwatch playbook resume {run}` takes it up")), "{}", list());
    stage.midwatch(&["playbook", "pause", run, "--reason", "lunch"]);
    assert!(list().contains(&format!("`midwatch playbook unpause {run}`")), "{}", list());
}

/// A console that died is found out by whoever looks at its run.
#[test]
fn the_list_says_what_to_do_with_what_was_interrupted() {
    let stage = Stage::new(&sh("- **timeout:** 60s", "echo x > ../work/log; until test -e ../work/go; do sleep 0.05; done"));
    let mut console =
        stage.home.command(&["--data", "data", "playbook", "run", "t", "--auto", "change"]).spawn().expect("it starts");
    until("its beginning", || (stage.wrote("log") == "x\n").then_some(()));
    console.kill().expect("killed");
    console.wait().expect("gone");
    let run = stage.open_run().expect("it is open");
    let refused = stage.midwatch(&["playbook", "skip", &run, "go", "--reason", "x"]);
    assert!(told(&refused).contains("interrupted"), "{}", told(&refused));
    let list = String::from_utf8_lossy(&stage.midwatch(&["playbook", "list"]).stdout).into_owned();
    let wanted = format!("{run}: its console died. `midwatch playbook resume {run}` takes it up");
    assert!(list.contains(&wanted) && list.contains("abandon"), "{list}");
    stage.home.write("work/go", "");
}

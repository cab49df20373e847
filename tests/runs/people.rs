//! What people say to a run from a shell: answers, approvals, records, the rollback.

use crate::{Stage, id, state_of, told};

fn sh(name: &str, fields: &str) -> String {
    format!("### {name}\n\n- **timeout:** 9s\n{fields}\n\n```sh\necho {name} >> ../work/log\n```\n\n")
}

#[test]
fn a_decision_a_record_and_an_approval_are_answered_from_a_shell() {
    let steps = format!(
        "## Steps\n\n### Ask\n\n- **ask:** Lose `$GAP` bytes?\n  - Accept: [a](#fence)\n  - Too much: [r](#rollback)\n\n\
         ### Fence\n\n- **record:** how it was fenced\n\n- [ ] it is off\n\n### Agree\n\n- **approve:** 1 of commander\n- **timeout:** 10m\n\n{}",
        sh("Go", "")
    );
    let stage = Stage::with("roles: [commander]\nparams:\n  GAP: {type: int, default: 7}\n", &steps);
    let (run, code) = stage.json(&["playbook", "run", "t"]);
    let run = id(&run).to_owned();
    assert_eq!(code, 1);
    let shown = stage.midwatch(&["playbook", "resume", &run]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("Lose `7` bytes?") && shown.contains("'Too much'"), "{shown}");
    let wrong = stage.midwatch(&["playbook", "answer", &run, "ask", "maybe"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(told(&wrong).contains("Accept, Too much"), "{}", told(&wrong));
    stage.json(&["playbook", "answer", &run, "ask", "accept"]);
    stage.json(&["playbook", "tick", &run, "fence", "1"]);
    stage.home.write("photo.txt", "off\n");
    let (document, _) = stage.json(&["playbook", "answer", &run, "fence", "pulled the plug", "--file", "photo.txt"]);
    assert_eq!((state_of(&document, "fence"), state_of(&document, "agree")), ("succeeded", "awaiting-approval"), "{document}");
    let own = stage.midwatch(&["playbook", "approve", &run, "--role", "commander"]);
    assert!(told(&own).contains("ana asked for it"), "{}", told(&own));
    let approved = stage.midwatch(&["playbook", "approve", &run, "--as", "ben", "--role", "commander"]);
    let says = String::from_utf8_lossy(&approved.stdout).into_owned() + &told(&approved);
    assert!(approved.status.success() && says.contains("approved") && says.contains("playbook resume"), "{says}");
    let (document, _) = stage.json(&["playbook", "confirm", &run, "go"]);
    assert_eq!(document["run"]["state"], "completed", "{document}");
    let log = stage.midwatch(&["log", "--json"]);
    let log = String::from_utf8_lossy(&log.stdout).into_owned();
    assert!(log.contains("photo.txt") && log.contains("pulled the plug") && log.contains("\"ben\""), "{log}");
}

#[test]
fn a_rollback_is_shown_and_starts_only_when_it_is_told_to() {
    let undo =
        "### One\n\n- **timeout:** 9s\n\n```sh\necho one >> ../work/log\n```\n\n```sh undo\necho undid >> ../work/log\n```\n\n";
    let stage = Stage::new(&format!("## Steps\n\n{undo}{}## Rollback\n\n{}", sh("Two", ""), sh("Back", "")));
    let (run, _) = stage.json(&["playbook", "run", "t", "--confirm", "one=yes"]);
    let run = id(&run).to_owned();
    let shown = stage.midwatch(&["playbook", "rollback", &run]);
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert_eq!(shown.status.code(), Some(1));
    assert!(text.contains("Undo: One") && text.contains("echo undid") && text.contains("Back"), "{text}");
    assert_eq!(stage.wrote("log"), "one\n", "showing it does nothing");
    let (document, _) = stage.json(&["playbook", "rollback", &run, "--yes"]);
    assert_eq!((state_of(&document, "one.undo"), document["run"]["state"].as_str()), ("awaiting-confirm", Some("rolling-back")));
    stage.json(&["playbook", "confirm", &run, "one.undo"]);
    let (document, code) = stage.json(&["playbook", "confirm", &run, "back"]);
    assert_eq!((code, document["run"]["state"].as_str()), (1, Some("rolled-back")), "{document}");
    assert_eq!((state_of(&document, "one"), stage.wrote("log").as_str()), ("undone", "one\nundid\nBack\n"));
}

#[test]
fn a_wait_holds_the_command_line_until_it_has_passed() {
    let stage = Stage::new(&format!("## Steps\n\n### Rest\n\n- **wait:** 300ms\n\n{}", sh("Go", "")));
    let (document, code) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    assert_eq!((code, state_of(&document, "rest"), stage.wrote("log").as_str()), (0, "succeeded", "Go\n"), "{document}");
}

#[test]
fn a_part_is_run_to_its_end_and_resumed_with_its_whole() {
    let steps = format!("## Steps\n\n### Part\n\n- **playbook:** [c](c.md)\n- **with:** `WHAT=NAME`\n\n{}", sh("Go", ""));
    let stage = Stage::with("params:\n  NAME: {type: string, default: deep}\n", &steps);
    let front = "---\nplaybook: 1\nid: c\ntitle: C\nparams:\n  WHAT: {type: string}\n---\n\n# C\n\n";
    stage.home.write(
        "books/c.md",
        &format!("{front}## Steps\n\n### Inner\n\n- **timeout:** 9s\n\n```sh\necho $WHAT >> ../work/log\n```\n"),
    );
    let (document, code) = stage.json(&["playbook", "run", "t", "--auto", "change"]);
    assert_eq!((code, stage.wrote("log").as_str()), (0, "deep\nGo\n"), "{document}");
    let (document, code) = stage.json(&["playbook", "run", "t", "--confirm", "part=yes"]);
    assert_eq!((code, document["run"]["state"].as_str()), (1, Some("waiting")), "{document}");
    let part = document["run"]["part"].as_str().expect("the part").to_owned();
    let (document, _) = stage.json(&["playbook", "confirm", &part, "inner"]);
    assert_eq!((document["run"]["playbook"].as_str(), state_of(&document, "part")), (Some("t"), "succeeded"), "{document}");
    let (document, code) = stage.json(&["playbook", "confirm", id(&document), "go"]);
    assert_eq!((code, stage.wrote("log").as_str()), (0, "deep\nGo\ndeep\nGo\n"), "{document}");
}

#[test]
fn a_drill_runs_its_own_setup_and_clears_away_after_a_failure() {
    let stage = Stage::new(&format!(
        "## Drill setup\n\n{}## Steps\n\n### Fails\n\n- **timeout:** 9s\n- **on fail:** stop\n\n```sh\necho $PLAYBOOK_MODE >> ../work/log; false\n```\n\n## Drill cleanup\n\n{}",
        sh("Make", ""),
        sh("Clear", "")
    ));
    let (document, code) = stage.json(&["playbook", "run", "t", "--drill", "--auto", "change"]);
    assert_eq!((code, document["run"]["state"].as_str(), document["run"]["mode"].as_str()), (1, Some("failed"), Some("drill")));
    assert_eq!(stage.wrote("log"), "Make\ndrill\nClear\n");
    assert!(document["run"]["drill"].is_string());
    stage.home.write("config.yaml", &format!("environment: prod\nplaybooks: [{}]\n", stage.path().join("books").display()));
    let refused = stage.midwatch(&["playbook", "run", "t", "--drill"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(told(&refused).contains("lab"), "{}", told(&refused));
}

/// A run with a secret that waits, without a word of it in its journal.
fn secret() -> (Stage, String) {
    let go = "## Steps\n\n### Go\n\n- **timeout:** 9s\n\n```sh\ntest \"$TOKEN\" = hunter2hunter2 && echo right >> ../work/log\n```\n\n### Then\n\nBy hand.\n";
    let stage = Stage::with("params:\n  TOKEN: {type: secret}\n", go);
    let (run, _) = stage.json(&["playbook", "run", "t", "--param", "TOKEN=hunter2hunter2"]);
    let run = id(&run).to_owned();
    (stage, run)
}

fn is_nowhere(stage: &Stage) {
    for file in std::fs::read_dir(stage.path().join("data")).expect("a folder").flatten().filter(|file| file.path().is_file()) {
        let bytes = std::fs::read(file.path()).expect("it is read");
        assert!(!bytes.windows(14).any(|part| part == b"hunter2hunter2"), "{:?} holds the secret", file.path());
    }
}

#[test]
fn a_run_with_a_secret_is_answered_from_a_shell_that_supplies_it_again() {
    let (stage, run) = secret();
    let refused = stage.midwatch(&["playbook", "confirm", &run, "go"]);
    assert!(told(&refused).contains("--param TOKEN=…"), "{}", told(&refused));
    let (document, _) = stage.json(&["playbook", "confirm", &run, "go", "--param", "TOKEN=hunter2hunter2"]);
    assert_eq!((state_of(&document, "go"), stage.wrote("log").as_str()), ("succeeded", "right\n"), "{document}");
    let wrong = stage.midwatch(&["playbook", "skip", &run, "then", "--reason", "x", "--param", "OTHER=1"]);
    assert!(told(&wrong).contains("no such parameter"), "{}", told(&wrong));
    let (document, _) = stage.json(&["playbook", "skip", &run, "then", "--reason", "later", "--param", "TOKEN=hunter2hunter2"]);
    assert_eq!(document["run"]["state"], "completed-with-exceptions", "{document}");
    is_nowhere(&stage);
}

#[test]
fn a_secret_that_is_missing_is_asked_for_at_the_terminal_and_not_shown() {
    let (stage, run) = secret();
    let mut shell = stage.home.console(&["--data", "data", "playbook", "confirm", &run, "go"], 120, 24);
    shell.wait_for("TOKEN (secret, not shown) >");
    shell.keys("hunter2hunter2\r");
    shell.wait_for("succeeded  Go");
    shell.wait_for("“Then”: `done`");
    shell.keys("leave\r");
    shell.wait_exit();
    assert_eq!(stage.wrote("log"), "right\n");
    let raw = String::from_utf8_lossy(shell.raw()).into_owned();
    assert!(!raw.contains("hunter2"), "it was shown: {raw}");
    is_nowhere(&stage);
}

#[test]
fn a_run_is_closed_without_the_secret_that_it_would_need_to_go_on() {
    let (stage, run) = secret();
    let closed = stage.midwatch(&["playbook", "cancel", &run]);
    let says = String::from_utf8_lossy(&closed.stdout).into_owned() + &told(&closed);
    assert!(says.contains("abandoned: cancelled"), "{says}");
    assert_eq!(stage.open_run(), None);
}

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

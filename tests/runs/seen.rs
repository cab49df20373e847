//! Whoever works at a shell sees the same as at the console before it asks, and is told what is new as new.

use crate::{Stage, id, told};
use std::process::Output;

const FRONT: &str = "params:\n  HOST: {type: host, default: db-2}\n  PASS: {type: secret, from: env.SEEN_PASS}\n";

fn one(fields: &str, block: &str) -> String {
    format!("### Do it\n\n- **timeout:** 9s\n{fields}\n\n```sh\n{block}\n```\n")
}

fn stage(fields: &str, block: &str) -> Stage {
    let mut stage = Stage::with(FRONT, &format!("## Steps\n\n{}", one(fields, block)));
    stage.home = stage.home.env("SEEN_PASS", "hunter2hunter2");
    stage
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What is to be seen before anything destructive: the block, what is in it, where and as whom it runs, how dangerous it is, and where.
fn all_of_it(screen: &str) {
    for fact in [
        "$ echo $HOST $PASS >> ../work/log",
        "HOST=db-2 (default)",
        "PASS=(not shown)",
        "on this machine as",
        "risk: destructive · timeout 9s · LAB",
    ] {
        assert!(screen.contains(fact), "{fact} is missing:\n{screen}");
    }
    assert!(!screen.contains("hunter2"), "{screen}");
}

#[test]
fn a_step_is_shown_whole_before_it_is_confirmed_and_before_it_is_tried_again() {
    let block = "echo $HOST $PASS >> ../work/log; test -e ../work/mended";
    let stage = stage("- **risk:** destructive\n- **confirm:** type `$HOST`", block);
    let mut shell = stage.home.console(&["--data", "data", "playbook", "run", "t"], 100, 24);
    shell.wait_for("type `db-2` to start, `skip`, or `leave` >");
    all_of_it(&shell.screen());
    assert_eq!(stage.wrote("log"), "");
    shell.keys("db-2\r");
    shell.wait_for("`abort`, or `leave` >");
    shell.resize(100, 12);
    stage.home.write("work/mended", "");
    shell.keys("retry\r");
    shell.wait_for("type `db-2` to try it again");
    let raw = String::from_utf8_lossy(shell.raw()).into_owned();
    let shown = raw.rsplit("`abort`, or `leave`").next().expect("the last question");
    all_of_it(shown);
    shell.keys("db-2\r");
    assert!(shell.wait_exit().success());
    assert_eq!(stage.wrote("log").lines().count(), 2);
}

#[test]
fn what_changes_something_is_asked_for_at_a_shell_though_its_author_wants_no_confirmation() {
    let stage = stage("- **risk:** change\n- **confirm:** no", "echo $HOST >> ../work/log");
    let mut shell = stage.home.console(&["--data", "data", "playbook", "run", "t"], 100, 24);
    shell.wait_for("type `yes` to start");
    assert!(shell.screen().contains("risk: change"), "{}", shell.screen());
    shell.keys("leave\r");
    assert!(!shell.wait_exit().success());
    assert_eq!(stage.wrote("log"), "");
}

#[test]
fn without_a_terminal_the_same_stands_above_the_command_that_confirms_it() {
    let stage = stage("- **risk:** destructive\n- **confirm:** type `$HOST`", "echo $HOST $PASS >> ../work/log");
    let waits = said(&stage.midwatch(&["playbook", "run", "t"]));
    all_of_it(&waits);
    assert!(waits.contains("do-it=db-2"), "{waits}");
}

/// Two steps, the first of which can be undone.
fn undoable() -> Stage {
    let undo = "\n```sh undo\necho un $HOST $PASS >> ../work/log\n```\n";
    let first = one("- **risk:** change", "echo $HOST >> ../work/log") + undo;
    let mut stage = Stage::with(FRONT, &format!("## Steps\n\n{first}\n### Fails\n\n- **timeout:** 9s\n\n```sh\nfalse\n```\n"));
    stage.home = stage.home.env("SEEN_PASS", "hunter2hunter2");
    stage
}

#[test]
fn a_rollback_is_shown_with_its_values_its_machine_and_its_risk() {
    let stage = undoable();
    let run = id(&stage.json(&["playbook", "run", "t", "--confirm", "do-it=yes"]).0).to_owned();
    let plan = said(&stage.midwatch(&["playbook", "rollback", &run]));
    for fact in [
        "one at a time, each when you start it",
        "1. Undo: Do it",
        "   $ echo un $HOST $PASS",
        "   HOST=db-2 (default)",
        "   PASS=(not shown)",
        "   on this machine as",
        "   risk: change · timeout",
        "LAB",
    ] {
        assert!(plan.contains(fact), "{fact} is missing:\n{plan}");
    }
    assert!(!plan.contains("by itself") && !plan.contains("hunter2"), "{plan}");
}

#[test]
fn what_was_done_before_is_one_line_and_what_happens_again_is_told_again() {
    let stage = undoable();
    let started = told(&stage.midwatch(&["playbook", "run", "t", "--confirm", "do-it=yes", "--confirm", "fails=yes"]));
    assert!(started.contains("started    Do it") && !started.contains("done before"), "{started}");
    let run = stage.open_run().expect("it waits");
    let resumed = told(&stage.midwatch(&["playbook", "resume", &run]));
    assert!(resumed.contains("done before: 1 of 2 steps"), "{resumed}");
    assert!(!resumed.contains("started") && !resumed.contains("succeeded") && !resumed.contains("failed"), "{resumed}");
    let again = told(&stage.midwatch(&["playbook", "retry", &run, "fails"]));
    assert_eq!(again.lines().next(), Some("done before: 1 of 2 steps"), "{again}");
    assert!(again.contains("again      Fails") && again.contains("failed     Fails"), "the same end is news: {again}");
    assert!(!again.contains("Do it"), "{again}");
    let advice = said(&stage.midwatch(&["playbook", "resume", &run]));
    for way in [format!("retry {run} fails\n"), format!("skip|accept {run} fails --reason WHY\n"), format!("cancel {run}\n")] {
        assert!(advice.contains(&way), "{way}: {advice}");
    }
}

#[test]
fn whoever_waits_for_an_approval_is_told_all_three_ways() {
    let steps = "## Steps\n\n### Agree\n\n- **approve:** 1 of commander\n\n### Look\n\n- **risk:** read\n\n```sh\ntrue\n```\n";
    let stage = Stage::with("roles: [commander]\n", steps);
    let waits = said(&stage.midwatch(&["playbook", "run", "t", "--auto", "read"]));
    let run = stage.open_run().expect("it waits");
    for way in [
        "1 more to approve, of commander; ana asks, and can't".to_owned(),
        format!("midwatch playbook approve {run} agree   ("),
        format!("midwatch playbook approve {run} agree --as NAME --role commander   ("),
        format!("midwatch playbook answer {run} agree alone --note WHY   ("),
    ] {
        assert!(waits.contains(&way), "{way}: {waits}");
    }
    let mut shell = stage.home.console(&["--data", "data", "playbook", "resume", &run], 120, 24);
    shell.wait_for("or `leave`");
    assert!(shell.screen().contains("1 of commander"), "{}", shell.screen());
    shell.keys("here\r");
    shell.wait_for("who approves?");
    shell.keys("bo\r");
    shell.wait_for("in which role?");
    shell.keys("commander\r");
    assert!(shell.wait_exit().success());
    let log = said(&stage.midwatch(&["log", "--json"]));
    assert!(log.contains("\"bo\""), "{log}");
}

#[test]
fn the_plan_says_what_each_step_asks_and_expects() {
    let steps = "## Steps\n\n### Decide\n\n- **ask:** Drain or wait?\n  - Drain: [d](#settle)\n  - Give up: [r](#rollback)\n\n\
        ### Agree\n\n- **approve:** 2 of lead, boss\n- **timeout:** 10m\n\n### Settle\n\n- **wait:** 10s\n\n\
        ### Fence\n\n- **record:** how it was fenced\n\n- [ ] it is off\n\n## Verify\n\n### Check\n\n- **expect:** stdout `t`\n- **retry:** 5 times every 2s\n- **on fail:** [f](#fence)\n\n```sh\necho t\n```\n\n\
        ## Rollback\n\n### Back\n\n- **repeat:** 3 times every 1m\n\n```sh\ntrue\n```\n";
    let stage = Stage::with("roles: [lead, boss]\n", steps);
    let text = said(&stage.midwatch(&["playbook", "plan", "t"]));
    for fact in [
        "`decide` decision\n   - asks: Drain or wait?\n   - `Drain` goes on at “Settle”\n   - `Give up` goes on at Rollback\n",
        "`agree` approval, 2 of lead or boss, within 10m\n",
        "`settle` wait, 10s\n",
        "   - to be written down: how it was fenced\n",
        "expects stdout `t`",
        "   - tried up to 5 times, every 2s\n   - on fail: goes on at “Fence”\n",
        "   - has to hold 3 times in a row, every 1m\n   - on fail: a person is asked\n",
    ] {
        assert!(text.contains(fact), "{fact}: {text}");
    }
    let (plan, _) = stage.json(&["playbook", "plan", "t"]);
    let step = |id: &str| plan["steps"].as_array().expect("steps").iter().find(|step| step["id"] == id).expect("it").clone();
    assert_eq!(step("decide")["question"], "Drain or wait?");
    let options = serde_json::json!([{"label": "Drain", "to": "settle"}, {"label": "Give up", "to": "rollback"}]);
    assert_eq!(step("decide")["options"], options);
    let approval = serde_json::json!({"count": 2, "roles": ["lead", "boss"], "expires_s": 600.0});
    assert_eq!(step("agree")["approval"], approval);
    assert_eq!((&step("settle")["wait_s"], &step("fence")["record"]), (&10.0.into(), &"how it was fenced".into()));
    assert_eq!(step("check")["retry"], serde_json::json!({"times": 5, "every_s": 2.0}));
    assert_eq!((&step("check")["on_fail"], &step("back")["on_fail"]), (&"fence".into(), &"ask".into()));
    assert_eq!(step("check")["expects"], serde_json::json!(["stdout `t`"]));
    assert!(step("check")["question"].is_null() && step("decide")["expects"].is_null(), "{plan}");
}

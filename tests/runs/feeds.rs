//! `feed` bodies, answered by a process without a screen, which asks real feeds for it.

use crate::{Stage, state_of, told};
use serde_json::Value;

/// A feed `disk` of the service `shop` that is a script; another feed that nobody asks about leaves a trace when it is asked.
fn stage(script: &str, step: &str) -> Stage {
    let stage = Stage::new(step);
    let (home, books) = (stage.path().display().to_string(), stage.path().join("books"));
    stage.home.write("disk.sh", script);
    stage.home.write(
        "config.yaml",
        &format!(
            "environment: lab\nplaybooks: [{}]\nservices: [{{name: shop}}, {{name: bare}}]\nfeeds:\n\
             - {{name: disk, service: shop, every: 100ms, timeout: 30s, plugin: {{command: [sh, {home}/disk.sh, {home}]}}}}\n\
             - {{name: other, every: 100ms, plugin: {{command: [touch, {home}/asked]}}}}\n\
             - {{name: lost, every: 100ms, plugin: {{command: [{home}/no-such-plugin]}}}}\n",
            books.display()
        ),
    );
    stage
}

fn check(fields: &str, selector: &str) -> String {
    format!("## Verify\n\n### Well\n\n- **timeout:** 60s\n{fields}\n\n```feed\n{selector}\n```\n")
}

fn run(stage: &Stage) -> (Value, i32) {
    stage.json(&["playbook", "run", "t", "--auto", "read"])
}

fn detail(document: &Value) -> &str {
    document["steps"][0]["attempts"][0]["detail"].as_str().unwrap_or("")
}

const HEALTHY: &str = "echo 'OK - room enough | used=41%'; exit 0\n";

#[test]
fn a_process_without_a_screen_asks_the_feeds_that_are_meant_and_no_others() {
    let stage = stage(HEALTHY, &check("", "service = shop and state = healthy"));
    let (document, code) = run(&stage);
    assert_eq!((code, state_of(&document, "well")), (0, "succeeded"), "{document}");
    assert!(!stage.path().join("asked").exists(), "nobody wanted to know of it");
    let run = document["run"]["id"].as_str().expect("an id");
    let output = std::fs::read_to_string(stage.path().join("data/runs").join(run).join("well.1/out"));
    assert_eq!(output.expect("what was found"), "✓ disk is healthy: OK - room enough\n");
}

#[test]
fn a_gate_is_judged_by_all_that_it_says() {
    for (script, fields, selector, why) in [
        ("echo CRITICAL; exit 2", "", "name = disk and state = healthy", "disk is failing: CRITICAL"),
        ("echo CRITICAL; exit 2", "- **expect:** not empty", "name = disk and state != healthy", ""),
        (HEALTHY, "- **expect:** empty", "name = disk and state = failing", ""),
        (HEALTHY, "- **expect:** value < 50", "name = disk", ""),
        (HEALTHY, "- **expect:** value between 0 and 5", "kind = plugin and name = disk", "(41)"),
        ("echo 'who knows'; exit 3", "", "name = disk and state = healthy", "can't be judged: disk is unknown: who knows"),
        ("echo 'who knows'; exit 3", "- **expect:** empty", "name = disk and state = failing", "can't be judged"),
        (HEALTHY, "", "name = lost and state = healthy", "can't be judged: lost is stale"),
        (HEALTHY, "- **expect:** empty", "name = lost and state = failing", "can't be judged: lost is stale"),
    ] {
        let stage = stage(script, &check(fields, selector));
        let (document, _) = run(&stage);
        let expected = if why.is_empty() { "succeeded" } else { "failed" };
        assert_eq!(state_of(&document, "well"), expected, "{selector}: {document}");
        assert!(detail(&document).contains(why), "{selector}: {document}");
    }
}

#[test]
fn it_is_tried_again_until_it_holds() {
    let third = "echo x >> $1/tries; [ $(wc -l < $1/tries) -ge 3 ] || { echo not yet; exit 2; }\necho well\n";
    let stage = stage(third, &check("- **retry:** 1000 times every 10ms", "name = disk and state = healthy"));
    let (document, code) = run(&stage);
    assert_eq!((code, state_of(&document, "well")), (0, "succeeded"), "{document}");
}

#[test]
fn what_shall_last_is_waited_for() {
    let stage = stage(HEALTHY, &check("", "name = disk and state = healthy for 1s"));
    let (document, code) = run(&stage);
    assert_eq!((code, state_of(&document, "well")), (0, "succeeded"), "{document}");
    let time = |name: &str| -> chrono::DateTime<chrono::Utc> {
        document["steps"][0]["attempts"][0][name].as_str().expect("a time").parse().expect("a time")
    };
    assert!((time("ended_at") - time("started_at")).num_milliseconds() >= 1000, "{document}");
}

#[test]
fn what_does_not_last_long_enough_fails_when_the_time_is_over_and_says_how_long_it_was() {
    let step = check("", "name = disk and state = healthy for 1h").replace("60s", "2s");
    let stage = stage(HEALTHY, &step);
    let (document, code) = run(&stage);
    assert_eq!((code, state_of(&document, "well")), (1, "failed"), "{document}");
    assert!(detail(&document).contains("of 1h"), "{document}");
}

#[test]
fn a_feed_that_hangs_fails_when_the_step_s_time_is_over() {
    let step = check("", "name = disk and state = healthy").replace("60s", "1s");
    let stage = stage("sleep 1000\n", &step);
    let (document, _) = run(&stage);
    assert_eq!(state_of(&document, "well"), "failed", "{document}");
    assert!(detail(&document).contains("disk has not answered"), "{document}");
}

#[test]
fn what_the_configuration_lacks_is_refused_with_the_line_and_told_by_check_and_plan() {
    for (selector, why) in [
        ("name = dsik and state = healthy", "t.md:17: the configuration has no feed `dsik`; did you mean `disk`?"),
        ("state = healthy and\nservice = shpo", "t.md:18: the configuration has no service `shpo`; did you mean `shop`?"),
        ("service = bare and state = healthy", "no feed of the configuration is meant"),
    ] {
        let stage = stage(HEALTHY, &check("", selector));
        let refused = stage.midwatch(&["playbook", "run", "t", "--auto", "read"]);
        assert_eq!(refused.status.code(), Some(2), "{}", told(&refused));
        assert!(told(&refused).contains(why), "{}", told(&refused));
        let plan = stage.midwatch(&["playbook", "plan", "t"]);
        assert_eq!(plan.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&plan.stdout).contains(why), "{plan:?}");
        let check = stage.midwatch(&["check"]);
        let text = String::from_utf8_lossy(&check.stdout).into_owned();
        assert!(text.contains("warning[W119]"), "{text}");
    }
}

#[test]
fn a_value_that_is_filled_in_stays_a_value() {
    for (value, state) in [("shop", "succeeded"), ("shop or state = failing", "failed"), ("nowhere", "failed")] {
        let front = "params:\n  SERVICE: {type: string}\n";
        let step = check("", "service = $SERVICE and state = healthy");
        let own = stage(HEALTHY, "");
        own.home.write("books/t.md", &format!("---\nplaybook: 1\nid: t\ntitle: A test\n{front}---\n\n# A test\n\n{step}"));
        let (document, _) = own.json(&["playbook", "run", "t", "--auto", "read", "--param", &format!("SERVICE={value}")]);
        assert_eq!(state_of(&document, "well"), state, "{value}: {document}");
    }
}

//! The week's playbook is run as a part, in a drill, and what was found is written down.

use crate::lab::{Lab, Ran};
use crate::support::missing;

fn lab(typed: &[(&str, &str)]) -> Option<Lab> {
    let there = !missing("haproxy") && !missing("nginx") && !missing("git") && !missing("curl");
    there.then(|| Lab::bare("weekly-practice", typed))
}

/// Ticks, and writes down what was found.
fn finished(lab: &Lab, ran: &Ran) -> Ran {
    lab.done(ran, "what-was-found");
    lab.answer(ran, "what-was-found", "nothing")
}

#[test]
fn the_picked_playbook_is_practised_and_the_finding_is_kept() {
    let Some(mut lab) = lab(&[("PICK", "config-rollback")]) else { return };
    let ran = lab.drill();
    assert_eq!((ran.step("versioning"), ran.step("failover")), ("succeeded", "skipped"), "{}", ran.failure());
    assert!(!lab.file("").exists(), "the part cleared its scene away");
    let ran = finished(&lab, &ran);
    assert_eq!(ran.state(), "completed", "{}", ran.failure());
    lab.assert_told(&ran);
    lab.measured(&ran, "practised, and nothing real was at risk");
}

#[test]
fn a_drill_that_fails_is_a_finding_and_not_hidden() {
    let Some(mut lab) = lab(&[("PICK", "rolling-deploy-nginx"), ("NEW_RELEASE", "v9")]) else { return };
    let ran = lab.drill();
    assert_ne!(ran.step("deployment"), "succeeded", "{}", ran.failure());
    assert!(!lab.file("").exists(), "the part cleared its scene away");
    assert_eq!(finished(&lab, &ran).state(), "completed-with-exceptions");
}

#[test]
fn it_is_not_started_but_as_a_drill() {
    let Some(lab) = lab(&[]) else { return };
    let refused = lab.midwatch(&["playbook", "run", "weekly-practice", "--auto", "change"]);
    assert_ne!(refused.status.code(), Some(0));
    let list = lab.midwatch(&["playbook", "list", "--json"]);
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).expect("one document");
    assert!(list["runs"].as_array().is_none_or(Vec::is_empty), "nothing was begun");
}

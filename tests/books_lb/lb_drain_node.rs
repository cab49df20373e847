//! A node that answers its users with 500 while its health check is green.

use crate::lab::{Lab, Ran};
use crate::support::missing;

fn lab() -> Option<Lab> {
    (!missing("haproxy") && !missing("nginx") && !missing("curl")).then(|| Lab::set_up("lb-drain-node", &[]))
}

/// What thirty users get, each kind of answer once.
fn users(lab: &Lab) -> String {
    lab.sh("for _ in {1..30}; do curl -s -o /dev/null -w '%{http_code}\\n' \"$FRONT_URL/\"; done | sort -u | paste -sd' '")
}

/// Until the node has been taken out.
fn drained(lab: &Lab) -> Ran {
    let ran = lab.run();
    assert_eq!(ran.step("keep-it-out"), "succeeded", "{}", ran.failure());
    assert_eq!(users(lab), "200", "nobody reaches the sick node any more");
    ran
}

/// The person who mends it says so.
fn mended(lab: &Lab, ran: &Ran) -> Ran {
    lab.done(ran, "mend-it");
    lab.answer(ran, "mend-it", "a file named fault")
}

#[test]
fn a_sick_node_is_drained_mended_and_returned_with_its_whole_weight() {
    let Some(lab) = lab() else { return };
    assert_eq!(users(&lab), "200 500");
    let ran = drained(&lab);
    std::fs::remove_file(lab.file("node2/fault")).expect("mended");
    let ran = mended(&lab, &ran);
    let ran = lab.done(&ran, "make-the-next-one-shorter");
    lab.assert_completed(&ran);
    assert_eq!(users(&lab), "200");
    lab.measured(&ran, "0 of 30 requests failed while it was out, and 0 of 30 since");
    assert_eq!(
        lab.sh("for _ in {1..9}; do curl -s \"$FRONT_URL/\"; done | sort | uniq -c | awk '{ print $1 }' | paste -sd' '"),
        "3 3 3"
    );
}

#[test]
fn a_node_that_still_answers_500_stays_out() {
    let Some(lab) = lab() else { return };
    let ran = mended(&lab, &drained(&lab));
    assert_eq!((ran.state(), ran.step("it-answers-by-itself")), ("failed", "failed"), "{}", ran.failure());
    assert_eq!(ran.step("let-it-back-in-with-little-to-do"), "pending");
    assert_eq!(users(&lab), "200");
    lab.assert_told(&ran);
}

#[test]
fn a_node_that_fails_behind_the_balancer_alone_is_taken_out_again() {
    let Some(mut lab) = lab() else { return };
    // The node's own address is that of a healthy one: only its users see the fault.
    let healthy = lab.get("NODE_PORT").parse::<u16>().expect("a port") - 1;
    let url = format!("http://{}:{healthy}", lab.get("LB_HOST"));
    lab.set("NODE_URL", &url);
    let ran = lab.roll_back(mended(&lab, &drained(&lab)));
    assert_eq!((ran.state(), ran.step("users-who-reach-it-are-served")), ("rolled-back", "failed"), "{}", ran.failure());
    assert_eq!(users(&lab), "200");
}

#[test]
fn the_last_nodes_are_not_drained() {
    let Some(mut lab) = lab() else { return };
    lab.set("MUST_STAY", "3");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("the-others-can-carry-the-load")), ("blocked", "failed"), "{}", ran.failure());
    assert_eq!(ran.step("send-it-nobody-new"), "pending");
    assert_eq!(users(&lab), "200 500", "nothing was touched");
}

#[test]
fn a_name_that_the_balancer_does_not_know_is_refused() {
    let Some(mut lab) = lab() else { return };
    lab.set("NODE", "node9");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("the-node-is-in-the-pool")), ("blocked", "failed"), "{}", ran.failure());
}

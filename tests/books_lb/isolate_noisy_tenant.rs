//! One tenant asks without end; it is slowed down or shut out, and nobody else is.

use crate::lab::Lab;
use crate::support::missing;

fn lab(lever: &str) -> Option<Lab> {
    let there = !missing("haproxy") && !missing("nginx") && !missing("curl");
    there.then(|| Lab::set_up("isolate-noisy-tenant", &[("LEVER", lever)]))
}

/// Different answers to thirty requests of a tenant.
fn answers(lab: &Lab, tenant: &str) -> String {
    lab.sh(&format!(
        "for _ in {{1..30}}; do curl -s -o /dev/null -w '%{{http_code}}\\n' -H 'X-Tenant: {tenant}' \"$FRONT_URL/\"; done | sort -u | paste -sd' '"
    ))
}

#[test]
fn a_limited_tenant_is_slowed_down_and_its_neighbours_are_not() {
    let Some(lab) = lab("limit") else { return };
    assert_eq!(answers(&lab, "acme"), "200", "nothing holds it yet");
    let ran = lab.run();
    let ran = lab.done(&ran, "do-not-leave-it-there");
    lab.assert_completed(&ran);
    assert_eq!(ran.step("shut-it-out"), "skipped");
    assert!(answers(&lab, "acme").contains("429"));
    assert_eq!(answers(&lab, "blue"), "200");
    lab.measured(&ran, "0 of 30 requests of a neighbour refused");
}

#[test]
fn a_tenant_that_is_shut_out_reaches_nothing_and_its_neighbours_do() {
    let Some(lab) = lab("deny") else { return };
    let ran = lab.run();
    lab.assert_completed(&lab.done(&ran, "do-not-leave-it-there"));
    assert_eq!((answers(&lab, "acme").as_str(), answers(&lab, "blue").as_str()), ("429", "200"));
}

#[test]
fn an_innocent_one_is_not_isolated() {
    let Some(mut lab) = lab("deny") else { return };
    lab.set("TENANT", "blue");
    let ran = lab.run();
    let step = ran.step("it-is-this-tenant-that-makes-the-noise");
    assert_eq!((ran.state(), step), ("blocked", "failed"), "{}", ran.failure());
    assert_eq!(answers(&lab, "blue"), "200");
}

#[test]
fn a_limit_that_does_not_hold_is_taken_back() {
    let Some(lab) = lab("limit") else { return };
    lab.sh("sed -i '/limit_req zone/d' \"$NGINX_CONF\"");
    let ran = lab.roll_back(lab.run());
    assert_eq!((ran.state(), ran.step("it-is-held")), ("rolled-back", "failed"), "{}", ran.failure());
    assert_eq!(lab.sh("tr -d '\\n' < \"$LIMITED\""), "");
    lab.assert_told(&ran);
}

#[test]
fn a_configuration_that_nginx_refuses_is_found_before_anything_is_touched() {
    let Some(lab) = lab("limit") else { return };
    lab.sh("echo nonsense >> \"$NGINX_CONF\"");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("the-limit-is-prepared")), ("blocked", "failed"), "{}", ran.failure());
    assert_eq!(lab.sh("cat \"$LIMITED\""), "");
}

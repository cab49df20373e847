//! Users are switched from one set of servers to the other while they ask all the time.

use crate::lab::Lab;
use crate::support::missing;
use crate::users::Users;

fn lab(to: &str) -> Option<Lab> {
    let there = !missing("haproxy") && !missing("nginx") && !missing("curl");
    there.then(|| Lab::set_up("blue-green-switch", &[("TO", to), ("RELEASE", "v2")]))
}

/// What the file says, and what users get.
fn served(lab: &Lab) -> String {
    lab.sh("cat \"$MAP\"; curl -s \"$FRONT_URL/version\"")
}

#[test]
fn users_are_switched_at_once_and_a_reload_keeps_them_there() {
    let Some(lab) = lab("green") else { return };
    let users = Users::of(lab.get("FRONT_URL"));
    let ran = lab.run();
    let got = users.leave();
    let ran = lab.done(&ran, "decide-about-the-old-set");
    lab.assert_completed(&ran);
    assert_eq!(served(&lab), "shop green\nv2");
    assert_eq!(got.keys().map(String::as_str).collect::<Vec<_>>(), ["200 v1", "200 v2"], "{got:?}");
    lab.measured(&ran, &format!("0 of {} requests lost", got.values().sum::<usize>()));
}

#[test]
fn a_set_that_fails_only_under_load_is_left_again() {
    let Some(lab) = lab("green") else { return };
    std::fs::write(lab.file("green/fault"), "").expect("a fault");
    let ran = lab.roll_back(lab.run());
    assert_eq!((ran.state(), ran.step("watch-it-under-load")), ("rolled-back", "failed"), "{}", ran.failure());
    assert_eq!(served(&lab), "shop blue\nv1");
    lab.assert_told(&ran);
}

#[test]
fn a_set_without_the_release_gets_no_users() {
    let Some(lab) = lab("green") else { return };
    std::fs::write(lab.file("green/version"), "v1.9\n").expect("another release");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("the-new-set-has-the-release")), ("blocked", "failed"), "{}", ran.failure());
    assert_eq!(served(&lab), "shop blue\nv1");
}

#[test]
fn a_set_that_breaks_while_it_is_warmed_up_gets_no_users() {
    let Some(lab) = lab("green") else { return };
    std::fs::remove_file(lab.file("green/index.html")).expect("broken");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("warm-it-up"), ran.step("switch")), ("failed", "failed", "pending"), "{}", ran.failure());
    assert_eq!(served(&lab), "shop blue\nv1");
}

#[test]
fn nothing_is_switched_to_the_set_that_serves_or_where_the_file_says_otherwise() {
    let Some(mut lab) = lab("blue") else { return };
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("the-other-set-serves")), ("blocked", "failed"), "{}", ran.failure());
    lab.set("TO", "green");
    std::fs::write(lab.file("active.map"), "shop green\n").expect("edited by hand");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("a-reload-would-not-change-that")), ("blocked", "failed"), "{}", ran.failure());
}

//! A release goes round three nginx behind HAProxy while users ask all the time.

use crate::lab::Lab;
use crate::support::missing;
use crate::users::Users;

fn lab() -> Option<Lab> {
    let there = !missing("haproxy") && !missing("nginx") && !missing("curl");
    there.then(|| Lab::set_up("rolling-deploy-nginx", &[("RELEASE", "v2")]))
}

/// What each instance serves, and how many are in rotation.
fn pool(lab: &Lab) -> String {
    lab.sh("curl -s \"$WEB1_URL/version\" \"$WEB2_URL/version\" \"$WEB3_URL/version\" | paste -sd' '
         exec 3<>\"/dev/tcp/$LB_HOST/$LB_PORT\"; echo \"show servers state $BACKEND\" >&3
         awk '$6 == 2 && $7 == 0' <&3 | wc -l")
}

#[test]
fn users_get_the_new_release_and_notice_nothing() {
    let Some(lab) = lab() else { return };
    let users = Users::of(lab.get("FRONT_URL"));
    let ran = lab.run();
    let got = users.leave();
    let ran = lab.done(&ran, "tidy-up");
    lab.assert_completed(&ran);
    assert_eq!(pool(&lab), "v2 v2 v2\n3");
    assert_eq!(got.keys().map(String::as_str).collect::<Vec<_>>(), ["200 v1", "200 v2"], "{got:?}");
    lab.measured(&ran, &format!("0 of {} requests lost", got.values().sum::<usize>()));
}

#[test]
fn a_build_that_is_broken_on_the_second_instance_is_rolled_back_unseen() {
    let Some(lab) = lab() else { return };
    std::fs::remove_file(lab.file("web2/releases/v2/index.html")).expect("broken");
    let users = Users::of(lab.get("FRONT_URL"));
    let ran = lab.roll_back(lab.run());
    let got = users.leave();
    assert_eq!(ran.state(), "rolled-back", "{}", ran.failure());
    assert_eq!((ran.step("let-web2-back-in-when-it-is-healthy"), ran.step("take-web3-out")), ("undone", "skipped"));
    assert_eq!(pool(&lab), "v1 v1 v1\n3");
    assert_eq!(got.keys().map(String::as_str).collect::<Vec<_>>(), ["200 v1", "200 v2"], "{got:?}");
    lab.assert_told(&ran);
}

#[test]
fn a_configuration_that_nginx_refuses_never_takes_the_place_of_the_running_one() {
    let Some(lab) = lab() else { return };
    std::fs::write(lab.file("web1/releases/v2/site.conf"), "nonsense;").expect("broken");
    let users = Users::of(lab.get("FRONT_URL"));
    let ran = lab.roll_back(lab.run());
    let got = users.leave();
    assert_eq!((ran.state(), ran.step("put-the-release-on-web1")), ("rolled-back", "undone"), "{}", ran.failure());
    assert_eq!(pool(&lab), "v1 v1 v1\n3");
    assert_eq!(got.keys().map(String::as_str).collect::<Vec<_>>(), ["200 v1"], "{got:?}");
}

#[test]
fn nothing_begins_while_an_instance_is_missing_or_another_deployment_is_half_done() {
    let Some(lab) = lab() else { return };
    lab.sh("cd \"$SITE/web3\" && ln -sfn releases/v2 current");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("they-serve-one-and-the-same-release")), ("blocked", "failed"), "{}", ran.failure());
    lab.sh("exec 3<>\"/dev/tcp/$LB_HOST/$LB_PORT\"; echo \"set server $BACKEND/web3 state maint\" >&3; cat <&3");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("all-three-are-in-rotation")), ("blocked", "failed"), "{}", ran.failure());
    assert_eq!(lab.sh("curl -s \"$WEB1_URL/version\""), "v1");
}

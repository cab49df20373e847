//! A change of nginx's configuration that does harm is taken back to a tag.

use crate::lab::Lab;
use crate::support::missing;

fn lab() -> Option<Lab> {
    let there = !missing("nginx") && !missing("git") && !missing("curl");
    there.then(|| Lab::set_up("config-rollback", &[]))
}

fn users(lab: &Lab) -> String {
    lab.sh("curl -s -o /dev/null -w '%{http_code}' \"$URL\"")
}

fn history(lab: &Lab) -> String {
    lab.sh("git -C \"$REPO\" log --format=%s | paste -sd'|'")
}

#[test]
fn users_are_served_again_and_history_tells_what_was_done() {
    let Some(lab) = lab() else { return };
    assert_eq!(users(&lab), "500");
    let ran = lab.done(&lab.run(), "find-out-how-it-came-in");
    lab.assert_completed(&ran);
    assert_eq!((users(&lab).as_str(), history(&lab).as_str()), ("200", "Back to good-1|Split the site|The shop"));
    assert!(!lab.file("etc/part.conf").exists(), "what came since is gone");
    lab.measured(&ran, "0 of 2 commits lost: both are in the history");
}

#[test]
fn a_tag_that_nginx_refuses_today_is_left_again_without_a_reload() {
    let Some(mut lab) = lab() else { return };
    lab.sh("cd \"$REPO\" && echo 'server { ssl_certificate /gone.pem; }' > site2.conf && git add . &&
         git -c user.name=t -c user.email=t@t commit -qm 'A certificate' && git tag rotten && git rm -q site2.conf &&
         git -c user.name=t -c user.email=t@t commit -qm 'None'");
    lab.set("TAG", "rotten");
    let ran = lab.roll_back(lab.run());
    assert_eq!((ran.step("let-nginx-check-them"), ran.step("reload")), ("failed", "skipped"), "{}", ran.failure());
    assert_eq!(ran.state(), "rolled-back", "{}", ran.failure());
    assert_eq!(history(&lab).split('|').next(), Some("Take back: back to rotten"));
    assert_eq!(lab.sh("git -C \"$REPO\" status --porcelain"), "");
    lab.assert_told(&ran);
}

#[test]
fn what_was_edited_by_hand_is_not_lost() {
    let Some(lab) = lab() else { return };
    lab.sh("echo '# by hand' >> \"$REPO/site.conf\"");
    let ran = lab.run();
    assert_eq!((ran.state(), ran.step("nobody-has-edited-files-by-hand")), ("blocked", "failed"), "{}", ran.failure());
    assert_eq!(lab.sh("tail -n 1 \"$REPO/site.conf\""), "# by hand");
}

#[test]
fn a_tag_that_nobody_knows_and_one_that_differs_in_nothing_are_refused() {
    let Some(mut lab) = lab() else { return };
    for tag in ["good-2", "HEAD"] {
        lab.set("TAG", tag);
        let ran = lab.run();
        let step = ran.step("the-tag-is-known-and-differs-from-what-is-there");
        assert_eq!((ran.state(), step), ("blocked", "failed"), "{tag}: {}", ran.failure());
    }
    assert_eq!(history(&lab), "Split the site|The shop");
}

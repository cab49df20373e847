//! Keys that wait for more show what may follow.

use super::screen::outage;

#[test]
fn the_first_key_shows_what_may_follow_and_the_second_does_it() {
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let mut desk = outage();
        desk.resize(width, height).press("D enter ,").expect(",…").expect("m mitigated").expect("r resolved").expect("M merge");
        desk.expect("esc none of them").press("m").expect("INC-1 is mitigated").expect_not(",…").press("esc");
        desk.press(", esc").expect_not(",…").press("g").expect("g top").expect_not("m mitigated").press("g").expect_not("g…");
    }
}

#[test]
fn what_may_follow_is_clicked_too() {
    let mut desk = outage();
    desk.press("D enter ,").click("t title").expect("Title of INC-1").expect_not(",…").press("esc");
    desk.press(",").click("none of them").expect_not(",…").press("m").expect("Map of 3 services");
}

#[test]
fn a_key_that_leads_nowhere_does_nothing() {
    let mut desk = outage();
    desk.press("D enter , z").expect_not(",…").expect_not("Snooze");
    let incident = desk.commands.len();
    desk.press(", q").expect_not(",…");
    assert!(!desk.quits() && desk.commands.len() == incident);
}

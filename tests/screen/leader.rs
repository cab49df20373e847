//! Keys that wait for more show what may follow.

use super::screen::outage;
use midwatch::tui::keymap::Keymap;
use midwatch::tui::{Layouts, Screen, Setup};

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

#[test]
fn a_key_of_the_operators_wins_and_what_lost_it_is_told_in_words() {
    let mut desk = outage();
    let wishes = [("note".to_owned(), vec![",".to_owned()]), ("refresh".to_owned(), vec!["m".to_owned()])];
    let keymap = Keymap::rebound(&wishes).expect("the operator's own");
    let (draft, layouts) = (String::new(), Layouts::default());
    desk.screen = Screen::new(Setup { keymap, zone: chrono_tz::Tz::UTC, draft, replay: None, layouts, links: true });
    desk.press(",").expect("Note").expect_not(",…").press("esc");
    desk.press("? G")
        .expect("Keys that mean something else")
        .expect("refresh by your configuration; map is :map now")
        .press("esc");
    desk.press(":").type_text("map").expect("no key").press("enter").expect("Map of 3 services");
}

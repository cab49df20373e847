//! Anything is found by a part of its name, and enter goes there.

use super::screen::{Desk, FAILOVER, alert, outage};
use midwatch::domain::ids::AlertId;
use midwatch::model::event::SourceAnswer;
use midwatch::tui::hits::Target;
use midwatch::tui::panes::PaneId;

fn finding(text: &str) -> Desk {
    let mut desk = outage();
    desk.playbook(FAILOVER).press("D enter").press(":").type_text(text);
    desk
}

fn under_cursor(desk: &Desk, pane: PaneId) -> Option<Target> {
    desk.screen.hits().under_cursor(pane).map(|shown| shown.target.clone())
}

fn id(fingerprint: &str) -> AlertId {
    AlertId { source: "prod".into(), fingerprint: fingerprint.into() }
}

#[test]
fn each_kind_is_found_with_what_it_is_and_enter_goes_there() {
    finding("refresh").expect("▌ action   refresh").press("enter").expect_not("Do or find");
    finding("diskfil").expect("▌ alert    DiskFilling").press("enter").expect("▌WARN DiskFilling").expect_not("Do or find");
    finding("stripe").expect("▌ service  stripe").press("enter").expect("Service stripe").press("esc");
    finding("fail over").expect("▌ playbook Fail over to the replica").press("enter").expect("# Fail over to the replica");
    finding("inc-1").expect("▌ incident INC-1").press("enter").expect("Log ─ INC-1");
    finding("replicalag firing").expect("log ").press("enter").expect_not("Do or find");
}

#[test]
fn a_line_of_the_log_is_opened_where_it_stands() {
    let mut desk = outage();
    desk.press("n").type_text("the raid controller beeps").press("enter").press("n").type_text("and another").press("enter");
    desk.press(":")
        .type_text("controller")
        .expect("▌ log")
        .press("enter")
        .expect("the raid controller beeps")
        .expect("Entry note");
    desk.press("esc").expect("▌02:58:00 ana");
    assert_eq!(desk.screen.focus(), PaneId::Log);
    assert!(desk.line("▌02:58:00").contains("the raid controller beeps"), "{}", desk.text());
}

#[test]
fn a_whole_name_comes_first_and_what_can_be_done_before_what_can_be_found() {
    finding("theme").expect("▌ action   theme");
    finding("postgres").expect("▌ service  postgres");
    finding("silence").expect("▌ action   silence");
}

#[test]
fn one_of_twenty_thousand_is_found_though_all_of_them_have_its_letters() {
    let mut desk = Desk::new();
    let many: Vec<_> =
        (0..20_000).map(|number| alert("Noise", "warning", "checkout", &format!("n{number:05}-1-0-0-1-7"), number)).collect();
    desk.fires(&many).press(":").type_text("n10017");
    desk.expect("▌ alert    Noise").expect("n10017-1-0-0-1-7");
    desk.press("enter").wait(1);
    assert_eq!(under_cursor(&desk, PaneId::Alerts), Some(Target::Alert(id("Noise-n10017-1-0-0-1-7"))));
    desk.expect("▌WARN Noise");
}

#[test]
fn what_the_filter_or_a_group_hides_is_shown_again() {
    let mut desk = outage();
    desk.press("/").type_text("severity:crit").press("enter").expect_not("INFO BackupLate");
    desk.press(":").type_text("backuplate").press("enter").expect("▌INFO BackupLate").expect_not("severity:crit");
    desk.press("f").type_text("service").press("enter").expect_not("WARN DiskFilling");
    desk.press(":").type_text("diskfill").press("enter").expect("WARN   DiskFilling");
    assert_eq!(under_cursor(&desk, PaneId::Alerts), Some(Target::Alert(id("DiskFilling-db-2:9100"))));
}

#[test]
fn what_has_gone_meanwhile_gives_its_place_to_nobody() {
    let mut desk = outage();
    desk.press(":").type_text("diskfil").expect("▌ alert    DiskFilling");
    desk.changes(vec![], vec![id("DiskFilling-db-2:9100")]);
    for _ in 0..90 {
        desk.wait(10).answers(SourceAnswer { complete: true, ..SourceAnswer::default() });
    }
    desk.expect("not there any more").press("enter").expect("That alert is not there any more.");
    desk.press("esc").expect_not("Do or find");
}

#[test]
fn it_is_read_whole_on_the_smallest_screen() {
    for (width, height) in [(40, 12), (80, 24), (300, 100)] {
        let mut desk = outage();
        desk.resize(width, height).press(":").type_text("postgresdo").expect("▌ alert    PostgresDown");
        let cursor = desk.screen.hits().cursor.expect("a field");
        assert!(cursor.x < width && cursor.y < height);
        desk.press("enter").expect("▌CRIT PostgresDown");
    }
}

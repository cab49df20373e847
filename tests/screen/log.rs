//! The log pane: what it shows of each line, and that it is never blank.

use crate::screen::{Desk, alert, outage};
use midwatch::domain::entry::Amendment;
use midwatch::model::{Command, Fact};

#[test]
fn what_stood_under_the_cursor_may_be_kept_no_more_and_the_log_goes_on() {
    let mut desk = Desk::new();
    let first = alert("First", "warning", "checkout", "shop-x", 1);
    desk.fact(Fact::Watching(true)).press("n").type_text("before the storm").press("enter");
    desk.fires(std::slice::from_ref(&first)).press("4 gg").expect("▌02:57:00 alert").expect("First firing");
    let many = (0..1_500).map(|n| alert("Noise", "warning", "checkout", &format!("shop-{n}"), 1));
    let many: Vec<_> = std::iter::once(first).chain(many).collect();
    desk.fires(&many).draw();
    desk.expect("▌— older than what is kept here").expect_not("First firing").expect("storm: Noise ×");
    // No key hits what stands beside it, and the next one leads on.
    desk.press("enter").expect("No entry is selected").press("j").expect_not("older than");
    // What a person wrote stays, whatever comes by the thousand after it.
    desk.expect("before the storm");
}

#[test]
fn a_line_of_another_day_has_its_day() {
    let mut desk = Desk::new();
    desk.press("n").type_text("yesterday's").press("enter").expect("02:58:00 ana").expect_not("11-23 02:58");
    desk.sleep(86_400).press("n").type_text("today's").press("enter");
    assert!(desk.line("yesterday's").contains("11-23 02:58 ana"), "{}", desk.text());
    assert!(desk.line("today's").contains("02:58:00    ana"), "in line with the others:\n{}", desk.text());
}

#[test]
fn a_line_of_an_alert_says_which_one_it_is_about() {
    let mut desk = outage();
    desk.expect("PostgresDown firing on db-1:5432");
    let gone = alert("ReplicaLag", "warning", "postgres", "db-2:5432", 9).id.clone();
    desk.changes(Vec::new(), vec![gone]).changes(Vec::new(), Vec::new()).draw();
    desk.expect("ReplicaLag resolved on db-2:5432");
}

#[test]
fn the_details_of_a_corrected_entry_say_by_whom_and_what_was_said_before() {
    let mut desk = outage();
    desk.press("n").type_text("-5m lag is 3 s").press("enter");
    let noted = desk.world.log.entries().find(|entry| entry.text == "lag is 3 s").expect("noted").clone();
    desk.wait(120);
    let change = Amendment { text: Some("lag is 30 s".to_owned()), ..Amendment::default() };
    desk.asks(Command::Correct { entry: noted.id, change }).expect("lag is 30 s  (corrected)");
    desk.press("4 gg");
    for _ in 0..20 {
        if desk.line("lag is 30 s").contains('▌') {
            break;
        }
        desk.press("j");
    }
    desk.press("enter").expect("Entry note").expect("corrected").expect("by ana at 2026-11-23 03:00:00 UTC: lag is 30 s");
    desk.expect("said before").expect("lag is 3 s");
}

#[test]
fn the_alerts_of_a_storm_have_one_row_with_their_counts_until_it_is_opened() {
    let mut desk = outage();
    desk.fact(Fact::Watching(true)).resize(160, 40);
    let many: Vec<_> = (0..300).map(|n| alert("Noise", "warning", "checkout", &format!("shop-{n}"), 1)).collect();
    desk.fires(&many).wait(1);
    let rows = |desk: &Desk| desk.text().matches("Noise firing on shop-").count();
    desk.expect("▸ storm: Noise ×300");
    assert_eq!((rows(&desk), desk.world.log.entries().filter(|entry| entry.text.starts_with("Noise firing")).count()), (0, 300));
    // What somebody does with one of them is read, and what became of it.
    desk.press("4 gg");
    for _ in 0..20 {
        if desk.line("▸ storm").contains('▌') {
            break;
        }
        desk.press("j");
    }
    desk.press("enter").expect("▾ storm: Noise ×300").expect("Noise firing on shop-");
    assert!(rows(&desk) >= 3, "{}", desk.text());
    desk.press("enter").expect("▸ storm: Noise ×300");
    assert_eq!(rows(&desk), 0, "{}", desk.text());
}

#[test]
fn a_storm_that_is_longer_than_what_is_kept_has_one_row_too_and_says_so() {
    let mut desk = Desk::new();
    desk.fact(Fact::Watching(true)).resize(160, 40);
    let many: Vec<_> = (0..1_500).map(|n| alert("Noise", "warning", "checkout", &format!("shop-{n}"), 1)).collect();
    desk.changes(Vec::new(), Vec::new()).fires(&many).wait(1);
    desk.expect("▸ storm: Noise ×").expect("of the newest 1000 entries").expect_not("Noise firing on shop-");
}

#[test]
fn a_line_under_the_cursor_that_a_storm_takes_in_leaves_the_cursor_on_its_row() {
    let mut desk = outage();
    desk.fact(Fact::Watching(true)).resize(160, 40);
    let noise =
        |count: usize| (0..count).map(|n| alert("Noise", "warning", "checkout", &format!("shop-{n}"), 1)).collect::<Vec<_>>();
    desk.fires(&noise(9)).wait(1).press("4 G k k");
    desk.fires(&noise(300)).wait(1).expect_not("older than what is kept here");
    assert!(desk.line("▸ storm: Noise ×").contains('▌'), "{}", desk.text());
}

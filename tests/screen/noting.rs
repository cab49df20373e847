//! The line of a note: what was noted before comes back, names are completed, and nothing of that loses what was typed.

use super::*;
use midwatch::domain::entry::{Actor, Draft};

/// Notes of ana, and one of somebody else.
fn noted() -> Desk {
    let mut desk = outage();
    for text in ["saw 5xx drop", "!fail over", "saw 5xx drop"] {
        desk.press("n").type_text(text).press("enter");
    }
    desk.elsewhere(Draft::new(Kind::Note, screen::start(), Actor::person("zoe", None), "not ana's"));
    desk
}

#[test]
fn what_was_noted_comes_back_by_up_and_what_was_typed_by_down() {
    let mut desk = noted();
    desk.press("n").expect("up brings earlier notes").type_text("half");
    desk.press("up").expect("note saw 5xx drop").expect("1 of 2 earlier notes");
    desk.press("up").expect("note ! fail over").expect("decision at now").expect("2 of 2");
    // There is nothing behind the first one.
    desk.press("up").expect("note ! fail over").press("down").expect("note saw 5xx drop");
    desk.press("down").expect("note half").expect("up brings earlier notes");
    desk.press("down").expect("note half");
    // What was brought back is changed like anything typed, and the next look begins with the last note again.
    desk.press("up up").type_text(" now").press("up").expect("note saw 5xx drop").expect("1 of 2");
    desk.press("down").expect("note ! fail over now").press("enter");
    let last = desk.commands.last().expect("a command").clone();
    assert!(matches!(last, Command::Note { kind: Kind::Decision, text, .. } if text == "fail over now"));
}

#[test]
fn what_came_by_a_pipe_comes_back_in_one_line() {
    let mut desk = noted();
    desk.elsewhere(Draft::new(Kind::Todo, screen::start(), Actor::person("ana", None), "two\nlines\u{202e}"));
    desk.press("n up").expect("note + two lines").expect("todo at now").expect("1 of 3");
}

#[test]
fn an_earlier_note_that_is_longer_than_a_line_says_that_it_was_cut() {
    let mut desk = noted();
    desk.elsewhere(Draft::new(Kind::Note, screen::start(), Actor::person("ana", None), "x".repeat(4_001)));
    desk.press("n up").expect("1 of 3 earlier notes; only the first 4000 bytes of it fit here");
    desk.press("up").expect("2 of 3 earlier notes").expect_not("fit here");
    desk.elsewhere(Draft::new(Kind::Note, screen::start(), Actor::person("ana", None), "x".repeat(4_000)));
    desk.press("esc n up").expect("1 of 4 earlier notes").expect_not("fit here");
}

#[test]
fn a_note_that_the_journal_refuses_is_a_draft_again() {
    let mut desk = noted();
    desk.press("n").type_text("db-2 serves, 5xx drop");
    desk.broken = true;
    desk.press("enter").expect("the disk is full");
    assert_eq!(
        desk.asked.last(),
        Some(&Ui::SaveDraft("db-2 serves, 5xx drop".into())),
        "the file has it as long as nothing else has"
    );
    desk.press("n").expect("note db-2 serves, 5xx drop").press("ctrl-u").type_text("another").press("enter");
    desk.broken = false;
    desk.press("n").expect("note another").press("enter n").expect_not("note another");
    assert_eq!(desk.asked.last(), Some(&Ui::SaveDraft(String::new())));
}

#[test]
fn what_was_begun_stays_the_draft_while_earlier_notes_are_looked_at() {
    let mut desk = noted();
    desk.press("n").type_text("half").press("up").expect("note saw 5xx drop");
    assert_eq!(desk.asked.last(), Some(&Ui::SaveDraft("half".into())));
    desk.press("esc n").expect("note half");
    desk.press("up").type_text("s");
    assert_eq!(desk.asked.last(), Some(&Ui::SaveDraft("saw 5xx drops".into())));
}

#[test]
fn a_name_is_put_in_its_place_only_while_the_cursor_stands_behind_it() {
    let mut desk = noted();
    desk.press("n").type_text("asked zo").press("tab").expect("note asked zoe");
    desk.press("home tab tab").expect("asked zoe");
    desk.press("end").type_text(", chec").press("tab").expect("note asked zoe, checkout");
}

#[test]
fn alerts_services_and_people_are_completed_in_turn() {
    let mut desk = noted();
    desk.press("n").type_text("asked zo").press("tab").expect("note asked zoe").type_text(", POST");
    desk.press("tab").expect("note asked zoe, postgres").expect("tab: PostgresDown");
    desk.press("tab").expect("note asked zoe, PostgresDown").press("tab").expect("note asked zoe, postgres");
    desk.type_text(" prod/Post").press("tab").expect("postgres prod/PostgresDown-db-1:5432");
    desk.type_text(" zz").press("tab").expect("No alert, service or person").expect("prod/PostgresDown-db-1:5432 zz");
    desk.press("enter").expect_not("Note into");
}

#[test]
fn a_name_is_completed_at_the_cursor_and_behind_a_mark() {
    let mut desk = noted();
    desk.press("n").type_text("?check is slow").press("left left left left left left left left");
    desk.press("tab").expect("note ?checkout is slow").expect("hypothesis at now");
}

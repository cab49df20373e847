//! Colours are tried on, kept or given back.

use super::screen::Desk;
use midwatch::tui::Ui;
use midwatch::tui::theme::Wear;

fn tried(name: &str) -> Ui {
    Ui::Wear(Wear::Try(Some(name.to_owned())))
}

fn chosen() -> Desk {
    let mut desk = Desk::new();
    desk.press(":").type_text("theme").press("enter").expect("Colours").expect("High contrast");
    desk
}

#[test]
fn what_the_cursor_is_on_shows_and_esc_gives_it_back() {
    let mut desk = chosen();
    assert_eq!(desk.asked, [], "looking at the list changes nothing");
    desk.press("down down esc");
    assert_eq!(desk.asked, [tried("contrast"), tried("midwatch"), Ui::Wear(Wear::Back)]);
    desk.expect_not("Colours");
}

#[test]
fn what_is_typed_shows_too_and_enter_keeps_it_and_says_how_to_keep_it_for_ever() {
    let mut desk = chosen();
    desk.type_text("mono").press("enter").expect("`console: {theme: mono}` in the configuration");
    let (before, last) = desk.asked.split_at(desk.asked.len() - 3);
    assert!(before.contains(&tried("mono")), "{before:?}");
    assert_eq!(last, [tried("mono"), Ui::Wear(Wear::Keep), Ui::Copy("console: {theme: mono}".into())]);
}

#[test]
fn the_one_that_it_began_with_is_among_them() {
    let mut desk = chosen();
    desk.type_text("as it was").press("enter");
    assert_eq!(desk.asked[desk.asked.len() - 2..], [Ui::Wear(Wear::Try(None)), Ui::Wear(Wear::Keep)]);
}

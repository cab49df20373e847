//! What takes long says that it goes on and for how long, and can be left or stopped.

use super::screen::{Desk, alert, settings};
use midwatch::domain::act::{ActKind, Outcome};
use midwatch::domain::settings::Settings;
use midwatch::model::troubles::Own;
use midwatch::model::{Effect, Fact};

fn many() -> Desk {
    let mut set = settings();
    set.sources[0].acts.push(ActKind::Resolve);
    let mut desk = Desk::with(Settings { ..set });
    let alerts: Vec<_> = (0..30).map(|number| alert("Noise", "warning", "none", &format!("n-{number:02}"), number)).collect();
    desk.fires(&alerts).press("/").type_text("noise").press("enter M x").expect("resolve");
    let row = desk.line("resolve");
    let key = row.split_once(" resolve").and_then(|(before, _)| before.chars().last()).expect("its key");
    desk.press(&key.to_string()).press("enter");
    while desk.screen.covered() {
        desk.press("enter");
    }
    desk
}

fn acts(desk: &Desk) -> usize {
    desk.effects.iter().filter(|effect| matches!(effect, Effect::Act { .. })).count()
}

#[test]
fn an_act_on_many_is_stopped_and_what_is_under_way_goes_on_to_its_end() {
    let mut desk = many();
    assert_eq!(acts(&desk), 4, "{}", desk.text());
    desk.wait(10).expect("(0 of 30, for 10s; ,x stops the rest)");
    desk.act_ends(Outcome::Done, "").act_ends(Outcome::Done, "");
    desk.press("o").expect(",x stops the 24 that wait").press(",x").expect("24 that waited are not sent").press("esc");
    let before = acts(&desk);
    while desk.effects.iter().any(|effect| matches!(effect, Effect::Act { .. })) {
        desk.act_ends(Outcome::Done, "");
    }
    assert_eq!(before, 4, "nothing new was sent");
    desk.press("o").expect("stopped before it was sent").expect_not("stops the").press("esc");
    desk.press(",x").expect("Nothing waits to be sent");
}

#[test]
fn of_many_those_that_failed_or_that_nobody_knows_of_come_first() {
    let mut desk = many();
    for _ in 0..28 {
        desk.act_ends(Outcome::Done, "resolved");
    }
    desk.act_ends(Outcome::Unknown, "no answer").act_ends(Outcome::Failed, "500: oops").press("o");
    desk.expect("? outcome unknown: no answer").expect("✗ failed: 500: oops").expect("✓ confirmed: resolved");
    let place = |words: &str| desk.text().find(words);
    assert!(place("500: oops") < place("✓ confirmed"), "{}", desk.text());
}

#[test]
fn what_is_read_says_since_when_it_is_waited_for_and_esc_leaves_it() {
    let mut desk = many();
    for keys in ["H", "B"] {
        desk.press(keys).expect("… the journal is asked: esc leaves it").wait(5).expect("the journal is asked, for 5s");
        desk.press("esc").expect_not("the journal is asked");
    }
    desk.press("D enter ,e").expect("… the journal is read").wait(5).expect("for 5s: esc leaves it").press("esc");
    desk.expect_not("the journal is read");
}

#[test]
fn a_file_that_is_being_copied_is_given_up_and_leaving_says_what_is_lost() {
    let mut desk = many();
    while desk.effects.iter().any(|effect| matches!(effect, Effect::Act { .. })) {
        desk.act_ends(Outcome::Done, "");
    }
    desk.press("4 a").type_text("/srv/core.dump").press("enter");
    let asked = |desk: &Desk| {
        desk.effects.iter().find_map(|effect| if let Effect::Keep { request, .. } = effect { Some(*request) } else { None })
    };
    let request = asked(&desk).expect("it is copied");
    desk.press("q").expect("1 file is being copied, and is not attached if you leave now").press("esc");
    desk.press(",x").expect("The file is not attached");
    assert!(desk.effects.contains(&Effect::StopKeeping { request }), "{:?}", desk.effects);
    let entries = desk.world.log.entries().count();
    desk.fact(Fact::Kept { request, kept: Err("it was stopped".to_owned()) });
    assert_eq!(desk.world.log.entries().count(), entries);
    desk.press("q");
    assert!(desk.quits(), "{}", desk.text());
}

#[test]
fn what_the_console_can_not_do_for_itself_stands_among_the_errors_until_it_can() {
    let mut desk = many();
    let mut hampered = |what, why: Option<&str>| {
        desk.fact(Fact::Hampered { what, why: why.map(str::to_owned) });
    };
    hampered(Own::Draft, Some("No space left on device"));
    hampered(Own::Folders, Some("/srv/books: Permission denied"));
    desk.wait(1).press("!").expect("✗ the note that was begun can't be kept").expect("No space left").expect("finish it");
    desk.expect("✗ a folder of playbooks can't be read").expect("/srv/books: Permission denied");
    desk.fact(Fact::Hampered { what: Own::Draft, why: None })
        .wait(1)
        .expect("✓ the note that was begun can't be kept · well again");
}

//! What takes long says that it goes on and for how long, and can be left or stopped.

use super::screen::{Desk, alert, settings};
use midwatch::domain::act::{ActKind, Outcome};
use midwatch::domain::settings::Settings;
use midwatch::model::Effect;

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
    assert_eq!(acts(&desk), 8, "{}", desk.text());
    desk.wait(10).expect("(0 of 30, for 10s; ,x stops the rest)");
    desk.act_ends(Outcome::Done, "").act_ends(Outcome::Done, "");
    desk.press("o").expect(",x stops the 20 that wait").press(",x").expect("20 that waited are not sent").press("esc");
    let before = acts(&desk);
    while desk.effects.iter().any(|effect| matches!(effect, Effect::Act { .. })) {
        desk.act_ends(Outcome::Done, "");
    }
    assert_eq!(before, 8, "nothing new was sent");
    desk.press("o").expect("stopped before it was sent").expect_not("stops the").press("esc");
    desk.press(",x").expect("Nothing waits to be sent");
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

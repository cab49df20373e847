//! The screen as an operator uses it: given, keys, then.

#[path = "support/screen.rs"]
mod screen;

use screen::{alert, outage};

#[test]
fn the_selected_alert_stays_under_the_cursor_when_a_worse_one_arrives() {
    let mut desk = outage();
    desk.press("j j").expect("▌WARN ReplicaLag");
    let place = desk.find("▌WARN ReplicaLag");
    desk.fires(&[alert("EverythingDown", "critical", "checkout", "shop-1", 0)]);
    desk.expect("EverythingDown").expect("▌WARN ReplicaLag");
    assert_eq!(desk.find("▌WARN ReplicaLag"), place, "nothing jumps");
}

/// Not a test of anything: prints the screens for a person to look at, `cargo test --test screen look -- --ignored --nocapture`.
#[test]
#[ignore = "for a person's eyes"]
fn look() {
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let mut desk = outage();
        desk.resize(width, height);
        println!("{}", desk.text());
        println!("{}", desk.press("a").type_text("on it").text());
        desk.press("enter").press("i enter").wait(20);
        println!("{}", desk.text());
        println!("{}", desk.press("enter").text());
        println!("{}", desk.press("esc j s").text());
        println!("{}", desk.press("esc :").type_text("inc").text());
        println!("{}", desk.press("esc ?").text());
        println!("{}", desk.press("esc 1").text());
    }
}

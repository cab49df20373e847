//! Calls whose process was gone before they had ended.

use super::*;

/// A watcher is gone between the beginning and the end of a call: the next one says so, and calls once more.
pub fn cut_off(by: Way) -> Desk {
    let mut desk = Desk::new(&[by], 0);
    desk.lists(&["Down", "Slow"]);
    assert_eq!(desk.calls(false).1, [by]);
    desk.dies();
    desk.lists(&["Down", "Slow"]);
    assert_eq!(desk.calls(false).1, []);
    desk.story.wait(10);
    assert_eq!(desk.said().len(), 2, "it may be under way still: {:?}", desk.said());
    desk.story.wait(15);
    desk
}

#[test]
fn a_call_that_was_cut_off_is_told_and_made_once_more() {
    let mut desk = cut_off(Way::Command);
    let told =
        "the call by command begun at 03:00 UTC was cut off: whether it arrived is not known (Down is critical and 1 more)";
    assert_eq!(desk.said().last(), Some(&told));
    assert_eq!(desk.calls(false).1, [Way::Command]);
    let again = "calls ana by command once more: Down is critical and 1 more (an earlier call of it was cut off)";
    assert_eq!(desk.said().last(), Some(&again));
    assert_eq!(desk.calls(false).1, []);
    // That one is cut off, too: it is told, and no third one is made.
    desk.dies();
    desk.lists(&["Down", "Slow"]);
    desk.story.wait(30);
    desk.lists(&["Down", "Slow"]);
    assert_eq!(desk.calls(false).1, []);
    assert_eq!(desk.said().iter().filter(|text| text.contains("was cut off: whether")).count(), 2);
}

#[test]
fn a_call_that_was_cut_off_is_not_made_again_where_somebody_has_looked_or_it_is_over_or_old() {
    let mut looked = cut_off(Way::Desktop);
    looked.looked = Some(looked.story.now.wall - chrono::Duration::seconds(20));
    assert_eq!(looked.calls(false).1, []);
    looked.looked = Some(looked.story.now.wall - chrono::Duration::seconds(60));
    looked.lists(&["Down", "Slow"]);
    assert_eq!(looked.calls(false).1, [Way::Desktop], "that was before it");
    let mut owned = cut_off(Way::Desktop);
    owned.story.ask(ack(&["Down", "Slow"]));
    assert_eq!(owned.calls(false).1, []);
    let mut old = cut_off(Way::Desktop);
    old.story.wait(700);
    old.lists(&["Down", "Slow"]);
    assert_eq!(old.calls(false).1, []);
}

#[test]
fn a_call_that_has_ended_or_is_under_way_here_is_not_told_as_cut_off() {
    let mut desk = Desk::new(&[Way::Command], 0);
    desk.lists(&["Down"]);
    if let Some(call) = desk.crier.cry(&desk.story.world, || None, |_| true) {
        desk.story.ask(Command::Call(call));
    }
    // The machine slept meanwhile.
    desk.story.wait(3600);
    assert!(desk.said().iter().all(|text| !text.contains("cut off")), "{:?}", desk.said());
    let intent = desk.story.taken().into_iter().find_map(|effect| match effect {
        Effect::Call { intent, .. } => Some(intent.id()),
        _ => None,
    });
    desk.story.fact(Fact::CallEnded { intent: intent.expect("it was made"), way: Way::Command, end: Ok(()) });
    desk.dies();
    desk.story.wait(60);
    assert!(desk.said().iter().all(|text| !text.contains("cut off")), "{:?}", desk.said());
}

/// Whoever made it stood still as long, and goes on with it now.
#[test]
fn a_machine_that_stands_still_cuts_no_call_off() {
    let mut desk = Desk::new(&[Way::Command], 0);
    desk.lists(&["Down"]);
    assert_eq!(desk.calls(false).1, [Way::Command]);
    desk.dies();
    desk.lists(&["Down"]);
    let cut_off = |desk: &Desk| desk.said().iter().any(|text| text.contains("was cut off"));
    desk.story.wait(600);
    assert!(desk.said().iter().any(|text| text.contains("console slept")), "{:?}", desk.said());
    desk.story.wait(15);
    assert!(!cut_off(&desk), "{:?}", desk.said());
    desk.story.wait(10);
    assert!(cut_off(&desk), "{:?}", desk.said());
}

/// Whichever of its entries comes first, and though some are told twice.
#[test]
fn what_is_known_of_calls_does_not_depend_on_the_order_of_their_entries() {
    let mut desk = cut_off(Way::Command);
    desk.calls(false);
    let entries: Vec<_> = desk.story.journal.clone();
    let told = |entries: &mut dyn Iterator<Item = &Arc<Entry>>| {
        let mut other = Story::with(desk.story.world.settings.as_ref().clone());
        entries.for_each(|entry| other.fact(Fact::Recorded { entry: entry.clone(), request: None }));
        other.world.calls
    };
    let calls = told(&mut entries.iter());
    assert_eq!(told(&mut entries.iter().rev()), calls);
    assert_eq!(told(&mut entries.iter().skip(3).chain(&entries)), calls);
}

/// In a storm thousands of entries follow on the call of it before that ends.
#[test]
fn the_end_of_a_call_is_known_as_its_end_however_much_was_recorded_meanwhile() {
    let mut desk = Desk::new(&[Way::Command], 0);
    desk.lists(&["Down"]);
    if let Some(call) = desk.crier.cry(&desk.story.world, || None, |_| true) {
        desk.story.ask(Command::Call(call));
    }
    let intent = desk.story.last(Kind::Console).id;
    let names: Vec<String> = (0..1_500).map(|number| format!("Slow{number}")).collect();
    desk.lists(&names.iter().map(String::as_str).chain(["Down"]).collect::<Vec<_>>());
    assert!(!desk.story.world.log.entries().any(|entry| entry.id == intent), "the log has forgotten it");
    desk.story.fact(Fact::CallEnded { intent, way: Way::Command, end: Ok(()) });
    desk.dies();
    desk.story.wait(25);
    assert!(desk.said().iter().all(|text| !text.contains("cut off")), "{:?}", desk.said());
}

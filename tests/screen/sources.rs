//! How far a source can be trusted: told in one word everywhere, and why one key away.

use crate::queue::{tells, two_sources};
use crate::screen::alert;
use midwatch::model::event::SourceAnswer;

#[test]
fn a_part_of_a_source_that_is_silent_is_named_and_what_the_others_say_stays_fresh() {
    let mut desk = two_sources();
    let says = |missing: &[&str]| SourceAnswer {
        complete: missing.is_empty(),
        missing: missing.iter().map(|part| (*part).into()).collect(),
        ..SourceAnswer::default()
    };
    tells(&mut desk, "pager", &[]);
    desk.answers(says(&[])).expect("✓ Nothing fires.").expect_not("incomplete");
    desk.answers(says(&["http://am-2\u{1b}[2J:9093 refused the connection"]));
    desk.expect_not("✓ Nothing fires").expect("Nothing fires, as far as was answered:").expect("? prod: http://am-2");
    desk.expect("? prod incomplete");
    desk.fires(&[alert("Slow", "warning", "checkout", "web-1", 3)]);
    desk.answers(says(&["http://am-2:9093 refused the connection"])).expect_not("? stale");
    assert_eq!(desk.text().matches("? prod incomplete").count(), 2, "{}", desk.text());
    desk.press("enter").expect("prod is incomplete: http://am-2:9093 refused the connection").press("esc");
    desk.press("W").expect("prod ? incomplete · alertmanager · answered").expect("http://am-2:9093 refused the connection");
    desk.expect("pager ✓ fresh").press("esc");
    // What failed says nothing of its parts any more.
    desk.source_fails("nobody listens").press("W").expect("prod ? failed").expect("nobody listens").expect_not("am-2");
    desk.answers(says(&[])).expect("prod ✓ fresh").expect_not("nobody listens");
}

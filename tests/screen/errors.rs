//! What failed stands in one place, with what to do about it.

use super::screen::{Desk, FAILOVER, outage, settings};
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::model::event::SourceAnswer;
use midwatch::model::{Body, Effect, Event, Fact};

fn misconfigured(desk: &mut Desk) -> &mut Desk {
    desk.fact(Fact::Misconfigured("config.yaml:3:5: unknown key `fedes`\n3 | fedes: 1\n".into())).wait(1)
}

#[test]
fn nothing_failed_is_said_and_what_did_is_counted_until_somebody_looks() {
    let mut desk = outage();
    desk.resize(160, 40).expect_not("error").press("!").expect("Nothing has failed of late.").press("esc").wait(1);
    desk.source_fails("connection refused").wait(5);
    misconfigured(&mut desk).expect("✗ 2 errors: !").press("!").expect("▌✗ the changed configuration has errors");
    desk.expect("unknown key `fedes`")
        .expect("Mend the file")
        .expect_not("␊")
        .expect("✗ source prod")
        .expect("connection refused");
    desk.press("esc").expect_not("errors: !").source_fails("connection refused").expect_not("errors: !");
    desk.answers(SourceAnswer { complete: true, ..SourceAnswer::default() }).wait(1).source_fails("401").expect("✗ 1 error: !");
}

#[test]
fn it_tells_since_when_how_often_and_what_is_well_again_for_an_hour() {
    let mut desk = outage();
    desk.source_fails("connection refused").wait(60).source_fails("connection refused").source_fails("no route");
    desk.press("!").expect("source prod · for 1m00s ").expect_not("times").expect("no route");
    desk.answers(SourceAnswer { complete: true, ..SourceAnswer::default() });
    desk.wait(10).expect("✓ source prod · well again for").expect("was: no route").expect_not("times");
    // One outage is that, however often it was asked meanwhile.
    desk.source_fails("no route").source_fails("no route").wait(10).expect("source prod · for 10s, 2 times");
    desk.answers(SourceAnswer { complete: true, ..SourceAnswer::default() }).wait(10).expect("well again for 10s, 2 times");
    for _ in 0..370 {
        desk.wait(10).answers(SourceAnswer { complete: true, ..SourceAnswer::default() });
    }
    desk.expect_not("source prod");
}

#[test]
fn what_nobody_tells_of_is_found_too() {
    let mut desk = outage();
    desk.wait(400).press("!").expect("✗ source prod").expect("✗ feed checkout-pay could not ask");
}

#[test]
fn enter_leads_to_what_failed_and_the_cursor_stays_on_it() {
    let mut desk = outage();
    desk.fact(Fact::FeedFailed { feed: "pg-primary".into(), trouble: Trouble::new(Reason::Timeout, "no answer within 5s") });
    desk.wait(1).press("!").expect("▌✗ feed pg-primary could not ask");
    misconfigured(&mut desk).expect("▌✗ feed pg-primary").press("enter").expect("Feed pg-primary").press("esc").press("!");
    desk.press("gg").expect("▌✗ the changed configuration").press("enter").expect("read again at once").press("esc");
    desk.source_fails("x").press("! gg enter").expect("Where alerts come from");
}

#[test]
fn what_was_asked_and_not_done_is_among_them_and_so_is_a_playbook_that_cannot_be_read() {
    let mut desk = outage();
    desk.broken = true;
    desk.press("a enter !")
        .expect("the journal can't be written")
        .expect("acknowledge CheckoutErrors")
        .expect("the disk is full");
    desk.broken = false;
    desk.press("esc a enter !").expect("✓ the journal can't be written · well again");
    desk.press("esc").playbook(&FAILOVER.replace("- **Risk:** change", "- **Risk:** sometimes")).wait(1).press("!");
    desk.expect("✗ playbook postgres-failover").press("enter").expect("✗ can't run");
    desk.press("esc").playbook(FAILOVER).wait(1).press("!").expect("✓ playbook postgres-failover · well again");
}

#[test]
fn what_is_outside_is_inert_there_and_it_fits_the_smallest_screen() {
    let mut desk = outage();
    desk.resize(40, 12).source_fails("\u{1b}[2Jgone\u{202e}").press("!").expect("▌✗ source prod").expect("␛[2Jgone");
    misconfigured(&mut desk).press("G").expect("▌");
    assert!(!desk.text().contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'));
}

#[test]
fn a_click_means_what_stands_there_whatever_has_come_since() {
    let mut desk = outage();
    desk.source_fails("x").wait(1);
    desk.fact(Fact::FeedFailed { feed: "pg-primary".into(), trouble: Trouble::new(Reason::Timeout, "no answer within 5s") });
    desk.wait(1).press("!").expect("▌✗ feed pg-primary").expect("✗ source prod");
    // It comes on top of both, and no frame has shown it yet.
    let body = Body::Fact(Fact::Misconfigured("config.yaml:3:5: unknown key `fedes`".into()));
    desk.world.update(Event { seq: 1_000, stamp: desk.world.now, body });
    desk.click("source prod").expect("▌✗ source prod").expect("✗ the changed configuration has errors");
}

#[test]
fn nothing_is_exported_while_what_is_to_be_struck_is_not_known() {
    let exports = |desk: &Desk| desk.effects.iter().filter(|effect| matches!(effect, Effect::Export { .. })).count();
    let mut desk = outage();
    desk.press("D enter");
    misconfigured(&mut desk).press(",e").expect("INC-1 is not exported").expect("✗ config.yaml:3:5: unknown key `fedes`");
    desk.expect("3 | fedes: 1").expect_not("␊");
    desk.press("w enter").expect("✗ config.yaml:3:5");
    assert_eq!(exports(&desk), 0);
    desk.press("esc").fact(Fact::Configured(std::sync::Arc::new(settings()))).press(",e").expect("INC-1 as `midwatch export");
    assert_eq!(exports(&desk), 1);
}

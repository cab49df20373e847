//! What becomes news of an alert that is known already.

use super::*;

/// Elsewhere a problem gets worse under the same name, and a worse one has been called of before.
#[test]
fn what_gets_worse_is_called_of_once_for_each_severity_whatever_was_called_before() {
    let (mut one, mut other) = (Desk::new(&[Way::Bell], 0), Desk::new(&[Way::Bell], 1));
    one.lists_as(&[("Slow", "warning")], |_| ());
    assert_eq!(one.calls(false).0, rung(&[]));
    one.lists_as(&[("Slow", "warning"), ("Down", "critical")], |_| ());
    assert_eq!(one.calls(false).0, rung(&["Down is critical"]));
    one.lists_as(&[("Slow", "critical"), ("Down", "critical")], |_| ());
    assert_eq!(one.calls(false).0, rung(&["Slow is critical"]));
    // As bad as it was before is no news.
    one.lists_as(&[("Slow", "warning"), ("Down", "critical")], |_| ());
    one.lists_as(&[("Slow", "critical"), ("Down", "critical")], |_| ());
    assert_eq!(one.calls(false).0, rung(&[]));
    // One that began later, and has seen it get worse, too.
    other.shares(&one);
    other.story.begins_anew();
    other.lists_as(&[("Slow", "warning"), ("Down", "critical")], |_| ());
    other.lists_as(&[("Slow", "critical"), ("Down", "critical")], |_| ());
    assert_eq!(other.calls(false).0, rung(&[]), "the journal had it already");
}

#[test]
fn what_called_as_a_warning_calls_again_as_it_becomes_critical() {
    let mut desk = Desk::called_of(Severity::Warning, &[Way::Bell], 0);
    desk.lists_as(&[("Slow", "warning")], |_| ());
    assert_eq!(desk.calls(false).0, rung(&["Slow is warning"]));
    desk.lists_as(&[("Slow", "critical")], |_| ());
    assert_eq!(desk.calls(false).0, rung(&["Slow is critical"]));
    // While it is somebody's nobody else is called.
    let mut owned = Desk::called_of(Severity::Warning, &[Way::Bell], 0);
    owned.lists_as(&[("Slow", "warning")], |_| ());
    owned.calls(false);
    owned.story.ask(ack(&["Slow"]));
    owned.lists_as(&[("Slow", "critical")], |_| ());
    assert_eq!(owned.calls(false).0, rung(&[]));
}

/// A rule of Prometheus is pending for minutes, and other alerts call meanwhile.
#[test]
fn what_was_pending_or_kept_quiet_calls_as_it_fires_though_others_have_called_since() {
    let pending = |alert: &mut Alert| alert.upstream = Upstream::Pending;
    let inhibited = |alert: &mut Alert| alert.inhibited_by = vec!["Down".into()];
    let quiet: [&dyn Fn(&mut Alert); 2] = [&pending, &inhibited];
    for quiet in quiet {
        let mut desk = Desk::new(&[Way::Bell], 0);
        let only_slow = |alert: &mut Alert| {
            if alert.name() == "Slow" {
                quiet(alert);
            }
        };
        desk.lists_as(&[("Slow", "critical")], only_slow);
        assert_eq!(desk.calls(false).0, rung(&[]));
        desk.lists_as(&[("Slow", "critical"), ("Down", "critical")], only_slow);
        assert_eq!(desk.calls(false).0, rung(&["Down is critical"]));
        desk.lists(&["Slow", "Down"]);
        assert_eq!(desk.calls(false).0, rung(&["Slow is critical"]));
        // The same goes quiet and comes out again, however much later: it has called.
        desk.story.wait(300);
        desk.lists_as(&[("Slow", "critical"), ("Down", "critical")], only_slow);
        desk.lists(&["Slow", "Down"]);
        assert_eq!(desk.calls(false).0, rung(&[]));
    }
}

#[test]
fn what_people_had_put_off_calls_once_more_as_it_fires_for_everybody_again() {
    let silenced = |alert: &mut Alert| alert.silenced_by = vec!["silence-1".into()];
    let put_off = |desk: &mut Desk| {
        desk.story.wait(300);
        desk.lists_as(&[("Slow", "critical")], silenced);
        assert_eq!(desk.calls(false).0, rung(&[]));
    };
    let mut desk = Desk::new(&[Way::Bell], 0);
    desk.lists(&["Slow"]);
    assert_eq!(desk.calls(false).0, rung(&["Slow is critical"]));
    for _ in 0..2 {
        put_off(&mut desk);
        desk.story.wait(300);
        desk.lists(&["Slow"]);
        assert_eq!(desk.calls(false).0, rung(&["Slow is critical"]), "as it comes out");
        desk.lists(&["Slow"]);
        assert_eq!(desk.calls(false).0, rung(&[]), "once");
    }
}

#[test]
fn a_clock_that_is_set_back_hides_no_news_that_another_process_wrote_down_first() {
    let (mut serve, mut console) = (Desk::new(&[Way::Bell, Way::Command], 0), Desk::new(&[Way::Bell, Way::Command], 1));
    serve.outward = true;
    for desk in [&mut serve, &mut console] {
        desk.story.wait(60);
        desk.story.now.wall -= chrono::Duration::hours(1);
    }
    serve.lists(&["Down"]);
    serve.calls(false);
    let fired = serve.story.last(Kind::AlertFired).clone();
    console.shares(&serve);
    console.story.fact(Fact::Recorded { entry: fired, request: None });
    console.lists(&["Down"]);
    assert_eq!(console.calls(false), (rung(&["Down is critical"]), vec![]));
}

#[test]
fn a_watchdog_that_has_called_as_it_fired_calls_as_it_ends() {
    let mut desk = Desk::new(&[Way::Bell], 0);
    desk.lists(&["Watchdog"]);
    assert_eq!(desk.calls(false).0, rung(&["Watchdog is critical"]));
    (0..2).for_each(|_| desk.lists(&[]));
    assert_eq!(desk.calls(false).0, rung(&["Watchdog has ended: alerting may be broken"]));
}

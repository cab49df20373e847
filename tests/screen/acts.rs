//! Acts on alerts in the console: which are offered, what they ask, for whom they are meant, and what becomes of them.

use crate::screen::{Desk, alert, outage, settings};
use midwatch::domain::act::{Act, ActKind, Outcome, What};
use midwatch::domain::ids::{AlertId, EntryId};
use midwatch::domain::settings::Carry;
use midwatch::model::event::SourceAnswer;
use midwatch::model::{Command, Effect, Fact};

/// A console on a pager with these alerts, in this order.
fn pager(names: &[&str]) -> Desk {
    let mut settings = settings();
    let source = &mut settings.sources[0];
    source.kind = "pagerduty".into();
    source.acts = vec![ActKind::Snooze, ActKind::Resolve, ActKind::Assign, ActKind::Comment, ActKind::Merge, ActKind::Recheck];
    let mut desk = Desk::with(settings);
    let alerts: Vec<_> = names.iter().zip(1..).map(|(name, n)| alert(name, "critical", "postgres", "db-1", n)).collect();
    desk.fires(&alerts).draw();
    desk
}

/// The same where what is acknowledged is so there, too.
fn carrying(names: &[&str]) -> Desk {
    let mut settings = settings();
    let source = &mut settings.sources[0];
    (source.carry, source.acts) = (Some(Carry::Acknowledge), vec![ActKind::Acknowledge, ActKind::Unacknowledge]);
    let mut desk = Desk::with(settings);
    let alerts: Vec<_> = names.iter().zip(1..).map(|(name, n)| alert(name, "critical", "postgres", "db-1", n)).collect();
    desk.fires(&alerts).draw();
    desk
}

fn id(name: &str) -> AlertId {
    AlertId { source: "prod".into(), fingerprint: format!("{name}-db-1").as_str().into() }
}

/// The act that was asked for last: on whom, what and why.
fn asked(desk: &Desk) -> (Vec<AlertId>, What, String) {
    match desk.commands.last() {
        Some(Command::Act { alerts, what, reason, .. }) => (alerts.clone(), what.clone(), reason.clone()),
        other => panic!("{other:?}"),
    }
}

/// The intents that have been sent and have no answer yet.
fn under_way(desk: &Desk) -> Vec<EntryId> {
    let intent = |effect: &Effect| if let Effect::Act { intent, .. } = effect { Some(intent.id()) } else { None };
    desk.effects.iter().filter_map(intent).collect()
}

#[test]
fn the_menu_offers_what_the_alerts_own_system_has_each_with_its_key() {
    let mut desk = pager(&["Down"]);
    desk.press("x").expect("Act on Down").expect("At prod (pagerduty)").expect("r resolve").expect("g assign").expect("m merge");
    desk.expect("a acknowledge").expect_not("downtime").expect_not("escalate").expect_not("s silence");
    desk.press("g").expect("Assign: Down").expect("At prod, as ana").press("enter").expect("✗ Whom");
    desk.type_text("maria").press("tab").type_text("knows it").expect("maria is asked from now on").press("enter");
    assert_eq!(asked(&desk), (vec![id("Down")], What::Assign { to: "maria".into() }, "knows it".into()));
    desk.expect("… under way");
    // An Alertmanager has none of that, and the key of what it has not does nothing.
    let mut desk = Desk::new();
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).draw();
    desk.press("x").expect("At prod (alertmanager)").expect("s silence").expect("z snooze").expect_not("resolve");
    desk.press("r").expect("Act on Down").press("esc").expect_not("Act on Down");
    assert_eq!(desk.commands, []);
    desk.press("z").expect("it becomes a silence with exactly").press("enter");
    assert!(matches!(&desk.effects[..], [Effect::Act { act: Act::Silence { .. }, .. }]), "{:?}", desk.effects);
}

#[test]
fn what_an_alerts_own_system_does_not_allow_for_it_is_not_offered() {
    let mut desk = pager(&[]);
    let quiet = alert("Down", "critical", "postgres", "db-1", 1);
    let held = midwatch::domain::alert::Held { cannot: vec![ActKind::Snooze], ..Default::default() };
    desk.fires(&[std::sync::Arc::new(midwatch::domain::alert::Alert { held: Some(Box::new(held)), ..(*quiet).clone() })]).draw();
    desk.press("x").expect("Act on Down").expect("r resolve").expect_not("z snooze");
    desk.press("esc z").expect("can't be snoozed: x shows what can be done");
    assert_eq!(desk.commands, []);
}

#[test]
fn an_act_is_shown_from_queued_to_what_became_of_it() {
    let mut desk = pager(&["Down", "Slow"]);
    desk.press("z").expect("Snooze: Down").expect("Quiet until 03:58").press("tab ctrl-u").type_text("2h").press("enter");
    let (alerts, what, _) = asked(&desk);
    assert_eq!((alerts, what), (vec![id("Down")], What::Snooze { until: crate::screen::start() + chrono::Duration::hours(2) }));
    desk.expect("… under way: recorded");
    assert!(desk.line("CRIT Down").contains("… under way"), "{}", desk.text());
    let intent = under_way(&desk)[0];
    desk.fact(Fact::ActAccepted { intent }).draw();
    assert!(desk.line("CRIT Down").contains("… accepted"), "{}", desk.text());
    desk.act_ends(Outcome::Done, "snoozed until 04:58").expect("✓ confirmed: snoozed until 04:58").expect_not("… accepted");
    desk.press("j x c")
        .type_text("seen")
        .press("enter")
        .act_ends(Outcome::Failed, "403: not you")
        .expect("✗ failed: 403: not you");
    assert!(desk.line("CRIT Slow").contains("✗ failed"), "{}", desk.text());
    desk.press("x r enter").act_ends(Outcome::Contradicted, "maria was first").expect("✗ contradicted: maria was first");
    assert!(desk.line("CRIT Slow").contains("✗ overruled"), "{}", desk.text());
    // What waits for the journal is queued.
    desk.broken = true;
    desk.press("x r enter").expect("✗ not done");
}

#[test]
fn many_are_meant_only_as_they_were_when_they_were_shown() {
    let mut desk = pager(&["Down", "Slow", "Full"]);
    desk.press("M").expect("Without a filter that would be every alert").expect_not("marked");
    desk.press("/")
        .type_text("service:postgres")
        .press("enter M")
        .expect("3 marked")
        .press("x")
        .expect("Act on")
        .expect("3 alerts: 3 critical; 3 of postgres.")
        .expect("· CRIT Slow db-1, postgres");
    // One more comes, and one of them goes, while the operator reads.
    desk.fires(&[alert("Later", "critical", "postgres", "db-1", 0)]).draw();
    desk.press("r").expect("resolve (3 alerts)").expect("can't be opened again").expect_not("Later-db-1");
    desk.press("tab enter");
    let (mut alerts, what, _) = asked(&desk);
    alerts.sort();
    assert_eq!((alerts, what), (vec![id("Down"), id("Full"), id("Slow")], What::Resolve));
    desk.expect_not("marked")
        .act_ends(Outcome::Done, "resolved")
        .act_ends(Outcome::Failed, "500")
        .act_ends(Outcome::Done, "resolved");
    desk.press("o").expect("resolve 3 alerts").expect("✗ failed: 500").expect("✓ confirmed: resolved");
}

#[test]
fn to_mark_all_is_to_mark_what_groups_fold_too_and_nothing_that_is_over() {
    let mut desk = pager(&["Down"]);
    let many: Vec<_> = (0..5).map(|i| alert("Noise", "warning", "checkout", &format!("shop-{i}"), 500)).collect();
    let alone = alert("NoiseToo", "warning", "checkout", "shop-9", 500);
    desk.fires(&[many.as_slice(), std::slice::from_ref(&alone)].concat());
    desk.press("f").type_text("name").press("enter").expect("▸ ×5 Noise");
    desk.changes(Vec::new(), vec![many[0].id.clone(), alone.id.clone()]).changes(Vec::new(), Vec::new()).draw();
    desk.expect("▸ ×4 Noise · 1 over").press("/").type_text("Noise").press("enter M").expect("NoiseToo").expect("4 marked");
}

#[test]
fn a_key_means_the_alert_that_was_under_the_cursor_when_it_was_drawn() {
    let mut desk = pager(&["Down", "Slow"]);
    desk.press("j x").expect("Act on Slow");
    // The queue is another one by the time a letter is pressed.
    desk.fires(&[alert("Worse", "critical", "checkout", "db-1", 0)]).draw();
    desk.press("k");
    assert_eq!(asked(&desk), (vec![id("Slow")], What::Recheck, String::new()));
    desk.press("x m").expect("Merge Slow db-1 into which one?").type_text("Worse").expect_not("Down-db-1").press("enter");
    desk.expect("Merge: Slow db-1").expect("It ends as a part of Worse-db-1").press("enter");
    assert_eq!(asked(&desk).1, What::Merge { into: "Worse-db-1".into() });
}

#[test]
fn what_has_resolved_can_only_be_commented_on() {
    let mut desk = pager(&["Down"]);
    desk.changes(Vec::new(), vec![id("Down")]).changes(Vec::new(), Vec::new()).draw();
    desk.expect("✓ resolved").press("x").expect("a comment is all that can still be added").expect("c comment");
    desk.expect_not("r resolve").expect_not("a acknowledge").press("esc z").expect("can't be snoozed");
}

#[test]
fn menu_and_prompts_are_usable_on_the_smallest_screen() {
    for (width, height) in [(80, 24), (40, 12)] {
        let mut desk = pager(&["Down", "Slow"]);
        desk.resize(width, height);
        desk.press("space space x").expect("Act on").expect("PROD").press("tab tab tab").expect("▌").press("esc");
        desk.press("x g").expect("to").expect("PROD").expect("enter").type_text("bo").press("enter");
        assert_eq!(asked(&desk).1, What::Assign { to: "bo".into() });
    }
}

#[test]
fn what_was_done_in_the_details_of_an_alert_is_undone_there() {
    let mut desk = Desk::new();
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).draw();
    desk.press("enter a enter").expect("(u undoes it)").press("u").press("esc").expect_not("✓ ana");
    desk.expect("gave up the acknowledgement");
}

#[test]
fn one_key_takes_an_acknowledgement_or_a_silence_back_for_ten_seconds() {
    let mut desk = Desk::new();
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).draw();
    desk.press("a enter")
        .expect("✓ ana")
        .expect("(u undoes it)")
        .press("u")
        .expect_not("✓ ana")
        .expect("gave up the acknowledgement");
    desk.press("a enter")
        .expect("✓ ana")
        .wait(11)
        .expect_not("undoes it")
        .press("u")
        .expect("more than 10 seconds ago")
        .expect("✓ ana")
        .expect_not("error");
    desk.press("s").type_text("work").press("enter").press("u").expect("still on its way");
    desk.act_makes("s-1").press("u");
    assert!(matches!(&desk.effects[..], [Effect::Act { act: Act::Expire { .. }, .. }]), "{:?}", desk.effects);
    desk.act_ends(Outcome::Done, "ended")
        .expect("undo: silence on prod ✓ confirmed")
        .press("u")
        .expect("There is nothing to undo");
}

#[test]
fn how_many_are_marked_is_not_what_a_long_filter_pushes_out_of_the_title() {
    let mut desk = pager(&["Down", "Slow"]);
    desk.press("f").type_text("name").press("enter /");
    desk.type_text("severity:critical and service:postgres and -name").press("enter M").expect("2 marked");
}

#[test]
fn what_went_well_is_told_for_a_while_and_what_failed_until_somebody_is_there() {
    let mut desk = pager(&["Down", "Slow"]);
    desk.press("x r")
        .type_text("fixed")
        .press("enter")
        .act_ends(Outcome::Done, "closed there")
        .expect("✓ confirmed: closed there");
    desk.sleep(14).expect("✓ confirmed: closed there");
    assert!(desk.draw().seconds, "it goes by itself");
    desk.sleep(2).expect_not("✓ confirmed: closed there");
    desk.press("j x r enter").act_ends(Outcome::Failed, "503: away").expect("✗ failed: 503: away").wait(300);
    desk.expect("✗ failed: 503: away").press("k").expect_not("✗ failed: 503: away");
}

#[test]
fn why_is_asked_first_wherever_it_is_asked_for_how_long() {
    let mut desk = pager(&["Down"]);
    desk.press("x z").type_text("repair").press("enter");
    let Some(Command::Act { reason, what: What::Snooze { .. }, .. }) = desk.commands.last() else {
        panic!("{:?}", desk.commands)
    };
    assert_eq!(reason, "repair");
    desk.press("1 M").expect("Maintenance of").type_text("disk swap").press("enter");
    let Some(Command::Maintain { reason, .. }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
    assert_eq!(reason, "disk swap");
}

#[test]
fn what_is_kept_until_its_source_answers_is_told_apart_from_what_failed() {
    let mut desk = pager(&["Down", "Slow"]);
    desk.press("space space x r enter").act_ends(Outcome::Unsent, "refused").act_ends(Outcome::Done, "");
    desk.expect("(2 of 2, 1 kept: o shows them) … kept, and sent again").expect_not("failed");
    let mut desk = pager(&["Down", "Slow"]);
    desk.press("space space x r enter").act_ends(Outcome::Unsent, "refused").act_ends(Outcome::Failed, "500: oops");
    desk.expect("(2 of 2, 1 failed, 1 kept: o shows them) ✗ failed: 500: oops");
    desk.fact(Fact::Watching(true));
    desk.draw();
    desk.press("q").expect("1 act is not sent yet: only an open console or");
}

#[test]
fn what_may_have_been_done_is_counted_by_its_own_name() {
    let mut desk = pager(&["Down", "Slow", "Full"]);
    desk.press("/").type_text("service:postgres").press("enter M x r enter");
    desk.act_ends(Outcome::Unknown, "no answer").act_ends(Outcome::Done, "").act_ends(Outcome::Done, "");
    desk.expect("(3 of 3, 1 unknown: o shows them) ? outcome unknown: no answer").expect_not("failed");
    let mut desk = pager(&["Down", "Slow", "Full"]);
    desk.press("/").type_text("service:postgres").press("enter M x r enter");
    desk.act_ends(Outcome::Unknown, "no answer").act_ends(Outcome::Failed, "500: oops").act_ends(Outcome::Done, "");
    desk.expect("(3 of 3, 1 failed, 1 unknown: o shows them) ✗ failed: 500: oops");
}

#[test]
fn what_many_had_acknowledged_is_not_new_when_it_is_taken_back() {
    let mut desk = carrying(&["Down", "Slow", "Full"]);
    desk.expect("● new").press("/").type_text("service:postgres").press("enter M a enter");
    (0..3).for_each(|_| _ = desk.act_makes("Q1"));
    desk.expect("3 acked").wait(20).press("M A enter").expect_not("● new");
    (0..3).for_each(|_| _ = desk.act_ends(Outcome::Done, ""));
    desk.expect("3 firing").expect("0 acked").expect_not("● new").expect_not("✓ ana");
}

#[test]
fn what_another_console_takes_back_is_told_so_until_its_source_has_confirmed_it() {
    let mut desk = carrying(&["Down"]);
    desk.press("a enter").act_makes("Q1");
    let hold = midwatch::domain::alert::Hold { by: "ana".into(), until: None, comment: "".into() };
    let held = midwatch::domain::alert::Held { acknowledged: Some(hold), ..Default::default() };
    let down = alert("Down", "critical", "postgres", "db-1", 1);
    desk.fires(&[std::sync::Arc::new(midwatch::domain::alert::Alert { held: Some(Box::new(held)), ..(*down).clone() })]).draw();
    assert!(desk.line("CRIT Down").contains("✓ ana"), "{}", desk.text());
    desk.press("A");
    // Another console reads the same journal, and has asked for nothing.
    let mut other = carrying(&["Down"]);
    let listed = desk.world.alerts.get(&id("Down")).expect("listed").alert.clone();
    let facts: Vec<_> = desk.events.iter().map(|event| event.body.clone()).collect();
    other.fires(&[listed]);
    for body in facts {
        if let midwatch::model::Body::Fact(Fact::Recorded { entry, .. }) = body {
            other.fact(Fact::Recorded { entry, request: None });
        }
    }
    other.draw();
    assert!(other.line("CRIT Down").contains("… taken back"), "{}", other.text());
    desk.act_ends(Outcome::Done, "");
    let ended = desk.world.log.entries().next_back().expect("its end").clone();
    other.fact(Fact::Recorded { entry: ended, request: None }).draw();
    other.expect_not("taken back,").expect_not("✓ ana");
    assert!(!other.line("CRIT Down").contains("taken back"), "{}", other.text());
}

#[test]
fn what_became_of_an_acknowledgement_is_told_though_it_was_taken_back_later() {
    let mut desk = carrying(&["Down"]);
    desk.press("a enter").act_makes("Q1").wait(20).press("A");
    desk.act_ends(Outcome::Done, "it is nobody's any more").press("o");
    desk.expect("✓ confirmed: Q1").expect("✓ confirmed: it is nobody's any more");
    desk.expect("acknowledge Down db-1  02:58:00").expect("un-acknowledge Down db-1  02:58:20");
}

#[test]
fn who_puts_a_host_in_downtime_reads_which_services_go_with_it() {
    let mut settings = settings();
    (settings.sources[0].kind, settings.sources[0].acts) = ("icinga2".into(), vec![ActKind::Downtime]);
    let mut desk = Desk::with(settings);
    let of = |name: &str, full: &str| {
        let mut alert = (*alert(name, "critical", "postgres", "db1", 1)).clone();
        alert.id.fingerprint = full.into();
        std::sync::Arc::new(alert)
    };
    desk.fires(&[of("a host", "db1"), of("disk", "db1:disk"), of("load", "db1:load"), of("other", "db10:disk")]).draw();
    desk.press("x d").expect("Put in downtime: a host").expect("Every service of db1 goes with it; 2 are in the queue now:");
    desk.expect("· CRIT disk db1").expect("· CRIT load db1").expect_not("other db1").press("esc esc");
    desk.press("j x d").expect("Put in downtime: ").expect_not("downtime: a host").expect_not("goes with it");
}

#[test]
fn outcomes_of_alerts_of_one_name_say_which_each_is_of() {
    let mut desk = Desk::new();
    desk.fires(&["read1", "read2"].map(|instance| alert("Disk nearly full", "critical", "postgres", instance, 1))).draw();
    desk.press("space space x z enter").act_ends(Outcome::Done, "").act_ends(Outcome::Failed, "500: oops").press("o");
    desk.expect("Disk nearly full read1: ").expect("Disk nearly full read2: ");
}

#[test]
fn what_is_typed_takes_the_place_of_the_proposed_time() {
    let mut desk = pager(&["Down"]);
    desk.press("z").expect("Quiet until 03:58").press("tab").type_text("30m").expect("Quiet until 03:28").press("enter");
    assert!(
        matches!(asked(&desk), (_, What::Snooze { until }, _) if until == desk.world.now.wall + chrono::Duration::minutes(30))
    );
    let mut desk = Desk::new();
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).draw();
    desk.press("s").type_text("work").press("tab").type_text("30m").expect("for      30m");
}

#[test]
fn of_many_only_the_failed_are_tried_again_from_the_outcomes() {
    let mut desk = pager(&["Down", "Slow"]);
    desk.press("space space x r enter").act_ends(Outcome::Done, "").act_ends(Outcome::Failed, "500: oops");
    desk.expect("(2 of 2, 1 failed: o shows them) ✗ failed: 500: oops").press("o").expect("t tries the one that failed again");
    desk.press("t");
    assert_eq!(under_way(&desk).len(), 1);
    desk.act_ends(Outcome::Done, "").expect_not("t tries").press("t").expect("Nothing has failed");
    desk.press("esc !").expect("Nothing has failed of late");
}

#[test]
fn what_could_not_be_tried_again_with_the_rest_stays_among_the_errors() {
    let mut desk = pager(&["Down", "Slow"]);
    desk.press("space space x r enter").act_ends(Outcome::Unknown, "cut off").act_ends(Outcome::Failed, "500: oops");
    desk.press("o t").act_ends(Outcome::Done, "").press("esc !").expect("resolve 2 alerts").expect("cut off");
}

#[test]
fn of_several_requests_that_failed_somebody_says_which_is_tried_again() {
    let mut desk = pager(&["Down", "Slow"]);
    desk.press("x r enter").act_ends(Outcome::Failed, "503: away").press("j x c").type_text("seen").press("enter");
    desk.act_ends(Outcome::Failed, "503: away").press("o");
    assert_eq!(desk.text().matches("tries the one that failed again").count(), 2, "{}", desk.text());
    desk.press("t").expect("Try which again?").expect("resolve Down").expect("comment Slow").expect("all of them");
    desk.type_text("resolve").press("enter");
    assert_eq!(under_way(&desk).len(), 1);
    assert!(matches!(desk.commands.last(), Some(Command::Retry { .. })), "{:?}", desk.commands);
    desk.act_ends(Outcome::Failed, "503: still").press("t").type_text("all of").press("enter");
    assert_eq!(under_way(&desk).len(), 2, "both of them");
}

#[test]
fn what_went_well_is_short_where_there_is_little_room_and_a_guide_says_how_it_is_undone() {
    let mut desk = Desk::new();
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).resize(40, 12);
    desk.press("z enter").act_makes("0f3c6b5e-silence-with-a-long-name-from-the-server");
    let lines: Vec<String> = desk.text().lines().rev().take(2).map(str::to_owned).collect();
    assert!(lines.iter().any(|line| line.contains("✓ confirmed")), "{}", desk.text());
    desk.expect("(u undoes it)").expect_not("0f3c6b5e");
    // What failed is told whole.
    desk.press("z enter").act_ends(Outcome::Failed, "503: it is away for repair").expect("away for repair");
    let mut desk = Desk::new();
    desk.screen.guide(Some(midwatch::tui::Hint::of("D declares an incident.".to_owned())));
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).press("a enter");
    desk.expect("D declares an incident. (u undoes your last act)")
        .wait(11)
        .expect_not("undoes your")
        .expect("D declares an incident.");
}

#[test]
fn a_long_annotation_leaves_the_labels_in_sight() {
    use midwatch::domain::alert::{Alert, Labels};
    let long = "It goes on and on. ".repeat(600);
    let annotations = Labels::new(vec![("description".into(), long.as_str().into()), ("summary".into(), "in short".into())]);
    let mut desk = Desk::new();
    desk.fires(&[std::sync::Arc::new(Alert { annotations, ..(*alert("Down", "critical", "postgres", "db-1", 3)).clone() })]);
    desk.press("enter").expect("whole below the labels").expect("in short").expect("Labels").expect("instance");
    desk.press("G").expect("goes on and on");
}

#[test]
fn keys_that_come_together_with_a_filter_act_on_what_it_shows() {
    let acknowledged = |keys: &str| {
        let mut desk = pager(&["Down", "Slow", "Full"]);
        desk.press_together(keys);
        match desk.commands.last() {
            Some(Command::Acknowledge { alerts, .. }) => alerts.clone(),
            _ => Vec::new(),
        }
    };
    assert_eq!(acknowledged("/ S l o w enter M a enter"), [id("Slow")], "all that the filter shows");
    assert_eq!(acknowledged("/ S l o w enter g g a enter"), [id("Slow")], "its first row");
    assert_eq!(acknowledged("/ D o w n | F u l l enter a enter"), [], "nobody has seen what is first");
}

#[test]
fn there_is_nothing_to_take_back_where_nobody_has_acknowledged_and_that_is_no_error() {
    let mut desk = outage();
    desk.press("A").expect("CheckoutErrors shop-3 is not acknowledged: there is nothing to take back.").expect_not("error");
    assert!(desk.commands.is_empty(), "{:?}", desk.commands);
    // Of several those are given up that somebody has.
    desk.press("a enter space space A").expect("gave up the acknowledgement").expect_not("error").expect("0 acked");
}

/// `Down` is marked, and then the filter shows `Slow` alone.
fn marked_and_hidden() -> Desk {
    let mut desk = pager(&["Down", "Slow", "Full"]);
    desk.press("/").type_text("Down").press("enter space").expect("1 marked").expect_not("hidden");
    desk.press("/ ctrl-u").type_text("Slow").press("enter").expect("1 of 3").expect("1 marked, hidden");
    desk
}

#[test]
fn marks_that_the_filter_hides_are_no_targets_and_are_there_again_without_it() {
    for (key, title) in [("a", "Acknowledge Slow"), ("x", "Act on Slow"), ("D", "Declare an incident"), ("z", "Snooze: Slow")] {
        let mut desk = marked_and_hidden();
        desk.press(key).expect(title).expect_not("2 alerts").expect_not("1 more");
        if key == "D" {
            desk.press("enter");
            let Some(Command::Declare { alerts, .. }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
            assert_eq!(*alerts, [id("Slow")]);
        }
    }
    let mut desk = marked_and_hidden();
    desk.press("enter").expect("Slow-db-1").expect_not("Down").press("esc");
    // The act is for what is seen, and the mark that it was not for has not served yet.
    desk.press("a enter").expect("1 marked, hidden");
    let Some(Command::Acknowledge { alerts, .. }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
    assert_eq!(*alerts, [id("Slow")]);
    desk.press("esc").expect_not("1 of 3").expect("1 marked").expect_not("hidden").press("a").expect("Acknowledge Down");
    desk.press("enter").expect_not("marked");
}

#[test]
fn of_marks_that_the_filter_shows_in_part_those_are_meant_that_it_shows() {
    let mut desk = marked_and_hidden();
    desk.press("space").expect("1 marked, 1 hidden").press("z").expect("Snooze: Slow").press("esc");
    desk.press("esc").expect_not("marked").expect("1 of 3");
    // Scrolled out of sight is not hidden, and neither is what is folded.
    let mut desk = Desk::new();
    desk.resize(80, 24);
    let many: Vec<_> = (0..200).map(|i| alert("Noise", "critical", "checkout", &format!("shop-{i:03}"), 500 - i)).collect();
    desk.fires(&many).draw();
    desk.press("/").type_text("Noise").press("enter space G").expect("1 marked").expect_not("hidden");
    desk.press("a").expect("shop-").press("enter");
    let Some(Command::Acknowledge { alerts, .. }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
    assert_eq!(alerts.len(), 1);
    desk.expect_not("marked");
}

#[test]
fn several_acknowledgements_are_given_up_once_they_were_seen() {
    let mut desk = carrying(&["Down", "Slow", "Full"]);
    desk.press("space space a enter").act_ends(Outcome::Done, "").act_ends(Outcome::Done, "").expect("2 acked");
    desk.commands.clear();
    let words = "Take 2 acknowledgements back";
    desk.press("g g space space space A").expect(words).expect("enter take 2 back").expect("What carries them on prod");
    assert_eq!(desk.commands, [], "the first key asks");
    // What was not acknowledged is not among them.
    desk.press("esc A").expect(words).press("enter").expect_not(words);
    let [Command::Unacknowledge { alerts, .. }] = &desk.commands[..] else { panic!("{:?}", desk.commands) };
    assert_eq!(alerts.len(), 2);
}

#[test]
fn that_it_is_too_early_to_undo_gives_way_to_what_is_under_way() {
    let names: Vec<String> = (0..20).map(|n| format!("Noise{n:02}")).collect();
    let mut desk = carrying(&names.iter().map(String::as_str).collect::<Vec<_>>());
    // What carries an acknowledgement that is on record is not stopped: nothing is offered that is refused.
    let early = "once it has ended it can be undone.";
    desk.press("/").type_text("Noise").press("enter M a enter").expect("(0 of 20").press("u").expect(early);
    desk.wait(2).expect(early).wait(3).expect_not(early).expect("(0 of 20");
    desk.press("u").expect(early);
    (0..20).for_each(|_| _ = desk.act_ends(Outcome::Done, ""));
    desk.expect_not("still on its way").expect("(u undoes it)");
    desk.press("o").expect("acknowledge 20 alerts  02:5");
}

/// Whoever acts on one of two hosts that are down has to see which.
#[test]
fn of_alerts_with_one_name_each_dialog_says_which_also_where_its_title_is_cut() {
    let on = |instance: &str| alert("HostDown", "critical", "postgres", instance, 3);
    for width in [120, 44] {
        for keys in ["a", "x", "x g", "x c", "x r", "z", "D"] {
            let mut desk = pager(&[]);
            desk.fires(&[on("node-31.eu.example.com:9100"), on("node-32.eu.example.com:9100")]).resize(width, 30).press(keys);
            let text = desk.text();
            let mut lines = text.lines().filter(|line| !line.contains("CRIT"));
            assert!(lines.any(|line| line.contains("node-31.eu.example.com:9100")), "{width} {keys}: {text}");
        }
    }
    let mut desk = pager(&[]);
    desk.fires(&[on("node-31"), on("node-32")]).press("/").type_text("HostDown").press("enter M a");
    desk.expect("Acknowledge 2 alerts: HostDown node-31 and 1 more");
}

#[test]
fn a_priority_is_chosen_by_the_names_that_its_system_has() {
    let mut settings = settings();
    settings.sources[0].acts = vec![ActKind::Prioritise];
    let names = ["not classified", "information", "warning", "average", "high", "disaster"];
    settings.priorities = vec![("prod".into(), names.map(str::to_owned).into())];
    let mut desk = Desk::with(settings.clone());
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).draw();
    desk.press("x p").expect("Which priority for Down db-1?");
    let places: Vec<_> = names.iter().map(|name| desk.find(name)).collect();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted_by(|one, next| one > next),
        "the worst first: {}",
        desk.text()
    );
    desk.type_text("aver").press("enter").expect("Set a priority: Down").press("tab").type_text("only one node").press("enter");
    assert_eq!(asked(&desk), (vec![id("Down")], What::Prioritise { to: "average".into() }, "only one node".into()));
    // Where nobody knows the names there they are typed.
    settings.priorities.clear();
    let mut desk = Desk::with(settings);
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).draw();
    desk.press("x p").expect("Set a priority: Down").press("enter").expect("✗ Which priority: its name there.");
}

#[test]
fn that_somebody_was_faster_is_no_mark_any_more_once_the_row_says_who() {
    let mut desk = carrying(&["Down"]);
    desk.press("a enter").act_ends(Outcome::Contradicted, "maria acknowledged it first").expect("maria acknowledged it first");
    assert!(desk.line("CRIT Down").contains("✗ overruled"), "{}", desk.text());
    let down = alert("Down", "critical", "postgres", "db-1", 1);
    let hold = midwatch::domain::alert::Hold { by: "maria".into(), until: None, comment: "mine".into() };
    let held = midwatch::domain::alert::Held { acknowledged: Some(hold), ..Default::default() };
    desk.fires(&[std::sync::Arc::new(midwatch::domain::alert::Alert { held: Some(Box::new(held)), ..(*down).clone() })]).draw();
    assert!(desk.line("CRIT Down").contains("✓ maria"), "{}", desk.text());
    desk.expect_not("✗ overruled").press("o").expect("✗ contradicted: maria acknowledged it first");
}

/// A console that is killed has asked for more than it has recorded, and recorded more than it has heard the end of.
#[test]
fn what_a_console_that_was_killed_had_asked_for_is_told_with_what_it_had_not_come_to() {
    let names = ["One", "Two", "Three", "Four", "Five", "Six", "Seven"];
    let mut killed = pager(&names);
    killed.press("/").type_text("service:postgres").press("enter M x r enter").act_ends(Outcome::Done, "resolved");
    killed.act_ends(Outcome::Failed, "403: not you");
    let recorded: Vec<_> = killed.world.log.entries().cloned().collect();
    let mut next = pager(&names);
    next.press("o").expect("Nothing has been asked for yet").press("esc");
    for entry in &recorded {
        next.fact(Fact::Recorded { entry: entry.clone(), request: None });
    }
    next.press("o").expect_not("Nothing has been asked for").expect("resolve 7 alerts").expect("asked by ana");
    next.expect("1 of 7 are not on record: nothing was done about them");
    assert_eq!(next.text().matches("what came of it is not known yet").count(), 4, "{}", next.text());
    next.expect("✗ failed: 403: not you").expect("✓ confirmed: resolved");
    let places = [next.find("not on record"), next.find("✗ failed"), next.find("✓ confirmed")];
    assert!(places.is_sorted(), "what did not do what was asked comes first: {}", next.text());
    // Its own requests are told once, by the console that asked.
    killed.press("o").expect("resolve 7 alerts").expect_not("By others");
    // What was asked for alone stands there by itself.
    next.press("esc");
    let mut one = pager(&["Down"]);
    one.press("x c").type_text("seen").press("enter");
    let entry = one.world.log.entries().last().expect("recorded").clone();
    let mut other = pager(&["Down"]);
    other.fact(Fact::Recorded { entry, request: None });
    other
        .press("o")
        .expect("commenting on Down db-1: seen")
        .expect("what came of it is not known yet")
        .expect_not("not on record");
}

#[test]
fn what_is_over_says_so_whatever_became_of_what_was_asked_of_it() {
    let mut desk = carrying(&["Down", "Slow"]);
    desk.press("a enter").act_ends(Outcome::Unsent, "refused");
    assert!(desk.line("CRIT Down").contains("… not sent"), "{}", desk.text());
    desk.changes(Vec::new(), vec![id("Down")]).changes(Vec::new(), Vec::new()).draw();
    assert!(desk.line("CRIT Down").contains("✓ resolved"), "{}", desk.text());
}

#[test]
fn what_was_given_up_because_it_is_over_leaves_nothing_to_be_done() {
    let mut desk = carrying(&["Down", "Slow"]);
    desk.fact(Fact::Watching(true));
    desk.press("a enter").act_ends(Outcome::Unsent, "refused");
    desk.changes(Vec::new(), vec![id("Down")]).changes(Vec::new(), Vec::new()).draw();
    desk.expect("✗ given up: never sent: the alert has resolved").expect_not("too old").expect_not("1 error");
    desk.press("o").expect("✗ given up").expect_not("tries the one");
}

#[test]
fn what_became_of_an_act_stands_in_no_row_in_place_of_why_that_can_not_be_believed() {
    let mut desk = pager(&["PostgresReplicationLags", "Slow"]);
    desk.press("x r enter").act_ends(Outcome::Contradicted, "maria was first").resize(180, 40);
    assert!(desk.line("CRIT Postgres").contains("  ✗ overruled"), "{}", desk.text());
    let unsure = vec![id("PostgresReplicationLags").fingerprint];
    desk.answers(SourceAnswer { complete: true, unsure, ..SourceAnswer::default() });
    assert!(desk.line("CRIT Postgres").contains("? unchecked ✗ overruled"), "{}", desk.text());
    desk.source_fails("refused");
    assert!(desk.line("CRIT Postgres").contains("? stale ✗ overruled"), "{}", desk.text());
    desk.resize(40, 20);
    let line = desk.line("CRIT Postgres");
    assert!(line.contains("? stale") && !line.contains('✗'), "where there is no room the doubt stands: {line}");
}

#[test]
fn an_acknowledgement_that_its_source_refused_to_carry_is_told_so_by_every_console() {
    let mut settings = settings();
    settings.sources[0].carry = Some(Carry::Silence { prefix: "ACK!".into() });
    let mut desk = Desk::with(settings.clone());
    desk.fact(Fact::Watching(true)).fires(&[alert("PostgresReplicationLags", "critical", "postgres", "db-1", 3)]).draw();
    desk.press("a enter").act_ends(Outcome::Failed, "500: oops").resize(180, 40);
    assert!(desk.line("CRIT Postgres").contains("✓ ana, not carried"), "{}", desk.text());
    let mut next = Desk::with(settings);
    for entry in desk.world.log.entries().cloned().collect::<Vec<_>>() {
        next.fact(Fact::Recorded { entry, request: None });
    }
    next.fires(&[alert("PostgresReplicationLags", "critical", "postgres", "db-1", 3)]).resize(180, 40);
    assert!(next.line("CRIT Postgres").contains("✓ ana, not carried"), "{}", next.text());
    next.expect("✗ 1 error").press("enter").expect("its source goes on calling others: 500: oops; it is tried again at");
    next.press("esc !").expect("carrying the acknowledgement of Postgres").expect("✗ failed: 500: oops").press("esc");
    next.expect_not("1 error").resize(40, 20);
    let line = next.line("CRIT Postgres");
    assert!(line.contains("! ana") && !line.contains('✓'), "no half of it is told: {line}");
}

#[test]
fn that_an_acknowledgement_is_not_carried_yet_the_next_console_says_as_the_one_that_was_asked() {
    let mut settings = settings();
    settings.sources[0].carry = Some(Carry::Silence { prefix: "ACK!".into() });
    let fires = [alert("PostgresReplicationLags", "critical", "postgres", "db-1", 3)];
    let mut desk = Desk::with(settings.clone());
    desk.fact(Fact::Watching(true)).fires(&fires).draw();
    desk.press("a enter").resize(180, 40);
    let next = |desk: &Desk| {
        let mut next = Desk::with(settings.clone());
        for entry in desk.world.log.entries().cloned().collect::<Vec<_>>() {
            next.fact(Fact::Recorded { entry, request: None });
        }
        next.fires(&fires).resize(180, 40);
        next.line("CRIT Postgres")
    };
    let marked = |line: &str, mark: &str| assert!(line.contains(mark) && !line.contains("✓ ana"), "{line}");
    marked(&desk.line("CRIT Postgres"), "… under way");
    marked(&next(&desk), "… under way");
    desk.act_ends(Outcome::Unknown, "no answer");
    marked(&desk.line("CRIT Postgres"), "? unknown");
    marked(&next(&desk), "? unknown");
}

//! A long queue that is kept short: what is one problem has one row, and nothing is lost by it.

use crate::screen::{Desk, alert, outage, settings};
use midwatch::domain::alert::{Alert, Inside, Labels, Part, Route};
use midwatch::domain::ids::AlertId;
use midwatch::domain::settings::SourceSpec;
use midwatch::domain::text::Outside;
use midwatch::model::event::SourceAnswer;
use midwatch::model::looked::{Opened, Routed};
use midwatch::model::{Command, Fact};
use midwatch::tui::panes::PaneId;
use std::sync::Arc;

/// A console on two sources that tell of the same problems.
pub fn two_sources() -> Desk {
    let mut settings = settings();
    let source = settings.sources[0].clone();
    settings.sources.push(SourceSpec { name: "pager".into(), ..source });
    settings.same = vec!["alertname".into(), "instance".into()];
    Desk::with(settings)
}

fn at(source: &str, alert: &Alert) -> Arc<Alert> {
    Arc::new(Alert { id: AlertId { source: source.into(), ..alert.id.clone() }, ..alert.clone() })
}

pub fn tells(desk: &mut Desk, source: &str, alerts: &[Arc<Alert>]) {
    let upserts = alerts.iter().map(|alert| at(source, alert)).collect();
    desk.fact(Fact::AlertsChanged { source: source.into(), upserts, gone: vec![] });
    let answer = SourceAnswer { complete: true, ..SourceAnswer::default() };
    desk.fact(Fact::SourceAnswered { source: source.into(), answer }).draw();
}

#[test]
fn whoever_opens_it_finds_the_worst_under_the_cursor() {
    let mut desk = Desk::new();
    let (slow, down) = (alert("Slow", "warning", "checkout", "shop-1", 2), alert("Down", "critical", "postgres", "db-1", 1));
    desk.fires(std::slice::from_ref(&slow)).draw();
    desk.expect("▌WARN Slow");
    desk.fires(&[slow.clone(), down.clone()]).draw();
    desk.expect("▌CRIT Down").press("j").expect("▌WARN Slow");
    let worse = alert("Worse", "critical", "stripe", "db-2", 5);
    desk.fires(&[slow.clone(), down.clone(), worse]).draw();
    desk.expect("▌WARN Slow");
    // Whoever reads it for longer than it takes to be told finds nothing else under the cursor.
    let mut desk = Desk::new();
    desk.fires(std::slice::from_ref(&slow)).draw();
    desk.wait(11).fires(&[slow, down]).draw();
    desk.expect("▌WARN Slow");
}

#[test]
fn what_two_sources_tell_of_is_one_row_and_an_act_goes_to_both() {
    let mut desk = two_sources();
    let alerts = [alert("PostgresDown", "critical", "postgres", "db-1", 3), alert("Slow", "warning", "postgres", "db-1", 3)];
    tells(&mut desk, "prod", &alerts);
    tells(&mut desk, "pager", &alerts[..1]);
    assert_eq!(desk.text().matches("CRIT PostgresDown").count(), 1, "{}", desk.text());
    assert!(desk.line("CRIT PostgresDown").contains("+prod"), "{}", desk.text());
    desk.expect("2 firing").press("enter").expect("also").expect("prod/PostgresDown-db-1 firing").press("esc");
    desk.press("a").expect("Acknowledge 2 alerts: PostgresDown db-1 and 1 more").press("enter").expect("1 acked");
    let Some(Command::Acknowledge { alerts, .. }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
    assert_eq!(alerts.iter().map(|id| id.source.as_str()).collect::<Vec<_>>(), ["pager", "prod"]);
}

#[test]
fn alerts_of_one_name_that_are_about_the_same_are_told_apart_by_the_label_in_which_they_differ() {
    let mut desk = Desk::with(settings());
    let of = |device: &str| {
        let one = alert("DiskFilling", "warning", "postgres", "db-1", 3);
        let more = [(Outside::from("device"), Outside::from(device)), ("severity".into(), format!("{device}-bad").into())];
        let kept =
            one.labels.iter().filter(|(name, _)| name.raw() != "severity").map(|(name, value)| (name.clone(), value.clone()));
        let id = AlertId { fingerprint: device.into(), ..one.id.clone() };
        Arc::new(Alert { id, labels: Labels::new(kept.chain(more).collect()), ..Alert::clone(&one) })
    };
    tells(&mut desk, "prod", &["sda", "sdb"].map(of));
    for keys in ["2 g g", "j"] {
        desk.press(keys);
        let row = desk.line("▌").to_owned();
        let device = ["sda", "sdb"].into_iter().find(|device| row.contains(&format!("{device} db-1"))).expect(&row);
        desk.press("a").expect(&format!("Acknowledge DiskFilling db-1 device={device}")).press("esc");
    }
}

#[test]
fn the_cursor_stays_on_the_problem_when_another_source_comes_to_stand_for_it() {
    let mut desk = two_sources();
    let alerts = [alert("Worse", "critical", "postgres", "db-1", 3), alert("Down", "critical", "postgres", "db-1", 5)];
    tells(&mut desk, "prod", &alerts);
    desk.press("j").expect("▌CRIT Down");
    let place = desk.find("▌CRIT Down");
    tells(&mut desk, "pager", &alerts[1..]);
    desk.expect("▌CRIT Down");
    assert_eq!((desk.find("▌CRIT Down"), desk.text().matches("CRIT Down").count()), (place, 1), "{}", desk.text());
    desk.press("k").expect("▌CRIT Worse").press("j").expect("▌CRIT Down");
}

#[test]
fn the_end_of_a_long_queue_is_reached_and_left_again() {
    let mut desk = two_sources();
    let many: Vec<_> = (0..700).map(|n| alert("Noise", "warning", "postgres", &format!("db-{n:03}"), n)).collect();
    tells(&mut desk, "prod", &many);
    tells(&mut desk, "pager", &many);
    desk.press("G").expect("▌WARN Noise").expect("db-699").press("k").expect("db-698");
    desk.press("gg").expect("db-000").expect_not("db-699");
    for _ in 0..40 {
        desk.press("ctrl-d");
    }
    desk.expect("db-699");
}

fn storm(name: &str, service: &str, count: i64) -> Vec<Arc<Alert>> {
    (0..count).map(|n| alert(name, "warning", service, &format!("shop-{n}"), 20 + n)).collect()
}

#[test]
fn groups_are_chosen_unfolded_acted_on_and_remembered() {
    let mut desk = Desk::new();
    let mut alerts = storm("Noise", "checkout", 12);
    alerts.extend([alert("Down", "critical", "postgres", "db-1", 3), alert("Slow", "warning", "stripe", "db-1", 3)]);
    desk.fires(&alerts);
    desk.press("f").expect("Group the queue by").expect("instance").type_text("name").press("enter");
    desk.expect("by name").expect("▸ ×12 Noise").expect("▌CRIT Down").expect("Slow").expect_not("shop-3");
    desk.press("j").expect("▌WARN ▸ ×12 Noise").press("right").expect("▾ ×12 Noise").expect("  Noise").expect("shop-3");
    desk.press("j j left").expect("▌WARN ▸ ×12 Noise").expect_not("shop-3");
    // A key acts on those that were there when it was pressed.
    desk.press("a").expect("and 11 more");
    desk.fires(&[alert("Noise", "warning", "checkout", "late", 0)]).draw();
    desk.press("enter").expect("▸ ×13 Noise").expect("12 acked");
    let Some(Command::Acknowledge { alerts, .. }) = desk.commands.last() else { panic!("{:?}", desk.commands) };
    assert!(alerts.len() == 12 && alerts.iter().all(|id| !id.fingerprint.as_str().ends_with("late")), "{alerts:?}");
    desk.press("F").expect("plain").expect_not("×13").press("F").expect("▸ ×13 Noise");
    desk.press("f").type_text("instance").press("enter").expect("by instance").expect("▸ ×2 db-1");
}

#[test]
fn left_and_right_go_to_other_panes_where_there_is_nothing_to_fold() {
    let mut desk = outage();
    desk.press("right");
    assert_eq!(desk.screen.focus(), PaneId::Playbook);
    desk.press("left left");
    assert_eq!(desk.screen.focus(), PaneId::Health);
}

#[test]
fn symptoms_are_folded_under_their_cause_with_the_reason_and_come_back_with_one_key() {
    let mut desk = Desk::new();
    let mut alerts = storm("CheckoutErrors", "checkout", 12);
    alerts.push(alert("CheckoutDown", "critical", "checkout", "shop", 2));
    let cause = alert("DiskFilling", "warning", "postgres", "db-1", 30);
    alerts.push(cause.clone());
    desk.fires(&alerts);
    let line = desk.line("×12 checkout");
    assert!(line.contains("WARN ▸ ×12 checkout") && line.contains("↳ postgres"), "{}", desk.text());
    desk.expect("CRIT CheckoutDown").expect("WARN DiskFilling").expect_not("CheckoutErr");
    desk.press("j").press("enter").expect("▾ ×12 checkout").expect("  CheckoutE").press("j enter");
    desk.expect("↳ cause").expect("checkout → postgres").expect("DiskFilling").press("esc left").expect_not("  CheckoutE");
    // The cause is gone: nothing stays folded, and nothing has resolved but the cause.
    desk.changes(Vec::new(), vec![cause.id.clone()]).changes(Vec::new(), Vec::new()).draw();
    desk.expect("WARN CheckoutE").expect_not("×12 checkout").expect("✓ resolved").expect("13 firing");
}

#[test]
fn the_selected_alert_stays_where_it_is_when_a_cause_turns_up() {
    let mut desk = Desk::new();
    desk.fires(&storm("CheckoutErrors", "checkout", 5)).press("j j").expect("▌WARN CheckoutErro");
    let before = desk.line("▌WARN");
    assert!(before.contains("shop-2"), "{before}");
    let place = desk.find("▌WARN");
    desk.fires(&[alert("PostgresDown", "critical", "postgres", "db-1", 0)]).draw();
    let line = desk.line("▌WARN");
    assert!(line.contains("shop-2") && line.contains("↳ postgres"), "{}", desk.text());
    assert_eq!(desk.find("▌WARN"), place, "{}", desk.text());
    // Whoever reads on loses nothing; the symptoms are folded once they have come back to the top.
    desk.expect("shop-1").expect("shop-4").press("a").expect("Acknowledge CheckoutErrors").expect_not("more").press("esc");
    desk.press("gg").expect_not("shop-2").expect("▸ ×5 checkout").press("j").expect("▌WARN ▸ ×5 checkout");
}

#[test]
fn what_has_left_with_its_group_is_shown_as_gone_and_no_key_acts_on_anything_else() {
    let mut desk = Desk::new();
    let alerts = storm("Noise", "checkout", 3);
    desk.fires(&alerts).press("f").type_text("name").press("enter").expect("▌WARN ▸ ×3 Noise");
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).draw();
    // They have another name by now, and nothing has the old one.
    let renamed = |(alert, other): (&Arc<Alert>, &Arc<Alert>)| Arc::new(Alert { id: alert.id.clone(), ..(**other).clone() });
    let others: Vec<_> = alerts.iter().zip(&storm("Other", "checkout", 3)).map(renamed).collect();
    desk.fires(&others).expect("▌— this group is no more").expect("▸ ×3 Other").press("enter h");
    desk.press("2").expect("this group is no more");
    desk.press("a").expect_not("Acknowledge").expect("No alert is selected");
}

#[test]
fn folds_fit_every_screen() {
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        let mut desk = Desk::new();
        let mut alerts = storm("CheckoutErrors", "checkout", 12);
        alerts.push(alert("PostgresDown", "critical", "postgres", "db-1", 3));
        desk.fires(&alerts).resize(width, height);
        let line = desk.line("×12 check");
        assert!(line.contains("↳ postgres") && line.contains("31m"), "{line}");
        desk.press("j enter").expect("▾ ×12").expect("  Chec").expect("shop-0");
    }
}

#[test]
fn an_alert_that_flaps_says_so_and_is_no_news() {
    let mut desk = Desk::new();
    for _ in 0..5 {
        let now = desk.world.now.wall;
        let flaps = Arc::new(Alert { starts_at: now, ..(*alert("Flaps", "critical", "postgres", "db-1", 0)).clone() });
        desk.fact(Fact::Watching(true)).fires(std::slice::from_ref(&flaps)).wait(30);
        desk.changes(Vec::new(), vec![flaps.id.clone()]).changes(Vec::new(), Vec::new()).wait(30);
    }
    let now = desk.world.now.wall;
    let flaps = Arc::new(Alert { starts_at: now, ..(*alert("Flaps", "critical", "postgres", "db-1", 0)).clone() });
    desk.fires(&[flaps]).draw();
    assert!(desk.line("CRIT Flaps").contains("flaps 6×/30m"), "{}", desk.text());
    desk.press("enter").expect("flapping").expect("began 6 times").expect("quiet until 03:13");
}

/// A console whose source has answered before so many alerts arrived.
fn stormy(count: i64) -> Desk {
    let mut desk = Desk::new();
    desk.fact(Fact::Watching(true)).fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).wait(5);
    let mut alerts = storm("Noise", "checkout", count - 10);
    alerts.extend(storm("Other", "stripe", 10));
    // Within the last minute, one after the other: what began before that makes no group rise.
    let now = desk.world.now.wall;
    let lately = |it: &Arc<Alert>| Arc::new(Alert { starts_at: now - (now - it.starts_at) / 600, ..(**it).clone() });
    desk.fires(&alerts.iter().map(lately).collect::<Vec<_>>()).draw();
    desk
}

#[test]
fn in_a_storm_the_queue_shows_ranked_groups_and_one_key_shows_it_plain() {
    let mut desk = stormy(300);
    desk.expect("STORM 300 new in 1m").expect("storm, by name").expect("▌CRIT Down");
    let (noise, other) = (desk.find("▸ ×290 Noise").expect("a group"), desk.find("▸ ×10 Other").expect("another one"));
    assert!(noise.1 < other.1, "the largest first:\n{}", desk.text());
    assert!(desk.line("×290 Noise").contains("↑ 290/1m"), "{}", desk.text());
    desk.press("F").expect("plain").expect("Noise").expect_not("▸ ×290").press("F").expect("▸ ×290 Noise");
    // All of it is owned at once, and what comes later is not.
    desk.press("j a").expect("and 289 more").type_text("known").press("enter").expect("290 acked");
    for _ in 0..14 {
        desk.wait(5).answers(SourceAnswer { complete: true, ..SourceAnswer::default() });
    }
    desk.expect("the storm is over after 1m").expect_not("STORM");
    desk.expect_not("by name").expect("▸ ×290 checkout");
}

#[test]
fn a_storm_is_ranked_at_once_around_the_alert_under_the_cursor() {
    let mut desk = Desk::new();
    desk.fires(&storm("Before", "stripe", 8)).press("j j j").expect("▌WARN Before");
    let before = desk.line("▌WARN Before");
    assert!(before.contains("shop-3"), "{before}");
    desk.fires(&storm("Noise", "checkout", 300)).draw();
    // It is there once: its group's row tells of the others.
    desk.expect("STORM").expect("storm, by name").expect("▸ ×300 Noise").expect("▸ ×7 Before");
    assert!(desk.line("▌WARN Before").contains("shop-3"), "{}", desk.text());
    // A key means it alone, and the next one leads to a group.
    desk.press("a").expect("Acknowledge Before").expect_not("more").press("esc k").expect("▌WARN ▸ ×").expect("▸ ×8 Before");
}

#[test]
fn what_the_cursor_keeps_out_of_its_group_is_neither_counted_nor_the_worst_there() {
    let mut desk = Desk::new();
    let mut alerts = storm("Noise", "checkout", 1);
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).fires(&alerts).press("f").type_text("name").press("enter");
    desk.press("j").expect("▌WARN Noise");
    // Two more of its name, and one of them somebody has.
    alerts = storm("Noise", "checkout", 3);
    desk.fires(&alerts).draw();
    assert!(desk.line("▌WARN Noise").contains("shop-0"), "{}", desk.text());
    desk.expect("▸ ×2 Noise").expect_not("×3 Noise");
    // The one under the cursor is owned: nothing of that is said of the others.
    desk.press("a enter").expect("▸ ×2 Noise");
    assert!(!desk.line("▸ ×2 Noise").contains("acked"), "{}", desk.text());
    desk.press("gg").expect("▸ ×3 Noise");
    assert!(desk.line("▸ ×3 Noise").contains("1 acked"), "{}", desk.text());
}

#[test]
fn the_row_of_a_group_says_how_far_it_can_be_believed() {
    let mut desk = stormy(300);
    let noise = storm("Noise", "checkout", 290);
    let listed = |desk: &mut Desk, gone: &[Arc<Alert>]| {
        desk.changes(Vec::new(), gone.iter().map(|alert| alert.id.clone()).collect());
    };
    listed(&mut desk, &noise[..7]);
    assert!(desk.line("×290 Noise").contains("? 7 unlisted"), "{}", desk.text());
    desk.fires(&noise[..7]);
    listed(&mut desk, &noise);
    assert!(desk.line("×290 Noise").contains("? not listed"), "{}", desk.text());
    desk.fires(&noise).draw();
    desk.expect_not("listed").source_fails("refused");
    assert!(desk.line("×290 Noise").contains("? stale") && desk.line("×10 Other").contains("? stale"), "{}", desk.text());
    // So does one of symptoms.
    let mut desk = Desk::new();
    let errors = storm("CheckoutErrors", "checkout", 12);
    desk.fires(&errors).press("esc").fires(&[alert("PostgresDown", "critical", "postgres", "db-1", 3)]).draw();
    listed(&mut desk, &errors[..2]);
    // The first of the two stands under the cursor, in a row of its own.
    assert!(desk.line("×11 checkout").contains("? 1 unlisted"), "{}", desk.text());
    desk.source_fails("refused");
    assert!(desk.line("×11 checkout").contains("? stale"), "{}", desk.text());
}

#[test]
fn that_there_is_a_storm_is_said_however_little_room_there_is() {
    let mut desk = stormy(300);
    desk.resize(40, 12).expect("STORM").expect_not("STORM 300 new");
    desk.source_fails("refused").expect("STORM").expect("? prod failed").resize(60, 12).expect("STORM 300 new in 1m");
}

/// The storm calms down while its source goes on answering, and so few are left that it is worth their rows.
fn calms(desk: &mut Desk, then: &str) {
    let over = storm("Noise", "checkout", 290)[180..].iter().map(|alert| alert.id.clone()).collect();
    desk.changes(Vec::new(), over);
    for _ in 0..14 {
        desk.wait(5).answers(SourceAnswer { complete: true, ..SourceAnswer::default() }).press(then);
    }
    desk.expect_not("STORM").expect_not("by name");
}

#[test]
fn when_a_storm_ends_the_cursor_stays_on_the_first_of_the_group_that_it_stood_on() {
    let mut desk = stormy(300);
    desk.press("j j").expect("▌WARN ▸ ×10 Other");
    calms(&mut desk, "esc");
    assert!(desk.line("▌").contains("WARN Other") && desk.line("▌").contains("shop-0"), "{}", desk.text());
    desk.press("a").expect("Acknowledge Other").expect_not("more");
    // Nobody looks: it goes to the row that tells of that alert.
    let mut desk = stormy(300);
    desk.press("j").expect("▌WARN ▸ ×290 Noise");
    calms(&mut desk, "");
    desk.expect("▌WARN ▸ ×180 checkout");
}

#[test]
fn after_a_storm_the_names_stay_as_long_as_more_fire_than_make_one() {
    let mut desk = stormy(300);
    for _ in 0..14 {
        desk.wait(5).answers(SourceAnswer { complete: true, ..SourceAnswer::default() });
    }
    desk.expect_not("STORM").expect("since the storm by name").expect("▸ ×290 Noise");
    // Whoever wants it otherwise has it so.
    let mut other = stormy(300);
    other.press("f").type_text("cause").press("enter");
    calms(&mut other, "");
    calms(&mut desk, "");
    desk.expect("▸ ×180 checkout");
}

#[test]
fn a_group_counts_what_fires_and_says_what_is_over_and_what_is_silenced() {
    let mut desk = Desk::new();
    let pods = storm("PodCrash", "checkout", 6);
    let silenced = |alert: &Arc<Alert>| Arc::new(Alert { silenced_by: vec!["a".into()], ..Alert::clone(alert) });
    desk.fires(&pods).press("f").type_text("name").press("enter").expect("▸ ×6 PodCrash");
    let over: Vec<AlertId> = pods[..2].iter().map(|alert| alert.id.clone()).collect();
    desk.changes(Vec::new(), over).changes(Vec::new(), Vec::new()).draw();
    desk.expect("▸ ×4 PodCrash · 2 over").expect_not("silenced");
    desk.fires(&[silenced(&pods[2])]).wait(70).fires(&[]).draw();
    desk.expect("▸ ×4 PodCrash").expect("1 silenced").expect_not("◌");
    let rest: Vec<_> = pods[2..].iter().map(silenced).collect();
    desk.fires(&rest).draw();
    assert!(desk.line("×4 PodCrash").contains("◌ silenced"), "{}", desk.text());
    let all: Vec<AlertId> = pods.iter().map(|alert| alert.id.clone()).collect();
    desk.changes(Vec::new(), all).changes(Vec::new(), Vec::new()).draw();
    assert!(desk.line("×6 PodCrash").contains("✓ resolved"), "{}", desk.text());
}

#[test]
fn alerts_of_one_name_are_told_apart_on_the_smallest_screen() {
    let mut desk = Desk::new();
    let long = "node-7.rack-12.eu.example.com:9100";
    desk.fires(&[alert("HostDown", "critical", "postgres", "node-1", 400), alert("HostDown", "critical", "postgres", long, 500)]);
    desk.fires(&[alert("Slow", "warning", "checkout", "shop-1", 600)]).resize(40, 12);
    desk.expect("CRIT HostDown node-1 ").expect("CRIT HostDown node-7 ").expect_not("Slow shop-1");
}

#[test]
fn what_is_done_to_many_is_read_before_it_is_done() {
    let mut desk = Desk::new();
    let mut alerts = storm("Noise", "checkout", 25);
    alerts.push(alert("Noise", "critical", "postgres", "db-1", 90));
    desk.fires(&alerts).press("f").type_text("name").press("enter").resize(80, 24);
    desk.press("a").expect("Acknowledge 26 alerts: Noise db-1 and 25 more").expect("enter acknowledge 26 alerts");
    desk.expect("26 alerts: 1 critical, 25 warning; 25 of checkout, 1 of postgres.");
    let (first, next) = (desk.find("· CRIT Noise db-1, postgres").expect("listed"), desk.find("· WARN Noise").expect("listed"));
    assert!(first.1 < next.1, "in the order of the queue:\n{}", desk.text());
    desk.expect_not("shop-24, checkout").press("pagedown pagedown pagedown").expect("shop-24, checkout");
}

#[test]
fn what_was_chosen_in_a_storm_stays_chosen() {
    let mut desk = stormy(300);
    desk.press("f").type_text("cause").press("enter").expect_not("by name").expect("▸ ×290 checkout");
    desk.wait(5).expect_not("by name");
    desk.press("f").type_text("service").press("enter").expect("by service");
    for _ in 0..14 {
        desk.wait(5).answers(SourceAnswer { complete: true, ..SourceAnswer::default() });
    }
    desk.expect_not("STORM").press("gg").expect("by service");
}

#[test]
fn what_inhibits_an_alert_is_named() {
    let mut desk = two_sources();
    let quiet = alert("Slow", "warning", "checkout", "web-1", 3);
    let inhibited_by = vec!["Down-db-1".into(), "4711".into()];
    let quiet = Arc::new(Alert { inhibited_by, muted_by: vec!["weekend".into()], ..Alert::clone(&quiet) });
    tells(&mut desk, "prod", &[alert("Down", "critical", "postgres", "db-1", 5), quiet]);
    desk.press("j").expect("▌WARN Slow").press("enter");
    desk.expect("inhibited by CRIT Down db-1, firing: Down-db-1").expect("inhibited by 4711").expect("muted by weekend");
}

#[test]
fn whom_its_source_tells_of_an_alert_stands_in_its_details() {
    let mut desk = two_sources();
    let one = alert("Slow", "warning", "checkout", "web-1", 3);
    let one = Arc::new(Alert { receivers: [Outside::from("audit"), "team\u{1b}[2J".into()].into(), ..Alert::clone(&one) });
    tells(&mut desk, "prod", std::slice::from_ref(&one));
    desk.press("enter").expect("notifies      audit, team");
    let names = |all: &[&str]| all.iter().map(|name| Outside::from(*name)).collect::<Vec<_>>();
    let every: Vec<_> = one.labels.iter().map(|(name, _)| name.clone()).collect();
    let by = |to: &str, together_by, muted: &[&str]| Route { to: to.into(), together_by, muted_by: names(muted) };
    let routes =
        [by("audit", every, &[]), by("ops", Vec::new(), &[]), by("team", names(&["alertname", "cluster"]), &["weekend"])];
    let id = AlertId { source: "prod".into(), ..one.id.clone() };
    desk.fact(Fact::Routed(Routed { alert: id.clone(), told: Ok(Arc::new(routes.to_vec())) })).draw();
    desk.expect("notifies      audit, each by itself").expect("notifies      ops, all in one");
    desk.expect("notifies      team, by alertname, cluster; muted now by weekend");
    desk.fact(Fact::Routed(Routed { alert: id, told: Err("503 Service Unavailable".into()) })).draw();
    desk.expect("notifies      audit, team").expect("can't be said: 503 Service Unavailable").expect_not("weekend");
}

#[test]
fn what_an_incident_of_a_pager_is_made_of_stands_in_its_details_as_old_as_it_is() {
    let mut desk = two_sources();
    let one = alert("Disks", "warning", "checkout", "web-1", 3);
    tells(&mut desk, "prod", std::slice::from_ref(&one));
    desk.press("enter");
    let id = AlertId { source: "prod".into(), ..one.id.clone() };
    let part = |name: &str, open| Part {
        name: name.into(),
        key: Some("disk\u{1b}[2J/db1".into()),
        severity: Some("critical".into()),
        open,
        suppressed: !open,
        since: Some(crate::screen::start()),
        details: vec![("load\u{1b}".into(), "9.5\u{202e}".into())],
    };
    let inside = Inside {
        at: crate::screen::start(),
        parts: vec![part("Disk full", true), part("Disk slow", false)],
        details: Vec::new(),
        cut: None,
    };
    let opened = |told| Fact::Opened(Opened { alert: id.clone(), told });
    desk.fact(opened(Ok(Arc::new(inside.clone())))).wait(65);
    desk.expect("Alerts in it 1m05s ago: 2, 1 of them open").expect("● open        critical  1m05s  Disk full");
    desk.expect("✓ over        critical  1m05s  suppressed  Disk slow").expect_not("\u{1b}");
    desk.expect("  load␛       9.5·");
    let cut = Some("503 Service Unavailable".into());
    let parts = (0..130).map(|n| part(&format!("Disk {n}"), n < 101)).collect();
    desk.fact(opened(Ok(Arc::new(Inside { parts, cut, ..inside })))).draw();
    desk.press("G");
    desk.expect("Disk 99").expect("… and 30 more, 1 of them open").expect("there may be more: 503").expect_not("Disk 100");
    desk.fact(opened(Err("401 Unauthorized".into()))).draw();
    desk.press("G").expect("can't be listed: 401 Unauthorized");
}

#[test]
fn who_goes_to_the_other_source_of_a_problem_in_a_group_stands_on_its_row() {
    let mut desk = two_sources();
    let alerts = [1, 2, 3].map(|n| alert("Down", "critical", "postgres", &format!("db-{n}"), n));
    tells(&mut desk, "prod", &alerts);
    tells(&mut desk, "pager", &alerts);
    tells(&mut desk, "prod", &[alert("Other", "critical", "checkout", "shop-1", 9)]);
    desk.press("f").type_text("name").press("enter").expect_not("db-2");
    // Either of the two that tell of it.
    for takes in ["enter", "down enter"] {
        desk.press("g g : ctrl-u").type_text("Down db-2").expect("db-2 postgres CRIT").press(takes);
        assert!(desk.line("▌CRIT").contains("db-2"), "{}", desk.text());
        desk.press("h");
    }
}

#[test]
fn a_long_name_is_whole_where_other_columns_have_room_to_spare() {
    let mut desk = Desk::new();
    let long = "PostgresReplicaLag";
    desk.fires(&[alert(long, "critical", "postgres", "db-1", 3), alert("Slow", "warning", "checkout", "db-2", 3)]);
    desk.expect(&format!("{long} ")).expect("Slow");
    let [first, second] = ["db-1", "db-2"].map(|target| desk.find(target).expect("shown").0);
    assert_eq!(first, second, "the columns stay columns");
    desk.resize(200, 60).expect(&format!("{long} ")).expect("checkout");
    // What is beside it is never cut for it.
    let (longest, mut desk) = ("PostgresReplicationSlotIsNotUsedByAnybody", Desk::new());
    desk.fires(&[longest, "Slow"].map(|name| alert(name, "critical", "postgres", "db-1:5432", 3)));
    desk.expect("PostgresRepl").expect("db-1:5432").expect_not(longest);
    // Where no name is cut, nothing moves.
    let place = |names: [&str; 2]| {
        let mut desk = Desk::new();
        desk.fires(&names.map(|name| alert(name, "critical", "postgres", "db-1:5432", 3)));
        desk.find("db-1:5432").expect("shown").0
    };
    assert_eq!(place(["Down", "Slow"]), place(["Down", "PostgresDown"]));
}

#[test]
fn the_details_of_what_is_over_tell_how_long_ago_that_was_and_how_long_it_lasted() {
    let down = alert("Down", "critical", "postgres", "db-1", 3);
    let mut desk = Desk::new();
    desk.fires(std::slice::from_ref(&down)).press("enter").expect("firing for 3m00s, since 2026-").press("esc");
    desk.changes(Vec::new(), vec![down.id.clone()]).changes(Vec::new(), Vec::new()).wait(5).press("enter");
    desk.expect("CRIT resolved 5s ago, after 3m00s; it began 2026-").expect_not("resolved for");
}

#[test]
fn of_what_is_over_the_queue_shows_how_long_it_lasted() {
    let mut desk = outage();
    let gone = alert("ReplicaLag", "warning", "postgres", "db-2:5432", 9).id.clone();
    desk.changes(Vec::new(), vec![gone]).changes(Vec::new(), Vec::new()).draw();
    let lasted = desk.line("✓ resolved").to_owned();
    desk.wait(90).draw();
    let age = |line: &str| line.split_whitespace().find(|word| word.ends_with('s') && word.contains('m')).map(str::to_owned);
    assert_eq!((age(&desk.line("✓ resolved")), age(&lasted).is_some()), (age(&lasted), true), "{lasted}");
}

#[test]
fn no_row_that_is_kept_under_the_cursor_parts_a_group_from_its_members() {
    let mut desk = Desk::new();
    let all = [
        alert("Http", "critical", "checkout", "web-1", 2),
        alert("Disk", "warning", "checkout", "web-1", 2),
        alert("Down", "critical", "postgres", "db-1", 1),
    ];
    desk.fires(&all).resize(120, 40).press("f").type_text("service").press("enter");
    desk.expect("×2 checkout").press("gg right");
    // Header, its two, and the other group.
    let lines = |desk: &Desk| {
        let screen = desk.text();
        let rows = screen.lines().filter(|line| ["×", "Http", "Disk"].iter().any(|word| line.contains(word)));
        rows.map(|line| line.split("││").nth(1).unwrap_or_default().trim().to_owned()).collect::<Vec<_>>()
    };
    desk.expect("▾ ×2 checkout").press("a enter");
    let after = lines(&desk);
    let header = after.iter().position(|line| line.contains("▾ ×2 checkout")).expect("its header");
    assert!(after[header + 1].contains("Http") && after[header + 2].contains("Disk"), "{after:#?}");
}

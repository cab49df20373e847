//! Health in the console: what will fail stands beside what fails, and says when.

use crate::screen::{Desk, alert, settings};
use midwatch::domain::alert::{Alert, Upstream};
use midwatch::domain::change::{Told, What};
use midwatch::domain::health::{FeedState, Limit, Reading};
use midwatch::domain::maintenance::Subjects;
use midwatch::model::event::SourceAnswer;
use midwatch::model::{Command, Fact};
use std::sync::Arc;

/// `pg-primary` measures this, towards 90.
fn measures(desk: &mut Desk, value: f64) {
    let limit = Some(Limit::Above(90.0));
    let reading = Reading { value: Some(value), unit: Some("%".into()), limit, ..Reading::new(FeedState::Healthy, "used") };
    desk.fact(Fact::FeedRead { feed: "pg-primary".into(), reading });
}

/// A disk that gains one percent each time it is asked, every ten seconds, up to this.
fn filling(to: u32) -> Desk {
    let mut desk = Desk::with(settings());
    for value in 20..to {
        desk.feed("checkout-pay", FeedState::Healthy, "200 OK", 9).feed("stripe-api", FeedState::Healthy, "up", 9);
        measures(&mut desk, value.into());
        desk.wait(10);
    }
    desk
}

#[test]
fn a_disk_that_fills_says_when_it_is_full_and_stands_above_what_is_well() {
    let mut desk = filling(60);
    desk.resize(180, 40).expect("~5m to 90 (03:").resize(120, 40).expect("~5m to 90");
    let (_, filling_row) = desk.find("pg-primary").expect("the feed");
    let (_, well_row) = desk.find("checkout-pay").expect("the feed");
    assert!(filling_row < well_row, "{}", desk.text());
    desk.press("1 g g j enter").expect("above 90 in ~5m: between").expect("03:09");
}

#[test]
fn what_is_full_soon_is_counted_in_the_title_and_stands_in_the_log() {
    let mut desk = Desk::with(settings());
    desk.fact(Fact::Watching(true));
    for value in 20..60 {
        measures(&mut desk, value.into());
        desk.wait(10);
    }
    desk.resize(120, 40).expect("Health ─ 1 soon").expect("pg-primary above 90: in about ");
    for value in 60..93 {
        measures(&mut desk, value.into());
        desk.wait(10);
    }
    desk.expect_not("1 soon").expect("pg-primary above 90: now, told ");
}

#[test]
fn an_alert_tells_what_will_become_of_its_service() {
    let mut desk = filling(60);
    desk.fires(&[
        alert("PostgresSlow", "warning", "postgres", "db-1", 0),
        alert("CheckoutErrors", "warning", "checkout", "shop", 0),
    ]);
    desk.resize(120, 40).press("2 / P o s t g r e s S enter enter").expect("Alert PostgresSlow");
    desk.expect("pg-primary above 90 in ~5m: between").press("esc");
    desk.press("/ ctrl-u C h e c k o u t enter enter").expect("Alert CheckoutErrors").expect_not("ahead");
    // The disk is cleared away: so is what was said of it.
    desk.press("esc / ctrl-u P o s t g r e s S enter enter").expect("ahead").press("esc");
    for _ in 0..40 {
        measures(&mut desk, 20.0);
        desk.wait(10);
    }
    desk.press("enter").expect("Alert PostgresSlow").expect_not("ahead");
}

#[test]
fn nothing_is_foretold_of_what_is_not_known() {
    let mut desk = filling(60);
    desk.expect("~5m to 90").sleep(3_600).expect("stale").expect_not("to 90");
}

#[test]
fn what_is_too_little_to_foretell_says_nothing() {
    filling(28).expect_not("to 90");
}

/// The health pane's lines: each feed by the service above it.
fn beneath(desk: &Desk) -> Vec<(String, String)> {
    let (mut service, mut found) = (String::new(), Vec::new());
    for line in desk.text().lines() {
        for name in ["checkout", "postgres", "stripe"] {
            if ["●", "▲", "○", "?"].iter().any(|glyph| line.contains(&format!("{glyph} {name} "))) {
                service = name.to_owned();
            }
        }
        for feed in ["checkout-pay", "pg-primary", "stripe-api"] {
            if line.contains(&format!("{feed} ")) {
                found.push((feed.to_owned(), service.clone()));
            }
        }
    }
    found
}

#[test]
fn a_feed_stands_beneath_its_own_service_wherever_the_cursor_is() {
    for (keys, stays) in
        [("1 g g", "checkout"), ("1 g g j", "checkout-pay"), ("1 g g j j j", "pg-primary"), ("1 G", "stripe-api")]
    {
        let mut desk = Desk::with(settings());
        for feed in ["checkout-pay", "pg-primary", "stripe-api"] {
            desk.feed(feed, FeedState::Healthy, "up", 9);
        }
        desk.press(keys);
        assert!(desk.line("▌").contains(stays), "{keys}: {}", desk.text());
        for _ in 0..12 {
            desk.feed("stripe-api", FeedState::Failing, "503", 9).feed("pg-primary", FeedState::Failing, "gone", 9).wait(5);
            let owners = [("checkout-pay", "checkout"), ("pg-primary", "postgres"), ("stripe-api", "stripe")];
            let told = beneath(&desk);
            for (feed, service) in owners {
                assert!(told.contains(&(feed.to_owned(), service.to_owned())), "{keys}: {told:?}\n{}", desk.text());
            }
            assert!(desk.line("▌").contains(stays), "{keys}: {}", desk.text());
        }
    }
}

#[test]
fn a_feed_without_a_service_stands_beneath_none() {
    let mut settings = settings();
    settings.feeds[2].service = None;
    let mut desk = Desk::with(settings);
    desk.feed("stripe-api", FeedState::Healthy, "up", 9).feed("checkout-pay", FeedState::Healthy, "up", 9);
    let (alone, _) = desk.find("● stripe-api").expect("the feed");
    let (of_one, _) = desk.find("● checkout-pay").expect("the feed");
    assert_eq!(alone + 2, of_one, "{}", desk.text());
}

#[test]
fn a_service_is_down_since_its_first_feed_is() {
    let mut settings = settings();
    let checkout = settings.feeds[0].service.clone();
    settings.feeds.iter_mut().for_each(|feed| feed.service.clone_from(&checkout));
    let mut desk = Desk::with(settings);
    let answers = |desk: &mut Desk, later: FeedState| {
        desk.feed("checkout-pay", FeedState::Failing, "503", 9).feed("pg-primary", later, "said", 9);
    };
    for _ in 0..12 {
        answers(&mut desk, FeedState::Healthy);
        desk.wait(10);
    }
    answers(&mut desk, FeedState::Failing);
    desk.draw();
    assert!(desk.line(" checkout ").contains("DOWN 2m00s"), "{}", desk.text());
}

#[test]
fn a_service_tells_whose_it_is_who_feels_it_and_where_its_playbooks_are() {
    let mut settings = settings();
    let mut services = settings.services.to_vec();
    (services[1].owner, services[1].contacts) = (Some("db\u{1b} team".into()), vec!["#db".into()]);
    services[1].playbooks = vec!["pg-failover".into()];
    settings.services = services.into();
    let mut desk = Desk::with(settings);
    desk.press("1 g g j j enter")
        .expect("Service postgres")
        .expect("db␛ team")
        .expect("#db")
        .expect("pg-failover: not in the library");
    desk.expect("1 service, the most important of tier 1").expect("checkout, tier 1").expect("p playbook");
    desk.press("p").expect("It is not in the library any more.");
    desk.press("esc esc g g enter").expect("Service checkout").press("p").expect("No playbook is for checkout");
}

#[test]
fn a_value_is_not_said_twice() {
    let mut desk = Desk::with(settings());
    let answer = |message: &str| Reading { value: Some(64.194), ..Reading::new(FeedState::Healthy, message) };
    desk.fact(Fact::FeedRead { feed: "pg-primary".into(), reading: answer("64.19 of 90") }).draw();
    desk.resize(200, 40).expect("64.19 of 90").expect_not("64.19  64.19");
    desk.fact(Fact::FeedRead { feed: "pg-primary".into(), reading: answer("used") }).draw();
    desk.expect("64.19  used");
}

#[test]
fn what_was_changed_before_the_trouble_stands_beside_it() {
    let mut desk = Desk::with(settings());
    desk.feed("checkout-pay", FeedState::Healthy, "200 OK", 9);
    let told = Told {
        id: None,
        what: What::Deploy,
        service: Some("checkout".into()),
        at: crate::screen::start(),
        words: "1.42 \u{1b}[2J".into(),
        by: Some("ci".into()),
        link: None,
    };
    desk.fact(Fact::ChangesTold { source: "hook".into(), changes: vec![told] });
    for _ in 0..6 {
        desk.wait(10);
        desk.feed("checkout-pay", FeedState::Healthy, "200 OK", 9);
    }
    desk.feed("checkout-pay", FeedState::Failing, "503", 9).resize(180, 40).draw();
    assert!(desk.line(" checkout ").contains("↳ after deploy"), "{}", desk.text());
    desk.press("1 g g enter").expect("1m00s before: deploy: 1.42 ␛[2J (ci)");
}

#[test]
fn the_lane_of_changes_has_each_where_it_was_and_what_was_bad_from_then_on() {
    let mut desk = Desk::with(settings());
    desk.press("C").expect("Nothing was changed in that time").press("esc");
    desk.feed("checkout-pay", FeedState::Healthy, "200 OK", 9);
    let start = crate::screen::start();
    let told = |service: Option<&str>, minutes: i64, words: &str| Told {
        id: None,
        what: What::Deploy,
        service: service.map(Into::into),
        at: start - chrono::Duration::minutes(minutes),
        words: words.into(),
        by: Some("ci".into()),
        link: None,
    };
    let changes = vec![
        told(Some("checkout"), 300, "long ago"),
        told(Some("checkout"), 30, "1.41 \u{1b}[2J"),
        told(Some("checkout"), 30, "again"),
        told(None, 2, "the whole network"),
    ];
    desk.fact(Fact::ChangesTold { source: "hook".into(), changes });
    desk.feed("checkout-pay", FeedState::Failing, "503", 9).press("C");
    let lane = desk.line("checkout   ");
    let (two, bad) = (lane.find('2').expect("two at once"), lane.find('▲').expect("bad at the end"));
    assert!(two < bad && lane[..two].contains('·') && lane.matches('2').count() == 1, "{lane}");
    assert!(desk.line("others   ").contains('◆'), "{}", desk.text());
    desk.expect("30m before it was bad: deploy of checkout: 1.41 ␛[2J (ci)").expect("deploy: the whole network (ci)");
    desk.expect_not("long ago (ci)").resize(40, 12).expect("checkout");
}

/// Two hundred services: every tenth is needed by the nine after it, and all of those by the first.
fn two_hundred() -> Desk {
    use midwatch::domain::catalogue::Service;
    let service = |n: usize| Service {
        depends_on: match n {
            0 => Vec::new(),
            n if n % 10 == 0 => vec!["service-0".into()],
            n => vec![format!("service-{}", n / 10 * 10).as_str().into()],
        },
        tier: Some(2),
        ..Service::new(format!("service-{n}").as_str())
    };
    let mut settings = settings();
    settings.feeds[0].service = Some("service-20".into());
    settings.services = (0..200).map(service).collect();
    Desk::with(settings)
}

#[test]
fn the_map_fits_every_screen_and_its_cursor_walks_over_all_of_it() {
    for (columns, rows) in [(120, 40), (80, 24), (40, 12)] {
        let mut desk = two_hundred();
        desk.resize(columns, rows).press("m").expect("Map of 200 services").expect("Needed by none");
        desk.press("G").expect("service-0 ").expect("felt by 199").expect("tier 2");
        assert!(!desk.text().contains("service-1 "), "what does not fit is scrolled: {}", desk.text());
        desk.press("g g").expect("service-1 ").expect("needs 1");
        desk.press("G enter")
            .expect("Service service-0")
            .expect("199 services")
            .press("esc")
            .expect("Map of")
            .press("esc")
            .expect_not("Map of");
    }
}

#[test]
fn the_map_marks_the_cause_and_whoever_feels_it() {
    let mut desk = Desk::with(settings());
    desk.feed("stripe-api", FeedState::Healthy, "up", 9).feed("checkout-pay", FeedState::Healthy, "200", 9);
    desk.feed("pg-primary", FeedState::Failing, "refused", 9).wait(10);
    desk.feed("checkout-pay", FeedState::Failing, "503", 9).wait(5);
    desk.press("m").expect("▌ ▲ postgres ◆").expect("↑▲ checkout").expect("felt by 1");
    desk.press("k").expect("▌ ▲ checkout").expect("↓▲ postgres ◆").expect("suspected: postgres, ").expect("needs 2");
    desk.press("enter")
        .expect("checkout needs postgres")
        .expect("w wrong cause")
        .press("w")
        .expect_not("w wrong cause")
        .press("esc esc");
    desk.press("m").expect_not("postgres ◆").expect_not("suspected: ");
}

#[test]
fn what_is_worked_on_says_so_beside_what_is_measured() {
    let mut desk = Desk::with(settings());
    desk.feed("checkout-pay", FeedState::Failing, "503", 9);
    let hold = std::time::Duration::from_secs(3_600);
    desk.asks(Command::Maintain { subjects: Subjects::service("checkout".into()), hold, reason: "\u{1b}kernel".into() });
    desk.resize(120, 40).draw();
    let row = desk.line(" checkout ");
    assert!(row.contains("DOWN") && row.contains("◌ maint 03:58"), "{}", desk.text());
    desk.press("1 g g enter").expect("in maintenance until 03:58 by ana: ␛kernel");
}

#[test]
fn a_key_begins_work_on_what_is_selected_for_a_time_and_ends_it_after_a_question() {
    let mut desk = Desk::with(settings());
    desk.feed("checkout-pay", FeedState::Failing, "503", 9);
    desk.resize(120, 40).draw();
    desk.press("1 g g M")
        .expect("Maintenance of checkout")
        .expect("Until 03:58: measured and shown as ever, and no alert of it rings.");
    desk.press("tab backspace backspace enter").expect("Say for how long").type_text("2h").expect("Until 04:58").press("enter");
    assert!(desk.line(" checkout ").contains("◌ maint 04:58"), "{}", desk.text());
    // The feed has no work of its own.
    desk.press("j M").expect("Maintenance of checkout-pay").expect_not("rings").press("esc");
    // Its details take the same key, and say what has begun.
    desk.press("enter").expect("M maintenance").press("M").expect("Maintenance of checkout-pay").press("enter");
    desk.expect("Feed checkout-pay").press("M").expect("End the maintenance of checkout-pay?").press("enter esc");
    desk.press("g g enter M").expect("End the maintenance of checkout?").expect("checkout is in maintenance until 04:58 by ana.");
    desk.press("esc").expect("in maintenance until 04:58").press("M enter").expect_not("in maintenance until").press("esc");
    assert!(!desk.line(" checkout ").contains("maint"), "{}", desk.text());
}

/// The same alert, resolved.
fn over(fired: Arc<Alert>) -> Arc<Alert> {
    let upstream = Upstream::Resolved { at: crate::screen::start() };
    Arc::new(Alert { upstream, ..(*fired).clone() })
}

#[test]
fn a_service_whose_alerts_fire_is_not_ok_though_its_feeds_are() {
    let mut desk = Desk::with(settings());
    for feed in ["checkout-pay", "stripe-api", "pg-primary"] {
        desk.feed(feed, FeedState::Healthy, "up", 9);
    }
    let firing = [
        alert("CheckoutErrors", "critical", "checkout", "shop-1", 2),
        alert("CheckoutErrors", "critical", "checkout", "shop-2", 2),
        alert("CheckoutSlow", "warning", "checkout", "shop-3", 2),
    ];
    desk.fires(&firing).fires(&[alert("BackupLate", "info", "postgres", "nightly", 9)]);
    desk.resize(120, 40).expect("▲ checkout        3 firing").expect("● postgres        ok").expect("● stripe (vendor) ok");
    // What somebody has is told apart.
    desk.press("a enter").expect("▲ checkout        2 firing").expect("1 acked");
    desk.resize(200, 40).expect("2 firing, 1 acknowledged").resize(120, 40);
    desk.fires(&firing.map(over)).expect("● checkout        ok");
    desk.fires(&[alert("CheckoutOdd", "P7", "checkout", "shop-4", 2)]).expect("▲ checkout        1 firing");
}

#[test]
fn a_service_of_whose_alerts_nobody_knows_is_neither_ok_nor_said_to_fire() {
    let mut desk = Desk::with(settings());
    for feed in ["checkout-pay", "stripe-api", "pg-primary"] {
        desk.feed(feed, FeedState::Healthy, "up", 9);
    }
    let (down, slow) =
        (alert("PostgresDown", "critical", "postgres", "db-1", 3), alert("CheckoutSlow", "warning", "checkout", "shop-1", 2));
    desk.fires(&[down.clone(), slow]);
    desk.resize(120, 40).expect("▲ postgres        1 firing").press("m").expect("▲ postgres").expect_not("postgres ok");
    // Whoever should tell of it is silent: its source takes it for over.
    desk.press("esc");
    desk.fact(Fact::AlertsChanged { source: "prod".into(), upserts: Vec::new(), gone: vec![down.id.fingerprint.clone()] });
    let whole = SourceAnswer { complete: true, ..SourceAnswer::default() };
    desk.answers(SourceAnswer { untold: vec![(down.id.fingerprint.clone(), crate::screen::start())], ..whole.clone() });
    desk.answers(whole).expect("? postgres        1 untold");
    desk.press("m").expect("? postgres").expect("▲ checkout").press("esc");
    desk.press("P").expect("Nobody knows whether they are over").expect("? PostgresDown db-1: nobody had it").press("esc");
    // And its source no longer answers: what fired may fire or not.
    desk.source_fails("refused").expect("? checkout    stale, 1 firing").expect("? postgres        1 untold");
    desk.press("m").expect("? checkout").expect_not("▲ checkout").press("esc");
    desk.press("P").press("G").expect("checkout: 1 alert fires, ? stale").expect("is more: prod does not answer");
}

#[test]
fn why_its_alerts_fire_is_told_of_a_service_and_of_one_that_is_well_no_cause() {
    let mut desk = Desk::with(settings());
    for feed in ["checkout-pay", "stripe-api"] {
        desk.feed(feed, FeedState::Healthy, "up", 9);
    }
    desk.feed("pg-primary", FeedState::Failing, "connection refused", 9);
    let symptom = alert("CheckoutErrors", "critical", "checkout", "shop-1", 1);
    desk.fires(&[symptom.clone(), alert("PostgresDown", "critical", "postgres", "db-1", 2)]).wait(5);
    let row = desk.resize(180, 40).line(" checkout ");
    assert!(row.contains("▲ checkout") && row.contains("1 firing ↳ postgres"), "{}", desk.text());
    // Of one that is in maintenance that is what is told.
    desk.feed("checkout-pay", FeedState::Maintenance, "until 4", 9).wait(5);
    let row = desk.line(" checkout ");
    assert!(!row.split("││").next().unwrap_or_default().contains('↳'), "{}", desk.text());
    desk.feed("checkout-pay", FeedState::Healthy, "up", 9).fires(&[over(symptom)]);
    let row = desk.line(" checkout ");
    assert!(row.contains("● checkout") && !row.contains('↳'), "{}", desk.text());
}

#[test]
fn the_header_calls_no_feed_well_that_is_not() {
    let mut settings = settings();
    settings.feeds.truncate(2);
    let mut desk = Desk::with(settings.clone());
    desk.resize(180, 40).feed("checkout-pay", FeedState::Degraded, "1 above 0", 9);
    desk.feed("pg-primary", FeedState::Healthy, "up", 9).expect("1 of 2 feeds degraded").expect_not("feeds ok");
    desk.feed("checkout-pay", FeedState::Healthy, "0", 9).expect("2 feeds ok");
    desk.feed("checkout-pay", FeedState::Maintenance, "planned", 9).expect("1 of 2 feeds in maintenance").expect_not("feeds ok");
    settings.feeds.truncate(1);
    Desk::with(settings).resize(180, 40).feed("checkout-pay", FeedState::Healthy, "200", 9).expect("1 feed ok");
}

#[test]
fn samples_that_failed_are_at_the_top_whatever_they_took_and_jitter_is_flat() {
    let mut desk = Desk::with(settings());
    desk.resize(180, 40);
    for round in 0..4 {
        desk.feed("pg-primary", FeedState::Healthy, "up", 1 + round % 3).feed("checkout-pay", FeedState::Healthy, "200 OK", 9);
        desk.feed("checkout-pay", FeedState::Failing, "503", 2).wait(1);
    }
    desk.expect("▁▇▁▇▁▇▁▇").expect("up");
    assert!(desk.line("pg-primary").contains("▁▁▁▁"), "{}", desk.text());
    // What takes much longer is seen.
    desk.feed("pg-primary", FeedState::Healthy, "up", 900).feed("pg-primary", FeedState::Degraded, "slow", 900).expect("▁▁▁▁▇▇");
    desk.feed("checkout-pay", FeedState::Healthy, "200 OK", 9).expect("flaps 4×");
}

//! How far a source can be trusted: told in one word everywhere, and why one key away.

use crate::queue::{tells, two_sources};
use crate::screen::{Desk, alert, outage, settings};
use midwatch::domain::alert::Firing;
use midwatch::domain::health::FeedState;
use midwatch::domain::settings::{Carry, Settings, SourceSpec};
use midwatch::domain::watcher::Watcher;
use midwatch::model::Fact;
use midwatch::model::event::SourceAnswer;
use midwatch::model::past::{Episode, Recalled, Recounted};

#[test]
fn where_no_source_tells_what_fires_nothing_is_said_of_it() {
    let pending_only = || Settings { pending_only: vec!["prod".into()], ..settings() };
    let mut desk = Desk::with(pending_only());
    desk.answers(SourceAnswer { complete: true, ..SourceAnswer::default() });
    desk.expect_not("Nothing fires").expect("Nobody tells what fires:").expect("? firing").expect_not("0 firing");
    desk.press("P").expect("nobody knows: no source tells what fires").press("esc");
    // One that tells is enough.
    desk.fact(Fact::Configured(std::sync::Arc::new(Settings { pending_only: Vec::new(), ..pending_only() })));
    desk.answers(SourceAnswer { complete: true, ..SourceAnswer::default() }).expect("✓ Nothing fires.").expect("0 firing");
}

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

#[test]
fn from_whom_the_watch_was_taken_is_told_where_errors_and_sources_are() {
    let mut desk = Desk::new();
    let last = Watcher { process: 22_005, seen: "2026-03-01T02:57:00Z".parse().expect("a time") };
    desk.press("W").expect_not("since 02:57 UTC").press("esc");
    desk.fact(Fact::WatchedBefore { last, hung: true }).fact(Fact::Watching(true)).wait(1).expect("✗ 1 error: !");
    desk.expect("process 22005 held the watch and did not answer: nobody watched");
    let why = "process 22005 held the watch and did not answer since 02:57 UTC";
    desk.press("W").expect(why).press("esc").press("!").expect("the watch").expect(why).press("esc");
    desk.fact(Fact::WatcherAnswered).press("W").expect_not("since 02:57 UTC").press("esc");
    desk.press("!").expect("well again").press("esc");
    desk.fact(Fact::Watching(false)).fact(Fact::WatchLost);
    desk.press("W").expect("this process gave no sign of life, and another one took the watch over").press("esc");
    desk.fact(Fact::WatchedBefore { last, hung: false }).press("W").expect_not("no sign of life").press("esc");
    desk.fact(Fact::WatchBarred { why: "nobody may be watching: the folder is gone".into() });
    desk.press("W").expect("nobody may be watching: the folder is gone").press("esc");
    desk.fact(Fact::Watching(true)).press("W").expect_not("nobody may be watching");
}

#[test]
fn when_a_source_is_asked_next_and_what_it_waits_for_is_told() {
    use midwatch::model::event::{Pause, Spared};
    let mut desk = two_sources();
    ["prod", "pager"].into_iter().for_each(|name| tells(&mut desk, name, &[]));
    let spares = |desk: &mut Desk, seconds, why| {
        let pause = Pause { lasts: std::time::Duration::from_secs(seconds), why };
        desk.fact(midwatch::model::Fact::SourceSpared { source: "prod".into(), pause }).draw();
    };
    desk.press("W").expect("every 15s; R asks now").expect_not("next in");
    spares(&mut desk, 12, Spared::Usually);
    desk.expect("every 15s, next in 12s; R asks now").sleep(5).expect("next in 7s;");
    assert!(desk.draw().seconds, "it goes on by itself");
    desk.sleep(7).expect("every 15s, being asked now; R").expect_not("next in");
    spares(&mut desk, 119, Spared::Ordered);
    desk.expect("next in 1m59s: it has asked for no question before");
    spares(&mut desk, 20, Spared::Failing(1));
    desk.expect("next in 20s;").expect_not("in a row");
    spares(&mut desk, 20, Spared::Failing(4));
    desk.expect("next in 20s for it has failed 4 times in a row;");
}

/// Four sources, of which two take acknowledgements and one a silence for them; each lists one alert.
fn four_sources() -> Desk {
    let mut settings = settings();
    let carries = [Some(Carry::Acknowledge), None, Some(Carry::Acknowledge), Some(Carry::Silence { prefix: "ACK!".into() })];
    let spec = settings.sources.remove(0);
    let specs = ["a", "b", "c", "d"].into_iter().zip(carries);
    settings.sources = specs.map(|(name, carry)| SourceSpec { name: name.into(), carry, ..spec.clone() }).collect();
    let mut desk = Desk::with(settings);
    ["a", "b", "c", "d"].into_iter().for_each(|name| tells(&mut desk, name, &[alert(name, "warning", "checkout", "web-1", 3)]));
    desk
}

#[test]
fn where_an_acknowledgement_goes_is_told_of_every_source_that_takes_it() {
    let mut desk = four_sources();
    desk.press("/").type_text("web-1").press("enter M a");
    desk.expect("It is acknowledged on a, c too.").expect("It becomes a short silence on d, extended");
    desk.press("esc esc gg j a").expect("Acknowledge b").expect_not("too.").expect_not("short silence");
}

#[test]
fn many_sources_in_doubt_are_counted_and_leave_room_for_what_else_is_to_be_known() {
    let mut desk = four_sources();
    let fails = |desk: &mut Desk, name: &str| {
        let trouble = midwatch::domain::trouble::Trouble::new(midwatch::domain::trouble::Reason::Refused, "nobody listens");
        desk.fact(midwatch::model::Fact::SourceFailed { source: name.into(), trouble }).draw();
    };
    ["a", "b"].into_iter().for_each(|name| fails(&mut desk, name));
    assert!(desk.text().lines().next().is_some_and(|line| line.contains("? a failed") && line.contains("? b failed")));
    fails(&mut desk, "c");
    let line = desk.text().lines().next().unwrap_or_default().to_owned();
    assert!(line.contains("? 3 of 4 sources in doubt: W") && line.contains("0 acked") && !line.contains("a failed"), "{line}");
}

#[test]
fn a_source_in_doubt_outlives_the_incident_and_the_environment_on_the_smallest_screen() {
    let mut desk = Desk::new();
    desk.fires(&[alert("Down", "critical", "postgres", "db-1", 3)]).source_fails("refused").press("D enter").resize(40, 12);
    desk.expect("PROD").expect("INC-1 SEV2").expect("? prod failed");
    desk.resize(30, 12).expect("? prod failed").expect("PROD").expect_not("INC-1 SEV2");
    desk.resize(120, 40).expect("1 firing").expect("? prod failed");
}

#[test]
fn what_its_own_system_has_forgotten_and_not_checked_since_is_marked_so() {
    let mut desk = Desk::new();
    let down = alert("Down", "critical", "postgres", "db-1", 3);
    desk.fires(std::slice::from_ref(&down)).expect_not("? unchecked");
    let unsure = vec![down.id.fingerprint.clone()];
    desk.answers(SourceAnswer { complete: true, unsure, ..SourceAnswer::default() });
    assert!(desk.line("CRIT Down").contains("? unchecked"), "{}", desk.text());
    desk.press("enter").expect("has forgotten how it is, and has not looked since").press("esc");
    desk.answers(SourceAnswer { complete: true, ..SourceAnswer::default() }).expect_not("? unchecked");
}

#[test]
fn what_nobody_tells_of_any_more_is_no_good_news_on_its_row() {
    let mut desk = outage();
    let (untold, ended) =
        (alert("PostgresDown", "critical", "postgres", "db-1:5432", 3), alert("Watchdog", "none", "checkout", "", 5));
    desk.fires(std::slice::from_ref(&ended)).draw();
    let gone = vec![untold.id.fingerprint.clone(), ended.id.fingerprint.clone()];
    desk.fact(Fact::AlertsChanged { source: "prod".into(), upserts: Vec::new(), gone });
    let whole = SourceAnswer { complete: true, ..SourceAnswer::default() };
    let since = crate::screen::start();
    desk.answers(SourceAnswer { untold: vec![(untold.id.fingerprint.clone(), since)], ..whole.clone() });
    desk.expect("? not listed").answers(whole);
    assert!(desk.line("CRIT PostgresDown").contains("? untold "), "{}", desk.text());
    assert!(desk.line("Watchdog").contains("✗ ended"), "{}", desk.text());
    desk.expect("nobody has told of it since");
    desk.resize(80, 24).expect("1 untold").wait(11 * 60).expect("? untold ").expect("1 untold").expect_not("Watchdog");
}

#[test]
fn what_a_restarted_source_never_listed_again_is_not_shown_as_resolved() {
    let mut desk = outage();
    let (down, began) = (alert("PostgresDown", "critical", "postgres", "db-1:5432", 3), crate::screen::start());
    let of = |started_at| SourceAnswer { complete: true, started_at: Some(started_at), ..SourceAnswer::default() };
    desk.answers(of(began - chrono::Duration::days(1))).answers(of(began - chrono::Duration::days(1)));
    desk.fact(Fact::AlertsChanged { source: "prod".into(), upserts: Vec::new(), gone: vec![down.id.fingerprint.clone()] });
    for _ in 0..30 {
        desk.sleep(15).answers(of(began));
    }
    assert!(desk.line("CRIT PostgresDown").contains("? taken for"), "{}", desk.text());
    desk.resize(160, 40)
        .expect("? taken for over")
        .expect("1 untold")
        .press("G enter")
        .expect("? taken for over 2m")
        .expect("prod was restarted and has not listed it since");
    desk.expect_not("CRIT resolved").expect_not(", after");
    // Whoever knows better says so.
    desk.press("esc x r").expect("Recorded as known to be over, by ana").expect_not("has resolved meanwhile");
    desk.type_text("the host is scrapped").press("enter").expect_not("1 untold").expect_not("? taken for");
    desk.expect("is known to be over: the host is scr");
}

#[test]
fn the_counts_do_not_give_way_to_what_a_restarted_source_has_not_told_again() {
    let mut desk = outage();
    let (down, began) = (alert("PostgresDown", "critical", "postgres", "db-1:5432", 3), crate::screen::start());
    let of = |started_at| SourceAnswer { complete: true, started_at: Some(started_at), ..SourceAnswer::default() };
    desk.answers(of(began - chrono::Duration::days(1)));
    desk.fact(Fact::AlertsChanged { source: "prod".into(), upserts: Vec::new(), gone: vec![down.id.fingerprint.clone()] });
    (0..4).for_each(|_| _ = desk.sleep(15).answers(of(began)));
    desk.expect("? prod restarted, 1 not listed");
    for feed in ["checkout-pay", "pg-primary", "stripe-api"] {
        desk.feed(feed, FeedState::Healthy, "up", 9);
    }
    desk.resize(40, 12).expect("5 firing").expect("0 acked").expect("? not listed").expect_not("restarted, ");
    // What can't be believed at all goes before them.
    desk.source_fails("refused").expect("? prod failed");
}

#[test]
fn what_ended_untold_before_a_console_began_is_no_good_news_for_it() {
    let mut before = Desk::new();
    let down = alert("Down", "critical", "postgres", "db-1", 3);
    before.fact(Fact::Watching(true)).fires(std::slice::from_ref(&down));
    before.fact(Fact::AlertsChanged { source: "prod".into(), upserts: Vec::new(), gone: vec![down.id.fingerprint.clone()] });
    let whole = SourceAnswer { complete: true, ..SourceAnswer::default() };
    before.answers(SourceAnswer { untold: vec![(down.id.fingerprint.clone(), crate::screen::start())], ..whole.clone() });
    before.answers(whole.clone());
    let mut desk = Desk::new();
    for entry in before.world.log.entries().cloned().collect::<Vec<_>>() {
        desk.fact(Fact::Recorded { entry, request: None });
    }
    desk.answers(whole).expect_not("✓ Nothing fires").expect("Nothing fires, as far as anybody tells:");
    desk.expect("1 untold").expect("? 1 ended only because nobody told of it any");
    desk.fires(&[down]).expect_not("untold");
}

#[test]
fn a_server_that_was_just_started_and_lists_nothing_is_no_good_news() {
    let mut desk = Desk::new();
    let started_at = Some(crate::screen::start() - chrono::Duration::seconds(20));
    let nothing = SourceAnswer { complete: true, started_at, ..SourceAnswer::default() };
    desk.answers(nothing.clone()).expect_not("✓ Nothing fires").expect("Nothing fires, as far as was told since a start:");
    desk.expect("? prod was started lately");
    for _ in 0..30 {
        desk.sleep(15).answers(nothing.clone());
    }
    desk.expect("✓ Nothing fires.").expect_not("was started");
}

/// Two records of one alert are two counts, and each says whose it is and of what time.
#[test]
fn how_often_it_fired_is_told_by_whose_record_that_is() {
    let mut desk = Desk::new();
    let slow = alert("Slow", "warning", "checkout", "web-1", 3);
    desk.fires(std::slice::from_ref(&slow)).press("enter");
    let (id, now) = (slow.id.clone(), desk.world.now.wall);
    let times = |count: i64| (1..=count).map(move |hours| now - chrono::Duration::hours(hours));
    let episode = |from| Episode {
        alert: id.clone(),
        name: "Slow".into(),
        target: String::new(),
        service: None,
        severity: None,
        from,
        to: Some(from),
        end: midwatch::model::past::End::Told,
        owners: Vec::new(),
        playbooks: Vec::new(),
        incident: None,
    };
    let journal = Ok(times(3).map(episode).collect());
    desk.fact(Fact::Recalled(Recalled { alert: Some(id.clone()), since: now, cut: false, episodes: journal })).draw();
    desk.expect("fired 3 times in 30d, usually").expect_not("own journal");
    let told = |count| Recounted {
        alert: id.clone(),
        source: "prom".into(),
        since: now - chrono::Duration::days(1),
        firings: Ok(times(count).map(|from| Firing { from, to: Some(from) }).collect()),
    };
    desk.fact(Fact::Recounted(told(0))).draw();
    desk.expect_not("own journal").expect_not("by the record of");
    desk.fact(Fact::Recounted(told(1))).draw();
    desk.expect("by midwatch's own journal").press("G").expect("Fired once in 24h by the record of prom, to the minute");
}

#[test]
fn what_only_a_silent_part_of_a_source_told_is_stale_and_the_rest_is_not() {
    let mut desk = Desk::new();
    let (down, slow) = (alert("Down", "critical", "postgres", "db-1", 3), alert("Slow", "warning", "checkout", "web-1", 3));
    desk.fires(&[down.clone(), slow]).answers(SourceAnswer { complete: true, ..SourceAnswer::default() });
    let part = SourceAnswer {
        missing: vec!["http://am-2:9093: no answer".into()],
        unheard: vec![down.id.fingerprint.clone()],
        ..SourceAnswer::default()
    };
    desk.answers(part).press("gg");
    assert!(desk.line("CRIT Down").contains("? stale") && !desk.line("WARN Slow").contains("? stale"), "{}", desk.text());
    desk.press("enter").expect("the part of its source that told of it does not answer").press("esc");
    desk.answers(SourceAnswer { complete: true, ..SourceAnswer::default() }).expect_not("? stale");
}

//! What readings, silence and sleep make of a feed.

use super::*;
use crate::domain::health::{Confirm, FeedSpec, Limit, Votes};
use crate::domain::trouble::Reason;
use chrono::DateTime;

/// Every 10 s, 5 s for an answer: stale 25 s after the last one.
fn one_feed() -> (Health, FeedName) {
    let name = FeedName::from("pay");
    let spec = |name: &FeedName| FeedSpec {
        service: Some("checkout".into()),
        ..FeedSpec::new(name.clone(), "http", Duration::from_secs(10), Duration::from_secs(5))
    };
    let feeds = vec![spec(&name), spec(&"idle".into())];
    (Health::new(&Settings { feeds, ..Settings::default() }), name)
}

fn at(seconds: u64) -> Stamp {
    let wall = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    let mono = Duration::from_secs(seconds);
    Stamp { wall: wall + mono, mono }
}

fn reading(state: FeedState, value: Option<f64>) -> Result<Reading, Trouble> {
    Ok(Reading { value, latency: Some(Duration::from_millis(7)), ..Reading::new(state, "said") })
}

fn refused() -> Result<Reading, Trouble> {
    Err(Trouble::new(Reason::Refused, "prometheus refused"))
}

fn moved(change: &Option<Change>) -> Option<(FeedState, FeedState)> {
    change.as_ref().map(|change| (change.from, change.to))
}

#[test]
fn only_a_change_of_state_is_a_change_and_the_first_healthy_one_is_no_news() {
    let (mut health, pay) = one_feed();
    let first = health.read(&pay, reading(FeedState::Healthy, None), at(0)).expect("unknown to healthy");
    assert!(!first.news());
    assert_eq!(health.read(&pay, reading(FeedState::Healthy, None), at(10)), None);
    let down = health.read(&pay, reading(FeedState::Failing, None), at(20)).expect("healthy to failing");
    assert!(down.news());
    assert_eq!((down.from, down.to, down.service), (FeedState::Healthy, FeedState::Failing, Some("checkout".into())));
    assert_eq!(health.read(&pay, reading(FeedState::Failing, None), at(30)), None);
    assert_eq!(health.get(&pay).expect("is there").since, Some(at(20)));
}

#[test]
fn a_reading_past_its_deadline_is_stale_with_the_last_reason() {
    let (mut health, pay) = one_feed();
    health.read(&pay, reading(FeedState::Healthy, None), at(0));
    assert_eq!(health.next_deadline(), Some(Duration::from_secs(25)));
    assert_eq!(health.read(&pay, refused(), at(10)), None, "the reading of ten seconds ago still counts");
    assert_eq!(health.tick(at(24)), []);
    let changes = health.tick(at(25));
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].to, changes[0].message.raw()), (FeedState::Stale, "prometheus refused"));
    assert_eq!(health.next_deadline(), None);
    assert_eq!(
        moved(&health.read(&pay, reading(FeedState::Healthy, None), at(30))),
        Some((FeedState::Stale, FeedState::Healthy))
    );
    assert_eq!(health.get(&pay).expect("is there").trouble, None);
}

#[test]
fn an_answer_moves_the_deadline() {
    let (mut health, pay) = one_feed();
    health.read(&pay, reading(FeedState::Degraded, None), at(0));
    health.read(&pay, reading(FeedState::Degraded, None), at(20));
    assert_eq!(health.tick(at(44)), []);
    assert_eq!(health.tick(at(45)).len(), 1);
}

#[test]
fn what_could_never_be_asked_is_stale_at_once() {
    let (mut health, pay) = one_feed();
    assert_eq!(moved(&health.read(&pay, refused(), at(0))), Some((FeedState::Unknown, FeedState::Stale)));
    assert_eq!(health.get(&pay).and_then(FeedHealth::message).map(Outside::raw), Some("prometheus refused"));
    assert_eq!(health.count(FeedState::Stale), 1);
}

#[test]
fn after_a_night_in_a_bag_nothing_is_fresh_until_it_is_asked_again() {
    let (mut health, pay) = one_feed();
    health.read(&pay, reading(FeedState::Healthy, None), at(0));
    let changes = health.all_stale(at(5), "console slept 6 h 02 m");
    assert_eq!(changes.len(), 1, "what was never asked stays unknown");
    assert_eq!(changes[0].message.raw(), "console slept 6 h 02 m");
    assert_eq!((health.next_deadline(), health.tick(at(100))), (None, vec![]));
    assert!(health.all_stale(at(101), "again").is_empty());
    let same = health.read(&pay, reading(FeedState::Healthy, None), at(102)).expect("stale to healthy");
    assert!(!changes[0].news() && !same.news(), "one entry says that the console slept; 41 more would not help");
    health.all_stale(at(103), "slept");
    assert!(health.read(&pay, reading(FeedState::Failing, None), at(104)).expect("stale to failing").news());
}

#[test]
fn what_was_down_before_a_sleep_and_is_down_after_it_has_been_down_all_the_time() {
    let (mut health, pay) = one_feed();
    health.read(&pay, reading(FeedState::Failing, None), at(0));
    health.all_stale(at(100), "slept");
    assert_eq!(health.get(&pay).and_then(|feed| feed.since), Some(at(100)), "nobody knows yet");
    health.all_stale(at(101), "slept again");
    health.read(&pay, reading(FeedState::Failing, None), at(102));
    assert_eq!(health.get(&pay).and_then(|feed| feed.since), Some(at(0)));
    health.all_stale(at(200), "slept");
    health.read(&pay, reading(FeedState::Healthy, None), at(201));
    health.read(&pay, reading(FeedState::Failing, None), at(211));
    assert_eq!(health.get(&pay).and_then(|feed| feed.since), Some(at(211)), "it was well in between");
}

#[test]
fn a_service_is_as_bad_as_its_worst_feed_and_not_knowing_is_worse_than_healthy() {
    let (mut health, pay) = one_feed();
    health.read(&pay, reading(FeedState::Healthy, None), at(0));
    assert_eq!(health.service(&"checkout".into()), Some(FeedState::Unknown));
    health.read(&pay, reading(FeedState::Failing, None), at(1));
    assert_eq!(health.service(&"checkout".into()), Some(FeedState::Failing));
    assert_eq!(health.service(&"elsewhere".into()), None);
}

#[test]
fn a_sparkline_never_mixes_values_with_latencies() {
    let (mut health, pay) = one_feed();
    health.read(&pay, reading(FeedState::Unknown, None), at(0));
    health.read(&pay, reading(FeedState::Healthy, Some(0.5)), at(1));
    health.read(&pay, reading(FeedState::Unknown, None), at(2));
    let measures = |health: &Health| health.get(&pay).expect("is there").history.iter().map(|s| s.measure).collect::<Vec<_>>();
    assert_eq!(measures(&health), [None, Some(0.5), None]);
    for second in 3..100 {
        health.read(&pay, reading(FeedState::Healthy, Some(second as f64)), at(second));
    }
    assert_eq!((measures(&health).len(), measures(&health)[0]), (HISTORY, Some(40.0)));
}

#[test]
fn a_new_configuration_keeps_what_it_leaves_as_it_was() {
    let (mut health, pay) = one_feed();
    health.read(&pay, reading(FeedState::Failing, None), at(0));
    let mut feeds: Vec<_> = health.iter().map(|feed| feed.spec.clone()).collect();
    health.configure(&Settings { feeds: feeds.clone(), ..Settings::default() });
    assert_eq!((health.count(FeedState::Failing), health.next_deadline()), (1, Some(Duration::from_secs(25))));
    feeds.iter_mut().for_each(|feed| feed.every = Duration::from_secs(1));
    health.configure(&Settings { feeds: feeds.clone(), ..Settings::default() });
    assert_eq!((health.count(FeedState::Unknown), health.next_deadline()), (2, None));
    assert_eq!(health.get(&pay).expect("is there").history.len(), 1, "asked otherwise it has its past");
    let mended = health.read(&pay, reading(FeedState::Healthy, None), at(1)).expect("it was unknown");
    assert!(mended.news(), "that it fails is on record, and so must be that it does no more");
    feeds.iter_mut().for_each(|feed| feed.kind = "other".to_owned());
    health.configure(&Settings { feeds, ..Settings::default() });
    assert!(health.get(&pay).expect("is there").history.is_empty(), "another kind measures something else");
    assert_eq!(health.read(&"gone".into(), reading(FeedState::Failing, None), at(2)), None);
}

/// `pay` with two bad ones of three before it is believed, and three good ones in a row.
fn careful() -> (Health, FeedName) {
    let (health, pay) = one_feed();
    let mut feeds: Vec<_> = health.iter().map(|feed| feed.spec.clone()).collect();
    let [worse, better] = ["2 of 3", "3"].map(|votes| Votes::parse(votes).expect("votes"));
    feeds.iter_mut().for_each(|feed| feed.confirm = Confirm { worse, better });
    (Health::new(&Settings { feeds, ..Settings::default() }), pay)
}

/// The state after each of these answers, ten seconds apart.
fn after(health: &mut Health, feed: &FeedName, from: u64, said: &[FeedState]) -> Vec<FeedState> {
    let times = (from..).step_by(10);
    let read = |(state, second): (&FeedState, u64)| {
        health.read(feed, reading(*state, None), at(second));
        health.get(feed).expect("is there").state
    };
    said.iter().zip(times).map(read).collect()
}

#[test]
fn a_state_changes_when_enough_answers_agree_both_ways() {
    use FeedState::{Degraded, Failing, Healthy};
    let (mut health, pay) = careful();
    let said = [Healthy, Failing, Healthy, Failing, Failing];
    assert_eq!(after(&mut health, &pay, 0, &said), [Healthy, Healthy, Healthy, Failing, Failing], "two of the last three");
    let said = [Healthy, Healthy, Failing, Healthy, Healthy, Healthy, Healthy];
    assert_eq!(after(&mut health, &pay, 50, &said), [Failing, Failing, Failing, Failing, Failing, Healthy, Healthy]);
    let said = [Failing, Degraded, Failing];
    assert_eq!(
        after(&mut health, &pay, 120, &said),
        [Healthy, Degraded, Degraded],
        "at least degraded, say two; a change counts anew"
    );
}

#[test]
fn what_is_not_believed_yet_is_told() {
    let (mut health, pay) = careful();
    after(&mut health, &pay, 0, &[FeedState::Healthy, FeedState::Failing]);
    let told = health.get(&pay).and_then(FeedHealth::unsettled).expect("one of two");
    assert_eq!((told.said, told.agree, told.votes), (FeedState::Failing, 1, Votes { needed: 2, of: 3 }));
    after(&mut health, &pay, 20, &[FeedState::Healthy]);
    assert_eq!(health.get(&pay).and_then(FeedHealth::unsettled), None);
    after(&mut health, &pay, 30, &[FeedState::Failing, FeedState::Healthy]);
    let told = health.get(&pay).and_then(FeedHealth::unsettled).expect("one of three");
    assert_eq!((told.said, told.agree), (FeedState::Healthy, 1));
}

#[test]
fn after_a_silence_bad_news_is_believed_at_once_and_good_news_is_not() {
    use FeedState::{Failing, Healthy};
    let (mut health, pay) = careful();
    after(&mut health, &pay, 0, &[Healthy]);
    health.all_stale(at(10), "slept");
    assert_eq!(after(&mut health, &pay, 20, &[Failing]), [Failing], "a healthy state of yesterday would be a false green");
    health.all_stale(at(30), "slept");
    assert_eq!(after(&mut health, &pay, 40, &[Healthy, Healthy, Healthy]), [Failing, Failing, Healthy]);
    after(&mut health, &pay, 70, &[Failing, Failing, Healthy, Healthy]);
    health.all_stale(at(110), "slept");
    assert_eq!(after(&mut health, &pay, 120, &[Healthy]), [Failing], "what was said before it counts no more");
}

#[test]
fn a_trend_goes_on_where_the_last_session_ended_and_proves_nothing_before_the_first_answer() {
    let measured = |value: u64| {
        let limit = Some(Limit::Above(90.0));
        Ok(Reading { value: Some(value as f64), limit, ..Reading::new(FeedState::Healthy, "used") })
    };
    let (mut before, pay) = one_feed();
    (0..40).for_each(|step| {
        before.read(&pay, measured(20 + step), at(step * 10));
    });
    let wanted = *before.get(&pay).and_then(FeedHealth::ahead).expect("a trend");
    let past = before.get(&pay).and_then(|feed| feed.past(at(390))).expect("it has answered");
    let past = serde_json::from_str(&serde_json::to_string(&past).expect("is JSON")).expect("comes back");
    // Another boot: the clock of the machine began anew.
    let (mut after, _) = one_feed();
    let rebooted = |seconds| Stamp { mono: Duration::from_secs(seconds), ..at(390 + seconds) };
    after.remember(&pay, &past, rebooted(1));
    let remembered = after.get(&pay).expect("is there");
    assert_eq!((remembered.state, remembered.ahead()), (FeedState::Unknown, None), "what was measured yesterday is no health");
    assert_eq!(remembered.history.back().map(|sample| sample.measure), Some(None), "and there is a gap");
    after.read(&pay, measured(60), rebooted(10));
    let found = after.get(&pay).and_then(FeedHealth::ahead).expect("goes on");
    assert!(found.breach.abs_diff(wanted.breach - Duration::from_secs(390)) < Duration::from_secs(10), "{found:?} {wanted:?}");
    let hours = after.get(&pay).and_then(|feed| feed.past(rebooted(10))).expect("it has answered").hours.1;
    assert!(
        matches!(hours[..], [Some(mean)] if (mean - 40.0).abs() < 0.5),
        "one hour, of which 20 to 59 were the values: {hours:?}"
    );
    after.remember(&pay, &Past::default(), rebooted(11));
    assert!(after.get(&pay).and_then(FeedHealth::ahead).is_some(), "what this session knows counts more");
}

#[test]
fn each_way_counts_among_as_many_answers_as_it_says() {
    use FeedState::{Failing, Healthy};
    let votes = |needed, of| Votes { needed, of };
    let confirmed = |worse, better, said: &[FeedState]| {
        let name = FeedName::from("pay");
        let spec = FeedSpec {
            confirm: Confirm { worse, better },
            ..FeedSpec::new("pay", "http", Duration::from_secs(10), Duration::from_secs(5))
        };
        let mut health = Health::new(&Settings { feeds: vec![spec], ..Settings::default() });
        after(&mut health, &name, 0, said)
    };
    let better = confirmed(votes(1, 1), votes(3, 5), &[Failing, Healthy, Failing, Healthy, Healthy]);
    assert_eq!(better, [Failing, Failing, Failing, Failing, Healthy], "three of the last four");
    let worse = confirmed(votes(3, 5), votes(1, 1), &[Healthy, Failing, Healthy, Failing, Failing]);
    assert_eq!(worse, [Healthy, Healthy, Healthy, Healthy, Failing]);
}

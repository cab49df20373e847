//! What steps want to know of feeds: answered by what is seen after they asked, and never by what nobody knows.

use crate::support::story::{Story, settings};
use midwatch::domain::health::{FeedSpec, FeedState, Reading};
use midwatch::domain::ids::QuestionId;
use midwatch::domain::playbook::{Condition, Found, Seen, Selector};
use midwatch::domain::settings::Settings;
use midwatch::domain::trouble::{Reason, Trouble};
use midwatch::model::{Effect, Fact};
use std::time::Duration;

/// Two feeds of `orders-db`, asked every ten seconds, five for an answer.
fn story() -> Story {
    let feed = |name: &str| FeedSpec {
        service: Some("orders-db".into()),
        ..FeedSpec::new(name, "http", Duration::from_secs(10), Duration::from_secs(5))
    };
    Story::with(Settings { feeds: vec![feed("lag"), feed("port")], ..settings(false) })
}

fn reads(story: &mut Story, feed: &str, state: FeedState, value: Option<f64>) {
    took(story, feed, state, value, Duration::ZERO);
}

fn took(story: &mut Story, feed: &str, state: FeedState, value: Option<f64>, latency: Duration) {
    let reading = Reading { value, latency: Some(latency), ..Reading::new(state, "said") };
    story.fact(Fact::FeedRead { feed: feed.into(), reading });
}

fn fails(story: &mut Story, feed: &str) {
    story.fact(Fact::FeedFailed { feed: feed.into(), trouble: Trouble::new(Reason::Refused, "nobody listens") });
}

/// Puts the question, a moment after whatever was read before.
fn asks(story: &mut Story, selector: &str, seconds: u64) {
    story.pass(1);
    let selector = Selector::parse(selector).expect(selector);
    story.fact(Fact::FeedsAsked { question: QuestionId(7), selector, within: Duration::from_secs(seconds) });
}

fn answer(story: &mut Story) -> Option<Found> {
    story.taken().into_iter().find_map(|effect| match effect {
        Effect::Answer { question: QuestionId(7), found } => Some(found),
        _ => None,
    })
}

fn followed(story: &mut Story) -> Vec<String> {
    let followed = story.taken().into_iter().filter_map(|effect| match effect {
        Effect::Follow { feeds } => Some(feeds),
        _ => None,
    });
    followed.flatten().map(|feed| feed.to_string()).collect()
}

/// How a gate with this expectation takes it.
fn gate(condition: &Condition, found: Found) -> Result<bool, String> {
    condition.holds(&Seen { found: Some(found), ..Seen::default() }, &|_| None)
}

#[test]
fn what_was_seen_before_the_question_is_no_answer() {
    let mut story = story();
    reads(&mut story, "lag", FeedState::Healthy, None);
    reads(&mut story, "port", FeedState::Healthy, None);
    asks(&mut story, "service = orders-db and state = healthy", 60);
    assert_eq!(followed(&mut story), ["lag", "port"], "they are asked anew");
    story.pass(3);
    reads(&mut story, "port", FeedState::Failing, None);
    assert_eq!(answer(&mut story), None, "half an answer is none");
    // On its way when the question was put: what it tells may be no longer so.
    took(&mut story, "lag", FeedState::Healthy, None, Duration::from_secs(4));
    assert_eq!(answer(&mut story), None);
    reads(&mut story, "lag", FeedState::Healthy, None);
    let found = answer(&mut story).expect("all have answered");
    assert_eq!((found.matches.len(), found.others.as_slice()), (1, &["port is failing: said".to_owned()][..]));
    assert_eq!(gate(&Condition::All, found.clone()), Ok(false), "one that is not so is enough");
    assert_eq!(gate(&Condition::Empty(false), found.clone()), Ok(true));
    assert_eq!(gate(&Condition::Empty(true), found), Ok(false));
    reads(&mut story, "lag", FeedState::Healthy, None);
    assert_eq!(answer(&mut story), None, "it is answered once");
}

#[test]
fn what_nobody_knows_opens_no_gate() {
    let all = [Condition::All, Condition::Empty(true), Condition::Empty(false)];
    for selector in ["service = orders-db and state = healthy", "state != healthy", "state = failing"] {
        let mut story = story();
        reads(&mut story, "lag", FeedState::Healthy, Some(1.0));
        asks(&mut story, selector, 60);
        reads(&mut story, "port", FeedState::Unknown, None);
        // It was healthy a second ago, and that still counts on the screen.
        fails(&mut story, "lag");
        let found = answer(&mut story).expect("both were asked");
        assert_eq!(found.unclear, ["lag is stale: nobody listens", "port is unknown: said"], "{selector}");
        for condition in &all {
            let why = gate(condition, found.clone()).expect_err(selector);
            assert!(why.contains("nobody listens"), "{selector}, {condition}: {why}");
        }
        let bounds = midwatch::domain::playbook::Bounds::Below(9.0);
        assert!(gate(&Condition::Value(bounds), found).is_err(), "an old value is no value");
    }
}

#[test]
fn not_knowing_can_be_asked_about() {
    let mut story = story();
    asks(&mut story, "name = lag and state = stale", 60);
    fails(&mut story, "lag");
    assert_eq!(gate(&Condition::All, answer(&mut story).expect("it was asked")), Ok(true));
}

#[test]
fn values_are_those_of_what_is_so() {
    let below = |limit| Condition::Value(midwatch::domain::playbook::Bounds::Below(limit));
    let mut story = story();
    asks(&mut story, "service = orders-db and state = healthy", 60);
    reads(&mut story, "lag", FeedState::Healthy, Some(0.5));
    reads(&mut story, "port", FeedState::Failing, Some(90.0));
    let found = answer(&mut story).expect("both have answered");
    assert_eq!((gate(&below(1.0), found.clone()), gate(&below(0.1), found)), (Ok(true), Ok(false)));
    asks(&mut story, "name = port", 60);
    reads(&mut story, "port", FeedState::Healthy, None);
    assert!(gate(&below(1.0), answer(&mut story).expect("answered")).is_err_and(|why| why.contains("no value")));
}

#[test]
fn what_shall_last_is_seen_at_its_end_too() {
    let mut story = story();
    reads(&mut story, "port", FeedState::Healthy, None);
    asks(&mut story, "name = port and state = healthy for 30s", 120);
    story.taken();
    reads(&mut story, "port", FeedState::Healthy, None);
    assert_eq!(answer(&mut story), None, "one second is not thirty");
    story.wait(20);
    reads(&mut story, "port", FeedState::Healthy, None);
    story.wait(8);
    assert_eq!((followed(&mut story), answer(&mut story)), (vec![], None));
    story.wait(1);
    assert_eq!(followed(&mut story), ["port"], "thirty seconds are over, and nobody has looked since");
    story.wait(1);
    assert_eq!(followed(&mut story), Vec::<String>::new(), "it is asked once");
    reads(&mut story, "port", FeedState::Healthy, None);
    assert_eq!(gate(&Condition::All, answer(&mut story).expect("it has lasted")), Ok(true));
}

#[test]
fn what_does_not_last_is_told_at_once() {
    let mut story = story();
    asks(&mut story, "name = port and state = healthy for 30s", 120);
    reads(&mut story, "port", FeedState::Healthy, None);
    story.wait(10);
    reads(&mut story, "port", FeedState::Degraded, None);
    let found = answer(&mut story).expect("it is over");
    assert_eq!(found.others, ["port is degraded: said"]);
}

#[test]
fn when_its_time_is_over_the_question_is_answered_with_what_is_missing() {
    let mut story = story();
    asks(&mut story, "service = orders-db and state = healthy for 30s", 20);
    reads(&mut story, "lag", FeedState::Healthy, None);
    story.wait(10);
    reads(&mut story, "lag", FeedState::Healthy, None);
    assert_eq!(answer(&mut story), None);
    story.wait(10);
    let found = answer(&mut story).expect("its time is over");
    assert_eq!(found.unclear, ["lag is healthy: said, for 10s of 30s", "port has not answered"]);
    assert!(gate(&Condition::All, found).is_err());
}

#[test]
fn a_sleep_of_the_machine_lasts_as_nothing() {
    let mut story = story();
    asks(&mut story, "name = port and state = healthy for 30s", 7200);
    reads(&mut story, "port", FeedState::Healthy, None);
    story.wait(3600);
    let found = answer(&mut story).expect("nothing is known any more");
    assert!(found.matches.is_empty() && found.unclear[0].contains("slept"), "{found:?}");
}

#[test]
fn a_question_about_nothing_is_answered_and_holds_never() {
    let mut story = story();
    asks(&mut story, "name = gone and state != failing", 60);
    let found = answer(&mut story).expect("there is nothing to wait for");
    for condition in [Condition::All, Condition::Empty(true), Condition::Empty(false)] {
        assert!(gate(&condition, found.clone()).is_err_and(|why| why.contains("no feed")), "{condition}");
    }
}

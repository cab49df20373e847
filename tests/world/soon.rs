//! Limits that come near: told once, and once more when they are reached or nothing says so any more.

use super::*;
use midwatch::domain::health::{FeedSpec, FeedState, Limit, Reading};
use midwatch::domain::settings::Settings;

const MINUTE: Duration = Duration::from_secs(60);

fn disk() -> Story {
    let feed = FeedSpec { service: Some("postgres".into()), ..FeedSpec::new("disk", "tcp", MINUTE, MINUTE) };
    Story::with(Settings { feeds: vec![feed], ..settings(false) })
}

/// A minute later the disk is as full as this; its limit is 90.
fn measures(story: &mut Story, value: f64) {
    story.wait(60);
    let reading = Reading { value: Some(value), limit: Some(Limit::Above(90.0)), ..Reading::new(FeedState::Healthy, "well") };
    story.fact(Fact::FeedRead { feed: "disk".into(), reading });
}

/// It fills by a tenth each minute until this is reached.
fn fills(story: &mut Story, from: f64, to: f64) {
    let minutes = ((to - from) * 10.0).round() as u32;
    (1..=minutes).for_each(|minute| measures(story, from + f64::from(minute) / 10.0));
}

fn told(story: &Story) -> Vec<(String, String)> {
    let entries = story.journal.iter().filter(|entry| entry.kind == Kind::Forecast);
    entries.map(|entry| (entry.text_of("verdict").unwrap_or_default().to_owned(), entry.text.clone())).collect()
}

fn verdicts(story: &Story) -> Vec<String> {
    told(story).into_iter().map(|(verdict, _)| verdict).collect()
}

#[test]
fn what_was_not_told_because_the_watch_was_lost_is_told_when_it_is_back() {
    let mut story = disk();
    fills(&mut story, 10.0, 65.0);
    story.slow = Some(Vec::new());
    fills(&mut story, 65.0, 67.0);
    let asked = story.slow.take().expect("it was asked");
    assert!(!asked.is_empty());
    story.fact(Fact::Watching(false));
    for (request, _) in asked {
        story.fact(Fact::RecordFailed { request, why: "another process watches".into() });
    }
    story.fact(Fact::Watching(true));
    measures(&mut story, 67.1);
    assert_eq!(verdicts(&story), ["soon"]);
}

#[test]
fn what_comes_near_is_told_once_and_again_when_it_is_there() {
    let mut story = disk();
    fills(&mut story, 10.0, 65.0);
    let ahead = story.world.health.get(&"disk".into()).and_then(|feed| feed.ahead()).is_some();
    assert!(ahead && verdicts(&story).is_empty(), "it is seen, and four hours and more away");
    fills(&mut story, 65.0, 67.0);
    assert_eq!(verdicts(&story), ["soon"]);
    assert_eq!(story.world.soon().map(|feed| feed.spec.name.as_str()).collect::<Vec<_>>(), ["disk"]);
    let text = told(&story)[0].1.clone();
    assert!(text.starts_with("disk above 90: in about 4 h 00 m, "), "{text}");
    let entry = story.last(Kind::Forecast);
    assert_eq!(entry.service.as_ref().map(|name| name.as_str()), Some("postgres"));
    fills(&mut story, 67.0, 80.0);
    story.begins_anew();
    fills(&mut story, 80.0, 90.0);
    assert_eq!(verdicts(&story), ["soon"], "another process does not tell it again");
    measures(&mut story, 90.4);
    measures(&mut story, 90.5);
    assert_eq!(verdicts(&story), ["soon", "reached"]);
    assert!(told(&story)[1].1.starts_with("disk above 90: now, told 4 h 0"), "{:?}", told(&story));
    assert_eq!(story.world.soon().count(), 0);
}

#[test]
fn what_somebody_clears_up_is_over_after_a_while_and_told_anew_when_it_comes_again() {
    let mut story = disk();
    fills(&mut story, 10.0, 70.0);
    (0..59).for_each(|_| measures(&mut story, 20.0));
    assert_eq!(verdicts(&story), ["soon"], "a moment says nothing");
    // The trend is judged anew now and then.
    (0..30).for_each(|_| measures(&mut story, 20.0));
    assert_eq!(verdicts(&story), ["soon", "over"]);
    assert_eq!(told(&story)[1].1, "disk above 90: no longer to be expected");
    fills(&mut story, 20.0, 75.0);
    assert_eq!(verdicts(&story), ["soon", "over", "soon"]);
}

#[test]
fn a_feed_that_nobody_hears_of_ends_nothing() {
    let mut story = disk();
    fills(&mut story, 10.0, 70.0);
    for _ in 0..60 {
        story.wait(60);
        let trouble = midwatch::domain::trouble::Trouble::new(midwatch::domain::trouble::Reason::Timeout, "no answer");
        story.fact(Fact::FeedFailed { feed: "disk".into(), trouble });
    }
    assert_eq!(story.world.health.get(&"disk".into()).map(|feed| feed.state), Some(FeedState::Stale));
    assert_eq!(verdicts(&story), ["soon"]);
}

#[test]
fn only_who_watches_writes_it_down() {
    let mut story = disk();
    story.fact(Fact::Watching(false));
    fills(&mut story, 10.0, 80.0);
    assert_eq!(verdicts(&story), [] as [&str; 0]);
}

//! Planned work: nobody is woken, nothing is hidden, and what is bad when it ends is news.

use super::*;
use chrono::{NaiveTime, Weekday};
use midwatch::domain::health::{FeedSpec, FeedState, Reading};
use midwatch::domain::maintenance::{Subjects, Window};
use midwatch::domain::settings::Settings;

fn maintain(names: &[&str], minutes: u64) -> Command {
    Command::Maintain { subjects: subjects(names), hold: Duration::from_secs(minutes * 60), reason: "kernel".into() }
}

/// `pg` is a feed.
fn subjects(names: &[&str]) -> Subjects {
    let (feeds, services): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| **name == "pg");
    Subjects { services: services.into_iter().map(Into::into).collect(), feeds: feeds.into_iter().map(Into::into).collect() }
}

fn end() -> Command {
    Command::EndMaintenance { subjects: subjects(&["postgres"]) }
}

/// postgres on Sundays from 03:10 to 03:40 UTC: the story begins on a Sunday at 03:00.
fn scheduled() -> Settings {
    let subjects = subjects(&["postgres"]);
    let at = NaiveTime::from_hms_opt(3, 10, 0).expect("a time");
    let lasts = Duration::from_secs(30 * 60);
    let window = Window { subjects, days: vec![Weekday::Sun], at, zone: chrono_tz::UTC, lasts, why: None };
    let every = Duration::from_secs(3_600);
    let feed = FeedSpec { service: Some("postgres".into()), ..FeedSpec::new("pg", "tcp", every, every) };
    Settings { maintenance: vec![window], feeds: vec![feed], ..settings(false) }
}

fn quiet(story: &Story) -> bool {
    story.world.maintenance.of_service(&"postgres".into()).is_some()
}

fn arrived(story: &Story, name: &str) -> Option<Duration> {
    story.world.alerts.get(&id(name)).expect("in the queue").arrived.map(|at| at.mono)
}

fn texts(story: &Story) -> Vec<&str> {
    story.journal.iter().map(|entry| entry.text.as_str()).collect()
}

/// Time passes while an alert of postgres and one of checkout fire.
fn passes(story: &mut Story, minutes: u64) {
    for _ in 0..minutes * 4 {
        story.wait(15);
        story.poll(&[alert("Down", "postgres", began()), alert("Slow", "checkout", began())]);
    }
}

#[test]
fn an_alert_of_what_is_worked_on_stays_as_it_is_and_wakes_nobody_until_the_end() {
    let mut story = Story::new();
    story.ask(maintain(&["postgres"], 30));
    passes(&mut story, 1);
    assert!(quiet(&story));
    assert_eq!(state(&story, "Down"), Some(State::Firing), "it is not hidden");
    assert_eq!((story.world.alerts.urgent(), story.world.urgent()), (2, 1));
    let before = (arrived(&story, "Down"), arrived(&story, "Slow"));
    passes(&mut story, 28);
    assert_eq!((arrived(&story, "Down"), arrived(&story, "Slow")), before);
    passes(&mut story, 2);
    assert!(!quiet(&story));
    assert!(arrived(&story, "Down") > before.0, "what fires when it ends is news");
    assert_eq!(arrived(&story, "Slow"), before.1);
    assert_eq!(story.world.urgent(), 2);
    let ends = story.journal.iter().filter(|entry| entry.kind == Kind::MaintenanceEnded).count();
    assert_eq!(ends, 1, "{:?}", texts(&story));
}

#[test]
fn what_resolves_in_it_is_resolved_and_no_news_at_its_end() {
    let mut story = Story::new();
    story.ask(maintain(&["postgres"], 5));
    story.poll(&[alert("Down", "postgres", began())]);
    story.poll(&[]);
    story.poll(&[]);
    assert_eq!(state(&story, "Down"), Some(State::Resolved));
    let before = arrived(&story, "Down");
    story.wait(310);
    assert_eq!((quiet(&story), arrived(&story, "Down")), (false, before));
    assert!(story.kinds().contains(&Kind::AlertResolved));
}

#[test]
fn what_its_source_does_not_list_when_it_ends_is_no_news() {
    let mut story = Story::new();
    story.ask(maintain(&["postgres"], 5));
    story.poll(&[alert("Down", "postgres", began())]);
    story.poll(&[]);
    let before = arrived(&story, "Down");
    story.wait(310);
    assert_eq!((quiet(&story), state(&story, "Down"), arrived(&story, "Down")), (false, Some(State::Firing), before));
}

#[test]
fn it_is_kept_over_a_restart_and_ended_by_a_person() {
    let mut story = Story::new();
    story.ask(maintain(&["postgres"], 60));
    story.begins_anew();
    assert!(quiet(&story));
    let work = story.world.maintenance.of_service(&"postgres".into()).expect("on");
    assert_eq!((work.by.as_deref(), work.why.as_deref()), (Some("ana"), Some("kernel")));
    passes(&mut story, 1);
    let before = arrived(&story, "Down");
    story.ask(end());
    assert!(!quiet(&story) && arrived(&story, "Down") > before);
    story.begins_anew();
    assert!(!quiet(&story));
    let last = texts(&story).last().copied();
    assert_eq!(last, Some("ended the maintenance of postgres"));
}

#[test]
fn what_the_configuration_says_begins_and_ends_by_the_clock_and_stands_in_the_log() {
    let mut story = Story::with(scheduled());
    assert!(!quiet(&story));
    story.wait(600);
    assert!(quiet(&story));
    story.fact(Fact::FeedRead { feed: "pg".into(), reading: Reading::new(FeedState::Failing, "refused") });
    assert_eq!(story.world.health.service(&"postgres".into()), Some(FeedState::Failing), "measuring goes on");
    story.wait(1_790);
    assert!(quiet(&story));
    story.wait(20);
    assert!(!quiet(&story));
    let expected = ["maintenance of postgres began", "pg failing: refused", "maintenance of postgres is over; pg is failing"];
    assert_eq!(texts(&story), expected);
}

#[test]
fn who_begins_to_watch_in_the_middle_of_a_window_says_that_it_is_on() {
    let mut story = Story::with(scheduled());
    story.fact(Fact::Watching(false));
    story.wait(700);
    assert!(quiet(&story) && story.journal.is_empty());
    story.fact(Fact::Watching(true));
    assert_eq!(texts(&story), ["maintenance of postgres began"]);
    story.wait(1_710);
    assert_eq!(texts(&story)[1..], ["maintenance of postgres is over"]);
}

#[test]
fn what_the_configuration_began_is_ended_by_a_person_until_its_next_time() {
    let mut story = Story::with(scheduled());
    story.wait(700);
    passes(&mut story, 1);
    let before = arrived(&story, "Down");
    story.ask(end());
    assert!(!quiet(&story) && arrived(&story, "Down") > before, "what fires is news");
    story.wait(60);
    story.begins_anew();
    story.wait(1);
    assert!(!quiet(&story), "another process knows it");
    let refused = story.ask(end());
    let stage = story.world.requests.get(refused).expect("kept").items[0].stage.clone();
    assert!(matches!(stage, Stage::Refused(why) if why == "postgres is not in maintenance"));
    story.wait(7 * 86_400 - 61 - 75);
    assert!(quiet(&story), "a week later it is on");
    assert_eq!(texts(&story).iter().filter(|text| text.contains("is over")).count(), 0);
}

#[test]
fn a_clock_that_is_set_leads_out_of_it_and_into_it_again() {
    let mut story = Story::with(scheduled());
    story.wait(610);
    assert!(quiet(&story));
    let back = chrono::Duration::minutes(-5);
    story.now.wall += back;
    story.wait(1);
    assert!(!quiet(&story), "03:06");
    story.wait(600);
    assert!(quiet(&story));
}

#[test]
fn two_at_a_time_end_with_the_later_and_a_feed_alone_is_quiet_alone() {
    let mut story = Story::with(scheduled());
    story.ask(maintain(&["postgres"], 5));
    story.ask(maintain(&["postgres"], 8));
    story.ask(maintain(&["pg"], 20));
    assert!(story.world.maintenance.of_own_feed(&"pg".into()).is_some());
    story.wait(310);
    assert!(quiet(&story));
    story.wait(200);
    assert!(!quiet(&story));
    assert!(story.world.maintenance.of_feed(&"pg".into(), Some(&"postgres".into())).is_some());
}

#[test]
fn nothing_is_begun_on_what_nobody_knows_or_for_no_time() {
    let mut story = Story::new();
    for (command, why) in [
        (maintain(&["postgrse"], 5), "no service is named `postgrse`; there are checkout, postgres"),
        (maintain(&["postgres"], 0), "a duration of nothing has no effect"),
        (end(), "postgres is not in maintenance"),
    ] {
        let request = story.ask(command);
        let stage = story.world.requests.get(request).expect("kept").items[0].stage.clone();
        assert!(matches!(&stage, Stage::Refused(told) if told == why), "{stage:?}");
    }
    assert!(story.journal.is_empty());
}

#[test]
fn of_two_at_a_time_the_longer_one_is_told() {
    let mut story = Story::new();
    story.ask(maintain(&["postgres"], 8));
    story.ask(maintain(&["postgres"], 5));
    let until = story.world.maintenance.of_service(&"postgres".into()).map(|work| work.until);
    assert_eq!(until, Some(story.now.wall + chrono::Duration::minutes(8)));
}

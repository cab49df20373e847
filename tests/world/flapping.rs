//! Alerts that fire and end again and again: told as such, in their place, and news once; again when they stay.

use super::*;
use midwatch::model::alerts::{Flapping, Tracked};

/// It fires, and is over after a minute; then some minutes pass.
fn flap(story: &mut Story, minutes: u64) {
    let steady = steady();
    let firing = [steady.clone(), alert("Flaps", "postgres", story.now.wall)];
    story.poll(&firing);
    story.wait(60);
    story.poll(std::slice::from_ref(&steady));
    story.poll(std::slice::from_ref(&steady));
    (0..minutes).for_each(|_| story.wait(60));
}

fn steady() -> Arc<midwatch::domain::alert::Alert> {
    alert("Steady", "postgres", began() + chrono::Duration::minutes(7))
}

fn begins(story: &mut Story) {
    let alerts = [steady(), alert("Flaps", "postgres", story.now.wall)];
    story.poll(&alerts);
}

fn tracked(story: &Story) -> &Tracked {
    story.world.alerts.get(&id("Flaps")).expect("in the queue")
}

fn flapping(story: &Story) -> Option<(usize, bool)> {
    let tracked = tracked(story);
    tracked.flapping.map(|flapping: Flapping| (flapping.times, tracked.arrived.is_none()))
}

#[test]
fn the_fourth_time_in_a_row_is_flapping_and_no_news() {
    let mut story = Story::new();
    (0..3).for_each(|_| flap(&mut story, 3));
    assert_eq!(flapping(&story), None);
    begins(&mut story);
    assert_eq!(flapping(&story), Some((4, true)));
    assert_eq!(
        (tracked(&story).state, story.kinds().iter().filter(|kind| **kind == Kind::AlertFired).count()),
        (State::Firing, 5)
    );
}

#[test]
fn what_comes_back_seldom_is_news_each_time() {
    let mut story = Story::new();
    (0..6).for_each(|_| flap(&mut story, 12));
    begins(&mut story);
    assert_eq!((flapping(&story), tracked(&story).arrived), (None, Some(story.now)));
}

#[test]
fn only_the_last_half_hour_counts_and_only_what_comes_soon_after_the_one_before() {
    let mut story = Story::new();
    (0..4).for_each(|_| flap(&mut story, 8));
    begins(&mut story);
    assert_eq!(flapping(&story), Some((4, true)), "the first of the five was 36 minutes ago");
    let mut story = Story::new();
    [3, 12, 3].into_iter().for_each(|minutes| flap(&mut story, minutes));
    begins(&mut story);
    assert_eq!(flapping(&story), None, "four within half an hour, but it was quiet in between");
}

#[test]
fn what_is_owned_or_missing_when_it_has_been_quiet_for_long_enough_is_no_news() {
    let flaps = || {
        let mut story = Story::new();
        (0..4).for_each(|_| flap(&mut story, 3));
        begins(&mut story);
        story
    };
    let calm = |story: &mut Story| {
        (0..11).for_each(|_| story.wait(60));
        (tracked(story).flapping, tracked(story).state, tracked(story).arrived)
    };
    let mut owned = flaps();
    owned.ask(ack(&["Flaps"]));
    assert_eq!(calm(&mut owned), (None, State::Acknowledged, None));
    let mut missing = flaps();
    missing.poll(std::slice::from_ref(&steady()));
    assert_eq!(calm(&mut missing), (None, State::Firing, None), "it may have ended");
}

#[test]
fn what_gets_worse_or_comes_out_of_a_silence_while_it_flaps_is_no_news() {
    let mut story = Story::new();
    (0..4).for_each(|_| flap(&mut story, 3));
    let with = |story: &Story, severity: &str, silenced: bool| {
        let mut alert = midwatch::domain::alert::Alert::clone(&alert("Flaps", "postgres", story.now.wall));
        let labels = [("alertname", "Flaps"), ("service", "postgres"), ("severity", severity)];
        alert.labels = midwatch::domain::alert::Labels::new(labels.map(|(name, value)| (name.into(), value.into())).to_vec());
        alert.silenced_by = if silenced { vec!["s".into()] } else { Vec::new() };
        [steady(), Arc::new(alert)]
    };
    for (severity, silenced) in [("warning", false), ("critical", false), ("critical", true), ("critical", false)] {
        let alerts = with(&story, severity, silenced);
        story.poll(&alerts);
        story.pass(1);
        assert_eq!(flapping(&story), Some((5, true)), "{severity}, silenced: {silenced}");
    }
}

#[test]
fn a_source_whose_clock_is_ahead_lets_nothing_flap_for_longer() {
    let mut story = Story::new();
    let ahead = |story: &Story| [steady(), alert("Flaps", "postgres", story.now.wall + chrono::Duration::hours(2))];
    for _ in 0..4 {
        let both = ahead(&story);
        story.poll(&both);
        story.wait(60);
        story.poll(&both[..1]);
        story.poll(&both[..1]);
        (0..3).for_each(|_| story.wait(60));
    }
    let both = ahead(&story);
    story.poll(&both);
    assert_eq!(flapping(&story), Some((5, true)));
    (0..11).for_each(|_| story.wait(60));
    assert_eq!(flapping(&story), None);
}

#[test]
fn it_keeps_its_place_instead_of_being_the_newest_each_time() {
    let mut story = Story::new();
    let first = |story: &Story| story.world.alerts.queue().next().map(|tracked| tracked.alert.name().to_owned());
    begins(&mut story);
    assert_eq!(first(&story).as_deref(), Some("Steady"), "Flaps began before it");
    (0..2).for_each(|_| flap(&mut story, 3));
    begins(&mut story);
    assert_eq!(first(&story).as_deref(), Some("Flaps"), "the newest so far");
    flap(&mut story, 3);
    flap(&mut story, 3);
    begins(&mut story);
    assert_eq!((flapping(&story).map(|(times, _)| times), first(&story).as_deref()), (Some(5), Some("Steady")));
}

#[test]
fn what_stays_is_news_after_the_quiet_time_and_what_went_is_forgotten() {
    let mut story = Story::new();
    (0..4).for_each(|_| flap(&mut story, 3));
    begins(&mut story);
    assert_eq!(tracked(&story).arrived, None);
    (0..9).for_each(|_| story.wait(60));
    assert_eq!(flapping(&story), Some((5, true)), "not yet");
    story.wait(61);
    assert_eq!((tracked(&story).flapping, tracked(&story).arrived), (None, Some(story.now)), "it fires, and that is news");
    // Another one has stopped: nobody is told.
    let mut story = Story::new();
    (0..4).for_each(|_| flap(&mut story, 1));
    (0..7).for_each(|_| story.wait(60));
    assert_eq!((flapping(&story), tracked(&story).state), (Some((4, true)), State::Resolved));
    story.wait(61);
    assert_eq!((flapping(&story), tracked(&story).arrived), (None, None));
}

#[test]
fn it_calms_at_the_very_end_of_its_quiet_time() {
    let mut story = Story::new();
    (0..4).for_each(|_| flap(&mut story, 3));
    begins(&mut story);
    let until = tracked(&story).flapping.expect("it flaps").until;
    (0..10).for_each(|_| story.wait(60));
    assert_eq!(story.now.wall, until);
    assert_eq!((tracked(&story).flapping, tracked(&story).arrived), (None, Some(story.now)));
}

#[test]
fn the_journal_tells_another_console_the_same() {
    let mut first = Story::new();
    (0..4).for_each(|_| flap(&mut first, 3));
    begins(&mut first);
    let mut second = Story::new();
    second.fact(Fact::Watching(false));
    second.now = first.now;
    for entry in &first.journal {
        second.append_known(entry.clone());
    }
    begins(&mut second);
    assert_eq!(tracked(&second).flapping, tracked(&first).flapping);
    assert!(tracked(&second).flapping.is_some());
}

#[test]
fn ten_minutes_after_the_one_before_is_soon_and_half_an_hour_ago_is_within_it() {
    let mut story = Story::new();
    (0..3).for_each(|_| flap(&mut story, 9));
    begins(&mut story);
    assert_eq!(flapping(&story), Some((4, true)), "every ten minutes, four times");
}

#[test]
fn what_stays_has_the_name_of_the_end_of_its_quiet_time_however_late_that_is_seen_and_views_are_made_anew() {
    let mut story = Story::new();
    (0..4).for_each(|_| flap(&mut story, 3));
    begins(&mut story);
    let until = tracked(&story).flapping.expect("it flaps").until;
    let revision = story.world.alerts.revision();
    story.pass(10 * 60 + 20);
    story.event(midwatch::model::Body::Tick);
    assert_eq!((tracked(&story).flapping, tracked(&story).news), (None, midwatch::model::alerts::News::At(until)));
    assert!(story.world.alerts.revision() > revision);
}

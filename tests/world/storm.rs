//! When more alerts arrive than anybody can read: when that begins, when it ends, and what the log says of it.

use super::*;
use midwatch::domain::entry::Entry;
use midwatch::model::{Body, Event};

fn gust(name: &str, count: usize) -> Vec<Arc<midwatch::domain::alert::Alert>> {
    (0..count).map(|n| alert(&format!("{name}{n:04}"), "postgres", began())).collect()
}

fn arrives(story: &mut Story, alerts: Vec<Arc<midwatch::domain::alert::Alert>>) {
    story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: alerts, gone: vec![] });
}

fn told(story: &Story) -> Vec<&Arc<Entry>> {
    story.journal.iter().filter(|entry| entry.kind == Kind::Console).collect()
}

/// A source that has answered before.
fn known() -> Story {
    let mut story = Story::new();
    story.poll(&[]);
    story
}

#[test]
fn it_begins_above_the_rate_and_ends_by_itself_and_both_are_told_with_figures() {
    let mut story = known();
    arrives(&mut story, gust("A", 150));
    story.wait(20);
    arrives(&mut story, gust("B", 50));
    assert!(story.world.storm.raging().is_none(), "200 within a minute are not above 200");
    story.wait(20);
    arrives(&mut story, gust("C", 40));
    assert!(story.world.storm.raging().is_some());
    story.wait(15);
    story.wait(15);
    assert!(story.world.storm.raging().is_some(), "90 are not little enough");
    story.wait(15);
    assert!(story.world.storm.raging().is_none());
    let texts: Vec<&str> = told(&story).iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!(texts[0], "a storm: more than 200 new alerts within 1m");
    assert!(texts[1].starts_with("the storm is over after 45s: 240 new alerts, at most 240 within 1m; C0000 ×1"), "{texts:?}");
    assert_eq!(texts.len(), 2);
    assert_eq!(told(&story)[1].data_of::<usize>("new"), Some(240));
}

#[test]
fn gusts_do_not_make_it_come_and_go() {
    let mut story = known();
    for n in 0..10 {
        let count = if n % 2 == 0 { 210 } else { 60 };
        arrives(&mut story, gust(&format!("G{n}-"), count));
        story.wait(25);
        story.wait(25);
    }
    assert_eq!(told(&story).len(), 1, "it rages all the time");
    (0..4).for_each(|_| story.wait(20));
    assert_eq!(told(&story).len(), 2);
    assert_eq!(told(&story)[1].data_of::<usize>("new"), Some(5 * 210 + 5 * 60));
}

#[test]
fn it_is_over_at_a_quarter_of_what_began_it_and_that_is_asked_for_in_time() {
    let mut settings = settings(false);
    // Nothing else has a time before it.
    settings.sources[0].every = Duration::from_secs(3_600);
    let mut story = Story::with(settings);
    story.poll(&[]);
    arrives(&mut story, gust("A", 201));
    story.wait(30);
    let body = Body::Fact(Fact::AlertsChanged { source: "prod".into(), upserts: gust("B", 50), gone: vec![] });
    let effects = story.world.update(Event { seq: 10_000, stamp: story.now, body });
    let asked = effects.iter().any(|effect| matches!(effect, Effect::WakeAt(_)));
    story.wait(30);
    assert!(story.world.storm.raging().is_some(), "the first count for their whole second, and a minute");
    story.wait(1);
    assert_eq!((story.world.storm.lately(), story.world.storm.raging().is_some(), asked), (50, false, false));
}

#[test]
fn what_a_source_tells_at_first_is_no_storm_unless_it_has_just_begun() {
    let mut story = Story::new();
    story.poll(&gust("Old", 1_000));
    assert!(story.world.storm.raging().is_none());
    let mut story = Story::new();
    let now = story.now.wall;
    let new: Vec<_> = (0..1_000).map(|n| alert(&format!("New{n}"), "postgres", now)).collect();
    story.poll(&new);
    assert!(story.world.storm.raging().is_some());
}

#[test]
fn what_is_told_again_does_not_arrive_again_and_what_arrives_while_it_rages_is_in_its_figures() {
    let mut story = known();
    arrives(&mut story, gust("A", 150));
    story.wait(5);
    arrives(&mut story, gust("A", 150));
    assert!(story.world.storm.raging().is_none());
    arrives(&mut story, gust("B", 90));
    story.wait(5);
    arrives(&mut story, gust("C", 100));
    arrives(&mut story, gust("B", 90));
    (0..5).for_each(|_| story.wait(20));
    assert!(story.world.storm.raging().is_none());
    let end = &told(&story)[1].text;
    assert!(end.contains(": 340 new alerts, at most 340 within 1m; "), "{end}");
}

#[test]
fn only_the_watcher_writes_it_down() {
    let mut story = known();
    story.fact(Fact::Watching(false));
    arrives(&mut story, gust("A", 300));
    assert!(story.world.storm.raging().is_some());
    assert!(told(&story).is_empty());
}

#[test]
fn its_end_is_asked_for_in_time() {
    let mut settings = settings(false);
    // Nothing else has a time before it.
    settings.sources[0].every = Duration::from_secs(3_600);
    let mut story = Story::with(settings);
    story.poll(&[]);
    let upserts = gust("A", 300);
    let body = Body::Fact(Fact::AlertsChanged { source: "prod".into(), upserts, gone: vec![] });
    let effects = story.world.update(Event { seq: 10_000, stamp: story.now, body });
    let end = story.now.mono + Duration::from_secs(61);
    assert!(effects.contains(&Effect::WakeAt(end)), "{:?}", effects.last());
    story.now.mono = end;
    story.event(Body::Tick);
    assert!(story.world.storm.raging().is_none());
}

/// So many alerts of one name.
fn many(name: &str, count: usize) -> Vec<Arc<midwatch::domain::alert::Alert>> {
    let one = |n: usize| {
        let one = alert(name, "postgres", began());
        let id = midwatch::domain::ids::AlertId { fingerprint: format!("{name}{n}").as_str().into(), ..one.id.clone() };
        Arc::new(midwatch::domain::alert::Alert { id, ..midwatch::domain::alert::Alert::clone(&one) })
    };
    (0..count).map(one).collect()
}

#[test]
fn its_end_names_the_most_frequent_of_what_came_in_it_and_the_worst_minute() {
    let gale = midwatch::domain::settings::Gale { above: 12, within: Duration::from_secs(60) };
    let mut story = Story::with(midwatch::domain::settings::Settings { storm: gale, ..settings(false) });
    story.poll(&[]);
    arrives(&mut story, many("Before", 4));
    story.pass(10);
    arrives(&mut story, many("Rare", 9));
    story.pass(10);
    arrives(&mut story, [many("Often", 20), many("A", 1), many("B", 1)].concat());
    [20, 20, 12].into_iter().for_each(|seconds| story.wait(seconds));
    arrives(&mut story, many("Late", 10));
    let figures = story.world.storm.raging().map(|raging| (raging.new, raging.most));
    assert_eq!((figures, story.world.storm.lately()), (Some((45, 35)), 32), "what is a minute old counts no more");
    [25, 25].into_iter().for_each(|seconds| story.wait(seconds));
    let left = story.world.storm.lately();
    assert!(story.world.storm.raging().is_some(), "{left} are more than a quarter");
    story.wait(11);
    let texts: Vec<&str> = told(&story).iter().map(|entry| entry.text.as_str()).collect();
    let end = "45 new alerts, at most 35 within 1m; Often ×20, Late ×10, Rare ×9 and 2 more names";
    assert!(texts[1].ends_with(end), "{texts:?}");
    // One is left out, and a name is outside text like any other.
    arrives(&mut story, [many("C\u{1b}[31m", 10), many("D", 9), many("E", 8), many("F", 1)].concat());
    story.wait(20);
    story.wait(25);
    story.wait(25);
    let end = &told(&story).last().expect("its end").text;
    assert!(end.ends_with("; C␛[31m ×10, D ×9, E ×8 and 1 more name"), "{end}");
}

#[test]
fn one_whose_console_died_is_ended_by_the_next_that_watches() {
    let mut story = known();
    arrives(&mut story, gust("A", 300));
    story.begins_anew();
    story.wait(1);
    story.wait(1);
    assert_eq!(told(&story).len(), 1, "it may rage still");
    story.wait(60);
    let texts: Vec<&str> = told(&story).iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!(texts.len(), 2);
    assert!(texts[1].ends_with(" 03:00 UTC is over: whoever saw it begin did not see it end"), "{texts:?}");
    assert_eq!(told(&story)[1].text_of("event"), Some("storm-ended"));
    story.begins_anew();
    story.wait(1);
    story.wait(61);
    assert_eq!(told(&story).len(), 2);
}

#[test]
fn whoever_watches_next_and_sees_it_rage_tells_of_its_end_with_figures() {
    let mut story = known();
    let mut other = Story::new();
    other.fact(Fact::Watching(false));
    other.poll(&[]);
    arrives(&mut story, gust("A", 300));
    other.wait(1);
    arrives(&mut other, gust("A", 300));
    other.append_known(told(&story)[0].clone());
    other.wait(1);
    other.fact(Fact::Watching(true));
    other.slow = Some(Vec::new());
    (0..5).for_each(|_| other.wait(20));
    other.answer();
    let texts: Vec<&str> = told(&other).iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[1].contains(": 300 new alerts, at most 300 within 1m; "), "{texts:?}");
}

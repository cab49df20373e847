//! A source that is taken out of the configuration: what it told of is in no queue, and that nobody asks about it is on record.

use super::*;
use midwatch::domain::settings::{Settings, SourceSpec};

fn two() -> Settings {
    let mut settings = settings(false);
    let other = SourceSpec { name: "other".into(), ..settings.sources[0].clone() };
    settings.sources.push(other);
    settings
}

fn without(source: &str) -> Fact {
    let mut settings = two();
    settings.sources.retain(|spec| spec.name.as_str() != source);
    Fact::Configured(Arc::new(settings))
}

fn removals(story: &Story) -> Vec<&str> {
    let of_it = |entry: &&Arc<Entry>| entry.text_of("event") == Some("source-removed");
    story.journal.iter().filter(of_it).map(|entry| entry.text.as_str()).collect()
}

const TOLD: &str = "prod is in the configuration no more: nobody asks about 2 alerts that it told of last";

#[test]
fn a_source_that_is_removed_while_its_alerts_fire_is_told_with_how_many_and_they_keep_their_names() {
    let mut story = Story::with(two());
    story.poll(&[alert("Down", "postgres", began()), alert("Slow", "postgres", began()), alert("Over", "postgres", began())]);
    (0..3).for_each(|_| story.poll(&[alert("Down", "postgres", began()), alert("Slow", "postgres", began())]));
    story.fact(without("other"));
    assert_eq!(removals(&story), [""; 0], "nobody misses what told of nothing");
    story.fact(without("prod"));
    assert_eq!(removals(&story), [TOLD]);
    assert_eq!(story.world.alerts.len(), 0);
    let told = |story: &Story| format!("{} {}", story.world.name_of(&id("Down")), story.world.whereabouts(&id("Down")));
    assert_eq!(told(&story), "Down is asked about no more: prod is not in the configuration");
    // Once it is back it tells of them, and the next time is another one.
    story.fact(Fact::Configured(Arc::new(two())));
    let upserts = vec![alert("Down", "postgres", began()), alert("Slow", "postgres", began())];
    story.fact(Fact::AlertsChanged { source: "prod".into(), upserts, gone: Vec::new() });
    assert_eq!(story.world.alerts.len(), 2);
    story.wait(1);
    story.fact(without("prod"));
    assert_eq!(removals(&story), [TOLD; 2]);
}

#[test]
fn whoever_starts_without_it_tells_of_it_once_and_who_does_not_watch_tells_nothing() {
    let mut story = Story::with(two());
    story.poll(&[alert("Down", "postgres", began()), alert("Slow", "postgres", began())]);
    story.fact(Fact::Watching(false));
    story.fact(without("prod"));
    assert_eq!(removals(&story), [""; 0]);
    (0..3).for_each(|_| story.begins_anew());
    assert_eq!(removals(&story), [TOLD]);
}

#[test]
fn what_a_source_told_of_before_it_left_is_known_when_it_is_back_until_it_answers() {
    let mut story = Story::with(two());
    story.poll(&[alert("Down", "postgres", began()), alert("Slow", "postgres", began()), alert("Over", "postgres", began())]);
    (0..3).for_each(|_| story.poll(&[alert("Down", "postgres", began()), alert("Slow", "postgres", began())]));
    let listed_at = story.now.wall;
    story.fact(without("prod"));
    story.wait(20);
    story.fact(Fact::Configured(Arc::new(two())));
    let source = story.world.alerts.source(&"prod".into()).expect("it is back");
    assert_eq!(source.cached_at, Some(listed_at), "as old as what it told last");
    let since = |name: &str| story.world.alerts.get(&id(name)).and_then(|tracked| tracked.unlisted_since());
    assert_eq!(since("Down"), Some(listed_at));
    let doubt = |story: &Story, name: &str| story.world.alerts.get(&id(name)).map(|it| story.world.alerts.doubt(it));
    let unheard = Some(Some(midwatch::model::alerts::Doubt::Unlisted));
    assert_eq!(["Down", "Slow", "Over"].map(|name| doubt(&story, name)), [unheard, unheard, None]);
    // A server that was restarted has not listed one of them again, and nobody has said that it ended.
    story.listed.clear();
    let started_at = Some(story.now.wall - chrono::Duration::seconds(5));
    let answer = SourceAnswer { complete: true, started_at, ..SourceAnswer::default() };
    story.poll_with(&[alert("Down", "postgres", began())], answer);
    assert_eq!(doubt(&story, "Down"), Some(None));
    assert!(matches!(doubt(&story, "Slow"), Some(Some(_))), "{:?}", doubt(&story, "Slow"));
}

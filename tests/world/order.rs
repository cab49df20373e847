//! What arrives in an unlucky order: a cache after the answer, an end after what it was for, a watcher in the middle of a storm.

use super::unsent::{acts, answer, down};
use super::*;

fn storm(count: usize) -> Vec<Arc<midwatch::domain::alert::Alert>> {
    (0..count).map(|n| alert(&format!("Storm{n:04}"), "postgres", began())).collect()
}

fn count(story: &Story, kind: Kind) -> usize {
    story.kinds().iter().filter(|found| **found == kind).count()
}

/// A console that does not watch, which has seen what the other one recorded.
fn second(first: &Story) -> Story {
    let mut second = Story::with(settings(true));
    second.fact(Fact::Watching(false));
    second.now = first.now;
    for entry in &first.journal {
        second.append_known(entry.clone());
    }
    second
}

#[test]
fn a_cache_that_is_read_after_the_source_spoke_takes_nothing_back() {
    let mut story = Story::new();
    let now = alert("Down", "postgres", began());
    let mut old = (*now).clone();
    old.silenced_by = vec!["s-1".into()];
    story.fact(Fact::AlertsChanged { source: "prod".into(), upserts: vec![now.clone()], gone: vec![] });
    // Between the parts of the first answer, what an earlier session kept.
    story.fact(Fact::AlertsCached {
        source: "prod".into(),
        alerts: vec![Arc::new(old)],
        read_at: began(),
        unlisted: Default::default(),
        more: false,
    });
    for _ in 0..4 {
        let answer = SourceAnswer { complete: true, ..SourceAnswer::default() };
        story.fact(Fact::SourceAnswered { source: "prod".into(), answer });
    }
    assert_eq!(story.kinds(), [Kind::AlertFired], "it was listed every time");
    assert_eq!(story.world.alerts.get(&now.id).map(|tracked| &tracked.alert), Some(&now));
}

#[test]
fn a_new_watcher_records_what_fires_again_and_was_recorded_as_ended() {
    let mut first = Story::new();
    first.poll(&down());
    let mut second = second(&first);
    second.poll(&down());
    first.poll(&[]);
    first.poll(&[]);
    second.append_known(first.last(Kind::AlertResolved).clone());
    // The first dies; the second has seen the alert in every poll of its own.
    second.fact(Fact::Watching(true));
    second.poll(&down());
    assert_eq!(second.kinds(), [Kind::AlertFired, Kind::AlertResolved, Kind::AlertFired]);
    second.poll(&down());
    second.poll(&[]);
    second.poll(&[]);
    assert_eq!(count(&second, Kind::AlertResolved), 2, "and its end");
}

#[test]
fn a_new_watcher_does_not_record_an_end_again_that_it_was_about_to_see() {
    let mut first = Story::new();
    first.poll(&down());
    let mut second = second(&first);
    second.poll(&down());
    first.poll(&[]);
    first.poll(&[]);
    second.poll(&[]);
    second.append_known(first.last(Kind::AlertResolved).clone());
    second.fact(Fact::Watching(true));
    second.poll(&[]);
    assert_eq!(state(&second, "Down"), Some(State::Resolved));
    assert_eq!(second.kinds(), [Kind::AlertFired, Kind::AlertResolved]);
}

#[test]
fn a_new_watcher_records_the_rest_of_a_storm_and_nothing_twice() {
    let storm = storm(2_500);
    let mut first = Story::new();
    first.slow = Some(Vec::new());
    first.poll(&storm);
    // One portion is recorded, the rest waits when the first console dies.
    let (_, drafts) = first.slow.take().and_then(|mut asked| asked.pop()).expect("a portion");
    drafts.into_iter().for_each(|draft| drop(first.append(draft)));
    assert!((1..=1_000).contains(&first.journal.len()));
    let mut second = second(&first);
    second.poll(&storm);
    assert_eq!(second.journal.len(), first.journal.len(), "it does not watch yet");
    second.fact(Fact::Watching(true));
    second.poll(&storm);
    assert_eq!((second.journal.len(), count(&second, Kind::AlertFired)), (storm.len(), storm.len()));
}

#[test]
fn a_journal_that_fails_in_the_middle_of_a_storm_holds_all_of_it_afterwards() {
    let storm = storm(3_210);
    let mut story = Story::new();
    story.slow = Some(Vec::new());
    story.poll(&storm);
    let (request, mut drafts) = story.slow.take().and_then(|mut asked| asked.pop()).expect("a portion");
    story.slow = Some(Vec::new());
    drafts.truncate(140);
    for draft in drafts {
        let entry = story.append(draft);
        story.fact(Fact::Recorded { entry, request: Some(request) });
    }
    story.broken = Some("the disk is full".into());
    story.answer();
    // While nothing can be recorded, half of it is over.
    (0..2).for_each(|_| story.poll(&storm[..1_600]));
    assert_eq!(story.journal.len(), 140);
    story.broken = None;
    (0..2).for_each(|_| story.poll(&storm[..1_600]));
    assert_eq!(count(&story, Kind::AlertFired), 1_600, "those that fire, each once");
    assert_eq!(
        story.journal.iter().filter_map(|entry| entry.key.clone()).collect::<std::collections::BTreeSet<_>>().len(),
        1_600
    );
    assert_eq!(story.world.journal_trouble, None);
}

#[test]
fn alerts_that_end_while_they_wait_are_recorded_from_beginning_to_end() {
    let storm = storm(1_800);
    let mut story = Story::new();
    story.slow = Some(Vec::new());
    story.poll(&storm);
    (0..2).for_each(|_| story.poll(&storm[..100]));
    story.answer();
    assert_eq!((count(&story, Kind::AlertFired), count(&story, Kind::AlertResolved)), (1_800, 1_700));
    let position = |kind: Kind, name: &str| {
        story.journal.iter().position(|entry| entry.kind == kind && entry.alert.as_ref() == Some(&id(name))).expect("recorded")
    };
    assert!(position(Kind::AlertFired, "Storm1799") < position(Kind::AlertResolved, "Storm1799"));
}

#[test]
fn a_silence_that_is_made_after_its_acknowledgement_was_taken_back_is_ended() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    let under_way = acts(&mut story);
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    assert!(acts(&mut story).is_empty(), "there is nothing to end yet");
    let done = ActEnd { outcome: Outcome::Done, detail: "".into(), made: Some("s-1".into()) };
    story.fact(Fact::ActEnded { intent: under_way[0].0, end: done });
    let expire = answer(&mut story, Outcome::Unknown, None);
    assert!(matches!(expire, Act::Expire { id } if id.raw() == "s-1"));
    assert!(acts(&mut story).is_empty(), "what is unknown is not tried again and again");
}

#[test]
fn a_silence_that_is_made_after_its_alert_has_resolved_is_ended() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    let under_way = acts(&mut story);
    story.poll(&[]);
    story.poll(&[]);
    let done = ActEnd { outcome: Outcome::Done, detail: "".into(), made: Some("s-1".into()) };
    story.fact(Fact::ActEnded { intent: under_way[0].0, end: done });
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::Expire { id } if id.raw() == "s-1"));
}

#[test]
fn what_its_source_can_not_know_of_has_not_ended_while_nobody_watched() {
    let mut before = Story::new();
    before.poll(&[alert("Down", "postgres", began()), alert("Other", "postgres", began())]);
    // The next process has kept nothing, and the source has forgotten how one of them is.
    let mut story = Story::new();
    story.now = before.now;
    before.journal.iter().for_each(|entry| story.append_known(entry.clone()));
    let answer = |unsure: &[&str]| SourceAnswer {
        complete: true,
        unsure: unsure.iter().map(|name| id(name).fingerprint).collect(),
        ..SourceAnswer::default()
    };
    let over = |story: &Story| {
        let ends = story.journal.iter().filter(|entry| entry.kind == Kind::AlertResolved);
        ends.map(|entry| entry.alert.as_ref().expect("about one").fingerprint.to_string()).collect::<Vec<_>>()
    };
    (0..5).for_each(|_| {
        story.wait(600);
        story.poll_with(&[], answer(&["Down"]));
    });
    assert_eq!(over(&story), ["Other"]);
    story.poll_with(&[], answer(&[]));
    assert_eq!(over(&story), ["Other", "Down"]);
}

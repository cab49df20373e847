//! Acts whose end the journal could not hold: what was done is told as done, nothing looks for it as if nobody knew, and it is recorded
//! once there is room.

use super::native::{carried, confirmed, held};
use super::unsent::{acts, answer, down};
use super::*;
use midwatch::domain::entry::Actor;
use midwatch::domain::ids::RequestId;

const FULL: &str = "the disk is full";

fn end_of(story: &Story, request: RequestId) -> ActEnd {
    match story.world.requests.get(request).expect("there").items[0].stage.clone() {
        Stage::Ended(end) => end,
        other => panic!("{other:?}"),
    }
}

fn ends(story: &Story) -> Vec<&str> {
    let ends = story.journal.iter().filter(|entry| entry.kind == Kind::ActEnded);
    ends.map(|entry| entry.text_of("outcome").unwrap_or_default()).collect()
}

/// It was carried, and the journal took no end of that.
fn unrecorded() -> (Story, RequestId) {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    let request = story.ask(ack(&["Down"]));
    story.broken = Some(FULL.into());
    answer(&mut story, Outcome::Done, Some("silence-1"));
    story.taken();
    (story, request)
}

/// How often the journal is asked in so many seconds, in which it says no each time.
fn asked_in(story: &mut Story, seconds: usize) -> usize {
    let asked = (0..seconds).map(|_| {
        (story.broken, story.slow) = (None, Some(Vec::new()));
        story.wait(1);
        let drafts = story.slow.take().expect("slow");
        story.broken = Some(FULL.into());
        let asked = drafts.len();
        drafts.into_iter().for_each(|(request, _)| story.fact(Fact::RecordFailed { request, why: FULL.into() }));
        asked
    });
    asked.sum()
}

#[test]
fn what_was_done_is_not_told_as_undone_and_is_recorded_once_there_is_room() {
    let (mut story, request) = unrecorded();
    let end = end_of(&story, request);
    assert_eq!((end.outcome, end.made.as_ref().map(|made| made.raw())), (Outcome::Done, Some("silence-1")));
    let told = "it was sent, but its outcome could not be recorded yet: the disk is full";
    assert!(end.detail.raw().ends_with(told), "{end:?}");
    assert_eq!((story.world.journal_trouble.as_deref(), story.world.unsettled()), (Some(told), 0));
    // It is known: nobody looks for it, however long it takes.
    (0..8).for_each(|_| {
        story.wait(15);
        story.poll(&down());
    });
    assert_eq!((story.taken(), ends(&story)), (vec![], vec![]));
    story.broken = None;
    story.wait(15);
    assert_eq!((ends(&story), story.world.journal_trouble.as_deref()), (vec!["done"], None));
    assert!(!end_of(&story, request).detail.raw().contains("recorded"), "{:?}", end_of(&story, request));
    // It counts as if it had been recorded at once: what carries it is taken back with it.
    story.taken();
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::Expire { id } if id.raw() == "silence-1"));
    assert_eq!(ends(&story), ["done", "done"]);
}

#[test]
fn whoever_only_asks_records_the_end_of_what_they_asked_too() {
    let (mut story, _) = unrecorded();
    story.fact(Fact::Watching(false));
    story.broken = None;
    story.wait(15);
    assert_eq!(ends(&story), ["done"]);
}

#[test]
fn the_journal_is_asked_again_after_a_while_and_then_once() {
    let (mut story, _) = unrecorded();
    assert_eq!(asked_in(&mut story, 30), 3, "in thirty seconds");
}

#[test]
fn whether_the_journal_can_be_written_again_is_tried_by_itself_and_not_often() {
    let mut story = Story::new();
    story.broken = Some(FULL.into());
    story.ask(Command::Note { incident: None, kind: Kind::Note, text: "lost".into(), at: None, marks: Marks::default() });
    assert_eq!(story.world.journal_trouble.as_deref(), Some(FULL));
    assert_eq!((asked_in(&mut story, 30), story.journal.len()), (3, 0), "in thirty seconds");
    story.broken = None;
    story.wait(10);
    assert_eq!(story.world.journal_trouble, None, "and nobody has done anything");
    let texts: Vec<&str> = story.journal.iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!(texts, ["the journal can be written again: for 40s it could not"]);
    story.wait(60);
    assert_eq!(story.journal.len(), 1, "it is told once");
}

#[test]
fn what_could_not_be_sent_is_not_told_as_sent() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    let request = story.ask(ack(&["Down"]));
    story.broken = Some(FULL.into());
    answer(&mut story, Outcome::Unsent, None);
    let end = end_of(&story, request);
    assert!(
        end.outcome == Outcome::Unsent && end.detail.raw().ends_with("; that could not be recorded yet: the disk is full"),
        "{end:?}"
    );
}

#[test]
fn an_acknowledgement_whose_source_could_not_be_told_waits_for_the_watcher_and_nobody_waits_for_it() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.slow = Some(Vec::new());
    let request = story.ask(ack(&["Down"]));
    let (first, drafts) = story.slow.take().expect("asked").remove(0);
    story.broken = Some(FULL.into());
    let entry = story.append(drafts.into_iter().next().expect("one"));
    story.fact(Fact::Recorded { entry, request: Some(first) });
    let end = end_of(&story, request);
    assert_eq!((end.outcome, end.detail.raw()), (Outcome::Unsent, "its source was not told: the disk is full"));
    assert_eq!((state(&story, "Down"), story.world.unsettled()), (Some(State::Acknowledged), 0), "it is recorded here");
    story.broken = None;
    story.wait(90);
    assert_eq!(acts(&mut story).len(), 1, "the watcher carries what nobody carries");
}

#[test]
fn what_could_not_be_taken_back_has_failed_and_may_be_tried_again() {
    let mut story = confirmed();
    story.poll(&held(carried("ana", None)));
    story.slow = Some(Vec::new());
    let request = story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    let (first, drafts) = story.slow.take().expect("asked").remove(0);
    story.broken = Some(FULL.into());
    let entry = story.append(drafts.into_iter().next().expect("one"));
    story.fact(Fact::Recorded { entry, request: Some(first) });
    assert_eq!(end_of(&story, request).outcome, Outcome::Failed);
    story.broken = None;
    story.taken();
    story.ask(Command::Retry { request });
    assert!(matches!(acts(&mut story)[..], [(_, Act::On { what: midwatch::domain::act::What::Unacknowledge, .. })]));
}

#[test]
fn of_two_that_could_not_write_one_tells_that_it_can_be_done_again() {
    let fails = |story: &mut Story| {
        story.broken = Some(FULL.into());
        story.ask(Command::Note { incident: None, kind: Kind::Note, text: "lost".into(), at: None, marks: Marks::default() });
        story.broken = None;
    };
    let lines = |story: &Story| story.journal.iter().filter(|entry| entry.kind == Kind::Console).count();
    let (mut one, mut other) = (Story::new(), Story::new());
    let both = one.append(Draft::new(Kind::Note, one.now.wall, Actor::system("test"), "before"));
    one.fact(Fact::Recorded { entry: both.clone(), request: None });
    other.append_known(both);
    fails(&mut one);
    other.pass(5);
    fails(&mut other);
    one.wait(10);
    let told = one.last(Kind::Console).clone();
    // The other has not seen it yet, and asks the journal for the same.
    let mut late = Story::new();
    late.append_known(one.journal[0].clone());
    fails(&mut late);
    late.journal.push(told.clone());
    late.wait(10);
    assert_eq!((lines(&late), late.world.journal_trouble.clone()), (1, None));
    // Or has seen it: then there is nothing to tell.
    other.pass(5);
    other.append_known(told.clone());
    assert_eq!(other.world.journal_trouble, None);
    other.wait(60);
    assert_eq!(lines(&other), 1);
    // What was told before it failed says nothing.
    let mut third = Story::new();
    third.now = other.now;
    fails(&mut third);
    third.append_known(told);
    assert!(third.world.journal_trouble.is_some());
}

#[test]
fn what_does_not_last_is_told_seldom() {
    let mut story = Story::new();
    let mut often = |rounds: usize| {
        for _ in 0..rounds {
            story.broken = Some(FULL.into());
            story.ask(Command::Note { incident: None, kind: Kind::Note, text: "long".into(), at: None, marks: Marks::default() });
            story.broken = None;
            story.wait(20);
        }
        story.journal.len()
    };
    let told = [often(10), often(10)];
    assert!((3..=4).contains(&told[0]) && (6..=8).contains(&told[1]), "once a minute: {told:?}");
}

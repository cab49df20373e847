//! Acknowledgements that their source refused to carry: every console knows it, and the watcher tries again, seldom and not for ever.

use super::unsent::{acts, answer, down, end};
use super::*;
use midwatch::domain::act::What;

/// Nobody but this console knows of the acknowledgement.
fn refused() -> Story {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Failed, None);
    story
}

fn uncarried(story: &Story) -> Option<(String, Option<i64>)> {
    let uncarried = story.world.uncarried(story.world.alerts.get(&id("Down"))?)?;
    let again = uncarried.again.map(|at| (at - story.now.wall).num_seconds());
    Some((uncarried.end.detail.raw().to_owned(), again))
}

fn names(story: &Story) -> Vec<&str> {
    story.world.undone().into_iter().map(|(id, _)| id.fingerprint.as_str()).collect()
}

#[test]
fn an_acknowledgement_that_nothing_carries_is_known_to_every_console_and_carried_anew() {
    let mut story = refused();
    let why = end(Outcome::Failed, None).detail.raw().to_owned();
    assert_eq!((uncarried(&story), names(&story)), (Some((why.clone(), Some(30))), vec!["Down"]));
    story.begins_anew();
    story.poll(&down());
    assert_eq!((uncarried(&story), names(&story)), (Some((why, Some(30))), vec!["Down"]), "the next one knows it, too");
    story.wait(29);
    assert!(acts(&mut story).is_empty(), "too early");
    story.wait(1);
    answer(&mut story, Outcome::Failed, None);
    assert_eq!(uncarried(&story).and_then(|(_, again)| again), Some(60), "later each time");
    assert_eq!(names(&story), ["Down"], "once");
    story.wait(59);
    assert!(acts(&mut story).is_empty(), "too early");
    story.wait(1);
    answer(&mut story, Outcome::Done, Some("silence-3"));
    assert_eq!((uncarried(&story), names(&story)), (None, vec![]));
}

#[test]
fn what_a_system_that_acknowledges_itself_has_refused_is_told_it_again() {
    let mut story = Story::with(super::native::pager());
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Failed, None);
    assert_eq!(uncarried(&story).and_then(|(_, again)| again), Some(30));
    story.begins_anew();
    story.poll(&down());
    story.wait(30);
    let act = answer(&mut story, Outcome::Failed, None);
    assert!(matches!(act, Act::On { what: What::Acknowledge { .. }, ref by, .. } if by == "ana"), "{act:?}");
    assert_eq!(uncarried(&story).and_then(|(_, again)| again), Some(60), "later each time");
    story.wait(60);
    answer(&mut story, Outcome::Done, Some("Q1"));
    assert_eq!((uncarried(&story), names(&story)), (None, vec![]));
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    answer(&mut story, Outcome::Failed, None);
    story.wait(3_600);
    assert!(acts(&mut story).is_empty(), "nothing is carried that was given up");
}

/// It may have arrived, and somebody there have taken it back since.
#[test]
fn an_acknowledgement_of_a_system_of_which_nobody_knew_is_not_repeated_by_itself() {
    let mut story = Story::with(super::native::pager());
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Unknown, None);
    let doubtful = story.last(Kind::Act).id;
    story.wait(20);
    story.poll(&down());
    story.fact(Fact::ActFound { intent: doubtful, found: Ok(Found::NotThere) });
    assert_eq!(uncarried(&story).map(|(_, again)| again), Some(None));
    story.wait(3_000);
    story.poll(&down());
    assert!(acts(&mut story).is_empty());
}

#[test]
fn what_is_refused_again_and_again_is_not_tried_for_ever() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    let hold = Some(Duration::from_secs(86_400));
    story.ask(Command::Acknowledge { alerts: vec![id("Down")], hold, reason: "night".into(), ticket: None, confirmed: None });
    let mut tries = 0;
    for _ in 0..40 {
        for (intent, _) in acts(&mut story) {
            tries += 1;
            story.fact(Fact::ActEnded { intent, end: end(Outcome::Failed, None) });
        }
        story.wait(15 * 60);
        story.poll(&down());
    }
    assert_eq!((tries, uncarried(&story).map(|(_, again)| again)), (20, Some(None)));
}

#[test]
fn what_is_over_or_given_up_needs_nobody_to_carry_it() {
    let mut story = refused();
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    assert_eq!((uncarried(&story), names(&story)), (None, vec![]));
    let mut story = refused();
    (0..3).for_each(|_| story.poll(&[]));
    assert_eq!((state(&story, "Down"), uncarried(&story), names(&story)), (Some(State::Resolved), None, vec![]));
    story.wait(60);
    assert!(acts(&mut story).is_empty());
}

#[test]
fn whoever_asked_sees_which_silence_carries_it_now() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    let request = story.ask(ack(&["Down"]));
    let made = |story: &Story| match &story.world.requests.get(request).expect("there").items[0].stage {
        Stage::Ended(end) => end.made.as_ref().map(|made| made.raw().to_owned()),
        other => panic!("{other:?}"),
    };
    answer(&mut story, Outcome::Done, Some("silence-1"));
    story.wait(11 * 60);
    story.poll(&down());
    answer(&mut story, Outcome::Done, Some("silence-2"));
    assert_eq!(made(&story).as_deref(), Some("silence-2"));
}

#[test]
fn what_was_kept_first_and_refused_then_is_carried_anew() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Unsent, None);
    story.wait(20);
    story.poll(&down());
    answer(&mut story, Outcome::Failed, None);
    assert_eq!(uncarried(&story).map(|(_, again)| again), Some(Some(30)));
    story.wait(31);
    assert_eq!(acts(&mut story).len(), 1);
}

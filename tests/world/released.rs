//! Acknowledgements of somebody else that end: they may have been the only one who was on it.

use super::native::{carried, confirmed, held, pager};
use super::unsent::{answer, down};
use super::*;
use midwatch::domain::alert::{Silence, SilenceMatcher, SilenceState};

fn ended(story: &Story) -> Vec<String> {
    let ended = story.journal.iter().filter(|entry| entry.text_of("why") == Some("ended elsewhere"));
    ended.map(|entry| entry.text.clone()).collect()
}

fn arrived(story: &Story) -> Option<Stamp> {
    story.world.alerts.get(&id("Down")).expect("listed").arrived
}

/// Maria has acknowledged it in its own system, some time ago.
fn marias() -> Story {
    let mut story = Story::with(pager());
    story.poll(&held(carried("maria\u{1b}[2J", None)));
    story.wait(600);
    story
}

#[test]
fn somebody_elses_that_ends_is_told_once_and_makes_what_fires_on_new() {
    let mut story = marias();
    story.poll(&down());
    assert_eq!((state(&story, "Down"), ended(&story).len()), (Some(State::Firing), 0), "one of its servers may lag behind");
    story.poll(&down());
    assert_eq!(ended(&story), ["maria␛[2J's acknowledgement of Down has ended at its source, and it still fires"]);
    assert_eq!((arrived(&story), story.world.alerts.urgent()), (Some(story.now), 1));
    story.poll(&down());
    assert_eq!(ended(&story).len(), 1);
    // It is held once more, and ends once more.
    story.poll(&held(carried("bo", None)));
    (0..2).for_each(|_| story.poll(&down()));
    assert_eq!(ended(&story).len(), 2);
}

#[test]
fn it_is_asked_of_the_journal_until_that_holds_it_and_by_every_process_alike() {
    let mut story = marias();
    story.broken = Some("the disk is full".into());
    (0..3).for_each(|_| story.poll(&down()));
    story.broken = None;
    assert_eq!(ended(&story), [""; 0]);
    (0..3).for_each(|_| story.poll(&down()));
    assert_eq!(ended(&story).len(), 1);
    // Another process saw it held, too, has read who told that it is not, and watches from now on.
    let mut other = Story::with(pager());
    other.fact(Fact::Watching(false));
    other.now = story.now;
    other.poll(&held(carried("maria", None)));
    story.journal.iter().for_each(|entry| other.append_known(entry.clone()));
    other.fact(Fact::Watching(true));
    (0..3).for_each(|_| other.poll(&down()));
    assert_eq!(ended(&other).len(), 1);
    // A slow journal is asked once.
    story.poll(&held(carried("bo", None)));
    story.slow = Some(Vec::new());
    (0..4).for_each(|_| story.poll(&down()));
    assert_eq!(story.slow.as_ref().map(Vec::len), Some(1));
    story.answer();
    (0..2).for_each(|_| story.poll(&down()));
    assert_eq!(ended(&story).len(), 2);
}

#[test]
fn whoever_watches_next_tells_what_the_one_before_it_did_not_come_to() {
    let mut story = marias();
    story.fact(Fact::Watching(false));
    (0..3).for_each(|_| story.poll(&down()));
    assert_eq!(ended(&story), [""; 0], "it is left to whoever watches");
    story.fact(Fact::Watching(true));
    (0..3).for_each(|_| story.poll(&down()));
    assert_eq!((ended(&story).len(), arrived(&story)), (1, Some(story.now)));
}

#[test]
fn what_says_nothing_or_is_held_again_or_over_is_no_end_of_it() {
    let mut story = marias();
    story.poll(&down());
    (0..3).for_each(|_| story.poll(&held(carried("maria", None))));
    assert_eq!(ended(&story), [""; 0]);
    let mut story = marias();
    let partial = || SourceAnswer { complete: true, missing: vec!["comments: 500".into()], ..SourceAnswer::default() };
    (0..3).for_each(|_| story.poll_with(&down(), partial()));
    assert_eq!(ended(&story), [""; 0]);
    let mut story = marias();
    story.poll(&down());
    (0..3).for_each(|_| story.poll(&[]));
    assert_eq!(ended(&story), [""; 0], "it is over");
    // From one to the other nobody has let it go.
    let mut story = marias();
    (0..3).for_each(|_| story.poll(&held(carried("bo", None))));
    assert_eq!(ended(&story), [""; 0]);
}

#[test]
fn what_we_took_back_ourselves_is_no_news() {
    let mut story = marias();
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: "she is on a plane".into() });
    answer(&mut story, Outcome::Done, None);
    (0..3).for_each(|_| story.poll(&down()));
    assert_eq!((state(&story, "Down"), ended(&story).len()), (Some(State::Firing), 0));
    // That was then: whoever has it later and lets it go is news.
    story.wait(700);
    story.poll(&held(carried("bo", None)));
    (0..2).for_each(|_| story.poll(&down()));
    assert_eq!(ended(&story).len(), 1);
    // Ours, given up: its source still had it for a while.
    let mut story = confirmed();
    story.poll(&held(carried("ana", None)));
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    story.poll(&held(carried("ana", None)));
    answer(&mut story, Outcome::Done, None);
    (0..3).for_each(|_| story.poll(&down()));
    assert_eq!((state(&story, "Down"), ended(&story).len()), (Some(State::Firing), 0));
}

#[test]
fn a_silence_by_which_somebody_acknowledged_and_that_ends_is_the_same() {
    let mut story = Story::new();
    let ends_at = story.now.wall + chrono::Duration::hours(1);
    let answer = |state| {
        let silence = Silence {
            id: "silence-1".into(),
            matchers: vec![SilenceMatcher { name: "alertname".into(), value: "Down".into(), regex: false, equal: true }],
            starts_at: began(),
            ends_at,
            created_by: "maria".into(),
            comment: "ACK! on it".into(),
            state,
        };
        SourceAnswer { complete: true, silences: Arc::new(vec![silence]), ..SourceAnswer::default() }
    };
    let quiet = Arc::new(midwatch::domain::alert::Alert { silenced_by: vec!["silence-1".into()], ..(*down()[0]).clone() });
    (0..2).for_each(|_| story.poll_with(std::slice::from_ref(&quiet), answer(SilenceState::Active)));
    assert_eq!(state(&story, "Down"), Some(State::Acknowledged));
    story.wait(60);
    (0..2).for_each(|_| story.poll_with(&down(), answer(SilenceState::Expired)));
    assert_eq!((ended(&story).len(), arrived(&story)), (1, Some(story.now)));
    // One that we ended ourselves is no news for any alert that it covered.
    (0..2).for_each(|_| story.poll_with(std::slice::from_ref(&quiet), answer(SilenceState::Active)));
    assert_eq!(state(&story, "Down"), Some(State::Acknowledged));
    story.ask(Command::Expire { source: "prod".into(), id: "silence-1".into() });
    (0..3).for_each(|_| story.poll_with(&down(), answer(SilenceState::Expired)));
    assert_eq!((state(&story, "Down"), ended(&story).len()), (Some(State::Firing), 1));
}

#[test]
fn who_does_not_watch_learns_it_from_who_does_and_ours_are_not_ended_by_it() {
    let mut watcher = marias();
    let mut other = Story::with(pager());
    other.fact(Fact::Watching(false));
    other.now = watcher.now;
    watcher.journal.iter().for_each(|entry| other.append_known(entry.clone()));
    other.poll(&held(carried("maria", None)));
    for story in [&mut watcher, &mut other] {
        story.wait(5);
        (0..2).for_each(|_| story.poll(&down()));
    }
    assert_eq!((ended(&watcher).len(), ended(&other).len()), (1, 0), "one of them records it");
    let told = watcher.last(Kind::Unack).clone();
    other.append_known(told.clone());
    assert_eq!(arrived(&other), Some(other.now));
    // Read after an acknowledgement of ours, as an entry that comes late is.
    watcher.ask(ack(&["Down"]));
    answer(&mut watcher, Outcome::Done, Some("Q1"));
    let late = watcher.append(Draft { key: None, ..Draft::clone(&told) });
    watcher.fact(Fact::Recorded { entry: late, request: None });
    assert_eq!(state(&watcher, "Down"), Some(State::Acknowledged));
}

#[test]
fn ours_that_changes_hands_there_is_theirs_and_told_and_no_news() {
    let ours = || {
        let mut story = Story::with(pager());
        story.poll(&down());
        story.ask(ack(&["Down"]));
        answer(&mut story, Outcome::Done, Some("Q1"));
        story.taken();
        story
    };
    let by = |story: &Story| {
        let tracked = story.world.alerts.get(&id("Down")).expect("listed");
        story.world.alerts.ack(tracked, story.now.wall).map(|ack| ack.by)
    };
    let mut story = ours();
    story.poll(&held(carried("ana", None)));
    story.wait(5);
    let news = arrived(&story);
    story.poll(&held(carried("maria", None)));
    assert_eq!(by(&story).as_deref(), Some("ana"), "one of its servers may lag behind");
    story.poll(&held(carried("maria", None)));
    let text = &story.last(Kind::Unack).text;
    assert_eq!(text, "ana's acknowledgement of Down was taken away at its source: maria has it now");
    assert_eq!(story.last(Kind::Unack).text_of("by"), Some("maria"));
    assert_eq!((by(&story).as_deref(), state(&story, "Down"), arrived(&story)), (Some("maria"), Some(State::Acknowledged), news));
    assert!(super::unsent::acts(&mut story).is_empty(), "it is not taken back from her");
    // When she lets it go that is told as for everybody.
    story.wait(700);
    (0..2).for_each(|_| story.poll(&down()));
    assert_eq!(ended(&story), ["maria's acknowledgement of Down has ended at its source, and it still fires"]);
    // Nobody is named, or we have another name there: then it has not changed hands.
    for names in [["somebody", "somebody"], ["", "somebody"], ["Ana Smith", "Ana Smith"], ["Ana Smith", ""], ["Ana Smith", "ana"]]
    {
        let mut story = ours();
        (0..2).for_each(|_| story.poll(&held(carried(names[0], None))));
        story.wait(60);
        (0..3).for_each(|_| story.poll(&held(carried(names[1], None))));
        assert_eq!(by(&story).as_deref(), Some("ana"), "{names:?}");
    }
    // Named otherwise than we are there it has.
    let mut story = ours();
    story.poll(&held(carried("Ana Smith", None)));
    (0..2).for_each(|_| story.poll(&held(carried("Maria", None))));
    assert_eq!(by(&story).as_deref(), Some("Maria"));
}

#[test]
fn whoever_forestalled_us_and_has_let_it_go_to_somebody_else_or_to_time_has_ended_ours_too() {
    let until = |story: &Story, minutes| Some(story.now.wall + chrono::Duration::minutes(minutes));
    let taken = |story: &Story| story.journal.iter().filter(|entry| entry.text_of("why") == Some("taken away")).count();
    for anew in [true, false] {
        let mut story = Story::with(pager());
        story.poll(&down());
        story.ask(ack(&["Down"]));
        answer(&mut story, Outcome::Contradicted, None);
        let theirs = held(carried("bo", until(&story, 5)));
        (0..2).for_each(|_| story.poll(&theirs));
        story.wait(600);
        // It ran out, and its system has not said so yet; or somebody else took it before the next look.
        let now = if anew { held(carried("maria", until(&story, 60))) } else { theirs };
        (0..2).for_each(|_| story.poll(&now));
        let state = if anew { State::Acknowledged } else { State::Firing };
        assert_eq!((taken(&story), self::state(&story, "Down")), (1, Some(state)), "anew: {anew}");
    }
}

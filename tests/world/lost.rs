//! Silences that carry acknowledgements and are not there any more: ended by somebody, run out, or lost with their server.

use super::taken::{is, taken_away};
use super::unsent::{acts, answer, down, end};
use super::*;
use midwatch::domain::alert::{Silence, SilenceMatcher, SilenceState};

/// What a source says of the silence that carries ours.
pub fn with_silence(ends_at: DateTime<Utc>, state: SilenceState) -> SourceAnswer {
    let carrier = Silence {
        id: "silence-1".into(),
        matchers: vec![SilenceMatcher { name: "alertname".into(), value: "Down".into(), regex: false, equal: true }],
        starts_at: ends_at - chrono::Duration::hours(1),
        ends_at,
        created_by: "ana".into(),
        comment: "ACK! ana: on it".into(),
        state,
    };
    SourceAnswer { complete: true, silences: Arc::new(vec![carrier]), ..SourceAnswer::default() }
}

/// The one that was made in its place.
fn with_the_second(ends_at: DateTime<Utc>) -> SourceAnswer {
    let answer = with_silence(ends_at, SilenceState::Active);
    let second = |silence: &Silence| Silence { id: "silence-2".into(), ..silence.clone() };
    SourceAnswer { silences: Arc::new(answer.silences.iter().map(second).collect()), ..answer }
}

#[test]
fn a_silence_that_carries_it_and_is_ended_there_ends_it_and_one_that_is_forgotten_does_not() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("silence-1"));
    let now = story.now.wall;
    story.poll_with(&down(), with_silence(now + chrono::Duration::minutes(15), SilenceState::Active));
    story.poll(&down());
    assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Acknowledged), 0), "a server that has lost its silences");
    story.wait(15);
    story.taken();
    story.poll_with(&down(), with_silence(story.now.wall, SilenceState::Expired));
    let words = "ana's acknowledgement of Down was taken away at its source, where the silence that carried it has ended";
    assert_eq!((is(&story), taken_away(&story)), (Some(State::Firing), vec![words.to_owned()]));
    assert!(acts(&mut story).is_empty());
}

#[test]
fn a_silence_that_its_source_has_lost_is_made_anew_long_before_it_would_be_extended() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("silence-1"));
    let ends = story.now.wall + chrono::Duration::minutes(15);
    let polled = |story: &mut Story, answer: SourceAnswer| {
        story.pass(15);
        story.poll_with(&down(), answer);
        story.wait(1);
        acts(story)
    };
    let there = || with_silence(ends, SilenceState::Active);
    let nothing = || SourceAnswer { complete: true, ..SourceAnswer::default() };
    (0..3).for_each(|_| story.poll(&down()));
    story.wait(1);
    assert_eq!(acts(&mut story), [], "it may not have reached every server yet");
    assert_eq!(
        [there(), nothing(), there(), nothing()].map(|answer| polled(&mut story, answer).len()),
        [0; 4],
        "one lags behind"
    );
    let made = polled(&mut story, nothing());
    let [(intent, Act::Silence { .. })] = &made[..] else { panic!("one silence: {made:?}") };
    let said = &story.last(Kind::Act).text;
    assert_eq!(said, "carrying the acknowledgement of Down anew: its source has lost the silence that did, for ana");
    story.fact(Fact::ActEnded { intent: *intent, end: end(Outcome::Failed, None) });
    let made: Vec<_> = (0..3).flat_map(|_| polled(&mut story, nothing())).collect();
    let [(intent, Act::Silence { .. })] = &made[..] else { panic!("once more within a minute: {made:?}") };
    story.fact(Fact::ActEnded { intent: *intent, end: end(Outcome::Done, Some("silence-2")) });
    assert_eq!([(); 2].map(|()| polled(&mut story, with_the_second(ends)).len()), [0; 2], "once");
    assert_eq!(is(&story), Some(State::Acknowledged));
}

#[test]
fn a_silence_that_was_lost_before_any_answer_listed_it_is_made_anew() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("silence-1"));
    for expected in [0, 1] {
        story.pass(15);
        story.poll(&down());
        story.wait(1);
        assert_eq!(acts(&mut story).len(), expected);
    }
    let said = &story.last(Kind::Act).text;
    assert_eq!(said, "carrying the acknowledgement of Down anew: its source has lost the silence that did, for ana");
}

#[test]
fn a_silence_that_ran_out_because_nobody_could_extend_it_takes_nothing_away() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("silence-1"));
    let ends = story.now.wall + chrono::Duration::minutes(15);
    story.pass(20 * 60);
    story.poll_with(&down(), with_silence(ends, SilenceState::Expired));
    assert_eq!((is(&story), taken_away(&story).len()), (Some(State::Acknowledged), 0), "an acknowledgement is ours first");
    // It is carried anew, and where that is refused not again and again.
    story.wait(1);
    assert!(matches!(answer(&mut story, Outcome::Failed, None), Act::Silence { id: None, .. }));
    let mut tried = 0;
    for _ in 0..20 {
        story.pass(30);
        story.poll_with(&down(), with_silence(ends, SilenceState::Expired));
        story.wait(1);
        for (intent, _) in acts(&mut story) {
            tried += 1;
            story.fact(Fact::ActEnded { intent, end: end(Outcome::Failed, None) });
        }
    }
    assert!((1..=5).contains(&tried), "{tried} times in ten minutes");
}

#[test]
fn a_silence_that_was_lost_while_nobody_watched_is_made_anew_once() {
    let polled = |story: &mut Story, answer: SourceAnswer| {
        story.pass(15);
        story.poll_with(&down(), answer);
        story.wait(1);
        acts(story)
    };
    let nothing = || SourceAnswer { complete: true, ..SourceAnswer::default() };
    let held = |before: u64| {
        let mut story = Story::with(settings(true));
        story.poll(&down());
        story.ask(ack(&["Down"]));
        answer(&mut story, Outcome::Done, Some("silence-1"));
        story.wait(before);
        story
    };
    // The server was started anew, and after that so are we; or somebody who was there before takes the watch over.
    let mut starts = held(60);
    starts.begins_anew();
    let mut follows = held(60);
    follows.fact(Fact::Watching(false));
    follows.poll(&down());
    follows.fact(Fact::Watching(true));
    for mut story in [starts, follows] {
        assert_eq!(polled(&mut story, nothing()), [], "one answer may be of a server that lags behind");
        assert!(matches!(polled(&mut story, nothing())[..], [(_, Act::Silence { .. })]));
        let said = &story.last(Kind::Act).text;
        assert_eq!(said, "carrying the acknowledgement of Down anew: its source has lost the silence that did, for ana");
        // Killed before it knew that this was done.
        story.begins_anew();
        story.wait(20);
        let found = story.taken().into_iter().find_map(|effect| match effect {
            Effect::Find { intent, .. } => Some(intent.id()),
            _ => None,
        });
        let intent = found.expect("it is looked for before anything is done");
        story.fact(Fact::ActFound { intent, found: Ok(Found::There("silence-2".into())) });
        let ends = story.now.wall + chrono::Duration::minutes(15);
        assert_eq!([(); 3].map(|()| polled(&mut story, with_the_second(ends)).len()), [0; 3], "once");
        assert_eq!(is(&story), Some(State::Acknowledged));
    }
    // What was confirmed just now may not have reached every server, and what is listed is not lost.
    let mut early = held(1);
    early.begins_anew();
    early.poll(&down());
    early.poll(&down());
    (0..2).for_each(|_| early.wait(20));
    assert_eq!(acts(&mut early), []);
    let ends = early.now.wall + chrono::Duration::minutes(14);
    let listed = with_silence(ends, SilenceState::Active);
    assert_eq!([polled(&mut early, listed), polled(&mut early, nothing())], [[], []]);
    // Nobody needs it where the alert does not fire any more, or somebody has ended it.
    let mut over = held(60);
    over.begins_anew();
    for _ in 0..3 {
        over.pass(15);
        over.poll(&[]);
    }
    assert!(!acts(&mut over).iter().any(|(_, act)| matches!(act, Act::Silence { .. })));
    let mut ended = held(60);
    ended.begins_anew();
    let now = ended.now.wall;
    assert_eq!([(); 3].map(|()| polled(&mut ended, with_silence(now, SilenceState::Expired)).len()), [0; 3]);
    assert_eq!(is(&ended), Some(State::Firing));
}

/// A silence of ana's that prod has confirmed; its request.
fn silenced() -> (Story, midwatch::domain::ids::RequestId, DateTime<Utc>) {
    let mut story = Story::new();
    story.poll(&down());
    let matchers = vec![SilenceMatcher { name: "alertname".into(), value: "Down".into(), regex: false, equal: true }];
    let (hold, reason) = (Duration::from_secs(3600), "work".into());
    let command = Command::Silence { source: "prod".into(), matchers, hold, reason, covers: 1, confirmed: None };
    let request = story.ask(command);
    answer(&mut story, Outcome::Done, Some("silence-1"));
    let until = story.now.wall + chrono::Duration::hours(1);
    (story, request, until)
}

fn lost(story: &Story) -> Vec<&str> {
    let lost = story.journal.iter().filter(|entry| entry.text.contains("has lost"));
    lost.map(|entry| entry.text.as_str()).collect()
}

#[test]
fn a_silence_of_somebody_that_its_source_has_lost_before_its_time_is_told_once() {
    let (mut story, request, until) = silenced();
    story.poll(&down());
    story.poll(&down());
    assert!(lost(&story).is_empty(), "it was never there: perhaps it is not told");
    story.poll_with(&down(), with_silence(until, SilenceState::Active));
    story.poll(&down());
    assert!(lost(&story).is_empty(), "one of several servers may lag");
    story.poll(&down());
    story.poll(&down());
    assert_eq!(lost(&story), ["prod has lost the silence silence-1 of ana, which was to last until 2026-03-01 04:00 UTC"]);
    let stage = &story.world.requests.get(request).expect("there").items[0].stage;
    assert!(matches!(stage, Stage::Ended(end) if end.outcome == Outcome::Failed && end.detail.raw().contains("has lost")));
    let sent = story.world.requests.get(request).and_then(|progress| progress.again(&story.world));
    assert!(sent.is_some(), "it can be made anew by one key");
}

#[test]
fn what_has_run_out_or_was_ended_is_not_lost() {
    let (mut story, _, until) = silenced();
    story.poll_with(&down(), with_silence(until, SilenceState::Active));
    story.pass(3_600);
    (0..3).for_each(|_| story.poll(&down()));
    assert!(lost(&story).is_empty(), "it had run out");
    let (mut story, _, until) = silenced();
    story.poll_with(&down(), with_silence(until, SilenceState::Active));
    story.poll_with(&down(), SourceAnswer { missing: vec!["http://am-2".into()], ..with_silence(until, SilenceState::Active) });
    let partial = SourceAnswer { complete: true, missing: vec!["http://am-2".into()], ..SourceAnswer::default() };
    (0..3).for_each(|_| story.poll_with(&down(), partial.clone()));
    assert!(lost(&story).is_empty(), "who does not answer may know it");
    story.ask(Command::Expire { source: "prod".into(), id: "silence-1".into() });
    answer(&mut story, Outcome::Done, Some("silence-1"));
    (0..3).for_each(|_| story.poll(&down()));
    assert!(lost(&story).is_empty(), "ana has ended it");
}

#[test]
fn one_that_carried_an_acknowledgement_and_is_back_is_ended_also_where_that_could_not_be_sent_at_once() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("silence-1"));
    let until = story.now.wall + chrono::Duration::minutes(15);
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    answer(&mut story, Outcome::Done, None);
    story.pass(45);
    story.poll_with(&down(), with_silence(until, SilenceState::Active));
    answer(&mut story, Outcome::Unsent, None);
    story.wait(15);
    story.poll_with(&down(), with_silence(until, SilenceState::Active));
    let Act::Expire { id } = answer(&mut story, Outcome::Done, None) else { panic!("it is sent when its source answers") };
    assert_eq!(id.raw(), "silence-1");
    let again = story.journal.iter().filter(|entry| entry.kind == Kind::ActEnded && entry.text.contains("expired")).count();
    assert_eq!(again, 0, "nothing is given up");
}

#[test]
fn a_silence_that_was_ended_and_is_back_with_its_server_is_ended_again() {
    let (mut story, _, until) = silenced();
    let there = || with_silence(until, SilenceState::Active);
    story.poll_with(&down(), there());
    story.ask(Command::Expire { source: "prod".into(), id: "silence-1".into() });
    answer(&mut story, Outcome::Done, None);
    story.pass(10);
    story.poll_with(&down(), there());
    story.wait(1);
    assert!(acts(&mut story).is_empty(), "it may not have heard of that yet");
    story.pass(30);
    for _ in 0..2 {
        story.poll_with(&down(), there());
        story.wait(1);
    }
    let again = acts(&mut story);
    assert!(matches!(again.as_slice(), [(_, Act::Expire { id })] if id.raw() == "silence-1"), "once: {again:?}");
    let said = &story.last(Kind::Act).text;
    assert_eq!(said, "ending the silence silence-1 once more: prod has lost that it was ended, for ana");
    // One server of several may never hear of it: it is not told for ever.
    let [(intent, _)] = again.as_slice() else { panic!("one act") };
    story.fact(Fact::ActEnded { intent: *intent, end: end(Outcome::Done, None) });
    story.pass(60);
    story.poll_with(&down(), there());
    story.wait(1);
    assert!(acts(&mut story).is_empty());
    // What has ended there stays so.
    story.pass(60);
    story.poll_with(&down(), with_silence(story.now.wall, SilenceState::Expired));
    story.wait(1);
    assert!(acts(&mut story).is_empty());
}

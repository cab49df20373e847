//! Acts of which nothing could be sent: kept, sent once when the source answers, and given up when they are pointless.

use super::*;
use midwatch::domain::alert::SilenceMatcher;

pub fn end(outcome: Outcome, made: Option<&str>) -> ActEnd {
    ActEnd { outcome, detail: "not sent: connection refused".into(), made: made.map(Into::into) }
}

pub fn acts(story: &mut Story) -> Vec<(midwatch::domain::ids::EntryId, Act)> {
    let acts = story.taken().into_iter().filter_map(|effect| match effect {
        Effect::Act { intent, act, .. } => Some((intent.id(), act)),
        _ => None,
    });
    acts.collect()
}

/// The one act that is to be sent now ends so.
pub fn answer(story: &mut Story, outcome: Outcome, made: Option<&str>) -> Act {
    let [(intent, act)] = &acts(story)[..] else { panic!("one act") };
    story.fact(Fact::ActEnded { intent: *intent, end: end(outcome, made) });
    act.clone()
}

fn outcomes(story: &Story) -> Vec<String> {
    let ends = story.journal.iter().filter(|entry| entry.kind == Kind::ActEnded);
    ends.map(|entry| entry.text_of("outcome").unwrap_or_default().to_owned()).collect()
}

pub fn down() -> [Arc<midwatch::domain::alert::Alert>; 1] {
    [alert("Down", "postgres", began())]
}

/// An acknowledgement that is carried, while its source is away.
fn unreachable() -> (Story, midwatch::domain::ids::RequestId) {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    let request = story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Unsent, None);
    (story, request)
}

fn stage(story: &Story, request: midwatch::domain::ids::RequestId) -> Stage {
    story.world.requests.get(request).expect("there").items[0].stage.clone()
}

#[test]
fn who_does_not_watch_sends_nothing_again() {
    let (mut story, _) = unreachable();
    story.fact(Fact::Watching(false));
    story.poll(&down());
    assert!(acts(&mut story).is_empty());
    story.fact(Fact::Watching(true));
    story.poll(&down());
    assert_eq!(acts(&mut story).len(), 1, "the watcher does");
}

#[test]
fn what_could_not_be_sent_is_sent_once_when_the_source_answers() {
    let (mut story, request) = unreachable();
    assert_eq!(stage(&story, request), Stage::Ended(end(Outcome::Unsent, None)));
    story.wait(20 * 60);
    assert!(acts(&mut story).is_empty(), "the source has not answered");
    story.poll(&down());
    let sent = story.taken();
    assert_eq!(stage(&story, request), Stage::Sending);
    story.poll(&down());
    assert!(acts(&mut story).is_empty(), "it is under way already");
    story.effects = sent;
    let Act::Silence { ends_at, id: None, .. } = answer(&mut story, Outcome::Done, Some("s-1")) else { panic!("a silence") };
    assert_eq!(ends_at, story.now.wall + chrono::Duration::minutes(15), "from now, not from when it was asked");
    assert_eq!(stage(&story, request), Stage::Ended(end(Outcome::Done, Some("s-1"))));
    story.poll(&down());
    assert!(acts(&mut story).is_empty());
    assert_eq!(outcomes(&story), ["unsent", "done"]);
}

#[test]
fn a_slow_journal_makes_no_second_one() {
    let (mut story, _) = unreachable();
    story.slow = Some(Vec::new());
    story.poll(&down());
    story.poll(&down());
    story.answer();
    assert_eq!(acts(&mut story).len(), 1);
}

#[test]
fn the_next_console_goes_on_and_never_doubles() {
    let (story, _) = unreachable();
    let mut next = started_after(&story);
    next.wait(30);
    assert!(next.taken().is_empty(), "nothing was sent, so there is nothing to look for");
    next.poll(&down());
    answer(&mut next, Outcome::Unsent, None);
    next.poll(&down());
    assert_eq!(acts(&mut next).len(), 1, "one more for the one that failed, none for the first");
    let mut third = started_after(&next);
    third.poll(&down());
    assert!(acts(&mut third).is_empty(), "the last is under way, and the others were repeated");
}

/// A console that starts on the journal of another one.
fn started_after(story: &Story) -> Story {
    let mut next = Story::with(settings(true));
    next.now = story.now;
    story.journal.iter().for_each(|entry| next.append_known(entry.clone()));
    next
}

#[test]
fn what_nobody_wants_any_more_is_given_up_with_its_reason() {
    let (mut resolved, request) = unreachable();
    resolved.poll(&[]);
    resolved.poll(&[]);
    assert!(acts(&mut resolved).is_empty());
    assert_eq!(resolved.last(Kind::ActEnded).text_of("detail"), Some("never sent: the alert has resolved"));
    assert!(matches!(stage(&resolved, request), Stage::Ended(end) if end.outcome == Outcome::Expired));

    let (mut taken_back, _) = unreachable();
    taken_back.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    taken_back.wait(1);
    assert_eq!(outcomes(&taken_back), ["unsent", "expired"]);
    taken_back.poll(&down());
    assert!(acts(&mut taken_back).is_empty());

    let (mut lapsed, _) = unreachable();
    (0..61).for_each(|_| lapsed.wait(60));
    assert_eq!(outcomes(&lapsed), ["unsent", "expired"]);
}

#[test]
fn a_persons_silence_is_sent_again_as_it_was_asked_and_not_after_ten_minutes() {
    let silence = |story: &Story| Command::Silence {
        source: "prod".into(),
        matchers: vec![SilenceMatcher { name: "job".into(), value: "db".into(), regex: false, equal: true }],
        hold: Duration::from_secs(3600),
        reason: format!("work at {}", story.now.wall),
        covers: 3,
        confirmed: None,
    };
    let mut story = Story::new();
    let request = story.ask(silence(&story));
    let first = answer(&mut story, Outcome::Unsent, None);
    story.wait(300);
    story.poll(&[]);
    let again = answer(&mut story, Outcome::Done, Some("s-1"));
    let told = |act: &Act| match act {
        Act::Silence { ends_at, comment, .. } => (*ends_at, comment.clone()),
        _ => panic!("a silence"),
    };
    assert_eq!(told(&first), told(&again), "the same end");
    assert_eq!(story.last(Kind::Act).data["covers"], 3);
    assert_eq!(stage(&story, request), Stage::Ended(end(Outcome::Done, Some("s-1"))));

    story.ask(silence(&story));
    answer(&mut story, Outcome::Unsent, None);
    story.wait(601);
    assert_eq!(outcomes(&story), ["unsent", "done", "unsent", "expired"]);
    story.poll(&[]);
    assert!(acts(&mut story).is_empty());
}

#[test]
fn an_extension_that_fails_is_not_tried_again_at_once() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("s-1"));
    (0..40).for_each(|_| story.wait(15));
    answer(&mut story, Outcome::Failed, None);
    story.wait(1);
    assert!(acts(&mut story).is_empty());
    story.wait(30);
    assert_eq!(acts(&mut story).len(), 1);
}

#[test]
fn whoever_watches_sends_again_in_the_name_of_the_person_who_asked() {
    let mut story = Story::new();
    let hold = Duration::from_secs(3600);
    let matchers = vec![SilenceMatcher { name: "job".into(), value: "db".into(), regex: false, equal: true }];
    story.ask(Command::Silence { source: "prod".into(), matchers, hold, reason: "work".into(), covers: 0, confirmed: None });
    answer(&mut story, Outcome::Unsent, None);
    let mut next = started_after(&story);
    next.world.me.name = "bo".into();
    next.poll(&[]);
    let Act::Silence { by, .. } = answer(&mut next, Outcome::Done, Some("s-1")) else { panic!("a silence") };
    assert_eq!((next.last(Kind::Act).actor.name.as_str(), by.as_str()), ("ana", "ana"));
}

#[test]
fn a_journal_that_can_not_hold_the_end_of_an_act_is_not_asked_without_an_end() {
    let mut story = Story::new();
    let hold = Duration::from_secs(3600);
    let matchers = vec![SilenceMatcher { name: "job".into(), value: "db".into(), regex: false, equal: true }];
    story.ask(Command::Silence { source: "prod".into(), matchers, hold, reason: "work".into(), covers: 0, confirmed: None });
    answer(&mut story, Outcome::Unsent, None);
    story.broken = Some("the disk is full".into());
    // Each refusal would ask it anew, until the machine did nothing else.
    (0..3).for_each(|_| story.wait(15 * 60));
    assert_eq!(outcomes(&story), ["unsent"]);
    story.broken = None;
    story.wait(1);
    assert_eq!(outcomes(&story), ["unsent"], "not yet");
    story.wait(10);
    assert_eq!(outcomes(&story), ["unsent", "expired"]);
}

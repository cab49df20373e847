//! Acknowledgements that are carried to their source: recorded first, kept alive, taken over by the next one, taken back.

use super::lost::with_silence;
use super::unsent::{acts, answer, down};
use super::*;
use midwatch::domain::alert::SilenceState;
use midwatch::domain::entry::ActorKind;

#[test]
fn a_carried_acknowledgement_is_recorded_before_it_is_sent_and_shows_its_outcome() {
    let mut story = Story::with(settings(true));
    story.poll(&[alert("Down", "postgres", began())]);
    let request = story.ask(ack(&["Down"]));
    let [Effect::Act { intent, act: Act::Silence { ends_at, comment, .. }, .. }] = &story.taken()[..] else {
        panic!("one silence")
    };
    assert_eq!(story.journal.last().map(|entry| entry.id), Some(intent.id()), "the intent is the last thing recorded");
    assert_eq!(*ends_at, story.now.wall + chrono::Duration::minutes(15));
    assert!(comment.starts_with("ACK! ana: on it"), "{comment}");
    assert_eq!(story.world.requests.get(request).expect("there").items[0].stage, Stage::Sending);
    let end = ActEnd { outcome: Outcome::Failed, detail: "500".into(), made: None };
    story.fact(Fact::ActEnded { intent: intent.id(), end: end.clone() });
    assert_eq!(story.world.requests.get(request).expect("there").items[0].stage, Stage::Ended(end));
    assert_eq!(state(&story, "Down"), Some(State::Acknowledged), "the acknowledgement itself holds");
}

#[test]
fn the_watcher_extends_a_carried_silence_and_never_beyond_the_acknowledgement() {
    let mut story = Story::with(settings(true));
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(Command::Acknowledge {
        alerts: vec![id("Down")],
        hold: Some(Duration::from_secs(20 * 60)),
        reason: "r".into(),
        ticket: None,
        confirmed: None,
    });
    let [Effect::Act { intent, .. }] = &story.taken()[..] else { panic!("one act") };
    let done = ActEnd { outcome: Outcome::Done, detail: "".into(), made: Some("silence-1".into()) };
    story.fact(Fact::ActEnded { intent: intent.id(), end: done });
    let acked_until = story.last(Kind::Ack).data_of::<DateTime<Utc>>("until").expect("a time");
    for _ in 0..41 {
        story.wait(15);
        story.poll_with(&[alert("Down", "postgres", began())], with_silence(acked_until, SilenceState::Active));
    }
    let acts: Vec<Effect> = story.taken().into_iter().filter(|effect| matches!(effect, Effect::Act { .. })).collect();
    let [Effect::Act { act: Act::Silence { id: Some(id), ends_at, .. }, .. }] = &acts[..] else {
        panic!("one extension: {acts:?}")
    };
    assert_eq!((id.raw(), *ends_at), ("silence-1", acked_until));
}

/// Whoever happens to watch has done nothing: what a person pressed is theirs, and what follows by itself the program's.
#[test]
fn what_the_program_does_by_itself_for_an_acknowledgement_stands_on_record_as_its_own() {
    let mut story = Story::with(settings(true));
    let carried = |story: &mut Story| {
        story.poll(&down());
        story.ask(ack(&["Down"]));
        answer(story, Outcome::Done, Some("silence-1"));
    };
    let last = |story: &Story| {
        let act = story.last(Kind::Act);
        (act.text.clone(), act.actor.kind, act.actor.name.clone())
    };
    let by = |text: &str, kind, name: &str| (text.to_owned(), kind, name.to_owned());
    let (person, system) = (ActorKind::Person, ActorKind::System);
    carried(&mut story);
    assert_eq!(last(&story), by("carrying the acknowledgement of Down as a silence", person, "ana"));
    let ends = story.now.wall + chrono::Duration::minutes(15);
    for _ in 0..41 {
        story.wait(15);
        story.poll_with(&down(), with_silence(ends, SilenceState::Active));
    }
    let extended = "extending the silence that carries the acknowledgement of Down, for ana";
    assert_eq!(last(&story), by(extended, system, "midwatch"));
    answer(&mut story, Outcome::Done, Some("silence-1"));
    for _ in 0..3 {
        story.wait(15);
        story.poll(&[]);
    }
    let ended = "ending the silence that carried the acknowledgement of Down, for ana";
    assert_eq!(last(&story), by(ended, system, "midwatch"));

    let mut story = Story::with(settings(true));
    carried(&mut story);
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: "no".into() });
    assert_eq!(last(&story), by("ending the silence that carried the acknowledgement of Down", person, "ana"));
}

#[test]
fn a_silence_that_lasts_as_long_as_the_acknowledgement_is_not_extended_and_what_does_not_fire_yet_is_not_either() {
    for (minutes, pending) in [(12, false), (60, true)] {
        let mut story = Story::with(settings(true));
        story.poll(&down());
        let Command::Acknowledge { alerts, reason, ticket, .. } = ack(&["Down"]) else { unreachable!("it is one") };
        let hold = Some(Duration::from_secs(minutes * 60));
        story.ask(Command::Acknowledge { alerts, hold, reason, ticket, confirmed: None });
        answer(&mut story, Outcome::Done, Some("silence-1"));
        let mut listed = (*down()[0]).clone();
        if pending {
            listed.upstream = midwatch::domain::alert::Upstream::Pending;
        }
        let listed = [Arc::new(listed)];
        let ends = story.now.wall + chrono::Duration::minutes(15);
        for _ in 0..46 {
            story.wait(15);
            story.poll_with(&listed, with_silence(ends, SilenceState::Active));
        }
        assert_eq!(acts(&mut story), [], "{minutes} minutes");
    }
}

#[test]
fn a_resolved_alert_takes_its_carried_silence_with_it() {
    let mut story = Story::with(settings(true));
    story.poll(&[alert("Down", "postgres", began())]);
    story.ask(ack(&["Down"]));
    let [Effect::Act { intent, .. }] = &story.taken()[..] else { panic!("one act") };
    let done = ActEnd { outcome: Outcome::Done, detail: "".into(), made: Some("silence-1".into()) };
    story.fact(Fact::ActEnded { intent: intent.id(), end: done });
    assert!(matches!(&story.taken()[..], [Effect::Ask { .. }]), "the source is asked what it makes of it");
    story.poll(&[]);
    story.poll(&[]);
    let acts = story.taken();
    assert!(matches!(&acts[..], [Effect::Act { act: Act::Expire { id }, .. }] if id.raw() == "silence-1"), "{acts:?}");
}

/// Carried by `silence-1`, and then acknowledged once more.
fn acknowledged_twice() -> Story {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("silence-1"));
    story.wait(60);
    story.ask(ack(&["Down"]));
    story
}

fn expired(story: &mut Story) -> Vec<String> {
    let ids = acts(story).into_iter().filter_map(|(_, act)| match act {
        Act::Expire { id } => Some(id.raw().to_owned()),
        _ => None,
    });
    ids.collect()
}

#[test]
fn the_next_acknowledgement_takes_the_silence_over_and_leaves_none_behind() {
    let mut story = acknowledged_twice();
    let Act::Silence { id: carried, ends_at, .. } = answer(&mut story, Outcome::Done, Some("silence-1")) else {
        panic!("a silence")
    };
    assert_eq!(carried.as_ref().map(|id| id.raw()), Some("silence-1"), "one alert has one silence that carries");
    assert_eq!(ends_at, story.now.wall + chrono::Duration::minutes(15));
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    assert_eq!(expired(&mut story), ["silence-1"]);
}

#[test]
fn what_could_not_be_taken_over_is_ended_all_the_same() {
    let mut story = acknowledged_twice();
    answer(&mut story, Outcome::Failed, None);
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    assert_eq!(expired(&mut story), ["silence-1"]);
}

#[test]
fn a_silence_that_was_still_under_way_is_ended_when_the_next_acknowledgement_has_its_own() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    let first = story.taken();
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("silence-2"));
    story.effects = first;
    answer(&mut story, Outcome::Done, Some("silence-1"));
    assert_eq!(expired(&mut story), ["silence-1"]);
}

#[test]
fn a_silence_that_is_extended_while_it_is_taken_over_stays() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("silence-1"));
    let ends = story.now.wall + chrono::Duration::minutes(15);
    for _ in 0..41 {
        story.wait(15);
        story.poll_with(&down(), with_silence(ends, SilenceState::Active));
    }
    let extending = story.taken();
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("silence-1"));
    story.effects = extending.into_iter().filter(|effect| matches!(effect, Effect::Act { .. })).collect();
    answer(&mut story, Outcome::Done, Some("silence-1"));
    assert_eq!(expired(&mut story), [""; 0], "it carries the second one");
}

#[test]
fn an_acknowledgement_that_was_given_up_hands_nothing_on() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("silence-1"));
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    let ending = story.taken();
    story.ask(ack(&["Down"]));
    let Act::Silence { id: None, .. } = answer(&mut story, Outcome::Done, Some("silence-2")) else { panic!("one of its own") };
    story.effects = ending.into_iter().filter(|effect| matches!(effect, Effect::Act { .. })).collect();
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::Expire { id } if id.raw() == "silence-1"));
}

#[test]
fn what_becomes_of_an_extension_is_no_news_of_the_request() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    let request = story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("silence-1"));
    let before = story.world.requests.get(request).expect("there").clone();
    let ends = story.now.wall + chrono::Duration::minutes(15);
    for _ in 0..41 {
        story.wait(15);
        story.poll_with(&down(), with_silence(ends, SilenceState::Active));
    }
    answer(&mut story, Outcome::Failed, None);
    assert_eq!(story.world.requests.get(request), Some(&before), "it has ended, and can't be undone any more");
    // That it is taken back is told by the request for that.
    let back = story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    answer(&mut story, Outcome::Done, None);
    assert_eq!(story.world.requests.get(request), Some(&before));
    assert!(
        matches!(&story.world.requests.get(back).expect("there").items[0].stage, Stage::Ended(end) if end.outcome == Outcome::Done)
    );
}

#[test]
fn of_two_silences_for_one_alert_acknowledged_twice_in_the_same_moment_the_older_ends_whoever_hears_of_both() {
    let by = |name: &str| midwatch::domain::entry::Actor::person(name, None);
    let on = |draft: Draft| Draft { alert: Some(id("Down")), ..draft };
    for bobs_end_first in [true, false] {
        let mut story = Story::with(settings(true));
        story.poll(&super::unsent::down());
        // Bob acknowledges it on another command line.
        let until = story.now.wall + chrono::Duration::hours(1);
        let draft = Draft::new(Kind::Ack, story.now.wall, by("bob"), "acknowledged");
        let bobs = story.append(on(draft.with("episode", began()).with("until", until).with("reason", "")));
        let ends_at = story.now.wall + chrono::Duration::minutes(15);
        let (matchers, starts_at) = (Vec::new(), story.now.wall);
        let act = Act::Silence { id: None, matchers, starts_at, ends_at, by: "bob".into(), comment: "ACK! bob:".into() };
        let draft = Draft::new(Kind::Act, story.now.wall, by("bob"), "carrying");
        let act = story.append(on(draft.with("source", "prod").with("act", act).with("for", bobs.id).with("expires_at", until)));
        let end = Draft::new(Kind::ActEnded, story.now.wall, by("bob"), "done");
        let end = on(end.with("intent", act.id).with("outcome", Outcome::Done).with("made", "silence-1"));
        for entry in [bobs, act] {
            story.fact(Fact::Recorded { entry, request: None });
        }
        story.ask(ack(&["Down"]));
        let [(ours, Act::Silence { id: None, .. })] = &super::unsent::acts(&mut story)[..] else { panic!("it is carried, too") };
        if bobs_end_first {
            let end = story.append(end.clone());
            story.fact(Fact::Recorded { entry: end, request: None });
        }
        let done = ActEnd { made: Some("silence-2".into()), ..ActEnd::new(Outcome::Done, "") };
        story.fact(Fact::ActEnded { intent: *ours, end: done });
        if !bobs_end_first {
            // As Bob's own process hears it, which has read ours before.
            let end = story.append(end);
            story.fact(Fact::Recorded { entry: end, request: Some(midwatch::domain::ids::RequestId(1_000)) });
        }
        let taken_back = super::unsent::answer(&mut story, Outcome::Done, None);
        assert!(matches!(&taken_back, Act::Expire { id } if id.raw() == "silence-1"), "{taken_back:?}");
        assert!(story.last(Kind::Act).text.contains("ending the silence that carried"), "it is told");
        story.wait(1);
        assert!(super::unsent::acts(&mut story).is_empty());
        assert_eq!(state(&story, "Down"), Some(State::Acknowledged));
    }
}

//! What is taken back within ten seconds, and what is tried again: recorded like everything else before it is sent.

use super::unsent::{acts, answer, down};
use super::*;
use midwatch::domain::act::What;
use midwatch::domain::alert::SilenceMatcher;
use midwatch::domain::ids::{EntryId, RequestId};

fn silence() -> Command {
    let matcher = SilenceMatcher { name: "alertname".into(), value: "Down".into(), regex: false, equal: true };
    let (hold, reason) = (Duration::from_secs(3600), "work".into());
    Command::Silence { source: "prod".into(), matchers: vec![matcher], hold, reason, covers: 1, confirmed: None }
}

fn refused(story: &Story, request: RequestId) -> String {
    match &story.world.requests.get(request).expect("told").items[..] {
        [one] => match &one.stage {
            Stage::Refused(why) => why.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_acknowledgement_and_what_carries_it_are_taken_back_within_ten_seconds() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    let request = story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("s-1"));
    let given = story.last(Kind::Ack).id;
    story.wait(9);
    story.ask(Command::Undo { request });
    assert_eq!(story.last(Kind::Unack).data_of::<EntryId>("undoes"), Some(given));
    assert!(matches!(answer(&mut story, Outcome::Done, Some("s-1")), Act::Expire { id } if id == "s-1".into()));
    assert_eq!(state(&story, "Down"), Some(State::Firing));
    let again = story.ask(Command::Undo { request });
    assert!(refused(&story, again).contains("not in force any more"));

    let request = story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("s-2"));
    story.wait(11);
    let late = story.ask(Command::Undo { request });
    assert!(refused(&story, late).contains("more than 10 seconds ago"), "{}", refused(&story, late));
    assert_eq!((state(&story, "Down"), acts(&mut story).len()), (Some(State::Acknowledged), 0));
}

#[test]
fn a_silence_is_taken_back_by_an_act_that_is_recorded_first() {
    let mut story = Story::new();
    story.poll(&down());
    let request = story.ask(silence());
    let early = story.ask(Command::Undo { request });
    assert!(refused(&story, early).contains("still on its way"));
    answer(&mut story, Outcome::Done, Some("s-1"));
    let made = story.last(Kind::Act).id;
    story.slow = Some(Vec::new());
    story.ask(Command::Undo { request });
    assert!(acts(&mut story).is_empty(), "nothing is sent that is not recorded");
    story.answer();
    let undone = story.last(Kind::Act).clone();
    assert_eq!(undone.data_of::<EntryId>("undoes"), Some(made));
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::Expire { id } if id == "s-1".into()));
    // What was refused there has no way back, and neither has what can't be undone at all.
    let request = story.ask(silence());
    answer(&mut story, Outcome::Failed, None);
    let nothing = story.ask(Command::Undo { request });
    assert!(refused(&story, nothing).contains("nothing of it was done"));
    let expire = story.ask(Command::Expire { source: "prod".into(), id: "s-9".into() });
    answer(&mut story, Outcome::Done, None);
    let nothing = story.ask(Command::Undo { request: expire });
    assert!(refused(&story, nothing).contains("ago") && acts(&mut story).is_empty());
}

#[test]
fn what_was_kept_unsent_and_is_taken_back_is_never_sent() {
    let mut story = Story::new();
    story.poll(&down());
    let request = story.ask(silence());
    answer(&mut story, Outcome::Unsent, None);
    story.ask(Command::Undo { request });
    assert_eq!(story.last(Kind::ActEnded).text_of("outcome"), Some("expired"));
    (0..3).for_each(|_| story.poll(&down()));
    assert!(acts(&mut story).is_empty());
}

#[test]
fn of_many_each_goes_back_by_itself() {
    let mut story = Story::new();
    let two = [alert("Down", "postgres", began()), alert("Slow", "postgres", began())];
    story.poll(&two);
    let request = story.ask(ack(&["Down", "Slow"]));
    // Somebody takes one of them over.
    story.ask(ack(&["Slow"]));
    let undo = story.ask(Command::Undo { request });
    let progress = story.world.requests.get(undo).expect("told");
    assert_eq!(progress.items.iter().filter(|item| item.stage.failed()).count(), 1, "{progress:?}");
    assert_eq!((state(&story, "Down"), state(&story, "Slow")), (Some(State::Firing), Some(State::Acknowledged)));
}

#[test]
fn what_was_refused_has_not_failed_and_what_could_not_be_written_has() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    // Of two one is not there: that is no failure, and stays so when it comes.
    let request = story.ask(ack(&["Down", "Slow"]));
    answer(&mut story, Outcome::Failed, None);
    story.poll(&[alert("Down", "postgres", began()), alert("Slow", "postgres", began())]);
    story.ask(Command::Retry { request });
    assert_eq!((acts(&mut story).len(), state(&story, "Slow")), (1, Some(State::Firing)));
    let request = story.ask(ack(&["Gone"]));
    let again = story.ask(Command::Retry { request });
    assert!(refused(&story, again).contains("nothing of it has failed"));
    let nothing = Command::Silence {
        source: "prod".into(),
        matchers: Vec::new(),
        hold: Duration::from_secs(60),
        reason: "x".into(),
        covers: 0,
        confirmed: None,
    };
    let request = story.ask(nothing);
    let again = story.ask(Command::Retry { request });
    assert!(refused(&story, again).contains("nothing of it has failed"), "{}", refused(&story, again));
    // The disk was full for a while.
    story.broken = Some("the disk is full".into());
    let request = story.ask(ack(&["Slow"]));
    story.broken = None;
    story.ask(Command::Retry { request });
    assert_eq!((acts(&mut story).len(), state(&story, "Slow")), (1, Some(State::Acknowledged)));
}

#[test]
fn only_what_failed_is_tried_again() {
    let mut story = Story::new();
    story.world.settings = Arc::new({
        let mut settings = settings(false);
        settings.sources[0].acts = vec![midwatch::domain::act::ActKind::Resolve];
        settings
    });
    let names = ["A", "B", "C", "D"];
    let alerts: Vec<_> = names.iter().map(|name| alert(name, "postgres", began())).collect();
    story.poll(&alerts);
    let all = names.map(id).to_vec();
    let request = story.ask(Command::Act { alerts: all, what: What::Resolve, reason: "over".into(), confirmed: None });
    let ends = [Outcome::Done, Outcome::Failed, Outcome::Contradicted, Outcome::Unknown];
    for ((intent, _), outcome) in acts(&mut story).into_iter().zip(ends) {
        story.fact(Fact::ActEnded { intent, end: ActEnd::new(outcome, "so it went") });
    }
    let again = story.ask(Command::Retry { request });
    let [(intent, Act::On { alert, what: What::Resolve, comment, .. })] = &acts(&mut story)[..] else { panic!("one act") };
    assert_eq!((alert.as_str(), comment.as_str()), ("B", "over"), "what may have been done is not repeated");
    story.fact(Fact::ActEnded { intent: *intent, end: ActEnd::new(Outcome::Done, "") });
    assert!(story.world.requests.get(again).expect("told").went_well());
    for request in [request, again] {
        let nothing = story.ask(Command::Retry { request });
        assert!(refused(&story, nothing).contains("nothing of it has failed"));
    }
}

#[test]
fn an_acknowledgement_that_could_not_be_carried_is_one_however_often_that_is_tried() {
    let mut story = Story::with(settings(true));
    let two = [alert("Down", "postgres", began()), alert("Slow", "postgres", began())];
    story.poll(&two);
    let count = |story: &Story, kind: Kind| story.kinds().iter().filter(|other| **other == kind).count();
    let ends = |story: &mut Story, outcome, made: Option<&str>| {
        for (intent, _) in acts(story) {
            story.fact(Fact::ActEnded {
                intent,
                end: ActEnd { made: made.map(Into::into), ..ActEnd::new(outcome, "so it went") },
            });
        }
    };
    let went_well = |story: &Story, request| story.world.requests.get(request).expect("told").went_well();
    let first = story.ask(ack(&["Down", "Slow"]));
    let given = story.journal.iter().find(|entry| entry.kind == Kind::Ack).expect("given").id;
    let [(down, _), (slow, _)] = acts(&mut story)[..] else { panic!("two acts") };
    story.fact(Fact::ActEnded { intent: down, end: ActEnd::new(Outcome::Failed, "500") });
    story.fact(Fact::ActEnded { intent: slow, end: ActEnd { made: Some("s-2".into()), ..ActEnd::new(Outcome::Done, "") } });
    // The disk is full, the server says no once more, and then it takes it.
    story.broken = Some("the disk is full".into());
    let second = story.ask(Command::Retry { request: first });
    story.broken = None;
    let third = story.ask(Command::Retry { request: second });
    assert_eq!(acts(&mut story).len(), 1, "of the one that failed");
    let intent = story.last(Kind::Act).clone();
    assert_eq!((intent.data_of::<EntryId>("for"), intent.alert.clone()), (Some(given), Some(id("Down"))));
    story.fact(Fact::ActEnded { intent: intent.id, end: ActEnd::new(Outcome::Failed, "500") });
    let last = story.ask(Command::Retry { request: third });
    ends(&mut story, Outcome::Done, Some("s-1"));
    assert_eq!([first, second, third, last].map(|request| went_well(&story, request)), [false, false, false, true]);
    assert_eq!((count(&story, Kind::Ack), count(&story, Kind::Act)), (2, 4), "one for each alert, and each try");
    // It is taken back as what it is.
    story.ask(Command::Undo { request: last });
    assert_eq!(story.last(Kind::Unack).data_of::<EntryId>("ack"), Some(given));
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::Expire { id } if id == "s-1".into()));

    // What was given up since is given anew.
    let request = story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Failed, None);
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    story.ask(Command::Retry { request });
    assert_eq!((count(&story, Kind::Ack), acts(&mut story).len()), (4, 1));
}

/// `Down` is bo's, and then ana takes it and takes that back.
fn taken_and_undone(carry: bool) -> (Story, RequestId) {
    let mut story = Story::with(settings(carry));
    story.poll(&down());
    story.world.me.name = "bo".into();
    story.ask(ack(&["Down"]));
    story.world.me.name = "ana".into();
    if carry {
        answer(&mut story, Outcome::Done, Some("s-1"));
    }
    let request = story.ask(ack(&["Down"]));
    if carry {
        answer(&mut story, Outcome::Done, Some("s-1"));
    }
    (story, request)
}

fn holder(story: &Story) -> Option<String> {
    let tracked = story.world.alerts.get(&id("Down")).expect("listed");
    story.world.alerts.ack(tracked, story.now.wall).map(|ack| ack.by)
}

#[test]
fn what_was_taken_from_somebody_is_theirs_again_when_that_is_taken_back() {
    let (mut story, request) = taken_and_undone(false);
    assert_eq!(holder(&story).as_deref(), Some("ana"));
    story.ask(Command::Undo { request });
    assert_eq!((holder(&story).as_deref(), state(&story, "Down")), (Some("bo"), Some(State::Acknowledged)));
    assert_eq!(story.last(Kind::Unack).text, "took the acknowledgement of Down back: it is bo's again");
    // Once more, and the line of those who had it is the same; bo's own end is an end.
    let request = story.ask(ack(&["Down"]));
    story.ask(Command::Undo { request });
    assert_eq!(holder(&story).as_deref(), Some("bo"));
    story.begins_anew();
    story.poll(&down());
    assert_eq!(holder(&story).as_deref(), Some("bo"), "as it is read back");
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: "mine".into() });
    assert_eq!((holder(&story), state(&story, "Down")), (None, Some(State::Firing)));
}

#[test]
fn what_the_source_carries_is_nobodys_then_and_who_had_it_is_said() {
    let (mut story, request) = taken_and_undone(true);
    story.ask(Command::Undo { request });
    assert_eq!((holder(&story), state(&story, "Down")), (None, Some(State::Firing)));
    assert_eq!(story.last(Kind::Unack).text, "gave up the acknowledgement of Down: bo had it, it is nobody's now");
}

#[test]
fn what_has_run_out_meanwhile_is_nobodys() {
    let mut story = Story::with(settings(false));
    story.poll(&down());
    story.world.me.name = "bo".into();
    let hold = Some(Duration::from_secs(5));
    story.ask(Command::Acknowledge { alerts: vec![id("Down")], hold, reason: String::new(), ticket: None, confirmed: None });
    story.world.me.name = "ana".into();
    let request = story.ask(ack(&["Down"]));
    story.wait(8);
    story.ask(Command::Undo { request });
    assert_eq!((holder(&story), state(&story, "Down")), (None, Some(State::Firing)));
    assert!(!story.last(Kind::Unack).text.contains("bo"));
}

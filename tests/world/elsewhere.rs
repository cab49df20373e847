//! Acknowledgements that somebody has given elsewhere: on record once, and none of ours.

use super::native::{carried, confirmed, held, pager};
use super::unsent::{acts, answer, down};
use super::*;
use midwatch::domain::act::What;
use midwatch::domain::alert::{Alert, Silence, SilenceMatcher, SilenceState};
use midwatch::domain::entry::Actor;
use midwatch::domain::incident::Sev;
use midwatch::domain::timeline::People;
use midwatch::model::past::episodes;
use midwatch::model::progress::Stage;
use midwatch::model::timeline::{View, timeline};

fn given(story: &Story) -> Vec<String> {
    let given = story.journal.iter().filter(|entry| entry.text_of("why") == Some("given elsewhere"));
    given.map(|entry| entry.text.clone()).collect()
}

fn holder(story: &Story) -> Option<(String, bool)> {
    let tracked = story.world.alerts.get(&id("Down")).expect("listed");
    story.world.alerts.ack(tracked, story.now.wall).map(|ack| (ack.by, ack.entry.is_some()))
}

#[test]
fn what_somebody_acknowledged_elsewhere_is_on_record_once_and_stays_theirs() {
    let mut story = Story::with(pager());
    story.poll(&down());
    story.poll(&held(carried("maria\u{1b}[2J", None)));
    assert_eq!(given(&story), [""; 0], "what another process recorded may not be read yet");
    (0..3).for_each(|_| story.poll(&held(carried("maria\u{1b}[2J", None))));
    assert_eq!(given(&story), ["maria␛[2J has acknowledged Down at its source: on it"]);
    assert_eq!(holder(&story), Some(("maria\u{1b}[2J".to_owned(), false)));
    assert!(acts(&mut story).is_empty(), "nothing is carried for it");
    let told = episodes(&story.journal);
    assert_eq!(told[0].owners, ["maria\u{1b}[2J"], "the history names whose it was");
    // It ends, and somebody has it anew: that is another one.
    (0..2).for_each(|_| story.poll(&down()));
    (0..2).for_each(|_| story.poll(&held(carried("maria\u{1b}[2J", None))));
    assert_eq!(given(&story).len(), 2);
    // From one to the other.
    (0..2).for_each(|_| story.poll(&held(carried("bo", None))));
    assert_eq!(given(&story).last().map(String::as_str), Some("bo has acknowledged Down at its source: on it"));
}

#[test]
fn every_process_names_it_alike_and_asks_until_the_journal_holds_it() {
    let watches = || {
        let mut story = Story::with(pager());
        story.poll(&down());
        story
    };
    let bos = held(carried("bo", None));
    let (mut one, mut other) = (watches(), watches());
    for story in [&mut one, &mut other] {
        (0..2).for_each(|_| story.poll(&bos));
    }
    let key = |story: &Story| story.last(Kind::Ack).key.clone().expect("it has one");
    assert_eq!(key(&one), key(&other));
    // Who has read it says nothing.
    let mut third = watches();
    third.append_known(one.last(Kind::Ack).clone());
    (0..3).for_each(|_| third.poll(&bos));
    assert_eq!(given(&third).len(), 1);
    // Who does not watch leaves it to who does.
    let mut idle = watches();
    idle.fact(Fact::Watching(false));
    (0..3).for_each(|_| idle.poll(&bos));
    assert_eq!(given(&idle), [""; 0]);
    let mut full = watches();
    full.broken = Some("the disk is full".into());
    (0..3).for_each(|_| full.poll(&bos));
    full.broken = None;
    (0..2).for_each(|_| full.poll(&bos));
    assert_eq!(given(&full).len(), 1);
}

#[test]
fn what_carries_ours_is_no_acknowledgement_of_somebody_else() {
    let mut story = confirmed();
    (0..3).for_each(|_| story.poll(&held(carried("ana", None))));
    // Given up here, its source still has it for a while.
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    (0..3).for_each(|_| story.poll(&held(carried("ana", None))));
    assert_eq!(given(&story), [""; 0]);
}

#[test]
fn each_that_is_given_there_is_on_record_also_by_whom_it_was_taken_from_and_of_our_name() {
    let mut story = Story::with(pager());
    story.poll(&down());
    let marias = held(carried("maria", None));
    (0..2).for_each(|_| story.poll(&marias));
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: "she sleeps".into() });
    answer(&mut story, Outcome::Done, None);
    story.wait(15);
    (0..2).for_each(|_| story.poll(&down()));
    (0..2).for_each(|_| story.poll(&marias));
    assert_eq!(given(&story), ["maria has acknowledged Down at its source: on it"; 2]);
    // Ana gives it up here, and takes it in the system itself.
    let mut story = confirmed();
    let anas = held(carried("ana", None));
    story.poll(&anas);
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    answer(&mut story, Outcome::Done, None);
    story.wait(15);
    (0..2).for_each(|_| story.poll(&down()));
    (0..2).for_each(|_| story.poll(&anas));
    assert_eq!(given(&story), ["ana has acknowledged Down at its source: on it"]);
}

#[test]
fn whoever_took_ours_over_there_has_it_on_record() {
    let mut story = confirmed();
    story.poll(&held(carried("ana", None)));
    (0..5).for_each(|_| {
        story.wait(15);
        story.poll(&held(carried("bo", None)));
    });
    assert_eq!(given(&story), ["bo has acknowledged Down at its source: on it"]);
}

#[test]
fn when_it_was_given_there_counts_where_that_is_known() {
    let acknowledged = |mut story: Story| {
        let anas = held(carried("maria", None));
        (0..3).for_each(|_| {
            story.wait(15);
            story.poll(&anas);
        });
        story.ask(Command::Declare { title: "down".into(), severity: Sev::ALL[1], alerts: vec![id("Down")], at: None });
        let view = View { people: People::Names, zone: chrono_tz::UTC };
        let incident = story.world.incidents.iter().next().expect("declared").id;
        timeline(&story.journal, incident, Vec::new(), view).expect("it was declared").times.acknowledged
    };
    let mut watched = Story::with(pager());
    watched.poll(&down());
    let first = watched.now.wall + chrono::Duration::seconds(15);
    assert_eq!(acknowledged(watched), Some(first), "when it was seen first, and not when it was believed");
    assert_eq!(acknowledged(Story::with(pager())), None, "somebody had it before we looked");
}

#[test]
fn what_was_taken_back_there_is_nobodys_as_soon_as_that_is_confirmed_and_no_news() {
    let mut story = confirmed();
    story.poll(&held(carried("ana", None)));
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    answer(&mut story, Outcome::Done, None);
    assert_eq!((holder(&story), state(&story, "Down")), (None, Some(State::Firing)), "without asking its source again");
    let tracked = story.world.alerts.get(&id("Down")).expect("listed");
    assert!(tracked.arrived.is_some() && story.world.alerts.is_known(tracked), "whoever had it knows it");
    // What was asked for before that does not.
    story.poll(&held(carried("ana", None)));
    assert_eq!(state(&story, "Down"), Some(State::Firing), "that was on its way");
    // What its source says after that counts, also where it says the same as before.
    story.wait(15);
    story.poll_with(
        &held(carried("ana", None)),
        SourceAnswer { missing: vec!["one page".into()], complete: true, ..SourceAnswer::default() },
    );
    assert_eq!(state(&story, "Down"), Some(State::Firing), "this is not all of it");
    story.poll(&held(carried("ana", None)));
    assert_eq!(state(&story, "Down"), Some(State::Acknowledged));
    // Given anew at once it is there, though its source tells of it in the same words: nobody takes it away.
    let mut story = confirmed();
    story.poll(&held(carried("ana", None)));
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    answer(&mut story, Outcome::Done, None);
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("Q2"));
    for _ in 0..4 {
        story.wait(15);
        story.poll(&held(carried("ana", None)));
    }
    assert_eq!(holder(&story), Some(("ana".to_owned(), true)));
    // The same of the silence that carried one.
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("silence-1"));
    let quiet = Arc::new(Alert { silenced_by: vec!["silence-1".into()], ..(*down()[0]).clone() });
    let until = story.now.wall + chrono::Duration::minutes(15);
    let told = super::lost::with_silence(until, SilenceState::Active);
    story.poll_with(std::slice::from_ref(&quiet), told.clone());
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    assert_eq!(state(&story, "Down"), Some(State::Acknowledged), "it hides it still");
    assert!(story.world.is_taken_back(&id("Down")), "and that is told by every console");
    answer(&mut story, Outcome::Done, None);
    assert_eq!((holder(&story), state(&story, "Down")), (None, Some(State::Firing)));
    assert!(!story.world.is_taken_back(&id("Down")));
    // What was on its way does not count; what the source says after that does.
    story.poll_with(std::slice::from_ref(&quiet), told.clone());
    assert_eq!(state(&story, "Down"), Some(State::Firing));
    story.wait(15);
    story.poll_with(std::slice::from_ref(&quiet), told);
    assert_eq!(state(&story, "Down"), Some(State::Acknowledged));
}

#[test]
fn what_is_given_anew_while_it_is_being_taken_back_is_in_force() {
    let mut story = confirmed();
    story.poll(&held(carried("ana", None)));
    story.ask(Command::Unacknowledge { alerts: vec![id("Down")], reason: String::new() });
    assert!(story.world.is_taken_back(&id("Down")));
    story.ask(ack(&["Down"]));
    assert_eq!((holder(&story), story.world.is_taken_back(&id("Down"))), (Some(("ana".to_owned(), true)), false));
}

/// Bob has acknowledged it by a silence.
fn bobs() -> Story {
    let mut story = Story::with(settings(true));
    let silence = Silence {
        id: "bobs".into(),
        matchers: vec![SilenceMatcher { name: "alertname".into(), value: "Down".into(), regex: false, equal: true }],
        starts_at: began(),
        ends_at: story.now.wall + chrono::Duration::hours(1),
        created_by: "bob".into(),
        comment: "ACK! on it".into(),
        state: SilenceState::Active,
    };
    let answer = SourceAnswer { complete: true, silences: Arc::new(vec![silence]), ..SourceAnswer::default() };
    let quiet = Arc::new(Alert { silenced_by: vec!["bobs".into()], ..(*down()[0]).clone() });
    story.poll_with(&[quiet], answer);
    story
}

#[test]
fn of_two_who_take_it_over_from_the_same_person_the_first_on_record_has_it_for_both() {
    let mut story = bobs();
    assert_eq!(holder(&story), Some(("bob".to_owned(), false)));
    // Cid asks, and before the journal answers it has taken what ana did.
    story.world.me = Actor::person("cid", None);
    story.slow = Some(Vec::new());
    let request = story.ask(ack(&["Down"]));
    let until = story.now.wall + chrono::Duration::hours(1);
    let episode = story.world.alerts.get(&id("Down")).expect("listed").episode;
    let draft = Draft::new(Kind::Ack, story.now.wall, Actor::person("ana", None), "acknowledged Down, which bob had");
    let draft = draft.with("episode", episode).with("until", until).with("from", "bob");
    let first = story.append(Draft { alert: Some(id("Down")), ..draft });
    story.fact(Fact::Recorded { entry: first, request: None });
    story.answer();
    assert_eq!(holder(&story), Some(("ana".to_owned(), true)));
    assert!(acts(&mut story).is_empty(), "nothing is carried for cid");
    let stage = &story.world.requests.get(request).expect("told").items[0].stage;
    assert!(matches!(stage, Stage::Ended(end) if end.detail.raw() == "ana took it over first"), "{stage:?}");
    // Who knows whose it is takes it over all the same.
    story.slow = None;
    story.ask(ack(&["Down"]));
    assert_eq!(holder(&story), Some(("cid".to_owned(), true)));
}

/// Ana and cid have taken it over from bob, and ana was first.
fn raced(mut story: Story) -> Story {
    story.slow = Some(Vec::new());
    story.ask(ack(&["Down"]));
    story.world.me = Actor::person("cid", None);
    story.ask(ack(&["Down"]));
    story.answer();
    assert_eq!(holder(&story), Some(("ana".to_owned(), true)));
    story
}

#[test]
fn whoever_came_too_late_has_it_neither_when_the_first_undoes_theirs_nor_when_that_runs_out() {
    let mut story = raced(bobs());
    let [ana, _] = &story.journal.iter().filter(|entry| entry.kind == Kind::Ack).map(|entry| entry.id).collect::<Vec<_>>()[..]
    else {
        panic!("two")
    };
    let draft = Draft::new(Kind::Unack, story.now.wall, Actor::person("ana", None), "took it back");
    let draft = draft.with("ack", *ana).with("why", "undone");
    let undone = story.append(Draft { alert: Some(id("Down")), ..draft });
    story.fact(Fact::Recorded { entry: undone, request: None });
    assert_eq!(holder(&story), Some(("bob".to_owned(), false)), "who had it before");
    // A system without ends has the first one's until that is taken back.
    let mut story = Story::with(pager());
    story.poll(&held(carried("bob", None)));
    let mut story = raced(story);
    assert!(matches!(answer(&mut story, Outcome::Done, Some("Q1")), Act::On { by, .. } if by == "ana"));
    story.poll(&held(carried("ana", None)));
    story.wait(3600);
    let told: Vec<&str> =
        story.journal.iter().filter(|it| it.text_of("why") == Some("ran out")).map(|it| it.text.as_str()).collect();
    assert_eq!(told, ["ana's acknowledgement of Down ran out, and it still fires"]);
    assert!(matches!(answer(&mut story, Outcome::Done, None), Act::On { what: What::Unacknowledge, by, .. } if by == "ana"));
}

#[test]
fn one_that_its_system_has_overruled_forestalls_nobody() {
    let mut story = bobs();
    let until = story.now.wall + chrono::Duration::hours(1);
    let episode = story.world.alerts.get(&id("Down")).expect("listed").episode;
    let mut record = |kind, who, with: &dyn Fn(Draft) -> Draft| {
        let draft = Draft::new(kind, story.now.wall, Actor::person(who, None), "");
        let draft = Draft { alert: Some(id("Down")), ..with(draft.with("episode", episode).with("until", until)) };
        let entry = story.append(draft);
        story.fact(Fact::Recorded { entry: entry.clone(), request: None });
        entry.id
    };
    let ana = record(Kind::Ack, "ana", &|draft| draft.with("from", "bob"));
    record(Kind::ActEnded, "ana", &|draft| draft.with("lost", ana));
    record(Kind::Ack, "cid", &|draft| draft.with("from", "maria"));
    assert_eq!(holder(&story), Some(("cid".to_owned(), true)));
}

#[test]
fn of_two_who_have_both_acknowledged_it_by_silences_each_is_told_of_the_other() {
    let mut story = Story::with(settings(true));
    story.poll(&down());
    story.ask(ack(&["Down"]));
    answer(&mut story, Outcome::Done, Some("anas"));
    let (now, hour) = (story.now.wall, chrono::Duration::hours(1));
    let silence = |id: &str, by: &str, comment: &str| Silence {
        id: id.into(),
        matchers: vec![SilenceMatcher { name: "alertname".into(), value: "Down".into(), regex: false, equal: true }],
        starts_at: now,
        ends_at: now + hour,
        created_by: by.into(),
        comment: comment.into(),
        state: SilenceState::Active,
    };
    let both = [
        silence("anas", "ana", "ACK! ana: on it"),
        silence("berts", "bert", "ACK! bert: it is mine"),
        silence("x", "cid", "deploy"),
    ];
    let answer = SourceAnswer { complete: true, silences: Arc::new(both.into()), ..SourceAnswer::default() };
    let quiet = Arc::new(Alert { silenced_by: vec!["anas".into(), "berts".into(), "x".into()], ..(*down()[0]).clone() });
    let beside = |story: &Story| {
        let tracked = story.world.alerts.get(&id("Down")).expect("listed");
        story.world.acked_beside(tracked).into_iter().map(|(ack, _)| ack.by).collect::<Vec<_>>()
    };
    for _ in 0..3 {
        story.wait(15);
        story.poll_with(std::slice::from_ref(&quiet), answer.clone());
    }
    assert_eq!((holder(&story), beside(&story)), (Some(("ana".to_owned(), true)), vec!["bert".to_owned()]));
    assert_eq!(given(&story), ["bert has acknowledged Down at its source, too: it is mine"]);
    let told = episodes(&story.journal);
    assert_eq!(told[0].owners, ["ana", "bert"]);
}
